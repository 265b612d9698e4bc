"""The methods of the steps before aggregation, and their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rating.definitions.definition import Definition, Id, Many, Number

Range = Annotated[Many[Number], Field(min_length=2, max_length=2)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Transform = Literal["log", "log_original", "log_plus", "log_gii", "box_cox"]


class Setting(Definition):
    """A method of one step with its parameters."""

    name: str


# ------------------------------------------------------------------------------------------ screen


class NoScreen(Setting):
    """Every region is rated, whatever it lacks."""

    name: Literal["none"] = "none"


class Availability(Setting):
    """Regions that lack too much are assessed outside the ranking.

    Attributes:
        available: the least share of indicators with a value.
        nonzero: the least share of those values that are not 0.
        nodes: the least share of indicators with a value below a node, by the node's id.
        keep: regions that stay in whatever they lack.
        leave_out: regions that stay out whatever they have.
    """

    name: Literal["availability"] = "availability"
    available: Share = 2 / 3
    nonzero: Share = 0.0
    nodes: Mapping[Id, Share] = Field(default_factory=dict)
    keep: Many[str] = ()
    leave_out: Many[str] = ()

    @model_validator(mode="after")
    def _fit(self) -> Self:
        both = sorted(set(self.keep) & set(self.leave_out))
        if both:
            raise ValueError(f"'{both[0]}' is both kept and left out")
        return self


# ------------------------------------------------------------------------------------------- treat


class NoTreatment(Setting):
    """Values stay as they are."""

    name: Literal["none"] = "none"


class Winsorise(Setting):
    """Extreme values moved to the next one, at most ``max_points``; then, if need be, ``then``.

    A column passes if abs(skewness) < ``skewness`` or excess kurtosis < ``kurtosis``.

    Attributes:
        then: what is done where that was not enough.
        of: the transform acts on the original values or on the winsorised ones.
        power: the power of ``box_cox``.
    """

    name: Literal["winsorise"] = "winsorise"
    max_points: Annotated[int, Field(ge=0, le=1000)] = 5
    skewness: Positive = 2.0
    kurtosis: Positive = 3.5
    then: Literal["none"] | Transform = "log"
    of: Literal["original", "winsorised"] = "original"
    power: Number = 0.0


class Transformed(Setting):
    """Every value is transformed, whatever the shape of the column; ``power`` is Box and Cox's."""

    name: Transform = "log"
    power: Number = 0.0


# ------------------------------------------------------------------------------------------ impute


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


class GroupMedian(Setting):
    """A missing value becomes the median of its group; ``group`` is a column of the regions."""

    name: Literal["group_median"] = "group_median"
    group: str = "district"


class Regression(Setting):
    """A missing value becomes what a least-squares regression on other indicators predicts."""

    name: Literal["regression"] = "regression"
    on: Annotated[Many[Id], Field(min_length=1)]


class Nearest(Setting):
    """A missing value becomes the mean of the ``k`` regions nearest on the other indicators."""

    name: Literal["nearest"] = "nearest"
    k: Annotated[int, Field(ge=1, le=1000)] = 5
    on: Many[Id] = ()


class Expectation(Setting):
    """Missing values become their expectation under a normal model fitted by the EM algorithm."""

    name: Literal["expectation"] = "expectation"
    on: Many[Id] = ()


class Latest(Setting):
    """Over editions: the latest earlier value, at most ``max_age`` years old."""

    name: Literal["latest"] = "latest"
    max_age: Annotated[int, Field(ge=1, le=100)] | None = None


class Linear(Setting):
    """Over editions: a straight line between earlier and later; the nearest value at the ends."""

    name: Literal["linear"] = "linear"


class Constant(Setting):
    """Over editions: the last value carried forward, and the first carried backward."""

    name: Literal["constant"] = "constant"


class Structure(Setting):
    """A missing value becomes the version's ``estimate``: sector intensity times structure."""

    name: Literal["structure"] = "structure"


# --------------------------------------------------------------------------------------- normalise


class _Over(Setting):
    """Statistics over the regions of one edition, of all editions of a panel, or of one year."""

    over: Literal["edition", "panel"] | Annotated[int, Field(ge=1900, le=2100)] = "edition"


class _Scaled(_Over):
    """A method with a scale of its own; with ``range`` its scores are stretched to fill it."""

    range: Range | None = None

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range = {list(self.range)} is empty: write [low, high], low first")
        return self


class MinMax(_Scaled):
    """The worst region of the edition at the low end of the range, the best at the high end."""

    name: Literal["minmax"] = "minmax"
    range: Range = (0.0, 100.0)


