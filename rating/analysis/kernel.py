"""Scores of all draws at once: blocked products down the tree, in NumPy.

Rows are draws, columns are regions. The formulas are those of ``steps/means.py``; the tests hold
the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rating.analysis.design import Floats, Ints
from rating.definitions import aggregations as a
from rating.definitions.settings import Setting
from rating.steps.means import rule

Flags = NDArray[np.bool_]

# Numbers of an array that the processor's cache holds: a chunk of draws by regions.
CACHED = 1 << 17


@dataclass(frozen=True, eq=False)
class Branch:
    """A node with its children.

    Attributes:
        node: its id.
        leaves: the columns of the matrix that are its children.
        leaf_edges: their columns in the weights.
        nodes: the places of the branches that are its children.
        node_edges: their columns in the weights.
        options: the aggregations a draw may choose.
    """

    node: str
    leaves: NDArray[np.intp]
    leaf_edges: NDArray[np.intp]
    nodes: tuple[int, ...]
    node_edges: NDArray[np.intp]
    options: tuple[Setting, ...]


class Scored(NamedTuple):
    """The root's score of each draw and region, NaN where there is none; and what failed.

    ``failed`` is 0, or 1 + the place of the branch whose method met scores it is not defined for.
    """

    scores: Floats
    failed: Ints


def chunk(regions: int) -> int:
    """How many draws are scored together."""
    return int(min(1024, max(16, CACHED // max(regions, 1))))


def score(
    branches: Sequence[Branch],
    matrix: Floats,
    weights: Floats,
    choices: Ints,
    moved: Mapping[int, Floats] | None = None,
) -> Scored:
    """Score draws over one matrix.

    Args:
        branches: the tree, children before their parents; the last is the root.
        matrix: the scores of regions (rows) by indicators; NaN where missing.
        weights: of each draw (rows) and edge of the tree, 0 or more.
        choices: of each draw and branch, the place of the aggregation in its options.
        moved: columns of the matrix that differ from draw to draw: draws by regions.
    """
    draws = weights.shape[0]
    scores = np.full((draws, matrix.shape[0]), np.nan)
    failed = np.zeros(draws, np.int64)
    flat = _flat(branches, matrix, weights, choices, moved or {})
    for name, those in flat.items():
        if those.all():
            return Scored(_product(branches, matrix, weights, name), failed)
        if those.any():
            scores[those] = _product(branches, matrix, weights[those], name)
    rest = ~np.logical_or.reduce([*flat.values(), np.zeros(draws, bool)])
    if rest.any():
        own = {column: values[rest] for column, values in (moved or {}).items()}
        scores[rest], failed[rest] = _walked(branches, matrix, weights[rest], choices[rest], own)
    return Scored(scores, failed)


# ------------------------------------------------------------------------ trees of one kind of mean


def _flat(
    branches: Sequence[Branch],
    matrix: Floats,
    weights: Floats,
    choices: Ints,
    moved: Mapping[int, Floats],
) -> dict[str, Flags]:
    """The draws that are one product: nothing missing, every node the same kind of mean."""
    if moved or np.isnan(matrix).any():
        return {}
    found = {}
    for name in ("arithmetic", "geometric"):
        if name == "geometric" and not (matrix > 0).all():
            continue
        those = np.ones(weights.shape[0], bool)
        for place, branch in enumerate(branches):
            alike = np.array([_rule(option)[0] == name for option in branch.options])
            if not alike.all():
                those &= alike[choices[:, place]]
        found[name] = those
    return found


def _product(branches: Sequence[Branch], matrix: Floats, weights: Floats, name: str) -> Floats:
    """The mean of all leaves under the products of their weights down the tree."""
    share = np.ones((len(branches), weights.shape[0], 1))
    whole = np.zeros((weights.shape[0], matrix.shape[1]))
    for place in range(len(branches) - 1, -1, -1):
        branch = branches[place]
        total = weights[:, branch.leaf_edges].sum(axis=1, keepdims=True)
        total += weights[:, branch.node_edges].sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            # A node whose children were all left out has been left out of its parent.
            part = np.where(total > 0, share[place] / total, 0.0)
        whole[:, branch.leaves] = weights[:, branch.leaf_edges] * part
        for child, edge in zip(branch.nodes, branch.node_edges, strict=True):
            share[child] = weights[:, edge, None] * part
    found: Floats
    found = np.exp(whole @ np.log(matrix).T) if name == "geometric" else whole @ matrix.T
    found[~(whole > 0).any(axis=1)] = np.nan
    return found


# --------------------------------------------------------------------------------- node by node


class _Child(NamedTuple):
    """A child of a node: its scores, of all draws alike (a row) or of each, and its weights."""

    scores: Floats
    weights: Floats


def _walked(
    branches: Sequence[Branch],
    matrix: Floats,
    weights: Floats,
    choices: Ints,
    moved: Mapping[int, Floats],
) -> Scored:
    draws, regions = weights.shape[0], matrix.shape[0]
    done: list[Floats] = []
    failed = np.zeros(draws, np.int64)
    for place, branch in enumerate(branches):
        found = np.full((draws, regions), np.nan)
        for number, setting in enumerate(branch.options):
            those = choices[:, place] == number
            if not those.any():
                continue
            every = bool(those.all())
            rows = slice(None) if every else np.flatnonzero(those)
            still = [n for n, column in enumerate(branch.leaves) if int(column) not in moved]
            moving = [
                _Child(moved[int(branch.leaves[n])][rows], weights[rows, branch.leaf_edges[n]])
                for n in range(len(branch.leaves))
                if n not in still
            ] + [
                _Child(done[child][rows], weights[rows, edge])
                for child, edge in zip(branch.nodes, branch.node_edges, strict=True)
            ]
            fixed = matrix[:, branch.leaves[still]].T
            own = weights[rows][:, branch.leaf_edges[still]]
            made, bad = _node(setting, fixed, own, moving)
            found[rows] = made
            failed[rows] = np.where((failed[rows] == 0) & bad, place + 1, failed[rows])
        done.append(found)
    return Scored(done[-1], failed)


def _node(
    setting: Setting, fixed: Floats, own: Floats, moving: Sequence[_Child]
) -> tuple[Floats, Flags]:
    """A node's scores: of children that are alike in all draws (``fixed``) and of the others."""
    name, _ = _rule(setting)
    with np.errstate(all="ignore"):
        bad = _below_floor(setting, fixed, own, moving)
        if name in ("arithmetic", "geometric", "harmonic", "power", "power_near_0"):
            found = _mean(setting, fixed, own, moving)
        else:
            found = _stacked(setting, fixed, own, moving)
        least = getattr(setting, "min_coverage", 0.0)
        gaps = np.isnan(fixed).any() or any(np.isnan(child.scores).any() for child in moving)
        if gaps and least > 0:
            found = np.where(_coverage(fixed, own, moving) < least, np.nan, found)
    return found, bad


