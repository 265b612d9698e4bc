"""The allow-list: which nodes of DuckDB's tree a formula may have, and how each is printed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rating.definitions.estimators import OVER_REGIONS, OVER_ROWS, exact_sum
from rating.definitions.parsing import Type, literal, quoted
from rating.definitions.tokens import COMPARED, RefusalError
from rating.errors import nearest

Level = Literal["value", "measure", "row"]

MAX_DEPTH = 200
# How long the text may be that runs, with what DuckDB writes out twice (nullif) counted twice.
MAX_PRINTED = 20_000

# What every formula may read beside columns: the day of the edition, the year of the row.
DAY, YEAR = "as_of", "year"

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
    "year": (1, 1),
    "days": (2, 2),
    "add_months": (2, 2),
    "sum": (1, 1),
    "count": (1, 1),
    "count_star": (0, 0),
    "min": (1, 1),
    "max": (1, 1),
    "avg": (1, 1),
    "median": (1, 1),
    "quantile_cont": (2, 2),
    **{name: (count, count) for name, (count, _) in {**OVER_ROWS, **OVER_REGIONS}.items()},
}
_AGGREGATES = {"sum", "count", "count_star", "min", "max", "avg", "median", "quantile_cont"}
_INFIX = {"+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "~~": 4, "!~~": 4}
_WORDS = {"~~": "LIKE", "!~~": "NOT LIKE"}
_ATOM = 9
_NAMED_REFUSALS = {
    "CAST": ("a cast", "a column has the type that is declared"),
    "WINDOW": ("a window", "use total() in a value, or a measure"),
    "SUBQUERY": ("a subquery", "read another table by its measures"),
    "PARAMETER": ("a parameter", "write the number itself"),
    "STAR": ("a star", "name the columns"),
    "LAMBDA": ("a lambda", "write arithmetic over columns and measures"),
    "ARRAY_EXTRACT": ("a subscript", "a column holds one value a row"),
    "OPERATOR_TRY": ("TRY()", "divide by nullif(x, 0)"),
}


@dataclass(frozen=True)
class Formula:
    """A checked formula: the only text that the engine runs.

    Attributes:
        sql: canonical text; sums over all regions stand as the columns ``__total_1`` ...
        columns: the declared names it reads, sorted.
        totals: what is taken over all regions, in the order of the numbered columns.
        dated: whether it reads the day of the edition.
        yearly: whether it reads the year of the row.
    """

    sql: str
    columns: tuple[str, ...]
    totals: tuple[str, ...] = ()
    dated: bool = False
    yearly: bool = False

    def __str__(self) -> str:
        return self.sql


@dataclass
class Printer:
    """Prints a tree back as text, refusing every node that is not on the list."""

    columns: Mapping[str, Type]
    level: Level
    absent_is_zero: bool
    after_totals: int = 0
    used: set[str] = field(default_factory=set)
    totals: list[str] = field(default_factory=list)
    inside: str = ""
    # The nodes printed so far, parts before what they are parts of.
    nodes: list[Mapping[str, Any]] = field(default_factory=list)
    # Each node is printed once: its text, how loosely it binds, what DuckDB adds when it runs.
    _made: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    _below: list[tuple[str, int]] = field(default_factory=list)

    def formula(self, tree: Mapping[str, Any]) -> Formula:
        """The formula of a whole tree."""
        sql = self._text(tree, 0, 0)
        # A measure may have the name of a word of ours, and goes before it.
        read = self.used & set(self.columns)
        dated, yearly = (word in self.used - read for word in (DAY, YEAR))
        return Formula(sql, tuple(sorted(read)), tuple(self.totals), dated, yearly)

    def printed(self, node: Mapping[str, Any]) -> str:
        """The text of a node that the formula has."""
        return self._made[id(node)][0]

    def _text(self, node: Mapping[str, Any], outer: int, depth: int) -> str:
        """The text of a node, in brackets where its binding is looser than its surroundings."""
        if id(node) not in self._made:
            self._allowed(node, depth)
            handler = getattr(self, f"_{str(node['class']).lower()}", None)
            if handler is None:
                raise self._refusal(node)
            around, self._below, known = self._below, [], len(self.totals)
            made = handler(node, depth + 1)
            self._made[id(node)] = (*made, self._growth(node, made[0], known))
            self._below = around
            self.nodes.append(node)
        text, binding, more = self._made[id(node)]
        self._below.append((text, more))
        return f"({text})" if binding < outer else text

    def _allowed(self, node: Mapping[str, Any], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise RefusalError("the formula is nested too deeply", "split it into measures", node)
        if node.get("alias"):
            what = f"an alias ('{node['alias']}') is not allowed"
            raise RefusalError(what, "write the expression alone", node)

    def _growth(self, node: Mapping[str, Any], text: str, known: int) -> int:
        """How many characters a text grows by when it runs, those of its new totals included."""
        whole = text + "".join(self.totals[known:])
        more = len(whole) - len(text)
        more += sum(extra * whole.count(part) for part, extra in set(self._below) if extra)
        if node.get("function_name") == "nullif":
            more += sum(len(part) + extra for part, extra in self._below[:1])
        if len(text) + more > MAX_PRINTED:
            what = "the formula grows too large: what it repeats is written out each time"
            raise RefusalError(what, "make the inner part a measure of its own", node)
        return more

    def _refusal(self, node: Mapping[str, Any]) -> RefusalError:
        kind = str(node["class"])
        other = str(node.get("type", kind)).lower().replace("_", " ")
        named = _NAMED_REFUSALS.get(kind) or _NAMED_REFUSALS.get(str(node.get("type")))
        name, remedy = named or (other, "")
        return RefusalError(f"{name} is not allowed in a formula", remedy, node)

    def _constant(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        kind, text = node["literal"]["kind"], str(node["literal"]["text"])
        if kind == "STRING":
            return literal(text), _ATOM
        if kind == "BOOLEAN":
            return text.upper(), _ATOM
        if kind == "NULL_LITERAL":
            return "NULL", _ATOM
        number = re.fullmatch(r"-?(\d+)(\.\d*)?([eE][+-]?\d+)?|-?\.\d+([eE][+-]?\d+)?", text)
        if kind not in ("INTEGER", "NUMERIC") or not number or not math.isfinite(float(text)):
            raise RefusalError(f"the number {text} is not plain and finite", "", node)
        # A literal with a point is a decimal in DuckDB; with an exponent it is a double.
        if len(text.lstrip("-")) > 9 or kind == "NUMERIC":
            text = text if "e" in text.lower() else f"{text}e0"
        return text, (1 if text.startswith("-") else _ATOM)

    def _column_ref(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        name = ".".join(node["column_names"])
        if name not in self.columns and name != DAY and (name != YEAR or self.level == "value"):
            kind = "measure or column" if self.level == "value" else "column"
            raise RefusalError(f"no {kind} named '{name}'", nearest(name, self.columns), node)
        if self.level == "measure" and not self.inside:
            raise RefusalError(
                f"'{name}' stands outside an aggregate: the table has many rows a region",
                f"write sum({name}), count(), min() ...",
                node,
            )
        self.used.add(name)
        return quoted(name), _ATOM

    def _comparison(self, node: Mapping[str, Any], depth: int) -> tuple[str, int]:
        sign = COMPARED.get(node["type"])
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
            raise RefusalError(f"{name}() is named in a way that is not allowed", "", node)
        if node["order_bys"]["orders"] or node["export_state"]:
            raise RefusalError("ORDER BY inside a function is not allowed", "", node)
        if node["is_operator"]:
            return self._infix(name, arguments, node, depth)
        if name not in _ARITY:
            remedy = nearest(name, set(_ARITY) - {"count_star"})
            raise RefusalError(f"the function {name}() is not allowed", remedy, node)
        low, high = _ARITY[name]
        if not low <= len(arguments) <= high:
            takes = str(low) if low == high else f"{low} to {high}"
            raise RefusalError(f"{name}() takes {takes} arguments, not {len(arguments)}", "", node)
        if name in OVER_REGIONS:
            return self._over_regions(name, node, arguments, depth)
        if name in OVER_ROWS:
            return self._over_rows(name, node, arguments, depth)
        if name in _AGGREGATES:
            return self._aggregate(name, node, arguments, depth)
        if node["filter"] or node["distinct"]:
            raise RefusalError(f"FILTER and DISTINCT do not go with {name}()", "", node)
        texts = self._texts(arguments, 0, depth)
        if name in ("days", "year", "add_months"):
            texts = [f"DATE {text}" if text.startswith("'") else text for text in texts]
        if name == "days":
            return f"date_diff('day', {texts[0]}, {texts[1]})", _ATOM
        if name == "add_months":
            if not re.fullmatch(r"-?\d{1,4}", texts[1]):
                raise RefusalError("add_months() takes a whole number of months", "", node)
            day = texts[0] if texts[0].startswith("DATE '") else self._text(arguments[0], 6, depth)
            return f"CAST({day} + INTERVAL '{texts[1]}' MONTH AS DATE)", _ATOM
        if name == "round" and len(texts) == 2 and not re.fullmatch(r"-?\d{1,2}", texts[1]):
            raise RefusalError("round() takes a whole number of digits", "", node)
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
            raise RefusalError(f"the operator {name} is not allowed", "", node)
        if len(arguments) == 1 and name in "+-":
            return f"{name}{self._text(arguments[0], 8, depth)}", 7
        left = self._text(arguments[0], max(binding, 5), depth)
        right = self._text(arguments[1], binding + 1, depth)
        return f"{left} {_WORDS.get(name, name)} {right}", binding

    def _over_regions(
        self, name: str, node: Mapping[str, Any], arguments: list[Any], depth: int
    ) -> tuple[str, int]:
        if self.level != "value" or self.inside or node["filter"] or node["distinct"]:
            raise RefusalError(
                f"{name}() stands in a value, once, over what is known of each region",
                "total(a) / nullif(total(b), 0)",
                node,
            )
        self.inside = name
        texts = self._texts(arguments, 0, depth)
        self.inside = ""
        if name == "weighted_quantile":
            self._share(name, texts[2], node)
        over, text = OVER_REGIONS[name][1](*texts)
        numbered = []
        for each in over:
            if each not in self.totals:
                self.totals.append(each)
            numbered.append(f"__total_{self.after_totals + self.totals.index(each) + 1}")
        return text(*numbered), _ATOM

    def _over_rows(
        self, name: str, node: Mapping[str, Any], arguments: list[Any], depth: int
    ) -> tuple[str, int]:
        self._only_over_rows(name, node)
        if node["filter"] or node["distinct"]:
            what = f"FILTER and DISTINCT do not go with {name}()"
            raise RefusalError(what, "choose the rows by where of a derived table", node)
        self.inside = name
        texts = self._texts(arguments, 0, depth)
        self.inside = ""
        if name == "km_survival" and not re.fullmatch(r"\d+(\.\d+)?(e0)?", texts[3]):
            raise RefusalError("km_survival() takes a plain number as its fourth", "", node)
        return OVER_ROWS[name][1](*texts), _ATOM

    def _share(self, name: str, text: str, node: Mapping[str, Any]) -> None:
        if not re.fullmatch(r"[\d.]+(e-?\d+)?", text) or float(text) > 1:
            place = "third" if name == "weighted_quantile" else "second"
            raise RefusalError(f"{name}() takes a share from 0 to 1 as its {place}", "", node)

    def _only_over_rows(self, name: str, node: Mapping[str, Any]) -> None:
        """An aggregate belongs to many rows, and not into another one."""
        if self.level == "value":
            raise RefusalError(
                f"{name}() needs many rows a region; a value has one number a region",
                "use total() for the sum over regions, or aggregate in [version.measures.<table>]",
                node,
            )
        if self.level == "row":
            what = f"{name}() needs many rows; this formula reads one row"
            raise RefusalError(what, "group the rows with by = [...]", node)
        if self.inside:
            what = f"{name}() inside {self.inside}() is not allowed"
            raise RefusalError(what, "make each a measure of its own", node)

    def _aggregate(
        self, name: str, node: Mapping[str, Any], arguments: list[Any], depth: int
    ) -> tuple[str, int]:
        self._only_over_rows("count" if name == "count_star" else name, node)
        self.inside = name
        texts = [self._text(argument, 0, depth) for argument in arguments]
        condition = self._text(node["filter"], 0, depth) if node["filter"] else ""
        self.inside = ""
        if name == "quantile_cont":
            self._share(name, texts[1], node)
        only = f" FILTER (WHERE {condition})" if condition else ""
        distinct = "DISTINCT " if node["distinct"] else ""
        if name == "count_star":
            return f"count(*){only}", _ATOM
        if name not in ("sum", "avg"):
            return f"{name}({distinct}{', '.join(texts)}){only}", _ATOM
        exact = exact_sum(texts[0], only, distinct)
        if name == "avg":
            return f"{exact} / nullif(count({distinct}{texts[0]}){only}, 0)", 6
        if self.absent_is_zero:
            return f"CASE WHEN count(*){only} = 0 THEN 0 ELSE {exact} END", _ATOM
        return exact, _ATOM
