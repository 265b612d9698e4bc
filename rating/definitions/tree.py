"""The part of a section that is in force in an edition, as the steps take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from rating.definitions.model import Direction, Indicator, Node, Version
from rating.definitions.section import Section
from rating.definitions.sector import Sector
from rating.definitions.settings import Setting
from rating.definitions.table import Input
from rating.errors import Problem, UsageError


@dataclass(frozen=True, eq=False)
class Tree:
    """The nodes and indicators of one edition.

    Attributes:
        day: the day that the edition speaks of.
        indicators: those in force, in the order of the section.
        nodes: those above an indicator in force, the root first, parents before children.
        children: parent, item, weight, position.
        sector: the sector within which regions are compared.
    """

    section: Section
    day: date
    sector: Sector | None
    indicators: tuple[Indicator, ...]
    nodes: tuple[str, ...]
    children: pl.DataFrame

    @classmethod
    def of(
        cls,
        section: Section,
        edition: int,
        *,
        sector: Sector | None = None,
        as_of: date | None = None,
    ) -> Tree:
        """The tree of an edition.

        Args:
            section: the definitions.
            edition: the year.
            sector: whose indicators are in force.
            as_of: the day whose versions are in force; 31 December without it.

        Raises:
            UsageError: no indicator has a version in force.
        """
        day = as_of or date(edition, 12, 31)
        indicators = section.in_force(edition, sector=sector.id if sector else None, day=day)
        if not indicators:
            raise UsageError(_not_yet(section, edition))
        above = {node.id for item in indicators for node in section.ancestors(item.id)}
        nodes = [n for n in downwards(section, section.root.id) if n in above]
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
        return cls(section, day, sector, indicators, tuple(nodes), children)

    def versions(self) -> Iterator[tuple[Indicator, Version]]:
        """Each indicator with its version in force."""
        for item in self.indicators:
            version = item.in_force(self.day)
            assert version is not None
            yield item, version

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """The tables that the versions in force read."""
        used = {table for item, version in self.versions() for table in item.tables(version)}
        return {table: given for table, given in self.section.inputs.items() if table in used}

    @property
    def stored(self) -> dict[str, Input]:
        """Those of the tables that are read from files."""
        return {table: given for table, given in self.inputs.items() if given.base is None}

    def settings(self, step: str) -> dict[str, Setting]:
        """The setting of a step for each indicator."""
        return {i.id: getattr(self.section.method_of(i.id), step) for i in self.indicators}

    def normalisations(self) -> dict[str, tuple[Setting, Direction]]:
        """The normalisation and the direction of each indicator."""
        settings = self.settings("normalise")
        return {item.id: (settings[item.id], item.direction) for item in self.indicators}

    def levels(self, step: str) -> list[Mapping[str, Setting]]:
        """The setting of ``aggregate`` or ``weights`` of each node, the deepest level first."""
        levels: dict[int, dict[str, Setting]] = {}
        for node in self.nodes:
            depth = len(self.section.ancestors(node))
            setting = getattr(self.section.method_of(node), step)
            levels.setdefault(depth, {})[node] = setting
        return [levels[depth] for depth in sorted(levels, reverse=True)]

    @property
    def context(self) -> set[str]:
        """The indicators of weight 0, which are shown and take no part in any score."""
        return {item.id for item in self.indicators if item.weight == 0}

    def scored(self) -> list[str]:
        """The indicators that count: those whose weight, and every weight above, is not 0."""
        return [
            item.id
            for item in self.indicators
            if all(above.weight > 0 for above in (item, *self.section.ancestors(item.id)))
        ]


def downwards(section: Section, node: str) -> Iterator[str]:
    """A node and all nodes below it, parents before children."""
    yield node
    for child in section.children(node):
        if isinstance(child, Node):
            yield from downwards(section, child.id)


def _not_yet(section: Section, edition: int) -> Problem:
    days = [version.since for item in section.indicator for version in item.version]
    return Problem(
        f"edition {edition}",
        f"no indicator of {section.id} is in force on {edition}-12-31",
        f"the first comes into force on {min(days)}" if days else "the section has no indicator",
    )
