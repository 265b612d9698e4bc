"""A rating as an Excel workbook: what was published, and formulas that compute the index again."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import xlsxwriter

from rating.errors import Problem, UsageError, nearest
from rating.outputs import require_apart, require_ending
from rating.publish import workbook_audit, workbook_index, workbook_tables
from rating.publish.facts import gather
from rating.publish.files import write_whole
from rating.publish.texts import Speaker
from rating.publish.workbook_sheet import Book, Sheet
from rating.text import LANGS, SYNTHETIC, Lang

if TYPE_CHECKING:
    from rating.result import Rating

TEXTS = "workbook.toml"
# No text is a formula or a link, and nothing is written beside the file.
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def to_xlsx(result: Rating, path: Path | str, *, lang: Lang = "en", top: int | None = None) -> Path:
    """Write a rating as a workbook.

    Ranking, scores, values, weights, definitions, sources, refused rows and the audit; and a sheet
    whose formulas follow a changed weight or score. Without ``top`` it is the operator's own: the
    values of all regions are in it.

    Args:
        result: what ``rating.rate`` returned.
        path: the file to write; it appears whole or not at all.
        lang: ``en`` or ``ru``.
        top: in a public edition, tell the places and the numbers of so many first regions; the
            others are told by group.

    Returns:
        The path.

    Raises:
        UsageError: the language is not known, nearly all places are told, or the file cannot be
            written.
    """
    require_apart([require_ending(path, [".xlsx"])], result.files)
    return write_whole(path, to_bytes(result, lang=lang, top=top))


def to_bytes(result: Rating, *, lang: Lang = "en", top: int | None = None) -> bytes:
    """The workbook as bytes: the same for the same rating."""
    if lang not in LANGS:
        raise UsageError(Problem("lang", f"no language '{lang}'", nearest(lang, LANGS)))
    # Late: the report brings its templates with it.
    from rating.publish.compose import created

    say, facts = Speaker(lang, TEXTS), gather(result, top=top)
    places = workbook_index.layout(facts)
    weights = say("sheet.weights")
    sheets: dict[str, Callable[[Sheet], None]] = {
        "about": lambda sheet: workbook_tables.about(sheet, facts, say, [*sheets][1:]),
        "ranking": lambda sheet: workbook_tables.ranking(sheet, facts, say),
        "recompute": lambda sheet: workbook_index.write(sheet, facts, say, places, weights),
        "weights": lambda sheet: workbook_tables.weights(sheet, facts, say),
        "scores": lambda sheet: workbook_tables.scores(sheet, facts, say),
        "values": lambda sheet: workbook_tables.values(sheet, facts, say),
        "indicators": lambda sheet: workbook_tables.indicators(sheet, facts, say),
        "sources": lambda sheet: workbook_tables.sources(sheet, facts, say),
        "refused": lambda sheet: workbook_tables.refused(sheet, facts, say),
        "audit": lambda sheet: workbook_audit.write(sheet, facts, say),
    }
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _OPTIONS) as book:
        day = datetime.fromisoformat(created(result)).replace(tzinfo=None)
        title = f"{say.of(result.section.name)}, {result.edition}"
        book.set_properties({"title": title[:255], "created": day})
        made = Book(book, SYNTHETIC.of(lang) if result.data.synthetic else "")
        for name, write in sheets.items():
            write(made.sheet(say(f"sheet.{name}")))
    return content.getvalue()
