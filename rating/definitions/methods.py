"""The method of every step: what a section, a node or an indicator says, merged key by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from rating.definitions import aggregations as a
from rating.definitions import settings as s
from rating.definitions.definition import Definition, build
from rating.definitions.settings import Goalposts, Setting
from rating.errors import DefinitionError, Problem, nearest

Screen = Annotated[s.NoScreen | s.Availability, Field(discriminator="name")]
Treat = Annotated[s.NoTreatment | s.Winsorise | s.Transformed, Field(discriminator="name")]
Impute = Annotated[
    s.NoImputation
    | s.Mean
    | s.Median
    | s.GroupMean
    | s.GroupMedian
    | s.Regression
    | s.Nearest
    | s.Expectation
    | s.Latest
    | s.Linear
    | s.Constant
    | s.Structure,
    Field(discriminator="name"),
]
Normalise = Annotated[
    s.MinMax
    | s.Goalposts
    | s.ZScore
    | s.Rank
    | s.Borda
    | s.PercentileRank
    | s.Best
    | s.Target
    | s.Reference
    | s.Fraction
    | s.Centred,
    Field(discriminator="name"),
]
Weights = Annotated[
    a.Given
    | a.Equal
    | a.Budget
    | a.Hierarchy
    | a.PrincipalComponent
    | a.Importance
    | a.Entropy
    | a.Critic
    | a.Gini,
    Field(discriminator="name"),
]
Aggregate = Annotated[
    a.Arithmetic
    | a.Geometric
    | a.Harmonic
    | a.Power
    | a.MedianOf
    | a.OrderedWeights
    | a.MazziottaPareto
    | a.AdjustedMazziottaPareto
    | a.Copeland
    | a.Wroclaw
    | a.Topsis
    | a.BenefitOfTheDoubt
    | a.Directional,
    Field(discriminator="name"),
]
Groups = Annotated[s.NoGroups | s.ShareOfGap | s.Quantile, Field(discriminator="name")]


def _names(union: Any) -> dict[str, type[Setting]]:
    """The models of a step by the names that choose them."""
    return {
        name: model
        for model in union.__origin__.__args__
        for name in model.model_fields["name"].annotation.__args__
    }


STEPS: dict[str, dict[str, type[Setting]]] = {
    "screen": _names(Screen),
    "treat": _names(Treat),
    "impute": _names(Impute),
    "normalise": _names(Normalise),
    "weights": _names(Weights),
    "aggregate": _names(Aggregate),
    "groups": _names(Groups),
}
OF_INDICATORS = ("treat", "impute", "normalise")
OF_NODES = (*OF_INDICATORS, "weights", "aggregate")
# What a node says of its own children is not said of those below them.
OWN = ("weights", "aggregate")
# The key of an override that lists what is not taken over from what it overrides.
UNSET = "unset"


class Method(Definition):
    """The method of every step; ``none`` is a method where a step may be left out."""

    screen: Screen = s.NoScreen()
    treat: Treat = s.NoTreatment()
    impute: Impute = s.NoImputation()
    normalise: Normalise = s.MinMax()
    weights: Weights = a.Given()
    aggregate: Aggregate = a.Arithmetic()
    groups: Groups = s.NoGroups()

    def replace(
        self,
        *,
        screen: Mapping[str, Any] | None = None,
        treat: Mapping[str, Any] | None = None,
        impute: Mapping[str, Any] | None = None,
        normalise: Mapping[str, Any] | None = None,
        weights: Mapping[str, Any] | None = None,
        aggregate: Mapping[str, Any] | None = None,
        groups: Mapping[str, Any] | None = None,
    ) -> Method:
        """The same method with some settings changed; what is not named stays.

        Raises:
            DefinitionError: a step has no such method or parameter.

        Example:
            >>> Method().replace(aggregate={"name": "geometric"}).aggregate.name
            'geometric'
        """
        changes = {
            "screen": screen,
            "treat": treat,
            "impute": impute,
            "normalise": normalise,
            "weights": weights,
            "aggregate": aggregate,
            "groups": groups,
        }
        return self.merged({step: change for step, change in changes.items() if change is not None})

    def merged(self, override: Mapping[str, Mapping[str, Any]], where: str = "method") -> Method:
        """The method under an override in the words of a definition file."""
        settings = {
            step: merge(step, getattr(self, step), change, f"{where}.{step}")
            for step, change in override.items()
        }
        return self.amended(settings)


def merge(step: str, base: Setting, override: Mapping[str, Any], where: str) -> Setting:
    """One step's setting under an override, key by key.

    A parameter of the base that the new method does not have is left behind, and so is one that the
    override lists under ``unset``: it has its default again. One that the override names and the
    method does not have is an error.
    """
    known = STEPS[step]
    name = override.get("name", base.name)
    if name not in known:
        raise DefinitionError(
            Problem(where, f"no {step} method named '{name}'", nearest(str(name), known))
        )
    model = known[name]
    problems = list(_unset_problems(override, model.model_fields, where))
    if problems:
        raise DefinitionError(problems)
    left = {"name", *override.get(UNSET, ())}
    override = {key: value for key, value in override.items() if key != UNSET}
    # What was said alone: a default is not passed on to another method.
    said = base.model_fields_set & set(model.model_fields)
    kept = {key: getattr(base, key) for key in said - left}
    if isinstance(base, Goalposts) and model is Goalposts:
        if "points" in override:
            kept = {k: v for k, v in kept.items() if k not in ("low", "high")}
        elif {"low", "high"} & set(override):
            kept.pop("points", None)
    return build(model, {**kept, **override, "name": name}, where)


def _unset_problems(
    override: Mapping[str, Any], keys: Iterable[str], where: str
) -> Iterator[Problem]:
    """What is wrong with the options that an override takes off."""
    listed = override.get(UNSET, ())
    if not isinstance(listed, list | tuple) or not all(isinstance(key, str) for key in listed):
        yield Problem(f"{where}.{UNSET}", "is not a list of options", f'write {UNSET} = ["range"]')
        return
    known = set(keys) - {"name"}
    for key in listed:
        if key not in known:
            yield Problem(f"{where}.{UNSET}", f"no option '{key}'", nearest(key, known))
        elif key in override:
            what = f"'{key}' is both given and taken off"
            yield Problem(f"{where}.{UNSET}", what, "write one of the two")


def check_override(override: Mapping[str, Any], steps: tuple[str, ...]) -> list[Problem]:
    """What is wrong with an override before it is known what it is merged with."""
    problems = []
    for step, change in override.items():
        where = f"method.{step}"
        if step not in steps:
            problems.append(
                Problem(where, f"no step '{step}' to override here", nearest(step, steps))
            )
            continue
        models = STEPS[step]
        if "name" in change:
            if change["name"] not in models:
                problems.append(
                    Problem(
                        where,
                        f"no {step} method named '{change['name']}'",
                        nearest(str(change["name"]), models),
                    )
                )
                continue
            keys = set(models[change["name"]].model_fields)
        else:
            keys = {key for model in models.values() for key in model.model_fields}
        problems += [
            Problem(where, f"unknown key '{key}'", nearest(key, keys))
            for key in change
            if key not in keys and key != UNSET
        ]
        problems += _unset_problems(change, keys, where)
    return problems
