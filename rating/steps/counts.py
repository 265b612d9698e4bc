"""What is counted of cells: how many indicators a region has, and how many of them were imputed."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.engine.cells import Cells


def coverage(cells: Cells, top: Cells, counted: pl.DataFrame) -> pl.Series:
    """The share of indicators with a value, for each cell of the index.

    Args:
        cells: the indicators with ``value``.
        top: the index, one cell a region and scenario.
        counted: scenario, indicator: those that count; every region has a cell of each.
    """
    known = counted.with_columns(counts=pl.lit(True))
    columns = cells.columns.join(known, on=counted.columns, how="left", maintain_order="left")
    gaps = cells.rows.select("region", "place", "value").filter(pl.col("value").is_null())
    gaps = gaps.filter(columns["counts"].fill_null(False).gather(gaps["place"]))
    there = _number(top, cells)[gaps["place"].to_numpy(), gaps["region"].to_numpy()]
    missing = pl.Series(np.bincount(there, minlength=top.rows.height))
    sizes = counted.group_by("scenario").agg(size=pl.len())
    size = top.columns.join(sizes, on="scenario", how="left", maintain_order="left")["size"]
    whole = size.gather(top.rows["place"])
    return ((whole - missing) / whole).alias("coverage")


def imputed(cells: Cells, nodes: Cells, above: pl.DataFrame) -> pl.Series:
    """How many indicators below each node were imputed.

    Args:
        cells: the indicators with ``value`` and ``imputed``.
        nodes: the nodes.
        above: indicator, item: each node above an indicator.
    """
    filled = cells.rows.filter(pl.col("value").is_null() & pl.col("imputed").is_not_null())
    columns = cells.columns.with_row_index("place").join(above, on="indicator")
    known = nodes.columns.with_row_index("node")
    below = columns.join(known, on=["scenario", "item"]).select("place", "node")
    pairs = filled.select("place", "region").join(below, on="place")
    there = nodes.at[pairs["node"].to_numpy(), pairs["region"].to_numpy()]
    return pl.Series("imputed", np.bincount(there, minlength=nodes.rows.height + 1)[1:])


def ranked(top: Cells, known: pl.Series, nodes: Cells) -> pl.Series:
    """Whether each node is ranked, from whether the index of its region is."""
    there = _number(top, nodes)[nodes.rows["place"].to_numpy(), nodes.rows["region"].to_numpy()]
    return known.gather(there).alias("ranked")


def _number(top: Cells, cells: Cells) -> NDArray[np.uint32]:
    """The row of the index for each column and region of other cells."""
    known = top.columns.with_row_index("index").select("scenario", "index")
    index = cells.columns.join(known, on="scenario", how="left", maintain_order="left")["index"]
    numbers: NDArray[np.uint32] = (top.at - np.uint32(1))[index.to_numpy()]
    return numbers
