import itertools
import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.definitions import aggregations as a
from rating.engine.cells import Cells
from rating.errors import DefinitionError
from rating.steps.means import means
from tests.steps.conftest import pl
from tests.steps.families import ALONE, INF, SCORES, WEIGHTS, frames, node, nodes

CHILDREN = st.lists(st.tuples(SCORES, WEIGHTS), min_size=1, max_size=9)


def one(store, children, setting):
    scores, weights = zip(*children, strict=True)
    return node(store, [list(scores)], list(weights), setting)[0]


def each(store, children, settings):
    scores, weights = zip(*children, strict=True)
    found = nodes(store, [list(scores)], list(weights), keyed(settings))
    return [found[key][0] for key in keyed(settings)]


def keyed(settings):
    return {f"n{place}": setting for place, setting in enumerate(settings)}


def moments(children):
    """Weighted mean, and variance of the population and of the sample."""
    whole = sum(w for _, w in children)
    mean = sum(w * s for s, w in children) / whole
    spread = sum(w * (s - mean) ** 2 for s, w in children) / whole
    left = 1 - sum((w / whole) ** 2 for _, w in children)
    return mean, spread, spread / left if len(children) > 1 else 0.0


@given(CHILDREN)
def test_means_are_those_of_the_definition(store, children):
    whole = sum(w for _, w in children)
    arithmetic, geometric, harmonic = each(
        store, children, [a.Arithmetic(), a.Geometric(), a.Harmonic()]
    )
    assert arithmetic == pytest.approx(sum(s * w for s, w in children) / whole, rel=1e-12)
    assert geometric == pytest.approx(math.prod(s ** (w / whole) for s, w in children), rel=1e-12)
    assert harmonic == pytest.approx(whole / sum(w / s for s, w in children), rel=1e-12)


@given(CHILDREN, st.sampled_from([-7.5, -2.0, -0.3, 0.01, 0.3, 0.5, 2.0, 3.0, 12.25]))
def test_a_power_mean_is_that_of_the_definition(store, children, power):
    whole = sum(w for _, w in children)
    wanted = (sum(w * s**power for s, w in children) / whole) ** (1 / power)
    assert one(store, children, a.Power(power=power)) == pytest.approx(wanted, rel=1e-12)


@given(CHILDREN)
def test_the_power_means_with_a_name_are_the_named_means(store, children):
    named = [a.Harmonic(), a.Geometric(), a.Arithmetic()]
    assert each(store, children, [a.Power(power=p) for p in (-1, 0, 1)]) == each(
        store, children, named
    )
    weakest, strongest = each(store, children, [a.Power(power=-INF), a.Power(power=INF)])
    assert (weakest, strongest) == (min(children)[0], max(children)[0])


@given(CHILDREN)
def test_power_means_never_fall_as_the_power_rises(store, children):
    powers = [-INF, -300, -2, -1, -0.5, -1e-3, -1e-12, 0, 1e-12, 1e-3, 0.49, 0.5, 1, 2, 300, INF]
    found = each(store, children, [a.Power(power=power) for power in powers])
    assert all(low <= high * (1 + 1e-12) for low, high in itertools.pairwise(found))


@given(CHILDREN, st.sampled_from([1e-9, -1e-9, 1e-14]))
def test_a_power_near_0_is_near_the_geometric_mean(store, children, power):
    """The textbook form loses every digit here: (sum of w s^p)^(1/p) with s^p = 1 in doubles."""
    near, geometric = each(store, children, [a.Power(power=power), a.Geometric()])
    assert near == pytest.approx(geometric, rel=1e-7)


@given(st.lists(SCORES, min_size=1, max_size=9))
def test_with_equal_weights_the_median_is_the_ordinary_one(store, scores):
    children = [(score, 0.1) for score in scores]
    assert one(store, children, a.MedianOf()) == pytest.approx(statistics.median(scores))


