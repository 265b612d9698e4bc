"""XML read as it arrives: no tree, no DTD, no entity, and nothing longer than a limit."""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

from rating.errors import DataError, Problem
from rating.inputs import raw

CHUNK = 64 * 1024
LONGEST = 1024 * 1024
"""Bytes that one tag may hold: the parser keeps a tag whole until it ends."""

RATIO = 200
"""How many times its packed size a member of an archive may unpack to."""

_ARCHIVE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, EOFError),
)


class Target(Protocol):
    """What takes the elements of a file, in their order."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """A piece of text inside an element."""


class _Counted:
    """A target that counts what reaches it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        self.target.start(tag.rpartition("}")[2], attributes)

    def end(self, tag: str) -> None:
        self.count += 1
        self.target.end(tag.rpartition("}")[2])

    def data(self, text: str) -> None:
        self.count += 1
        self.target.data(text)

    def close(self) -> None:
        pass


def digest(path: Path) -> str:
    """The SHA-256 of a file of any size.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise raw.unreadable(path, error) from None


def parts(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The XML files of a path: itself, or the members of a ZIP archive, by their names.

    Raises:
        DataError: the archive is broken or unpacks to too much, or holds something else.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            yield path.name, stream
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                _admitted(path.name, member)
            for member in members:
                with archive.open(member) as unpacked:
                    yield f"{path.name}/{member.filename}", unpacked
    except _ARCHIVE as error:
        remedy = "download the archive again; it must have no password"
        raise DataError(Problem(path.name, f"not a whole archive: {error}", remedy)) from None


def _admitted(file: str, member: zipfile.ZipInfo) -> None:
    where = f"{file}/{member.filename}"
    if not member.filename.lower().endswith(".xml"):
        raise DataError(Problem(where, "not an XML file", "leave XML files alone in the archive"))
    if member.file_size > RATIO * member.compress_size + LONGEST:
        what = f"unpacks to more than {RATIO} times its size"
        raise DataError(Problem(where, what, "download the archive again"))


def feed(file: str, stream: IO[bytes], target: Target) -> Iterator[None]:
    """Give the elements of a stream to a target; pauses after each piece of the file.

    Tags come without their namespaces. Only the piece at hand is in memory.

    Raises:
        DataError: not whole XML, a DTD or entities, or a tag of more than LONGEST bytes.
    """
    counted = _Counted(target)
    parser = DefusedXMLParser(target=counted, forbid_dtd=True)
    since, before = 0, 0
    try:
        while chunk := stream.read(CHUNK):
            parser.feed(chunk)
            since = since + len(chunk) if counted.count == before else 0
            before = counted.count
            if since > LONGEST:
                what = f"a tag of more than {LONGEST // 1024} kB"
                raise DataError(Problem(file, what, "download the file again"))
            yield
        parser.close()
    except DefusedXmlException:
        what = "a document type or entities"
        raise DataError(Problem(file, what, "the format has none: download it again")) from None
    except (ParseError, ValueError, LookupError) as error:
        # The message names line and column and never what stands there.
        what = f"not whole XML: {error}"
        raise DataError(Problem(file, what, "download the file again")) from None
    except _ARCHIVE as error:
        what = f"not a whole member of its archive: {error}"
        raise DataError(Problem(file, what, "download the archive again")) from None
    yield