def _coverage(fixed: Floats, own: Floats, moving: Sequence[_Child]) -> Floats:
    """The share of the children with weight that are present."""
    present = (own > 0).astype(float) @ (~np.isnan(fixed)).astype(float)
    children = (own > 0).sum(axis=1).astype(float)
    for child in moving:
        weighs = child.weights > 0
        present += weighs[:, None] & ~np.isnan(child.scores)
        children += weighs
    share: Floats = present / children[:, None]
    return share


def _mean(setting: Setting, fixed: Floats, own: Floats, moving: Sequence[_Child]) -> Floats:
    """A quasi-arithmetic mean of the children that are present."""
    there, back = _turned(setting)
    turned = there(fixed)
    known = ~np.isnan(fixed)
    whole: Floats
    if known.all():
        total, whole = own @ turned, own.sum(axis=1, keepdims=True)
    else:
        total, whole = own @ np.where(known, turned, 0.0), own @ known.astype(float)
    for child in moving:
        weights = child.weights[:, None]
        known = ~np.isnan(child.scores)
        if known.all():
            total, whole = total + weights * there(child.scores), whole + weights
        else:
            total = total + np.where(known, weights * there(child.scores), 0.0)
            whole = whole + weights * known
    return np.where(whole > 0, back(total / whole), np.nan)


_Turn = Callable[[Floats], Floats]


def _turned(setting: Setting) -> tuple[_Turn, _Turn]:
    """What is averaged, and how the average is turned back into a score."""
    name, power = _rule(setting)
    if name == "geometric":
        return np.log, np.exp
    if name == "harmonic":
        return np.reciprocal, np.reciprocal
    if name == "power":
        return (lambda x: x**power, lambda m: np.sign(m) * np.abs(m) ** (1 / power))
    if name == "power_near_0":
        # 1 + y = mean(x^p) loses digits where p is near 0; expm1 and log1p do not.
        return (
            lambda x: np.expm1(power * np.log(x)),
            lambda m: np.where(m <= -1, 0.0, np.exp(np.log1p(m) / power)),
        )
    return (lambda x: x, lambda m: m)


