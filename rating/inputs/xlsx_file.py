"""XLSX workbooks, read from their XML: exact numbers, no formula without a value, no merged cells.

The readers at hand lose what matters here: fastexcel's text has nine decimals, its error cells are
empty, and one cell at XFD1048576 aborts the process. The sheet is a few elements; it is read once,
within limits, and without DTDs.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from rating.errors import DataError, Problem
from rating.inputs import raw

UNPACKED = 256 * 1024 * 1024
"""Bytes that all parts of a workbook together may unpack to."""

CELLS = 5_000_000
"""Cells that a sheet may hold."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_REFERENCE = re.compile(r"^([A-Z]{1,3})([1-9][0-9]{0,6})$")
_ESCAPE = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
# Built-in number formats that show a date or a time (ECMA-376, part 1, 18.8.30).
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


# What zipfile, its decoders, the XML parser and the conversions here raise on a damaged file.
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(ParseError, LookupError, ValueError, OverflowError),
    *(NotImplementedError, RuntimeError, EOFError, OSError),
)


@dataclass(frozen=True)
class _Cell:
    text: str
    number: bool = False


@dataclass(frozen=True, eq=False)
class _Book:
    """A workbook: its strings, which styles are dates, and where days are counted from."""

    strings: list[str]
    dates: set[int]
    epoch: datetime
    raised: str = ""

    def cell(self, element: Element) -> _Cell:
        """The text of a cell as CSV would write it."""
        kind = element.get("t", "n")
        if kind == "inlineStr":
            return _Cell(_string(element.find(f"{_MAIN}is"), self.raised))
        text = element.findtext(f"{_MAIN}v") or ""
        if not text or kind in ("e", "str"):
            return _Cell(_unescaped(text))
        if kind == "s":
            return _Cell(self.strings[int(text)])
        if kind == "b":
            return _Cell("true" if text == "1" else "false")
        if kind == "d":
            return _Cell(text.removesuffix("T00:00:00"))
        value = float(text)
        if int(element.get("s", "0")) in self.dates:
            return _Cell(self.day(value))
        whole = value.is_integer() and abs(value) < 1e15
        return _Cell(str(int(value)) if whole else repr(value), number=True)

    def day(self, serial: float) -> str:
        """A serial number as an ISO date, with the time of day where it has one."""
        # The calendar of 1900 has a 29 February that never was; days before it are one off.
        shift = 1 if self.epoch.year == 1899 and serial < 60 else 0
        moment = self.epoch + timedelta(days=serial + shift)
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
        return moment.isoformat().removesuffix("T00:00:00")


def read(file: str, data: bytes, sha256: str, *, table: str, texts: frozenset[str]) -> raw.Raw:
    """The table of a workbook: its only sheet, or the one named as the table.

    Args:
        file: the base name of the file.
        data: its bytes.
        sha256: of the bytes.
        table: the name of the table.
        texts: the columns declared as text, where a cell with a number refuses its row: the
            workbook no longer knows whether 1 was 01.

    Raises:
        DataError: not a workbook, beyond the limits, merged cells, formulas without a value.
    """
    with _opened(file, data) as archive:
        sheet = _sheet(file, archive, table)
        return _table(file, sha256, texts, _book(archive), archive, sheet)


def grid(file: str, data: bytes, sheet: str, *, raised: str = "") -> dict[tuple[int, int], str]:
    """The cells of a sheet that hold something, by row and column, both counted from 1.

    For a workbook that is a form, with its figures at fixed places, rather than a table.

    Args:
        file: the base name of the file.
        data: its bytes.
        sheet: the name of the sheet, where there are several.
        raised: a mark set before each piece of raised text, as a footnote is.

    Raises:
        DataError: not a workbook, beyond the limits, no such sheet, formulas without a value.
    """
    with _opened(file, data) as archive:
        lines, _ = _lines(file, _book(archive, raised), archive, _sheet(file, archive, sheet))
    return {
        (line, column + 1): cell.text
        for line, cells in lines
        for column, cell in cells.items()
        if cell.text
    }


