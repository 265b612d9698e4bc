"""The tables that indicators read: columns, rules, and tables derived from other tables.

A table is read from a file, or derived: the rows of another table, filtered, joined, calculated
with and grouped, in the same checked formulas as everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rating.definitions.definition import Definition, Id, Many, Number, refuse
from rating.definitions.messages import beside
from rating.definitions.parsing import Type
from rating.text import Text

KEYS = ("region", "year", "as_of")
OPTIONS = (
    "grain", "absent", "window", "carry", "from", "region", "join", "where", "by", "rule",
    "disclosure",
)  # fmt: skip
_A_COLUMN = 'a column is written as {} = {{ type = "number" }}'


def _list(value: Any) -> Any:
    return (
        (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
    )


def _keys(value: Any) -> Any:
    """Keys of a grouping as name and formula; a list of names stands for columns."""
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value)
    return value


class Column(Definition):
    """One column of an input table: its type and what its cells may hold.

    Attributes:
        sector: text columns that are looked up in the chosen sector's lists of the same names: a
            number is the greatest share found, a boolean whether any is found. Never in a file.
        value: how the column of a derived table is calculated. Never in a file.
        classifier: the code list that a cell must be in.
    """

    type: Type
    min: Number | None = None
    max: Number | None = None
    choices: Many[str] | None = None
    nullable: bool = True
    sector: Annotated[tuple[Id, ...], BeforeValidator(_list)] = ()
    value: str | None = None
    classifier: Literal["okved2"] | None = None

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.type not in ("number", "integer") and (self.min, self.max) != (None, None):
            raise ValueError(f"min and max do not go with type '{self.type}'")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min = {self.min} is above max = {self.max}")
        if self.type != "text" and (self.choices is not None or self.classifier):
            word = "choices" if self.choices is not None else "a classifier"
            raise ValueError(
                f"{word} does not go with type '{self.type}'".replace("s does", "s do")
            )
        if self.sector and self.type not in ("number", "boolean"):
            raise ValueError("what is looked up in a sector is a number (share) or a boolean")
        if self.sector and self.value is not None:
            raise ValueError("sector and value do not go together")
        return self


class Rule(Definition):
    """What must hold of the rows of a table; rows that break it are refused with its name.

    Attributes:
        holds: a formula over the row, true or missing; with ``by``, over the rows of a group.
        by: the columns that make a group.
        spans: two dates, from and to: those of a group must not overlap; an empty end is open.
    """

    id: Id
    name: Text
    holds: str | None = None
    by: Many[str] = ()
    spans: Annotated[Many[Id], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.holds is None) == (self.spans is None):
            raise ValueError("a rule has either holds or spans")
        if self.spans is not None and not self.by:
            raise ValueError("spans belong to a group: write by = [...]")
        return self


class Disclosure(Definition):
    """When figures of a region made of the rows of a table would tell of single units.

    A region with some units but fewer than ``least``, or with one that has more than ``largest`` of
    the whole size, is not shown in what is published.

    Attributes:
        unit: a formula over a row that names the unit, as a firm or its group.
        size: a formula over a row for how large it is.
        least: so many units are enough.
        largest: the share that one of them may have.
    """

    unit: Annotated[str, Field(min_length=1)]
    size: Annotated[str, Field(min_length=1)]
    least: Annotated[int, Field(ge=1)] = 3
    largest: Annotated[float, Field(gt=0, le=1)] = 0.85


class Input(Definition):
    """A table that an indicator reads.

    Attributes:
        grain: ``region`` for one row a region and year; ``country`` for a table without regions,
            the same for each of them; left out for a finer table.
        absent: what a region without rows means: ``missing``, or ``zero`` for a complete register.
        window: how many years up to the edition are read.
        carry: a table of an earlier year is carried forward at most so many years.
        base: the table it is derived from, written ``from``; without it the table is in a file.
        region: the text column of the base that says to which region a row counts, by its code,
            where that is not the region it stands in.
        join: further tables and the columns by which their rows are found, at most one for each.
        where: which rows of the base are taken.
        by: the columns, or named formulas, that make a group; without it each row stays.
        rule: what must hold of its rows.
        disclosure: when figures made of its rows are not shown in what is published.
        columns: the declared columns; in a file they stand beside the options.
    """

    grain: Literal["region", "country"] | None = None
    absent: Literal["missing", "zero"] = "missing"
    window: Annotated[int, Field(ge=1, le=100)] = 1
    carry: Annotated[int, Field(ge=0, le=100)] = 0
    base: Id | None = None
    region: Id | None = None
    join: dict[Id, Many[Id]] = Field(default_factory=dict)
    where: str | None = None
    by: Annotated[dict[Id, str | None], BeforeValidator(_keys)] | None = None
    rule: Many[Rule] = ()
    disclosure: Disclosure | None = None
    columns: dict[Id, Column] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, value: Any) -> Any:
        """Columns are written beside the options: whatever is not an option is a column."""
        if not isinstance(value, Mapping) or "columns" in value:
            return value
        made, wrong = beside(
            value, OPTIONS, key="columns", holds=(Mapping, Column), otherwise=_A_COLUMN
        )
        refuse(wrong)
        if "from" in made:
            made["base"] = made.pop("from")
        return made

    @model_validator(mode="after")
    def _fit(self) -> Self:
        taken = [name for name in (*self.columns, *(self.by or ())) if name in KEYS]
        if taken:
            raise ValueError(f"'{taken[0]}' is a key of every table and not declared as a column")
        if self.grain is not None and self.disclosure is not None:
            raise ValueError("disclosure counts units: it belongs to a table finer than a region")
        if self.grain == "region" and self.window > 1:
            raise ValueError(
                "a window of years has many rows a region: leave grain out, use measures"
            )
        if self.window > 1 and self.carry:
            raise ValueError("window and carry do not go together")
        if self.base is None:
            self._only_from_a_file()
        else:
            self._only_derived()
        return self

    def _only_from_a_file(self) -> None:
        used = [key for key in ("region", "join", "where", "by") if getattr(self, key)]
        used += [
            f"{name}.value" for name, column in self.columns.items() if column.value is not None
        ]
        if used:
            raise ValueError(f'{used[0]} belongs to a derived table: write from = "TABLE"')

    def _only_derived(self) -> None:
        if self.grain is not None or self.carry or self.rule:
            raise ValueError("a derived table has no grain, carry or rule of its own")
        bare = [name for name, column in self.columns.items() if column.value is None]
        if bare:
            raise ValueError(f"'{bare[0]}' of a derived table needs a value: how it is calculated")

    @property
    def types(self) -> dict[str, Type]:
        """The declared type of each column."""
        return {name: column.type for name, column in self.columns.items()}

    @property
    def stored(self) -> dict[str, Column]:
        """The columns that a file holds: those not looked up in a sector."""
        return {name: column for name, column in self.columns.items() if not column.sector}
