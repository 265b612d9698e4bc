"""Templates filled: the HTML of the report, of one profile, of the brief."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from rating.analysis.explain import explain
from rating.errors import Problem, UsageError
from rating.publish import annex, charts, intervals, nation, notes, pages
from rating.publish.boundaries import Shapes
from rating.publish.brief import brief
from rating.publish.checklist import checklist
from rating.publish.density import density
from rating.publish.facts import Facts, Region
from rating.publish.heads import Heads, heads
from rating.publish.material import Material
from rating.publish.pages import Pictures
from rating.publish.profiles import profiles
from rating.publish.texts import Speaker, clean
from rating.resources import VERSION, folder
from rating.text import SYNTHETIC

if TYPE_CHECKING:
    from rating.result import Rating

Audience = Literal["public", "own"]

# What the cover holds.
TITLE_LENGTH = 160
# What one line at the foot of a page holds beside the number of the page.
BOOK_LENGTH = 84
# More parts than this have narrow columns.
MANY = 5
DESCRIPTION_LENGTH = 700


@dataclass(frozen=True)
class Part:
    """A line of the breakdown of a score."""

    name: str
    depth: int
    node: bool
    weight: str
    score: str
    contribution: str
    value: str
    source: str


def report(
    material: Material,
    say: Speaker,
    pictures: Pictures,
    *,
    squeeze: int = 0,
    boundaries: Shapes | None = None,
    front: str = "",
    draft: bool = False,
) -> str:
    """The HTML of the national report; its charts go to ``pictures``.

    Args:
        material: what the pages are made of.
        say: speaks the language of the report.
        pictures: takes the charts.
        squeeze: how much tighter than by default the profiles are set.
        boundaries: projected boundaries for a map of the country.
        front: the rules by which chapters are set.
        draft: leave out profiles and annex, of which only the anchors stand.
    """
    facts, sure = material.facts, material.sure
    made = profiles(material, say, pictures, squeeze=squeeze)
    changes = {} if material.history.before is None else nation.changes(material, say)
    spans = {} if sure is None else {one.code: sure.span(one, say) for one in facts.regions}
    # Sets would tell the order of regions of which only the group may be told.
    sets = () if sure is None or facts.grouped else sure.groups
    table = pages.Table(facts, say, pictures, spans, changes, sets)
    bands, out = table.ranking(), table.unranked()
    context = _context(material, say, squeeze) | {
        "profiles": made,
        "draft": draft,
        "density": Markup(density(facts, say, squeeze).css + front),
        "parts": pages.parts(facts, say, pictures),
        "claims": pages.claims(facts, say, pictures, sets),
        "bands": bands,
        "groups": table.groups(),
        "sets": bool(sets),
        "unranked": out,
        "before": material.history.before,
        "note": notes.edition_note(facts, say),
        "thin": any(line.thin for band in (*bands, *out) for line in band.lines),
        "threshold": say.number(100 * pages.threshold(facts), 0),
        "heads": _heads(facts, say, sure is not None, bool(changes or sets)),
        "aside": len(facts.pillars) - len(facts.counted),
        "hides": any(facts.partly_hidden(one) for one in facts.ranked),
        "plot": None if sure is None else nation.interval_plot(facts, sure, say, pictures),
        "map": nation.tile_map(facts, say, pictures),
        "outlines": None
        if boundaries is None
        else nation.boundary_map(facts, boundaries, say, pictures),
        "movers": nation.movers(material, say, pictures),
        "circles": nation.circles(material, say),
        "circles_by": ", ".join(say(f"peers.by_{one}") for one in material.peers.by),
        "cover": _cover(facts, say, pictures),
        "shelves": pages.shelves(table),
        # One with everything told, if there is one: it shows what the marks mean.
        "example": next((one for one in made if not one.any_hidden), made[0] if made else None),
        "annex": None if draft else annex.annex(facts, say),
        "checks": () if draft else checklist(material, say, pictures),
        "drawn": None if sure is None else intervals.drawn(facts, sure, say),
        "draws": 0 if sure is None else sure.sure.draws,
    }
    return _environment().get_template("report.html").render(context)


def _heads(facts: Facts, say: Speaker, sure: bool, wide: bool) -> Heads:
    """The heads of the parts in the ranking, in the widths of the style sheet."""
    if len(facts.counted) > pages.MANY_PARTS:
        return Heads()
    many = len(facts.counted) > MANY
    width = 12.0 if sure and many else 15.5 if wide else 15.0 if many else 20.0
    return heads([say.of(item.short) for item in facts.counted], say, width - 1.5, 6.8)


def profile(
    material: Material,
    region: Region,
    say: Speaker,
    pictures: Pictures,
    *,
    squeeze: int = 0,
    audience: Audience = "public",
) -> str:
    """The HTML of one region's profile; its own edition says also how the score is made."""
    made = profiles(material, say, pictures, only=[region], squeeze=squeeze)
    own = audience == "own"
    context = _context(material, say, squeeze, own=region if own else None) | {
        "profiles": made,
        "breakdown": breakdown(material.facts, region, say) if own else (),
    }
    return _environment().get_template("one_profile.html").render(context)


