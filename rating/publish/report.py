"""The report as a PDF: one set of templates, two languages, the same bytes for the same result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rating.errors import Problem, RatingError, UsageError, nearest
from rating.outputs import require_apart, require_ending
from rating.publish import archive, boundaries, compose, fonts, names, pages, paging
from rating.publish.compose import Audience
from rating.publish.density import density
from rating.publish.facts import Region
from rating.publish.files import write_whole
from rating.publish.fonts import using
from rating.publish.material import Material, collect, owned
from rating.publish.pages import Pictures
from rating.publish.texts import Speaker
from rating.resources import folder
from rating.text import LANGS, Lang

if TYPE_CHECKING:
    from rating.analysis.uncertainty import Uncertainty
    from rating.publish import assets
    from rating.result import Rating

# The first four set profiles tighter and tighter; the others do the same with two pages to each,
# and whatever stands on the second.
SQUEEZES, STRICT = 8, 4
# So many of the longest profiles are tried before a whole book is set, and the shortest.
LONGEST = 3
# So many ways to let chapters run on are tried.
DRAFTS = 4


class MisfitError(Exception):
    """A profile runs over its pages."""


@dataclass(frozen=True)
class Document:
    """Everything that a PDF is made of; nothing else is read while it is made.

    Attributes:
        html: the pages.
        css: their style.
        charts: SVG by address.
        attached: files by name.
        created: the date in the file.
        anchors: of the profiles, in order.
        short: a profile may end on its first page.
        strict: no page may be near empty.
        fonts: those of the user's.
    """

    html: str
    css: str
    charts: Mapping[str, str]
    attached: Mapping[str, bytes]
    created: str
    anchors: tuple[str, ...] = ()
    short: bool = False
    strict: bool = False
    fonts: tuple[Path, ...] = ()


def to_pdf(
    result: Rating,
    path: Path | str,
    *,
    lang: Lang = "en",
    region: str | None = None,
    sure: Uncertainty | None = None,
    audience: Audience = "public",
    top: int | None = None,
    boundaries: Path | str | None = None,
    brief: bool = False,
    contact: str = "",
    fonts: Sequence[Path | str] = (),
) -> Path:
    """Write the report of an edition, the profile of one region, or the investor brief.

    Args:
        result: what ``rating.rate`` returned.
        path: the file to write; it appears whole or not at all.
        lang: ``en`` or ``ru``.
        region: the code of a region, for its profile alone.
        sure: what ``uncertainty`` of the rating returned, for the interval of every place.
        audience: ``public``, or ``own``: a region's own edition, in full and confidential.
        top: in a public edition, tell the places of so many first regions; the others are told
            by group.
        boundaries: a GeoJSON file for a map of the country.
        brief: write the investor brief instead of the report.
        contact: whom the reader of the brief may ask.
        fonts: TTF or OTF files for the letters that the report's own fonts lack.

    Returns:
        The path.

    Raises:
        UsageError: the language or the region is not known, the options do not go together, the
            draws are those of another rating, or a file cannot be read or written.
        DataError: a name has a letter that the report's fonts lack, or the boundaries are none.
    """
    inputs = [*result.files, *([] if boundaries is None else [Path(boundaries)])]
    require_apart([require_ending(path, [".pdf"])], inputs)
    content = to_bytes(
        result,
        lang=lang,
        region=region,
        sure=sure,
        audience=audience,
        top=top,
        boundaries=boundaries,
        brief=brief,
        contact=contact,
        fonts=fonts,
    )
    return write_whole(path, content)


def to_bytes(
    result: Rating,
    *,
    lang: Lang = "en",
    region: str | None = None,
    sure: Uncertainty | None = None,
    audience: Audience = "public",
    top: int | None = None,
    boundaries: Path | str | None = None,
    brief: bool = False,
    contact: str = "",
    fonts: Sequence[Path | str] = (),
) -> bytes:
    """The same as the bytes of a PDF."""
    together(lang, region, audience, top, brief)
    outlines = _outlines(result, boundaries)
    material = collect(result, sure=sure, top=top)
    say = Speaker(lang)
    with using(fonts):
        names.check(material.facts)
        if brief:
            return rendered(lambda _: short(material, say, contact))
        if region is None:
            return book(material, say, outlines)
        one = chosen(material, region)
        if audience == "own":
            material = owned(material, region)
            one = chosen(material, region)
        return rendered(lambda squeeze: single(material, one, say, squeeze, audience))


def book(
    material: Material,
    say: Speaker,
    outlines: boundaries.Shapes | None = None,
    look: assets.Check | None = None,
) -> bytes:
    """The national report as the bytes of a PDF, set so that it fits; ``look`` sees its pages."""
    first, front = _fitting(material, say), _front(material, say, outlines)
    return rendered(lambda squeeze: national(material, say, squeeze, outlines, front), first, look)


def together(
    lang: Lang, region: str | None, audience: Audience, top: int | None, brief: bool
) -> None:
    """Refuse options that do not go together, all at once.

    Raises:
        UsageError: with every problem.
    """
    problems = []
    if lang not in LANGS:
        problems.append(Problem("lang", f"no language '{lang}'", nearest(lang, LANGS)))
    if audience == "own" and (region is None or brief):
        problems.append(Problem("audience", "'own' is the edition of one region", "name a region"))
    if audience == "own" and top is not None:
        what = "a region's own edition tells everything"
        problems.append(Problem("top", what, "leave it out, or write for the public"))
    if brief and region is not None:
        problems.append(Problem("brief", "is not of one region", "leave the region out"))
    if problems:
        raise UsageError(problems)


def _outlines(result: Rating, path: Path | str | None) -> boundaries.Shapes | None:
    return None if path is None else boundaries.read(path, result.ranks["region"].to_list())


def chosen(material: Material, code: str) -> Region:
    """A region of the rating whose profile may be written.

    Raises:
        UsageError: no such region, or its place is not told.
    """
    for region in material.facts.profiled:
        if region.code == code:
            return region
    known = [region.code for region in material.facts.regions]
    if code in known:
        what = f"the place of '{code}' is not among those that are told"
        raise UsageError(Problem("region", what, "tell more places, or write its own edition"))
    raise UsageError(Problem("region", f"no region '{code}' in the rating", nearest(code, known)))


def national(
    material: Material,
    say: Speaker,
    squeeze: int = 0,
    outlines: boundaries.Shapes | None = None,
    front: str = "",
    draft: bool = False,
) -> Document:
    """The national report; a draft has no profiles and no annex."""
    pictures = Pictures()
    html = compose.report(
        material, say, pictures, squeeze=squeeze, boundaries=outlines, front=front, draft=draft
    )
    place = pages.anchors(material.facts)
    anchors = () if draft else tuple(place[one.code] for one in material.facts.profiled)
    return _document(material, say, html, pictures, anchors, squeeze)


def single(
    material: Material,
    region: Region,
    say: Speaker,
    squeeze: int = 0,
    audience: Audience = "public",
) -> Document:
    """One region's profile."""
    pictures = Pictures()
    html = compose.profile(material, region, say, pictures, squeeze=squeeze, audience=audience)
    anchors = (pages.anchors(material.facts)[region.code],)
    return _document(material, say, html, pictures, anchors, squeeze, [region.code])