@contextmanager
def _opened(file: str, data: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive that a workbook is; what is wrong with it is told as a problem of the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED:
                what = f"the workbook unpacks to more than {UNPACKED // 1024**2} MB"
                raise DataError(Problem(file, what, "save the table alone, as CSV or Parquet"))
            yield archive
    except DefusedXmlException:
        what = "a document type or entities inside the workbook"
        raise DataError(Problem(file, what, "save it again from a spreadsheet program")) from None
    except _BROKEN as error:
        what = f"not a whole XLSX workbook: {error}"
        raise DataError(Problem(file, what, "save it again as .xlsx, without a password")) from None


def _elements(archive: zipfile.ZipFile, part: str, *tags: str) -> Iterator[Element]:
    """The elements of a part with these tags, each emptied after its use."""
    with archive.open(part) as stream:
        for _, element in iterparse(stream, forbid_dtd=True):
            if element.tag in tags:
                yield element
                element.clear()


def _sheet(file: str, archive: zipfile.ZipFile, table: str) -> str:
    """The part of the archive that holds the sheet to read."""
    targets = {
        element.get("Id"): element.get("Target", "")
        for element in _elements(archive, "xl/_rels/workbook.xml.rels", f"{_PACKAGE}Relationship")
        if element.get("Type", "").endswith("/worksheet")
    }
    sheets = {
        element.get("name", ""): targets[element.get(f"{_REL}id")]
        for element in _elements(archive, "xl/workbook.xml", f"{_MAIN}sheet")
        if element.get(f"{_REL}id") in targets
    }
    names = list(sheets)
    name = names[0] if len(names) == 1 else table
    if name not in sheets:
        what = (
            f"the workbook has {len(names)} sheets ({', '.join(names[:8])}), none named '{table}'"
        )
        raise DataError(Problem(file, what, f"name the sheet of the table '{table}'"))
    target = sheets[name]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _book(archive: zipfile.ZipFile, raised: str = "") -> _Book:
    parts = set(archive.namelist())
    strings, dates, formats = [], set[int](), dict[int, str]()
    if "xl/sharedStrings.xml" in parts:
        items = _elements(archive, "xl/sharedStrings.xml", f"{_MAIN}si")
        strings = [_string(element, raised) for element in items]
    if "xl/styles.xml" in parts:
        for element in _elements(archive, "xl/styles.xml", f"{_MAIN}numFmt", f"{_MAIN}cellXfs"):
            if element.tag == f"{_MAIN}numFmt":
                formats[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
                continue
            for style, xf in enumerate(element.findall(f"{_MAIN}xf")):
                number = int(xf.get("numFmtId", "0"))
                letters = _NOT_LETTERS.sub("", formats.get(number, "")).lower()
                if number in _DATE_FORMATS or (number in formats and re.search("[dmyhs]", letters)):
                    dates.add(style)
    old_mac = any(
        element.get("date1904", "0") in ("1", "true")
        for element in _elements(archive, "xl/workbook.xml", f"{_MAIN}workbookPr")
    )
    epoch = datetime(1904, 1, 1) if old_mac else datetime(1899, 12, 30)
    return _Book(strings, dates, epoch, raised)


def _lines(
    file: str, book: _Book, archive: zipfile.ZipFile, sheet: str
) -> tuple[list[tuple[int, dict[int, _Cell]]], list[str]]:
    """The lines of a sheet that hold something, and its merged ranges."""
    problems: list[Problem] = []
    lines: list[tuple[int, dict[int, _Cell]]] = []
    merges: list[str] = []
    line = count = 0
    for element in _elements(archive, sheet, f"{_MAIN}row", f"{_MAIN}mergeCell"):
        if element.tag == f"{_MAIN}mergeCell":
            merges.append(element.get("ref", ""))
            continue
        line = int(element.get("r", line + 1))
        cells: dict[int, _Cell] = {}
        column = -1
        for child in element.iterfind(f"{_MAIN}c"):
            column = _column(child.get("r"), column + 1)
            cells[column] = book.cell(child)
            formula = child.find(f"{_MAIN}f") is not None
            if formula and not cells[column].text and child.get("t") != "str":
                where = f"{file}, row {line}, column {_letters(column)}"
                remedy = "open the workbook, let it calculate, and save it"
                problems.append(Problem(where, "a formula without a stored value", remedy))
        count += len(cells)
        if count > CELLS:
            what = f"more than {CELLS:,} cells in the sheet"
            raise DataError(Problem(file, what, "write the table as CSV or Parquet"))
        if any(cell.text for cell in cells.values()):
            lines.append((line, cells))
    raw.require(problems[:20])
    return lines, merges


def _table(
    file: str,
    sha256: str,
    texts: frozenset[str],
    book: _Book,
    archive: zipfile.ZipFile,
    sheet: str,
) -> raw.Raw:
    lines, merges = _lines(file, book, archive, sheet)
    if not lines or lines[0][0] != 1:
        what = "row 1 is empty" if lines else "the sheet is empty"
        raise DataError(Problem(file, what, "write the header in row 1 and the rows below"))
    width = 1 + max(column for column, cell in lines[0][1].items() if cell.text)
    raw.require([problem for ref in merges for problem in _merged(file, ref, width)])
    header = [_at(lines[0][1], column).text for column in range(width)]
    codes = [(column, name) for column, name in enumerate(header) if name in texts]
    refused = [
        raw.Refusal(n, name, "a number where text is declared; format the cell as text", cell.text)
        for n, cells in lines[1:]
        for column, name in codes
        if (cell := _at(cells, column)).number
    ]
    return raw.of_text(
        file,
        header,
        [n for n, _ in lines[1:]],
        [_row(cells, width) for _, cells in lines[1:]],
        sha256=sha256,
        refused=refused,
    )


def _row(cells: dict[int, _Cell], width: int) -> list[str]:
    """The cells of a row as wide as the header; what stands beyond it is kept, to be refused."""
    beyond = [cells[column].text for column in sorted(cells) if column >= width]
    return [_at(cells, c).text for c in range(width)] + [text for text in beyond if text]


def _at(cells: dict[int, _Cell], column: int) -> _Cell:
    return cells.get(column, _Cell(""))


def _merged(file: str, reference: str, width: int) -> list[Problem]:
    """A problem where merged cells reach into the columns of the table."""
    if _column(reference.split(":")[0], width) >= width:
        return []
    remedy = "unmerge them and write the value into each cell"
    return [Problem(f"{file}, cells {reference}", "merged cells in the table", remedy)]


def _column(reference: str | None, following: int) -> int:
    """The column of a reference such as C5, counted from 0; a cell without one follows the last."""
    if reference is None:
        return following
    match = _REFERENCE.match(reference)
    if match is None:
        raise ValueError(f"no such cell: {reference[:20]}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _letters(column: int) -> str:
    letters = ""
    while column >= 0:
        letters = chr(65 + column % 26) + letters
        column = column // 26 - 1
    return letters


def _string(element: Element | None, raised: str = "") -> str:
    """The text of a string, its formatted runs joined, without the reading aids of Japanese."""
    if element is None:
        return ""
    text = element.findtext(f"{_MAIN}t") or ""
    for run in element.findall(f"{_MAIN}r"):
        align = run.find(f"{_MAIN}rPr/{_MAIN}vertAlign")
        high = align is not None and align.get("val") == "superscript"
        text += (raised if high else "") + (run.findtext(f"{_MAIN}t") or "")
    return _unescaped(text)


def _unescaped(text: str) -> str:
    """Text with the escapes _x000A_ of control characters undone."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
