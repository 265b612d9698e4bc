"""To COINr: a section and its data as the frames iData and iMeta, a rating as a workbook."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from rating.definitions.model import Indicator, Node
from rating.definitions.section import Section
from rating.definitions.settings import Goalposts, MinMax, Target, ZScore
from rating.definitions.tree import Tree
from rating.engine import held, values
from rating.engine.store import Store
from rating.errors import Problem, UsageError
from rating.inputs.regions import NAMES
from rating.inputs.tables import Data
from rating.outputs import require_apart, require_ending
from rating.publish.files import write_whole
from rating.result import Rating

# What from_coinr writes: a column, perhaps over a denominator, perhaps of another scale.
_PLAIN = re.compile(r'"?(\w+)"?(?: / nullif\("?(\w+)"?(?: / ([0-9.e+-]+))?, 0\))?')
_META = {
    "Level": pl.Int64,
    "iCode": pl.String,
    "iName": pl.String,
    "Direction": pl.Int64,
    "Weight": pl.Float64,
    "Unit": pl.String,
    "Target": pl.Float64,
    "Denominator": pl.String,
    "ScaleFactor": pl.Float64,
    "Parent": pl.String,
    "Type": pl.String,
}
_SETTINGS = {
    "goalpost_lower": pl.Float64,
    "goalpost_upper": pl.Float64,
    "goalpost_scale": pl.Float64,
    "goalpost_trunc2posts": pl.Boolean,
    "dist2targ_cap_max": pl.Boolean,
    "minmax_lower": pl.Float64,
    "minmax_upper": pl.Float64,
    "zscore_mean": pl.Float64,
    "zscore_sd": pl.Float64,
}
_OPTIONAL = ("Target", "Denominator", "ScaleFactor", *_SETTINGS)


@dataclass(frozen=True)
class _Ratio:
    """An indicator that is a column, or a column over a denominator."""

    column: str
    below: str | None
    scale: float


def to_coinr(
    section: Section, data: Data, edition: int | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frames iData and iMeta that COINr's ``new_coin`` takes.

    An indicator that is a column, or a column over another, is exported with its denominator; of
    any other the value is exported. Columns of the regions that hold text become groups. The
    settings of an indicator's own normalisation go to the columns that ``use_iMeta`` reads; the
    rest of the method has no place in the frames.

    Args:
        section: the definitions; in COINr every child stands one level below its node.
        data: the tables.
        edition: one year, or without it every year for which all tables have rows.

    Returns:
        iData with uCode, uName, Time, groups, denominators and indicators; and iMeta.

    Raises:
        UsageError: with everything in the section that COINr has no word for.
        DataError: a table has no rows for the edition.

    Example:
        >>> section = rating.load("hitech_open")
        >>> idata, imeta = to_coinr(section, rating.read("data/open", section), 2019)
        >>> imeta.filter(pl.col("Level") == 2)["iCode"].to_list()[:2]
        ['business_concentration', 'qualified_labour']
    """
    years = [edition] if edition is not None else _years(section, data)
    trees = {year: Tree.of(section, year) for year in years}
    _refuse(section, trees)
    ratios = _ratios(trees)
    found, measures = _evaluated(data, trees)
    raw = _raw(found, measures, ratios)
    groups = [
        name
        for name, kind in data.regions.schema.items()
        if kind == pl.String and name not in ("region", "parent", *NAMES)
    ]
    known = data.regions.select(*groups, uCode="region", uName="name_en")
    below = sorted({ratio.below for ratio in ratios.values() if ratio.below is not None})
    items = [
        item for item in section.indicator if any(item in t.indicators for t in trees.values())
    ]
    idata = (
        raw.join(known, on="uCode", how="left")
        .sort("Time", "uCode")
        .select("uCode", "uName", "Time", *groups, *below, *(item.id for item in items))
    )
    return idata, _meta(section, trees, items, ratios, [*groups], below)


def _years(section: Section, data: Data) -> list[int]:
    """The editions for which every table that is read has rows."""
    known = {
        year
        for frame in data.tables.values()
        if "year" in frame.columns
        for year in frame["year"].drop_nulls().unique()
    }
    years = [
        year
        for year in sorted(known)
        if section.in_force(year)
        and all(
            held.years_used(data.tables[table], given, year)
            for table, given in Tree.of(section, year).stored.items()
            if "year" in data.tables[table].columns
        )
    ]
    if not years:
        raise UsageError(
            Problem(section.id, "no year has rows in every table", "name an edition to export")
        )
    return years


def _evaluated(data: Data, trees: Mapping[int, Tree]) -> tuple[pl.DataFrame, pl.DataFrame]:
    versions: dict[tuple[str, date], tuple[Any, Any, list[int]]] = {}
    for year, tree in trees.items():
        for item, version in tree.versions():
            key = (item.id, version.since)
            versions.setdefault(key, (item, version, []))[2].append(year)
    with Store() as store:
        held.hold_panel(store, data.tables, {year: tree.inputs for year, tree in trees.items()})
        return values.evaluate_versions(store, versions.values())


