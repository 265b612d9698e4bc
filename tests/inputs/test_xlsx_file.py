from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from rating.errors import DataError
from rating.inputs import xlsx_book, xlsx_file

SHEET = "xl/worksheets/sheet1.xml"


def book(*rows: list[object], **options: object) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, **options}
    ) as made:
        day = made.add_format({"num_format": "dd.mm.yyyy"})
        sheet = made.add_worksheet("t")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                else:
                    sheet.write(row, column, cell)
    return out.getvalue()


def edited(data: bytes, edit: Callable[[str], str], part: str = SHEET) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, edit(text.decode()).encode() if name == part else text)
    return out.getvalue()


def read(data: bytes, *texts: str):
    return xlsx_file.read("t.xlsx", data, "", table="t", types=dict.fromkeys(texts, "text"))


def column(data: bytes) -> list[str]:
    return read(data).frame.to_series(0).to_list()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_exact(numbers):
    # xlsxwriter writes 16 digits; the file holds the number that they spell.
    spelt = [float(f"{x:.16G}") for x in numbers]
    assert [float(text) for text in column(book(["a"], *([x] for x in numbers)))] == spelt


@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
            min_size=1,
            max_size=20,
        ),
        min_size=1,
    )
)
def test_text_is_exact(texts):
    written = book(["a"], *([text] for text in texts))
    # XML itself reads a carriage return as a new line; the escape _x000D_ keeps it.
    assert column(written) == texts


@given(st.lists(st.dates(date(1900, 1, 1), date(2100, 1, 1)), min_size=1), st.booleans())
def test_days_are_iso_days_from_1900_and_from_1904(days, mac):
    days = [day for day in days if not mac or day >= date(1904, 1, 2)] or [date(2019, 12, 31)]
    written = book(["a"], *([day] for day in days), date_1904=mac)
    assert column(written) == [day.isoformat() for day in days]


def test_a_cell_is_written_as_csv_would_write_it():
    rows = [
        [0.1],
        [5],
        [5.0],
        [12345678901234],
        [1e-10],
        [1e300],
        [True],
        [False],
        ["01"],
        [datetime(2019, 5, 1, 13, 5)],
        [-0.5],
    ]
    assert column(book(["a"], *rows)) == [
        "0.1",
        "5",
        "5",
        "12345678901234",
        "1e-10",
        "1e+300",
        "true",
        "false",
        "01",
        "2019-05-01T13:05:00",
        "-0.5",
    ]


def test_days_before_the_false_leap_day_of_1900_are_right():
    shown = book(["a"], [date(1900, 1, 1)])
    assert column(shown) == ["1900-01-01"]
    assert column(edited(shown, lambda xml: xml.replace("<v>1</v>", "<v>59</v>"))) == ["1900-02-28"]
    assert column(edited(shown, lambda xml: xml.replace("<v>1</v>", "<v>61</v>"))) == ["1900-03-01"]


def test_seventeen_digits_are_kept():
    data = edited(
        book(["a"], [7]), lambda xml: xml.replace("<v>7</v>", "<v>0.30000000000000004</v>")
    )
    assert column(data) == ["0.30000000000000004"]


def test_another_reader_sees_the_same_cells():
    rows = [
        ["a", "b", "c"],
        ["x", 0.125, True],
        ["é", -3, False],
        ["", 1e6, True],
        ["z", 2.5, False],
    ]
    data = book(*rows)
    other = pl.DataFrame(fastexcel.read_excel(data).load_sheet("t", dtypes="string"))
    assert read(data).frame.rows() == other.with_columns(pl.col("a").fill_null("")).rows()


def test_rows_keep_their_place_and_blank_rows_hold_nothing():
    found = read(book(["a", "b"], [1, 2], [], [None, 3], ["", ""], [5]))
    assert found.rows.to_list() == [2, 4, 6]
    assert found.frame.rows() == [("1", "2"), ("", "3"), ("5", "")]


def test_a_number_in_a_column_of_text_refuses_its_row():
    found = read(book(["code", "x"], ["01", 1], [21.1, 2]), "code")
    assert found.rows.to_list() == [2]
    assert [(r.row, r.column, r.value) for r in found.refused] == [(3, "code", "21.1")]


def test_a_cell_beyond_the_header_refuses_its_row_and_not_the_machine():
    data = edited(
        book(["a"], [1]),
        lambda xml: xml.replace(
            "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>9</v></c></row></sheetData>'
        ),
    )
    found = read(data)
    assert [(r.row, r.value) for r in found.refused] == [(1048576, ",9")]


def test_formatted_runs_and_inline_strings_are_text():
    inline = (
        '<c r="A2" t="inlineStr"><is><r><t>То</t></r><r><t>мск</t></r><rPh><t>x</t></rPh></is></c>'
    )
    data = edited(book(["a"], [7]), lambda xml: xml.replace('<c r="A2"><v>7</v></c>', inline))
    assert column(data) == ["Томск"]


def test_cells_without_references_follow_each_other():
    def bare(xml: str) -> str:
        for name in ("A1", "B1", "A2", "B2"):
            xml = xml.replace(f' r="{name}"', "")
        return xml.replace(' r="1"', "").replace(' r="2"', "")

    assert read(edited(book(["a", "b"], [1, 2]), bare)).frame.rows() == [("1", "2")]


def test_a_formula_with_a_stored_value_is_its_value():
    stored = '<c r="A2"><f>1+1</f><v>2</v></c>'
    data = edited(book(["a"], [7]), lambda xml: xml.replace('<c r="A2"><v>7</v></c>', stored))
    assert column(data) == ["2"]


def test_merged_cells_beside_the_table_are_no_matter():
    data = edited(
        book(["a"], [1]),
        lambda xml: xml.replace(
            "</sheetData>", '</sheetData><mergeCells><mergeCell ref="C1:D2"/></mergeCells>'
        ),
    )
    assert column(data) == ["1"]


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(xlsx_book, "UNPACKED", 100)
    with pytest.raises(DataError, match="unpacks to more than"):
        read(book(["a"], [1]))


def test_a_sheet_with_too_many_cells_is_refused(monkeypatch):
    monkeypatch.setattr(xlsx_file, "CELLS", 3)
    with pytest.raises(DataError, match="more than 3 cells"):
        read(book(["a", "b"], [1, 2]))


def test_a_workbook_cannot_lie_about_its_unpacked_size():
    data = bytearray(book(["a"], *([n] for n in range(5000))))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo(SHEET).file_size
    lied = bytes(data).replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises(DataError, match="not a whole XLSX workbook"):
        read(lied)


def test_a_document_type_is_refused_even_without_entities():
    data = edited(
        book(["a"], [1]), lambda xml: xml.replace("<worksheet", "<!DOCTYPE x><worksheet", 1)
    )
    with pytest.raises(DataError, match="a document type or entities"):
        read(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<c r="A2">', '<c r="2A">'),
        ('<c r="A2">', '<c r="A2" t="s">'),
        ("<v>7</v>", "<v>seven</v>"),
        ('<row r="2"', '<row r="two"'),
        ("</worksheet>", ""),
        ('<c r="A2">', '<c r="A2" s="x">'),
    ],
)
def test_a_sheet_that_breaks_the_format_is_refused(old, new):
    with pytest.raises(DataError, match="not a whole XLSX workbook"):
        read(edited(book(["a"], [7]), lambda xml: xml.replace(old, new)))


@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data):
    damaged = bytearray(DAMAGED)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DataError):
        read(bytes(damaged))


DAMAGED = book(["a", "b"], [1, "x"], [2.5, "y"])
