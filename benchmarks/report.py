"""What the report costs: CPU a page, peak memory, growth, many processes, and Chromium beside it.

``python benchmarks/report.py [REGIONS ...]``; by default 10, 85 and 170 regions of invented figures
(14 indicators in 4 pillars), the 85 profiles on one and two processes, and, where a program
``chromium`` is found, the same HTML printed by it. Each run is a process of its own.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SIZES = (10, 85, 170)
INDICATORS, PILLARS = 14, 4


def world(regions: int):
    """A rating of invented figures with gaps, names and tiles."""
    import rating

    random = np.random.default_rng(1)
    section = rating.Section(
        id="benchmark",
        name="Benchmark",
        node=[{"id": "index"}] + [{"id": f"p{n}", "parent": "index"} for n in range(PILLARS)],
        method={
            "normalise": {"name": "minmax", "range": [1, 100]},
            "groups": {"name": "share_of_gap"},
        },
        indicator=[
            {
                "id": f"i{n}",
                "name": f"An indicator of usual length, number {n}",
                "unit": "per 10,000",
                "parent": f"p{n % PILLARS}",
                "input": {"t": {"grain": "region", f"i{n}": {"type": "number"}}},
                "version": [{"since": "2000-01-01", "value": f"i{n} * 1"}],
                "source": [{"title": "A table", "publisher": "A publisher"}],
            }
            for n in range(INDICATORS)
        ],
    )
    values = random.lognormal(0, 0.8, (regions, INDICATORS))
    values[random.random(values.shape) < 0.03] = np.nan
    codes = [f"R{n:03}" for n in range(regions)]
    frame = pl.DataFrame(values, schema=[f"i{n}" for n in range(INDICATORS)]).fill_nan(None)
    frame = frame.with_columns(region=pl.Series(codes), year=pl.lit(2020))
    known = pl.DataFrame(
        {
            "region": codes,
            "name_en": [f"Sample region number {n}" for n in range(regions)],
            "district_en": [f"District {n % 8}" for n in range(regions)],
            "tile_column": [str(n % 15) for n in range(regions)],
            "tile_row": [str(n // 15) for n in range(regions)],
        }
    )
    return rating.rate(section, rating.read({"t": frame, "regions": known}, section), edition=2020)


def book(regions: int) -> None:
    """One report: pages, CPU a page, peak memory."""
    import pikepdf

    result = world(regions)
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = result.to_pdf(Path(folder) / "book.pdf")
        spent = time.process_time() - start
        with pikepdf.open(path) as pdf:
            pages = len(pdf.pages)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{regions:4} regions {pages:4} pages {spent / pages:.3f} CPU s a page {peak:6.0f} MB")


def profiles(processes: int) -> None:
    """The 85 profiles, a file each."""
    from rating.publish.many import each_region

    result = world(85)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        each_region(result, folder, processes=processes)
    print(f"  85 profiles on {processes}: {time.perf_counter() - start:.1f} s")


def browser() -> None:
    """The same HTML and charts as files, set by us and printed by Chromium."""
    from rating.publish import report
    from rating.publish.material import collect
    from rating.publish.texts import Speaker

    document = report.national(collect(world(85)), Speaker("en"))
    start = time.perf_counter()
    report.printed(document)
    ours = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        html = document.html.replace("</head>", f"<style>{document.css}</style></head>")
        for address, svg in document.charts.items():
            file = address.replace(":", "-") + ".svg"
            (folder / file).write_text(svg, "utf8")
            html = html.replace(f'"{address}"', f'"{file}"').replace(f"({address})", f"({file})")
        (folder / "book.html").write_text(html, "utf8")
        command = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={name}/u",
        ]
        command += [f"--print-to-pdf={folder / 'book.pdf'}", (folder / "book.html").as_uri()]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        theirs = time.perf_counter() - start
    print(f"  Chromium {theirs:.1f} s, ours {ours:.1f} s: ratio {theirs / ours:.2f}")


def main() -> None:
    """Every run in a process of its own."""
    if len(sys.argv) > 2 and sys.argv[1] in ("book", "profiles"):
        (book if sys.argv[1] == "book" else profiles)(int(sys.argv[2]))
        return
    if sys.argv[1:] == ["browser"]:
        browser()
        return
    runs = [["book", str(size)] for size in map(int, sys.argv[1:] or SIZES)]
    runs += [["profiles", "1"], ["profiles", "2"]]
    runs += [["browser"]] if shutil.which("chromium") else []
    for run in runs:
        subprocess.run([sys.executable, __file__, *run], check=True)


if __name__ == "__main__":
    main()