def _rule(setting: Setting) -> tuple[str, float]:
    found = rule(setting)
    assert found is not None
    return found[0], float(found[1].get("power") or 0.0)


def _below_floor(setting: Setting, fixed: Floats, own: Floats, moving: Sequence[_Child]) -> Flags:
    """Which draws meet a score that the method is not defined for."""
    floor = setting.floor if isinstance(setting, a.Aggregation) else None
    bad = np.zeros(own.shape[0], bool)
    if floor is None:
        return bad
    if floor == "a mean above 0":
        mean = _mean(a.Arithmetic(), fixed, own, moving)
        least, most = (
            _stacked(a.Power(power=end), fixed, own, moving) for end in (-np.inf, np.inf)
        )
        bad |= ((mean <= 0) & (least < most)).any(axis=1)
        return bad
    above_0 = floor == "scores above 0"
    columns = (fixed <= 0 if above_0 else fixed < 0).any(axis=1)
    if columns.any():
        bad |= (own[:, columns] > 0).any(axis=1)
    for child in moving:
        low = child.scores <= 0 if above_0 else child.scores < 0
        bad |= low.any(axis=1) & (child.weights > 0)
    return bad


# ------------------------------------------------------ methods that look at the order of children


def _stacked(setting: Setting, fixed: Floats, own: Floats, moving: Sequence[_Child]) -> Floats:
    """Methods that are no mean of single children: children, draws and regions in one array."""
    draws = own.shape[0]
    regions = fixed.shape[1] if fixed.size else moving[0].scores.shape[1]
    children = len(fixed) + len(moving)
    x = np.empty((children, draws, regions))
    w = np.empty((children, draws, 1))
    for n, row in enumerate(fixed):
        x[n], w[n] = row, own[:, n, None]
    for n, child in enumerate(moving, len(fixed)):
        x[n], w[n] = child.scores, child.weights[:, None]
    known = ~np.isnan(x) & (w > 0)
    name, _ = _rule(setting)
    if name == "least":
        found = np.where(known, x, np.inf).min(axis=0)
    elif name == "greatest":
        found = np.where(known, x, -np.inf).max(axis=0)
    elif name == "median":
        found = _median(np.where(known, x, np.inf), np.where(known, w, 0.0))
    elif name in ("best_first", "worst_first"):
        found = _ordered(setting, np.where(known, x, np.inf), known.sum(axis=0))
    else:
        found = _balanced(setting, np.where(known, x, 0.0), np.where(known, w, 0.0))
    return np.where(known.any(axis=0), found, np.nan)


def _median(x: Floats, w: Floats) -> Floats:
    order = np.argsort(x, axis=0, kind="stable")
    x = np.take_along_axis(x, order, 0)
    below = 2 * np.cumsum(np.take_along_axis(np.broadcast_to(w, x.shape), order, 0), axis=0)
    whole = below[-1] / 2
    lower = np.argmax(below >= whole * (1 - 1e-9), axis=0)[None]
    upper = np.argmax(below > whole * (1 + 1e-9), axis=0)[None]
    middle: Floats = (np.take_along_axis(x, lower, 0) + np.take_along_axis(x, upper, 0))[0] / 2
    return middle


def _ordered(setting: Setting, x: Floats, present: NDArray[np.intp]) -> Floats:
    found = rule(setting)
    assert found is not None
    places = np.array(found[1]["places"], float)
    ordered = np.sort(x, axis=0)
    if found[0] == "best_first":
        ordered = -np.sort(np.where(np.isinf(x), np.inf, -x), axis=0)
    take = min(len(places), len(ordered))
    ordered = np.where(np.isinf(ordered), 0.0, ordered)[:take]
    used = np.where(np.arange(len(places))[:, None, None] < present, places[:, None, None], 0.0)
    share: Floats = (used[:take] * ordered).sum(axis=0) / used.sum(axis=0)
    return share


def _balanced(setting: Setting, x: Floats, w: Floats) -> Floats:
    found = rule(setting)
    assert found is not None
    whole = w.sum(axis=0)
    mean = (w * x).sum(axis=0) / whole
    spread = (w * (x / mean - 1) ** 2).sum(axis=0) / whole
    if found[0] == "mpi":
        free = 1 - ((w / whole) ** 2).sum(axis=0)
        spread = np.where(free > 0, spread / free, 0.0)
    return np.where(mean == 0, 0.0, mean * (1 + found[1]["penalty"] * spread))
