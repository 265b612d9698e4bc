"""Worked examples: rows small enough to check by hand, run through the engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from rating.definitions.examples import Example
from rating.definitions.model import Indicator, Input
from rating.definitions.parsing import literal
from rating.definitions.section import Section
from rating.engine import held, values
from rating.engine.store import Store
from rating.errors import Problem, RatingError
from rating.inputs import tables
from rating.inputs.cells import DTYPES
from rating.laws.report import Finding

# An expectation is worked out by hand: 1e-9 leaves room for its rounding and for none of ours.
TOLERANCE = 1e-9


def hold(store: Store, indicator: Indicator) -> Iterator[Finding]:
    """Each example of an indicator with whether the engine gives what it expects."""
    for place, example in enumerate(indicator.example, 1):
        try:
            wrong = differences(store, indicator, example)
        except RatingError as error:
            wrong = [line(problem) for problem in error.problems]
        detail = f"{example.why}: {'; '.join(wrong)}" if wrong else example.why
        yield Finding(indicator.id, f"example {place}", not wrong, detail)


def differences(store: Store, indicator: Indicator, example: Example) -> list[str]:
    """What the engine gives otherwise than the example expects, region by region.

    Raises:
        DataError: a row of the example breaks a rule of its table.
        DefinitionError: a number of the example is beyond what the engine can hold.
    """
    edition = year_of(indicator, example)
    day = example.as_of or date(edition, 12, 31)
    version = indicator.in_force(day)
    if version is None:
        return [f"no version is in force in {edition}"]
    inputs = {name: indicator.input[name] for name in indicator.tables(version)}
    stored = {name: one for name, one in inputs.items() if one.base is None}
    given = {name: example.tables[name] for name in stored if example.tables.get(name)}
    read = tables.read(
        {name: _frame(rows, inputs[name], edition) for name, rows in given.items()},
        _section(indicator, {name: inputs[name] for name in given}),
    )
    if read.refused.height:
        return [
            f"{row['table']}, row {row['row']}, column {row['column']}: {row['rule']}"
            for row in read.refused.iter_rows(named=True)
        ]
    frames = {name: read.tables.get(name, _empty(one)) for name, one in stored.items()}
    held.hold(store, frames, inputs, edition, as_of=day)
    _expect_regions(store, example)
    found, _ = values.evaluate(store, [indicator], day)
    by_region = dict(found.select("region", "value").iter_rows())
    return [
        f"{region} is {shown(by_region[region])}, not {shown(wanted)}"
        for region, wanted in example.expect.items()
        if not equal(by_region[region], wanted)
    ]


def year_of(indicator: Indicator, example: Example) -> int:
    """The edition of an example: as stated, else the latest in its rows, else of the version."""
    if example.edition is not None or example.as_of is not None:
        return example.edition or example.as_of.year  # type: ignore[union-attr]
    years = [row["year"] for rows in example.tables.values() for row in rows if "year" in row]
    return max(years, default=indicator.version[-1].since.year)


def _frame(rows: tuple[dict[str, Any], ...], given: Input, edition: int) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {}
    if given.grain != "country":
        columns["region"] = _series([row.get("region") for row in rows], "text")
    if given.grain == "region" or any("year" in row for row in rows):
        years = [row.get("year", edition) for row in rows]
        columns["year"] = _series(years, "integer")
    for name, kind in given.types.items():
        columns[name] = _series([row.get(name) for row in rows], kind)
    return pl.DataFrame(columns)


def _series(cells: list[Any], kind: str) -> pl.Series:
    if kind == "date":
        # A day is a date in TOML and may be text in Python.
        cells = [date.fromisoformat(cell) if isinstance(cell, str) else cell for cell in cells]
    return pl.Series(cells, dtype=DTYPES[kind])


def _section(indicator: Indicator, inputs: Mapping[str, Input]) -> Section:
    """A section that declares these tables and takes region codes as they are."""
    bare = indicator.amended({"input": dict(inputs)})
    # Not validated: the formulas of other versions name tables that the example leaves out.
    return Section.model_construct(id=indicator.id, name=indicator.name, node=(), indicator=(bare,))


def _empty(given: Input) -> pl.DataFrame:
    keys = {} if given.grain == "country" else {"region": pl.String}
    columns = {name: DTYPES[kind] for name, kind in given.types.items()}
    return pl.DataFrame(schema={**keys, **columns})


def _expect_regions(store: Store, example: Example) -> None:
    """A region that is expected takes part, even where no table has a row of it."""
    for region in example.expect:
        store.run(
            f"INSERT INTO __regions SELECT 0, {literal(region)}, false "
            f"WHERE {literal(region)} NOT IN (SELECT region FROM __regions)"
        )


def equal(found: float | None, wanted: float | str) -> bool:
    """Whether what was found is what was worked out."""
    if found is None or isinstance(wanted, str):
        return found is None and isinstance(wanted, str)
    return math.isclose(found, wanted, rel_tol=TOLERANCE, abs_tol=1e-12)


def shown(value: float | str | None) -> str:
    """A value, as a detail says it."""
    return "missing" if value is None or isinstance(value, str) else f"{value:.12g}"


def line(problem: Problem) -> str:
    """A problem in one line."""
    return f"{problem.where}: {problem.what}"
