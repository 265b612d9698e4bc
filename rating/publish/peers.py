"""Regions that are alike: by population, product a head and the scores of the parts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.publish.facts import Facts, Region

MOST = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Context:
    """What is known of a region besides its indicators; None where the data do not hold it.

    Attributes:
        population: people.
        product: regional product a head, in per cent of that of all regions together.
        employed: employed in the sector.
    """

    population: float | None = None
    product: float | None = None
    employed: float | None = None


@dataclass(frozen=True)
class Circle:
    """Regions of one size and wealth.

    Attributes:
        size: third by population, 0 the largest; None where population is not held.
        rich: whether the product a head is above the median of the regions.
        strongest: where neither is held, the part of the index on which the regions stand best.
        regions: in the order of the ranking.
    """

    size: int | None
    rich: bool | None
    strongest: str | None
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Peers:
    """Who is compared with whom.

    Attributes:
        context: of each region.
        near: the codes of the nearest regions of each, the nearest first.
        by: which of ``population``, ``product`` and ``profile`` the distance is made of.
        circles: all ranked regions in groups of peers.
    """

    context: Mapping[str, Context]
    near: Mapping[str, tuple[str, ...]]
    by: tuple[str, ...]
    circles: tuple[Circle, ...]


def peers(facts: Facts) -> Peers:
    """Find the peers of every region that has a profile.

    The distance is the root mean square over the logarithms of population and of product a head
    and the scores of the parts, each in standard deviations: peers stand as high in the parts, and
    are not only alike in what is better and worse of their own. What one of two regions lacks does
    not count between them.
    """
    known = context(facts)
    regions = facts.profiled
    blocks = {
        "population": [[_log(known[one.code].population)] for one in regions],
        "product": [[_log(known[one.code].product)] for one in regions],
        "profile": [_profile(facts, one) for one in regions],
    }
    # Each block counts alike, however many parts the index has.
    tables = {
        name: _standard(np.array(rows, float)) / math.sqrt(max(len(rows[0]), 1))
        for name, rows in blocks.items()
        if rows and rows[0]
    }
    used = {name: table for name, table in tables.items() if not np.isnan(table).all()}
    near = _nearest(regions, list(used.values()))
    return Peers(known, near, tuple(used), tuple(_circles(facts, known)))


def context(facts: Facts) -> dict[str, Context]:
    """Population, product a head and employment of the sector, from tables of one row a region.

    They are the columns ``population``, ``grp`` and ``employed`` of whatever table has them.
    """
    result = facts.result
    held = {name: _column(facts, name) for name in ("population", "grp", "employed")}

    both = held["population"].keys() & held["grp"].keys()
    people_of_all = sum(held["population"][code] for code in sorted(both))
    product_of_all = sum(held["grp"][code] for code in sorted(both))

    def of(code: str) -> Context:
        people, product = held["population"].get(code), held["grp"].get(code)
        ahead = None
        if people and product is not None and product_of_all:
            # Against the country, for no table says in what its product is counted.
            ahead = 100 * (product / people) / (product_of_all / people_of_all)
        return Context(people, ahead, held["employed"].get(code))

    return {code: of(code) for code in result.ranks["region"]}


def _column(facts: Facts, name: str) -> dict[str, float]:
    """A column of the latest year that is not after the edition."""
    for frame in facts.result.data.tables.values():
        if {"region", name} <= set(frame.columns) and frame.schema[name].is_numeric():
            rows = frame
            if "year" in frame.columns:
                rows = frame.filter(pl.col("year") <= facts.result.edition)
                rows = rows.filter(pl.col("year") == pl.col("year").max())
            if rows["region"].is_unique().all():
                rows = rows.select("region", pl.col(name).cast(pl.Float64)).drop_nulls()
                return dict(rows.iter_rows())
    return {}


def _log(value: float | None) -> float:
    return math.log(value) if value is not None and value > 0 else math.nan


def _profile(facts: Facts, region: Region) -> list[float]:
    found = [facts.cell(region, item).score for item in facts.pillars]
    return [math.nan if score is None else score for score in found]


def _standard(table: Floats) -> Floats:
    """Columns in standard deviations; one that is the same everywhere tells nothing."""
    known = ~np.isnan(table)
    count = np.maximum(known.sum(axis=0), 1)
    centred = table - np.where(known, table, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, centred, 0.0) ** 2).sum(axis=0) / count)
    found: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    found[~known] = np.nan
    return found


def _nearest(regions: Sequence[Region], tables: Sequence[Floats]) -> dict[str, tuple[str, ...]]:
    if not tables:
        return {region.code: () for region in regions}
    table = np.concatenate(tables, axis=1)
    found = {}
    for place, region in enumerate(regions):
        apart = (table - table[place]) ** 2
        known = ~np.isnan(apart)
        count = known.sum(axis=1)
        # Half of what is compared must be known of both, or a region without data is near to all.
        squares = np.where(known, apart, 0.0).sum(axis=1) / np.maximum(count, 1)
        squares[2 * count < table.shape[1]] = np.inf
        squares[place] = np.inf
        order = [n for n in np.argsort(squares, kind="stable") if np.isfinite(squares[n])]
        found[region.code] = tuple(regions[n].code for n in order[:MOST])
    return found


def _circles(facts: Facts, known: Mapping[str, Context]) -> list[Circle]:
    """Thirds by population and halves by product a head; without both, by the strongest part."""
    sized = [one for one in facts.ranked if known[one.code].population is not None]
    people = sorted((known[one.code].population or 0.0) for one in sized)
    wealth = sorted(w for one in sized if (w := known[one.code].product) is not None)
    found: dict[tuple[int | None, bool | None, str | None], list[Region]] = {}
    for region in facts.ranked:
        given = known[region.code]
        size = rich = strongest = None
        if given.population is not None and len(people) > 5:
            below = sum(one <= given.population for one in people)
            size = min(int(3 * (len(people) - below) / len(people)), 2)
        if given.product is not None and len(wealth) > 5:
            rich = given.product >= float(np.median(wealth))
        if size is None and rich is None:
            ranks = [(facts.cell(region, item).rank, item.id) for item in facts.pillars]
            best = min(((rank, id) for rank, id in ranks if rank is not None), default=None)
            strongest = None if best is None else best[1]
        found.setdefault((size, rich, strongest), []).append(region)
    order = [item.id for item in facts.pillars]

    def place(key: tuple[int | None, bool | None, str | None]) -> tuple[int, bool, int]:
        size, rich, strongest = key
        at = order.index(strongest) if strongest in order else len(order)
        return (9 if size is None else size, not rich, at)

    return [Circle(*key, regions=tuple(found[key])) for key in sorted(found, key=place)]
