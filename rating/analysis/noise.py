"""The errors of measurement themselves: what is drawn of numbers, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rating.analysis.design import Floats
from rating.definitions.sampling import Binomial, Interval, Poisson, StandardError
from rating.definitions.uncertainty import Measurement
from rating.errors import DataError, Problem

# The noise of so many draws, and what it makes of values.
Draw = Callable[[np.random.Generator, int], Floats]
Apply = Callable[[Floats, Floats], Floats]


def of(
    given: Measurement, read: Sequence[Floats], values: Floats, where: str
) -> tuple[Draw, Apply]:
    """The error of values.

    Args:
        given: the assumption.
        read: the numbers that the error reads.
        values: what moves.
        where: the place, for messages.

    Raises:
        DataError: the numbers are none that the error can use.
    """
    first, name = read[0], (given.columns or (str(given.drawn),))[0]
    match given.error:
        case Poisson():
            return _poisson(_positive(first, name, where)), lambda v, noise: v * noise
        case Binomial(scale=scale):
            asked = _positive(first, name, where)
            return _binomial(asked, values, scale, where), lambda v, noise: v + noise
        case StandardError():
            return _normal(_positive(first, name, where)), lambda v, noise: v + noise
        case Interval():
            return _between(first, read[1], where), instead
        case _:
            return _coded(np.stack(read)), instead


def instead(values: Floats, noise: Floats) -> Floats:
    """The noise itself, and the values where there is none."""
    return np.where(np.isnan(noise), values, noise)


def _poisson(counts: Floats) -> Draw:
    known = np.nan_to_num(counts, nan=0.0)

    def draw(random: np.random.Generator, size: int) -> Floats:
        drawn = random.poisson(known, (size, len(known))).astype(float)
        ratio: Floats = np.divide(drawn, known, out=np.ones_like(drawn), where=known > 0)
        return ratio

    return draw


def _binomial(sizes: Floats, values: Floats, scale: float, where: str) -> Draw:
    asked = np.nan_to_num(sizes, nan=0.0).astype(np.int64)
    share = np.where(asked > 0, np.nan_to_num(values / scale, nan=0.0), 0.0)
    outside = share[(share < 0) | (share > 1)]
    if len(outside):
        what = f"{outside[0]:g} of the scale is no share"
        raise DataError(Problem(where, what, "give the scale: 1, or 100 for per cent"))

    def draw(random: np.random.Generator, size: int) -> Floats:
        drawn = random.binomial(asked, share, (size, len(asked)))
        found = np.divide(drawn, asked, out=np.zeros(drawn.shape), where=asked > 0)
        return (found - share) * scale

    return draw


def _normal(errors: Floats) -> Draw:
    known = np.nan_to_num(errors, nan=0.0)
    return lambda random, size: known * random.standard_normal((size, len(known)))


def _between(low: Floats, high: Floats, where: str) -> Draw:
    if (low > high).any():
        raise DataError(Problem(where, "an interval ends before it begins", "low first, then high"))
    return lambda random, size: low + (high - low) * random.random((size, len(low)))


def _coded(coded: Floats) -> Draw:
    known = ~np.isnan(coded)
    many = known.sum(axis=0)
    # The known codes first, so that a place below their number is always one of them.
    codes = np.take_along_axis(coded, np.argsort(~known, axis=0, kind="stable"), 0)

    def draw(random: np.random.Generator, size: int) -> Floats:
        place = (random.random((size, len(many))) * many).astype(np.int64)
        taken: Floats = codes[place, np.arange(len(many))]
        return taken

    return draw


def _positive(column: Floats, name: str, where: str) -> Floats:
    if (column < 0).any():
        raise DataError(Problem(where, f"{name} is below 0", "counts and errors are 0 or more"))
    return column
