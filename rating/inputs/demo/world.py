"""What every invented register has in common: published margins, and how strong a region is.

Published, and kept as they are (``data/open``, with its sources): the population of each region
in 2019, its gross product, unemployment, students, researchers with a degree and patents granted;
the places of regions in the strength that drives everything else come from them. The number of
employed people of all regions together is 71 million (profile.ru, after Rosstat, for 2018).

Invented: how strength turns into figures, the appeal of a region to a sector, and every row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from rating import resources
from rating.definitions.sector import Sector
from rating.errors import Problem, UsageError
from rating.inputs.demo.draws import Draws, Real, Truth, Whole
from rating.inputs.regions import Register

YEARS = (2023, 2024, 2025, 2026)
EDITION = YEARS[-1]
EMPLOYED = 71e6
"""The employed of the country; profile.ru of 2019, after Rosstat: more than 71 million in 2018."""

SMALL = 4000
"""The size from which other registers grow, with the square root of the number of firms."""

MOST = 30.0
"""They grow no further: half a million vacancies, a third of a million patents."""

_PUBLISHED = 2019
_THIN, _LONE, _TOWNS = 5, 4, 4


@dataclass(frozen=True)
class World:
    """The regions and sectors that the registers are of.

    Attributes:
        seed: every number follows from it.
        firms: how many firms the register is to hold.
        every: the sectors of the section; those without parts label rows.
    """

    seed: int
    firms: int
    every: tuple[Sector, ...]

    @cached_property
    def draws(self) -> Draws:
        """The streams of the seed."""
        return Draws(self.seed)

    @cached_property
    def sectors(self) -> tuple[Sector, ...]:
        """The sectors that are no umbrella."""
        return tuple(sector for sector in self.every if not sector.parts)

    @cached_property
    def main(self) -> Truth:
        """Which of the sectors belong to an umbrella: the demonstration holds more of them."""
        parts = {part for sector in self.every for part in sector.parts}
        return np.array([sector.id in parts for sector in self.sectors])

    @cached_property
    def scale(self) -> float:
        """By how much registers other than that of firms exceed the smallest set."""
        return min(max(1.0, math.sqrt(self.firms / SMALL)), MOST)

    @cached_property
    def regions(self) -> pl.DataFrame:
        """One row a region, in the order of its code, with the published figures of 2019."""
        names = Register.named("ru").frame.select("region", name="name_en")
        path = resources.folder("data") / "open" / "region_year.csv"
        figures = pl.read_csv(path, infer_schema_length=None)
        figures = figures.filter(pl.col("year") == _PUBLISHED)
        return names.join(figures, on="region").sort("region")

    @property
    def count(self) -> int:
        """How many regions there are."""
        return self.regions.height

    @cached_property
    def rows(self) -> Whole:
        """The place of each region."""
        return np.arange(self.count)

    def published(self, column: str) -> Real:
        """A published figure of each region; NaN where it is missing."""
        return self.regions[column].cast(pl.Float64).to_numpy()

    @cached_property
    def population(self) -> Real:
        """People."""
        return self.published("population")

    @cached_property
    def employment(self) -> Real:
        """Employed people: the population less the unemployed, to the total of the country."""
        rate = np.nan_to_num(self.published("unemployment"), nan=6.0)
        working = self.population * (1 - rate / 100)
        return np.asarray(np.round(working * EMPLOYED / working.sum(), -1))

    @cached_property
    def researchers(self) -> Real:
        """Researchers: 3.5 for each published one with a degree, which is invented."""
        return np.round(3.5 * self.published("researchers_with_degree"))

    @cached_property
    def strength(self) -> Real:
        """From -1, the weakest region, to 1: published intensities and a draw."""
        per_head = [
            np.nan_to_num(self.published(name)) / self.population
            for name in ("researchers_with_degree", "grp", "students")
        ]
        mixed = 0.6 * _place(per_head[0]) + 0.15 * _place(per_head[1]) + 0.25 * _place(per_head[2])
        return _place(mixed + 0.25 * self.draws.bell("strength", self.rows))

    def level(self, name: str) -> Real:
        """How good each region is at something, from 0 to 1: its strength and a draw."""
        mixed = 0.62 * self.strength + 0.38 * self.draws.bell(f"level {name}", self.rows)
        return np.clip(0.5 + 0.4 * mixed, 0.02, 0.98)

    @cached_property
    def smallest(self) -> Whole:
        """The regions by population, the smallest first."""
        return np.argsort(self.population, kind="stable")

    @cached_property
    def thin(self) -> Truth:
        """The regions whose registers have gaps: the smallest five."""
        return np.isin(self.rows, self.smallest[:_THIN])

    @cached_property
    def lone(self) -> Whole:
        """Regions where a sector has a single firm: their cells are disclosed to nobody."""
        return self._drawn("lone")[:_LONE]

    @cached_property
    def towns(self) -> Whole:
        """Regions where every second sector is one large employer and a few workshops."""
        return self._drawn("lone")[_LONE : _LONE + _TOWNS]

    @cached_property
    def appeal(self) -> Real:
        """How a sector is drawn to a region, 0 to 4; one star a sector, drawn by the seed."""
        cells = np.arange(self.count * len(self.sectors)).reshape(self.count, -1)
        bell = self.draws.bell("appeal", cells)
        found = np.clip(1 + 0.45 * bell + 0.45 * self.strength[:, None], 0.15, 4)
        middle = self.smallest[self.count // 3 : 2 * self.count // 3]
        for number in range(len(self.sectors)):
            found[middle[self.draws.integer("star", number, 0, len(middle) - 1)], number] = 4.0
        return found

    def _drawn(self, name: str) -> Whole:
        """The smaller half of the regions without the thin ones, shuffled."""
        small = self.smallest[_THIN : self.count // 2]
        return small[np.argsort(self.draws.uniform(name, small), kind="stable")]

    def region(self, places: Whole) -> pl.Series:
        """The codes of regions by their places."""
        return self.regions["region"].gather(places).alias("region")

    def sector(self, places: Whole) -> pl.Series:
        """The ids of sectors by their places."""
        return texts([sector.id for sector in self.sectors], places).alias("sector")

    def codes(self, name: str) -> list[str]:
        """The codes of a list in all sectors."""
        return sorted({code for one in self.sectors for code in one.codes.get(name, {})})

    def taught(self, name: str, codes: list[str]) -> Real:
        """For each region and code of a list, the appeal of the sectors that have the code."""
        has = np.array(
            [[code in one.codes.get(name, {}) for code in codes] for one in self.sectors]
        )
        # Not a matrix product: its last bits depend on the machine.
        drawn = (self.appeal[:, :, None] * has).sum(axis=1)
        return np.asarray(drawn / np.maximum(has.sum(axis=0), 1))


def of(sectors: tuple[Sector, ...], *, firms: int, seed: int) -> World:
    """The world of a section.

    Raises:
        UsageError: the section has no sectors, so that its registers cannot be known.
    """
    if not sectors:
        what = "has no sectors, and the registers of demonstration follow sectors"
        raise UsageError(Problem("the section", what, "take one that has: hitech"))
    return World(seed=seed, firms=firms, every=sectors)


def texts(words: list[str], places: Whole) -> pl.Series:
    """Words of a list by their places; none for a place below 0."""
    found = pl.Series(words, dtype=pl.String).gather(np.maximum(places, 0))
    return pl.select(pl.when(pl.Series(places >= 0)).then(found)).to_series()


def labels(prefix: str, *numbers: Whole) -> pl.Series:
    """Ids such as ``P-12-003``: a prefix and numbers."""
    parts = [pl.Series(part).cast(pl.String).str.zfill(3) for part in numbers]
    return pl.select(pl.concat_str(pl.lit(prefix), *parts, separator="-")).to_series()


def frame(**columns: object) -> pl.DataFrame:
    """A table of columns, NaN as missing."""
    return pl.DataFrame(columns, nan_to_null=True)


def _place(values: Real) -> Real:
    """The place of each value among the others, from -1 to 1."""
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return 2 * order / (len(values) - 1) - 1