@given(CHILDREN)
def test_a_weight_in_the_median_is_so_many_children(store, children):
    repeated = [score for score, weight in children for _ in range(int(weight))]
    wanted = statistics.median(repeated)
    assert one(store, children, a.MedianOf()) == pytest.approx(wanted)


@given(CHILDREN)
def test_ordered_weights_go_to_places_and_not_to_children(store, children):
    ordered = sorted((score for score, _ in children), reverse=True)
    count = len(ordered)
    found = each(
        store,
        children,
        [
            a.OrderedWeights(places=(4, 2, 1)),
            a.OrderedWeights(best=3),
            a.OrderedWeights(worst=3),
            a.OrderedWeights(best=20),
            a.OrderedWeights(worst=1),
        ],
    )
    places = [4, 2, 1][:count]
    assert found == [
        pytest.approx(sum(map(math.prod, zip(places, ordered, strict=False))) / sum(places)),
        pytest.approx(statistics.fmean(ordered[:3])),
        pytest.approx(statistics.fmean(ordered[-3:])),
        pytest.approx(statistics.fmean(ordered)),
        ordered[-1],
    ]


def test_the_weights_of_places_that_no_child_takes_are_left_out(store):
    rows = [[9.0, 4.0, 1.0], [9.0, 4.0, None], [None, 4.0, None]]
    second_and_third = node(store, rows, [1.0] * 3, a.OrderedWeights(places=(0, 2, 1)))
    assert second_and_third == [pytest.approx(3.0), pytest.approx(4.0), None]


def test_places_without_any_weight_are_refused():
    with pytest.raises(DefinitionError, match="at least one place"):
        a.OrderedWeights(places=(0, 0))


@given(CHILDREN)
def test_the_penalty_is_the_variance_over_the_mean(store, children):
    mean, population, sample = moments(children)
    found = each(
        store,
        children,
        [
            a.MazziottaPareto(),
            a.MazziottaPareto(penalty="plus"),
            a.AdjustedMazziottaPareto(),
            a.AdjustedMazziottaPareto(penalty="plus"),
        ],
    )
    wanted = [
        mean - sample / mean,
        mean + sample / mean,
        mean - population / mean,
        mean + population / mean,
    ]
    assert found == [pytest.approx(value, rel=1e-11, abs=1e-10) for value in wanted]


@given(st.lists(SCORES, min_size=2, max_size=9))
def test_with_equal_weights_the_deviation_is_that_of_n_less_1(store, scores):
    mean = statistics.fmean(scores)
    children = [(score, 3.0) for score in scores]
    wanted = mean - statistics.variance(scores) / mean
    assert one(store, children, a.MazziottaPareto()) == pytest.approx(wanted, rel=1e-11, abs=1e-10)


# Every case is put to every method.
@settings(max_examples=max(1, settings.default.max_examples // 8))
@given(CHILDREN, st.randoms(use_true_random=False))
def test_children_may_be_listed_in_any_order(store, children, chance):
    scores, listed = frames([[score for score, _ in children]], [w for _, w in children], ALONE)
    family = listed.with_columns(scenario=pl.lit(0, pl.Int64))
    mixed = family.sample(fraction=1, shuffle=True, seed=chance.randrange(1000))
    cells = Cells.of(scores, "item")
    found, wanted = (
        means(store, cells, rows, ALONE).named().sort("item") for rows in (mixed, family)
    )
    assert found.equals(wanted)


def test_a_balanced_region_beats_an_unbalanced_one_with_the_same_mean(store):
    rows = [[50.0, 50.0], [80.0, 20.0]]
    even, uneven = node(store, rows, [1.0, 1.0], a.MazziottaPareto())
    assert even == 50.0
    assert uneven == pytest.approx(50 - 1800 / 50)


def test_a_mean_of_0_or_less_with_equal_children_is_itself(store):
    assert node(store, [[0.0, 0.0], [-3.0, -3.0]], [1.0, 2.0], a.MazziottaPareto()) == [0.0, -3.0]
