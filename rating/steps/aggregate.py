"""Scores of children to the score of their node, from the leaves up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from rating.definitions.methods import Arithmetic, Geometric, Setting
from rating.engine.store import Store, finite
from rating.errors import DefinitionError, Problem

# w and s are the weights and scores of the present children, in the order of the section.
MEANS = {
    "arithmetic": "list_inner_product(w, s) / list_sum(w)",
    "geometric": "exp(list_inner_product(w, list_transform(s, lambda v: ln(v))) / list_sum(w))",
}


def aggregate(
    store: Store,
    scores: pl.DataFrame,
    children: pl.DataFrame,
    levels: Sequence[Mapping[str, Setting]],
) -> pl.DataFrame:
    """Score every node from its children, level by level.

    A missing child leaves its weight to the present ones. A node with fewer present children than
    ``min_coverage`` of all has no score. A child of weight 0 is context: it takes no part.

    Args:
        store: the connection that does the arithmetic.
        scores: scenario, region, item, score of the indicators.
        children: parent, item, weight, position.
        levels: the aggregation of the nodes of each level, the deepest level first.

    Returns:
        scenario, region, node, score.

    Raises:
        DefinitionError: a geometric mean meets a child of 0 or less.
    """
    done: list[pl.DataFrame] = []
    for level in levels:
        nodes = pl.DataFrame(
            [
                (key, setting.name, setting.min_coverage)
                for key, setting in level.items()
                if isinstance(setting, Arithmetic | Geometric)
            ],
            schema={"node": pl.String, "rule": pl.String, "min_coverage": pl.Float64},
            orient="row",
        )
        frames = {"scores": scores, "children": children, "nodes": nodes}
        _refuse_not_positive(store, frames)
        choice = "\n".join(f"WHEN '{name}' THEN {mean}" for name, mean in MEANS.items())
        means = store.query(
            f"""
            WITH listed AS (
              SELECT s.scenario, s.region, n.node, n.rule, n.min_coverage,
                count(*) AS children, count(s.score) AS present,
                list(c.weight ORDER BY c.position) FILTER (WHERE s.score IS NOT NULL) AS w,
                list(s.score ORDER BY c.position) FILTER (WHERE s.score IS NOT NULL) AS s
              FROM nodes n
              JOIN children c ON c.parent = n.node AND c.weight > 0
              JOIN scores s ON s.item = c.item
              GROUP BY s.scenario, s.region, n.node, n.rule, n.min_coverage
            )
            SELECT scenario, region, node,
              CASE WHEN present = 0 OR present / children < min_coverage THEN NULL
                ELSE CASE rule {choice} END END AS score
            FROM listed
            """,
            frames,
        )
        done.append(finite(means, "score", "the score"))
        scores = pl.concat([scores, means.rename({"node": "item"})])
    return pl.concat(done)


def _refuse_not_positive(store: Store, frames: Mapping[str, pl.DataFrame]) -> None:
    bad = store.query(
        """
        SELECT n.node, c.item, s.region, s.score
        FROM nodes n
        JOIN children c ON c.parent = n.node AND c.weight > 0
        JOIN scores s ON s.item = c.item
        WHERE n.rule = 'geometric' AND s.score <= 0
        ORDER BY n.node, c.item, s.region
        LIMIT 20
        """,
        frames,
    )
    if bad.height:
        raise DefinitionError(
            Problem(
                f"{row['node']}, {row['region']}",
                f"a geometric mean needs scores above 0, and {row['item']} has {row['score']:g}",
                "normalise to a range above 0, as range = [1, 100]",
            )
            for row in bad.iter_rows(named=True)
        )
