"""The command ``rating convert``: a file of another format becomes a table of ours."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import typer

from rating.cli.options import output, place
from rating.cli.streams import say, tell
from rating.errors import DataError, Problem, UsageError, nearest
from rating.inputs import rmsp
from rating.inputs.emiss import read_emiss
from rating.inputs.extract import read_extract
from rating.inputs.reading import Okrugs, Reading
from rating.inputs.rosstat import read_rosstat
from rating.outputs import require_apart, require_ending
from rating.publish.files import write_whole

app = typer.Typer(
    help="Make a table of ours from a file of another format.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

LISTED = 1000
"""Refused rows that an error lists one by one."""

File = Annotated[Path, typer.Argument(metavar="FILE", parser=place, help="The file to read.")]
Out = Annotated[Path, output("The table to write: .csv or .parquet.")]
Only = Annotated[
    list[str] | None, typer.Option(help="Keep rows with this cell alone, as dim_51_0=4.")
]
Parts = Annotated[
    Okrugs, typer.Option(help="Autonomous okrugs on their own, or within their regions.")
]
AllowRefused = Annotated[
    bool, typer.Option("--allow-refused", help="Leave refused rows out instead of stopping.")
]


@app.command("emiss")
def emiss(
    file: File,
    out: Out,
    regions: Annotated[str | None, typer.Option(help="The dimension that names regions.")] = None,
    okrugs: Parts = "apart",
    only: Only = None,
    allow_refused: AllowRefused = False,
) -> None:
    """An export of EMISS: SDMX-ML 1.0."""

    def read() -> list[Reading]:
        return [read_emiss(file, regions=regions, okrugs=okrugs)]

    _write(read, file, out, only, allow_refused)


@app.command("rosstat")
def rosstat(
    file: File,
    out: Out,
    sheet: Annotated[str, typer.Option(help="The sheet, as 9.1.")],
    okrugs: Parts = "apart",
    only: Only = None,
    allow_refused: AllowRefused = False,
) -> None:
    """A sheet of Rosstat's Regions of Russia."""

    def read() -> list[Reading]:
        return [read_rosstat(file, sheet, okrugs=okrugs)]

    _write(read, file, out, only, allow_refused)


@app.command("rmsp")
def register(
    file: File,
    out: Out,
    year: Annotated[
        int | None, typer.Option(min=1900, max=2100, help="The year that the rows are of.")
    ] = None,
    only: Only = None,
    allow_refused: AllowRefused = False,
) -> None:
    """The register of small and medium enterprises: XML, or a ZIP of it.

    In constant memory, and without anybody's name.
    """
    _write(lambda: rmsp.stream(file, year=year), file, out, only, allow_refused)


@app.command("extract")
def extract(
    file: File,
    out: Out,
    column: Annotated[list[str], typer.Option(help="A column and its name here: Регион=region.")],
    encoding: Annotated[str, typer.Option(help="As cp1251.")],
    delimiter: Annotated[str, typer.Option(help="As ';'.")],
    decimal: Annotated[Literal[",", "."], typer.Option(help="What stands before tenths.")],
    number: Annotated[list[str] | None, typer.Option(help="A column here of numbers.")] = None,
    date: Annotated[list[str] | None, typer.Option(help="A column here of 31.12.2026.")] = None,
    only: Only = None,
    allow_refused: AllowRefused = False,
) -> None:
    """A CSV extract in another encoding, with decimal commas."""

    def read() -> list[Reading]:
        return [
            read_extract(
                file,
                columns=_pairs(column, "--column"),
                encoding=encoding,
                delimiter=delimiter,
                decimal=decimal,
                numbers=number or (),
                dates=date or (),
            )
        ]

    _write(read, file, out, only, allow_refused)


def _pairs(words: Sequence[str], option: str) -> dict[str, str]:
    wrong = [word for word in words if "=" not in word]
    if wrong:
        raise UsageError(Problem(option, f"'{wrong[0]}' has no '='", "write NAME=VALUE"))
    pairs = [word.rpartition("=") for word in words]
    return {name: value for name, _, value in pairs}


def _write(
    readings: Callable[[], Iterable[Reading]],
    file: Path,
    out: Path,
    only: Sequence[str] | None,
    allow_refused: bool,
) -> None:
    """Write the table whole or not at all; refused rows beside it, or instead of it as an error."""
    beside = require_ending(out, [".csv", ".parquet"]).with_name(f"{out.stem}.refused.csv")
    require_apart([out, beside], [file], tables=False)
    wanted = _pairs(only or (), "--only")
    refused, rows, count, last = [], 0, 0, None
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".") as folder:
        for number, last in enumerate(readings()):
            table = _kept(last.table, wanted)
            table.write_parquet(Path(folder) / f"{number:06d}.parquet")
            refused.append(last.refused)
            rows, count = rows + table.height, count + last.refused["row"].n_unique()
        assert last is not None, "a reader gives at least one reading"
        listed = pl.concat(refused)
        if count and not allow_refused:
            raise DataError(_problems(file, listed, count))
        _joined(Path(folder), out)
    say(f"written: {out}, {rows} of {last.provenance['rows'][0]} rows")
    for rule, number in last.left_out.group_by("rule", maintain_order=True).len().iter_rows():
        say(f"left out: {_rows(number)}: {rule}")
    for column, name in last.codes.select("column", "list").unique(maintain_order=True).iter_rows():
        say(f"{column}: {name}")
    if count:
        write_whole(beside, listed.write_csv().encode())
        tell(f"warning: refused and left out: {_rows(count)}, listed in {beside}")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _kept(table: pl.DataFrame, wanted: dict[str, str]) -> pl.DataFrame:
    for name, value in wanted.items():
        if name not in table.columns:
            remedy = nearest(name, table.columns)
            raise UsageError(Problem("--only", f"no column '{name}'", remedy))
        table = table.filter(pl.col(name).cast(pl.String) == value)
    return table


def _problems(file: Path, refused: pl.DataFrame, count: int) -> list[Problem]:
    problems = [
        Problem(_place(row), f"'{row['value']}': {row['rule']}" if row["value"] else row["rule"])
        for row in refused.head(LISTED).iter_rows(named=True)
    ]
    more = f", of which {LISTED} cells are listed" if refused.height > LISTED else ""
    what = f"refused: {_rows(count)}{more}; nothing is written"
    return [*problems, Problem(str(file), what, "mend them, or leave them out: --allow-refused")]


def _place(row: dict[str, object]) -> str:
    where = f"{row['file']}, row {row['row']}"
    return f"{where}, column {row['column']}" if row["column"] else where


def _joined(folder: Path, out: Path) -> None:
    """The pieces as one file, which appears whole."""
    whole = folder / "whole"
    pieces = pl.scan_parquet(folder / "*.parquet")
    if out.suffix.lower() == ".csv":
        pieces.sink_csv(whole)
    else:
        pieces.sink_parquet(whole)
    with whole.open("rb+") as stream:
        os.fsync(stream.fileno())
    whole.replace(out)
