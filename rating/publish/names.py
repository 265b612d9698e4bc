"""Which names of a rating the report's fonts cannot write, told before a page is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rating.errors import DataError, Problem
from rating.publish import fonts
from rating.text import LANGS, Text

if TYPE_CHECKING:
    from rating.definitions.section import Section
    from rating.publish.facts import Facts

# Problems that are listed; further ones are counted.
MOST = 20


def check(facts: Facts) -> None:
    """Refuse names that neither our fonts nor the user's can write, all at once.

    Raises:
        DataError: names each region, indicator or node, and the letters.
    """
    found = [*of_section(facts.result.section)]
    for region in facts.regions:
        for kind, text in (("name", region.name), ("district", region.district)):
            found += [(f"region {region.code}, {kind}", text)] if text is not None else []
    problems = [Problem(where, lack, fonts.REMEDY) for where, lack in lacking(found)]
    if problems:
        more = len(problems) - MOST
        if more > 0:
            problems[MOST:] = [Problem("the report", f"{more} more names cannot be written")]
        raise DataError(problems)


def of_section(section: Section) -> Iterator[tuple[str, Text]]:
    """The texts of a definition with where each stands."""
    yield f"section {section.id}, name", section.name
    for item in section.items:
        kind = "indicator" if hasattr(item, "direction") else "node"
        for key in ("name", "unit", "short"):
            text = getattr(item, key, None)
            if isinstance(text, Text):
                yield f"{kind} {item.id}, {key}", text


def lacking(texts: list[tuple[str, Text]]) -> Iterator[tuple[str, str]]:
    """Of texts with their places, those that cannot be written, and the letters they want."""
    given = fonts.chosen()
    for where, text in texts:
        both = "".join(dict.fromkeys(text.of(lang) for lang in LANGS))
        if missing := fonts.lacking(both, given):
            name = " / ".join(dict.fromkeys(text.of(lang) for lang in LANGS))
            yield where, f"the report's font has no letter {missing} of '{name}'"
