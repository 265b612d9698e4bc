"""The items of the checklist that look outside the index, and the note on what is hidden."""

import dataclasses

import polars as pl
import pytest
from scipy.stats import spearmanr

from rating.publish.asked import Asked
from rating.publish.evidence import experts, outside, reply
from rating.publish.facts import gather
from rating.publish.material import collect
from rating.publish.notes import notes
from rating.publish.pages import Pictures
from rating.publish.texts import Speaker
from tests.analysis import test_agreement as coded
from tests.publish.small import rated, section
from tests.publish.test_disclosure import secrets

SAY = Speaker("en")


def asked(result):
    return Asked(collect(result), SAY, Pictures())


def coders(*scores):
    """Three regions of four items, each coded by two, with the scores of both."""
    pairs = [(region, item) for region in "XYZ" for item in ("A1", "A2", "B1", "C1")]
    return coded.rated(
        [
            coded.code(region, item, who, score)
            for (region, item), both in zip(pairs, scores, strict=True)
            for who, score in zip(("one", "two"), both, strict=True)
        ]
    )


def test_what_weighs_nothing_is_compared_with_the_index_by_spearmans_correlation():
    """scipy.stats.spearmanr over the ranked regions."""
    indicator = [
        {**one, "weight": 0.0 if one["id"] == "i3" else 1.0}
        for one in section().model_dump(exclude_none=True)["indicator"]
    ]
    result = rated(count=11, indicator=indicator)
    text, (grid,) = outside(asked(result))
    both = result.ranks.join(result.values.filter(indicator="i3"), on="region", suffix="_own")
    wanted = spearmanr(both["score"], both["score_own"]).statistic
    assert grid.rows == (("Indicator 3", "11", f"{wanted:.2f}".replace("-", "−")),)
    assert "weight 0" in text


def test_an_edition_that_uses_all_it_holds_says_why_nothing_is_compared():
    text, grids = outside(asked(rated(count=11)))
    assert text.startswith("Does not apply yet")
    assert grids == ()


def test_coders_are_printed_block_by_block_with_what_to_do():
    none, full, split = (0.0, 0.0), (1.0, 1.0), (1.0, 0.0)
    result = coders(none, full, split, none, full, full, split, none, none, none, split, none)
    a = asked(result)
    _, (grid,) = experts(a)
    by = {row[0]: row for row in grid.rows}
    assert by["A"][5:] == ("1.00", "1.00–1.00", "may be published")
    assert by["B"][2:5] == ("3", "3", "3")
    assert by["B"][-1] == "to be coded again"
    assert by["C"][5:] == ("—", "—", "no variation")
    text, _ = reply(a)
    assert "On 3 coded items the coders differ" in text


def test_a_section_without_coders_says_so():
    assert experts(asked(rated())) == (
        "Does not apply: no figure of this edition is coded by experts.",
        (),
    )


def test_refused_rows_are_counted_by_table_and_rule():
    result = rated()
    row = {
        "table": "t",
        "file": "t",
        "row": 2,
        "column": "x0",
        "rule": "not a number",
        "value": "x",
    }
    refused = pl.DataFrame([row, {**row, "row": 3}], schema=result.refused.schema)
    text, (grid,) = reply(asked(dataclasses.replace(result, refused=refused)))
    assert text.startswith("2 rows were refused")
    assert grid.rows == (("t", "not a number", "2"),)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_annex_says_how_many_figures_are_hidden_and_by_which_rule(lang):
    result, told, _ = secrets()
    said = [
        note for note in notes(gather(result), Speaker(lang)) if str(told.hidden.height) in note
    ]
    assert any("85" in note and "3" in note for note in said)
    assert not any("85" in note for note in notes(gather(rated()), Speaker(lang)))


@pytest.mark.parametrize(("lang", "word"), [("en", "doubtful"), ("ru", "сомнительным")])
def test_the_annex_names_the_doubtful_cells_and_not_what_they_hold(lang, word):
    result = rated()
    assert not any(word in note for note in notes(gather(result), Speaker(lang)))
    rows = [("t", "t.csv", n, "x0", "a thousand times off?", "77123") for n in range(2, 32)]
    remarks = pl.DataFrame(rows, schema=result.remarks.schema, orient="row")
    doubted = dataclasses.replace(result, remarks=remarks)
    (said,) = [note for note in notes(gather(doubted), Speaker(lang)) if word in note]
    assert "30" in said
    assert "t.csv: 2 (x0), 3 (x0)" in said
    assert "11 (x0)" in said
    assert "12 (x0)" not in said
    assert "77123" not in said
