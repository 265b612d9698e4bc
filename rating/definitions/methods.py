"""The methods of every step and their parameters; one name a parameter, everywhere.

A method is data: its name and its settings. The room ``rating.steps`` holds what it does.
Settings merge key by key: an override says what differs and keeps the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, model_validator

from rating.definitions.base import Definition, Many, Number, build
from rating.errors import DefinitionError, Problem, nearest

Range = Annotated[Many[Number], Field(min_length=2, max_length=2)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Setting(Definition):
    """A method of one step with its parameters."""

    name: str


class _Ranged(Setting):
    """A method whose scores fill a range."""

    range: Range = (0.0, 100.0)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.range[0] >= self.range[1]:
            raise ValueError(f"range = {list(self.range)} is empty: write [low, high], low first")
        return self


class NoTreatment(Setting):
    """Values stay as they are."""

    name: Literal["none"] = "none"


class Winsorise(Setting):
    """Extreme values moved to the next one, at most ``max_points``; then, if need be, a log.

    A column passes if abs(skewness) < ``skewness`` or excess kurtosis < ``kurtosis``.
    """

    name: Literal["winsorise"] = "winsorise"
    max_points: Annotated[int, Field(ge=0, le=1000)] = 5
    skewness: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2.0
    kurtosis: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 3.5
    then: Literal["none", "log"] = "log"


class NoImputation(Setting):
    """Missing stays missing."""

    name: Literal["none"] = "none"


class Mean(Setting):
    """A missing value becomes the mean of the known ones."""

    name: Literal["mean"] = "mean"


class Median(Setting):
    """A missing value becomes the median of the known ones."""

    name: Literal["median"] = "median"


class GroupMean(Setting):
    """A missing value becomes the mean of its group; ``group`` is a column of the regions."""

    name: Literal["group_mean"] = "group_mean"
    group: str = "district"


class MinMax(_Ranged):
    """The worst region of the edition at the low end of the range, the best at the high end."""

    name: Literal["minmax"] = "minmax"


class Goalposts(_Ranged):
    """Fixed ends instead of the edition's own.

    Two goalposts are ``low`` and ``high`` in the unit of the value. A band has four ``points``:
    the score rises from the first to the second, is full up to the third, falls to the fourth.
    """

    name: Literal["goalposts"] = "goalposts"
    low: Number | None = None
    high: Number | None = None
    points: Annotated[Many[Number], Field(min_length=4, max_length=4)] | None = None
    clip: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.points is not None:
            first, second, third, fourth = self.points
            if not first < second <= third < fourth:
                raise ValueError("points must rise: first < second <= third < fourth")
            if self.low is not None or self.high is not None:
                raise ValueError("goalposts take low and high, or four points, not both")
        elif self.low is None or self.high is None:
            raise ValueError("goalposts need low and high (or four points for a band)")
        elif self.low >= self.high:
            raise ValueError(f"low = {self.low} is not below high = {self.high}: zero range")
        return self


class ZScore(Setting):
    """Distance from the mean in standard deviations (n - 1), at ``mean`` and ``sd``."""

    name: Literal["zscore"] = "zscore"
    mean: Number = 0.0
    sd: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class Rank(Setting):
    """The rank from the worst, 1, upwards; ties take the lowest."""

    name: Literal["rank"] = "rank"


class _Mean(Setting):
    min_coverage: Share = 0.0


class Arithmetic(_Mean):
    """Weighted arithmetic mean: full compensation between children."""

    name: Literal["arithmetic"] = "arithmetic"


class Geometric(_Mean):
    """Weighted geometric mean: a weak child costs more; every child must be above 0."""

    name: Literal["geometric"] = "geometric"


class NoGroups(Setting):
    """Ranks alone."""

    name: Literal["none"] = "none"


class _Cuts(Setting):
    cuts: Many[Share] = (0.8, 0.6, 0.4, 0.2)
    labels: Many[str] = ("I", "II", "III", "IV", "V")
    falling: ClassVar[bool] = True

    @model_validator(mode="after")
    def _fit(self) -> Self:
        ordered = sorted(set(self.cuts), reverse=self.falling)
        if list(self.cuts) != ordered or any(cut in (0, 1) for cut in self.cuts):
            order = "fall" if self.falling else "rise"
            raise ValueError(f"cuts must {order} and lie between 0 and 1, not {list(self.cuts)}")
        if len(self.labels) != len(self.cuts) + 1 or len(set(self.labels)) != len(self.labels):
            raise ValueError(
                f"{len(self.cuts)} cuts make {len(self.cuts) + 1} groups, "
                f"each with its own label, not {list(self.labels)}"
            )
        return self


class ShareOfGap(_Cuts):
    """Groups by (score - worst) / (best - worst); a cut belongs to the better group."""

    name: Literal["share_of_gap"] = "share_of_gap"


class Quantile(_Cuts):
    """Groups by the share of ranked regions before a region; ties stay together."""

    name: Literal["quantile"] = "quantile"
    cuts: Many[Share] = (0.2, 0.4, 0.6, 0.8)
    falling: ClassVar[bool] = False


Treat = Annotated[NoTreatment | Winsorise, Field(discriminator="name")]
Impute = Annotated[NoImputation | Mean | Median | GroupMean, Field(discriminator="name")]
Normalise = Annotated[MinMax | Goalposts | ZScore | Rank, Field(discriminator="name")]
Aggregate = Annotated[Arithmetic | Geometric, Field(discriminator="name")]
Groups = Annotated[NoGroups | ShareOfGap | Quantile, Field(discriminator="name")]

STEPS: dict[str, dict[str, type[Setting]]] = {
    "treat": {"none": NoTreatment, "winsorise": Winsorise},
    "impute": {"none": NoImputation, "mean": Mean, "median": Median, "group_mean": GroupMean},
    "normalise": {"minmax": MinMax, "goalposts": Goalposts, "zscore": ZScore, "rank": Rank},
    "aggregate": {"arithmetic": Arithmetic, "geometric": Geometric},
    "groups": {"none": NoGroups, "share_of_gap": ShareOfGap, "quantile": Quantile},
}


class Method(Definition):
    """The method of every step; ``none`` is a method where a step may be left out."""

    treat: Treat = NoTreatment()
    impute: Impute = NoImputation()
    normalise: Normalise = MinMax()
    aggregate: Aggregate = Arithmetic()
    groups: Groups = NoGroups()

    def replace(
        self,
        *,
        treat: Mapping[str, Any] | None = None,
        impute: Mapping[str, Any] | None = None,
        normalise: Mapping[str, Any] | None = None,
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
            "treat": treat,
            "impute": impute,
            "normalise": normalise,
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
        return self.model_copy(update=settings)


def merge(step: str, base: Setting, override: Mapping[str, Any], where: str) -> Setting:
    """One step's setting under an override, key by key.

    A parameter of the base that the new method does not have is left behind; one that the override
    names and the method does not have is an error.
    """
    known = STEPS[step]
    name = override.get("name", base.name)
    if name not in known:
        raise DefinitionError(
            Problem(where, f"no {step} method named '{name}'", nearest(str(name), known))
        )
    model = known[name]
    kept = {key: value for key, value in _given(base).items() if key in model.model_fields}
    if isinstance(base, Goalposts) and model is Goalposts:
        if "points" in override:
            kept = {k: v for k, v in kept.items() if k not in ("low", "high")}
        elif {"low", "high"} & set(override):
            kept.pop("points", None)
    return build(model, {**kept, **override, "name": name}, where)


def _given(base: BaseModel) -> dict[str, Any]:
    return {key: getattr(base, key) for key in type(base).model_fields if key != "name"}


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
            if key not in keys
        ]
    return problems
