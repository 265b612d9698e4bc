"""No method gives a hidden cell away: each attacked, alone and nested in the others.

The attacker knows all that is published and every method. Where a score is made of a region's own
children and rises with them, what is feasible is an interval that corners bound: the attack
finds it by its own formulas. Of no other method may a score be told that a hidden cell enters.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.stats import pmean

from rating.errors import DefinitionError
from rating.publish.disclosure import published
from rating.publish.suppression import MARGIN, scored
from tests.publish.test_disclosure import RANGE, TREE, VALUES, primary, rated, section, trees
from tests.steps import families

NAMES = sorted(families.METHODS)
STEPS = 100


def under(methods, parents, leaves, ruled):
    """A section whose nodes have methods of their own, by their names in ``families``."""
    made = section(parents, leaves, ruled)
    nodes = []
    for node, name in zip(made.node, methods, strict=True):
        setting = families.METHODS[name]
        words = {"name": setting.name, **setting.model_dump(exclude_defaults=True)}
        words.pop("direction", None)
        nodes.append(node.model_copy(update={"method": {"aggregate": words}}))
    return made.replace(node=tuple(nodes))


def own(setting, weights, scores):
    """A score from a region's own children, by the definition of the method."""
    w, x = np.array(weights), np.array(scores)
    if setting.name == "median":
        order = np.argsort(x, kind="stable")
        below = np.cumsum(w[order]) / w.sum()
        low, high = (x[order][np.argmax(below > 0.5 + slack)] for slack in (-1e-9, 1e-9))
        return (low + high) / 2
    if setting.name == "owa":
        ordered = np.sort(x)[:: 1 if setting.worst else -1]
        places = setting.places or (1.0,) * (setting.best or setting.worst)
        places = np.array(places[: len(x)])
        return float(places @ ordered[: len(places)] / places.sum())
    power = getattr(setting, "power", {"geometric": 0, "harmonic": -1}.get(setting.name, 1))
    if math.isinf(power):
        return x.max() if power > 0 else x.min()
    if abs(power) < 1e-6:
        power = 0
    return float(pmean(x, power, weights=w))


class Attack:
    """What is published, and the interval of every hidden indicator that it allows."""

    def __init__(self, told, methods):
        result = told.result
        self.cells = told.cells
        self.setting = {
            node.id: families.METHODS[name]
            for node, name in zip(result.section.node, methods, strict=True)
        }
        self.family = {
            parent: list(rows.select("item", "weight").iter_rows())
            for (parent,), rows in result.weights.filter(result.weights["weight"] > 0).group_by(
                "parent"
            )
        }
        self.parent = {i: p for p, family in self.family.items() for i, _ in family}
        frames = ((result.scores, "node"), (result.values, "indicator"))
        self.known = {
            (region, item): score
            for frame, column in frames
            for region, item, score in frame.select("region", column, "score")
            .drop_nulls()
            .iter_rows()
        }

    def path(self, item):
        """The nodes above an item, the nearest first."""
        found = []
        while item in self.parent:
            item = self.parent[item]
            found.append(item)
        return found

    def score(self, region, item, given):
        if item in given:
            return given[item]
        if (region, item) in self.known:
            return self.known[region, item]
        parts = [(w, self.score(region, child, given)) for child, w in self.family[item]]
        return own(self.setting[item], *zip(*parts, strict=True))

    def hidden_below(self, region, node):
        """The hidden indicators that a score depends on: not those below a score that is told."""
        found = []
        for child, _ in self.family[node]:
            if (region, child) in self.cells:
                found += self.hidden_below(region, child) if child in self.family else [child]
        return found

    def interval(self, region, secret):
        """The scores of a secret that everything published allows."""
        told = next((n for n in self.path(secret) if (region, n) in self.known), None)
        if told is None:
            return RANGE
        truth = self.known.pop((region, told))
        others = [i for i in self.hidden_below(region, told) if i != secret]
        corners = [dict.fromkeys(others, end) for end in RANGE]

        def fits(x):
            least, most = (self.score(region, told, {**c, secret: x}) for c in corners)
            return least - 1e-7 <= truth <= most + 1e-7

        possible = [x for x in np.linspace(*RANGE, STEPS) if fits(x)]
        self.known[region, told] = truth
        return (min(possible), max(possible)) if possible else (0.0, 0.0)


def unsafe(told, methods):
    """Everything by which the attack succeeds."""
    attack = Attack(told, methods)
    for region, item in told.cells:
        for node in attack.path(item):
            setting = attack.setting[node]
            if (region, node) in attack.known:
                between = attack.path(item)[: attack.path(item).index(node) + 1]
                # A score that is told below the node says all that the node is made of.
                if any((region, one) in attack.known for one in between[:-1]):
                    continue
                # A score that may be a child's own is as good as that child's.
                if setting.picks or not all(attack.setting[one].rises for one in between):
                    yield f"{node} of {region} tells of {item}"
            if setting.name in {s.name for s in families.AGAINST_OTHERS.values()}:
                child = ([item, *attack.path(item)])[attack.path(item).index(node)]
                others = {r for r, n in attack.known if n == node}
                if (region, child) in told.cells and others:
                    yield f"{node} of {sorted(others)} compares with {child} of {region}"
    for region, item in primary(told):
        path = attack.path(item)
        told_above = next((n for n, node in enumerate(path) if (region, node) in attack.known), -1)
        if all(attack.setting[node].rises for node in path[: told_above + 1]):
            low, high = attack.interval(region, item)
            # The ends are known to one step each.
            if high - low < MARGIN * (RANGE[1] - RANGE[0]) - 2:
                yield f"{item} of {region} lies between {low} and {high}"


@cache
def ruled_by(methods, sensitive=((0, 0),)):
    ruled = {table for table, _ in sensitive}
    return rated(under(methods, *TREE, ruled), VALUES, set(sensitive))


PLACES = [(name, "part") for name in NAMES]
PLACES += [(n, "root") for n in NAMES if not families.METHODS[n].rises or n == "owa_first"]


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_no_method_gives_a_hidden_cell_away(name, place):
    methods = (name, "arithmetic", "arithmetic") if place == "root" else ("arithmetic", name, name)
    result = ruled_by(methods)
    assert list(unsafe(published(result), methods)) == []
    # Without what is hidden beside it, the cell follows from its siblings.
    assert list(unsafe(published(result, secondary=False), methods))


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(trees(), st.data())
def test_nor_do_methods_nested_in_one_another(tree, data):
    parents, leaves, values, sensitive = tree
    # Each indicator of a register of its own: that two of one tell the same is attacked elsewhere.
    leaves = [(node, n, weight) for n, (node, _, weight) in enumerate(leaves)]
    values = [values[n % len(values)] for n in range(len(leaves))]
    methods = data.draw(st.tuples(*[st.sampled_from(NAMES)] * (len(parents) + 1)))
    chosen = under(methods, parents, leaves, {table for table, _ in sensitive})
    try:
        result = rated(chosen, values, sensitive)
    except DefinitionError:
        assume(False)
    assert list(unsafe(published(result), methods)) == []


PARTS = st.lists(st.tuples(families.WEIGHTS, families.SCORES), min_size=1, max_size=5)


@given(PARTS, st.sampled_from(sorted(families.MEANS)))
def test_the_guard_scores_as_the_method_is_defined(parts, name):
    setting = families.MEANS[name]
    found = scored(setting, parts)
    assert found == pytest.approx(own(setting, *zip(*parts, strict=True)), rel=1e-6)
