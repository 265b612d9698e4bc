"""The sheets of the workbook that say what was published: one table each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from rating.definitions.methods import STEPS
from rating.publish import tables
from rating.publish.facts import Facts, Item
from rating.publish.texts import Speaker
from rating.publish.workbook_sheet import Cell, Column, Sheet, scored
from rating.text import SYNTHETIC

if TYPE_CHECKING:
    from rating.definitions.model import Indicator

WIDE = 60


def about(sheet: Sheet, facts: Facts, say: Speaker, sheets: Sequence[str]) -> None:
    """What the book is of, how it was made, and what its sheets hold."""
    result = facts.result
    columns = [Column(say("column.what"), 34), Column(say("column.content"), 110, "long")]
    sheet.widths(columns)
    sheet.put(0, 0, say.of(result.section.name), "title")
    hidden, told = len(facts.told.cells), len(facts.ranked)
    said = [say("about.top", n=told)] if facts.grouped else []
    said += [say("about.suppressed", n=hidden)] if hidden else []
    sheet.put(1, 0, " ".join(said) or say("about.confidential"), "note")
    if result.data.synthetic:
        sheet.put(2, 0, SYNTHETIC.of(say.lang), "title")
    rows: list[tuple[str, Cell]] = [
        (say("about.section"), result.section.id),
        (say("about.edition"), str(result.edition)),
        (say("about.as_of"), result.as_of.isoformat()),
        (say("about.ranked"), str(facts.places)),
        (say("about.assessed"), str(len(facts.regions))),
        (say("about.indicators"), str(facts.total)),
        (say("about.refused"), str(result.refused.height)),
        (say("about.digest"), result.digest),
        (say("about.definitions"), tables.definitions_digest(result)),
        *((say("about.version", name=name), v) for name, v in tables.versions().items()),
        *((_step(step, say), _setting(result.section.method, step)) for step in STEPS),
    ]
    end = sheet.table(columns, rows, row=3)
    holds = ((say(f"sheet.{name}"), say(f"holds.{name}")) for name in sheets)
    end = sheet.table(columns, holds, row=end + 1, caption=say("about.sheets"))
    files = result.provenance.select("file", "sha256").unique(maintain_order=True)
    heads = [Column(say("column.file")), Column(say("column.sha256"))]
    sheet.table(heads, files.iter_rows(), row=end + 1, caption=say("about.files"))


def _step(step: str, say: Speaker) -> str:
    return say("about.step", step=Speaker(say.lang)(f"step.{step}"))


def _setting(method: Any, step: str) -> str:
    """A method as its name and what was said of it."""
    given = getattr(method, step).model_dump(mode="json", exclude_none=True)
    name = given.pop("name")
    said = ", ".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in given.items())
    return f"{name}: {said}" if said else str(name)


def ranking(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """Regions by place, with the scores of the parts of the index."""
    columns = [
        Column(say("column.place"), 8, "whole"),
        Column(say("column.code"), 10),
        Column(say("column.region"), 36),
        Column(say("column.district"), 20),
        Column(say("column.group"), 10),
        Column(say("column.score"), 10, scored(facts.scale)),
        *(Column(say.of(item.name), 16, scored(facts.scale, item.id)) for item in facts.pillars),
        Column(say("column.coverage"), 11, "share"),
        Column(say("column.imputed_count"), 14, "whole"),
        Column(say("column.status"), 28),
    ]
    root = facts.root.id
    imputed = dict(
        facts.result.scores.filter(pl.col("node") == root).select("region", "imputed").iter_rows()
    )
    rows = (
        (
            region.rank,
            region.code,
            say.of(region.name),
            say.of(region.district),
            region.group,
            region.score,
            *(facts.cell(region, item).score for item in facts.pillars),
            region.coverage,
            imputed.get(region.code),
            say(f"word.{region.status}"),
        )
        for region in facts.regions
    )
    sheet.alone(columns, rows)
    sheet.sheet.freeze_panes(1, 3)


def weights(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """The weights that the formulas of the index read; the fifth column is meant to be changed."""
    known = {item.id: item for item in facts.items}
    columns = [
        Column(say("column.parent"), 32),
        Column(say("column.item"), 48),
        Column(say("column.id"), 26),
        Column(say("column.kind"), 13),
        Column(say("column.weight"), 12, "input_weight"),
        Column(say("column.published_weight"), 16, "weight"),
        Column(say("column.share"), 16, "share"),
        Column(say("column.method"), 30),
    ]
    edges = list(facts.result.weights.select("parent", "item", "weight").iter_rows())
    rows = [
        (
            say.of(known[parent].name),
            say.of(known[item].name),
            item,
            say(f"word.{known[item].kind}"),
            weight,
            weight,
            None,
            say(f"method.{facts.result.section.method_of(parent).aggregate.name}"),
        )
        for parent, item, weight in edges
    ]
    sheet.alone(columns, rows)
    parents = [parent for parent, _, _ in edges]
    for row, (parent, _, weight) in enumerate(edges, 1):
        first = parents.index(parent) + 1
        block = xl_range(first, 4, first + parents.count(parent) - 1, 4)
        text = f"=IF(SUM({block})=0,0,{xl_rowcol_to_cell(row, 4)}/SUM({block}))"
        sheet.sheet.write_formula(row, 6, text, sheet.book.look("share"), weight)
    rule = {"validate": "decimal", "criteria": ">=", "value": 0}
    sheet.sheet.data_validation(1, 4, max(len(edges), 1), 4, rule)
    sheet.sheet.freeze_panes(1, 2)


def scores(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """Every node's score and place."""
    nodes = [item for item in facts.items if item.kind == "node"]
    columns = [Column(say("column.code"), 10), Column(say("column.region"), 36)]
    for item in nodes:
        name = say.of(item.name)
        columns.append(Column(name, 16, scored(facts.scale, item.id)))
        columns.append(Column(say("column.node_place", name=name), 16, "whole"))
    rows = (
        (
            region.code,
            say.of(region.name),
            *(
                cell
                for item in nodes
                for found in (facts.cell(region, item),)
                for cell in (found.score, found.rank)
            ),
        )
        for region in facts.profiled
    )
    sheet.alone(columns, rows)
    sheet.sheet.freeze_panes(1, 2)


