"""What a section declares uncertain: alternatives to its method, its weights and its values.

Each assumption is named and switchable. A draw picks one alternative of every assumption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from rating.definitions.definition import Definition, Id, Many, refuse
from rating.definitions.methods import check_override
from rating.definitions.sampling import (
    Binomial,
    Bootstrap,
    Coders,
    Coding,
    Interval,
    Poisson,
    StandardError,
)
from rating.definitions.settings import Positive
from rating.errors import DefinitionError, Problem, nearest
from rating.text import Text

if TYPE_CHECKING:
    from rating.definitions.model import Indicator

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Assumption(Definition):
    """Something that could have been decided, or measured, otherwise.

    Attributes:
        on: an assumption that is off stays declared and is not drawn.
    """

    id: Id
    name: Text = Text(en="-")
    note: Text | None = None
    on: bool = True

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "name" not in value and isinstance(value.get("id"), str):
            return {**value, "name": {"en": value["id"].replace("_", " ") or "-"}}
        return value


# ------------------------------------------------------------------------------------- the method


class OtherMethod(_Assumption):
    """Other treatments, imputations or normalisations of the whole section.

    Attributes:
        options: overrides of the section's setting in the words of ``[method]``; ``{}`` is the
            setting itself. What an indicator or node overrides stays overridden.
    """

    kind: Literal["treat", "impute", "normalise"]
    options: Annotated[Many[dict[str, Any]], Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        refuse(_options_problems(self.kind, self.options))
        return self


class OtherAggregation(_Assumption):
    """Other aggregations of nodes.

    Attributes:
        options: overrides of the node's own setting; ``{}`` is the setting itself.
        nodes: the nodes that change together; without them every node.
    """

    kind: Literal["aggregate"]
    options: Annotated[Many[dict[str, Any]], Field(min_length=1)]
    nodes: Many[Id] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        refuse(_options_problems("aggregate", self.options))
        return self


class OtherFormula(_Assumption):
    """Other formulas for the value of indicators.

    Attributes:
        options: for each alternative the ``value`` of the indicators it changes, by their ids;
            ``{}`` is the formulas in force.
    """

    kind: Literal["formula"]
    options: Annotated[Many[dict[Id, str]], Field(min_length=1)]


class LeftOut(_Assumption):
    """One indicator, node or source left out at a time.

    Attributes:
        items: ids of indicators or nodes; ``each`` is every indicator of the edition.
        sources: titles or publishers of sources, in either language, or names of input tables; the
            indicators that have the source are left out together.
        nothing: whether leaving out nothing is one of the alternatives.
    """

    kind: Literal["leave_out"]
    items: Literal["each"] | Many[Id] = ()
    sources: Many[str] = ()
    nothing: bool = True

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.items and not self.sources:
            raise ValueError('name what is left out: items = "each", items = [...] or sources')
        return self


# ------------------------------------------------------------------------------------ the weights


class Dirichlet(Definition):
    """Weights around those of the tree; the mean stays.

    Attributes:
        concentration: of each child at equal weights: 20 is about 22 % either way, 100 about 10 %.
    """

    name: Literal["dirichlet"]
    concentration: Positive


class Noise(Definition):
    """Each weight times a uniform number from 1 - ``spread`` to 1 + ``spread``."""

    name: Literal["noise"]
    spread: Annotated[float, Field(gt=0, lt=1)]


class Simplex(Definition):
    """Any weights that sum to 1, all alike, whatever the tree says."""

    name: Literal["simplex"]


class WeightSet(Definition):
    """A whole set of weights by the ids of children; who is not named keeps the tree's weight."""

    name: str
    weights: dict[Id, Weight]


class Sets(Definition):
    """One of several given sets of weights."""

    name: Literal["sets"]
    sets: Annotated[Many[WeightSet], Field(min_length=1)]


class OtherWeights(_Assumption):
    """Other weights of the children of nodes.

    Attributes:
        draw: how they are drawn: ``dirichlet``, ``noise``, ``simplex`` or given ``sets``.
        nodes: whose children; without them those of every node.
    """

    kind: Literal["weights"]
    draw: Annotated[Dirichlet | Noise | Simplex | Sets, Field(discriminator="name")]
    nodes: Many[Id] = ()


# ------------------------------------------------------------------------------ what was measured


