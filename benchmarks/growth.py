"""How time and memory grow with a panel, beside a NumPy run that returns the same frames.

``python benchmarks/growth.py [REGIONS INDICATORS EDITIONS]``; by default the sizes below. Each run
is a process of its own: wall and CPU seconds from the checked table to the frames, and the peak
memory of the process. ``python benchmarks/growth.py same`` shows that the frames are the same.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars.testing

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SIZES = ((500, 100, 5), (500, 100, 10), (1000, 100, 10), (2500, 100, 10), (25_000, 200, 4))
NODES = 10
FIRST = 2000
Frames = dict[str, pl.DataFrame]
NAMES = ("values", "scores", "ranks", "measures", "treated", "shapes", "weights")


def world(regions: int, indicators: int, editions: int) -> pl.DataFrame:
    """Skewed values with 3 % gaps: a row a region and year, a column an indicator."""
    random = np.random.default_rng(1)
    values = random.lognormal(0, 0.8, (editions * regions, indicators))
    values[random.random(values.shape) < 0.03] = np.nan
    names = [f"i{n}" for n in range(indicators)]
    codes = pl.Series("region", [f"R{code:05}" for code in range(regions)])
    frame = pl.DataFrame(values, schema=names).fill_nan(None)
    return frame.with_columns(
        codes.gather(np.tile(np.arange(regions), editions)),
        year=pl.Series(np.repeat(np.arange(FIRST, FIRST + editions), regions)),
    )


# ---------------------------------------------------------------------------------------- our side


def ours(frame: pl.DataFrame) -> Callable[[], Frames]:
    """What rates the panel; the reading and checking of the table is done."""
    import rating

    names = [name for name in frame.columns if name not in ("region", "year")]
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
                "version": [{"since": f"{FIRST}-01-01", "value": name}],
            }
            for place, name in enumerate(names)
        ],
    )
    data = rating.read({"t": frame}, section)
    editions = sorted(frame["year"].unique())

    def run() -> Frames:
        panel = rating.panel(section, data, editions=editions)
        found = {"values": panel.values, "scores": panel.scores, "ranks": panel.ranks}
        for name in NAMES[3:]:
            found[name] = pl.concat(
                getattr(one, name).select(pl.lit(year, pl.Int64).alias("edition"), pl.all())
                for year, one in panel.ratings.items()
            )
        return found

    return run


# -------------------------------------------------------------------------------------- NumPy side


def shape(x: np.ndarray) -> tuple[float, float]:
    """Skewness and excess kurtosis, unbiased for a normal population."""
    n, d = len(x), x - x.mean()
    q = d * d
    s2, s3, s4 = q.sum(), (q * d).sum(), (q * q).sum()
    skewness = sqrt(n) * s3 / s2**1.5 * sqrt(n * (n - 1)) / (n - 2)
    return skewness, ((n + 1) * (n * s4 / (s2 * s2) - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def treat(x: np.ndarray) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Five points at most to the next value, then a logarithm; and a row of the shapes."""
    skewness, kurtosis = first = shape(x)
    passed = passes = bool(abs(skewness) < 2 or kurtosis < 3.5)
    y, high, low, rule = x, 0, 0, "none"
    while not passes and high + low < 5:
        y, rule = x.copy() if y is x else y, "winsorised"
        if skewness >= 0:
            at = y == y.max()
            y[at], high = y[~at].max(), int(at.sum())
        else:
            at = y == y.min()
            y[at], low = y[~at].min(), int(at.sum())
        skewness, kurtosis = shape(y)
        passes = abs(skewness) < 2 or kurtosis < 3.5
    if not passes:
        least, most = x.min(), x.max()
        y, rule = np.log(x - least + 0.01 * (most - least)), "logged"
    return y, (*first, passed, skewness, kurtosis, high + low, rule)