def short(material: Material, say: Speaker, pictures: Pictures, *, contact: str = "") -> str:
    """The HTML of the investor brief."""
    context = _context(material, say, 0) | {
        "brief": brief(material, say, pictures),
        "contact": clean(contact, 300),
        "draws": 0 if material.sure is None else material.sure.sure.draws,
    }
    return _environment().get_template("brief.html").render(context)


def breakdown(facts: Facts, region: Region, say: Speaker) -> tuple[Part, ...]:
    """How the score of a region adds up: weights, contributions, values and their sources."""
    found = explain(facts.result, region.code, lang=say.lang)
    values = {row["indicator"]: row for row in found.values.iter_rows(named=True)}
    known = {item.id: item for item in facts.items}
    parts = []
    for row in found.rows.iter_rows(named=True):
        item, value = known[row["item"]], values.get(row["item"])
        shown = ""
        if value is not None:
            unit = say.of(item.unit)
            shown = f"{say.number(value['value'], facts.digits[item.id])} {unit}".strip()
        weight = row["weight"]
        parts.append(
            Part(
                name=say.of(item.name),
                depth=min(row["depth"], 4),
                node=row["kind"] == "node",
                weight="—" if weight is None else say.number(100 * weight, 1),
                score=facts.score(row["score"], say, item, more=1),
                contribution=facts.score(
                    row["contribution"], say, known.get(item.parent or ""), more=1
                ),
                value=shown,
                source="" if value is None else clean(str(value["source"] or ""), 160),
            )
        )
    return tuple(parts)


def _context(
    material: Material, say: Speaker, squeeze: int, *, own: Region | None = None
) -> dict[str, Any]:
    """What every page may ask for."""
    facts, result = material.facts, material.facts.result
    low, high = facts.scale.ends(say.lang)
    name = say.of(result.section.name)
    if result.sector is not None:
        name = f"{name}: {say.of(result.sector.name)}"
    marks = [say("page.synthetic")] if material.synthetic else []
    if own is not None:
        marks.append(say("page.own", name=say.of(own.name)))
    return {
        "t": say,
        "lang": say.lang,
        "title": clean(name, TITLE_LENGTH),
        # What stands in brackets is on the cover.
        "book": clean(re.sub(r"\s*\([^()]*\)", "", name), BOOK_LENGTH),
        "description": clean(say.of(result.section.description), DESCRIPTION_LENGTH),
        "year": result.edition,
        "created": created(result),
        "as_of": annex.day(result.as_of, say),
        "version": f"rating {VERSION}",
        "low": low,
        "high": high,
        "facts": facts,
        "mark": " · ".join(marks),
        "invented": SYNTHETIC.of(say.lang) if material.synthetic else "",
        "density": Markup(density(facts, say, squeeze).css),
        "only_one": False,
        "sure": material.sure is not None,
        "level": "" if material.sure is None else material.sure.level(say),
        "breakdown": (),
    }


def _cover(facts: Facts, say: Speaker, pictures: Pictures) -> pages.Picture:
    scale = charts.Scale(*facts.axis[facts.root.id], pages.WIDE)
    svg = charts.strip(facts.scores(facts.root), scale, height=40, colour=charts.PAPER)
    return pages.Picture(pictures.add(svg), say("cover.picture"))


def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder("reports"), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )


def _printed(value: object) -> object:
    """Whatever a template prints is cleaned once more on its way out; markup is only ours."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def created(result: Rating) -> str:
    """The date in the file: SOURCE_DATE_EPOCH, else the day the edition speaks of; no clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return f"{result.as_of.isoformat()}T00:00:00Z"
    if not epoch.isdecimal() or int(epoch) > 253402300799:
        problem = f"SOURCE_DATE_EPOCH = '{epoch}' is not a number of seconds since 1970"
        raise UsageError(Problem("the environment", problem, "unset it or give whole seconds"))
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
