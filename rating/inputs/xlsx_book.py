"""The parts of an XLSX workbook around its cells: sheets, strings, and what formats show.

The readers at hand lose what matters here: fastexcel's text has nine decimals, its error cells are
empty, and one cell at XFD1048576 aborts the process. The XML is a few elements; it is read as it
arrives, within limits, and without DTDs.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from rating.errors import DataError, Problem
from rating.inputs import raw, recognise, xml_stream

UNPACKED = 1024**3
"""Bytes that one part of a workbook may unpack to."""

ELEMENTS = 2_000_000, 4
"""Elements that a part may hold: so many, and so many more for each of its packed bytes."""

STRINGS, LETTERS = 5_000_000, 128 * 1024**2
"""Shared strings that a workbook may hold, and their characters."""

LONGEST = 32_767
"""Characters that a cell of a spreadsheet may hold; what is longer is cut, and then refused."""

_ESCAPE = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
# Built-in number formats that show a date or a time (ECMA-376, part 1, 18.8.30), and percent.
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENT_FORMATS = {9, 10}
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]')

# What zipfile, its decoders and the conversions here raise on a damaged file.
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(LookupError, ValueError, OverflowError),
    *(NotImplementedError, RuntimeError, EOFError, OSError),
)
_SAVE = "save it again as .xlsx, without a password"


class Strings:
    """The texts of strings, their formatted runs joined, without the reading aids of Japanese.

    A piece of raised text follows the mark ``raised``, as a footnote in a form does.
    """

    def __init__(self, raised: str = "") -> None:
        self.texts: list[str] = []
        self._raised = raised
        self._pieces: list[str] = []
        self._open = self._high = False
        self._aside = self._length = self._letters = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag == "t":
            self._open = not self._aside
            if self._open and self._high:
                self._pieces.append(self._raised)
        elif tag in ("si", "is"):
            self._pieces, self._length, self._high = [], 0, False
        elif tag == "rPh":
            self._aside += 1
        elif tag == "r":
            self._high = False
        elif tag == "vertAlign":
            self._high = attributes.get("val") == "superscript"

    def data(self, text: str) -> None:
        """A piece of text."""
        if self._open and self._length <= LONGEST:
            self._pieces.append(text)
            self._length += len(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "t":
            self._open = False
        elif tag == "rPh":
            self._aside -= 1
        elif tag == "si":
            self.texts.append(self.joined())
            self._letters += self._length
            if len(self.texts) > STRINGS or self._letters > LETTERS:
                raise ValueError("more text than a workbook may hold")

    def joined(self) -> str:
        """The string that has just ended."""
        return unescaped("".join(self._pieces))


def unescaped(text: str) -> str:
    """Text with the escapes _x000A_ of control characters undone."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class _Each:
    """A target that gives each element with one of the names to a function."""

    def __init__(self, took: Callable[[str, dict[str, str]], None], *names: str) -> None:
        self._took, self._names = took, names

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag in self._names:
            plain = {name.rpartition("}")[2]: value for name, value in attributes.items()}
            self._took(tag, {**plain, **attributes})

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """A piece of text."""


