"""How a region may be called: one grammar of a key, and what two spellings of it share.

A code stands in files' names, pages, sheets and addresses, and tables are joined by it. So it holds
only what a reader can see, and nothing that is a command to a file system or to a spreadsheet.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters of a code; the longest name of a state has 60."""

# What is drawn as nothing and is no format character by its category: Default_Ignorable_Code_Point
# of the Unicode Character Database (DerivedCoreProperties.txt), of which all others are Cf or Cn.
_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_HIDDEN = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Co": "a character of private use",
    "Cn": "no character of Unicode",
    "Zl": "a line break",
    "Zp": "a line break",
    "Zs": "a blank that is not the plain one",
    "Sm": "a mathematical sign",
}
_INSTEAD = {"Zs": "write a plain blank", "Sm": "name the region without it"}
_STEP = re.compile(r"(?:^|/)\.{0,2}(?:/|$)")
_DASH = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Letters that look the same in print. They are folded only where a name has Cyrillic letters.
_LATIN = str.maketrans("ABCEHKMOPTXYaceopxy", "АВСЕНКМОРТХУасеорху")


def fault(key: str) -> str | None:
    r"""What is wrong with the code or name that a region goes by, and what to write.

    Example:
        >>> fault("Bolivia (Plurinational State of)"), fault("Bolzano/Bozen")
        (None, None)
        >>> fault("RU-\u00adTOM")
        'an invisible character (U+00AD) in the name of a region; remove it'
    """
    for one in key:
        category = "Cf" if _IGNORED.match(one) else unicodedata.category(one)
        if category in _HIDDEN and one != " ":
            what = f"{_HIDDEN[category]} (U+{ord(one):04X}) in the name of a region"
            return f"{what}; {_INSTEAD.get(category, 'remove it')}"
    if key != key.strip():
        return "a blank before or after the value; remove it"
    if len(key) > LONGEST:
        return f"longer than {LONGEST} characters; write the region's code or its short name"
    if not any(unicodedata.category(one)[0] in "LN" for one in key):
        return "no letter and no digit in the name of a region; name it"
    if "\\" in key or _STEP.search(key):
        return "a path in the name of a region, which names files too; write the name alone"
    if key[0] == "@" or unicodedata.category(key[0]) == "Pd":
        return f"begins with '{key[0]}', which a spreadsheet takes for a formula; remove it"
    return None


def _hidden(one: str) -> bool:
    return one != " " and bool(_IGNORED.match(one) or unicodedata.category(one)[0] in "CZ")


def seen(name: str) -> str:
    r"""A name with each character that cannot be seen written as its number.

    Example:
        >>> seen("Costa\u00a0Rica")
        'Costa<U+00A0>Rica'
    """
    return "".join(f"<U+{ord(one):04X}>" if _hidden(one) else one for one in name)


def bare(name: str) -> str:
    r"""What two spellings of one name have in common once all that cannot be seen is out of them.

    Example:
        >>> bare("RU-\u00adTOM") == bare("ru-tom")
        True
    """
    return fold("".join(one for one in name if one.isspace() or not _hidden(one)))


def fold(name: str) -> str:
    """What two spellings of one name have in common.

    Example:
        >>> fold("Орёл  — Сити") == fold("орел-cити")
        True
    """
    text = unicodedata.normalize("NFKC", name)
    if CYRILLIC.search(text):
        text = text.translate(_LATIN)
    text = text.casefold().replace("ё", "е")
    return " ".join(_DASH.sub("-", text).split())


def letters(name: str) -> str:
    """The letters and digits of a name alone, without accents: what is left if marks are slips.

    Numbers that a mark keeps apart stay apart: 1.1 is not 11.

    Example:
        >>> letters("Côte d’Ivoire") == letters("COTE D'IVOIRE")
        True
    """
    plain = unicodedata.normalize("NFKD", bare(name))
    kept = [one for one in plain if unicodedata.category(one)[0] != "M"]
    marked = "".join(one if unicodedata.category(one)[0] in "LN" else " " for one in kept)
    return re.sub(r"(?<!\d) +| +(?!\d)", "", marked) or fold(name)
