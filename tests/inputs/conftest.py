"""Sections small enough to read beside a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rating.definitions.section import Section

REGION_YEAR = {
    "grain": "region",
    "population": {"type": "number", "min": 0, "max": 1_000_000},
    "staff": {"type": "integer", "min": 0, "nullable": False},
    "founded": {"type": "date"},
    "coastal": {"type": "boolean"},
    "kind": {"type": "text", "choices": ["city", "oblast", "krai"]},
}
FIRMS = {"okved": {"type": "text"}, "employees": {"type": "integer", "min": 0}}


@pytest.fixture(scope="session")
def declare() -> Callable[..., Section]:
    """A section of one indicator that reads the given tables."""

    def section(regions: str | None = "ru", /, **inputs: dict[str, Any]) -> Section:
        tables = inputs or {"region_year": REGION_YEAR}
        finer = next((name for name, table in tables.items() if "grain" not in table), None)
        version: dict[str, Any] = {"since": "2000-01-01", "value": "1 + 0"}
        if finer is not None:
            version |= {"measures": {finer: {"rows": "count(*)"}}, "value": "rows"}
        else:
            column = next(key for key in next(iter(tables.values())) if key != "grain")
            version["value"] = column
        indicator = {"id": "figure", "parent": "index", "input": tables, "version": [version]}
        return Section(
            id="small",
            name={"en": "Small"},
            regions=regions,
            node=[{"id": "index"}],
            indicator=[indicator],
        )

    return section


@pytest.fixture(scope="session")
def small(declare: Callable[..., Section]) -> Section:
    """A section with one region-grain table that has a column of each type."""
    return declare()


@pytest.fixture(scope="session")
def firms(declare: Callable[..., Section]) -> Section:
    """A section with one table that is finer than a region."""
    return declare("ru", firms=FIRMS)
