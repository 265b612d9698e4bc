"""What every connection of DuckDB needs before it is locked."""

from __future__ import annotations

from contextlib import suppress

import duckdb


def without_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """Switch the progress bar off."""
    # In a notebook without ipywidgets there is no bar, and DuckDB refuses to be told so.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
