"""The tree of a rating as one who would find hidden cells sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rating.definitions import aggregations as a
from rating.definitions import derived

if TYPE_CHECKING:
    from rating.result import Rating

# Normalisations under which the scores of the others give a single hidden one away.
EXPOSED = ("zscore", "centred", "rank", "borda", "percentile_rank")
Box = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """What is the same for all regions.

    Attributes:
        children: of each node, with their weights; those of weight 0 take no part.
        parents: of each item that takes part.
        nodes: from the leaves up, the root last.
        methods: of each node, how its score is made.
        boxes: the range in which the score of each indicator lies.
        register: of each indicator made of disclosed tables, a name for what they are made of.
        partners: indicators that may be hidden for the sake of others, what is public anyway last.
    """

    children: Mapping[str, list[tuple[str, float]]]
    parents: Mapping[str, str]
    nodes: tuple[str, ...]
    methods: Mapping[str, a.Aggregation]
    boxes: Mapping[str, Box]
    register: Mapping[str, str]
    partners: Mapping[str, int]

    @classmethod
    def of(cls, result: Rating) -> Shape:
        """The shape of a rating."""
        children: dict[str, list[tuple[str, float]]] = {}
        parents = {}
        for parent, item, weight in result.weights.iter_rows():
            if weight is not None and weight > 0:
                children.setdefault(parent, []).append((item, weight))
                parents[item] = parent
        register, read = _registers(result)
        secret = {table for item in register for table in read[item][0]}
        return cls(
            children=children,
            parents=parents,
            nodes=tuple(reversed(result.tree.nodes)),
            methods={n: result.section.method_of(n).aggregate for n in children},
            boxes=_boxes(result),
            register=register,
            partners={
                item.id: int(read[item.id][2])
                for item in result.indicators
                if item.id not in register
                and not read[item.id][1] & secret
                and not item.compiled(result.version(item.id)).totals
                and result.section.method_of(item.id).normalise.name not in EXPOSED
            },
        )

    def path(self, leaf: str, node: str) -> list[str] | None:
        """The nodes between a leaf and a node above it, both left out; None where it is not."""
        found: list[str] = []
        while leaf in self.parents:
            leaf = self.parents[leaf]
            if leaf == node:
                return found
            found.append(leaf)
        return None


def _registers(
    result: Rating,
) -> tuple[dict[str, str], dict[str, tuple[set[str], set[str], bool]]]:
    """The register of each indicator that reads a disclosed table, and what each reads.

    What is read: stored tables behind disclosed ones, all stored tables, and whether those have one
    row a region. Indicators whose disclosed tables share a stored one have one register.
    """
    read: dict[str, tuple[set[str], set[str], bool]] = {}
    for item in result.indicators:
        tables = item.tables(result.version(item.id))
        disclosed = [t for t in tables if item.input[t].disclosure is not None]
        stored = {t for t in tables if item.input[t].base is None}
        behind = stored & set(derived.needed(disclosed, item.input))
        read[item.id] = behind, stored, all(item.input[t].grain for t in stored)
    groups: list[set[str]] = []
    for behind, _, _ in read.values():
        if behind:
            apart = [group for group in groups if not group & behind]
            groups = [*apart, behind.union(*(g for g in groups if g & behind))]
    name = {table: "+".join(sorted(group)) for group in groups for table in group}
    return {item: name[min(behind)] for item, (behind, _, _) in read.items() if behind}, read


def _boxes(result: Rating) -> dict[str, Box]:
    """The declared range of each indicator's scores, else from the lowest to the highest."""
    seen = result.values.drop_nulls("score").group_by("indicator")
    boxes: dict[str, Box] = {
        item: (low, high)
        for item, low, high in seen.agg(
            low=pl.col("score").min(), high=pl.col("score").max()
        ).iter_rows()
    }
    for item in boxes:
        declared = getattr(result.section.method_of(item).normalise, "range", None)
        if declared is not None:
            boxes[item] = float(declared[0]), float(declared[1])
    return boxes
