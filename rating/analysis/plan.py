"""What a draw is made of: the choice of every assumption, from the numbers of its index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import polars as pl

from rating.analysis import alike
from rating.analysis import scenarios as upstream
from rating.analysis.design import Floats, Ints, choice
from rating.analysis.kernel import Branch, score
from rating.analysis.measured import Moving, moving
from rating.analysis.scenarios import Scenarios, label
from rating.analysis.weights import fill
from rating.definitions.tree import Tree
from rating.definitions.uncertainty import (
    Assumption,
    LeftOut,
    Measurement,
    OtherAggregation,
    OtherWeights,
    Sets,
    sources_of,
)
from rating.errors import DefinitionError, Problem, UsageError
from rating.result import Rating
from rating.steps.means import rule


@dataclass(frozen=True, eq=False)
class Factor:
    """An assumption with its part of the design.

    Attributes:
        columns: its coordinates; none for an error of measurement, which has streams of its own.
        options: what it chooses from, as a reader sees them; none where it draws numbers.
        edges: the weights it draws.
        table: a row of factors or weights of all edges for each option.
    """

    assumption: Assumption
    columns: slice
    options: tuple[str, ...] = ()
    edges: tuple[tuple[int, ...], ...] = ()
    table: Floats | None = None


@dataclass(frozen=True, eq=False)
class Draws:
    """The parameters of some draws.

    Attributes:
        scenario: of each draw, the combination of upstream alternatives.
        weights: of each draw and edge of the tree; siblings need not sum to 1.
        choices: of each draw and branch, the aggregation.
        options: of each assumption that has options, the option of each draw.
    """

    scenario: Ints
    weights: Floats
    choices: Ints
    options: Mapping[str, Ints]


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that draws need, built once.

    Attributes:
        rating: what is drawn.
        factors: the assumptions with their coordinates.
        scenarios: the matrices of every combination of upstream alternatives.
        branches: the tree, children before their parents.
        edges: parent and item of each weight.
        weights: the published weights.
        ranked: the places of the regions that may be ranked, in the scenarios' rows.
        moving: the indicators whose values move.
    """

    rating: Rating
    factors: tuple[Factor, ...]
    scenarios: Scenarios
    branches: tuple[Branch, ...]
    edges: tuple[tuple[str, str], ...]
    weights: Floats
    ranked: Ints
    moving: tuple[Moving, ...]

    @property
    def width(self) -> int:
        """The coordinates of a draw."""
        return max((factor.columns.stop for factor in self.factors), default=0)

    @property
    def regions(self) -> list[str]:
        """The codes of the regions that may be ranked, in order."""
        return [self.scenarios.regions[place] for place in self.ranked]

    def draws(self, u: Floats) -> Draws:
        """The parameters of draws, from their points in the unit cube."""
        many = len(u)
        options = {
            f.assumption.id: choice(u[:, f.columns.start], len(f.options))
            for f in self.factors
            if f.options
        }
        weights = np.repeat(self.weights[None, :], many, axis=0)
        for factor in self.factors:
            if factor.edges:
                assert isinstance(factor.assumption, OtherWeights)
                fill(weights, factor.assumption.draw, factor.edges, u[:, factor.columns])
        weights = self.weighed(options, many, weights)
        scenario = self.scenarios.number(options, many)
        return Draws(scenario, weights, self.aggregations(options, many), options)

    def weighed(
        self, options: Mapping[str, Ints], many: int, weights: Floats | None = None
    ) -> Floats:
        """The weights of draws under given sets and without what is left out.

        A set replaces weights, and what is left out has none, whatever the order of the file.
        """
        found = np.repeat(self.weights[None, :], many, axis=0) if weights is None else weights
        for factor in self.factors:
            if factor.table is not None and isinstance(factor.assumption, OtherWeights):
                taken = factor.table[options[factor.assumption.id]]
                found = np.where(np.isnan(taken), found, taken)
        for factor in self.factors:
            if factor.table is not None and isinstance(factor.assumption, LeftOut):
                found = found * factor.table[options[factor.assumption.id]]
        return found

    def aggregations(self, options: Mapping[str, Ints], many: int) -> Ints:
        """The aggregation of each draw and branch, from the options taken."""
        found = np.zeros((many, len(self.branches)), np.int64)
        for factor in self.factors:
            given = factor.assumption
            if isinstance(given, OtherAggregation):
                for place, branch in enumerate(self.branches):
                    if not given.nodes or branch.node in given.nodes:
                        found[:, place] = found[:, place] * len(given.options) + options[given.id]
        return found

    @cached_property
    def alike(self) -> dict[tuple[str, str], str]:
        """By assumption and option, the earlier option that scores every region the same."""
        options = {factor.assumption.id: factor.options for factor in self.factors}
        return {
            (id, options[id][option]): options[id][first]
            for id, pairs in alike.measured(self).items()
            for option, first in pairs
        }

    def nominal(self) -> Floats:
        """The published ranks of the regions that may be ranked; NaN without one."""
        rows = pl.DataFrame({"region": self.regions})
        held = self.rating.ranks.select("region", pl.col("rank").cast(pl.Float64))
        found = rows.join(held, on="region", how="left", maintain_order="left")["rank"]
        return found.fill_null(float("nan")).to_numpy().astype(float)


