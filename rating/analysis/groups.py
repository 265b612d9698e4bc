"""Regions that share a place: who is not significantly below the first of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.analysis.confidence import sets_around, significantly_above
from rating.analysis.design import Floats, Ints
from rating.errors import Problem, UsageError

if TYPE_CHECKING:
    from rating.analysis.uncertainty import Uncertainty

Ties = Literal["first", "connected"]

# Tests need quantiles, not frequencies: so many draws are enough.
TESTED = 2000


def place_groups(sure: Uncertainty, *, level: float = 0.95, ties: Ties = "first") -> pl.DataFrame:
    """Group the ranked regions into shared places.

    The best region opens a group. A region joins while it is not significantly below the group's
    first, otherwise it opens the next; with ``ties = "connected"`` it joins while it is not
    significantly below some member, which chains most regions into one group. Differences are
    shares of the draw's gap from worst to best; tests are pairwise with family-wise control.

    Returns:
        region, rank, group (1 is the best), first (the region that opened it).
    """
    tested = sample(sure)
    above = significantly_above(tested.estimates, tested.around, level=level)
    groups = grouped(tested.estimates, above, ties)
    order = np.argsort(-tested.estimates, kind="stable")
    opened = {int(groups[place]): tested.regions[place] for place in order[::-1]}
    return _ranked(
        sure,
        tested,
        {"group": groups.tolist(), "first": [opened[int(group)] for group in groups]},
    )


def grouped(estimates: Floats, above: NDArray[np.bool_], ties: Ties = "first") -> Ints:
    """The group of each region, 1 the best, from who is significantly above whom."""
    order = np.argsort(-estimates, kind="stable")
    found = np.zeros(len(estimates), np.int64)
    members: list[int] = []
    for place in order:
        against = members[:1] if ties == "first" else members
        if not members or all(above[other, place] for other in against):
            group = int(found.max()) + 1
            members = []
        members.append(int(place))
        found[place] = group
    return found


def confidence(sure: Uncertainty, *, level: float = 0.95, top: int = 20) -> pl.DataFrame:
    """Simultaneous confidence sets for all ranks, and for the top so many.

    For errors of measurement: of an uncertainty drawn with ``only="sampling"``.

    Returns:
        region, rank, low, high, in_top: whether it may be among the top.
    """
    tested = sample(sure)
    found = sets_around(tested.estimates, tested.around, level=level)
    return _ranked(
        sure,
        tested,
        {
            "low": found.low.tolist(),
            "high": found.high.tolist(),
            "in_top": found.top(top).tolist(),
        },
    )


class Sample:
    """Draws of the ranked regions, as shares of the gap from worst to best.

    Attributes:
        regions: their codes.
        estimates: their published shares.
        around: draws by regions, less the published shares.
    """

    def __init__(self, regions: list[str], published: Floats, drawn: Floats) -> None:
        self.regions = regions
        self.estimates = shares(published[None, :])[0]
        self.around = shares(drawn) - self.estimates


def sample(sure: Uncertainty) -> Sample:
    """The draws that tests are made on: the first 2,000 in which every ranked region has a score.

    Raises:
        UsageError: there are fewer than two.
    """
    drawing = sure.drawing
    ranked = sure.rating.ranks.filter(pl.col("rank").is_not_null()).sort("region")
    places = [sure.regions.index(region) for region in ranked["region"]]
    wanted = min(sure.draws, TESTED)
    parts = []
    for number in range(-(-wanted // drawing.size)):
        keep = min(drawing.size, wanted - number * drawing.size)
        for part in drawing.parts(number, keep=keep):
            scores = part.scores[part.failed == 0][:, places]
            parts.append(scores[~np.isnan(scores).any(axis=1)])
    drawn = np.concatenate([*parts, np.empty((0, len(places)))])
    if len(drawn) < 2 or not places:
        raise UsageError(
            Problem(
                "draws",
                f"{len(drawn)} draws in which every ranked region has a score",
                "draw more, or switch off what leaves regions without a score",
            )
        )
    return Sample(ranked["region"].to_list(), ranked["score"].to_numpy().astype(float), drawn)


def shares(scores: Floats) -> Floats:
    """Scores as shares of the gap from worst to best of their draw; 1 where all are equal."""
    worst = scores.min(axis=1, keepdims=True)
    gap = scores.max(axis=1, keepdims=True) - worst
    found: Floats = np.divide(scores - worst, gap, out=np.ones_like(scores), where=gap > 0)
    return found


def _ranked(sure: Uncertainty, tested: Sample, columns: dict[str, list[object]]) -> pl.DataFrame:
    own = pl.DataFrame({"region": tested.regions, **columns})
    return (
        sure.rating.ranks.select("region", "rank")
        .filter(pl.col("rank").is_not_null())
        .join(own, on="region", how="left", maintain_order="left")
    )
