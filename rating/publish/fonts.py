"""The bundled fonts: nothing else is seen by the typesetter, and every letter must be in them."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from rating.errors import DataError, Problem
from rating.resources import folder

FAMILY = "Report Sans"
_ONE_AT_A_TIME = threading.RLock()


def files() -> tuple[Path, ...]:
    """The font files, in the order of their names."""
    return tuple(sorted((folder("reports") / "fonts").glob("*.ttf")))


@contextmanager
def only_bundled() -> Iterator[None]:
    """Show the typesetter the bundled fonts and no font of the machine.

    So a letter that we lack is noticed instead of being taken from whatever is installed, the
    pages are the same on every machine, and a machine without any font does not crash it.
    WeasyPrint has no setting for this; fontconfig reads the name of its file from the environment.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as place:
        settings = Path(place) / "fonts.conf"
        settings.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
            f"<fontconfig><dir>{escape(str(folder('reports') / 'fonts'))}</dir>"
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
def letters() -> frozenset[str]:
    """Every character that all bundled fonts can draw."""
    from fontTools.ttLib import TTFont

    known: set[str] | None = None
    for file in files():
        with TTFont(file, lazy=True) as font:
            drawn = {chr(code) for code in font.getBestCmap()}
        known = drawn if known is None else known & drawn
    return frozenset(known or ()) | {"\n"}


def check(text: str) -> None:
    """Refuse a text with a character that the bundled fonts cannot draw.

    Raises:
        DataError: names each such character, its code and a place where it stands.
    """
    missing = sorted(set(text) - letters())
    if not missing:
        return
    problems = []
    for letter in missing[:20]:
        at = text.index(letter)
        around = " ".join(text[max(0, at - 20) : at + 20].split())
        problems.append(
            Problem(
                "the text of the report",
                f"the report's font has no letter {letter!r} (U+{ord(letter):04X}): …{around}…",
                "write the name in Latin or Cyrillic letters",
            )
        )
    raise DataError(problems)
