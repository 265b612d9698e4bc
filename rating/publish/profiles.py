"""The first page of a profile: its place, its parts and indicators against the median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rating.publish import charts
from rating.publish.charts import Scale
from rating.publish.density import density
from rating.publish.facts import Cell, Facts, Item, Region
from rating.publish.findings import district_name
from rating.publish.material import Material
from rating.publish.pages import Picture, Pictures, anchors, ticks
from rating.publish.second_page import Second, second
from rating.publish.texts import Speaker, clean
from rating.scale import exact
from rating.text import LANGS

UNIT_LENGTH = 40
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
class Profile:
    """A region's two pages."""

    anchor: str
    name: str
    other_name: str
    district: str
    status: str
    group: str
    big: tuple[Big, ...]
    context: tuple[tuple[str, str], ...]
    locator: Picture | None
    bar: Picture
    bar_ticks: tuple[Tick, ...]
    plot_ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    left_out: str
    any_imputed: bool
    any_hidden: bool
    caption: str
    short: bool
    second: Second


def profiles(
    material: Material,
    say: Speaker,
    pictures: Pictures,
    *,
    only: Sequence[Region] | None = None,
    squeeze: int = 0,
) -> tuple[Profile, ...]:
    """The pages of the regions in the order of the ranking, or of some of them.

    Args:
        material: what the pages are made of.
        say: speaks the language of the report.
        pictures: takes the charts.
        only: the regions whose pages are wanted.
        squeeze: how many steps tighter than by the length of the tree the pages are set.
    """
    common = Common(material, say, pictures, squeeze)
    chosen = material.facts.profiled if only is None else only
    return tuple(_profile(common, region) for region in chosen)


class Common:
    """What all profiles of a report share: axes, bar, language."""

    def __init__(self, material: Material, say: Speaker, pictures: Pictures, squeeze: int) -> None:
        facts = material.facts
        self.material, self.facts, self.say, self.pictures = material, facts, say, pictures
        self.place, self.squeeze, self.sure = anchors(facts), squeeze, material.sure
        self.density = density(facts, say, squeeze)
        ends = facts.axis[facts.root.id]
        scale = Scale(*ends, PLOT)
        round_values = ticks(*ends)
        self.one_axis = len({facts.axis[item.id] for item in facts.items}) == 1
        # The style sheet lays it behind every row, so it has a fixed address.
        pictures.table["chart:grid"] = charts.grid(round_values if self.one_axis else (), scale)
        self.plot_ticks = tuple(
            Tick(f"{scale.share(value):.2f}%", exact(value, say.lang)) for value in round_values
        )
        count = facts.places
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
    items, left_out = _shown(facts, region, common.density.rows)
    other = next(lang for lang in LANGS if lang != say.lang)
    rows = tuple(_row(common, region, item) for item in items)
    other_name = region.name.of(other)
    return Profile(
        anchor=common.place[region.code],
        name=say.of(region.name),
        other_name=other_name if other_name != say.of(region.name) else "",
        district=district_name(facts, region, say),
        status="" if region.rank is not None else say(f"ranking.status_{region.status}"),
        group=region.group or "",
        big=_big(common, region),
        context=_context(common, region),
        locator=_locator(common, region),
        bar=_bar(common, region),
        bar_ticks=common.bar_ticks,
        plot_ticks=common.plot_ticks if common.one_axis else (),
        rows=rows,
        left_out=say("profile.left_out", n=left_out) if left_out else "",
        any_imputed=any(row.imputed for row in rows),
        any_hidden=any(facts.cell(region, item).hidden for item in items),
        caption=say("profile.table_caption", name=say.of(region.name)),
        short=common.density.short,
        second=second(common.material, region, say, common.pictures, squeeze=common.squeeze),
    )


def _context(common: Common, region: Region) -> tuple[tuple[str, str], ...]:
    """Population, product a head and employment, as far as the data hold them."""
    known, say = common.material.peers.context[region.code], common.say
    given = (
        ("profile.population", known.population, 0),
        ("profile.product", known.product, 0),
        ("profile.employed", known.employed, 0),
    )
    return tuple(
        (say(key), say.number(value, digits)) for key, value, digits in given if value is not None
    )


def _locator(common: Common, region: Region) -> Picture | None:
    """A small tile map that shows where the region lies."""
    placed = [one.tile for one in common.facts.regions if one.tile is not None]
    if region.tile is None or len(placed) < len(common.facts.regions):
        return None
    left, top = min(x for x, _ in placed), min(y for _, y in placed)
    svg = charts.locator(
        [(x - left, y - top) for x, y in placed],
        (region.tile[0] - left, region.tile[1] - top),
        columns=max(x for x, _ in placed) - left + 1,
        rows=max(y for _, y in placed) - top + 1,
    )
    return Picture(common.pictures.add(svg), common.say("profile.locator_alt"))


def _big(common: Common, region: Region) -> tuple[Big, ...]:
    facts, say, sure = common.facts, common.say, common.sure
    low, high = facts.scale.ends(say.lang)
    covered = say("profile.coverage_number", k=region.present, n=facts.total)
    groups = len(facts.groups)
    held = "" if sure is None else sure.share(region, say)
    if not groups:
        last = Big(say.number(facts.places, 0), say("profile.no_groups"))
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
            say("profile.rank", n=facts.places),
        ),
        *between,
        Big(facts.score(region.score, say), say("profile.score", low=low, high=high)),
        Big(covered, say("profile.coverage")),
        last,
    )


def _bar(common: Common, region: Region) -> Picture:
    count = common.facts.places
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
    score, median = (facts.score(one, say, item) for one in (cell.score, middle and middle[1]))
    if middle is None:
        alt = say("profile.dot_alt_empty")
    elif cell.score is None:
        alt = say("profile.dot_alt_missing", median=median)
    else:
        alt = say("profile.dot_alt", score=score, median=median)
    return Row(
        name=clean(say.of(item.name), common.density.letters),
        node=node,
        depth=item.depth,
        plot=Picture(common.pictures.add(svg), alt),
        value=_value(facts, cell, item, say),
        unit=clean(say.of(item.unit), UNIT_LENGTH),
        score=score,
        rank="—" if cell.rank is None else say.number(cell.rank, 0),
        imputed=cell.status == "imputed",
    )


def _value(facts: Facts, cell: Cell, item: Item, say: Speaker) -> str:
    if cell.hidden:
        return say("profile.hidden")
    return "" if item.kind == "node" else say.number(cell.value, facts.digits[item.id])


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

    # What does not count is left out first.
    telling = sorted(facts.indicators, key=lambda one: (one.weight == 0, middling(one)))[:room]
    kept = {item.id for item in [*nodes[:most], *telling]}
    return tuple(item for item in rows if item.id in kept), len(facts.indicators) - len(telling)
