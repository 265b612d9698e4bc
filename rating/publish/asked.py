"""An item of the checklist, its tables, and what it is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rating.publish.material import Material
from rating.publish.pages import Picture, Pictures
from rating.publish.texts import Speaker, clean

# Heads over words; over the others there are numbers.
WORDS = ("regions", "flag", "option", "kind", "state", "verdict", "rule")


@dataclass(frozen=True)
class Grid:
    """A table: its caption, its heads, its rows, the first cell of each being their head.

    A cell is a text or a picture; ``key`` says which table it is, for the style sheet, and
    ``kinds`` of each column whether it has words or numbers.
    """

    key: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str | Picture, ...], ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """An item of the checklist."""

    number: str
    title: str
    text: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Asked:
    """What an item is computed from: the material, the language, and a place for charts."""

    material: Material
    say: Speaker
    pictures: Pictures

    def name(self, item: str) -> str:
        """The name of a node or an indicator."""
        found = next((one for one in self.material.facts.items if one.id == item), None)
        return clean(item) if found is None else self.say.of(found.name)

    def region(self, code: str) -> str:
        """The name of a region."""
        return next(
            (self.say.of(r.short) for r in self.material.facts.regions if r.code == code), code
        )

    def told(self, code: str) -> bool:
        """Whether the numbers of a region may be told."""
        return code not in {region.code for region in self.material.facts.grouped}

    def grid(self, key: str, heads: str, rows: Iterable[Sequence[str | Picture]]) -> Grid:
        """A table with the caption ``check.<key>`` and heads ``check.head_<name>``."""
        given = tuple(tuple(row) for row in rows)
        names = heads.split()
        return Grid(
            key,
            self.say(f"check.{key}"),
            tuple(self.say(f"check.head_{head}") for head in names),
            given,
            tuple("words" if head in WORDS else "number" for head in names),
        )

    def numbers(self, values: Iterable[float | None], digits: int = 2) -> list[str]:
        """Numbers as the language writes them."""
        return [self.say.number(value, digits) for value in values]


Found = tuple[str, tuple[Grid, ...]]
