"""How full pages are, and which chapters run on under the one before so that none is near empty."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import compress, pairwise, product
from typing import Any

# A page less full than this looks like a fault.
LEAST = 0.2
# The space above a chapter that runs on, as a share of a page, with its rounding.
GAP = 0.05
# A chapter should not end on a page less full than this, nor on one so full that it may run over.
SPARSE, CLOSE = 0.33, 0.96
# In the order of the book; the contents follow the cover.
CHAPTERS = (
    *("contents", "guide", "findings", "ranking", "intervals"),
    *("map", "movers", "circles-chapter", "profiles"),
)
_RUN_ON = "{ break-before: auto; padding-top: 9mm } "
# Chapters that can be set tighter where they run over a page by little.
LITTLE = 0.3
_TIGHTER = {
    "guide": "# li { margin-bottom: 0.7mm; line-height: 1.35 } # h2 { margin: 4mm 0 1.5mm } "
    "# .specimen { padding-top: 3mm; padding-bottom: 1mm; margin-bottom: 2mm } ",
    "findings": "# .claim { margin-bottom: 1.2mm } # .claim h2 { font-size: 10pt; "
    "line-height: 1.2; margin: 1.6mm 0 0.4mm } "
    "# .claim p { font-size: 7.8pt; line-height: 1.25; margin: 0 } "
    "# .claim .caption { font-size: 6.5pt } # h1, # .lead { margin-bottom: 2mm } ",
    "ranking": "# .ranking th, # .ranking td { padding-top: 0.3mm; padding-bottom: 0.3mm } ",
    "profiles": "# .index td { padding-top: 0.5mm; padding-bottom: 0.5mm } ",
}


def filled(page: Any) -> float:
    """The share of a page's height down to its lowest text or picture."""
    box = page._page_box
    top, height = box.content_box_y(), box.height
    return float((max(_lows(box.children[0]), default=top) - top) / height)


def _lows(box: Any) -> Iterator[float]:
    for one in box.descendants():
        text = getattr(one, "text", None)
        # What is set for the ear alone is of half a point.
        told = text is not None and text.strip() and one.style["font_size"] > 2
        if told or hasattr(one, "replacement"):
            yield one.position_y + one.height


def places(pages: Sequence[Any]) -> dict[str, int]:
    """On which page each anchor stands first: what runs over pages has it on each."""
    where: dict[str, int] = {}
    for number, page in enumerate(pages):
        for anchor in page.anchors:
            where.setdefault(anchor, number)
    return where


def lengths(pages: Sequence[Any], end: str) -> dict[str, float]:
    """The length in pages of each chapter of the front, every one begun on a page of its own."""
    where = places(pages)
    starts = [(id, where[id]) for id in CHAPTERS if id in where] + [("", where[end])]
    return {
        id: following - first - 1 + filled(pages[following - 1])
        for (id, first), (_, following) in pairwise(starts)
    }


def running_on(length: Mapping[str, float], way: int = 0) -> tuple[str, ...]:
    """The chapters that begin under the one before, in the best way or one of the next best.

    Best is without a page near empty, then with few chapters torn that a page would hold, then with
    few pages, then with few chapters that run on.

    Example:
        >>> running_on({"contents": 0.9, "guide": 1.1, "findings": 0.8, "ranking": 0.5})
        ('findings',)
    """
    names = list(length)[1:]
    ways = (tuple(compress(names, some)) for some in product((0, 1), repeat=len(names)))
    return nsmallest(way + 1, ways, key=lambda on: _cost(length, on))[-1]


def _cost(length: Mapping[str, float], on: Collection[str]) -> tuple[int, int, int, int]:
    """Sparse pages, chapters torn, pages, chapters that run on."""
    empty, torn, pages, used = 0, 0, 0, 1.0
    for name, own in length.items():
        if name in on:
            torn += own <= 1 < used + GAP + own
            used += GAP + own
            # What nearly fills a page may as well run over it.
            empty += used % 1 > CLOSE
        else:
            empty += used < SPARSE
            used = own
        pages += math.ceil(used) - (1 if name in on else 0)
        used = used % 1 or 1.0
    return empty + (used < SPARSE), torn, pages, len(on)


def over(length: Mapping[str, float]) -> tuple[str, ...]:
    """The chapters that run over a page by so little that they are better set tighter.

    Example:
        >>> over({"contents": 1.1, "guide": 1.05, "findings": 1.6, "ranking": 2.2})
        ('guide', 'ranking')
    """
    return tuple(id for id, own in length.items() if id in _TIGHTER and own > 1 > LITTLE > own % 1)


def css(on: Sequence[str], tight: Sequence[str] = ()) -> str:
    """The rules by which chapters run on, and by which some are set tighter."""
    rules = [_TIGHTER[id].replace("#", f"#{id}") for id in tight]
    return "".join([*rules, *(f"#{id} {_RUN_ON}" for id in on)])
