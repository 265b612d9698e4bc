"""Indicators to values: measures of each table in one pass, then arithmetic over them.

Everything is keyed by scenario and region, and all indicators are evaluated in one query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import polars as pl

from rating.definitions import derived
from rating.definitions.grammar import Formula
from rating.definitions.model import Indicator, Version
from rating.definitions.parsing import literal, quoted
from rating.engine.held import derived_sql
from rating.engine.store import Store, finite
from rating.errors import DataError, Problem

NUMERIC = ("number", "integer", "boolean")
Wanted = tuple[Indicator, Version, Collection[int] | None]


@dataclass
class Measures:
    """The measures of tables, each formula once, however many indicators read it.

    Attributes:
        names: for each table the formulas and the columns that hold them.
        national: the tables without regions.
    """

    names: dict[str, dict[str, str]] = field(default_factory=dict)
    national: set[str] = field(default_factory=set)
    yearly: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, versions: Iterable[tuple[Indicator, Version]]) -> Measures:
        """Every measure that versions read."""
        found = cls()
        for indicator, version in versions:
            for table, measures in indicator.compiled(version).measures.items():
                if derived.national(table, indicator.input):
                    found.national.add(table)
                for formula in measures.values():
                    known = found.names.setdefault(table, {})
                    known.setdefault(formula.sql, f"m{len(known) + 1}")
                    found.yearly |= {table} if formula.yearly else set()
        return found

    def sql(self, table: str) -> str:
        """The query for the measures of a table: scenario, region, m1, m2 ..."""
        keys = "scenario" if table in self.national else "scenario, region"
        listed = ",\n    ".join(f"{text} AS {name}" for text, name in self.names[table].items())
        return f"  SELECT {keys},\n    {listed}\n  FROM {quoted(table)}\n  GROUP BY {keys}"

    def steps(self, measured: Collection[str] = ()) -> list[str]:
        """The measures of every table, and what they give over no rows, as parts of a query.

        Args:
            measured: tables whose measures are there already.
        """
        made = [
            f"measures__{table} AS MATERIALIZED (\n{self.sql(table)}\n)"
            for table in self.names
            if table not in measured
        ]
        for table, names in self.names.items():
            listed = ", ".join(f"{text} AS {name}" for text, name in names.items())
            nothing = f"SELECT {listed} FROM {quoted(table)} WHERE false"
            made.append(f"nothing__{table} AS (\n  {nothing}\n)")
        return made

    def column(self, table: str, formula: Formula) -> str:
        """The column that holds a formula."""
        return self.names[table][formula.sql]


class Elsewhere(Protocol):
    """An engine that measures some of the tables in the store's stead."""

    def measured(self, store: Store, measures: Measures) -> dict[str, pl.DataFrame]:
        """For each of its tables scenario, region and the columns m1, m2 ..."""


def indicator_sql(indicator: Indicator, version: Version) -> str:
    """The query for one indicator, over the rows of one edition, for an auditor to run.

    Tables have the names of the section's inputs and hold the rows of the edition, with columns
    ``scenario`` and ``as_of``; ``firms__4`` holds those of four years up to it, for a table that
    is derived over more years; ``regions`` lists scenario and region. Columns: scenario, region,
    the columns and measures that the value is made of, value.
    """
    made = [
        f"{quoted(table)} AS (\n  {derived_sql(table, indicator.input)}\n)"
        for table, given in indicator.input.items()
        if given.base is not None and table in indicator.tables(version)
    ]
    measures = Measures.of([(indicator, version)])
    steps = [*made, *measures.steps(), *_value_steps(indicator, version, measures)]
    return f"WITH {', '.join(steps)}\n{_value_sql(indicator, version)}"


def _value_steps(indicator: Indicator, version: Version, measures: Measures) -> list[str]:
    """What the value is made of, a row a region, and what is taken over all regions."""
    compiled = indicator.compiled(version)
    columns: list[str] = []
    joins: list[str] = []
    for number, (table, formulas) in enumerate(compiled.measures.items(), 1):
        joins.append(_join(f"measures__{table}", f"m{number}", table in measures.national))
        # What the measures give over no rows: counts and sums are 0, a mean is missing.
        zero = indicator.input[table].absent == "zero"
        joins += [f"CROSS JOIN nothing__{table} n{number}"] * zero
        for name, formula in formulas.items():
            column = measures.column(table, formula)
            held = f"m{number}.{column}"
            if zero:
                held = (
                    f"CASE WHEN m{number}.scenario IS NULL THEN n{number}.{column} ELSE {held} END"
                )
            columns.append(f"{held} AS {quoted(name)}")
    used = set(compiled.columns)
    for number, (table, given) in enumerate(indicator.input.items(), 1):
        names = [name for name in given.columns if name in used]
        if given.grain != "region" or not names:
            continue
        joins.append(_join(quoted(table), f"t{number}", national=False))
        columns += [_column(f"t{number}", quoted(name), given.absent) for name in names]
    if compiled.value.dated or (compiled.estimate is not None and compiled.estimate.dated):
        # The day is the same for every row of a scenario, whichever table shows it.
        table = indicator.tables(version)[0]
        days = f"SELECT DISTINCT scenario, as_of FROM {quoted(table)}"
        joins.append(f"JOIN ({days}) d ON d.scenario = r.scenario")
        columns.append("d.as_of")
    lines = "\n".join(f"  {line}" for line in ("FROM regions r", *joins))
    listed = ", ".join(["r.scenario", "r.region", *columns])
    steps = [f"measured AS (\n  SELECT {listed}\n{lines}\n)"]
    if compiled.totals:
        sums = ", ".join(f"{text} AS total_{n}" for n, text in enumerate(compiled.totals, 1))
        steps.append(
            f"totals AS (\n  SELECT scenario, {sums}\n  FROM measured\n  GROUP BY scenario\n)"
        )
    return steps


