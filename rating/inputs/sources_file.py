"""sources.toml: where the figures of a data folder come from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rating.definitions import definition
from rating.definitions.model import Source
from rating.errors import DefinitionError, Problem, nearest


def read(files: Iterable[Path], problems: list[Problem]) -> tuple[tuple[Source, ...], bool]:
    """The ``[[source]]`` entries of the files, and whether one says that figures are synthetic.

    What is wrong is added to ``problems``.
    """
    sources: list[Source] = []
    synthetic = False
    for path in files:
        try:
            content = definition.toml_of(path, path.name)
        except DefinitionError as error:
            problems += error.problems
            continue
        for name in content:
            if name not in ("source", "synthetic"):
                what = f"unknown key '{name}'"
                problems.append(Problem(path.name, what, nearest(name, ["source", "synthetic"])))
        flag = content.get("synthetic", False)
        if not isinstance(flag, bool):
            what = "'synthetic' is neither true nor false"
            problems.append(Problem(path.name, what, "write synthetic = true, before [[source]]"))
        synthetic = synthetic or flag is True
        entries = content.get("source", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            problems.append(Problem(path.name, "'source' is not a list", "write [[source]]"))
            continue
        for number, entry in enumerate(entries, start=1):
            try:
                sources.append(definition.build(Source, entry, f"{path.name}, source {number}"))
            except DefinitionError as error:
                problems += error.problems
    return tuple(sources), synthetic
