"""From COINr: the frames iData and iMeta become a section and its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import polars as pl

from rating.definitions.definition import build
from rating.definitions.methods import Method
from rating.definitions.parsing import quoted
from rating.definitions.section import Section
from rating.definitions.table import KEYS, Column
from rating.errors import Problem, nearest
from rating.inputs import raw
from rating.inputs.coinr_meta import (
    AGGREGATE,
    DENOMINATOR,
    GROUP,
    INDICATOR,
    Entry,
    Sheet,
    entries,
    identifier,
    numbers,
    parsed,
    settings_of,
    texts,
)
from rating.inputs.regions_file import REGIONS
from rating.inputs.tables import Data, read

Parameters = Literal["none", "goalposts", "target", "minmax", "zscore", "scaled"]

TABLE = "figures"
"""The table that holds the columns of iData."""

SINCE = date(1900, 1, 1)

_SPECIAL = ("uCode", "uName", "Time")
_YEAR = Column(type="integer", min=1900, max=2100, nullable=False)
_CODE = Column(type="text", nullable=False)


def from_coinr(
    idata: pl.DataFrame,
    imeta: pl.DataFrame,
    *,
    parameters: Parameters = "none",
    denominate: bool = True,
    method: Method | None = None,
    edition: int = 2020,
) -> tuple[Section, Data]:
    """A section and its data from the two frames that COINr's ``new_coin`` takes.

    Codes become ids: lower case, every other character an underscore. Groups become columns of the
    regions; a denominator becomes a column that the formula of its indicators divides by.

    Args:
        idata: uCode, uName, Time and a column for each indicator, group and denominator.
        imeta: Level, iCode, Parent, Direction, Weight, Type; iName, Unit, Denominator and others.
        parameters: whose columns of ``imeta`` set each indicator's normalisation, as ``use_iMeta``
            does; ``target`` is the distance to one.
        denominate: divide by the denominators; without it the values are those of ``idata``.
        method: of the section; by default min-max from 0 to 100 and arithmetic means.
        edition: the year of the figures where ``idata`` has no column Time.

    Raises:
        DataError: with every problem of both frames: column, row and what to write instead.
        DefinitionError: the tree or a setting does not fit.

    Example:
        >>> idata = pl.DataFrame({"uCode": ["AUT", "BEL"], "Goods": [278.4, 597.9]})
        >>> imeta = pl.DataFrame({"iCode": ["Goods", "Index"], "Parent": ["Index", None],
        ...     "Type": ["Indicator", "Aggregate"], "Level": [1, 2], "Direction": [1, 1],
        ...     "Weight": [1, 1]})
        >>> section, data = rating.from_coinr(idata, imeta)
        >>> rating.rate(section, data, edition=2020).ranks["region"].to_list()
        ['BEL', 'AUT']
    """
    return convert(
        Sheet.of("idata", idata),
        Sheet.of("imeta", imeta),
        parameters=parameters,
        denominate=denominate,
        method=method,
        edition=edition,
    )


def convert(
    idata: Sheet,
    imeta: Sheet,
    *,
    parameters: Parameters,
    denominate: bool,
    method: Method | None,
    edition: int,
) -> tuple[Section, Data]:
    """As ``from_coinr``, from sheets that know where their rows stand."""
    problems: list[Problem] = []
    found = entries(imeta, problems)
    tables = _tables(idata, found, edition, problems)
    overrides = _overrides(imeta, found, parameters, problems)
    raw.require(problems)
    section = _section(found, overrides, denominate, method or Method())
    data = read(tables, section)
    refused = data.refused.select("row", "column", "rule").iter_rows()
    raw.require([Problem(f"{idata.name}, row {n}, column {c}", rule) for n, c, rule in refused])
    return section, data


# ----------------------------------------------------------------------------------------- section


def _section(
    found: Sequence[Entry],
    overrides: Mapping[str, dict[str, Any]],
    denominate: bool,
    method: Method,
) -> Section:
    ids = {entry.code: entry.id for entry in found}
    nodes = []
    indicators = []
    for entry in found:
        item: dict[str, Any] = {
            "id": entry.id,
            "parent": ids[entry.parent] if entry.parent is not None else None,
            "weight": entry.weight,
            "name": entry.name,
        }
        if entry.type == AGGREGATE:
            nodes.append(item)
        elif entry.type == INDICATOR:
            below = ids[entry.denominator] if denominate and entry.denominator else None
            columns = {name: {"type": "number"} for name in (entry.id, below) if name}
            indicators.append(
                item
                | {
                    "unit": entry.unit,
                    "direction": "lower" if entry.direction == -1 else "higher",
                    "input": {TABLE: {"grain": "region", **columns}},
                    "version": [{"since": SINCE, "value": _value(entry.id, below, entry.scale)}],
                    "method": overrides.get(entry.id, {}),
                }
            )
    name = next(entry.name for entry in found if entry.type == AGGREGATE and entry.parent is None)
    values = {"id": "coin", "name": name, "node": nodes, "method": method, "indicator": indicators}
    return build(Section, values, "imeta")


def _value(id: str, below: str | None, scale: float) -> str:
    if below is None:
        return quoted(id)
    divisor = quoted(below)
    if scale != 1:
        divisor += f" / {int(scale) if scale.is_integer() and scale < 1e15 else scale!r}"
    return f"{quoted(id)} / nullif({divisor}, 0)"


def _overrides(
    sheet: Sheet, found: Sequence[Entry], parameters: Parameters, problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """The override of each indicator's method that its row of iMeta asks for."""
    if parameters == "none":
        return {}
    given = settings_of(sheet, found, parameters, problems)
    places = {entry.id: entry.index for entry in found}
    overrides = {}
    for id, values in given.items():
        fault = _fault(parameters, values)
        if fault is not None:
            column, what, remedy = fault
            problems.append(Problem(sheet.place(places[id], column), what, remedy))
            continue
        overrides[id] = {"normalise": _normalise(parameters, values)}
    return overrides


