"""What each region does best and worst, by its ranks on the indicators as measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from rating.analysis.scores import Scores

if TYPE_CHECKING:
    from rating.result import Rating

MOST = 5


def strengths(result: Rating, scores: Scores, *, most: int = MOST) -> pl.DataFrame:
    """The indicators on which each region ranks best, and those on which it ranks worst.

    The rule of COINr: ranks are competition ranks of measured values among the ranked regions,
    better first (of scores where the direction is a band); a region that is not ranked has the rank
    that its value would have among them. An indicator on which the region has the worst rank there
    is is neither a strength, which few distinct values would make it, nor a weakness. We list those
    apart, as ``last``. Ties keep the order of the section. Where fewer than twice ``most``
    indicators are left, none is on both lists.

    Args:
        result: the rating.
        scores: its scores.
        most: how many of each kind.

    Returns:
        region, kind (``strength``, ``weakness`` or ``last``), place (1 is the best strength, the
        worst weakness), indicator, pillar, rank, of (the ranked regions with a value), value.
    """
    tree = result.tree
    counted = tree.scored()
    directions = {item.id: item.direction for item in tree.indicators}
    pillars = {
        item: (*scores.above(item)[::-1], item)[1] for item in counted if item in scores.parents
    }
    better = (
        pl.when(pl.col("direction") == "lower")
        .then(-pl.col("value"))
        .when(pl.col("direction") == "band")
        .then(pl.col("score"))
        .otherwise(pl.col("value"))
    )
    about = pl.DataFrame(
        [(item, directions[item], pillars.get(item), k) for k, item in enumerate(counted)],
        schema={
            "indicator": pl.String,
            "direction": pl.String,
            "pillar": pl.String,
            "position": pl.Int64,
        },
        orient="row",
    )
    known = result.ranks.filter(pl.col("rank").is_not_null())["region"].implode()
    among = pl.col("region").is_in(known).cast(pl.Int64)
    last = pl.col("rank").filter(pl.col("among") == 1).max()
    ranked = (
        result.values.join(about, on="indicator")
        .filter(pl.col("value").is_not_null())
        .with_columns(better=better, among=among)
        .sort("indicator", "better", descending=[False, True])
        .with_columns(before=(pl.col("among").cum_sum() - pl.col("among")).over("indicator"))
        .with_columns(
            rank=1 + pl.col("before").min().over("indicator", "better"),
            of=pl.col("among").sum().over("indicator"),
        )
        .with_columns(worst=pl.col("rank") >= last.over("indicator"))
        .sort("region", "rank", "position")
    )
    kept = ranked.filter(~pl.col("worst")).with_columns(
        place=pl.int_range(1, pl.len() + 1).over("region"), left=pl.len().over("region")
    )
    best = kept.filter(pl.col("place") <= pl.min_horizontal(most, (pl.col("left") + 1) // 2))
    from_below = pl.col("left") - pl.col("place") + 1
    least = kept.filter(from_below <= pl.min_horizontal(most, pl.col("left") // 2))
    parts = [
        best.with_columns(kind=pl.lit("strength")),
        least.with_columns(kind=pl.lit("weakness"), place=from_below),
        ranked.filter("worst").with_columns(
            kind=pl.lit("last"), place=pl.int_range(1, pl.len() + 1).over("region")
        ),
    ]
    columns = ("region", "kind", "place", "indicator", "pillar", "rank", "of", "value")
    order = {"strength": "0", "weakness": "1", "last": "2"}
    return (
        pl.concat(part.select(columns) for part in parts)
        .with_columns(pl.col("place").cast(pl.Int64))
        .sort("region", pl.col("kind").replace(order), "place")
    )
