"""Registers that stay in their Parquet files: checked in one pass, never loaded.

A table finer than a region is read in place where its files are large. DuckDB looks at every cell
once, by the rules that hold for loaded tables; what is refused is listed and left out by the rule
itself, so memory does not grow with the register.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from rating.definitions import derived
from rating.definitions.parsing import literal, quoted
from rating.definitions.table import Column, Input
from rating.errors import Problem
from rating.inputs import cells, classifiers, keys, parquet_file, raw, rules
from rating.inputs.connection import Stream, door, without_bar
from rating.inputs.regions import Register

LARGE = 64 * 2**20
"""Bytes from which a Parquet file is read in place."""

SHOWN = 1000
"""Refused rows that are listed; the others are counted."""

_YEAR = Column(type="integer", min=1900, max=2100, nullable=False)


@dataclass(frozen=True)
class Stored:
    """A table in its files.

    Attributes:
        name: the table.
        files: its Parquet files, sorted.
        columns: the names in the files.
        years: the years it holds; None where it has no column year.
        height: the rows, refused ones included.
        good: SQL for the rows whose cells are taken, over the columns of the files.
        values: columns whose cells are not their values as they are, and SQL of these.
        rules: SQL that holds of a row of values that breaks no rule.
        codes: names of regions as the files write them, where they are not the codes.
    """

    name: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    years: tuple[int, ...] | None
    height: int
    good: str
    values: tuple[tuple[str, str], ...]
    rules: str
    codes: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """The files as a reader is told of them."""
        first = self.files[0].name
        more = len(self.files) - 1
        return f"{first} and {more} more" if more else first

    @cached_property
    def sha256(self) -> str:
        """One number for all files."""
        total = hashlib.sha256()
        for file in self.files:
            with file.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()

    def sql(self, read: str | None = None) -> str:
        """The rows as SQL, with the codes of regions.

        Args:
            read: the name under which the files are shown, where it is not DuckDB that reads them.
        """
        rows = f"{_valued(self.values)} FROM {read or source(self.files)} WHERE {self.good}"
        if self.rules:
            rows = f"SELECT * FROM ({rows}) v WHERE {self.rules}"
        if not self.codes:
            return rows
        pairs = ", ".join(f"({literal(name)}, {literal(code)})" for name, code in self.codes)
        return (
            f"SELECT t.* REPLACE (k.code AS region) FROM ({rows}) t "
            f"JOIN (VALUES {pairs}) k(name, code) ON t.region = k.name"
        )


def _valued(values: Iterable[tuple[str, str]]) -> str:
    replaced = ", ".join(f"{value} AS {quoted(name)}" for name, value in values)
    return f"SELECT * REPLACE ({replaced})" if replaced else "SELECT *"


def source(files: Iterable[Path]) -> str:
    """The files as DuckDB reads them."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}])"


def regions(files: list[Path]) -> tuple[str, pl.Series, pl.Series]:
    """The names of regions in the files: the first file's name, each name and its first row.

    Files that cannot be read, or have no such column, name none: ``check`` tells what they are.
    """
    with duckdb.connect(config={"python_enable_replacements": False}) as connection:
        without_bar(connection)
        listed = ", ".join(literal(str(file)) for file in files)
        query = f"""
            SELECT CAST(region AS VARCHAR) AS name, min(file_row_number) + 2 AS row
            FROM read_parquet([{listed}], file_row_number = true)
            GROUP BY ALL ORDER BY ALL"""
        try:
            found = pl.DataFrame(Stream(connection.sql(query)))
        except duckdb.Error:
            found = pl.DataFrame(schema={"name": pl.String, "row": pl.Int64})
    return files[0].name, found["name"], found["row"].cast(pl.Int64)


def is_large(files: list[Path], declared: Input) -> bool:
    """Whether a table is read in place: large, finer than a region, and no rule about groups."""
    return (
        declared.grain is None
        and not any(rule.by for rule in declared.rule)
        and all(file.suffix == ".parquet" for file in files)
        and sum(file.stat().st_size for file in files) >= LARGE
    )


def check(
    name: str,
    files: list[Path],
    declared: Input,
    register: Register | None,
    refused: Mapping[str, str],
    problems: list[Problem],
) -> tuple[Stored, pl.DataFrame] | None:
    """A table in its files, and its refused rows: file, row, column, rule, value.

    Names of regions that are ``refused`` refuse their rows. What is wrong with the files as a whole
    is added to ``problems``; then nothing is returned.
    """
    with duckdb.connect(config={"python_enable_replacements": False}) as connection:
        without_bar(connection)
        try:
            return _read(connection, name, files, declared, register, refused, problems)
        except duckdb.Error as error:
            what = f"not whole Parquet files: {str(error).splitlines()[0]}"
            problems.append(Problem(files[0].name, what, "write or download them again"))
            return None