class Goalposts(_Scaled):
    """Fixed ends instead of the edition's own; the same in every edition of a panel.

    Two goalposts are ``low`` and ``high`` in the unit of the value. A band has four ``points``:
    the score rises from the first to the second, is full up to the third, falls to the fourth.

    Attributes:
        scale: how far apart two values are: ``log`` counts ratios, ``log1p`` those of the value and
            1, ``sqrt`` differences of square roots. Values and goalposts stay in their unit.
    """

    name: Literal["goalposts"] = "goalposts"
    low: Number | None = None
    high: Number | None = None
    points: Annotated[Many[Number], Field(min_length=4, max_length=4)] | None = None
    range: Range = (0.0, 100.0)
    clip: bool = True
    scale: Literal["linear", "log", "log1p", "sqrt"] = "linear"

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
        if self.scale != "linear" and (self.low is None or self.low < 0 or not self.clip):
            raise ValueError(f"scale = '{self.scale}' needs clip, and low and high of 0 or more")
        if self.scale == "log" and self.low == 0:
            raise ValueError("scale = 'log' needs low above 0")
        return self


class ZScore(_Scaled):
    """Distance from the mean in standard deviations (n - 1), at ``mean`` and ``sd``."""

    name: Literal["zscore"] = "zscore"
    mean: Number = 0.0
    sd: Positive = 1.0


class Rank(_Scaled):
    """The rank from the worst, 1, upwards; ties take the lowest rank or the average."""

    name: Literal["rank"] = "rank"
    over: Literal["edition", "panel"] = "edition"
    ties: Literal["lowest", "average"] = "lowest"


class Borda(_Scaled):
    """How many regions are worse: the rank less 1."""

    name: Literal["borda"] = "borda"
    over: Literal["edition", "panel"] = "edition"


class PercentileRank(_Scaled):
    """The share of the other regions that are worse: (rank - 1) / (n - 1)."""

    name: Literal["percentile_rank"] = "percentile_rank"
    over: Literal["edition", "panel"] = "edition"


class Best(_Scaled):
    """1 less the distance to the best, in units of the distance from worst to best."""

    name: Literal["best"] = "best"


class Target(_Scaled):
    """The share of the way from the worst to a target; with ``clip`` never above 1."""

    name: Literal["target"] = "target"
    target: Number
    clip: bool = False


class Reference(_Scaled):
    """The share of the way from the worst to one region, which has 1."""

    name: Literal["reference"] = "reference"
    region: str


class Fraction(_Scaled):
    """The value as a share of the best: x / greatest, or least / x where lower is better."""

    name: Literal["fraction"] = "fraction"


class Centred(_Scaled):
    """A centre in the middle of the range and half the distance from least to greatest at its ends.

    The scale of the adjusted Mazziotta-Pareto index, where the mean region has 100.

    Attributes:
        centre: the value in the middle; by default the mean over regions.
    """

    name: Literal["centred"] = "centred"
    centre: Number | None = None
    range: Range = (70.0, 130.0)


# ------------------------------------------------------------------------------------------ groups


class NoGroups(Setting):
    """Ranks alone."""

    name: Literal["none"] = "none"


class _Cuts(Setting):
    cuts: Many[Share]
    labels: Many[str] = ("I", "II", "III", "IV", "V")

    def fit(self, ordered: list[float]) -> None:
        """Refuse cuts that are out of order and labels that do not match them."""
        if list(self.cuts) != ordered or any(cut in (0, 1) for cut in self.cuts):
            raise ValueError(
                f"cuts must be {ordered}, each once, between 0 and 1, not {list(self.cuts)}"
            )
        if len(self.labels) != len(self.cuts) + 1 or len(set(self.labels)) != len(self.labels):
            raise ValueError(
                f"{len(self.cuts)} cuts make {len(self.cuts) + 1} groups, "
                f"each with its own label, not {list(self.labels)}"
            )


class ShareOfGap(_Cuts):
    """Groups by (score - worst) / (best - worst); a cut belongs to the better group."""

    name: Literal["share_of_gap"] = "share_of_gap"
    cuts: Many[Share] = (0.8, 0.6, 0.4, 0.2)

    @model_validator(mode="after")
    def _falling(self) -> Self:
        self.fit(sorted(set(self.cuts), reverse=True))
        return self


class Quantile(_Cuts):
    """Groups by the share of ranked regions before a region; ties stay together."""

    name: Literal["quantile"] = "quantile"
    cuts: Many[Share] = (0.2, 0.4, 0.6, 0.8)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        self.fit(sorted(set(self.cuts)))
        return self
