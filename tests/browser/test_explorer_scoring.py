"""The script of the explorer and the engine give the same scores, ranks and groups."""

from __future__ import annotations

import json
import random
from typing import Any

import duckdb
import polars as pl
import pytest

import rating
from rating.publish.explorer_model import model
from rating.resources import folder

REGIONS, INDICATORS = 14, 7
PARENTS = ("p", "p", "q", "q", "q", "index", "p")
METHODS: dict[str, dict[str, Any]] = {
    "arithmetic": {"name": "arithmetic"},
    "geometric": {"name": "geometric"},
    "harmonic": {"name": "harmonic"},
    "cubes": {"name": "power", "power": 3.0},
    "near 0": {"name": "power", "power": -0.2},
    "weakest": {"name": "power", "power": -float("inf")},
    "strongest": {"name": "power", "power": float("inf")},
    "median": {"name": "median"},
    "places": {"name": "owa", "places": [0.5, 0.3, 0.2]},
    "best two": {"name": "owa", "best": 2},
    "worst two": {"name": "owa", "worst": 2},
    "mpi": {"name": "mpi"},
    "adjusted mpi": {"name": "adjusted_mpi", "penalty": "plus"},
}


def world(aggregate: dict[str, Any], weights: dict[str, float], seed: int) -> rating.Rating:
    """A rating of random figures with gaps and ties, one region outside, under some weights."""
    draw = random.Random(seed)
    nodes = [{"id": "index"}, {"id": "p", "parent": "index"}, {"id": "q", "parent": "p"}]
    indicators = [
        {
            "id": f"i{n}",
            "parent": PARENTS[n],
            "input": {"t": {"grain": "region", f"x{n}": {"type": "number"}}},
            "version": [{"since": "2000-01-01", "value": f"x{n} * 1"}],
        }
        for n in range(INDICATORS)
    ]
    groups = {"name": "quantile" if seed % 2 else "share_of_gap"}
    section = rating.Section(
        id="small",
        name={"en": "Small"},
        node=[{**node, "weight": weights.get(node["id"], 1.0)} for node in nodes],
        indicator=[{**item, "weight": weights.get(item["id"], 1.0)} for item in indicators],
        method={
            "aggregate": {**aggregate, "min_coverage": 0.6},
            "normalise": {"name": "minmax", "range": [50, 100]},
            "groups": groups,
        },
        edition=[{"year": 2020, "outside": ["R3"]}],
    )
    table: dict[str, list[Any]] = {"region": [f"R{n}" for n in range(REGIONS)]}
    table["year"] = [2020] * REGIONS
    for n in range(INDICATORS):
        column = [None if draw.random() < 0.2 else draw.randint(0, 9) for _ in range(REGIONS)]
        # Two regions that are alike share every place.
        table[f"x{n}"] = [0.0, 9.0, *(x and float(x) for x in column[2:-1]), 0.0]
    return rating.rate(section, rating.read({"t": pl.DataFrame(table)}, section), edition=2020)


def vectors(seed: int) -> list[dict[str, float]]:
    """Weights by id: as published, then random ones, at last one of them 0."""
    draw = random.Random(seed)
    ids = ["p", "q", *(f"i{n}" for n in range(INDICATORS))]
    drawn = [{id: round(draw.random() + 0.01, 3) for id in ids} for _ in range(2)]
    drawn[1][draw.choice(["i0", "i3", "i6"])] = 0.0
    return [{}, *drawn]


def numbers(items: list[dict[str, Any]], weights: dict[str, float]) -> list[float]:
    return [weights.get(item["id"], 1.0) for item in items]


def place(codes: list[str], frame: pl.DataFrame, column: str) -> list[Any]:
    found = dict(frame.select("region", column).iter_rows())
    return [found[code] for code in codes]


@pytest.mark.parametrize("name", METHODS)
def test_weights_give_the_scores_ranks_and_groups_of_the_engine(name, page):
    seed = [*METHODS].index(name)
    drawn = vectors(seed)
    published = world(METHODS[name], {}, seed)
    held = model(published, "en")
    page.add_script_tag(content=(folder("reports") / "explorer" / "scoring.js").read_text("utf-8"))
    found = page.evaluate(
        "([text, vectors]) => vectors.map((own) => Scoring.compute(JSON.parse(text), own))",
        [json.dumps(held, allow_nan=False), [numbers(held["items"], own) for own in drawn]],
    )
    codes = [region["code"] for region in held["regions"]]
    labels = held["groups"]["labels"]
    for weights, ours in zip(drawn, found, strict=True):
        engine = world(METHODS[name], weights, seed) if weights else published
        for n, item in enumerate(held["items"]):
            if item["children"]:
                own = engine.scores.filter(pl.col("node") == item["id"])
                scores = place(codes, own, "score")
                assert ours["scores"][n] == pytest.approx(scores, abs=1e-9), (item["id"], weights)
                assert ours["ranks"][n] == place(codes, own, "rank"), (item["id"], weights)
        assert ours["status"] == place(codes, engine.ranks, "status")
        groups = [None if group is None else labels[group] for group in ours["groups"]]
        assert groups == place(codes, engine.ranks, "group")


def test_a_node_that_compares_regions_keeps_its_published_score(page):
    result = world({"name": "copeland"}, {}, 1)
    held = model(result, "en")
    assert [item["fixed"] for item in held["items"] if item["children"]] == [True] * 3
    assert not any(item["movable"] for item in held["items"])
    codes = [region["code"] for region in held["regions"]]
    own = result.scores.filter(pl.col("node") == "index")
    assert held["scores"]["index"] == place(codes, own, "score")


def test_the_published_ranks_of_the_shipped_section_are_shown(page, explorer, result):
    page.goto(explorer)
    shown = page.evaluate("model.regions.map(({ code }) => code)")
    ranks = page.evaluate("page.published.ranks[0]")
    assert ranks == place(shown, result.ranks, "rank")
    # The other weights of the tree are read from the shares in the page.
    assert page.evaluate("page.published.scores[0]") == pytest.approx(
        place(shown, result.ranks, "score"), abs=1e-9
    )


def test_all_equal_is_the_first_group_as_in_the_engine(page):
    page.add_script_tag(content=(folder("reports") / "explorer" / "scoring.js").read_text("utf-8"))
    how = {"name": "share_of_gap", "cuts": [0.8, 0.2]}
    call = "(how) => Scoring.groups([5, 5, null], [1, 1, null], how)"
    assert page.evaluate(call, how) == [0, 0, None]


def test_half_of_the_ninth_digit_goes_away_from_zero_as_in_duckdb(page):
    page.add_script_tag(content=(folder("reports") / "explorer" / "scoring.js").read_text("utf-8"))
    values = [-0.5e-9, 0.5e-9, 1.4999999999e-9, -2.5e-9, 12.3456789005, 100.0]
    with duckdb.connect() as store:
        wanted = [store.sql(f"SELECT round({x!r}::DOUBLE, 9)").fetchall()[0][0] for x in values]
    assert page.evaluate("(list) => list.map(Scoring.round9)", values) == wanted
