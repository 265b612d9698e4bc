"""The profiles of all regions, a file each, made by as many processes as there are cores.

Pages are composed here, which is quick; a process gets a finished document and sets it, which is
not. Nothing of the rating but those pages leaves this process.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from rating.errors import Problem, RatingError, UsageError
from rating.outputs import filled, require_apart
from rating.publish import names, report
from rating.publish.compose import Audience
from rating.publish.facts import Region
from rating.publish.files import write_whole
from rating.publish.fonts import using
from rating.publish.material import collect, owned
from rating.publish.report import SQUEEZES, Document, MisfitError
from rating.publish.texts import Speaker
from rating.text import Lang

if TYPE_CHECKING:
    from rating.analysis.uncertainty import Uncertainty
    from rating.result import Rating

Told = Callable[[int, int], None]


def each_region(
    result: Rating,
    folder: Path | str,
    *,
    lang: Lang = "en",
    sure: Uncertainty | None = None,
    audience: Audience = "public",
    top: int | None = None,
    processes: int | None = None,
    progress: bool | None = None,
    fonts: Sequence[Path | str] = (),
) -> list[Path]:
    """Write the profile of every region as ``<code>.pdf`` in a folder.

    Args:
        result: what ``rating.rate`` returned.
        folder: where the files go; it is made if need be.
        lang: ``en`` or ``ru``.
        sure: what ``uncertainty`` of the rating returned.
        audience: ``public``, or ``own``: each region's own edition, confidential.
        top: in a public edition, only the profiles of so many first regions.
        processes: how many; as many as cores by default. The files do not depend on it.
        progress: a bar on stderr; by default on a terminal.
        fonts: TTF or OTF files for the letters that the report's own fonts lack.

    Returns:
        The paths, in the order of the ranking.

    Raises:
        UsageError: the folder is a file, or a code cannot be the name of one.
        DataError: a name has a letter that the report's fonts lack.
    """
    place = filled(folder)
    if place.exists() and not place.is_dir():
        raise UsageError(Problem(str(place), "is a file", "name a folder"))
    report.together(lang, "each", audience, top, brief=False)
    material, say = collect(result, sure=sure, top=top), Speaker(lang)
    regions = material.facts.profiled
    paths = [place / f"{file_name(region)}.pdf" for region in regions]
    require_apart(paths, result.files)

    def compose(number: int, squeeze: int) -> Document:
        region = regions[number]
        if audience == "public":
            return report.single(material, region, say, squeeze)
        own = owned(material, region.code)
        return report.single(own, report.chosen(own, region.code), say, squeeze, audience)

    many = min(processes or os.cpu_count() or 1, len(regions))
    barred = sys.stderr.isatty() if progress is None else progress
    with using(fonts):
        names.check(material.facts)
        _all(compose, paths, many, _bar if barred else _silent)
    return paths


def file_name(region: Region) -> str:
    """A code as the name of a file: letters, digits, dash and underscore.

    Raises:
        UsageError: it has others, or none, or too many.
    """
    plain = all(one.isalnum() or one in "-_" for one in region.code)
    if not plain or not 0 < len(region.code) <= 80:
        raise UsageError(
            Problem(f"region '{region.code}'", "its code cannot be the name of a file", "rename it")
        )
    return region.code


def _all(
    compose: Callable[[int, int], Document], paths: list[Path], processes: int, told: Told
) -> None:
    if processes < 2:
        for number, path in enumerate(paths):
            write_whole(path, report.rendered(lambda squeeze, n=number: compose(n, squeeze)))  # type: ignore[misc]
            told(number + 1, len(paths))
        return
    # A fresh process: a forked one would share locks with the threads of the database.
    context = multiprocessing.get_context("spawn")
    left = [(number, 0) for number in reversed(range(len(paths)))]
    done = 0
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        running: dict[Future[bool], tuple[int, int]] = {}
        while left or running:
            # So many composed pages at once as keep everybody at work, and no more in memory.
            while left and len(running) < 2 * processes:
                number, squeeze = left.pop()
                future = pool.submit(_write, compose(number, squeeze), paths[number])
                running[future] = (number, squeeze)
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                number, squeeze = running.pop(future)
                if future.result():
                    done += 1
                    told(done, len(paths))
                elif squeeze + 1 < SQUEEZES:
                    left.append((number, squeeze + 1))
                else:
                    what = "a profile does not fit its pages"
                    raise RatingError(Problem(str(paths[number]), what, "shorten names and units"))


def _write(document: Document, path: Path) -> bool:
    """Set a document and write it; whether it fitted its pages."""
    try:
        write_whole(path, report.printed(document))
    except MisfitError:
        return False
    return True


def _silent(done: int, of: int) -> None:
    """Nobody watches."""


def _bar(done: int, of: int) -> None:
    full = 40 * done // of
    end = "\n" if done == of else ""
    sys.stderr.write(f"\r{'#' * full}{'.' * (40 - full)} {done}/{of}{end}")
    sys.stderr.flush()
