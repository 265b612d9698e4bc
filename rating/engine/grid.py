"""Lists of numbers, one a region and group of formulas, as cells in the order of the section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    numbers: pl.Series
    starts: Indices
    regions: pl.Series
    scenarios: pl.Series
    keys: tuple[Indices, Indices]

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
        labels = list(dict.fromkeys(one.label for one in shown))
        code = np.array([labels.index(one.label) for one in shown], np.uint32)
        starts = self.starts[[one.group for one in shown]].T
        scenario, region = (np.broadcast_to(key[:, None], starts.shape) for key in self.keys)
        # Nearly always every cell is there, and a mask costs as much as all the rest.
        there = slice(None) if starts.all() else starts > 0
        rows = {
            "region": region[there].ravel(),
            "place": (scenario * np.uint32(len(labels)) + code)[there].ravel(),
            "value": self._at(starts, [one.position for one in shown], there),
        }
        if any(one.estimate is not None for one in shown):
            rows["estimate"] = self._at(starts, [one.estimate for one in shown], there)
        names = ["indicator", "measure"][: len(labels[0]) if labels else 2]
        known = pl.DataFrame(labels, schema=dict.fromkeys(names, pl.String), orient="row")
        every = self.scenarios.alias("scenario").to_frame()
        columns = every.join(known, how="cross", maintain_order="left_right")
        return Cells(pl.DataFrame(rows), self.regions, columns)

    def _at(
        self, starts: Indices, positions: Sequence[int | None], there: slice | NDArray[np.bool_]
    ) -> pl.Series:
        """The numbers at places of the lists; missing where there is no place."""
        given = np.array([position is not None for position in positions])
        offset = np.array([position or 0 for position in positions], np.uint32)
        at = (starts + offset - np.uint32(1))[there].ravel()
        # Columns that are read as they are lie in this order already.
        alike = len(at) == len(self.numbers) and bool((at == np.arange(len(at))).all())
        found = self.numbers if alike else self.numbers.gather(at)
        if given.all():
            return found
        mask = np.broadcast_to(given, starts.shape)[there].ravel()
        return found.zip_with(pl.Series(mask), pl.Series([None], dtype=pl.Float64))
