"""Derived tables checked: what columns each shows, by which formulas, over which tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rating.definitions import formulas
from rating.definitions.grammar import Formula, Level
from rating.definitions.parsing import Type, quoted
from rating.definitions.table import Input, Rule
from rating.errors import DefinitionError, Problem, nearest


@dataclass(frozen=True)
class Derived:
    """The checked formulas of a derived table.

    Attributes:
        where: which rows of the base are taken.
        keys: what makes a group, each a formula over a row; empty where rows stay.
        columns: the calculated columns; aggregates where the table is grouped.
        grouped: whether rows are grouped.
        kept: the columns of the base and of joined tables that stay visible.
    """

    where: Formula | None
    keys: Mapping[str, Formula]
    columns: Mapping[str, Formula]
    grouped: bool
    kept: tuple[str, ...]

    @property
    def formulas(self) -> Iterator[Formula]:
        """Every formula of the table."""
        if self.where is not None:
            yield self.where
        yield from self.keys.values()
        yield from self.columns.values()


def needed(tables: Iterable[str], inputs: Mapping[str, Input]) -> tuple[str, ...]:
    """The tables and all that they derive from, in the order of the inputs.

    A table that is not declared is left to whoever reads it.
    """
    found: set[str] = set()
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table in found or table not in inputs:
            continue
        found.add(table)
        given = inputs[table]
        waiting += [*([given.base] if given.base else []), *given.join]
    return tuple(table for table in inputs if table in found)


def national(table: str, inputs: Mapping[str, Input]) -> bool:
    """Whether a table has no regions."""
    given = inputs[table]
    return national(given.base, inputs) if given.base else given.grain == "country"


def visible(table: str, inputs: Mapping[str, Input]) -> dict[str, Type]:
    """The columns of a table with their types, those that a derived table keeps included."""
    given = inputs[table]
    if given.base is None:
        return given.types
    rows = _rows(given, inputs)
    if given.by is None:
        return {**rows, **given.types}
    kinds: dict[str, Type] = {
        name: rows.get(name, "integer") if formula is None else "integer"
        for name, formula in given.by.items()
    }
    return {**kinds, **given.types}


def _rows(given: Input, inputs: Mapping[str, Input]) -> dict[str, Type]:
    """The columns of the rows that a derived table is made of."""
    assert given.base is not None
    found = visible(given.base, inputs)
    for table in given.join:
        found = {**visible(table, inputs), **found}
    return found


def problems(inputs: Mapping[str, Input]) -> Iterator[Problem]:
    """What is wrong with the derived tables and the rules among the inputs."""
    known: list[str] = []
    for table, given in inputs.items():
        where = f"input.{table}"
        lost = [name for name in (given.base, *given.join) if name and name not in known]
        for name in lost:
            later = " before it: tables stand in the order in which they are made"
            what = f"no table '{name}' is declared{later if name in inputs else ''}"
            yield Problem(where, what, nearest(name, known))
        if lost:
            continue
        known.append(table)
        try:
            if given.base is not None:
                compiled(table, inputs)
            for rule in given.rule:
                rule_formula(rule, given, where)
            if given.disclosure is not None:
                disclosed(table, inputs)
        except DefinitionError as error:
            yield from error.problems


def compiled(table: str, inputs: Mapping[str, Input]) -> Derived:
    """The checked formulas of a derived table.

    Raises:
        DefinitionError: with every formula that is refused.
    """
    given = inputs[table]
    rows = _rows(given, inputs)
    found: list[Problem] = list(_join_problems(table, inputs))
    place = f"input.{table}"
    if given.region is not None and visible(given.base or "", inputs).get(given.region) != "text":
        what = f"no text column '{given.region}' of {given.base}"
        found.append(Problem(f"{place}, region", what, nearest(given.region, rows)))

    def checked(text: str, key: str, level: Level, gives: Type) -> Formula:
        try:
            where = f"{place}, {key}"
            return formulas.check(text, rows, level=level, gives=gives, where=where)
        except DefinitionError as error:
            found.extend(error.problems)
            return Formula("NULL", ())

    where = checked(given.where, "where", "row", "boolean") if given.where else None
    keys = {
        name: checked(
            text or quoted(name), f"by.{name}", "row", "integer" if text else rows.get(name, "text")
        )
        for name, text in (given.by or {}).items()
    }
    level: Level = "row" if given.by is None else "measure"
    columns = {
        name: checked(column.value or "", name, level, column.type)
        for name, column in given.columns.items()
    }
    for name in (
        sorted(set(columns) & set(rows)) if given.by is None else sorted(set(columns) & set(keys))
    ):
        found.append(
            Problem(f"{place}.{name}", "is the name of two columns", "give one another name")
        )
    if found:
        raise DefinitionError(found)
    kept = () if given.by is not None else tuple(rows)
    return Derived(where, keys, columns, given.by is not None, kept)


def disclosed(table: str, inputs: Mapping[str, Input]) -> tuple[Formula, Formula]:
    """The checked formulas of a table's disclosure rule: the unit and the size of a row.

    Raises:
        DefinitionError: with every formula that is refused.
    """
    given = inputs[table].disclosure
    assert given is not None
    columns, place = visible(table, inputs), f"input.{table}, disclosure"
    unit = formulas.check(given.unit, columns, level="row", gives="text", where=f"{place}.unit")
    return unit, formulas.check(given.size, columns, level="row", where=f"{place}.size")


def _join_problems(table: str, inputs: Mapping[str, Input]) -> Iterator[Problem]:
    given = inputs[table]
    assert given.base is not None
    seen = set(visible(given.base, inputs))
    for other, columns in given.join.items():
        where = f"input.{table}, join.{other}"
        theirs = visible(other, inputs)
        for name in columns:
            if name not in seen or name not in theirs:
                what = f"'{name}' is not a column of both tables"
                yield Problem(where, what, nearest(name, sorted(seen & set(theirs))))
        twice = (set(theirs) & seen) - set(columns)
        if twice:
            what = f"'{min(twice)}' is a column of two tables"
            yield Problem(where, what, "derive one of them first, under another name")
        seen |= set(theirs)


def rule_formula(rule: Rule, given: Input, where: str) -> Formula | None:
    """The checked formula of a rule; None for one about spans.

    Raises:
        DefinitionError: the rule names what is not declared, or its formula is refused.
    """
    place = f"{where}, rule {rule.id}"
    names = (*rule.by, *(rule.spans or ()))
    lost = [name for name in names if name not in (*given.stored, "region", "year")]
    if lost:
        what = f"no column '{lost[0]}' is declared"
        if lost[0] in given.columns:
            what = f"'{lost[0]}' is looked up in the sector, and no file holds it"
        raise DefinitionError(Problem(place, what, nearest(lost[0], given.stored)))
    if rule.holds is None:
        spans = [given.types.get(name, "text") for name in rule.spans or ()]
        if len(set(spans)) > 1 or set(spans) & {"text", "boolean"}:
            what = f"spans go from a date to a date, not from {' to '.join(spans)}"
            raise DefinitionError(Problem(place, what, "name two columns of dates"))
        return None
    level: Level = "measure" if rule.by else "row"
    columns = {name: column.type for name, column in given.stored.items()}
    formula = formulas.check(rule.holds, columns, level=level, gives="boolean", where=place)
    if formula.dated:
        what = "a rule is asked when data are read, and as_of belongs to an edition"
        raise DefinitionError(Problem(place, what, "compare with a day of the row"))
    return formula
