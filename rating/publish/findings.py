"""Key findings: sentences that fixed rules make from the numbers of an edition.

Each rule is a function from the facts to a finding, or to None where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rating.publish.facts import Facts, Item, Region
from rating.publish.texts import Speaker

TOP = 10
# Below this share of the distance between the first and the last a lead is called narrow.
NARROW = 0.02


@dataclass(frozen=True)
class Finding:
    """A claim, what it rests on, and what its picture shows.

    Attributes:
        values: of every tick of the strip.
        marked: of the ticks that the claim is about.
        names: of what is marked.
        axis: the two ends of the strip.
        counts: the strip counts indicators instead of showing scores.
    """

    title: str
    text: str
    values: tuple[float, ...]
    marked: tuple[float, ...]
    names: str
    axis: tuple[float, float]
    counts: bool = False


def findings(facts: Facts, say: Speaker, sets: Sequence[Sequence[str]] = ()) -> tuple[Finding, ...]:
    """The findings of an edition, the most general first.

    Args:
        facts: the looked-up rating.
        say: speaks the language of the report.
        sets: the codes of regions that cannot be told apart, the best set first.
    """
    if len(facts.ranked) < 2:
        return ()
    first, *rest = (rule(facts, say) for rule in RULES)
    made = (first, apart(facts, say, sets), *rest)
    return tuple(finding for finding in made if finding is not None)


def apart(facts: Facts, say: Speaker, sets: Sequence[Sequence[str]]) -> Finding | None:
    """How many regions cannot be told from the first, and how many steps the draws can tell."""
    if not sets:
        return None
    known = {region.code: region for region in facts.ranked}
    best = [known[code] for code in sets[0] if code in known]
    n, steps = len(sets[0]), len(sets)
    title = say("finding.apart_title" if n > 1 else "finding.apart_one_title", n=n, steps=steps)
    sizes = ", ".join(say.number(len(codes), 0) for codes in sets)
    names = _some(best, say)
    text = say("finding.apart_text", names=names, steps=steps, of=facts.places, sizes=sizes)
    marked = tuple(_score(region) for region in best)
    return Finding(title, text, _all(facts, facts.root), marked, names, facts.axis[facts.root.id])


def leader(facts: Facts, say: Speaker) -> Finding | None:
    """Who leads, and by how much."""
    first, last = facts.ranked[0], facts.ranked[-1]
    sharing = [region for region in facts.ranked if region.rank == first.rank]
    ladder = facts.scores(facts.root)
    best, worst = _score(first), ladder[0]
    axis = facts.axis[facts.root.id]
    low, median, high = facts.middle[facts.root.id]
    name = say.of(last.name)
    if len(sharing) > 1:
        title = say("finding.leader_tie_title", names=_some(sharing, say))
    else:
        second = facts.ranked[1]
        gap = best - _score(second)
        close = gap < NARROW * (best - worst)
        title = say(
            "finding.leader_close_title" if close else "finding.leader_title",
            first=say.of(first.name),
            second=say.of(second.name),
            gap=facts.score(gap, say, more=int(gap < 10 ** -facts.scale.digits[facts.root.id])),
            points=say("finding.points"),
        )
    text = say(
        "finding.leader_text",
        score=facts.score(best, say),
        low=facts.scale.ends(say.lang)[0],
        high=facts.scale.ends(say.lang)[1],
        median=facts.score(median, say),
        last=say("finding.last_told", name=name) if facts.grouped else f" ({name})",
        worst=facts.score(worst, say),
        q1=facts.score(low, say),
        q3=facts.score(high, say),
    )
    marked = tuple(_score(region) for region in sharing)
    return Finding(title, text, _all(facts, facts.root), marked, _some(sharing, say), axis)


def all_round(facts: Facts, say: Speaker) -> Finding | None:
    """How many of the top are at the top in every pillar."""
    pillars = [pillar for pillar in facts.counted if facts.compared.get(pillar.id)]
    if len(pillars) < 2 or facts.places < 3 * TOP or len(facts.ranked) < TOP:
        return None
    top = [region for region in facts.ranked if (region.rank or 0) <= TOP]

    def high(region: Region, pillar: Item) -> bool:
        rank = facts.cell(region, pillar).rank
        return rank is not None and rank <= TOP

    round_ones = [region for region in top if all(high(region, pillar) for pillar in pillars)]
    counts = ", ".join(
        say(
            "finding.count_of_pillar",
            pillar=say.of(pillar.name),
            n=sum(high(region, pillar) for region in top),
            k=TOP,
        )
        for pillar in pillars
    )
    if round_ones:
        title = say("finding.all_round_title", n=len(round_ones), k=TOP)
        names = _some(round_ones, say)
        text = say("finding.all_round_text", names=names, k=TOP, counts=counts)
    else:
        title = say("finding.all_round_none_title", k=TOP)
        names = _some(top, say)
        text = say("finding.all_round_text_none", k=TOP, counts=counts)
    marked = tuple(_score(region) for region in round_ones or top)
    axis = facts.axis[facts.root.id]
    return Finding(title, text, _all(facts, facts.root), marked, names, axis)


def pillar_leader(facts: Facts, say: Speaker) -> Finding | None:
    """The pillar whose leader stands lowest on the whole index."""
    leaders = []
    for pillar in facts.counted:
        first = [region for region in facts.ranked if facts.cell(region, pillar).rank == 1]
        if first:
            leaders.append((pillar, first[-1]))
    apart = [pair for pair in leaders if pair[1].rank != 1]
    if not apart:
        return None
    pillar, region = max(apart, key=lambda pair: pair[1].rank or 0)
    score = round(facts.cell(region, pillar).score or 0.0, 9)
    title = say(
        "finding.pillar_leader_title",
        pillar=say.of(pillar.name),
        region=say.of(region.name),
        rank=region.rank or 0,
    )
    named = "; ".join(
        say("finding.leader_of_pillar", pillar=say.of(one.name), region=say.of(who.name))
        for one, who in leaders
    )
    text = say(
        "finding.pillar_leader_text",
        score=facts.score(score, say, pillar),
        overall=facts.score(region.score, say),
        leaders=named,
    )
    axis = facts.axis[pillar.id]
    return Finding(title, text, _all(facts, pillar), (score,), say.of(region.name), axis)


def district(facts: Facts, say: Speaker) -> Finding | None:
    """The district with the widest spread between its regions."""
    members: dict[str, list[Region]] = {}
    for region in facts.ranked:
        if region.district is not None:
            members.setdefault(region.district.en, []).append(region)
    if facts.grouped:  # the last of a district would be named by its place
        return None
    several = [regions for _, regions in sorted(members.items()) if len(regions) > 2]
    if len(several) < 2:
        return None

    def gap(regions: Sequence[Region]) -> float:
        return _score(regions[0]) - _score(regions[-1])

    widest, even = max(several, key=gap), min(several, key=gap)
    whole = _score(facts.ranked[0]) - _score(facts.ranked[-1])
    title = say(
        "finding.district_title",
        district=district_name(facts, widest[0], say),
        gap=facts.score(gap(widest), say),
        best=say.of(widest[0].name),
        worst=say.of(widest[-1].name),
    )
    text = say(
        "finding.district_text",
        best_score=facts.score(_score(widest[0]), say),
        worst_score=facts.score(_score(widest[-1]), say),
        n=len(widest),
        share=say.number(100 * gap(widest) / whole if whole > 0 else 0.0, 0),
        even=district_name(facts, even[0], say),
        even_gap=facts.score(gap(even), say),
    )
    marked = tuple(_score(region) for region in widest)
    axis = facts.axis[facts.root.id]
    names = district_name(facts, widest[0], say)
    return Finding(title, text, _all(facts, facts.root), marked, names, axis)


def strength(facts: Facts, say: Speaker) -> Finding | None:
    """Where the leader is furthest above the median, and where it is weakest."""
    first = facts.ranked[0]
    # Only axes of one length can be compared.
    common = facts.axis[facts.root.id]
    sides = [
        item
        for item in facts.indicators
        if facts.cell(first, item).score is not None
        and item.id in facts.middle
        and facts.axis[item.id] == common
    ]
    if len(sides) < 2:
        return None

    def above(item: Item) -> float:
        return (facts.cell(first, item).score or 0.0) - facts.middle[item.id][1]

    best = max(sides, key=above)
    weak = max(
        sides, key=lambda item: (facts.cell(first, item).rank or 0) / facts.compared[item.id]
    )
    title = say("finding.strength_title", region=say.of(first.name), item=_quoted(best, say))
    text = say(
        "finding.strength_text",
        gap=facts.score(above(best), say, best),
        score=facts.score(facts.cell(first, best).score, say, best),
        median=facts.score(facts.middle[best.id][1], say, best),
        weak=_quoted(weak, say),
        weak_score=facts.score(facts.cell(first, weak).score, say, weak),
        weak_rank=facts.cell(first, weak).rank or 0,
        of=facts.compared[weak.id],
    )
    marked = (round(facts.cell(first, best).score or 0.0, 9),)
    return Finding(title, text, _all(facts, best), marked, say.of(first.name), common)


def gaps(facts: Facts, say: Speaker) -> Finding | None:
    """How complete the data are."""
    total, regions = facts.total, facts.regions
    if not total:
        return None
    lacking = [region for region in regions if region.present < total]
    values = tuple(float(region.present) for region in regions)
    axis = (0.0, float(total))
    if not lacking:
        title = say("finding.gaps_none_title")
        text = say("finding.gaps_none_text", all=total * len(regions), total=total, of=len(regions))
        return Finding(title, text, values, (), "", axis, counts=True)
    thinnest = min(lacking, key=lambda region: region.present)
    missing = {
        item: sum(facts.cell(region, item).status != "observed" for region in regions)
        for item in facts.indicators
    }
    worst = max(missing, key=lambda item: missing[item])
    title = say("finding.gaps_title", n=len(lacking), of=len(regions))
    text = say(
        "finding.gaps_text",
        cells=sum(missing.values()),
        all=total * len(regions),
        k=thinnest.present,
        total=total,
        region=say.of(thinnest.name),
        item=say.of(worst.name),
        missing=missing[worst],
    )
    names = say.of(thinnest.name)
    return Finding(title, text, values, (float(thinnest.present),), names, axis, counts=True)


RULES = (leader, all_round, pillar_leader, district, strength, gaps)


def district_name(facts: Facts, region: Region, say: Speaker) -> str:
    """The name of a region's district; the Russian register's are federal districts."""
    if region.district is None:
        return ""
    name = say.of(region.district)
    known = facts.result.section.regions == "ru"
    return say("profile.district", name=name) if known else name


def _score(region: Region) -> float:
    return round(region.score, 9) if region.score is not None else 0.0


def _all(facts: Facts, item: Item) -> tuple[float, ...]:
    return tuple(facts.scores(item))


def _quoted(item: Item, say: Speaker) -> str:
    return f"«{say.of(item.name)}»" if say.lang == "ru" else f"“{say.of(item.name)}”"


def _some(regions: Sequence[Region], say: Speaker, most: int = 10) -> str:
    names = ", ".join(say.of(region.name) for region in regions[:most])
    if len(regions) <= most:
        return names
    return say("finding.and_more", names=names, n=len(regions) - most)
