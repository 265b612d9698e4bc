"""Indicators and sections small enough to read at a glance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import rating

REGION = {"grain": "region", "part": {"type": "number"}, "whole": {"type": "number"}}
FIRMS = {
    "code": {"type": "text"},
    "jobs": {"type": "integer", "min": 0},
    "opened": {"type": "date"},
}
EXAMPLE = {
    "why": "half",
    "t": [{"region": "A", "year": 2019, "part": 1, "whole": 2}],
    "expect": {"A": 0.5},
}


def words(value: str = "part / nullif(whole, 0)", **more: Any) -> dict[str, Any]:
    return {
        "id": "share",
        "parent": "index",
        "input": {"t": REGION},
        "version": [{"since": "2000-01-01", "value": value}],
        "example": [EXAMPLE],
        **more,
    }


@pytest.fixture(scope="session")
def declare() -> Callable[..., rating.Indicator]:
    """An indicator of the share of a part, changed as a test wants it."""
    return lambda *value, **more: rating.Indicator(**words(*value, **more))


@pytest.fixture(scope="session")
def firms() -> Callable[..., rating.Indicator]:
    """An indicator over a table of firms."""

    def declared(absent: str = "missing", **example: Any) -> rating.Indicator:
        return rating.Indicator(
            id="jobs",
            parent="index",
            input={"firms": {"absent": absent, **FIRMS}},
            version=[
                {"since": "2000-01-01", "value": "j", "measures": {"firms": {"j": "sum(jobs)"}}}
            ],
            example=[{"why": "counted", **example}],
        )

    return declared


@pytest.fixture(scope="session")
def section() -> Callable[..., rating.Section]:
    """A section of indicators that are columns of one table."""

    def declared(*names: str, **more: Any) -> rating.Section:
        columns = {name: {"type": "number"} for name in names}
        indicators = [
            {
                "id": name,
                "parent": "index",
                "input": {"t": {"grain": "region", name: columns[name]}},
                "version": [{"since": "2000-01-01", "value": name}],
                "example": [{"why": "itself", "t": [{"region": "A", name: 3}], "expect": {"A": 3}}],
                **more.get(name, {}),
            }
            for name in names
        ]
        given = {"method": more["method"]} if "method" in more else {}
        return rating.Section(
            id="s",
            name="S",
            node=[{"id": "index"}],
            indicator=indicators,
            edition=more.get("edition", []),
            **given,
        )

    return declared


@pytest.fixture(scope="session")
def table() -> Callable[..., rating.Data]:
    """The data of a section: columns of figures for regions R0, R1 and so on."""

    def made(section: rating.Section, *, year: int = 2019, **columns: list[Any]) -> rating.Data:
        count = len(next(iter(columns.values())))
        frame = pl.DataFrame({"region": [f"R{n}" for n in range(count)], "year": year, **columns})
        return rating.read({"t": frame}, section)

    return made
