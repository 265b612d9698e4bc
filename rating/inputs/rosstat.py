"""Sheets of Rosstat's "Regions of Russia": a title, a row of years, a row for each region, notes.

The header stands in row 5 or 6, rows of districts and headings stand between the regions, figures
carry footnotes, and a missing figure is a sign.
"""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

import polars as pl

from rating.errors import DataError, Problem
from rating.inputs import printed, raw, reading, xlsx_file
from rating.inputs.reading import Okrugs, Reading
from rating.inputs.regions import Register

_YEAR = re.compile(r"^((?:19|20)[0-9]{2})\s*\^?\s*(?:[0-9]{1,2}\)[;, ]*)*$")
_NOTE = re.compile(r"^\^?([0-9]{1,2})\^?\)")
_NUMBERED = re.compile(r"^([0-9]+(?:\.[0-9]+)*)\.?\s+(.*)$")

Grid = dict[tuple[int, int], str]


def read_rosstat(path: str | PathLike[str], sheet: str, *, okrugs: Okrugs = "apart") -> Reading:
    """The figures of a sheet of "Regions of Russia".

    Args:
        path: the workbook.
        sheet: the name of the sheet, as ``9.1.``
        okrugs: ``apart`` reads autonomous okrugs on their own and Arkhangelsk and Tyumen without
            them; ``within`` reads those two whole.

    Returns:
        region, year, period (Y), code (the number of the table), unit, value, note (a footnote, or
        the sign of a missing figure): a row for each region and year. The country, federal
        districts and regions with others inside are in ``left_out``.

    Raises:
        DataError: not a workbook, no such sheet, no row of years.

    Example:
        >>> grp = rating.read_rosstat("section-9.xlsx", "9.1.").table       # doctest: +SKIP
    """
    path = Path(path)
    data, sha256 = raw.content(path)
    grid = xlsx_file.grid(path.name, data, sheet, raised=printed.RAISED)
    header, years = _header(f"{path.name}, sheet {sheet}", grid)
    code, title, unit = _about(grid, header, sheet)
    rows = _rows(grid, header, years).with_columns(
        period=pl.lit("Y"), code=pl.lit(code), unit=pl.lit(unit)
    )
    about = reading.provenance(path.name, sha256, rows.height, title, "Росстат")
    return reading.figures(rows, path.name, about, Register.named("ru"), okrugs)


def _header(where: str, grid: Grid) -> tuple[int, dict[int, int]]:
    """The first row that holds years alone, and the year of each column."""
    for row in sorted({row for row, _ in grid}):
        cells = {column: text for (r, column), text in grid.items() if r == row}
        found = {column: _YEAR.match(text.strip()) for column, text in cells.items()}
        years = {column: int(match[1]) for column, match in found.items() if match}
        if years and len(years) == len(cells) and 1 not in years:
            if len(set(years.values())) == len(years):
                return row, years
            again = next(year for year in years.values() if [*years.values()].count(year) > 1)
            at = " and ".join(str(column) for column, year in years.items() if year == again)
            what = f"the year {again} stands twice in the header, in columns {at}"
            raise DataError(Problem(f"{where}, row {row}", what, "split the sheet by its parts"))
    what = "no row holds years alone, above the figures"
    raise DataError(Problem(where, what, "only sheets with a column for each year are read"))


def _about(grid: Grid, header: int, sheet: str) -> tuple[str, str, str]:
    """Number, title and unit of a table, from the lines above its header."""
    lines = [grid[row, 1].strip() for row in range(1, header) if (row, 1) in grid]
    numbered = [match for line in lines if (match := _NUMBERED.match(line))]
    # A title of one number is the section's; below it stand the table and its part.
    tables = [match for match in numbered if "." in match[1]] or numbered
    code = tables[-1][1] if tables else sheet.rstrip(".")
    title = "; ".join(printed.place(match[2]) for match in tables)
    units = [line[1:-1].strip() for line in lines if re.fullmatch(r"\(.*\)", line)]
    return code, title, units[-1] if units else ""


def _rows(grid: Grid, header: int, years: dict[int, int]) -> pl.DataFrame:
    """A labelled row for each figure below the header."""
    notes: set[int] = set()
    found: list[tuple[int, str, str | None, str, int | None, bool]] = []
    register = Register.named("ru")
    labels = [(row, text.strip()) for (row, column), text in grid.items() if column == 1]
    places = printed.places(pl.Series([text for _, text in labels], dtype=pl.String), register)
    known = set(places.filter(pl.col("region").is_not_null())["label"])
    named = dict(labels)
    for row in sorted({row for row, _ in grid if row > header}):
        label = named.get(row)
        cells = {column: text for (r, column), text in grid.items() if r == row and column > 1}
        if not cells and label not in known:
            note = _NOTE.match(label or "")
            if note:
                notes.add(int(note[1]))
            continue  # a heading, a rule between the parts, or a footnote
        for column, year in years.items():
            found.append((row, str(year), label, cells.get(column, ""), year, False))
        for column in sorted(set(cells) - set(years)):
            found.append((row, f"column {column}", label, cells[column], None, True))
    schema = {
        "row": pl.Int64,
        "column": pl.String,
        "label": pl.String,
        "cell": pl.String,
        "year": pl.Int64,
        "outside": pl.Boolean,
    }
    frame = pl.DataFrame(found, schema=schema, orient="row")
    outside = pl.when("outside").then(pl.lit("a figure without a year above it"))
    read = printed.figures(frame["cell"], notes)
    rule = pl.coalesce(outside, read["rule"])
    return frame.with_columns(read["value"], read["note"], rule=rule).drop("outside")
