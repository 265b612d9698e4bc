"""Sections in files: a folder of TOML, read into one model, every problem told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rating import resources
from rating.definitions.definition import build, toml_of
from rating.definitions.model import Indicator
from rating.definitions.parsing import ahead
from rating.definitions.section import Section
from rating.definitions.shared import shared_inputs, sharing
from rating.errors import DefinitionError, Problem, UsageError, nearest

# What a section may hold in files of its own.
_PARTS = {"input", "sector", "chain", "checklist"}


def load(section: str | Path) -> Section:
    """Load a section: a name that is shipped, or a folder with ``section.toml``.

    Args:
        section: ``hitech_open`` or the path of a folder.

    Raises:
        UsageError: there is no such section or folder.
        DefinitionError: with every problem of every file.

    Example:
        >>> load("hitech_open").name.en
        'Hi-tech investment climate, open-data edition'
    """
    folder = _folder(section)
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    found: list[tuple[str, dict[str, Any]]] = []
    parts: dict[str, Any] = {}
    unread = False
    for file in sorted(folder.rglob("*.toml"), key=lambda path: path.relative_to(folder).parts):
        # The sources of figures, where the data stand inside the folder of the section.
        if file.name == "sources.toml":
            continue
        where = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        try:
            content = toml_of(file, where)
        except DefinitionError as error:
            problems += error.problems
            unread = unread or file == folder / "section.toml"
            continue
        if file == folder / "section.toml":
            values = content
        elif content and set(content) <= _PARTS:
            problems += _gathered(parts, content, where)
        elif "indicator" not in content:
            found.append((where, content))
        listed = content.pop("indicator", [])
        if not isinstance(listed, list):
            problems.append(Problem(where, "indicator is one table", "write [[indicator]]"))
            continue
        found += [(f"{where}, indicator {n}", item) for n, item in enumerate(listed, 1)]
        if file != folder / "section.toml" and listed and content:
            names = ", ".join(sorted(content))
            what = f"keys beside [[indicator]]: {names}"
            problems.append(Problem(where, what, "write them in one, as [indicator.input.<table>]"))
    if unread:
        # What the section declares is not known: nothing of it is missing.
        raise DefinitionError(problems)
    problems += _gathered(values, parts, f"{folder.name}/section.toml")
    shared, wrong = shared_inputs(values.get("input", {}), folder.name)
    values = {**values, "input": shared}
    problems += wrong
    indicators = []
    with ahead(_formulas(content for _, content in found)):
        for where, content in found:
            try:
                indicators.append(build(Indicator, sharing(content, shared), where))
            except DefinitionError as error:
                problems += error.problems
    try:
        # Indicators that failed would leave nodes without children: those are not reported twice.
        if problems:
            bare = {**values, "indicator": [], "chain": []}
            build(Section, bare, f"{folder.name}/section.toml")
        else:
            whole = {**values, "indicator": indicators}
            section_made = build(Section, whole, f"{folder.name}/section.toml")
            section_made.__dict__["origin"] = tuple(folder.rglob("*.toml"))
            return section_made
    except DefinitionError as error:
        hidden = "a node without children" if problems else None
        places: dict[str, list[str]] = {}
        for where, content in found:
            places.setdefault(str(content.get("id")), []).append(where)
        problems += [
            _placed(problem, f"{folder.name}/section.toml", places)
            for problem in error.problems
            if problem.what != hidden
        ]
    raise DefinitionError(problems)


def _formulas(written: Iterable[Any]) -> Iterator[str]:
    """The formulas of indicators as they are written, whatever else is wrong with them."""
    for content in written:
        versions = content.get("version") if isinstance(content, dict) else None
        for version in versions if isinstance(versions, list) else ():
            given = version if isinstance(version, dict) else {}
            tables = given.get("measures")
            measures = tables.values() if isinstance(tables, dict) else ()
            texts = [text for one in measures if isinstance(one, dict) for text in one.values()]
            texts += [given.get("value"), given.get("estimate")]
            yield from (text for text in texts if isinstance(text, str))


def _gathered(into: dict[str, Any], content: dict[str, Any], where: str) -> list[Problem]:
    """Shared inputs, sectors, chains and the checklist of one file, added to those before."""
    problems = []
    for key in sorted(_PARTS & set(content)):
        part, known = content.pop(key), into.setdefault(key, {} if key == "input" else [])
        if key == "input" and isinstance(part, dict) and isinstance(known, dict):
            twice = sorted(set(part) & set(known))
            problems += [Problem(where, f"input '{name}' is declared twice") for name in twice]
            into[key] = {**known, **part}
        elif key != "input" and isinstance(part, list) and isinstance(known, list):
            into[key] = [*known, *part]
        else:
            written = "[input.<table>]" if key == "input" else f"[[{key}]]"
            problems.append(Problem(where, f"'{key}' is not written as {written}"))
    return problems


def _placed(problem: Problem, section: str, places: Mapping[str, list[str]]) -> Problem:
    """A problem of the section under the file that holds the indicator it speaks of."""
    id, *rest = problem.where.removeprefix(f"{section}, ").split(", ")
    if id not in places:
        return problem
    return replace(problem, where=", ".join([" and ".join(places[id]), *rest]))


def load_indicator(file: str | Path) -> Indicator:
    """Load the indicator of a file that holds one.

    Raises:
        UsageError: there is no such file.
        DefinitionError: with every problem of the file.
    """
    path = Path(file)
    if not path.is_file():
        raise UsageError(Problem(str(file), "no such file", "rating new indicator makes one"))
    where = path.name
    return build(Indicator, toml_of(path, where), where)


def _folder(section: str | Path) -> Path:
    folder = Path(section)
    if (folder / "section.toml").exists():
        return folder.resolve()
    shipped = resources.folder("indicators")
    names = sorted(path.parent.name for path in shipped.glob("*/section.toml"))
    if str(section) in names:
        return shipped / str(section)
    if folder.is_dir():
        raise UsageError(
            Problem(str(section), "the folder has no section.toml", "rating new section makes one")
        )
    raise UsageError(
        Problem(str(section), "no such section or folder", nearest(str(section), names))
    )
