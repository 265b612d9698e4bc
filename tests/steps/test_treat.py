import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.methods import NoTreatment, Winsorise
from rating.steps.treat import treat
from tests.steps.conftest import by_region, cells, columns, pl


def shape(x: np.ndarray) -> tuple[float, float]:
    """Skewness and excess kurtosis of type 2, from the textbook formulas."""
    n, d = len(x), x - x.mean()
    s2, s3, s4 = (d**2).sum(), (d**3).sum(), (d**4).sum()
    skew = math.sqrt(n) * s3 / s2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurt = ((n + 1) * (n * s4 / s2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return skew, kurt


def passes(x: np.ndarray) -> bool:
    if len(x) < 4 or x.max() == x.min():
        return True
    skew, kurt = shape(x)
    return abs(skew) < 2 or kurt < 3.5


def by_hand(values: np.ndarray, most: int = 5) -> np.ndarray:
    """The treatment in numpy, one indicator, as formulas of COINr's default read."""
    x, high, low = values.copy(), 0, 0
    while not passes(x) and high + low < most and len(np.unique(x)) > 2:
        if shape(x)[0] >= 0:
            at = x == x.max()
            x[at], high = x[~at].max(), int(at.sum())
        else:
            at = x == x.min()
            x[at], low = x[~at].min(), int(at.sum())
    if passes(x):
        return x
    span = values.max() - values.min()
    return np.log(values - values.min() + 0.01 * span)


def treated(store, values, setting):
    frame = cells(values, "imputed")
    return treat(store, frame, {"x": setting})


@st.composite
def skewed(draw):
    """Columns of which many need treatment: a few values far from the rest."""
    rest = draw(st.lists(st.integers(-9, 9).map(float), min_size=8, max_size=25))
    far = draw(st.lists(st.sampled_from([60.0, 61.0, 400.0, 5000.0]), max_size=7))
    sign = draw(st.sampled_from([1.0, -1.0]))
    return [sign * v for v in rest + far]


@given(skewed())
def test_treatment_is_that_of_numpy(store, values):
    found = by_region(treated(store, values, Winsorise()).cells, "treated")
    assert found == pytest.approx(by_hand(np.array(values)).tolist(), rel=1e-12, abs=1e-12)


@given(skewed())
def test_order_is_kept(store, values):
    found = by_region(treated(store, values, Winsorise()).cells, "treated")
    pairs = sorted(zip(values, found, strict=True))
    assert all(b[1] >= a[1] for a, b in itertools.pairwise(pairs))


@given(skewed())
def test_the_mirror_of_a_column_is_treated_as_its_mirror(store, values):
    setting = Winsorise(then="none")
    one = by_region(treated(store, values, setting).cells, "treated")
    other = by_region(treated(store, [-v for v in values], setting).cells, "treated")
    assert [-v for v in other] == one


@given(skewed(), st.sampled_from([0.25, 4.0, 1024.0]))
def test_a_change_of_unit_changes_nothing_but_the_unit(store, values, factor):
    setting = Winsorise(then="none")
    one = by_region(treated(store, values, setting).cells, "treated")
    other = by_region(treated(store, [factor * v for v in values], setting).cells, "treated")
    assert other == [factor * v for v in one]


@given(columns())
def test_missing_stays_missing_and_known_stays_known(store, values):
    found = by_region(treated(store, values, Winsorise()).cells, "treated")
    assert [v is None for v in found] == [v is None for v in values]


@given(skewed())
def test_every_changed_point_is_logged_and_no_other(store, values):
    outcome = treated(store, values, Winsorise(then="none"))
    changed = outcome.cells.filter(pl.col("imputed") != pl.col("treated")).sort("region")
    assert outcome.points.sort("region")["region"].to_list() == changed["region"].to_list()
    assert set(outcome.points["rule"]) <= {"winsorised"}


@given(skewed())
def test_the_order_of_rows_is_nothing(store, values):
    frame = cells(values, "imputed")
    one = treat(store, frame, {"x": Winsorise()})
    other = treat(store, frame.reverse(), {"x": Winsorise()})
    assert by_region(one.cells, "treated") == by_region(other.cells, "treated")


def test_none_changes_nothing(store):
    values = [1.0, 2.0, 3.0, 1e9, None]
    assert by_region(treated(store, values, NoTreatment()).cells, "treated") == values


def test_a_constant_column_and_a_single_value_are_left_alone(store):
    for values in ([0.1] * 9, [7.0], [None], [1.0, 1.0, 5.0]):
        assert by_region(treated(store, values, Winsorise()).cells, "treated") == values


@pytest.mark.parametrize("factor", [1e-150, 1e150])
def test_huge_and_tiny_numbers_have_the_shape_of_plain_ones(store, factor):
    values = [*map(float, range(12)), 500.0]
    plain = treated(store, values, Winsorise()).shapes
    scaled = treated(store, [factor * v for v in values], Winsorise()).shapes
    assert scaled["skewness"][0] == pytest.approx(plain["skewness"][0], rel=1e-12)
    assert scaled["winsorised"][0] == plain["winsorised"][0]
