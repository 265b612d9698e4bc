"""What is wrong with the pages of a PDF, by the boxes that were laid out: a proof-reader.

A fault is a page number and a sentence. The rules: no page under a fifth full but the last of a
book; no word broken without a hyphen; no head of a table over three lines; nothing beyond its cell
or its page; no two texts on top of each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from rating.publish.paging import filled

FIFTH, HEAD_LINES = 0.2, 3
# Pixels that letters may reach over an edge, and the size of type that is for the ear alone.
SLACK, ALOUD = 1.5, 2
# Hashes, addresses and formulas have no words.
CODES = {"code", "digest", "sha", "id", "a"}
Kinds = frozenset[str]


@dataclass
class Proof:
    """What a reader of the pages saw: how full each is, and the faults."""

    filled: list[float] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def kinds(self) -> Counter[str]:
        """How many faults there are of each kind."""
        return Counter(fault.split(":")[0] for _, fault in self.faults)

    def read(self, pages: Sequence[Any]) -> None:
        """Read every page of a document that was laid out."""
        for number, page in enumerate(pages, 1):
            share = filled(page)
            self.filled.append(share)
            if share < FIFTH and number < len(pages):
                self.faults.append((number, f"empty: {100 * share:.0f} % full"))
            body = page._page_box.children[0]
            texts = list(_texts(body))
            faults = (*_beyond(page._page_box, texts), *_overlaps(texts), *_of_lines(body))
            self.faults += [(number, fault) for fault in faults]


@dataclass(frozen=True)
class Seen:
    """A text on a line: the height is that of its capitals."""

    text: str
    x: float
    y: float
    right: float
    bottom: float
    cell: float | None
    kinds: Kinds


def _kinds(box: Any) -> Kinds:
    element = getattr(box, "element", None)
    given = element.get("class") if element is not None else None
    return frozenset([*(given or "").split(), getattr(box, "element_tag", None) or ""])


def _texts(box: Any, cell: float | None = None, kinds: Kinds = frozenset()) -> Iterator[Seen]:
    name, kinds = type(box).__name__, kinds | _kinds(box)
    if name == "TableCellBox":
        cell = box.border_box_x() + box.border_width()
    if name == "TextBox" and box.text.strip() and box.style["font_size"] > ALOUD:
        high = 0.36 * box.style["font_size"]
        middle = box.position_y + box.height / 2
        ends = box.position_x, middle - high, box.position_x + box.width, middle + high
        yield Seen(box.text, *ends, cell, kinds)
    for child in getattr(box, "children", ()):
        yield from _texts(child, cell, kinds)


def _beyond(page: Any, texts: Sequence[Seen]) -> Iterator[str]:
    right, bottom = page.content_box_x() + page.width, page.content_box_y() + page.height
    for one in texts:
        if one.x < -SLACK or one.right > right + SLACK or one.bottom > bottom + SLACK:
            yield f"beyond: the page: {one.text!r}"
        elif one.cell is not None and one.right > one.cell + SLACK and "tick" not in one.kinds:
            yield f"beyond: its cell: {one.text!r}"


def _overlaps(texts: Sequence[Seen]) -> Iterator[str]:
    active: list[Seen] = []
    for one in sorted(texts, key=lambda one: one.y):
        active = [other for other in active if other.bottom > one.y + SLACK]
        for other in active:
            wide = min(one.right, other.right) - max(one.x, other.x)
            high = min(one.bottom, other.bottom) - one.y
            if wide > SLACK and high > SLACK:
                yield f"overlap: {other.text!r} and {one.text!r}"
        active.append(one)


def _of_lines(box: Any, kinds: Kinds = frozenset()) -> Iterator[str]:
    """Heads that are too high, and words that are broken."""
    kinds = kinds | _kinds(box)
    children = list(getattr(box, "children", ()))
    boxes = [one for one in children if type(one).__name__ == "LineBox"]
    lines = [text for text in map(_line, boxes) if text.strip()]
    if lines and box.style["font_size"] > ALOUD:
        if {"th", "thead"} <= kinds and len(lines) > HEAD_LINES:
            yield f"head: {len(lines)} lines: {' | '.join(lines)}"
        if not kinds & CODES and not any(_kinds(one) & CODES for one in box.descendants()):
            yield from _broken(lines, "".join(box.element.itertext()))
    for child in children:
        yield from _of_lines(child, kinds)


def _line(line: Any) -> str:
    return "".join(one.text for one in line.descendants() if type(one).__name__ == "TextBox")


def _broken(lines: Sequence[str], text: str) -> Iterator[str]:
    """Where a line ends within a word and has no hyphen."""
    words = text.casefold().split()
    letters, ends, at = "".join(words), {*accumulate(map(len, words))}, 0
    for line in lines[:-1]:
        own = "".join(line.casefold().split())
        hyphen = not letters.startswith(own, at) and own[-1] in "-\u2010"
        at += len(own) - hyphen
        inside = 0 < at < len(letters) and (letters[at - 1] + letters[at]).isalnum()
        if inside and at not in ends and not hyphen:
            yield f"broken: {line}|"
