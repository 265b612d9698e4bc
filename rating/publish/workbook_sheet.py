"""Sheets of the workbook: headed tables whose texts stay texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rating.publish import charts
from rating.publish.texts import clean
from rating.scale import MOST_DIGITS, Scale

Cell = str | float | int | bool | None
# What a spreadsheet takes for a formula when somebody edits the cell and leaves it again.
_FORMULA = re.compile(r"[=+\-@\t\r']")
# Points of a line of text, and the greatest height of a row.
_LINE, _TALLEST = 15.0, 405.0
_SCORES: Mapping[str, Mapping[str, Any]] = {
    "score": {"valign": "top"},
    "input_score": {"bg_color": "#fff6df"},
    "fixed": {"italic": True, "font_color": "#55606c"},
}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "font_color": charts.TEAL},
    "note": {"font_color": "#55606c", "italic": True},
    "head": {
        "bold": True,
        "text_wrap": True,
        "valign": "top",
        "font_color": charts.PAPER,
        "bg_color": charts.TEAL,
        "border": 1,
        "border_color": charts.LINE,
    },
    "caption": {"bold": True, "font_color": charts.TEAL, "font_size": 12},
    "text": {"valign": "top", "align": "left", "indent": 1},
    "long": {"valign": "top", "align": "left", "indent": 1, "text_wrap": True},
    "whole": {"valign": "top", "num_format": "#,##0"},
    "year": {"valign": "top", "num_format": "0", "align": "left"},
    "share": {"valign": "top", "num_format": "0.0%"},
    "weight": {"valign": "top", "num_format": "0.0000"},
    "fine": {"valign": "top", "num_format": "0.000"},
    "tiny": {"valign": "top", "num_format": "0.0E+00"},
    # Meant to be changed, and given without a formula.
    "input_weight": {"num_format": "0.0000", "bg_color": "#fff6df"},
    **{
        f"digits_{n}": {"valign": "top", "num_format": "#,##0" + ("." + "0" * n if n else "")}
        for n in range(7)
    },
    **{
        f"{kind}_{n}": {"num_format": f"{0:.{n}f}", **look}
        for n in range(1, MOST_DIGITS + 2)
        for kind, look in _SCORES.items()
    },
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: what stands in its head.
        width: in characters.
        look: how its cells look: ``text``, ``long``, ``whole``, ``score``, ``share`` ...
    """

    title: str
    width: float = 11
    look: str = "text"


def scored(scale: Scale, item: str | None = None, kind: str = "score") -> str:
    """The look of the scores of an item, by default of the index."""
    return f"{kind}_{scale.digits[item or scale.root] + 1}"


class Book:
    """A workbook being written, with its looks; a mark, where it has one, heads every page."""

    def __init__(self, book: Any, mark: str = "") -> None:
        self.book, self.mark = book, mark
        # A look in a book is made once, however many cells have it.
        self.look = cache(self._look)

    def _look(self, name: str, quoted: bool = False) -> Any:
        made = self.book.add_format(dict(_LOOKS[name]))
        if quoted:
            made.set_quote_prefix()
        return made

    def sheet(self, name: str) -> Sheet:
        """A new sheet, printed lying and as wide as a page."""
        made = self.book.add_worksheet(name)
        made.hide_gridlines(2)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_footer("&L&A&R&P / &N")
        if self.mark:
            made.set_header(f"&C&B{self.mark}")
            made.set_tab_color("#a8421a")
        return Sheet(self, made)


class Sheet:
    """One sheet: cells, and tables under each other."""

    def __init__(self, book: Book, sheet: Any) -> None:
        self.book = book
        self.sheet = sheet

    def put(self, row: int, column: int, value: Cell, look: str = "text") -> None:
        """One cell: a text as a text, a missing value as an empty cell."""
        if value is None or value == "":
            self.sheet.write_blank(row, column, None, self.book.look(look))
        elif isinstance(value, str):
            text = clean(value)
            quoted = _FORMULA.match(text) is not None
            self.sheet.write_string(row, column, text, self.book.look(look, quoted))
        else:
            self.sheet.write_number(row, column, float(value), self.book.look(look))

    def head(self, row: int, columns: Sequence[Column]) -> None:
        """The heads of a table."""
        for place, column in enumerate(columns):
            self.put(row, place, column.title, "head")
        self.height(row, [(column.title, column.width) for column in columns])

    def height(self, row: int, texts: Iterable[tuple[Cell, float]]) -> None:
        """As high as the longest of its broken texts: not every program measures for itself."""
        lines = max((_lines(str(text), width) for text, width in texts), default=1)
        if lines > 1:
            self.sheet.set_row(row, min(_LINE * lines, _TALLEST))

    def widths(self, columns: Sequence[Column]) -> None:
        """The widths of the columns of the sheet."""
        for place, column in enumerate(columns):
            self.sheet.set_column(place, place, column.width)

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        *,
        row: int = 0,
        caption: str | None = None,
        looks: Mapping[tuple[int, int], str] | None = None,
    ) -> int:
        """A table with its head.

        Args:
            columns: of the table.
            rows: of its cells.
            row: where it starts.
            caption: a line above the head.
            looks: of single cells, by row of the table and column.

        Returns:
            The row after its last one.
        """
        if caption is not None:
            self.put(row, 0, caption, "caption")
            row += 1
        self.head(row, columns)
        last = row
        for number, cells in enumerate(rows):
            last = row + 1 + number
            for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
                look = (looks or {}).get((number, place), column.look)
                self.put(last, place, cell, look)
            pairs = zip(cells, columns, strict=True)
            self.height(last, ((c, column.width) for c, column in pairs if column.look == "long"))
        return last + 1

    def alone(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], **more: Any) -> None:
        """The one table of a sheet: its head stays in sight and filters the rows."""
        self.widths(columns)
        end = self.table(columns, rows, **more)
        self.sheet.repeat_rows(0)
        if end > 1:
            self.sheet.autofilter(0, 0, end - 1, len(columns) - 1)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column, broken between words."""
    lines, used = 1, 0.0
    for word in text.split(" "):
        # A letter is wider than the digit that widths are counted in.
        long = 1.15 * len(word) + 1
        if used and used + long > width:
            lines, used = lines + 1, 0.0
        lines += int(long // width)
        used += long % width if long > width else long
    return lines
