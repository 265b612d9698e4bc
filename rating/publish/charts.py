"""Charts as pure functions: numbers in, the text of an SVG out.

The pictures hold no text: WeasyPrint draws SVG text letter by letter, and a label in HTML can be
read aloud, searched and broken into lines. Above and below the median differ in colour and in
shape, and the order of groups is an order of lightness. In a notebook a chart shows itself;
``described`` gives it the words that stand for it when it is read aloud.

Example:
    >>> chart = dot(62.0, (40.0, 50.0, 55.0), Scale(0, 100, 200)).described("62, median 50")
    >>> 'aria-label="62, median 50"' in chart._repr_svg_()
    True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rating.publish.marks import Chart, block, circle, diamond, mix, rect, rgb, short, svg

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
    return mix(GROUPS[left], GROUPS[left + 1], place - left)


def dark(colour: str) -> bool:
    """Whether white letters are better seen on a colour than dark ones."""
    red, green, blue = rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def dot(
    value: float | None,
    middle: tuple[float, float, float] | None,
    scale: Scale,
    *,
    height: float = 14,
    square: bool = False,
) -> Chart:
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
            parts.append(rect(low, y - 3.5, max(high - low, 0.8), 7, BAND))
    if middle is not None and value is not None and not square:
        colour = TEAL if value >= middle[1] else ORANGE
        left, right = sorted((median, scale.at(value)))
        parts.append(rect(left, y - 0.7, right - left, 1.4, colour))
    if middle is not None:
        parts.append(rect(median - 0.6, y - 5.5, 1.2, 11, INK))
    if value is not None:
        above = middle is None or value >= middle[1]
        mark = block if square else (circle if above else diamond)
        colour = TEAL if above else ORANGE
        parts.append(mark(scale.at(value), y, INK if square else colour))
    return svg(scale.width, height, parts)


def grid(places: Sequence[float], scale: Scale, *, height: float = 14) -> Chart:
    """Upright lines at round values, to lie behind rows of dots."""
    lines = [rect(scale.at(value) - 0.3, 0, 0.6, height, LINE) for value in places]
    return svg(scale.width, height, lines, stretch=True)


def position(
    rank: int | None,
    of: int,
    bands: Sequence[tuple[int, str]],
    scale: Scale,
    *,
    interval: tuple[int, int] | None = None,
) -> Chart:
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
        parts.append(rect(left, 5, max(right - left - 0.8, 0.2), 8, colour))
        start += count
    if interval is not None:
        left, right = scale.at(interval[0] - 0.5), scale.at(interval[1] + 0.5)
        # A white edge keeps the band apart from every colour of the groups.
        parts.append(rect(left, 6.2, right - left, 5.6, PAPER))
        parts.append(rect(left, 7.2, right - left, 3.6, ORANGE))
    if rank is not None:
        parts.append(
            f'<circle cx="{short(scale.at(rank))}" cy="9" r="5.6" fill="{PAPER}" '
            f'stroke="{ORANGE}" stroke-width="2.6"/>'
        )
    return svg(scale.width, 18, parts)


def strip(
    values: Sequence[float],
    scale: Scale,
    *,
    marked: Sequence[float] = (),
    median: float | None = None,
    height: float = 22,
    colour: str = TEAL,
) -> Chart:
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
    parts = [rect(scale.margin, y - 0.3, scale.width - 2 * scale.margin, 0.6, LINE)]
    ticks = "".join(f"M{short(scale.at(value))} {short(y - 5)}v10" for value in sorted(values))
    if ticks:
        parts.append(f'<path d="{ticks}" stroke="{colour}" stroke-opacity="0.5" fill="none"/>')
    if median is not None:
        parts.append(rect(scale.at(median) - 0.8, y - 9, 1.6, 18, INK))
    parts += [diamond(scale.at(value), y, ORANGE) for value in sorted(marked)]
    return svg(scale.width, height, parts)


def tiles(cells: Sequence[Tile], *, columns: int, rows: int, side: float = 40) -> Chart:
    """A map of equal squares, one a region; an empty square is a region out of the ranking."""
    parts = []
    for cell in cells:
        x, y = cell.column * side + 1, cell.row * side + 1
        if cell.fill:
            parts.append(rect(x, y, side - 2, side - 2, cell.fill))
        else:
            parts.append(
                f'<rect x="{short(x + 0.5)}" y="{short(y + 0.5)}" width="{short(side - 3)}" '
                f'height="{short(side - 3)}" fill="{PAPER}" stroke="{GREY}" '
                'stroke-dasharray="3 2"/>'
            )
    return svg(columns * side, rows * side, parts)


def interval(
    ends: tuple[int, int] | None,
    place: float | None,
    scale: Scale,
    *,
    middle: tuple[int, int] | None = None,
    height: float = 9,
) -> Chart:
    """The interval of a place as a bar, the middle half of the draws thicker, the place a diamond.

    Args:
        ends: first and last place of the interval.
        place: the published place.
        scale: the axis of places.
        middle: first and last place of the middle half of the draws.
        height: of the picture.
    """
    y = height / 2
    parts = []
    for pair, half, colour in ((ends, 0.7, GROUPS[2]), (middle, 1.9, TEAL)):
        if pair is not None:
            left, right = (scale.at(end) for end in pair)
            parts.append(rect(left, y - half, max(right - left, 0.8), 2 * half, colour))
    if place is not None:
        parts.append(diamond(scale.at(place), y, ORANGE, 3.2))
    return svg(scale.width, height, parts)


def slope(
    pairs: Sequence[tuple[float, float]], last: float, *, width: float = 300, height: float = 400
) -> Chart:
    """Places before and after, the first at the top; risers in teal, fallers dashed in orange.

    Args:
        pairs: place before and place after of each region.
        last: the last place.
        width: of the picture.
        height: of the picture.
    """
    axis = Scale(1, max(last, 2), height)
    parts = [rect(9, 0, 0.8, height, LINE), rect(width - 9.8, 0, 0.8, height, LINE)]
    for before, after in pairs:
        up = after <= before
        colour, dashes = (TEAL, "") if up else (ORANGE, ' stroke-dasharray="5 3"')
        start, end = axis.at(before), axis.at(after)
        parts.append(
            f'<path d="M9.4 {short(start)}L{short(width - 9.4)} {short(end)}" stroke="{colour}" '
            f'stroke-width="1.6" fill="none"{dashes}/>'
        )
        parts += [circle(9.4, start, colour) if up else diamond(9.4, start, colour)]
        parts += [circle(width - 9.4, end, colour) if up else diamond(width - 9.4, end, colour)]
    return svg(width, height, parts)


def editions(count: int, width: float = 300) -> Scale:
    """The axis of so many editions, with room for half a label at either end."""
    return Scale(0, max(count - 1, 1), width, 24)


def course(
    places: Sequence[int | None], last: int, *, width: float = 300, height: float = 90
) -> Chart:
    """The places of a region over the editions, the first at the top; a gap where it had none."""
    across, down = editions(len(places), width), Scale(1, max(last, 2), height)
    points = [
        None if place is None else (across.at(n), down.at(place)) for n, place in enumerate(places)
    ]
    parts = [rect(0, down.at(end) - 0.3, width, 0.6, LINE) for end in (1, (1 + last) / 2, last)]
    for one, other in pairwise(points):
        if one is not None and other is not None:
            start, end = (f"{short(x)} {short(y)}" for x, y in (one, other))
            line = f'<path d="M{start}L{end}" stroke="{TEAL}" stroke-width="1.6" fill="none"/>'
            parts.append(line)
    known = [point for point in points if point is not None]
    parts += [circle(x, y, TEAL) for x, y in known[:-1]]
    parts += [diamond(x, y, ORANGE) for x, y in known[-1:]]
    return svg(width, height, parts)


def dumbbell(
    value: float | None, middle: float | None, scale: Scale, *, height: float = 14
) -> Chart:
    """A value and the median, joined: the dot of ``dot`` without the band, the median a ring."""
    y = height / 2
    parts = [rect(scale.margin, y - 0.3, scale.width - 2 * scale.margin, 0.6, LINE)]
    if value is not None and middle is not None:
        left, right = sorted((scale.at(value), scale.at(middle)))
        parts.append(rect(left, y - 0.8, right - left, 1.6, TEAL if value >= middle else ORANGE))
    if middle is not None:
        ring = (
            f'cx="{short(scale.at(middle))}" cy="{short(y)}" r="3.2" fill="{PAPER}" stroke="{INK}"'
        )
        parts.append(f"<circle {ring}/>")
    if value is not None:
        above = middle is None or value >= middle
        mark = circle if above else diamond
        parts.append(mark(scale.at(value), y, TEAL if above else ORANGE))
    return svg(scale.width, height, parts)


def heat(shares: Sequence[float | None], *, side: float = 12, height: float = 9) -> Chart:
    """A row of cells, darker for a greater share of 1; a cross where there is nothing."""
    parts = []
    for n, share in enumerate(shares):
        x = n * side
        if share is None:
            cross = f"M{short(x + 3)} 1.5l{short(side - 6)} {short(height - 3)}"
            back = f"M{short(x + side - 3)} 1.5l{short(6 - side)} {short(height - 3)}"
            parts.append(f'<path d="{cross}{back}" stroke="{ORANGE}" fill="none"/>')
        else:
            colour = mix(GROUPS[-1], GROUPS[0], min(max(share, 0.0), 1.0))
            parts.append(rect(x + 0.5, 0.5, side - 1, height - 1, colour))
    return svg(max(len(shares), 1) * side, height, parts)


def locator(
    places: Sequence[tuple[int, int]], here: tuple[int, int], *, columns: int, rows: int
) -> Chart:
    """A small tile map with one square filled."""
    side = 8
    squares = "".join(
        f"M{side * x + 1} {side * y + 1}h6v6h-6z" for x, y in places if (x, y) != here
    )
    own = f"M{side * here[0]} {side * here[1]}h8v8h-8z"
    parts = [f'<path d="{squares}" fill="{BAND}"/>'] if squares else []
    parts.append(f'<path d="{own}" fill="{ORANGE}"/>')
    return svg(columns * side, rows * side, parts)


def outlines(
    shapes: Sequence[tuple[Sequence[Sequence[tuple[float, float]]], str]],
    *,
    width: float = 640,
    height: float = 360,
) -> Chart:
    """A map of boundaries.

    Args:
        shapes: the rings of each region on a plane, as ``boundaries.project`` gives them, and its
            colour; without one the region is out of the ranking.
        width: of the picture, which the map fills without being stretched.
        height: of the picture.
    """
    flat = [point for rings, _ in shapes for ring in rings for point in ring]
    if not flat:
        return svg(width, height, [])
    left, top = (min(point[axis] for point in flat) for axis in (0, 1))
    wide, tall = (max(point[axis] for point in flat) - end for axis, end in ((0, left), (1, top)))
    scale = min((width - 2) / (wide or 1.0), (height - 2) / (tall or 1.0))
    parts = []
    for rings, colour in shapes:
        path = "".join(
            "M"
            + "L".join(
                f"{short(1 + scale * (x - left))} {short(1 + scale * (y - top))}" for x, y in r
            )
            + "z"
            for r in rings
        )
        dashes = "" if colour else ' stroke-dasharray="3 2"'
        edge = f'stroke="{PAPER if colour else GREY}" stroke-width="0.5"{dashes}'
        parts.append(f'<path d="{path}" fill="{colour or PAPER}" fill-rule="evenodd" {edge}/>')
    return svg(width, height, parts)
