"""The front pages as templates print them: every number a text, every chart an address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from rating.publish import charts
from rating.publish.charts import Scale
from rating.publish.facts import Facts, Group, Item, Region
from rating.publish.findings import Finding, district_name, findings
from rating.publish.texts import Speaker

THIN = 0.65
# More parts than this do not fit beside each other on the ranking's page.
MANY_PARTS = 8
WIDE = 640.0
NO_SPANS: Mapping[str, str] = MappingProxyType({})


@dataclass
class Pictures:
    """The charts of a report by address; equal charts are kept once."""

    table: dict[str, str] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    def add(self, svg: str) -> str:
        """Keep a chart and give its address."""
        if svg not in self._known:
            self._known[svg] = f"chart:{len(self.table) + 1}"
            self.table[self._known[svg]] = svg
        return self._known[svg]


@dataclass(frozen=True)
class Picture:
    """A chart with the words that stand for it when it is read aloud."""

    address: str
    alt: str


@dataclass(frozen=True)
class Part:
    """A part of the index in numbers: what it weighs and what it holds."""

    name: str
    meaning: str
    weight: str
    holds: str
    strip: Picture | None
    median: str
    best: str


@dataclass(frozen=True)
class Claim:
    """A key finding with its chart."""

    title: str
    text: str
    picture: Picture
    caption: str


@dataclass(frozen=True)
class Line:
    """A region's line of the ranking; ``parts`` are the scores of the parts of the index."""

    rank: str
    name: str
    anchor: str
    score: str
    parts: tuple[str, ...]
    coverage: str
    thin: bool
    interval: str = ""


@dataclass(frozen=True)
class Band:
    """A group of the ranking with its lines and the colours that mark it."""

    title: str
    label: str
    note: str
    lines: tuple[Line, ...]
    swatch: Picture | None
    count: str
    scores: str
    places: str
    members: str


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
class Shelf:
    """A district of the index of profiles with its regions in order of name."""

    title: str
    lines: tuple[Line, ...]


def anchors(facts: Facts) -> dict[str, str]:
    """The anchor of each region's profile; codes come from users and stay out of markup."""
    return {region.code: f"region-{place}" for place, region in enumerate(facts.regions, 1)}


def threshold(facts: Facts) -> float:
    """The coverage below which a line of the ranking carries a dagger."""
    declared = getattr(facts.result.section.method.aggregate, "min_coverage", 0.0)
    return float(declared) or THIN


def parts(facts: Facts, say: Speaker, pictures: Pictures) -> tuple[Part, ...]:
    """The parts of the index: its pillars, or its indicators where it has no pillars."""
    found = []
    for item in facts.pillars:
        count = len(facts.under(item))
        weight = "—" if item.weight is None else say.number(100 * item.weight, 1)
        spread = _spread(facts, item, say, pictures)
        meaning = say.of(facts.result.section.item(item.id).description)
        found.append(Part(say.of(item.name), meaning, weight, say.number(count, 0), *spread))
    return tuple(found)


def _spread(
    facts: Facts, item: Item, say: Speaker, pictures: Pictures
) -> tuple[Picture | None, str, str]:
    scores = facts.scores(item)
    if not scores:
        return None, "—", "—"
    median = facts.middle[item.id][1]
    leader = facts.cell(facts.ranked[0], item).score
    svg = charts.strip(
        scores,
        Scale(*facts.axis[item.id], 300),
        marked=() if leader is None else (leader,),
        median=median,
    )
    alt = say(
        "strips.alt",
        name=say.of(item.name),
        low=say.number(min(scores)),
        high=say.number(max(scores)),
        median=say.number(median),
    )
    return Picture(pictures.add(svg), alt), say.number(median), say.number(max(scores))


def claims(facts: Facts, say: Speaker, pictures: Pictures) -> tuple[Claim, ...]:
    """The key findings with their strips."""
    return tuple(_claim(finding, say, pictures) for finding in findings(facts, say))


