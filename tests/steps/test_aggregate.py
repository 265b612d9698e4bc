import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.methods import Arithmetic, Geometric
from rating.errors import DefinitionError
from rating.steps.aggregate import aggregate
from tests.steps.conftest import pl

SCORES = st.floats(1, 100).map(lambda x: round(x, 3))
WEIGHTS = st.integers(1, 9).map(float)
MEANS = [Arithmetic(), Geometric()]


def mean(store, children, setting):
    """The score of one node over (score, weight) of its children."""
    scores = pl.DataFrame(
        [(0, "R", f"c{n}", score) for n, (score, _) in enumerate(children)],
        schema={"scenario": pl.Int64, "region": pl.String, "item": pl.String, "score": pl.Float64},
        orient="row",
    )
    family = pl.DataFrame(
        [("n", f"c{n}", weight, n) for n, (_, weight) in enumerate(children)],
        schema={"parent": pl.String, "item": pl.String, "weight": pl.Float64, "position": pl.Int64},
        orient="row",
    )
    return aggregate(store, scores, family, [{"n": setting}])["score"][0]


def family(missing=False):
    score = st.one_of(SCORES, st.none()) if missing else SCORES
    return st.lists(st.tuples(score, WEIGHTS), min_size=1, max_size=9)


@given(family(), st.sampled_from(MEANS))
def test_a_mean_lies_between_its_children(store, children, setting):
    scores = [score for score, _ in children]
    found = mean(store, children, setting)
    assert min(scores) - 1e-9 <= found <= max(scores) + 1e-9


@given(family())
def test_means_are_those_of_the_definition(store, children):
    whole = sum(w for _, w in children)
    arithmetic = sum(s * w for s, w in children) / whole
    geometric = math.prod(s ** (w / whole) for s, w in children)
    assert mean(store, children, Arithmetic()) == pytest.approx(arithmetic, rel=1e-12)
    assert mean(store, children, Geometric()) == pytest.approx(geometric, rel=1e-12)


@given(family())
def test_the_geometric_mean_is_never_above_the_arithmetic(store, children):
    assert mean(store, children, Geometric()) <= mean(store, children, Arithmetic()) + 1e-9


@given(family(), st.sampled_from(MEANS), st.sampled_from([0.5, 4.0]))
def test_only_the_ratio_of_weights_counts(store, children, setting, factor):
    scaled = [(score, factor * weight) for score, weight in children]
    assert mean(store, scaled, setting) == pytest.approx(mean(store, children, setting), rel=1e-12)


@given(family(missing=True), st.sampled_from(MEANS))
def test_a_missing_child_is_as_no_child(store, children, setting):
    present = [child for child in children if child[0] is not None]
    found = mean(store, children, setting)
    if present:
        assert found == pytest.approx(mean(store, present, setting), rel=1e-12)
    else:
        assert found is None


@given(family(missing=True), st.floats(0, 1), st.sampled_from(MEANS))
def test_below_the_coverage_there_is_no_score(store, children, least, setting):
    present = sum(score is not None for score, _ in children)
    strict = type(setting)(min_coverage=least)
    enough = present > 0 and present / len(children) >= least
    assert (mean(store, children, strict) is not None) == enough


@given(family(), st.sampled_from(MEANS), st.integers(0, 8), st.floats(0.5, 20))
def test_a_child_that_gains_never_lowers_the_node(store, children, setting, which, gain):
    which %= len(children)
    better = list(children)
    better[which] = (better[which][0] + gain, better[which][1])
    assert mean(store, better, setting) > mean(store, children, setting)


@given(family(), st.sampled_from(MEANS), st.one_of(st.floats(-100, 100), st.none()))
def test_a_child_of_weight_0_is_context(store, children, setting, context):
    more = [*children, (context, 0.0)]
    assert mean(store, more, setting) == mean(store, children, setting)


def test_a_geometric_mean_over_0_names_node_region_and_range(store):
    with pytest.raises(DefinitionError) as caught:
        mean(store, [(0.0, 1.0), (5.0, 1.0)], Geometric())
    assert "n, R" in str(caught.value)
    assert "range = [1, 100]" in str(caught.value)
