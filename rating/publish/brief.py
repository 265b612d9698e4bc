"""The investor brief: a shortlist with its uncertainty, its parts, and where the sites are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rating.publish import charts
from rating.publish.charts import Scale
from rating.publish.facts import Item, Region
from rating.publish.heads import heads
from rating.publish.intervals import signed
from rating.publish.material import Material
from rating.publish.pages import Picture, Pictures, place
from rating.publish.second_page import Certified, certified
from rating.publish.texts import Speaker, clean

SHORT = 5
TOP = 10
PLOT = 210.0
MOST_SITES = 3
MOST_INDICATORS = 60


@dataclass(frozen=True)
class Chosen:
    """A region of the shortlist."""

    name: str
    short: str
    rank: str
    interval: str
    chance: str
    score: str
    context: tuple[str, ...]
    parts: tuple[Picture, ...]
    scores: tuple[str, ...]
    sites: tuple[Certified, ...]
    more_sites: str


@dataclass(frozen=True)
class Scored:
    """A line of the scorecard: a part, or an indicator with the value of each chosen region."""

    name: str
    node: bool
    unit: str
    cells: tuple[str, ...]
    median: str


@dataclass(frozen=True)
class Brief:
    """The brief as its template prints it."""

    question: str
    chosen: tuple[Chosen, ...]
    parts: tuple[str, ...]
    key: str
    context: tuple[str, ...]
    scorecard: tuple[Scored, ...]
    hides: bool
    marked: bool
    has_sites: bool
    drawn: bool
    rule: str
    cautions: tuple[str, ...]


def brief(material: Material, say: Speaker, pictures: Pictures) -> Brief:
    """The shortlist: who is most often among the first ten; without draws, the first places."""
    facts = material.facts
    chances = _chances(material)
    regions = sorted(facts.ranked, key=lambda one: (-chances.get(one.code, 0.0), one.rank or 0))[
        :SHORT
    ]
    keys = [
        key
        for key in ("population", "product", "employed")
        if any(getattr(material.peers.context[one.code], key) is not None for one in regions)
    ]
    result = facts.result
    sector = result.sector
    name = say.of(result.section.name)
    question = (
        say("brief.question_sector", sector=say.of(sector.name), name=name)
        if sector is not None
        else say("brief.question", name=name)
    )
    cautions = [say(f"guide.caution_{n}") for n in (1, 3)]
    if material.sure is None:
        cautions.append(say("brief.caution_draws"))
    wide = (170 - 34) / max(len(facts.counted), 1) - 3
    head = heads([say.of(item.short) for item in facts.counted], say, wide, 6.5)
    return Brief(
        question=question,
        chosen=tuple(_chosen(material, one, chances, keys, say, pictures) for one in regions),
        parts=head.texts,
        key=head.key and say("ranking.key", letters=head.key),
        context=tuple(say(f"profile.{key}") for key in keys),
        scorecard=tuple(_scored(material, item, regions, say) for item in _lines(material)),
        hides=any(facts.cell(one, item).hidden for one in regions for item in _lines(material)),
        marked=any(facts.partly_hidden(one) for one in regions),
        has_sites=material.sites is not None,
        drawn=material.sure is not None,
        rule=say("brief.rule_draws" if chances else "brief.rule", top=TOP),
        cautions=tuple(cautions),
    )


def _chances(material: Material) -> Mapping[str, float]:
    """The share of the draws in which each region is among the first ten."""
    if material.sure is None:
        return {}
    rows = material.sure.sure.ranks.select("region", "p_top10").drop_nulls().iter_rows()
    return dict(rows)


def _lines(material: Material) -> tuple[Item, ...]:
    """The parts and what counts in them; context of weight 0 stays in the report."""
    counted = [item for item in material.facts.items[1:] if item.weight != 0]
    return tuple(counted[:MOST_INDICATORS])


def _chosen(
    material: Material,
    region: Region,
    chances: Mapping[str, float],
    keys: list[str],
    say: Speaker,
    pictures: Pictures,
) -> Chosen:
    facts = material.facts
    context = material.peers.context[region.code]
    parts, scores = [], []
    for item in facts.counted:
        score, middle = facts.cell(region, item).score, facts.middle.get(item.id)
        median = None if middle is None else middle[1]
        svg = charts.dumbbell(score, median, Scale(*facts.axis[item.id], PLOT))
        alt = say(
            "profile.dot_alt",
            score=facts.score(score, say, item),
            median=facts.score(median, say, item),
        )
        parts.append(Picture(pictures.add(svg), alt))
        scores.append(facts.score(score, say, item))
    sites, more = certified(material, region, say, MOST_SITES)
    chance = chances.get(region.code)
    return Chosen(
        name=say.of(region.name),
        short=say.of(region.short),
        rank=place(facts, region, say),
        interval="" if material.sure is None else material.sure.span(region, say),
        chance="" if chance is None else signed(chance, say),
        score=facts.score(region.score, say),
        context=tuple(say.number(getattr(context, key), 0) for key in keys),
        parts=tuple(parts),
        scores=tuple(scores),
        sites=sites or (),
        more_sites=more,
    )


def _scored(material: Material, item: Item, regions: list[Region], say: Speaker) -> Scored:
    """Scores on a part, values on an indicator: no composite without what it is made of."""
    facts, node = material.facts, item.kind == "node"
    middle = facts.middle.get(item.id)
    digits = (facts.scale.digits if node else facts.digits)[item.id]
    cells = [facts.cell(region, item) for region in regions]
    median = (middle[1] if middle else None) if node else material.medians.get(item.id)
    return Scored(
        name=clean(say.of(item.name), 80),
        node=node,
        unit=clean(say.of(item.unit), 40),
        cells=tuple(
            say("profile.hidden")
            if cell.hidden
            else say.number(cell.score if node else cell.value, digits)
            for cell in cells
        ),
        median=say.number(median, digits),
    )
