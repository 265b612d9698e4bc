"""sources.toml: where the figures of a data folder come from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from rating.definitions import definition
from rating.definitions.model import Source
from rating.errors import DefinitionError, Problem, nearest


def read(files: Iterable[Path], problems: list[Problem]) -> tuple[Source, ...]:
    """The ``[[source]]`` entries of the files; what is wrong is added to ``problems``."""
    sources: list[Source] = []
    for path in files:
        try:
            content = tomllib.loads(path.read_bytes().decode("utf-8"))
        except UnicodeDecodeError:
            problems.append(Problem(path.name, "the file is not UTF-8", "save it as UTF-8"))
            continue
        except (tomllib.TOMLDecodeError, OSError) as error:
            problems.append(Problem(path.name, f"not TOML: {error}", "write [[source]] entries"))
            continue
        for name in content:
            if name != "source":
                what = f"unknown key '{name}'"
                problems.append(Problem(path.name, what, nearest(name, ["source"])))
        entries = content.get("source", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            problems.append(Problem(path.name, "'source' is not a list", "write [[source]]"))
            continue
        for number, entry in enumerate(entries, start=1):
            try:
                sources.append(definition.build(Source, entry, f"{path.name}, source {number}"))
            except DefinitionError as error:
                problems += error.problems
    return tuple(sources)
