"""One table as it was found in a file or a frame: header, cells and where each row stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from rating.errors import DataError, Problem

SHOWN = 200
"""Characters of a refused cell that ``refused`` keeps."""

# Control characters, line separators, zero-width marks and the marks that turn text around;
# escaped for Rust's regular expressions as for Python's.
UNPRINTABLE = r"[\x00-\x1F\x7F-\x9F\u200B\u200E\u200F\u2028-\u202E\u2060\u2066-\u2069\uFEFF]"


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
    """

    file: str
    frame: pl.DataFrame
    rows: pl.Series
    refused: tuple[Refusal, ...]
    sha256: str
    remarks: tuple[Refusal, ...] = ()


def content(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and their SHA-256.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    return data, hashlib.sha256(data).hexdigest()


def unreadable(path: Path, error: OSError) -> DataError:
    """What is told of a file that cannot be read."""
    what = f"cannot be read: {error.strerror}"
    return DataError(Problem(path.name, what, "check its path and its permissions"))


def of_text(
    file: str,
    header: Sequence[str],
    rows: Sequence[int],
    lines: Sequence[Sequence[str]],
    *,
    sha256: str,
    refused: Sequence[Refusal] = (),
) -> Raw:
    """A table of text cells; rows shorter or longer than the header are refused.

    Args:
        file: the base name of the file.
        header: the names of line 1.
        rows: where each row stands in the file.
        lines: the cells of each row.
        sha256: of the bytes of the file.
        refused: rows that the reader has refused already, left out here.
    """
    require(check_header(file, header))
    if not lines:
        require([Problem(file, "no rows below the header", "write one row for each observation")])
    width = len(header)
    uneven = [
        Refusal(row, "", _uneven(len(cells), width), shown(",".join(cells)))
        for row, cells in zip(rows, lines, strict=True)
        if len(cells) != width
    ]
    bad = {refusal.row for refusal in (*refused, *uneven)}
    if bad:
        kept = [n for n, row in enumerate(rows) if row not in bad]
        rows, lines = [rows[n] for n in kept], [lines[n] for n in kept]
    columns = zip(*lines, strict=True) if lines else [()] * width
    frame = pl.DataFrame(
        [pl.Series(name, column, pl.String) for name, column in zip(header, columns, strict=True)]
    )
    return Raw(file, frame, pl.Series("row", rows, pl.Int64), (*refused, *uneven), sha256)


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
    return problems


def require(problems: Sequence[Problem]) -> None:
    """Stop where there are problems."""
    if problems:
        raise DataError(problems)
