"""Where the files shipped with the library are: in the wheel, or in the checkout beside it."""

from __future__ import annotations

from pathlib import Path

from rating.errors import Problem, UsageError

VERSION = "0.1.0"
_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder of shipped files: ``indicators``, ``data`` or ``reports``.

    Raises:
        UsageError: the installation holds no such folder.
    """
    for place in (_PACKAGE / "_resources" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise UsageError(
        Problem(f"the folder {name}/ of the library", "is not installed", "reinstall hitech-rating")
    )
