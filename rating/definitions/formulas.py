"""Formulas typed by an author: parsed by DuckDB, held against an allow-list, printed back.

A formula is one SQL expression. DuckDB parses it; every node of its tree must be on the list
below; what runs is the text printed from the tree, never the text typed. So a formula cannot name
a table, a file, a setting or a second statement: there is no node for them.
"""

from __future__ import annotations

import atexit
import json
import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Literal

import duckdb

from rating.errors import DefinitionError, Problem, nearest

Level = Literal["value", "measure"]
Type = Literal["number", "integer", "text", "date", "boolean"]

MAX_LENGTH = 2000
MAX_NESTING = 40
MAX_DEPTH = 200

# Microdata are summed as decimals: a sum of doubles depends on the order and on the threads.
EXACT = "DECIMAL(38, 9)"
SQL_TYPE = {
    "number": "DOUBLE",
    "integer": "DOUBLE",
    "text": "VARCHAR",
    "date": "DATE",
    "boolean": "BOOLEAN",
}

_ARITY = {
    "nullif": (2, 2),
    "abs": (1, 1),
    "ln": (1, 1),
    "log10": (1, 1),
    "exp": (1, 1),
    "sqrt": (1, 1),
    "power": (2, 2),
    "round": (1, 2),
    "floor": (1, 1),
    "ceil": (1, 1),
    "least": (2, 20),
    "greatest": (2, 20),
    "total": (1, 1),
    "sum": (1, 1),
    "count": (1, 1),
    "count_star": (0, 0),
    "min": (1, 1),
    "max": (1, 1),
    "avg": (1, 1),
    "median": (1, 1),
    "quantile_cont": (2, 2),
}
_AGGREGATES = {"sum", "count", "count_star", "min", "max", "avg", "median", "quantile_cont"}
_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_INFIX = {"+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "~~": 4, "!~~": 4}
_WORDS = {"~~": "LIKE", "!~~": "NOT LIKE"}
_ATOM = 9
_NAMED_REFUSALS = {
    "CAST": "a cast",
    "WINDOW": "a window",
    "SUBQUERY": "a subquery",
    "PARAMETER": "a parameter",
    "STAR": "a star",
    "LAMBDA": "a lambda",
    "ARRAY_EXTRACT": "a subscript",
    "OPERATOR_TRY": "TRY()",
}


@dataclass(frozen=True)
class Formula:
    """A checked formula: the only text that the engine runs.

    Attributes:
        sql: canonical text; sums over all regions stand as the columns ``total_1``, ``total_2``.
        columns: the declared names it reads, sorted.
        totals: the text under each ``total()``, in the order of the numbered columns.
    """

    sql: str
    columns: tuple[str, ...]
    totals: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.sql


class _RefusalError(Exception):
    def __init__(self, what: str, remedy: str = "", node: Mapping[str, Any] | None = None) -> None:
        super().__init__(what)
        self.what, self.remedy, self.node = what, remedy, node or {}


def check(
    text: str,
    columns: Mapping[str, Type],
    *,
    level: Level = "value",
    absent_is_zero: bool = False,
    where: str = "formula",
) -> Formula:
    """Check a formula against the declared columns and print it back from its tree.

    Args:
        text: the SQL expression as typed.
        columns: the names it may use, with their declared types.
        level: ``value`` is one number a region, with ``total()`` over the regions; ``measure``
            is an aggregate over the rows of a finer table.
        absent_is_zero: a sum over no rows is 0 (a complete register), not missing.
        where: file and place, for the message.

    Raises:
        DefinitionError: the formula is not one allowed expression over the declared columns.

    Example:
        >>> check("10000 * staff / nullif(people, 0)", {"staff": "number", "people": "number"}).sql
        '10000 * staff / nullif(people, 0)'
    """
    outcome = _checked(text, tuple(sorted(columns.items())), level, absent_is_zero)
    if isinstance(outcome, Formula):
        return outcome
    what, remedy, shown, span = outcome
    raise DefinitionError(Problem(where, what, remedy, formula=shown, span=span))


@lru_cache(maxsize=4096)
def _checked(
    text: str, columns: tuple[tuple[str, Type], ...], level: Level, absent_is_zero: bool
) -> Formula | tuple[str, str, str, tuple[int, int]]:
    try:
        tree = _parse(text)
        printer = _Printer(dict(columns), level, absent_is_zero)
        formula = printer.formula(tree)
        _bind(formula, dict(columns), level)
    except _RefusalError as refusal:
        shown, span = _pointer(text, refusal.node)
        return refusal.what, refusal.remedy, shown, span
    return formula


# ------------------------------------------------------------------------- parsing and binding


@cache
def _parser() -> tuple[duckdb.DuckDBPyConnection, threading.Lock]:
    connection = duckdb.connect(
        ":memory:", config={"threads": 1, "python_enable_replacements": False}
    )
    connection.execute("SELECT json_serialize_sql('SELECT 1')").fetchall()
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    atexit.register(connection.close)
    return connection, threading.Lock()


@cache
def _reserved() -> frozenset[str]:
    connection, _ = _parser()
    rows = connection.execute(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    ).fetchall()
    return frozenset(row[0] for row in rows)


def quoted(name: str) -> str:
    """A name as SQL writes it: in quotes only where it is a word of SQL."""
    return f'"{name}"' if name in _reserved() else name


def _parse(text: str) -> dict[str, Any]:
    if not text.strip():
        raise _RefusalError("the formula is empty")
    if len(text) > MAX_LENGTH:
        raise _RefusalError(
            f"the formula has {len(text)} characters, {MAX_LENGTH} are allowed",
            "split it into measures",
        )
    _scan(text)
    connection, lock = _parser()
    with lock:
        row = connection.execute("SELECT json_serialize_sql(?)", [_PREFIX + text]).fetchone()
    try:
        parsed: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    except RecursionError:
        raise _RefusalError("the formula is nested too deeply", "split it into measures") from None
    if parsed.get("error"):
        at = int(parsed.get("position", len(_PREFIX)))
        raise _RefusalError(
            str(parsed.get("error_message", "not an expression")),
            "write one SQL expression",
            {"query_location": at, "query_location_length": 1},
        )
    node = parsed["statements"][0]["node"]
    if (
        _outline(node) != _bare_select()
        or parsed["statements"][0]["named_param_map"]
        or (len(node["select_list"]) != 1)
    ):
        raise _RefusalError(
            "not one bare expression: FROM, WHERE, a comma and the like are not allowed",
            "a formula reads the declared columns and nothing else",
        )
    item: dict[str, Any] = node["select_list"][0]
    return item


_PREFIX = "SELECT "


def _scan(text: str) -> None:
    """Refuse comments and deep nesting before the parser sees them."""
    depth, inside, previous = 0, "", ""
    for at, character in enumerate(text):
        here = {"query_location": at + len(_PREFIX), "query_location_length": 1}
        if ord(character) < 32 and character not in "\n\t":
            raise _RefusalError("a control character in the formula", "", here)
        if inside:
            inside = "" if character == inside else inside
        elif character in "'\"":
            inside = character
        elif previous + character in ("--", "/*"):
            raise _RefusalError("a comment is not allowed in a formula", "use the key note", here)
        elif character == ";":
            raise _RefusalError(
                "a second statement is not allowed", "write one SQL expression", here
            )
        elif character in "([{":
            depth += 1
            if depth > MAX_NESTING:
                raise _RefusalError(f"more than {MAX_NESTING} nested brackets", "", here)
        elif character in ")]}":
            depth -= 1
        previous = character


def _outline(node: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in node.items() if key != "select_list"}
    source = rest.get("from_table")
    if isinstance(source, dict):
        rest["from_table"] = {k: v for k, v in source.items() if not k.startswith("query_loc")}
    return rest


@cache
def _bare_select() -> dict[str, Any]:
    connection, lock = _parser()
    with lock:
        row = connection.execute("SELECT json_serialize_sql('SELECT 1')").fetchone()
    assert row is not None
    return _outline(json.loads(row[0])["statements"][0]["node"])


def _bind(formula: Formula, columns: Mapping[str, Type], level: Level) -> None:
    """Let DuckDB bind the printed text to the declared types: a text is not a number."""
    given = [f"NULL::{SQL_TYPE[kind]} AS {quoted(name)}" for name, kind in columns.items()]
    given += [f"NULL::DOUBLE AS total_{n}" for n in range(1, len(formula.totals) + 1)]
    source = f"(SELECT {', '.join(given)})" if given else "(SELECT 1)"
    connection, lock = _parser()
    for text in (formula.sql, *formula.totals):
        query = f"SELECT CAST({text} AS DOUBLE) FROM {source}"
        if level == "value":
            query += " GROUP BY ALL"
        try:
            with lock:
                kind = connection.execute(f"DESCRIBE SELECT {text} FROM {source}").fetchall()[0][1]
                connection.execute(f"EXPLAIN {query}").fetchall()
        except duckdb.Error as error:
            message = str(error).split("\n")[0].partition(": ")[2] or str(error)
            raise _RefusalError(f"does not fit the declared types: {message[:160]}") from None
        if kind in ("VARCHAR", "DATE"):
            raise _RefusalError(f"gives a {kind.lower()}, not a number", "a value is a number")


def _pointer(text: str, node: Mapping[str, Any]) -> tuple[str, tuple[int, int]]:
    """The line of the formula to show, with the place of the offending part."""
    start = int(node.get("query_location", 2**64 - 1)) - len(_PREFIX)
    if not 0 <= start <= len(text):
        return "", (0, 0)
    before = text[:start]
    first = before.rfind("\n") + 1
    line = text[first:].split("\n")[0][:200]
    word = re.match(r"[\w.]+", text[start:])
    length = int(node.get("query_location_length", 0)) or (len(word[0]) if word else 1)
    if word and node.get("class") in ("COLUMN_REF", "FUNCTION"):
        length = len(word[0])
    return line.replace("\t", " "), (start - first, min(length, max(len(line) - start + first, 1)))


# --------------------------------------------------------------------------------- the allow-list


@dataclass
class _Printer:
    columns: Mapping[str, Type]
    level: Level
    absent_is_zero: bool
    used: set[str] = field(default_factory=set)
    totals: list[str] = field(default_factory=list)
    inside: str = ""

    def formula(self, tree: Mapping[str, Any]) -> Formula:
        sql = self._text(tree, 0, 0)
        return Formula(sql, tuple(sorted(self.used)), tuple(self.totals))

    def _text(self, node: Mapping[str, Any], outer: int, depth: int) -> str:
        """The text of a node, in brackets where its binding is looser than its surroundings."""
        if depth > MAX_DEPTH:
            raise _RefusalError("the formula is nested too deeply", "split it into measures", node)
        if node.get("alias"):
            raise _RefusalError(f"an alias ('{node['alias']}') is not allowed", "", node)
        handler = getattr(self, f"_{str(node['class']).lower()}", None)
        if handler is None:
            raise self._refusal(node)
        text, binding = handler(node, depth + 1)
        return f"({text})" if binding < outer else text

    def _refusal(self, node: Mapping[str, Any]) -> _RefusalError:
        kind = str(node["class"])
        name = _NAMED_REFUSALS.get(kind) or _NAMED_REFUSALS.get(str(node.get("type")))
        name = name or str(node.get("type", kind)).lower().replace("_", " ")
        return _RefusalError(f"{name} is not allowed in a formula", "", node)

    def _constant(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        kind, text = node["literal"]["kind"], str(node["literal"]["text"])
        if kind == "STRING":
            return "'" + text.replace("'", "''") + "'", _ATOM
        if kind == "BOOLEAN":
            return text.upper(), _ATOM
        if kind == "NULL_LITERAL":
            return "NULL", _ATOM
        number = re.fullmatch(r"-?(\d+)(\.\d*)?([eE][+-]?\d+)?|-?\.\d+([eE][+-]?\d+)?", text)
        if kind not in ("INTEGER", "NUMERIC") or not number or not math.isfinite(float(text)):
            raise _RefusalError(f"the number {text} is not plain and finite", "", node)
        # A literal with a point is a decimal in DuckDB; with an exponent it is a double.
        if len(text.lstrip("-")) > 9 or kind == "NUMERIC":
            text = text if "e" in text.lower() else f"{text}e0"
        return text, (1 if text.startswith("-") else _ATOM)

    def _column_ref(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        name = ".".join(node["column_names"])
        if name not in self.columns:
            kind = "measure or column" if self.level == "value" else "column"
            raise _RefusalError(f"no {kind} named '{name}'", nearest(name, self.columns), node)
        if self.level == "measure" and not self.inside:
            raise _RefusalError(
                f"'{name}' stands outside an aggregate: the table has many rows a region",
                f"write sum({name}), count(), min() ...",
                node,
            )
        self.used.add(name)
        return quoted(name), _ATOM

    def _comparison(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        sign = _COMPARISONS.get(node["type"])
        if sign is None:
            raise self._refusal(node)
        left, right = (self._text(node[side], 5, depth) for side in ("left", "right"))
        return f"{left} {sign} {right}", 4

    def _conjunction(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        word, binding = ("AND", 2) if node["type"] == "CONJUNCTION_AND" else ("OR", 1)
        parts = [self._text(child, binding + 1, depth) for child in node["children"]]
        return f" {word} ".join(parts), binding

    def _between(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        what, low, high = (self._text(node[key], 5, depth) for key in ("input", "lower", "upper"))
        return f"{what} BETWEEN {low} AND {high}", 4

    def _case(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        parts = ["CASE"]
        for branch in node["case_checks"]:
            when = self._text(branch["when_expr"], 0, depth)
            parts.append(f"WHEN {when} THEN {self._text(branch['then_expr'], 0, depth)}")
        parts.append(f"ELSE {self._text(node['else_expr'], 0, depth)} END")
        return " ".join(parts), _ATOM

    def _operator(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        kind, children = node["type"], node["children"]
        if kind in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
            word = "IS NULL" if kind == "OPERATOR_IS_NULL" else "IS NOT NULL"
            return f"{self._text(children[0], 5, depth)} {word}", 4
        if kind == "OPERATOR_NOT":
            return f"NOT {self._text(children[0], 3, depth)}", 3
        if kind == "OPERATOR_COALESCE":
            return f"coalesce({', '.join(self._text(c, 0, depth) for c in children)})", _ATOM
        if kind == "COMPARE_IN":
            first, *rest = children
            options = ", ".join(self._text(c, 0, depth) for c in rest)
            return f"{self._text(first, 5, depth)} IN ({options})", 4
        raise self._refusal(node)

    def _function(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        name = str(node["function_name"]).lower()
        arguments = [argument["expression"] for argument in node["arguments"]]
        if node["schema"] or node["catalog"] or any(a["name"] for a in node["arguments"]):
            raise _RefusalError(f"{name}() is named in a way that is not allowed", "", node)
        if node["order_bys"]["orders"] or node["export_state"]:
            raise _RefusalError("ORDER BY inside a function is not allowed", "", node)
        if node["is_operator"]:
            return self._infix(name, arguments, node, depth)
        if name not in _ARITY:
            remedy = nearest(name, set(_ARITY) - {"count_star"})
            raise _RefusalError(f"the function {name}() is not allowed", remedy, node)
        low, high = _ARITY[name]
        if not low <= len(arguments) <= high:
            takes = str(low) if low == high else f"{low} to {high}"
            raise _RefusalError(f"{name}() takes {takes} arguments, not {len(arguments)}", "", node)
        if name == "total":
            return self._total(node, arguments[0], depth)
        if name in _AGGREGATES:
            return self._aggregate(name, node, arguments, depth)
        if node["filter"] or node["distinct"]:
            raise _RefusalError(f"FILTER and DISTINCT do not go with {name}()", "", node)
        texts = [self._text(argument, 0, depth) for argument in arguments]
        if name == "round" and len(texts) == 2 and not re.fullmatch(r"-?\d{1,2}", texts[1]):
            raise _RefusalError("round() takes a whole number of digits", "", node)
        if name in ("least", "greatest"):
            # DuckDB's least(NULL, 3) is 3: a clip would fill missing values with its limit.
            missing = " OR ".join(f"{t} IS NULL" for t in self._texts(arguments, 5, depth))
            return f"CASE WHEN {missing} THEN NULL ELSE {name}({', '.join(texts)}) END", _ATOM
        return f"{name}({', '.join(texts)})", _ATOM

    def _texts(self, nodes: list[Any], outer: int, depth: int) -> list[str]:
        return [self._text(node, outer, depth) for node in nodes]

    def _infix(
        self, name: str, arguments: list[Any], node: Mapping[str, Any], depth: int
    ) -> tuple[str, int]:
        binding = _INFIX.get(name)
        if binding is None:
            raise _RefusalError(f"the operator {name} is not allowed", "", node)
        if len(arguments) == 1 and name in "+-":
            return f"{name}{self._text(arguments[0], 8, depth)}", 7
        left = self._text(arguments[0], max(binding, 5), depth)
        right = self._text(arguments[1], binding + 1, depth)
        return f"{left} {_WORDS.get(name, name)} {right}", binding

    def _total(self, node: Mapping[str, Any], argument: Any, depth: int) -> tuple[str, int]:
        if self.level != "value" or self.inside or node["filter"] or node["distinct"]:
            raise _RefusalError(
                "total() stands in a value, once, over what is known of each region",
                "total(a) / nullif(total(b), 0)",
                node,
            )
        self.inside = "total"
        text = self._text(argument, 0, depth)
        self.inside = ""
        if text not in self.totals:
            self.totals.append(text)
        return f"total_{self.totals.index(text) + 1}", _ATOM

    def _aggregate(
        self, name: str, node: Mapping[str, Any], arguments: list[Any], depth: int
    ) -> tuple[str, int]:
        if self.level == "value":
            shown = "count" if name == "count_star" else name
            raise _RefusalError(
                f"{shown}() needs many rows a region; a value has one number a region",
                "use total() for the sum over regions, or aggregate in [version.measures.<table>]",
                node,
            )
        if self.inside:
            raise _RefusalError(f"{name}() inside {self.inside}() is not allowed", "", node)
        self.inside = name
        texts = [self._text(argument, 0, depth) for argument in arguments]
        condition = self._text(node["filter"], 0, depth) if node["filter"] else ""
        self.inside = ""
        if name == "quantile_cont" and not re.fullmatch(r"(0|1)(\.\d+)?(e0)?", texts[1]):
            raise _RefusalError("quantile_cont() takes a share from 0 to 1 as its second", "", node)
        only = f" FILTER (WHERE {condition})" if condition else ""
        distinct = "DISTINCT " if node["distinct"] else ""
        if name == "count_star":
            return f"count(*){only}", _ATOM
        if name not in ("sum", "avg"):
            return f"{name}({distinct}{', '.join(texts)}){only}", _ATOM
        exact = f"CAST(sum({distinct}CAST({texts[0]} AS {EXACT})){only} AS DOUBLE)"
        if name == "avg":
            return f"{exact} / nullif(count({distinct}{texts[0]}){only}, 0)", 6
        if self.absent_is_zero:
            return f"CASE WHEN count(*){only} = 0 THEN 0 ELSE {exact} END", _ATOM
        return exact, _ATOM
