"""Scores to ranks and groups; who is ranked and who stands outside."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from rating.definitions.settings import Quantile, Setting, ShareOfGap
from rating.engine.store import Store

# What is closer than this is equal: sums of doubles differ in their last bits between machines.
DIGITS = 9


def status(
    scores: pl.DataFrame,
    root: str,
    outside: Collection[str],
    screened_out: Collection[str] = (),
) -> pl.DataFrame:
    """Who is ranked: scenario, region, status ``ranked``, ``outside`` or ``thin``.

    A region the edition lists is outside; one without a score of the index, or with too few values
    for the screening, is thin.
    """
    return scores.filter(pl.col("node") == root).select(
        "scenario",
        "region",
        status=pl.when(pl.col("region").is_in(list(outside)))
        .then(pl.lit("outside"))
        .when(pl.col("score").is_null() | pl.col("region").is_in(list(screened_out)))
        .then(pl.lit("thin"))
        .otherwise(pl.lit("ranked")),
    )


def rank(store: Store, scores: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    """Competition ranks on round(score, 9) among ranked regions; ties share the best rank.

    Args:
        store: the connection that does the arithmetic.
        scores: scenario, region, node, score.
        statuses: scenario, region, status.

    Returns:
        scenario, region, node, score, rank; the rank is missing for regions that are not ranked.
    """
    keys = ["scenario", "region"]
    entitled = scores.join(statuses.select(*keys, "status"), on=keys, maintain_order="left")
    node = pl.struct("scenario", "node").rank("dense")
    numbered = entitled.select("score", place=node, ranked=pl.col("status") == "ranked")
    return entitled.select(*keys, "node", "score").with_columns(standings(store, numbered))


def standings(store: Store, rows: pl.DataFrame) -> pl.Series:
    """The rank of each row among the ranked ones of its place; missing for the others.

    Args:
        store: the connection that does the arithmetic.
        rows: place (the number of the node and scenario), score, ranked.
    """
    held = rows.select("place", "score", "ranked").with_row_index("row")
    held = held.filter(pl.col("ranked") & pl.col("score").is_not_null())
    found = store.query(
        f"""
        SELECT "row",
          rank() OVER (PARTITION BY place ORDER BY round(score, {DIGITS}) DESC) AS rank
        FROM rows
        """,
        {"rows": held},
    )
    none = pl.repeat(None, rows.height, dtype=pl.Int64, eager=True)
    return none.scatter(found["row"], found["rank"]).alias("rank")


def group(store: Store, ranked: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The group of each ranked region by the setting; missing for the others.

    ``share_of_gap`` cuts (score - worst) / (best - worst), a cut belonging to the better group;
    where all scores are equal all are in the first. ``quantile`` cuts the share of ranked regions
    before a region.

    Args:
        store: the connection that does the arithmetic.
        ranked: scenario, region, score, rank of the root.
        setting: the method of groups.

    Returns:
        scenario, region, group.
    """
    if not isinstance(setting, ShareOfGap | Quantile):
        return ranked.select("scenario", "region", group=pl.lit(None, pl.String))
    gap = isinstance(setting, ShareOfGap)
    sign = "<" if gap else ">="
    crossed = [f"(round(share, {DIGITS}) {sign} {cut!r})::INT" for cut in setting.cuts]
    labels = pl.DataFrame({"place": range(len(setting.labels)), "label": setting.labels})
    share = (
        f"coalesce((round(score, {DIGITS}) - worst) / nullif(best - worst, 0), 1)"
        if gap
        else "(rank - 1) / ranked"
    )
    return store.query(
        f"""
        WITH ends AS (
          SELECT scenario, max(round(score, {DIGITS})) AS best,
            min(round(score, {DIGITS})) AS worst, count(*) AS ranked
          FROM frame
          WHERE rank IS NOT NULL
          GROUP BY scenario
        ), placed AS (
          SELECT f.scenario, f.region, f.rank, {share} AS share
          FROM frame f
          JOIN ends e ON e.scenario = f.scenario
        ), crossed AS (
          SELECT scenario, region,
            CASE WHEN rank IS NOT NULL THEN {" + ".join(crossed)} END AS place
          FROM placed
        )
        SELECT scenario, region, label AS "group"
        FROM crossed
        LEFT JOIN labels ON labels.place = crossed.place
        """,
        {"frame": ranked, "labels": labels},
    )
