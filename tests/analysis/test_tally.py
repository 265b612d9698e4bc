import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rating.analysis import tally

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 9))
GRID = st.one_of(st.integers(-3, 3).map(float), st.just(float("nan")))


def scores(elements=GRID):
    return SHAPES.flatmap(lambda shape: arrays.arrays(float, shape, elements=elements))


def rank(row, one):
    """The rank of a definition: one more than how many are better."""
    rounded = np.round(row, 9)
    return np.nan if np.isnan(row[one]) else 1 + (rounded > rounded[one]).sum()


@given(scores(), st.sampled_from([1.0, 1e-9, 1e12, 1 / 3]))
def test_ranks_are_those_of_the_definition(values, unit):
    found = tally.ranks(tally.order(values * unit))
    wanted = [[rank(row, one) for one in range(len(row))] for row in values * unit]
    assert np.array_equal(found, wanted, equal_nan=True)


@given(scores(), st.floats(-4e-10, 4e-10))
def test_less_than_the_tolerance_does_not_break_a_tie(values, little):
    jittered = values + little * (np.arange(values.shape[1]) % 2)
    assert np.array_equal(
        tally.ranks(tally.order(jittered)), tally.ranks(tally.order(values)), equal_nan=True
    )


@given(scores())
def test_every_score_is_counted_once(values):
    counts = np.zeros((values.shape[1], values.shape[1]), np.int64)
    tally.count(tally.order(values), counts)
    assert (counts.sum(axis=1) == (~np.isnan(values)).sum(axis=0)).all()


@given(scores())
def test_shift_is_the_places_between_ranks(values):
    order = tally.order(values)
    nominal = tally.ranks(tally.order(values[:1]))[0]
    moved, counted = tally.shift(order, nominal)
    differences = np.abs(tally.ranks(order) - nominal)
    assert moved.tolist() == np.nansum(differences, axis=1).tolist()
    assert counted.tolist() == (~np.isnan(differences)).sum(axis=1).tolist()


@given(scores(st.integers(-3, 3).map(float)))
def test_a_cut_belongs_to_the_better_group(values):
    cuts = [0.75, 0.5, 0.25]
    best, worst = values.max(axis=1, keepdims=True), values.min(axis=1, keepdims=True)
    gap = np.where(best > worst, best - worst, 1)
    share = np.where(best > worst, (values - worst) / gap, 1.0)
    wanted = [(np.round(share, 9) >= cut).sum(axis=0).tolist() for cut in cuts]
    assert tally.above_cuts(values, cuts).tolist() == wanted


@given(scores())
def test_quantile_groups_go_by_the_share_before_a_region(values):
    cuts = [0.2, 0.5]
    order = tally.order(values)
    ranked = (~np.isnan(values)).sum(axis=1, keepdims=True)
    share = (tally.ranks(order) - 1) / np.maximum(ranked, 1)
    wanted = [(np.round(share, 9) < cut).sum(axis=0).tolist() for cut in cuts]
    assert tally.before_cuts(order, values.shape[1], cuts).tolist() == wanted


def test_a_quantile_is_missing_where_nothing_was_counted():
    assert np.isnan(tally.quantile(np.zeros((1, 3), int), 0.5)[0])
