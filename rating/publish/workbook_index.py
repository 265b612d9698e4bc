"""The sheet whose formulas compute the index again from the scores of the indicators.

The children of a node stand side by side, so that a formula speaks of two ranges: their weights,
which come from the sheet of weights, and their scores. The rules are those of steps/aggregate.py: a
missing child leaves its weight to the others, one of weight 0 takes no part, and below the least
share of children present there is no score. A region with hidden cells keeps the published scores
of the nodes above them: a formula would give the hidden child away, or another score.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isinf

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_range_abs, xl_rowcol_to_cell

from rating.definitions import aggregations as a
from rating.definitions.settings import Setting
from rating.publish.facts import Facts, Region
from rating.publish.texts import Speaker
from rating.publish.workbook_sheet import Column, Sheet, scored
from rating.scale import Scale
from rating.steps.means import NEAR_0

TITLE, NOTE, METHOD, LEAST, WEIGHT, HEAD, FIRST = range(7)
# Columns before the items.
CODE, NAME, ELIGIBLE, PLACE, OLD_PLACE, OLD_SCORE, DIFFERENCE, ROUNDED, ITEMS = range(9)
_OK = "ISNUMBER({s})*({w}>0)"
_WHOLE = f"SUM(IF({_OK},{{w}},0))"
_REF = f"MAX(IF({_OK},ABS({{s}}),0))"
_LEAST = f"MIN(IF({_OK},{{s}}))"
# exp(t) - 1 and ln(1 + z) without the loss of digits, as steps/means.py has them.
_GROWN = "IF({s}/{r}>EXP(-100/ABS({p})),{p}*LN(IF({s}>0,{s}/{r},1)),-100)/2"


@dataclass(frozen=True)
class Layout:
    """Where each item stands.

    Attributes:
        columns: of the items: the root, then the children of each node side by side.
        children: the first and the last column of the children of each node.
        live: the nodes that have a formula.
        rows: of the items on the sheet of weights.
    """

    columns: Mapping[str, int]
    children: Mapping[str, tuple[int, int]]
    live: Mapping[str, str]
    rows: Mapping[str, int]


def layout(facts: Facts) -> Layout:
    """Nodes from the root down, the children of each beside each other."""
    result = facts.result
    root = result.section.root.id
    columns, children, queue = {root: ITEMS}, {}, [root]
    below: dict[str, list[str]] = {}
    for parent, item in result.weights.select("parent", "item").iter_rows():
        below.setdefault(parent, []).append(item)
    while queue:
        node = queue.pop(0)
        own = below.get(node, [])
        if own:
            children[node] = (len(columns) + ITEMS, len(columns) + ITEMS + len(own) - 1)
            columns |= {item: len(columns) + ITEMS + n for n, item in enumerate(own)}
            queue += own
    forms = {node: form(result.section.method_of(node).aggregate) for node in children}
    live = {node: text for node, text in forms.items() if text is not None}
    rows = {item: n for n, item in enumerate(result.weights["item"], 1)}
    return Layout(columns, children, live, rows)


def form(setting: Setting) -> str | None:
    """The mean of a method over the ranges ``{s}`` and ``{w}``; None where it has no formula here.

    Example:
        >>> form(a.Geometric()).format(s="A1:B1", w="A2:B2")[:30]
        'EXP(SUM(IF(ISNUMBER(A1:B1)*(A2'
    """
    match setting:
        case a.Arithmetic():
            return f"SUM(IF({_OK},{{w}}*{{s}},0))/{_WHOLE}"
        case a.Geometric():
            return f"EXP(SUM(IF({_OK},{{w}}*LN({{s}}),0))/{_WHOLE})"
        case a.Harmonic():
            return f"{_WHOLE}/SUM(IF({_OK},{{w}}/{{s}},0))"
        case a.Power(power=power):
            return _power(power)
        case _:
            return None


def _power(power: float) -> str | None:
    if isinf(power):
        return f"MAX(IF({_OK},{{s}}))" if power > 0 else _LEAST
    named = {-1.0: a.Harmonic(), 0.0: a.Geometric(), 1.0: a.Arithmetic()}
    if power in named:
        return form(named[power])
    ref = _REF if power > 0 else _LEAST
    if abs(power) >= NEAR_0:
        raised = f"SUM(IF({_OK},{{w}}*({{s}}/{ref})^{power!r},0))/{_WHOLE}"
        mean = f"{ref}*SIGN({raised})*ABS({raised})^(1/{power!r})"
    else:
        grown = _GROWN.replace("{r}", ref).replace("{p}", f"({power!r})")
        gain = f"(SUM(IF({_OK},{{w}}*2*SINH({grown})*EXP({grown}),0))/{_WHOLE})"
        mean = f"{ref}*EXP(2*ATANH({gain}/(2+{gain}))/{power!r})"
    return f"IF({ref}=0,0,{mean})"


def formula(node: str, row: int, places: Layout) -> str:
    """The formula of a node in a row: nothing where too few children are present."""
    first, last = places.children[node]
    w = xl_range_abs(WEIGHT, first, WEIGHT, last)
    s = xl_range(row, first, row, last)
    least = xl_rowcol_to_cell(LEAST, places.columns[node], row_abs=True, col_abs=True)
    present = f"SUM({_OK})".format(s=s, w=w)
    mean = places.live[node].format(s=s, w=w)
    share = f'{present}/COUNTIF({w},">0")'
    return f'{{=IF({present}=0,"",IF({share}<{least},"",{mean}))}}'


def write(sheet: Sheet, facts: Facts, say: Speaker, places: Layout, weights: str) -> None:
    """The whole sheet.

    Args:
        sheet: empty.
        facts: the looked-up rating.
        say: speaks the language of the book.
        places: where each item stands.
        weights: the name of the sheet of weights, whose fifth column has the weights.
    """
    names = {item.id: say.of(item.name) for item in facts.items}
    fixed = [node for node in places.children if node not in places.live]
    sheet.put(TITLE, 0, say("recompute.title", weights=weights), "caption")
    told = "; ".join(names[node] for node in fixed)
    note = say("recompute.fixed", names=told) if fixed else say("recompute.all_live")
    if facts.told.cells:
        note += " " + say("recompute.suppressed")
    sheet.put(NOTE, 0, note, "note")
    for row, key in ((METHOD, "method"), (LEAST, "least"), (WEIGHT, "weight")):
        sheet.put(row, NAME, say(f"recompute.{key}"), "note")
    columns = _columns(say, names, places)
    sheet.widths(columns)
    sheet.head(HEAD, columns)
    for item, column in places.columns.items():
        _above(sheet, facts, say, places, (item, column, weights))
    eligible = _eligible(facts)
    last = FIRST + len(facts.profiled) - 1
    for row, region in enumerate(facts.profiled, FIRST):
        scores = {item.id: facts.cell(region, item).score for item in facts.items}
        # A formula that lacks a child would give another score than the one that is published.
        kept = {node for of, node in facts.told.above if of == region.code}
        sheet.put(row, CODE, region.code)
        sheet.put(row, NAME, say.of(region.name))
        sheet.put(row, ELIGIBLE, int(region.code in eligible), "whole")
        sheet.put(row, OLD_PLACE, region.rank, "whole")
        sheet.put(row, OLD_SCORE, region.score, scored(facts.scale))
        _results(sheet, row, last, region, region.code in eligible, scored(facts.scale))
        _items(sheet, row, scores, places, kept, facts.scale)
    sheet.sheet.freeze_panes(FIRST, ELIGIBLE)
    sheet.sheet.repeat_rows(HEAD)


def _columns(say: Speaker, names: Mapping[str, str], places: Layout) -> Sequence[Column]:
    own = ("eligible", "place", "published_place", "published_score", "difference", "rounded")
    return [
        Column(say("column.code"), 10),
        Column(say("column.region"), 32),
        *(Column(say(f"recompute.{key}"), 13) for key in own),
        *(Column(names[item], 15) for item in places.columns),
    ]


def _above(
    sheet: Sheet, facts: Facts, say: Speaker, places: Layout, where: tuple[str, int, str]
) -> None:
    """What stands above an item: its method, its least coverage and its weight."""
    item, column, weights = where
    if item in places.children:
        setting = facts.result.section.method_of(item).aggregate
        method = say(f"method.{setting.name}")
        if item not in places.live:
            method = say("recompute.as_value", method=method)
        sheet.put(METHOD, column, method, "long")
        sheet.put(LEAST, column, setting.min_coverage, "share")
    if item in places.rows:
        quoted = weights.replace("'", "''")
        cell = xl_rowcol_to_cell(places.rows[item], 4, row_abs=True, col_abs=True)
        share = facts.result.weights.filter(pl.col("item") == item)["weight"][0]
        look = sheet.book.look("weight")
        sheet.sheet.write_formula(WEIGHT, column, f"='{quoted}'!{cell}", look, share)


def _results(sheet: Sheet, row: int, last: int, region: Region, eligible: bool, look: str) -> None:
    """Place, difference and the rounded score, each a formula."""
    index, old, rounded, may = (
        xl_rowcol_to_cell(row, column) for column in (ITEMS, OLD_SCORE, ROUNDED, ELIGIBLE)
    )
    score = region.score
    name = xl_col_to_name(ROUNDED)
    every = f"{name}${FIRST + 1}:{name}${last + 1}"
    both = f"AND(ISNUMBER({index}),ISNUMBER({old}))"
    cells = (
        (PLACE, f'=IF({rounded}="","",RANK({rounded},{every}))', "whole", region.rank),
        (DIFFERENCE, f'=IF({both},{index}-{old},"")', look, None if score is None else 0),
        (
            ROUNDED,
            f'=IF(AND({may}=1,ISNUMBER({index})),ROUND({index},9),"")',
            look,
            None if score is None or not eligible else round(score, 9),
        ),
    )
    for column, text, of, value in cells:
        kept = "" if value is None else value
        sheet.sheet.write_formula(row, column, text, sheet.book.look(of), kept)


def _items(
    sheet: Sheet,
    row: int,
    scores: Mapping[str, float | None],
    places: Layout,
    fixed: Collection[str],
    scale: Scale,
) -> None:
    for item, column in places.columns.items():
        score = scores[item]
        if item in places.live and item not in fixed:
            kept = "" if score is None else score
            look = sheet.book.look(scored(scale, item))
            text = formula(item, row, places)
            sheet.sheet.write_array_formula(row, column, row, column, text, look, kept)
        else:
            kind = "fixed" if item in places.children else "input_score"
            sheet.put(row, column, score, scored(scale, item, kind))


def _eligible(facts: Facts) -> set[str]:
    """The regions that are ranked as soon as they have a score."""
    screened = facts.result.screened.filter(pl.col("node").is_null() & ~pl.col("included"))
    thin = set(screened["region"])
    return {r.code for r in facts.regions if r.status != "outside" and r.code not in thin}
