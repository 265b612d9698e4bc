"""The command line: results on stdout, what is wrong on stderr, an exit code for each."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from typer.core import TyperGroup

from rating.analysis.explain import explain as explained
from rating.definitions.files import load
from rating.errors import DataError, Problem, RatingError, UsageError
from rating.inputs.regions import Register
from rating.inputs.tables import Data, read
from rating.laws.check import check as checked
from rating.publish.doctor import examine
from rating.publish.templates import new_indicator, new_section
from rating.rate import rate as rated
from rating.resources import VERSION
from rating.result import Rating
from rating.text import Lang

BUG = 70
_SHOWN = 20


class _InOrder(TyperGroup):
    """Commands in the order of the work, not of the alphabet."""

    def list_commands(self, ctx: object) -> list[str]:
        return list(self.commands)


app = typer.Typer(
    cls=_InOrder,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Regional ratings from declared indicators: check, rate, explain, report.",
    epilog="Exit codes: 0 fine, 1 findings, 2 wrong command or definition, 3 data, 70 a bug.",
)

SectionName = Annotated[
    str, typer.Argument(metavar="SECTION", help="A shipped name or a folder with section.toml.")
]
DataFolder = Annotated[str, typer.Argument(metavar="DATA", help="The folder with the tables.")]
Edition = Annotated[int, typer.Option(help="The year.", min=1900, max=2100)]
Language = Annotated[Lang, typer.Option("--lang", help="The language: en or ru.")]
AllowRefused = Annotated[
    bool, typer.Option("--allow-refused", help="Leave refused rows out instead of stopping.")
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rating {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and end.", is_eager=True, callback=_version
        ),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Write a log to stderr.")] = False,
) -> None:
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


# ----------------------------------------------------------------------------------------- commands


@app.command()
def new(
    what: Annotated[str, typer.Argument(metavar="section|indicator", help="What to begin.")],
    place: Annotated[
        str | None, typer.Argument(metavar="[PLACE]", help="The folder or file to write.")
    ] = None,
) -> None:
    """Begin a section or an indicator from a template that works at once."""
    makers = {"section": new_section, "indicator": new_indicator}
    if what not in makers:
        raise UsageError(Problem("rating new", f"no template '{what}'", "section or indicator"))
    typer.echo(makers[what](place))


@app.command()
def check(
    section: SectionName,
    data: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="The folder with the tables.")
    ] = None,
) -> None:
    """Check definitions and their examples, and with DATA what the figures show."""
    loaded = load(section)
    report = checked(loaded, read(data, loaded) if data else None)
    typer.echo(str(report))
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def rate(
    section: SectionName,
    data: DataFolder,
    edition: Edition,
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    allow_refused: AllowRefused = False,
) -> None:
    """Rate the regions: ranks, scores, values and refused rows as CSV, and a manifest."""
    result = _rated(section, data, edition, allow_refused)
    result.save(out)
    typer.echo(_top(result))
    typer.echo(f"\nwritten: {out}/ ranks.csv scores.csv values.csv refused.csv manifest.json")
    typer.echo("values.csv is the operator's own and confidential.")


@app.command()
def report(
    section: SectionName,
    data: DataFolder,
    edition: Edition,
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    lang: Language = "en",
    region: Annotated[
        str | None, typer.Option(help="Only the profile of this region: a code or a name.")
    ] = None,
    allow_refused: AllowRefused = False,
) -> None:
    """Write the annual ranking report as a PDF, or the profile of one region."""
    result = _rated(section, data, edition, allow_refused)
    code = _region(result, region) if region else None
    result.to_pdf(out, lang=lang, region=code)
    typer.echo(f"written: {out}")


@app.command()
def explain(
    section: SectionName,
    data: DataFolder,
    region: Annotated[str, typer.Argument(help="A code or a name.")],
    edition: Edition,
    lang: Language = "en",
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
    allow_refused: AllowRefused = False,
) -> None:
    """Take the score of a region apart, down to numerators, denominators and sources."""
    if format not in ("text", "json"):
        raise UsageError(Problem("--format", f"no format '{format}'", "text or json"))
    result = _rated(section, data, edition, allow_refused)
    why = explained(result, _region(result, region), lang=lang)
    if format == "text":
        typer.echo(why.to_text(lang))
        return
    content = {
        "region": why.region,
        "rows": why.rows.to_dicts(),
        "values": why.values.to_dicts(),
        "measures": why.measures.to_dicts(),
    }
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


@app.command()
def doctor() -> None:
    """Say whether all that the library needs is there, and how to install what is not."""
    lines, healthy = examine()
    typer.echo("\n".join(lines))
    if not healthy:
        raise typer.Exit(1)


# ------------------------------------------------------------------------------------------- parts


def _rated(section: str, data: str, edition: int, allow_refused: bool) -> Rating:
    loaded = load(section)
    tables = read(data, loaded)
    if tables.refused.height and not allow_refused:
        raise DataError(_refusals(tables))
    return rated(loaded, tables, edition=edition)


def _refusals(data: Data) -> list[Problem]:
    problems = [
        Problem(
            f"{row['file']}, row {row['row']}, column {row['column']}",
            f"{row['rule']}" + (f": {row['value']!r}" if row["value"] is not None else ""),
        )
        for row in data.refused.iter_rows(named=True)
    ]
    count = data.refused.height
    noun = "row is" if count == 1 else "rows are"
    return [
        *problems,
        Problem(
            f"{count} {noun} refused",
            "nothing was written",
            "mend the rows, or leave them out with --allow-refused",
        ),
    ]


def _region(result: Rating, name: str) -> str:
    """The code of a region given by code or by any name that the register knows."""
    if name in result.ranks["region"]:
        return name
    if result.section.regions is not None:
        found = Register.named(result.section.regions).resolve(pl.Series([name]))[0]
        return name if found is None else str(found)
    names = pl.any_horizontal(pl.col("^name_.*$") == name)
    named = any(column.startswith("name_") for column in result.regions.columns)
    known = result.regions.filter(names) if named else result.regions.head(0)
    return str(known["region"][0]) if known.height == 1 else name


def _top(result: Rating) -> str:
    head = result.ranks.head(_SHOWN)
    names = [result.name(region) for region in head["region"]]
    width = max(map(len, names))
    lines = [f"{result!r}", "", f"{'rank':>4}  {'region':{width}}  {'score':>6}  group"]
    for row, name in zip(head.iter_rows(named=True), names, strict=True):
        rank = "" if row["rank"] is None else row["rank"]
        score = "" if row["score"] is None else format(row["score"], ".1f")
        lines.append(f"{rank:>4}  {name:{width}}  {score:>6}  {row['group'] or row['status']}")
    if result.ranks.height > _SHOWN:
        lines.append(f"      and {result.ranks.height - _SHOWN} more")
    return "\n".join(line.rstrip() for line in lines)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end with its exit code; never a traceback for a user's mistake."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        code = app(arguments, standalone_mode=False, prog_name="rating")
        sys.stdout.flush()
    except RatingError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        return error.exit_code
    except typer.Exit as ending:
        return ending.exit_code
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has left: nothing more is to be said to it, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _ended(error, verbose="--verbose" in arguments)
    return code if isinstance(code, int) else 0


def _ended(error: Exception, *, verbose: bool) -> int:
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # click's own
        typer.echo(f"UsageError: {error.format_message()}", err=True)
        typer.echo("  see: rating --help", err=True)
        return int(error.exit_code)
    if verbose:
        raise error
    typer.echo(f"bug: {type(error).__name__}: {error}", err=True)
    typer.echo("  please report it with the command and what --verbose shows", err=True)
    return BUG
