"""What a command begins with: a section loaded, its data read, an edition rated."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import polars as pl

from rating.cli.streams import tell
from rating.definitions import files
from rating.definitions.section import Section
from rating.errors import DataError, Problem, UsageError
from rating.inputs.regions import Register
from rating.inputs.tables import Data, problem_of, read
from rating.rate import Engine, rate
from rating.result import Rating

log = logging.getLogger("rating")

REMARKS, LISTED = 20, 200  # that a command prints; it counts the others


def loaded(name: str) -> Section:
    """A shipped section, or that of a folder."""
    section = files.load(name)
    log.info("section %s: %d indicators", section.id, len(section.indicator))
    return section


def read_data(folder: Path, section: Section, allow_refused: bool) -> Data:
    """The data of a folder.

    Raises:
        DataError: rows are refused and that is not allowed; with every one of them.
    """
    data = read(folder, section)
    for row in data.provenance.iter_rows(named=True):
        log.info("%s: %d rows, sha256 %s", row["file"], row["rows"], row["sha256"])
    for row in data.remarks.head(REMARKS).iter_rows(named=True):
        told = problem_of(row)
        tell(f"warning: {told.where}: {told.what}")
    if (more := data.remarks.height - REMARKS) > 0:
        tell(f"warning: {more} more")
    count = data.refused.height
    if count and not allow_refused:
        problems = [problem_of(row) for row in data.refused.head(LISTED).iter_rows(named=True)]
        if count > LISTED:
            what = f"{count - LISTED:,} more refused cells are not listed here"
            problems.append(Problem(str(folder), what, "with --allow-refused, refused.csv has all"))
        what = f"{_rows(count)} refused, and nothing is written"
        problems.append(Problem(str(folder), what, "mend them, or leave them out: --allow-refused"))
        raise DataError(problems)
    if count:
        tell(f"warning: {_rows(count)} refused and left out")
    return data


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count} rows are"


def rated(
    section: str,
    folder: Path,
    edition: int,
    sector: str | None,
    as_of: datetime | None,
    allow_refused: bool,
    engine: Engine = "duckdb",
    memory: str | None = None,
) -> Rating:
    """The edition of a section, rated over the data of a folder."""
    chosen = loaded(section)
    # Before the tables are read: a wrong sector is told at once.
    chosen.sector_of(sector)
    data = read_data(folder, chosen, allow_refused)
    day = as_of.date() if as_of else None
    result = rate(
        chosen, data, edition=edition, sector=sector, as_of=day, engine=engine, memory=memory
    )
    log.info("rated: %r, sha256 %s", result, result.digest)
    return result


def code_of(result: Rating, name: str) -> str:
    """The code of a region by its code or any name that the register knows.

    Raises:
        UsageError: the register knows no such region.
    """
    declared = result.section.regions
    register = Register.of(result.regions) if declared is None else Register.named(declared)
    code = register.resolve(pl.Series([name]))[0]
    if code is None:
        raise UsageError(Problem(name, "no such region", register.nearest(name)))
    return str(code)
