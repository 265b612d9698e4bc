"""Files that are not what their name says, or not whole, or odd and right all the same."""

# ruff: noqa: E501  # a case a line, as a table

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from tests.inputs.corpus.case import HEADER, LINES, PLAIN, Case, accept, reject, section, warn

CSV, XLSX, PARQUET = "region_year.csv", "region_year.xlsx", "region_year.parquet"
ROWS = [line.split(",") for line in (HEADER, *LINES)]
SHEET = "xl/worksheets/sheet1.xml"
Edit = Callable[[str], str]


def frame() -> pl.DataFrame:
    """The plain table with its types."""
    text = io.StringIO(PLAIN)
    return pl.read_csv(text, schema_overrides={"founded": pl.Date, "staff": pl.Int64})


def parquet(change: Callable[[pl.DataFrame], pl.DataFrame], **options: Any) -> Callable[[], bytes]:
    """A Parquet file of the plain table, changed."""

    def made() -> bytes:
        out = io.BytesIO()
        change(frame()).write_parquet(out, **options)
        return out.getvalue()

    return made


def book(
    formats: dict[tuple[int, int], str] | None = None,
    set_up: Callable[[Any, Any], object] | None = None,
    edits: dict[str, Edit] | None = None,
    **options: Any,
) -> Callable[[], bytes]:
    """A workbook of the plain table: cells in formats, a hook, then edits of its parts."""

    def made() -> bytes:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as workbook:
            sheet = workbook.add_worksheet("region_year")
            for row, cells in enumerate(ROWS):
                for column, cell in enumerate(cells):
                    style = workbook.add_format(
                        {"num_format": (formats or {}).get((row, column), "General")}
                    )
                    if row and column in (1, 2, 3):
                        sheet.write_number(row, column, float(cell), style)
                    elif row and column == 5:
                        sheet.write_boolean(row, column, cell == "true")
                    else:
                        sheet.write_string(row, column, cell)
            if set_up is not None:
                set_up(workbook, sheet)
        return edited(out.getvalue(), edits or {})

    return made


