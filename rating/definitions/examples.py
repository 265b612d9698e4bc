"""Worked examples: rows small enough to check by hand, each cell of the declared type."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from rating.definitions.definition import Day, Definition, Many, Number, RegionKey, refuse
from rating.definitions.messages import beside
from rating.definitions.parsing import Type
from rating.errors import Problem, nearest

if TYPE_CHECKING:
    from rating.definitions.table import Input

_KEYS: dict[str, Type] = {"region": "text", "year": "integer"}
_OPTIONS = ("why", "expect", "edition", "as_of")
_A_TABLE = 'the rows of a table are written as {} = [{{ region = "CODE" }}]'


def _expected(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value != "missing" and not (number and math.isfinite(value)):
        raise ValueError(f'{value!r} is neither a number nor "missing"')
    return value


Expected = Annotated[Number | Literal["missing"], BeforeValidator(_expected)]


class Example(Definition):
    """Rows small enough to work out by hand and the value they must give.

    Attributes:
        tables: rows of each table; in a file the tables stand beside ``why`` and ``expect``.
        expect: the value of each region, or "missing".
        edition: the year; by default the latest in the rows.
        as_of: the day; by default 31 December of the edition.
    """

    why: str
    expect: dict[RegionKey, Expected]
    edition: Annotated[int, Field(ge=1900, le=2100)] | None = None
    as_of: Day | None = None
    tables: dict[str, Many[dict[str, Any]]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "tables" in value:
            return value
        made, wrong = beside(value, _OPTIONS, key="tables", holds=(list, tuple), otherwise=_A_TABLE)
        refuse(wrong)
        return made


class WholeExample(Definition):
    """Values of indicators and the scores that a whole section must give: method, weights, tree.

    Attributes:
        given: for each region the value of its indicators; those left out are missing.
        expect: for each region the score of nodes or indicators, or "missing", and its ``rank``.
        edition: the year; by default the latest that the section declares.
        sector: where the section has sectors.
    """

    why: str
    given: dict[RegionKey, dict[str, Number]]
    expect: dict[RegionKey, dict[str, Expected]]
    edition: Annotated[int, Field(ge=1900, le=2100)] | None = None
    sector: str | None = None


_KINDS: dict[Type, tuple[tuple[type, ...], str]] = {
    "number": ((int, float), "write a number without quotes"),
    "integer": ((int,), "write a whole number without quotes"),
    "text": ((str,), "codes are text: write it in quotes"),
    "date": ((date, str), "write a date such as 2019-12-31"),
    "boolean": ((bool,), "write true or false"),
}


def problems(example: Example, inputs: Mapping[str, Input], where: str) -> Iterator[Problem]:
    """What is wrong with an example before it is computed."""
    if not example.expect:
        yield Problem(where, "nothing is expected", "write expect = { REGION = value }")
    for table, rows in example.tables.items():
        if table not in inputs:
            yield Problem(where, f"no table '{table}' is declared", nearest(table, inputs))
            continue
        if inputs[table].base is not None:
            what = f"'{table}' is derived and has no rows of its own"
            yield Problem(where, what, f"give rows of '{inputs[table].base}'")
            continue
        kinds = {**_KEYS, **inputs[table].types}
        for number, row in enumerate(rows, 1):
            place = f"{where}, {table}, row {number}"
            if "region" not in row and inputs[table].grain != "country":
                yield Problem(place, "the key 'region' is missing", 'write region = "CODE"')
            for name, cell in row.items():
                if name not in kinds:
                    yield Problem(place, f"no column '{name}' is declared", nearest(name, kinds))
                elif not _is(cell, kinds[name]):
                    kind = kinds[name]
                    shown = f"{cell!r}"[:60]
                    yield Problem(f"{place}, {name}", f"{shown} is not {_a(kind)}", _KINDS[kind][1])


def whole_problems(
    example: WholeExample, indicators: Collection[str], items: Collection[str], where: str
) -> Iterator[Problem]:
    """What is wrong with an example of a section before it is computed."""
    if not any(example.expect.values()):
        remedy = "write expect = { REGION = { index = score } }"
        yield Problem(where, "nothing is expected", remedy)
    known = {"given": indicators, "expect": [*items, "rank"]}
    for key, names in known.items():
        for region, cells in getattr(example, key).items():
            for name in cells:
                if name not in names:
                    place = f"{where}, {key}.{region}"
                    what = f"no {'indicator' if key == 'given' else 'item'} '{name}'"
                    yield Problem(place, what, nearest(name, names))
    for region in example.expect:
        if region not in example.given:
            remedy = f"write given.{region} = {{}} where all are missing"
            yield Problem(f"{where}, expect.{region}", "nothing is given for the region", remedy)


def _is(cell: Any, kind: Type) -> bool:
    if isinstance(cell, bool):
        return kind == "boolean"
    if kind == "date" and isinstance(cell, str):
        return _is_day(cell)
    return cell is None or isinstance(cell, _KINDS[kind][0])


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _a(kind: Type) -> str:
    return f"an {kind}" if kind == "integer" else "text" if kind == "text" else f"a {kind}"
