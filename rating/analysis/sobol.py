"""Sobol indices: what part of a variance an input has alone, and with all its interactions.

M. J. W. Jansen, Analysis of variance designs for model output, Computer Physics Communications 117
(1999) 35-43. A. Saltelli et al., Variance based sensitivity analysis of model output, ibid. 181
(2010) 259-270.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from rating.analysis.design import Floats, stream

# Numbers held at once where resamples meet draws.
HELD = 1 << 22
# A variance below so much of the mean square is rounding of an outcome that is the same everywhere.
ROUNDING = 1e-20


class Indices(NamedTuple):
    """First and total order of each input (rows) and output (columns); NaN without variance."""

    first: Floats
    total: Floats


def indices(
    a: Floats, b: Floats, mixed: Floats, *, first: Literal["jansen", "saltelli"] = "jansen"
) -> Indices:
    """Estimate the indices from a design in which one input at a time comes from elsewhere.

    Args:
        a: the outputs of the first matrix of points: draws, or draws by outputs.
        b: those of the second.
        mixed: for each input, those of the first matrix with that input of the second.
        first: the estimator of the first order; ``saltelli`` is what COINr computes.

    Example:
        >>> u, v = np.random.default_rng(1).random((2, 4096, 2))
        >>> y = lambda x: 3 * x[:, 0] + x[:, 1]
        >>> mix = [np.column_stack([v[:, 0], u[:, 1]]), np.column_stack([u[:, 0], v[:, 1]])]
        >>> indices(y(u), y(v), np.array([y(x) for x in mix])).total.round(1).tolist()
        [0.9, 0.1]
    """
    both = np.concatenate([a, b])
    variance = both.var(axis=0, ddof=1)
    to_b, to_a = ((b - mixed) ** 2).mean(axis=1), ((a - mixed) ** 2).mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if first == "jansen":
            one = 1 - to_b / (2 * variance)
        else:
            one = (b * (mixed - a)).mean(axis=1) / variance
        none = ~(variance > ROUNDING * (both**2).mean(axis=0))
        return Indices(np.where(none, np.nan, one), np.where(none, np.nan, to_a / (2 * variance)))


def intervals(
    a: Floats, b: Floats, mixed: Floats, *, level: float, resamples: int, seed: int
) -> tuple[Indices, Indices]:
    """The low and high ends of bootstrap intervals of Jansen's indices: percentiles.

    They are over the resamples that have a variance to share; NaN where no outcome differs.
    """
    if np.isnan(indices(a, b, mixed).total).all():
        nothing = np.full(len(mixed), np.nan)
        return Indices(nothing, nothing), Indices(nothing, nothing)
    many = len(a)
    # About their centre the squares do not swallow the variance.
    centre = np.concatenate([a, b]).mean()
    a, b, mixed = a - centre, b - centre, mixed - centre
    random = stream(seed, 3)
    to_b, to_a = (b - mixed) ** 2, (a - mixed) ** 2
    found: list[Indices] = []
    step = max(1, HELD // many)
    for start in range(0, resamples, step):
        counts = random.multinomial(
            many, np.full(many, 1 / many), size=min(step, resamples - start)
        ).astype(float)
        sums = counts @ (a + b)
        squares = counts @ (a**2 + b**2)
        variance = (squares - sums**2 / (2 * many)) / (2 * many - 1)
        # A resample of rows that are alike has nothing to share.
        variance = np.where(variance > 1e-12 * squares / many, variance, np.nan)
        shares = [
            np.stack([counts @ part for part in parts]) / many / (2 * variance)
            for parts in (to_b, to_a)
        ]
        found.append(Indices(1 - shares[0], shares[1]))
    both = [np.concatenate([each[n] for each in found], axis=1) for n in (0, 1)]
    tail = (1 - level) / 2

    def end(share: float) -> Indices:
        return Indices(*(np.nanquantile(values, share, axis=1) for values in both))

    return end(tail), end(1 - tail)