def short(material: Material, say: Speaker, contact: str = "") -> Document:
    """The investor brief."""
    pictures = Pictures()
    html = compose.short(material, say, pictures, contact=contact)
    return _document(material, say, html, pictures, (), 0)


def _document(
    material: Material,
    say: Speaker,
    html: str,
    pictures: Pictures,
    anchors: tuple[str, ...],
    squeeze: int,
    codes: list[str] | None = None,
) -> Document:
    return Document(
        html=html,
        css=(folder("reports") / "style.css").read_text(encoding="utf-8"),
        charts={address: str(svg) for address, svg in pictures.table.items()},
        attached=archive.attachments(material, codes),
        created=compose.created(material.facts.result),
        anchors=anchors,
        short=density(material.facts, say, squeeze).short,
        strict=squeeze < STRICT,
        fonts=fonts.chosen(),
    )


def _fitting(material: Material, say: Speaker) -> int:
    """The setting in which the longest profiles fit, tried alone: a whole book takes a minute."""
    regions = material.facts.profiled
    length = [len(single(material, region, say).html) for region in regions]
    order = sorted(range(len(regions)), key=lambda place: -length[place])
    order = [*order[:LONGEST], *order[LONGEST:][-1:]]
    for squeeze in range(SQUEEZES - 1):
        try:
            for n in order:
                printed(single(material, regions[n], say, squeeze))
        except MisfitError:
            continue
        return squeeze
    return SQUEEZES - 1