def _read(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: list[Path],
    declared: Input,
    register: Register | None,
    refused: Mapping[str, str],
    problems: list[Problem],
) -> tuple[Stored, pl.DataFrame] | None:
    schema, names = parquet_file.schema(connection, files)
    where = files[0].name
    wrong = raw.check_header(where, names)
    columns = {"region": Column(type="text", nullable=False)}
    columns |= {"year": _YEAR} if "year" in schema else {}
    columns |= declared.stored
    wrong += [raw.no_column(where, name, schema) for name in columns if name not in schema]
    for name in [] if wrong else columns:
        misfit = cells.misfit(where, name, schema[name], columns[name], typed=True)
        if misfit is not None and _is_empty(connection, files, name):
            schema[name] = pl.Null()
        elif misfit is not None:
            wrong.append(misfit)
    wrong += [] if wrong else rules.lost(declared, schema, name)
    codes: tuple[tuple[str, str], ...] = ()
    if not wrong:
        codes, wrong = _codes(connection, files, register)
    problems += wrong
    if wrong:
        return None
    table = _Table(connection, tuple(sorted(files)), schema, columns, register is not None)
    return _checked(table, name, declared, codes, refused)


def _is_empty(connection: duckdb.DuckDBPyConnection, files: list[Path], name: str) -> bool:
    query = f"SELECT count({quoted(name)}) FROM {source(files)}"
    return bool(connection.sql(query).fetchall()[0][0] == 0)


def _codes(
    connection: duckdb.DuckDBPyConnection, files: list[Path], register: Register | None
) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    """The regions of the files under other names than their codes, and those nobody knows."""
    listed = ", ".join(literal(str(file)) for file in files)
    query = (
        "SELECT CAST(region AS VARCHAR) AS cell, min(file_row_number) + 2 AS row, count(*) AS rows "
        f"FROM read_parquet([{listed}], file_row_number = true) "
        "WHERE CAST(region AS VARCHAR) <> '' GROUP BY 1 ORDER BY 1"
    )
    found = pl.DataFrame(Stream(connection.sql(query)))
    cell = found["cell"]
    codes = cell.str.normalize("NFC") if register is None else register.resolve(cell)
    found = found.with_columns(region=codes)
    lost = found.filter(pl.col("region").is_null())
    if register is not None and not lost.is_empty():
        # Each as often as it stands, so that the problem counts the rows as it does in memory.
        rows = lost.select(pl.exclude("rows").repeat_by("rows")).explode("cell", "row", "region")
        return (), keys.unknown(files[0].name, rows, register)
    pairs = tuple(found.select("cell", "region").iter_rows())
    return (pairs if any(name != code for name, code in pairs) else ()), []


@dataclass(frozen=True)
class _Table:
    """The files of a table, the types of their columns, and what these are declared as."""

    connection: duckdb.DuckDBPyConnection
    files: tuple[Path, ...]
    schema: dict[str, pl.DataType]
    columns: dict[str, Column]
    registered: bool

    def rows(self, query: str) -> pl.DataFrame:
        """The rows of a query."""
        return pl.DataFrame(Stream(self.connection.sql(query)))

    def rule(self, name: str) -> tuple[str, list[tuple[str, str]]]:
        """The value of a column as SQL, and what is wrong where a condition holds."""
        column, cell = self.columns[name], quoted(name)
        value, faults = cells.printed(cell, self.schema[name], column)
        if name == "region" and self.registered:
            # A name of the register is no text of the user's: it is known or it is not.
            return cell, [fault for fault in faults if fault[0] == cells.EMPTY]
        if column.classifier is not None:
            limits = [*self._strange(value, column.classifier)]
            place = sum(1 for rule, _ in faults if rule == cells.EMPTY)
            faults = [*faults[:place], *limits, *faults[place:]]
        return value, faults

    def _strange(self, value: str, classifier: str) -> Iterator[tuple[str, str]]:
        """The rules of a code list, each with its codes: what differs is few, and is held once."""
        known = ", ".join(map(literal, classifiers.table(classifier)["code"].to_list()))
        query = f"SELECT DISTINCT {value} AS code FROM {source(self.files)}"
        query = f"SELECT code FROM ({query}) WHERE code NOT IN ({known}) LIMIT {SHOWN}"
        codes = self.rows(query)
        for condition, rule in classifiers.faults(classifier, pl.col("code")):
            if found := codes.filter(condition)["code"].to_list():
                yield rule, f"{value} IN ({', '.join(map(literal, found))})"
        if codes.height == SHOWN:
            yield classifiers.NOT_OKVED2, f"{value} NOT IN ({known})"


