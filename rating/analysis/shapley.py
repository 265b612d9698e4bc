"""Exact Shapley values of the children of a node."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.definitions.aggregations import Directional
from rating.definitions.settings import Setting
from rating.engine.store import Store
from rating.errors import Problem, UsageError
from rating.steps.aggregate import aggregate, is_alone

# 2 to the 12 coalitions; each more child doubles them.
MOST_CHILDREN = 12
# Coalitions are aggregated together as long as their scores are at most so many.
CELLS = 2_000_000


def of_geometric_mean(
    shares: dict[str, float], given: dict[str, float], stand: dict[str, float]
) -> tuple[float, dict[str, float]]:
    """Baseline and exact Shapley values of a weighted geometric mean.

    The value of a coalition is a product, so its multilinear extension is a product of lines, and
    the Shapley value of a child is the integral of the extension's derivative along the diagonal
    (Owen, "Multilinear extensions of games", Management Science 18, 1972). The integrand is a
    polynomial of degree n - 1: Gauss-Legendre with n / 2 points is exact, where the sum over
    coalitions would need 2 to the n.

    Args:
        shares: the weight of each child, summing to 1.
        given: the score of each child, above 0.
        stand: what each child stands at until it joins, above 0.

    Returns:
        The score of the empty coalition and the contribution of each child.
    """
    items = list(shares)
    power = np.array([shares[item] for item in items])
    joined = np.array([given[item] for item in items]) ** power
    waiting = np.array([stand[item] for item in items]) ** power
    points, weights = np.polynomial.legendre.leggauss(len(items) // 2 + 1)
    q = (points + 1) / 2
    lines = q[:, None] * joined + (1 - q)[:, None] * waiting
    contributions = {}
    for at, item in enumerate(items):
        others = np.delete(lines, at, axis=1).prod(axis=1)
        contributions[item] = float((joined - waiting)[at] * (weights / 2 * others).sum())
    return float(waiting.prod()), contributions


@dataclass(frozen=True, eq=False)
class Game:
    """A node of one region, where every coalition of children has a score.

    Attributes:
        node: the node.
        setting: its method.
        children: item, weight: all its children, in the order of the section.
        region: the region's code.
        given: its score of each child that it has.
        stand: what each of these stands at until it joins.
        score: its score of the node: the value of all children together.
        others: region, item, score of the other regions, who stand as they are.
    """

    node: str
    setting: Setting
    children: pl.DataFrame
    region: str
    given: dict[str, float]
    stand: dict[str, float]
    score: float
    others: pl.DataFrame

    def values(self) -> NDArray[np.float64]:
        """The score of the node for every coalition; every coalition is a scenario."""
        family = self.children.select(
            pl.lit(self.node).alias("parent"),
            "item",
            "weight",
            pl.int_range(pl.len(), dtype=pl.Int64).alias("position"),
        )
        values = np.empty(2 ** len(self.given))
        rows = len(self.given) + (0 if is_alone(self.setting) else self.others.height)
        level = {self.node: self.setting}
        # What a direction names has been checked; some of it may not be in the edition.
        apart = self.setting.direction if isinstance(self.setting, Directional) else ()
        with Store() as store:
            for start in range(0, len(values), size := max(1, CELLS // rows)):
                masks = np.arange(start, min(start + size, len(values)))
                scores = self._scenarios(masks)
                found, _ = aggregate(
                    store, scores, family, [level], only=[self.region], apart=apart
                )
                values[masks] = found.sort("scenario")["score"].to_numpy()
        values[-1] = self.score
        return values

    def _scenarios(self, masks: NDArray[np.int64]) -> pl.DataFrame:
        coalitions = pl.DataFrame({"scenario": masks})
        own = pl.concat(
            coalitions.select(
                "scenario",
                pl.lit(self.region).alias("region"),
                pl.lit(item).alias("item"),
                pl.when(pl.lit(masks >> player & 1 == 1))
                .then(self.given[item])
                .otherwise(self.stand[item])
                .alias("score"),
            )
            for player, item in enumerate(self.given)
        )
        if is_alone(self.setting):
            return own
        return pl.concat([own, coalitions.join(self.others, how="cross").select(own.columns)])


def by_coalitions(game: Game) -> tuple[float, dict[str, float]]:
    """Baseline and exact Shapley values under any method, by the score of every coalition.

    Returns:
        The score of the empty coalition and the contribution of each child.

    Raises:
        UsageError: there are more children than coalitions can be counted for.
    """
    count = len(game.given)
    if count > MOST_CHILDREN:
        raise UsageError(
            Problem(
                f"{game.node}, {game.region}",
                f"the exact contributions of {count} children under {game.setting.name} "
                f"need 2^{count} scores, and at most 2^{MOST_CHILDREN} are computed",
                "group the children under nodes, or take an arithmetic or geometric mean",
            )
        )
    values = game.values()
    return float(values[0]), dict(zip(game.given, shapley(values).tolist(), strict=True))


def shapley(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Shapley value of each of n players from the values of all 2^n coalitions.

    The coalition of players i, j ... stands at 2^i + 2^j + ...

    Example:
        >>> import numpy as np
        >>> shapley(np.array([0.0, 10.0, 20.0, 40.0])).tolist()
        [15.0, 25.0]
    """
    n = len(values).bit_length() - 1
    masks = np.arange(len(values))
    sizes = np.array([int(mask).bit_count() for mask in masks])
    # The part of all orders of joining in which just these come before: s! (n - s - 1)! / n!.
    share = np.array([1 / (n * comb(n - 1, size)) for size in range(n)])
    found = np.empty(n)
    for player in range(n):
        before = masks[masks >> player & 1 == 0]
        gains = values[before | 1 << player] - values[before]
        found[player] = (share[sizes[before]] * gains).sum()
    return found
