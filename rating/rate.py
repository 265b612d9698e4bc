"""The pipeline: inputs, values, imputation, treatment, scores, nodes, ranks, groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from rating.definitions.methods import Method, Setting
from rating.definitions.model import Direction, Indicator, Input, Node, Version
from rating.definitions.section import Section
from rating.engine import values
from rating.engine.store import Store
from rating.errors import Problem, UsageError
from rating.inputs.tables import Data
from rating.result import Rating
from rating.steps.aggregate import aggregate
from rating.steps.impute import impute
from rating.steps.normalise import normalise
from rating.steps.ranks import group, rank, status
from rating.steps.treat import treat


def rate(
    section: Section,
    data: Data,
    *,
    edition: int,
    method: Method | None = None,
    threads: int | None = None,
) -> Rating:
    """Rate the regions of one edition.

    Args:
        section: the definitions.
        data: the tables, as ``rating.read`` returns them.
        edition: the year; rows of that year are read and the versions of 31 December are in force.
        method: used instead of the section's.
        threads: threads of the database; the result does not depend on it.

    Raises:
        UsageError: no indicator is in force in the edition.
        DefinitionError: the method does not fit the section or its scores.
        DataError: a table has no rows for the edition, or values that cannot be scored.

    Example:
        >>> section = rating.load("hitech_open")
        >>> result = rating.rate(section, rating.read("data/open", section), edition=2019)
        >>> result.ranks["region"][0]
        'RU-MOW'
    """
    section = section if method is None else section.replace(method=method)
    tree = Tree.of(section, edition)
    with Store(threads=threads) as store:
        values.hold(store, data.tables, tree.inputs, edition)
        found, measures = values.evaluate(store, tree.indicators, tree.day)
        filled = impute(store, found, tree.settings("impute"), data.regions)
        pulled = treat(store, filled, tree.settings("treat"))
        cells = normalise(store, pulled.cells, tree.normalisations())
        scores = aggregate(store, _items(cells), tree.children, tree.aggregations())
        statuses = status(scores, section.root.id, section.outside(edition))
        ranked = rank(store, scores, statuses)
        top = ranked.filter(pl.col("node") == section.root.id)
        groups = group(store, top, section.method.groups)
    ranks = (
        top.join(groups, on=["scenario", "region"])
        .join(statuses, on=["scenario", "region"])
        .join(_coverage(cells, tree), on=["scenario", "region"])
        .sort("rank", "region", nulls_last=True)
    )
    order = pl.DataFrame({"node": tree.nodes, "position": range(len(tree.nodes))})
    rated = cells["region"].unique().sort()
    return Rating(
        section=section,
        edition=edition,
        ranks=ranks.select("region", "rank", "score", "group", "coverage", "status"),
        scores=ranked.join(order, on="node")
        .sort("region", "position")
        .select("region", "node", "score", "rank"),
        values=_values(cells, tree),
        measures=measures.drop("scenario"),
        treated=pulled.points.select("indicator", "region", "raw", "treated", "rule"),
        shapes=pulled.shapes.drop("scenario"),
        weights=tree.shares(),
        years=_years(data, tree, edition),
        regions=data.regions.filter(pl.col("region").is_in(rated.implode()))
        if "region" in data.regions.columns
        else pl.DataFrame({"region": rated}),
        provenance=data.provenance,
        contents=pl.DataFrame(
            {"table": sorted(tree.inputs), "sha256": [data.digest(t) for t in sorted(tree.inputs)]},
            schema={"table": pl.String, "sha256": pl.String},
        ),
        refused=data.refused,
        sources=data.sources,
    )


@dataclass(frozen=True)
class Tree:
    """The part of a section that is in force in an edition.

    Attributes:
        indicators: in the order of the section.
        nodes: those above an indicator in force, the root first, parents before children.
        children: parent, item, weight, position.
    """

    section: Section
    day: date
    indicators: tuple[Indicator, ...]
    nodes: tuple[str, ...]
    children: pl.DataFrame

    @classmethod
    def of(cls, section: Section, edition: int) -> Tree:
        """The tree of an edition.

        Raises:
            UsageError: no indicator has a version in force.
        """
        indicators = section.in_force(edition)
        if not indicators:
            first = min(version.since for item in section.indicator for version in item.version)
            raise UsageError(
                Problem(
                    f"edition {edition}",
                    f"no indicator of {section.id} is in force on {edition}-12-31",
                    f"the first comes into force on {first}",
                )
            )
        above = {node.id for item in indicators for node in section.ancestors(item.id)}
        nodes = [n for n in _downwards(section, section.root.id) if n in above]
        kept = above | {item.id for item in indicators}
        rows = [
            (parent, child.id, child.weight, position)
            for parent in nodes
            for position, child in enumerate(section.children(parent))
            if child.id in kept
        ]
        schema = {
            "parent": pl.String,
            "item": pl.String,
            "weight": pl.Float64,
            "position": pl.Int64,
        }
        children = pl.DataFrame(rows, schema=schema, orient="row")
        return cls(section, date(edition, 12, 31), indicators, tuple(nodes), children)

    def versions(self) -> Iterator[tuple[Indicator, Version]]:
        """Each indicator with its version in force."""
        for item in self.indicators:
            version = item.in_force(self.day)
            assert version is not None
            yield item, version

    @property
    def inputs(self) -> dict[str, Input]:
        """The tables that the indicators in force read."""
        used = {table for item, version in self.versions() for table in item.tables(version)}
        return {table: given for table, given in self.section.inputs.items() if table in used}

    def settings(self, step: str) -> dict[str, Setting]:
        """The setting of a step for each indicator."""
        return {i.id: getattr(self.section.method_of(i.id), step) for i in self.indicators}

    def normalisations(self) -> dict[str, tuple[Setting, Direction]]:
        """The normalisation and the direction of each indicator."""
        settings = self.settings("normalise")
        return {item.id: (settings[item.id], item.direction) for item in self.indicators}

    def aggregations(self) -> list[Mapping[str, Setting]]:
        """The aggregation of the nodes of each level, the deepest first."""
        levels: dict[int, dict[str, Setting]] = {}
        for node in self.nodes:
            depth = len(self.section.ancestors(node))
            levels.setdefault(depth, {})[node] = self.section.method_of(node).aggregate
        return [levels[depth] for depth in sorted(levels, reverse=True)]

    def shares(self) -> pl.DataFrame:
        """parent, item, weight: the nominal share of each child within its siblings."""
        return self.children.select(
            "parent", "item", pl.col("weight") / pl.col("weight").sum().over("parent")
        )

    def scored(self) -> list[str]:
        """The indicators that count: those whose weight, and every weight above, is not 0."""
        return [
            item.id
            for item in self.indicators
            if all(above.weight > 0 for above in (item, *self.section.ancestors(item.id)))
        ]


def _downwards(section: Section, node: str) -> Iterable[str]:
    yield node
    for child in section.children(node):
        if isinstance(child, Node):
            yield from _downwards(section, child.id)


def _items(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.select("scenario", "region", pl.col("indicator").alias("item"), "score")


def _coverage(cells: pl.DataFrame, tree: Tree) -> pl.DataFrame:
    """The share of the indicators that count for which a region has a value of its own."""
    counted = tree.scored()
    return (
        cells.filter(pl.col("indicator").is_in(counted))
        .group_by("scenario", "region")
        .agg(coverage=pl.col("value").count() / pl.len())
    )


def _values(cells: pl.DataFrame, tree: Tree) -> pl.DataFrame:
    ids = [item.id for item in tree.indicators]
    order = pl.DataFrame({"indicator": ids, "position": range(len(ids))})
    return (
        cells.join(order, on="indicator")
        .sort("region", "position")
        .select(
            "region",
            "indicator",
            "value",
            "treated",
            "imputed",
            "score",
            status=pl.when(pl.col("value").is_not_null())
            .then(pl.lit("observed"))
            .when(pl.col("imputed").is_not_null())
            .then(pl.lit("imputed"))
            .otherwise(pl.lit("missing")),
        )
    )


def _years(data: Data, tree: Tree, edition: int) -> pl.DataFrame:
    rows = [
        (table, year)
        for table, given in sorted(tree.inputs.items())
        for year in values.years_used(data.tables[table], given, edition)
    ]
    return pl.DataFrame(rows, schema={"table": pl.String, "year": pl.Int64}, orient="row")
