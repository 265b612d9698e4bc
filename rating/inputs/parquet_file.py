"""Parquet files and polars frames: columns that have types already."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from rating.errors import DataError, Problem
from rating.inputs import raw
from rating.inputs.connection import Stream


def read(file: str, data: bytes, sha256: str) -> raw.Raw:
    """The table of a Parquet file; rows are counted as if the header were line 1.

    Raises:
        DataError: the file is broken, its names clash, or it has no rows.
    """
    try:
        frame, names = _decoded(data)
    except Exception as error:  # a damaged file meets any of the decoder's exceptions
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        what = f"not a whole Parquet file: {reason}"
        raise DataError(Problem(file, what, "write or download the file again")) from None
    raw.require(raw.check_header(file, names))
    if not frame.height:
        raise DataError(Problem(file, "the table has no rows", "write the rows"))
    return raw.Raw(file, _untyped_where_empty(frame), _counted(frame, 2), (), sha256)


def _decoded(data: bytes) -> tuple[pl.DataFrame, list[str]]:
    """The table and the names of its columns as the file has them."""
    # DuckDB, because a damaged file aborts the process in polars 2.1: in each of three runs of
    # 4,000 files with one to four changed bytes; in none of 12,000 such files here.
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "table.parquet"
        path.write_bytes(data)
        rows = connection.sql("SELECT * FROM read_parquet(?)", params=[str(path)])
        frame = pl.DataFrame(Stream(rows))
        schema = connection.sql(
            "SELECT name FROM parquet_schema(?) WHERE name IS NOT NULL", params=[str(path)]
        )
        found = {name for (name,) in schema.fetchall()}
    # DuckDB renames a column whose name differs from another in case only, as Q to Q_1.
    return frame, [name if name in found else name.rsplit("_", 1)[0] for name in frame.columns]


def of_frame(table: str, frame: object) -> raw.Raw:
    """The table of a polars frame; rows are counted from 1. A frame may have no rows.

    Raises:
        DataError: the object is not a polars frame, or its names clash.
    """
    if not isinstance(frame, pl.DataFrame):
        what = f"{type(frame).__name__} where a polars DataFrame is expected"
        raise DataError(Problem(f"table {table}", what, "convert or collect it first"))
    raw.require(raw.check_header(f"table {table}", frame.columns))
    return raw.Raw("frame", _untyped_where_empty(frame), _counted(frame, 1), (), dump(frame))


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
