"""The command ``rating explore``: a ranking whose reader moves the weights, as one HTML file."""

from __future__ import annotations

from pathlib import Path

from rating.errors import Problem, UsageError
from rating.result import Rating
from rating.text import Lang


def explore(result: Rating, out: Path, lang: Lang, top: int | None = None) -> str:
    """Write the explorer and say where it is.

    Args:
        result: the rated edition.
        out: the HTML file.
        lang: the language it opens in.
        top: tell so many first regions; of the others only the group.

    Returns:
        The line to print.

    Raises:
        UsageError: the place is a folder or cannot be written.
    """
    if out.is_dir():
        raise UsageError(Problem(str(out), "is a folder", "name the page: --out FILE.html"))
    return f"written: {result.to_html(out, lang=lang, top=top)}"
