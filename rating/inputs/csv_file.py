"""CSV files: one header line, every cell as text; UTF-8 and commas unless declared otherwise."""

from __future__ import annotations

import csv
import io

from rating.errors import DataError, Problem
from rating.inputs import raw, recognise

BLANK = 1_000_000
"""Blank lines that a file may hold."""


def read(
    file: str, data: bytes, sha256: str, *, encoding: str = "utf-8", delimiter: str = ","
) -> raw.Raw:
    """The table of a CSV file.

    Args:
        file: the base name of the file.
        data: its bytes.
        sha256: of the bytes.
        encoding: as declared by whoever made the file; a name that Python knows.
        delimiter: what stands between cells.

    Raises:
        DataError: the file is empty or no CSV, in another encoding, badly quoted, or its header is
            not a header.
    """
    if not data.strip():
        raise DataError(Problem(file, "the file is empty", "write a header and the rows"))
    utf_8 = encoding.lower() in ("utf-8", "utf8")
    other = recognise.other(file, data, recognise.CSV)
    if other is not None and (utf_8 or "UTF-" not in other.what):
        raise DataError(other)
    # As a stream: the text of a file takes four times its bytes where one letter is a picture.
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig" if utf_8 else encoding, newline="")
    try:
        return _lines(file, text, delimiter).table(sha256)
    except UnicodeDecodeError:
        raise DataError(_undecoded(file, data, encoding, utf_8)) from None


def _lines(file: str, text: io.TextIOWrapper, delimiter: str) -> raw.Lines:
    # Strict, because a lenient reader swallows the rest of a file after one stray quote.
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    found: raw.Lines | None = None
    line, blank = 1, 0
    try:
        for cells in reader:
            if found is None:
                found = raw.Lines(file, cells or [""])
            elif cells:
                found.add(line, cells)
            else:  # a blank line holds nothing
                blank += 1
                if blank > BLANK:
                    what = f"more than {BLANK:,} blank lines"
                    raise DataError(Problem(f"{file}, row {line}", what, "remove them"))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(_unquoted(f"{file}, row {line}", error)) from None
    return raw.Lines(file, [""]) if found is None else found


def _unquoted(where: str, error: csv.Error) -> Problem:
    limit = csv.field_size_limit()
    if "field limit" in str(error):
        what = f"broken quoting or no table: a cell of more than {limit:,} characters"
        return Problem(where, what, "close every quote, and write one row on one line")
    remedy = "write a quote inside a quoted cell twice, and close every quote"
    return Problem(where, f"broken quoting: {error}", remedy)


def _undecoded(file: str, data: bytes, encoding: str, utf_8: bool) -> Problem:
    """The first byte that is none of the encoding, and which encoding it seems to be."""
    try:
        data.decode(encoding)
        at = len(data) - 1
    except UnicodeDecodeError as error:
        at = error.start
    row = data.count(b"\n", 0, at) + 1
    where, byte = f"{file}, row {row}", f"byte 0x{data[at]:02x}"
    if not utf_8:
        return Problem(where, f"{byte} is not {encoding}", "name its encoding")
    guess = recognise.encoding(data)
    seems = f"; the file seems to be {guess}" if guess else ""
    return Problem(
        where, f"{byte} is not UTF-8{seems}", "save the file as 'CSV UTF-8 (comma delimited)'"
    )
