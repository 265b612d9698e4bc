"""Cells under the numbers of their regions and columns, from the formulas to the last step.

A column is one indicator, or node, in one scenario. Names cost several times what numbers do, in
time and in memory, and are wanted only for what is reported. What is known of a column is laid
beside its cells by number, so that SQL over cells needs no join.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.engine.store import finite

_ADDRESS = ("region", "place")


def numbered(names: pl.Series, known: pl.Series | None = None) -> tuple[pl.Series, pl.Series]:
    """The names in order, each once, and for each row the number of its name."""
    known = names.unique().sort() if known is None else known
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

    @classmethod
    def of(
        cls, frame: pl.DataFrame, item: str = "indicator", regions: pl.Series | None = None
    ) -> Cells:
        """Number the cells of a frame; columns are in the order of scenarios and names.

        Args:
            frame: scenario, region, the item, and what else there is.
            item: what a column is of.
            regions: the names of the regions in order, where there may be more than in the frame.
        """
        regions, region = numbered(frame["region"], regions)
        items, code = numbered(frame[item])
        scenarios = frame["scenario"].unique().sort()
        place = scenarios.search_sorted(frame["scenario"]).cast(pl.UInt32) * len(items) + code
        columns = scenarios.to_frame().join(items.to_frame(), how="cross", maintain_order="left")
        held = frame.drop("scenario", "region", item)
        rows = pl.DataFrame([region.alias("region"), place.alias("place"), *held])
        return cls(rows, regions, columns)

    def named(self) -> pl.DataFrame:
        """The cells under their names: scenario, region, the item, and what they hold."""
        scenario = _taken(self.columns["scenario"], "place")
        return self.rows.select(scenario, *self._names(), pl.exclude(*_ADDRESS))

    def names(self, like: tuple[Cells, pl.DataFrame] | None = None) -> pl.DataFrame:
        """The names of the cells: region and the item.

        Args:
            like: other cells and their names, which are taken where the cells are the same.
        """
        if like is None or not self.rows.select(_ADDRESS).equals(like[0].rows.select(_ADDRESS)):
            return self.rows.select(self._names())
        cells, names = like
        taken = [names["region"]]
        for name in self.columns.drop("scenario"):
            same = next((known.name for known in cells.columns if known.equals(name)), None)
            own = name.gather(self.rows["place"]) if same is None else names[same]
            taken.append(own.alias(name.name))
        return pl.DataFrame(taken)

    def by_scenario(self, scenarios: Sequence[int], names: pl.DataFrame) -> dict[int, pl.DataFrame]:
        """The cells of each scenario under their names; for cells that lie by scenario."""
        place, of = self.rows["place"].to_numpy(), self.columns["scenario"]
        rows = range(self.rows.height)
        starts = [bisect_left(rows, of.search_sorted(s), key=place.__getitem__) for s in scenarios]
        made = pl.concat([names, self.rows.drop(_ADDRESS)], how="horizontal")
        spans = zip(scenarios, starts, [*starts[1:], self.rows.height], strict=True)
        return {scenario: made.slice(start, end - start) for scenario, start, end in spans}

    def _names(self) -> list[pl.Expr]:
        region = _taken(self.regions.alias("region"), "region")
        return [region, *(_taken(name, "place") for name in self.columns.drop("scenario"))]

    @classmethod
    def joined(cls, parts: Sequence[Cells]) -> Cells:
        """The cells of several with the same regions, under the columns of all."""
        starts = np.cumsum([0, *(part.columns.height for part in parts)])
        rows = pl.concat(
            part.rows.with_columns(pl.col("place") + pl.lit(start, pl.UInt32))
            for part, start in zip(parts, starts, strict=False)
        )
        return cls(rows, parts[0].regions, pl.concat(part.columns for part in parts))

    def with_columns(self, *columns: pl.Series | pl.Expr) -> Cells:
        """The cells with more that they hold."""
        return self._holding(self.rows.with_columns(*columns), self.columns)

    def _holding(self, rows: pl.DataFrame, columns: pl.DataFrame) -> Cells:
        made = Cells(rows, self.regions, columns)
        if "at" in self.__dict__:
            made.__dict__["at"] = self.at
        return made

    def arranged(self, columns: pl.DataFrame) -> Cells:
        """The cells by scenario, region and the order of their items, which other columns have.

        Args:
            columns: scenario and item: every item for every scenario, in order.
        """
        known = columns.with_row_index("number")
        number = self.columns.join(
            known, on=self.columns.columns, how="left", maintain_order="left"
        )
        rows = self.rows.with_columns(number["number"].gather(self.rows["place"]).alias("place"))
        cells = Cells(rows, self.regions, columns)
        scenarios = columns["scenario"].n_unique()
        table = cells.at.reshape(scenarios, -1, len(self.regions)).transpose(0, 2, 1).ravel()
        return Cells(rows[table[table > 0] - 1], self.regions, columns)

    def of_items(self, held: str) -> Cells:
        """The cells with one thing that they hold, their indicators as items of the tree."""
        rows = self.rows.select("region", "place", held)
        return self._holding(rows, self.columns.rename({"indicator": "item"}))

    def of_item(self, item: str) -> Cells:
        """The cells of one item, in all scenarios."""
        return self._kept(self.columns["item"] == item)

    def of_scenarios(self, wanted: Iterable[int]) -> Cells:
        """The cells of some scenarios."""
        return self._kept(self.columns["scenario"].is_in(list(wanted)))

    def _kept(self, kept: pl.Series) -> Cells:
        numbers = kept.cast(pl.UInt32).cum_sum() - 1
        rows = self.rows.filter(kept.gather(self.rows["place"]))
        rows = rows.with_columns(numbers.gather(rows["place"]).alias("place"))
        return Cells(rows, self.regions, self.columns.filter(kept))

    def filter(self, kept: pl.Expr) -> Cells:
        """Some of the cells."""
        return Cells(self.rows.filter(kept), self.regions, self.columns)

    @cached_property
    def at(self) -> NDArray[np.uint32]:
        """Columns by regions: the row of the cell and 1 more, or 0 where there is none."""
        table = np.zeros((self.columns.height, len(self.regions)), np.uint32)
        rows = np.arange(1, self.rows.height + 1, dtype=np.uint32)
        table[self.rows["place"].to_numpy(), self.rows["region"].to_numpy()] = rows
        return table

    def places(self, known: pl.DataFrame, item: str = "indicator") -> pl.DataFrame:
        """What is known of items, a row for each column of the cells; missing where it is not."""
        return self.columns.with_row_index("place").join(
            known, on=item, how="left", maintain_order="left"
        )

    def of_places(self, kept: pl.Series, *columns: str) -> pl.DataFrame:
        """row, region, place and more of the cells of some columns: true or false for each."""
        rows = self.rows.select("region", "place", *columns).with_row_index("row")
        return rows if kept.all() else rows.filter(kept.gather(rows["place"]))

    def placed(self, found: pl.DataFrame, name: str, otherwise: str | None = None) -> pl.Series:
        """A column of the cells from what was found for rows, in any order.

        Args:
            found: row and the column.
            name: the column.
            otherwise: the column whose values the other rows have; missing without one.
        """
        if found.height == self.rows.height and found["row"].is_sorted():
            return found[name]
        size = self.rows.height
        rest = (
            self.rows[otherwise].clone()
            if otherwise
            else pl.repeat(None, size, dtype=pl.Float64, eager=True)
        )
        return rest.scatter(found["row"], found[name]).alias(name)

    def finite(self, column: str, step: str) -> Cells:
        """The cells themselves, if every number in a column is finite or missing.

        Raises:
            DataError: a step made NaN or infinity; with region and indicator of each.
        """
        if not self.rows[column].is_finite().all():
            finite(self.named(), column, step)
        return self


def beside(
    rows: pl.DataFrame, known: pl.DataFrame, names: Iterable[str], by: str = "place"
) -> pl.DataFrame:
    """Rows with what is known of their columns, out of a frame with a row for each number."""
    return rows.with_columns(_taken(known[name], by) for name in names)


def _taken(known: pl.Series, by: str) -> pl.Expr:
    return pl.lit(known).gather(pl.col(by)).alias(known.name)


def by_number(found: pl.DataFrame, key: str = "place", count: int | None = None) -> pl.DataFrame:
    """What was found for some numbers, with a row for each from 0; missing for the others."""
    size = int(found.select(pl.col(key).max() + 1).item() or 0) if count is None else count
    every = pl.DataFrame({key: pl.int_range(size, dtype=pl.UInt32, eager=True)})
    return every.join(found, on=key, how="left", maintain_order="left")
