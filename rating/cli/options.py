"""What many commands take: section, data, edition, sector, language."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rating.errors import UsageError
from rating.outputs import filled
from rating.text import Lang


def place(text: str | Path) -> Path:
    """A path of the command line; an empty one, as of an unset variable, is none."""
    try:
        return filled(text)
    except UsageError as error:
        raise typer.BadParameter(f"the path {error.problems[0].what}") from None


def output(help: str) -> Any:
    """An option that names what is written."""
    return typer.Option(metavar="PATH", parser=place, help=help)


SectionName = Annotated[
    str, typer.Argument(metavar="SECTION", help="A shipped section, or a folder of definitions.")
]
Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", parser=place, help="A folder with a file for each declared table."
    ),
]
Edition = Annotated[int, typer.Option(min=1900, max=2100, help="The year to rate.")]
Sector = Annotated[str | None, typer.Option(help="The sector within which regions are compared.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day spoken of; else 31 December."),
]
AllowRefused = Annotated[
    bool, typer.Option("--allow-refused", help="Leave refused rows out instead of stopping.")
]
AllowUnranked = Annotated[
    bool, typer.Option("--allow-unranked", help="Go on where no region has a place.")
]
Language = Annotated[Lang, typer.Option(help="The language of names and texts.")]
Top = Annotated[
    int | None,
    typer.Option(min=1, help="Tell the places of so many first; of the others the group."),
]
Audience = Annotated[
    Literal["public", "own"],
    typer.Option(help="The public, or the region itself: in full and confidential."),
]
Brief = Annotated[bool, typer.Option("--brief", help="The investor brief instead of the report.")]
Contact = Annotated[str, typer.Option(help="Whom the reader of the brief may ask.")]
OneRegion = Annotated[
    str | None, typer.Option(help="The profile of one region alone: its code or name.")
]
EachRegion = Annotated[
    bool, typer.Option("--each-region", help="The profile of every region, a file each.")
]
Fonts = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="A TTF or OTF for letters ours lack; may be repeated."),
]
Draws = Annotated[
    int | None,
    typer.Option(min=1, help="Draw the declared assumptions so often: intervals of places."),
]
Seed = Annotated[int | None, typer.Option(min=0, help="The seed of the draws; 1 if not given.")]
# Heard by run.py, which also shows tracebacks then.
Verbose = Annotated[bool, typer.Option("--verbose", help="Log each step on stderr.")]


ReportFile = Annotated[
    Path, output("The PDF, or the workbook FILE.xlsx; a folder with --each-region.")
]
Boundaries = Annotated[Path | None, output("A GeoJSON file of the regions, for a map.")]
