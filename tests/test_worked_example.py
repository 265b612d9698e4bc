import re
from math import sqrt
from pathlib import Path

import polars as pl
import pytest

import rating

PAGE = (Path(__file__).parents[1] / "docs" / "worked_example.md").read_text("utf-8")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def table(heading: str) -> list[dict[str, str]]:
    lines = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    (folder / "section.toml").write_text(block("toml"), "utf-8")
    (folder / "regional.csv").write_text(block("csv"), "utf-8")
    section = rating.load(folder)
    return rating.rate(section, rating.read(folder, section), edition=2020)


@pytest.mark.parametrize(
    ("heading", "column"), [("Values", "value"), ("Scores of indicators", "score")]
)
def test_values_and_scores_of_indicators_are_those_on_paper(result, heading, column):
    for row in table(heading):
        for indicator in ("jobs", "days", "degrees", "research"):
            found = result.values.row(
                by_predicate=(pl.col("region") == row["region"])
                & (pl.col("indicator") == indicator),
                named=True,
            )[column]
            wanted = float(row[indicator]) if row[indicator] else None
            assert found == (wanted if wanted is None else pytest.approx(wanted, abs=1e-12))


def test_nodes_ranks_and_groups_are_those_on_paper(result):
    scores = {(r, n): s for r, n, s, *_ in result.scores.iter_rows()}
    ranks = {row["region"]: row for row in result.ranks.iter_rows(named=True)}
    for row in table("Scores of nodes"):
        for node in ("business", "knowledge", "index"):
            assert scores[row["region"], node] == pytest.approx(float(row[node]), abs=1e-12)
        assert ranks[row["region"]]["rank"] == int(row["rank"])
        assert ranks[row["region"]]["group"] == row["group"]
    assert scores["B", "index"] == pytest.approx((2 * 39.3625 + sqrt(5050)) / 3, abs=1e-12)


def test_the_explanation_of_b_is_that_on_paper(result):
    rows = {row["item"]: row for row in result.explain("B").rows.iter_rows(named=True)}
    assert rows["business"]["contribution"] == pytest.approx(2 / 3 * 39.3625, abs=1e-12)
    assert rows["knowledge"]["contribution"] == pytest.approx(sqrt(5050) / 3, abs=1e-12)
    assert rows["index"]["baseline"] == 0
    assert rows["knowledge"]["baseline"] == pytest.approx(sqrt(38.125 * 50.5), abs=1e-12)
    assert rows["research"]["contribution"] == pytest.approx(0, abs=1e-12)
    assert rows["degrees"]["contribution"] == pytest.approx(
        sqrt(5050) - sqrt(38.125 * 50.5), abs=1e-12
    )
