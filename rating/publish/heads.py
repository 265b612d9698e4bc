"""The heads of narrow columns: names that fit on three lines, else letters with a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rating.publish.texts import Speaker

LINES = 3
# As the style sheet has them: letters of a word that may be hyphenated, before and after a hyphen.
LEAST, BEFORE, AFTER = 9, 3, 3
LETTERS = {"en": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ru": "АБВГДЕЖИКЛМНОПРСТУФХЦЧШЭЮЯ"}
_MM = 72 / 25.4


@dataclass(frozen=True)
class Heads:
    """The heads of some columns, and what the letters among them stand for.

    Attributes:
        texts: one a column.
        key: the letters with their names; empty where the names stand in the heads.
    """

    texts: tuple[str, ...] = ()
    key: str = ""


def heads(names: Sequence[str], say: Speaker, width: float, size: float) -> Heads:
    """The heads of columns so many millimetres wide in type of so many points."""
    if all(fits(name, say.lang, width * _MM / size) for name in names):
        return Heads(tuple(names))
    letters = LETTERS[say.lang][: len(names)]
    key = "; ".join(f"{letter} — {name}" for letter, name in zip(letters, names, strict=True))
    return Heads(tuple(letters), key)


def fits(name: str, lang: str, room: float) -> bool:
    """Whether a name stands on three lines of so many ems, broken as the typesetter breaks it."""
    lines, used, space = 1, 0.0, _width(" ")
    for word in name.split():
        rest = word
        while rest:
            gap = space if used else 0.0
            if used + gap + _width(rest) <= room:
                used += gap + _width(rest)
                break
            part = _part(rest, lang, room - used - gap) if rest is word or not used else ""
            if not part and not used:
                return False
            rest = rest[len(part) :]
            lines, used = lines + 1, 0.0
    return lines <= LINES


def _part(word: str, lang: str, room: float) -> str:
    """The longest beginning of a word that fits with a hyphen."""
    cuts = _cuts(word, lang) if len(word) >= LEAST else ()
    own = (n + 1 for n, letter in enumerate(word[:-1]) if letter == "-")
    for cut in sorted((*cuts, *own), reverse=True):
        if _width(word[:cut].rstrip("-") + "-") <= room:
            return word[:cut]
    return ""


def _cuts(word: str, lang: str) -> Sequence[int]:
    # WeasyPrint hyphenates by it.
    import pyphen  # type: ignore[import-untyped]

    bare = word.rstrip(",.;:")
    found = pyphen.Pyphen(lang={"en": "en_US", "ru": "ru_RU"}[lang]).positions(bare)
    return [int(at) for at in found if BEFORE <= at <= len(bare) - AFTER]


def _width(text: str) -> float:
    advances = _advances()
    return sum(advances.get(letter, 1.0) for letter in text) * 1.01


@cache
def _advances() -> dict[str, float]:
    """The width of each letter of the heads in ems."""
    from fontTools.ttLib import TTFont

    from rating.resources import folder

    with TTFont(folder("reports") / "fonts" / "ReportSans-SemiBold.ttf", lazy=True) as font:
        unit, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {chr(code): widths[name][0] / unit for code, name in font.getBestCmap().items()}
