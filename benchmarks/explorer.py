"""How long the explorer takes to rank again, in headless Chromium: allowed are 50 ms.

``python benchmarks/explorer.py``: the shipped section with 85 regions, eight fresh pages. The first
redraw after the published weights is told apart from the fourteen that follow it.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PAGES = 8
REDRAWS = """() => [...Array(15).keys()].map((n) => {
  const start = performance.now();
  change({ weights: new Map([[1, n + 1], [2, 50]]) });
  document.body.getBoundingClientRect();
  return performance.now() - start;
})"""


def main() -> None:
    """One line for the first redraws and one for the later ones."""
    import rating

    section = rating.load("hitech_open")
    result = rating.rate(section, rating.read(ROOT / "data" / "open", section), edition=2019)
    first, later = [], []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        file = result.to_html(Path(place) / "explorer.html")
        print(f"{result.ranks.height} regions, {file.stat().st_size / 1000:.0f} kB")
        chromium = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(PAGES):
            page = browser.new_page()
            page.goto(file.as_uri())
            start, *rest = page.evaluate(REDRAWS)
            page.close()
            first.append(start)
            later += rest
        browser.close()
    for name, taken in (("first redraw", first), ("later redraws", later)):
        low, middle, high = min(taken), statistics.median(taken), max(taken)
        print(f"{name:14}{low:8.1f} ms least {middle:8.1f} median {high:8.1f} most")


if __name__ == "__main__":
    main()
