"""XLSX workbooks, read from their XML: exact numbers, and nothing that a reader does not see.

A formula without a value, merged cells and numbers shown in two units are refused; hidden rows and
columns are read and remarked.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rating.errors import DataError, Problem
from rating.inputs import raw, xlsx_book, xml_stream
from rating.inputs.raw import Refusal

CELLS = 20_000_000
"""Cells that a sheet may hold: all rows of a spreadsheet, twenty columns wide."""

FORM = 2_000_000
"""Cells that a form may hold."""

ROWS = 1_048_576
"""Rows of a spreadsheet."""


@dataclass(frozen=True)
class _Cell:
    text: str
    number: bool = False
    scale: float = 1.0


_NOTHING = _Cell("")
_Line = dict[int, _Cell]


@dataclass(eq=False)
class _Sheet:
    """The rows of a sheet as they end, and what else it says of itself.

    Attributes:
        file: the base name of the file.
        book: its strings and styles.
        took: takes each row that holds something: its number and its cells by column.
        most: cells that there may be.
    """

    file: str
    book: xlsx_book.Book
    took: Callable[[int, _Line], None]
    most: int
    merges: list[str] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden: int = 0
    formulas: int = 0
    uncalculated: list[Problem] = field(default_factory=list)
    _line: int = 0
    _column: int = -1
    _cells: _Line = field(default_factory=dict)
    _count: int = 0
    _kind: str = "n"
    _style: int = 0
    _value: str = ""
    _formula: bool = False
    _open: bool = False
    _hides: bool = False
    _inline: xlsx_book.Strings | None = None
    _letters: dict[str, int] = field(default_factory=dict)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._column = self._place(attributes.get("r"))
            self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", "0"))
            self._value, self._formula = "", False
        elif tag == "v":
            self._open = True
        elif self._inline is not None:
            self._inline.start(tag, attributes)
        elif tag == "row":
            line = int(attributes.get("r", self._line + 1))
            if not self._line < line <= ROWS:
                raise ValueError(f"row {line} after row {self._line}")
            self._line, self._column, self._cells = line, -1, {}
            self._hides = attributes.get("hidden") in ("1", "true")
        elif tag == "f":
            self._formula = True
        elif tag == "is":
            self._inline = xlsx_book.Strings(self.book.raised)
        elif tag == "mergeCell":
            if len(self.merges) < 100_000:
                self.merges.append(attributes.get("ref", ""))
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            last = int(attributes.get("max", "0")) - 1
            self.hidden_columns.append((int(attributes.get("min", "1")) - 1, last))

    def data(self, text: str) -> None:
        if self._open:
            if len(self._value) <= xlsx_book.LONGEST:
                self._value += text
        elif self._inline is not None:
            self._inline.data(text)

    def end(self, tag: str) -> None:
        if tag == "v":
            self._open = False
        elif tag == "c":
            self._cell()
        elif tag == "is" and self._inline is not None:
            if self._kind == "inlineStr":
                self._value = self._inline.joined()
            self._inline = None
        elif self._inline is not None:
            self._inline.end(tag)
        elif tag == "row":
            self._row()

    def _place(self, reference: str | None) -> int:
        """The column of a cell, counted from 0; one without a reference follows the last."""
        if reference is None:
            return self._column + 1
        letters = reference.removesuffix(str(self._line))
        found = self._letters.get(letters)
        if found is None:
            found = self._letters[letters] = _column(letters)
        if found <= self._column:
            raise ValueError(f"the cell {reference[:20]} after a later one")
        return found

    def _cell(self) -> None:
        self._count += 1
        if self._count > self.most:
            raise _too_many(self.file, self.most)
        if self._kind == "inlineStr":
            text, number = self._value, False
        else:
            text = self.book.text(self._kind, self._value, self._style)
            number = self._kind == "n" and bool(text) and self._style not in self.book.styles.dates
        if self._formula:
            self.formulas += 1
            # A program that cannot calculate writes 0 or nothing, and asks whoever opens it to.
            placeholder = self.book.uncalculated and self._value in ("", "0")
            if placeholder or (not text and self._kind != "str"):
                self._not_calculated()
        if text:
            scale = self.book.styles.scales.get(self._style, 1.0) if number else 1.0
            self._cells[self._column] = _Cell(text, number, scale)

    def _not_calculated(self) -> None:
        if len(self.uncalculated) < 20:
            where = f"{self.file}, row {self._line}, column {letters_of(self._column)}"
            remedy = "open the workbook, let it calculate, and save it"
            self.uncalculated.append(Problem(where, "a formula without a stored value", remedy))

    def _row(self) -> None:
        if not self._cells:
            return
        if self._hides:
            self.hidden += 1
            if self.hidden <= 5:
                self.hidden_rows.append(self._line)
        self.took(self._line, self._cells)
        self._cells = {}


def read(
    file: str, data: bytes, sha256: str, *, table: str, types: Mapping[str, str] | None = None
) -> raw.Raw:
    """The table of a workbook: its only sheet, or the one named as the table.

    Args:
        file: the base name of the file.
        data: its bytes.
        sha256: of the bytes.
        table: the name of the table.
        types: what the columns are declared as; others are of no matter. In a text column a cell
            with a number refuses its row: the workbook no longer knows whether 1 was 01.

    Raises:
        DataError: not a workbook, beyond the limits, merged cells, formulas without a value.
    """
    with xlsx_book.opened(file, data) as archive:
        book, part, hidden = xlsx_book.book(file, archive, table)
        rows = _Rows(file, types or {})
        sheet = _fed(file, archive, part, _Sheet(file, book, rows.take, CELLS))
    if rows.lines is None:
        raise DataError(Problem(file, "the sheet is empty", "write the header in row 1"))
    raw.require(sheet.uncalculated)
    merged = [problem for ref in sheet.merges for problem in _merged(file, ref, rows.width)]
    raw.require(raw.first(file, merged))
    rows.refuse_scaled()
    whole = [*_of_sheet(sheet, rows.header, set(types or ())), *rows.remarks]
    if hidden:
        whole.insert(0, Refusal(0, "", "the sheet is hidden and read", ""))
    return rows.lines.table(sha256, whole)


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
    found: dict[tuple[int, int], str] = {}

    def took(line: int, cells: _Line) -> None:
        found.update({(line, column + 1): cell.text for column, cell in cells.items()})

    with xlsx_book.opened(file, data) as archive:
        book, part, _ = xlsx_book.book(file, archive, sheet, raised)
        read = _fed(file, archive, part, _Sheet(file, book, took, FORM))
    raw.require(read.uncalculated)
    return found


def _fed(file: str, archive: zipfile.ZipFile, part: str, sheet: _Sheet) -> _Sheet:
    target: xml_stream.Target = sheet
    xlsx_book.feed(file, archive, part, target)
    return sheet


class _Rows:
    """The rows of a table as they arrive: the first is the header."""

    def __init__(self, file: str, types: Mapping[str, str]) -> None:
        self.file, self.types = file, types
        self.header: list[str] = []
        self.lines: raw.Lines | None = None
        self.remarks: list[Refusal] = []
        self.width = self._held = 0
        self._texts: list[int] = []
        self._numbers: list[int] = []
        # Of each column of numbers: the cells shown in another unit, and whether one is not.
        self._scaled: dict[int, list[tuple[int, _Cell]]] = {}
        self._plain: set[int] = set()

    def take(self, line: int, cells: _Line) -> None:
        """One row of the sheet that holds something."""
        if self.lines is None:
            if line != 1:
                what = "row 1 is empty"
                remedy = "write the header in row 1 and the rows below"
                raise DataError(Problem(self.file, what, remedy))
            self.width = 1 + max(cells)
            self.header = [cells.get(column, _NOTHING).text for column in range(self.width)]
            self.lines = raw.Lines(self.file, self.header)
            named = {name: place for place, name in enumerate(self.header) if name in self.types}
            texts = [place for name, place in named.items() if self.types[name] == "text"]
            self._texts, self._numbers = texts, sorted({*named.values()} - {*texts})
            return
        self._held += self.width
        if self._held > CELLS + ROWS:
            raise _too_many(self.file, CELLS)
        for column in self._texts:
            if column in cells and cells[column].number:
                rule = "a number where text is declared; format the cell as text"
                self.lines.refuse(Refusal(line, self.header[column], rule, cells[column].text))
        for column in self._numbers:
            cell = cells.get(column, _NOTHING)
            # 0 is 0 in every unit.
            if cell.scale != 1 and cell.text != "0":
                self._scaled.setdefault(column, []).append((line, cell))
            elif cell.text and cell.text != "0":
                self._plain.add(column)
        row = [cells[column].text if column in cells else "" for column in range(self.width)]
        if max(cells) >= self.width:
            # What stands beyond the header is kept, to be refused.
            row += [cells[column].text for column in sorted(cells) if column >= self.width]
        self.lines.add(line, row)

    def refuse_scaled(self) -> None:
        """Refuse the cells shown in another unit where the column has both; else remark them."""
        assert self.lines is not None, "the caller looks first"
        for column, found in self._scaled.items():
            name, (line, first) = self.header[column], found[0]
            if column not in self._plain and len({cell.scale for _, cell in found}) == 1:
                rule = f"shown as {_shown(first)} by its format, and read as {first.text}"
                rule += f", as {len(found)} cells of the column are"
                self.remarks.append(Refusal(line, name, rule, first.text))
                continue
            for line, cell in found:
                rule = f"shown as {_shown(cell)} by its format, among cells in another unit"
                rule += "; write the number that is meant, in the format of the others"
                self.lines.refuse(Refusal(line, name, rule, cell.text))


def _shown(cell: _Cell) -> str:
    shown = f"{float(cell.text) * cell.scale:.10g}"
    return f"{shown}%" if cell.scale == 100 else shown


def _of_sheet(sheet: _Sheet, header: list[str], declared: set[str]) -> list[Refusal]:
    """What a reader of the sheet does not see, and what may be stale in it."""
    found = []
    if sheet.hidden:
        rows = ", ".join(map(str, sheet.hidden_rows)) + (" ..." if sheet.hidden > 5 else "")
        what = f"{sheet.hidden} rows are hidden, by hand or by a filter, and read: {rows}"
        found.append(Refusal(sheet.hidden_rows[0], "", what, ""))
    for column, name in enumerate(header):
        hidden = any(first <= column <= last for first, last in sheet.hidden_columns)
        if hidden and (name in declared or not declared):
            found.append(Refusal(0, name, "the column is hidden and read", ""))
    if sheet.book.by_hand and sheet.formulas:
        what = f"the workbook calculates by hand: its {sheet.formulas} formulas may be stale"
        found.append(Refusal(0, "", what, ""))
    return found


def _too_many(file: str, most: int) -> DataError:
    what = f"more than {most:,} cells in the sheet"
    return DataError(Problem(file, what, "write the table as CSV or Parquet"))


def _merged(file: str, reference: str, width: int) -> list[Problem]:
    """A problem where merged cells reach into the columns of the table."""
    if _column(reference.split(":")[0].rstrip("0123456789")) >= width:
        return []
    remedy = "unmerge them and write the value into each cell"
    return [Problem(f"{file}, cells {reference[:20]}", "merged cells in the table", remedy)]


def _column(letters: str) -> int:
    """The column of its letters, counted from 0."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else raw.COLUMNS + 1
    if not 1 <= column <= raw.COLUMNS or len(letters) > 3:
        raise ValueError(f"no such cell: {letters[:20]}")
    return column - 1


def letters_of(column: int) -> str:
    """The letters of a column, counted from 0."""
    letters = ""
    while column >= 0:
        letters = chr(65 + column % 26) + letters
        column = column // 26 - 1
    return letters
