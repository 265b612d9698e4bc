"""Indicators to values: measures of each table in one pass, then arithmetic over them.

Everything is keyed by scenario and region, and all indicators are evaluated in one query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

import polars as pl

from rating.definitions import derived
from rating.definitions.grammar import Formula
from rating.definitions.model import Indicator, Version
from rating.definitions.parsing import SCENARIO, quoted
from rating.engine.cells import Cells
from rating.engine.grid import Grid, Shown
from rating.engine.held import derived_sql
from rating.engine.store import Store
from rating.errors import DataError, DefinitionError, Problem, UsageError

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
                    known.setdefault(formula.sql, f"__m{len(known) + 1}")
                    found.yearly |= {table} if formula.yearly else set()
        return found

    def sql(self, table: str) -> str:
        """The query for the measures of a table: __scenario, region, __m1, __m2 ..."""
        keys = SCENARIO if table in self.national else f"{SCENARIO}, region"
        listed = ",\n    ".join(f"{text} AS {name}" for text, name in self.names[table].items())
        return f"  SELECT {keys},\n    {listed}\n  FROM {quoted(table)}\n  GROUP BY {keys}"

    def steps(self, measured: Collection[str] = ()) -> list[str]:
        """The measures of every table, and what they give over no rows, as parts of a query.

        Args:
            measured: tables whose measures are there already.
        """
        made = [
            f"__measures_{table} AS MATERIALIZED (\n{self.sql(table)}\n)"
            for table in self.names
            if table not in measured
        ]
        for table, names in self.names.items():
            listed = ", ".join(f"{text} AS {name}" for text, name in names.items())
            nothing = f"SELECT {listed} FROM {quoted(table)} WHERE false"
            made.append(f"__nothing_{table} AS (\n  {nothing}\n)")
        return made

    def column(self, table: str, formula: Formula) -> str:
        """The column that holds a formula."""
        return self.names[table][formula.sql]


class Elsewhere(Protocol):
    """An engine that measures some of the tables in the store's stead."""

    def measured(self, store: Store, measures: Measures) -> dict[str, pl.DataFrame]:
        """For each of its tables ``__scenario``, region and the columns ``__m1``, ``__m2`` ..."""


def sql_of(indicator: Indicator, day: date) -> str:
    """The query of the version in force on a day; see ``Indicator.sql``.

    Raises:
        UsageError: there is none.
    """
    version = indicator.in_force(day)
    if version is None:
        first = f"the first comes into force on {indicator.version[0].since}"
        raise UsageError(Problem(indicator.id, f"no version is in force on {day}", first))
    return indicator_sql(indicator, version)


def indicator_sql(indicator: Indicator, version: Version) -> str:
    """The query for one indicator, over the rows of one edition, for an auditor to run.

    Tables have the names of the section's inputs and hold the rows of the edition, with columns
    ``__scenario`` and ``as_of``; ``firms__4`` holds those of four years up to it, for a table that
    is derived over more years; ``__regions`` lists ``__scenario`` and region. Columns: scenario,
    region, value, estimate where there is one, what the value is made of.
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
    joins, columns = _sources(indicator, version, measures)
    listed = ", ".join([f"r.{SCENARIO}", "r.region AS __region", *_named(columns)])
    steps = [f"__measured AS (\n  SELECT {listed}\n{_from('__regions', joins)}\n)"]
    totals = indicator.compiled(version).totals
    return [*steps, f"__totals AS (\n{_totals(totals, '__measured')}\n)"] if totals else steps


def _from(regions: str, joins: Iterable[str]) -> str:
    return "\n".join(f"  {line}" for line in (f"FROM {regions} r", *joins))


def _named(columns: Mapping[str, str]) -> list[str]:
    return [f"{held} AS {name}" for name, held in columns.items()]


def _totals(totals: Iterable[str], measured: str) -> str:
    sums = ", ".join(f"{text} AS __total_{n}" for n, text in enumerate(totals, 1))
    return f"  SELECT {SCENARIO}, {sums}\n  FROM {measured}\n  GROUP BY {SCENARIO}"


def _sources(
    indicator: Indicator, version: Version, measures: Measures
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The tables that are joined to the regions, and the columns of them that the value reads."""
    compiled = indicator.compiled(version)
    columns: dict[str, str] = {}
    joins: list[str] = []
    for number, (table, formulas) in enumerate(compiled.measures.items(), 1):
        joins.append(_join(f"__measures_{table}", f"m{number}", table in measures.national))
        # What the measures give over no rows: counts and sums are 0, a mean is missing.
        zero = indicator.input[table].absent == "zero"
        joins += [f"CROSS JOIN __nothing_{table} n{number}"] * zero
        for name, formula in formulas.items():
            column = measures.column(table, formula)
            held = f"m{number}.{column}"
            if zero:
                lost = f"m{number}.{SCENARIO} IS NULL"
                held = f"CASE WHEN {lost} THEN n{number}.{column} ELSE {held} END"
            columns[quoted(name)] = held
    used = set(compiled.columns)
    for number, (table, given) in enumerate(indicator.input.items(), 1):
        names = [name for name in given.columns if name in used]
        if given.grain != "region" or not names:
            continue
        joins.append(_join(quoted(table), f"t{number}", national=False))
        columns |= {
            quoted(name): _column(f"t{number}", quoted(name), given.absent) for name in names
        }
    if compiled.value.dated or (compiled.estimate is not None and compiled.estimate.dated):
        # The day is the same for every row of a scenario, whichever table shows it.
        table = indicator.tables(version)[0]
        days = f"SELECT DISTINCT {SCENARIO}, as_of FROM {quoted(table)}"
        joins.append(f"JOIN ({days}) d ON d.{SCENARIO} = r.{SCENARIO}")
        columns["as_of"] = "d.as_of"
    return tuple(joins), columns


