"""The fonts of the report: ours and those a user gives, and every letter must be in one."""

from __future__ import annotations

import os
import re
import struct
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from rating.errors import DataError, Problem, UsageError
from rating.publish.texts import clean
from rating.resources import folder

FAMILY = "Report Sans"
REMEDY = "give a font that has it (--font FILE, fonts=[FILE] in Python), or write it otherwise"
# Letters that are named of one text.
MOST = 8
_RESTRICTED = 0x0002
_NAMED = (1, 2, 3, 4, 6, 16, 17, 21, 22, 25)
_ONE_AT_A_TIME = threading.RLock()
_OWN: ContextVar[tuple[Path, ...]] = ContextVar("fonts", default=())


def files() -> tuple[Path, ...]:
    """The font files, in the order of their names."""
    return tuple(sorted((folder("reports") / "fonts").glob("*.ttf")))


@contextmanager
def using(given: Sequence[Path | str]) -> Iterator[None]:
    """Let the documents made inside use fonts of the user's for the letters that ours lack.

    Raises:
        UsageError: a file is not a font, or its maker forbids to embed it.
    """
    token = _OWN.set(own(given))
    try:
        yield
    finally:
        _OWN.reset(token)


def chosen() -> tuple[Path, ...]:
    """The user's fonts for the document that is being made."""
    return _OWN.get()


def own(given: Sequence[Path | str]) -> tuple[Path, ...]:
    """The files of the user's fonts, each looked into.

    Raises:
        UsageError: with every file that is not a font or may not be embedded.
    """
    from fontTools.ttLib import TTLibError

    problems, paths = [], tuple(Path(one).resolve() for one in given)
    for path in paths:
        try:
            with _opened(path) as font:
                rights = getattr(font.get("OS/2"), "fsType", 0)
                drawn = bool(font.getBestCmap()) and bool({"glyf", "CFF ", "CFF2"} & {*font.keys()})
        except (OSError, TTLibError, AssertionError, struct.error, KeyError) as error:
            what = "no such file" if isinstance(error, FileNotFoundError) else "is not a font"
            problems.append(Problem(f"font {path.name}", what, "give a TTF or OTF file"))
            continue
        if not drawn:
            what = "holds no letters that can be drawn"
            problems.append(Problem(f"font {path.name}", what, "give a TTF or OTF file"))
        elif rights & _RESTRICTED:
            what = "its maker forbids to embed it in a document"
            problems.append(Problem(f"font {path.name}", what, "take one whose licence allows it"))
    if problems:
        raise UsageError(problems)
    return paths


def _opened(path: Path) -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(BytesIO(path.read_bytes()), fontNumber=0, recalcTimestamp=False)


def families(given: Sequence[Path]) -> str:
    """The families of a style sheet: ours, then those of the user."""
    return ", ".join(f'"{name}"' for name in (FAMILY, *(_name(n) for n in range(len(given)))))


def _name(number: int) -> str:
    return f"Given Font {number + 1}"


def _copied(given: Sequence[Path], place: Path) -> None:
    """Copies under names of their own; of a font with variations, the plain face."""
    from fontTools.varLib import instancer

    for number, path in enumerate(given):
        with _opened(path) as font:
            made = font
            if "fvar" in font:
                plain = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
                made = instancer.instantiateVariableFont(font, plain)
            for kind in (1, 3, 4, 16):
                made["name"].setName(_name(number), kind, 3, 1, 0x409)
            made["name"].setName(_name(number).replace(" ", "-"), 6, 3, 1, 0x409)
            made["name"].names = [
                one
                for one in made["name"].names
                if one.nameID not in _NAMED
                or (one.nameID in (1, 3, 4, 6, 16) and one.langID == 0x409 and one.platformID == 3)
            ]
            made.save(place / f"given-{number + 1}{path.suffix.lower()}")


@contextmanager
def only_bundled(given: Sequence[Path] = ()) -> Iterator[None]:
    """Show the typesetter the bundled fonts, those of the user, and no font of the machine.

    So a letter that we lack is noticed instead of being taken from whatever is installed, the
    pages are the same on every machine, and a machine without any font does not crash it.
    WeasyPrint has no setting for this; fontconfig reads the name of its file from the environment.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as place:
        settings, copies = Path(place) / "fonts.conf", Path(place) / "given"
        copies.mkdir()
        _copied(given, copies)
        settings.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
            f"<fontconfig><dir>{escape(str(folder('reports') / 'fonts'))}</dir>"
            f"<dir>{escape(str(copies))}</dir>"
            f"<cachedir>{escape(place)}</cachedir></fontconfig>",
            encoding="utf-8",
        )
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(settings)
        try:
            yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before


@cache
def letters(given: tuple[Path, ...] = ()) -> frozenset[str]:
    """Every character that all bundled fonts, or one of the user's, can draw."""
    bundled = [_letters(file) for file in files()]
    return bundled[0].intersection(*bundled).union({"\n"}, *(_letters(file) for file in given))


def _letters(file: Path) -> frozenset[str]:
    with _opened(file) as font:
        return frozenset(chr(code) for code in font.getBestCmap())


def lacking(text: str, given: tuple[Path, ...] = ()) -> str:
    """The letters of a text that no font has, as they are named in a message; empty for none."""
    missing = sorted(set(clean(text)) - letters(given))
    named = [f"{letter!r} (U+{ord(letter):04X})" for letter in missing[:MOST]]
    rest = f" and {len(missing) - MOST} more" if len(missing) > MOST else ""
    return ", ".join(named) + rest


def check(html: str, given: tuple[Path, ...] = ()) -> None:
    """Refuse pages with a character that neither our fonts nor the user's can draw.

    Raises:
        DataError: names each such character, its code and the words that it stands in.
    """
    if not set(html) - letters(given):
        return
    problems: dict[str, Problem] = {}
    for piece in re.split(r"<[^>]*>", html):
        text = " ".join(unescape(piece).split())
        if missing := lacking(text, given):
            what = f"the report's font has no letter {missing}"
            problems[text] = Problem(f"the text '{clean(text, 80)}'", what, REMEDY)
    raise DataError(list(problems.values())[:20])
