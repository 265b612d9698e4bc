"""The national pages that need places on a map, draws or earlier editions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rating.publish import charts
from rating.publish.boundaries import Shapes
from rating.publish.charts import Scale
from rating.publish.facts import Facts, Region
from rating.publish.intervals import Intervals
from rating.publish.material import Material
from rating.publish.pages import Picture, Pictures, anchors, ticks
from rating.publish.texts import Speaker

PLOT = 420.0
# Millimetres: the slope chart of many movers, and of so few that their peers stand below it.
SLOPE = 210.0
# Of the chart, in the units of a picture: 95.6 mm.
WIDE = 360.0
LOW_SLOPE, FEW_MOVERS = 80.0, 14
# Millimetres between two labels of the slope chart.
LABEL = 3.3
MOST_MOVERS = 40


@dataclass(frozen=True)
class Spanned:
    """A region's line of the plot of intervals."""

    rank: str
    name: str
    anchor: str
    plot: Picture
    span: str


@dataclass(frozen=True)
class IntervalPlot:
    """The plot of intervals with the labels of its axis and the width of the middle one."""

    lines: tuple[Spanned, ...]
    ticks: tuple[tuple[str, str], ...]
    median: str


@dataclass(frozen=True)
class Square:
    """The label of a tile, placed in per cent of the map."""

    left: str
    top: str
    rank: str
    name: str
    anchor: str
    light: bool


@dataclass(frozen=True)
class TileMap:
    """The tile map: one picture and the labels over it."""

    picture: Picture
    squares: tuple[Square, ...]
    width: str
    height: str
    tile: str
    out: bool


@dataclass(frozen=True)
class Label:
    """A label beside the slope chart, placed in millimetres from its top."""

    top: str
    text: str


@dataclass(frozen=True)
class Movers:
    """Who moved by more than the interval of the place, or why nobody is shown.

    Attributes:
        labels: place before, place now and name of each region, by the place now.
        ends: of the scale of places.
        roomy: the page has room for the groups of peers.
    """

    picture: Picture | None
    labels: tuple[Label, ...]
    ends: tuple[Label, ...]
    before: str
    after: str
    height: str
    note: str
    roomy: bool


@dataclass(frozen=True)
class CircleTable:
    """A group of peers: what they have in common and its regions, the best first."""

    title: str
    count: str
    median: str
    members: str


