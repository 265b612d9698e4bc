"""Whether this machine has all that the library needs, and the line that installs what it lacks."""

from __future__ import annotations

import platform
import sys
from ctypes.util import find_library
from importlib import metadata

from rating import resources
from rating.errors import RatingError

PACKAGES = ("duckdb", "polars", "pydantic", "numpy", "scipy", "jinja2", "weasyprint", "pikepdf")
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}


def examine() -> tuple[list[str], bool]:
    """One line a thing, and whether all of them are there."""
    lines: list[str] = []
    healthy = sys.version_info >= (3, 11)
    lines.append(
        _line("python", platform.python_version(), healthy, "install Python 3.11 or newer")
    )
    for name in PACKAGES:
        try:
            lines.append(_line(name, metadata.version(name), True))
        except metadata.PackageNotFoundError:
            healthy = False
            lines.append(_line(name, "missing", False, "pip install hitech-rating"))
    lacking = [package for name, package in LIBRARIES.items() if find_library(name) is None]
    for name, package in LIBRARIES.items():
        there = package not in lacking
        lines.append(_line(name, "found" if there else "missing", there))
    if lacking:
        healthy = False
        lines.append(f"  apt-get install -y --no-install-recommends {' '.join(lacking)}")
    for name in ("indicators", "data", "reports"):
        try:
            resources.folder(name)
            lines.append(_line(f"{name}/", "found", True))
        except RatingError as error:
            healthy = False
            lines.append(_line(f"{name}/", str(error), False))
    fonts = sorted((resources.folder("reports") / "fonts").glob("*.ttf"))
    healthy = healthy and bool(fonts)
    lines.append(_line("fonts of the report", str(len(fonts)), bool(fonts)))
    lines.append("all is well" if healthy else "something is missing")
    return lines, healthy


def _line(name: str, found: str, good: bool, remedy: str = "") -> str:
    return f"{'ok ' if good else 'NO '} {name:22} {found}" + (f"  ({remedy})" * (not good))
