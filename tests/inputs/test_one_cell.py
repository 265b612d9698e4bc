"""A Parquet file read whole and the same file read in place give one table and one list."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.engine.store import Store
from rating.errors import DataError, Problem
from rating.inputs import stored
from rating.inputs.tables import Data, read
from tests.inputs.corpus.case import section

DECLARED = {
    "number": {"type": "number"},
    "bounded": {"type": "number", "min": 0, "max": 100, "nullable": False},
    "integer": {"type": "integer", "min": -5},
    "text": {"type": "text"},
    "choice": {"type": "text", "choices": ["a", "é"], "nullable": False},
    "okved": {"type": "text", "classifier": "okved2"},
    "date": {"type": "date"},
    "boolean": {"type": "boolean"},
}
INTEGERS = {
    dtype: st.integers(low, high)
    for bits in (8, 16, 32, 64)
    for dtype, low, high in (
        (getattr(pl, f"Int{bits}"), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
        (getattr(pl, f"UInt{bits}"), 0, 2**bits - 1),
    )
}
TEXT = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            *("", " ", "a", "é", "e\u0301", "\u00a0a", "a\u3000", "#N/A", "72.11", "01.1", "73"),
            *("\x00", "\x85", "a\u200b", "\ufeff", "x" * 3000, "x" * 3001, "\u1100\u1161"),
            *("\u00ad", "\ufb01", "\u2126"),
        ]
    ),
)
CELLS: dict[object, st.SearchStrategy[object]] = {
    **INTEGERS,
    pl.Float64: st.floats(),
    pl.Float32: st.floats(width=32),
    pl.Decimal(20, 3): st.decimals(-(10**16), 10**16, places=3),
    pl.Decimal(38, 0): st.integers(-(10**37), 10**37).map(Decimal),
    pl.String: TEXT,
    pl.Categorical: TEXT,
    pl.Binary: st.binary(max_size=3),
    pl.Date: st.dates(date(1, 1, 1)),
    pl.Datetime("us"): st.datetimes(datetime(1700, 1, 1)),
    pl.Boolean: st.booleans(),
    pl.List(pl.Int64): st.lists(st.integers(0, 3), max_size=2),
}
FITTING = {
    "number": [t for t in CELLS if t in INTEGERS or t in (pl.Float64, pl.Float32)]
    + [pl.Decimal(20, 3), pl.Decimal(38, 0)],
    "text": [pl.String, pl.Categorical],
    "date": [pl.Date],
    "boolean": [pl.Boolean],
}
FITTING["integer"] = FITTING["number"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, pl.DataFrame]:
    """A declared column and a table that has it in a type that fits, or in any other."""
    name = draw(st.sampled_from(list(DECLARED)))
    fitting = FITTING[str(DECLARED[name]["type"])]
    dtype = draw(st.sampled_from(fitting * 4 + list(CELLS)))
    cells = draw(st.lists(st.none() | CELLS[dtype], min_size=1, max_size=6))
    regions = draw(
        st.lists(
            st.sampled_from(["RU-TOM", "Томская область", "RU-MOW", "", None]),
            min_size=len(cells),
            max_size=len(cells),
        )
    )
    frame = pl.DataFrame(
        {"region": pl.Series(regions, dtype=pl.String), name: pl.Series(cells, dtype=dtype)}
    )
    if draw(st.booleans()):
        years = draw(st.lists(st.sampled_from([2019, 2020, 1, None]), min_size=len(cells)))
        frame = frame.with_columns(year=pl.Series(years[: len(cells)], dtype=pl.Int32))
    return name, frame


def found(path: Path, name: str, regions: str | None) -> tuple[list[object], list[object]]:
    """The rows that are taken, and the refused ones; or the problems of the file."""
    try:
        data: Data = read(path, section(regions, t={name: DECLARED[name]}))
    except DataError as error:
        return [], list(error.problems)
    refused: list[object] = data.refused.select("row", "column", "rule", "value").rows()
    if "t" in data.tables:
        frame = data.tables["t"]
    else:
        with Store(threads=1, files=data.files) as store:
            frame = store.query(data.stored["t"].sql())
    columns = sorted(frame.columns)
    rows = [(str(dict(frame.select(columns).schema)), *row) for row in frame.select(columns).rows()]
    return sorted(rows, key=repr), refused


@pytest.mark.parametrize("regions", ["ru", None])
@given(tables())
def test_a_file_read_whole_and_in_place_is_one_table(regions, table):
    name, frame = table
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder)
        frame.write_parquet(path / "t.parquet")
        whole = found(path, name, regions)
        patch.setattr(stored, "LARGE", 0)
        rows, told = found(path, name, regions)
    if told and isinstance(told[0], Problem):
        # In memory, the bad cells of the other columns follow the problems of the file.
        whole = whole[0], whole[1][: len(told)]
    assert (rows, told) == whole


def test_every_character_is_one_cell_whole_and_in_place(tmp_path, monkeypatch):
    points = range(0x3100)
    texts = [chr(n) for n in points] + [f"e{chr(n)}" for n in points]
    frame = pl.DataFrame({"region": "RU-TOM", "text": texts})
    frame.write_parquet(tmp_path / "t.parquet")
    whole = found(tmp_path, "text", None)
    monkeypatch.setattr(stored, "LARGE", 0)
    assert found(tmp_path, "text", None) == whole
    assert len(whole[0]) > 24_000
