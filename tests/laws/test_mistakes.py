"""Twelve mistakes, each planted in an indicator that is right without it, and what finds them.

The table of docs/laws.md is made of this one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import rating

PAGE = Path(__file__).parents[2] / "docs" / "laws.md"

REGION = {
    "grain": "region",
    "staff": {"type": "number", "min": 0},
    "people": {"type": "number", "min": 0},
    "households": {"type": "number", "min": 0},
    "graduates": {"type": "number", "min": 0},
    "area": {"type": "number", "min": 0},
}
FIRMS = {
    "firm_id": {"type": "text"},
    "kind": {"type": "text", "choices": ["in", "out"]},
    "employees": {"type": "number", "min": 0},
    "hours": {"type": "number", "min": 0},
}
HIRED = {"window": 3, "hired": {"type": "number", "min": 0}}


def indicator(
    value: str,
    *,
    inputs: dict[str, Any],
    measures: dict[str, Any] | None = None,
    law: dict[str, Any] | None = None,
    example: list[dict[str, Any]] | None = None,
) -> rating.Indicator:
    return rating.Indicator(
        id="it",
        parent="index",
        input=inputs,
        version=[{"since": "2000-01-01", "value": value, "measures": measures or {}}],
        law=law or {},
        example=example or [],
    )


RATE = {
    "inputs": {"r": REGION},
    "law": {"bounds": [0, float("inf")], "rises_with": ["r.staff"], "falls_with": ["r.people"]},
    "example": [
        {
            "why": "20 among 1,000 people in 400 households",
            "r": [{"region": "A", "staff": 20.0, "people": 1000.0, "households": 400.0}],
            "expect": {"A": 20.0},
        }
    ],
}
SHARE = {
    "inputs": {"f": FIRMS},
    "law": {"bounds": [0, 1], "replication": "invariant"},
    "example": [
        {
            "why": "a firm of 10 in the sector, one of 30 outside",
            "f": [
                {"region": "A", "firm_id": "a", "kind": "in", "employees": 10.0},
                {"region": "A", "firm_id": "b", "kind": "out", "employees": 30.0},
            ],
            "expect": {"A": 0.25},
        }
    ],
}
JOBS = {"inputs": {"r": REGION, "f": FIRMS}, "law": {"rises_with": ["f.employees"]}}
_IN = "sum(employees) FILTER (WHERE kind = 'in')"

HOURS = [
    {
        "why": "40 hours of 1 person and 30 of 9: 70 of 10, no mean of 40 and 3.3",
        "f": [
            {"region": "A", "firm_id": "a", "hours": 40.0, "employees": 1.0},
            {"region": "A", "firm_id": "b", "hours": 30.0, "employees": 9.0},
        ],
        "expect": {"A": 7.0},
    }
]
THREE_YEARS = [
    {
        "why": "3, 6 and 9 hired in three years: 6 a year",
        "h": [
            {"region": "A", "year": 2019, "hired": 3.0},
            {"region": "A", "year": 2020, "hired": 6.0},
            {"region": "A", "year": 2021, "hired": 9.0},
        ],
        "expect": {"A": 6.0},
    }
]
DENSITY = [
    {
        "why": "5 people on 2,500 square kilometres are 20 on 10,000",
        "r": [{"region": "A", "staff": 5.0, "area": 2500.0}],
        "expect": {"A": 20.0},
    }
]

SHARE_OF_STAFF = indicator(
    "part / nullif(whole, 0)",
    measures={"f": {"part": _IN, "whole": "sum(employees)"}},
    **SHARE,
)

# name, the right one, the planted one, what finds it
MISTAKES: list[tuple[str, rating.Indicator, rating.Indicator, str]] = [
    (
        "wrong sign",
        indicator("1000 * staff / nullif(people, 0)", **RATE),
        indicator("-1000 * staff / nullif(people, 0)", **RATE),
        "within its bounds",
    ),
    (
        "missing denominator",
        indicator(
            "staff / nullif(people, 0)",
            inputs={"r": REGION},
            law={"replication": "invariant"},
        ),
        indicator("staff + 0 * people", inputs={"r": REGION}, law={"replication": "invariant"}),
        "twice the region: invariant",
    ),
    (
        "mean of ratios",
        indicator(
            "hours / nullif(jobs, 0)",
            inputs={"f": FIRMS},
            measures={
                "f": {
                    "hours": "sum(hours)",
                    "jobs": "sum(employees) FILTER (WHERE hours IS NOT NULL)",
                }
            },
            law={"falls_with": ["f.employees"]},
            example=HOURS,
        ),
        indicator(
            "ratio",
            inputs={"f": FIRMS},
            measures={"f": {"ratio": "avg(hours / nullif(employees, 0))"}},
            law={"falls_with": ["f.employees"]},
            example=HOURS,
        ),
        "example 1",
    ),
    (
        "zero for missing",
        indicator("jobs / nullif(people, 0)", measures={"f": {"jobs": "sum(employees)"}}, **JOBS),
        indicator(
            "coalesce(jobs, 0) / nullif(people, 0)",
            measures={"f": {"jobs": "sum(employees)"}},
            **JOBS,
        ),
        "no rows, no value",
    ),
    (
        "population and households swapped",
        indicator("1000 * staff / nullif(people, 0)", **RATE),
        indicator("1000 * staff / nullif(households, 0) + 0 * people", **RATE),
        "example 1",
    ),
    (
        "per cent for share",
        SHARE_OF_STAFF,
        indicator(
            "100 * part / nullif(whole, 0)",
            measures={"f": {"part": _IN, "whole": "sum(employees)"}},
            **SHARE,
        ),
        "within its bounds",
    ),
    (
        "window off by one",
        indicator(
            "three_years / 3",
            inputs={"h": HIRED},
            measures={"h": {"three_years": "sum(hired)"}},
            example=THREE_YEARS,
        ),
        indicator(
            "three_years / 3",
            inputs={"h": {**HIRED, "window": 2}},
            measures={"h": {"three_years": "sum(hired)"}},
            example=THREE_YEARS,
        ),
        "example 1",
    ),
    (
        "not a number leaks",
        indicator("staff / nullif(total(staff), 0)", inputs={"r": REGION}, law={"bounds": [0, 1]}),
        indicator("staff / total(staff)", inputs={"r": REGION}, law={"bounds": [0, 1]}),
        "finite or missing",
    ),
    (
        "unit not converted",
        indicator(
            "10000 * staff / nullif(area, 0)",
            inputs={"r": REGION},
            example=DENSITY,
        ),
        indicator(
            "staff / nullif(area, 0)",
            inputs={"r": REGION},
            example=DENSITY,
        ),
        "example 1",
    ),
    (
        "firms for people",
        SHARE_OF_STAFF,
        indicator(
            "part / nullif(whole, 0)",
            measures={"f": {"part": "count(*) FILTER (WHERE kind = 'in')", "whole": "count(*)"}},
            **SHARE,
        ),
        "example 1",
    ),
]
# What the words of formulas cannot express: it is refused before any law.
REFUSED = [
    ("a tie decided by order", "first(employees)", "the function first() is not allowed"),
    (
        "a region singled out",
        "sum(CASE WHEN region = 'R0' THEN employees END)",
        "no column named 'region'",
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[name for name, *_ in MISTAKES])
def test_a_mistake_is_found_and_the_right_indicator_is_not(mistake):
    _, right, wrong, finder = mistake
    fine = rating.check(right).findings
    assert fine.filter(fine["law"].is_in(["has an example", "uses its columns"]).not_()).is_empty()
    found = rating.check(wrong).findings
    row = next(row for row in found.iter_rows(named=True) if row["law"] == finder)
    shown = row["before"].count("region = ") if row["before"] else 3
    assert shown <= 3, row["before"]


@pytest.mark.parametrize(("name", "formula", "told"), REFUSED)
def test_a_mistake_that_cannot_be_written_is_refused(name, formula, told):
    with pytest.raises(rating.DefinitionError, match=re.escape(told)):
        indicator("it", inputs={"f": FIRMS}, measures={"f": {"it": formula}})


def test_the_page_says_which_found_which():
    page = PAGE.read_text("utf-8")
    for name, *_, finder in MISTAKES:
        assert f"| {name} | {finder} |" in page
    for name, *_ in REFUSED:
        assert f"| {name} | refused |" in page
