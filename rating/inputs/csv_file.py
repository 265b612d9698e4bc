"""CSV files: one header line, every cell as text; UTF-8 and commas unless declared otherwise."""

from __future__ import annotations

import csv
import io

from rating.errors import DataError, Problem
from rating.inputs import raw


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
        DataError: the file is empty, in another encoding, badly quoted, or its header is not a
            header.
    """
    if not data.strip():
        raise DataError(Problem(file, "the file is empty", "write a header and the rows"))
    header: list[str] = []
    rows: list[int] = []
    lines: list[list[str]] = []
    text = io.StringIO(_decoded(file, data, encoding), newline="")
    # Strict, because a lenient reader swallows the rest of a file after one stray quote.
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if not header:
                header = cells or [""]
            elif cells:  # a blank line holds nothing
                rows.append(line)
                lines.append(cells)
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "write a quote inside a quoted cell twice, and close every quote"
        raise DataError(
            Problem(f"{file}, row {line}", f"broken quoting: {error}", remedy)
        ) from None
    return raw.of_text(file, header, rows, lines, sha256=sha256)


def _decoded(file: str, data: bytes, encoding: str) -> str:
    utf_8 = encoding.lower() in ("utf-8", "utf8")
    try:
        return data.decode("utf-8-sig" if utf_8 else encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{data[error.start]:02x} is not {'UTF-8' if utf_8 else encoding}"
        remedy = "save the file as 'CSV UTF-8 (comma delimited)'" if utf_8 else "name its encoding"
        raise DataError(Problem(f"{file}, row {row}", what, remedy)) from None