def _claim(finding: Finding, say: Speaker, pictures: Pictures) -> Claim:
    ordered = sorted(finding.values)
    svg = charts.strip(
        finding.values,
        Scale(*finding.axis, WIDE),
        marked=finding.marked,
        median=None if finding.counts or not ordered else _median(ordered),
        height=26,
    )
    caption = say(
        "finding.gaps_caption" if finding.counts else "finding.strip_caption",
        names=finding.names or "—",
        low=say.number(finding.axis[0], 0),
        high=say.number(finding.axis[1], 0),
    )
    return Claim(finding.title, finding.text, Picture(pictures.add(svg), finding.title), caption)


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def line(
    facts: Facts, region: Region, anchor: str, say: Speaker, spans: Mapping[str, str] = NO_SPANS
) -> Line:
    """One region's line of the ranking; ``spans`` are the intervals of the places, by region."""
    shown = facts.pillars if len(facts.pillars) <= MANY_PARTS else ()
    return Line(
        rank="—" if region.rank is None else say.number(region.rank, 0),
        name=say.of(region.name),
        anchor=anchor,
        score=say.number(region.score),
        parts=tuple(say.number(facts.cell(region, pillar).score) for pillar in shown),
        coverage=f"{region.present}/{facts.total}",
        thin=region.coverage < threshold(facts),
        interval=spans.get(region.code, ""),
    )


def bands(
    facts: Facts, say: Speaker, pictures: Pictures, spans: Mapping[str, str] = NO_SPANS
) -> tuple[Band, ...]:
    """The ranking by groups; one band without a label where the section has no groups."""
    place = anchors(facts)
    groups = [group for group in facts.groups if group.regions]
    if not groups:
        lines = tuple(line(facts, one, place[one.code], say, spans) for one in facts.ranked)
        title = say("ranking.all")
        return (Band(title, "", "", lines, None, "", "", "", ""),) if lines else ()
    return tuple(_band(facts, group, place, say, pictures, spans) for group in groups)


def _band(
    facts: Facts,
    group: Group,
    place: dict[str, str],
    say: Speaker,
    pictures: Pictures,
    spans: Mapping[str, str],
) -> Band:
    scores = [region.score for region in group.regions if region.score is not None]
    ranks = [region.rank for region in group.regions if region.rank is not None]
    colour = charts.group_colour(group.place, len(facts.groups))
    cell = charts.tiles([charts.Tile(0, 0, colour)], columns=1, rows=1)
    spread = f"{say.number(min(scores))}–{say.number(max(scores))}"
    return Band(
        title=say("ranking.group", label=group.label),
        label=group.label,
        note=f"{say('ranking.group_size', n=len(group.regions))} · {spread}",
        lines=tuple(line(facts, one, place[one.code], say, spans) for one in group.regions),
        swatch=Picture(pictures.add(cell), say("map.swatch", label=group.label)),
        count=say.number(len(group.regions), 0),
        scores=spread,
        places=f"{min(ranks)}–{max(ranks)}" if min(ranks) < max(ranks) else str(min(ranks)),
        members=", ".join(say.of(region.short) for region in group.regions),
    )


def unranked(facts: Facts, say: Speaker, spans: Mapping[str, str] = NO_SPANS) -> tuple[Band, ...]:
    """The regions out of the ranking, by the reason."""
    place = anchors(facts)
    found = []
    for status in dict.fromkeys(region.status for region in facts.unranked):
        regions = [region for region in facts.unranked if region.status == status]
        title = say(f"ranking.status_{status}")
        note = say("ranking.group_size", n=len(regions))
        lines = tuple(line(facts, one, place[one.code], say, spans) for one in regions)
        found.append(Band(title, status, note, lines, None, "", "", "", ""))
    return tuple(found)


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
        colour = colours.get(region.group or "", "") if region.rank is not None else ""
        cells.append(charts.Tile(column - left, row - top, colour))
        squares.append(
            Square(
                left=f"{100 * (column - left) / columns:.3f}%",
                top=f"{100 * (row - top) / rows:.3f}%",
                rank="—" if region.rank is None else say.number(region.rank, 0),
                name=say.of(region.short),
                anchor=place[region.code],
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
        out=any(region.rank is None for region, _ in placed),
    )


def shelves(facts: Facts, say: Speaker) -> tuple[Shelf, ...]:
    """The index of profiles: by district where there are districts, else one list by name."""
    place = anchors(facts)
    members: dict[str, list[Region]] = {}
    for region in facts.regions:
        members.setdefault(district_name(facts, region, say), []).append(region)
    return tuple(
        Shelf(
            title,
            tuple(
                line(facts, region, place[region.code], say)
                for region in sorted(regions, key=lambda one: say.of(one.name).casefold())
            ),
        )
        for title, regions in sorted(members.items())
    )


def ticks(low: float, high: float) -> tuple[float, ...]:
    """A few round numbers between two ends, the ends included where they are round.

    Example:
        >>> ticks(1, 100)
        (20.0, 40.0, 60.0, 80.0, 100.0)
    """
    if high <= low:
        return ()
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough - 1e-12)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(step * place, 10) + 0.0 for place in range(first, last + 1))
