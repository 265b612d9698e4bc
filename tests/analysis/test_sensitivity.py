import importlib.util

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.analysis.design import Design
from rating.analysis.sensitivity import sensitivity
from rating.analysis.sobol import indices, intervals
from rating.errors import UsageError
from tests.analysis.drawn import ALL, MEAN, SCALE, TREATMENT, WEIGHTS, rated
from tests.flat import SHARED

# Ishigami's function has these indices: the fourth moment of a uniform number and two sines.
ISHIGAMI = {"first": [0.3139, 0.4424, 0.0], "total": [0.5576, 0.4424, 0.2437]}


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def designed(function, inputs, rows, seed=1):
    points = Design("sobol", 2 * inputs, seed=seed, size=rows).block(0)
    a, b = points[:, :inputs], points[:, inputs:]
    mixed = []
    for one in range(inputs):
        taken = a.copy()
        taken[:, one] = b[:, one]
        mixed.append(function(taken))
    return function(a), function(b), np.array(mixed)


def test_the_indices_of_ishigami_are_those_of_the_formula():
    found = indices(*designed(ishigami, 3, 1 << 14))
    assert found.first == pytest.approx(ISHIGAMI["first"], abs=0.01)
    assert found.total == pytest.approx(ISHIGAMI["total"], abs=0.01)


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
def test_the_estimators_of_coinr_are_reproduced():
    folder = SHARED / "reference/coinr"
    y = pl.read_csv(folder / "saestim_y_ishigami.csv")["y"].to_numpy().reshape(5, 256)
    wanted = pl.read_csv(folder / "saestim_indices_ishigami.csv")
    found = indices(y[0], y[1], y[2:], first="saltelli")
    assert found.first == pytest.approx(wanted["Si"].to_list(), rel=1e-12)
    assert found.total == pytest.approx(wanted["STi"].to_list(), rel=1e-12)


@pytest.mark.skipif(importlib.util.find_spec("SALib") is None, reason="SALib is not installed")
def test_the_indices_are_those_of_salib():
    from SALib.analyze import sobol

    a, b, mixed = designed(ishigami, 3, 1024)
    rows = np.column_stack([a, *mixed, b]).ravel()
    problem = {"num_vars": 3, "names": ["x", "y", "z"], "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, rows, calc_second_order=False, seed=1)
    mine = indices(a, b, mixed)
    assert mine.total == pytest.approx(theirs["ST"], abs=0.01)
    assert indices(a, b, mixed, first="saltelli").first == pytest.approx(theirs["S1"], abs=0.05)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=5), st.floats(-100, 100))
def test_an_additive_function_has_its_variances_and_a_shift_is_nothing(slopes, constant):
    slopes = [round(slope, 2) for slope in slopes]
    variances = np.array(slopes) ** 2
    if variances.sum() == 0:
        return
    found = indices(*designed(lambda u: u @ np.array(slopes) + constant, len(slopes), 1024))
    assert found.total == pytest.approx(variances / variances.sum(), abs=0.03)
    assert found.first == pytest.approx(found.total, abs=0.06)


def test_what_does_not_vary_has_no_indices():
    found = indices(*designed(lambda u: np.ones(len(u)), 2, 64))
    assert np.isnan(found.total).all()
    assert np.isnan(found.first).all()


def test_the_intervals_hold_the_truth():
    low, high = intervals(*designed(ishigami, 3, 1024), level=0.95, resamples=300, seed=1)
    assert (low.total <= ISHIGAMI["total"]).all()
    assert (np.array(ISHIGAMI["total"]) <= high.total).all()
    assert (high.total - low.total < 0.2).all()


@pytest.fixture(scope="module")
def asked():
    return rated(*ALL).sensitivity(draws=256)


def test_the_assumption_that_moves_the_ranking_is_named(asked):
    top = asked.assumptions.row(0, named=True)
    assert top["total"] == asked.assumptions["total"].max()
    assert top["name"] in asked.sentence.en
    assert f"{100 * top['total']:.0f} % of the variance" in asked.sentence.en
    assert "дисперсии" in asked.sentence.ru
    assert top["name"] in asked._repr_html_()


def test_intervals_hold_their_index_and_every_region_has_its_own(asked):
    for key in ("first", "total"):
        frame = asked.assumptions
        assert (frame[f"{key}_low"] <= frame[key]).all()
        assert (frame[key] <= frame[f"{key}_high"]).all()
    assert asked.regions.height == 6 * 5
    assert asked.convergence["draws"].unique().sort().to_list() == [32, 64, 128, 256]
    last = asked.convergence.filter(pl.col("draws") == 256).sort("assumption")
    assert last["total"].to_list() == asked.assumptions.sort("assumption")["total"].to_list()


def test_an_assumption_without_effect_has_no_share():
    same = {"id": "same", "kind": "treat", "options": [{}, {}]}
    found = rated(same, WEIGHTS, SCALE).sensitivity(draws=256).assumptions
    assert found.filter(pl.col("assumption") == "same")["total"].to_list() == [0.0]


def test_where_nothing_moves_the_ranking_that_is_said():
    found = rated({"id": "same", "kind": "treat", "options": [{}, {}]}).sensitivity(draws=16)
    assert found.assumptions["total"].to_list() == [None]
    assert found.sentence.en.startswith(
        "No assumption moves the ranking. No alternative: of “same”"
    )


def test_a_single_alternative_is_no_error():
    found = rated({**MEAN, "options": [{}]}, TREATMENT).sensitivity(draws=32)
    assert found.used == 32


def test_rows_of_which_a_draw_fails_are_left_out_and_counted(monkeypatch):
    from rating.analysis.drawing import Drawing

    kept = Drawing.score

    def fails(self, scenario, draws, rows, moved):
        scores, failed = kept(self, scenario, draws, rows, moved)
        return scores, np.where(rows == 3, 1, failed)

    monkeypatch.setattr(Drawing, "score", fails)
    found = sensitivity(rated(WEIGHTS, MEAN), draws=32)
    assert (found.used, found.draws) == (31, 32)
    assert found.failures["draws"].to_list() == [4]
    assert found.assumptions["total"].null_count() == 0


def test_too_few_rows_are_refused():
    with pytest.raises(UsageError, match="too few"):
        rated(WEIGHTS).sensitivity(draws=4)
