"""The register of firms: one row a firm and year, made in pieces of any size.

Published margins. Classes of size: of all small and medium enterprises 96 % are micro (5.6 million,
russianews24.com after Kommersant, June 2023) and 18,590 are medium (TASS, 12 July 2023), which
leaves 3.7 % small. Activities: shares of sections in employment at the end of 2018 (profile.ru
after Rosstat): trade 19.1 %, manufacturing 14.1, construction 8.9, education 7.6, transport 7.5,
mining 1.6, culture and sport 1.6, research 1.2, water and waste 1.0. Regions: population of 2019.

These hold for the general part of the register. The other part, firms of the declared sectors, is
drawn beside it and is most of a small register: with true shares 4,000 firms would hold a dozen
of a sector. Invented: the other sections (what is left, evenly), one large firm in a thousand, the
size of sector firms, and everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from rating.definitions.sector import bare
from rating.inputs import classifiers
from rating.inputs.demo.draws import Days, Real, Whole, later
from rating.inputs.demo.world import EDITION, YEARS, World, frame, texts

SIZES = (0.96 - 0.001, 0.037, 0.003, 0.001)
"""The general part: micro, small, medium, and the large that the SME register does not hold."""

SECTOR_SIZES = (0.36, 0.48, 0.12, 0.04)
LIMITS = ((1, 15), (16, 100), (101, 250), (251, 4000))

SECTIONS = {
    "trade": (45, 47, 0.191),
    "manufacturing": (10, 33, 0.141),
    "construction": (41, 43, 0.089),
    "education": (85, 85, 0.076),
    "transport": (49, 53, 0.075),
    "mining": (5, 9, 0.016),
    "culture": (90, 93, 0.016),
    "research": (72, 72, 0.012),
    "water": (36, 39, 0.010),
}
"""Divisions from, to, and the published share in employment."""

_LEFT = (
    (1, 3),
    (35, 35),
    (55, 56),
    (58, 63),
    (64, 66),
    (68, 68),
    (69, 71),
    (73, 82),
    (84, 84),
    (86, 88),
)
_NAMED = 20_000


@dataclass(frozen=True)
class Codes:
    """Codes that firms bear, group after group, with running totals of their weights."""

    codes: list[str]
    edges: Real
    places: Whole

    def pick(self, group: Whole, uniform: Real) -> Whole:
        """A code of the group for each number in [0, 1)."""
        found = np.searchsorted(self.edges, group + uniform, side="right")
        return np.minimum(found, len(self.codes) - 1)


@dataclass(frozen=True)
class Register:
    """The firms of a world."""

    world: World

    @cached_property
    def share(self) -> float:
        """The part of the firms that belongs to sectors: all but 15 % of a small register."""
        return min(0.85, max(0.1, 3400 / self.world.firms))

    @cached_property
    def classes(self) -> list[str]:
        """The OKVED2 codes of four digits or more, that a firm may bear."""
        codes = classifiers.table("okved2")["code"]
        return [code for code in codes if code[:2].isdigit() and len(bare(code)) >= 4]

    @cached_property
    def ofsectors(self) -> Codes:
        """The codes of each sector; a code that is mostly of the sector weighs three times more."""
        groups = []
        for sector in self.world.sectors:
            shares = {bare(code): share for code, share in sector.codes["okved2"].items()}
            found: dict[str, list[str]] = {}
            for code in self.classes:
                longest = _longest(bare(code), shares)
                if longest is not None and shares[longest] > 0:
                    found.setdefault(longest, []).append(code)
            groups.append(
                {
                    code: (3.0 if shares[key] >= 0.5 else 1.0) / len(codes)
                    for key, codes in found.items()
                    for code in codes
                }
            )
        return _codes(groups)

    @cached_property
    def general(self) -> Codes:
        """The codes of no sector, by section; the sections without a published share evenly."""
        listed = {bare(code): 1.0 for code in self.world.codes("okved2")}
        free = [code for code in self.classes if _longest(bare(code), listed) is None]
        rest = (1 - sum(share for *_, share in SECTIONS.values())) / len(_LEFT)
        sections = [*SECTIONS.values(), *((low, high, rest) for low, high in _LEFT)]
        weights: dict[str, float] = {}
        for low, high, share in sections:
            inside = [code for code in free if low <= int(code[:2]) <= high]
            weights |= dict.fromkeys(inside, share / len(inside))
        return _codes([weights])

    @cached_property
    def cells(self) -> Real:
        """How likely a sector firm is in each region and sector; nowhere where one firm stands."""
        world = self.world
        size = np.sqrt(world.employment / world.employment.sum())
        size = 0.5 * size / size.sum() + 0.5 * world.employment / world.employment.sum()
        found = size[:, None] * world.appeal**2 * np.where(world.main, 3.5, 1.0)
        found[world.lone] = 0
        found[world.towns] = 0
        return np.asarray(found.ravel())

    @cached_property
    def anchors(self) -> tuple[Whole, Whole, Whole]:
        """Region, sector and employees of the firms that stand first: they are few at any size."""
        lone = [(region, sector, 40) for region in self.world.lone for sector in range(self._width)]
        towns = [
            (region, sector, employees)
            for region in self.world.towns
            for sector in range(self._width)
            for employees in ((5200, 24, 18, 30) if sector % 2 == 0 else (22, 35))
        ]
        region, sector, employees = np.array(lone + towns, np.int64).T
        return region, sector, employees

    @property
    def _width(self) -> int:
        return len(self.world.sectors)

    @cached_property
    def _known(self) -> tuple[Whole, Whole]:
        """Firms of a sector by region, and where each region begins: those that others name."""
        firm = np.arange(min(self.world.firms, _NAMED))
        region, sector, _ = self.places(firm)
        _, closed = self._life(firm, region)
        stays = (sector >= 0) & np.isnat(closed)
        order = np.argsort(region[stays], kind="stable")
        starts = np.searchsorted(region[stays][order], np.arange(self.world.count + 1))
        return firm[stays][order], starts

    def one(self, region: Whole, uniform: Real) -> Whole:
        """A firm of a sector in each region, by a number in [0, 1); -1 where there is none."""
        firms, starts = self._known
        held = starts[region + 1] - starts[region]
        place = starts[region] + np.floor(uniform * held).astype(np.int64)
        return np.where(held > 0, firms[np.minimum(place, len(firms) - 1)], -1)

    def rows(self, first: int, last: int) -> pl.DataFrame:
        """The rows of the firms from ``first`` up to but not including ``last``."""
        firm = np.arange(first, last)
        region, sector, code = self.places(firm)
        founded, closed = self._life(firm, region)
        staff = self._staff(firm, region, sector)
        row = np.repeat(np.arange(len(firm)), len(YEARS))
        year = np.tile(np.array(YEARS), len(firm))
        begins = np.maximum(_year(founded), YEARS[0])
        ends = _year(np.where(np.isnat(closed), _END, closed))
        there = (begins[row] <= year) & (year <= ends[row])
        row, year = row[there], year[there]
        employees = staff[row, year - begins[row]]
        wide = frame(
            region=self.world.region(region),
            firm_id=_ids("F", firm, 9),
            group_id=self._groups(firm, region),
            okved2=texts([*self.ofsectors.codes, *self.general.codes], code),
            founded_on=founded,
            closed_on=closed,
            registry=self._registry(firm, sector),
            hightech_flag=self.world.draws.true("flag", firm, np.where(sector < 0, 0.01, 0.05)),
        )
        yearly = self._yearly(firm[row], region[row], sector[row], year, employees)
        return pl.concat([wide[row], yearly], how="horizontal").select(COLUMNS)

    def places(self, firm: Whole) -> tuple[Whole, Whole, Whole]:
        """Region, sector (-1 for none) and code of each firm."""
        draws, world = self.world.draws, self.world
        cell = draws.pick("cell", firm, self.cells)
        special = draws.true("special", firm, self.share)
        anywhere = draws.pick("anywhere", firm, world.population)
        region = np.where(special, cell // self._width, anywhere)
        sector = np.where(special, cell % self._width, -1)
        regions, sectors, _ = self.anchors
        first = firm < len(regions)
        region[first], sector[first] = regions[firm[first]], sectors[firm[first]]
        uniform = draws.uniform("code", firm)
        own = self.ofsectors.pick(np.maximum(sector, 0), uniform)
        other = len(self.ofsectors.codes) + self.general.pick(np.zeros_like(firm), uniform)
        return region, sector, np.where(sector >= 0, own, other)

    def _life(self, firm: Whole, region: Whole) -> tuple[Days, Days]:
        """When each was founded and closed: in strong regions more are born and fewer die."""
        draws, level = self.world.draws, self.world.level("enterprise")[region]
        young = draws.true("young", firm, 0.09 + 0.15 * level)
        founded = np.where(
            young,
            draws.day("founded", firm, "2024-01-01", "2026-12-31"),
            draws.day("founded", firm, "1994-01-01", "2023-12-31"),
        )
        ending = draws.day("closed", firm, "2023-07-01", "2026-12-31")
        ends = draws.true("ends", firm, 0.2 - 0.1 * level) & (ending > later(founded, 200))
        ends &= firm >= len(self.anchors[0])
        founded[firm < len(self.anchors[0])] = np.datetime64("2004-05-01", "D")
        return founded, np.where(ends, ending, np.datetime64("NaT"))

    def _staff(self, firm: Whole, region: Whole, sector: Whole) -> Real:
        """Employees in the first, second and further years of each firm in the register."""
        draws = self.world.draws
        kind = np.where(
            sector < 0, draws.pick("size", firm, SIZES), draws.pick("size", firm, SECTOR_SIZES)
        )
        low, high = np.array(LIMITS).T
        spread = draws.uniform("staff", firm)
        staff = np.floor(low[kind] + (high - low + 1)[kind] * spread * spread)
        *_, employees = self.anchors
        first = firm < len(employees)
        staff[first] = employees[firm[first]]
        fast = draws.true("fast", firm, 0.03 + 0.2 * self.world.level("growth")[region])
        pace = np.where(
            fast, draws.between("pace", firm, 1.21, 1.4), draws.between("pace", firm, 0.94, 1.1)
        )
        pace = np.where(first, 1.0, pace)
        powers = np.stack([np.ones_like(pace), pace, pace * pace, pace * pace * pace], axis=1)
        return np.asarray(np.maximum(1, np.round(staff[:, None] * powers)))

    def _yearly(
        self, firm: Whole, region: Whole, sector: Whole, year: Whole, employees: Real
    ) -> pl.DataFrame:
        """Employees and money of each year, in roubles of the year."""
        draws, world = self.world.draws, self.world
        age = year - YEARS[0]
        output = 2.2e6 + 3.6e6 * world.level("productivity")[region]
        place = firm * len(YEARS) + age
        revenue = employees * output * draws.between("sales", place, 0.6, 1.5) * (1 + 0.07 * age)
        added = revenue * draws.between("added", firm, 0.3, 0.6)
        # Every eighth firm files no value added, as simplified statements have none.
        added[draws.true("simplified", firm, 0.125)] = np.nan
        searching = np.where(sector < 0, 0.01, 0.02 + 0.22 * world.level("search")[region])
        spent = revenue * draws.between("spent", place, 0.01, 0.12)
        spent = np.where(draws.true("searching", firm, searching), spent, 0.0)
        spent[draws.true("silent", firm, 0.1)] = np.nan
        return frame(
            year=year,
            employees=employees.astype(np.int64),
            revenue=np.round(revenue, -3),
            value_added=np.round(added, -3),
            rd_spend=np.round(spent, -3),
        )

    def _groups(self, firm: Whole, region: Whole) -> pl.Series:
        """Every third firm belongs to a group of its region, of about three firms each."""
        draws, world = self.world.draws, self.world
        number = np.ceil(0.1 * world.firms * world.population / world.population.sum())
        group = draws.integer("group", firm, 1, np.maximum(number, 2)[region])
        among = draws.true("grouped", firm, 0.3) & (firm >= len(self.anchors[0]))
        words = pl.concat_str(world.region(region), _ids("G", group, 7), separator="-")
        return pl.select(group_id=pl.when(pl.Series(among)).then(words)).to_series()

    def _registry(self, firm: Whole, sector: Whole) -> pl.Series:
        """The register that some firms of a sector stand in, whatever their code."""
        lists = [list(one.names.get("registry", ())) for one in self.world.sectors]
        words = [word for one in lists for word in one]
        lengths = np.array([len(one) for one in lists])
        starts = np.cumsum(lengths) - lengths
        own = np.maximum(sector, 0)
        word = np.floor(self.world.draws.uniform("word", firm) * lengths[own]).astype(np.int64)
        among = (sector >= 0) & (lengths[own] > 0) & self.world.draws.true("among", firm, 0.15)
        return texts(words or [""], np.where(among, starts[own] + word, -1))


COLUMNS = (
    "region", "year", "firm_id", "group_id", "okved2", "employees", "revenue", "value_added",
    "rd_spend", "founded_on", "closed_on", "hightech_flag", "registry",
)  # fmt: skip

_END = np.datetime64(f"{EDITION + 1}-12-31", "D")


def _longest(code: str, prefixes: dict[str, float]) -> str | None:
    return next((code[:n] for n in range(len(code), 0, -1) if code[:n] in prefixes), None)


def _codes(groups: list[dict[str, float]]) -> Codes:
    """Codes and running totals: those of group ``k`` run from ``k`` to ``k + 1``."""
    edges = []
    for number, group in enumerate(groups):
        total = np.cumsum(list(group.values()))
        edges.append(number + total / total[-1])
    codes = [code for group in groups for code in group]
    places = np.concatenate([np.full(len(group), n) for n, group in enumerate(groups)])
    return Codes(codes, np.concatenate(edges), places)


def _year(days: Days) -> Whole:
    return days.astype("datetime64[Y]").astype(np.int64) + 1970


def _ids(prefix: str, numbers: Whole, width: int) -> pl.Series:
    digits = pl.Series(numbers).cast(pl.String).str.zfill(width)
    return pl.select(firm_id=pl.lit(prefix) + digits).to_series()
