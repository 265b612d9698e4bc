"""The command ``rating schema``: the JSON schemas of the definition files, for an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from rating.cli.options import output
from rating.cli.streams import say
from rating.definitions.schema import schemas
from rating.publish.files import write_folder


def write_schemas(
    out: Annotated[Path, output("The folder to write; other files in it stay.")] = Path("schema"),
) -> None:
    """Write the JSON schemas of the definition files, by which an editor completes and checks."""
    made = {name: text.encode() for name, text in schemas().items()}
    write_folder(out, made)
    for name in made:
        say(f"written: {out / name}")