def values(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """Every cell of the rating, from the value as measured to its score."""
    result = facts.result
    items = {item.id: item for item in facts.indicators}
    names = {region.code: say.of(region.name) for region in facts.regions}
    columns = [
        Column(say("column.code"), 10),
        Column(say("column.region"), 32),
        Column(say("column.id"), 24),
        Column(say("column.indicator"), 46),
        Column(say("column.unit"), 24),
        Column(say("column.value"), 15),
        Column(say("column.status"), 13),
        Column(say("column.after_imputation"), 16),
        Column(say("column.after_treatment"), 16),
        Column(say("column.score"), 10),
    ]
    rows = list(result.values.iter_rows(named=True))
    looks = {
        (number, column): f"digits_{facts.digits[row['indicator']]}"
        for number, row in enumerate(rows)
        for column in (5, 7, 8)
    } | {(n, 9): scored(facts.scale, row["indicator"]) for n, row in enumerate(rows)}
    cells = (
        (
            row["region"],
            names[row["region"]],
            row["indicator"],
            say.of(items[row["indicator"]].name),
            say.of(items[row["indicator"]].unit),
            row["value"],
            say(f"word.{row['status']}"),
            row["imputed"],
            row["treated"],
            row["score"],
        )
        for row in rows
    )
    sheet.alone(columns, cells, looks=looks)
    sheet.sheet.freeze_panes(1, 4)


def indicators(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """What each indicator is: definition, unit, direction, formula, sources."""
    known = {item.id: item for item in facts.items}
    found = {item.id: item for item in facts.result.indicators}
    columns = [
        Column(say("column.id"), 24, "long"),
        Column(say("column.indicator"), 40, "long"),
        Column(say("column.parent"), 28, "long"),
        Column(say("column.weight"), 10, "weight"),
        Column(say("column.unit"), 18, "long"),
        Column(say("column.direction"), 22, "long"),
        Column(say("column.since"), 13),
        Column(say("column.formula"), WIDE, "long"),
        Column(say("column.measures"), WIDE, "long"),
        Column(say("column.normalisation"), 30, "long"),
        Column(say("column.description"), WIDE, "long"),
        Column(say("column.source"), WIDE, "long"),
    ]
    rows = (_indicator(facts, say, item, known, found[item.id]) for item in facts.indicators)
    sheet.alone(columns, rows)
    sheet.sheet.freeze_panes(1, 2)


def _indicator(
    facts: Facts, say: Speaker, item: Item, known: dict[str, Item], about: Indicator
) -> tuple[Cell, ...]:
    version = facts.result.version(item.id)
    measures = "; ".join(
        f"{table}.{name} = {text}"
        for table, given in version.measures.items()
        for name, text in given.items()
    )
    return (
        item.id,
        say.of(item.name),
        say.of(known[item.parent].name) if item.parent in known else "",
        item.weight,
        say.of(item.unit),
        say(f"word.{item.direction}"),
        version.since.isoformat(),
        version.value,
        measures,
        _setting(facts.result.section.method_of(item.id), "normalise"),
        say.of(about.description),
        "; ".join(f"{say.of(one.publisher)}: {say.of(one.title)}" for one in about.source),
    )


def sources(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """Where the figures come from; an address is a text, not a link."""
    keys = ("title", "publisher", "table", "url", "licence", "retrieved")
    columns = [Column(say(f"column.{key}"), 30, "long") for key in keys]
    rows = (
        (
            say.of(one.title),
            say.of(one.publisher),
            say.of(one.table) or None,
            one.url,
            say("word.not_stated") if one.licence == "not stated" else one.licence,
            None if one.retrieved is None else one.retrieved.isoformat(),
        )
        for one in facts.result.origins
    )
    sheet.alone(columns, rows)
    sheet.sheet.freeze_panes(1, 0)


def refused(sheet: Sheet, facts: Facts, say: Speaker) -> None:
    """The rows that were left out, with the rule each broke."""
    keys = ("table", "file", "row", "column", "rule", "value")
    wide = {"rule": 60, "value": 30, "file": 24}
    looks = {"row": "whole", "rule": "long", "value": "long"}
    columns = [
        Column(say(f"column.{key}"), wide.get(key, 14), looks.get(key, "text")) for key in keys
    ]
    sheet.alone(columns, facts.result.refused.select(keys).iter_rows())
    sheet.sheet.freeze_panes(1, 0)
