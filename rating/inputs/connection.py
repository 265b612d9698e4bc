"""What every connection of DuckDB has in common: how it is locked, and how rows go in and out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import duckdb
import polars as pl

PIECE = 122_880  # the rows of a row group


class Stream:
    """A frame or a relation as an Arrow stream and nothing else.

    DuckDB takes a frame only so without pyarrow; polars, given the relation itself, leaves a
    reference to it behind that DuckDB reports on stderr at exit.
    """

    def __init__(self, rows: pl.DataFrame | duckdb.DuckDBPyRelation) -> None:
        self._rows: Any = rows
        if isinstance(rows, pl.DataFrame) and rows.height > PIECE:
            # A thread of DuckDB takes a piece at a time, and polars exports a frame in one.
            parts = (rows.slice(start, PIECE) for start in range(0, rows.height, PIECE))
            self._rows = pl.concat(parts, rechunk=False).to_struct("row")

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self._rows.__arrow_c_stream__(requested_schema)


def without_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """Switch the progress bar off."""
    # In a notebook without ipywidgets there is no bar, and DuckDB refuses to be told so.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Shut a connection off from files and network, for good."""
    connection.execute("SET enable_external_access = false")
    without_bar(connection)
    connection.execute("SET lock_configuration = true")
