"""What is counted of cells, beside the same counted one by one."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.engine.cells import Cells
from rating.steps import counts
from tests.steps.conftest import pl

REGIONS = ("A", "B", "C")
TREE = {"index": "abcd", "left": "ab", "right": "cd"}
ABOVE = pl.DataFrame(
    [(indicator, node) for node, below in TREE.items() for indicator in below],
    schema=["indicator", "item"],
    orient="row",
)
# A value, a gap that was filled, and a gap.
CELL = st.sampled_from([(1.0, 1.0), (0.0, 0.0), (None, 2.0), (None, None)])
# The indicators that are in force in each scenario.
IN_FORCE = {4: "abcd", 1: "bc", 9: "d"}
DRAWN = st.lists(CELL, min_size=21, max_size=21)


def frame(rows, *columns):
    types = {"scenario": pl.Int64, "value": pl.Float64, "imputed": pl.Float64, "score": pl.Float64}
    known = {name: types.get(name, pl.String) for name in ("scenario", "region", *columns)}
    return pl.DataFrame(rows, schema=known, orient="row")


def shuffled(cells, item, seed):
    """The cells in no order."""
    return Cells.of(cells.sample(fraction=1, shuffle=True, seed=seed), item)


def world(drawn, seed):
    """What each cell holds, the cells, and those of the nodes."""
    keys = [
        (scenario, region, indicator)
        for scenario, indicators in IN_FORCE.items()
        for region, indicator in product(REGIONS, indicators)
    ]
    held = dict(zip(keys, drawn, strict=True))
    cells = frame(
        [(*key, *values) for key, values in held.items()], "indicator", "value", "imputed"
    )
    # A node is in an edition as soon as one of its indicators is.
    nodes = [
        (scenario, region, node, 50.0)
        for scenario, indicators in IN_FORCE.items()
        for region, node in product(REGIONS, TREE)
        if set(indicators) & set(TREE[node])
    ]
    nodes = frame(nodes, "item", "score")
    return held, shuffled(cells, "indicator", seed), shuffled(nodes, "item", seed + 1)


def in_order(cells, counted):
    """What was counted for each scenario, region and node."""
    named = cells.named().with_columns(counted)
    keys = ["scenario", "region", "item", counted.name]
    return {tuple(key): number for *key, number in named.select(keys).iter_rows()}


@given(DRAWN, st.integers(0, 99), st.sampled_from(["abcd", "acd", "bd"]))
def test_coverage_is_the_share_of_counting_indicators_with_a_value(drawn, seed, counting):
    held, cells, nodes = world(drawn, seed)
    top = nodes.of_item("index")
    counted = pl.DataFrame(
        [(s, i) for s, indicators in IN_FORCE.items() for i in indicators if i in counting],
        schema={"scenario": pl.Int64, "indicator": pl.String},
        orient="row",
    )
    found = counts.coverage(cells, top, counted)
    assert found.name == "coverage"
    for (scenario, region, _), share in in_order(top, found).items():
        known = [
            held[scenario, region, indicator][0] is not None
            for indicator in IN_FORCE[scenario]
            if indicator in counting
        ]
        assert share == pytest.approx(sum(known) / len(known))


@given(DRAWN, st.integers(0, 99))
def test_what_was_imputed_is_counted_below_each_node(drawn, seed):
    held, cells, nodes = world(drawn, seed)
    found = counts.imputed(cells, nodes, ABOVE)
    assert found.name == "imputed"
    for (scenario, region, node), number in in_order(nodes, found).items():
        below = [held[scenario, region, i] for i in TREE[node] if i in IN_FORCE[scenario]]
        assert number == sum(cell == (None, 2.0) for cell in below)


def test_a_node_without_the_region_counts_nothing_there():
    """A region without a score of the node has no cell of it."""
    held = frame(
        [(0, "A", "a", None, 2.0), (0, "B", "a", None, 2.0)], "indicator", "value", "imputed"
    )
    nodes = Cells.of(frame([(0, "B", "index", 1.0)], "item", "score"), "item", pl.Series([*"AB"]))
    assert counts.imputed(Cells.of(held), nodes, ABOVE).to_list() == [1]


@given(DRAWN, st.integers(0, 99))
def test_a_node_is_ranked_where_the_index_of_its_region_is(drawn, seed):
    _, _, nodes = world(drawn, seed)
    top = nodes.of_item("index")
    chance = random.Random(seed)
    known = pl.Series([chance.random() < 0.5 for _ in range(top.rows.height)])
    found = counts.ranked(top, known, nodes)
    assert found.name == "ranked"
    wanted = {key[:2]: held for key, held in in_order(top, known.alias("known")).items()}
    for (scenario, region, _), held in in_order(nodes, found).items():
        assert held == wanted[scenario, region]
