"""How items move together: correlations of siblings and with what stands above, and flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from rating.analysis.scores import Scores
from rating.steps.relations import LEAST_PAIRS, Column, pearson

# Customary in audits: an item should move with its node, and not repeat a sibling.
LEAST_WITH_PARENT = 0.3
MOST_WITHIN = 0.92
# COINr's pairs of flagged siblings.
HIGH = 0.75
LOW = -0.4

_NUMBERS = ("pearson", "pearson_p", "spearman", "spearman_p", "kendall", "kendall_p")


def correlate(table: pl.DataFrame, pairs: Sequence[tuple[str, str]] | None = None) -> pl.DataFrame:
    """Pearson, Spearman and Kendall correlations of columns, over the regions that have both.

    Spearman's ranks are averages over ties, Kendall's is tau-b. The p-values are two-sided:
    Student's t with n - 2 degrees of freedom for the first two; for Kendall's, exact in small
    samples without ties and normal elsewhere, as scipy has it. Below three regions, and where one
    column is constant, everything is missing.

    Args:
        table: a column an item, beside ``region``.
        pairs: the columns to compare; by default each with each other, once.

    Returns:
        one, other, n, pearson, pearson_p, spearman, spearman_p, kendall, kendall_p.

    Example:
        >>> table = pl.DataFrame({"a": [1.0, 2.0, 3.0, None], "b": [2.0, 4.0, 6.0, 0.0]})
        >>> correlate(table)["pearson"].to_list()
        [1.0]
    """
    items = [name for name in table.columns if name != "region"]
    ordered = table.sort("region") if "region" in table.columns else table
    columns = {
        name: ordered[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in items
    }
    return compare(columns, list(combinations(items, 2)) if pairs is None else pairs)


def compare(columns: Mapping[str, Column], pairs: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """What ``correlate`` gives, of columns over the same regions."""
    rows = [(one, other, *_compared(columns[one], columns[other])) for one, other in pairs]
    return pl.DataFrame(
        rows,
        schema={
            "one": pl.String,
            "other": pl.String,
            "n": pl.Int64,
            **dict.fromkeys(_NUMBERS, pl.Float64),
        },
        orient="row",
    ).with_columns(pl.col(name).fill_nan(None) for name in _NUMBERS)


def _compared(x: Column, y: Column) -> tuple[float, ...]:
    from scipy.stats import kendalltau, rankdata

    known = ~(np.isnan(x) | np.isnan(y))
    a, b = x[known], y[known]
    n, nothing = len(a), float("nan")
    if n < LEAST_PAIRS or a.max() == a.min() or b.max() == b.min():
        return (n, *[nothing] * len(_NUMBERS))
    r = pearson(a, b)
    rho = pearson(rankdata(a), rankdata(b))
    tau = kendalltau(a, b)
    return n, r, _p(r, n), rho, _p(rho, n), float(tau.statistic), float(tau.pvalue)


def _p(r: float, n: int) -> float:
    """How often a correlation at least as far from 0 comes from unrelated normal columns."""
    from scipy.special import stdtr

    if abs(r) == 1:
        return 0.0
    t = abs(r) * np.sqrt((n - 2) / ((1 - r) * (1 + r)))
    return float(2 * stdtr(n - 2, -t))


def families(scores: Scores) -> pl.DataFrame:
    """The correlations that the tree is about: siblings, and every item with what is above it.

    Returns:
        relation (``siblings``, ``parent`` or ``ancestor``), node (the parent of siblings, or the
        node above), and the columns of ``correlate``.
    """
    related = list(_related(scores))
    found = compare(scores.columns, [(one, other) for _, _, one, other in related])
    return found.select(
        pl.Series("relation", [relation for relation, *_ in related], pl.String),
        pl.Series("node", [node for _, node, *_ in related], pl.String),
        pl.all(),
    )


def _related(scores: Scores) -> Iterator[tuple[str, str, str, str]]:
    for node, children in scores.children.items():
        for one, other in combinations(children, 2):
            yield "siblings", node, one, other
    for item in scores.items:
        for steps, node in enumerate(scores.above(item)):
            yield "ancestor" if steps else "parent", node, item, node


def flags(related: pl.DataFrame) -> pl.DataFrame:
    """The correlations that ask for a second look.

    Args:
        related: what ``families`` returns.

    Returns:
        flag, node, one, other, pearson. The flags: ``negative``, below 0 with a node above;
        ``weak``, from 0 to less than 0.3 with the parent; and between siblings ``repeated``, above
        0.92, and COINr's two: ``high``, above 0.75, and ``low``, below -0.4.
    """
    r, siblings = pl.col("pearson"), pl.col("relation") == "siblings"
    rules = {
        "negative": ~siblings & (r < 0),
        "weak": (pl.col("relation") == "parent") & (r >= 0) & (r < LEAST_WITH_PARENT),
        "repeated": siblings & (r > MOST_WITHIN),
        "high": siblings & (r > HIGH),
        "low": siblings & (r < LOW),
    }
    return pl.concat(
        related.filter(rule).select(pl.lit(name).alias("flag"), "node", "one", "other", "pearson")
        for name, rule in rules.items()
    )
