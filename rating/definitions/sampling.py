"""The errors of measurement that a section may declare, each with what it reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rating.definitions.definition import Definition, Id, Many
from rating.definitions.settings import Positive

Replicates = Annotated[int, Field(ge=2, le=1000)]


class Binomial(Definition):
    """A share among so many asked: the value is ``scale`` times a binomial share of ``size``.

    Attributes:
        size: the number asked, a column as ``table.column`` or a measure of the indicator.
        scale: what the value is when all say yes: 1, or 100 for per cent.
    """

    name: Literal["binomial"]
    size: str
    scale: Positive = 1.0


class Poisson(Definition):
    """A count of independent events: the value moves as its count does; a count of 0 stays.

    Attributes:
        count: what the value is proportional to, a measure or a formula; a column, as
            ``table.column``, is a figure: everything that reads it moves with it. Without it, the
            figure itself.
    """

    name: Literal["poisson"]
    count: str | None = None


class StandardError(Definition):
    """A normal error whose standard deviation is given for each region."""

    name: Literal["standard_error"]
    error: str


class Interval(Definition):
    """A value known to lie between two, anywhere alike; in the unit of the value."""

    name: Literal["interval"]
    low: str
    high: str


class Coders(Definition):
    """Several coders' values, in the unit of the value: each region has one coder's at random."""

    name: Literal["coders"]
    values: Annotated[Many[str], Field(min_length=2)]


class Bootstrap(Definition):
    """Rows drawn again: the measures and the value of so many replicates, computed anew.

    B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979) 1-26.

    Attributes:
        table: the table whose rows are drawn.
        unit: the column that says which rows belong together: all rows of a unit are drawn at once.
            Rows of other tables with this column go with their unit.
        number: ``fixed`` draws as many units of a region as it has, with replacement; ``poisson``
            takes each a Poisson number of times with mean 1, so that counts vary as such counts do.
        where: a formula over a row: only these rows are read, for indicators that read no others.
        replicates: how many there are to choose from.
        seed: of the replicates.
    """

    name: Literal["bootstrap"]
    table: Id
    unit: Id
    number: Literal["fixed", "poisson"] = "fixed"
    where: str | None = None
    replicates: Replicates = 200
    seed: Annotated[int, Field(ge=0)] = 1


class Coding(Definition):
    """Items coded by several: where coders differ, all of them say what one of them does.

    Which one is random, for each item. As many coders as before have coded the item.

    Attributes:
        table: the table of codes, a row a region, item and coder.
        item: its column of the item.
        coder: its column of the coder.
        final: the coder whose word settles an item: it stays as it is.
        replicates: how many choices there are to draw from.
        seed: of the choices.
    """

    name: Literal["coding"]
    table: Id
    item: Id = "item_id"
    coder: Id = "coder"
    final: str | None = "adjudicated"
    replicates: Replicates = 200
    seed: Annotated[int, Field(ge=0)] = 1
