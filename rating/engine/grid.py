"""Lists of numbers, one a region and group of formulas, as cells in the order of the section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.engine.cells import Cells, numbered

Indices = NDArray[np.uint32]


@dataclass(frozen=True)
class Shown:
    """A cell that is made of every region of a group: what it is, and where its number is.

    Attributes:
        indicator: the indicator.
        measure: the measure; None for the value of the indicator.
        group: the number of the group.
        position: the place of the number in the list of a region.
        estimate: that of the estimate beside it.
    """

    indicator: str
    measure: str | None
    group: int
    position: int
    estimate: int | None = None

    @property
    def label(self) -> tuple[str, ...]:
        """The names that the cell is known by."""
        return (self.indicator,) if self.measure is None else (self.indicator, self.measure)


@dataclass(frozen=True, eq=False)
class Grid:
    """The numbers of all regions and groups.

    Attributes:
        numbers: all of them, one list after the other.
        starts: groups by regions, where the list begins; 1 more than that, and 0 for no list.
        regions: the names of the regions, in order.
        scenarios: the scenarios, in order.
        keys: for each region in each scenario, the numbers of its scenario and of its name.
        whole: the addresses that have been made, where every cell is there.
    """

    numbers: pl.Series
    starts: Indices
    regions: pl.Series
    scenarios: pl.Series
    keys: tuple[Indices, Indices]
    whole: dict[tuple[bytes, int], tuple[pl.Series, pl.Series]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: pl.DataFrame, rows: pl.DataFrame, groups: int) -> Grid:
        """Arrange lists by their group and region.

        Args:
            found: number of the row, part (the group), numbers; in any order.
            rows: scenario, region; sorted.
            groups: how many groups there are.
        """
        sizes = found["numbers"].list.len()
        starts = np.zeros((groups, rows.height), np.uint32)
        starts[found["part"], found["number"]] = sizes.cum_sum() - sizes + 1
        regions, region = numbered(rows["region"])
        scenarios = rows["scenario"].unique().sort()
        scenario = scenarios.search_sorted(rows["scenario"]).cast(pl.UInt32)
        keys = (scenario.to_numpy(), region.to_numpy())
        return cls(found["numbers"].explode(), starts, regions, scenarios, keys)

    def cells(self, shown: Sequence[Shown]) -> Cells:
        """The cells of every region where they are made: by scenario, region and the order given.

        Those of one label share a column of the scenario.
        """
        labels = dict.fromkeys(one.label for one in shown)
        codes = {label: code for code, label in enumerate(labels)}
        code = np.array([codes[one.label] for one in shown], np.uint32)
        starts = self.starts[[one.group for one in shown]].T
        # Nearly always every cell is there, and a mask costs as much as all the rest.
        there = None if starts.all() else starts > 0
        region, place = self._addresses(code, len(labels), there)
        value = self._at(starts, [one.position for one in shown], there)
        rows = {"region": region, "place": place, "value": value}
        if any(one.estimate is not None for one in shown):
            rows["estimate"] = self._at(starts, [one.estimate for one in shown], there)
        names = ["indicator", "measure"][: len(next(iter(labels), "12"))]
        known = pl.DataFrame(list(labels), schema=dict.fromkeys(names, pl.String), orient="row")
        every = self.scenarios.alias("scenario").to_frame()
        columns = every.join(known, how="cross", maintain_order="left_right")
        return Cells(pl.DataFrame(rows), self.regions, columns)

    def _addresses(
        self, code: Indices, size: int, there: NDArray[np.bool_] | None
    ) -> tuple[pl.Series, pl.Series]:
        """The numbers of the region and of the column of every cell."""
        key = (code.tobytes(), size)
        if there is None and key in self.whole:
            return self.whole[key]
        place = self.keys[0][:, None] * np.uint32(size) + code
        region = np.broadcast_to(self.keys[1][:, None], place.shape)
        found = pl.Series(_flat(region, there)), pl.Series(_flat(place, there))
        if there is None:
            self.whole[key] = found
        return found

    def _at(
        self, starts: Indices, positions: Sequence[int | None], there: NDArray[np.bool_] | None
    ) -> pl.Series:
        """The numbers at places of the lists; missing where there is no place."""
        if self._in_order(positions):
            return self.numbers
        given = np.array([position is not None for position in positions])
        offset = np.array([position or 0 for position in positions], np.uint32)
        found = self.numbers.gather(_flat(starts + offset - np.uint32(1), there))
        if given.all():
            return found
        mask = _flat(np.broadcast_to(given, starts.shape), there)
        return found.zip_with(pl.Series(mask), pl.Series([None], dtype=pl.Float64))

    def _in_order(self, positions: Sequence[int | None]) -> bool:
        """Whether all numbers are asked for as they lie: columns of one table, read as they are."""
        size = len(positions)
        rows = np.arange(self.starts.shape[1], dtype=np.uint32) * np.uint32(size) + np.uint32(1)
        return (
            self.starts.shape[0] == 1
            and list(positions) == list(range(size))
            and len(self.numbers) == size * len(rows)
            and bool((self.starts[0] == rows).all())
        )


def _flat(table: NDArray[Any], there: NDArray[np.bool_] | None) -> NDArray[Any]:
    return table.ravel() if there is None else table[there]
