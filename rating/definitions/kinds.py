"""What kind of thing each part of a formula is: nothing is turned from one kind into another.

DuckDB compares a text with a number by turning one into the other row by row, and fails at the
first row where that cannot be. Here such a formula is refused where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from rating.definitions.tokens import RefusalError

Kind = Literal["number", "text", "date", "boolean", "missing"]
Node = Mapping[str, Any]

# Functions of numbers are all that are not named here.
_DAYS = {"year": 1, "days": 2, "add_months": 1}
_ALIKE = ("least", "greatest", "nullif")
_ANY = ("min", "max", "count", "count_star")
_LIKE = ("~~", "!~~")


@dataclass
class Kinds:
    """The kinds of the parts of a formula, each found once.

    Attributes:
        columns: what may be read, by name.
    """

    columns: Mapping[str, Kind]
    _found: dict[int, Kind] = field(default_factory=dict)

    def of(self, node: Node) -> Kind:
        """The kind of an expression that is on the list of nodes.

        Raises:
            RefusalError: it joins two kinds that do not go together.
        """
        if id(node) not in self._found:
            self._found[id(node)] = self._of(node)
        return self._found[id(node)]

    def _of(self, node: Node) -> Kind:
        match node["class"]:
            case "COLUMN_REF":
                return self.columns.get(".".join(node["column_names"]), "number")
            case "CONSTANT":
                names: dict[str, Kind] = {
                    "STRING": "text",
                    "BOOLEAN": "boolean",
                    "NULL_LITERAL": "missing",
                }
                return names.get(node["literal"]["kind"], "number")
            case "COMPARISON":
                self._alike([node["left"], node["right"]])
            case "BETWEEN":
                self._alike([node["input"], node["lower"], node["upper"]])
            case "CONJUNCTION":
                self._conditions(node["children"])
            case "CASE":
                checks = node["case_checks"]
                self._conditions([check["when_expr"] for check in checks])
                return self._alike([*(check["then_expr"] for check in checks), node["else_expr"]])
            case "OPERATOR":
                if node["type"] == "OPERATOR_NOT":
                    self._conditions(node["children"])
                elif node["type"] in ("COMPARE_IN", "OPERATOR_COALESCE"):
                    kind = self._alike(node["children"])
                    return kind if node["type"] == "OPERATOR_COALESCE" else "boolean"
                else:
                    self.of(node["children"][0])
            case "FUNCTION":
                return self._function(node)
        return "boolean"

    def _function(self, node: Node) -> Kind:
        name = node["function_name"].lower()
        given = [argument["expression"] for argument in node["arguments"]]
        if node["filter"]:
            self._conditions([node["filter"]])
        if name in _LIKE:
            for one in given:
                self._wanted(one, ("text",), "LIKE compares texts")
            return "boolean"
        if name in _ALIKE:
            return self._alike(given)
        if name in _ANY:
            kinds = [self.of(one) for one in given]
            return kinds[0] if name in ("min", "max") else "number"
        for one in given[: _DAYS.get(name, 0)]:
            if not _day(one):
                self._wanted(one, ("date",), f"{name}() takes dates")
        if name in ("+", "-") and any(self.of(one) == "date" for one in given):
            # A day less a day is a number of days; a day and a number are left to the binder.
            both = [one for one in given if _day(one) or self.of(one) == "date"]
            return "number" if len(both) == 2 else "date"
        what = (
            f"{name}() calculates with numbers" if name.isidentifier() else f"{name} takes numbers"
        )
        for one in given[_DAYS.get(name, 0) :]:
            self._wanted(one, ("number", "boolean"), what)
        return "date" if name == "add_months" else "number"

    def _wanted(self, node: Node, kinds: tuple[Kind, ...], what: str) -> None:
        kind = self.of(node)
        if kind not in (*kinds, "missing"):
            raise RefusalError(
                f"{what}, and this is {_a(kind)}", _remedy(node, kind, kinds[0]), node
            )

    def _conditions(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self._wanted(node, ("boolean", "number"), "a condition is true or false")

    def _alike(self, nodes: list[Node]) -> Kind:
        """The one kind of several expressions; a text that is a date goes with dates."""
        kinds: list[Kind] = [self.of(node) for node in nodes]
        known = [kind for kind in kinds if kind != "missing"]
        if "date" in known:
            for node, kind in zip(nodes, kinds, strict=True):
                if kind == "text" and node["class"] == "CONSTANT" and not _day(node):
                    what = f"'{node['literal']['text'][:40]}' is not a date"
                    raise RefusalError(what, "write a date such as '2016-10-06'", node)
            kinds = [
                "date" if _day(node) else kind for node, kind in zip(nodes, kinds, strict=True)
            ]
            known = [kind for kind in kinds if kind != "missing"]
        if not known:
            return "missing"
        for node, kind in zip(nodes, kinds, strict=True):
            # A boolean counts as a number.
            if kind not in (known[0], "missing") and {kind, known[0]} != {"number", "boolean"}:
                what = f"{_a(known[0])} and {_a(kind)} do not go together"
                raise RefusalError(what, _remedy(node, kind, known[0]), node)
        return known[0]


def _remedy(node: Node, kind: Kind, wanted: Kind) -> str:
    constant = node["class"] == "CONSTANT"
    if constant and kind == "text" and wanted == "number":
        number = re.fullmatch(r"-?\d+(\.\d+)?", str(node["literal"]["text"]))
        return f"write {number[0]} without quotes" if number else "write a number"
    if constant and kind == "number" and wanted == "text":
        return f"codes are texts: write '{node['literal']['text']}'"
    if wanted == "date" and constant:
        return "write a date such as '2016-10-06'"
    return "compare like with like, and calculate with numbers"


def _day(node: Node) -> bool:
    """Whether a node is a text that is a day of the calendar."""
    if node["class"] != "CONSTANT" or node["literal"]["kind"] != "STRING":
        return False
    found = re.fullmatch(r"([1-9]\d{3})-(\d\d?)-(\d\d?)", str(node["literal"]["text"]), re.ASCII)
    try:
        return found is not None and bool(date(*map(int, found.groups())))
    except ValueError:
        return False


def _a(kind: Kind) -> str:
    return "missing" if kind == "missing" else f"a {kind}"


def constants(nodes: Iterable[Node]) -> list[Node]:
    """The largest parts of a formula that read nothing and are calculated.

    Args:
        nodes: all of its nodes, parts before what they are parts of.
    """
    bare: set[int] = set()
    found: dict[int, Node] = {}
    for node in nodes:
        parts = _parts(node)
        if node["class"] == "CONSTANT" or (
            parts and not node.get("filter") and all(id(part) in bare for part in parts)
        ):
            bare.add(id(node))
            if parts:
                found = {key: one for key, one in found.items() if all(key != id(p) for p in parts)}
                found[id(node)] = node
    return list(found.values())


def _parts(node: Node) -> list[Node]:
    match node["class"]:
        case "COMPARISON":
            return [node["left"], node["right"]]
        case "BETWEEN":
            return [node["input"], node["lower"], node["upper"]]
        case "CASE":
            checks = [one for c in node["case_checks"] for one in (c["when_expr"], c["then_expr"])]
            return [*checks, node["else_expr"]]
        case "FUNCTION":
            return [argument["expression"] for argument in node["arguments"]]
        case _:
            return list(node.get("children", ()))
