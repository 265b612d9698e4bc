"""The words of a formula: read before the parser sees them, and found again in its tree.

What DuckDB's parser drops (a window that nothing uses, the word ALL) or reads otherwise than it
looks (escapes, dollar quotes, comments) is refused: every token typed stands in the tree.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_LENGTH = 2000
MAX_NESTING = 40
# How large a formula may be once DuckDB has written out what it doubles.
MAX_TOKENS = 4000

PREFIX = "SELECT "
ONLY_COLUMNS = "a formula reads the declared columns and nothing else"
_COMMENT = ("a comment is not allowed in a formula", "use the key note")
_REFUSED = {
    "--": _COMMENT,
    "/*": _COMMENT,
    ";": ("a second statement is not allowed", "write one SQL expression"),
    "$": ("a parameter is not allowed in a formula", ONLY_COLUMNS),
}
# Where DuckDB has no place for a node: it is not typed, the parser made it.
_NOWHERE = 2**64 - 1
_TOKEN = re.compile(
    r"""(?P<space>[ \n\t]+)
      | (?P<word>[^\W\d]\w*)
      | (?P<name>"(?:[^"]|"")*")
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<sign><=|>=|<>|!=|==|!~~|~~|--|/\*|.)""",
    re.VERBOSE | re.DOTALL,
)
# Two spellings of one thing.
_SPELT = {
    "==": ("=",),
    "!=": ("<>",),
    "~~": ("like",),
    "!~~": ("not", "like"),
    "isnull": ("is", "null"),
    "notnull": ("is", "not", "null"),
}
COMPARED = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}


class RefusalError(Exception):
    """What is wrong with a formula, what to write instead, and the node of the tree it is in."""

    def __init__(self, what: str, remedy: str = "", node: Mapping[str, Any] | None = None) -> None:
        super().__init__(what)
        self.what, self.remedy, self.node = what, remedy, node or {}


class Token(NamedTuple):
    """A word, name, text, number or sign, and where it begins."""

    kind: str
    text: str
    start: int


def place(text: str, start: int, length: int) -> dict[str, int]:
    """A place in a formula as DuckDB's tree gives one: in bytes, behind the word before it."""
    before = len(text[:start].encode())
    inside = len(text[start : start + length].encode())
    return {"query_location": before + len(PREFIX), "query_location_length": inside}


def read(text: str) -> list[Token]:
    """The tokens of a formula.

    Raises:
        RefusalError: comments, second statements, escapes, deep nesting and what doubles itself.
    """
    if not text.strip():
        raise RefusalError("the formula is empty")
    if len(text) > MAX_LENGTH:
        raise RefusalError(
            f"the formula has {len(text)} characters, {MAX_LENGTH} are allowed",
            "split it into measures",
        )
    _visible(text)
    tokens: list[Token] = []
    before, depth = "", 0
    for found in _TOKEN.finditer(text):
        kind, word, start = str(found.lastgroup), found[0], found.start()
        refused = _REFUSED.get(word)
        if refused is not None:
            raise RefusalError(*refused, place(text, start + len(word) - 1, 1))
        if kind == "text" and before == "word":
            what = "a letter before a text gives it another meaning"
            remedy = "write 'x', and 'it''s' for a quote inside"
            raise RefusalError(what, remedy, place(text, start, 1))
        before = kind
        if kind == "space":
            continue
        depth += (word in "([{") - (word in ")]}")
        if depth > MAX_NESTING:
            what = f"more than {MAX_NESTING} nested brackets"
            raise RefusalError(what, "", place(text, start, 1))
        tokens.append(Token(kind, word, start))
    if _written_out(tokens) > MAX_TOKENS:
        what = "the CASE inside a CASE is written out for every WHEN, and grows too large"
        raise RefusalError(what, "write CASE WHEN x = 1 THEN ..., or make it a measure of its own")
    return tokens


def _visible(text: str) -> None:
    """Refuse characters that nobody sees, and letters that are not whole."""
    for start, character in enumerate(text if not text.isascii() or not text.isprintable() else ""):
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            if character in "\n\t":
                continue
            kind = "a control" if ord(character) < 32 else "an invisible"
            shown = text.encode("utf-8", "replace").decode() if character > "\ud7ff" else text
            raise RefusalError(f"{kind} character in the formula", "", place(shown, start, 1))


def _written_out(tokens: list[Token]) -> int:
    """How many tokens there are when the operand of a CASE is written before each of its WHENs."""
    # Of each open CASE: its WHENs, the size of its operand, the size of the rest.
    open_cases = [[1, 0, 0]]
    for token in tokens:
        word = token.text.lower() if token.kind == "word" else ""
        if word == "case":
            open_cases.append([0, 0, 1])
        elif word == "end" and len(open_cases) > 1:
            whens, operand, rest = open_cases.pop()
            open_cases[-1][2 if open_cases[-1][0] else 1] += operand * max(whens, 1) + rest + 1
        else:
            open_cases[-1][0] += word == "when" and len(open_cases) > 1
            open_cases[-1][2 if open_cases[-1][0] else 1] += 1
    return sum(operand + rest for _, operand, rest in open_cases)


