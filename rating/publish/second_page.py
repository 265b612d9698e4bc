"""The second page of a profile: strengths, peers, the past, what would help, sites, gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rating.definitions.model import Source
from rating.publish import charts
from rating.publish.annex import day
from rating.publish.facts import Facts, Item, Region
from rating.publish.heads import heads
from rating.publish.intervals import signed
from rating.publish.material import Material, Side
from rating.publish.pages import Picture, Pictures, anchors
from rating.publish.texts import Speaker, clean

# Per step of squeezing: letters of a name (two lines), rows of each list, neighbours on either
# side, letters and rows of the gaps. Fewer whole names say more than many cut ones.
NAMES = (90, 84, 84, 60)
SIDES = (5, 5, 4, 3)
MOVES = (6, 5, 4, 3)
NEIGHBOURS = (2, 2, 1, 1)
SITES = (8, 6, 4, 3)
GAPS = ((900, 8), (600, 6), (280, 4), (140, 2))
MANY_PARTS = 4
STATES = ("valid", "soon", "ended", "suspended", "revoked")


@dataclass(frozen=True)
class Strong:
    """A strength or a weakness: name, place, and in which share of the draws it holds."""

    name: str
    rank: str
    held: str


@dataclass(frozen=True)
class Peer:
    """A region beside others: nearest in kind, or next in the ranking."""

    name: str
    anchor: str
    rank: str
    score: str
    cells: tuple[str, ...]
    here: bool


@dataclass(frozen=True)
class Move:
    """What one quartile more on an indicator would win."""

    name: str
    change: str
    gain: str
    rank: str


@dataclass(frozen=True)
class Past:
    """The places over the editions: a picture and the labels under it."""

    picture: Picture
    labels: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Certified:
    """A certificate: site, scheme, last day, state."""

    name: str
    scheme: str
    ends: str
    state: str
    ended: bool


@dataclass(frozen=True)
class Second:
    """The blocks of the second page; an empty one says why it is."""

    strengths: tuple[Strong, ...]
    weaknesses: tuple[Strong, ...]
    sides_note: str
    heads: tuple[str, ...]
    peers: tuple[Peer, ...]
    peers_note: str
    neighbours: tuple[Peer, ...]
    past: Past | None
    past_note: str
    moves: tuple[Move, ...]
    moves_note: str
    sites: tuple[Certified, ...] | None
    more_sites: str
    gaps: tuple[tuple[str, str], ...]
    tight: bool


def second(
    material: Material, region: Region, say: Speaker, pictures: Pictures, *, squeeze: int = 0
) -> Second:
    """The second page of a region."""
    facts, squeeze = material.facts, squeeze % len(NAMES)
    items = {item.id: item for item in facts.indicators}
    length = NAMES[squeeze]
    past, past_note = _past(material, region, say, pictures)
    held, more = certified(material, region, say, SITES[squeeze])
    titles, peers, key = _peers(material, region, say, length)
    moves, moves_note = _moves(material, region, items, say, length, MOVES[squeeze])
    better, worse = (
        sides.get(region.code, ())[: SIDES[squeeze]]
        for sides in (material.strengths, material.weaknesses)
    )
    by = ", ".join(say(f"peers.by_{one}") for one in material.peers.by)
    note = say("peers.note", by=by)
    return Second(
        strengths=_sides(better, facts, region, say, length),
        weaknesses=_sides(worse, facts, region, say, length, worst_first=True),
        sides_note="" if region.rank is not None else say("profile.sides_note"),
        heads=titles,
        peers=peers,
        peers_note=f"{note} {key}".rstrip() if peers else say("peers.none"),
        neighbours=_neighbours(facts, region, say, length, NEIGHBOURS[squeeze]),
        past=past,
        past_note=past_note,
        moves=moves,
        moves_note=moves_note,
        sites=held,
        more_sites=more,
        gaps=_gaps(facts, region, say, *GAPS[squeeze]),
        tight=held is not None or squeeze > 0,
    )


def _sides(
    sides: Sequence[Side],
    facts: Facts,
    region: Region,
    say: Speaker,
    length: int,
    worst_first: bool = False,
) -> tuple[Strong, ...]:
    """Strengths or weaknesses with the places that stand on the first page.

    A region without places there has those that it would have among the ranked.
    """
    items = {item.id: item for item in facts.indicators}
    found = []
    for one in (one for one in sides if one.indicator in items):
        item = items[one.indicator]
        rank, of = facts.cell(region, item).rank, facts.compared.get(item.id)
        if rank is None:
            rank, of = one.rank, one.of
        held = "" if one.held is None else signed(one.held, say)
        place = f"{say.number(rank, 0)}/{say.number(of, 0)}"
        found.append((rank, Strong(clean(say.of(item.name), length), place, held)))
    # By the places that are shown: values that treatment made equal share one.
    found.sort(key=lambda pair: pair[0], reverse=worst_first)
    return tuple(strong for _, strong in found)


def _peers(
    material: Material, region: Region, say: Speaker, length: int
) -> tuple[tuple[str, ...], tuple[Peer, ...], str]:
    """The region and its five nearest, with what makes them alike and the parts of the index."""
    facts, anchor = material.facts, anchors(material.facts)
    known = {one.code: one for one in facts.regions}
    near = [known[code] for code in material.peers.near.get(region.code, ())]
    if not near:
        return (), (), ""
    context = [
        key
        for key in ("population", "product")
        if any(getattr(material.peers.context[one.code], key) is not None for one in near)
    ]
    parts = facts.counted if len(facts.counted) <= MANY_PARTS else ()
    columns = len(context) + len(parts)
    wide = (170 - 26 - (72 if columns < 3 else 43)) / max(columns, 1) - 1.5
    head = heads([say.of(item.short) for item in parts], say, wide, 6.5)
    titles = (*(say(f"peers.{key}") for key in context), *head.texts)

    def cells(one: Region) -> tuple[str, ...]:
        held = material.peers.context[one.code]
        return (
            *(say.number(getattr(held, key), 0) for key in context),
            *(facts.score(facts.cell(one, item).score, say, item) for item in parts),
        )

    peers = (
        Peer(
            clean(say.of(one.name), length),
            anchor[one.code],
            "—" if one.rank is None else say.number(one.rank, 0),
            facts.score(one.score, say),
            cells(one),
            one is region,
        )
        for one in (region, *near)
    )
    return titles, tuple(peers), head.key and say("ranking.key", letters=head.key)


def _neighbours(
    facts: Facts, region: Region, say: Speaker, length: int, each: int
) -> tuple[Peer, ...]:
    """The regions just before and after; of an unranked region those with the nearest scores."""
    if region.score is None:
        return ()
    anchor = anchors(facts)
    ladder = [*facts.ranked]
    if region.rank is None:
        ladder = sorted([*ladder, region], key=lambda one: -(one.score or 0.0))
    at = ladder.index(region)
    first = max(min(at - each, len(ladder) - 2 * each - 1), 0)
    return tuple(
        Peer(
            clean(say.of(one.name), length),
            anchor[one.code],
            "—" if one.rank is None else say.number(one.rank, 0),
            facts.score(one.score, say),
            (),
            one is region,
        )
        for one in ladder[first : first + 2 * each + 1]
    )


def _past(
    material: Material, region: Region, say: Speaker, pictures: Pictures
) -> tuple[Past | None, str]:
    """The places over the editions on today's method, or why they are not shown."""
    held = material.history
    places = held.places.get(region.code, ())
    if held.refused:
        return None, say("history.refused")
    if held.before is None:
        return None, say("history.alone", year=str(held.editions[-1]))
    if all(place is None for place in places):
        return None, say("history.never")
    svg = charts.course(places, material.facts.places)
    scale = charts.editions(len(places))
    labels = tuple(
        (f"{scale.share(n):.2f}%", str(year), "—" if place is None else say.number(place, 0))
        for n, (year, place) in enumerate(zip(held.editions, places, strict=True))
    )
    alt = "; ".join(say("history.alt", year=year, place=place) for _, year, place in labels)
    return Past(Picture(pictures.add(svg), alt), labels), say("history.note")


