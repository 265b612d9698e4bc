"""The regions that a node scores as one matrix, for methods that set every region against others.

Comparisons of pairs and linear programs are dense: a matrix from DuckDB and NumPy kernels over it,
as a table of all pairs of regions and children would be thousands of times the input.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.engine.store import Store

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Peers:
    """The regions that have enough children of a node, in one scenario.

    Attributes:
        node: the node.
        items: its children with a weight, in the order of the section.
        weights: the weight of each.
        scores: a row a region in the order of codes, a column a child; NaN where missing.
        wanted: the rows whose score of the node is wanted.
    """

    node: str
    items: tuple[str, ...]
    weights: Numbers
    scores: Numbers
    wanted: NDArray[np.int64]


Kernel = Callable[[Peers], Numbers]
"""A method: the score of each wanted row, NaN where there is none."""


def compared(
    store: Store,
    scores: pl.DataFrame,
    family: pl.DataFrame,
    kernels: Mapping[str, Kernel],
    coverage: Mapping[str, float],
    only: Collection[str] | None = None,
) -> pl.DataFrame:
    """Score nodes whose method sets each region against the others.

    Args:
        store: the connection that arranges the matrices.
        scores: scenario, region, item, score.
        family: scenario, parent, item, weight, position; weights above 0.
        kernels: the method of each node.
        coverage: the least share of children present, by node.
        only: the regions whose scores are wanted.

    Returns:
        scenario, region, node, score; missing below the coverage and without children.
    """
    nodes = pl.DataFrame({"node": list(kernels), "min_coverage": [coverage[n] for n in kernels]})
    rows = _rows(store, scores, family, nodes)
    entitled = rows.filter("entitled")
    found = [pl.Series("score", [], pl.Float64)]
    for part in entitled.partition_by("scenario", "node", maintain_order=True):
        peers = _peers(part, only)
        values = np.full(part.height, np.nan)
        values[peers.wanted] = kernels[peers.node](peers)
        found.append(pl.Series("score", values, nan_to_null=True))
    keys = ["scenario", "region", "node"]
    made = entitled.select(keys).with_columns(pl.concat(found))
    rest = rows.filter(~pl.col("entitled")).select(*keys, score=pl.lit(None, pl.Float64))
    return pl.concat([made, rest])


def _rows(
    store: Store, scores: pl.DataFrame, family: pl.DataFrame, nodes: pl.DataFrame
) -> pl.DataFrame:
    """A row a region of a node: its scores in the order of the section, and if they are enough."""
    return store.query(
        """
        WITH regions AS (
          SELECT DISTINCT c.scenario, c.parent AS node, s.region
          FROM nodes n
          JOIN family c ON c.parent = n.node
          JOIN scores s ON s.scenario = c.scenario AND s.item = c.item
        ), listed AS (
          SELECT r.scenario, r.node, r.region, count(s.score) AS present, count(*) AS children,
            list(s.score ORDER BY c.position) AS s, list(c.weight ORDER BY c.position) AS w,
            list(c.item ORDER BY c.position) AS items
          FROM regions r
          JOIN family c ON c.scenario = r.scenario AND c.parent = r.node
          LEFT JOIN scores s ON s.scenario = r.scenario AND s.region = r.region
            AND s.item = c.item
          GROUP BY r.scenario, r.node, r.region
        )
        SELECT l.*, present > 0 AND present / children >= n.min_coverage AS entitled
        FROM listed l
        JOIN nodes n ON n.node = l.node
        ORDER BY scenario, l.node, region
        """,
        {"scores": scores, "family": family, "nodes": nodes},
    )


def _peers(part: pl.DataFrame, only: Collection[str] | None) -> Peers:
    items = tuple(part["items"][0])
    wanted = (
        part["region"].is_in(list(only)) if only is not None else pl.Series([True] * part.height)
    )
    return Peers(
        node=part["node"][0],
        items=items,
        weights=part["w"][0].to_numpy(),
        scores=part["s"].explode().to_numpy().reshape(part.height, len(items)),
        wanted=wanted.arg_true().to_numpy().astype(np.int64),
    )


def pieces(rows: NDArray[np.int64], columns: int, cells: int) -> Iterator[NDArray[np.int64]]:
    """The rows in pieces, so short that each by ``columns`` has at most ``cells``."""
    size = max(1, cells // max(1, columns))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
