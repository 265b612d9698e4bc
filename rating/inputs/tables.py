"""Files or frames in, validated tables out, and beside them every row that was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from rating.definitions.model import Column, Input, Source
from rating.definitions.section import Section
from rating.errors import DataError, Problem
from rating.inputs import (
    cells,
    doubts,
    folder,
    keys,
    parquet_file,
    raw,
    regions_file,
    rules,
    sources_file,
)
from rating.inputs import stored as stored_file
from rating.inputs.folder import SOURCES
from rating.inputs.regions import Register
from rating.inputs.regions_file import REGIONS
from rating.inputs.stored import Stored
from rating.process import require_threads

LISTED = 50
"""Refused cells that an error lists beside the problems of whole files."""

_YEAR = Column(type="integer", min=1900, max=2100, nullable=False)
_REFUSED = {
    "table": pl.String,
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "rule": pl.String,
    "value": pl.String,
}
_CELL = {"index": pl.Int64, **_REFUSED}
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
        synthetic: whether it says that they are invented; whatever is made from them says so too.
        stored: the large registers, which stay in their Parquet files.
        remarks: what was read and is doubtful, in the columns of ``refused``; row 0 is the file.
        origin: the files that were read; no output is written over them.
        registered: whether ``regions`` is a register, all of whose regions are assessed.
    """

    tables: dict[str, pl.DataFrame]
    refused: pl.DataFrame
    provenance: pl.DataFrame
    regions: pl.DataFrame
    sources: tuple[Source, ...] = ()
    synthetic: bool = False
    stored: dict[str, Stored] = field(default_factory=dict)
    remarks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_REFUSED))
    origin: tuple[Path, ...] = ()
    registered: bool = False

    @property
    def held(self) -> dict[str, pl.DataFrame | Stored]:
        """Every table, in memory or in its files."""
        return {**self.tables, **self.stored}

    @property
    def files(self) -> list[Path]:
        """The files of the tables that stay in them."""
        return [file for one in self.stored.values() for file in one.files]

    def digest(self, table: str) -> str:
        """The SHA-256 of a table's content, whatever its format and order of rows and columns.

        Of a register that stays in its files, the SHA-256 of these.
        """
        if table in self.stored:
            return self.stored[table].sha256
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
    require_threads()
    inputs = {name: given for name, given in section.inputs.items() if given.base is None}
    problems: list[Problem] = []
    found = folder.frames_of(source, inputs, problems) if isinstance(source, Mapping) else None
    files: list[Path] = []
    large: dict[str, list[Path]] = {}
    if found is None:
        files = folder.files_of(source)
        large = folder.large(source, files, inputs)
        small = {table: given for table, given in inputs.items() if table not in large}
        found = folder.tables(files, small, problems)
    register = regions_file.read(section, found, problems)
    spelt = _spelt(found, large, inputs) if register is None else pl.DataFrame(schema=keys.SPELT)
    faults = keys.faults(spelt)
    checked: dict[str, _Checked] = {}
    for table in inputs:
        if table in found:
            checked[table] = _check(table, inputs[table], found[table], register, faults, problems)
    stored: dict[str, Stored] = {}
    refused = [one.refused for one in checked.values()]
    for table, parts in large.items():
        kept = stored_file.check(table, parts, inputs[table], register, faults, problems)
        if kept is not None:
            stored[table] = kept[0]
            refused.append(kept[1].select(pl.lit(table).alias("table"), pl.all()))
    told = [file for file in files if file.name == SOURCES and file.is_file()]
    sources, synthetic = sources_file.read(told, problems)
    if problems:
        raise DataError([*problems, *_rows_as_problems(refused)])
    tables = {table: one.frame for table, one in checked.items()}
    origin = [f for f in files if f.stem in (*inputs, REGIONS) or f.name == SOURCES]
    origin += [part for parts in large.values() for part in parts]
    return Data(
        tables=tables,
        refused=pl.concat([pl.DataFrame(schema=_REFUSED), *refused]),
        provenance=_provenance({table: found[table] for table in checked}, stored),
        regions=register.frame if register is not None else _named_in(tables),
        registered=register is not None,
        sources=sources,
        synthetic=synthetic,
        stored=stored,
        remarks=pl.concat(
            [
                pl.DataFrame(
                    list(keys.doubtful(spelt, inputs, faults)), schema=_REFUSED, orient="row"
                ),
                *(_remarks(table, one, one.remarks) for table, one in found.items()),
                *(_remarks(table, found[table], one.doubts) for table, one in checked.items()),
            ]
        ),
        origin=tuple(file.absolute() for file in origin),
    )


def problem_of(row: Mapping[str, Any]) -> Problem:
    """A row of ``Data.refused`` or ``Data.remarks`` as the problem that it is."""
    where = row["file"] + "".join(f", {key} {row[key]}" for key in ("row", "column") if row[key])
    return Problem(where, f"'{row['value']}': {row['rule']}" if row["value"] else row["rule"])


def _rows_as_problems(refused: list[pl.DataFrame]) -> list[Problem]:
    """The first refused rows, for an error that tells all layers of a file at once."""
    listed = pl.concat([pl.DataFrame(schema=_REFUSED), *refused])
    told = [problem_of(row) for row in listed.head(LISTED).iter_rows(named=True)]
    if listed.height > LISTED:
        told.append(Problem("the tables", f"{listed.height - LISTED:,} more refused cells"))
    return told


@dataclass(frozen=True, eq=False)
class _Checked:
    frame: pl.DataFrame
    refused: pl.DataFrame
    doubts: tuple[raw.Refusal, ...] = ()


