import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.analysis.confidence import rank_sets, significantly_above
from rating.analysis.groups import grouped, shares
from rating.errors import UsageError
from tests.analysis.drawn import FIGURES, META, WEIGHTS, rated

ESTIMATES = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=8)


def true_ranks(theta):
    return np.array([1 + (theta > own).sum() for own in theta])


@pytest.mark.parametrize(
    "theta",
    [np.zeros(8), np.arange(8) / 2, np.repeat([0.0, 1.0], 4), np.linspace(0, 3, 8) ** 2],
    ids=["equal", "apart", "two levels", "spread"],
)
def test_the_sets_hold_all_true_ranks_as_often_as_they_say(theta):
    """400 simulations: a share of 95 % has a standard error of 1.1 points."""
    random = np.random.default_rng(7)
    errors = np.full(8, 0.6)
    held, width, top = 0, 0.0, 0
    runs = 400
    for seed in range(runs):
        estimates = theta + errors * random.standard_normal(8)
        found = rank_sets(estimates, errors, draws=400, seed=seed)
        truth = true_ranks(theta)
        held += bool(((found.low <= truth) & (truth <= found.high)).all())
        top += bool(found.top(3)[truth <= 3].all())
        width += float((found.high - found.low).mean())
    assert held / runs >= 0.93
    assert top / runs >= 0.93
    assert width / runs <= 7


def test_regions_far_apart_have_one_rank_each():
    found = rank_sets(np.array([3.0, 1.0, 2.0]), np.full(3, 1e-3))
    assert found.low.tolist() == found.high.tolist() == [1, 3, 2]


def test_a_set_for_one_region_is_no_wider_than_one_for_all():
    estimates, errors = np.arange(12) / 3, np.full(12, 0.5)
    every = rank_sets(estimates, errors)
    alone = rank_sets(estimates, errors, simultaneous=False)
    assert ((alone.low >= every.low) & (alone.high <= every.high)).all()
    assert (alone.high - alone.low).sum() < (every.high - every.low).sum()


def test_errors_that_move_together_do_not_hide_a_difference():
    together = np.full((2, 2), 4.0) + np.eye(2) * 0.01
    found = rank_sets(np.array([2.0, 1.0]), together)
    assert found.low.tolist() == found.high.tolist() == [1, 2]
    with pytest.raises(UsageError, match="no covariance matrix"):
        rank_sets(np.array([2.0, 1.0]), np.array([[1.0, 2.0], [2.0, 1.0]]))


@given(ESTIMATES)
def test_published_ranks_lie_within_their_sets(estimates):
    values = np.array(estimates)
    found = rank_sets(values, np.ones(len(values)), draws=200)
    ranks = true_ranks(values)
    assert ((found.low <= ranks) & (ranks <= found.high)).all()


def test_what_has_no_error_is_ordered_by_its_estimate_and_ties_stay():
    above = significantly_above(np.array([1.0, 2.0, 2.0]), np.zeros((50, 3)))
    assert above.tolist() == [[False] * 3, [True, False, False], [True, False, False]]


# -------------------------------------------------------------------------------------- groups


def test_a_region_joins_while_it_is_not_below_the_first_of_the_group():
    estimates = np.array([10.0, 9.0, 8.0, 7.0, 6.0])
    above = estimates[:, None] - estimates[None, :] >= 2
    assert grouped(estimates, above).tolist() == [1, 1, 2, 2, 3]
    assert grouped(estimates, above, "connected").tolist() == [1, 1, 1, 1, 1]


@given(ESTIMATES)
def test_groups_follow_the_order_and_the_best_is_in_the_first(estimates):
    values = np.array(estimates)
    groups = grouped(values, values[:, None] - values[None, :] > 5)
    falling = groups[np.argsort(-values, kind="stable")]
    assert falling[0] == 1
    assert set(np.diff(falling)) <= {0, 1}


def test_shares_of_a_gap_that_is_not_there_are_all_1():
    assert shares(np.array([[2.0, 2.0], [1.0, 3.0]])).tolist() == [[1, 1], [0, 1]]


def test_place_groups_of_a_rating_name_the_region_that_opened_them():
    sure = rated(WEIGHTS).uncertainty(draws=400)
    groups = sure.place_groups()
    assert groups["region"].to_list() == sure.ranks["region"].to_list()
    assert groups["group"].is_sorted()
    first = groups.group_by("group", maintain_order=True).first()
    assert first["first"].to_list() == first["region"].to_list()
    connected = sure.place_groups(ties="connected")
    assert connected["group"].max() <= groups["group"].max()


def test_confidence_sets_of_a_rating_hold_its_ranks():
    meta = META
    columns = {"size": [100.0] * 6}
    figures = FIGURES.with_columns(a=pl.col("a") / 10).with_columns(
        **{name: pl.Series(values) for name, values in columns.items()}
    )
    noise = {
        "id": "survey",
        "kind": "sampling",
        "indicators": ["a"],
        "error": {"name": "standard_error", "error": "figures.b"},
    }
    sure = rated(noise, meta=meta, figures=figures).uncertainty(draws=300)
    found = sure.confidence(top=2)
    assert ((found["low"] <= found["rank"]) & (found["rank"] <= found["high"])).all()
    assert found.filter(pl.col("rank") <= 2)["in_top"].all()


def test_one_draw_tests_nothing():
    with pytest.raises(UsageError, match="1 draws in which every ranked region"):
        rated(WEIGHTS).uncertainty(draws=1).place_groups()
