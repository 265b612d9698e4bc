"""A workbook read from its XML, and its formulas worked out by another's evaluator."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import formulas
import numpy as np
from defusedxml import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
REFERENCE = re.compile(r"(?:'?(?P<sheet>[^'!]+)'?!)?(?P<first>[A-Z]+\d+)(?::(?P<last>[A-Z]+\d+))?$")


def number_of(cell: str) -> tuple[int, int]:
    """Column and row of a cell, from 1."""
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return column, int(digits)


class Workbook:
    """Cells by sheet and place: ``values`` as stored, ``formulas`` as text.

    ``set`` changes a value; ``value`` then works out the formulas that hang on it.
    """

    def __init__(self, content: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(content))
        strings = [
            "".join(t.text or "" for t in item.iter(f"{MAIN}t"))
            for item in self._xml("xl/sharedStrings.xml").iter(f"{MAIN}si")
        ]
        self.names = [s.get("name") for s in self._xml("xl/workbook.xml").iter(f"{MAIN}sheet")]
        self.values: dict[str, dict[tuple[int, int], Any]] = {}
        self.formulas: dict[str, dict[tuple[int, int], str]] = {}
        self.known: dict[tuple[str, tuple[int, int]], Any] = {}
        for number, name in enumerate(self.names, 1):
            own, texts = self.values.setdefault(name, {}), self.formulas.setdefault(name, {})
            for cell in self._xml(f"xl/worksheets/sheet{number}.xml").iter(f"{MAIN}c"):
                place = number_of(cell.get("r"))
                value, text = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
                if text is not None:
                    texts[place] = f"={text.text}"
                if value is not None:
                    kind = cell.get("t")
                    plain = value.text or ""
                    if kind == "s":
                        own[place] = strings[int(plain)]
                    else:
                        own[place] = plain if kind == "str" or not plain else float(plain)

    def _xml(self, name: str) -> Any:
        return ElementTree.fromstring(self.zip.read(name))

    def rows(self, sheet: str) -> list[list[Any]]:
        """The stored values of a sheet, row by row."""
        own = self.values[sheet]
        width = max((column for column, _ in own), default=0)
        height = max((row for _, row in own), default=0)
        return [[own.get((c, r)) for c in range(1, width + 1)] for r in range(1, height + 1)]

    def format(self, sheet: str, cell: str) -> str:
        """The number format of a cell, such as F2."""
        styles, name = self._xml("xl/styles.xml"), f"{self.names.index(sheet) + 1}"
        codes = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")}
        codes |= {"0": "General", "1": "0", "2": "0.00"}
        looks = [look.get("numFmtId") for look in styles.find(f"{MAIN}cellXfs")]
        cells = self._xml(f"xl/worksheets/sheet{name}.xml").iter(f"{MAIN}c")
        return codes[looks[int(next(c.get("s") for c in cells if c.get("r") == cell))]]

    def set(self, sheet: str, place: tuple[int, int], value: Any) -> None:
        self.values[sheet][place] = value
        self.known.clear()

    def value(self, sheet: str, place: tuple[int, int]) -> Any:
        """A cell worked out anew; an empty cell is an empty text."""
        key = sheet, place
        if key not in self.known:
            text = self.formulas[sheet].get(place)
            stored = self.values[sheet].get(place, "")
            self.known[key] = stored if text is None else self._work_out(sheet, text)
        return self.known[key]

    def _work_out(self, sheet: str, text: str) -> Any:
        # Its parser knows an array formula by its braces.
        worked = formulas.Parser().ast(text)[1].compile()
        found = worked(*(self._range(sheet, name) for name in worked.inputs))
        one = np.asarray(found, dtype=object).ravel()[0]
        return one if isinstance(one, str) else float(one)

    def _range(self, sheet: str, name: str) -> Any:
        match = REFERENCE.match(name.replace("$", ""))
        where = next((n for n in self.names if n.upper() == (match["sheet"] or "").upper()), sheet)
        left, top = number_of(match["first"])
        right, bottom = number_of(match["last"] or match["first"])
        rows = range(top, bottom + 1)
        cells = [[self.value(where, (c, r)) for c in range(left, right + 1)] for r in rows]
        return np.array(cells, dtype=object)
