"""What a file is, whatever its name says: told by its first bytes, never by its content."""

from __future__ import annotations

import io
import re
import zipfile

from rating.errors import DataError, Problem

CSV, XLSX, PARQUET = "CSV", "an XLSX workbook", "a Parquet file"
_SUFFIX = {CSV: ".csv", XLSX: ".xlsx", PARQUET: ".parquet"}

_UTF_8 = "save the file as 'CSV UTF-8 (comma delimited)'"
_TABLE = "open it where it was made and save the table as CSV UTF-8 or .xlsx"
_UNPACK = "unpack it and give the table that is inside"

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", PARQUET, ""),
    (b"\xff\xfe\x00\x00", "UTF-32 text", _UTF_8),
    (b"\x00\x00\xfe\xff", "UTF-32 text", _UTF_8),
    (b"\xff\xfe", "UTF-16 text", _UTF_8),
    (b"\xfe\xff", "UTF-16 text", _UTF_8),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"%PDF", "a PDF document", "copy the table from its source, not from the page"),
    (b"SQLite format 3\x00", "an SQLite database", "write the table as CSV or Parquet"),
    (b"ARROW1", "an Arrow (Feather) file", "write the table as Parquet"),
    (b"\x89PNG", "a PNG picture", "give the table, not its picture"),
    (b"\xff\xd8\xff", "a JPEG picture", "give the table, not its picture"),
    (b"{\\rtf", "an RTF document", _TABLE),
    (b"\x89HDF", "an HDF5 file", "write the table as CSV or Parquet"),
    (b"\x69\x17\x01\x00", "a dBase file", "write the table as CSV UTF-8"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MEMBERS: tuple[tuple[str, str, str], ...] = (
    ("xl/workbook.xml", XLSX, ""),
    ("xl/workbook.bin", "an XLSB workbook", "save it as .xlsx (Excel workbook)"),
    ("word/document.xml", "a Word document", _TABLE),
    ("ppt/presentation.xml", "a presentation", _TABLE),
    ("content.xml", "an OpenDocument file (.ods)", "save it as .xlsx or CSV UTF-8"),
)
_HTML = re.compile(rb"(?i)\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|table|meta|div)\b")
_XML = re.compile(rb"\s*<\?xml\b")
_JSON = re.compile(rb'\s*(\{\s*("|\})|\[\s*[\[{"\]0-9tfn-])')
_HEAD = 4096


def kind(data: bytes) -> tuple[str, str]:
    """What a file is and how to make a table of it; ``CSV`` where it may be one."""
    head = data[:_HEAD]
    for magic, what, remedy in _MAGIC:
        if head.startswith(magic):
            return what, remedy
    if head.startswith(_OLE):
        # The names of its parts are UTF-16; a workbook with a password is a parcel with one part.
        if "EncryptedPackage".encode("utf-16-le") in data[: 1 << 20] + data[-(1 << 20) :]:
            return "a workbook with a password", "save it as .xlsx without a password"
        return "an old workbook or document (.xls, .doc)", "save it as .xlsx or CSV UTF-8"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(data)
    bare = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(bare):
        return "an HTML page", _TABLE
    if _XML.match(bare):
        sheet = b"urn:schemas-microsoft-com:office:spreadsheet" in bare
        return "an Excel 2003 XML file" if sheet else "an XML file", _TABLE
    if _JSON.match(bare):
        return "JSON", "write the table as CSV UTF-8 or Parquet"
    even, odd = head[::2].count(0), head[1::2].count(0)
    # A lone NUL is a bad cell and named with its row.
    if max(even, odd) >= 8 and even + odd > len(head) // 20:
        if max(even, odd) > len(head) // 5 and min(even, odd) < len(head) // 20:
            return "UTF-16 text", _UTF_8
        return "no text but binary data", "write the table as CSV UTF-8, .xlsx or Parquet"
    return CSV, ""


def _packed(data: bytes) -> tuple[str, str]:
    """What a ZIP archive holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist()[:10_000])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return "a damaged ZIP archive or workbook", "write or download the file again"
    for member, what, remedy in _MEMBERS:
        if member in names:
            return what, remedy
    return "a ZIP archive", _UNPACK


def other(file: str, data: bytes, wanted: str) -> Problem | None:
    """The problem of a file that is something else than its name says; None where it may be it."""
    what, remedy = kind(data)
    if what == wanted or (what == CSV and not data.strip()):
        return None
    if what in _SUFFIX:
        shown = "text, perhaps CSV," if what == CSV else what
        return Problem(file, f"the file is {shown} and not {wanted}", f"name it {_SUFFIX[what]}")
    return Problem(file, f"the file is {what} and not {wanted}", remedy)


def require(file: str, data: bytes, wanted: str, remedy: str) -> None:
    """See that a file holds something and may be what its name says.

    Raises:
        DataError: it is empty, or something else.
    """
    if not data.strip():
        raise DataError(Problem(file, "the file is empty", remedy))
    if (found := other(file, data, wanted)) is not None:
        raise DataError(found)


# The bytes that are small Cyrillic letters; prose has many more of them than of capitals.
_SMALL = {
    "windows-1251": frozenset({*range(0xE0, 0x100), 0xB8}),
    "KOI8-R": frozenset({*range(0xC0, 0xE0), 0xA3}),
    "cp866": frozenset({*range(0xA0, 0xB0), *range(0xE0, 0xF0), 0xF1}),
}


def encoding(data: bytes) -> str | None:
    """The encoding that Cyrillic text seems to be in, where UTF-8 is not; None if it is unclear."""
    high = [byte for byte in data[: 1 << 20] if byte >= 0x80]
    counts = {name: sum(byte in small for byte in high) for name, small in _SMALL.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if len(high) >= 4 and counts[best] > 0.6 * len(high) else None
