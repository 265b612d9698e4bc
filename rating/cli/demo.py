"""The command ``rating demo``: invented registers of the full section."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from rating.cli.options import output
from rating.cli.streams import say
from rating.definitions import files
from rating.definitions.definition import toml_of
from rating.errors import DefinitionError, Problem, UsageError
from rating.inputs.demo import world, writing
from rating.publish.files import flush

SECTION = "hitech"
"""The section whose registers and sectors the data are of."""


def write_demo(
    firms: Annotated[
        int, typer.Option(min=writing.LEAST, help="How many firms; each has up to four years.")
    ] = world.SMALL,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same tables.")] = 1,
    out: Annotated[Path, output("The folder to write.")] = Path("demo"),
    format: Annotated[
        writing.Format, typer.Option(help="Of all tables; auto: CSV for short ones.")
    ] = "auto",
) -> None:
    """Write invented data for every table of the full section.

    sources.toml marks them as synthetic, and so is whatever is made from them. An earlier folder
    of such data is replaced; no other folder is.
    """
    target = out.resolve()
    _require_ours(target, out)
    made = world.of(files.load(SECTION).sector, firms=firms, seed=seed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as place:
        part = Path(place) / "new"
        part.mkdir()
        rows = writing.write(made, part, format=format)
        for file in (*part.iterdir(), part):
            flush(file)
        if target.exists():
            target.rename(Path(place) / "old")
        part.rename(target)
        flush(target.parent)
    say(f"written: {out}, {len(rows)} tables, {sum(rows.values())} rows, {rows['firms']} of firms")
    say("Every row is invented; sources.toml says so.")


def _require_ours(target: Path, shown: Path) -> None:
    """A folder that holds anything but invented data is not replaced.

    Raises:
        UsageError: the place is taken.
    """
    if not target.exists():
        return
    try:
        told = toml_of(target / "sources.toml", "sources.toml")
    except DefinitionError:
        told = {}
    held = list(target.iterdir()) if target.is_dir() else [target]
    tables = {name for name, given in files.load(SECTION).inputs.items() if given.base is None}
    foreign = [one.name for one in held if one.name != "sources.toml" and one.stem not in tables]
    if held and (told.get("synthetic") is not True or foreign):
        marked = told.get("synthetic") is True
        what = f"holds {min(foreign)} as well" if marked else "holds no synthetic data"
        what = f"is there already and {what}"
        raise UsageError(Problem(str(shown), what, "choose another place: --out FOLDER"))
