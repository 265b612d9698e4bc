"""The workbook says what the rating says, its formulas are live, and no text is a formula."""

from __future__ import annotations

import dataclasses
import hashlib
import re

import polars as pl
import pytest

import rating
from rating.errors import UsageError
from rating.publish.texts import catalogue
from rating.publish.workbook import to_bytes
from tests.publish.small import rated, regions
from tests.publish.workbook_reader import Workbook

HOSTILE = (
    '=HYPERLINK("http://example.org","x")',
    "+1+1",
    "@SUM(1)",
    "-2",
    "'quoted",
    "http://example.org/",
    "</t></si><script>alert(1)</script>",
    "{=1+1}",
    "W" * 3000,
    "a\u202eb\x07c",
)
FIRST = 7
INDEX = 9


@pytest.fixture(scope="module")
def english(result):
    return Workbook(to_bytes(result))


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_sheet_is_there_in_the_language(lang, result):
    book = Workbook(to_bytes(result, lang=lang))
    texts = catalogue("workbook.toml")
    wanted = [text.of(lang) for key, text in texts.items() if key.startswith("sheet.")]
    assert book.names == wanted
    assert all(len(name) <= 31 for name in book.names)
    shown = {cell for name in book.names for row in book.rows(name) for cell in row}
    assert result.section.name.of(lang) in shown
    assert result.digest in shown


def test_every_text_is_used_and_in_both_languages():
    texts = catalogue("workbook.toml")
    for key, text in texts.items():
        assert re.search("[а-яё]", text.ru, re.I) or key == "column.sha256", key
        assert set(re.findall(r"{(\w+)", text.ru)) == set(re.findall(r"{(\w+)", text.en)), key


def test_ranking_scores_and_values_are_those_of_the_rating(english, result):
    head, *rows = english.rows("Ranking")
    found = {row[1]: (row[0], row[head.index("Score")], row[4]) for row in rows}
    for row in result.ranks.iter_rows(named=True):
        rank, score, group = found[row["region"]]
        assert (rank, group) == (row["rank"], row["group"])
        assert score == pytest.approx(row["score"], abs=1e-9)
    head, *rows = english.rows("Values")
    for row, wanted in zip(rows, result.values.iter_rows(named=True), strict=True):
        assert (row[0], row[2]) == (wanted["region"], wanted["indicator"])
        got = (row[5], row[7], row[8], row[9])
        numbers = (wanted[key] for key in ("value", "imputed", "treated", "score"))
        assert got == pytest.approx(tuple(numbers), abs=1e-9)


METHODS = {
    "arithmetic": {"name": "arithmetic"},
    "geometric": {"name": "geometric", "min_coverage": 0.6},
    "harmonic": {"name": "harmonic"},
    "power": {"name": "power", "power": 3.0},
    "near 0": {"name": "power", "power": 0.1},
    "weakest": {"name": "power", "power": -float("inf")},
}


@pytest.mark.parametrize("name", METHODS)
def test_the_formulas_give_what_is_stored_beside_them(name):
    result = rated(method=method(name))
    book = Workbook(to_bytes(result))
    nodes = result.scores["node"].n_unique()
    live = [place for place in book.formulas["Recompute"] if place[1] >= FIRST]
    assert len(live) == result.ranks.height * (nodes + 3)
    for place in live:
        stored = book.values["Recompute"].get(place, "")
        assert book.value("Recompute", place) == pytest.approx(stored, abs=1e-9), place


@pytest.mark.parametrize("name", METHODS)
def test_the_index_follows_a_changed_weight_as_the_engine_does(name):
    book = Workbook(to_bytes(rated(method=method(name))))
    changed = {"p0": 1.0, "p1": 3.0, "i0": 1.0, "i1": 0.0, "i2": 0.25, "i3": 2.0}
    for row, cells in enumerate(book.rows("Weights")[1:], 2):
        book.set("Weights", (5, row), changed[cells[2]])
    engine = weighed(method(name), changed)
    for row, wanted in enumerate(engine_order(book, engine), FIRST):
        score = "" if wanted["score"] is None else pytest.approx(wanted["score"], abs=1e-9)
        assert book.value("Recompute", (INDEX, row)) == score
        assert book.value("Recompute", (4, row)) == (wanted["rank"] or "")


def test_the_index_follows_a_changed_score_and_a_removed_one(result):
    book = Workbook(to_bytes(result))
    heads = book.rows("Recompute")[FIRST - 2]
    before = book.value("Recompute", (INDEX, FIRST))
    column = heads.index("Indicator 0") + 1
    book.set("Recompute", (column, FIRST), book.value("Recompute", (column, FIRST)) - 10)
    # Half of a pillar, which is half of the index.
    assert book.value("Recompute", (INDEX, FIRST)) == pytest.approx(before - 2.5)
    assert book.value("Recompute", (7, FIRST)) == pytest.approx(-2.5)
    for number in range(4):
        book.set("Recompute", (heads.index(f"Indicator {number}") + 1, FIRST), "")
    assert book.value("Recompute", (INDEX, FIRST)) == ""
    assert book.value("Recompute", (4, FIRST)) == ""