def _checked(
    table: _Table,
    name: str,
    declared: Input,
    codes: tuple[tuple[str, str], ...],
    refused: Mapping[str, str],
) -> tuple[Stored, pl.DataFrame]:
    printed = {column: table.rule(column) for column in table.columns}
    spelt = "nfc_normalize(CAST(region AS VARCHAR)) ="
    named = [(rule, f"{spelt} {literal(cell)}") for cell, rule in refused.items()]
    value, own = printed["region"]
    # A name is refused for its spelling before anything else is said of it.
    printed["region"] = value, [*own[:1], *named, *own[1:]]
    faults = [(column, rule, sql) for column, (_, found) in printed.items() for rule, sql in found]
    changed = [column for column in printed if column != "region"]
    differs = [
        f"CAST({quoted(column)} AS VARCHAR) IS DISTINCT FROM CAST({printed[column][0]} AS VARCHAR)"
        for column in changed
    ]
    asked = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in [s for *_, s in faults] + differs)
    year = printed["year"][0] if "year" in printed else None
    years = f", list_sort(list(DISTINCT {year}))" if year else ", NULL"
    query = f"SELECT count(*){years}, {asked} FROM {source(table.files)}"
    height, held, *counts = table.connection.sql(query).fetchall()[0]
    met = [fault for fault, count in zip(faults, counts, strict=False) if count]
    bad = " OR ".join(f"coalesce({sql}, false)" for *_, sql in met) or "false"
    others = counts[len(faults) :]
    values = tuple(
        (column, f"CAST({printed[column][0]} AS {cells.SQL_TYPES[table.columns[column].type]})")
        for column, count in zip(changed, others, strict=True)
        if count or not _is_value(table.schema[column], table.columns[column])
    )
    kept: list[str] = []
    broken = []
    for rule in declared.rule:
        formula = derived.rule_formula(rule, declared, "")
        assert formula is not None, "rules of groups are for tables in memory"
        holds = f"coalesce(CAST(({formula}) AS BOOLEAN), TRUE)"
        label, shown = rules.shown(rule, formula)
        text = f"not so: {rule.name.en} (rule {rule.id})"
        broken.append((label, text, " AND ".join([*kept, f"NOT {holds}"]), shown))
        kept.append(holds)
    stored = Stored(
        name=name,
        files=table.files,
        columns=tuple(table.schema),
        years=None if held is None else tuple(year for year in held if year is not None),
        height=height,
        good=f"NOT ({bad})" if met else "true",
        values=values,
        rules=" AND ".join(kept),
        codes=codes,
    )
    return stored, _refused(table, stored, met, broken)


def _is_value(dtype: pl.DataType, column: Column) -> bool:
    return dtype == cells.DTYPES[column.type]


_LISTED = {
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "rule": pl.String,
    "value": pl.String,
}


def _refused(
    table: _Table,
    stored: Stored,
    met: list[tuple[str, str, str]],
    broken: list[tuple[str, str, str, str]],
) -> pl.DataFrame:
    """The first refused rows, in the order of the files; their rows are counted from 2."""
    listed = ", ".join(literal(str(file)) for file in stored.files)
    rows = f"read_parquet([{listed}], filename = true, file_row_number = true)"
    place = "parse_filename(filename) AS file, file_row_number + 2 AS row"
    found = [pl.DataFrame(schema=_LISTED)]
    for column in dict.fromkeys(column for column, *_ in met):
        mine = [(rule, sql) for name, rule, sql in met if name == column]
        cell = cells.present(quoted(column), table.schema[column])
        cases = " ".join(f"WHEN {sql} THEN {literal(rule)}" for rule, sql in mine)
        query = (
            f"SELECT * FROM (SELECT {place}, {cell} AS cell, CASE {cases} END AS rule "
            f"FROM {rows}) WHERE rule IS NOT NULL ORDER BY file, row LIMIT {SHOWN}"
        )
        one = table.rows(query).with_columns(
            column=pl.lit(column), value=cells.shown(pl.col("cell"))
        )
        found.append(one.select(pl.col(name).cast(kind) for name, kind in _LISTED.items()))
    valued = f"{_valued(stored.values)} FROM {rows} WHERE {stored.good}"
    for label, rule, breaks, shown in broken:
        query = (
            f"SELECT {place}, {literal(label)} AS column, {literal(rule)} AS rule, "
            f"{shown} AS value FROM ({valued}) WHERE {breaks} ORDER BY file, row LIMIT {SHOWN}"
        )
        with door(f"{stored.name}, {rule}"):
            one = table.rows(query)
        found.append(one.select(pl.col(name).cast(kind) for name, kind in _LISTED.items()))
    return pl.concat(found).sort("file", "row", maintain_order=True).head(SHOWN)
