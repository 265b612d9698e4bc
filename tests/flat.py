"""A section over one wide table of figures: the shape in which the references come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

import rating

SHARED = Path(__file__).parents[2] / "shared"
REFERENCE = Path(__file__).parent / "reference"


def section(meta: pl.DataFrame, method: dict[str, Any], **more: Any) -> rating.Section:
    """A section from rows of id, parent, direction, weight; nodes are those that are parents."""
    parents = set(meta["parent"].drop_nulls())
    figures = [row for row in meta.iter_rows(named=True) if row["id"] not in parents]
    nodes = [row for row in meta.iter_rows(named=True) if row["id"] in parents]
    columns = {row["id"]: {"type": "number"} for row in figures}
    return rating.Section(
        id="flat",
        name="Flat",
        node=[{"id": n["id"], "parent": n["parent"], "weight": float(n["weight"])} for n in nodes],
        method=method,
        indicator=[
            {
                "id": row["id"],
                "parent": row["parent"],
                "direction": row["direction"],
                "weight": float(row["weight"]),
                "input": {"figures": {"grain": "region", **columns}},
                "version": [{"since": "2000-01-01", "value": row["id"]}],
            }
            for row in figures
        ],
        **more,
    )


def data(
    section: rating.Section, figures: pl.DataFrame, groups: pl.DataFrame | None = None
) -> rating.Data:
    """The figures of one year, and the groups of regions if there are any."""
    tables = {"figures": figures.with_columns(year=pl.lit(2019))}
    if groups is not None:
        tables["regions"] = groups
    return rating.read(tables, section)


def wide(result: rating.Rating, column: str) -> pl.DataFrame:
    """A column of the values as a table of region by indicator."""
    return result.values.pivot("indicator", index="region", values=column).sort("region")


def nodes(result: rating.Rating) -> pl.DataFrame:
    """The scores as a table of region by node."""
    return result.scores.pivot("node", index="region", values="score").sort("region")


def distance(found: pl.DataFrame, wanted: pl.DataFrame) -> float:
    """The greatest difference over all cells, relative to the greatest magnitude of the column.

    A cell that is missing in one and not in the other is an infinite difference.
    """
    found, wanted = found.sort("region"), wanted.sort("region")
    assert found["region"].to_list() == wanted["region"].to_list()
    worst = 0.0
    for name in wanted.columns:
        if name == "region":
            continue
        mine, theirs = found[name].cast(pl.Float64), wanted[name].cast(pl.Float64)
        if mine.is_null().to_list() != theirs.is_null().to_list():
            return float("inf")
        scale = theirs.abs().max() or 1.0
        worst = max(worst, ((mine - theirs).abs().max() or 0.0) / scale)
    return worst
