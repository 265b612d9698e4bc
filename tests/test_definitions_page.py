"""The section on docs/definitions.md, rated: its numbers are those the page works out."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import rating
from rating.definitions.estimators import OVER_REGIONS, OVER_ROWS
from rating.definitions.table import OPTIONS

PAGE = (Path(__file__).parents[1] / "docs" / "definitions.md").read_text("utf-8")


def test_the_section_on_the_page_gives_what_the_page_says():
    text = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert text is not None
    section = rating.Section(**tomllib.loads(text[1]))
    firms = [
        ("A", "f1", "g", "21.10", 30.0),
        ("A", "f2", "g", "21.10", 10.0),
        ("A", "f3", None, "72.11", 40.0),
        ("B", "f4", None, "21.20", 20.0),
        ("B", "f5", None, "62.01", 500.0),
    ]
    table = pl.DataFrame(
        firms, schema=["region", "firm_id", "group_id", "okved2", "employees"], orient="row"
    ).with_columns(year=2026, founded_on=date(2020, 1, 1), closed_on=pl.lit(None, pl.Date))
    people = pl.DataFrame(
        {"region": ["A", "B"], "year": [2026] * 2, "employment": [1000.0, 3000.0]}
    )
    data = rating.read({"firms": table, "region_year": people}, section)
    result = rating.rate(section, data, edition=2026, sector="pharma")
    found = {
        (r, i): v for r, i, v in result.values.select("region", "indicator", "value").iter_rows()
    }
    assert found["A", "location_quotient"] == pytest.approx(3)
    assert found["B", "location_quotient"] == pytest.approx(1 / 3)
    assert found["A", "employers_alike"] == pytest.approx(1.8)
    assert found["B", "employers_alike"] == pytest.approx(1)


@pytest.mark.parametrize("word", sorted({*OPTIONS, *OVER_ROWS, *OVER_REGIONS}))
def test_every_word_is_on_the_page(word):
    assert re.search(rf"\b{word}\b", PAGE)
