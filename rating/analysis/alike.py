"""Alternatives that are none: options of an assumption under which every region scores the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from rating.analysis.design import Floats, Ints
from rating.analysis.kernel import score
from rating.definitions.settings import MinMax, Setting, ZScore
from rating.definitions.uncertainty import OtherAggregation, OtherFormula, OtherMethod
from rating.steps.means import rule

if TYPE_CHECKING:
    from rating.analysis.plan import Plan
    from rating.definitions.section import Section

# Scores within so much of the greatest are the same.
NEAR = 1e-9
# Pairs of option and the earlier one that it repeats, by the assumption's id.
Alike = dict[str, list[tuple[int, int]]]


def measured(plan: Plan) -> Alike:
    """What the scores of a rating show: of every option whether an earlier one scores the same.

    That is so under every combination of the other assumptions of its kind, at the published
    weights and values.
    """
    found: Alike = {}
    choices = plan.scenarios.choices()
    number = {options: n for n, options in enumerate(choices)}
    for place, given in enumerate(plan.scenarios.upstream):

        def upstream(one: int, other: int, place: int = place) -> bool:
            return all(
                _near(
                    plan.scenarios.matrices[number[(*taken[:place], one, *taken[place + 1 :])]],
                    plan.scenarios.matrices[number[(*taken[:place], other, *taken[place + 1 :])]],
                )
                for taken in choices
                if taken[place] == 0
            )

        found[given.id] = _pairs(len(given.options), upstream)
    others = [f.assumption for f in plan.factors if isinstance(f.assumption, OtherAggregation)]
    taken = list(product(*(range(len(given.options)) for given in others)))
    scores = _scores(plan, others, np.array(taken, np.int64).reshape(len(taken), len(others)))
    at = {options: n for n, options in enumerate(taken)}
    for place, aggregated in enumerate(others):

        def at_nodes(one: int, other: int, place: int = place) -> bool:
            return all(
                _near(
                    scores[:, at[(*options[:place], one, *options[place + 1 :])]],
                    scores[:, at[(*options[:place], other, *options[place + 1 :])]],
                )
                for options in taken
                if options[place] == 0
            )

        found[aggregated.id] = _pairs(len(aggregated.options), at_nodes)
    return {id: pairs for id, pairs in found.items() if pairs}


def declared(section: Section) -> Alike:
    """What the definitions alone tell, whatever the data."""
    given = section.uncertainty.of() if section.uncertainty is not None else ()
    found: Alike = {}
    for each in given:
        forms: list[object] = []
        if isinstance(each, OtherMethod):
            for option in each.options:
                method = section.method.merged({each.kind: option})
                forms.append(_form(getattr(method, each.kind)))
        elif isinstance(each, OtherAggregation):
            nodes = each.nodes or [node.id for node in section.node]
            for option in each.options:
                merged = [section.method_of(n).merged({"aggregate": option}) for n in nodes]
                forms.append([_form(method.aggregate) for method in merged])
        elif isinstance(each, OtherFormula):
            forms = list(each.options)

        def same(one: int, other: int, forms: Sequence[object] = forms) -> bool:
            return forms[one] == forms[other]

        if pairs := _pairs(len(forms), same):
            found[each.id] = pairs
    return found


def _form(setting: Setting) -> object:
    """What a setting computes: two of one form score the same, whatever they are called."""
    match setting:
        case MinMax(range=ends, over="edition") | ZScore(range=(_, _) as ends):
            # Either is a straight line, and the worst and the best region stand at the ends.
            return "line", tuple(ends)
    formula = rule(setting)
    if formula is not None:
        return formula, getattr(setting, "min_coverage", 0.0)
    return setting.name, setting.model_dump()


def _pairs(options: int, same: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """Every option that is as an earlier one, with the first such."""
    pairs = []
    for option in range(1, options):
        first = next((n for n in range(option) if same(option, n)), None)
        pairs += [] if first is None else [(option, first)]
    return pairs


def _near(one: Floats, other: Floats) -> bool:
    greatest = float(np.nanmax(np.abs(one), initial=0.0))
    return bool(np.allclose(one, other, rtol=0, atol=NEAR * greatest, equal_nan=True))


def _scores(plan: Plan, others: Sequence[OtherAggregation], taken: Ints) -> Floats:
    """The index of the ranked regions: scenarios by combinations of aggregations by regions."""
    choices = plan.aggregations({g.id: taken[:, n] for n, g in enumerate(others)}, len(taken))
    weights = np.repeat(plan.weights[None, :], len(taken), axis=0)
    return np.stack(
        [
            score(plan.branches, matrix[plan.ranked], weights, choices).scores
            for matrix in plan.scenarios.matrices
        ]
    )
