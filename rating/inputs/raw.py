"""One table as it was found in a file or a frame: header, cells and where each row stands."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from rating.errors import DataError, Problem, nearest

SHOWN = 200
"""Characters of a refused cell that ``refused`` keeps."""

COLUMNS = 16_384
"""Columns that a table may have: as many as a spreadsheet has."""

CELLS = 100_000_000
"""Cells of text that a table may hold in memory."""

UNEVEN = 1_000_000
"""Rows that may be refused by the format itself before the file is."""

_PIECE = 200_000  # cells held as Python's texts, each of which takes 50 bytes more than its own

# Control characters, line separators, zero-width marks and the marks that turn text around; and
# the blanks of every script. Written so that Python, Rust (polars) and RE2 (DuckDB) read them
# alike: two hexadecimal digits, and the characters themselves beyond.
UNPRINTABLE = (
    r"[\x00-\x1F\x7F-\x9F"
    "\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
BLANK = r"[\x09-\x0D \x85" "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"


class Refusal(NamedTuple):
    """A row that is left out, with the rule it broke; ``row`` is its line in the file."""

    row: int
    column: str
    rule: str
    value: str


@dataclass(frozen=True, eq=False)
class Raw:
    """A table before its cells are parsed.

    Attributes:
        file: the base name of the file, or ``frame``.
        frame: text columns, or typed ones where the format has types; all columns found.
        rows: where each row of ``frame`` stands in the file; the header of a file is line 1.
        refused: rows that are not in ``frame`` because the format itself is broken there.
        sha256: of the bytes of the file.
        remarks: what is read and doubtful, said in the same words; row 0 is the file as a whole.
        typed: whether the format says of what type a column is, so that text is no number.
        linked: whether a link led out of the folder, to a file that may not be meant.
    """

    file: str
    frame: pl.DataFrame
    rows: pl.Series
    refused: tuple[Refusal, ...]
    sha256: str
    remarks: tuple[Refusal, ...] = ()
    typed: bool = False
    linked: bool = False


def content(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and their SHA-256.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            remedy = "give a regular file that holds the table"
            raise DataError(Problem(path.name, f"is {_special(mode)} and no file", remedy))
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    return data, hashlib.sha256(data).hexdigest()


def _special(mode: int) -> str:
    # Opening a pipe waits for whoever writes into it, and a device may never end.
    named = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in named if test(mode)), "a device")


def unreadable(path: Path, error: OSError) -> DataError:
    """What is told of a file that cannot be read."""
    what = f"cannot be read: {error.strerror or error}"
    return DataError(Problem(path.name, what, "check its path and its permissions"))


class Lines:
    """A table of text cells as it arrives, held by columns.

    Example:
        >>> lines = Lines("a.csv", ["region", "year"])
        >>> lines.add(2, ["RU-TOM", "2019"]); lines.add(3, ["RU-MOW"])
        >>> found = lines.table("")
        >>> found.frame.rows(), found.refused[0].row
        ([('RU-TOM', '2019')], 3)
    """

    def __init__(self, file: str, header: Sequence[str]) -> None:
        """Stop where the header is none."""
        require(check_header(file, header))
        self.file = file
        self.header = list(header)
        self.refused: list[Refusal] = []
        self._rows: list[int] = []
        self._lines: list[Sequence[str]] = []
        self._numbers: list[pl.Series] = []
        self._frames: list[pl.DataFrame] = []
        self._cells = 0

    def add(self, row: int, cells: Sequence[str]) -> None:
        """Take one row; one that is shorter or longer than the header is refused."""
        width = len(self.header)
        if len(cells) != width:
            some = ",".join(cell[:SHOWN] for cell in cells[:SHOWN])
            self.refuse(Refusal(row, "", _uneven(len(cells), width), shown(some)))
            return
        self._rows.append(row)
        self._lines.append(cells)
        if len(self._lines) * width >= _PIECE:
            self._flush()

    def refuse(self, refusal: Refusal) -> None:
        """List a row that is left out."""
        self.refused.append(refusal)
        if len(self.refused) > UNEVEN:
            what = f"more than {UNEVEN:,} rows are not rows of this header"
            remedy = "check the delimiter and the quotes of the file"
            raise DataError(Problem(self.file, what, remedy))

    def _flush(self) -> None:
        width = len(self.header)
        self._cells += len(self._lines) * width
        if self._cells > CELLS:
            what = f"more than {CELLS:,} cells"
            raise DataError(Problem(self.file, what, "write the table as Parquet"))
        columns = zip(*self._lines, strict=True) if self._lines else [()] * width
        self._frames.append(
            pl.DataFrame(
                [pl.Series(n, c, pl.String) for n, c in zip(self.header, columns, strict=True)]
            )
        )
        self._numbers.append(pl.Series("row", self._rows, pl.Int64))
        self._rows, self._lines = [], []

    def table(self, sha256: str, remarks: Sequence[Refusal] = ()) -> Raw:
        """What has arrived, without the rows that are refused."""
        self._flush()
        frame, rows = pl.concat(self._frames), pl.concat(self._numbers)
        if frame.is_empty() and not self.refused:
            remedy = "write one row for each observation"
            require([Problem(self.file, "no rows below the header", remedy)])
        bad = pl.Series("row", [refusal.row for refusal in self.refused], pl.Int64)
        kept = ~rows.is_in(bad.unique().implode())
        return Raw(
            self.file,
            frame.filter(kept),
            rows.filter(kept),
            tuple(self.refused),
            sha256,
            tuple(remarks),
        )


def shown(text: str) -> str:
    """A text of the user's as a message may hold it: not long, and nothing that moves a cursor."""
    return re.sub(UNPRINTABLE, "\N{REPLACEMENT CHARACTER}", text[:SHOWN])


