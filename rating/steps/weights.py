"""The weights of the children of a node: given, judged by experts, or drawn from the scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import polars as pl

from rating.definitions.aggregations import (
    Budget,
    Critic,
    Entropy,
    Equal,
    Gini,
    Given,
    Hierarchy,
    Importance,
    PrincipalComponent,
)
from rating.definitions.settings import Setting
from rating.errors import DataError, DefinitionError, Problem
from rating.steps import judgements, relations
from rating.steps.relations import Column, Matrix

# How far the shares of correlations may stay from those that the tree says.
REACHED = 1e-9
# Singular values below this part of the greatest are 0: children that are copies of each other.
SINGULAR = 1e-10

_CHILDREN = {
    "parent": pl.String,
    "item": pl.String,
    "weight": pl.Float64,
    "position": pl.Int64,
}


def weigh(
    scores: pl.DataFrame,
    children: pl.DataFrame,
    settings: Mapping[str, Setting],
    *,
    apart: Collection[str] = (),
) -> pl.DataFrame:
    """Weigh the children of nodes, in every scenario by its own scores.

    A child of weight 0 in the tree is context: it takes no part and stays at 0. Weights that are
    ``given`` pass as they stand; those of every other method sum to 1.

    Args:
        scores: scenario, region, item, score of the children.
        children: parent, item, weight, position of the nodes in ``settings``; others are ignored.
            With a column ``scenario``, each scenario has a tree of its own.
        settings: the method of each node.
        apart: ids that experts may have judged and that are not in this edition.

    Returns:
        scenario, parent, item, weight, position; by scenario and position in the tree.

    Raises:
        DefinitionError: ids that are no children, comparisons that contradict each other, scores
            that the method does not take, or weights that do not exist.
        DataError: every child has the same score in all regions.
    """
    key = "scenario"
    scenarios = scores.select(key).unique()
    if key not in children.columns:
        children = scenarios.join(children, how="cross")
    listed = children.join(scenarios, on=key, how="semi").select(key, *_CHILDREN)
    done = [listed.clear()]
    for node, setting in settings.items():
        family = listed.filter(pl.col("parent") == node).sort(key, "position")
        if not isinstance(setting, Given):
            family = _weighed(node, setting, family, scores, apart)
        done.append(family)
    order = pl.DataFrame({"parent": list(settings), "place": range(len(settings))})
    return pl.concat(done).join(order, on="parent").sort(key, "place", "position").drop("place")


def _weighed(
    node: str,
    setting: Setting,
    family: pl.DataFrame,
    scores: pl.DataFrame,
    apart: Collection[str],
) -> pl.DataFrame:
    """The children of a node with new weights; those at 0, which are not weighed, stay there."""
    known = family.filter(pl.col("weight") > 0)
    trees: dict[tuple[object, ...], list[float]] = {}
    found: list[float] = []
    parts = known.join(scores, on=["scenario", "item"]).partition_by("scenario", as_dict=True)
    for (scenario,), tree in known.group_by("scenario", maintain_order=True):
        items, given = tuple(tree["item"]), tree["weight"].to_numpy()
        if isinstance(setting, Equal | Budget | Hierarchy):
            if items not in trees:
                trees[items] = _judged(node, setting, items, apart)
            found += trees[items]
            continue
        _, matrix = relations.spread(parts.get((scenario,), scores.clear()), items)
        found += _drawn(node, setting, matrix, items, given / given.sum())
    shares = known.select("scenario", "item", pl.Series("share", found, pl.Float64))
    return (
        family.join(shares, on=["scenario", "item"], how="left", maintain_order="left")
        .with_columns(weight=pl.col("share").fill_null(0.0))  # context: its weight was 0
        .drop("share")
    )


# ------------------------------------------------------------------------------------- the methods


def _judged(
    node: str, setting: Equal | Budget | Hierarchy, items: Sequence[str], apart: Collection[str]
) -> list[float]:
    """Weights that do not depend on scores."""
    match setting:
        case Equal():
            return [1 / len(items)] * len(items)
        case Budget():
            return judgements.budget(node, setting, items, apart)
        case Hierarchy():
            return judgements.hierarchy(node, setting, items, apart)


def _drawn(
    node: str, setting: Setting, matrix: Matrix, items: Sequence[str], target: Column
) -> list[float]:
    where = f"{node}, method.weights"
    if len(items) == 1:
        return [1.0]
    if isinstance(setting, Importance):
        return importance(matrix, target, items, where)
    flat = relations.constant(matrix)
    if flat.all():
        raise DataError(
            Problem(
                where,
                f"every child has one score in all regions: {', '.join(items)}",
                "nothing tells them apart: take equal weights",
            )
        )
    named = [item for item, same in zip(items, flat, strict=True) if not same]
    shares = np.zeros(len(items))
    if isinstance(setting, PrincipalComponent):
        shares[~flat] = _principal(matrix[:, ~flat], named, where, setting)
    else:
        by_scores = _BY_SCORES[type(setting)]
        shares[~flat] = by_scores(matrix[:, ~flat], named, where)
    return [float(share) for share in shares / shares.sum()]


def _principal(
    matrix: Matrix, items: Sequence[str], where: str, setting: PrincipalComponent
) -> Column:
    """Loadings on the first component of the correlations over complete regions.

    Handbook on Constructing Composite Indicators (OECD/JRC, 2008), section 6; prcomp of R.
    """
    whole = relations.complete(matrix)
    if len(whole) < relations.LEAST_PAIRS:
        raise _refusal(
            where, f"only {len(whole)} regions have every child", "at least 3 are needed"
        )
    flat = relations.constant(whole)
    if flat.any():
        held = ", ".join(item for item, same in zip(items, flat, strict=True) if same)
        raise _refusal(where, f"no spread over the regions that have every child: {held}")
    values, vectors = relations.components(relations.correlations(whole))
    if len(values) > 1 and values[0] - values[1] < relations.APART:
        raise _refusal(where, "two components explain as much: the first is not defined")
    loadings = np.where(np.abs(vectors[:, 0]) < relations.APART, 0.0, vectors[:, 0])
    against = [item for item, loading in zip(items, loadings, strict=True) if loading < 0]
    if against and setting.signs == "refuse":
        shown = ", ".join(f"{i} {v:.2f}" for i, v in zip(items, loadings, strict=True))
        raise _refusal(
            where,
            f"loadings of both signs: {', '.join(against)} run against the others ({shown})",
            'check the direction of these children, or write signs = "absolute"',
        )
    return np.abs(loadings)


def _entropy(matrix: Matrix, items: Sequence[str], where: str) -> Column:
    """1 less Shannon's entropy of each child's shares, in units of its greatest.

    C.-L. Hwang, K. Yoon, Multiple Attribute Decision Making, Springer 1981, chapter 3.
    """
    _refuse_negative(matrix, items, where, "entropy")

    def told(x: Column) -> float:
        parts = x[x > 0] / x.max()
        parts = parts / parts.sum()
        return float(max(1 + (parts * np.log(parts)).sum() / np.log(len(x)), 0.0))

    return _by_known(matrix, told)


def _gini(matrix: Matrix, items: Sequence[str], where: str) -> Column:
    """The Gini coefficient of each child, in the unbiased form: n / (n - 1) of the plain one.

    G. Li, G. Chi, A new determining objective weights method: Gini coefficient weight, ICISE 2009.
    """
    _refuse_negative(matrix, items, where, "gini")

    def unequal(x: Column) -> float:
        ordered, n = np.sort(x / x.max()), len(x)
        places = 2 * np.arange(1, n + 1) - n - 1
        return float((places * ordered).sum() / ((n - 1) * ordered.sum()))

    return _by_known(matrix, unequal)


def _critic(matrix: Matrix, items: Sequence[str], where: str) -> Column:
    """Standard deviation times the sum of 1 - correlation with the other children.

    D. Diakoulaki, G. Mavrotas, L. Papayannakis, Computers & Operations Research 22 (1995) 763-770.
    """
    if len(items) == 1:
        return np.ones(1)
    correlation = relations.correlations(matrix)
    np.fill_diagonal(correlation, 1.0)
    _refuse_unknown(correlation, items, where)
    greatest = np.nanmax(np.abs(matrix))
    spread = _by_known(matrix, lambda x: float((x / greatest).std(ddof=1)))
    told: Column = spread * (1 - correlation).sum(axis=1)
    if not told.sum() > relations.APART * spread.sum():
        raise _refusal(where, "all children order the regions alike: nothing tells them apart")
    return told


_BY_SCORES: dict[type[Setting], Callable[[Matrix, Sequence[str], str], Column]] = {
    Entropy: _entropy,
    Critic: _critic,
    Gini: _gini,
}


def _by_known(matrix: Matrix, measure: Callable[[Column], float]) -> Column:
    """A measure of each column over the regions that have it."""
    return np.array([measure(column[~np.isnan(column)]) for column in matrix.T])


def _refuse_negative(matrix: Matrix, items: Sequence[str], where: str, name: str) -> None:
    with np.errstate(invalid="ignore"):
        below = [item for item, x in zip(items, matrix.T, strict=True) if (x < 0).any()]
    if below:
        held = ", ".join(below)
        raise _refusal(
            where,
            f"{name} needs scores of 0 or more, and {held} has less",
            "normalise to a range from 0 up, as range = [0, 100]",
        )


def _refuse_unknown(correlation: Matrix, items: Sequence[str], where: str) -> None:
    unknown = np.argwhere(np.isnan(correlation))
    if len(unknown):
        one, other = (items[place] for place in unknown[0])
        raise _refusal(where, f"{one} and {other} vary together in too few regions to correlate")


def _refusal(where: str, what: str, remedy: str = "take another method here") -> DefinitionError:
    return DefinitionError(Problem(where, what, remedy))


# ---------------------------------------------------------------------------------- importance


def importance(
    matrix: Matrix, target: Column, items: Sequence[str], where: str = "weights"
) -> list[float]:
    """Weights under which the correlations of children with their mean have the target's shares.

    The linear form of W. Becker, M. Saisana, P. Paruolo, I. Vandecasteele, Weights and importance
    in composite indicators, Ecological Indicators 80 (2017) 12-22. Where every region has every
    child the weights solve a linear system; elsewhere they are refined by least squares.

    Args:
        matrix: regions by children, NaN where missing.
        target: the share of each child, summing to 1.
        items: the ids of the children, for messages.
        where: the place, for messages.

    Raises:
        DefinitionError: no positive weights have these shares; with the reason.
    """
    flat = [item for item, same in zip(items, relations.constant(matrix), strict=True) if same]
    if flat:
        raise _refusal(where, f"{flat[0]} has no spread: its correlation is not defined")
    correlation = relations.correlations(matrix)
    _refuse_unknown(correlation, items, where)
    greatest = np.nanmax(np.abs(matrix))
    spread = _by_known(matrix, lambda x: float((x / greatest).std(ddof=1)))
    # r_j = (R u)_j / |u|, u = weight x spread: shares of r are the target where R u is in line.
    solved = np.linalg.lstsq(correlation, target, rcond=SINGULAR)[0] / spread
    if not np.isnan(matrix).any() and (solved < 0).any():
        _refuse_below_0(solved, target, items, where)
    weights = np.where(solved > 0, solved, 0.0)
    weights = weights / weights.sum() if (solved > 0).all() else target.copy()
    if np.isnan(matrix).any():
        weights = _refined(matrix, weights, target)
    reached = correlation_shares(matrix, weights)
    off = np.abs(reached - target)
    if not off.max() <= REACHED:
        worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        at_0 = ", ".join(i for i, w in zip(items, weights, strict=True) if w < REACHED)
        raise _refusal(
            where,
            f"no weights above 0 give {items[worst]} {target[worst]:.3f} of the correlations: the "
            f"nearest give {reached[worst]:.3f}" + (f", with {at_0} at 0" if at_0 else ""),
            "the children move against each other or together: give other weights in the tree",
        )
    return [float(weight) for weight in weights]


def correlation_shares(matrix: Matrix, weights: Column) -> Column:
    """What part of the sum of correlations with the weighted mean each child has.

    A region without a child has the mean of those it has.
    """
    known = ~np.isnan(matrix)
    filled = np.where(known, matrix, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (filled * weights).sum(axis=1) / (known * weights).sum(axis=1)
    r = np.array([relations.pearson(column, mean) for column in matrix.T])
    shares: Column = r / r.sum()
    return shares


def _refined(matrix: Matrix, start: Column, target: Column) -> Column:
    """Positive weights nearest to the target's shares, from a start; by scipy, deterministic."""
    from scipy.optimize import least_squares

    def shares(free: Column) -> Column:
        raised = np.exp(np.append(free, 0.0))
        weights: Column = raised / raised.sum()
        return weights

    def miss(free: Column) -> Column:
        return np.nan_to_num(correlation_shares(matrix, shares(free)) - target, nan=1.0)

    begin = np.log(start[:-1] / start[-1])
    found = least_squares(miss, begin, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=400)
    return shares(found.x)


def _refuse_below_0(solved: Column, target: Column, items: Sequence[str], where: str) -> None:
    # Not of their sum, which may be below 0 itself and would turn every sign over.
    share = solved / np.abs(solved).sum()
    shown = ", ".join(
        f"{item} {share[place]:.3f}" for place, item in enumerate(items) if solved[place] < 0
    )
    raise _refusal(
        where,
        "these shares of importance need weights below 0: " + shown,
        "the child moves against the others, or repeats one: give it another weight in the tree",
    )
