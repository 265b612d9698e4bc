"""The ranking report as a PDF: one template, two languages, the same bytes for the same result."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from rating.errors import Problem, RatingError, UsageError, nearest
from rating.publish import annex, charts, fonts, intervals, pages
from rating.publish.facts import Facts, Region, gather
from rating.publish.files import write_whole
from rating.publish.intervals import Intervals
from rating.publish.pages import Pictures
from rating.publish.profiles import profiles
from rating.publish.texts import Speaker, clean
from rating.resources import VERSION, folder
from rating.text import LANGS, Lang

if TYPE_CHECKING:
    from rating.analysis.uncertainty import Uncertainty
    from rating.result import Rating

# What the cover holds.
TITLE_LENGTH = 160
DESCRIPTION_LENGTH = 700
SQUEEZES = 3


def to_pdf(
    result: Rating,
    path: Path | str,
    *,
    lang: Lang = "en",
    region: str | None = None,
    sure: Uncertainty | None = None,
) -> Path:
    """Write the ranking report of an edition, or the profile of one region.

    Args:
        result: what ``rating.rate`` returned.
        path: the file to write; it appears whole or not at all.
        lang: ``en`` or ``ru``.
        region: the code of a region, for its page alone.
        sure: what ``uncertainty`` of the rating returned, for the interval of every place.

    Returns:
        The path.

    Raises:
        UsageError: the language or the region is not known, the draws are those of another rating,
            or the file cannot be written.
        DataError: a name has a letter that the report's fonts lack.
    """
    return write_whole(path, to_bytes(result, lang=lang, region=region, sure=sure))


def to_bytes(
    result: Rating,
    *,
    lang: Lang = "en",
    region: str | None = None,
    sure: Uncertainty | None = None,
) -> bytes:
    """The report as the bytes of a PDF."""
    if lang not in LANGS:
        raise UsageError(Problem("lang", f"no language '{lang}'", nearest(lang, LANGS)))
    facts = gather(result)
    found = None if sure is None else intervals.intervals(result, sure)
    only = None if region is None else _chosen(facts, region)
    css = (folder("reports") / "style.css").read_text(encoding="utf-8")
    # Loading WeasyPrint takes a second and looks for fonts: late, and with ours only.
    with fonts.only_bundled():
        from rating.publish import assets

        for squeeze in range(SQUEEZES):
            pictures = Pictures()
            html = compose(facts, Speaker(lang), pictures, only=only, squeeze=squeeze, sure=found)
            try:
                return assets.render(
                    html, css, charts=pictures.table, check=_one_page_each(facts, only)
                )
            except _MisfitError:
                continue
    raise RatingError(
        Problem("the report", "a profile does not fit its page", "shorten names and units")
    )


class _MisfitError(Exception):
    """A profile runs over its page."""


def _chosen(facts: Facts, code: str) -> Region:
    for region in facts.regions:
        if region.code == code:
            return region
    known = [region.code for region in facts.regions]
    raise UsageError(Problem("region", f"no region '{code}' in the rating", nearest(code, known)))


def compose(
    facts: Facts,
    say: Speaker,
    pictures: Pictures,
    *,
    only: Region | None = None,
    squeeze: int = 0,
    sure: Intervals | None = None,
) -> str:
    """The HTML of the report or of one region's page; its charts go to ``pictures``.

    Args:
        facts: the looked-up rating.
        say: speaks the language of the report.
        pictures: takes the charts.
        only: the region whose page is wanted alone.
        squeeze: how much tighter than by default the profiles are set.
        sure: the intervals of the places, where there were draws.
    """
    result = facts.result
    low, high = facts.axis[facts.root.id]
    context: dict[str, Any] = {
        "t": say,
        "lang": say.lang,
        "title": clean(say.of(result.section.name), TITLE_LENGTH),
        "description": clean(say.of(result.section.description), DESCRIPTION_LENGTH),
        "year": result.edition,
        "created": created(result),
        "low": say.number(low, 0),
        "high": say.number(high, 0),
        "facts": facts,
        "only_one": only is not None,
        "profiles": profiles(
            facts,
            say,
            pictures,
            only=None if only is None else [only],
            squeeze=squeeze,
            sure=sure,
        ),
        "sure": sure is not None,
        "level": "" if sure is None else sure.level(say),
    }
    if only is not None:
        return _environment().get_template("one_profile.html").render(context)
    spans = {} if sure is None else {one.code: sure.span(one, say) for one in facts.regions}
    bands = pages.bands(facts, say, pictures, spans)
    out = pages.unranked(facts, say, spans)
    place = pages.anchors(facts)
    example = facts.ranked[0] if facts.ranked else facts.regions[0]
    context |= {
        "as_of": annex.day(result.as_of, say),
        "version": f"rating {VERSION}",
        "parts": pages.parts(facts, say, pictures),
        "claims": pages.claims(facts, say, pictures),
        "bands": bands,
        "unranked": out,
        "note": annex.edition_note(facts, say),
        "thin": any(line.thin for band in (*bands, *out) for line in band.lines),
        "threshold": say.number(100 * pages.threshold(facts), 0),
        "columns": [say.of(item.name) for item in facts.pillars]
        if len(facts.pillars) <= pages.MANY_PARTS
        else [],
        "map": pages.tile_map(facts, say, pictures),
        "cover": _cover(facts, say, pictures),
        "shelves": pages.shelves(facts, say),
        "example": next(one for one in context["profiles"] if one.anchor == place[example.code]),
        "annex": annex.annex(facts, say),
        "shared": () if sure is None else intervals.shared(facts, sure, say),
        "drawn": None if sure is None else intervals.drawn(facts, sure, say),
        "draws": 0 if sure is None else sure.sure.draws,
    }
    return _environment().get_template("report.html").render(context)


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


def _one_page_each(facts: Facts, only: Region | None) -> Any:
    """A check that every profile has exactly one page."""
    anchors = pages.anchors(facts)
    wanted = list(anchors.values()) if only is None else [anchors[only.code]]

    def check(on_pages: Sequence[Mapping[str, Any]]) -> None:
        starts = [n for n, found in enumerate(on_pages) for one in wanted if one in found]
        end = next((n for n, found in enumerate(on_pages) if "annex" in found), len(on_pages))
        if starts != list(range(end - len(wanted), end)):
            raise _MisfitError

    return check