def _moves(
    material: Material, region: Region, items: dict[str, Item], say: Speaker, length: int, most: int
) -> tuple[tuple[Move, ...], str]:
    facts = material.facts
    if material.no_gains:
        return (), say("moves.method")
    if region.rank is None:
        return (), say("moves.unranked")
    found = tuple(
        Move(
            clean(say.of(items[one.indicator].name), length),
            " → ".join(
                facts.score(score, say, items[one.indicator]) for score in (one.score, one.to)
            ),
            f"+{say.number(one.gain, 0)}",
            say.number(one.rank, 0),
        )
        for one in material.gains.get(region.code, ())[:most]
    )
    return found, say("moves.note") if found else say("moves.none")


def certified(
    material: Material, region: Region, say: Speaker, most: int
) -> tuple[tuple[Certified, ...] | None, str]:
    """The certified sites of a region, at most so many, and how many more; None where not held."""
    if material.sites is None:
        return None, ""
    held = material.sites.get(region.code, ())
    shown = tuple(
        Certified(
            one.name,
            one.scheme.replace("_", " ").upper(),
            say("sites.no_end") if one.ends is None else day(one.ends, say),
            say(f"sites.{one.state}") if one.state in STATES else one.state,
            one.state not in ("valid", "soon"),
        )
        for one in held[:most]
    )
    left = len(held) - len(shown)
    return shown, say("sites.more", n=left) if left > 0 else ""


def _gaps(
    facts: Facts, region: Region, say: Speaker, length: int, most: int
) -> tuple[tuple[str, str], ...]:
    """Indicators without a value by who publishes their figures, as many as there is room for."""
    known = {indicator.id: indicator for indicator in facts.result.indicators}
    by: dict[str, list[str]] = {}
    for item in facts.indicators:
        cell = facts.cell(region, item)
        if cell.status == "observed" and not cell.hidden:
            continue
        shown = say.of(item.name)
        if cell.status == "imputed" and not cell.hidden:
            shown = say("gaps.imputed", name=shown)
        # What is not told is no publisher's gap, and why it is not told is said once.
        who = say("gaps.hidden") if cell.hidden else _publishers(known[item.id].source, say)
        by.setdefault(who, []).append(shown)
    ordered = sorted(by.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    rows, rest = ordered[:most], ordered[most:]
    if rest:
        rows.append((say("gaps.others"), [name for _, names in rest for name in names]))
    room, found = length, []
    for publisher, names in rows:
        text = named(names, say, max(room, 60))
        room -= len(text)
        found.append((publisher, text))
    return tuple(found)


def _publishers(sources: Sequence[Source], say: Speaker) -> str:
    own = dict.fromkeys(say.of(one.publisher) for one in sources)
    return ", ".join(one for one in own if one) or say("gaps.nobody")


def named(names: Sequence[str], say: Speaker, length: int) -> str:
    """Names one after the other, as many as there is room for; always one."""
    kept: list[str] = []
    for name in names:
        if kept and sum(len(one) + 2 for one in kept) + len(name) > length:
            return say("finding.and_more", names="; ".join(kept), n=len(names) - len(kept))
        kept.append(name)
    return "; ".join(kept)
