"""COINr's table iMeta: one row a thing, checked as COINr checks it, every problem told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from rating.definitions.definition import ID
from rating.definitions.table import KEYS, Column
from rating.errors import Problem, nearest
from rating.inputs import cells, raw
from rating.inputs.regions import NAMES

REQUIRED = ("Level", "iCode", "Parent", "Direction", "Weight", "Type")
INDICATOR, AGGREGATE, GROUP, DENOMINATOR = "Indicator", "Aggregate", "Group", "Denominator"
TYPES = (INDICATOR, AGGREGATE, GROUP, DENOMINATOR, "Other")

SETTINGS: dict[str, tuple[str, ...]] = {
    "goalposts": (
        *("goalpost_lower", "goalpost_upper", "goalpost_scale"),
        "goalpost_trunc2posts",
    ),
    "target": ("Target", "dist2targ_cap_max"),
    "minmax": ("minmax_lower", "minmax_upper"),
    "zscore": ("zscore_mean", "zscore_sd"),
    "scaled": ("scaled_lower", "scaled_upper", "scale_factor"),
}
"""The columns in which COINr's ``use_iMeta`` finds the parameters of each normalisation."""

DEFAULTS: dict[str, float] = {"dist2targ_cap_max": 0.0, "scale_factor": 100.0}
"""What COINr takes where the column is not there; a switch is 1 or 0."""

LISTED = 20
"""Bad cells of a column that are listed one by one."""

_SWITCHES = ("goalpost_trunc2posts", "dist2targ_cap_max")
_TEXT, _NUMBER = Column(type="text"), Column(type="number")
_MISSING = "NA"  # as R writes what is missing
_LONGEST = 64


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table of COINr's and where its rows stand.

    Attributes:
        name: how a message calls it.
        frame: its cells.
        rows: the line of each row; of a frame they are counted from 1.
        origin: sheet and lines of the columns that were joined from another one.
    """

    name: str
    frame: pl.DataFrame
    rows: Sequence[int | str]
    origin: Mapping[str, tuple[str, Sequence[int | str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, frame: object) -> Sheet:
        """The sheet of a polars frame; whatever else it is has no columns and is told later."""
        if not isinstance(frame, pl.DataFrame):
            what = f"{type(frame).__name__} where a polars DataFrame is expected"
            raw.require([Problem(name, what, "convert it first, as polars.from_pandas does")])
            frame = pl.DataFrame()
        return cls(name, frame, range(1, frame.height + 1))

    def place(self, index: int, column: str) -> str:
        """Where a cell stands, in the words of a message."""
        name, rows = self.origin.get(column, (self.name, self.rows))
        return f"{name}, row {rows[index]}, column {column}"


@dataclass(frozen=True)
class Entry:
    """One row of iMeta.

    Attributes:
        id: the code as our definitions write it.
        parent: the id of the node above.
        denominator: the id of the column that the indicator is divided by.
        scale: what the denominator is divided by first.
        settings: the columns of ``SETTINGS`` that hold something.
    """

    index: int
    code: str
    id: str
    name: str
    type: str
    level: float | None
    parent: str | None
    direction: float | None
    weight: float | None
    unit: str | None
    denominator: str | None
    scale: float
    settings: Mapping[str, float]


def identifier(code: str) -> str:
    """A code as an id: lower case, every other character an underscore.

    Example:
        >>> identifier("GDPpc.group"), identifier("P2P")
        ('gdppc_group', 'p2p')
    """
    return re.sub(r"[^a-z0-9]+", "_", code.lower()).strip("_")


def entries(sheet: Sheet, problems: list[Problem]) -> list[Entry]:
    """The rows of iMeta, with what is wrong added to ``problems``."""
    header = sheet.frame.columns
    problems += raw.check_header(sheet.name, header)
    lacking = [name for name in REQUIRED if name not in header]
    problems += [
        Problem(f"{sheet.name}, row 1", f"no column '{name}'", nearest(name, header))
        for name in lacking
    ]
    if lacking:
        return []
    found = list(_entries(sheet, problems))
    problems += _code_problems(sheet, found)
    problems += _tree_problems(sheet, found)
    return found


def settings_of(
    sheet: Sheet, found: Sequence[Entry], parameters: str, problems: list[Problem]
) -> dict[str, dict[str, float]]:
    """What ``use_iMeta`` takes for each indicator that has all of it; what is lacking is told."""
    wanted = SETTINGS[parameters]
    lacking = [n for n in wanted if n not in sheet.frame.columns and n not in DEFAULTS]
    problems += [
        Problem(
            sheet.name,
            f"no column '{name}', which parameters = '{parameters}' reads",
            nearest(name, sheet.frame.columns),
        )
        for name in lacking
    ]
    settings: dict[str, dict[str, float]] = {}
    for entry in found if not lacking else ():
        if entry.type != INDICATOR:
            continue
        given = {n: entry.settings.get(n, DEFAULTS.get(n)) for n in wanted}
        problems += [
            Problem(sheet.place(entry.index, name), f"'{entry.code}' has none", "write the number")
            for name, value in given.items()
            if value is None
        ]
        known = {name: value for name, value in given.items() if value is not None}
        if len(known) == len(given):
            settings[entry.id] = known
    return settings


# ------------------------------------------------------------------------------------------- cells


def numbers(sheet: Sheet, name: str, problems: list[Problem]) -> pl.Series:
    """A column of numbers; R's NA and NaN are missing, any other text is a problem."""
    return _read(sheet, name, _NUMBER, problems)