# -------------------------------------------------------------------------------------- the plan


def plan(rating: Rating, assumptions: Sequence[Assumption]) -> Plan:
    """Build the scenarios and the tree for some assumptions.

    Raises:
        DefinitionError: an alternative cannot apply.
        DataError: the data do not hold what an error of measurement needs.
        UsageError: the rating looks along the years, or ranks nobody.
    """
    entitled = set(rating.ranks.filter(pl.col("status") != "outside")["region"])
    if not entitled:
        what = f"no region may be ranked in {rating.edition}"
        raise UsageError(Problem("uncertainty", what, "draw an edition that ranks somebody"))
    tree = rating.tree
    scenarios = upstream.build(rating, assumptions)
    edges = tuple((row["parent"], row["item"]) for row in tree.children.iter_rows(named=True))
    held = {(r["parent"], r["item"]): r["weight"] for r in rating.weights.iter_rows(named=True)}
    weights = np.array([held[edge] for edge in edges], float)
    made = Plan(
        rating=rating,
        factors=_factors(tree, edges, weights, assumptions),
        scenarios=scenarios,
        branches=_branches(tree, edges, scenarios.indicators, assumptions),
        edges=edges,
        weights=weights,
        ranked=np.array([n for n, r in enumerate(scenarios.regions) if r in entitled], np.int64),
        moving=tuple(
            moving(rating, scenarios, [a for a in assumptions if isinstance(a, Measurement)])
        ),
    )
    _refuse_undefined(made)
    return made


def _branches(
    tree: Tree,
    edges: Sequence[tuple[str, str]],
    indicators: Sequence[str],
    assumptions: Sequence[Assumption],
) -> tuple[Branch, ...]:
    others = [given for given in assumptions if isinstance(given, OtherAggregation)]
    order = list(reversed(tree.nodes))
    depth = {node: len(tree.section.ancestors(node)) for node in order}
    order.sort(key=lambda node: -depth[node])
    found = []
    for node in order:
        own = [(n, item) for n, (parent, item) in enumerate(edges) if parent == node]
        leaves = [(n, indicators.index(item)) for n, item in own if item in indicators]
        nodes = [(n, order.index(item)) for n, item in own if item not in indicators]
        method = tree.section.method_of(node)
        mine = [g.options for g in others if not g.nodes or node in g.nodes]
        options = []
        for taken in product(*mine):
            made = method
            for option in taken:
                made = made.merged({"aggregate": option}, f"uncertainty, {node}")
            options.append(made.aggregate)
        for setting in options:
            if rule(setting) is None:
                raise DefinitionError(
                    Problem(
                        f"uncertainty, {node}",
                        f"{setting.name} compares regions with each other and is not drawn",
                        "take a mean, a median, owa or a Mazziotta-Pareto index",
                    )
                )
        found.append(
            Branch(
                node=node,
                leaves=np.array([column for _, column in leaves], np.intp),
                leaf_edges=np.array([edge for edge, _ in leaves], np.intp),
                nodes=tuple(place for _, place in nodes),
                node_edges=np.array([edge for edge, _ in nodes], np.intp),
                options=tuple(options),
            )
        )
    return tuple(found)


def _factors(
    tree: Tree,
    edges: Sequence[tuple[str, str]],
    weights: Floats,
    assumptions: Sequence[Assumption],
) -> tuple[Factor, ...]:
    found: list[Factor] = []
    at = 0
    drawn: dict[str, str] = {}
    for given in assumptions:
        options: tuple[str, ...] = ()
        families: tuple[tuple[int, ...], ...] = ()
        table: Floats | None = None
        if isinstance(given, Measurement):
            found.append(Factor(given, slice(at, at)))
            continue
        if isinstance(given, OtherWeights):
            families = _families(given, tree, edges, weights)
            _refuse_twice(given, families, edges, drawn)
            if isinstance(given.draw, Sets):
                options = tuple(each.name for each in given.draw.sets)
                table = _sets(given.draw, edges, families)
                families = ()
        elif isinstance(given, LeftOut):
            options, table = _left_out(given, tree, edges, weights)
        else:
            options = tuple(label(option) for option in given.options)
        width = sum(map(len, families)) or 1
        found.append(Factor(given, slice(at, at + width), options, families, table))
        at += width
    return tuple(found)


