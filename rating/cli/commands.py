"""The commands: what each takes, does and prints."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import typer

from rating.cli import convert
from rating.cli.demo import write_demo
from rating.cli.options import (
    AllowRefused,
    AllowUnranked,
    AsOf,
    Audience,
    Boundaries,
    Brief,
    Contact,
    Draws,
    EachRegion,
    Edition,
    Folder,
    Fonts,
    Language,
    OneRegion,
    ReportFile,
    SectionName,
    Sector,
    Seed,
    Top,
    Verbose,
    output,
    place,
)
from rating.cli.ranking import require_ranked
from rating.cli.ranking import top as first_places
from rating.cli.schema import write_schemas
from rating.cli.start import code_of, loaded, rated, read_data
from rating.cli.streams import say
from rating.definitions import files
from rating.errors import Problem, UsageError
from rating.laws.check import check
from rating.outputs import require_ending
from rating.publish import tables
from rating.rate import Engine
from rating.resources import VERSION

log = logging.getLogger("rating")

app = typer.Typer(
    help="Rate regions by declared indicators and publish the ranking.",
    epilog="Exit codes: 0 fine, 1 findings, 2 usage or definition, 3 data, 70 a bug of ours.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
make = typer.Typer(
    help="Write a section or an indicator to start from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(make, name="new")
app.add_typer(convert.app, name="convert")
app.command("demo")(write_demo)
app.command("schema")(write_schemas)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"rating {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """What stands before a command."""


@app.command("rate")
def rate_edition(
    section: SectionName,
    data: Folder,
    edition: Edition,
    out: Annotated[Path, output("The folder to write.")],
    sector: Sector = None,
    as_of: AsOf = None,
    engine: Annotated[
        Engine, typer.Option(help="What takes the measures of large registers.")
    ] = "duckdb",
    memory: Annotated[
        str | None, typer.Option(help="What the database may take, as 2GB; else 80 % of all.")
    ] = None,
    allow_refused: AllowRefused = False,
    allow_unranked: AllowUnranked = False,
    verbose: Verbose = False,
) -> None:
    """Rate an edition and write ranks, scores and values.

    The folder gets ranks.csv, scores.csv, values.csv, refused.csv and manifest.json.
    """
    result = rated(section, data, edition, sector, as_of, allow_refused, engine, memory)
    require_ranked(result, allow_unranked)
    result.save(out)
    say(first_places(result))
    say(f"\nwritten to {out}: {', '.join(tables.FILES)}")
    say("values.csv is the operator's own and confidential.")


@app.command("report")
def write_report(
    section: SectionName,
    data: Folder,
    edition: Edition,
    out: ReportFile,
    lang: Language = "en",
    sector: Sector = None,
    as_of: AsOf = None,
    region: OneRegion = None,
    each_region: EachRegion = False,
    brief: Brief = False,
    contact: Contact = "",
    audience: Audience = "public",
    top: Top = None,
    boundaries: Boundaries = None,
    font: Fonts = None,
    draws: Draws = None,
    seed: Seed = None,
    allow_refused: AllowRefused = False,
    allow_unranked: AllowUnranked = False,
    verbose: Verbose = False,
) -> None:
    """Write the report of an edition as a PDF, or as a workbook where the file is .xlsx.

    With --region, the profile of a region alone; with --each-region, those of all, in a folder.
    With --draws, every place with its interval over the assumptions that the section declares
    uncertain.
    """
    from rating.cli import doctor

    doctor.require_libraries()
    alone = [given for given in (region is not None, each_region, brief) if given]
    if len(alone) > 1:
        what = "are three different publications"
        raise UsageError(Problem("--region, --each-region, --brief", what, "give one of them"))
    book = not each_region and require_ending(out, [".pdf", ".xlsx"]).suffix.lower() == ".xlsx"
    if book and (alone or draws is not None or boundaries or audience != "public"):
        what = "the workbook holds the edition: of the options only --top and --lang are for it"
        raise UsageError(Problem(str(out), what, "leave the others out, or write a PDF"))
    if seed is not None and draws is None:
        raise UsageError(Problem("--seed", "nothing is drawn", "say how often: --draws 10000"))
    from rating.publish.fonts import own

    fonts = own(font or ())
    result = rated(section, data, edition, sector, as_of, allow_refused)
    require_ranked(result, allow_unranked)
    if book:
        say(f"written: {result.to_xlsx(out, lang=lang, top=top)}")
        return
    code = None if region is None else code_of(result, region)
    sure = None
    if draws is not None:
        sure = result.uncertainty(draws=draws, seed=1 if seed is None else seed)
        log.info("drawn: %r", sure)
    if each_region:
        from rating.publish.many import each_region as write_each

        made = write_each(
            result, out, lang=lang, sure=sure, audience=audience, top=top, fonts=fonts
        )
        say(f"written to {out}: {len(made)} profiles")
        return
    made_one = result.to_pdf(
        out,
        lang=lang,
        region=code,
        sure=sure,
        audience=audience,
        top=top,
        boundaries=boundaries,
        brief=brief,
        contact=contact,
        fonts=fonts,
    )
    say(f"written: {made_one}")


@app.command("check")
def check_definitions(
    section: SectionName,
    data: Annotated[
        Path | None,
        typer.Argument(metavar="DATA", parser=place, help="A folder of data, to check values too."),
    ] = None,
    sector: Sector = None,
    allow_refused: AllowRefused = False,
    verbose: Verbose = False,
) -> None:
    """Check the examples, the laws and what is declared.

    With DATA also what the values show: bounds, spread, coverage and double counting. SECTION may
    be the file of one indicator. Anything found ends with exit code 1.
    """
    if section.endswith(".toml") and data is None:
        found = check(files.load_indicator(section))
    else:
        chosen = loaded(section)
        given = None if data is None else read_data(data, chosen, allow_refused)
        found = check(chosen, given, sector=sector)
    say(str(found))
    if not found.ok:
        raise typer.Exit(1)


@app.command("explore")
def write_explorer(
    section: SectionName,
    data: Folder,
    edition: Edition,
    out: Annotated[Path, output("The HTML file to write.")],
    lang: Language = "en",
    sector: Sector = None,
    as_of: AsOf = None,
    top: Top = None,
    allow_refused: AllowRefused = False,
    allow_unranked: AllowUnranked = False,
    verbose: Verbose = False,
) -> None:
    """Write the ranking as one page whose reader moves the weights."""
    result = rated(section, data, edition, sector, as_of, allow_refused)
    require_ranked(result, allow_unranked)
    say(f"written: {result.to_html(out, lang=lang, top=top)}")


@app.command("explain")
def explain_region(
    section: SectionName,
    data: Folder,
    region: Annotated[str, typer.Argument(metavar="REGION", help="Its code or name.")],
    edition: Edition,
    sector: Sector = None,
    as_of: AsOf = None,
    lang: Language = "en",
    format: Annotated[
        Literal["text", "json"], typer.Option(help="Lines to read, or JSON.")
    ] = "text",
    allow_refused: AllowRefused = False,
    verbose: Verbose = False,
) -> None:
    """Take the score of a region apart.

    From the index down to indicators, the numbers behind them and their sources.
    """
    from rating.analysis.explain import explain

    result = rated(section, data, edition, sector, as_of, allow_refused)
    found = explain(result, code_of(result, region), lang=lang)
    if format == "text":
        say(found.to_text(lang))
        return
    outcome = result.ranks.filter(pl.col("region") == found.region).row(0, named=True)
    content = {
        "section": result.section.id,
        "edition": edition,
        "name": found.name,
        **outcome,
        "rows": found.rows.to_dicts(),
        "values": found.values.to_dicts(),
        "measures": found.measures.to_dicts(),
    }
    say(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))


@make.command("section")
def new_section(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", parser=place)] = Path("my_section"),
) -> None:
    """Write a section with invented figures of five regions."""
    from rating.cli import new

    say(new.section(folder))


@make.command("indicator")
def new_indicator(
    file: Annotated[Path, typer.Argument(metavar="FILE", parser=place)] = Path("my_indicator.toml"),
) -> None:
    """Write an indicator with its keys explained."""
    from rating.cli import new

    say(new.indicator(file))


@app.command("doctor")
def examine() -> None:
    """Look whether this machine has what is needed."""
    from rating.cli import doctor

    text, well = doctor.examine()
    say(text)
    if not well:
        raise typer.Exit(1)