def texts(sheet: Sheet, name: str, problems: list[Problem], *, codes: bool = False) -> pl.Series:
    """A column of text; among codes and names NA is a code, elsewhere it is missing."""
    series = sheet.frame[name]
    if series.dtype.is_numeric():
        # A column of codes that are all digits comes as numbers, and 840 may have become 840.0.
        whole = series.cast(pl.Int64, strict=False)
        exact = (whole.cast(pl.Float64) == series.cast(pl.Float64)).all()
        series = (whole if exact else series).cast(pl.String)
    return _read(sheet, name, _TEXT, problems, series=series, missing=not codes)


def parsed(
    sheet: Sheet, name: str, declared: Column, problems: list[Problem], *, series: pl.Series
) -> pl.Series:
    """The values of a column under its declaration; each bad cell is a problem."""
    if series.null_count() == series.len():
        series = pl.Series(name, [None] * series.len(), cells.DTYPES[declared.type])
    if not cells.fits(series.dtype, declared):
        what = f"the column holds {series.dtype} where {declared.type} is expected"
        problems.append(Problem(f"{sheet.name}, column {name}", what, "write numbers as numbers"))
        return pl.Series(name, [None] * series.len(), cells.DTYPES[declared.type])
    values, refused = cells.parse(series, declared)
    for index, rule, value in refused.head(LISTED).iter_rows():
        what, _, remedy = rule.partition("; ")
        shown = f"'{value}': " if value else ""
        problems.append(Problem(sheet.place(index, name), f"{shown}{what}", remedy))
    if refused.height > LISTED:
        more = f"{refused.height - LISTED} more cells that cannot be read"
        problems.append(Problem(f"{sheet.name}, column {name}", more))
    return values


def _read(
    sheet: Sheet,
    name: str,
    declared: Column,
    problems: list[Problem],
    *,
    series: pl.Series | None = None,
    missing: bool = True,
) -> pl.Series:
    series = sheet.frame[name] if series is None else series
    if cells.is_text(series.dtype) and missing:
        series = series.cast(pl.String).replace(_MISSING, None)
    if series.dtype.is_float():
        series = series.fill_nan(None)
    return parsed(sheet, name, declared, problems, series=series)


def _switches(sheet: Sheet, name: str, problems: list[Problem]) -> pl.Series:
    """A column of TRUE and FALSE, as 1 and 0."""
    series = sheet.frame[name]
    if series.dtype == pl.Boolean:
        return series.cast(pl.Float64)
    if cells.is_text(series.dtype):
        series = series.cast(pl.String).str.to_uppercase()
        series = series.replace({"TRUE": "1", "T": "1", "FALSE": "0", "F": "0"})
    values = _read(sheet, name, _NUMBER, problems, series=series)
    for index, value in enumerate(values):
        if value not in (None, 0, 1):
            what = f"{value:g} where TRUE or FALSE is expected"
            problems.append(Problem(sheet.place(index, name), what, "write TRUE or FALSE"))
    return values


# -------------------------------------------------------------------------------------------- rows


def _entries(sheet: Sheet, problems: list[Problem]) -> Iterator[Entry]:
    nothing: list[str | None] = [None] * sheet.frame.height
    words: dict[str, list[str | None]] = {}
    for name in ("iCode", "iName", "Parent", "Type", "Unit", "Denominator"):
        codes = name in ("iCode", "iName")
        known = name in sheet.frame.columns
        words[name] = texts(sheet, name, problems, codes=codes).to_list() if known else nothing
    figures: dict[str, list[float | None]] = {}
    for name in ("Level", "Direction", "Weight", "ScaleFactor", *sum(SETTINGS.values(), ())):
        if name in sheet.frame.columns:
            read = _switches if name in _SWITCHES else numbers
            figures[name] = read(sheet, name, problems).to_list()
    for index in range(sheet.frame.height):
        row = {name: values[index] for name, values in words.items()}
        code = row["iCode"]
        if code is None:
            where = sheet.place(index, "iCode")
            problems.append(Problem(where, "the row has no code", "write one, or remove the row"))
            continue
        parent, denominator = row["Parent"], row["Denominator"]
        number = {name: values[index] for name, values in figures.items()}
        scale = number.get("ScaleFactor")
        yield Entry(
            index=index,
            code=code,
            id=identifier(code),
            name=row["iName"] or code,
            type=row["Type"] or "",
            level=number["Level"],
            parent=parent,
            direction=number["Direction"],
            weight=number["Weight"],
            unit=row["Unit"],
            denominator=denominator,
            scale=1.0 if scale is None else scale,
            settings={
                name: value
                for names in SETTINGS.values()
                for name in names
                if (value := number.get(name)) is not None
            },
        )


