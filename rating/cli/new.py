"""Templates to start from: a section that can be checked and rated as it is written."""

from __future__ import annotations

import re
from pathlib import Path

from rating import resources
from rating.definitions.definition import ID
from rating.errors import Problem, UsageError
from rating.publish.files import write_folder, write_whole


def section(folder: Path) -> str:
    """Write a section into a new folder.

    Returns:
        What was written and the commands to go on with.

    Raises:
        UsageError: the folder is there already, or cannot be made.
    """
    _absent(folder)
    name = _id(folder.resolve().name, "my_section")
    content = {
        "section.toml": _template("section.toml").replace("my_section", name),
        "output_per_person.toml": _template("output_per_person.toml"),
        "data/region_year.csv": _template("region_year.csv"),
    }
    write_folder(folder, {place: text.encode() for place, text in content.items()})
    return "\n".join(
        [
            *(f"written: {folder / place}" for place in content),
            "",
            "next:",
            f"  rating check {folder} {folder / 'data'}",
            f"  rating rate {folder} {folder / 'data'} --edition 2024 --out out",
            f"  rating new indicator {folder / 'my_indicator.toml'}",
        ]
    )


def indicator(file: Path) -> str:
    """Write an indicator into a new file.

    Returns:
        What was written and the command to go on with.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    _absent(file)
    name = _id(file.stem, "my_indicator")
    text = _template("my_indicator.toml").replace("my_indicator", name)
    write_whole(file, text.encode())
    return "\n".join([f"written: {file}", "", "next:", f"  rating check {file}"])


def _absent(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise UsageError(Problem(str(path), "is there already", "choose another name"))


def _template(name: str) -> str:
    return (resources.folder("reports") / "new" / name).read_text("utf-8")


def _id(name: str, otherwise: str) -> str:
    """An id made of a file's name, where that is possible."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return found if ID.fullmatch(found) and len(found) <= 64 else otherwise
