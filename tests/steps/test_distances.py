import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rating.definitions.aggregations import Topsis, Wroclaw
from tests.steps.families import node, tables


def matrix(table):
    rows, weights = table
    x = np.array([[np.nan if s is None else s for s in row] for row in rows], dtype=float)
    return x, np.array(weights)


def known(x):
    return [place for place, row in enumerate(x) if not np.isnan(row).all()]


@given(tables(missing=True))
def test_wroclaw_is_that_of_the_definition(store, table):
    x, w = matrix(table)
    some = known(x)
    assume(some)
    x = x[some]
    best = np.array([np.nanmax(c) if not np.isnan(c).all() else np.nan for c in x.T])
    share = w * ~np.isnan(x)
    away = np.sqrt(np.nansum(share * (best - x) ** 2, axis=1) / share.sum(axis=1))
    sd = away.std(ddof=1) if len(away) > 1 else 0.0
    whole = away.mean() + 2 * sd
    wanted = 1 - (away / whole if whole else away)
    found = node(store, *table, Wroclaw())
    assert [found[n] for n in some] == pytest.approx(list(wanted), rel=1e-9, abs=1e-9)


@given(tables(missing=True))
def test_topsis_is_that_of_the_definition(store, table):
    x, w = matrix(table)
    some = known(x)
    assume(some)
    x = x[some]
    empty = np.isnan(x).all(axis=0)
    x, w = x[:, ~empty], w[~empty]
    to_best = np.sqrt(np.nansum((w * (np.nanmax(x, axis=0) - x)) ** 2, axis=1))
    to_worst = np.sqrt(np.nansum((w * (x - np.nanmin(x, axis=0))) ** 2, axis=1))
    whole = to_best + to_worst
    wanted = np.where(whole == 0, 0.5, to_worst / np.where(whole == 0, 1, whole))
    found = node(store, *table, Topsis())
    assert [found[n] for n in some] == pytest.approx(list(wanted), rel=1e-9, abs=1e-9)


@given(tables(missing=True))
def test_topsis_lies_between_0_and_1(store, table):
    assert all(score is None or 0 <= score <= 1 for score in node(store, *table, Topsis()))


@given(tables(missing=True))
def test_no_region_is_above_the_1_of_wroclaw(store, table):
    assert all(score is None or score <= 1 for score in node(store, *table, Wroclaw()))


@given(tables(missing=True), st.sampled_from([Topsis(), Wroclaw()]), st.integers(-99, 99))
def test_distances_do_not_depend_on_where_the_scale_begins(store, table, setting, shift):
    rows, weights = table
    whole = [[None if s is None else round(s) for s in row] for row in rows]
    moved = [[None if s is None else s + shift for s in row] for row in whole]
    assert node(store, moved, weights, setting) == node(store, whole, weights, setting)


def test_the_best_and_the_worst_of_everything_are_1_and_0(store):
    rows = [[9.0, 8.0], [1.0, 2.0], [5.0, 5.0]]
    best, worst, middle = node(store, rows, [1.0, 3.0], Topsis())
    assert (best, worst) == (1.0, 0.0)
    assert middle == pytest.approx(0.5)
    assert node(store, rows, [1.0, 3.0], Wroclaw())[0] == 1.0


def test_a_region_is_measured_by_the_children_it_has(store):
    """The second has the best of all it has, the third a middling score in each."""
    rows = [[9.0, 1.0], [9.0, None], [5.0, 5.0], [1.0, 9.0]]
    for setting in (Topsis(), Wroclaw()):
        found = node(store, rows, [1.0, 1.0], setting)
        assert found[1] == 1.0
        assert found[1] > found[2]