def in_numpy(frame: pl.DataFrame) -> Callable[[], Frames]:
    """The same steps over whole arrays, and the same frames at the end."""

    def run() -> Frames:
        ordered = frame.sort("year", "region")
        years = ordered["year"].unique().sort()
        names = [name for name in frame.columns if name not in ("region", "year")]
        codes = ordered["region"][: frame.height // len(years)]
        size = (len(years), len(codes), len(names))
        values = ordered.select(names).to_numpy().reshape(size)
        gaps = np.isnan(values)
        imputed = np.where(gaps, np.nanmedian(values, axis=1, keepdims=True), values)
        columns = np.ascontiguousarray(imputed.transpose(0, 2, 1)).reshape(-1, len(codes))
        made = [treat(column) for column in columns]
        pulled = np.array([column for column, _ in made]).reshape(size[0], size[2], size[1])
        treated = np.ascontiguousarray(pulled.transpose(0, 2, 1))
        low, high = treated.min(axis=1, keepdims=True), treated.max(axis=1, keepdims=True)
        score = (treated - low) / (high - low) * 99 + 1
        keys = Keys(years, codes)
        cells = (values, treated, imputed, score, gaps)
        return {
            **_of_cells(keys, names, cells, [row for _, row in made]),
            **_of_nodes(keys, names, score, gaps),
        }

    return run


class Keys:
    """The columns of keys: edition, region and what else a row is of, in that order."""

    def __init__(self, years: pl.Series, codes: pl.Series) -> None:
        self.years, self.codes = years, codes

    def of(self, name: str, items: Sequence[str]) -> pl.DataFrame:
        years, regions, count = len(self.years), len(self.codes), len(items)
        rows = np.tile(np.repeat(np.arange(regions, dtype=np.uint32), count), years)
        which = np.tile(np.arange(count, dtype=np.uint32), years * regions)
        edition = np.repeat(self.years.to_numpy(), regions * count)
        return pl.DataFrame(
            [
                pl.Series("edition", edition),
                self.codes.gather(rows),
                pl.Series(name, items).gather(which),
            ]
        )


def _of_cells(
    keys: Keys, names: list[str], cells: tuple[np.ndarray, ...], shapes: list[tuple[Any, ...]]
) -> Frames:
    """The frames with a row a cell, or a row a cell that treatment changed, and the shapes."""
    values, treated, imputed, score, gaps = cells
    index = keys.of("indicator", names)
    value = pl.Series("value", values.ravel()).fill_nan(None)
    origin = pl.Series(["observed", "imputed"]).gather(gaps.ravel().astype(np.uint32))
    rules = np.array([row[-1] == "logged" for row in shapes]).reshape(len(keys.years), -1)
    logged = np.broadcast_to(rules[:, None, :], treated.shape)
    by_column = ((treated != imputed) | logged).transpose(0, 2, 1)
    year, column, row = np.nonzero(by_column[:, np.argsort(names), :])
    column = np.argsort(names)[column]
    at = (year * len(keys.codes) + row) * len(names) + column
    return {
        "values": index.with_columns(
            value,
            treated=pl.Series(treated.ravel()),
            imputed=pl.Series(imputed.ravel()),
            score=pl.Series(score.ravel()),
            status=origin,
        ),
        "measures": index.with_columns(value, measure="indicator").select(
            "edition", "region", "indicator", "measure", "value"
        ),
        "treated": index[at].select(
            "edition",
            "indicator",
            "region",
            raw=pl.Series(imputed.ravel()[at]),
            treated=pl.Series(treated.ravel()[at]),
            rule=pl.Series(["winsorised", "logged"]).gather(logged.ravel()[at].astype(np.uint32)),
        ),
        "shapes": pl.DataFrame(
            [
                (year, name, *shapes[y * len(names) + n])
                for y, year in enumerate(keys.years)
                for n, name in sorted(enumerate(names), key=lambda pair: pair[1])
            ],
            schema=[
                "edition", "indicator", "skewness", "kurtosis", "passed", "skewness_after",
                "kurtosis_after", "winsorised", "rule",
            ],
            orient="row",
        ),
    }  # fmt: skip


def _of_nodes(keys: Keys, names: list[str], score: np.ndarray, gaps: np.ndarray) -> Frames:
    """Scores and ranks of every node, the ranking of the index, and the weights."""
    nodes = np.stack([score[..., k::NODES].mean(axis=2) for k in range(NODES)], axis=2)
    nodes = np.concatenate([nodes.mean(axis=2, keepdims=True), nodes], axis=2)
    counts = np.stack([gaps[..., k::NODES].sum(axis=2) for k in range(NODES)], axis=2)
    counts = np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2)
    rounded = -np.round(nodes, 9)
    ordered = np.sort(rounded, axis=1)
    ranks = np.empty(nodes.shape, np.int64)
    for y in range(nodes.shape[0]):
        for k in range(nodes.shape[2]):
            ranks[y, :, k] = np.searchsorted(ordered[y, :, k], rounded[y, :, k]) + 1
    ids = ["index"] + [f"n{k}" for k in range(NODES)]
    family = [("index", node) for node in ids[1:]]
    family += [(f"n{k}", name) for k in range(NODES) for name in names[k::NODES]]
    size = {parent: sum(p == parent for p, _ in family) for parent in ids}
    weights = [(y, p, item, 1 / size[p]) for y in keys.years for p, item in family]
    top = keys.of("node", ["index"]).select(
        "edition",
        "region",
        rank=pl.Series(ranks[..., 0].ravel()),
        score=pl.Series(nodes[..., 0].ravel()),
        group=pl.lit(None, pl.String),
        coverage=pl.Series(1 - gaps.mean(axis=2).ravel()),
        status=pl.lit("ranked"),
    )
    return {
        "scores": keys.of("node", ids).with_columns(
            score=pl.Series(nodes.ravel()),
            rank=pl.Series(ranks.ravel()),
            imputed=pl.Series(counts.ravel()),
        ),
        "ranks": top.sort("edition", "rank", "region"),
        "weights": pl.DataFrame(
            weights, schema=["edition", "parent", "item", "weight"], orient="row"
        ),
    }