def _code_problems(sheet: Sheet, found: Sequence[Entry]) -> Iterator[Problem]:
    """Codes that stand twice, that make the same id, or of which no id can be made."""
    first: dict[str, Entry] = {}
    for entry in found:
        where = sheet.place(entry.index, "iCode")
        before = first.setdefault(entry.id, entry)
        if not ID.fullmatch(entry.id) or len(entry.id) > _LONGEST:
            what = (
                f"'{entry.code}' makes no id: a Latin letter first, at most {_LONGEST} characters"
            )
            yield Problem(where, what, "give it another code, here and in the data")
        elif entry.id in (*KEYS, *NAMES):
            what = f"'{entry.id}' is a word of ours"
            yield Problem(where, what, f"rename it, as '{entry.code}_1', here and in the data")
        elif before is not entry and before.code == entry.code:
            what = f"'{entry.code}' stands twice, also in row {sheet.rows[before.index]}"
            yield Problem(where, what, "a code names one row: rename or remove one")
        elif before is not entry:
            what = f"'{entry.code}' and '{before.code}' both make the id '{entry.id}'"
            yield Problem(where, what, "rename one, here and in the data")
        if entry.type not in TYPES:
            shown = f"no type '{entry.type}'" if entry.type else "the row has no type"
            yield Problem(sheet.place(entry.index, "Type"), shown, nearest(entry.type, TYPES))


def _tree_problems(sheet: Sheet, found: Sequence[Entry]) -> Iterator[Problem]:
    aggregates = {entry.code: entry for entry in found if entry.type == AGGREGATE}
    denominators = {entry.code for entry in found if entry.type == DENOMINATOR}
    roots = [entry for entry in aggregates.values() if entry.parent is None]
    if not aggregates:
        yield Problem(sheet.name, "no row of type Aggregate", "add one, at least for the index")
    elif len(roots) != 1:
        codes = ", ".join(entry.code for entry in roots) or "none"
        what = f"one aggregate must have no Parent, the index; found: {codes}"
        yield Problem(sheet.name, what, "leave Parent empty in the row of the index alone")
    if not any(entry.type == INDICATOR for entry in found):
        yield Problem(sheet.name, "no row of type Indicator", "add a row for each indicator")
    for entry in found:
        if entry.type not in (INDICATOR, AGGREGATE):
            continue
        yield from _placed(sheet, entry, aggregates)
        yield from _weighed(sheet, entry)
        given = entry.denominator
        if given is not None and given not in denominators:
            where = sheet.place(entry.index, "Denominator")
            yield Problem(
                where, f"no row of type Denominator named '{given}'", nearest(given, denominators)
            )
        if not entry.scale > 0:
            where = sheet.place(entry.index, "ScaleFactor")
            yield Problem(where, f"{entry.scale:g} is not above 0", "write 1 for no scaling")


def _placed(sheet: Sheet, entry: Entry, aggregates: Mapping[str, Entry]) -> Iterator[Problem]:
    where = sheet.place(entry.index, "Parent")
    above = aggregates.get(entry.parent) if entry.parent is not None else None
    if entry.parent is None and entry.type == INDICATOR:
        yield Problem(where, f"'{entry.code}' has no Parent", "name the aggregate it belongs to")
    elif entry.parent is not None and above is None:
        what = f"no aggregate '{entry.parent}'"
        yield Problem(where, what, nearest(entry.parent, aggregates))
    level = entry.level
    where = sheet.place(entry.index, "Level")
    if level is None or level < 1 or level != int(level):
        shown = "none" if level is None else f"{level:g}"
        yield Problem(where, f"'{entry.code}' has the level {shown}", "count from 1, indicators")
    elif (level == 1) != (entry.type == INDICATOR):
        what = f"'{entry.code}' is of type {entry.type} at level {level:g}"
        yield Problem(where, what, "indicators are level 1, aggregates above")
    elif above is not None and above.level is not None and above.level <= level:
        what = f"'{entry.code}' and its Parent '{above.code}' are levels {level:g} and "
        yield Problem(where, f"{what}{above.level:g}", "a Parent stands above its children")


def _weighed(sheet: Sheet, entry: Entry) -> Iterator[Problem]:
    direction = entry.direction
    where = sheet.place(entry.index, "Direction")
    if direction not in (1, -1):
        shown = "none" if direction is None else f"{direction:g}"
        yield Problem(where, f"'{entry.code}' has the direction {shown}", "write 1 or -1")
    elif direction == -1 and entry.type == AGGREGATE:
        what = f"the aggregate '{entry.code}' points down, which COINr takes no notice of"
        yield Problem(where, what, "write 1, and -1 in the rows of its indicators")
    weight = entry.weight
    if weight is None or weight < 0:
        shown = "none" if weight is None else f"{weight:g}"
        where = sheet.place(entry.index, "Weight")
        yield Problem(where, f"'{entry.code}' has the weight {shown}", "write a number from 0 up")
