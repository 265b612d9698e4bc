"""The statistical audit as tables under each other on one sheet."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.analysis.audit_html import COLUMNS, WORDS
from rating.publish.facts import Facts
from rating.publish.texts import Speaker, clean
from rating.publish.workbook_sheet import Cell, Column, Sheet

# The frames that the sheet holds, in order; what is longer is in ``result.audit()``.
FRAMES = (
    "coverage",
    "statistics",
    "flags",
    "consistency",
    "components",
    "importance",
    "leave_out",
    "compensability",
    "added_value",
    "correlations",
)
_SHARES = ("share", "weight", "effective", "first", "cumulative")
# Columns whose cells are ids or words.
_NAMED = ("item", "indicator", "node", "parent", "pillar", "region", "one", "other", "left_out")
_WIDTHS = {"item": 44, "indicator": 44, "node": 30, "region": 34, "left_out": 44}


def write(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """Every table with its caption, an empty row between two."""
    audit = facts.told.audit()
    names = {item.id: say.of(item.name) for item in facts.items}
    names |= {region.code: say.of(region.name) for region in facts.regions}
    names |= {one.cited("en"): clean(one.cited(say.lang)) for one in facts.result.origins}
    widths: dict[int, float] = {}
    row = 0
    for name in FRAMES:
        frame: pl.DataFrame = getattr(audit, name)
        columns = [_column(key, kind, say) for key, kind in frame.schema.items()]
        cells = (
            tuple(_cell(key, value, names, say) for key, value in line.items())
            for line in frame.iter_rows(named=True)
        )
        row = sheet.table(columns, cells, row=row, caption=say(f"audit.{name}")) + 1
        for place, column in enumerate(columns):
            widths[place] = max(widths.get(place, 0), column.width)
    sheet.widths([Column("", width) for _, width in sorted(widths.items())])
    sheet.sheet.freeze_panes(0, 1)


def _column(key: str, kind: pl.DataType, say: Speaker) -> Column:
    known = COLUMNS.get(key)
    title = key.replace("_", " ") if known is None else known.of(say.lang)
    look = "text"
    if kind.is_integer():
        look = "whole"
    elif kind.is_float():
        shares = key in _SHARES or key.endswith("_share")
        look = "tiny" if key.endswith("_p") else "share" if shares else "fine"
    return Column(title, _WIDTHS.get(key, 15), look)


def _cell(key: str, value: Cell, names: Mapping[str, str], say: Speaker) -> Cell:
    if not isinstance(value, str):
        return value
    if key in _NAMED:
        return names.get(value, value)
    return WORDS[value].of(say.lang) if value in WORDS else value
