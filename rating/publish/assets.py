"""HTML to PDF with nothing from outside: no file, no network, no foreign font, no silent failure.

This module imports WeasyPrint, which is slow to load: import it inside a function, and under
``fonts.only_bundled()``.
"""

from __future__ import annotations

import gc
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from rating.errors import Problem, RatingError
from rating.publish import fonts

VARIANT = "pdf/a-3a"
# What a box has for painting alone: its shaped glyphs, its picture, its styles by side.
PAINTED = {"pango_layout", "replacement", "remove_decoration_sides", "background"}
# Pages of a profile. To collect what is left over takes 0.08 s: much for one, nothing for a book.
PROFILE = 2
Check = Callable[[Sequence[Any]], None]


class Shelf(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """A fetcher that knows a table in memory and refuses every other address."""

    def __init__(self, table: Mapping[str, str]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._table = table

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The asset of that address.

        Raises:
            ValueError: the address is not in the table.
        """
        if url not in self._table:
            raise ValueError(f"not one of the report's own assets: {url}")
        kind = {"Content-Type": "image/svg+xml"}
        return URLFetcherResponse(url, self._table[url].encode(), kind)


class _Pages(weasyprint.HTML):  # type: ignore[misc]
    """A document without the styles of notes, of which a report has none.

    The style sheet of browsers that WeasyPrint starts from has rules for ``::footnote-call`` and
    the like on every element, and each makes a style of its own: they were six of seven styles
    and a quarter of the memory.
    """

    def _ua_stylesheets(self, forms: bool = False) -> list[weasyprint.CSS]:
        return [_plain_styles()]


@cache
def _plain_styles() -> weasyprint.CSS:
    """WeasyPrint's own style sheet less the rules of notes; markers are those of list items."""
    file = Path(weasyprint.__file__).parent / "css" / "html5_ua.css"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("::footnote", "::note"))]
    text = "\n".join(f"li{line}" if line.startswith("::marker") else line for line in kept)
    return weasyprint.CSS(string=text, url_fetcher=Shelf({}))


def render(
    html: str,
    css: str,
    *,
    charts: Mapping[str, str],
    check: Check | None = None,
    attached: Mapping[str, bytes] | None = None,
    created: str = "2000-01-01T00:00:00Z",
    given: tuple[Path, ...] = (),
) -> bytes:
    """The PDF of a page of HTML, its style and its charts.

    Args:
        html: the document; pictures are ``<img src="chart:key">``.
        css: the style sheet.
        charts: SVG texts by address (``chart:key``).
        check: looks at the pages and raises if they are not as they should be.
        attached: files by name, put into the PDF in the order of their names, as its index asks.
        created: the date that the attached files carry.
        given: fonts of the user's.

    Raises:
        DataError: a character that the bundled fonts lack.
        RatingError: anything that WeasyPrint would only write to its log.
    """
    fonts.check(html, given)
    css = css.replace(f'"{fonts.FAMILY}"', fonts.families(given))
    with _complaints() as complaints, fonts.only_bundled(given):
        shelf = Shelf(charts)
        known = FontConfiguration()
        try:
            style = weasyprint.CSS(string=css, font_config=known, url_fetcher=shelf)
            pictures: dict[str, Any] = {}
            document = _Pages(string=html, url_fetcher=shelf).render(
                font_config=known, stylesheets=[style], pdf_variant=VARIANT, cache=pictures
            )
            _let_go(pictures)
            book = len(document.pages) > PROFILE
            if book:
                gc.collect()
            if check is not None:
                check(document.pages)
            files = [
                _attachment(*file, created, shelf) for file in sorted((attached or {}).items())
            ]
            for page in document.pages:
                page.paint = partial(_painted, page)
            with warnings.catch_warnings():
                # WeasyPrint leaves the file of its colour profile to be closed by the collector.
                warnings.simplefilter("ignore", ResourceWarning)
                pdf: bytes = document.write_pdf(pdf_variant=VARIANT, attachments=files)
            del document, page
            if book:
                gc.collect()
        except FatalURLFetchingError as error:
            complaints.append(f"{error}: {error.__cause__}")
    if complaints:
        raise RatingError(
            Problem("the report", message, "this is a fault of the library: please tell us")
            for message in dict.fromkeys(complaints)
        )
    return pdf


def _let_go(pictures: dict[str, Any]) -> None:
    """Forget the boxes as they were before they were laid out: they are half of the memory.

    Each picture keeps the context of the layout, which keeps the widths of tables and what links
    may point at, and with them every box that it was made of. Nothing asks for them any more.
    """
    for picture in filter(None, pictures.values()):  # none is one that could not be read
        context = picture._context
        context.tables.clear()
        context.target_collector.target_lookup_items.clear()
        context.target_collector.counter_lookup_items.clear()
    pictures.clear()


def _painted(page: Any, stream: Any, scale: float) -> None:
    """Paint a page; keep its operators as one text, and of its boxes what the tags are made of.

    As ten thousand words the operators take ten times more.
    """
    weasyprint.Page.paint(page, stream, scale)
    words = (word.encode() if isinstance(word, str) else word for word in stream.stream)
    stream.stream = [b"\n".join(getattr(word, "data", word) for word in words)]
    for box in page._page_box.descendants():
        for name in PAINTED & vars(box).keys():
            delattr(box, name)


def _attachment(name: str, content: bytes, created: str, shelf: Shelf) -> weasyprint.Attachment:
    when = datetime.fromisoformat(created)
    return weasyprint.Attachment(
        file_obj=io.BytesIO(content),
        name=name,
        description=name,
        created=when,
        modified=when,
        relationship="Data" if name.startswith("results") else "Source",
        url_fetcher=shelf,
    )


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what WeasyPrint warns of; a broken picture, font or style is only a line there."""
    found: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger = logging.getLogger("weasyprint")
    handler = Collect(logging.WARNING)
    before = logger.level, logger.propagate, logger.disabled
    logger.addHandler(handler)
    logger.level, logger.propagate, logger.disabled = logging.WARNING, False, False
    logger.setLevel(logging.WARNING)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate, logger.disabled = before[1], before[2]
