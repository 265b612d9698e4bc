"""Secondary suppression: what else is hidden, so that no sensitive cell follows from what is told.

A node's score is made of its children's, so one hidden child is known from its siblings. All
hidden cells of a region that are made of one register count as one unknown, because each may be a
function of the same figure. A node is told only where two unknowns or more lie below it and none of
them can be pinned down; else a further indicator below it is hidden, or the node itself.

That reckons with a score that rises with each child of its own. Where a method is none of these, or
where its score may be that of one child, a node above a hidden cell is not told; where it sets
regions against each other, it is told of none, and nothing above it either: another region's score
may tell of the hidden one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import copysign, exp, inf, isinf, log
from typing import TYPE_CHECKING

import polars as pl

from rating.definitions import aggregations as a
from rating.publish.shape import Box, Shape
from rating.steps.aggregate import is_alone
from rating.steps.means import rule
from rating.steps.ranks import DIGITS

if TYPE_CHECKING:
    from rating.result import Rating

# An attacker's interval for a hidden score is at least so wide, as a share of its range.
MARGIN = 0.1
# So many regions are hidden at least on an indicator that one region is hidden on.
LEAST_REGIONS = 3
SECONDARY = "secondary"
# Normalisations whose ends are given, not those of the data.
_GIVEN = ("goalposts", "band")
_STEPS = 30
# What sums of weights are off by, where half of them lies below a median.
NEAR_HALF = 1e-9
# The powers of the means that have a name.
_NAMED = {"least": -inf, "harmonic": -1.0, "geometric": 0.0, "arithmetic": 1.0, "greatest": inf}
Hidden = dict[tuple[str, str], str]


def suppressed(result: Rating, *, secondary: bool = True) -> Hidden:
    """Every cell and node score that is not published, with the reason.

    Args:
        result: the rating.
        secondary: hide also what would give the sensitive cells away; without it nothing is
            protected, and only the test that must then succeed in its attack asks for it.

    Returns:
        By region and item: ``few``, ``dominant`` or ``secondary``.
    """
    present = set(result.values.drop_nulls("value").select("region", "indicator").iter_rows())
    hidden: Hidden = {
        (region, indicator): reason
        for region, indicator, reason in result.disclosure.iter_rows()
        if (region, indicator) in present
    }
    if not hidden or not secondary:
        return hidden
    shape = Shape.of(result)
    _enough_regions(result, shape, hidden)
    scores = _scores(result)
    ends = _ends(result)
    for region in sorted({region for region, _ in hidden}):
        own = scores[region]
        secret = {item: shape.register[item] for of, item in hidden if of == region and item in own}
        free = {
            item: cost
            for item, cost in shape.partners.items()
            if item in own and (region, item) in present and (region, item) not in ends
        }
        guard = Guard(shape, own, secret, free)
        guard.protect()
        for item in (*guard.partners, *guard.nodes):
            hidden[region, item] = SECONDARY
    for region, item in _against_others(shape, scores, hidden):
        hidden.setdefault((region, item), SECONDARY)
    return hidden


def _against_others(
    shape: Shape, scores: Mapping[str, Mapping[str, float]], hidden: Hidden
) -> Iterator[tuple[str, str]]:
    """The scores of all regions on nodes that compare them with a hidden cell, and above those."""
    untold: set[str] = set()
    for node in shape.nodes:
        children = {child for child, _ in shape.children.get(node, ())}
        compared = node in shape.methods and not is_alone(shape.methods[node])
        if children & untold or (compared and any(item in children for _, item in hidden)):
            untold.add(node)
            yield from ((region, node) for region, own in scores.items() if node in own)


# ------------------------------------------------------------------------------------ other regions


def _enough_regions(result: Rating, shape: Shape, hidden: Hidden) -> None:
    """Hide further regions on an indicator of which so few are hidden that the rest tell them.

    Shares of a total add up, the ends of a scale are somebody's, and a region knows its own.
    """
    told = {item.id: result.version(item.id) for item in result.indicators}
    summed = {item.id for item in result.indicators if item.compiled(told[item.id]).totals}
    values = {
        key: dict(rows.select("region", "value").iter_rows())
        for (key,), rows in result.values.drop_nulls("value").group_by("indicator")
    }
    for indicator in sorted({item for _, item in hidden}):
        known: dict[str, float] = values[indicator]
        adds_up = indicator in summed and min(known.values()) >= 0
        alike = [i for i, name in shape.register.items() if name == shape.register[indicator]]
        while True:
            gone = {region for region, item in hidden if item == indicator}
            primary = {r for r in gone if hidden[r, indicator] != SECONDARY}
            left = sorted((value, region) for region, value in known.items() if region not in gone)
            if not left or _enough(known, gone, primary, adds_up):
                break
            fits = (r for _, r in left if _enough(known, gone | {r}, primary, adds_up))
            few = len(gone) + 1 < LEAST_REGIONS
            region = next(fits, left[0][1] if few else left[-1][1])
            for item in alike:
                if region in values.get(item, {}):
                    hidden.setdefault((region, item), SECONDARY)


def _enough(known: Mapping[str, float], gone: set[str], primary: set[str], adds_up: bool) -> bool:
    if len(gone) < LEAST_REGIONS:
        return False
    whole = sum(known[region] for region in gone)
    # The rule of p per cent: from above, a share is known only up to the rest of what is hidden.
    return not adds_up or all(whole - known[r] > MARGIN * known[r] for r in primary)


# -------------------------------------------------------------------------------------- one region


@dataclass
class Guard:
    """One region: its scores, what is hidden of it, and what may be.

    Attributes:
        secret: the hidden indicators that must not be found, with the register of each.
        free: indicators that may be hidden beside them, with what that costs.
        partners: those of them that are.
        nodes: the hidden nodes.
    """

    shape: Shape
    own: Mapping[str, float]
    secret: Mapping[str, str]
    free: Mapping[str, int]
    partners: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)

    def protect(self) -> None:
        """Hide partners and nodes until no secret can be found, from the leaves up."""
        for node in self.shape.nodes:
            if node not in self.own or not self.unknown(node) or self.safe(node):
                continue
            if not self._partnered(node):
                self.nodes.append(node)

    def unknown(self, node: str) -> list[str]:
        """The hidden indicators on which the score of a node depends, as its equation has them."""
        found: list[str] = []
        for child, _ in self.shape.children.get(node, ()):
            if child in self.secret or child in self.partners:
                found += [child] if child in self.own else []
            elif child in self.nodes:
                found += self.unknown(child)
        return found

    def safe(self, node: str) -> bool:
        """Whether the score of a node leaves every secret below it wide open."""
        below = self.unknown(node)
        if not all(self._open(item, node) for item in below):
            return False
        for register in {self.secret[item] for item in below if item in self.secret}:
            mine = [item for item in below if self.secret.get(item) == register]
            # What is elsewhere tells of the same figure: only a node above both can be told.
            if not self._whole(register) <= set(mine) or not self._wide(node, mine, below):
                return False
        return True

    def _open(self, item: str, node: str) -> bool:
        """Whether an interval may protect an item below a node that is told.

        Only where the score rises with it, by the node's method and those between, for of no other
        do we know what it lets a reader work out; and not where it may be a child's own score.
        """
        path = [node, *(self.shape.path(item, node) or [])]
        rises = all(self.shape.methods[between].rises for between in path)
        return rises and not self.shape.methods[node].picks

    def _whole(self, register: str) -> set[str]:
        """The secrets of a register on which the index depends."""
        return {
            item
            for item, name in self.secret.items()
            if name == register
            and (path := self.shape.path(item, self.shape.nodes[-1])) is not None
            and all(node in self.own for node in path)
        }

    def _wide(self, node: str, mine: list[str], below: list[str]) -> bool:
        """Whether secrets that move together can move far while the score of the node stands."""
        boxes = {item: self._box(item) for item in below}
        others = [item for item in below if item not in mine]
        low, high = ({item: boxes[item][end] for item in others} for end in (0, 1))

        def moved(shift: float) -> dict[str, float]:
            return {i: min(max(self.own[i] + shift, boxes[i][0]), boxes[i][1]) for i in mine}

        paths = [self.shape.path(item, node) or [] for item in below]
        touched = {node, *(between for path in paths for between in path)}

        def score(given: Mapping[str, float]) -> float:
            return self._score(node, given, touched)

        truth = score({})
        near = 1e-9 * max(abs(truth), 1.0)
        reach = max(boxes[item][1] - boxes[item][0] for item in mine)
        up = _furthest(lambda t: score({**low, **moved(t)}) <= truth + near, reach)
        down = _furthest(lambda t: score({**high, **moved(-t)}) >= truth - near, reach)
        least, most = moved(-down), moved(up)
        return all(most[i] - least[i] >= MARGIN * (boxes[i][1] - boxes[i][0]) for i in mine)

    def _box(self, item: str) -> Box:
        low, high = self.shape.boxes[item]
        return min(low, self.own[item]), max(high, self.own[item])

    def _score(self, item: str, given: Mapping[str, float], touched: set[str]) -> float:
        """The score of a node, with other scores given to indicators below the ``touched`` ones."""
        if item not in touched:
            return given.get(item, self.own[item])
        children = self.shape.children[item]
        parts = [(w, self._score(c, given, touched)) for c, w in children if c in self.own]
        return scored(self.shape.methods[item], parts)

    def _partnered(self, node: str) -> bool:
        """Hide the least that makes a node safe; nothing where nothing does."""
        secrets = {item for item in self.unknown(node) if item in self.secret}
        if any(not self._whole(self.secret[item]) <= secrets for item in secrets):
            return False
        before = [*self.partners], [*self.nodes]
        while choice := self._choice(node):
            for item in choice:
                kept = [*self.partners], [*self.nodes]
                self._hide(item, node)
                if self.safe(node):
                    return True
                self.partners, self.nodes = kept
            # None is enough alone: the one that weighs most, and on.
            self._hide(max(choice, key=lambda item: self._weight(item, node)), node)
        self.partners, self.nodes = before
        return False

    def _choice(self, node: str) -> list[str]:
        """What may be hidden below a node, the least loss first."""
        found = []
        for item, cost in self.free.items():
            path = self.shape.path(item, node)
            if path is None or item in self.partners or not self._open(item, node):
                continue
            if all(n in self.own and (n in self.nodes or not self.unknown(n)) for n in path):
                new = sum(n not in self.nodes for n in path)
                found.append((cost, new, self._weight(item, node), item))
        return [item for *_, item in sorted(found)]

    def _hide(self, item: str, node: str) -> None:
        self.partners.append(item)
        path = self.shape.path(item, node) or []
        self.nodes += [n for n in path if n not in self.nodes]

    def _weight(self, item: str, node: str) -> float:
        """The weight of an indicator within a node above it."""
        weight = 1.0
        while item != node:
            parent = self.shape.parents[item]
            weight *= dict(self.shape.children[parent])[item]
            item = parent
        return weight


def scored(setting: a.Aggregation, parts: list[tuple[float, float]]) -> float:
    """What a method that rises makes of pairs of weight and score.

    Example:
        >>> scored(a.Geometric(), [(1.0, 2.0), (1.0, 8.0)])
        4.0
        >>> scored(a.OrderedWeights(best=1), [(1.0, 2.0), (1.0, 8.0)])
        8.0
    """
    name, given = rule(setting) or ("", {})
    if name == "median":
        return _median(parts)
    if name in ("best_first", "worst_first"):
        ordered = sorted((score for _, score in parts), reverse=name == "best_first")
        used = list(zip(given["places"], ordered, strict=False))
        return float(sum(v * score for v, score in used) / sum(v for v, _ in used))
    return mean(parts, float(given["power"]) if "power" in given else _NAMED[name])


def mean(parts: list[tuple[float, float]], power: float) -> float:
    """The weighted power mean of pairs of weight and score; 0 is the geometric one.

    Example:
        >>> mean([(1.0, 2.0), (1.0, 8.0)], 0.0)
        4.0
    """
    if isinf(power):
        return max(score for _, score in parts) if power > 0 else min(score for _, score in parts)
    whole = sum(weight for weight, _ in parts)
    if power == 1:
        return sum(weight * score for weight, score in parts) / whole
    if power > 0:
        raised = sum(w * copysign(abs(score) ** power, score) for w, score in parts) / whole
        return float(copysign(abs(raised) ** (1 / power), raised))
    # Below 0 there is no such mean, and at 0 it is 0: a reader knows as much.
    if min(score for _, score in parts) <= 0:
        return 0.0
    if power == 0:
        return round(exp(sum(w * log(score) for w, score in parts) / whole), 12)
    return float((sum(w * score**power for w, score in parts) / whole) ** (1 / power))


def _median(parts: list[tuple[float, float]]) -> float:
    """The mean of the lower and the upper weighted median."""
    ordered = sorted((score, weight) for weight, score in parts)
    ends: list[float] = []
    whole, below = sum(weight for weight, _ in parts), 0.0
    for score, weight in ordered:
        below += 2 * weight
        if not ends and below >= whole * (1 - NEAR_HALF):
            ends.append(score)
        if below > whole * (1 + NEAR_HALF):
            return (ends[0] + score) / 2
    return ordered[-1][0]


def _furthest(holds: Callable[[float], bool], reach: float) -> float:
    """How far something that holds at 0 holds on, at most so far."""
    if holds(reach):
        return reach
    low, high = 0.0, reach
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _scores(result: Rating) -> dict[str, dict[str, float]]:
    """The scores that are there, by region and item."""
    both = pl.concat(
        [
            result.scores.select("region", pl.col("node").alias("item"), "score"),
            result.values.select("region", pl.col("indicator").alias("item"), "score"),
        ]
    )
    found: dict[str, dict[str, float]] = {region: {} for region in result.ranks["region"]}
    for region, item, score in both.drop_nulls("score").iter_rows():
        found[region][item] = score
    return found


def _ends(result: Rating) -> set[tuple[str, str]]:
    """The cells that are alone at an end of a scale made of the data: the others tell that end."""
    score = pl.col("score").round(DIGITS)
    open_ended = [
        item.id
        for item in result.indicators
        if result.section.method_of(item.id).normalise.name not in _GIVEN
    ]
    rows = result.values.drop_nulls("score").filter(pl.col("indicator").is_in(open_ended))
    rows = rows.with_columns(score)
    alone = pl.len().over("indicator", "score") == 1
    end = (score == score.min().over("indicator")) | (score == score.max().over("indicator"))
    return set(rows.filter(alone & end).select("region", "indicator").iter_rows())
