"""Files or frames in, validated tables out, and beside them every row that was refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import polars as pl

from rating.definitions.model import Column, Input, Source
from rating.definitions.section import Section
from rating.errors import DataError, Problem, nearest
from rating.inputs import cells, csv_file, keys, parquet_file, raw, sources_file, xlsx_file
from rating.inputs.regions import Register

FORMATS = (".csv", ".parquet", ".xlsx")
REGIONS = "regions"
SOURCES = "sources.toml"

_YEAR = Column(type="integer", min=1900, max=2100, nullable=False)
_REFUSED = {
    "table": pl.String,
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "rule": pl.String,
    "value": pl.String,
}
_PROVENANCE = {
    "table": pl.String,
    "file": pl.String,
    "sha256": pl.String,
    "rows": pl.Int64,
    "columns": pl.String,
}

Tables = str | PathLike[str] | Iterable[str | PathLike[str]] | Mapping[str, pl.DataFrame]


@dataclass(frozen=True, eq=False)
class Data:
    """The tables of a section, read and checked.

    Attributes:
        tables: each declared table: region, year where there is one, and the declared columns.
        refused: table, file, row, column, rule, value: what was left out, and why. The header of
            a file is row 1; the rows of a frame are counted from 1.
        provenance: table, file, sha256, rows, columns of each table, as it was found.
        regions: every region known: region, name_en, name_ru and what else the register says.
        sources: what sources.toml says of the figures.
    """

    tables: dict[str, pl.DataFrame]
    refused: pl.DataFrame
    provenance: pl.DataFrame
    regions: pl.DataFrame
    sources: tuple[Source, ...] = ()

    def digest(self, table: str) -> str:
        """The SHA-256 of a table's content, whatever its format and order of rows and columns."""
        frame = self.tables[table]
        frame = frame.select(sorted(frame.columns))
        return parquet_file.dump(frame.sort(frame.columns))


def read(source: Tables, section: Section) -> Data:
    """The tables that a section declares, from a folder, files or frames.

    Args:
        source: a folder with ``<table>.csv``, ``.parquet`` or ``.xlsx``; a list of such files; or
            a mapping of table name to polars frame. What the section does not declare is ignored.
        section: whose inputs are read.

    Raises:
        DataError: with every problem of every file: a table that is missing or broken, a header
            without a declared column, a region that the register does not know.

    Example:
        >>> data = rating.read("data/open", section)        # doctest: +SKIP
        >>> data.refused.is_empty()                         # doctest: +SKIP
        True
    """
    inputs = section.inputs
    problems: list[Problem] = []
    found = _frames(source, inputs, problems) if isinstance(source, Mapping) else None
    files: list[Path] = []
    if found is None:
        files = _files(source)
        found = _tables(files, inputs, problems)
    register = _register(section, found, problems)
    checked: dict[str, _Checked] = {}
    for table in inputs:
        if table in found:
            checked[table] = _check(table, inputs[table], found[table], register, problems)
    sources = sources_file.read([file for file in files if file.name == SOURCES], problems)
    raw.require(problems)
    tables = {table: one.frame for table, one in checked.items()}
    return Data(
        tables=tables,
        refused=pl.concat([pl.DataFrame(schema=_REFUSED), *(c.refused for c in checked.values())]),
        provenance=_provenance({table: found[table] for table in checked}),
        regions=register.frame if register is not None else _named_in(tables),
        sources=sources,
    )


def _files(source: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Path]:
    if not isinstance(source, str | PathLike):
        return [Path(file) for file in source]
    folder = Path(source)
    if not folder.is_dir():
        remedy = "give the folder that holds the tables, or a list of files"
        raise DataError(Problem(str(source), "no such folder", remedy))
    return sorted(file for file in folder.iterdir() if file.is_file())


def _tables(
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
            texts = inputs[table].columns.items() if table in inputs else ()
            codes = frozenset({"region", *(name for name, c in texts if c.type == "text")})
            try:
                found[table] = _file(named[0], table, codes)
            except DataError as error:
                problems += error.problems
    return found


def _missing(table: str, files: list[Path]) -> Problem:
    close = [file.name for file in files if file.stem == table]
    if close:
        remedy = f"{close[0]} is not read: save it as .csv, .parquet or .xlsx"
    else:
        remedy = nearest(table, [file.stem for file in files if file.name != SOURCES])
    return Problem(f"{table}.csv", f"there is no file for the table '{table}'", remedy)


def _file(path: Path, table: str, texts: frozenset[str]) -> raw.Raw:
    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise DataError(Problem(path.name, what, "check its path and its permissions")) from None
    sha256 = hashlib.sha256(data).hexdigest()
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return xlsx_file.read(path.name, data, sha256, table=table, texts=texts)
    reader = csv_file.read if suffix == ".csv" else parquet_file.read
    return reader(path.name, data, sha256)


def _frames(
    frames: Mapping[str, pl.DataFrame], inputs: Mapping[str, Input], problems: list[Problem]
) -> dict[str, raw.Raw]:
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


def _register(
    section: Section, found: Mapping[str, raw.Raw], problems: list[Problem]
) -> Register | None:
    if section.regions is not None:
        return Register.named(section.regions)
    if REGIONS not in found or REGIONS in section.inputs:
        return None
    table = found[REGIONS]
    if "region" not in table.frame.columns:
        problems.append(_no_column(table.file, "region", table.frame.columns))
        return None
    frame, bad = _register_cells(table.frame)
    again = keys.repeated(keys.region(frame["region"], table.rows, None), None)
    bad += [("region", index, rule) for index, _, rule, _ in again.iter_rows()]
    # A register with a hole would refuse good rows elsewhere, so here a bad row refuses the file.
    places = sorted((table.rows[index], f", column {name}", rule) for name, index, rule in bad)
    places += [(refusal.row, "", refusal.rule) for refusal in table.refused]
    problems += [Problem(f"{table.file}, row {row}{name}", rule) for row, name, rule in places]
    return Register.of(frame) if not places else None


def _register_cells(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, int, str]]]:
    """A table of regions with its text read by the grammar; (column, index, rule) of bad cells."""
    bad: list[tuple[str, int, str]] = []
    frame = frame.with_columns(pl.col("region").cast(pl.String))
    for name, dtype in frame.schema.items():
        if cells.is_text(dtype):
            read, refused = cells.parse(frame[name], Column(type="text", nullable=name != "region"))
            frame = frame.with_columns(read)
            bad += [(name, index, rule) for index, rule, _ in refused.iter_rows()]
    return frame, bad