def _normalise(parameters: Parameters, values: Mapping[str, float]) -> dict[str, Any]:
    if parameters == "target":
        clip = bool(values["dist2targ_cap_max"])
        return {"name": "target", "target": values["Target"], "clip": clip, "range": None}
    if parameters == "minmax":
        return {"name": "minmax", "range": [values["minmax_lower"], values["minmax_upper"]]}
    if parameters == "zscore":
        mean, sd = values["zscore_mean"], values["zscore_sd"]
        return {"name": "zscore", "mean": mean, "sd": sd, "range": None}
    # In COINr both are lines through two fixed points, turned round where lower is better.
    low, high, scale, clip = (
        (values["scaled_lower"], values["scaled_upper"], values["scale_factor"], False)
        if parameters == "scaled"
        else (
            *(values["goalpost_lower"], values["goalpost_upper"], values["goalpost_scale"]),
            bool(values["goalpost_trunc2posts"]),
        )
    )
    return {"name": "goalposts", "low": low, "high": high, "range": [0.0, scale], "clip": clip}


def _fault(parameters: Parameters, values: Mapping[str, float]) -> tuple[str, str, str] | None:
    """The column, what is wrong with its number and what to write instead, if anything is."""
    for low, high in (
        ("goalpost_lower", "goalpost_upper"),
        ("minmax_lower", "minmax_upper"),
        ("scaled_lower", "scaled_upper"),
    ):
        if low in values and values[low] >= values[high]:
            what = f"{values[low]:g} is not below {values[high]:g} in {high}"
            return low, what, "write the lower number here, whatever the direction"
    for name in ("goalpost_scale", "zscore_sd", "scale_factor"):
        if name in values and not values[name] > 0:
            return name, f"{values[name]:g} is not above 0", "write a number above 0"
    return None


# ------------------------------------------------------------------------------------------ tables