def test_a_part_without_a_formula_is_a_value_and_the_sheet_says_so():
    node = [
        {"id": "index"},
        {"id": "p0", "parent": "index", "method": {"aggregate": {"name": "copeland"}}},
        {"id": "p1", "parent": "index"},
    ]
    result = rated(node=node)
    book = Workbook(to_bytes(result))
    rows = book.rows("Recompute")
    column = rows[FIRST - 2].index("p0") + 1
    assert "p0" in rows[1][0]
    assert rows[2][column - 1] == "as a value: Copeland"
    assert not any(place[0] == column and place[1] >= FIRST for place in book.formulas["Recompute"])
    own = dict(result.scores.filter(pl.col("node") == "p0").select("region", "score").iter_rows())
    for row in rows[FIRST - 1 :]:
        assert row[column - 1] == pytest.approx(own[row[0]], abs=1e-9)


def test_a_hostile_text_is_a_text_in_every_sheet():
    names = list(HOSTILE)
    known = regions(len(names), name_en=names, name_ru=names, district_en=names, district_ru=names)
    text = {"en": HOSTILE[0], "ru": HOSTILE[1]}
    node = [{"id": "index", "name": text}, *({"id": f"p{n}", "parent": "index"} for n in (0, 1))]
    result = rated(count=len(names), node=node, name=text)
    refused = pl.DataFrame(
        [("t", "t.csv", 2, "x", HOSTILE[2], name) for name in HOSTILE],
        schema=result.refused.schema,
        orient="row",
    )
    result = dataclasses.replace(result, regions=known, refused=refused)
    plain, book = Workbook(to_bytes(rated(count=len(names)))), Workbook(to_bytes(result))
    assert {n: [*f] for n, f in book.formulas.items()} == {
        n: [*f] for n, f in plain.formulas.items()
    }
    assert not [name for name in book.zip.namelist() if "rels" in name and "sheets/" in name]
    cells = [row[5] for row in book.rows("Refused rows")[1:]]
    assert cells == [*HOSTILE[:-1], "ab c"]
    styles = book.zip.read("xl/styles.xml").decode()
    assert 'quotePrefix="1"' in styles


def test_the_bytes_are_the_same_and_dated_by_the_edition(result, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    content = to_bytes(result)
    assert hashlib.sha256(content).digest() == hashlib.sha256(to_bytes(result)).digest()
    book = Workbook(content)
    assert "2020-12-31T00:00:00Z" in book.zip.read("docProps/core.xml").decode()
    assert {item.date_time[0] for item in book.zip.infolist()} == {1980}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert (
        "1970-01-02T00:00:00Z" in Workbook(to_bytes(result)).zip.read("docProps/core.xml").decode()
    )


def test_every_sheet_keeps_its_heads_in_sight_and_its_columns_wide(english):
    for number, name in enumerate(english.names, 1):
        xml = english.zip.read(f"xl/worksheets/sheet{number}.xml").decode()
        assert "<cols>" in xml, name
        assert 'state="frozen"' in xml or name == "About", name


def test_the_file_is_written_whole_or_not_at_all(result, tmp_path, monkeypatch):
    place = tmp_path / "book.xlsx"
    assert result.to_xlsx(place, lang="ru") == place
    before = place.read_bytes()
    monkeypatch.setattr("rating.publish.workbook_audit.write", None)
    with pytest.raises(TypeError):
        result.to_xlsx(place)
    assert place.read_bytes() == before
    assert [*tmp_path.iterdir()] == [place]


def test_an_unknown_language_is_refused(result):
    with pytest.raises(UsageError, match="no language 'de'"):
        to_bytes(result, lang="de")


def method(name: str) -> dict[str, object]:
    return {
        "aggregate": METHODS[name],
        "normalise": {"name": "minmax", "range": [1, 100]},
        "groups": {"name": "share_of_gap"},
    }


def weighed(how: dict[str, object], weights: dict[str, float]) -> rating.Rating:
    """The small rating again, by the engine, under other weights."""
    plain = rated(method=how)
    section = plain.section

    def again(items):
        return [
            item.model_copy(update={"weight": weights.get(item.id, item.weight)}) for item in items
        ]

    given = {key: getattr(section, key) for key in ("id", "name", "method")}
    changed = rating.Section(**given, node=again(section.node), indicator=again(section.indicator))
    return rating.rate(changed, plain.data, edition=2020)


def engine_order(book: Workbook, engine: rating.Rating) -> list[dict[str, object]]:
    """The engine's rows in the order of the sheet."""
    rows = {row["region"]: row for row in engine.ranks.iter_rows(named=True)}
    return [rows[row[0]] for row in book.rows("Recompute")[FIRST - 1 :]]