def accounted(text: str, tokens: list[Token], tree: Mapping[str, Any]) -> None:
    """See that a tree says all that is typed, and no more.

    Raises:
        RefusalError: with the first token that the tree does not have.
    """
    typed = [spelt for token in tokens for spelt in _spelt(token)]
    meant: Counter[str] = Counter()
    waiting, source = [tree], (PREFIX + text).encode()
    while waiting:
        words, parts = _meant(waiting.pop(), source)
        meant.update(words)
        waiting += parts
    # The star of count(*) is no operand.
    signs = [token.text for token in tokens]
    meant["*"] += sum(three == ["(", "*", ")"] for three in _threes(signs))
    lost = Counter(typed) - meant
    for token in tokens:
        if any(lost[spelt] for spelt in _spelt(token)):
            what = f"'{token.text[:40]}' says nothing here"
            remedy = "write one SQL expression, and nothing beside it"
            raise RefusalError(what, remedy, place(text, token.start, len(token.text)))
    if meant - Counter(typed):
        raise RefusalError("it is read otherwise than it is typed", "write it more plainly")


def _threes(signs: list[str]) -> Iterator[list[str]]:
    return (signs[start : start + 3] for start in range(len(signs) - 2))


def _spelt(token: Token) -> tuple[str, ...]:
    word = token.text
    if token.kind == "text":
        return ("'" + word[1:-1].replace("''", "'"),)
    if token.kind == "name":
        return (word[1:-1].replace('""', '"').casefold(),)
    if word in ("(", ")"):
        return ()
    return _SPELT.get(word.casefold(), (word.casefold(),))


def _meant(node: Mapping[str, Any], source: bytes) -> tuple[list[str], list[Mapping[str, Any]]]:
    """The tokens that a node of the tree is written with, brackets apart, and its parts."""
    kind, parts = node["class"], list(node.get("children", ()))
    match kind:
        case "COLUMN_REF":
            names = [name.casefold() for name in node["column_names"]]
            return [*names, *["."] * (len(names) - 1)], parts
        case "CONSTANT":
            return list(_constant(node, source)), parts
        case "COMPARISON":
            return [COMPARED.get(node["type"], node["type"])], [node["left"], node["right"]]
        case "CONJUNCTION":
            word = "and" if node["type"] == "CONJUNCTION_AND" else "or"
            return [word] * (len(parts) - 1), parts
        case "BETWEEN":
            return ["between", "and"], [node["input"], node["lower"], node["upper"]]
        case "CASE":
            return _case(node)
        case "OPERATOR":
            return list(_operator(node["type"], len(parts))), parts
        case "FUNCTION":
            return _function(node)
    return [str(kind)], parts


def _case(node: Mapping[str, Any]) -> tuple[list[str], list[Mapping[str, Any]]]:
    words, parts = ["case", "end"], []
    for number, check in enumerate(node["case_checks"]):
        words += ["when", "then"]
        when = check["when_expr"]
        if when.get("query_location") == _NOWHERE and when["class"] == "COMPARISON":
            # CASE x WHEN 1: the parser writes x = 1, for every WHEN.
            parts += [when["right"]] if number else [when["left"], when["right"]]
        else:
            parts.append(when)
        parts.append(check["then_expr"])
    if node["else_expr"].get("query_location") != _NOWHERE:
        return [*words, "else"], [*parts, node["else_expr"]]
    return words, parts


def _function(node: Mapping[str, Any]) -> tuple[list[str], list[Mapping[str, Any]]]:
    name = node["function_name"].casefold()
    words = list(_SPELT.get(name, (name.removesuffix("_star"),)))
    parts = [argument["expression"] for argument in node["arguments"]]
    words += [] if node["is_operator"] else [","] * (len(parts) - 1)
    words += ["distinct"] if node["distinct"] else []
    if node["filter"]:
        return [*words, "filter", "where"], [*parts, node["filter"]]
    return words, parts


def _constant(node: Mapping[str, Any], source: bytes) -> Iterator[str]:
    kind, text = node["literal"]["kind"], str(node["literal"]["text"])
    if kind == "STRING":
        yield "'" + text
    elif kind == "NULL_LITERAL":
        yield "null"
    else:
        # The parser takes the signs before a number into it, two of them as none.
        start, length = node["query_location"], node["query_location_length"]
        bare = text.lstrip("-")
        yield from "-" * (source[start : start + length].count(b"-") - bare.count("-"))
        yield bare.casefold()


def _operator(kind: str, count: int) -> Iterator[str]:
    match kind:
        case "OPERATOR_IS_NULL":
            yield from ("is", "null")
        case "OPERATOR_IS_NOT_NULL":
            yield from ("is", "not", "null")
        case "OPERATOR_NOT":
            yield "not"
        case "OPERATOR_COALESCE":
            yield from ("coalesce", *[","] * (count - 1))
        case "COMPARE_IN":
            yield from ("in", *[","] * (count - 2))
