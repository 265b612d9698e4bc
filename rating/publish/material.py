"""What the pages are made of, looked up once: the rating, its draws, its audit, its past."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.analysis.overtake import all_gains
from rating.errors import RatingError
from rating.publish import history, intervals, peers, sites
from rating.publish.facts import Facts, gather
from rating.publish.history import History
from rating.publish.intervals import Intervals
from rating.publish.peers import Peers
from rating.publish.sites import Site

if TYPE_CHECKING:
    from rating.analysis.agreement import Agreement
    from rating.analysis.audit import Audit
    from rating.analysis.uncertainty import Uncertainty
    from rating.result import Rating

MOST_GAINS = 6
# The table of what coders found.
CODES = "law_items"


@dataclass(frozen=True)
class Side:
    """A strength or a weakness.

    Attributes:
        indicator: its id.
        rank: the region's place on it among the ranked regions, by measured values.
        of: how many ranked regions have a value.
        held: the share of the draws in which it is among the region's best (or worst); None
            without draws.
    """

    indicator: str
    rank: int
    of: int
    held: float | None


@dataclass(frozen=True)
class Gain:
    """What one quartile more on an indicator would do: from a score to another, places won."""

    indicator: str
    score: float
    to: float
    rank: int
    gain: int


@dataclass(frozen=True)
class Material:
    """Everything that pages ask for.

    Attributes:
        facts: names, scores, ranks.
        sure: the intervals of places, where there were draws.
        audit: the statistical audit.
        history: earlier editions.
        peers: who is like whom.
        strengths: by region, the best first.
        weaknesses: by region, the worst first.
        gains: by ranked region, the greatest first.
        no_gains: why there are none; empty where there are.
        sites: certified sites by region; None where the data hold no such table.
    """

    facts: Facts
    sure: Intervals | None
    audit: Audit
    history: History
    peers: Peers
    strengths: Mapping[str, tuple[Side, ...]]
    weaknesses: Mapping[str, tuple[Side, ...]]
    gains: Mapping[str, tuple[Gain, ...]]
    no_gains: str
    sites: Mapping[str, tuple[Site, ...]] | None

    @cached_property
    def medians(self) -> dict[str, float]:
        """The median of the measured values of each indicator over all rated regions."""
        values = self.facts.told.among.values
        found = values.group_by("indicator").agg(pl.col("value").median())
        return dict(found.drop_nulls().iter_rows())

    @cached_property
    def agreement(self) -> Agreement | None:
        """How far the coders of the section's checklist agree; None where nothing is coded."""
        whole = self.facts.told.whole
        coded = bool(whole.section.checklist) and CODES in whole.data.tables
        return whole.agreement() if coded else None

    @cached_property
    def synthetic(self) -> bool:
        """Whether the figures are invented: then every page says so."""
        return bool(getattr(self.facts.result.data, "synthetic", False))


def collect(result: Rating, *, sure: Uncertainty | None = None, top: int | None = None) -> Material:
    """Look everything up once.

    Args:
        result: the rating.
        sure: what ``uncertainty`` of the rating returned.
        top: tell the places of so many first regions only.

    Raises:
        UsageError: the draws are those of another rating.
    """
    facts = gather(result, top=top)
    found = None if sure is None else intervals.intervals(result, sure)
    examined = facts.told.audit()
    gains, no_gains = _gains(result, facts.told.items)
    strengths = _sides(examined, "strength", sure)
    weaknesses = _sides(examined, "weakness", sure)
    return Material(
        facts=facts,
        sure=found,
        audit=examined,
        history=history.history(result),
        peers=peers.peers(facts),
        strengths=strengths,
        weaknesses=weaknesses,
        gains=gains,
        no_gains=no_gains,
        sites=sites.sites(result),
    )


def owned(material: Material, region: str) -> Material:
    """The material of a region's own edition: what is not told to others, it is told of itself."""
    told = material.facts.told
    if not told.cells:
        return material
    return replace(material, facts=gather(told.whole, told=told.to(region)))


def _gains(result: Rating, hidden: Collection[str] = ()) -> tuple[dict[str, tuple[Gain, ...]], str]:
    """The greatest gains of each region; some methods cannot score one region alone.

    The step to the next quartile would tell a hidden score: ``hidden`` indicators have no gains.
    """
    if not result.ranks["rank"].count():
        return {}, ""
    try:
        frame = all_gains(result)
    except RatingError as error:
        return {}, str(error)
    found: dict[str, list[Gain]] = {}
    for region, *rest in frame.iter_rows():
        some = found.setdefault(region, [])
        if len(some) < MOST_GAINS and rest[-1] > 0 and rest[0] not in hidden:
            some.append(Gain(*rest))
    return {region: tuple(some) for region, some in found.items()}, ""


def _sides(audit: Audit, kind: str, sure: Uncertainty | None) -> dict[str, tuple[Side, ...]]:
    held = {} if sure is None else _held(sure, kind)
    found: dict[str, list[Side]] = {}
    for row in audit.strengths.iter_rows(named=True):
        # Of few indicators the worst half may still be better than most regions have.
        good = 2 * row["rank"] <= row["of"] + 1
        if row["kind"] == kind and good == (kind == "strength"):
            share = held.get((row["region"], row["indicator"]))
            side = Side(row["indicator"], row["rank"], row["of"], share)
            found.setdefault(row["region"], []).append(side)
    return {region: tuple(sides) for region, sides in found.items()}


def _held(sure: Uncertainty, kind: str, most: int = 5) -> dict[tuple[str, str], float]:
    """In which share of the draws an indicator is among a region's best, or worst, places.

    Places on an indicator depend on the options of treatment, gaps and formulas that a draw took;
    weights and means do not move them.
    """
    scenarios, ranked = sure.plan.scenarios, sure.plan.ranked
    share = np.zeros(scenarios.matrices[0].shape)
    drawn = dict(sure.scenarios.select("scenario", "draws").iter_rows())
    for number, matrix in enumerate(scenarios.matrices):
        worse = -matrix if kind == "strength" else matrix
        rank = np.array([_ranks(column, ranked) for column in worse.T]).T
        # As in the audit, the worst place there is counts as neither a strength nor a weakness.
        least = np.fmin.reduce(matrix[ranked], axis=0)
        rank[matrix <= least] = np.inf
        before = (rank[:, None, :] < rank[:, :, None]).sum(axis=2)
        share += drawn.get(number, 0) * ((before < most) & np.isfinite(rank))
    whole = max(sum(drawn.values()), 1)
    return {
        (region, indicator): float(share[row, column] / whole)
        for row, region in enumerate(scenarios.regions)
        for column, indicator in enumerate(scenarios.indicators)
    }


def _ranks(column: Sequence[float], among: NDArray[np.int64]) -> list[float]:
    """Competition ranks from the lowest among some, as shares of them; missing ones come last."""
    values = np.asarray(column, float)
    known = np.sort(values[among][~np.isnan(values[among])])
    found = np.searchsorted(known, values, side="left") / max(len(known), 1)
    return list(np.where(np.isnan(values), np.inf, found))
