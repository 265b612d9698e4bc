"""Workbooks of COINr (``export_to_excel``) and of the JRC COIN Tool, back to section and data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import polars as pl

from rating.definitions.methods import Method
from rating.definitions.section import Section
from rating.errors import DataError, Problem
from rating.inputs import raw, xlsx_file
from rating.inputs.coinr import Parameters, convert
from rating.inputs.coinr_meta import AGGREGATE, INDICATOR, Sheet
from rating.inputs.tables import Data

# COINr names a sheet by the place of its data frame in the coin.
META, UNITS, RAW = "Meta.Ind", "Meta.Unit", "Data.Raw"


def from_coinr_excel(
    path: str | Path,
    *,
    parameters: Parameters = "none",
    denominate: bool = True,
    method: Method | None = None,
    edition: int = 2020,
) -> tuple[Section, Data]:
    """A section and its data from the workbook that COINr's ``export_to_excel`` writes.

    Sheets Meta.Ind (iMeta) and Data.Raw (the indicators) are read, and Meta.Unit (names, groups
    and denominators) unless Data.Raw has a column Time, as a purse's has. Others are results.

    Args:
        path: the workbook.
        parameters: as in ``from_coinr``.
        denominate: as in ``from_coinr``.
        method: as in ``from_coinr``; a coin's own is in its log, which the workbook does not hold.
        edition: the year of the figures where the workbook has no column Time.

    Raises:
        DataError: with every problem of the sheets, by sheet and row.
    """
    file = Path(path)
    data, sha256 = raw.content(file)
    problems: list[Problem] = []
    imeta = _sheet(file.name, data, sha256, META, problems)
    idata = _sheet(file.name, data, sha256, RAW, problems)
    if "Time" not in idata.frame.columns:
        idata = _with_units(idata, _sheet(file.name, data, sha256, UNITS, problems), problems)
    raw.require(problems)
    section, read = convert(
        idata,
        imeta,
        parameters=parameters,
        denominate=denominate,
        method=method,
        edition=edition,
    )
    return section, _from_file(read, file, sha256)


def _from_file(data: Data, file: Path, sha256: str) -> Data:
    provenance = data.provenance.with_columns(file=pl.lit(file.name), sha256=pl.lit(sha256))
    return replace(data, provenance=provenance, origin=(file.absolute(),))


def _sheet(file: str, data: bytes, sha256: str, name: str, problems: list[Problem]) -> Sheet:
    where = f"{file}, {name}"
    try:
        found = xlsx_file.read(file, data, sha256, table=name)
    except DataError as error:
        problems += error.problems
        return Sheet(where, pl.DataFrame(), [])
    problems += [Problem(f"{where}, row {cell.row}", cell.rule) for cell in found.refused]
    return Sheet(where, found.frame, found.rows.to_list())


def _with_units(idata: Sheet, units: Sheet, problems: list[Problem]) -> Sheet:
    """The figures with the names, groups and denominators of their units."""
    key = "uCode"
    more = [name for name in units.frame.columns if name not in idata.frame.columns]
    if key not in units.frame.columns or key not in idata.frame.columns or not more:
        return idata
    codes = units.frame[key]
    if codes.is_duplicated().any():
        twice = codes.filter(codes.is_duplicated()).unique(maintain_order=True)[0]
        what = f"'{twice}' stands more than once"
        problems.append(Problem(f"{units.name}, column {key}", what, "keep one row for a unit"))
        return idata
    found = units.frame.select(key, *more).with_columns(place=pl.Series(units.rows))
    frame = idata.frame.join(found, on=key, how="left", maintain_order="left")
    lost = frame.filter(pl.col("place").is_null())[key]
    problems += [
        Problem(units.name, f"no row for the unit '{code}' of {RAW}", "add one, or remove the unit")
        for code in lost.head(20)
    ]
    rows = frame["place"].fill_null(0).to_list()
    origin = dict.fromkeys(more, (units.name, rows))
    return Sheet(idata.name, frame.drop("place"), idata.rows, origin)


# ------------------------------------------------------------------------------------ the COIN Tool

# Where the form holds what, as COINr's import_coin_tool reads it: rows of the sheet Database ...
_WEIGHT, _DIRECTION, _LOWER, _UPPER = 7, 8, 9, 10
_LEVELS = (14, 13, 12, 11)  # sub-pillar, pillar, sub-index, index
_NAME, _CODE = 15, 16
_UNITS = range(17, 316)
# ... and its columns: B and C are names and codes of the units, E to CY the indicators.
_UNIT_NAME, _UNIT_CODE = 2, 3
_INDICATORS = range(5, 104)
# The sheet Framework: C is the code, E the weight, H the name, under a header in row 4 (5 before).
_FRAMEWORK_HEADER = "Dimension/indicator"
_FRAMEWORK_CODE, _FRAMEWORK_WEIGHT, _FRAMEWORK_NAME = 3, 5, 8
_MISSING, _UNUSED = "n/a", "--"

Grid = Mapping[tuple[int, int], str]


def from_coin_tool(
    path: str | Path,
    *,
    parameters: Literal["none", "goalposts"] = "none",
    method: Method | None = None,
    edition: int = 2020,
) -> tuple[Section, Data]:
    """A section and its data from a workbook of the JRC COIN Tool.

    The sheets Database and Framework are read, at the cells that COINr's ``import_coin_tool``
    names; a level with one code for all indicators was not used. No workbook of the Tool itself
    was at hand: this is tested on workbooks written by that description.

    Args:
        path: the workbook, ``.xlsx`` or ``.xlsm``.
        parameters: ``goalposts`` sets each indicator's goalposts, from 0 to 100, clipped.
        method: of the section.
        edition: the year of the figures.

    Raises:
        DataError: with every problem of the sheets, by sheet and row.
    """
    file = Path(path)
    data, sha256 = raw.content(file)
    problems: list[Problem] = []
    database, framework = (
        _grid(file.name, data, name, problems) for name in ("Database", "Framework")
    )
    raw.require(problems)
    used = [
        column
        for column in _INDICATORS
        if (_CODE, column) in database and any(_figure(database, r, column) for r in _UNITS)
    ]
    if not used:
        what = f"no indicator with figures in row {_CODE} and below, from column E on"
        raise DataError(Problem(f"{file.name}, Database", what, "compile the sheet Database first"))
    idata = _database(f"{file.name}, Database", database, used)
    imeta = _structure(file.name, database, framework, used, problems)
    raw.require(problems)
    section, read = convert(
        idata, imeta, parameters=parameters, denominate=False, method=method, edition=edition
    )
    return section, _from_file(read, file, sha256)


def _grid(file: str, data: bytes, sheet: str, problems: list[Problem]) -> Grid:
    try:
        return xlsx_file.grid(file, data, sheet)
    except DataError as error:
        problems += error.problems
        return {}


def _figure(database: Grid, row: int, column: int) -> str | None:
    """A cell of figures; what the form marks as not available is missing."""
    cell = database.get((row, column))
    return None if cell is None or cell.strip().lower() == _MISSING else cell


def _database(name: str, database: Grid, used: Sequence[int]) -> Sheet:
    rows = [row for row in _UNITS if any(_figure(database, row, column) for column in used)]
    columns = {
        "uCode": [database.get((row, _UNIT_CODE)) for row in rows],
        "uName": [database.get((row, _UNIT_NAME)) for row in rows],
        **{
            database[_CODE, column]: [_figure(database, row, column) for row in rows]
            for column in used
        },
    }
    return Sheet(name, pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)), rows)


def _structure(
    file: str, database: Grid, framework: Grid, used: Sequence[int], problems: list[Problem]
) -> Sheet:
    """Indicators and the levels above them, as iMeta has them; its rows are called by code."""
    levels = [
        row
        for row in _LEVELS
        if row == _LEVELS[-1] or len({database.get((row, column)) for column in used}) > 1
    ]
    known = _framework(f"{file}, Framework", framework, problems)
    rows: list[dict[str, str | None]] = []
    above: dict[str, tuple[int, str | None]] = {}
    for column in used:
        path = [_parent(database, row, column) for row in levels]
        rows.append(
            {
                "iCode": database[_CODE, column],
                "iName": database.get((_NAME, column)),
                "Type": INDICATOR,
                "Level": "1",
                "Parent": path[0],
                "Direction": database.get((_DIRECTION, column)),
                "Weight": database.get((_WEIGHT, column)),
                "goalpost_lower": _figure(database, _LOWER, column),
                "goalpost_upper": _figure(database, _UPPER, column),
                "goalpost_scale": "100",
                "goalpost_trunc2posts": "TRUE",
            }
        )
        for level, (code, parent) in enumerate(zip(path, [*path[1:], None], strict=True), 2):
            if code is not None and above.setdefault(code, (level, parent)) != (level, parent):
                what = f"'{code}' stands under '{above[code][1]}' and under '{parent}'"
                problems.append(Problem(f"{file}, Database, {database[_CODE, column]}", what))
    for code, (level, parent) in above.items():
        name, weight = known.get(code, (None, None))
        if weight is None and parent is None:
            weight = "1"  # the index has no siblings
        rows.append(
            dict.fromkeys(rows[0])
            | {"iCode": code, "iName": name, "Type": AGGREGATE, "Level": str(level)}
            | {"Parent": parent, "Direction": "1", "Weight": weight}
        )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    return Sheet(f"{file}, Database and Framework", frame, [str(row["iCode"]) for row in rows])


def _parent(database: Grid, row: int, column: int) -> str | None:
    index = row == _LEVELS[-1]
    return database.get((row, column), "Index" if index else None)


def _framework(
    where: str, framework: Grid, problems: list[Problem]
) -> dict[str, tuple[str | None, str | None]]:
    """Name and weight of each code in the sheet Framework."""
    header = next((at for at, cell in framework.items() if cell == _FRAMEWORK_HEADER), None)
    if header is None:
        what = f"no cell '{_FRAMEWORK_HEADER}', the header of the framework"
        problems.append(Problem(where, what, "use the sheet as the Tool ships it"))
        return {}
    return dict(_weights(framework, header))


def _weights(
    framework: Grid, header: tuple[int, int]
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    for row in range(header[0] + 1, header[0] + 49):
        code = framework.get((row, _FRAMEWORK_CODE))
        if code is not None and framework.get((row, header[1])) != _UNUSED:
            weight = framework.get((row, _FRAMEWORK_WEIGHT))
            yield code, (framework.get((row, _FRAMEWORK_NAME)), weight)