def interval_plot(
    facts: Facts, sure: Intervals, say: Speaker, pictures: Pictures
) -> IntervalPlot | None:
    """The interval of every ranked region on one axis; None where nobody has one."""
    if not sure.ends:
        return None
    anchor = anchors(facts)
    last = max([facts.places, *(high for _, high in sure.ends.values())])
    scale = Scale(1, max(last, 2), PLOT)
    middles = sure.middles
    lines = []
    for region in facts.ranked:
        svg = charts.interval(
            sure.ends.get(region.code), region.rank, scale, middle=middles.get(region.code)
        )
        span = sure.span(region, say)
        alt = say("intervals.alt", rank=region.rank or 0, span=span)
        lines.append(
            Spanned(
                say.number(region.rank, 0),
                say.of(region.short),
                anchor[region.code],
                Picture(pictures.add(svg), alt),
                span,
            )
        )
    between = (tick for tick in ticks(1, last) if 0.06 < (tick - 1) / (last - 1) < 0.93)
    marks = [1.0, *between, last] if last > 1 else [1.0]
    widths = sorted(high - low + 1 for low, high in sure.ends.values())
    return IntervalPlot(
        tuple(lines),
        tuple((f"{scale.share(tick):.2f}%", say.number(tick, 0)) for tick in marks),
        say.number(widths[len(widths) // 2], 0),
    )


def tile_map(facts: Facts, say: Speaker, pictures: Pictures) -> TileMap | None:
    """The tile map, or None where the register has no tiles or there are no groups to show."""
    placed = [(region, region.tile) for region in facts.regions if region.tile is not None]
    if len(placed) < len(facts.regions) or not any(group.regions for group in facts.groups):
        return None
    left, top = min(tile[0] for _, tile in placed), min(tile[1] for _, tile in placed)
    columns = max(tile[0] for _, tile in placed) - left + 1
    rows = max(tile[1] for _, tile in placed) - top + 1
    colours = {
        group.label: charts.group_colour(group.place, len(facts.groups)) for group in facts.groups
    }
    place = anchors(facts)
    cells, squares = [], []
    for region, (column, row) in placed:
        colour = colours.get(region.group or "", "")
        cells.append(charts.Tile(column - left, row - top, colour))
        squares.append(
            Square(
                left=f"{100 * (column - left) / columns:.3f}%",
                top=f"{100 * (row - top) / rows:.3f}%",
                rank="—" if region.rank is None else say.number(region.rank, 0),
                name=say.of(region.short),
                anchor="" if region.status == "grouped" else place[region.code],
                light=bool(colour) and charts.dark(colour),
            )
        )
    svg = charts.tiles(cells, columns=columns, rows=rows)
    # 170 mm is the width of the text; a map of few columns keeps squares of a fair size.
    side = min(170 / columns, 150 / rows, 24)
    return TileMap(
        picture=Picture(pictures.add(svg), say("map.alt", n=len(placed))),
        squares=tuple(squares),
        width=f"{side * columns:.2f}mm",
        height=f"{side * rows:.2f}mm",
        tile=f"{100 / columns:.3f}%",
        out=bool(facts.unranked),
    )


def boundary_map(
    facts: Facts, shapes: Shapes, say: Speaker, pictures: Pictures
) -> tuple[Picture, str]:
    """The map of groups on the user's boundaries, and the regions that have none."""
    colours = {
        group.label: charts.group_colour(group.place, len(facts.groups)) for group in facts.groups
    }
    drawn = [
        (shapes[region.code], colours.get(region.group or "", ""))
        for region in facts.regions
        if region.code in shapes
    ]
    picture = pictures.add(charts.outlines(drawn, width=640, height=340))
    lacking = [say.of(region.short) for region in facts.regions if region.code not in shapes]
    note = say("map.lacking", names=", ".join(lacking)) if lacking else ""
    return Picture(picture, say("map.boundary_alt", n=len(drawn))), note


def movers(material: Material, say: Speaker, pictures: Pictures) -> Movers | None:
    """The slope chart of the regions whose place before lies outside the interval of today's.

    None where the data hold no earlier edition.
    """
    facts, sure, before = material.facts, material.sure, material.history.before
    if before is None or not facts.ranked:
        return None
    years = str(before), str(facts.result.edition)

    def said(key: str, **values: object) -> Movers:
        return Movers(None, (), (), *years, "", say(key, before=years[0], **values), roomy=True)

    if sure is None:
        return said("movers.no_draws")
    moved = [
        (earlier, region)
        for region in facts.ranked
        if (earlier := material.history.earlier(region.code)) is not None
        and outside(sure, region, earlier)
    ]
    if not moved:
        return said("movers.none", level=sure.level(say))
    moved.sort(key=lambda pair: -abs(pair[0] - (pair[1].rank or 0)))
    shown = moved[:MOST_MOVERS]
    pairs = [(earlier, region.rank or 0) for earlier, region in shown]
    last = max(facts.places, *(earlier for earlier, _ in pairs))
    roomy = len(shown) <= FEW_MOVERS
    height = LOW_SLOPE if roomy else SLOPE
    svg = charts.slope(pairs, last, width=WIDE, height=height / 170 * 640)
    note = say("movers.note", n=len(shown), of=len(facts.ranked), level=sure.level(say))
    # One label says all of a region: two beside the line would be read with others in between.
    labels = _labels(
        [(one.rank or 0, f"{earlier} → {one.rank} {say.of(one.short)}") for earlier, one in shown],
        last,
        height,
    )
    names = "; ".join(
        say("movers.one", name=say.of(one.short), before=earlier, after=one.rank)
        for earlier, one in shown
    )
    return Movers(
        Picture(pictures.add(svg), say("movers.alt", names=names)),
        labels,
        _labels([(1, "1"), (last, say.number(last, 0))], last, height),
        *years,
        f"{height:g}mm",
        note,
        roomy,
    )


def outside(sure: Intervals, region: Region, earlier: int) -> bool:
    """Whether a place before lies outside the interval of the region's place today."""
    ends = sure.ends.get(region.code)
    return ends is not None and not ends[0] <= earlier <= ends[1]


def _labels(given: Sequence[tuple[int, str]], last: int, height: float) -> tuple[Label, ...]:
    """Labels at their places, pushed apart where they would run into each other."""
    axis = Scale(1, max(last, 2), height, 6.0 * 170 / 640)
    ordered = sorted(given)
    at: list[float] = []
    for place, _ in ordered:
        at.append(max(axis.at(place), at[-1] + LABEL if at else 0.0))
    for n in range(len(at) - 1, -1, -1):
        limit = height if n == len(at) - 1 else at[n + 1] - LABEL
        at[n] = min(at[n], limit)
    return tuple(
        Label(f"{y - LABEL / 2:.2f}mm", text) for y, (_, text) in zip(at, ordered, strict=True)
    )


def circles(material: Material, say: Speaker) -> tuple[CircleTable, ...]:
    """All ranked regions in groups of peers."""
    facts = material.facts
    names = {item.id: say.of(item.name) for item in facts.items}
    found = []
    for circle in material.peers.circles:
        parts = []
        if circle.size is not None:
            parts.append(say(f"peers.size_{circle.size}"))
        if circle.rich is not None:
            parts.append(say("peers.rich" if circle.rich else "peers.poor"))
        if circle.strongest is not None:
            parts.append(say("peers.strongest", name=names[circle.strongest]))
        ranks = sorted(region.rank or 0 for region in circle.regions)
        found.append(
            CircleTable(
                title=", ".join(parts) or say("peers.others"),
                count=say.number(len(ranks), 0),
                median=say.number(ranks[len(ranks) // 2], 0),
                members=", ".join(f"{say.of(one.short)} {one.rank}" for one in circle.regions),
            )
        )
    return tuple(found)


def changes(material: Material, say: Speaker) -> dict[str, str]:
    """Places won or lost since the edition before; a star where the interval cannot explain it."""
    facts, sure, held = material.facts, material.sure, material.history
    found = {}
    for region in facts.ranked:
        change, earlier = held.change(region.code), held.earlier(region.code)
        if change is None or earlier is None:
            found[region.code] = "—"
            continue
        mark = "▲" if change > 0 else "▼" if change < 0 else ""
        star = "*" if sure is not None and outside(sure, region, earlier) else ""
        found[region.code] = f"{mark}{say.number(abs(change), 0)}{star}" if change else "0"
    return found