class _LaidOutError(Exception):
    """A draft is laid out and read, and need not be painted."""


def _front(material: Material, say: Speaker, outlines: boundaries.Shapes | None) -> str:
    """The rules by which no page before the profiles is near empty, found on drafts."""

    def drafted(on: Sequence[str]) -> tuple[dict[str, float], int]:
        length, bad = {}, 0

        def read(pages: Sequence[Any]) -> None:
            nonlocal length, bad
            length = paging.lengths(pages, "annex")
            end = paging.places(pages)["annex"]
            bad = sum(paging.filled(page) < paging.LEAST for page in pages[:end])
            raise _LaidOutError

        with suppress(_LaidOutError):
            front = paging.css(on, tight)
            printed(national(material, say, 0, outlines, front, draft=True), read)
        return length, bad

    tight: tuple[str, ...] = ()
    length, bad = drafted(())
    if tight := paging.over(length):
        length, bad = drafted(())
    tried: dict[tuple[str, ...], int] = {(): bad}
    for way in range(DRAFTS):
        on = paging.running_on(length, way)
        if on not in tried:
            _, tried[on] = drafted(on)
        if not tried[on]:
            return paging.css(on, tight)
    return paging.css(min(tried.items(), key=lambda one: one[1])[0], tight)


def rendered(
    make: Callable[[int], Document], first: int = 0, look: assets.Check | None = None
) -> bytes:
    """The PDF of a document, set tighter until every profile fits its two pages.

    Raises:
        RatingError: one does not fit at all.
    """
    for squeeze in range(first, SQUEEZES):
        try:
            return printed(make(squeeze), look)
        except MisfitError:
            continue
    raise RatingError(
        Problem("the report", "a profile does not fit its pages", "shorten names and units")
    )


def printed(document: Document, look: assets.Check | None = None) -> bytes:
    """The PDF of a document as it is; ``look`` sees its pages.

    Raises:
        MisfitError: a profile runs over its pages.
    """
    # Loading WeasyPrint takes a second and looks for fonts: late, and with ours only.
    with fonts.only_bundled(document.fonts):
        from rating.publish import assets

        pdf = assets.render(
            document.html,
            document.css,
            charts=document.charts,
            check=_pages_of(document, look),
            attached=document.attached,
            created=document.created,
            given=document.fonts,
        )
    return archive.finished(pdf)


def _pages_of(document: Document, look: assets.Check | None) -> assets.Check:
    """A check that every profile has its two pages, or one where the first holds all."""

    def check(pages: Sequence[Any]) -> None:
        fit(pages)
        if look is not None:
            look(pages)

    def fit(pages: Sequence[Any]) -> None:
        where = paging.places(pages)
        end = where.get("annex", where.get("breakdown", len(pages)))
        if not document.anchors:
            return
        ends = [*(where[anchor] for anchor in document.anchors[1:]), end]
        for anchor, following in zip(document.anchors, ends, strict=True):
            second = where[f"{anchor}-more"] - where[anchor]
            if following - where[anchor] > 2 or second not in ((0, 1) if document.short else (1,)):
                raise MisfitError
            if document.strict and paging.filled(pages[following - 1]) < paging.LEAST:
                raise MisfitError

    return check
