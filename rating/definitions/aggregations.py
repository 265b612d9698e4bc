"""The methods that weigh the children of a node and make its score from theirs."""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rating.definitions.definition import Id, Many, Number
from rating.definitions.settings import Positive, Setting, Share

# ------------------------------------------------------------------------------------------ weights


class Given(Setting):
    """The weights that stand in the tree."""

    name: Literal["given"] = "given"


class Equal(Setting):
    """The same weight for every child, whatever the tree says."""

    name: Literal["equal"] = "equal"


class Budget(Setting):
    """Budget allocation: what each expert gave to each child, by the child's id."""

    name: Literal["budget"] = "budget"
    points: Mapping[Id, Many[Annotated[float, Field(ge=0, allow_inf_nan=False)]]]


class Hierarchy(Setting):
    """AHP: how many times more important one child is than another.

    Attributes:
        comparisons: ``{a = {b = 3, c = 5}, b = {c = 2}}``; each pair once, the reverse follows.
        max_ratio: the greatest consistency ratio that is accepted.
    """

    name: Literal["ahp"] = "ahp"
    comparisons: Mapping[Id, Mapping[Id, Positive]]
    max_ratio: Positive = 0.1


class PrincipalComponent(Setting):
    """Loadings on the first principal component of the children's correlations.

    Attributes:
        signs: loadings of both signs are refused, or taken as they are by ``absolute``.
    """

    name: Literal["pca"] = "pca"
    signs: Literal["refuse", "absolute"] = "refuse"


class Importance(Setting):
    """Weights under which each child's correlation with the node has the share of its weight."""

    name: Literal["importance"] = "importance"


class Entropy(Setting):
    """Weights by Shannon's entropy: a child that tells regions apart weighs more."""

    name: Literal["entropy"] = "entropy"


class Critic(Setting):
    """Weights by contrast and conflict: standard deviation times the sum of 1 - correlation."""

    name: Literal["critic"] = "critic"


class Gini(Setting):
    """Weights by the Gini coefficient of each child's scores."""

    name: Literal["gini"] = "gini"


# ---------------------------------------------------------------------------------------- aggregate


Floor = Literal["scores above 0", "scores of 0 or more", "a mean above 0"]


class Aggregation(Setting):
    """A node's method; below ``min_coverage`` of its children present it has no score.

    What there is to know of a method stands with it: the pipeline, the draws, the laws and the
    disclosure ask here.

    Attributes:
        title: what the method is called in a message.
        rises: whether a region's score is made of its own children alone and never falls when one
            of them rises: only then is it known what a reader may work out of it.
    """

    min_coverage: Share = 0.0
    title: ClassVar[str] = ""
    rises: ClassVar[bool] = True

    @property
    def floor(self) -> Floor | None:
        """What a method needs of its children; None if it takes any."""
        return None

    @property
    def picks(self) -> bool:
        """Whether the score may be that of one child among several, and so publishes it."""
        return False


class Arithmetic(Aggregation):
    """Weighted arithmetic mean: full compensation between children."""

    name: Literal["arithmetic"] = "arithmetic"


class Geometric(Aggregation):
    """Weighted geometric mean: a weak child costs more; every child must be above 0."""

    name: Literal["geometric"] = "geometric"
    title: ClassVar[str] = "a geometric mean"

    @property
    def floor(self) -> Floor | None:
        """A logarithm is of a number above 0."""
        return "scores above 0"


class Harmonic(Aggregation):
    """Weighted harmonic mean: a weak child costs most of all; every child must be above 0."""

    name: Literal["harmonic"] = "harmonic"
    title: ClassVar[str] = "a harmonic mean"

    @property
    def floor(self) -> Floor | None:
        """A reciprocal keeps the order of numbers above 0."""
        return "scores above 0"


class Power(Aggregation):
    """Weighted power mean; ``power`` from -inf (the weakest link) to inf (the strongest)."""

    name: Literal["power"] = "power"
    power: float
    title: ClassVar[str] = "a power mean"

    @property
    def floor(self) -> Floor | None:
        """An odd power keeps the sign and the order of scores below 0; no other does."""
        if isinf(self.power) or (self.power > 0 and self.power % 2 == 1):
            return None
        return "scores above 0" if self.power <= 0 else "scores of 0 or more"

    @model_validator(mode="after")
    def _number(self) -> Self:
        if self.power != self.power:
            raise ValueError("power is not a number")
        return self

    @property
    def picks(self) -> bool:
        """The weakest and the strongest link are a child's own score."""
        return isinf(self.power)