# ------------------------------------------------------------------------------------ the two sides


def same() -> None:
    """The frames of both sides: the same columns and rows in one order, numbers to 1e-12."""
    frame = world(60, 23, 3)
    one, other = ours(frame)(), in_numpy(frame)()
    assert tuple(one) == NAMES
    assert set(other) == set(NAMES)
    for name in NAMES:
        pl.testing.assert_frame_equal(one[name], other[name], rel_tol=1e-12, abs_tol=1e-12)
    print("the same frames:", ", ".join(NAMES))


def measured(side: str, size: Sequence[int]) -> list[float]:
    """Wall and CPU seconds and peak megabytes of one side in a process of its own."""
    words = [sys.executable, __file__, side, *map(str, size)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def one(side: str, size: Sequence[int]) -> None:
    """Run one side once and print what it took."""
    frame = world(*size)
    run = (ours if side == "ours" else in_numpy)(frame)
    wall, cpu = time.perf_counter(), time.process_time()
    frames = run()
    print(time.perf_counter() - wall, time.process_time() - cpu)
    assert frames["values"].height == size[0] * size[1] * size[2]
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(arguments: list[str]) -> None:
    """One line a size: what both sides take, in all and a million cells, and the ratios."""
    if arguments and arguments[0] in ("ours", "numpy"):
        one(arguments[0], [int(word) for word in arguments[1:4]])
        return
    if arguments != ["same"]:
        print(f"{'regions x indicators x editions':33}{'':8}{'wall s':>8}{'CPU s':>8}{'MB':>8}"
              f"{'wall s a million':>18}")  # fmt: skip
    sizes = [[int(word) for word in arguments]] if len(arguments) == 3 else SIZES
    same()
    for size in [] if arguments == ["same"] else sizes:
        both = {side: measured(side, size) for side in ("ours", "numpy")}
        for side, (wall, cpu, megabytes) in both.items():
            million = wall / (size[0] * size[1] * size[2] / 1e6)
            print(f"{' x '.join(map(str, size)):33}{side:8}{wall:8.2f}{cpu:8.2f}{megabytes:8.0f}"
                  f"{million:18.3f}")  # fmt: skip
        ratios = [a / b for a, b in zip(*both.values(), strict=True)]
        print(f"{'':33}{'ratio':8}" + "".join(f"{ratio:8.1f}" for ratio in ratios), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
