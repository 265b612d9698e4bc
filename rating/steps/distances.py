"""The score of a node from distances to the best and the worst of each child."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.definitions.settings import Setting
from rating.engine.store import Store

# Wroclaw: Z. Hellwig, Przegląd Statystyczny 15 (1968) 307-327; the value is a distance, so that 1
# less it is a score. TOPSIS: C.-L. Hwang, K. Yoon, Multiple Attribute Decision Making, Springer
# 1981; a region that is as near to the best as to the worst, at no distance from either, is half
# way. Distances are in units of ``unit``, the widest range of a child, so that no square overflows.
DISTANCES = {
    "wroclaw": "CASE WHEN away = 0 THEN 1 ELSE 1 - away / (middle + 2 * sd) END",
    "topsis": "CASE WHEN to_best + to_worst = 0 THEN 0.5 ELSE to_worst / (to_best + to_worst) END",
}


def distances(
    store: Store,
    scores: pl.DataFrame,
    family: pl.DataFrame,
    nodes: Mapping[str, Setting],
) -> pl.DataFrame:
    """Score nodes by the distance of each region to the best and the worst region.

    A missing child has no part in a region's distances, and the weight of the others is scaled up.
    The best and the worst of a child are those of the regions that have it.

    Args:
        store: the connection that does the arithmetic.
        scores: scenario, region, item, score.
        family: scenario, parent, item, weight, position; weights above 0.
        nodes: the method of each node.

    Returns:
        scenario, region, node, score; missing below ``min_coverage`` and without children.
    """
    chosen = pl.DataFrame(
        [(node, s.name, getattr(s, "min_coverage", 0.0)) for node, s in nodes.items()],
        schema={"node": pl.String, "rule": pl.String, "min_coverage": pl.Float64},
        orient="row",
    )
    used = sorted({setting.name for setting in nodes.values()})
    choice = "\n".join(f"WHEN '{name}' THEN {DISTANCES[name]}" for name in used)
    return store.query(
        f"""
        WITH counted AS (
          SELECT scenario, parent, count(*) AS children
          FROM family
          GROUP BY scenario, parent
        ), present AS (
          SELECT c.scenario, c.parent AS node, s.region, count(s.score) AS present
          FROM nodes n
          JOIN family c ON c.parent = n.node
          JOIN scores s ON s.scenario = c.scenario AND s.item = c.item
          GROUP BY c.scenario, c.parent, s.region
        ), entitled AS (
          SELECT p.scenario, p.node, p.region
          FROM present p
          JOIN nodes n ON n.node = p.node
          JOIN counted c ON c.scenario = p.scenario AND c.parent = p.node
          WHERE p.present > 0 AND p.present / c.children >= n.min_coverage
        ), cells AS (
          SELECT e.*, c.position, c.weight, s.score,
            max(s.score) OVER (PARTITION BY e.scenario, e.node, c.item) AS best,
            min(s.score) OVER (PARTITION BY e.scenario, e.node, c.item) AS worst
          FROM entitled e
          JOIN family c ON c.scenario = e.scenario AND c.parent = e.node
          JOIN scores s ON s.scenario = e.scenario AND s.region = e.region AND s.item = c.item
          WHERE s.score IS NOT NULL
        ), scaled AS (
          SELECT *, max(best - worst) OVER (PARTITION BY scenario, node) AS unit
          FROM cells
        ), gaps AS (
          SELECT *, coalesce((best - score) / nullif(unit, 0), 0) AS below,
            coalesce((score - worst) / nullif(unit, 0), 0) AS above
          FROM scaled
        ), measured AS (
          SELECT scenario, node, region,
            sqrt(list_sum(list(weight * below * below ORDER BY position))
              / list_sum(list(weight ORDER BY position))) AS away,
            sqrt(list_sum(list(weight * below * weight * below ORDER BY position))) AS to_best,
            sqrt(list_sum(list(weight * above * weight * above ORDER BY position))) AS to_worst
          FROM gaps
          GROUP BY scenario, node, region
        ), centred AS (
          SELECT scenario, node, list_sort(list(away)) AS ds, list_sum(list_sort(list(away)))
            / count(*) AS middle, CAST(count(*) AS DOUBLE) AS n
          FROM measured
          GROUP BY scenario, node
        ), spread AS (
          SELECT scenario, node, middle,
            sqrt(list_sum(list_transform(ds, lambda d: (d - middle) * (d - middle)))
              / nullif(n - 1, 0)) AS sd
          FROM centred
        )
        SELECT p.scenario, p.region, p.node,
          CASE WHEN m.region IS NOT NULL THEN CASE n.rule {choice} END END AS score
        FROM present p
        JOIN nodes n ON n.node = p.node
        LEFT JOIN spread d ON d.scenario = p.scenario AND d.node = p.node
        LEFT JOIN measured m
          ON m.scenario = p.scenario AND m.node = p.node AND m.region = p.region
        """,
        {"scores": scores, "family": family, "nodes": chosen},
    )
