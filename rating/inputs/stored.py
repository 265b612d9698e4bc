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

from rating.definitions import derived, spelling
from rating.definitions.parsing import SQL_TYPE, literal, quoted
from rating.definitions.table import Column, Input
from rating.errors import DefinitionError, Problem, nearest
from rating.inputs import cells, classifiers, raw, rules
from rating.inputs.connection import Stream, door, without_bar
from rating.inputs.regions import Register

LARGE = 64 * 2**20
"""Bytes from which a Parquet file is read in place."""

SHOWN = 1000
"""Refused rows that are listed; the others are counted."""

_YEAR = Column(type="integer", min=1900, max=2100, nullable=False)
_TYPES = {
    "number": (
        "DOUBLE",
        "FLOAT",
        "DECIMAL",
        "BIGINT",
        "INTEGER",
        "SMALLINT",
        "TINYINT",
        "HUGEINT",
        "U",
    ),
    "integer": ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "U"),
    "text": ("VARCHAR", "ENUM"),
    "date": ("DATE",),
    "boolean": ("BOOLEAN",),
}


@dataclass(frozen=True)
class Stored:
    """A table in its files.

    Attributes:
        name: the table.
        files: its Parquet files, sorted.
        columns: the names in the files.
        years: the years it holds; None where it has no column year.
        height: the rows, refused ones included.
        good: SQL for the rows that are taken, over the columns of the files.
        codes: names of regions as the files write them, where they are not the codes.
    """

    name: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    years: tuple[int, ...] | None
    height: int
    good: str
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
        rows = f"SELECT * FROM {read or source(self.files)} WHERE {self.good}"
        if not self.codes:
            return rows
        pairs = ", ".join(f"({literal(name)}, {literal(code)})" for name, code in self.codes)
        return (
            f"SELECT t.* REPLACE (k.code AS region) FROM ({rows}) t "
            f"JOIN (VALUES {pairs}) k(name, code) ON t.region = k.name"
        )


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
    described = connection.sql(f"DESCRIBE SELECT * FROM {source(files)}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    columns = {"region": Column(type="text", nullable=False)}
    columns |= {"year": _YEAR} if "year" in types else {}
    columns |= declared.stored
    wrong = [*_misfits(files[0].name, types, columns), *rules.lost(declared, types, name)]
    codes: tuple[tuple[str, str], ...] = ()
    if not wrong:
        codes, wrong = _codes(connection, files, register)
    problems += wrong
    return (
        None
        if wrong
        else _checked(connection, name, files, types, columns, declared, codes, refused)
    )


def _misfits(file: str, types: dict[str, str], columns: dict[str, Column]) -> Iterator[Problem]:
    for name, column in columns.items():
        if name not in types:
            yield Problem(file, f"no column '{name}'", raw.shown(nearest(name, types)))
        elif not types[name].startswith(_TYPES[column.type]):
            what = f"the column holds {types[name]} where {column.type} is declared"
            yield Problem(f"{file}, column {name}", what, f"cast it to {SQL_TYPE[column.type]}")


def _codes(
    connection: duckdb.DuckDBPyConnection, files: list[Path], register: Register | None
) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    """The regions of the files under other names than their codes, and those nobody knows."""
    query = f"SELECT DISTINCT region FROM {source(files)} WHERE region IS NOT NULL ORDER BY 1"
    names = pl.DataFrame(Stream(connection.sql(query)))["region"].cast(pl.String)
    codes = names.str.normalize("NFC") if register is None else register.resolve(names)
    lost = names.filter(codes.is_null()).to_list()
    if lost and register is not None:
        some = ", ".join(map(spelling.seen, lost[:5]))
        what = f"{len(lost)} regions that the register does not know: {some}"
        return (), [Problem(f"{files[0].name}, column region", what, register.nearest(lost[0]))]
    pairs = tuple(zip(names.to_list(), codes.to_list(), strict=True))
    return (pairs if any(name != code for name, code in pairs) else ()), []


def _checked(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: list[Path],
    types: dict[str, str],
    columns: dict[str, Column],
    declared: Input,
    codes: tuple[tuple[str, str], ...],
    refused: Mapping[str, str],
) -> tuple[Stored, pl.DataFrame]:
    faults = list(_faults(connection, files, columns, declared, types))
    spelt = "nfc_normalize(CAST(region AS VARCHAR)) ="
    faults += [("region", rule, f"{spelt} {literal(cell)}") for cell, rule in refused.items()]
    counts = ", ".join(f"count(*) FILTER (WHERE {sql})" for _, _, sql in faults)
    years = ", list_sort(list(DISTINCT year))" if "year" in types else ", NULL"
    query = f"SELECT count(*){years}, {counts} FROM {source(files)}"
    try:
        with door(name):
            height, held, *found = connection.sql(query).fetchall()[0]
    except DefinitionError:
        # One rule at a time, to say which.
        for _, label, sql in faults:
            with door(f"{name}, {label}"):
                connection.sql(f"SELECT count(*) FROM {source(files)} WHERE {sql}").fetchall()
        raise
    met = [fault for fault, count in zip(faults, found, strict=True) if count]
    stored = Stored(
        name=name,
        files=tuple(sorted(files)),
        columns=tuple(types),
        years=None if held is None else tuple(year for year in held if year is not None),
        height=height,
        good=" AND ".join(f"NOT coalesce({sql}, false)" for _, _, sql in met) or "true",
        codes=codes,
    )
    return stored, _refused(connection, stored, met)


def _refused(
    connection: duckdb.DuckDBPyConnection, stored: Stored, met: list[tuple[str, str, str]]
) -> pl.DataFrame:
    """The first refused rows, in the order of the files; their rows are counted from 2."""
    schema = {
        "file": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "rule": pl.String,
        "value": pl.String,
    }
    if not met:
        return pl.DataFrame(schema=schema)
    listed = ", ".join(literal(str(file)) for file in stored.files)
    rows = f"read_parquet([{listed}], filename = true, file_row_number = true)"
    parts = [
        f"SELECT parse_filename(filename) AS file, file_row_number + 2 AS row, "
        f"{literal(column)} AS column, {literal(rule)} AS rule, "
        f"{f'left(CAST({quoted(column)} AS VARCHAR), 60)' if column else 'NULL'} AS value "
        f"FROM {rows} WHERE {sql}"
        for column, rule, sql in met
    ]
    query = f"{' UNION ALL '.join(parts)} ORDER BY file, row LIMIT {SHOWN}"
    return pl.DataFrame(Stream(connection.sql(query))).select(
        pl.col(name).cast(kind) for name, kind in schema.items()
    )


def _faults(
    connection: duckdb.DuckDBPyConnection,
    files: list[Path],
    columns: dict[str, Column],
    declared: Input,
    types: dict[str, str],
) -> Iterator[tuple[str, str, str]]:
    """Column, rule and the SQL that is true of a cell that breaks it."""
    for name, column in columns.items():
        cell = quoted(name)
        if not column.nullable:
            yield name, cells.EMPTY, f"{cell} IS NULL"
        if types[name] in ("DOUBLE", "FLOAT"):
            yield name, cells.NOT_FINITE, f"NOT isfinite({cell})"
        if column.min is not None:
            yield name, cells.below(column.min), f"{cell} < {column.min!r}"
        if column.max is not None:
            yield name, cells.above(column.max), f"{cell} > {column.max!r}"
        if column.choices is not None:
            listed = ", ".join(literal(choice) for choice in column.choices)
            yield name, cells.not_a_choice(column.choices), f"{cell} NOT IN ({listed})"
        if column.classifier is not None:
            known = classifiers.table(column.classifier)["code"].to_list()
            listed = ", ".join(literal(code) for code in known)
            yield name, classifiers.NOT_OKVED2, _strange(connection, files, cell, listed)
        if column.type == "text":
            yield name, cells.TOO_LONG, f"length({cell}) > {cells.LONGEST}"
            yield name, cells.BLANK_AT_EDGE, f"{cell} <> trim({cell})"
    for rule in declared.rule:
        formula = derived.rule_formula(rule, declared, "")
        if formula is not None:
            yield (
                "",
                f"not so: {rule.name.en} (rule {rule.id})",
                f"NOT CAST(({formula}) AS BOOLEAN)",
            )


def _strange(
    connection: duckdb.DuckDBPyConnection, files: list[Path], cell: str, listed: str
) -> str:
    """SQL that is true of a code outside a long list: what differs is few, and is held once."""
    query = f"SELECT DISTINCT {cell} AS code FROM {source(files)}"
    query = f"SELECT code FROM ({query}) WHERE code NOT IN ({listed}) ORDER BY code LIMIT {SHOWN}"
    found = [str(row[0]) for row in connection.sql(query).fetchall()]
    if len(found) == SHOWN:
        return f"{cell} NOT IN ({listed})"
    return f"{cell} IN ({', '.join(map(literal, found))})" if found else "false"
