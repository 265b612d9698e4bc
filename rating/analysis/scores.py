"""The scores of a rating as columns, and who stands above whom: what an audit looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rating.steps.relations import Column, Matrix, spread

if TYPE_CHECKING:
    from rating.result import Rating


@dataclass(frozen=True, eq=False)
class Scores:
    """The score of every indicator and node in every region, with the tree of what counts.

    A child of weight 0 is context: it has a column and stands under nobody.

    Attributes:
        regions: the codes, in order.
        columns: the scores of each item over the regions, NaN where missing; in the tree's order.
        children: the children of each node that count, the root first.
        parents: the node above each child that counts.
        shares: the weight of each child that counts, as a share among its siblings.
    """

    regions: tuple[str, ...]
    columns: Mapping[str, Column]
    children: Mapping[str, tuple[str, ...]]
    parents: Mapping[str, str]
    shares: Mapping[str, float]

    @classmethod
    def of(cls, result: Rating) -> Scores:
        """The scores of a rating."""
        tree = result.tree
        long = pl.concat(
            [
                result.scores.select("region", pl.col("node").alias("item"), "score"),
                result.values.select("region", pl.col("indicator").alias("item"), "score"),
            ]
        )
        used = result.weights.filter(pl.col("weight") > 0)
        weights = {item: (parent, w) for parent, item, w in used.iter_rows()}
        pairs = tree.children.select("parent", "item").rows()
        children = {
            node: tuple(item for parent, item in pairs if parent == node and item in weights)
            for node in tree.nodes
        }
        order = [*tree.nodes, *(item.id for item in tree.indicators)]
        regions, table = spread(long, order)
        return cls(
            regions=tuple(regions),
            columns=dict(zip(order, np.ascontiguousarray(table.T), strict=True)),
            children=children,
            parents={item: parent for item, (parent, _) in weights.items()},
            shares={item: share for item, (_, share) in weights.items()},
        )

    @property
    def root(self) -> str:
        """The index."""
        return next(iter(self.children))

    @property
    def items(self) -> tuple[str, ...]:
        """Everything below the root that counts, in the order of the tree."""
        return tuple(item for item in self.columns if item in self.parents)

    def above(self, item: str) -> tuple[str, ...]:
        """The nodes above an item as far as it counts, its parent first."""
        path: list[str] = []
        while item in self.parents:
            item = self.parents[item]
            path.append(item)
        return tuple(path)

    def effective(self, item: str) -> float | None:
        """The product of shares from the root down; None for what does not reach the root."""
        path = self.above(item)
        if item != self.root and (not path or path[-1] != self.root):
            return None
        return float(np.prod([self.shares[step] for step in (item, *path[:-1]) if path]))

    def matrix(self, items: Sequence[str]) -> Matrix:
        """The scores of some items: a row a region, a column an item."""
        return np.column_stack([self.columns[item] for item in items])

    def long(self) -> pl.DataFrame:
        """Columns ``item``, ``region``, ``score``: every item, missing scores as null."""
        size = len(self.regions)
        return pl.DataFrame(
            {
                "item": np.repeat(list(self.columns), size),
                "region": list(self.regions) * len(self.columns),
                "score": np.concatenate(list(self.columns.values())),
            },
            schema={"item": pl.String, "region": pl.String, "score": pl.Float64},
        ).with_columns(pl.col("score").fill_nan(None))
