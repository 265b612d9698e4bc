"""One page a region: its place, its parts and indicators against the median, its gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rating.publish import charts
from rating.publish.charts import Scale
from rating.publish.facts import Facts, Item, Region
from rating.publish.findings import district_name
from rating.publish.intervals import Intervals
from rating.publish.pages import Picture, Pictures, anchors, ticks
from rating.publish.texts import Speaker, clean
from rating.text import LANGS

# Rows that a page holds at a size that can be read; of longer trees the middling rows are left out.
# One number for each step of squeezing.
MOST_ROWS = (40, 30, 20)
NAME_LENGTHS = (120, 46, 40)
SHORT_NAMES = (60, 44, 28)
DENSITIES = ("roomy", "medium", "tight")
LINE_LENGTH = 40
GAPS_LENGTHS = (420, 300, 160)
UNIT_LENGTH = 40
SIDES = 3
NEIGHBOURS = 2
PLOT = 190.0
BAR = 640.0


@dataclass(frozen=True)
class Big:
    """A big number and what it is."""

    number: str
    label: str


@dataclass(frozen=True)
class Tick:
    """A label under an axis, placed in per cent of its width."""

    left: str
    text: str


@dataclass(frozen=True)
class Row:
    """A part or an indicator: chart, value, score and place."""

    name: str
    node: bool
    depth: int
    plot: Picture
    value: str
    unit: str
    score: str
    rank: str
    imputed: bool


@dataclass(frozen=True)
class Side:
    """A strength or a weakness."""

    name: str
    rank: str


@dataclass(frozen=True)
class Neighbour:
    """A region near in the ranking."""

    rank: str
    name: str
    anchor: str
    score: str
    here: bool


@dataclass(frozen=True)
class Profile:
    """A region's page."""

    anchor: str
    name: str
    other_name: str
    district: str
    status: str
    group: str
    big: tuple[Big, ...]
    bar: Picture
    bar_ticks: tuple[Tick, ...]
    plot_ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    left_out: str
    any_imputed: bool
    strengths: tuple[Side, ...]
    weaknesses: tuple[Side, ...]
    neighbours: tuple[Neighbour, ...]
    missing: str
    imputed: str
    caption: str
    density: str


def profiles(
    facts: Facts,
    say: Speaker,
    pictures: Pictures,
    *,
    only: Sequence[Region] | None = None,
    squeeze: int = 0,
    sure: Intervals | None = None,
) -> tuple[Profile, ...]:
    """The pages of the regions in the order of the ranking, or of some of them.

    Args:
        facts: the looked-up rating.
        say: speaks the language of the report.
        pictures: takes the charts.
        only: the regions whose pages are wanted.
        squeeze: how many steps tighter than by the length of the tree the pages are set.
        sure: the intervals of the places, where there were draws.
    """
    place = anchors(facts)
    common = Common(facts, say, pictures, place, squeeze, sure)
    chosen = facts.regions if only is None else only
    return tuple(_profile(common, region) for region in chosen)


class Common:
    """What all profiles of a report share: axes, bar, language."""

    def __init__(
        self,
        facts: Facts,
        say: Speaker,
        pictures: Pictures,
        place: dict[str, str],
        squeeze: int,
        sure: Intervals | None,
    ) -> None:
        self.facts, self.say, self.pictures, self.place = facts, say, pictures, place
        self.squeeze, self.sure = squeeze, sure
        ends = facts.axis[facts.root.id]
        scale = Scale(*ends, PLOT)
        round_values = ticks(*ends)
        self.one_axis = len({facts.axis[item.id] for item in facts.items}) == 1
        # The style sheet lays it behind every row, so it has a fixed address.
        pictures.table["chart:grid"] = charts.grid(round_values if self.one_axis else (), scale)
        self.plot_ticks = tuple(
            Tick(f"{scale.share(value):.2f}%", say.number(value, 0 if value == int(value) else 1))
            for value in round_values
        )
        count = len(facts.ranked)
        self.bar = Scale(0.5, max(count, 1) + 0.5, BAR)
        self.colours = tuple(
            (len(group.regions), charts.group_colour(group.place, len(facts.groups)))
            for group in facts.groups
            if group.regions
        ) or ((count, charts.BAND),)
        self.bar_ticks = self._bar_ticks(count)

    def _bar_ticks(self, count: int) -> tuple[Tick, ...]:
        """Labels at the first, the last and the first of each group, none run into another."""
        if not count:
            return ()
        starts, at = [], 1
        for size, _ in self.colours:
            starts.append(at)
            at += size
        kept = [1]
        for place in [*starts[1:], count]:
            while len(kept) > 1 and place == count and self._near(kept[-1], place):
                kept.pop()
            if not self._near(kept[-1], place):
                kept.append(place)
        return tuple(
            Tick(f"{self.bar.share(place):.2f}%", self.say.number(place, 0)) for place in kept
        )

    def _near(self, one: int, other: int) -> bool:
        return abs(self.bar.share(one) - self.bar.share(other)) < 4