def _value_sql(indicator: Indicator, version: Version) -> str:
    compiled = indicator.compiled(version)
    shown = "".join(f", {quoted(name)}" for name in _measure_names(indicator, version))
    estimate = f", CAST({compiled.estimate} AS DOUBLE) AS estimate" if compiled.estimate else ""
    value = f"CAST({compiled.value} AS DOUBLE) AS value"
    keys = f"{SCENARIO} AS scenario, __region AS region"
    ending = f" JOIN __totals USING ({SCENARIO})" if compiled.totals else ""
    return f"SELECT {keys}, {value}{estimate}{shown}\nFROM __measured{ending}"


def _join(table: str, alias: str, national: bool) -> str:
    match = f"{alias}.{SCENARIO} = r.{SCENARIO}"
    return f"LEFT JOIN {table} {alias} ON {match}" + (
        "" if national else f" AND {alias}.region = r.region"
    )


def _column(alias: str, name: str, absent: str) -> str:
    if absent == "zero":
        return f"CASE WHEN {alias}.region IS NULL THEN 0 ELSE {alias}.{name} END"
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
    found, measures = evaluate_cells(store, wanted, spark)
    return found.named(), measures.named()


def evaluate_cells(
    store: Store, wanted: Iterable[Wanted], spark: Elsewhere | None = None
) -> tuple[Cells, Cells]:
    """The cells of ``evaluate_versions``: by scenario, region and the order of the versions."""
    wanted = list(wanted)
    measures = Measures.of((indicator, version) for indicator, version, _ in wanted)
    _yearly(store, measures)
    measured = {} if spark is None else spark.measured(store, measures)
    for table, frame in measured.items():
        store.keep(f"__measures_{table}", frame)
    order = f"CAST(row_number() OVER (ORDER BY {SCENARIO}, region) - 1 AS UINTEGER) AS __number"
    rows = f"__rows AS MATERIALIZED (SELECT *, {order} FROM __regions)"
    steps = [*measures.steps(measured), rows]
    groups, shown = _grouped(wanted, measures)
    made = [group.sql(number, steps) for number, group in enumerate(groups)]
    try:
        found = store.query(f"WITH {', '.join(steps)}\n{' UNION ALL '.join(made)}")
    except DefinitionError as error:
        blamed = list(_blamed(store, wanted))
        raise (DefinitionError(blamed) if blamed else error) from None
    keys = f"{SCENARIO} AS scenario, region"
    regions = store.query(f"SELECT {keys} FROM __regions ORDER BY scenario, region")
    grid = Grid.of(found, regions, len(groups))
    cells = grid.cells([one for one in shown if one.measure is None])
    if "estimate" in cells.rows.columns:
        cells.finite("estimate", "value")
    parts = grid.cells([one for one in shown if one.measure is not None])
    return cells.finite("value", "value"), parts


def _blamed(store: Store, wanted: Iterable[Wanted]) -> Iterator[Problem]:
    """Which formulas cannot be computed, where all of them together cannot: each is asked alone."""
    for indicator, version, _ in wanted:
        for where, sql in _alone(indicator, version):
            try:
                store.query(sql)
            except DefinitionError as error:
                yield from (replace(one, where=where) for one in error.problems)
                break