@dataclass(frozen=True, eq=False)
class _Checked:
    frame: pl.DataFrame
    refused: pl.DataFrame


def _check(
    table: str, declared: Input, found: raw.Raw, register: Register | None, problems: list[Problem]
) -> _Checked:
    """One table against its declaration; problems of the file are added to ``problems``."""
    columns = dict(declared.columns)
    if declared.grain == "region" or "year" in found.frame.columns:
        columns = {"year": _YEAR, **columns}
    wrong = [
        _no_column(found.file, name, found.frame.columns)
        for name in ("region", *columns)
        if name not in found.frame.columns
    ]
    wrong += _wrong_types(found, {"region": Column(type="text"), **columns})
    problems += wrong
    if wrong:
        return _Checked(pl.DataFrame(), pl.DataFrame(schema=_REFUSED))
    values: dict[str, pl.Series] = {}
    refused = []
    for name, column in columns.items():
        values[name], bad = cells.parse(found.frame[name], column)
        refused.append(bad.select("index", column=pl.lit(name), rule="rule", value="value"))
    regions = keys.region(found.frame["region"], found.rows, register)
    if register is not None:
        problems += keys.unknown(found.file, regions, register)
        refused.append(keys.empty(regions))
    else:
        codes, bad = cells.parse(regions["region"], Column(type="text", nullable=False))
        regions = regions.with_columns(region=codes)
        refused.append(bad.select("index", column=pl.lit("region"), rule="rule", value="value"))
    if declared.grain == "region":
        refused.append(keys.repeated(regions, values["year"]))
    bad = pl.concat(refused)
    frame = pl.DataFrame([regions["region"], *values.values()])
    good = ~pl.int_range(frame.height, eager=True).is_in(bad["index"].implode())
    return _Checked(frame.filter(good), _refused(table, found, bad))


def _no_column(file: str, name: str, names: list[str]) -> Problem:
    return Problem(f"{file}, row 1", f"no column '{name}'", raw.shown(nearest(name, names)))


def _wrong_types(found: raw.Raw, columns: Mapping[str, Column]) -> list[Problem]:
    problems = []
    for name, column in columns.items():
        dtype = found.frame.schema.get(name)
        if dtype is not None and not cells.fits(dtype, column):
            what = f"the column holds {dtype} where {column.type} is declared"
            remedy = f"cast it to {cells.DTYPES[column.type].__name__}"
            problems.append(Problem(f"{found.file}, column {name}", what, remedy))
    return problems


def _refused(table: str, found: raw.Raw, bad: pl.DataFrame) -> pl.DataFrame:
    """The refused rows of the table, in the order of the file."""
    rows = (
        found.rows.to_frame().with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
    )
    inside = bad.join(rows, on="index", how="left", maintain_order="left")
    outside = pl.DataFrame(found.refused, schema=["row", "column", "rule", "value"], orient="row")
    both = pl.concat(
        [
            frame.select(pl.col(n).cast(_REFUSED[n]) for n in ("row", "column", "rule", "value"))
            for frame in (inside, outside)
        ]
    )
    named = both.with_columns(table=pl.lit(table), file=pl.lit(found.file))
    return named.select(list(_REFUSED)).sort("row", maintain_order=True)


def _provenance(found: Mapping[str, raw.Raw]) -> pl.DataFrame:
    rows = [
        (
            table,
            one.file,
            one.sha256,
            one.rows.len() + len({r.row for r in one.refused}),
            ",".join(one.frame.columns),
        )
        for table, one in found.items()
    ]
    return pl.DataFrame(rows, schema=_PROVENANCE, orient="row")


def _named_in(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The regions of the tables themselves, where no register names them."""
    codes = pl.concat([pl.Series("region", [], pl.String), *(t["region"] for t in tables.values())])
    return Register.of(codes.unique().sort().to_frame()).frame
