"""The rules of a table: what must hold of a row, of a group of rows, of the spans of one key.

Checked in SQL over the rows whose cells are good. A rule about a row is asked once; rules about
groups and spans are asked again until none refuses anything, so that the rows that are left keep
every rule: what was read once is refused nothing when it is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb
import polars as pl

from rating.definitions import derived
from rating.definitions.grammar import Formula
from rating.definitions.parsing import quoted
from rating.definitions.table import Input, Rule
from rating.errors import DefinitionError, Problem
from rating.inputs.connection import Stream, door, lock

INDEX = "__index"
"""The column that numbers the rows: no name of a user begins so."""

_BROKEN = {"index": pl.Int64, "column": pl.String, "rule": pl.String, "value": pl.String}


def broken(
    declared: Input, frame: pl.DataFrame, rows: pl.Series, table: str = "table"
) -> pl.DataFrame:
    """The rows that break a rule: index, column, rule, value.

    Args:
        declared: the table with its rules, checked with its section.
        frame: the rows whose cells are good, with a column ``__index``.
        rows: where each index stands in the file.
        table: what it is called, for messages.

    Returns:
        One row for each refused row: the columns the rule reads, its name and id, their cells.

    Raises:
        DefinitionError: a rule reads a key that the table does not have, or meets a row that it is
            not defined for.
    """
    found: list[tuple[int, str, str, str]] = []
    if not declared.rule or frame.is_empty():
        return pl.DataFrame(found, schema=_BROKEN, orient="row")
    ordered = sorted(declared.rule, key=lambda rule: bool(rule.by))
    problems = list(lost(declared, frame.columns, table))
    if problems:
        raise DefinitionError(problems)
    whole = [name for name, kind in frame.schema.items() if kind.is_integer() and name != INDEX]
    with _kept(frame) as connection:
        again = True
        while again:
            again = False
            for rule in ordered:
                with door(f"{table}, rule {rule.id}"):
                    refused = list(_refused(connection, declared, rule, rows, whole))
                if refused:
                    again = again or bool(rule.by)
                    found += refused
                    _remove(connection, [index for index, *_ in refused])
    return pl.DataFrame(found, schema=_BROKEN, orient="row")


def lost(declared: Input, columns: Iterable[str], table: str) -> Iterator[Problem]:
    """Keys that rules read and the table does not have: a table need have no year."""
    for rule in declared.rule:
        formula = derived.rule_formula(rule, declared, table)
        read = {*rule.by, *(["year"] if formula is not None and formula.yearly else [])}
        for name in sorted(read - set(columns)):
            what = f"it reads '{name}', and the table has no such column"
            yield Problem(f"{table}, rule {rule.id}", what, "add the column or leave it out")


@contextmanager
def _kept(frame: pl.DataFrame) -> Iterator[duckdb.DuckDBPyConnection]:
    """A locked connection that holds the rows as its one table."""
    with duckdb.connect(":memory:", config={"python_enable_replacements": False}) as connection:
        lock(connection)
        connection.register("arriving", Stream(frame))
        connection.execute("CREATE TABLE rows AS SELECT * FROM arriving")
        connection.unregister("arriving")
        yield connection


def _remove(connection: duckdb.DuckDBPyConnection, indices: list[int]) -> None:
    connection.execute(f"DELETE FROM rows WHERE {INDEX} IN (SELECT unnest(?::BIGINT[]))", [indices])


def _refused(
    connection: duckdb.DuckDBPyConnection,
    declared: Input,
    rule: Rule,
    rows: pl.Series,
    whole: list[str],
) -> Iterator[tuple[int, str, str, str]]:
    formula = derived.rule_formula(rule, declared, "")
    text = f"not so: {rule.name.en} (rule {rule.id})"
    if formula is None:
        column = ", ".join(rule.spans or ())
        for index, before, value in _overlapping(connection, rule):
            yield index, column, f"{text}; overlaps row {rows[before]}", value
        return
    columns, value = shown(rule, formula)
    query = _of_groups(rule, formula, whole) if rule.by else _of_rows(formula, whole)
    answer = connection.sql(
        f"SELECT {INDEX}, {value} FROM rows WHERE {INDEX} IN ({query}) ORDER BY {INDEX}"
    )
    for index, cells in answer.fetchall():
        yield index, columns, text, cells


def shown(rule: Rule, formula: Formula) -> tuple[str, str]:
    """The columns of a row that a rule reads, and SQL of their cells as they are listed."""
    columns = list(rule.by) or [*formula.columns, *(["year"] if formula.yearly else [])]
    cells = [f"coalesce(CAST({quoted(name)} AS VARCHAR), '')" for name in columns]
    return ", ".join(columns), f"concat_ws(', ', {', '.join(cells)})" if cells else "''"


def _of_rows(formula: Formula, whole: list[str]) -> str:
    # A formula that is missing is not broken: what a cell may lack is said by nullable.
    holds = f"CAST(({formula}) AS BOOLEAN)"
    return f"SELECT {INDEX} FROM ({_typed(whole)}) WHERE NOT coalesce({holds}, TRUE)"


def _of_groups(rule: Rule, formula: Formula, whole: list[str]) -> str:
    keys = {f"_by_{n}": quoted(name) for n, name in enumerate(rule.by)}
    same = " AND ".join(f"rows.{key} IS NOT DISTINCT FROM bad.{name}" for name, key in keys.items())
    kept = "".join(f", rows.{key} AS {name}" for name, key in keys.items())
    return f"""
        SELECT {INDEX}
        FROM rows
        JOIN (
            SELECT {", ".join(keys)}, CAST(({formula}) AS BOOLEAN) AS _holds
            FROM ({_typed(whole, kept)})
            GROUP BY {", ".join(keys)}
        ) AS bad ON {same}
        WHERE NOT coalesce(_holds, TRUE)"""


def _typed(whole: list[str], more: str = "") -> str:
    """The rows as formulas know them: whole numbers are doubles, which do not overflow."""
    doubles = ", ".join(f"CAST({quoted(name)} AS DOUBLE) AS {quoted(name)}" for name in whole)
    return f"SELECT *{f' REPLACE ({doubles})' if whole else ''}{more} FROM rows"


def _overlapping(
    connection: duckdb.DuckDBPyConnection, rule: Rule
) -> Iterator[tuple[int, int, str]]:
    """The rows whose span begins inside an earlier one that stays: index, the other's, the span.

    A span without an end is open, one that ends before it begins is empty and overlaps nothing;
    an end is the first day outside.
    """
    assert rule.spans is not None, "the caller asks for spans"
    start, end = (quoted(name) for name in rule.spans)
    keys = ", ".join(quoted(name) for name in rule.by)
    before = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    earlier = f"(PARTITION BY {keys} ORDER BY {start}, {INDEX} {before})"
    answer = connection.sql(f"""
        WITH spans AS (
            SELECT *, dense_rank() OVER (ORDER BY {keys}) AS _group,
                coalesce({start} < max({end}) OVER {earlier}, FALSE)
                    OR coalesce(bool_or({end} IS NULL) OVER {earlier}, FALSE) AS _inside
            FROM rows
            WHERE {start} IS NOT NULL AND ({end} IS NULL OR {end} > {start})
        )
        SELECT {INDEX}, _group, {start}, {end},
            concat(CAST({start} AS VARCHAR), ' to ', CAST({end} AS VARCHAR))
        FROM spans
        WHERE _group IN (SELECT _group FROM spans WHERE _inside)
        ORDER BY _group, {start}, {INDEX}""")
    group = stays = until = None
    for index, of, first, last, shown in answer.fetchall():
        if of == group and stays is not None and (until is None or first < until):
            yield index, stays, shown
        else:
            group, stays, until = of, index, last