def _uneven(found: int, width: int) -> str:
    remedy = (
        "write every cell, the empty ones too" if found < width else "quote a cell with a comma"
    )
    return f"{found} cells where the header has {width}; {remedy}"


def check_header(file: str, header: Sequence[str]) -> list[Problem]:
    """What is wrong with the names of the columns."""
    where = f"{file}, row 1"
    if not any(header):
        remedy = "write the names of the columns in row 1, such as region and year"
        return [Problem(where, "the header is empty", remedy)]
    if len(header) > COLUMNS:
        remedy = "write one row for each observation, not one column"
        return [Problem(where, f"{len(header):,} columns, more than {COLUMNS:,}", remedy)]
    for mark, name in ((";", "';'"), ("\t", "tabs"), ("|", "'|'")):
        if sum(cell.count(mark) for cell in header) >= len(header):
            return [Problem(where, f"the columns are split by {name}", "write ','")]
    problems = []
    seen: dict[str, str] = {}
    for place, name in enumerate(header, start=1):
        if not name:
            problems.append(Problem(where, f"column {place} has no name", "name it or remove it"))
            continue
        before = seen.get(name.casefold())
        seen.setdefault(name.casefold(), name)
        if before == name:
            what = f"two columns named '{shown(name)}'"
            problems.append(Problem(where, what, "remove or rename one"))
        elif before is not None:
            # DuckDB's names are case-insensitive: q and Q would be one column there.
            what = f"the columns '{shown(before)}' and '{shown(name)}' differ in case only"
            problems.append(Problem(where, what, "rename one"))
    return first(where, problems)


def no_column(file: str, name: str, names: Iterable[str]) -> Problem:
    """The problem of a declared column that a table has not."""
    return Problem(f"{file}, row 1", f"no column '{name}'", shown(nearest(name, names)))


def first(where: str, problems: list[Problem], shown: int = 20) -> list[Problem]:
    """The first problems of one kind at one place, and how many more there are."""
    more = len(problems) - shown
    return problems if more <= 0 else [*problems[:shown], Problem(where, f"{more:,} more like it")]


def require(problems: Sequence[Problem]) -> None:
    """Stop where there are problems."""
    if problems:
        raise DataError(problems)
