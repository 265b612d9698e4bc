"""Charts as pure functions: numbers in, the text of an SVG out.

The pictures hold no text: WeasyPrint draws SVG text letter by letter, and a label in HTML can be
read aloud, searched and broken into lines. Above and below the median differ in colour and in
shape, and the order of groups is an order of lightness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TEAL = "#0b5c63"
ORANGE = "#c4501b"
INK = "#1b2330"
GREY = "#8b95a1"
BAND = "#dbe4e6"
LINE = "#e1e5e8"
PAPER = "#ffffff"
# From dark to light, so that the order survives a grey print and any colour blindness.
GROUPS = ("#0b5c63", "#3d8c89", "#86b5ab", "#c3cdb9", "#e6d5b2")


@dataclass(frozen=True)
class Scale:
    """A straight axis: values from low to high on a width, with room for half a mark."""

    low: float
    high: float
    width: float
    margin: float = 6.0

    def at(self, value: float) -> float:
        """Where a value stands; values beyond the ends stand at the ends.

        Example:
            >>> Scale(0, 100, 212).at(50)
            106.0
        """
        if self.high <= self.low:
            return self.width / 2
        share = (value - self.low) / (self.high - self.low)
        return self.margin + min(max(share, 0.0), 1.0) * (self.width - 2 * self.margin)

    def share(self, value: float) -> float:
        """The same place in per cent of the width, for a label in HTML."""
        return 100 * self.at(value) / self.width


@dataclass(frozen=True)
class Tile:
    """One square of a tile map.

    Attributes:
        column: place from the left, from 0.
        row: place from the top, from 0.
        fill: the colour; empty for a region that is not in the ranking.
    """

    column: int
    row: int
    fill: str


def group_colour(position: int, of: int) -> str:
    """The colour of a group: the first dark, the last light.

    Example:
        >>> group_colour(0, 5), group_colour(4, 5)
        ('#0b5c63', '#e6d5b2')
    """
    if of <= 1:
        return GROUPS[0]
    place = position / (of - 1) * (len(GROUPS) - 1)
    left = min(int(place), len(GROUPS) - 2)
    return _mix(GROUPS[left], GROUPS[left + 1], place - left)


def dark(colour: str) -> bool:
    """Whether white letters are better seen on a colour than dark ones."""
    red, green, blue = _rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def dot(
    value: float | None,
    middle: tuple[float, float, float] | None,
    scale: Scale,
    *,
    height: float = 14,
    square: bool = False,
) -> str:
    """A value against the median and the band of the middle half.

    Args:
        value: the dot; without it only median and band are drawn.
        middle: first quartile, median and third quartile of all regions.
        scale: the axis.
        height: of the picture.
        square: draw the mark of a node instead of that of an indicator.
    """
    y = height / 2
    parts = []
    if middle is not None:
        low, median, high = (scale.at(number) for number in middle)
        if not square:
            parts.append(_rect(low, y - 3.5, max(high - low, 0.8), 7, BAND))
    if middle is not None and value is not None and not square:
        colour = TEAL if value >= middle[1] else ORANGE
        left, right = sorted((median, scale.at(value)))
        parts.append(_rect(left, y - 0.7, right - left, 1.4, colour))
    if middle is not None:
        parts.append(_rect(median - 0.6, y - 5.5, 1.2, 11, INK))
    if value is not None:
        above = middle is None or value >= middle[1]
        mark = _square if square else (_circle if above else _diamond)
        colour = TEAL if above else ORANGE
        parts.append(mark(scale.at(value), y, INK if square else colour))
    return _svg(scale.width, height, parts)


def grid(places: Sequence[float], scale: Scale, *, height: float = 14) -> str:
    """Upright lines at round values, to lie behind rows of dots."""
    lines = [_rect(scale.at(value) - 0.3, 0, 0.6, height, LINE) for value in places]
    return _svg(scale.width, height, lines, stretch=True)


def position(
    rank: int | None,
    of: int,
    bands: Sequence[tuple[int, str]],
    scale: Scale,
    *,
    interval: tuple[int, int] | None = None,
) -> str:
    """A rank on the bar of all ranks, coloured by group.

    Args:
        rank: where the ring stands; without it there is no ring.
        of: how many regions are ranked.
        bands: number of regions and colour of each group, from the first rank on.
        scale: the axis, from 0.5 to ``of`` + 0.5.
        interval: first and last place of the band that lies behind the ring.
    """
    parts = []
    start = 0.5
    for count, colour in bands:
        left, right = scale.at(start), scale.at(start + count)
        parts.append(_rect(left, 5, max(right - left - 0.8, 0.2), 8, colour))
        start += count
    if interval is not None:
        left, right = scale.at(interval[0] - 0.5), scale.at(interval[1] + 0.5)
        # A white edge keeps the band apart from every colour of the groups.
        parts.append(_rect(left, 6.2, right - left, 5.6, PAPER))
        parts.append(_rect(left, 7.2, right - left, 3.6, ORANGE))
    if rank is not None:
        parts.append(
            f'<circle cx="{_n(scale.at(rank))}" cy="9" r="5.6" fill="{PAPER}" '
            f'stroke="{ORANGE}" stroke-width="2.6"/>'
        )
    return _svg(scale.width, 18, parts)


def strip(
    values: Sequence[float],
    scale: Scale,
    *,
    marked: Sequence[float] = (),
    median: float | None = None,
    height: float = 22,
    colour: str = TEAL,
) -> str:
    """All regions as ticks on one axis, some of them marked.

    Args:
        values: of all regions.
        scale: the axis.
        marked: of the regions that the picture is about.
        median: of all regions, a full upright line.
        height: of the picture.
        colour: of the ticks.
    """
    y = height / 2
    parts = [_rect(scale.margin, y - 0.3, scale.width - 2 * scale.margin, 0.6, LINE)]
    ticks = "".join(f"M{_n(scale.at(value))} {_n(y - 5)}v10" for value in sorted(values))
    if ticks:
        parts.append(f'<path d="{ticks}" stroke="{colour}" stroke-opacity="0.5" fill="none"/>')
    if median is not None:
        parts.append(_rect(scale.at(median) - 0.8, y - 9, 1.6, 18, INK))
    parts += [_diamond(scale.at(value), y, ORANGE) for value in sorted(marked)]
    return _svg(scale.width, height, parts)


def tiles(cells: Sequence[Tile], *, columns: int, rows: int, side: float = 40) -> str:
    """A map of equal squares, one a region; an empty square is a region out of the ranking."""
    parts = []
    for cell in cells:
        x, y = cell.column * side + 1, cell.row * side + 1
        if cell.fill:
            parts.append(_rect(x, y, side - 2, side - 2, cell.fill))
        else:
            parts.append(
                f'<rect x="{_n(x + 0.5)}" y="{_n(y + 0.5)}" width="{_n(side - 3)}" '
                f'height="{_n(side - 3)}" fill="{PAPER}" stroke="{GREY}" stroke-dasharray="3 2"/>'
            )
    return _svg(columns * side, rows * side, parts)


def _svg(width: float, height: float, parts: Sequence[str], *, stretch: bool = False) -> str:
    how = ' preserveAspectRatio="none"' if stretch else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}"{how}>{"".join(parts)}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"/>'
    )


def _circle(x: float, y: float, fill: str) -> str:
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="3.8" fill="{fill}"/>'


def _diamond(x: float, y: float, fill: str) -> str:
    return f'<path d="M{_n(x)} {_n(y - 4.8)}l4.8 4.8l-4.8 4.8l-4.8 -4.8z" fill="{fill}"/>'


def _square(x: float, y: float, fill: str) -> str:
    return _rect(x - 3.8, y - 3.8, 7.6, 7.6, fill)


def _n(number: float) -> str:
    """A coordinate in the shortest form, two digits after the point."""
    shown = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mix(first: str, second: str, share: float) -> str:
    pairs = zip(_rgb(first), _rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
