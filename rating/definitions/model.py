"""What a section is: nodes, indicators, their inputs, formulas, examples and sources.

The key in a TOML file, the keyword in Python and the attribute are one name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from rating.definitions import derived, examples, formulas
from rating.definitions.definition import (
    Day,
    Definition,
    Id,
    Many,
    Number,
    Override,
    RegionKey,
    build,
    parsed,
    refuse,
)
from rating.definitions.examples import Example
from rating.definitions.grammar import Formula
from rating.definitions.methods import OF_INDICATORS, OF_NODES, check_override
from rating.definitions.parsing import Type
from rating.definitions.table import Column, Input, Rule
from rating.errors import DefinitionError, Problem, nearest
from rating.text import Lang, Text

Direction = Literal["higher", "lower", "band"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]

__all__ = [
    "Column",
    "Compiled",
    "Direction",
    "Edition",
    "Indicator",
    "Input",
    "Law",
    "Node",
    "Rule",
    "Source",
    "Version",
]


class Source(Definition):
    """Where figures come from, as the annex prints it.

    Attributes:
        table: the publisher's table.
        licence: as stated by the publisher; "not stated" where it is not.
        columns: which of our columns it fills, as ``region_year.population``.
        verified: whether the source, its fields and its access were confirmed in public.
        evidence: where that was confirmed.
    """

    title: Text
    publisher: Text
    table: Text | None = None
    url: str | None = None
    licence: str = "not stated"
    retrieved: Day | None = None
    columns: Many[str] = ()
    verified: bool = True
    evidence: str | None = None
    note: Text | None = None

    def cited(self, lang: Lang) -> str:
        """Publisher and title in one language."""
        return f"{self.publisher.of(lang)}, {self.title.of(lang)}"


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
        scale_free: columns that may all be multiplied by one number: the value stays.
        unit_change: for a column the power with which the value follows its unit: 1 where a
            column in thousands makes a value in thousands, -1 where it divides.
        replication: a region put beside its copy has the same value, or twice the value.
        additive: the parts of a region have values that sum to that of the whole.
        zero_at: columns that make the value 0 where they are 0.
    """

    bounds: Annotated[Many[float], Field(min_length=2, max_length=2)] | None = None
    rises_with: Many[str] = ()
    falls_with: Many[str] = ()
    scale_free: Many[str] = ()
    unit_change: dict[str, Number] = Field(default_factory=dict)
    replication: Literal["invariant", "additive"] | None = None
    additive: bool = False
    zero_at: Many[str] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a law names, as ``table.column``."""
        more = (*self.scale_free, *self.unit_change, *self.zero_at)
        return (*self.rises_with, *self.falls_with, *more)


# One for all: pydantic copies a default for every indicator.
_NO_LAW = Law()


class Edition(Definition):
    """What is particular to one year.

    Attributes:
        assessed: the only regions that are assessed; without it all of the register, or of the
            table of regions, or of the data where there is neither.
        outside: regions assessed outside the ranking.
        note: what a reader should know of it.
    """

    year: Annotated[int, Field(ge=1900, le=2100)]
    assessed: Many[RegionKey] = ()
    outside: Many[RegionKey] = ()
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
    """A node of the tree: the index, a pillar, a factor. The root has no parent.

    Attributes:
        short: its name where columns are narrow.
    """

    parent: Id | None = None
    short: Text | None = None

    @model_validator(mode="after")
    def _override(self) -> Self:
        refuse(check_override(self.method, OF_NODES))
        return self


class Indicator(_Item):
    """One figure a region: what it is, what it reads, how it is computed, what must be true.

    Attributes:
        reads: shared inputs of the section that it reads, by name; they become its inputs.
        sectors: the sectors it belongs to; without them all.
        stage: the stage of the chain from research to product, 1 to 5.

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
    sectors: Many[Id] = ()
    stage: Annotated[int, Field(ge=1, le=9)] | None = None
    reads: Many[Id] = ()
    input: dict[Id, Input] = Field(default_factory=dict)
    version: Annotated[Many[Version], Field(min_length=1)]
    law: Law = Field(default_factory=lambda: _NO_LAW)
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
        yield from check_override(self.method, OF_INDICATORS)
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
        for table in self.reads:
            if table not in self.input:
                remedy = f"{nearest(table, self.input)}; shared inputs belong to a section"
                yield Problem("reads", f"no input '{table}' is declared", remedy)
        broken = list(derived.problems(self.input))
        yield from broken
        if broken:
            return
        for version in self.version:
            try:
                self.compiled(version)
            except DefinitionError as error:
                yield from error.problems
        for key in self.law.columns:
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

    def sql(self, day: date = date.max) -> str:
        """The query that the engine runs, for an auditor to paste.

        Tables have the names of the inputs and hold the rows of the edition, with columns
        ``__scenario`` and ``as_of``; ``__regions`` lists ``__scenario`` and region.

        Args:
            day: whose version is printed; the latest without it.

        Raises:
            UsageError: no version is in force on that day.

        Example:
            >>> indicator = rating.load("hitech_open").indicator[0]
            >>> "FROM __measured" in indicator.sql()
            True
        """
        from rating.engine.values import sql_of

        return sql_of(self, day)

    def tables(self, version: Version) -> tuple[str, ...]:
        """The tables that a version reads and those they derive from, as the inputs order them."""
        used = set(self.compiled(version).columns)
        read = [
            table
            for table, given in self.input.items()
            if table in version.measures or (given.grain == "region" and used & set(given.columns))
        ]
        return derived.needed(read, self.input)

    def compiled(self, version: Version) -> Compiled:
        """The checked formulas of a version.

        Raises:
            DefinitionError: with every formula that is refused.
        """
        problems: list[Problem] = []
        place = f"version {version.since}"
        names: dict[str, Type] = {}
        for given in self.input.values():
            if given.grain != "region":
                continue
            for column in sorted(set(names) & set(given.types)):
                problems.append(
                    Problem(
                        place,
                        f"'{column}' is a column of two region-grain tables",
                        "give one of them another name",
                    )
                )
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
                        derived.visible(table, self.input),
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
        """What is summed over all regions, in the order of ``__total_1``, ``__total_2``."""
        return (*self.value.totals, *(self.estimate.totals if self.estimate else ()))
