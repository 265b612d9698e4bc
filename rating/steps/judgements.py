"""Weights from what experts say: budget allocation and pairwise comparison."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rating.definitions.aggregations import Budget, Hierarchy
from rating.errors import DefinitionError, Problem, nearest

Matrix = NDArray[np.float64]

# The mean consistency index of random reciprocal matrices of each order, from 1 to 15:
# T. L. Saaty, The Analytic Hierarchy Process, McGraw-Hill 1980.
RANDOM_INDEX = (
    0.0,
    0.0,
    0.58,
    0.90,
    1.12,
    1.24,
    1.32,
    1.41,
    1.45,
    1.49,
    1.51,
    1.48,
    1.56,
    1.57,
    1.59,
)


def budget(
    node: str, setting: Budget, children: Sequence[str], apart: Collection[str] = ()
) -> list[float]:
    """The mean share that experts give to each child, whatever the size of their budgets.

    Args:
        node: whose children are weighed; for messages.
        setting: the points of each expert, by the child's id.
        children: the ids that are weighed, in order.
        apart: ids that may have points but are not weighed: out of force in this edition.

    Raises:
        DefinitionError: an id is unknown or missing, experts differ in number, or one gave nothing.
    """
    where = f"{node}, method.weights.points"
    problems = list(_unknown(where, setting.points, children, apart))
    problems += [
        Problem(where, f"no points for '{child}'", "give every child its points, 0 included")
        for child in children
        if child not in setting.points
    ]
    counts = {len(given) for given in setting.points.values()}
    if len(counts) > 1 or counts == {0}:
        shown = ", ".join(f"{child} {len(given)}" for child, given in setting.points.items())
        problems.append(
            Problem(where, f"not every expert gave points to every child: {shown}", "write a 0")
        )
    if problems:
        raise DefinitionError(problems)
    points = np.array([setting.points[child] for child in children], dtype=float)
    given = points.sum(axis=0)
    empty = [number for number, whole in enumerate(given, 1) if not whole > 0]
    if empty:
        raise DefinitionError(
            Problem(where, f"expert {number} gave no points", "leave that expert out")
            for number in empty
        )
    return [float(share) for share in (points / given).mean(axis=1)]


def hierarchy(
    node: str, setting: Hierarchy, children: Sequence[str], apart: Collection[str] = ()
) -> list[float]:
    """The principal eigenvector of the matrix of comparisons (Saaty 1980), summing to 1.

    Args:
        node: whose children are weighed; for messages.
        setting: how many times more important one child is than another, each pair once.
        children: the ids that are weighed, in order.
        apart: ids that may be compared but are not weighed: out of force in this edition.

    Raises:
        DefinitionError: an id is unknown, a pair is missing or given twice, or the comparisons
            contradict each other more than ``max_ratio`` allows.
    """
    matrix = comparisons(node, setting, children, apart)
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    ratio = consistency_ratio(matrix)
    if ratio > setting.max_ratio:
        raise DefinitionError(
            Problem(
                f"{node}, method.weights.comparisons",
                f"consistency ratio {ratio:.3f} is above max_ratio = {setting.max_ratio:g}: "
                f"the comparisons contradict each other, most of all {_worst(matrix, children)}",
                "ask the experts again about these three",
            )
        )
    return [float(weight) for weight in weights / weights.sum()]


def comparisons(
    node: str, setting: Hierarchy, children: Sequence[str], apart: Collection[str] = ()
) -> Matrix:
    """The reciprocal matrix: in row a and column b, how many times more important a is than b."""
    where = f"{node}, method.weights.comparisons"
    named = [*setting.comparisons, *(b for given in setting.comparisons.values() for b in given)]
    problems = list(_unknown(where, named, children, apart))
    if len(children) > len(RANDOM_INDEX):
        problems.append(
            Problem(
                where,
                f"{len(children)} children: random indices are known up to {len(RANDOM_INDEX)}",
                "divide the children among nodes of fewer",
            )
        )
    place = {child: number for number, child in enumerate(children)}
    matrix = np.zeros((len(children), len(children)))
    np.fill_diagonal(matrix, 1.0)
    for one, given in setting.comparisons.items():
        for other, times in given.items():
            if one not in place or other not in place:
                continue
            if matrix[place[one], place[other]]:
                what = "with itself" if one == other else f"with '{other}' twice"
                problems.append(Problem(where, f"'{one}' is compared {what}", "each pair once"))
                continue
            matrix[place[one], place[other]] = times
            matrix[place[other], place[one]] = 1 / times
    problems += [
        Problem(where, f"'{one}' is not compared with '{other}'", "each pair once, either way")
        for one, other in itertools.combinations(children, 2)
        if not matrix[place[one], place[other]]
    ]
    if problems:
        raise DefinitionError(problems)
    return matrix


def consistency_ratio(matrix: Matrix) -> float:
    """Saaty's ratio: (greatest eigenvalue - n) / (n - 1) over that of random matrices; 0 if n < 3.

    Example:
        >>> import numpy as np
        >>> consistency_ratio(np.array([[1, 2, 6], [1 / 2, 1, 3], [1 / 6, 1 / 3, 1]])) < 1e-12
        True
    """
    n = len(matrix)
    if n < 3:
        return 0.0
    greatest = float(np.linalg.eigvals(matrix).real.max())
    return max((greatest - n) / (n - 1), 0.0) / RANDOM_INDEX[n - 1]


def _worst(matrix: Matrix, children: Sequence[str]) -> str:
    """The three children whose comparisons are farthest from a x b = c."""

    def gap(three: tuple[int, int, int]) -> float:
        a, b, c = three
        return abs(math.log(matrix[a, b] * matrix[b, c] / matrix[a, c]))

    a, b, c = max(itertools.combinations(range(len(children)), 3), key=gap)
    implied = matrix[a, b] * matrix[b, c]
    return (
        f"{children[a]} to {children[b]} {matrix[a, b]:.3g}, "
        f"{children[b]} to {children[c]} {matrix[b, c]:.3g}, "
        f"but {children[a]} to {children[c]} {matrix[a, c]:.3g}, not {implied:.3g}"
    )


def _unknown(
    where: str,
    named: Collection[str] | Mapping[str, object],
    children: Sequence[str],
    apart: Collection[str],
) -> Iterator[Problem]:
    for child in dict.fromkeys(named):
        if child not in children and child not in apart:
            yield Problem(where, f"no child '{child}' to weigh", nearest(child, children))
