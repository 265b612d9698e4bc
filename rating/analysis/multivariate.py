"""Whether the children of a node belong together: alpha, components, KMO and Bartlett's test."""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.analysis.scores import Scores
from rating.steps.relations import LEAST_PAIRS, Matrix, complete, components, constant, correlations

# Beyond this condition a correlation matrix is singular: its inverse is rounding.
SINGULAR = 1e12


def cronbach(matrix: Matrix) -> float | None:
    """Cronbach's alpha of columns that all point the same way; None where it is not defined.

    k / (k - 1) x (1 - trace C / sum C), with the sample covariances C over the regions that have
    both columns. L. J. Cronbach, Psychometrika 16 (1951) 297-334.
    """
    count = matrix.shape[1]
    if count < 2:
        return None
    greatest = float(np.nanmax(np.abs(matrix), initial=0.0))
    if not greatest > 0:
        return None
    scaled = matrix / greatest
    covariance = np.array([[_covariance(x, y) for y in scaled.T] for x in scaled.T])
    whole = float(covariance.sum())
    if not abs(whole) > 0:
        return None
    return float(count / (count - 1) * (1 - np.trace(covariance) / whole))


def _covariance(x: Matrix, y: Matrix) -> float:
    known = ~(np.isnan(x) | np.isnan(y))
    a, b = x[known], y[known]
    if len(a) < 2:
        return float("nan")
    return float(((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1))


def adequacy(correlation: Matrix) -> float | None:
    """The Kaiser-Meyer-Olkin measure: how far correlations outweigh partial ones; None if singular.

    sum r^2 / (sum r^2 + sum p^2) over pairs, p the correlation of a pair with all other columns
    held. H. F. Kaiser, Psychometrika 39 (1974) 31-36: 0.5 and less is unacceptable, 0.8 and more
    meritorious.
    """
    if len(correlation) < 2 or np.linalg.cond(correlation) > SINGULAR:
        return None
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(scale, scale)
    apart = ~np.eye(len(correlation), dtype=bool)
    whole = float((correlation[apart] ** 2).sum())
    left = float((partial[apart] ** 2).sum())
    return whole / (whole + left) if whole + left > 0 else None


def sphericity(correlation: Matrix, n: int) -> tuple[float, int, float] | None:
    """Bartlett's test that nothing is correlated: chi-square, degrees of freedom and p.

    chi-square = -(n - 1 - (2 k + 5) / 6) ln |R| with k (k - 1) / 2 degrees of freedom; None where
    it is not defined, as for a singular matrix.
    M. S. Bartlett, British Journal of Psychology (statistical section) 3 (1950) 77-85.
    """
    from scipy.special import chdtrc

    k = len(correlation)
    factor = n - 1 - (2 * k + 5) / 6
    if k < 2 or factor <= 0 or np.linalg.cond(correlation) > SINGULAR:
        return None
    statistic = max(float(-factor * np.linalg.slogdet(correlation)[1]), 0.0)
    freedom = k * (k - 1) // 2
    return statistic, freedom, float(chdtrc(freedom, statistic))


def consistency(scores: Scores) -> pl.DataFrame:
    """Whether the children of each node belong together, on scores: all point the same way.

    Returns:
        node, children (that count), regions (that have all of them), alpha (pairwise), and over
        those regions: first (the share of variance of the first principal component), kmo,
        bartlett (chi-square), bartlett_df, bartlett_p. Missing where not defined.
    """
    rows = []
    for node, children in scores.children.items():
        matrix = scores.matrix(children)
        correlation, n = _over_complete(matrix)
        row: dict[str, object] = {
            "node": node,
            "children": len(children),
            "regions": n,
            "alpha": cronbach(matrix),
        }
        if correlation is not None:
            row["first"] = float(components(correlation)[0][0]) / len(children)
            row["kmo"] = adequacy(correlation)
            row |= zip(
                ("bartlett", "bartlett_df", "bartlett_p"),
                sphericity(correlation, n) or (None, None, None),
                strict=True,
            )
        rows.append(row)
    schema = {
        "node": pl.String,
        "children": pl.Int64,
        "regions": pl.Int64,
        "alpha": pl.Float64,
        "first": pl.Float64,
        "kmo": pl.Float64,
        "bartlett": pl.Float64,
        "bartlett_df": pl.Int64,
        "bartlett_p": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema).with_columns(pl.col("alpha").fill_nan(None))


def _over_complete(matrix: Matrix) -> tuple[Matrix | None, int]:
    """The correlations over the regions that have everything, and how many they are."""
    whole = complete(matrix)
    if matrix.shape[1] < 2 or len(whole) < LEAST_PAIRS or constant(whole).any():
        return None, len(whole)
    return correlations(whole), len(whole)


def principal(scores: Scores) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The principal components of the children of each node, over the regions that have all.

    Returns:
        node, component (from 1), eigenvalue, share (of variance), cumulative;
        and node, component, item, loading: elements of the eigenvector of length 1, under the sign
        that makes their sum positive.
    """
    values: list[tuple[str, int, float, float, float]] = []
    loadings: list[tuple[str, int, str, float]] = []
    for node, children in scores.children.items():
        correlation, _ = _over_complete(scores.matrix(children))
        if correlation is None:
            continue
        roots, vectors = components(correlation)
        shares = roots / len(roots)
        for place, root in enumerate(roots):
            cumulative = float(shares[: place + 1].sum())
            values.append((node, place + 1, float(root), float(shares[place]), cumulative))
            loadings += [
                (node, place + 1, item, float(loading))
                for item, loading in zip(children, vectors[:, place], strict=True)
            ]
    of = {"node": pl.String, "component": pl.Int64}
    numbers = dict.fromkeys(("eigenvalue", "share", "cumulative"), pl.Float64)
    return (
        pl.DataFrame(values, schema={**of, **numbers}, orient="row"),
        pl.DataFrame(
            loadings, schema={**of, "item": pl.String, "loading": pl.Float64}, orient="row"
        ),
    )
