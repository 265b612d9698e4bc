"""Worlds made from a declaration: rows of every table that an indicator reads, small and strange.

A world maps each table that is read from a file to its rows. It is built, never filtered: types,
bounds, choices, missing cells and the grain come from the declaration, or the rows of an example
are varied. Some worlds have one region, equal regions, nothing but missing cells, or the ends of
what is allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rating.definitions.model import Indicator, Version
from rating.definitions.table import Column, Input
from rating.inputs import classifiers
from rating.laws.around import Row, World, around, rows_of
from rating.laws.examples import year_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_LARGE = 1_000_000
# Names of firms, certificates and the like: few, so that the rows of tables meet.
_NAMES = ("a", "h", "p", "z")
_KINDS = ("plain", "plain", "plain", "equal", "missing", "extreme")


def frames(
    indicator: Indicator, *, columns: Mapping[str, SearchStrategy[Any]] | None = None
) -> SearchStrategy[World]:
    """A Hypothesis strategy of worlds: rows for each table of the indicator's version in force.

    Regions are ``R0``, ``R1`` ... A column that is looked up in a sector has values like any other.

    Args:
        indicator: whose declaration the rows follow.
        columns: another strategy for a column, as ``{"firms.employees": integers(0, 10)}``.

    Example:
        >>> from hypothesis import find
        >>> indicator = rating.load("hitech_open").indicator[0]
        >>> sorted(find(rating.laws.frames(indicator), lambda world: True))
        ['region_year']
    """
    from hypothesis import strategies as st

    version = indicator.version[-1]
    edition = edition_of(indicator, version)
    stored = base_tables(indicator, version)
    words = tuple(literals(indicator, version))
    numbers = thresholds(indicator, version)
    given = dict(columns or {})

    def cells(table: str, name: str, column: Column, kind: str) -> SearchStrategy[Any]:
        if f"{table}.{name}" in given:
            return given[f"{table}.{name}"]
        known = _NAMES + words if is_id(name) else words
        made: SearchStrategy[Any] = _cells(column, kind, edition, known, numbers)
        return made

    rows = {
        kind: {
            table: {n: cells(table, n, column, kind) for n, column in one.columns.items()}
            for table, one in stored.items()
        }
        for kind in set(_KINDS)
    }
    years = {table: years_of(indicator, version, table, edition) for table in stored}
    near = [
        around(world, stored, rows["plain"])
        for world in _examples(indicator, version, stored)
        if any(world.values())
    ]

    @st.composite
    def worlds(draw: Any) -> World:
        if near and draw(st.booleans()):
            found_near: World = draw(st.one_of(*near))
            return found_near
        kind = draw(st.sampled_from(_KINDS))
        count = draw(st.integers(1, 3))
        names = ["R0"] if kind == "equal" else [f"R{n}" for n in range(count)]
        made: World = {}
        for table, one in stored.items():
            row = st.fixed_dictionaries(rows[kind][table])
            keys = _keys(one, names, years[table], st)
            if one.grain == "region":
                found = [{**key, **draw(row)} for key in _each(names, years[table])]
            else:
                found = [
                    {**key, **one_row}
                    for key, one_row in draw(st.lists(st.tuples(keys, row), max_size=4))
                ]
            made[table] = found
        if kind == "equal":
            made = _alike(made, stored, count)
        return made

    strategy: SearchStrategy[World] = worlds()
    return strategy


def is_id(column: str) -> bool:
    """Whether a column names a thing."""
    return column.endswith("_id")


def edition_of(indicator: Indicator, version: Version) -> int:
    """An edition in which the version is in force: of its latest example, or the year after it."""
    years = [year_of(indicator, example) for example in indicator.example]
    return max([version.since.year + 1, *years])


def _examples(
    indicator: Indicator, version: Version, stored: Mapping[str, Input]
) -> Iterator[World]:
    """The examples that the version gives a value for, as worlds of one edition."""
    edition = edition_of(indicator, version)
    dated = {table for table in stored if years_of(indicator, version, table, edition)}
    for example in indicator.example:
        day = example.as_of or date(year_of(indicator, example), 12, 31)
        if indicator.in_force(day) == version:
            yield rows_of(indicator, example, stored, dated=dated, edition=edition)


def base_tables(indicator: Indicator, version: Version) -> dict[str, Input]:
    """The tables of a version that are read from files."""
    return {
        table: indicator.input[table]
        for table in indicator.tables(version)
        if indicator.input[table].base is None
    }


def years_of(indicator: Indicator, version: Version, table: str, edition: int) -> list[int]:
    """The years of which a table has rows; none where nothing asks for a year."""
    given = indicator.input[table]
    dated = any("year" in row for e in indicator.example for row in e.tables.get(table, ()))
    windows = [given.window]
    windows += [one.window for one in indicator.input.values() if one.base == table]
    if (
        given.grain == "region"
        or dated
        or max(windows) > 1
        or re.search(r"\byear\b", formula_text(indicator, version))
    ):
        return [edition - back for back in range(max(windows))]
    return []


def literals(indicator: Indicator, version: Version) -> Iterator[str]:
    """The words that formulas compare with, and one that none does."""
    yield from sorted(set(re.findall(r"'([^']*)'", formula_text(indicator, version))))
    yield "other"


def thresholds(indicator: Indicator, version: Version) -> tuple[float, ...]:
    """The numbers that formulas name: where a formula turns, a cell should lie."""
    found = re.findall(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w.'])", formula_text(indicator, version))
    return tuple(sorted({float(number) for number in found}))


def formula_text(indicator: Indicator, version: Version) -> str:
    """Every formula that a version and the tables of its indicator have."""
    texts = [version.value]
    texts += [text for group in version.measures.values() for text in group.values()]
    for given in indicator.input.values():
        texts += [given.where or "", *((text or "") for text in (given.by or {}).values())]
        texts += [column.value or "" for column in given.columns.values()]
        texts += [text for rule in given.rule for text in (rule.holds or "", *rule.by)]
    return "\n".join(texts)


def _each(names: list[str], years: list[int]) -> list[Row]:
    return [{"region": name, "year": year} for name in names for year in years]


def _keys(given: Input, names: list[str], years: list[int], st: Any) -> Any:
    keys: dict[str, Any] = {}
    if given.grain != "country":
        keys["region"] = st.sampled_from(names)
    if years:
        keys["year"] = st.sampled_from(years)
    return st.fixed_dictionaries(keys)


def _alike(world: World, stored: Mapping[str, Input], count: int) -> World:
    """Every region with the rows of the first."""
    return {
        table: rows
        if stored[table].grain == "country"
        else [{**row, "region": f"R{n}"} for n in range(count) for row in rows]
        for table, rows in world.items()
    }


def _cells(
    column: Column, kind: str, edition: int, words: tuple[str, ...], numbers: tuple[float, ...]
) -> Any:
    from hypothesis import strategies as st

    if kind == "missing" and column.nullable:
        return st.none()
    made = _typed(column, kind, edition, words, numbers)
    return st.one_of(made, made, made, st.none()) if column.nullable and kind == "plain" else made


def _typed(
    column: Column, kind: str, edition: int, words: tuple[str, ...], numbers: tuple[float, ...]
) -> Any:
    from hypothesis import strategies as st

    if column.type == "boolean":
        return st.booleans()
    if column.type == "date":
        return st.integers(-1500, 400).map(lambda days: date(edition, 12, 31) + timedelta(days))
    if column.type == "text":
        codes = (
            classifiers.table(column.classifier)["code"].to_list()[:400:7]
            if column.classifier
            else ()
        )
        return st.sampled_from(tuple(column.choices or codes or words))
    if column.sector:
        return st.sampled_from((1.0, 0.5, 0.0))
    low = column.min if column.min is not None else min(column.max or 0.0, 0.0) - 100.0
    high = (
        column.max
        if column.max is not None
        else max(low, 0) + (_LARGE if kind == "extreme" else 100)
    )
    if kind == "extreme":
        ends = (low, high) if column.type == "number" else (int(low), int(high))
        return st.sampled_from(ends)
    if column.type == "integer":
        drawn: Any = st.integers(math.ceil(low), math.floor(high))
    else:
        # Quarters are exact, so that what is equal on paper is equal here.
        first, last = math.ceil(low * 4), math.floor(high * 4)
        if first > last:
            return st.sampled_from((low, high))
        drawn = st.integers(first, last).map(lambda quarters: quarters / 4)
    turns = [n for n in numbers if low <= n <= high and (column.type == "number" or n % 1 == 0)]
    if not turns:
        return drawn
    cast = int if column.type == "integer" else float
    return st.one_of(drawn, drawn, drawn, st.sampled_from([cast(n) for n in turns]))