def _families(
    given: OtherWeights, tree: Tree, edges: Sequence[tuple[str, str]], weights: Floats
) -> tuple[tuple[int, ...], ...]:
    """The weights above 0 of each node that has a choice."""
    nodes = [node for node in tree.nodes if not given.nodes or node in given.nodes]
    families = [
        tuple(n for n, (parent, _) in enumerate(edges) if parent == node and weights[n] > 0)
        for node in nodes
    ]
    kept = tuple(family for family in families if len(family) > 1)
    if not kept:
        raise DefinitionError(
            Problem(f"uncertainty, {given.id}", "no node has two children to weigh", "name others")
        )
    return kept


def _refuse_twice(
    given: OtherWeights,
    families: Sequence[Sequence[int]],
    edges: Sequence[tuple[str, str]],
    drawn: dict[str, str],
) -> None:
    for family in families:
        node = edges[family[0]][0]
        if node in drawn:
            raise DefinitionError(
                Problem(
                    f"uncertainty, {given.id}",
                    f"'{drawn[node]}' draws the weights of {node} already",
                    "switch one off, or name different nodes",
                )
            )
        drawn[node] = given.id


def _sets(
    draw: Sets, edges: Sequence[tuple[str, str]], families: Sequence[Sequence[int]]
) -> Floats:
    own = {edge for family in families for edge in family}
    table = np.full((len(draw.sets), len(edges)), np.nan)
    for number, each in enumerate(draw.sets):
        for n, (_, item) in enumerate(edges):
            if n in own and item in each.weights:
                table[number, n] = each.weights[item]
    return table


def _left_out(
    given: LeftOut, tree: Tree, edges: Sequence[tuple[str, str]], weights: Floats
) -> tuple[tuple[str, ...], Floats]:
    """For each option the weights that stay (1) and those that go (0)."""
    scored = tree.scored()
    options: list[tuple[str, set[str]]] = [("nothing", set())] if given.nothing else []
    items = scored if given.items == "each" else list(given.items)
    options += [(item, {item}) for item in items]
    for source in given.sources:
        options.append((source, {i.id for i in tree.indicators if source in sources_of(i)}))
    present = {item for _, item in edges}
    table = np.ones((len(options), len(edges)))
    for number, (name, gone) in enumerate(options):
        where = f"uncertainty, {given.id}, {name}"
        if name != "nothing" and not gone & present:
            raise DefinitionError(
                Problem(where, f"it is not in the edition of {tree.day.year}", "leave it out here")
            )
        empty = set(gone)
        # A node whose children are all gone goes with them: the deepest first.
        for node in reversed(tree.nodes):
            family = [n for n, (parent, _) in enumerate(edges) if parent == node]
            if all(edges[n][1] in empty or weights[n] == 0 for n in family):
                empty.add(node)
        if tree.nodes[0] in empty:
            raise DefinitionError(Problem(where, "nothing is left to rate", "leave out less"))
        table[number, [n for n, (_, item) in enumerate(edges) if item in empty]] = 0.0
    return tuple(name for name, _ in options), table


def _refuse_undefined(made: Plan) -> None:
    """Refuse alternatives that no draw can score: a geometric mean over a scale with 0."""
    others = [f.assumption for f in made.factors if isinstance(f.assumption, OtherAggregation)]
    combinations = np.array(list(product(*(range(len(g.options)) for g in others))), np.int64)
    options = {given.id: combinations[:, n] for n, given in enumerate(others)}
    choices = made.aggregations(options, len(combinations))
    weights = np.repeat(made.weights[None, :], len(choices), axis=0)
    for number, matrix in enumerate(made.scenarios.matrices):
        found = score(made.branches, matrix[made.ranked], weights, choices)
        if found.failed.any():
            row = int(np.argmax(found.failed > 0))
            branch = made.branches[found.failed[row] - 1]
            setting = branch.options[choices[row, found.failed[row] - 1]]
            taken = made.scenarios.choices()[number]
            under = "; ".join(
                f"{given.kind} {label(given.options[option])}"
                for given, option in zip(made.scenarios.upstream, taken, strict=True)
            )
            raise DefinitionError(
                Problem(
                    f"uncertainty, {branch.node}",
                    f"{setting.title} needs {setting.floor}, and some regions have none"
                    + (f" under {under}" if under else ""),
                    "normalise to a range above 0 in every option, as range = [1, 100]",
                )
            )
