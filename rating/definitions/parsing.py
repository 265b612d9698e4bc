"""DuckDB as the parser and the binder of formulas, locked, and asked for nothing else."""

from __future__ import annotations

import atexit
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import Any, Literal

import duckdb

from rating.definitions.tokens import ONLY_COLUMNS, PREFIX, RefusalError, Token, place, read

Type = Literal["number", "integer", "text", "date", "boolean"]

SQL_TYPE = {
    "number": "DOUBLE",
    "integer": "DOUBLE",
    "text": "VARCHAR",
    "date": "DATE",
    "boolean": "BOOLEAN",
}
# What begins with two underscores is a name of ours: no id of a user's does.
SCENARIO = "__scenario"


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
def keywords() -> Mapping[str, str]:
    """Every word of SQL with its category."""
    connection, _ = _parser()
    return dict(connection.execute("SELECT * FROM duckdb_keywords()").fetchall())


def quoted(name: str) -> str:
    """A name as SQL writes it: in quotes only where it is a word of SQL."""
    return f'"{name}"' if keywords().get(name, "unreserved") != "unreserved" else name


def literal(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


# What was read and serialised ahead of its use.
_ready: dict[str, tuple[list[Token], str]] = {}


@contextmanager
def ahead(texts: Iterable[str]) -> Iterator[None]:
    """Serialise many formulas in one query: asking DuckDB costs more than its answer."""
    fit: dict[str, list[Token]] = {}
    for text in dict.fromkeys(texts):
        # One that is refused is refused again, and told, where it stands.
        with suppress(RefusalError):
            fit[text] = read(text)
    connection, lock = _parser()
    query = "SELECT json_serialize_sql(x) FROM (SELECT unnest(?::VARCHAR[]) AS x)"
    listed = list(fit)
    for start in range(0, len(listed), 1000):
        some = listed[start : start + 1000]
        with lock, suppress(duckdb.Error):
            found = connection.execute(query, [[PREFIX + text for text in some]]).fetchall()
            _ready.update({t: (fit[t], tree) for t, (tree,) in zip(some, found, strict=True)})
    try:
        yield
    finally:
        _ready.clear()


def parse(text: str) -> tuple[list[Token], dict[str, Any]]:
    """The tokens and the tree of one bare expression; whatever is not one is refused."""
    tokens, found = _ready.get(text) or (read(text), "")
    connection, lock = _parser()
    try:
        if not found:
            with lock:
                row = connection.execute("SELECT json_serialize_sql(?)", [PREFIX + text]).fetchone()
            found = row[0] if row else '{"error": true}'
        parsed: dict[str, Any] = json.loads(found)
    except RecursionError:
        raise RefusalError("the formula is nested too deeply", "split it into measures") from None
    except duckdb.Error as error:
        what = f"the parser refuses it: {_in_our_words(str(error))}"
        raise RefusalError(what, "write one SQL expression") from None
    if parsed.get("error"):
        at = int(parsed.get("position", len(PREFIX)))
        raise RefusalError(
            str(parsed.get("error_message", "not an expression")),
            "write one SQL expression",
            {"query_location": at, "query_location_length": 1},
        )
    node = parsed["statements"][0]["node"]
    if parsed["statements"][0]["named_param_map"]:
        raise RefusalError(
            "a parameter is not allowed in a formula", ONLY_COLUMNS, _located(r"[?]", text)
        )
    bare = len(parsed["statements"]) == 1 and _outline(node) == _bare_select()
    if not bare or len(node["select_list"]) != 1:
        raise RefusalError(
            "not one bare expression: FROM, WHERE, a comma and the like are not allowed",
            ONLY_COLUMNS,
            _located(_CLAUSES, text),
        )
    return tokens, node["select_list"][0]


_CLAUSES = r"(?i)\b(FROM|WHERE|GROUP|HAVING|ORDER|LIMIT|OFFSET|QUALIFY|WINDOW|UNION|EXCEPT)\b|,"


def _located(pattern: str, text: str) -> dict[str, int]:
    """Where a formula first shows what its tree alone does not place."""
    found = re.search(pattern, text)
    start, end = found.span() if found else (0, 1)
    return place(text, start, end - start)


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


def bind(text: str, columns: Mapping[str, Type], totals: int, *, gives: Type = "number") -> None:
    """Let DuckDB bind a printed text to the declared types: a text is not a number."""
    kinds: dict[str, Type] = {**columns, **{f"__total_{n}": "number" for n in range(1, totals + 1)}}
    wanted = SQL_TYPE[gives] if gives in ("text", "date") else "DOUBLE"
    if not _shape_binds(_shape(text, kinds), wanted):
        _bound(text, kinds, wanted)


def _shape(text: str, kinds: Mapping[str, Type]) -> str:
    """A text with names and numbers of one type all alike: what binds one binds the other."""

    def alike(found: re.Match[str]) -> str:
        word = found[0]
        if word[0] == "'":
            return word
        if word[0].isdigit():
            return "1e0" if "e" in word.lower() else "1"
        bare = word.strip('"')
        return f"_{SQL_TYPE[kinds[bare]]}" if bare in kinds else word

    return _ALIKE.sub(alike, text)


# A text; a name that is no function and no field; a number.
_ALIKE = re.compile(
    r"""'(?:[^']|'')*'|(?<![\w.])(?:"?(?:__)?[a-z]\w*"?(?![\w(:]))|\b\d[\d.]*(?:[eE][+-]?\d+)?"""
)
_SHAPES: dict[str, Type] = {
    "_DOUBLE": "number",
    "_VARCHAR": "text",
    "_DATE": "date",
    "_BOOLEAN": "boolean",
}


@lru_cache(maxsize=4096)
def _shape_binds(shape: str, wanted: str) -> bool:
    try:
        _bound(shape, _SHAPES, wanted)
    except RefusalError:
        return False
    return True


def _bound(text: str, kinds: Mapping[str, Type], wanted: str) -> None:
    given = ", ".join(f"NULL::{SQL_TYPE[kind]} AS {quoted(name)}" for name, kind in kinds.items())
    connection, lock = _parser()
    query = f"SELECT x, CAST(x AS {wanted}) FROM (SELECT {text} AS x FROM (SELECT {given}))"
    try:
        with lock:
            found = str(connection.sql(query).types[0])
    except duckdb.Error as error:
        raise RefusalError(
            f"does not fit the declared types: {_in_our_words(str(error))}",
            "calculate with numbers; compare texts and dates, or count them",
        ) from None
    if found != wanted and (wanted != "DOUBLE" or found in ("VARCHAR", "DATE")):
        kind = _WORDS.get(found, "number")
        what = f"gives a {kind}, not a {_WORDS[wanted]}"
        raise RefusalError(what, "compare it, or count it" if wanted == "DOUBLE" else "")


def calculated(text: str) -> str:
    """What is wrong with an expression that reads nothing, if it has no finite value."""
    connection, lock = _parser()
    try:
        with lock:
            row = connection.execute(f"SELECT CAST(({text}) AS VARCHAR)").fetchone()
    except duckdb.Error as error:
        return _in_our_words(str(error))
    return "it is not a finite number" if row and row[0] in ("inf", "-inf", "nan") else ""


_WORDS = {"VARCHAR": "text", "DOUBLE": "number", "DATE": "date", "BOOLEAN": "boolean"}


def _in_our_words(message: str) -> str:
    """What DuckDB says of types, in the words of a declaration."""
    first = message.split("\n")[0].partition(": ")[2] or message
    # What DuckDB advises beyond that cannot be written in a formula.
    first = re.split(r" You might need to add explicit type casts|\. Use TRY", first)[0]
    first = re.sub(r"INTEGER_LITERAL|INTEGER|BIGINT|DECIMAL\([0-9, ]+\)", "DOUBLE", first)
    return re.sub("|".join(_WORDS), lambda found: _WORDS[found[0]], first)[:160]


def pointer(text: str, node: Mapping[str, Any]) -> tuple[str, tuple[int, int]]:
    """The line of the formula to show, with the place of the offending part."""
    start = int(node.get("query_location", 2**64 - 1)) - len(PREFIX)
    length = int(node.get("query_location_length", 0))
    # DuckDB counts bytes.
    written = text.encode("utf-8", "replace")
    if not 0 <= start <= len(written):
        return "", (0, 0)
    length = len(written[start : start + length].decode("utf-8", "ignore"))
    start = len(written[:start].decode("utf-8", "ignore"))
    before = text[:start]
    # Of a long line, the piece around the offending part.
    first = max(before.rfind("\n") + 1, start - 150)
    line = text[first:].split("\n")[0][:200]
    word = re.match(r"[\w.]+", text[start:])
    length = length or (len(word[0]) if word else 1)
    if word and node.get("class") in ("COLUMN_REF", "FUNCTION"):
        length = len(word[0])
    return line.replace("\t", " "), (start - first, min(length, max(len(line) - start + first, 1)))