def _profile(common: Common, region: Region) -> Profile:
    facts, say = common.facts, common.say
    items, left_out = _shown(facts, region, MOST_ROWS[common.squeeze])
    other = next(lang for lang in LANGS if lang != say.lang)
    rows = tuple(_row(common, region, item) for item in items)
    missing = [item for item in facts.indicators if facts.cell(region, item).status == "missing"]
    imputed = [item for item in facts.indicators if facts.cell(region, item).status == "imputed"]
    strengths, weaknesses = _sides(facts, region, say, SHORT_NAMES[common.squeeze])
    other_name = region.name.of(other)
    return Profile(
        anchor=common.place[region.code],
        name=say.of(region.name),
        other_name=other_name if other_name != say.of(region.name) else "",
        district=district_name(facts, region, say),
        status="" if region.rank is not None else say(f"ranking.status_{region.status}"),
        group=region.group or "",
        big=_big(common, region),
        bar=_bar(common, region),
        bar_ticks=common.bar_ticks,
        plot_ticks=common.plot_ticks if common.one_axis else (),
        rows=rows,
        left_out=say("profile.left_out", n=left_out) if left_out else "",
        any_imputed=any(row.imputed for row in rows),
        strengths=strengths,
        weaknesses=weaknesses,
        neighbours=_neighbours(common, region),
        missing=_named(missing, say, GAPS_LENGTHS[common.squeeze]),
        imputed=_named(imputed, say, GAPS_LENGTHS[common.squeeze]),
        caption=say("profile.table_caption", name=say.of(region.name)),
        density=_density(rows, common.squeeze),
    )


def _big(common: Common, region: Region) -> tuple[Big, ...]:
    facts, say, sure = common.facts, common.say, common.sure
    low, high = (say.number(end, 0) for end in facts.axis[facts.root.id])
    covered = say("profile.coverage_number", k=region.present, n=facts.total)
    groups = len(facts.groups)
    held = "" if sure is None else sure.share(region, say)
    if not groups:
        last = Big(say.number(len(facts.regions), 0), say("profile.no_groups"))
    elif held:
        last = Big(region.group or "—", say("profile.group_held", n=groups, share=held))
    else:
        last = Big(region.group or "—", say("profile.group_number", n=groups))
    between = (
        ()
        if sure is None
        else (Big(sure.span(region, say), say("profile.interval", level=sure.level(say))),)
    )
    return (
        Big(
            "—" if region.rank is None else say.number(region.rank, 0),
            say("profile.rank", n=len(facts.ranked)),
        ),
        *between,
        Big(say.number(region.score), say("profile.score", low=low, high=high)),
        Big(covered, say("profile.coverage")),
        last,
    )


def _bar(common: Common, region: Region) -> Picture:
    count = len(common.facts.ranked)
    ends = None if common.sure is None else common.sure.ends.get(region.code)
    svg = charts.position(region.rank, count, common.colours, common.bar, interval=ends)
    if common.sure is not None and ends is not None and region.rank is not None:
        alt = common.say(
            "profile.position_alt_interval",
            rank=region.rank,
            n=count,
            level=common.sure.level(common.say),
            span=common.sure.span(region, common.say),
        )
    elif region.rank is None:
        alt = common.say("profile.position_alt_none", n=count)
    else:
        alt = common.say("profile.position_alt", rank=region.rank, n=count)
    return Picture(common.pictures.add(svg), alt)