class MedianOf(Aggregation):
    """The weighted median of the children: half of the weight below, half above."""

    name: Literal["median"] = "median"

    @property
    def picks(self) -> bool:
        """The child in the middle is the median, where none shares it."""
        return True


class OrderedWeights(Aggregation):
    """Ordered weighted average: weights go to places, best first, not to children.

    Attributes:
        places: the weight of each place from the best child down; or
        best: the mean of so many best children; or
        worst: the mean of so many worst.
    """

    name: Literal["owa"] = "owa"
    places: Many[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None = None
    best: Annotated[int, Field(ge=1)] | None = None
    worst: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.places, self.best, self.worst)) != 1:
            raise ValueError("owa takes one of places, best and worst")
        if self.places is not None and not any(self.places):
            raise ValueError("places: give at least one place a weight above 0")
        return self

    @property
    def picks(self) -> bool:
        """One place is the score of the child that has it."""
        return 1 in (self.best, self.worst) or (
            self.places is not None and not all((*self.places, 0.0)[:2])
        )


class MazziottaPareto(Aggregation):
    """Mean less (or plus) a penalty for imbalance: M - s^2 / M, s with n - 1."""

    name: Literal["mpi"] = "mpi"
    penalty: Literal["minus", "plus"] = "minus"
    title: ClassVar[str] = "a Mazziotta-Pareto index"
    rises: ClassVar[bool] = False

    @property
    def floor(self) -> Floor | None:
        """A coefficient of variation has no meaning around 0 or below."""
        return "a mean above 0"


class AdjustedMazziottaPareto(Aggregation):
    """The adjusted index: the same penalty with s of the population."""

    name: Literal["adjusted_mpi"] = "adjusted_mpi"
    penalty: Literal["minus", "plus"] = "minus"
    title: ClassVar[str] = "an adjusted Mazziotta-Pareto index"
    rises: ClassVar[bool] = False

    @property
    def floor(self) -> Floor | None:
        """A coefficient of variation has no meaning around 0 or below."""
        return "a mean above 0"


class Copeland(Aggregation):
    """Won comparisons less lost ones; what a region lacks is compared with nobody's."""

    name: Literal["copeland"] = "copeland"
    rises: ClassVar[bool] = False


class Wroclaw(Aggregation):
    """Wroclaw taxonomic: 1 less the distance to the best of each child, in units of mean + 2 sd."""

    name: Literal["wroclaw"] = "wroclaw"
    rises: ClassVar[bool] = False


class Topsis(Aggregation):
    """Closeness to the ideal: distance to the worst over the distances to worst and best."""

    name: Literal["topsis"] = "topsis"
    rises: ClassVar[bool] = False


class BenefitOfTheDoubt(Aggregation):
    """Each region weighs its children to its own advantage, at most 1 for any region.

    Attributes:
        lower: the least share of its score that a child makes up.
        upper: the greatest share.
    """

    name: Literal["benefit_of_the_doubt"] = "benefit_of_the_doubt"
    lower: Share | None = None
    upper: Share | None = None
    title: ClassVar[str] = "benefit of the doubt"
    rises: ClassVar[bool] = False

    @property
    def floor(self) -> Floor | None:
        """Outputs of a program are 0 or more."""
        return "scores of 0 or more"

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower = {self.lower} is above upper = {self.upper}")
        return self


class Directional(Aggregation):
    """Directional benefit of the doubt: 1 / (1 + b), b the steps to the frontier along a direction.

    Attributes:
        direction: the step of each child, by its id; by default the means of the children.
    """

    name: Literal["directional"] = "directional"
    direction: Mapping[Id, Number] = Field(default_factory=dict)
    title: ClassVar[str] = "directional benefit of the doubt"
    rises: ClassVar[bool] = False

    @property
    def floor(self) -> Floor | None:
        """Outputs of a program are 0 or more."""
        return "scores of 0 or more"
