"""The sentences of the report in both languages, and the cleaning of what others wrote."""

from __future__ import annotations

import re
import string
import tomllib
import unicodedata
from functools import cache
from typing import Any

from rating.resources import folder
from rating.text import Lang, Text, number, plural

NAME_LENGTH = 120
TEXT_LENGTH = 3000
# The space in "10 000", which must not end a line.
_GROUPED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
# English writes the sign of per cent without a space, Russian with one.
_PER_CENT = re.compile(r"(?<=\d)[ \u00a0]%")


@cache
def catalogue(name: str = "texts.toml") -> dict[str, Text]:
    """Every text of a file in ``reports/`` by its key, as ``ranking.title``."""
    with (folder("reports") / name).open("rb") as file:
        tables = tomllib.load(file)
    return {
        f"{chapter}.{key}": Text.model_validate(both)
        for chapter, texts in tables.items()
        for key, both in texts.items()
    }


class Speaker(string.Formatter):
    """Says the texts of the catalogue in one language.

    A field with ``|`` in its format picks the word that a count asks for:
    ``"{n} {n:region|regions}"``; whole numbers are written as the language writes them.

    Example:
        >>> Speaker("en")("cover.ranked", n=1, of=85)
        '1 region ranked of 85 assessed'
    """

    def __init__(self, lang: Lang, name: str = "texts.toml") -> None:
        self.lang: Lang = lang
        self.texts = catalogue(name)

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values put in."""
        return self._signs(self.vformat(self.texts[key].of(self.lang), (), values))

    def of(self, text: Text | None) -> str:
        """A text of a definition in this language."""
        if text is None:
            return ""
        return self._signs(_GROUPED.sub("\u00a0", clean(text.of(self.lang))))

    def _signs(self, text: str) -> str:
        return _PER_CENT.sub("%" if self.lang == "en" else "\u00a0%", text)

    def number(self, value: float | None, digits: int = 1) -> str:
        """A number as the language writes it."""
        return number(value, self.lang, digits)

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value: a plural form, a whole number, or a text as it is."""
        if "|" in format_spec:
            return plural(int(value), self.lang, format_spec)
        if isinstance(value, int):
            return number(value, self.lang, 0)
        return str(value)


def clean(text: str, length: int = TEXT_LENGTH) -> str:
    r"""A text of a user as it may be printed: one form of letters, no control or bidi characters.

    Example:
        >>> clean("Tomsk\u202e  Oblast\x00", 8)
        'Tomsk O…'
    """
    spaced = "".join(
        letter if unicodedata.category(letter)[0] not in "CZ" or letter in "\xa0\u202f" else " "
        for letter in unicodedata.normalize("NFC", text[: 4 * TEXT_LENGTH])
        if unicodedata.category(letter) not in ("Cf", "Cs", "Co", "Cn")
    )
    tidy = " ".join(word for word in spaced.split(" ") if word)
    return tidy if len(tidy) <= length else tidy[: length - 1].rstrip() + "…"
