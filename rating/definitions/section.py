"""The section: a tree of nodes over indicators, its method and its editions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from rating.definitions import applicable, branches, derived
from rating.definitions.definition import Definition, Id, Many, refuse
from rating.definitions.examples import WholeExample, whole_problems
from rating.definitions.methods import OWN, Method
from rating.definitions.model import Edition, Indicator, Node, Source
from rating.definitions.sector import Chain, Item, Sector
from rating.definitions.settings import Goalposts, Winsorise
from rating.definitions.shared import shared_inputs, sharing
from rating.definitions.table import Column, Input
from rating.definitions.uncertainty import Alternatives
from rating.errors import DefinitionError, Problem, UsageError, nearest
from rating.text import Text


class Section(Definition):
    """A section of a rating: what is measured, how it is combined, by which method.

    Attributes:
        regions: the register that keys must resolve to; without it any code is taken as it is.
        node: the tree; one node, the root, has no parent.
        input: tables that indicators share; an indicator that ``reads`` one has it as its own.
        sector: the sectors that can be rated; without any the section speaks of one thing.
        chain: from research to product, by the indicators that measure each stage.
        checklist: the items of a checklist that coders fill in.
        example: values of indicators and the scores that they must give.
        uncertainty: what could have been decided or measured otherwise.

    Raises:
        DefinitionError: with every problem of the tree, the weights and the methods.
    """

    id: Id
    name: Text
    description: Text | None = None
    regions: Literal["ru"] | None = None
    node: Many[Node]
    method: Method = Method()
    edition: Many[Edition] = ()
    input: dict[Id, Input] = Field(default_factory=dict)
    sector: Many[Sector] = ()
    chain: Many[Chain] = ()
    checklist: Many[Item] = ()
    indicator: Many[Indicator] = ()
    source: Many[Source] = ()
    example: Many[WholeExample] = ()
    uncertainty: Alternatives | None = None

    @model_validator(mode="before")
    @classmethod
    def _shared(cls, value: Any) -> Any:
        """Indicators that read shared inputs get them, with the tables these derive from."""
        if not isinstance(value, Mapping) or not value.get("input"):
            return value
        shared, problems = shared_inputs(value["input"], str(value.get("id", "section")))
        refuse(problems)
        items = value.get("indicator", ())
        if not isinstance(items, list | tuple):
            return value
        indicators = [sharing(item, shared) for item in items]
        return {**value, "input": shared, "indicator": indicators}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        refuse(self._problems())
        return self

    @cached_property
    def origin(self) -> tuple[Path, ...]:
        """The files that the section was read from; none where it was written in Python."""
        return ()

    # ------------------------------------------------------------------------------- the tree

    @cached_property
    def root(self) -> Node:
        """The node without a parent: the index."""
        return next(node for node in self.node if node.parent is None)

    @property
    def items(self) -> tuple[Node | Indicator, ...]:
        """Every node, then every indicator, as the files order them."""
        return (*self.node, *self.indicator)

    @cached_property
    def _items(self) -> dict[str, Node | Indicator]:
        return {item.id: item for item in self.items}

    def item(self, id: str) -> Node | Indicator:
        """A node or an indicator by its id.

        Raises:
            DefinitionError: there is none of that id.
        """
        if id not in self._items:
            raise DefinitionError(
                Problem(self.id, f"no node or indicator named '{id}'", nearest(id, self._items))
            )
        return self._items[id]

    def children(self, id: str) -> tuple[Node | Indicator, ...]:
        """The children of a node: nodes first, then indicators, as the files order them."""
        return self._children.get(id, ())

    @cached_property
    def _children(self) -> dict[str, tuple[Node | Indicator, ...]]:
        found: dict[str, list[Node | Indicator]] = {}
        for item in self.items:
            if item.parent is not None:
                found.setdefault(item.parent, []).append(item)
        return {parent: tuple(items) for parent, items in found.items()}

    def ancestors(self, id: str) -> tuple[Node, ...]:
        """The nodes above an item, from the root down to its parent."""
        path: list[Node] = []
        parent = self.item(id).parent
        while parent is not None:
            node = self.item(parent)
            assert isinstance(node, Node)
            path.insert(0, node)
            parent = node.parent
        return tuple(path)

    # ------------------------------------------------------------------------------- in force

    def in_force(
        self, edition: int, *, sector: str | None = None, day: date | None = None
    ) -> tuple[Indicator, ...]:
        """The indicators of a sector that have a version in force, on 31 December or another day.

        An indicator that names sectors belongs to these alone.
        """
        day = day or date(edition, 12, 31)
        return tuple(
            item
            for item in self.indicator
            if item.in_force(day) is not None
            and (sector is None or not item.sectors or sector in item.sectors)
        )

    def sector_of(self, id: str | None) -> Sector | None:
        """The sector of that id; None for a section that has none.

        Raises:
            UsageError: there is no such sector, or the section has sectors and none is named.
        """
        names = [sector.id for sector in self.sector]
        if id is None and not names:
            return None
        if id not in names:
            what = f"no sector named '{id}'" if id else "scores compare regions within a sector"
            remedy = nearest(id or "", names) if names else "the section has no sectors"
            raise UsageError(Problem(f"{self.id}, sector", what, remedy))
        return self.sector[names.index(id)]

    def assessed(self, edition: int) -> tuple[str, ...]:
        """The only regions that the edition assesses; empty where it does not say."""
        return next((given.assessed for given in self.edition if given.year == edition), ())

    def outside(self, edition: int) -> tuple[str, ...]:
        """The regions that the edition assesses outside the ranking."""
        return next((given.outside for given in self.edition if given.year == edition), ())

    # ---------------------------------------------------------------------------------- method

    def method_of(self, id: str) -> Method:
        """The method of a node or an indicator: the section's under the overrides on the way down.

        Treatment, imputation and normalisation pass from a node to the indicators below it;
        weights and aggregation are a node's own. An indicator with goalposts is never logged:
        goalposts are in the unit of the value.

        Raises:
            DefinitionError: an override does not fit what it overrides.
        """
        item = self.item(id)
        method = self._passed_to(item.parent).merged(item.method, f"{id}, method")
        if isinstance(item, Indicator):
            treat, normalise = method.treat, method.normalise
            if isinstance(normalise, Goalposts) and isinstance(treat, Winsorise):
                if item.method.get("treat", {}).get("then") == "log":
                    raise DefinitionError(
                        Problem(
                            f"{id}, method.treat",
                            "a logged value has no goalposts",
                            'write then = "none" or another normalisation',
                        )
                    )
                method = method.replace(treat={"then": "none"})
        return method

    def _passed_to(self, parent: str | None) -> Method:
        """What the nodes down to this one say of all that stands below it."""
        if parent is None:
            return self.method
        # A copy with another method shares what was found before.
        of, found = self._passed.get(parent, (None, None))
        if of is not self.method or found is None:
            node = self.item(parent)
            override = {key: value for key, value in node.method.items() if key not in OWN}
            found = self._passed_to(node.parent).merged(override, f"{parent}, method")
            self._passed[parent] = (self.method, found)
        return found

    @cached_property
    def _passed(self) -> dict[str, tuple[Method, Method]]:
        return {}

    # ---------------------------------------------------------------------------------- inputs

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """Every table that the indicators read, with the columns of all of them."""
        return dict(self._merged_inputs()[0])

    def _merged_inputs(self) -> tuple[dict[str, Input], list[Problem]]:
        merged: dict[str, Input] = {}
        first: dict[str, str] = {}
        problems: list[Problem] = []
        for indicator in self.indicator:
            for table, given in indicator.input.items():
                known = merged.get(table)
                where = f"{indicator.id}, input.{table}"
                if known is None:
                    merged[table], first[table] = given, indicator.id
                    continue
                if given.base != known.base or (given.base and given != known):
                    what = f"is derived otherwise in {first[table]}"
                    problems.append(Problem(where, what, "derive a table the same way everywhere"))
                    continue
                if given.grain != known.grain:
                    problems.append(
                        Problem(
                            where,
                            f"grain differs from that in {first[table]}",
                            "a table has one grain",
                        )
                    )
                columns: dict[str, Column] = dict(known.columns)
                for name, column in given.columns.items():
                    if columns.setdefault(name, column) != column:
                        problems.append(
                            Problem(
                                f"{where}.{name}",
                                f"is declared otherwise in {first[table]}",
                                "declare a column the same way everywhere",
                            )
                        )
                merged[table] = known.amended({"columns": columns})
        # A derived table stands after those it is made of, whichever indicator named them first.
        order = [name for name in self.input if name in merged]
        return {name: merged[name] for name in dict.fromkeys([*order, *merged])}, problems

    # --------------------------------------------------------------------------------- changes

    def replace(
        self,
        *,
        method: Method | None = None,
        node: tuple[Node, ...] | None = None,
        indicator: tuple[Indicator, ...] | None = None,
        edition: tuple[Edition, ...] | None = None,
        uncertainty: Alternatives | None = None,
    ) -> Section:
        """The same section with some parts changed; checked again.

        Raises:
            DefinitionError: the parts do not fit together.
        """
        changes = {
            "method": method,
            "node": node,
            "indicator": indicator,
            "edition": edition,
            "uncertainty": uncertainty,
        }
        given = {key: getattr(self, key) for key in type(self).model_fields}
        made = Section(**{**given, **{k: v for k, v in changes.items() if v is not None}})
        made.__dict__["origin"] = self.origin
        return made

    # -------------------------------------------------------------------------------- problems

    def _problems(self) -> Iterator[Problem]:
        tree = list(branches.problems(self))
        yield from tree
        yield from branches.weights(self)
        yield from self._merged_inputs()[1]
        yield from derived.problems(self.input)
        yield from self._sector_problems()
        years = [given.year for given in self.edition]
        for year in sorted({year for year in years if years.count(year) > 1}):
            yield Problem("edition", f"{year} is declared twice")
        for given in self.edition:
            for region in sorted(set(given.outside) - set(given.assessed or given.outside)):
                what = f"'{region}' is outside the ranking and not assessed"
                yield Problem(f"edition {given.year}", what, "add it to assessed, or remove it")
        if tree:
            return
        for item in self.items:
            try:
                method = self.method_of(item.id)
            except DefinitionError as error:
                yield from error.problems
                continue
            if isinstance(item, Indicator):
                yield from _direction_problems(item, method)
        yield from applicable.problems(self)

    def _sector_problems(self) -> Iterator[Problem]:
        sectors = [sector.id for sector in self.sector]
        chains = [chain.id for chain in self.chain]
        items = [item.id for item in self.indicator]
        for key, ids in (("sector", sectors), ("chain", chains)):
            for twice in sorted({id for id in ids if ids.count(id) > 1}):
                yield Problem(f"{key} {twice}", "is declared twice")
        for sector in self.sector:
            for part in sector.parts:
                if part not in sectors:
                    where = f"sector {sector.id}, parts"
                    yield Problem(where, f"no sector named '{part}'", nearest(part, sectors))
            if sector.chain is not None and sector.chain not in chains:
                where = f"sector {sector.id}, chain"
                yield Problem(
                    where, f"no chain named '{sector.chain}'", nearest(sector.chain, chains)
                )
        for chain in self.chain:
            for stage in chain.stage:
                for name in stage.indicators:
                    if name not in items:
                        where = f"chain {chain.id}, stage {stage.id}"
                        yield Problem(where, f"no indicator '{name}'", nearest(name, items))
        for place, example in enumerate(self.example, 1):
            where = f"example {place}"
            yield from whole_problems(example, items, list(self._items), where)
            if sectors and example.sector not in sectors:
                what = f"no sector named '{example.sector}'" if example.sector else "no sector"
                yield Problem(where, what, nearest(example.sector or "", sectors))
        for item in self.indicator:
            for name in item.sectors:
                if name not in sectors:
                    where = f"{item.id}, sectors"
                    yield Problem(where, f"no sector named '{name}'", nearest(name, sectors))


def _direction_problems(indicator: Indicator, method: Method) -> Iterator[Problem]:
    where = f"{indicator.id}, method.normalise"
    setting = method.normalise
    band = isinstance(setting, Goalposts) and setting.points is not None
    if indicator.direction == "band" and not band:
        remedy = 'method.normalise = { name = "goalposts", points = [a, b, c, d] }'
        yield Problem(where, 'direction "band" needs goalposts with four points', remedy)
    if indicator.direction != "band" and band:
        yield Problem(where, f'four points are for direction "band", not "{indicator.direction}"')
    if isinstance(setting, Goalposts) and "normalise" not in indicator.method:
        yield Problem(
            where,
            "goalposts are in the unit of one indicator",
            "give each indicator its own low and high",
        )