@dataclass(eq=False)
class Styles:
    """What the styles of cells show: dates, and numbers other than the stored ones."""

    dates: set[int] = field(default_factory=set)
    scales: dict[int, float] = field(default_factory=dict)
    _formats: dict[int, str] = field(default_factory=dict)
    _counted: bool = False
    _style: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag == "numFmt":
            self._formats[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            self._counted = True
        elif tag == "xf" and self._counted:
            self._take(self._style, int(attributes.get("numFmtId", "0")))
            self._style += 1

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "cellXfs":
            self._counted = False

    def data(self, text: str) -> None:
        """A piece of text."""

    def _take(self, style: int, number: int) -> None:
        shown = _NOT_LETTERS.sub("", self._formats.get(number, "")).lower()
        if number in _DATE_FORMATS or re.search("[dmyhs]", shown.replace("general", "")):
            self.dates.add(style)
            return
        code = "0%" if number in _PERCENT_FORMATS else shown
        # A per cent shows a hundredfold; each comma after the last digit a thousandth.
        thousands = re.search(r"[0#?](,+)(?![0#?,])", code)
        scale = 100.0 ** code.split(";")[0].count("%") / 1000 ** len(
            thousands[1] if thousands else ""
        )
        if scale != 1:
            self.scales[style] = scale


@dataclass(frozen=True, eq=False)
class Book:
    """A workbook: its strings, what its styles show, and where days are counted from."""

    strings: list[str]
    styles: Styles
    epoch: datetime
    uncalculated: bool
    by_hand: bool
    raised: str = ""

    def text(self, kind: str, value: str, style: int) -> str:
        """A stored value as CSV would write it."""
        if not value or kind in ("e", "str"):
            return unescaped(value)
        if kind == "s":
            return self.strings[_natural(value)]
        if kind == "b":
            return "true" if value == "1" else "false"
        if kind == "d":
            return value.removesuffix("T00:00:00")
        number = float(value)
        if style in self.styles.dates:
            return self.day(number)
        whole = number.is_integer() and abs(number) < 1e15
        return str(int(number)) if whole else repr(number)

    def day(self, serial: float) -> str:
        """A serial number as an ISO date, with the time of day where it has one."""
        # The calendar of 1900 has a 29 February that never was; days before it are one off.
        shift = 1 if self.epoch.year == 1899 and serial < 60 else 0
        moment = self.epoch + timedelta(days=serial + shift)
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
        return moment.isoformat().removesuffix("T00:00:00")


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(f"no such string: {number}")
    return number


@contextmanager
def opened(file: str, data: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive that a workbook is; what is wrong with it is told as a problem of the file."""
    recognise.require(file, data, recognise.XLSX, "write a header and the rows")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except _BROKEN as error:
        what = f"not a whole XLSX workbook: {raw.shown(str(error))}"
        raise DataError(Problem(file, what, _SAVE)) from None


def feed(file: str, archive: zipfile.ZipFile, part: str, target: xml_stream.Target) -> None:
    """Give the elements of a part to a target, within the limits.

    Raises:
        DataError: broken XML, a document type, more than the limits.
    """
    member = archive.getinfo(part)
    least, each = ELEMENTS
    packed = member.compress_size
    if member.file_size > min(UNPACKED, xml_stream.RATIO * packed + 32 * xml_stream.LONGEST):
        what = f"the workbook unpacks to more than {UNPACKED // 1024**2} MB"
        if member.file_size <= UNPACKED:
            what = f"the workbook unpacks to more than {xml_stream.RATIO} times its size"
        raise DataError(Problem(file, what, "save the table alone, as CSV or Parquet"))
    elements = least + each * packed
    with archive.open(member) as stream:
        for _ in xml_stream.feed(
            file, stream, target, elements=elements, told=partial(_told, file)
        ):
            pass


def _told(file: str, what: str) -> Problem:
    if what.startswith("a document type"):
        remedy = "save it again from a spreadsheet program"
        return Problem(file, "a document type or entities inside the workbook", remedy)
    broken = what.removeprefix("not whole XML: ")
    return Problem(file, f"not a whole XLSX workbook: {broken}", _SAVE)


@dataclass(eq=False)
class _Front:
    """What the first parts of a workbook say."""

    sheets: dict[str, tuple[str, bool]] = field(default_factory=dict)
    epoch: datetime = datetime(1899, 12, 30)
    uncalculated: bool = False
    by_hand: bool = False
    targets: dict[str, str] = field(default_factory=dict)

    def take(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
        elif tag == "sheet" and attributes.get("id") in self.targets:
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets[attributes.get("name", "")] = self.targets[attributes["id"]], hidden
        elif tag == "workbookPr" and _true(attributes.get("date1904")):
            self.epoch = datetime(1904, 1, 1)
        elif tag == "calcPr":
            full, done = attributes.get("fullCalcOnLoad"), attributes.get("calcCompleted", "1")
            self.uncalculated = _true(full) or not _true(done)
            self.by_hand = attributes.get("calcMode") == "manual"


def _true(text: str | None) -> bool:
    return text in ("1", "true")


def book(
    file: str, archive: zipfile.ZipFile, table: str, raised: str = ""
) -> tuple[Book, str, bool]:
    """The workbook, the part with the sheet to read, and whether that sheet is hidden.

    The sheet is the one named as the table, or the only one, or the only one that is not hidden.
    """
    front = _Front()
    took = _Each(front.take, "Relationship")
    feed(file, archive, "xl/_rels/workbook.xml.rels", took)
    feed(file, archive, "xl/workbook.xml", _Each(front.take, "sheet", "workbookPr", "calcPr"))
    shown = [name for name, (_, hidden) in front.sheets.items() if not hidden]
    names = list(front.sheets)
    alone = names if len(names) == 1 else shown
    name = alone[0] if table not in names and len(alone) == 1 else table
    if name not in front.sheets:
        listed = ", ".join(map(raw.shown, names[:8]))
        what = f"the workbook has {len(names)} sheets ({listed}), none named '{table}'"
        raise DataError(Problem(file, what, f"name the sheet of the table '{table}'"))
    parts = set(archive.namelist())
    strings, styles = Strings(raised), Styles()
    if "xl/sharedStrings.xml" in parts:
        feed(file, archive, "xl/sharedStrings.xml", strings)
    if "xl/styles.xml" in parts:
        feed(file, archive, "xl/styles.xml", styles)
    target, hidden = front.sheets[name]
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    read = Book(strings.texts, styles, front.epoch, front.uncalculated, front.by_hand, raised)
    return read, part, hidden
