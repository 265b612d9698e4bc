"""Data at the edge of sense have defined answers: a number, a missing score, or one clear error."""

import polars as pl
import pytest

import rating
from tests.flat import section as flat_section

META = pl.DataFrame(
    {
        "id": ["a", "b", "c", "left", "right", "index"],
        "parent": ["left", "left", "right", "index", "index", None],
        "direction": ["higher"] * 6,
        "weight": [1.0] * 6,
    }
)
MEANS = [
    "arithmetic",
    "geometric",
    "harmonic",
    "median",
    "wroclaw",
    "topsis",
    "copeland",
    "benefit_of_the_doubt",
    "mpi",
    "adjusted_mpi",
]


def rated(a, b, c, **method):
    normalise = {"name": "minmax", "range": [1, 100]}
    if method.get("aggregate", {}).get("name") == "mpi":  # made for scores around 100
        normalise = {"name": "zscore", "mean": 100, "sd": 10}
    section = flat_section(META, {"normalise": normalise, **method})
    frame = pl.DataFrame(
        {"region": [f"R{n}" for n in range(len(a))], "year": 2019, "a": a, "b": b, "c": c},
        schema_overrides={"a": pl.Float64, "b": pl.Float64, "c": pl.Float64},
    )
    return rating.rate(section, rating.read({"figures": frame}, section), edition=2019)


def scores(result, node):
    return result.scores.filter(pl.col("node") == node).sort("region")["score"].to_list()


@pytest.mark.parametrize("mean", MEANS)
def test_a_node_whose_children_are_all_missing_has_no_score(mean):
    result = rated([1, 2, None], [5, 4, None], [1, 2, 3], aggregate={"name": mean})
    assert scores(result, "left")[2] is None
    assert None not in scores(result, "left")[:2]
    assert scores(result, "index")[2] is not None
    assert result.ranks["rank"].null_count() == 0


def test_where_nothing_is_known_of_a_region_it_is_thin():
    result = rated([1, 2, None], [5, 4, None], [1, 2, None])
    assert result.ranks.filter(pl.col("region") == "R2").row(0, named=True) == {
        "region": "R2",
        "rank": None,
        "score": None,
        "group": None,
        "coverage": 0.0,
        "status": "thin",
        "reason": "no figures: every value of it is missing",
    }


def test_an_indicator_that_nobody_has_counts_as_missing_everywhere():
    result = rated([None, None], [5, 4], [1, 2])
    assert result.values.filter(pl.col("indicator") == "a")["score"].to_list() == [None, None]
    assert result.ranks["coverage"].to_list() == pytest.approx([2 / 3, 2 / 3])


@pytest.mark.parametrize("normalise", ["minmax", "zscore", "best", "percentile_rank"])
def test_one_region_alone_has_no_spread_and_that_is_an_error(normalise):
    with pytest.raises(rating.DataError, match="zero range"):
        rated([1], [5], [1], normalise={"name": normalise})


@pytest.mark.parametrize("mean", MEANS)
def test_one_region_alone_is_first_by_ranks_and_by_goalposts(mean):
    result = rated([1], [5], [1], normalise={"name": "rank"}, aggregate={"name": mean})
    assert result.ranks["rank"].to_list() == [1]


@pytest.mark.parametrize("mean", MEANS)
def test_equal_regions_share_the_first_place(mean):
    result = rated(
        [3, 3, 3], [5, 5, 5], [1, 1, 1], normalise={"name": "rank"}, aggregate={"name": mean}
    )
    assert result.ranks["rank"].to_list() == [1, 1, 1]


@pytest.mark.parametrize("mean", MEANS)
def test_two_identical_regions_have_the_same_score_and_rank(mean):
    result = rated([1, 4, 4, None], [5, 2, 2, 9], [7, 3, 3, 1], aggregate={"name": mean})
    first, second = scores(result, "index")[1:3]
    assert first == second
    ranks = result.ranks.sort("region")["rank"].to_list()
    assert ranks[1] == ranks[2]


@pytest.mark.parametrize("factor", [1e-290, 1e290])
def test_huge_and_tiny_numbers_are_scored_as_plain_ones(factor):
    plain = rated([1, 2, 4], [5, 4, 1], [1, 3, 2], treat={"name": "winsorise"})
    scaled = rated(
        [factor, 2 * factor, 4 * factor], [5, 4, 1], [1, 3, 2], treat={"name": "winsorise"}
    )
    assert scores(scaled, "index") == pytest.approx(scores(plain, "index"), rel=1e-12)


def test_a_spread_beyond_what_a_double_holds_is_an_error():
    with pytest.raises(rating.RatingError, match="change the unit"):
        rated([-1.7e308, 0, 1.7e308], [5, 4, 1], [1, 3, 2])


@pytest.mark.parametrize("table", ["rows", "cells", "state", "measured", "totals"])
def test_a_table_may_have_any_name(table):
    section = rating.Section(
        id="s",
        name="S",
        node=[{"id": "index"}],
        method={"normalise": {"name": "rank"}},
        indicator=[
            {
                "id": "a",
                "parent": "index",
                "input": {table: {"grain": "region", "number": {"type": "number"}}},
                "version": [{"since": "2000-01-01", "value": "number / nullif(total(number), 0)"}],
            }
        ],
    )
    frame = pl.DataFrame({"region": ["x", "y"], "year": 2019, "number": [1.0, 3.0]})
    result = rating.rate(section, rating.read({table: frame}, section), edition=2019)
    assert result.values.sort("region")["value"].to_list() == [0.25, 0.75]
