"""Sections small enough to read beside a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rating.definitions.section import Section
from tests.inputs.corpus.case import section

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

    def declared(regions: str | None = "ru", /, **inputs: dict[str, Any]) -> Section:
        return section(regions, **(inputs or {"region_year": REGION_YEAR}))

    return declared


@pytest.fixture(scope="session")
def small(declare: Callable[..., Section]) -> Section:
    """A section with one region-grain table that has a column of each type."""
    return declare()


@pytest.fixture(scope="session")
def firms(declare: Callable[..., Section]) -> Section:
    """A section with one table that is finer than a region."""
    return declare("ru", firms=FIRMS)
