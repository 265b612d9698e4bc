"""Codes by longest prefix, names as whole words, umbrellas, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.definitions.sector import Sector, bare
from rating.definitions.table import Column
from rating.engine.shares import Shares
from rating.engine.store import Store
from rating.inputs import classifiers

CODES = st.lists(st.sampled_from("0123456789"), min_size=1, max_size=6).map(
    lambda digits: ".".join("".join(digits)[at : at + 2] for at in range(0, len(digits), 2))
)


def shares(
    sector: Sector,
    column: Column,
    cells: list[dict[str, str | None]],
    classifier: str | None = None,
) -> list[float]:
    frame = pl.DataFrame(
        cells, schema={"okved2": pl.String, "registry": pl.String, "sector": pl.String}
    )
    frame = frame.with_row_index("place")
    looked = Shares({"okved2": Column(type="text", classifier=classifier)}, sector)
    formula = looked.of(column, "share")
    sql = f"SELECT {formula} AS share FROM rows t {' '.join(looked.joins)} ORDER BY place"
    with Store() as store:
        return store.query(sql, {"rows": frame})["share"].to_list()


def sector(codes: dict[str, float], **more: object) -> Sector:
    return Sector(id="pharma", name={"en": "P", "ru": "P"}, codes={"okved2": codes}, **more)


@given(st.dictionaries(CODES, st.floats(0, 1), min_size=1, max_size=8), st.lists(CODES, max_size=8))
def test_the_longest_code_that_a_cell_begins_with_gives_its_share(codes, cells):
    plain = {bare(code): share for code, share in codes.items()}
    found = shares(
        sector({code: plain[bare(code)] for code in {bare(c): c for c in codes}.values()}),
        Column(type="number", sector="okved2"),
        [{"okved2": cell} for cell in cells],
    )
    wanted = [
        max(((len(c), s) for c, s in plain.items() if bare(cell).startswith(c)), default=(0, 0.0))[
            1
        ]
        for cell in cells
    ]
    assert found == wanted


def test_a_list_of_all_codes_and_a_chain_of_prefixes_give_the_same_shares():
    codes = [{"okved2": code} for code in classifiers.table("okved2")["code"]]
    for one in rating.load("hitech").sector:
        column = Column(type="number", sector="okved2")
        found = shares(one, column, codes, "okved2")
        assert found == shares(one, column, codes)
        assert max(found) > 0


def test_a_group_takes_the_classes_under_it_dots_or_not():
    forestry = sector({"02.1": 1.0, "72.19": 0.1, "72.19.12": 0.9})
    column = Column(type="number", sector="okved2")
    cells = [{"okved2": code} for code in ("02.10.2", "0210", "02.20", "72.19.12", "72.19", None)]
    assert shares(forestry, column, cells) == [1.0, 1.0, 0.0, 0.9, 0.1, 0.0]


def test_a_register_overrides_the_code():
    pharma = sector({"21": 1.0}, names={"registry": ["gmp"]})
    column = Column(type="number", sector=["okved2", "registry"])
    cells = [
        {"okved2": "62.01", "registry": "gmp"},
        {"okved2": "62.01", "registry": "rzn"},
        {"okved2": "21.10", "registry": None},
        {"okved2": "62.01", "registry": None},
    ]
    assert shares(pharma, column, cells) == [1.0, 0.0, 1.0, 0.0]


def test_an_umbrella_takes_the_rows_of_its_parts():
    umbrella = sector({}, parts=["devices"])
    column = Column(type="boolean", sector="sector")
    cells = [{"sector": name} for name in ("pharma", "devices", "devices_it", None)]
    assert shares(umbrella, column, cells)[:3] == [True, True, False]


def test_a_wrong_sector_is_told_with_the_sectors_that_there_are():
    with pytest.raises(rating.DefinitionError, match=r"'02\.1' and '021' are one code"):
        sector({"02.1": 1.0, "021": 0.5})
    with pytest.raises(rating.DefinitionError, match="is not an id"):
        sector({}, parts=["Not an id"])


INDEX = {
    "id": "s",
    "name": {"en": "S", "ru": "S"},
    "node": [{"id": "index"}],
    "sector": [{"id": "pharma", "name": {"en": "P", "ru": "P"}, "codes": {"okved2": {"21": 1.0}}}],
    "indicator": [
        {
            "id": "jobs",
            "parent": "index",
            "input": {
                "firms": {
                    "okved2": {"type": "text"},
                    "staff": {"type": "number"},
                    "share": {"type": "number", "sector": ["okved2"]},
                }
            },
            "version": [
                {
                    "since": "2000-01-01",
                    "value": "jobs",
                    "measures": {"firms": {"jobs": "sum(staff * share)"}},
                }
            ],
        }
    ],
}
FIRMS = pl.DataFrame(
    {
        "region": ["A", "A", "B", "C"],
        "year": [2026] * 4,
        "okved2": ["21.10", "01.1", "21.2", "62.01"],
        "staff": [10.0, 5.0, 3.0, 7.0],
    }
)


def test_scores_compare_regions_within_the_sector_that_is_named():
    section = rating.Section(**INDEX)
    data = rating.read({"firms": FIRMS}, section)
    result = rating.rate(section, data, edition=2026, sector="pharma")
    assert dict(result.values.select("region", "value").iter_rows()) == {"A": 10, "B": 3, "C": 0}
    assert result.sector is not None
    assert result.sector.id == "pharma"


@pytest.mark.parametrize(
    ("name", "told"),
    [(None, "scores compare regions within a sector"), ("farma", "did you mean 'pharma'")],
)
def test_a_section_with_sectors_wants_one_of_them(name, told):
    section = rating.Section(**INDEX)
    data = rating.read({"firms": FIRMS}, section)
    with pytest.raises(rating.UsageError, match=told):
        rating.rate(section, data, edition=2026, sector=name)


def test_a_section_without_sectors_takes_none():
    section = rating.load("hitech_open")
    with pytest.raises(rating.UsageError, match="the section has no sectors"):
        section.sector_of("pharma")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"sector": [{"id": "p", "name": {"en": "P", "ru": "P"}, "parts": ["q"]}]},
            "no sector named 'q'",
        ),
        (
            {"sector": [{"id": "p", "name": {"en": "P", "ru": "P"}, "chain": "q"}]},
            "no chain named 'q'",
        ),
        ({"indicator": [{**INDEX["indicator"][0], "sectors": ["q"]}]}, "no sector named 'q'"),
    ],
)
def test_what_is_not_declared_is_told(change, told):
    with pytest.raises(rating.DefinitionError, match=told):
        rating.Section(**{**INDEX, **change})
