"""How time and memory grow with a panel, beside a NumPy run that returns the same frames.

``python benchmarks/growth.py [REGIONS INDICATORS EDITIONS]``; by default 500 x 100 x 2, 5 and 10
and 2,500 x 100 x 10. Each run is a process of its own; peak memory is that of the process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SIZES = ((500, 100, 2), (500, 100, 5), (500, 100, 10), (2500, 100, 10))
NODES = 10


def world(regions: int, indicators: int, editions: int) -> np.ndarray:
    """Skewed values with 3 % gaps: editions x regions x indicators."""
    random = np.random.default_rng(1)
    values = random.lognormal(0, 0.8, (editions, regions, indicators))
    values[random.random(values.shape) < 0.03] = np.nan
    return values


def ours(values: np.ndarray) -> float:
    """Seconds of ``rating.panel`` on the values, the reading of the table left out."""
    import rating

    editions, regions, indicators = values.shape
    names = [f"i{n}" for n in range(indicators)]
    section = rating.Section(
        id="growth",
        name="Growth",
        node=[{"id": "index"}] + [{"id": f"n{k}", "parent": "index"} for k in range(NODES)],
        method={
            "impute": {"name": "median"},
            "treat": {"name": "winsorise"},
            "normalise": {"name": "minmax", "range": [1, 100]},
        },
        indicator=[
            {
                "id": name,
                "parent": f"n{place % NODES}",
                "input": {"t": {"grain": "region", name: {"type": "number"}}},
                "version": [{"since": "2000-01-01", "value": name}],
            }
            for place, name in enumerate(names)
        ],
    )
    frame = pl.DataFrame(values.reshape(-1, indicators), schema=names).fill_nan(None)
    codes = np.tile(np.arange(regions), editions)
    frame = frame.with_columns(
        region=pl.Series([f"R{code:05}" for code in codes]),
        year=pl.Series(np.repeat(np.arange(2000, 2000 + editions), regions)),
    )
    data = rating.read({"t": frame}, section)
    start = time.perf_counter()
    panel = rating.panel(section, data, editions=range(2000, 2000 + editions))
    frames = (panel.values, panel.scores, panel.ranks)
    assert frames[0].height == values.size
    return time.perf_counter() - start


def in_numpy(values: np.ndarray) -> float:
    """Seconds of the same steps over whole arrays, with the same frames at the end."""
    from tests import twin

    editions, regions, indicators = values.shape
    start = time.perf_counter()
    imputed = np.where(np.isnan(values), np.nanmedian(values, axis=1, keepdims=True), values)
    treated = np.empty_like(imputed)
    for year in range(editions):
        for place in range(indicators):
            treated[year, :, place] = twin.treat(imputed[year, :, place], "winsorise")
    low, high = treated.min(axis=1, keepdims=True), treated.max(axis=1, keepdims=True)
    score = (treated - low) / (high - low) * 99 + 1
    nodes = np.stack([score[..., k::NODES].mean(axis=2) for k in range(NODES)], axis=2)
    index = nodes.mean(axis=2)
    place = np.argsort(np.argsort(-np.round(index, 9), axis=1, kind="stable"), axis=1) + 1
    codes = pl.Series("region", [f"R{code:05}" for code in range(regions)])
    keys = pl.DataFrame({"edition": np.arange(2000, 2000 + editions)}).join(
        pl.DataFrame(codes), how="cross"
    )
    names = pl.DataFrame({"indicator": [f"i{n}" for n in range(indicators)]})
    long = keys.join(names, how="cross").with_columns(
        value=pl.Series(values.ravel()).fill_nan(None),
        treated=pl.Series(treated.ravel()),
        imputed=pl.Series(imputed.ravel()),
        score=pl.Series(score.ravel()),
        status=pl.Series(np.where(np.isnan(values.ravel()), "imputed", "observed")),
    )
    scores = keys.join(pl.DataFrame({"node": [f"n{k}" for k in range(NODES)]}), how="cross")
    scores = scores.with_columns(score=pl.Series(nodes.ravel()))
    ranks = keys.with_columns(rank=pl.Series(place.ravel()), score=pl.Series(index.ravel()))
    assert (long.height, scores.height, ranks.height) == (values.size, nodes.size, index.size)
    return time.perf_counter() - start


def measured(side: str, size: tuple[int, int, int]) -> tuple[float, float]:
    """Seconds and peak megabytes of one side in a process of its own."""
    words = [sys.executable, __file__, side, *map(str, size)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def main(arguments: list[str]) -> None:
    """One line a size: seconds and megabytes of both sides, and their ratios."""
    if arguments and arguments[0] in ("ours", "numpy"):
        run = ours if arguments[0] == "ours" else in_numpy
        seconds = run(world(*map(int, arguments[1:4])))
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    sizes = (tuple(map(int, arguments)),) if arguments else SIZES
    print(f"{'regions x indicators x editions':34}{'s':>8}{'NumPy':>8}{'ratio':>7}"
          f"{'MB':>8}{'NumPy':>8}{'ratio':>7}")  # fmt: skip
    for size in sizes:
        (s1, m1), (s2, m2) = measured("ours", size), measured("numpy", size)
        name = " x ".join(map(str, size))
        print(f"{name:34}{s1:8.2f}{s2:8.2f}{s1 / s2:7.1f}{m1:8.0f}{m2:8.0f}{m1 / m2:7.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
