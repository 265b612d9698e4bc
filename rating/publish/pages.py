"""The front pages as templates print them: every number a text, every chart an address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rating.publish import charts
from rating.publish.charts import Scale
from rating.publish.facts import Facts, Group, Item, Region
from rating.publish.findings import Finding, district_name, findings
from rating.publish.texts import Speaker
from rating.scale import exact

THIN = 0.65
# More parts than this do not fit beside each other on the ranking's page.
MANY_PARTS = 8
# Beside a place that rests in part on figures which are not told.
HIDDEN = "‡"
WIDE = 640.0


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
    change: str = ""
    group: str = ""


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
    others: str = ""


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
        low=facts.score(min(scores), say, item),
        high=facts.score(max(scores), say, item),
        median=facts.score(median, say, item),
    )
    return (
        Picture(pictures.add(svg), alt),
        facts.score(median, say, item),
        facts.score(max(scores), say, item),
    )


def claims(
    facts: Facts, say: Speaker, pictures: Pictures, sets: tuple[tuple[str, ...], ...] = ()
) -> tuple[Claim, ...]:
    """The key findings with their strips."""
    return tuple(_claim(finding, say, pictures) for finding in findings(facts, say, sets))


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
        low=exact(finding.axis[0], say.lang),
        high=exact(finding.axis[1], say.lang),
    )
    return Claim(finding.title, finding.text, Picture(pictures.add(svg), finding.title), caption)


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


@dataclass(frozen=True)
class Table:
    """What the lines of the ranking are made of.

    Attributes:
        spans: the intervals of the places, by region.
        changes: places won or lost since the edition before, by region.
        sets: codes of regions that cannot be told apart, the best set first; without them the
            ranking stands by the groups of the method.
    """

    facts: Facts
    say: Speaker
    pictures: Pictures
    spans: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    sets: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def place(self) -> dict[str, str]:
        """The anchor of each region's profile."""
        return anchors(self.facts)

    def line(self, region: Region) -> Line:
        """One region's line of the ranking."""
        facts, say = self.facts, self.say
        shown = facts.counted if len(facts.counted) <= MANY_PARTS else ()
        return Line(
            rank=place(facts, region, say),
            # Beside more columns there is no room for the full name, which heads the profile.
            name=say.of(region.short if self.changes or self.sets else region.name),
            anchor=self.place[region.code],
            score=facts.score(region.score, say),
            parts=tuple(_part(facts, region, pillar, say) for pillar in shown),
            coverage=f"{region.present}/{facts.total}",
            thin=region.coverage < threshold(facts),
            interval=self.spans.get(region.code, ""),
            change=self.changes.get(region.code, ""),
            group=region.group or "—",
        )

    def ranking(self) -> tuple[Band, ...]:
        """The ranking by sets that cannot be told apart, else by groups, else in one band."""
        groups = self.groups()
        if self.sets:
            return tuple(self._set(number, codes) for number, codes in enumerate(self.sets, 1))
        if groups:
            return groups
        lines = tuple(self.line(one) for one in self.facts.ranked)
        others = self._others(self.facts.grouped)
        band = Band(self.say("ranking.all"), "", "", lines, None, "", "", "", "", others)
        return (band,) if lines else ()

    def groups(self) -> tuple[Band, ...]:
        """The groups of the method that have regions."""
        return tuple(self._group(group) for group in self.facts.groups if group.regions)

    def _group(self, group: Group) -> Band:
        facts, say = self.facts, self.say
        told = [region for region in group.regions if region.rank is not None]
        scores = [region.score for region in told if region.score is not None]
        ranks = [region.rank for region in told if region.rank is not None]
        colour = charts.group_colour(group.place, len(facts.groups))
        cell = charts.tiles([charts.Tile(0, 0, colour)], columns=1, rows=1)
        whole = len(told) == len(group.regions)
        spread = _between(facts, say, scores) if whole and scores else ""
        size = say("ranking.group_size", n=len(group.regions))
        return Band(
            title=say("ranking.group", label=group.label),
            label=group.label,
            note=f"{size} · {spread}" if spread else size,
            lines=tuple(self.line(one) for one in told),
            swatch=Picture(self.pictures.add(cell), say("map.swatch", label=group.label)),
            count=say.number(len(group.regions), 0),
            scores=spread or "—",
            places=_span(ranks) if whole else "—",
            members=", ".join(say.of(region.short) for region in group.regions),
            others=self._others([one for one in group.regions if one.rank is None]),
        )

    def _set(self, number: int, codes: Sequence[str]) -> Band:
        say, known = self.say, {region.code: region for region in self.facts.ranked}
        regions = [known[code] for code in codes]
        places = _span([region.rank for region in regions if region.rank is not None])
        return Band(
            title=say("ranking.set", n=number),
            label=say.number(number, 0),
            note=say("ranking.set_note", n=len(regions), places=places),
            lines=tuple(self.line(one) for one in regions),
            swatch=None,
            count=say.number(len(regions), 0),
            scores="",
            places=places,
            members="",
        )

    def _others(self, regions: Sequence[Region]) -> str:
        """Regions of which only the group is told, by name."""
        return ", ".join(sorted(self.say.of(region.short) for region in regions))

    def unranked(self) -> tuple[Band, ...]:
        """The regions out of the ranking, by the reason."""
        found = []
        for status in dict.fromkeys(region.status for region in self.facts.unranked):
            regions = [region for region in self.facts.unranked if region.status == status]
            title = self.say(f"ranking.status_{status}")
            note = self.say("ranking.group_size", n=len(regions))
            lines = tuple(self.line(one) for one in regions)
            found.append(Band(title, status, note, lines, None, "", "", "", ""))
        return tuple(found)


def place(facts: Facts, region: Region, say: Speaker) -> str:
    """A place, with the mark of those that rest on figures which are not told."""
    mark = HIDDEN if facts.partly_hidden(region) else ""
    return "—" if region.rank is None else f"{say.number(region.rank, 0)}{mark}"


def _part(facts: Facts, region: Region, item: Item, say: Speaker) -> str:
    cell = facts.cell(region, item)
    return say("profile.hidden") if cell.hidden else facts.score(cell.score, say, item)


def _between(facts: Facts, say: Speaker, scores: Sequence[float]) -> str:
    """The least and the greatest of some scores; a dash beside a minus would be read as one."""
    low, high = (facts.score(end(scores), say) for end in (min, max))
    return f"{low} … {high}" if min(scores) < 0 else f"{low}–{high}"


def _span(ranks: Sequence[int]) -> str:
    return f"{min(ranks)}–{max(ranks)}" if min(ranks) < max(ranks) else str(min(ranks))


def shelves(table: Table) -> tuple[Shelf, ...]:
    """The index of profiles: by district where there are districts, else one list by name."""
    facts, say = table.facts, table.say
    members: dict[str, list[Region]] = {}
    for region in facts.profiled:
        members.setdefault(district_name(facts, region, say), []).append(region)
    return tuple(
        Shelf(
            title,
            tuple(
                table.line(region)
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