class Measurement(_Assumption):
    """The error of what was measured: of a figure of a table, or of the values of indicators.

    An error of a figure moves everything that is made of it in the same draw: every indicator,
    measure, window and derived table that reads the column. What such an error reads are columns
    of the same table, as ``table.column``; what an error of values reads may also be a measure, or
    any formula in the words of the indicator's ``value``.

    Attributes:
        figure: the column that moves, as ``table.column``; or
        indicators: whose values move: independently, or with the same rows where rows are drawn.
        error: ``binomial``, ``poisson``, ``standard_error``, ``interval`` or ``coders``, region by
            region; ``bootstrap`` or ``coding`` by the rows of a table.
    """

    kind: Literal["sampling"]
    figure: str | None = None
    indicators: Many[Id] = ()
    error: Annotated[
        Binomial | Poisson | StandardError | Interval | Coders | Bootstrap | Coding,
        Field(discriminator="name"),
    ]

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if (self.figure is None) == (not self.indicators):
            raise ValueError("name what moves: figure = 'table.column', or indicators = [...]")
        if self.figure is None:
            if isinstance(self.error, Poisson) and self.error.count is None:
                raise ValueError("name the count, or the figure that is one")
            return self
        if not is_column(self.figure):
            raise ValueError(f"figure: '{self.figure}' is no column, as table.column")
        if isinstance(self.error, Bootstrap | Coding):
            raise ValueError(f"figure: {self.error.name} draws rows; name indicators")
        if isinstance(self.error, Poisson) and self.error.count is not None:
            raise ValueError("count: the figure is the count")
        return self

    @property
    def drawn(self) -> str | None:
        """The column that is drawn, if the error is of a figure."""
        if isinstance(self.error, Poisson) and self.error.count and is_column(self.error.count):
            return self.error.count
        return self.figure

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns, measures and formulas that the error reads."""
        match self.error:
            case Poisson(count=count):
                return () if count is None else (count,)
            case Binomial(size=name) | StandardError(error=name):
                return (name,)
            case Interval(low=low, high=high):
                return (low, high)
            case Coders(values=values):
                return values
            case Bootstrap() | Coding():
                return ()


def is_column(text: str) -> bool:
    """Whether a text is the name of a column, as ``table.column``, and not a formula."""
    return re.fullmatch(r"[a-z]\w*\.[a-z]\w*", text) is not None


Assumption = OtherMethod | OtherAggregation | OtherFormula | LeftOut | OtherWeights | Measurement
KINDS = ("treat", "impute", "normalise", "aggregate", "formula", "leave_out", "weights", "sampling")


class Alternatives(Definition):
    """The ``[uncertainty]`` of a section.

    Attributes:
        level: the share of draws between the ends of an interval.
        assumption: what is drawn.

    Example:
        >>> weights = {"id": "weights", "kind": "weights",
        ...            "draw": {"name": "dirichlet", "concentration": 20}}
        >>> Alternatives(assumption=[weights]).assumption[0].name.en
        'weights'
    """

    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    assumption: Many[Annotated[Assumption, Field(discriminator="kind")]] = ()

    @model_validator(mode="before")
    @classmethod
    def _kinds(cls, value: Any) -> Any:
        listed = value.get("assumption", ()) if isinstance(value, Mapping) else ()
        problems = []
        for number, given in enumerate(listed if isinstance(listed, list | tuple) else (), 1):
            if isinstance(given, Mapping) and given.get("kind") not in KINDS:
                what = f"no kind of assumption '{given['kind']}'" if "kind" in given else "no kind"
                remedy = nearest(str(given.get("kind")), KINDS)
                problems.append(Problem(f"assumption[{number}].kind", what, remedy))
        refuse(problems)
        return value

    @model_validator(mode="after")
    def _apart(self) -> Self:
        ids = [given.id for given in self.assumption]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f"two assumptions have the id '{twice[0]}'")
        return self

    def of(self, only: Iterable[str] | None = None) -> tuple[Assumption, ...]:
        """The assumptions that are on; of those, the named ones, ``sampling`` or ``modelling``.

        Raises:
            DefinitionError: no assumption has such an id.
        """
        on = tuple(given for given in self.assumption if given.on)
        if only is None:
            return on
        wanted = {only} if isinstance(only, str) else set(only)
        known = {given.id for given in self.assumption}
        problems = [
            Problem("uncertainty", f"no assumption '{name}'", nearest(name, known))
            for name in sorted(wanted - known - {"sampling", "modelling"})
        ]
        if problems:
            raise DefinitionError(problems)
        return tuple(given for given in self.assumption if {given.id, realm(given)} & wanted)


def realm(assumption: Assumption) -> str:
    """``sampling`` for errors of measurement, ``modelling`` for what was decided."""
    return "sampling" if isinstance(assumption, Measurement) else "modelling"


def _options_problems(step: str, options: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    for number, option in enumerate(options, 1):
        for problem in check_override({step: option}, (step,)):
            yield Problem(f"options[{number}]", problem.what, problem.remedy)


def sources_of(indicator: Indicator) -> set[str]:
    """The names under which an indicator's sources can be left out."""
    titles = (text for source in indicator.source for text in (source.title, source.publisher))
    return {name for text in titles for name in (text.en, text.ru)} | set(indicator.input)
