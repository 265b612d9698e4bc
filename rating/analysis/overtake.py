"""What it would take: the smallest change of weights, and what would move a region up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from rating.analysis.design import Floats
from rating.analysis.kernel import score
from rating.analysis.plan import plan
from rating.definitions.aggregations import Arithmetic, Geometric
from rating.errors import DefinitionError, Problem, UsageError, nearest
from rating.result import Rating
from rating.steps.ranks import DIGITS

QUARTERS = (0.25, 0.5, 0.75, 1.0)


def overtake(
    rating: Rating, region: str, other: str, *, node: str | None = None
) -> pl.DataFrame | None:
    """The smallest change of weights under which one region is no longer behind another.

    Smallest is the least weight moved from some children of the node to others. On an arithmetic
    node the difference of two regions is linear in the weights, on a geometric one its logarithm
    is: weight goes from the children that speak most against the region to the one that speaks most
    for it, and no other way is shorter.

    Args:
        rating: the rating.
        region: who is behind.
        other: who is ahead.
        node: whose children are weighed anew; by default the index.

    Returns:
        item, weight, needed, change; None if no weights on this node do it.

    Raises:
        UsageError: a region or node is unknown, or one of the two lacks a child of the node.
        DefinitionError: the node is neither an arithmetic nor a geometric mean.

    Example:
        >>> section = rating.load("hitech_open")
        >>> result = rating.rate(section, rating.read("data/open", section), edition=2019)
        >>> overtake(result, "RU-SPE", "RU-MOW")["change"].abs().sum().__round__(3)
        0.41
    """
    at = node or rating.section.root.id
    method = rating.section.method_of(at).aggregate
    if not isinstance(method, Arithmetic | Geometric):
        raise DefinitionError(
            Problem(f"{at}, method.aggregate", f"{method.name} is not linear in its weights", "")
        )
    family = rating.weights.filter((pl.col("parent") == at) & (pl.col("weight") > 0))
    mine, theirs = (_children(rating, who, family["item"].to_list()) for who in (region, other))
    if isinstance(method, Geometric):
        mine, theirs = np.log(mine), np.log(theirs)
    needed = moved(family["weight"].to_numpy(), mine - theirs)
    if needed is None:
        return None
    return family.select("item", "weight").with_columns(
        needed=pl.Series(needed), change=pl.Series(needed - family["weight"].to_numpy())
    )


def moved(weights: Floats, for_it: Floats) -> Floats | None:
    """The weights nearest to given ones, in sum of changes, under which ``for_it`` is 0 or more.

    Example:
        >>> moved(np.array([0.5, 0.5]), np.array([1.0, -3.0])).tolist()
        [0.75, 0.25]
    """
    found = weights.astype(float).copy()
    lacking = -float(found @ for_it)
    if lacking <= 0:
        return found
    best = int(np.argmax(for_it))
    if for_it[best] < 0:
        return None
    for place in np.argsort(for_it, kind="stable"):
        gain = for_it[best] - for_it[place]
        if place == best or gain <= 0:
            break
        part = min(found[place], lacking / gain)
        found[place] -= part
        found[best] += part
        lacking -= part * gain
        if part * gain == 0 or lacking <= 0:
            break
    return found


def _children(rating: Rating, region: str, items: Sequence[str]) -> Floats:
    known = rating.ranks["region"].to_list()
    if region not in known:
        raise UsageError(Problem(region, "no such region in the rating", nearest(region, known)))
    nodes = rating.scores.select("region", pl.col("node").alias("item"), "score")
    leaves = rating.values.select("region", pl.col("indicator").alias("item"), "score")
    own = pl.concat([nodes, leaves]).filter(pl.col("region") == region)
    found = dict(own.select("item", "score").iter_rows())
    lacking = [item for item in items if found.get(item) is None]
    if lacking:
        raise UsageError(
            Problem(region, f"it has no score of {', '.join(lacking)}", "compare another pair")
        )
    return np.array([found[item] for item in items], float)


def gains(rating: Rating, region: str) -> pl.DataFrame:
    """What one quartile more on each indicator would do to a region's rank, all else equal.

    The region's score of an indicator is raised to the next quartile of the ranked regions: from
    the lowest quarter to the lower quartile, then to the median, the upper quartile, the best.

    Returns:
        indicator, score, to, rank, gain (ranks won); the greatest gain first.

    Raises:
        UsageError: the region is not ranked.
    """
    held = rating.ranks.filter(pl.col("rank").is_not_null())
    if region not in held["region"]:
        known = sorted(held["region"])
        raise UsageError(Problem(region, "no such region in the ranking", nearest(region, known)))
    return _gains(rating, [region]).drop("region")


def all_gains(rating: Rating) -> pl.DataFrame:
    """The ``gains`` of every ranked region: region, indicator, score, to, rank, gain."""
    held = rating.ranks.filter(pl.col("rank").is_not_null()).sort("region")
    return _gains(rating, held["region"].to_list())


def _gains(rating: Rating, regions: Sequence[str]) -> pl.DataFrame:
    held = rating.ranks.filter(pl.col("rank").is_not_null()).sort("region")
    made = plan(rating, [])
    matrix = made.scenarios.matrices[0]
    ranked = matrix[[made.scenarios.regions.index(code) for code in held["region"]]]
    choices = np.zeros((1, len(made.branches)), np.int64)
    ladder = np.sort(held["score"].round(DIGITS).to_numpy())
    now = dict(held.select("region", "rank").iter_rows())
    frames = []
    for region in regions:
        own = matrix[made.scenarios.regions.index(region)]
        targets = np.array([_next(column, at) for column, at in zip(ranked.T, own, strict=True)])
        raised = np.repeat(own[None, :], len(targets), axis=0)
        np.fill_diagonal(raised, targets)
        found = score(made.branches, raised, made.weights[None, :], choices).scores[0].round(DIGITS)
        # The region itself, where it stands now, is not ahead of where it would stand.
        itself = float(held.filter(pl.col("region") == region)["score"].round(DIGITS)[0])
        above = len(ladder) - np.searchsorted(ladder, found, side="right") - (itself > found)
        frames.append(
            pl.DataFrame(
                {
                    "region": [region] * len(targets),
                    "indicator": made.scenarios.indicators,
                    "score": own,
                    "to": targets,
                    "rank": 1 + above,
                }
            )
            .filter(pl.col("to").is_not_nan())
            .with_columns(gain=now[region] - pl.col("rank"))
            .sort("gain", descending=True, maintain_order=True)
        )
    return pl.concat(frames)


def _next(scores: Floats, own: float) -> float:
    """The next quartile above a score; NaN for a missing one."""
    known = scores[~np.isnan(scores)]
    if np.isnan(own) or not len(known):
        return float("nan")
    ends = np.quantile(known, QUARTERS)
    return float(next((end for end in ends if end > own), own))