def _value_sql(indicator: Indicator, version: Version) -> str:
    compiled = indicator.compiled(version)
    shown = "".join(f", {quoted(name)}" for name in _measure_names(indicator, version))
    estimate = f", CAST({compiled.estimate} AS DOUBLE) AS estimate" if compiled.estimate else ""
    value = f"CAST({compiled.value} AS DOUBLE) AS value"
    ending = "FROM measured" + (" JOIN totals USING (scenario)" if compiled.totals else "")
    return f"SELECT scenario, region{shown}, {value}{estimate}\n{ending}"


def _join(table: str, alias: str, national: bool) -> str:
    match = f"{alias}.scenario = r.scenario"
    return f"LEFT JOIN {table} {alias} ON {match}" + (
        "" if national else f" AND {alias}.region = r.region"
    )


def _column(alias: str, name: str, absent: str) -> str:
    if absent == "zero":
        return f"CASE WHEN {alias}.region IS NULL THEN 0 ELSE {alias}.{name} END AS {name}"
    return f"{alias}.{name}"


def _measure_names(indicator: Indicator, version: Version) -> list[str]:
    """What an explanation shows: the measures and region-grain columns that the value reads."""
    compiled = indicator.compiled(version)
    measures = [name for group in compiled.measures.values() for name in group]
    columns = [
        name
        for given in indicator.input.values()
        for name, kind in given.types.items()
        if given.grain == "region" and kind in NUMERIC
    ]
    return [name for name in (*measures, *columns) if name in compiled.columns]


def evaluate(
    store: Store, indicators: Iterable[Indicator], day: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values of indicators on a day, over the tables that ``hold`` shows.

    Returns:
        values: scenario, region, indicator, value and, where a version has an estimate, estimate;
            one row for each, missing values included.
        measures: scenario, region, indicator, measure, value.

    Raises:
        DataError: a formula gives NaN or infinity.
    """
    versions = [(indicator, indicator.in_force(day)) for indicator in indicators]
    return evaluate_versions(store, [(i, v, None) for i, v in versions if v is not None])


def evaluate_versions(
    store: Store, wanted: Iterable[Wanted], spark: Elsewhere | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As ``evaluate``, for given versions, each over all scenarios or over those named.

    Args:
        store: shows the tables.
        wanted: the versions.
        spark: what takes the measures of large registers off the store.
    """
    wanted = list(wanted)
    measures = Measures.of((indicator, version) for indicator, version, _ in wanted)
    _yearly(store, measures)
    measured = {} if spark is None else spark.measured(store, measures)
    for table, frame in measured.items():
        store.keep(f"measures__{table}", frame)
    steps = measures.steps(measured)
    rows: list[str] = []
    estimated = False
    for number, (indicator, version, scenarios) in enumerate(wanted):
        made = ", ".join(_value_steps(indicator, version, measures))
        sql = f"WITH {made}\n{_value_sql(indicator, version)}"
        if scenarios is not None:
            sql += f"\nWHERE scenario IN ({', '.join(map(str, sorted(scenarios)))})"
        steps.append(f"value_{number} AS MATERIALIZED (\n{sql}\n)")
        keys = f"scenario, region, {literal(indicator.id)} AS indicator"
        estimated = estimated or version.estimate is not None
        estimate = "NULL::DOUBLE" if version.estimate is None else "estimate"
        shown = [("NULL", "value", estimate)]
        shown += [
            (literal(name), f"CAST({quoted(name)} AS DOUBLE)", "NULL::DOUBLE")
            for name in _measure_names(indicator, version)
        ]
        rows += [
            f"SELECT {keys}, {measure} AS measure, {value} AS value, {estimate} AS estimate, "
            f"{number} AS position, {place} AS place FROM value_{number}"
            for place, (measure, value, estimate) in enumerate(shown)
        ]
    both = store.query(
        f"WITH {', '.join(steps)}\nSELECT * EXCLUDE (position, place)\n"
        f"FROM ({' UNION ALL '.join(rows)})\nORDER BY scenario, region, position, place"
    )
    found = both.filter(pl.col("measure").is_null()).drop("measure")
    parts = both.filter(pl.col("measure").is_not_null()).drop("estimate")
    if estimated:
        finite(found, "estimate", "value")
    return finite(found if estimated else found.drop("estimate"), "value", "value"), parts


def _yearly(store: Store, measures: Measures) -> None:
    """A formula that reads the year of the row needs a table with years."""
    problems = []
    for table in sorted(measures.yearly):
        if "year" not in store.query(f"SELECT * FROM {quoted(table)} LIMIT 0").columns:
            what = "has no years, and a measure reads the year of the row"
            problems.append(Problem(f"table {table}", what, "give it a column year"))
    if problems:
        raise DataError(problems)
