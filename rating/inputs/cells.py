"""The grammar of a cell: what a number, a date or a text may look like, and what is wrong else.

Nothing is guessed: ``12,5``, ``12%``, ``1_000`` or ``NA`` refuse their row, and the rule says what
to write instead. An empty cell is a missing value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from rating.definitions.model import Column
from rating.definitions.parsing import SQL_TYPE, literal
from rating.errors import Problem
from rating.inputs import classifiers
from rating.inputs.raw import BLANK, SHOWN, UNPRINTABLE

LONGEST = 3000
"""Characters a cell may hold."""

DTYPES: dict[str, type[pl.DataType]] = {
    "number": pl.Float64,
    "integer": pl.Int64,
    "text": pl.String,
    "date": pl.Date,
    "boolean": pl.Boolean,
}

SQL_TYPES = {**SQL_TYPE, "integer": "BIGINT"}

# The regular expressions are Rust's: \d and \s would take the digits and blanks of every script.
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"
_INTEGER = r"^-?(0|[1-9][0-9]*)$"
_DATE = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$"
_EDGES = f"^{BLANK}|{BLANK}$"
_ERROR = r"^#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!)$"

EMPTY = "empty, and this column may not be; write the value"
BLANK_AT_EDGE = "a blank before or after the value; remove it"
TOO_LONG = f"longer than {LONGEST} characters; shorten it"
NOT_FINITE = "not a finite number; leave the cell empty where a figure is missing"
TOO_LARGE = "larger than the machine's numbers; check the figure"
TOO_SMALL = "smaller than the machine's numbers; write 0"
NOT_WHOLE = "a fraction where a whole number is declared; round it at its source"
SPREADSHEET_ERROR = "an error value of a spreadsheet; mend its formula or leave the cell empty"

_Faults = list[tuple[pl.Expr, str]]
_cell, _value = pl.col("cell"), pl.col("value")


def _like(pattern: str, rule: str) -> tuple[pl.Expr, str]:
    return _cell.str.contains(pattern), rule


# What no text may be, as a pattern that polars and DuckDB read alike.
_TEXT = (
    (_ERROR, SPREADSHEET_ERROR),
    (UNPRINTABLE, "a control or invisible character; remove it"),
    (_EDGES, BLANK_AT_EDGE),
)
_ANY_TEXT: _Faults = [
    (_cell.str.len_chars() > LONGEST, TOO_LONG),
    *(_like(pattern, rule) for pattern, rule in _TEXT),
]
_MISSING = _like(
    r"(?i)^(n/?a|n\.a\.|null|none|nil|missing|н/?д|нет данных|[-‐‑–—−x*?.…]|\.\.+|…\s*\d?\)?)$",
    "a mark for a missing figure; leave the cell empty where a figure is missing",
)
_NUMERIC: _Faults = [
    *_ANY_TEXT,
    _MISSING,
    _like(r"(?i)^[+-]?(nan|inf|infinity|∞)$", NOT_FINITE),
    _like(r"[%‰]", "a percent sign; write the number alone"),
    _like(
        r"^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$", "a comma; write thousands as 1000, a half as 0.5"
    ),
    _like(r"^[-+]?[0-9\s]*,[0-9]+$", "a decimal comma; write 12.5"),
    _like(r"(?i)^[+-]?0[xob]", "not decimal digits; write the number in decimal digits"),
    _like(r"_", "an underscore; write the digits alone"),
    _like(r"^\+", "a plus sign; write the number without it"),
    _like(r"^[−–—]", "a dash for a minus; write -5 with a hyphen"),
    _like(r"^-?0[0-9]", "a leading zero; write 7, or declare the column as text if it is a code"),
    _like(r"[0-9]\s+[0-9]", "a blank inside the number; write 1000"),
    _like(r"^[^()]*[0-9].*\)$", "a footnote mark or brackets; write the number alone"),
    _like(r"^-?(\.[0-9]+|[0-9]+\.)$", "a decimal point without a digit on each side; write 0.5"),
    _like(r"^(true|false)$", "true or false where a number is declared; write 1 or 0"),
]


def _as_float(cell: pl.Expr) -> pl.Expr:
    number = pl.when(cell.str.contains(_NUMBER)).then(cell).cast(pl.Float64, strict=False)
    return _positive_zero(number)


def _positive_zero(number: pl.Expr) -> pl.Expr:
    # -0 becomes the 0 it equals, so that equal tables have equal digests.
    return pl.when(number == 0).then(0.0).otherwise(number)


def _number(cell: pl.Expr) -> pl.Expr:
    value = _as_float(cell)
    vanished = (value == 0) & cell.str.contains(r"^-?[0.]*[1-9]")
    return pl.when(value.is_finite() & ~vanished).then(value)


def _integer(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.contains(_INTEGER)).then(cell).cast(pl.Int64, strict=False)


def _date(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.contains(_DATE)).then(cell).str.to_date("%Y-%m-%d", strict=False)


def _boolean(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell == "true").then(True).when(cell == "false").then(False)


def _text(cell: pl.Expr) -> pl.Expr:
    # Form C: a letter typed as two characters is the letter, not a guess about it.
    good = ~pl.any_horizontal(condition for condition, _ in _ANY_TEXT)
    return pl.when(good).then(cell.str.normalize("NFC"))


_FROM_TEXT: dict[str, tuple[Callable[[pl.Expr], pl.Expr], _Faults, str]] = {
    "number": (
        _number,
        [
            *_NUMERIC,
            (_cell.str.contains(_NUMBER) & (_as_float(_cell) == 0), TOO_SMALL),
            _like(_NUMBER, TOO_LARGE),
            _like(r"^-?[0-9.]+[eE][+-]?[0-9]{4,}$", "an exponent out of range; check the figure"),
        ],
        "not a number; write digits with a decimal point, as 12.5",
    ),
    "integer": (
        _integer,
        [
            *_NUMERIC,
            _like(_INTEGER, TOO_LARGE),
            _like(r"^-?[0-9]+\.[0-9]+$", NOT_WHOLE),
            _like(_NUMBER, "an exponent in a whole number; write the digits out"),
        ],
        "not a whole number; write digits alone, as 12",
    ),
    "date": (
        _date,
        [
            *_ANY_TEXT,
            _MISSING,
            _like(_DATE, "no such day in the calendar"),
            _like(
                r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", "a time beside the date; write 2019-12-31 alone"
            ),
        ],
        "not a date; write year, month and day as 2019-12-31",
    ),
    "boolean": (_boolean, [*_ANY_TEXT, _MISSING], "neither true nor false; write true or false"),
    "text": (_text, _ANY_TEXT, "not a text"),
}


def _from_typed(kind: str, dtype: pl.DataType) -> tuple[pl.Expr, _Faults] | None:
    """The value of a cell that has a type already; nothing where the type does not fit."""
    if dtype == pl.Null:
        return _cell.cast(DTYPES[kind]), []
    if kind in ("date", "boolean"):
        return (_cell, []) if dtype == DTYPES[kind] else None
    if kind not in ("number", "integer") or not dtype.is_numeric():
        return None
    faults: _Faults = [(~_cell.cast(pl.Float64).is_finite(), NOT_FINITE)]
    if kind == "number":
        value = _positive_zero(_cell.cast(pl.Float64))
        return pl.when(value.is_finite()).then(value), faults
    if dtype.is_integer():
        return _cell.cast(pl.Int64, strict=False), faults
    whole = _cell.cast(pl.Float64) == _cell.cast(pl.Float64).floor()
    value = pl.when(whole).then(_cell).cast(pl.Int64, strict=False)
    return value, [*faults, (~whole, NOT_WHOLE)]


def fits(dtype: pl.DataType, column: Column) -> bool:
    """Whether cells of a polars type can be read as the declared type."""
    return is_text(dtype) or _from_typed(column.type, dtype) is not None


def misfit(
    file: str, name: str, dtype: pl.DataType, column: Column, *, typed: bool
) -> Problem | None:
    """The problem of a column whose cells cannot be read as the declared type.

    Where the format has types, text is text: what looks like a number in it was never one.
    """
    if fits(dtype, column) and not (typed and is_text(dtype) and column.type != "text"):
        return None
    what = f"the column holds {dtype} where {column.type} is declared"
    remedy = f"cast it to {DTYPES[column.type].__name__}"
    return Problem(f"{file}, column {name}", what, remedy)


def is_text(dtype: pl.DataType) -> bool:
    """Whether a column holds text, as every column of a CSV file does."""
    return isinstance(dtype, pl.String | pl.Categorical | pl.Enum)


def parse(cells: pl.Series, column: Column) -> tuple[pl.Series, pl.DataFrame]:
    """The values of a column, and the cells that break its rules.

    Args:
        cells: text, or values of a type that ``fits``.
        column: the declared type and limits.

    Returns:
        The values, missing where a cell is empty or refused; and a frame (index, rule, value)
        with one row for each refused cell.

    Example:
        >>> values, refused = parse(pl.Series(["12.5", "", "12,5"]), Column(type="number"))
        >>> values.to_list(), refused.rows()
        ([12.5, None, None], [(2, 'a decimal comma; write 12.5', '12,5')])
    """
    if is_text(cells.dtype):
        read, faults, otherwise = _FROM_TEXT[column.type]
        cells = cells.cast(pl.String).replace("", None)
        value = read(_cell)
    else:
        typed = _from_typed(column.type, cells.dtype)
        assert typed is not None, "the caller asks fits() first"
        (value, faults), otherwise = typed, TOO_LARGE
    limits = _limits(column)
    frame = pl.DataFrame({"cell": cells}).with_row_index("index").with_columns(value=value)
    unread = _cell.is_not_null() & _value.is_null()
    bad = pl.any_horizontal(unread, *(condition for condition, _ in limits)).fill_null(False)
    # The chain of rules runs over the few refused cells only.
    refused = frame.filter(bad).select(
        pl.col("index").cast(pl.Int64),
        rule=_first([*limits, *faults], otherwise),
        value=shown(_cell),
    )
    values = frame.select(pl.when(~bad).then(_value).cast(DTYPES[column.type])).to_series()
    return values.rename(cells.name), refused


def shown(cell: pl.Expr) -> pl.Expr:
    """A refused cell as it is listed."""
    text = cell.cast(pl.String).str.head(SHOWN)
    return text.str.replace_all(UNPRINTABLE, "\N{REPLACEMENT CHARACTER}")


def printed(cell: str, dtype: pl.DataType, column: Column) -> tuple[str, list[tuple[str, str]]]:
    """The rule of a typed cell as SQL: its value, and what is wrong where a condition holds.

    What ``parse`` does in polars: the first condition that holds gives the rule.

    Args:
        cell: SQL of the cell as the file has it.
        dtype: the polars type of such cells.
        column: the declared type and limits.
    """
    faults: list[tuple[str, str]] = []
    if dtype == pl.Null:
        value = f"CAST(NULL AS {SQL_TYPES[column.type]})"
    elif column.type == "text":
        text = f"nullif(CAST({cell} AS VARCHAR), '')"
        faults = [(TOO_LONG, f"length({text}) > {LONGEST}")]
        faults += [(rule, f"regexp_matches({text}, {literal(like)})") for like, rule in _TEXT]
        bad = " OR ".join(condition for _, condition in faults)
        value = f"CASE WHEN NOT ({bad}) THEN nfc_normalize({text}) END"
    elif column.type in ("date", "boolean"):
        value = cell
    else:
        double = f"CAST({cell} AS DOUBLE)"
        faults = [(NOT_FINITE, f"NOT isfinite({double})")]
        if column.type == "number":
            value = (
                f"CASE WHEN {double} = 0 THEN 0.0::DOUBLE WHEN isfinite({double}) THEN {double} END"
            )
        else:
            value = f"TRY_CAST({cell} AS BIGINT)"
            if not dtype.is_integer():
                whole = f"{double} = floor({double})"
                value = f"CASE WHEN {whole} THEN {value} END"
                faults.append((NOT_WHOLE, f"NOT ({whole})"))
            faults.append((TOO_LARGE, f"{cell} IS NOT NULL AND {value} IS NULL"))
    limits = [] if column.nullable else [(EMPTY, f"{present(cell, dtype)} IS NULL")]
    if column.min is not None:
        limits.append((below(column.min), f"{value} < {column.min!r}"))
    if column.max is not None:
        limits.append((above(column.max), f"{value} > {column.max!r}"))
    if column.choices is not None:
        listed = ", ".join(map(literal, column.choices))
        limits.append((not_a_choice(column.choices), f"CAST({value} AS VARCHAR) NOT IN ({listed})"))
    return value, [*limits, *faults]


def present(cell: str, dtype: pl.DataType) -> str:
    """A cell as SQL, missing where its text is empty."""
    return f"nullif(CAST({cell} AS VARCHAR), '')" if is_text(dtype) else cell


def _limits(column: Column) -> _Faults:
    limits: _Faults = [] if column.nullable else [(_cell.is_null(), EMPTY)]
    if column.min is not None:
        limits.append((_value < column.min, below(column.min)))
    if column.max is not None:
        limits.append((_value > column.max, above(column.max)))
    if column.choices is not None:
        known = _value.cast(pl.String).is_in(list(column.choices))
        limits.append((~known, not_a_choice(column.choices)))
    if column.classifier is not None:
        limits += classifiers.faults(column.classifier, _value)
    return limits


def below(limit: float) -> str:
    """The rule of a number below its least value."""
    return f"below the least value, {_limit(limit)}; check the figure and its unit"


def above(limit: float) -> str:
    """The rule of a number above its greatest value."""
    return f"above the greatest value, {_limit(limit)}; check the figure and its unit"


def not_a_choice(choices: Sequence[str]) -> str:
    """The rule of a word that is none of the choices."""
    listed = ", ".join(choices[:12]) + (" ..." if len(choices) > 12 else "")
    return f"not one of the choices: {listed}"


def _first(faults: _Faults, otherwise: str) -> pl.Expr:
    """The rule of the first condition that holds."""
    rule = pl.lit(otherwise)
    for condition, words in reversed(faults):
        rule = pl.when(condition).then(pl.lit(words)).otherwise(rule)
    return rule


def _limit(limit: float) -> str:
    """A limit as its author wrote it: 0 rather than 0.0."""
    return str(int(limit)) if float(limit).is_integer() else repr(float(limit))
