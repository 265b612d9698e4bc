"""The same steps once more in plain NumPy, one region and one indicator at a time.

Written from the formulas and not from the library: it shares no line with it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.stats import rankdata

Column = np.ndarray  # of floats; nan is missing


def impute(x: Column, name: str) -> Column:
    known = x[~np.isnan(x)]
    if name == "none" or not len(known):
        return x
    return np.where(np.isnan(x), known.mean() if name == "mean" else np.median(known), x)


def shape(x: Column) -> tuple[float, float]:
    n, d = len(x), x - x.mean()
    s2, s3, s4 = (d**2).sum(), (d**3).sum(), (d**4).sum()
    skewness = math.sqrt(n) * s3 / s2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = ((n + 1) * (n * s4 / s2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return skewness, kurtosis


def passes(x: Column) -> bool:
    if len(x) < 4 or x.max() == x.min():
        return True
    skewness, kurtosis = shape(x)
    return abs(skewness) < 2 or kurtosis < 3.5


def treat(column: Column, name: str, most: int = 5) -> Column:
    here = ~np.isnan(column)
    original = column[here]
    if name == "none" or not len(original):
        return column
    x, high, low = original.copy(), 0, 0
    while not passes(x) and high + low < most and len(np.unique(x)) > 2:
        if shape(x)[0] >= 0:
            at = x == x.max()
            x[at], high = x[~at].max(), int(at.sum())
        else:
            at = x == x.min()
            x[at], low = x[~at].min(), int(at.sum())
    if not passes(x):
        span = original.max() - original.min()
        x = np.log(original - original.min() + 0.01 * span)
    found = column.copy()
    found[here] = x
    return found


def normalise(column: Column, name: str, direction: str) -> Column:
    x = column if direction == "higher" else -column
    known = x[~np.isnan(x)]
    found = np.full(len(x), np.nan)
    here = ~np.isnan(x)
    if not len(known):
        return found
    if name == "minmax":
        found[here] = (known - known.min()) / (known.max() - known.min()) * 99 + 1
    elif name == "zscore":
        found[here] = (known - known.mean()) / known.std(ddof=1) * 10 + 100
    elif name == "rank":
        found[here] = rankdata(known, method="min")
    return found


def mean(scores: Column, weights: Column, name: str) -> float:
    here = ~np.isnan(scores)
    if not here.any():
        return math.nan
    s, w = scores[here], weights[here] / weights[here].sum()
    if name == "arithmetic":
        return float(w @ s)
    if name == "geometric":
        return float(np.prod(s**w))
    return float(1 / (w @ (1 / s)))


def rated(world: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, list[int | None]]:
    """Scores of indicators, of the nodes with the index last, and ranks of the index."""
    method = world["method"]
    columns = []
    for values, direction in zip(world["values"].T, world["directions"], strict=True):
        x = treat(impute(values, method["impute"]), method["treat"])
        columns.append(normalise(x, method["normalise"], direction))
    cells = np.array(columns).T
    nodes = []
    for region in cells:
        of_node = []
        for node in range(world["nodes"]):
            own = np.array([at == node for at in world["parents"]])
            enough = (~np.isnan(region[own])).mean() >= method["min_coverage"]
            score = mean(region[own], world["weights"][own], method["aggregate"])
            of_node.append(score if enough else math.nan)
        inner = np.array(of_node)
        enough = (~np.isnan(inner)).mean() >= method["min_coverage"]
        index = mean(inner, np.ones(len(inner)), method["aggregate"]) if enough else math.nan
        nodes.append([*of_node, index])
    index = np.array(nodes)[:, -1]
    known = np.round(index[~np.isnan(index)], 9)
    places = iter(rankdata(-known, method="min").astype(int).tolist())
    return cells, np.array(nodes), [None if math.isnan(v) else next(places) for v in index]