def _check(
    table: str,
    declared: Input,
    found: raw.Raw,
    register: Register | None,
    faults: Mapping[str, str],
    problems: list[Problem],
) -> _Checked:
    """One table against its declaration; problems of the file are added to ``problems``."""
    # What is looked up in a sector is no column of a file, but may be one of a frame.
    columns = {
        name: column
        for name, column in declared.columns.items()
        if name in declared.stored or name in found.frame.columns
    }
    if declared.grain == "region" or "year" in found.frame.columns:
        columns = {"year": _YEAR, **columns}
    named = {} if declared.grain == "country" else {"region": Column(type="text")}
    wrong = [
        raw.no_column(found.file, name, [] if found.linked else found.frame.columns)
        for name in (*named, *columns)
        if name not in found.frame.columns
    ]
    wrong += _wrong_types(found, {**named, **columns})
    problems += wrong
    if wrong:
        return _Checked(pl.DataFrame(), _first_look(table, found, columns))
    values: dict[str, pl.Series] = {}
    refused: list[pl.DataFrame] = []
    if named:
        regions, refused = _regions(found, register, faults, problems)
        values["region"] = regions["region"]
    for name, column in columns.items():
        values[name], bad = cells.parse(found.frame[name], column)
        refused.append(bad.select("index", column=pl.lit(name), rule="rule", value="value"))
    if declared.grain == "region":
        refused.append(keys.repeated(regions, values["year"]))
    bad = pl.concat(refused)
    frame = pl.DataFrame(list(values.values()))
    frame = frame.with_row_index(rules.INDEX).with_columns(pl.col(rules.INDEX).cast(pl.Int64))
    frame = _without(frame, bad)
    broken = rules.broken(declared, frame, found.rows, table)
    frame = _without(frame, broken).drop(rules.INDEX)
    bad = pl.concat([bad, broken])
    told = tuple(doubts.find(found, declared, columns, values, bad["index"]))
    return _Checked(frame, _refused(table, found, bad), told)


def _without(frame: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    bad = bad.select(pl.col("index").alias(rules.INDEX))
    return frame.join(bad, on=rules.INDEX, how="anti", maintain_order="left")


def _spelt(
    found: Mapping[str, raw.Raw], large: Mapping[str, list[Path]], inputs: Mapping[str, Input]
) -> pl.DataFrame:
    """The names of regions of every table, as its file has them."""
    named = [
        keys.spelt(table, one.file, one.frame["region"], one.rows)
        for table, one in found.items()
        if table in inputs and inputs[table].grain != "country" and "region" in one.frame.columns
    ]
    named += [keys.spelt(table, *stored_file.regions(parts)) for table, parts in large.items()]
    return pl.concat([pl.DataFrame(schema=keys.SPELT), *named])


def _first_look(table: str, found: raw.Raw, columns: Mapping[str, Column]) -> pl.DataFrame:
    """What else is wrong with a table whose columns are: the bad cells of those that are right."""
    refused = [pl.DataFrame(schema={n: _CELL[n] for n in ("index", "column", "rule", "value")})]
    for name, column in columns.items():
        given = found.frame.schema.get(name)
        if given is None or found.linked:
            continue
        if cells.misfit(found.file, name, given, column, typed=found.typed) is None:
            _, bad = cells.parse(found.frame[name], column)
            refused.append(bad.select("index", column=pl.lit(name), rule="rule", value="value"))
    return _refused(table, found, pl.concat(refused))


def _regions(
    found: raw.Raw,
    register: Register | None,
    faults: Mapping[str, str],
    problems: list[Problem],
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The regions of the rows by their codes, and the rows whose region is refused."""
    regions = keys.region(found.frame["region"], found.rows, register)
    if register is not None:
        problems += keys.unknown(found.file, regions, register)
        return regions, [keys.empty(regions)]
    codes, bad = cells.parse(regions["region"], Column(type="text", nullable=False))
    told = pl.DataFrame(list(faults.items()), schema=["region", "rule"], orient="row")
    named = regions.select("index", "cell", pl.col("region").cast(pl.String).str.normalize("NFC"))
    faulty = named.join(told.cast(pl.String), on="region")
    value = cells.shown(pl.col("cell"))
    refused = [
        bad.join(faulty, on="index", how="anti").select(
            "index", column=pl.lit("region"), rule="rule", value="value"
        ),
        faulty.select("index", column=pl.lit("region"), rule="rule", value=value),
    ]
    return regions.with_columns(region=codes), refused


def _wrong_types(found: raw.Raw, columns: Mapping[str, Column]) -> list[Problem]:
    given = found.frame.schema
    named = [(name, column) for name, column in columns.items() if name in given]
    wrong = [cells.misfit(found.file, n, given[n], c, typed=found.typed) for n, c in named]
    return [problem for problem in wrong if problem is not None]


def _remarks(table: str, found: raw.Raw, told: Iterable[raw.Refusal]) -> pl.DataFrame:
    rows = [(table, found.file, *remark) for remark in told]
    return pl.DataFrame(rows, schema=_REFUSED, orient="row")


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


def _provenance(found: Mapping[str, raw.Raw], stored: Mapping[str, Stored]) -> pl.DataFrame:
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
    rows += [
        (table, kept.label, kept.sha256, kept.height, ",".join(kept.columns))
        for table, kept in stored.items()
    ]
    return pl.DataFrame(rows, schema=_PROVENANCE, orient="row")


def _named_in(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The regions of the tables themselves, where no register names them."""
    found = [table["region"] for table in tables.values() if "region" in table.columns]
    codes = pl.concat([pl.Series("region", [], pl.String), *found])
    return Register.of(codes.unique().sort().to_frame()).frame
