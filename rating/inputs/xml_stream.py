"""XML read as it arrives: no tree, no DTD, no entity, and nothing longer than a limit."""

from __future__ import annotations

import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol
from xml.parsers import expat

from rating.errors import DataError, Problem
from rating.inputs import raw

CHUNK = 64 * 1024
LONGEST = 1024 * 1024
"""Bytes that one tag may hold: the parser keeps a tag whole until it ends."""

RATIO = 200
"""How many times its packed size a member of an archive may unpack to."""

DEPTH = 100
"""How deep elements may stand in each other: the parser keeps every open one."""

ELEMENTS = 10**9
"""Elements of a file that is read a piece at a time."""

_ARCHIVE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, EOFError, OSError, struct.error),
)


class Target(Protocol):
    """What takes the elements of a file, in their order."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """A piece of text inside an element."""


class _Bounded:
    """A target that counts what reaches it and stops what no table needs."""

    def __init__(self, target: Target, elements: int) -> None:
        self.count = self._depth = self._elements = 0
        self._limit = elements
        self._names: dict[str, str] = {}
        self._start, self._end, self._data = target.start, target.end, target.data

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        self._depth += 1
        self._elements += 1
        if self._depth > DEPTH or self._elements > self._limit:
            nested = f"elements nested more than {DEPTH} deep"
            raise _BeyondError(
                nested if self._depth > DEPTH else f"more than {self._limit:,} elements in its size"
            )
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = tag.rpartition("}")[2]
        self._start(name, attributes)

    def end(self, tag: str) -> None:
        self.count += 1
        self._depth -= 1
        self._end(self._names[tag])

    def data(self, text: str) -> None:
        self.count += 1
        self._data(text)


class _BeyondError(Exception):
    """What a file has more of than any table needs."""


class _DeclaredError(Exception):
    """A document type or an entity, which may stand for anything."""


def _declared(*_: object) -> int:
    raise _DeclaredError


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
    where = f"{file}/{raw.shown(member.filename)}"
    if not member.filename.lower().endswith(".xml"):
        raise DataError(Problem(where, "not an XML file", "leave XML files alone in the archive"))
    admit(where, member)


def admit(where: str, member: zipfile.ZipInfo) -> None:
    """Stop at a member of an archive that unpacks to more than its size explains.

    Raises:
        DataError: as told by the archive itself; what it lies about, the unpacking finds.
    """
    if member.file_size > RATIO * member.compress_size + LONGEST:
        what = f"unpacks to more than {RATIO} times its size"
        raise DataError(Problem(where, what, "download the archive again"))


def feed(
    file: str,
    stream: IO[bytes],
    target: Target,
    *,
    elements: int = ELEMENTS,
    told: Callable[[str], Problem] | None = None,
) -> Iterator[None]:
    """Give the elements of a stream to a target; pauses after each piece of the file.

    Names come without their namespaces. Only the piece at hand is in memory.

    Args:
        file: as messages name it.
        stream: its bytes.
        target: what takes the elements.
        elements: how many there may be.
        told: makes a problem of what is wrong with the stream, where a stream is a part of a file.

    Raises:
        DataError: not whole XML, a DTD or entities, a tag of more than LONGEST bytes, elements
            nested deeper than DEPTH or more of them than ``elements``.
    """
    bounded = _Bounded(target, elements)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = bounded.start, bounded.end
    parser.CharacterDataHandler = bounded.data
    # A DTD may name files and define entities that grow without end: none is ever needed.
    parser.StartDoctypeDeclHandler = _declared
    parser.EntityDeclHandler = _declared
    parser.UnparsedEntityDeclHandler = _declared
    parser.ExternalEntityRefHandler = _declared
    since, before = 0, 0
    problem = told or (lambda what: Problem(file, what, "download the file again"))
    try:
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk, False)
            since = since + len(chunk) if bounded.count == before else 0
            before = bounded.count
            if since > LONGEST:
                raise _BeyondError(f"a tag of more than {LONGEST // 1024} kB")
            yield
        parser.Parse(b"", True)
    except _DeclaredError:
        raise DataError(problem("a document type or entities, which the format has not")) from None
    except _BeyondError as error:
        raise DataError(problem(str(error))) from None
    except (expat.ExpatError, ValueError, LookupError, OverflowError) as error:
        # The message names line and column and never what stands there.
        raise DataError(problem(f"not whole XML: {raw.shown(str(error))}")) from None
    except _ARCHIVE as error:
        raise DataError(problem(f"not a whole member of its archive: {error}")) from None
    yield
