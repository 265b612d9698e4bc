"""On which scale scores stand and with how many digits they are told: found once for all output."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rating.definitions.aggregations import (
    BenefitOfTheDoubt,
    Copeland,
    Directional,
    Topsis,
    Wroclaw,
)
from rating.text import Lang, number

if TYPE_CHECKING:
    from rating.result import Rating

Ends = tuple[float, float]
# An axis of 100 has a thousand steps, any other a hundred at least, and what the ranked regions lie
# apart has twenty.
FIGURES, APART = 3, 20
MOST_DIGITS = 6
# Methods with a scale of their own, whatever that of the children is; None is known by its scores.
_OWN: dict[type, Ends | None] = {
    BenefitOfTheDoubt: (0.0, 1.0),
    Copeland: None,
    Directional: (0.0, 1.0),
    Topsis: (0.0, 1.0),
    Wroclaw: None,
}


@dataclass(frozen=True)
class Scale:
    """The axes of the items of a rating and the digits of their scores.

    Attributes:
        root: the id of the index.
        axes: the lowest and the highest score, by item.
        digits: after the point, by item.

    Example:
        >>> Scale("index", {"index": (0.0, 1.0)}, {"index": 3}).number(0.94933, "en")
        '0.949'
    """

    root: str
    axes: Mapping[str, Ends]
    digits: Mapping[str, int]

    def number(
        self, value: float | None, lang: Lang, item: str | None = None, *, more: int = 0
    ) -> str:
        """A score of an item, by default of the index, with so many digits more than usual."""
        return number(value, lang, self.digits[item or self.root] + more)

    def ends(self, lang: Lang, item: str | None = None) -> tuple[str, str]:
        """The ends of an axis, without digits that say nothing."""
        low, high = self.axes[item or self.root]
        return exact(low, lang), exact(high, lang)


def exact(value: float, lang: Lang, most: int = MOST_DIGITS) -> str:
    """A number with as few digits as it takes, and at most so many.

    Example:
        >>> exact(0.25, "en"), exact(100.0, "en"), exact(1 / 3, "en", 2)
        ('0.25', '100', '0.33')
    """
    close = 10.0**-MOST_DIGITS * max(abs(value), 1e-3)
    needed = (n for n in range(most) if abs(round(value, n) - value) < close)
    return number(value, lang, next(needed, most))


def scale(result: Rating, seen: Mapping[str, Sequence[float]] | None = None) -> Scale:
    """The scale of a rating: declared ranges where they hold, else what the scores fill.

    A mean lies between its children, so a node has the range of what it is made of and not that of
    the section, which no indicator under it need have.

    Args:
        result: the rating, or what may be told of it.
        seen: further figures that its pages show, by item.
    """
    section, root = result.section, result.section.root.id
    below: dict[str, list[tuple[str, float]]] = {}
    for parent, item, weight in result.weights.select("parent", "item", "weight").iter_rows():
        below.setdefault(parent, []).append((item, weight))
    known = _seen(result, seen or {})
    axes: dict[str, Ends] = {}

    def declared(item: str) -> Ends | None:
        """The range of an item; None where its method has none."""
        methods, children = section.method_of(item), below.get(item, [])
        own = getattr(methods.normalise, "range", None)
        if children:
            made = [(declared(child), weight) for child, weight in children]
            kind = type(methods.aggregate)
            # What has weight 0 moves nobody, unless there is nothing else.
            counted = [ends for ends, weight in made if weight] or [ends for ends, _ in made]
            own = _OWN[kind] if kind in _OWN else _hull(counted)
        if own is not None:
            axes[item] = _around((float(own[0]), float(own[1])), known.get(item, ()))
        return axes.get(item)

    declared(root)
    rest = [score for item, scores in known.items() if item not in axes for score in scores]
    undeclared = _around(None, rest) if rest else (0.0, 1.0)
    items = [root, *result.weights["item"], *known, *(one.id for one in section.node)]
    axes = {item: axes.get(item, undeclared) for item in items}
    digits = {item: _fine(high - low) for item, (low, high) in axes.items()}
    scores = result.ranks.filter(pl.col("rank").is_not_null())["score"].drop_nulls().to_list()
    if scores and (apart := max(scores) - min(scores)) > 0:
        fine = max(digits[root], _digits(math.log10(APART / apart)))
        digits |= {item: fine for item, ends in axes.items() if ends == axes[root]}
    return Scale(root, axes, digits)


def _seen(result: Rating, more: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """The least and the greatest score of each item."""
    frames = (
        result.scores.select(pl.col("node").alias("item"), "score"),
        result.values.select(pl.col("indicator").alias("item"), "score"),
    )
    ends = pl.concat(frames).drop_nulls("score").group_by("item", maintain_order=True)
    found = ends.agg(low=pl.col("score").min(), high=pl.col("score").max())
    known: dict[str, list[float]] = {item: list(told) for item, told in more.items()}
    for item, low, high in found.iter_rows():
        known.setdefault(item, []).extend((low, high))
    return known


def _around(ends: Ends | None, more: Sequence[float]) -> Ends:
    """Two ends, and where figures lie beyond them, round numbers that hold these."""
    first, last = ends or (math.inf, -math.inf)
    low, high = min([first, *more]), max([last, *more])
    slack = 1e-9 * max(abs(low), abs(high))
    step = 10.0 ** -_fine(high - low)
    return (
        first if low >= first - slack else _tidy(math.floor(low / step + 1e-9) * step),
        last if high <= last + slack else _tidy(math.ceil(high / step - 1e-9) * step),
    )


def _tidy(end: float) -> float:
    return round(end, MOST_DIGITS) + 0.0


def _hull(found: Sequence[Ends | None]) -> Ends | None:
    """The range around several; None where one of them has none."""
    known = [ends for ends in found if ends is not None]
    if not known or len(known) < len(found):
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def _fine(span: float) -> int:
    """The digits of scores on an axis of this length."""
    return _digits(FIGURES - math.ceil(math.log10(span))) if span > 0 else 1


def _digits(places: float) -> int:
    return min(max(math.ceil(places - 1e-9), 0), MOST_DIGITS)
