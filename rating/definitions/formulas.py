"""Formulas typed by an author: parsed by DuckDB, held against an allow-list, printed back.

A formula is one SQL expression. DuckDB parses it; every node of its tree must be on the list of
``grammar``; what runs is the text printed from the tree, never the text typed. So a formula cannot
name a table, a file, a setting or a second statement: there is no node for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rating.definitions.grammar import DAY, YEAR, Formula, Level, Printer
from rating.definitions.kinds import Kind, Kinds, constants
from rating.definitions.parsing import Type, bind, calculated, parse, pointer
from rating.definitions.tokens import RefusalError, accounted
from rating.errors import DefinitionError, Problem


def check(
    text: str,
    columns: Mapping[str, Type],
    *,
    level: Level = "value",
    absent_is_zero: bool = False,
    after_totals: int = 0,
    gives: Type = "number",
    where: str = "formula",
) -> Formula:
    """Check a formula against the declared columns and print it back from its tree.

    Args:
        text: the SQL expression as typed.
        columns: the names it may use, with their declared types.
        level: ``value`` is one number a region, with ``total()`` over the regions; ``measure``
            is an aggregate over the rows of a finer table; ``row`` reads one row of it.
        absent_is_zero: a sum over no rows is 0 (a complete register), not missing.
        after_totals: how many sums over all regions stand before, in another formula.
        gives: the type of the result; a boolean counts as a number.
        where: file and place, for the message.

    Raises:
        DefinitionError: the formula is not one allowed expression over the declared columns.

    Example:
        >>> check("10000 * staff / nullif(people, 0)", {"staff": "number", "people": "number"}).sql
        '10000 * staff / nullif(people, 0)'
    """
    names = tuple(sorted(columns.items()))
    outcome = _checked(text, names, level, absent_is_zero, after_totals, gives)
    if isinstance(outcome, Formula):
        return outcome
    what, remedy, shown, span = outcome
    raise DefinitionError(Problem(where, what, remedy, formula=shown, span=span))


@lru_cache(maxsize=16384)
def _checked(
    text: str,
    columns: tuple[tuple[str, Type], ...],
    level: Level,
    absent_is_zero: bool,
    after: int,
    gives: Type,
) -> Formula | tuple[str, str, str, tuple[int, int]]:
    try:
        tokens, tree = parse(text)
        printer = Printer(dict(columns), level, absent_is_zero, after)
        formula = printer.formula(tree)
        accounted(text, tokens, tree)
        words: dict[str, Type] = {DAY: "date"}
        if level != "value":
            words[YEAR] = "integer"
        names = {**words, **dict(columns)}
        kinds: dict[str, Kind] = {
            name: "number" if kind == "integer" else kind for name, kind in names.items()
        }
        found = Kinds(kinds)
        for node in printer.nodes:
            found.of(node)
        for constant in constants(printer.nodes):
            wrong = calculated(printer.printed(constant))
            if wrong:
                what = f"this part has no value: {wrong}"
                remedy = "write whole numbers with a point: 100000.0" if "verflow" in wrong else ""
                marked = {key: n for key, n in constant.items() if key.startswith("query_loc")}
                raise RefusalError(what, remedy, marked)
        totals = after + len(formula.totals)
        bind(formula.sql, names, totals, gives=gives)
        for text_of_total in formula.totals:
            bind(text_of_total, names, totals)
    except RefusalError as refusal:
        shown, span = pointer(text, refusal.node)
        return refusal.what, refusal.remedy, shown, span
    except RecursionError:
        return "the formula is nested too deeply", "split it into measures", "", (0, 0)
    return formula
