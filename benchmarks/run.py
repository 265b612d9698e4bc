"""Times of the first whole slice, each beside what is allowed: ``make bench``.

CPU seconds are the operating system's own account of finished child processes (user and system);
the median of the runs is shown. Scoring is timed inside one warm process.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RATE = ["rate", "hitech_open", "data/open", "--edition", "2019"]
REPORT = ["report", "hitech_open", "data/open", "--edition", "2019", "--lang", "en"]


def process(arguments: list[str]) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one run of the command line."""
    child = subprocess.Popen(
        [sys.executable, "-m", "rating", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, arguments
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def scoring(indicators: int, times: int = 15) -> list[float]:
    """Wall seconds of scoring one edition of 85 regions in a warm process."""
    import rating

    section = rating.load("hitech_open")
    spare = ("rd_share", "students")[: len(section.indicator) - indicators]
    kept = tuple(item for item in section.indicator if item.id not in spare)
    section = section.replace(indicator=kept)
    assert len(section.indicator) == indicators
    data = rating.read(ROOT / "data" / "open", section)
    rating.rate(section, data, edition=2019)
    found = []
    for _ in range(times):
        start = time.perf_counter()
        rating.rate(section, data, edition=2019)
        found.append(time.perf_counter() - start)
    return found


def importing(times: int = 5) -> list[float]:
    """CPU seconds of ``import rating`` in a new process, the interpreter's own start included."""
    found = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "import rating"], cwd=ROOT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return found


def pages(path: Path) -> int:
    """Pages of a PDF."""
    import pikepdf

    with pikepdf.open(path) as pdf:
        return len(pdf.pages)


def main() -> None:
    """Print one line a claim: what, the median, what is allowed, the ratio."""
    rows = [
        ("import rating, CPU s", statistics.median(importing()), 1.5),
        ("score 12 indicators, warm, wall s", statistics.median(scoring(12)), 0.25),
        ("score all 14, warm, wall s", statistics.median(scoring(14)), 0.25),
    ]
    with tempfile.TemporaryDirectory() as folder:
        rated = [process([*RATE, "--out", f"{folder}/{n}"])[0] for n in range(5)]
        rows.append(("rating rate, whole process, CPU s", statistics.median(rated), 2.5))
        book = Path(folder) / "book.pdf"
        cpu, megabytes = process([*REPORT, "--out", str(book)])
        rows.append((f"PDF of {pages(book)} pages, CPU s a page", cpu / pages(book), 0.45))
        rows.append(("PDF, peak MB", megabytes, 1000.0))
    print(f"{'':42}{'measured':>10}{'allowed':>10}{'ratio':>8}")
    for name, measured, allowed in rows:
        print(f"{name:42}{measured:10.3f}{allowed:10.2f}{measured / allowed:8.2f}")


if __name__ == "__main__":
    main()
