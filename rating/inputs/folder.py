"""Which files of a folder are tables, and each as its format has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path

import polars as pl

from rating.definitions.table import Input
from rating.errors import DataError, Problem, nearest
from rating.inputs import csv_file, parquet_file, raw, xlsx_file
from rating.inputs import stored as stored_file
from rating.inputs.regions_file import REGIONS

FORMATS = (".csv", ".parquet", ".xlsx")
SOURCES = "sources.toml"


def files_of(source: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Path]:
    """What a folder holds, or the files that are given."""
    if not isinstance(source, str | PathLike):
        return [Path(file) for file in source]
    folder = Path(source)
    if not folder.is_dir():
        remedy = "give the folder that holds the tables, or a list of files"
        raise DataError(Problem(str(source), "no such folder", remedy))
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise raw.unreadable(folder, error) from None


def large(
    source: str | PathLike[str] | Iterable[str | PathLike[str]],
    files: list[Path],
    inputs: Mapping[str, Input],
) -> dict[str, list[Path]]:
    """The tables that are read in place: a folder of Parquet parts, or a large Parquet file."""
    folder = Path(source) if isinstance(source, str | PathLike) else None
    found: dict[str, list[Path]] = {}
    for table, given in inputs.items():
        parts = sorted((folder / table).glob("*.parquet")) if folder else []
        named = [file for file in files if file.name == f"{table}.parquet"]
        parts = parts or [file for file in named if file.is_file()]
        if parts and stored_file.is_large(parts, given):
            found[table] = parts
    return found


def tables(
    files: list[Path], inputs: Mapping[str, Input], problems: list[Problem]
) -> dict[str, raw.Raw]:
    """Each declared table, and the optional table of regions, as its file has it."""
    found: dict[str, raw.Raw] = {}
    readable = [file for file in files if file.suffix.lower() in FORMATS]
    for table in dict.fromkeys((*inputs, REGIONS)):
        named = [file for file in readable if file.stem == table]
        if len(named) > 1:
            names = ", ".join(file.name for file in named)
            what = f"{len(named)} files hold the same table: {names}"
            problems.append(Problem(f"table {table}", what, "keep one of them"))
        elif not named and table in inputs:
            problems.append(_missing(table, files))
        elif named:
            given = inputs[table].columns if table in inputs else {}
            types = {name: str(column.type) for name, column in given.items()}
            linked = named[0].is_symlink() and not _inside(named[0])
            try:
                one = _file(named[0], table, {"region": "text", **types})
                found[table] = replace(one, linked=linked)
            except DataError as error:
                problems += map(_untold, error.problems) if linked else error.problems
    return found


def _inside(link: Path) -> bool:
    """Whether a link stays in its folder; one that leads nowhere is told as it is opened."""
    try:
        return link.resolve().is_relative_to(link.parent.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def _untold(problem: Problem) -> Problem:
    """A problem of a file that may not be meant, without a word of what stands in it."""
    if "'" not in problem.what:
        return problem
    where = problem.where.partition(",")[0]
    what = "a link that leads out of the folder, to a file that is no such table"
    return Problem(where, what, "link or copy the table that is meant")


def _missing(table: str, files: list[Path]) -> Problem:
    close = [file.name for file in files if file.stem == table]
    if close:
        remedy = f"{close[0]} is not read: save it as .csv, .parquet or .xlsx"
    else:
        remedy = nearest(table, [file.stem for file in files if file.name != SOURCES])
    return Problem(f"{table}.csv", f"there is no file for the table '{table}'", remedy)


def _file(path: Path, table: str, types: Mapping[str, str]) -> raw.Raw:
    data, sha256 = raw.content(path)
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return xlsx_file.read(path.name, data, sha256, table=table, types=types)
    reader = csv_file.read if suffix == ".csv" else parquet_file.read
    return reader(path.name, data, sha256)


def frames_of(
    frames: Mapping[str, pl.DataFrame], inputs: Mapping[str, Input], problems: list[Problem]
) -> dict[str, raw.Raw]:
    """Each declared table, and the optional table of regions, from the frames of that name."""
    found: dict[str, raw.Raw] = {}
    for table in dict.fromkeys((*inputs, REGIONS)):
        if table not in frames and table in inputs:
            what = f"there is no frame for the table '{table}'"
            problems.append(Problem(f"table {table}", what, nearest(table, frames)))
        elif table in frames:
            try:
                found[table] = parquet_file.of_frame(table, frames[table])
            except DataError as error:
                problems += error.problems
    return found
