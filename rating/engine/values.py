"""Indicators to values: one query an indicator, keyed by scenario and region."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import polars as pl

from rating.definitions.model import Indicator, Input, Version
from rating.definitions.parsing import SQL_TYPE, quoted
from rating.engine.store import Store, finite, literal, sorted_sum
from rating.errors import DataError, Problem

NUMERIC = ("number", "integer", "boolean")


def indicator_sql(indicator: Indicator, version: Version) -> str:
    """The query that the engine runs for an indicator, over the rows of one edition.

    Tables have the names of the section's inputs and hold the rows of the edition, with a column
    ``scenario``; ``regions`` lists scenario and region. Columns: scenario, region, the columns and
    measures that the value is made of, value.
    """
    compiled = indicator.compiled(version)
    steps: list[str] = []
    columns: list[str] = []
    joins: list[str] = []
    for number, (table, measures) in enumerate(compiled.measures.items(), 1):
        listed = ", ".join(f"{formula} AS {quoted(name)}" for name, formula in measures.items())
        steps.append(
            f"measures_{number} AS (\n  SELECT scenario, region, {listed}\n"
            f"  FROM {quoted(table)}\n  GROUP BY scenario, region\n)"
        )
        joins.append(_join(f"measures_{number}", f"m{number}"))
        if indicator.input[table].absent == "zero":
            # What the measures give over no rows: counts and sums are 0, a mean is missing.
            steps.append(
                f"nothing_{number} AS (\n  SELECT {listed}\n"
                f"  FROM {quoted(table)}\n  WHERE false\n)"
            )
            joins.append(f"CROSS JOIN nothing_{number} n{number}")
            columns += [
                f"CASE WHEN m{number}.region IS NULL THEN n{number}.{quoted(name)} "
                f"ELSE m{number}.{quoted(name)} END AS {quoted(name)}"
                for name in measures
            ]
        else:
            columns += [f"m{number}.{quoted(name)}" for name in measures]
    used = set(compiled.columns)
    for number, (table, given) in enumerate(indicator.input.items(), 1):
        names = [name for name in given.columns if name in used]
        if given.grain != "region" or not names:
            continue
        joins.append(_join(quoted(table), f"t{number}"))
        columns += [_column(f"t{number}", quoted(name), given.absent) for name in names]
    steps.append(
        f"measured AS (\n  SELECT {', '.join(['r.scenario', 'r.region', *columns])}\n"
        + "\n".join(f"  {line}" for line in ("FROM regions r", *joins))
        + "\n)"
    )
    ending = "FROM measured"
    if compiled.totals:
        sums = ", ".join(
            f"{sorted_sum(text)} AS total_{n}" for n, text in enumerate(compiled.totals, 1)
        )
        steps.append(
            f"totals AS (\n  SELECT scenario, {sums}\n  FROM measured\n  GROUP BY scenario\n)"
        )
        ending += " JOIN totals USING (scenario)"
    shown = "".join(f", {quoted(name)}" for name in _measure_names(indicator, version))
    estimate = f", CAST({compiled.estimate} AS DOUBLE) AS estimate" if compiled.estimate else ""
    value = f"CAST({compiled.value} AS DOUBLE) AS value"
    return f"WITH {', '.join(steps)}\nSELECT scenario, region{shown}, {value}{estimate}\n{ending}"


def _join(table: str, alias: str) -> str:
    return (
        f"LEFT JOIN {table} {alias} ON {alias}.scenario = r.scenario AND {alias}.region = r.region"
    )


def _column(alias: str, name: str, absent: str) -> str:
    if absent == "zero":
        return f"CASE WHEN {alias}.region IS NULL THEN 0 ELSE {alias}.{name} END AS {name}"
    return f"{alias}.{name}"


def _measure_names(indicator: Indicator, version: Version) -> list[str]:
    """What an explanation shows: the measures and region-grain columns that the value reads."""
    compiled = indicator.compiled(version)
    texts = {
        name
        for given in indicator.input.values()
        for name, kind in given.types.items()
        if given.grain == "region" and kind not in NUMERIC
    }
    measures = [name for group in compiled.measures.values() for name in group]
    columns = [
        name
        for given in indicator.input.values()
        if given.grain == "region"
        for name in given.columns
    ]
    return [n for n in (*measures, *columns) if n in compiled.columns and n not in texts]


def hold(
    store: Store, tables: Mapping[str, pl.DataFrame], inputs: Mapping[str, Input], edition: int
) -> None:
    """Show the rows of one edition under the tables' names.

    A table may carry a column ``scenario``; without it all rows are scenario 0.

    Raises:
        DataError: a table has no rows for the edition.
    """
    _hold(store, tables, {edition: inputs}, by_edition=False)


def hold_panel(
    store: Store, tables: Mapping[str, pl.DataFrame], inputs: Mapping[int, Mapping[str, Input]]
) -> None:
    """Show the rows of several editions at once; the scenario is the edition.

    Args:
        store: the connection.
        tables: the frames.
        inputs: for each edition, the tables it reads.

    Raises:
        DataError: a table has no rows for an edition that reads it.
    """
    _hold(store, tables, inputs, by_edition=True)


def _hold(
    store: Store,
    tables: Mapping[str, pl.DataFrame],
    inputs: Mapping[int, Mapping[str, Input]],
    *,
    by_edition: bool,
) -> None:
    store.run("CREATE SCHEMA IF NOT EXISTS held")
    problems: list[Problem] = []
    shown: list[str] = []
    grained: list[str] = []
    for name, given in {name: g for each in inputs.values() for name, g in each.items()}.items():
        frame = tables[name]
        read = {
            edition: _years(frame, given, edition) for edition in inputs if name in inputs[edition]
        }
        empty = [edition for edition, years in read.items() if years is not None and not years]
        problems += [_no_rows(name, frame, given, edition) for edition in empty]
        if "scenario" not in frame.columns:
            frame = frame.with_columns(scenario=pl.lit(0, pl.Int64))
        store.keep(f"held.{quoted(name)}", frame)
        pairs = ", ".join(
            f"({e}, {'NULL' if year is None else year}::BIGINT)"
            for e, years in read.items()
            for year in (years or (None,))
        )
        scenario = "CAST(y.edition AS BIGINT) AS scenario" if by_edition else "t.scenario"
        columns = [
            f"CAST(t.{quoted(column)} AS {SQL_TYPE[kind]}) AS {quoted(column)}"
            for column, kind in given.types.items()
        ]
        match = "ON t.year = y.year" if "year" in frame.columns else "ON true"
        store.run(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS "
            f"SELECT {', '.join([scenario, 't.region', *columns])} "
            f"FROM held.{quoted(name)} t JOIN (VALUES {pairs}) y(edition, year) {match}"
        )
        rows_of = f"SELECT scenario, region FROM {quoted(name)}"
        shown.append(rows_of)
        grained += [rows_of] if given.grain else []
    if problems:
        raise DataError(problems)
    store.run(
        "CREATE OR REPLACE TEMP TABLE regions AS "
        + " UNION ".join(grained or shown)
        + " ORDER BY scenario, region"
    )


def years_used(frame: pl.DataFrame, given: Input, edition: int) -> list[int]:
    """The years whose rows an edition reads, in order; empty for a table without years."""
    return _years(frame, given, edition) or []


def _years(frame: pl.DataFrame, given: Input, edition: int) -> list[int] | None:
    if "year" not in frame.columns:
        return None
    held = set(frame["year"].unique().to_list())
    if given.window > 1:
        return sorted(year for year in held if edition - given.window < year <= edition)
    return sorted(year for year in held if edition - given.carry <= year <= edition)[-1:]


def _no_rows(name: str, frame: pl.DataFrame, given: Input, edition: int) -> Problem:
    held = sorted(frame["year"].drop_nulls().unique().to_list())
    span = " to ".join(map(str, dict.fromkeys((held[0], held[-1])))) if held else ""
    has = f"it holds {span}" if held else "it has no rows"
    carried = f", carried forward at most {given.carry} years" if given.carry else ""
    return Problem(
        f"table {name}", f"no rows for {edition}: {has}{carried}", "add the year or choose another"
    )


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
    store: Store, wanted: Iterable[tuple[Indicator, Version, Collection[int] | None]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As ``evaluate``, for given versions, each over all scenarios or over those named."""
    steps: list[str] = []
    rows: list[str] = []
    estimated = False
    for number, (indicator, version, scenarios) in enumerate(wanted):
        sql = indicator_sql(indicator, version)
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