def _row(common: Common, region: Region, item: Item) -> Row:
    facts, say = common.facts, common.say
    cell, middle = facts.cell(region, item), facts.middle.get(item.id)
    node = item.kind == "node"
    svg = charts.dot(cell.score, middle, Scale(*facts.axis[item.id], PLOT), square=node)
    if middle is None:
        alt = say("profile.dot_alt_empty")
    elif cell.score is None:
        alt = say("profile.dot_alt_missing", median=say.number(middle[1]))
    else:
        alt = say("profile.dot_alt", score=say.number(cell.score), median=say.number(middle[1]))
    return Row(
        name=clean(say.of(item.name), NAME_LENGTHS[common.squeeze]),
        node=node,
        depth=item.depth,
        plot=Picture(common.pictures.add(svg), alt),
        value="" if node else say.number(cell.value, facts.digits[item.id]),
        unit=clean(say.of(item.unit), UNIT_LENGTH),
        score=say.number(cell.score),
        rank="—" if cell.rank is None else say.number(cell.rank, 0),
        imputed=cell.status == "imputed",
    )


def _shown(facts: Facts, region: Region, most: int) -> tuple[tuple[Item, ...], int]:
    """The rows of a page: all of them, or of a very long tree those that say most."""
    rows = facts.items[1:]
    if len(rows) <= most:
        return rows, 0
    nodes = [item for item in rows if item.kind == "node" and item.depth == 1]
    room = max(most - len(nodes), 0)

    def middling(item: Item) -> float:
        rank = facts.cell(region, item).rank
        return 1.0 if rank is None else min(rank / facts.compared[item.id], 0.5) * 2

    telling = sorted(facts.indicators, key=middling)[:room]
    kept = {item.id for item in [*nodes[:most], *telling]}
    return tuple(item for item in rows if item.id in kept), len(facts.indicators) - len(telling)


def _sides(
    facts: Facts, region: Region, say: Speaker, length: int
) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
    """The best places above the median and the worst below it, at most three each."""
    known = []
    for place, item in enumerate(facts.indicators):
        cell = facts.cell(region, item)
        if cell.score is not None and item.id in facts.middle and cell.status == "observed":
            share = facts.place(cell.score, item) / facts.compared[item.id]
            known.append((share, place, item, cell.score - facts.middle[item.id][1]))

    def side(item: Item) -> Side:
        rank = facts.cell(region, item).rank
        return Side(clean(say.of(item.name), length), "—" if rank is None else say.number(rank, 0))

    best = sorted((one for one in known if one[3] > 0), key=lambda one: one[:2])
    worst = sorted((one for one in known if one[3] < 0), key=lambda one: (-one[0], one[1]))
    return (
        tuple(side(one[2]) for one in best[:SIDES]),
        tuple(side(one[2]) for one in worst[:SIDES]),
    )


def _neighbours(common: Common, region: Region) -> tuple[Neighbour, ...]:
    """The regions just before and after; of an unranked region those with the nearest scores."""
    facts, say = common.facts, common.say
    if region.score is None:
        return ()
    ladder = [*facts.ranked]
    if region.rank is None:
        ladder = sorted([*ladder, region], key=lambda one: -(one.score or 0.0))
    at = ladder.index(region)
    first = max(min(at - NEIGHBOURS, len(ladder) - 2 * NEIGHBOURS - 1), 0)
    near = ladder[first : first + 2 * NEIGHBOURS + 1]
    return tuple(
        Neighbour(
            rank="—" if one.rank is None else say.number(one.rank, 0),
            name=clean(say.of(one.name), SHORT_NAMES[common.squeeze]),
            anchor=common.place[one.code],
            score=say.number(one.score),
            here=one is region,
        )
        for one in near
    )


def _density(rows: tuple[Row, ...], squeeze: int) -> str:
    """How tight a page is set: by its rows, a name of many lines counting as more than one."""
    lines = sum(1 + 0.5 * (len(row.name) // LINE_LENGTH) for row in rows)
    step = (lines > 24) + (lines > 32) + squeeze
    return DENSITIES[min(step, len(DENSITIES) - 1)]


def _named(items: Sequence[Item], say: Speaker, length: int) -> str:
    """The names of items one after the other, as many as there is room for."""
    names: list[str] = []
    for item in items:
        name = say.of(item.name)
        if sum(len(one) + 2 for one in names) + len(name) > length:
            return say("finding.and_more", names="; ".join(names), n=len(items) - len(names))
        names.append(name)
    return "; ".join(names)
