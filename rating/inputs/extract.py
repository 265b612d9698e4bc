"""CSV extracts of other systems: encoding, delimiter, comma and columns as they are declared.

Nothing is guessed: windows-1251 read as another encoding gives letters too, only wrong ones.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

import polars as pl

from rating.definitions.parsing import Type
from rating.definitions.table import Column
from rating.errors import Problem, UsageError, nearest
from rating.inputs import cells, csv_file, keys, raw, reading
from rating.inputs.reading import Reading
from rating.inputs.regions import WITHOUT_OKRUGS, Register

_DAY = r"^([0-9]{2})\.([0-9]{2})\.([0-9]{4})$"
_GROUPED = r"^\p{Zs}*[-+\u2212]?[0-9]{1,3}(?:\p{Zs}[0-9]{3})+(?:[.,][0-9]*)?\p{Zs}*$"
NOT_A_DAY = "not a day; write 31.12.2026, as declared"
NO_COMMA = "a decimal point where a comma is declared; write 12,5"


def read_extract(
    path: str | PathLike[str],
    *,
    columns: Mapping[str, str],
    encoding: str,
    delimiter: str,
    decimal: Literal[",", "."],
    numbers: Sequence[str] = (),
    dates: Sequence[str] = (),
) -> Reading:
    """The table of a CSV extract, in our columns.

    Args:
        path: the file.
        columns: which column of the file is which of ours, as ``{"Регион": "region"}``; no other
            is read. ``region`` is resolved to its code, ``year`` is a whole number.
        encoding: as ``cp1251``.
        delimiter: as ``;``.
        decimal: what stands between whole and tenths. Blanks between thousands are dropped.
        numbers: those of our columns that are numbers.
        dates: those of our columns that are days written 31.12.2026.

    Returns:
        The columns in the order given, all others as text. A row is refused whose number, date,
        year or region is none.

    Raises:
        UsageError: an unknown encoding, or a column of ours that is not declared.
        DataError: no such file, another encoding or delimiter, no such column.

    Example:
        >>> read = rating.read_extract(                                      # doctest: +SKIP
        ...     "vrp.csv", encoding="cp1251", delimiter=";", decimal=",",
        ...     columns={"Регион": "region", "Год": "year", "ВРП": "grp"}, numbers=["grp"])
    """
    path = Path(path)
    _declared(columns, encoding, delimiter, (*numbers, *dates))
    data, sha256 = raw.content(path)
    found = csv_file.read(path.name, data, sha256, encoding=encoding, delimiter=delimiter)
    lost = [name for name in columns if name not in found.frame.columns]
    where = f"{path.name}, row 1"
    raw.require([Problem(where, f"no column '{n}'", nearest(n, found.frame.columns)) for n in lost])
    values, refused = [], []
    for theirs, ours in columns.items():
        series, bad = _parsed(found.frame[theirs], ours, found.rows, decimal, numbers, dates)
        values.append(series.alias(ours))
        shown = found.frame[theirs].gather(bad["index"])
        refused.append(bad.select("index", column=pl.lit(ours), rule="rule", value=shown))
    return _reading(path.name, found, pl.DataFrame(values), pl.concat(refused))


def _declared(
    columns: Mapping[str, str], encoding: str, delimiter: str, typed: Sequence[str]
) -> None:
    problems = []
    try:
        codecs.lookup(encoding)
    except LookupError:
        problems.append(Problem("encoding", f"no encoding '{encoding}'", "write cp1251 or utf-8"))
    if len(delimiter) != 1:
        problems.append(Problem("delimiter", "is not one character", "write ';'"))
    ours = list(columns.values())
    problems += [
        Problem("columns", f"'{name}' is named twice")
        for name in dict.fromkeys(ours)
        if ours.count(name) > 1
    ]
    problems += [
        Problem("numbers and dates", f"no column '{name}' of ours", nearest(name, ours))
        for name in typed
        if name not in ours
    ]
    if problems:
        raise UsageError(problems)


def _parsed(
    cell: pl.Series,
    name: str,
    rows: pl.Series,
    decimal: str,
    numbers: Sequence[str],
    dates: Sequence[str],
) -> tuple[pl.Series, pl.DataFrame]:
    """The values of a column, and the cells that break its rules: index, rule, value."""
    if name == "region":
        return _regions(cell, rows)
    if name == "year":
        return cells.parse(cell, Column(type="integer", min=1900, max=2100, nullable=False))
    if name in dates:
        return _or_refused(cell, cell.str.replace(_DAY, "${3}-${2}-${1}"), "date", _DAY, NOT_A_DAY)
    if name not in numbers:
        return cells.parse(cell, Column(type="text"))
    frame, grouped = cell.to_frame("cell"), pl.col("cell").str.contains(_GROUPED)
    one = pl.col("cell").str.replace_all(r"\p{Zs}", "")
    plain = frame.select(pl.when(grouped).then(one).otherwise("cell")).to_series()
    if decimal == ".":
        return cells.parse(plain, Column(type="number"))
    pointed = plain.str.replace(",", ".", literal=True)
    return _or_refused(cell, pointed, "number", r"^[^.]*$", NO_COMMA)


def _or_refused(
    cell: pl.Series, text: pl.Series, kind: Type, fits: str, rule: str
) -> tuple[pl.Series, pl.DataFrame]:
    """The values of a text made of cells; a cell that does not fit the pattern is refused."""
    frame = pl.DataFrame({"cell": cell, "text": text}).with_row_index("index")
    wrong = ~pl.col("cell").str.contains(fits) & (pl.col("cell") != "")
    text = frame.select(pl.when(~wrong).then("text")).to_series()
    values, bad = cells.parse(text, Column(type=kind))
    strange = frame.filter(wrong)
    strange = strange.select(pl.col("index").cast(pl.Int64), rule=pl.lit(rule), value="cell")
    return values, pl.concat([bad, strange])


def _regions(cell: pl.Series, rows: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    register = Register.named("ru")
    found = keys.region(cell, rows, register)
    parted = found.filter(pl.col("reach") == WITHOUT_OKRUGS)["region"].unique().to_list()
    whole = pl.col("region").is_in(parted) & (pl.col("reach") != WITHOUT_OKRUGS)
    bad = found.filter(pl.col("region").is_null() | whole)
    rules = [_why(name, region, register) for name, region in bad["cell", "region"].iter_rows()]
    return found["region"], bad.select("index", pl.Series("rule", rules, pl.String), value="cell")


def _why(name: str | None, region: str | None, register: Register) -> str:
    if region is not None:
        return reading.OVERLAP
    return register.unknown(name) if name else cells.EMPTY


def _reading(file: str, found: raw.Raw, table: pl.DataFrame, bad: pl.DataFrame) -> Reading:
    index = pl.int_range(table.height, dtype=pl.Int64, eager=True).alias("index")
    rows = pl.DataFrame({"index": index, "row": found.rows})
    inside = bad.join(rows, on="index", maintain_order="left")
    outside = pl.DataFrame(
        found.refused,
        schema=dict(zip(raw.Refusal._fields, (pl.Int64, *[pl.String] * 3), strict=True)),
        orient="row",
    )
    # A row of another width is not shown: what stands in columns that are not read stays unread.
    outside = outside.with_columns(value=pl.lit(""))
    listed = pl.concat([inside.select(outside.columns), outside])
    return Reading(
        table=table.filter(~index.is_in(bad["index"].implode())),
        refused=reading.refused(listed, file),
        provenance=reading.provenance(
            file, found.sha256, table.height + len({refusal.row for refusal in found.refused})
        ),
    )
