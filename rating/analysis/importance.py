"""What items weigh and what they matter: nominal weights against what moves the node."""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.analysis.scores import Scores
from rating.steps.relations import LEAST_PAIRS, Column, pearson

# The degree of the polynomial by which a node is predicted from one child.
DEGREE = 3


def correlation_ratio(x: Column, y: Column) -> float:
    """The part of the variance of y that a smooth function of x accounts for; NaN if undefined.

    The main effect of P. Paruolo, M. Saisana, A. Saltelli, J. R. Statist. Soc. A 176 (2013)
    609-634. The function is a cubic by least squares, or the mean at each value where x has three
    or fewer; so the ratio is never below the squared correlation.
    """
    known = ~(np.isnan(x) | np.isnan(y))
    a, b = x[known], y[known]
    if len(a) < LEAST_PAIRS or a.max() == a.min() or b.max() == b.min():
        return float("nan")
    degree = min(DEGREE, len(np.unique(a)) - 1)
    place = 2 * ((a - a.min()) / (a.max() - a.min())) - 1
    basis = np.polynomial.legendre.legvander(place, degree)
    away = (b - b.mean()) / np.abs(b - b.mean()).max()
    fitted = basis @ np.linalg.lstsq(basis, away, rcond=None)[0]
    ratio = 1 - float(((away - fitted) ** 2).sum() / (away**2).sum())
    return min(max(ratio, pearson(a, b) ** 2), 1.0)


def importance(scores: Scores) -> pl.DataFrame:
    """What each item was meant to weigh, and how much of the node moves with it.

    Returns:
        item, parent, weight (share among siblings), effective (the product of shares from the root
        down), squared (squared correlation with the parent), ratio (correlation ratio with it),
        squared_share and ratio_share (the same as shares among siblings, to hold against weight),
        index_squared (squared correlation with the root) and index_share (its share among all
        indicators, or among the nodes of the same depth, to hold against effective).
    """
    rows = []
    for item in scores.items:
        parent = scores.parents[item]
        x, y = scores.columns[item], scores.columns[parent]
        rows.append(
            {
                "item": item,
                "parent": parent,
                "depth": 0 if item not in scores.children else len(scores.above(item)),
                "weight": scores.shares[item],
                "effective": scores.effective(item),
                "squared": pearson(x, y) ** 2,
                "ratio": correlation_ratio(x, y),
                "index_squared": pearson(x, scores.columns[scores.root]) ** 2,
            }
        )
    numbers = ("weight", "effective", "squared", "ratio", "index_squared")
    schema = {"item": pl.String, "parent": pl.String, "depth": pl.Int64}

    def share(column: str, over: str) -> pl.Expr:
        return (pl.col(column) / pl.col(column).sum().over(over)).fill_nan(None)

    in_index = pl.col("effective").is_not_null()
    return (
        pl.DataFrame(rows, schema={**schema, **dict.fromkeys(numbers, pl.Float64)})
        .with_columns(pl.col("squared", "ratio", "index_squared").fill_nan(None))
        .with_columns(index_squared=pl.when(in_index).then(pl.col("index_squared")))
        .with_columns(
            squared_share=share("squared", "parent"),
            ratio_share=share("ratio", "parent"),
            index_share=share("index_squared", "depth"),
        )
        .select(
            "item",
            "parent",
            "weight",
            "effective",
            "squared",
            "ratio",
            "squared_share",
            "ratio_share",
            "index_squared",
            "index_share",
        )
    )