def _tables(
    sheet: Sheet, found: Sequence[Entry], edition: int, problems: list[Problem]
) -> dict[str, pl.DataFrame]:
    """The tables of figures and of regions; what is wrong is added to ``problems``."""
    header = sheet.frame.columns
    faults = raw.check_header(sheet.name, header)
    faults += _header_problems(sheet, found)
    problems += faults
    if "uCode" not in header or any(header.count(name) > 1 for name in header):
        return {}
    if not sheet.frame.height:
        problems.append(Problem(sheet.name, "no rows", "write one row for each unit"))
        return {}
    codes = texts(sheet, "uCode", problems, codes=True)
    problems += [
        Problem(sheet.place(index, "uCode"), "the row has no code", "write one, or remove the row")
        for index in codes.is_null().arg_true()
    ]
    year = pl.repeat(edition, codes.len(), dtype=pl.Int64, eager=True)
    if "Time" in header:
        year = parsed(sheet, "Time", _YEAR, problems, series=_whole(sheet.frame["Time"]))
    keys = {"region": codes, "year": year}
    columns = {
        entry.id: numbers(sheet, entry.code, problems)
        for entry in found
        if entry.type in (INDICATOR, DENOMINATOR) and entry.code in header
    }
    problems += _repeated(sheet, keys)
    known = {
        "name_en": texts(sheet, "uName", problems, codes=True) if "uName" in header else codes,
        **{
            entry.id: texts(sheet, entry.code, problems)
            for entry in found
            if entry.type == GROUP and entry.code in header
        },
    }
    groups = {entry.id: entry.code for entry in found if entry.type == GROUP}
    regions = pl.DataFrame(keys | known)
    problems += _unsettled(sheet, regions, groups)
    regions = regions.sort("year").unique("region", keep="last").sort("region").drop("year")
    return {TABLE: pl.DataFrame(keys | columns), REGIONS: regions}


def _whole(series: pl.Series) -> pl.Series:
    """Text of whole numbers may be written 2018.0, as a spreadsheet's years are."""
    if isinstance(series.dtype, pl.String):
        return series.str.replace(r"\.0+$", "")
    return series


def _header_problems(sheet: Sheet, found: Sequence[Entry]) -> Iterable[Problem]:
    header = sheet.frame.columns
    if "uCode" not in header:
        what = "no column 'uCode', the codes of the units"
        yield Problem(f"{sheet.name}, row 1", what, nearest("uCode", header))
    codes = {entry.code for entry in found}
    for entry in found:
        if entry.type in (INDICATOR, GROUP, DENOMINATOR) and entry.code not in header:
            what = f"no column '{entry.code}', which imeta has as {entry.type}"
            yield Problem(f"{sheet.name}, row 1", what, nearest(entry.code, header))
    for name in header if found else ():
        if name not in codes and name not in _SPECIAL:
            what = f"the column '{raw.shown(name)}' is not in imeta"
            remedy = nearest(name, codes) if len(codes) else ""
            yield Problem(
                f"{sheet.name}, row 1", what, remedy or "add a row of type Other, or remove it"
            )


def _repeated(sheet: Sheet, keys: Mapping[str, pl.Series]) -> Iterable[Problem]:
    """A problem for each unit and year that stands more than once."""
    frame = pl.DataFrame(keys).with_row_index("index").drop_nulls()
    twice = frame.group_by("region", "year", maintain_order=True).agg("index")
    for region, year, places in twice.filter(pl.col("index").list.len() > 1).iter_rows():
        others = ", ".join(str(sheet.rows[place]) for place in places[:-1])
        what = f"'{region}' {year} stands more than once, also in row {others}"
        yield Problem(sheet.place(places[-1], "uCode"), what, "keep one row for a unit and year")


def _unsettled(sheet: Sheet, regions: pl.DataFrame, groups: Mapping[str, str]) -> Iterable[Problem]:
    """A problem for each unit that is in two groups: here a region has one, whatever the year."""
    regions = regions.unique(["region", "year"])
    for id in groups:
        if id not in regions.columns or id in KEYS:
            continue
        counted = regions.group_by("region").agg(pl.col(id).n_unique()).sort("region")
        for region in counted.filter(pl.col(id) > 1)["region"].head(3):
            what = f"'{region}' is in another group in another year"
            yield Problem(
                f"{sheet.name}, column {groups[id]}", what, "write the same group in every year"
            )


__all__ = ["TABLE", "Parameters", "convert", "from_coinr", "identifier"]
