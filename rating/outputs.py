"""Where an output may go: to a place that is named, in a format that is known, on no input."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from rating.errors import Problem, UsageError

# Two files of one name and these endings are one table twice, which cannot be read again.
TABLES = (".csv", ".parquet", ".xlsx")


def filled(path: str | os.PathLike[str]) -> Path:
    """A path as it was given, refused where it is empty: that would mean the folder one is in.

    Raises:
        UsageError: it is empty.
    """
    if not os.fspath(path).strip():
        raise UsageError(Problem("a path", "is empty", "name a file or folder; '.' is this folder"))
    return Path(path)


def require_ending(path: str | os.PathLike[str], endings: Iterable[str]) -> Path:
    """The path, where its ending is that of a format, in capitals or not.

    Args:
        path: of the file to write.
        endings: those of the formats that can be written there.

    Raises:
        UsageError: it has another ending, or none to choose a format by, is a folder, or is empty.

    Example:
        >>> require_ending("ranking.PDF", [".pdf"]).name
        'ranking.PDF'
    """
    target, known = filled(path), tuple(endings)
    if target.is_dir():
        raise UsageError(Problem(str(target), "is a folder", f"name a file in it: out{known[0]}"))
    # A name without an ending tells nothing wrong, where there is one format alone.
    if target.suffix.lower() not in (known if len(known) > 1 else (*known, "")):
        what = f"'{target.suffix}' is no format" if target.suffix else "the name has no ending"
        shown = " or ".join(f"{target.stem or 'out'}{ending}" for ending in known)
        raise UsageError(Problem(str(target), f"{what} that can be written", f"name it {shown}"))
    return target


def require_apart(
    paths: Iterable[str | os.PathLike[str]],
    inputs: Iterable[str | os.PathLike[str]],
    *,
    tables: bool = True,
) -> None:
    """Refuse outputs that would stand on an input, or beside it as the same table.

    The same file is known through links, other spellings of its folder and other capitals.

    Args:
        paths: what is to be written.
        inputs: what was read for it.
        tables: whether the inputs are tables of a folder, each known by its name.

    Raises:
        UsageError: with every output that would destroy an input.
    """
    read = [Path(file) for file in inputs]
    entries = [(file, {_entry(file), _key(os.path.realpath(file))}) for file in read]
    problems = []
    for path in map(Path, paths):
        own, found = _entry(path), None
        for file, known in entries:
            if own in known or _same(path, file):
                found = f"is the input {file.name}, which it would overwrite"
                break
            folder, name = os.path.split(own)
            twins = {os.path.splitext(one) for one in known if os.path.dirname(one) == folder}
            stem, suffix = os.path.splitext(os.path.join(folder, name))
            if tables and suffix in TABLES and any(s == stem and e in TABLES for s, e in twins):
                found = f"would be the same table as the input {file.name}"
                break
        if found:
            problems.append(Problem(str(path), found, "choose another place for the output"))
    if problems:
        raise UsageError(problems)


def _entry(path: Path) -> str:
    """The name in its folder: what replacing the file replaces, even where it is a link."""
    whole = Path(os.path.abspath(path))
    return _key(os.path.join(os.path.realpath(whole.parent), whole.name))


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _same(path: Path, file: Path) -> bool:
    return path.exists() and file.exists() and path.samefile(file)
