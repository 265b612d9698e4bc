"""Parquet files and polars frames: columns that have types already."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from rating.errors import DataError, Problem
from rating.inputs import raw, recognise
from rating.inputs.connection import Stream

RATIO, FREE = 200, 64 * 1024**2
"""How many times its size a file may unpack to, and the bytes that every file may."""

MEMORY = "1GB"
"""What the decoder may take beside the table."""


def read(file: str, data: bytes, sha256: str) -> raw.Raw:
    """The table of a Parquet file; rows are counted as if the header were line 1.

    Raises:
        DataError: the file is broken, its names clash, or it has no rows.
    """
    recognise.require(file, data, recognise.PARQUET, "write the table again")
    try:
        frame, names = _decoded(file, data)
    except DataError:
        raise
    except Exception as error:  # a damaged file meets any of the decoder's exceptions
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        # The decoder read a copy, whose place says nothing to anybody.
        reason = raw.shown(re.sub(r"'[^']*/table\.parquet'", "it", reason))
        what = f"not a whole Parquet file: {reason}"
        raise DataError(Problem(file, what, "write or download the file again")) from None
    raw.require(raw.check_header(file, names))
    if not frame.height:
        raise DataError(Problem(file, "the table has no rows", "write the rows"))
    return raw.Raw(file, _untyped_where_empty(frame), _counted(frame, 2), (), sha256, typed=True)


def _decoded(file: str, data: bytes) -> tuple[pl.DataFrame, list[str]]:
    """The table and the names of its columns as the file has them."""
    # DuckDB, because a damaged file aborts the process in polars 2.1: in each of three runs of
    # 4,000 files with one to four changed bytes; in none of 12,000 such files here.
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "table.parquet"
        path.write_bytes(data)
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        bomb = _bomb(file, connection, path, len(data))
        if bomb is not None:
            raise DataError(bomb)
        rows = connection.sql("SELECT * FROM read_parquet(?)", params=[str(path)])
        frame = pl.DataFrame(Stream(rows))
        return frame, schema(connection, [path])[1]


def _bomb(
    file: str, connection: duckdb.DuckDBPyConnection, path: Path, size: int
) -> Problem | None:
    """The problem of a file that its columns say is far larger than its bytes."""
    asked = "SELECT sum(num_rows), any_value(columns) FROM (SELECT num_rows, (SELECT count(*) FROM "
    asked += "parquet_schema(?)) AS columns FROM parquet_file_metadata(?))"
    rows, columns = connection.sql(asked, params=[str(path), str(path)]).fetchall()[0]
    packed = "SELECT sum(total_uncompressed_size) FROM parquet_metadata(?)"
    unpacked = connection.sql(packed, params=[str(path)]).fetchall()[0][0] or 0
    least = FREE + RATIO * size
    if 8 * rows * columns <= least and unpacked <= least and rows * columns <= raw.CELLS:
        return None
    what = f"{rows:,} rows of {columns} columns, more than {size:,} bytes explain or memory holds"
    return Problem(file, what, "write it again, with the columns and rows that are needed")


def schema(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path]
) -> tuple[dict[str, pl.DataType], list[str]]:
    """The types of the columns by their names, and the names as the first file has them."""
    listed = [str(file) for file in files]
    empty = connection.sql("SELECT * FROM read_parquet(?) LIMIT 0", params=[listed])
    types = dict(pl.DataFrame(Stream(empty)).schema)
    # DuckDB renames a column whose name differs from another in case only, as Q to Q_1.
    asked = "SELECT name, num_children FROM parquet_schema(?)"
    elements = connection.sql(asked, params=[listed[0]]).fetchall()[1:]
    names, inside = [], 0
    for name, children in elements:
        if inside:
            inside -= 1
        else:
            names.append(str(name))
        inside += (children or 0) if inside or children else 0
    return types, names


def of_frame(table: str, frame: object) -> raw.Raw:
    """The table of a polars frame; rows are counted from 1. A frame may have no rows.

    Raises:
        DataError: the object is not a polars frame, or its names clash.
    """
    if not isinstance(frame, pl.DataFrame):
        what = f"{type(frame).__name__} where a polars DataFrame is expected"
        raise DataError(Problem(f"table {table}", what, "convert or collect it first"))
    raw.require(raw.check_header(f"table {table}", frame.columns))
    return raw.Raw(
        "frame", _untyped_where_empty(frame), _counted(frame, 1), (), dump(frame), typed=True
    )


def dump(frame: pl.DataFrame) -> str:
    """The SHA-256 of the names, types and cells of a frame, in the order they stand."""
    schema = repr([(name, str(dtype)) for name, dtype in frame.schema.items()])
    # CSV has no nested cells; such a column cannot be declared and says nothing of the figures.
    flat = frame.select(~pl.selectors.nested() & ~pl.selectors.object())
    text = flat.write_csv(quote_style="non_numeric") if flat.width else ""
    return hashlib.sha256(f"{schema}\n{text}".encode()).hexdigest()


def _untyped_where_empty(frame: pl.DataFrame) -> pl.DataFrame:
    """A column without a single value is missing in whatever type is declared."""
    nothing = [column.name for column in frame if column.null_count() == frame.height]
    return frame.with_columns(pl.lit(None, pl.Null).alias(name) for name in nothing)


def _counted(frame: pl.DataFrame, first: int) -> pl.Series:
    return pl.int_range(first, frame.height + first, dtype=pl.Int64, eager=True).alias("row")
