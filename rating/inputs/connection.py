"""What every connection of DuckDB has in common: how it is locked, and how rows go in and out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import polars as pl

from rating.errors import DefinitionError, Problem, UsageError

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


@contextmanager
def door(where: str) -> Iterator[None]:
    """What DuckDB says of numbers it cannot hold, or of the machine, as an error of ours.

    Every statement that runs the text of a user goes through here. What is left is a bug.

    Args:
        where: whose text it is: the table, the rule, the indicator.

    Raises:
        DefinitionError: a formula meets a row that it is not defined for.
        UsageError: the memory or the room for temporary files is not enough.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        what = f"the database may not take so much: {_first_line(error)}"
        raise UsageError(Problem("memory", what, "give it more, as --memory 4GB")) from None
    except duckdb.IOException as error:
        remedy = "see that its folder is there and has room"
        raise UsageError(Problem("temporary files", _first_line(error), remedy)) from None
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        line = _first_line(error)
        if "ivision by zero" in line:
            problem = Problem(where, "a division by zero in whole numbers", "use nullif(x, 0)")
        else:
            problem = Problem(where, f"a number out of range: {line}", "scale the inputs")
        raise DefinitionError(problem) from None


def _first_line(error: duckdb.Error) -> str:
    return (str(error).partition(": ")[2] or str(error)).split("\n")[0]
