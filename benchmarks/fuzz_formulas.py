"""Formulas of every sort in every place of SQL: COUNT=20000 python benchmarks/fuzz_formulas.py.

A formula is made by the grammar, by changing a good one, or of words that have no business in one.
It may be refused, or give a result. Counted are effects (a file, a setting, a table, a connection,
text that runs and is no formula), exceptions that are not ours, 2 s of work and 300 MB.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import random
import resource
import socket
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl

import rating
from rating.definitions import formulas, grammar, parsing, tokens
from rating.definitions.section import Section
from rating.engine.store import Store
from rating.errors import RatingError
from rating.inputs import rules

ROOT = Path(__file__).parents[1]
PIECE, SLOW, MEGABYTES = 500, 2.0, 300
# A rating and the laws cost several times what the values alone do.
EVERY, LONG = 20, 10.0
SECRET = "a-word-that-no-message-says"

TYPES = {"a": "number", "b": "number", "n": "integer", "order": "number"} | {
    "t": "text",
    "day": "date",
    "flag": "boolean",
}
ROWS = pl.DataFrame(
    {
        "region": [region for region in "ABCDEF" for _ in range(2)],
        "year": [2020] * 12,
        "a": [1.0, 0.0, None, 5e5, 2.5, -3.0, 7.0, 1e-9, 4.0, 4.0, 0.5, 12.0],
        "b": [2.0, 0.0, 3.0, None, 1.0, 1.0, -2.0, 8.0, 1e12, 6.0, 0.25, 9.0],
        "n": [0, 1, 2, None, 4, 5, -6, 7, 8, 2**40, 10, 11],
        "order": [float(n) for n in range(12)],
        "t": ["x", "y", None, "it's", "x", "", "1", "2020-01-01", "%", "x", "y", "z"],
        "day": [date(2020, 1, 1 + n) if n % 5 else None for n in range(12)],
        "flag": [True, False, None] * 4,
    }
)
FRAMES = {"reg": ROWS.gather_every(2), "rows": ROWS}

# ------------------------------------------------------------------------------- the places


class Place(NamedTuple):
    """What stands beside a formula: its level, and the section that holds it there."""

    level: str
    section: Callable[[str, str], dict[str, Any]]


def section(
    version: Mapping[str, Any] | None = None,
    made: Mapping[str, Any] | None = None,
    uncertainty: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """A section of one indicator; ``options`` are added to its two tables."""
    columns = {name: {"type": kind} for name, kind in TYPES.items()}
    inputs: dict[str, Any] = {
        "reg": {"grain": "region", **columns, **options.get("reg", {})},
        "rows": {**columns, **options.get("rows", {})},
    }
    measures = {"rows": {"m": "sum(a)"}}
    if made is not None:
        inputs["made"] = {"from": "rows", **made}
        measures = {"made": {"m": "count()"}}
    version = {"value": "a + coalesce(m, 0)", "measures": measures, **(version or {})}
    return {
        "id": "t",
        "name": "T",
        "node": [{"id": "index"}],
        "input": inputs,
        "indicator": [
            {
                "id": "i",
                "name": "I",
                "parent": "index",
                "reads": list(inputs),
                "version": [{"since": date(2000, 1, 1), **version}],
            }
        ],
        **({"uncertainty": {"assumption": [uncertainty]}} if uncertainty else {}),
    }


def rule(text: str, **more: Any) -> dict[str, Any]:
    """The option of a table with one rule."""
    return {"rule": [{"id": "r", "name": "R", "holds": text, **more}]}


def sampling(error: Mapping[str, Any]) -> dict[str, Any]:
    """An assumption on the error of the indicator."""
    return {"id": "s", "kind": "sampling", "indicators": ["i"], "error": error}


def disclosed(**formula: str) -> dict[str, Any]:
    """The option of a table with a disclosure rule."""
    return {"disclosure": {"unit": "t", "size": "a", **formula}}


PLACES: dict[str, Place] = {
    "value": Place("value", lambda x, kind: section({"value": x})),
    "estimate": Place("value", lambda x, kind: section({"estimate": x})),
    "formula": Place(
        "value",
        lambda x, kind: section(
            uncertainty={"id": "f", "kind": "formula", "options": [{}, {"i": x}]}
        ),
    ),
    "error": Place(
        "value",
        lambda x, kind: section(uncertainty=sampling({"name": "standard_error", "error": x})),
    ),
    "draw": Place(
        "row",
        lambda x, kind: section(
            uncertainty=sampling(
                {"name": "bootstrap", "table": "rows", "unit": "t", "number": "poisson", "where": x}
            )
        ),
    ),
    "measure": Place("measure", lambda x, kind: section({"measures": {"rows": {"m": x}}})),
    "measure of a register": Place(
        "measure",
        lambda x, kind: section({"measures": {"rows": {"m": x}}}, rows={"absent": "zero"}),
    ),
    "where": Place("row", lambda x, kind: section(made={"where": x})),
    "by": Place("row", lambda x, kind: section(made={"by": {"k": x}})),
    "column": Place("row", lambda x, kind: section(made={"c": {"type": kind, "value": x}})),
    "column of groups": Place(
        "measure",
        lambda x, kind: section(made={"by": ["t"], "c": {"type": kind, "value": x}}),
    ),
    "rule": Place("row", lambda x, kind: section(reg=rule(x))),
    "rule of groups": Place("measure", lambda x, kind: section(rows=rule(x, by=["t"]))),
    "unit": Place("row", lambda x, kind: section(rows=disclosed(unit=x))),
    "size": Place("row", lambda x, kind: section(rows=disclosed(size=x))),
}
# What a formula in a place gives, where it is not a number.
GIVES = {
    **dict.fromkeys(("draw", "where", "rule", "rule of groups"), "boolean"),
    **dict.fromkeys(("unit", "by"), "text"),
}

# --------------------------------------------------------------------------- the generator

FUNCTIONS = sorted(grammar._ARITY)
OVER = sorted({*grammar._AGGREGATES, *grammar.OVER_ROWS})
REGIONS = sorted(grammar.OVER_REGIONS)
SIMPLE = [name for name in FUNCTIONS if name not in OVER + REGIONS]
LEAVES = {
    "number": ["a", "b", "n", '"order"', "1", "0", "2.5", "1e-3", "-3", "NULL", "year", "m"],
    "text": ["t", "'x'", "'it''s'", "''", "NULL", "'2020-01-01'", "'ж'"],
    "date": ["day", "as_of", "'2020-01-01'", "'2019-2-28'", "NULL"],
    "boolean": ["flag", "TRUE", "FALSE", "NULL"],
}
# Of each kind what is made with which kinds.
MADE = {
    "number": [
        ("{} + {}", "nn"),
        ("{} - {}", "nn"),
        ("{} * {}", "nn"),
        ("{} / nullif({}, 0)", "nn"),
        ("{} / {}", "nn"),
        ("{} % {}", "nn"),
        ("-{}", "n"),
        ("coalesce({}, {})", "nn"),
        ("CASE WHEN {} THEN {} ELSE {} END", "bnn"),
        ("CASE {} WHEN {} THEN {} END", "nnn"),
        ("CASE {} WHEN {} THEN {} WHEN {} THEN {} END", "tntnn"),
        ("year({})", "d"),
        ("days({}, {})", "dd"),
        ("{} - {}", "dd"),
    ],
    "text": [("coalesce({}, {})", "tt"), ("CASE WHEN {} THEN {} ELSE {} END", "btt")],
    "date": [("add_months({}, 3)", "d"), ("coalesce({}, {})", "dd"), ("least({}, {})", "dd")],
    "boolean": [
        *((f"{{}} {sign} {{}}", kinds) for sign in ("=", "<>", "<") for kinds in ("nn", "tt")),
        *((f"{{}} {sign} {{}}", "dd") for sign in (">", "<=", ">=")),
        ("{} AND {}", "bb"),
        ("{} OR {}", "bb"),
        ("NOT {}", "b"),
        ("{} IS NULL", "n"),
        ("{} IS NOT NULL", "t"),
        ("{} BETWEEN {} AND {}", "nnn"),
        ("{} IN ({}, {})", "ttt"),
        ("{} LIKE {}", "tt"),
        ("{} NOT LIKE 'x%'", "t"),
    ],
}
SHORT = {"n": "number", "t": "text", "d": "date", "b": "boolean"}
DEEP = (2, 10, 39, 45, 150, 210, 900)


def made(chance: random.Random, kind: str, level: str, depth: int) -> str:
    """A formula of a kind by the grammar; now and then with a part of another kind."""
    if chance.random() < 0.01:
        kind = chance.choice(list(LEAVES))
    if chance.random() < 0.01:
        return nasty(chance)
    if level == "measure":
        over = chance.choice(OVER)
        if depth <= 0 or chance.random() < 0.3:
            return call(chance, over, "row", depth - 1)
    elif depth <= 0 or chance.random() < 0.15:
        return chance.choice(LEAVES[kind])
    if kind == "number" and chance.random() < 0.4:
        if level == "value" and chance.random() < 0.3:
            return call(chance, chance.choice(REGIONS), "row", depth - 1)
        return call(chance, chance.choice(SIMPLE), level, depth - 1)
    shape, kinds = chance.choice(MADE[kind])
    parts = [made(chance, SHORT[k], level, depth - 1) for k in kinds]
    if chance.random() < 0.8:
        parts = [part if part.isidentifier() else f"({part})" for part in parts]
    return shape.format(*parts)


def call(chance: random.Random, name: str, level: str, depth: int) -> str:
    """A function with its arguments, at times too many of them, or with what goes with it."""
    low, high = grammar._ARITY[name]
    count = chance.randint(low, min(high, low + 3)) + (chance.random() < 0.02)
    kind = "date" if name in ("year", "days", "add_months") else "number"
    parts = [made(chance, kind, level, depth) for _ in range(count)]
    last = {"add_months": "-12", "round": "2", "quantile_cont": "0.5", "km_survival": "12"}
    last["weighted_quantile"] = "0.25"
    if name in last and count > 1 and chance.random() < 0.9:
        parts[-1] = last[name]
    name = "count" if name == "count_star" else name
    some = "DISTINCT " if name in OVER and chance.random() < 0.05 else ""
    only = f" FILTER (WHERE {made(chance, 'boolean', 'row', depth)})"
    return f"{name}({some}{', '.join(parts)})" + only * (name in OVER and chance.random() < 0.1)


def nested(chance: random.Random) -> str:
    """One thing many times within itself."""
    around = chance.choice(
        (
            "({})",
            "-{}",
            "- {}",
            "NOT {}",
            "nullif({}, 0)",
            "least({}, a)",
            "greatest({}, {})",
            "add_months({}, 1)",
            "CASE {} WHEN 1 THEN 2 END",
            "CASE WHEN {} THEN 1 END",
            "CASE a WHEN 1 THEN {} WHEN 2 THEN 1 END",
            "coalesce({}, a)",
            "entropy({})",
            "total({})",
            "gamma_poisson({}, a)",
            "weighted_quantile({}, a, 0.5)",
            "abs({})",
            "{} + 1",
            "1 - ({})",
            "{}::INT",
            "[{}]",
            "{} IN (a, {})",
            "{} BETWEEN {} AND 1",
            "{} IS NULL",
            "sum({})",
            "(SELECT {})",
        )
    )
    text = chance.choice(("a", "flag", "day", "t", "1", "total(a)", "sum(a)"))
    for _ in range(chance.choice(DEEP)):
        text = around.replace("{}", text)
        if len(text) > 5000:
            break
    return text


# ruff: noqa: E501
NASTY = """E'\\'' | E'\\x41' | $$a$$ | $x$ a $x$ | $1 | ? | :name | -- x | /* x */ | /* /* */ | #1 | ; | ;;
U&'\\0061' | U&"\\0061" | X'41' | B'01' | a WINDOW w AS () | ALL a | DISTINCT a | ALL (SELECT 1) | ANY(a)
CASE WHEN a THEN CASE WHEN b THEN 1 END END | CASE END | [a, b] | [x for x in [1]] | {'k': a} | {'k': a}.k
(a, b) | row(a) | a[1] | a[1:2] | lambda x: x + 1 | x -> x | list_transform([1], x -> x) | map {'a': 1}
FROM rows | FROM rows SELECT a | a FROM rows | PIVOT rows ON a | UNPIVOT rows ON a INTO NAME x VALUE y
COLUMNS(*) | COLUMNS('.*') | * | rows.* | * EXCLUDE (a) | TRY(a) | TRY_CAST(a AS INT) | CAST(a AS TEXT) | a::TEXT
a::INT[] | day AT TIME ZONE 'UTC' | INTERVAL 1 DAY | INTERVAL '1' YEAR + day | t COLLATE nocase | DATE '2020-01-01'
TIMESTAMP '2020-01-01' | a & b | a << 2 | ~a | a ^ 2 | a ** 2 | a // b | a !~~ b | t ~~ 'x' | t !~~ 'x'
t ~ 'x' | t ILIKE 'x' | t SIMILAR TO 'x' | t GLOB 'x' | t LIKE 'x' ESCAPE 'x' | t || t | @a | a! | !a | a <=> b
a IS DISTINCT FROM b | a IS NOT DISTINCT FROM b | a ISNULL | a NOTNULL | a == b | a != b | EXISTS (SELECT 1)
read_csv('canary.csv') | (SELECT max(x) FROM read_csv('canary.csv')) | (FROM 'canary.csv') | 'canary.csv'
read_text('canary.csv') | (SELECT content FROM read_text('/etc/passwd')) | read_blob('canary.csv') | glob('*')
a; COPY (SELECT 1) TO 'made.csv' | COPY rows TO 'made.csv' | ATTACH 'made.db' | a; ATTACH 'made.db' AS x
EXPORT DATABASE 'made' | IMPORT DATABASE 'made' | INSTALL httpfs | LOAD httpfs | a; CREATE TABLE pwned AS SELECT 1
CREATE VIEW pwned AS SELECT 1 | CREATE MACRO pwned() AS 1 | DROP TABLE rows | a; SET threads = 7 | SET memory_limit='1GB'
PRAGMA threads=7 | RESET threads | CALL pragma_version() | CHECKPOINT | VACUUM | a) ; DROP TABLE rows; SELECT (1
getenv('FUZZ_SECRET') | current_setting('threads') | set_config('threads', 7) | getvariable('x') | SET VARIABLE x = 1
current_date | now() | today() | current_user | current_schema | version() | random() | uuid() | txid_current()
nextval('s') | setseed(0.5) | error('x') | sleep(9) | query('SELECT 1') | query_table('rows') | range(100000000)
repeat('x', 100000000) | generate_series(1, 100000000) | (SELECT count(*) FROM range(10000000000)) | unnest([1, 2])
__total_1 | __total_2 | __scenario | __index | __region | __rows | "__total_1" | as_of | year | scenario | region | _x
_a | _c.t | r.region | t1.a | m1.m | d.as_of | rows.a | main.rows | memory.main.rows | sum(a) OVER () | row_number() OVER (ORDER BY a)
lag(a) OVER () | a AS b | a b | a, b | a WHERE b | a GROUP BY b | a HAVING b | a ORDER BY b | a LIMIT 1 | a UNION SELECT 1
a EXCEPT SELECT 1 | a QUALIFY b | a USING SAMPLE 10 | a TABLESAMPLE 1 | VALUES (1) | WITH x AS (SELECT 1) SELECT 1
GROUPING(a) | GROUPING SETS (a) | sum(a ORDER BY b) | sum(a) WITHIN GROUP (ORDER BY a) | sum(ALL a) | count(*) | count(a, b)
count(DISTINCT a) | sum(a) FILTER (flag) | sum(a) EXPORT_STATE | main.abs(a) | abs(x := a) | abs(a => 1) | a.abs() | t.upper()
POSITION('a' IN t) | EXTRACT(year FROM day) | SUBSTRING(t FROM 1 FOR 2) | OVERLAY(t PLACING 'x' FROM 1) | TRIM(t) | IF(flag, 1, 2)
1_000 | 1__0 | 0x10 | 0b1 | 0o7 | 1e400 | -1e400 | 1e-400 | .5 | 5. | 1e | 1.2.3 | 1..2 | 'inf' | inf | NaN | 'x | "x | "" | '' | ' | "
a\u200b | \u00ada | a\u2060+b | \ufeffa | a\u202eb | a\u00a0+ b | \u3164 | а | a\x00 | \x07a | ａ + b | 1２ | \ud800 | a\u0301 | İ | ſum(a) | K
'\u200b' | '\x00' | "A" | A | SUM(A) | "Order" | order | select | SELECT a | ((SELECT a)) | (((a))) | () | ( | ) | )( | ]
http_get('http://127.0.0.1:PORT/x') | (FROM 'http://127.0.0.1:PORT/x.csv') | read_parquet('http://127.0.0.1:PORT/x.parquet')
reg | made | rows | arrived | store | made.c | ROWS | FRAMES | (FROM FRAMES) | (SELECT 1 FROM ROWS) | pl | json_serialize_sql('SELECT 1')
json_execute_serialized_sql('x') | pragma_table_info('rows') | duckdb_settings() | sniff_csv('canary.csv') | which_secret('a', 'b')"""
WORDS = [word for line in NASTY.split("\n") for word in line.split(" | ") if word]
WORDS += ["'a\nb'", '"a\nb"', "a\r\n+ b", "a | b", "a\n--x\n"]


def nasty(chance: random.Random) -> str:
    """What has no business in a formula."""
    long = chance.choice((30, 400, 1900, 4500))
    if chance.random() < 0.1:
        return chance.choice(
            (
                "9" * long,
                "0." + "0" * long + "1",
                "1e" + "9" * long,
                "x" * long,
                '"' + "x" * long + '"',
                "'" + "x" * long + "'",
                " + ".join(["a"] * (long // 4)),
                "(" * long + "a" + ")" * long,
                "-" * long + "1",
                "- " * (long // 2) + "a",
                "a IN (" + ", ".join(["1"] * (long // 3)) + ")",
                "CASE " + "WHEN flag THEN 1 " * (long // 17) + "END",
                "coalesce(" + ",".join(["a"] * (long // 2)) + ")",
                "a" + " IS NULL" * (long // 8),
                "[" * (long // 50) + "a" + "]" * (long // 50),
            )
        )
    return chance.choice(WORDS).replace("PORT", os.environ.get("FUZZ_PORT", "1"))


GOOD = ("value", "where", "holds", "estimate", "unit", "size")


@cache
def good() -> list[str]:
    """The formulas of the repository, in the columns here."""
    found: list[str] = []

    def gather(thing: Any, formula: bool = False) -> None:
        for key, value in thing.items():
            many = formula or key in ("by", "measures")
            if isinstance(value, str) and (many or key in GOOD):
                found.append(value)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    gather(one, many)

    for path in sorted((ROOT / "indicators").rglob("*.toml")):
        gather(tomllib.loads(path.read_text(encoding="utf-8")))
    return sorted(set(found))


def changed(chance: random.Random) -> str:
    """A good formula with some of its words changed, doubled, left out or exchanged."""
    text = chance.choice(good())
    try:
        words = [token.text for token in tokens.read(text)]
    except tokens.RefusalError:
        words = text.split()
    known = {*FUNCTIONS, *parsing.keywords(), *TYPES, "as_of", "year"}
    columns = {word: chance.choice(list(TYPES)) for word in words if word not in known}
    words = [columns.get(w, w) if w.isidentifier() and w.islower() else w for w in words]
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        at = chance.randrange(len(words) + 1)
        match chance.randrange(5):
            case 0:
                del words[at : at + 1]
            case 1:
                words[at:at] = words[at : at + chance.choice((1, 2, 8))]
            case 2:
                words[at:at] = [nasty(chance)]
            case 3:
                words[at : at + 1] = [chance.choice(words or ["a"])]
            case 4:
                words[at : at + 1] = [chance.choice(FUNCTIONS)]
    joined = " ".join(words)
    return joined.replace(" (", "(") if chance.random() < 0.8 else joined


def text_of(chance: random.Random, place: str, kind: str) -> str:
    """A formula for a place."""
    level = PLACES[place].level
    wanted = GIVES.get(place, kind)
    match chance.choices(range(4), (55, 25, 15, 5))[0]:
        case 0:
            return made(chance, wanted, level, chance.choice((1, 2, 2, 3, 3, 4, 6)))
        case 1:
            return changed(chance)
        case 2:
            word = nasty(chance)
            frame = chance.choice(("{}", "{}", "a + {}", "({})", "sum({})", "{} = {}", "abs({})"))
            return frame.replace("{}", word)
    return nested(chance)


# ------------------------------------------------------------------------------ the watch


class EffectError(Exception):
    """A formula did something beside giving a value."""


class Watch:
    """A folder with a file that nobody has cause to open, and a port that nobody has cause to call.

    A formula that is run meets both by name: the folder is the one in which the process works.
    """

    def __init__(self, folder: Path) -> None:
        os.chdir(folder)
        os.environ["FUZZ_SECRET"] = SECRET
        (folder / "canary.csv").write_text(f"x\n{SECRET}\n")
        self._folder, self._files = folder, {"canary.csv"}
        self._port = socket.create_server(("127.0.0.1", 0))
        self._port.setblocking(False)
        os.environ["FUZZ_PORT"] = str(self._port.getsockname()[1])
        self._opened, self._looks = -1, 0
        self._known: dict[str, tuple[Any, ...]] = {}
        connection, lock = parsing._parser()
        with lock:
            self.same(connection, "parser")
        if sys.platform == "linux":
            libc = ctypes.CDLL(None, use_errno=True)
            self._opened = libc.inotify_init1(os.O_NONBLOCK)
            every = 0x00000FFF
            if libc.inotify_add_watch(self._opened, os.fsencode(folder / "canary.csv"), every) < 0:
                raise OSError(ctypes.get_errno(), "the file cannot be watched")

    def close(self) -> None:
        """Let the port and the file go."""
        self._port.close()
        if self._opened >= 0:
            os.close(self._opened)

    def look(self, said: str = "") -> None:
        """See that nothing was opened, made, called or told.

        Raises:
            EffectError: something was.
        """
        if {path.name for path in self._folder.iterdir()} != self._files:
            raise EffectError(f"files: {sorted(path.name for path in self._folder.iterdir())}")
        try:
            if self._opened >= 0 and os.read(self._opened, 4096):
                raise EffectError("the file was opened")
        except BlockingIOError:
            pass
        try:
            self._port.accept()[0].close()
            raise EffectError("the port was called")
        except BlockingIOError:
            pass
        if SECRET in said:
            raise EffectError("the secret was told")
        self._looks += 1
        if self._looks % 25 == 0:
            connection, lock = parsing._parser()
            with lock:
                self.same(connection, "parser")

    def same(self, connection: duckdb.DuckDBPyConnection, key: str) -> None:
        """See that a connection is as the first of its sort was when it was made.

        Raises:
            EffectError: it is not.
        """
        state = self.state(connection)
        if state != self._known.setdefault(key, state):
            changed = set(state) ^ set(self._known[key])
            raise EffectError(f"settings: {sorted(changed)}")

    @staticmethod
    def state(connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
        """The settings of a connection.

        Raises:
            EffectError: it has a table that is none of ours, or a database.
        """
        tables = "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM "
        tables += "duckdb_views() WHERE NOT internal"
        names = {name for (name,) in connection.execute(tables).fetchall()}
        names -= {"reg", "rows", "made", "arrived", "t", "by_region"}
        if any(not name.startswith("_") for name in names):
            raise EffectError(f"tables: {sorted(names)}")
        databases = connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()
        if {name for (name,) in databases} != {"memory", "system", "temp"}:
            raise EffectError(f"databases: {databases}")
        asked = "SELECT name, value FROM duckdb_settings() ORDER BY name"
        settings = tuple(connection.execute(asked).fetchall())
        if dict(settings)["enable_external_access"] != "false":
            raise EffectError("the connection is open")
        return settings


# What a printed text may be made of, beside the functions that a formula may have.
CLASSES = {
    "TYPE",
    "COLUMN_REF",
    "CONSTANT",
    "COMPARISON",
    "CONJUNCTION",
    "BETWEEN",
    "CASE",
    "OPERATOR",
} | {
    "FUNCTION",
    "CAST",
    "LAMBDA",
}
BESIDE = {"date_diff", "list_value", "list", "list_sum", "list_sort", "list_transform"} | {
    *(
        "row",
        "trunc",
        "list_reduce",
        "list_concat",
        "struct_pack",
        "array_extract",
        "struct_extract",
    ),
    *("+", "-", "*", "/", "%", "~~", "!~~", "to_months", "pow", "variance", "var_pop"),
}


def printed(formula: grammar.Formula, columns: Mapping[str, Any], options: dict[str, Any]) -> None:
    """See that the text that runs is one expression of ours, and is printed as it stands.

    Raises:
        EffectError: it is not.
    """
    connection, lock = parsing._parser()
    for text in (formula.sql, *formula.totals):
        with lock:
            (row,) = connection.execute(
                "SELECT json_serialize_sql(?)", [f"SELECT {text}"]
            ).fetchall()
        tree = json.loads(row[0])
        if tree.get("error") or len(tree["statements"]) != 1:
            raise EffectError(f"no expression runs: {text}")
        node = tree["statements"][0]["node"]
        if parsing._outline(node) != parsing._bare_select() or len(node["select_list"]) != 1:
            raise EffectError(f"more than an expression runs: {text}")
        waiting: list[Any] = [node["select_list"]]
        while waiting:
            one = waiting.pop()
            if isinstance(one, dict):
                name = one.get("function_name", "+")
                if one.get("class", "CAST") not in CLASSES and "class" in one:
                    raise EffectError(f"{one['class']} runs: {text}")
                if name not in BESIDE and name not in grammar._ARITY:
                    raise EffectError(f"{name}() runs: {text}")
                for ref in one.get("column_names", ())[:1]:
                    if ref not in columns and ref not in ("as_of", "year") and ref[0] != "_":
                        raise EffectError(f"{ref} is read: {text}")
                waiting += one.values()
            elif isinstance(one, list):
                waiting += one
    if "least(" in formula.sql or "greatest(" in formula.sql:
        # What keeps them from filling a missing value is printed around them.
        return
    numbers = {f"__total_{n + 1}": "number" for n in range(len(formula.totals))}
    try:
        again = formulas.check(formula.sql, {**columns, **numbers}, **options)
    except RatingError:
        # What is printed for an estimator is not in the language of formulas.
        return
    if not formula.totals and again.sql != formula.sql:
        raise EffectError(f"printed otherwise: {formula.sql} as {again.sql}")


@contextmanager
def watched(watch: Watch) -> Iterator[list[tuple[Any, ...]]]:
    """Look at every connection that runs formulas, and note every formula that is accepted."""
    accepted: list[tuple[Any, ...]] = []
    check, begin, leave, kept = formulas.check, Store.__init__, Store.__exit__, rules._kept

    def noted(text: str, columns: Mapping[str, Any], **options: Any) -> grammar.Formula:
        formula = check(text, columns, **options)
        accepted.append((formula, columns, {k: v for k, v in options.items() if k != "where"}))
        return formula

    sorts: dict[int, str] = {}

    def begun(store: Store, **options: Any) -> None:
        begin(store, **options)
        sorts[id(store)] = str(options)
        if str(options) not in watch._known:
            watch.same(store._connection, str(options))

    def left(store: Store, *error: Any) -> None:
        try:
            watch.same(store._connection, sorts[id(store)])
        finally:
            leave(store, *error)

    @contextmanager
    def held(frame: pl.DataFrame) -> Iterator[duckdb.DuckDBPyConnection]:
        with kept(frame) as connection:
            if "rules" not in watch._known:
                watch.same(connection, "rules")
            yield connection
            watch.same(connection, "rules")

    places: Any = ((formulas, "check", noted), (Store, "__init__", begun))
    places = (*places, (Store, "__exit__", left), (rules, "_kept", held))
    before = [getattr(owner, name) for owner, name, _ in places]
    try:
        for owner, name, new in places:
            setattr(owner, name, new)
        yield accepted
    finally:
        for (owner, name, _), old in zip(places, before, strict=True):
            setattr(owner, name, old)


def run(place: str, kind: str, text: str, *, rows: bool, whole: bool) -> str:
    """Define; over ``rows`` read and evaluate; where ``whole`` rate, draw and hold the laws."""
    try:
        given = Section(**PLACES[place].section(text, kind))
    except RatingError as error:
        str(error)
        return "refused"
    if not rows:
        return "accepted"
    data = rating.read(FRAMES, given)
    rating.check(given, data, laws=False)
    if whole:
        rating.check(given.indicator[0])
        result = rating.rate(given, data, edition=2020, threads=1)
        if given.uncertainty is not None and given.uncertainty.assumption:
            result.uncertainty(draws=4, seed=1)
    return "accepted"


def tried(
    watch: Watch, place: str, kind: str, text: str, *, rows: bool = True, whole: bool = False
) -> str:
    """What came of a formula: accepted, refused, met a row it has no value for, or a fault."""
    with watched(watch) as accepted:
        try:
            what, said = run(place, kind, text, rows=rows, whole=whole), ""
        except RatingError as error:
            what, said = "refused for its rows", str(error)
        except BaseException:
            return traceback.format_exc()
    try:
        for one in accepted:
            printed(*one)
        watch.look(said)
    except EffectError as error:
        return f"effect: {error}"
    except BaseException:
        return traceback.format_exc()
    return what


def generated(seed: int, count: int) -> Iterator[tuple[str, str, str]]:
    """The formulas of a seed: place, type of a column, text."""
    chance = random.Random(seed)
    for _ in range(count):
        place, kind = chance.choice(list(PLACES)), chance.choice(list(LEAVES))
        numeric = place not in ("column", "column of groups")
        kind = "number" if numeric else kind
        yield place, kind, text_of(chance, place, kind)


def piece(seed: int, count: int, said: Any) -> None:
    """Try the formulas of a seed in a process of its own; each is said before it is tried."""
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch(Path(folder))
        tried(watch, "value", "number", "a + b", whole=True)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number, (place, kind, text) in enumerate(generated(seed, count)):
            said.send(("next", (place, kind, text), 0.0, 0.0))
            began = time.process_time()
            whole = number % EVERY == 0
            what = tried(watch, place, kind, text, whole=whole)
            took = time.process_time() - began
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            if took > (LONG if whole else SLOW):
                what = f"slow: {took:.1f} s"
            elif grown > MEGABYTES:
                what = f"{grown:.0f} MB"
            said.send((what, (place, kind, text), took, grown))
        os.chdir("/")
    said.send(("done", None, 0.0, 0.0))


def main() -> int:
    """Try COUNT formulas from the seed SEED on, PIECE to a process."""
    count, first = int(os.environ.get("COUNT", "20000")), int(os.environ.get("SEED", "1"))
    counts: Counter[str] = Counter(faults=0)
    by_place: Counter[str] = Counter()
    longest, largest = (0.0, ""), 0.0
    for seed in range(first, first + -(-count // PIECE)):
        here, there = multiprocessing.get_context("spawn").Pipe()
        size = min(PIECE, count - (seed - first) * PIECE)
        process = multiprocessing.get_context("spawn").Process(
            target=piece, args=(seed, size, there)
        )
        process.start()
        there.close()
        last: Any = None
        while True:
            try:
                what, given, took, grown = here.recv() if here.poll(120) else ("hang", last, 0, 0)
            except EOFError:
                what, given, took, grown = "the process died", last, 0, 0
            if what == "next":
                last = given
                continue
            if what == "done":
                break
            longest, largest = max(longest, (took, str(given))), max(largest, grown)
            if what in ("accepted", "refused", "refused for its rows"):
                counts[what] += 1
                by_place[given[0]] += what != "refused"
            else:
                counts["faults"] += 1
                print(f"seed {seed}: {given!r}\n{what}", flush=True)
            if what in ("hang", "the process died") or what.endswith(" MB"):
                break
        process.kill()
        process.join()
        print(f"seed {seed}: {dict(counts)}", flush=True)
    print(f"run: {dict(by_place)}")
    print(f"longest {longest[0]:.2f} s: {longest[1][:300]}; most memory {largest:.0f} MB")
    return 1 if counts["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