def _ratios(trees: Mapping[int, Tree]) -> dict[str, _Ratio]:
    """The indicators that are plain columns or ratios of two, the same in every edition."""
    taken = {item.id for tree in trees.values() for item in tree.section.items}
    found: dict[str, set[_Ratio | None]] = {}
    for tree in trees.values():
        for item, version in tree.versions():
            found.setdefault(item.id, set()).add(_ratio(item, version.value, taken))
    return {
        id: ratio
        for id, all_of_them in found.items()
        if len(all_of_them) == 1 and (ratio := next(iter(all_of_them))) is not None
    }


def _ratio(item: Indicator, value: str, taken: Iterable[str]) -> _Ratio | None:
    match = _PLAIN.fullmatch(value)
    columns = {name for given in item.input.values() if given.grain for name in given.columns}
    if match is None or not {match[1], match[2]} - {None} <= columns or match[2] in taken:
        return None
    return _Ratio(match[1], match[2], float(match[3] or 1))


def _raw(found: pl.DataFrame, measures: pl.DataFrame, ratios: Mapping[str, _Ratio]) -> pl.DataFrame:
    """Region and year by indicator and denominator: columns where there are, values elsewhere."""
    named = pl.DataFrame(
        [(id, ratio.column, ratio.below) for id, ratio in ratios.items()],
        schema={"indicator": pl.String, "column": pl.String, "below": pl.String},
        orient="row",
    )
    keys = ["Time", "uCode"]
    found, measures = (
        cells.rename({"scenario": "Time", "region": "uCode"}) for cells in (found, measures)
    )
    read = measures.join(named, on="indicator")
    cells = [
        found.join(named, on="indicator", how="anti").select(*keys, "indicator", "value"),
        read.filter(pl.col("measure") == pl.col("column")).select(*keys, "indicator", "value"),
        read.filter(pl.col("measure") == pl.col("below"))
        .select(*keys, pl.col("below").alias("indicator"), "value")
        .unique([*keys, "indicator"]),
    ]
    return pl.concat(cells).pivot("indicator", index=keys, values="value")


# -------------------------------------------------------------------------------------------- meta


def _refuse(section: Section, trees: Mapping[int, Tree]) -> None:
    """Stop where COINr has no word for something."""
    problems = []
    levels = _levels(section, trees)
    for node, level in levels.items():
        below = {levels[child.id] for child in section.children(node) if child.id in levels}
        if level > 1 and below != {level - 1}:
            shown = " and ".join(str(one) for one in sorted(below))
            what = f"its children are of the levels {shown}; COINr wants each one below its node"
            problems.append(
                Problem(node, what, "put a node above the indicators that stand higher")
            )
    problems += [
        Problem(item.id, 'COINr has no direction "band"', "export the section without it")
        for item in section.indicator
        if item.direction == "band" and item.id in levels
    ]
    if problems:
        raise UsageError(problems)


def _levels(section: Section, trees: Mapping[int, Tree]) -> dict[str, int]:
    """How far each item in the editions stands above the indicators, which are 1."""
    levels: dict[str, int] = {}

    def level(item: Node | Indicator) -> int:
        if isinstance(item, Node):
            below = [level(c) for c in section.children(item.id) if c.id in kept]
            levels[item.id] = 1 + max(below)
        else:
            levels[item.id] = 1
        return levels[item.id]

    kept = {item.id for tree in trees.values() for item in tree.indicators}
    kept |= {node for tree in trees.values() for node in tree.nodes}
    level(section.root)
    return levels


def _meta(
    section: Section,
    trees: Mapping[int, Tree],
    items: Sequence[Indicator],
    ratios: Mapping[str, _Ratio],
    groups: Sequence[str],
    below: Sequence[str],
) -> pl.DataFrame:
    levels = _levels(section, trees)
    nodes = [node for node in section.node if node.id in levels]
    rows: list[dict[str, object]] = [
        _row(item, levels[item.id])
        | {"Unit": item.unit.en if item.unit else None, "Type": "Indicator"}
        | {"Direction": -1 if item.direction == "lower" else 1}
        | _denominator(ratios.get(item.id))
        | _settings(section, item)
        for item in items
    ]
    rows += [
        _row(node, levels[node.id]) | {"Direction": 1, "Type": "Aggregate"}
        for node in sorted(nodes, key=lambda node: levels[node.id])
    ]
    rows += [{"iCode": name, "iName": name, "Type": "Group"} for name in groups]
    rows += [{"iCode": name, "iName": name, "Type": "Denominator"} for name in below]
    frame = pl.DataFrame(rows, schema=_META | _SETTINGS)
    # COINr refuses a Target that only some indicators have, and columns of nothing say nothing.
    unused = [name for name in _OPTIONAL if frame[name].null_count() == frame.height]
    return frame.drop(unused)


