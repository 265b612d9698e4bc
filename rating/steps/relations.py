"""How columns of scores hang together: correlations over known pairs, principal components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Column = NDArray[np.float64]  # one number a region, in the order of their codes; NaN is missing
Matrix = NDArray[np.float64]  # regions by items

LEAST_PAIRS = 3
# Eigenvalues closer than this are equal: which way their components point is an accident.
APART = 1e-9


def spread(scores: pl.DataFrame, items: Sequence[str]) -> tuple[list[str], Matrix]:
    """The regions in the order of their codes, and a row for each with a column an item.

    Not a pivot: an item may have any id, ``region`` too.

    Args:
        scores: region, item, score; one row a region and item.
        items: the columns, in order; one without a row is missing everywhere.
    """
    regions = scores["region"].unique().sort()
    table = np.full((len(regions), len(items)), np.nan)
    rows = {region: row for row, region in enumerate(regions)}
    for column, item in enumerate(items):
        part = scores.filter((pl.col("item") == item) & pl.col("score").is_not_null())
        places = [rows[region] for region in part["region"]]
        table[places, column] = part["score"].cast(pl.Float64).to_numpy()
    return regions.to_list(), table


def pearson(x: Column, y: Column) -> float:
    """The correlation over the regions that have both; NaN below three, or where one is constant.

    Example:
        >>> import numpy as np
        >>> pearson(np.array([1.0, 2.0, 3.0, 9.0]), np.array([2.0, 4.0, 6.0, np.nan]))
        1.0
    """
    known = ~(np.isnan(x) | np.isnan(y))
    return _correlation(x[known], y[known])


def _correlation(x: Column, y: Column) -> float:
    if len(x) < LEAST_PAIRS or x.max() == x.min() or y.max() == y.min():
        return float("nan")
    a, b = _centred(x), _centred(y)
    r = float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))
    return min(max(r, -1.0), 1.0)


def _centred(x: Column) -> Column:
    """Deviations from the mean in units of the greatest: no square leaves the range of doubles."""
    scaled = x / np.abs(x).max()
    away = scaled - scaled.mean()
    deviations: Column = away / np.abs(away).max()
    return deviations


def correlations(matrix: Matrix) -> Matrix:
    """The correlation of every pair of columns, over the regions that have both."""
    count = matrix.shape[1]
    found = np.full((count, count), np.nan)
    for i in range(count):
        for j in range(i + 1):
            found[i, j] = found[j, i] = pearson(matrix[:, i], matrix[:, j])
    return found


def complete(matrix: Matrix) -> Matrix:
    """The regions that have every column."""
    kept: Matrix = matrix[~np.isnan(matrix).any(axis=1)]
    return kept


def constant(matrix: Matrix) -> NDArray[np.bool_]:
    """Which columns have one value, or none, in all regions that have any."""
    known = ~np.isnan(matrix)
    least = np.where(known, matrix, np.inf).min(axis=0, initial=np.inf)
    most = np.where(known, matrix, -np.inf).max(axis=0, initial=-np.inf)
    flat: NDArray[np.bool_] = ~(most > least)
    return flat


def components(correlation: Matrix) -> tuple[Column, Matrix]:
    """Eigenvalues of a correlation matrix from the greatest down, and a column of loadings each.

    A loading is an element of the eigenvector of length 1. The sign of a component, which is
    arbitrary, is the one under which its loadings have a sum that is not negative.
    """
    values, vectors = np.linalg.eigh(correlation)
    values, vectors = values[::-1].copy(), vectors[:, ::-1].copy()
    vectors[:, vectors.sum(axis=0) < 0] *= -1
    return values, vectors
