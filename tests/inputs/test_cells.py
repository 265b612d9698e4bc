from __future__ import annotations

import math
import re
import unicodedata
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.model import Column
from rating.inputs import cells
from rating.inputs.raw import UNPRINTABLE, shown

NUMBER, INTEGER, TEXT = Column(type="number"), Column(type="integer"), Column(type="text")
DATE, BOOLEAN = Column(type="date"), Column(type="boolean")
PRINTED = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)


def values(found: list[str | None], column: Column) -> list[object]:
    read, refused = cells.parse(pl.Series("x", found, pl.String), column)
    assert refused.is_empty(), refused
    return read.to_list()


def rule(cell: str, column: Column = NUMBER) -> str:
    read, refused = cells.parse(pl.Series("x", [cell]), column)
    assert read.to_list() == [None]
    assert refused["value"].to_list() == [shown(cell)]
    return refused["rule"].item()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_every_finite_number_is_read_as_it_was_written(numbers):
    assert values([repr(x) for x in numbers], NUMBER) == numbers


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_every_whole_number_is_read_as_it_was_written(numbers):
    assert values([str(n) for n in numbers], INTEGER) == numbers


@given(st.lists(st.dates(date(1000, 1, 1))), st.lists(st.booleans()))
def test_dates_and_truth_values_are_read_as_they_were_written(days, truths):
    assert values([day.isoformat() for day in days], DATE) == days
    assert values([str(truth).lower() for truth in truths], BOOLEAN) == truths


@given(st.lists(PRINTED))
def test_text_is_read_as_it_was_written_up_to_how_letters_are_composed(texts):
    texts = [text for text in texts if not re.fullmatch(r"#[A-Z/0!?]+", text)]
    assert values(texts, TEXT) == [unicodedata.normalize("NFC", text) for text in texts]


@given(st.lists(st.text("0123456789.,-+eE_ %x٣", max_size=8)))
def test_a_number_is_accepted_by_one_grammar_and_nothing_else(found):
    grammar = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")

    def expected(cell: str) -> float | None:
        number = float(cell) if grammar.fullmatch(cell) else math.nan
        vanished = number == 0 and re.search("[1-9]", re.split("[eE]", cell)[0])
        return number if math.isfinite(number) and not vanished else None

    read, refused = cells.parse(pl.Series("x", found, pl.String), NUMBER)
    assert read.to_list() == [expected(cell) for cell in found]
    assert refused["index"].to_list() == [
        i for i, cell in enumerate(found) if cell and expected(cell) is None
    ]


def test_an_empty_cell_is_missing_in_every_type():
    for column in (NUMBER, INTEGER, TEXT, DATE, BOOLEAN):
        assert values(["", None], column) == [None, None]


def test_a_negative_zero_is_zero():
    read = values(["-0", "-0.0", "-0e5"], NUMBER)
    assert [math.copysign(1, x) for x in read] == [1, 1, 1]
    read, _ = cells.parse(pl.Series("x", [-0.0]), NUMBER)
    assert math.copysign(1, read.item()) == 1


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("12,5", "a decimal comma; write 12.5"),
        ("1 234,5", "a decimal comma; write 12.5"),
        ("1,234", "a comma; write thousands as 1000"),
        ("12 %", "a percent sign; write the number alone"),
        ("inf", cells.NOT_FINITE),
        ("-Infinity", cells.NOT_FINITE),
        ("nan", cells.NOT_FINITE),
        ("1e999", cells.TOO_LARGE),
        ("9" * 400, cells.TOO_LARGE),
        ("0." + "0" * 400 + "1", cells.TOO_SMALL),
        ("1e-400", cells.TOO_SMALL),
        ("1e1000", "an exponent out of range"),
        ("0x10", "write the number in decimal digits"),
        ("0b1", "write the number in decimal digits"),
        ("1_000", "an underscore"),
        ("+5", "a plus sign"),
        ("007", "a leading zero"),
        (" 12", "a blank before or after"),
        ("12\u00a0", "a blank before or after"),
        ("12\n", "a control or invisible character"),
        ("1\u00a0000", "a blank inside the number"),
        ("…4)", "a mark for a missing figure"),
        ("н/д", "a mark for a missing figure"),
        ("n/a", "a mark for a missing figure"),
        ("—", "a mark for a missing figure"),
        ("#N/A", cells.SPREADSHEET_ERROR),
        ("99,72)", "a footnote mark"),
        ("(5)", "not a number"),
        (".5", "a decimal point without a digit"),
        ("5.", "a decimal point without a digit"),
        ("true", "write 1 or 0"),
        ("٣", "not a number"),
        ("5" * 3001, cells.TOO_LONG),
    ],
)
def test_a_cell_that_is_no_number_is_told_its_fault(cell, words):
    assert words in rule(cell)


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        (INTEGER, "5.0", cells.NOT_WHOLE),
        (INTEGER, "1e3", "write the digits out"),
        (INTEGER, "9223372036854775808", cells.TOO_LARGE),
        (INTEGER, "five", "not a whole number"),
        (DATE, "2019-02-29", "no such day"),
        (DATE, "0000-01-01", "write year, month and day"),
        (DATE, "31.12.2019", "write year, month and day"),
        (DATE, "2019-1-1", "write year, month and day"),
        (DATE, "2019-01-01T00:00:00", "a time beside the date"),
        (BOOLEAN, "TRUE", "write true or false"),
        (BOOLEAN, "1", "write true or false"),
        (BOOLEAN, "NA", "leave the cell empty"),
        (TEXT, " a", "a blank before or after"),
        (TEXT, "   ", "a blank before or after"),
        (TEXT, "a\u202eb", "a control or invisible character"),
        (TEXT, "a\x00b", "a control or invisible character"),
        (TEXT, "#REF!", cells.SPREADSHEET_ERROR),
        (TEXT, "a" * 3001, cells.TOO_LONG),
        (Column(type="text", choices=["06", "30"]), "6", "not one of the choices: 06, 30"),
        (Column(type="number", min=0.5), "0.25", "below the least value, 0.5"),
        (Column(type="integer", max=10), "11", "above the greatest value, 10"),
    ],
)
def test_a_cell_of_another_type_is_told_its_fault(column, cell, words):
    assert words in rule(cell, column)