def _row(item: Node | Indicator, level: int) -> dict[str, object]:
    return {
        "Level": level,
        "iCode": item.id,
        "iName": item.name.en,
        "Weight": item.weight,
        "Parent": item.parent,
    }


def _denominator(ratio: _Ratio | None) -> dict[str, object]:
    if ratio is None or ratio.below is None:
        return {}
    return {"Denominator": ratio.below, "ScaleFactor": ratio.scale}


def _settings(section: Section, item: Indicator) -> dict[str, object]:
    """The parameters of the indicator's own normalisation, in the columns of ``use_iMeta``."""
    if "normalise" not in item.method:
        return {}
    setting = section.method_of(item.id).normalise
    if isinstance(setting, Goalposts) and setting.range[0] == 0 and setting.scale == "linear":
        return {
            "goalpost_lower": setting.low,
            "goalpost_upper": setting.high,
            "goalpost_scale": setting.range[1],
            "goalpost_trunc2posts": setting.clip,
        }
    if isinstance(setting, MinMax):
        return {"minmax_lower": setting.range[0], "minmax_upper": setting.range[1]}
    if isinstance(setting, ZScore):
        return {"zscore_mean": setting.mean, "zscore_sd": setting.sd}
    if isinstance(setting, Target):
        return {"Target": setting.target, "dist2targ_cap_max": setting.clip}
    return {}


# ---------------------------------------------------------------------------------------- workbook


def write_coinr_excel(result: Rating, path: str | Path) -> Path:
    """Write a rating as the workbook that COINr's ``export_to_excel`` would write of a coin.

    Sheets: Meta.Ind, Meta.Unit, Meta.Weights.Original, Data.Raw, Data.Denominated, Data.Imputed,
    Data.Treated, Data.Normalised, Data.Aggregated and Results.FullScore. Numbers are exact, text
    is never a formula, and the same rating gives the same bytes.

    Raises:
        UsageError: the section has what COINr has no word for, or the file cannot be written.
    """
    require_apart([require_ending(path, [".xlsx"])], result.files)
    return write_whole(path, _workbook(_sheets(result)))


def _sheets(result: Rating) -> dict[str, pl.DataFrame]:
    idata, imeta = to_coinr(result.section, result.data, result.edition)
    ids = [item.id for item in result.indicators]
    nodes = imeta.filter(pl.col("Type") == "Aggregate")["iCode"].to_list()
    scores = _wide(result.scores, "node", "score").select("uCode", *nodes)
    steps = {
        name: _wide(result.values, "indicator", column).select("uCode", *ids)
        for name, column in (
            ("Denominated", "value"),
            ("Imputed", "imputed"),
            ("Treated", "treated"),
            ("Normalised", "score"),
        )
    }
    steps["Aggregated"] = steps["Normalised"].join(scores, on="uCode", maintain_order="left")
    ranked = result.ranks.select(uCode="region", Rank="rank").join(
        scores.select("uCode", *reversed(nodes)), on="uCode", maintain_order="left"
    )
    return {
        "Meta.Ind": imeta,
        "Meta.Unit": idata.drop(ids),
        "Meta.Weights.Original": imeta.drop_nulls("Level").select("iCode", "Level", "Weight"),
        "Data.Raw": idata.select("uCode", *ids),
        **{f"Data.{name}": frame for name, frame in steps.items()},
        "Results.FullScore": ranked,
    }


def _wide(cells: pl.DataFrame, item: str, column: str) -> pl.DataFrame:
    """A row a region: no id has the capital letter of its key."""
    keyed = cells.select(item, column, uCode="region")
    return keyed.pivot(item, index="uCode", values=column).sort("uCode")


class _Exact(float):
    """A number that is written with all its digits: xlsxwriter writes 16, a double may need 17."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


def _workbook(sheets: Mapping[str, pl.DataFrame]) -> bytes:
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        # No clock: the same rating gives the same bytes.
        book.set_properties({"created": datetime(2000, 1, 1)})
        for name, frame in sheets.items():
            sheet = book.add_worksheet(name)
            for column, (title, cells) in enumerate(frame.to_dict().items()):
                sheet.write_string(0, column, title)
                for row, cell in enumerate(cells, 1):
                    if isinstance(cell, bool):
                        sheet.write_boolean(row, column, cell)
                    elif isinstance(cell, float | int):
                        sheet.write_number(row, column, _Exact(cell))
                    elif cell is not None:
                        sheet.write_string(row, column, str(cell))
    return content.getvalue()
