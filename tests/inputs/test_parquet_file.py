from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.errors import DataError
from rating.inputs import parquet_file

FRAME = pl.DataFrame({"a": [1.5, None], "b": ["x", "y"], "c": [[1], []]})


def written(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="uncompressed", statistics=False)
    return out.getvalue()


def test_columns_keep_their_types_and_rows_are_counted_below_a_header():
    found = parquet_file.read("t.parquet", written(FRAME), "")
    assert found.frame.equals(FRAME)
    assert found.rows.to_list() == [2, 3]


@settings(deadline=None)
@given(st.integers(0, len(written(FRAME)) - 1), st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(place, byte):
    data = bytearray(written(FRAME))
    data[place] = byte
    with contextlib.suppress(DataError):
        parquet_file.read("t.parquet", bytes(data), "")


def test_a_damaged_file_prints_nothing(capfd):
    for place in range(4, 400, 17):
        data = bytearray(written(FRAME))
        data[place] ^= 0xFF
        with contextlib.suppress(DataError):
            parquet_file.read("t.parquet", bytes(data), "")
    assert capfd.readouterr().err == ""


def test_a_process_that_read_a_file_ends_in_silence(tmp_path):
    FRAME.write_parquet(tmp_path / "t.parquet")
    code = (
        "from pathlib import Path; from rating.inputs import parquet_file; "
        f"parquet_file.read('t', Path({str(tmp_path / 't.parquet')!r}).read_bytes(), '')"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_names_that_differ_in_case_only_are_refused():
    with pytest.raises(DataError, match="'q' and 'Q' differ in case only"):
        parquet_file.read("t.parquet", written(pl.DataFrame({"q": [1], "Q": [2]})), "")


def test_a_column_without_a_value_is_missing_in_any_type():
    frame = pl.DataFrame({"a": [1], "b": pl.Series([None], dtype=pl.Int32)})
    assert parquet_file.read("t.parquet", written(frame), "").frame["b"].dtype == pl.Null
    assert parquet_file.of_frame("t", frame).frame["b"].dtype == pl.Null


def test_the_rows_of_a_frame_are_counted_from_one():
    assert parquet_file.of_frame("t", FRAME).rows.to_list() == [1, 2]
    assert parquet_file.of_frame("t", FRAME.clear()).rows.to_list() == []


@pytest.mark.parametrize("given_", [FRAME.lazy(), {"a": [1]}, None])
def test_what_is_not_a_frame_is_refused(given_):
    with pytest.raises(DataError, match="where a polars DataFrame is expected"):
        parquet_file.of_frame("t", given_)


def test_the_dump_tells_an_empty_text_from_a_missing_one_and_numbers_from_text():
    frames = [pl.DataFrame({"a": a}) for a in ([""], [None], ["1"], [1], [1.0])]
    frames.append(pl.DataFrame({"a": [None]}, schema={"a": pl.String}))
    assert len({parquet_file.dump(frame) for frame in frames}) == len(frames)