def edited(data: bytes, edits: dict[str, Edit]) -> bytes:
    """A workbook with some of its parts changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, edits[name](text.decode()).encode() if name in edits else text)
    return out.getvalue()


def packed(**members: str) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def sheet_of(rows: Callable[[], str]) -> Callable[[], bytes]:
    """A workbook whose rows below the header are these."""
    end = "</sheetData>"
    return lambda: book(edits={SHEET: lambda xml: xml.replace(end, rows() + end)})()


def cell(column: int, value: str, row: int = 2) -> bytes:
    """The plain table as CSV with one cell changed."""
    lines = [list(line) for line in ROWS]
    lines[row - 1][column] = value
    return ("\n".join(",".join(line) for line in lines) + "\n").encode()


# ------------------------------------------------------------------ what a file is, whatever its name

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
OTHER: dict[str, tuple[bytes, str]] = {
    "html": (b"<html><body><table><tr><td>region</td></tr></table></body></html>", "an HTML page"),
    "html_doctype": (b"<!DOCTYPE html>\n<html></html>", "an HTML page"),
    "html_after_mark": (b"\xef\xbb\xbf  <table><tr><td>1</td></tr></table>", "an HTML page"),
    "xml": (b'<?xml version="1.0"?><rows/>', "an XML file"),
    "excel_2003": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "an Excel 2003 XML file",
    ),
    "old_xls": (_OLE, "an old workbook or document (.xls, .doc)"),
    "password": (_OLE + "EncryptedPackage".encode("utf-16-le"), "a workbook with a password"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
    "gzip": (gzip.compress(PLAIN.encode(), mtime=0), "a gzip archive"),
    "bzip2": (b"BZh91AY&SY\x00\x00", "a bzip2 archive"),
    "xz": (b"\xfd7zXZ\x00\x00\x04", "an xz archive"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00", "a zstd archive"),
    "seven_zip": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
    "sqlite": (b"SQLite format 3\x00" + bytes(84), "an SQLite database"),
    "png": (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
    "rtf": (b"{\\rtf1\\ansi }", "an RTF document"),
    "arrow": (b"ARROW1\x00\x00", "an Arrow (Feather) file"),
    "json_list": (b'[{"region": "RU-TOM"}]', "JSON"),
    "json_object": (b'{"rows": []}', "JSON"),
    "zip": (packed(a_dot_csv=PLAIN), "a ZIP archive"),
    "ods": (
        packed(content_dot_xml="<x/>", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
        "an OpenDocument file (.ods)",
    ),
    "docx": (packed(word__document_dot_xml="<x/>"), "a Word document"),
    "xlsb": (packed(xl__workbook_dot_bin="x"), "an XLSB workbook"),
    "cut_zip": (packed(a_dot_csv=PLAIN * 20)[:60], "a damaged ZIP archive"),
    "utf_16_le": (PLAIN.encode("utf-16-le"), "UTF-16 text"),
    "utf_16_be": (PLAIN.encode("utf-16-be"), "UTF-16 text"),
    "utf_16_marked": (PLAIN.encode("utf-16"), "UTF-16 text"),
    "utf_32": (PLAIN.encode("utf-32"), "UTF-32 text"),
    "noise": (bytes(range(256)) * 2 + bytes(100), "binary data"),
}
DISGUISED = tuple(
    reject(
        f"{name}_named_{suffix}",
        what,
        f"region_year.{suffix}",
        files={f"region_year.{suffix}": data},
    )
    for suffix in ("csv", "xlsx", "parquet")
    for name, (data, what) in OTHER.items()
)
SWAPPED = (
    reject(
        "parquet_named_csv", "a Parquet file", "name it .parquet", files={CSV: parquet(lambda f: f)}
    ),
    reject("workbook_named_csv", "an XLSX workbook", "name it .xlsx", files={CSV: book()}),
    reject("csv_named_xlsx", "perhaps CSV", "name it .csv", files={XLSX: PLAIN}),
    reject("parquet_named_xlsx", "a Parquet file", files={XLSX: parquet(lambda f: f)}),
    reject("csv_named_parquet", "perhaps CSV", "name it .csv", files={PARQUET: PLAIN}),
    reject("workbook_named_parquet", "an XLSX workbook", files={PARQUET: book()}),
    *(
        reject(f"empty_{name.split('.')[1]}", "the file is empty", files={name: b""})
        for name in (CSV, XLSX, PARQUET)
    ),
)

# ------------------------------------------------------------------------------------------- CSV

_RUSSIAN = PLAIN.replace("oblast", "область").replace("city", "город федерального значения")
ENCODED = tuple(
    reject(
        f"csv_in_{name}", "is not UTF-8", f"seems to be {named}", files={CSV: _RUSSIAN.encode(name)}
    )
    for name, named in (("cp1251", "windows-1251"), ("koi8-r", "KOI8-R"), ("cp866", "cp866"))
)
_NUMBERS = {
    "decimal_comma": ('"12,5"', "a decimal comma"),
    "percent": ("20%", "a percent sign"),
    "promille": ("20‰", "a percent sign"),
    "thousands": ('"1,234.5"', "a comma"),
    "blank_thousands": ("1 234", "a blank inside"),
    "narrow_thousands": ("1\u202f234", "a blank inside"),
    "no_break_thousands": ("1\u00a0234", "a blank inside"),
    "not_available": ("NA", "a mark for a missing figure"),
    "russian_missing": ("н/д", "a mark for a missing figure"),
    "dots": ("...", "a mark for a missing figure"),
    "ellipsis_footnote": ("…4)", "a mark for a missing figure"),
    "error_value": ("#DIV/0!", "an error value of a spreadsheet"),
    "nan": ("NaN", "not a finite number"),
    "infinite": ("inf", "not a finite number"),
    "hexadecimal": ("0x10", "not decimal digits"),
    "underscore": ("1_000", "an underscore"),
    "plus": ("+5", "a plus sign"),
    "typographic_minus": ("−5", "a dash for a minus"),
    "leading_zero": ("007", "a leading zero"),
    "footnote": ('"99.72)"', "a footnote mark"),
    "bare_point": (".5", "a decimal point without a digit"),
    "trailing_point": ("5.", "a decimal point without a digit"),
    "boolean": ("true", "true or false where a number"),
    "too_large": ("1e999", "larger than the machine"),
    "too_small": ("1e-999", "smaller than the machine"),
    "word": ("many", "not a number"),
    "currency": ("₽5", "not a number"),
    "arabic_digits": ("١٢", "not a number"),
    "full_width_digits": ("１２", "not a number"),
    "blank_before": (" 5", "a blank before"),
    "zero_width": ("5\u200b", "invisible character"),
    "nul": ("5\x00", "invisible character"),
    "date": ("2019-01-01", "not a number"),
    "formula": ("=1+1", "not a number"),
    "long": ("1" * 3001, "longer than 3000"),
}
BAD_CELLS = tuple(
    reject(f"csv_cell_{name}", "row 2", "population", rule, files={CSV: cell(2, value)})
    for name, (value, rule) in _NUMBERS.items()
)
_OTHERS = {
    "staff_fraction": (3, "1.5", "a fraction where a whole number"),
    "staff_exponent": (3, "1e3", "an exponent in a whole number"),
    "staff_beyond": (3, "9223372036854775808", "larger than the machine"),
    "founded_russian": (4, "10.08.1804", "not a date"),
    "founded_no_such_day": (4, "2019-02-30", "no such day"),
    "founded_with_time": (4, "2019-01-01 12:00", "a time beside the date"),
    "founded_serial": (4, "43466", "not a date"),
    "coastal_yes": (5, "yes", "neither true nor false"),
    "coastal_one": (5, "1", "neither true nor false"),
    "coastal_capital": (5, "TRUE", "neither true nor false"),
    "kind_bell": (6, "a\x07", "invisible character"),
    "kind_override": (6, "a\u202eb", "invisible character"),
    "kind_blank": (6, "a\u00a0", "a blank before or after"),
    "kind_error": (6, "#REF!", "an error value"),
    "year_two_digits": (1, "19", "below the least value"),
    "year_span": (1, "2019/20", "not a whole number"),
    "year_empty": (1, "", "empty"),
    "region_empty": (0, "", "empty"),
    "region_unknown": (0, "Atlantis", "no region is named 'Atlantis'"),
}
BAD_CELLS += tuple(
    reject(f"csv_{name}", "row 2", rule, files={CSV: cell(column, value)})
    for name, (column, value, rule) in _OTHERS.items()
)
SHAPES = (
    reject("csv_semicolons", "split by ';'", files={CSV: PLAIN.replace(",", ";")}),
    reject("csv_tabs", "split by tabs", files={CSV: PLAIN.replace(",", "\t")}),
    reject("csv_bars", "split by '|'", files={CSV: PLAIN.replace(",", "|")}),
    reject("csv_only_blanks", "the file is empty", files={CSV: " \n\n \n"}),
    reject("csv_only_header", "no rows below", files={CSV: HEADER + "\n"}),
    reject("csv_title_above", "no column 'year'", files={CSV: "Table 1\n" + PLAIN}),
    reject("csv_blank_above", "the header is empty", files={CSV: "\n" + PLAIN}),
    reject(
        "csv_short_row", "row 3", "1 cells where", files={CSV: f"{HEADER}\n{LINES[0]}\nRU-MOW\n"}
    ),
    reject("csv_long_row", "row 2", "8 cells where", files={CSV: f"{HEADER}\n{LINES[0]},x\n"}),
    reject("csv_open_quote", "broken quoting", files={CSV: PLAIN + '"RU-AD,2019'}),
    reject("csv_quote_inside", "broken quoting", files={CSV: PLAIN + '"a"b,1\n'}),
    reject("csv_nameless", "column 8 has no name", files={CSV: PLAIN.replace("kind\n", "kind,\n")}),
    reject(
        "csv_twice", "two columns named 'staff'", files={CSV: PLAIN.replace("kind\n", "staff\n")}
    ),
    reject("csv_case", "differ in case only", files={CSV: PLAIN.replace("kind\n", "Staff\n")}),
    reject("csv_lost_column", "no column 'kind'", files={CSV: PLAIN.replace("kind\n", "sort\n")}),
    reject(
        "csv_lost_and_bad", "row 2", "a percent", files={CSV: cell(2, "5%").replace(b"kind", b"x")}
    ),
    reject("csv_key_twice", "stands more than once", files={CSV: PLAIN + LINES[0] + "\n"}),
    reject(
        "csv_cell_of_100_mb",
        "a cell of more than 131,072 characters",
        files={CSV: lambda: f'{HEADER}\n"'.encode() + b"x" * 100_000_000 + b'"\n'},
    ),
    reject(
        "csv_line_of_20_mb",
        "characters",
        files={CSV: lambda: f"{HEADER}\n".encode() + b"x" * 20_000_000},
    ),
    reject(
        "csv_many_columns", "columns, more than", files={CSV: lambda: ",".join(["a"] * 200_000)}
    ),
    reject("csv_same_columns", "more like it", files={CSV: ",".join(["a"] * 9000) + "\n1\n"}),
    reject("csv_blank_lines", "blank lines", files={CSV: lambda: HEADER + "\n" * 1_100_000}),
    reject(
        "csv_key_repeated",
        "RU-TOM 2019 stands",
        files={CSV: lambda: PLAIN + f"{LINES[0]}\n" * 20_000},
    ),
)
VALID_CSV = (
    accept("plain", files={CSV: PLAIN}),
    accept("byte_order_mark", files={CSV: "\ufeff" + PLAIN}),
    accept("lines_end_in_crlf", files={CSV: PLAIN.replace("\n", "\r\n")}),
    accept("lines_end_in_cr", files={CSV: PLAIN.replace("\n", "\r")}),
    accept("no_end_of_the_last_line", files={CSV: PLAIN.rstrip("\n")}),
    accept("blank_lines_below", files={CSV: PLAIN + "\n\n\n"}),
    accept("blank_lines_between", files={CSV: PLAIN.replace("\n", "\n\n")}),
    accept(
        "all_quoted",
        files={CSV: "\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS) + "\n"},
    ),
    accept("another_order_of_columns", files={CSV: "\n".join(",".join(row[::-1]) for row in ROWS)}),
    accept(
        "more_columns",
        files={
            CSV: "\n".join(
                ",".join([*row, f"x{n}", "%"[: n > 0]] if n else [*row, "more", "note"])
                for n, row in enumerate(ROWS)
            )
        },
    ),
    accept("numbers_with_zeros_behind", files={CSV: PLAIN.replace("1073.3", "1073.300")}),
    accept("numbers_with_exponents", files={CSV: PLAIN.replace("1073.3", "1.0733e3")}),
    accept("suffix_in_capitals", files={"region_year.CSV": PLAIN}),
    accept(
        "other_files_beside",
        files={CSV: PLAIN, "notes.txt": "x", "other.csv": "a;b", "x.xls": _OLE},
    ),
    accept(
        "letters_in_two_characters",
        files={CSV: PLAIN.replace("city", "кра\u0438\u0306")},
        twin={CSV: PLAIN.replace("city", "кра\u0439")},
    ),
    accept(
        "quotes_and_commas_in_text",
        files={CSV: PLAIN.replace("city", '"a ""b"", c"')},
        twin={
            XLSX: lambda: book(
                edits={"xl/sharedStrings.xml": lambda x: x.replace("city", 'a "b", c')}
            )()
        },
    ),
)

# ------------------------------------------------------------------------------------------ XLSX

_FIGURES = {(row, 2): "0.0%" for row in (1, 2, 3)}
_CELL_A2 = '<c r="A2" t="s"><v>7</v></c>'
_CALC = 'fullCalcOnLoad="1"'


def _formula(value: str) -> Callable[[Any, Any], object]:
    return lambda _, sheet: sheet.write_formula(1, 2, "=1+1", None, value)


_FRONT = "xl/workbook.xml"


def _flagged(value: str, flag: str) -> Callable[[], bytes]:
    """A workbook with a formula, and what its front says of calculating in place of the usual."""
    return book(set_up=_formula(value), edits={_FRONT: lambda x: x.replace(_CALC, flag)})


WORKBOOKS = (
    reject("percent_among_numbers", "row 2", "107330%", files={XLSX: book({(1, 2): "0.0%"})}),
    reject("percent_built_in", "row 2", "shown as", files={XLSX: book({(1, 2): "0%"})}),
    reject(
        "thousands_among_numbers", "row 2", "shown as 1.0733", files={XLSX: book({(1, 2): "0.0,"})}
    ),
    reject("millions_among_numbers", "shown as", files={XLSX: book({(2, 2): '0.000,,"m"'})}),
    warn("percent_in_all_cells", "population", "107330%", files={XLSX: book(_FIGURES)}),
    warn(
        "thousands_in_all_cells",
        "shown as 1.0733",
        files={XLSX: book(dict.fromkeys(_FIGURES, "#,##0.0,"))},
    ),
    reject("date_format_on_a_number", "not a number", files={XLSX: book({(1, 2): "dd.mm.yyyy"})}),
    reject(
        "formula_placeholder",
        "row 2, column C",
        "without a stored",
        files={XLSX: book(set_up=_formula("0"))},
    ),
    reject(
        "formula_placeholder_empty", "without a stored", files={XLSX: book(set_up=_formula(""))}
    ),
    reject("formula_error", "an error value", files={XLSX: book(set_up=_formula("#DIV/0!"))}),
    reject(
        "calculation_incomplete",
        "without a stored",
        files={XLSX: _flagged("0", 'calcCompleted="0"')},
    ),
    warn(
        "calculated_by_hand",
        "by hand",
        files={XLSX: _flagged("1073.3", 'calcMode="manual"')},
    ),
    warn(
        "hidden_row",
        "1 rows are hidden",
        ": 3",
        files={XLSX: book(set_up=lambda _, s: s.set_row(2, None, None, {"hidden": True}))},
    ),
    warn(
        "hidden_column",
        "column kind",
        "hidden",
        files={XLSX: book(set_up=lambda _, s: s.set_column(6, 6, None, None, {"hidden": True}))},
    ),
    warn(
        "hidden_sheet",
        "the sheet is hidden",
        files={XLSX: book(set_up=lambda w, s: (w.add_worksheet("front").activate(), s.hide()))},
    ),
    reject(
        "merged_cells",
        "merged cells",
        files={XLSX: book(set_up=lambda _, s: s.merge_range(1, 0, 2, 0, "x"))},
    ),
    reject(
        "two_sheets",
        "none named 'region_year'",
        files={
            XLSX: book(
                set_up=lambda w, s: w.add_worksheet("b"),
                edits={_FRONT: lambda x: x.replace('name="region_year"', 'name="a"')},
            )
        },
    ),
    reject(
        "empty_sheet",
        "the sheet is empty",
        files={
            XLSX: book(
                edits={SHEET: lambda x: x[: x.index("<sheetData>")] + "<sheetData/></worksheet>"}
            )
        },
    ),
    reject(
        "sheet_of_a_header",
        "no rows below",
        files={
            XLSX: book(
                edits={SHEET: lambda x: x[: x.index('<row r="2"')] + "</sheetData></worksheet>"}
            )
        },
    ),
    reject(
        "row_twice",
        "row 2 after row 2",
        files={XLSX: book(edits={SHEET: lambda x: x.replace('<row r="3"', '<row r="2"')})},
    ),
    reject(
        "cell_twice",
        "after a later one",
        files={XLSX: book(edits={SHEET: lambda x: x.replace('r="B2"', 'r="A2"')})},
    ),
    reject(
        "cell_at_zzz1",
        "no such cell: ZZZ",
        files={XLSX: book(edits={SHEET: lambda x: x.replace('r="G1"', 'r="ZZZ1"')})},
    ),
    reject(
        "cell_at_xfd1",
        "has no name",
        files={XLSX: book(edits={SHEET: lambda x: x.replace('r="G1"', 'r="XFD1"')})},
    ),
    reject(
        "row_beyond",
        "not a whole XLSX",
        files={XLSX: sheet_of(lambda: '<row r="1048577"><c><v>1</v></c></row>')},
    ),
    reject(
        "document_type",
        "a document type",
        files={
            XLSX: book(
                edits={SHEET: lambda x: x.replace("<worksheet", "<!DOCTYPE x><worksheet", 1)}
            )
        },
    ),
    reject(
        "string_that_is_not",
        "not a whole XLSX",
        files={XLSX: book(edits={SHEET: lambda x: x.replace("<v>7</v>", "<v>700</v>")})},
    ),
    reject(
        "string_below_zero",
        "not a whole XLSX",
        files={XLSX: book(edits={SHEET: lambda x: x.replace("<v>7</v>", "<v>-1</v>")})},
    ),
    reject(
        "number_as_code",
        "a number where text",
        files={XLSX: book(set_up=lambda _, s: s.write_number(1, 6, 5))},
    ),
    reject("nested_tags", "nested more than", files={XLSX: sheet_of(lambda: "<x>" * 2_000_000)}),
    reject("packed_rows", "times its size", files={XLSX: sheet_of(lambda: "<row/>" * 12_000_000)}),
    reject("empty_rows", "not a whole XLSX", files={XLSX: sheet_of(lambda: "<row/>" * 1_100_000)}),
    reject(
        "packed_strings",
        "times its size",
        files={
            XLSX: book(
                edits={
                    "xl/sharedStrings.xml": lambda x: x.replace(
                        "</sst>", "<si><t>a</t></si>" * 4_000_000 + "</sst>"
                    )
                }
            )
        },
    ),
)
VALID_XLSX = (
    accept("workbook", files={XLSX: book()}),
    accept("workbook_of_1904", files={XLSX: book(date_1904=True)}),
    accept("workbook_stored", files={XLSX: lambda: _stored(book()())}),
    accept(
        "formula_with_its_value",
        files={XLSX: _flagged("1073.3", "")},
    ),
    accept("formula_with_its_value_and_flag", files={XLSX: book(set_up=_formula("1073.3"))}),
    accept("decimals_shown", files={XLSX: book(dict.fromkeys(_FIGURES, "#,##0.00"))}),
    accept("colours_and_units", files={XLSX: book(dict.fromkeys(_FIGURES, '[Red]0.0 "% of all"'))}),
    accept("scientific", files={XLSX: book(dict.fromkeys(_FIGURES, "0.00E+00"))}),
    accept(
        "hidden_list_beside",
        files={XLSX: book(set_up=lambda w, _: w.add_worksheet("lists").hide())},
    ),
    accept(
        "only_sheet_of_another_name",
        files={
            XLSX: book(edits={_FRONT: lambda x: x.replace('name="region_year"', 'name="Лист1"')})
        },
    ),
    accept(
        "blank_rows_below",
        files={XLSX: sheet_of(lambda: '<row r="9"/><row r="12"><c r="A12" s="1"/></row>')},
    ),
    accept(
        "without_references",
        files={
            XLSX: book(edits={SHEET: lambda x: re.sub(r'(<(?:c|row)) r="[A-Z]*\d+"', r"\1", x)})
        },
    ),
    accept(
        "inline_string",
        files={
            XLSX: book(
                edits={
                    SHEET: lambda x: x.replace(
                        '<c r="A2" t="s"><v>7</v></c>',
                        '<c r="A2" t="inlineStr"><is><t>RU-TOM</t></is></c>',
                    )
                }
            )
        },
    ),
    accept(
        "rich_text",
        files={
            XLSX: book(
                edits={
                    "xl/sharedStrings.xml": lambda x: x.replace(
                        "<t>RU-TOM</t>", "<r><t>RU-</t></r><r><rPr><b/></rPr><t>TOM</t></r>"
                    )
                }
            )
        },
    ),
    accept(
        "date_as_a_day",
        files={
            XLSX: book(
                set_up=lambda w, s: s.write_datetime(
                    1, 4, datetime(1904, 8, 10), w.add_format({"num_format": "d mmm yyyy"})
                )
            )
        },
        twin={CSV: PLAIN.replace("1804-08-10", "1904-08-10")},
    ),
    accept("merged_beside", files={XLSX: book(set_up=lambda _, s: s.merge_range(0, 9, 1, 10, ""))}),
    accept(
        "filter_without_hidden_rows",
        files={XLSX: book(set_up=lambda _, s: s.autofilter(0, 0, 3, 6))},
    ),
)


def _stored(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    return out.getvalue()


# --------------------------------------------------------------------------------------- Parquet


def _cast(name: str, dtype: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda f: f.with_columns(pl.col(name).cast(dtype))


def _set(name: str, value: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda f: f.with_columns(pl.lit(value).alias(name))


PARQUETS = (
    *(
        reject(
            f"parquet_{name}_as_{word}",
            name,
            "declared",
            files={PARQUET: parquet(_cast(name, dtype))},
        )
        for name, word, dtype in (
            ("population", "text", pl.String),
            ("staff", "text", pl.String),
            ("founded", "text", pl.String),
            ("coastal", "text", pl.String),
            ("year", "text", pl.String),
            ("founded", "time", pl.Datetime),
            ("coastal", "number", pl.Int8),
            ("kind", "binary", pl.Binary),
        )
    ),
    reject("parquet_nested", "declared", files={PARQUET: parquet(_set("population", [1.0]))}),
    reject(
        "parquet_nan", "not a finite", files={PARQUET: parquet(_set("population", float("nan")))}
    ),
    reject("parquet_fraction", "a fraction", files={PARQUET: parquet(_set("staff", 0.5))}),
    reject("parquet_error_value", "an error value", files={PARQUET: parquet(_set("kind", "#N/A"))}),
    reject("parquet_bell", "invisible", files={PARQUET: parquet(_set("kind", "a\x07"))}),
    reject("parquet_no_break", "a blank before", files={PARQUET: parquet(_set("kind", "a\u00a0"))}),
    reject("parquet_without_rows", "no rows", files={PARQUET: parquet(lambda f: f.clear())}),
    reject(
        "parquet_lost_column",
        "no column 'kind'",
        files={PARQUET: parquet(lambda f: f.drop("kind"))},
    ),
    reject("parquet_cut", "Parquet", files={PARQUET: lambda: parquet(lambda f: f)()[:200]}),
)
PARQUETS += (
    reject(
        "parquet_of_one_value",
        "more than",
        files={
            PARQUET: lambda: parquet(
                lambda f: pl.concat([f.head(1)] * 1).select(pl.all().repeat_by(3_000_000).explode())
            )()
        },
    ),
)
VALID_PARQUET = (
    accept("parquet", files={PARQUET: parquet(lambda f: f)}),
    *(
        accept(f"parquet_{packing}", files={PARQUET: parquet(lambda f: f, compression=packing)})
        for packing in ("uncompressed", "snappy", "gzip", "zstd", "lz4")
    ),
    accept("parquet_small_integers", files={PARQUET: parquet(_cast("staff", pl.UInt16))}),
    accept("parquet_whole_doubles", files={PARQUET: parquet(_cast("staff", pl.Float64))}),
    accept("parquet_dictionary", files={PARQUET: parquet(_cast("kind", pl.Categorical))}),
    accept("parquet_decimals", files={PARQUET: parquet(_cast("population", pl.Decimal(12, 4)))}),
    accept("parquet_more_columns", files={PARQUET: parquet(_set("nested", [[1], [2], [3]]))}),
    accept("parquet_small_groups", files={PARQUET: parquet(lambda f: f, row_group_size=1)}),
)

# ----------------------------------------------------------------------------- what is no plain file


def _linked(target: str) -> Callable[[Path], object]:
    return lambda folder: (folder / CSV).symlink_to(target)


def _shared(folder: Path) -> None:
    outside = folder.parent / f"{folder.name}_shared"
    outside.mkdir()
    (outside / "table.csv").write_text(PLAIN, "utf-8")
    (folder / CSV).symlink_to(outside / "table.csv")


def _secret(folder: Path) -> None:
    outside = folder.parent / f"{folder.name}_secret"
    outside.write_text("hunter2,secret\n1,2\n", "utf-8")
    (folder / CSV).symlink_to(outside)


SPECIAL = (
    reject("pipe", "is a pipe", make=lambda folder: os.mkfifo(folder / CSV)),
    reject("folder_named_as_a_table", "is a folder", make=lambda folder: (folder / CSV).mkdir()),
    reject("link_to_a_device", "is a device", make=_linked("/dev/zero")),
    reject("link_to_itself", "cannot be read", make=_linked(CSV)),
    reject("link_to_nothing", "cannot be read", make=_linked("nowhere.csv")),
    reject("link_to_something_else", "no column 'region'", make=_secret),
    accept("link_to_a_shared_table", make=_shared),
    reject("nothing_at_all", "there is no file for the table", files={}),
)
FIRMS = section(region_year={"okved": {"type": "text"}, "employees": {"type": "integer"}})
FINER = (
    reject(
        "firms_text_number",
        "not a whole number",
        section=FIRMS,
        files={CSV: "region,okved,employees\nRU-TOM,21.10,many\n"},
    ),
    reject(
        "firms_number_code",
        "where text is declared",
        section=FIRMS,
        files={PARQUET: lambda: parquet(lambda f: f.select("region", okved=21.1, employees=1))()},
    ),
)

CASES: tuple[Case, ...] = (
    *DISGUISED,
    *SWAPPED,
    *ENCODED,
    *BAD_CELLS,
    *SHAPES,
    *VALID_CSV,
    *WORKBOOKS,
    *VALID_XLSX,
    *PARQUETS,
    *VALID_PARQUET,
    *SPECIAL,
    *FINER,
)
