"""Bad registers: each trouble is refused by its row, with the rule that it breaks."""

from __future__ import annotations

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest

import rating
from rating.definitions.section import Section
from rating.inputs.tables import Data
from rating.resources import folder

TABLES = ("certificates", "law_items", "firms", "vacancies")
GOOD: dict[str, list[dict[str, Any]]] = {
    "certificates": [
        {
            "cert_id": f"c{number}",
            "facility_id": "f1",
            "status": "valid",
            "scheme": "gmp_ru",
            "scope": "tablets",
            "issued_on": f"{year}-01-01",
            "valid_to": f"{year + 3}-01-01",
        }
        for number, year in enumerate((2020, 2023), 1)
    ],
    "law_items": [
        {
            "item_id": "A1",
            "coder": who,
            "score": "0.5",
            "evidence_citation": "act 1, article 2",
            "in_force_from": "2020-01-01",
        }
        for who in ("one", "two")
    ],
    "firms": [
        {
            "year": "2026",
            "firm_id": f"firm{number}",
            "okved2": "72.11",
            "employees": "10",
            "founded_on": "2010-05-01",
        }
        for number in (1, 2)
    ],
    "vacancies": [
        {
            "vacancy_id": f"v{number}",
            "sector": "pharma",
            "opened_on": "2026-02-01",
            "closed_on": "2026-03-01",
            "headcount": "2",
        }
        for number in (1, 2)
    ],
}
"""Two rows of each register that keep every rule."""


@pytest.fixture(scope="module")
def section() -> Section:
    """The registers as the full section declares them, with nothing computed but a count."""
    shared = tomllib.loads((folder("indicators") / "hitech" / "inputs.toml").read_text("utf-8"))
    return Section(
        id="registers",
        name="Registers",
        regions="ru",
        node=[{"id": "index"}],
        input={table: shared["input"][table] for table in TABLES},
        sector=[{"id": "pharma", "name": "Pharma"}],
        indicator=[
            {
                "id": "rows",
                "parent": "index",
                "reads": list(TABLES),
                "version": [
                    {
                        "since": "2000-01-01",
                        "measures": {table: {f"of_{table}": "count(*)"} for table in TABLES},
                        "value": " + ".join(f"of_{table}" for table in TABLES),
                    }
                ],
            }
        ],
    )


def read(section: Section, table: str, *rows: dict[str, Any]) -> Data:
    """The registers with these rows in one of them, as files."""
    with TemporaryDirectory() as place:
        for name, given in section.inputs.items():
            found = [*rows] if name == table else GOOD.get(name, [])
            columns = ["region", *(["year"] if any("year" in row for row in found) else [])]
            columns += [column for column in given.stored if column not in columns]
            filled = [{"region": "RU-TOM", **row} for row in found]
            frame = pl.DataFrame(filled, schema=dict.fromkeys(columns, pl.String))
            frame.write_csv(Path(place) / f"{name}.csv")
        return rating.read(place, section)


def test_good_registers_are_refused_nothing(section):
    for table, rows in GOOD.items():
        data = read(section, table, *rows)
        assert data.refused.is_empty()
        assert data.tables[table].height == 2


@pytest.mark.parametrize(
    ("table", "change", "column", "rule"),
    [
        (
            "certificates",
            {"issued_on": "2021-06-01"},
            "issued_on, valid_to",
            "do not overlap in time (rule no_overlap); overlaps row 2",
        ),
        (
            "certificates",
            {"valid_to": "2022-12-31"},
            "issued_on, valid_to",
            "a certificate ends after it is issued (rule issued_before_end)",
        ),
        ("certificates", {"scheme": "gmp"}, "scheme", "not one of the choices: "),
        ("firms", {"okved2": "73.10"}, "okved2", "not a code of OKVED2 but of OKVED1"),
        ("firms", {"okved2": "72.99"}, "okved2", "not a code of OKVED2"),
        ("firms", {"employees": "-3"}, "employees", "below the least value, 0"),
        (
            "firms",
            {"closed_on": "2009-05-01"},
            "closed_on, founded_on",
            "a firm is closed after it is founded (rule closes_after_opening)",
        ),
        (
            "vacancies",
            {"closed_on": "2026-01-31"},
            "closed_on, opened_on",
            "a vacancy is closed after it is opened (rule closes_after_opening)",
        ),
        ("vacancies", {"headcount": "-1"}, "headcount", "below the least value, 1"),
        ("law_items", {"score": "0.7"}, "score", "a score is 0, 0.5 or 1 (rule three_scores)"),
    ],
    ids=[
        "overlapping validity",
        "certificate before issue",
        "unknown scheme",
        "code of OKVED1",
        "code of nothing",
        "negative headcount",
        "firm closed before it is founded",
        "vacancy closed before it is opened",
        "negative positions",
        "score 0.7",
    ],
)
def test_a_bad_row_is_refused_with_its_rule(section, table, change, column, rule):
    first, second = GOOD[table]
    data = read(section, table, first, second | change)
    refused = [row for row in data.refused.iter_rows(named=True) if row["row"] == 3]
    assert [(row["table"], row["column"]) for row in refused] == [(table, column)]
    assert rule in refused[0]["rule"]
    if table != "law_items":  # where the other coder, left alone, is refused as well
        assert data.tables[table].height == 1


def test_an_item_of_one_coder_is_refused_whole(section):
    first, second = GOOD["law_items"]
    alone = read(section, "law_items", first, second, first | {"item_id": "A2"})
    assert alone.refused.select("row", "column", "rule", "value").rows() == [
        (
            4,
            "region, item_id",
            "not so: an item is coded by two coders at least (rule two_coders)",
            "RU-TOM, A2",
        )
    ]
    twice = read(section, "law_items", first, first)
    assert twice.refused["row"].to_list() == [2, 3]
    bad = read(section, "law_items", first, second | {"score": "0.7"})
    assert bad.refused["row"].to_list() == [2, 3]
    assert "two_coders" in bad.refused["rule"][0]