def _alone(indicator: Indicator, version: Version) -> Iterator[tuple[str, str]]:
    """Every formula of a version in a query of its own, in the order in which they are computed."""
    place = f"{indicator.id}, version {version.since}"
    for table in indicator.tables(version):
        if indicator.input[table].base is not None:
            where = f"{indicator.id}, input.{table}"
            yield f"{where}, where or by", f"SELECT count(*) FROM {quoted(table)}"
            for column in indicator.input[table].columns:
                yield f"{where}.{column}", f"SELECT max({quoted(column)}) FROM {quoted(table)}"
    for table, formulas in indicator.compiled(version).measures.items():
        national = derived.national(table, indicator.input)
        keys = SCENARIO if national else f"{SCENARIO}, region"
        for name, formula in formulas.items():
            sql = f"SELECT {formula} FROM {quoted(table)} GROUP BY {keys}"
            yield f"{place}, measures.{table}.{name}", sql
    measures = Measures.of([(indicator, version)])
    steps = [*measures.steps(), *_value_steps(indicator, version, measures)]
    yield f"{place}, value", f"WITH {', '.join(steps)}\n{_value_sql(indicator, version)}"


@dataclass
class _Group:
    """Versions over the same joined tables and scenarios, which one pass evaluates.

    Attributes:
        joins: the tables that are joined to the regions.
        scenarios: those in which the versions are in force; None for all.
        totals: what the only version of the group takes over all regions.
        columns: what is read of the tables, by name.
        numbers: the expressions that are evaluated, each once, with their places.
    """

    joins: tuple[str, ...]
    scenarios: Collection[int] | None
    totals: tuple[str, ...]
    columns: dict[str, str]
    numbers: dict[str, int] = field(default_factory=dict)

    def takes(self, other: _Group) -> bool:
        """Whether the columns of another group are its own, or may be."""
        return (
            (self.joins, self.scenarios) == (other.joins, other.scenarios)
            and not self.totals
            and not other.totals
            and all(self.columns.get(name, held) == held for name, held in other.columns.items())
        )

    def place(self, expression: str) -> int:
        """Where the number of an expression stands in the list of a region."""
        return self.numbers.setdefault(f"CAST({expression} AS DOUBLE)", len(self.numbers))

    def sql(self, number: int, steps: list[str]) -> str:
        """The query for a list of numbers a region; a list is in the order of its cells."""
        listed = ", ".join([f"r.{SCENARIO}", "r.__number", *_named(self.columns)])
        source = f"__measured_{number}"
        steps.append(f"{source} AS (\n  SELECT {listed}\n{_from('__rows', self.joins)}\n)")
        if self.totals:
            steps.append(f"__totals_{number} AS (\n{_totals(self.totals, source)}\n)")
            source += f" JOIN __totals_{number} USING ({SCENARIO})"
        if self.scenarios is not None:
            source += f" WHERE {SCENARIO} IN ({', '.join(map(str, sorted(self.scenarios)))})"
        numbers = ", ".join(self.numbers)
        return f"SELECT __number AS number, {number} AS part, [{numbers}] AS numbers FROM {source}"


def _grouped(wanted: Iterable[Wanted], measures: Measures) -> tuple[list[_Group], list[Shown]]:
    """The versions in groups, and the rows of a region in order."""
    groups: list[_Group] = []
    shown: list[Shown] = []
    for indicator, version, scenarios in wanted:
        compiled = indicator.compiled(version)
        joins, columns = _sources(indicator, version, measures)
        own = _Group(joins, scenarios, tuple(compiled.totals), columns)
        number = next((n for n, one in enumerate(groups) if one.takes(own)), len(groups))
        groups += [own] if number == len(groups) else []
        group = groups[number]
        group.columns |= columns
        estimate = group.place(str(compiled.estimate)) if compiled.estimate else None
        value = group.place(str(compiled.value))
        shown.append(Shown(indicator.id, None, number, value, estimate))
        shown += [
            Shown(indicator.id, name, number, group.place(quoted(name)))
            for name in _measure_names(indicator, version)
        ]
    return groups, shown


def _yearly(store: Store, measures: Measures) -> None:
    """A formula that reads the year of the row needs a table with years."""
    problems = []
    for table in sorted(measures.yearly):
        if "year" not in store.query(f"SELECT * FROM {quoted(table)} LIMIT 0").columns:
            what = "has no years, and a measure reads the year of the row"
            problems.append(Problem(f"table {table}", what, "give it a column year"))
    if problems:
        raise DataError(problems)
