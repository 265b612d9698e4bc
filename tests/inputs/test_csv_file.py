from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.errors import DataError
from rating.inputs import csv_file

CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def read(text: str):
    return csv_file.read("t.csv", text.encode(), "")


@given(st.lists(st.tuples(CELL, CELL), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read(rows, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    assert read(out.getvalue()).frame.rows() == rows


def test_a_byte_order_mark_is_no_part_of_a_name():
    assert read("\ufeffa,b\n1,2\n").frame.columns == ["a", "b"]


def test_a_row_is_named_by_the_line_it_begins_on():
    found = read('a,b\n"1\n1",2\n\n3,4\n"5\n\n5",6,7\n8\n')
    assert found.rows.to_list() == [2, 5]
    assert [(r.row, r.rule.split(";")[0]) for r in found.refused] == [
        (6, "3 cells where the header has 2"),
        (9, "1 cells where the header has 2"),
    ]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest():
    with pytest.raises(DataError, match=r"t\.csv, row 3"):
        read('a,b\n1,2\n"3,4\n5,6\n7,8\n')


@pytest.mark.parametrize("text", ["", "\n\n", "  \n"])
def test_a_file_of_nothing_is_empty(text):
    with pytest.raises(DataError, match="the file is empty"):
        read(text)


def test_a_header_stands_in_row_1():
    with pytest.raises(DataError, match="the header is empty"):
        read("\na,b\n1,2\n")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("a,a", "two columns named 'a'"),
        ("population,population", "two columns named 'population'"),
        ("q,Q", "the columns 'q' and 'Q' differ in case only"),
        ("a,,c", "column 2 has no name"),
        ("a;b;c, in thousands", "split by ';'"),
        ("a|b", "split by '|'"),
    ],
)
def test_a_header_that_is_no_header_is_told_its_fault(header, words):
    with pytest.raises(DataError) as error:
        read(f"{header}\n1,2\n")
    assert words in str(error.value)
