"""What many commands take: section, data, edition, sector, language."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

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
# Heard by run.py, which also shows tracebacks then.
Verbose = Annotated[bool, typer.Option("--verbose", help="Log each step on stderr.")]
