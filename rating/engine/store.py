"""The locked DuckDB connection: frames in, one query, a frame out."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import polars as pl

from rating.definitions.parsing import literal
from rating.errors import DataError, Problem, UsageError
from rating.inputs.connection import Stream, door, lock
from rating.process import require_threads


class Store:
    """An in-memory DuckDB with no way out: no files, no network, no host variables.

    Used as a context manager, so that the connection is closed at the end.

    Args:
        threads: how many threads DuckDB takes; the answers do not depend on it.
        files: the only files that may be read: registers that stay in Parquet.
        memory: how much DuckDB may take, as ``2GB``; what does not fit goes to temporary files.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        files: Collection[Path] = (),
        memory: str | None = None,
    ) -> None:
        require_threads()
        config: dict[str, Any] = {"python_enable_replacements": False}
        if threads is not None:
            config["threads"] = threads
        if memory is not None:
            config["memory_limit"] = _enough(memory)
        self._in_order = not files
        try:
            self._spill = tempfile.TemporaryDirectory() if files or memory else None
        except OSError as error:
            what = f"no folder can be made: {error.strerror}"
            remedy = "point TMPDIR at a folder that can be written"
            raise UsageError(Problem("temporary files", what, remedy)) from None
        self._connection = duckdb.connect(":memory:", config=config)
        if self._spill is not None:
            self._connection.execute(f"SET temp_directory = {literal(self._spill.name)}")
        if files:
            listed = ", ".join(literal(str(file)) for file in files)
            self._connection.execute(f"SET allowed_paths = [{listed}]")
            # The order of rows says nothing here, and keeping it costs memory.
            self._connection.execute("SET preserve_insertion_order = false")
        lock(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        if self._spill is not None:
            self._spill.cleanup()

    def run(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        with door("a formula"):
            self._connection.execute(sql)

    def keep(self, name: str, frame: pl.DataFrame) -> None:
        """Keep a frame as a table."""
        self._connection.register("_arriving", Stream(frame))
        try:
            with door(name):
                self._connection.execute(
                    f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _arriving"
                )
        finally:
            self._connection.unregister("_arriving")

    def query(
        self,
        sql: str,
        frames: Mapping[str, pl.DataFrame] | None = None,
        *,
        where: str = "a formula",
    ) -> pl.DataFrame:
        """Answer a query over the kept tables and the frames given by name.

        Args:
            sql: the query.
            frames: what it reads beside the tables.
            where: whose formulas it runs, for messages.

        Raises:
            DefinitionError: a number left the range of what DuckDB can hold.
            UsageError: the memory is not enough.
        """
        given = dict(frames or {})
        for name, frame in given.items():
            self._connection.register(name, Stream(frame))
        try:
            with door(where):
                return pl.DataFrame(Stream(self._connection.sql(sql)))
        finally:
            for name in given:
                self._connection.unregister(name)

    def each(self, rows: pl.DataFrame, made: Mapping[str, str], *wanted: str) -> pl.DataFrame:
        """Expressions over every row of a frame, in the order of its rows.

        Args:
            rows: the frame; its columns are used by name.
            made: the expressions by the names they get; one may use those before it.
            wanted: which of them are returned.
        """
        listed = ", ".join(f"{sql} AS {name}" for name, sql in made.items())
        shown = ", ".join(wanted)
        if self._in_order:
            return self.query(f"SELECT {shown} FROM (SELECT {listed} FROM rows)", {"rows": rows})
        sql = f"SELECT {shown} FROM (SELECT number, {listed} FROM rows) ORDER BY number"
        return self.query(sql, {"rows": rows.with_row_index("number")})


_UNITS = {"MB": 1e6, "MiB": 2**20, "GB": 1e9, "GiB": 2**30, "TB": 1e12, "TiB": 2**40}
_LEAST = 100e6


def _enough(memory: str) -> str:
    """A size of memory that the database can start with.

    Raises:
        UsageError: it is no size, or too small.
    """
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?) ?([MGT]i?B)", memory.strip(), re.ASCII)
    if found is None:
        what = f"'{memory[:40]}' is not a size of memory"
        raise UsageError(Problem("memory", what, "write it as 500MB or 2GB"))
    if float(found[1]) * _UNITS[found[2]] < _LEAST:
        what = f"{memory.strip()} is too little for the database to start"
        raise UsageError(Problem("memory", what, "give it 100MB or more"))
    return found[0]


def finite(frame: pl.DataFrame, column: str, step: str) -> pl.DataFrame:
    """The frame itself, if every number in a column is finite or missing.

    Raises:
        DataError: a step made NaN or infinity; with region and indicator of each.
    """
    bad = frame.filter(pl.col(column).is_nan() | pl.col(column).is_infinite())
    if bad.is_empty():
        return frame
    item = next(name for name in ("indicator", "node", "item") if name in frame.columns)
    remedy = (
        "divide by nullif(x, 0) and take the logarithm of nullif(x, 0)"
        if step == "value"
        else "the numbers are too large or too small for this method: change the unit"
    )
    raise DataError(
        Problem(f"{row[item]}, {row['region']}", f"{step} is {row[column]}, not a number", remedy)
        for row in bad.sort(item, "region").head(20).iter_rows(named=True)
    )


# What makes whole numbers of doubles up to 2 in size: their sums are exact, and have no order.
_FINE = f"{2**60}::DOUBLE"


def exact_sum(term: str, unit: str = "1") -> str:
    """SQL for a sum that does not depend on the order of rows, their names or the threads.

    Args:
        term: what is summed; at most twice the unit in size.
        unit: what is the same in each group; see ``binary_unit``.
    """
    if unit == "1":
        return f"CAST(sum(CAST(({term}) * {_FINE} AS BIGINT)) AS DOUBLE) / {_FINE}"
    whole = f"CAST(({term}) / {unit} * {_FINE} AS BIGINT)"
    return f"CAST(sum({whole}) AS DOUBLE) / {_FINE} * any_value({unit})"


def binary_unit(largest: str) -> str:
    """SQL for the power of 2 at or just below the size of the largest term, 1 for 0."""
    return f"CASE WHEN {largest} > 0 THEN pow(2::DOUBLE, floor(log2({largest}))) ELSE 1 END"
