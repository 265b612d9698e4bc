"""Simultaneous confidence sets for ranks, and for who belongs to the top.

M. Mogstad, J. P. Romano, A. M. Shaikh, D. Wilhelm, Inference for ranks with applications to
mobility across neighbourhoods and academic achievement across countries, Review of Economic Studies
91 (2024) 476-518. Written from the paper.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rating.analysis.design import Floats, Ints, stream
from rating.errors import Problem, UsageError

# Numbers held at once where draws meet pairs.
HELD = 1 << 22
# Estimates nearer than this are equal, as scores are.
EQUAL = 1e-9


class Sets(NamedTuple):
    """The least and the greatest rank of each, in the order of the estimates."""

    low: Ints
    high: Ints

    def top(self, places: int) -> NDArray[np.bool_]:
        """A confidence set for the best so many: all that may be among them."""
        return self.low <= places


def rank_sets(
    estimates: Floats,
    errors: Floats,
    *,
    level: float = 0.95,
    simultaneous: bool = True,
    draws: int = 2000,
    seed: int = 1,
) -> Sets:
    """Ranks that the data do not rule out, where estimates are normal with known errors.

    Args:
        estimates: of each, more is better.
        errors: standard errors of independent estimates, or their covariance matrix.
        level: the probability that the sets hold all true ranks (or, one at a time, its own).
        simultaneous: one statement about all ranks; otherwise one about each.
        draws: how many the critical value is found from.
        seed: the seed of these draws.

    Example:
        >>> found = rank_sets(np.array([9.0, 5.0, 4.9]), np.array([0.1, 0.1, 0.1]))
        >>> found.low.tolist(), found.high.tolist(), found.top(2).tolist()
        ([1, 2, 2], [1, 3, 3], [True, True, True])
    """
    random = stream(seed, 2)
    if errors.ndim == 1:
        around = random.standard_normal((draws, len(errors))) * errors
    else:
        values, vectors = np.linalg.eigh(errors)
        if values.min() < -1e-9 * max(values.max(), 1.0):
            raise UsageError(Problem("errors", "no covariance matrix: it is not positive", ""))
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        around = random.standard_normal((draws, len(errors))) @ root.T
    return sets_around(estimates, around, level=level, simultaneous=simultaneous)


def sets_around(
    estimates: Floats, around: Floats, *, level: float = 0.95, simultaneous: bool = True
) -> Sets:
    """The same where the errors are given as draws of them, a row a draw."""
    many = len(estimates)
    if simultaneous:
        above = significantly_above(estimates, around, level=level)
        return Sets(1 + above.sum(axis=0), many - above.sum(axis=1))
    low, high = np.ones(many, np.int64), np.full(many, many)
    for one in range(many):
        family = np.zeros((many, many), bool)
        family[one, :] = family[:, one] = True
        above = significantly_above(estimates, around, level=level, family=family)
        low[one], high[one] = 1 + above[:, one].sum(), many - above[one, :].sum()
    return Sets(low, high)


def significantly_above(
    estimates: Floats,
    around: Floats,
    *,
    level: float = 0.95,
    family: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Which (rows) are above which (columns), with family-wise control by steps down.

    Every ordered pair is a hypothesis, that the first is not above the second; it is rejected where
    the studentised difference passes the quantile of the greatest one in the draws, over the pairs
    not rejected before.

    Args:
        estimates: of each, more is better.
        around: draws of the errors of the estimates, a row a draw.
        level: the probability that nothing true is rejected.
        family: the pairs that are tested; without it all.
    """
    if not 0 < level < 1:
        raise UsageError(Problem("level", f"{level} is no level", "write 0.95"))
    spread = _spread(around)
    difference = estimates[:, None] - estimates[None, :]
    certain = (spread == 0) & (difference > EQUAL)
    studentised = np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 0)
    left = (spread > 0) if family is None else (spread > 0) & family
    rejected: NDArray[np.bool_] = certain if family is None else certain & family
    while left.any():
        new = left & (studentised > _critical(around, spread, left, level))
        if not new.any():
            break
        rejected |= new
        left &= ~new
    return rejected


def _spread(around: Floats) -> Floats:
    """The standard deviation of every difference, around the estimates."""
    squares = around.T @ around / len(around)
    own = np.diag(squares)
    found: Floats = own[:, None] + own[None, :] - 2 * squares
    scale = own[:, None] + own[None, :]
    return np.sqrt(np.where(found > 1e-12 * scale, found, 0.0))


def _critical(around: Floats, spread: Floats, left: NDArray[np.bool_], level: float) -> float:
    first, second = np.nonzero(left)
    scale = spread[first, second]
    step = max(1, HELD // max(len(first), 1))
    greatest = np.concatenate(
        [
            ((part[:, first] - part[:, second]) / scale).max(axis=1)
            for part in (around[at : at + step] for at in range(0, len(around), step))
        ]
    )
    return float(np.quantile(greatest, level, method="higher"))
