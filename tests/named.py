"""A section whose every name is chosen: tables, columns, measures, indicators, nodes, regions.

Two sections with other names and the same figures have the same scores.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import rating
from rating.definitions.definition import ID
from rating.definitions.parsing import keywords
from rating.definitions.table import KEYS, OPTIONS

ROLES = 6
_PLACES = ("rate.py", "engine", "steps", "inputs", "laws", "analysis", "definitions")


@cache
def reserved() -> tuple[str, ...]:
    """The words that SQL keeps for itself."""
    kept = (word for word, category in keywords().items() if category != "unreserved")
    return tuple(sorted(word for word in kept if ID.fullmatch(word)))


@cache
def words() -> tuple[str, ...]:
    """Every keyword of SQL and every word in the texts of the library that an id may be."""
    root = Path(rating.__file__).parent
    found = set(keywords())
    for place in _PLACES:
        files = [root / place] if place.endswith(".py") else sorted((root / place).rglob("*.py"))
        for file in files:
            found |= set(_told(file))
    return tuple(sorted(word for word in found if ID.fullmatch(word) and len(word) < 30))


def _told(file: Path) -> Iterator[str]:
    """The words of the texts of a module, and the names that it gives to columns."""
    tree = ast.parse(file.read_text("utf8"))
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from re.findall(r"\w+", node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def section(names: Sequence[str], dated: bool = True, **more: Any) -> rating.Section:
    """Six names a group: an indicator whose tables, columns and measures have them.

    ``dated``: its value reads the day of the edition.
    """
    groups = _groups(names)
    return rating.Section(
        id=names[0],
        name="Named",
        node=[{"id": names[-1]}, *({"id": g[1], "parent": names[-1]} for g in groups)],
        indicator=[_indicator(*group, dated=dated) for group in groups],
        **more,
    )


def _groups(names: Sequence[str]) -> list[Sequence[str]]:
    inner = names[: (len(names) - 1) // ROLES * ROLES]
    return [inner[start : start + ROLES] for start in range(0, len(inner), ROLES)]


def _indicator(a: str, b: str, c: str, d: str, e: str, f: str, dated: bool) -> dict[str, Any]:
    day = " + year(as_of)" if dated else ""
    number = {"type": "number"}
    as_columns = [_free(name) for name in (a, b, c, d, e, f)]
    ca, cb, cc, cd, ce, cf = as_columns
    return {
        "id": a,
        "parent": b,
        "input": {
            a: {"grain": "region", "columns": {ca: number, cb: number}},
            b: {
                "absent": "zero",
                "columns": {ca: number, cb: number, cc: {"type": "text"}},
                "rule": [{"id": "r", "name": "r", "holds": f"{_q(ca)} >= 0", "by": []}],
            },
            c: {
                "base": b,
                "where": f"{_q(ca)} > 0",
                "by": [cc],
                "columns": {
                    cd: {"type": "number", "value": f"sum({_q(ca)})"},
                    ce: {"type": "integer", "value": "count(*)"},
                },
            },
            d: {
                "base": b,
                "join": {c: [cc]},
                "columns": {cf: {"type": "number", "value": f"{_q(ca)} * {_q(cd)}"}},
            },
        },
        "version": [
            {
                "since": "2000-01-01",
                "value": f"{_q(ca)} * 100 + {_q(cb)} + total({_q(ca)}) + {_q(c)}"
                f" / nullif(total({_q(c)}), 0) + {_q(d)} + {_q(e)} + {_q(f)}{day}",
                "measures": {
                    b: {c: f"sum({_q(ca)})"},
                    c: {d: f"max({_q(cd)})", e: f"sum({_q(ce)})"},
                    d: {f: f"sum({_q(cf)}) + sum({_q(cb)}) FILTER (WHERE {_q(cc)} = 'x')"},
                },
            }
        ],
    }


def _free(name: str) -> str:
    """The name as that of a column: the keys of every table and the options are not."""
    return f"{name}_column" if name in KEYS or name in OPTIONS else name


def _q(name: str) -> str:
    return f'"{name}"'


def data(names: Sequence[str], given: rating.Section, regions: Sequence[str]) -> rating.Data:
    """The same figures under whatever names."""
    tables = {}
    for number, group in enumerate(_groups(names), 1):
        a, b, c, *_ = map(_free, group)
        rows = range(len(regions))
        tables[group[0]] = pl.DataFrame(
            {
                "region": list(regions),
                "year": [2020] * len(regions),
                a: [float((7 * row + number) % 11 + 1) for row in rows],
                b: [float((5 * row + 3 * number) % 13) for row in rows],
            }
        )
        tables[group[1]] = pl.DataFrame(
            {
                "region": [region for region in regions[:-1] for _ in range(3)],
                a: [float((row + number) % 5) for row in range(3 * len(regions) - 3)],
                b: [float((row * number) % 7) for row in range(3 * len(regions) - 3)],
                c: ["xyz"[row % 3] for row in range(3 * len(regions) - 3)],
            }
        )
    return rating.read(tables, given)