def test_a_code_keeps_its_zeros():
    assert values(["06", "21.10", "1e5", "NO"], TEXT) == ["06", "21.10", "1e5", "NO"]


@given(st.characters(exclude_categories=["Cs"]))
def test_what_is_unprintable_is_one_rule_in_both_engines(character):
    _, refused = cells.parse(pl.Series([f"a{character}b"]), TEXT)
    assert bool(re.search(UNPRINTABLE, character)) == (not refused.is_empty())
    assert not any(unicodedata.category(c) == "Cc" for c in shown(character))


def test_limits_are_inclusive():
    assert values(["0", "1"], Column(type="number", min=0, max=1)) == [0.0, 1.0]


def test_an_empty_cell_of_a_column_that_may_not_be_empty_is_refused():
    _, refused = cells.parse(pl.Series("x", ["1", ""]), Column(type="number", nullable=False))
    assert refused.rows() == [(1, cells.EMPTY, None)]


@pytest.mark.parametrize(
    ("found", "column", "read"),
    [
        (pl.Series([1, None], dtype=pl.UInt8), NUMBER, [1.0, None]),
        (pl.Series([Decimal("0.1")]), NUMBER, [0.1]),
        (pl.Series([5.0, None]), INTEGER, [5, None]),
        (pl.Series([7], dtype=pl.Int128), INTEGER, [7]),
        (pl.Series([None, None]), DATE, [None, None]),
        (pl.Series([date(2019, 12, 31)]), DATE, [date(2019, 12, 31)]),
        (pl.Series(["06"], dtype=pl.Categorical), TEXT, ["06"]),
        (pl.Series(["12.5"]), NUMBER, [12.5]),
    ],
)
def test_typed_columns_are_taken_where_their_type_fits(found, column, read):
    assert cells.fits(found.dtype, column)
    got, refused = cells.parse(found, column)
    assert refused.is_empty()
    assert got.to_list() == read
    assert got.dtype == cells.DTYPES[column.type]


@pytest.mark.parametrize(
    ("found", "column", "words"),
    [
        (pl.Series([math.nan]), NUMBER, cells.NOT_FINITE),
        (pl.Series([math.inf]), NUMBER, cells.NOT_FINITE),
        (pl.Series([math.nan]), INTEGER, cells.NOT_FINITE),
        (pl.Series([0.5]), INTEGER, cells.NOT_WHOLE),
        (pl.Series([1e300]), INTEGER, cells.TOO_LARGE),
        (pl.Series([2**63], dtype=pl.UInt64), INTEGER, cells.TOO_LARGE),
    ],
)
def test_a_typed_cell_that_breaks_a_rule_is_told_its_fault(found, column, words):
    read, refused = cells.parse(found, column)
    assert read.to_list() == [None]
    assert refused["rule"].to_list() == [words]


@pytest.mark.parametrize(
    ("dtype", "column"),
    [
        (pl.Float64(), TEXT),
        (pl.Int64(), TEXT),
        (pl.Boolean(), NUMBER),
        (pl.Datetime(), DATE),
        (pl.Int64(), BOOLEAN),
        (pl.List(pl.Float64), NUMBER),
        (pl.Date(), NUMBER),
    ],
)
def test_a_type_that_says_something_else_does_not_fit(dtype, column):
    assert not cells.fits(dtype, column)
