"""What a section is: nodes, indicators, their inputs, formulas, examples and sources.

The key in a TOML file, the keyword in Python and the attribute are one name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from rating.definitions import examples, formulas
from rating.definitions.definition import (
    Day,
    Definition,
    Id,
    Many,
    Number,
    Override,
    build,
    parsed,
    refuse,
)
from rating.definitions.examples import Example
from rating.definitions.grammar import Formula
from rating.definitions.messages import unknown
from rating.definitions.methods import check_override
from rating.definitions.parsing import Type
from rating.errors import DefinitionError, Problem, nearest
from rating.text import Text

Direction = Literal["higher", "lower", "band"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]

KEYS = ("region", "year", "scenario")
OPTIONS = ("grain", "absent", "window", "carry")
_A_COLUMN = 'a column is written as {} = {{ type = "number" }}'


class Source(Definition):
    """Where figures come from, as the annex prints it.

    Attributes:
        table: the publisher's table.
        licence: as stated by the publisher; "not stated" where it is not.
        columns: which of our columns it fills, as ``region_year.population``.
    """

    title: str
    publisher: str
    table: str | None = None
    url: str | None = None
    licence: str = "not stated"
    retrieved: Day | None = None
    columns: Many[str] = ()
    note: Text | None = None


class Column(Definition):
    """One column of an input table: its type and what its cells may hold."""

    type: Type
    min: Number | None = None
    max: Number | None = None
    choices: Many[str] | None = None
    nullable: bool = True

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.type not in ("number", "integer") and (self.min, self.max) != (None, None):
            raise ValueError(f"min and max do not go with type '{self.type}'")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min = {self.min} is above max = {self.max}")
        if self.choices is not None and self.type != "text":
            raise ValueError(f"choices do not go with type '{self.type}'")
        return self


class Input(Definition):
    """A table that an indicator reads.

    Attributes:
        grain: ``region`` for one row a region and year; left out for a finer table.
        absent: what a region without rows means: ``missing``, or ``zero`` for a complete register.
        window: how many years up to the edition are read.
        carry: a table of an earlier year is carried forward at most so many years.
        columns: the declared columns; in a file they stand beside the options.
    """

    grain: Literal["region"] | None = None
    absent: Literal["missing", "zero"] = "missing"
    window: Annotated[int, Field(ge=1, le=100)] = 1
    carry: Annotated[int, Field(ge=0, le=100)] = 0
    columns: dict[Id, Column] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, value: Any) -> Any:
        """Columns are written beside the options: whatever is not an option is a column."""
        if not isinstance(value, Mapping) or "columns" in value:
            return value
        options = {k: v for k, v in value.items() if k in OPTIONS}
        columns = {k: v for k, v in value.items() if k not in options}
        refuse(
            unknown(key, OPTIONS, _A_COLUMN.format(key))
            for key, column in columns.items()
            if not isinstance(column, Mapping | Column)
        )
        return {**options, "columns": columns}

    @model_validator(mode="after")
    def _fit(self) -> Self:
        taken = [name for name in self.columns if name in KEYS]
        if taken:
            raise ValueError(f"'{taken[0]}' is a key of every table and not declared as a column")
        if self.grain == "region" and self.window > 1:
            raise ValueError(
                "a window of years has many rows a region: leave grain out, use measures"
            )
        if self.window > 1 and self.carry:
            raise ValueError("window and carry do not go together")
        return self

    @property
    def types(self) -> dict[str, Type]:
        """The declared type of each column."""
        return {name: column.type for name, column in self.columns.items()}


class Version(Definition):
    """A formula with the day from which it is in force.

    Attributes:
        value: arithmetic over region-grain columns and measures; one number a region.
        measures: for each finer table, named aggregates over its rows.
        estimate: what stands for a missing value where the imputation is ``structure``: sector
            intensity times the region's structure, in the same words as ``value``.
    """

    since: Day
    value: str
    estimate: str | None = None
    measures: dict[str, dict[Id, str]] = Field(default_factory=dict)
    note: Text | None = None


class Law(Definition):
    """What must be true of an indicator whatever the data.

    Attributes:
        bounds: the least and the greatest value there can be; ``inf`` for none.
        rises_with: columns, as ``table.column``, whose growth never lowers the value.
        falls_with: columns whose growth never raises it.
    """

    bounds: Annotated[Many[float], Field(min_length=2, max_length=2)] | None = None
    rises_with: Many[str] = ()
    falls_with: Many[str] = ()


class Edition(Definition):
    """What is particular to one year: regions assessed outside the ranking, a note."""

    year: Annotated[int, Field(ge=1900, le=2100)]
    outside: Many[str] = ()
    note: Text | None = None


class _Item(Definition):
    """What stands in the tree."""

    id: Id
    name: Text = Text(en="-")
    description: Text | None = None
    weight: Weight = 1.0
    method: Override = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "name" not in value and isinstance(value.get("id"), str):
            return {**value, "name": {"en": value["id"] or "-"}}
        return value


class Node(_Item):
    """A node of the tree: the index, a pillar, a factor. The root has no parent."""

    parent: Id | None = None

    @model_validator(mode="after")
    def _override(self) -> Self:
        refuse(check_override(self.method, ("treat", "impute", "normalise", "aggregate")))
        return self


class Indicator(_Item):
    """One figure a region: what it is, what it reads, how it is computed, what must be true.

    Raises:
        DefinitionError: with every problem found: unknown keys, undeclared names, refused formulas.

    Example:
        >>> Indicator(id="share", parent="index", input={"t": {"grain": "region",
        ...     "part": {"type": "number"}, "whole": {"type": "number"}}},
        ...     version=[{"since": "2000-01-01", "value": "part / nullif(whole, 0)"}]).id
        'share'
    """

    parent: Id
    unit: Text | None = None
    direction: Direction = "higher"
    note: Text | None = None
    input: dict[Id, Input] = Field(default_factory=dict)
    version: Annotated[Many[Version], Field(min_length=1)]
    law: Law = Law()
    example: Many[Example] = ()
    source: Many[Source] = ()

    @classmethod
    def from_toml(cls, text: str) -> Indicator:
        """The indicator in the text of a definition file that holds one."""
        return build(cls, parsed(text, "indicator"), "indicator")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        yield from check_override(self.method, ("treat", "impute", "normalise"))
        days = [version.since for version in self.version]
        if days != sorted(set(days)):
            yield Problem(
                "version",
                f"versions must follow each other, not {', '.join(map(str, days))}",
                "write them by 'since', the earliest first, each with a day of its own",
            )
        if not self.input:
            yield Problem("input", "no table is declared", "write [input.<table>] with its columns")
            return
        for version in self.version:
            try:
                self.compiled(version)
            except DefinitionError as error:
                yield from error.problems
        for key in (*self.law.rises_with, *self.law.falls_with):
            table, _, column = key.partition(".")
            if table not in self.input or column not in self.input[table].columns:
                known = [f"{t}.{c}" for t, given in self.input.items() for c in given.columns]
                yield Problem("law", f"no column '{key}' is declared", nearest(key, known))
        if self.law.bounds is not None and not self.law.bounds[0] < self.law.bounds[1]:
            yield Problem("law.bounds", f"{list(self.law.bounds)} is empty: low first")
        for number, example in enumerate(self.example, 1):
            yield from examples.problems(example, self.input, f"example[{number}]")

    def in_force(self, day: date) -> Version | None:
        """The latest version whose ``since`` is not after the day; None before the first."""
        earlier = [version for version in self.version if version.since <= day]
        return earlier[-1] if earlier else None

    def tables(self, version: Version) -> tuple[str, ...]:
        """The tables that a version reads, in the order of the inputs."""
        used = set(self.compiled(version).columns)
        return tuple(
            table
            for table, given in self.input.items()
            if table in version.measures or (given.grain and used & set(given.columns))
        )

    def compiled(self, version: Version) -> Compiled:
        """The checked formulas of a version.

        Raises:
            DefinitionError: with every formula that is refused.
        """
        problems: list[Problem] = []
        place = f"version {version.since}"
        names: dict[str, Type] = {}
        for given in self.input.values():
            for column in sorted(set(names) & set(given.types)) if given.grain else ():
                problems.append(
                    Problem(
                        place,
                        f"'{column}' is a column of two region-grain tables",
                        "give one of them another name",
                    )
                )
            if given.grain:
                names.update(given.types)
        measures: dict[str, dict[str, Formula]] = {}
        for table, wanted in version.measures.items():
            where = f"{place}, measures.{table}"
            if table not in self.input:
                problems.append(
                    Problem(where, f"no table '{table}' is declared", nearest(table, self.input))
                )
                names.update(dict.fromkeys(wanted, "number"))
                continue
            given = self.input[table]
            if given.grain == "region":
                problems.append(
                    Problem(
                        where,
                        f"'{table}' has one row a region: its columns are used by name",
                        "remove the measures, or grain from the input",
                    )
                )
                names.update(dict.fromkeys(wanted, "number"))
                continue
            measures[table] = {}
            for name, text in wanted.items():
                if name in names:
                    what = f"'{name}' is the name of two things"
                    problems.append(Problem(f"{where}.{name}", what, "give one another name"))
                names[name] = "number"
                try:
                    measures[table][name] = formulas.check(
                        text,
                        given.types,
                        level="measure",
                        absent_is_zero=given.absent == "zero",
                        where=f"{where}.{name}",
                    )
                except DefinitionError as error:
                    problems += error.problems
        checked: list[Formula] = []
        texts = {"value": version.value, "estimate": version.estimate}
        for key, typed in texts.items():
            if typed is None:
                continue
            after = sum(len(formula.totals) for formula in checked)
            try:
                checked.append(
                    formulas.check(typed, names, after_totals=after, where=f"{place}, {key}")
                )
            except DefinitionError as error:
                problems += error.problems
        if checked and not problems and not checked[0].columns:
            what = "reads no column and no measure: every region would have the same"
            remedy = f"use what is declared: {', '.join(names)}"
            problems.append(Problem(f"{place}, value", what, remedy))
        if problems:
            raise DefinitionError(problems)
        return Compiled(checked[0], measures, checked[1] if len(checked) > 1 else None)


@dataclass(frozen=True)
class Compiled:
    """The checked formulas of one version: the value over columns and measures."""

    value: Formula
    measures: Mapping[str, Mapping[str, Formula]]
    estimate: Formula | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns and measures that the value and the estimate read."""
        more = self.estimate.columns if self.estimate else ()
        return tuple(sorted({*self.value.columns, *more}))

    @property
    def totals(self) -> tuple[str, ...]:
        """What is summed over all regions, in the order of the columns ``total_1``, ``total_2``."""
        return (*self.value.totals, *(self.estimate.totals if self.estimate else ()))
