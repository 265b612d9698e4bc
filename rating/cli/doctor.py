"""What the library needs of a machine: packages, system libraries, its own files."""

from __future__ import annotations

import ctypes
import ctypes.util
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from rating import resources
from rating.definitions import files
from rating.errors import Problem, RatingError, UsageError
from rating.publish import fonts

PACKAGES = (
    "babel",
    "duckdb",
    "fastexcel",
    "hypothesis",
    "jinja2",
    "numpy",
    "pikepdf",
    "polars",
    "pydantic",
    "pyphen",
    "scipy",
    "typer",
    "weasyprint",
    "xlsxwriter",
)
# The libraries that set the type of the PDF, with the Debian packages that hold them.
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}


def examine() -> tuple[str, bool]:
    """What was looked at, a line each, and whether all of it is well."""
    found = [*_python(), *_packages(), *_libraries(), *_fonts(), *_sections()]
    lines = [f"{'ok     ' if well else 'missing'}  {text}" for well, text in found]
    return "\n".join(lines), all(well for well, _ in found)


def require_libraries() -> None:
    """Stop before a report is computed that cannot be set.

    Raises:
        UsageError: a system library is missing; with the line that installs it.
    """
    missing = _missing_libraries()
    if missing:
        names = ", ".join(missing)
        raise UsageError(Problem("the PDF", f"needs system libraries: {names}", _apt(missing)))


def _python() -> Iterator[tuple[bool, str]]:
    yield sys.version_info >= (3, 11), f"python {platform.python_version()} (3.11 or newer)"
    yield True, f"rating {resources.VERSION}"


def _packages() -> Iterator[tuple[bool, str]]:
    for name in PACKAGES:
        try:
            yield True, f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield False, f"{name}: pip install {name}"


def _libraries() -> Iterator[tuple[bool, str]]:
    missing = _missing_libraries()
    for name in LIBRARIES:
        yield name not in missing, f"{name}{': ' + _apt([name]) if name in missing else ''}"


def _missing_libraries() -> list[str]:
    missing = []
    for name in LIBRARIES:
        try:
            ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so.0")
        except OSError:
            missing.append(name)
    return missing


def _apt(names: list[str]) -> str:
    packages = " ".join(LIBRARIES[name] for name in names)
    return f"on Debian: sudo apt-get install -y --no-install-recommends {packages}"


def _fonts() -> Iterator[tuple[bool, str]]:
    try:
        count, letters = len(fonts.files()), len(fonts.letters())
    except (OSError, RatingError) as error:
        yield False, f"fonts: {error}; reinstall hitech-rating"
    else:
        yield bool(count and letters), f"fonts: {count} files, {letters} characters"


def _sections() -> Iterator[tuple[bool, str]]:
    try:
        folder = resources.folder("indicators")
    except RatingError as error:
        yield False, str(error).replace("\n", "")
        return
    for path in sorted(folder.glob("*/section.toml")):
        yield _section(path.parent)


def _section(folder: Path) -> tuple[bool, str]:
    try:
        section = files.load(folder)
    except RatingError as error:
        return False, f"section {folder.name}: {len(error.problems)} problems; reinstall"
    return True, f"section {section.id}: {len(section.indicator)} indicators"
