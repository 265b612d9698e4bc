"""Cells under the numbers of their rows and columns: SQL joins and groups by these, not by names.

A column is one indicator, or node, in one scenario. Names cost several times what numbers do, in
time and in memory, and a step needs them only for what it reports.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

KEYS = ("scenario", "indicator")


def numbered(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The names in order, each once, and for each row the number of its name."""
    known = names.unique().sort()
    return known, names.cast(pl.Enum(known)).to_physical().cast(pl.Int32)


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a frame of cells.

    Attributes:
        cells: the frame.
        places: the number of the column of each row.
        names: place, scenario, and the indicator or item.
    """

    cells: pl.DataFrame
    places: pl.Series
    names: pl.DataFrame

    @classmethod
    def of(cls, cells: pl.DataFrame, item: str = "indicator") -> Columns:
        """Number the columns of cells, by scenario and indicator.

        Args:
            cells: scenario, the item and what else there is.
            item: what a column is of.
        """
        scenarios = cells["scenario"].unique().sort()
        items, codes = numbered(cells[item])
        rows = scenarios.search_sorted(cells["scenario"]).cast(pl.Int32)
        names = scenarios.to_frame().join(items.to_frame(), how="cross", maintain_order="left")
        place = pl.int_range(pl.len(), dtype=pl.Int32).alias("place")
        return cls(cells, rows * len(items) + codes, names.select(place, "scenario", item))

    def rows(self, *numbers: str, present: str | None = None) -> pl.DataFrame:
        """row, place and the numbers asked for, of all rows or of those where one is present."""
        found = self.cells.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), *numbers)
        found = found.insert_column(1, self.places.alias("place"))
        return found if present is None else found.filter(pl.col(present).is_not_null())

    def placed(self, found: pl.DataFrame, name: str, otherwise: str | None = None) -> pl.Series:
        """A column of the cells from what was found for rows, in any order.

        Args:
            found: row and the column.
            name: the column.
            otherwise: the column whose values the other rows have; missing without one.
        """
        size = self.cells.height
        rest = (
            self.cells[otherwise].clone()
            if otherwise
            else pl.repeat(None, size, dtype=pl.Float64, eager=True)
        )
        return rest.scatter(found["row"], found[name]).alias(name)
