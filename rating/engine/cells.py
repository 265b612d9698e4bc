"""Cells under the numbers of their regions and columns, from the formulas to the last step.

A column is one indicator, or node, in one scenario. Names cost several times what numbers do, in
time and in memory, and are wanted only for what is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from rating.engine.store import finite

_ADDRESS = ("region", "place")


def numbered(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The names in order, each once, and for each row the number of its name."""
    known = names.unique().sort()
    return known, names.cast(pl.Enum(known)).to_physical().cast(pl.UInt32)


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of regions and columns, in any order.

    Attributes:
        rows: region, place (the numbers of the region and of the column) and what the cell holds.
        regions: the names of the regions, in order.
        columns: scenario, and the indicator or item, of each place.
    """

    rows: pl.DataFrame
    regions: pl.Series
    columns: pl.DataFrame

    def named(self) -> pl.DataFrame:
        """The cells under their names: scenario, region, the item, and what they hold."""
        rows = self.rows
        names = [name.gather(rows["place"]) for name in self.columns]
        region = self.regions.gather(rows["region"]).alias("region")
        return pl.DataFrame([names[0], region, *names[1:], *rows.drop(_ADDRESS)])

    def finite(self, column: str, step: str) -> Cells:
        """The cells themselves, if every number in a column is finite or missing.

        Raises:
            DataError: a step made NaN or infinity; with region and indicator of each.
        """
        if not self.rows[column].is_finite().all():
            finite(self.named(), column, step)
        return self
