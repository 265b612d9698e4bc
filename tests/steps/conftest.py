import dataclasses

import polars as pl
import pytest
from hypothesis import strategies as st

from rating.engine.cells import Cells
from rating.engine.store import Store
from rating.steps import impute as imputation
from rating.steps import normalise as normalisation
from rating.steps import treat as treatment


@pytest.fixture(scope="session")
def store():
    with Store(threads=1) as opened:
        yield opened


NUMBERS = st.one_of(
    st.integers(-20, 20).map(float),
    st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False).map(lambda x: round(x, 3)),
)


def columns(least: int = 1, most: int = 30, missing: bool = True) -> st.SearchStrategy[list]:
    """One indicator over regions, with ties, gaps and extremes."""
    cell = st.one_of(NUMBERS, st.none()) if missing else NUMBERS
    return st.lists(cell, min_size=least, max_size=most)


def cells(values: list[float | None], column: str = "value") -> pl.DataFrame:
    """One indicator as the steps take it."""
    return pl.DataFrame(
        {
            "scenario": [0] * len(values),
            "region": [f"R{n:02}" for n in range(len(values))],
            "indicator": ["x"] * len(values),
            column: values,
        },
        schema_overrides={column: pl.Float64, "scenario": pl.Int64},
    )


def several(tables: dict[str, list[list[float | None]]], column: str = "value") -> pl.DataFrame:
    """Several indicators, each with a column of values for every edition from 2014 on."""
    return pl.concat(
        cells(values, column).with_columns(
            pl.lit(2014 + number, pl.Int64).alias("scenario"), pl.lit(name).alias("indicator")
        )
        for name, editions in tables.items()
        for number, values in enumerate(editions)
    )


def scattered(frame: pl.DataFrame, seed: int) -> Cells:
    """Cells in no order, with their columns in none."""
    made = Cells.of(frame.sample(fraction=1, shuffle=True, seed=seed))
    columns = made.columns.with_row_index("place").sample(fraction=1, shuffle=True, seed=seed)
    moved = columns["place"].arg_sort().cast(pl.UInt32)
    rows = made.rows.with_columns(moved.gather(made.rows["place"]).alias("place"))
    return Cells(rows, made.regions, columns.drop("place"))


def by_region(frame: pl.DataFrame, column: str) -> list[float | None]:
    return frame.sort("region")[column].to_list()


def impute(store, frame, settings, regions, years=None):
    """The step over cells with their names, as a reader of a test has them."""
    return imputation.impute(store, Cells.of(frame), settings, regions, years).named()


def treat(store, frame, settings):
    """The step over cells with their names, and with those a frame of the treated cells."""
    cells = frame if isinstance(frame, Cells) else Cells.of(frame)
    found = treatment.treat(store, cells, settings)
    return dataclasses.replace(found, cells=found.cells.named())


def normalise(store, frame, settings):
    """The step over cells with their names."""
    return normalisation.normalise(store, Cells.of(frame), settings).named()
