import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import rankdata

from rating.definitions.methods import Goalposts, MinMax, Rank, ZScore
from rating.errors import DataError
from rating.steps.normalise import normalise
from tests.steps.conftest import by_region, cells, columns

SETTINGS = [MinMax(range=[1, 100]), Goalposts(low=-5, high=8, range=[0, 10]), ZScore(), Rank()]


def score(store, values, setting, direction="higher"):
    frame = cells(values, "treated")
    return by_region(normalise(store, frame, {"x": (setting, direction)}), "score")


@st.composite
def varied(draw, missing=True):
    """Columns with at least two different values, far enough apart to be divided by."""
    low = draw(st.integers(-1000, 999))
    high = draw(st.integers(low + 1, 1000))
    rest = draw(columns(0, 20, missing))
    values = [float(low), *rest, float(high)]
    known = [v for v in values if v is not None]
    assume(max(known) - min(known) > 1e-3)
    return values


@given(varied(), st.sampled_from(SETTINGS))
def test_missing_stays_missing_and_known_is_scored(store, values, setting):
    assert [v is None for v in score(store, values, setting)] == [v is None for v in values]


@given(varied(missing=False), st.sampled_from(SETTINGS))
def test_a_better_value_never_scores_less(store, values, setting):
    for direction, sign in (("higher", 1), ("lower", -1)):
        pairs = sorted(
            zip([sign * v for v in values], score(store, values, setting, direction), strict=True)
        )
        assert all(b[1] >= a[1] for a, b in itertools.pairwise(pairs))


@given(varied())
def test_minmax_fills_its_range(store, values):
    scores = [s for s in score(store, values, MinMax(range=[1, 100])) if s is not None]
    assert min(scores) == 1
    assert max(scores) == 100


@given(varied(missing=False))
def test_lower_is_better_turns_minmax_over(store, values):
    up = score(store, values, MinMax())
    down = score(store, values, MinMax(), "lower")
    assert [100 - s for s in down] == pytest.approx(up, abs=1e-9)


@given(varied(missing=False), st.sampled_from([0.5, 8.0]), st.integers(-9, 9))
def test_a_change_of_unit_changes_no_score(store, values, factor, shift):
    moved = [factor * v + shift for v in values]
    for setting in (MinMax(), ZScore()):
        assert score(store, moved, setting) == pytest.approx(
            score(store, values, setting), rel=1e-6, abs=1e-6
        )


@given(varied(missing=False))
def test_z_scores_have_the_mean_and_the_deviation_asked_for(store, values):
    scores = np.array(score(store, values, ZScore(mean=10, sd=2)))
    assert scores.mean() == pytest.approx(10, abs=1e-6)
    assert scores.std(ddof=1) == pytest.approx(2, abs=1e-6)


@given(columns(missing=False))
def test_ranks_are_those_of_scipy(store, values):
    assert score(store, values, Rank()) == rankdata(values, method="min").tolist()
    down = score(store, values, Rank(), "lower")
    assert down == rankdata([-v for v in values], method="min").tolist()


@given(columns(missing=False))
def test_goalposts_clip_or_go_on(store, values):
    clipped = score(store, values, Goalposts(low=0, high=10, range=[1, 100]))
    free = score(store, values, Goalposts(low=0, high=10, range=[1, 100], clip=False))
    assert all(1 <= s <= 100 for s in clipped)
    assert free == pytest.approx([v / 10 * 99 + 1 for v in values], rel=1e-9, abs=1e-9)
    assert clipped == pytest.approx([min(max(s, 1), 100) for s in free], rel=1e-9)


def test_goalposts_of_lower_is_better_are_turned_over(store):
    assert score(store, [0.0, 5.0, 10.0], Goalposts(low=0, high=10), "lower") == [100, 50, 0]


def test_a_band_is_full_inside_and_falls_on_both_sides(store):
    band = Goalposts(points=[0, 10, 20, 40])
    values = [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 99.0, None]
    assert score(store, values, band, "band") == [0, 0, 50, 100, 100, 100, 50, 0, 0, None]


@pytest.mark.parametrize("setting", [MinMax(), ZScore()])
def test_one_value_in_all_regions_is_an_error_with_its_remedy(store, setting):
    with pytest.raises(DataError, match="zero range") as caught:
        score(store, [3.0, 3.0, None], setting)
    assert "goalposts" in str(caught.value)


@given(varied(), st.sampled_from(SETTINGS))
def test_the_order_of_rows_is_nothing(store, values, setting):
    frame = cells(values, "treated")
    rules = {"x": (setting, "higher")}
    one, other = normalise(store, frame, rules), normalise(store, frame.reverse(), rules)
    assert by_region(one, "score") == by_region(other, "score")
