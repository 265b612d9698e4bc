"""What the mean hides: other means in place of the method, and the index against its pillars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rating.analysis.correlations import compare
from rating.analysis.leave_out import in_use
from rating.analysis.scores import Scores
from rating.definitions.aggregations import Aggregation, Arithmetic, Geometric, Power
from rating.engine.store import Store
from rating.steps.aggregate import aggregate
from rating.steps.ranks import rank

if TYPE_CHECKING:
    from rating.result import Rating

# A rank that differs from a pillar's by so much is one that the pillar alone would not tell.
PLACES = 10

_SCORED = {"region": pl.String, "score": pl.Float64}

Mean = Callable[[float], Aggregation]


def _arithmetic(least: float) -> Aggregation:
    return Arithmetic(min_coverage=least)


def _geometric(least: float) -> Aggregation:
    return Geometric(min_coverage=least)


def _weakest(least: float) -> Aggregation:
    return Power(power=-float("inf"), min_coverage=least)


# The mean of the root, and that of the nodes below. The weakest link is sought among the pillars:
# among indicators, one on which many regions share the worst score would make all of them equal.
_MEANS: dict[str, tuple[Mean, Mean]] = {
    "arithmetic": (_arithmetic, _arithmetic),
    "geometric": (_geometric, _geometric),
    "weakest": (_weakest, _arithmetic),
}


def compensability(result: Rating, scores: Scores) -> pl.DataFrame:
    """Each region's rank from full compensation between the children of nodes to none.

    The arithmetic and the geometric mean stand on every node; the weakest link is the least of the
    pillars, these being arithmetic means.
    The geometric mean needs scores above 0. Where some are not, all scores of indicators are
    shifted for it so that the least becomes 1, and ``shift`` says by how much: the ranks it gives
    are those of the shifted scores, and another shift gives others.

    Returns:
        region, rank (of the rating), arithmetic, geometric, weakest (ranks under the arithmetic
        mean, the geometric mean and the weakest link), gain (places that the region has by
        compensation: geometric less arithmetic), shift; ranked regions, by rank.
    """
    least = result.values["score"].min()
    low = float(least) if isinstance(least, int | float) else 1.0
    shift = 0.0 if low > 0 else 1.0 - low
    found = result.ranks.filter(pl.col("status") == "ranked").select("region", "rank")
    with Store() as store:
        for name, means in _MEANS.items():
            ranks = _under(store, result, scores, means, shift if name == "geometric" else 0.0)
            found = found.join(ranks.rename({"rank": name}), on="region", how="left")
    return found.with_columns(
        pl.col("rank").cast(pl.Int64),
        gain=pl.col("geometric") - pl.col("arithmetic"),
        shift=pl.lit(shift),
    ).sort("rank", "region")


def _under(
    store: Store,
    result: Rating,
    scores: Scores,
    means: tuple[Mean, Mean],
    shift: float,
) -> pl.DataFrame:
    """region, rank under other means; coverage is asked for as the section does."""
    tree = result.tree
    levels = [
        {
            node: means[node != scores.root](
                setting.min_coverage if isinstance(setting, Aggregation) else 0.0
            )
            for node, setting in level.items()
        }
        for level in tree.levels("aggregate")
    ]
    cells = result.values.select(
        pl.lit(0, pl.Int64).alias("scenario"),
        "region",
        pl.col("indicator").alias("item"),
        pl.col("score") + shift,
    )
    nodes, _ = aggregate(store, cells, in_use(tree, scores), levels)
    return _ranks(store, result, nodes.filter(pl.col("node") == scores.root)).drop("node")


def _ranks(store: Store, result: Rating, scored: pl.DataFrame) -> pl.DataFrame:
    """node, region, rank among the ranked regions, of scenario, region, node, score."""
    statuses = result.ranks.select(pl.lit(0, pl.Int64).alias("scenario"), "region", "status")
    ranked = rank(store, scored, statuses)
    return ranked.select("node", "region", pl.col("rank").cast(pl.Int64))


def added_value(result: Rating, scores: Scores) -> pl.DataFrame:
    """What the index says that no pillar says alone.

    Returns:
        pillar, regions (ranked in both), apart (whose rank in the index differs from that in the
        pillar by 10 places or more), share (apart / regions), spearman (correlation of the scores
        of index and pillar over ranked regions).
    """
    pillars = scores.children[scores.root]
    ranked = result.ranks.filter(pl.col("status") == "ranked")
    kept = np.isin(scores.regions, ranked["region"].to_list())
    columns = {item: scores.columns[item][kept] for item in (scores.root, *pillars)}
    regions = [region for region, inside in zip(scores.regions, kept, strict=True) if inside]
    long = pl.concat(
        pl.DataFrame({"region": regions, "score": columns[pillar]}, schema=_SCORED).select(
            pl.lit(0, pl.Int64).alias("scenario"),
            "region",
            pl.lit(pillar).alias("node"),
            pl.col("score").fill_nan(None),
        )
        for pillar in pillars
    )
    with Store() as store:
        ranks = _ranks(store, result, long)
    moved = (
        ranks.join(ranked.select("region", pl.col("rank").alias("top")), on="region")
        .filter(pl.col("rank").is_not_null() & pl.col("top").is_not_null())
        .group_by("node")
        .agg(
            regions=pl.len().cast(pl.Int64),
            apart=((pl.col("rank") - pl.col("top")).abs() >= PLACES).sum().cast(pl.Int64),
        )
    )
    related = compare(columns, [(pillar, scores.root) for pillar in pillars])
    return (
        related.select(pl.col("one").alias("pillar"), "spearman")
        .join(moved.rename({"node": "pillar"}), on="pillar", how="left", maintain_order="left")
        .with_columns(pl.col("regions", "apart").fill_null(0))
        .with_columns(share=(pl.col("apart") / pl.col("regions")).fill_nan(None))
        .select("pillar", "regions", "apart", "share", "spearman")
    )
