"""The matrices that methods are given, seen by a method that keeps them."""

import numpy as np
import polars as pl
import pytest

from rating.steps.peers import compared, pieces

NAN = float("nan")
SCHEMA = {"scenario": pl.Int64, "region": pl.String, "item": pl.String, "score": pl.Float64}
SCORES = pl.DataFrame(
    [
        (0, "R1", "b", 4.0),
        (0, "R1", "a", 2.0),
        (0, "R0", "a", 1.0),
        (0, "R2", "a", None),
        (0, "R2", "b", None),
        (0, "R3", "other", 5.0),
        (1, "R0", "a", 7.0),
        (1, "R0", "b", 8.0),
    ],
    schema=SCHEMA,
    orient="row",
)
FAMILY = pl.DataFrame(
    [(s, "n", item, w, p) for s in (0, 1) for item, w, p in (("a", 3.0, 2), ("b", 5.0, 1))]
    + [(0, "m", "b", 1.0, 1), (0, "unasked", "a", 1.0, 1)],
    schema={
        "scenario": pl.Int64,
        "parent": pl.String,
        "item": pl.String,
        "weight": pl.Float64,
        "position": pl.Int64,
    },
    orient="row",
)


@pytest.fixture
def seen(store):
    """What a method is given, by node, and the scores that are made of it."""

    def call(coverage=0.5, only=None, nodes=("n",)):
        given = []

        def kernel(peers):
            given.append(peers)
            return np.nan_to_num(peers.scores[peers.wanted]).sum(axis=1)

        made = compared(
            store,
            SCORES,
            FAMILY,
            dict.fromkeys(nodes, kernel),
            dict.fromkeys(nodes, coverage),
            only,
        )
        return given, made

    return call


def test_a_method_is_given_the_regions_that_have_enough_children(seen):
    (first, second), made = seen()
    assert (first.node, first.items, first.weights.tolist()) == ("n", ("b", "a"), [5.0, 3.0])
    np.testing.assert_array_equal(first.scores, [[NAN, 1.0], [4.0, 2.0]])
    assert first.wanted.tolist() == [0, 1]
    assert first.wanted.dtype == np.int64
    assert second.scores.tolist() == [[8.0, 7.0]]
    assert made.schema == {
        "scenario": pl.Int64,
        "region": pl.String,
        "node": pl.String,
        "score": pl.Float64,
    }
    assert made.sort("scenario", "region").rows() == [
        (0, "R0", "n", 1.0),
        (0, "R1", "n", 6.0),
        (0, "R2", "n", None),
        (1, "R0", "n", 15.0),
    ]


def test_a_region_below_the_coverage_stays_out(seen):
    (first, _), made = seen(coverage=0.51)
    assert first.scores.tolist() == [[4.0, 2.0]]
    assert made.filter(pl.col("score").is_null())["region"].to_list() == ["R0", "R2"]


def test_a_region_without_children_stays_out_at_any_coverage(seen):
    (first, _), made = seen(coverage=0.0)
    assert first.scores.shape == (2, 2)
    assert made.filter(region="R2")["score"].to_list() == [None]


def test_only_some_regions_may_be_wanted(seen):
    (first, second), made = seen(only=["R1"])
    assert first.scores.shape == (2, 2)
    assert first.wanted.tolist() == [1]
    assert second.wanted.tolist() == []
    assert made.sort("scenario", "region")["score"].to_list() == [None, 6.0, None, None]


def test_each_node_has_its_own_children(seen):
    given, made = seen(nodes=("n", "m"))
    assert {(one.node, one.items) for one in given} == {("n", ("b", "a")), ("m", ("b",))}
    assert made.filter(node="m").sort("region").rows() == [
        (0, "R1", "m", 4.0),
        (0, "R2", "m", None),
    ]


def test_where_nothing_is_wanted_there_is_no_score(store):
    made = compared(store, SCORES.clear(), FAMILY, {"n": lambda peers: None}, {"n": 0.5})
    assert made.rows() == []


def test_a_method_may_have_no_score_for_a_region(store):
    def kernel(peers):
        return np.full(len(peers.wanted), NAN)

    made = compared(store, SCORES, FAMILY, {"n": kernel}, {"n": 0.5})
    assert made["score"].to_list() == [None] * 4


@pytest.mark.parametrize(
    ("columns", "cells", "sizes"),
    [(2, 6, [3, 3, 1]), (2, 7, [3, 3, 1]), (7, 6, [1] * 7), (0, 5, [5, 2]), (1, 0, [1] * 7)],
)
def test_pieces_are_as_long_as_their_cells_allow(columns, cells, sizes):
    found = list(pieces(np.arange(7), columns, cells))
    assert [len(piece) for piece in found] == sizes
    assert np.concatenate(found).tolist() == list(range(7))
