"""Scores of draws to ranks, and ranks to counts: what does not grow with the number of draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rating.analysis.design import Floats, Ints
from rating.steps.ranks import DIGITS

UNIT = 10.0**DIGITS


class Order(NamedTuple):
    """The regions of each draw, best first.

    Attributes:
        regions: their places in the matrix; regions without a score come last.
        ahead: how many regions are ahead of each: its competition rank less 1.
        ranked: how many regions of the draw have a score.
    """

    regions: Ints
    ahead: Ints
    ranked: Ints


def order(scores: Floats) -> Order:
    """Order the regions of each draw by round(score, 9); ties share the best rank.

    A score and the place of its region are packed into one integer, so that one sort of integers
    does what a sort and a look-up would.
    """
    draws, regions = scores.shape
    bits = max(regions - 1, 1).bit_length()
    large = 2.0 ** (61 - bits)
    grid = scores * -UNIT
    np.rint(grid, out=grid)
    ranked = np.full(draws, regions)
    if np.isnan(grid.min(initial=0.0)):
        missing = np.isnan(grid)
        grid[missing] = 0.0
        ranked -= missing.sum(axis=1)
    else:
        missing = None
    if not max(-grid.min(initial=0.0), grid.max(initial=0.0)) < large:
        return _order_of_large(scores)
    if missing is not None:
        # Behind everybody, and no two alike.
        grid = np.where(missing, large + np.arange(regions), grid)
    keys = grid.astype(np.int64)
    keys <<= bits
    keys |= np.arange(regions)
    keys.sort(axis=1)
    found = keys & ((1 << bits) - 1)
    keys >>= bits
    return Order(found, _ahead(keys), ranked)


def _order_of_large(scores: Floats) -> Order:
    """The same for scores that do not fit into an integer beside the place of their region."""
    keys = np.where(np.isnan(scores), np.inf, -np.round(scores, DIGITS))
    found = np.argsort(keys, axis=1, kind="stable")
    ranked = (~np.isnan(scores)).sum(axis=1)
    return Order(found, _ahead(np.take_along_axis(keys, found, 1)), ranked)


def _ahead(keys: NDArray[np.int64] | Floats) -> Ints:
    """The place of the first of the equal ones, in rows that are sorted."""
    places = np.arange(keys.shape[1])
    tied = keys[:, 1:] == keys[:, :-1]
    ahead = np.broadcast_to(places, keys.shape)
    rows = tied.any(axis=1)
    if not rows.any():
        return ahead
    ahead = ahead.copy()
    first = np.where(np.pad(tied[rows], ((0, 0), (1, 0))), 0, places)
    ahead[rows] = np.maximum.accumulate(first, axis=1)
    return ahead


def ranks(found: Order) -> Floats:
    """The rank of each region in each draw, in the order of the matrix; NaN without a score."""
    placed = np.empty(found.regions.shape)
    behind = np.arange(found.regions.shape[1]) >= found.ranked[:, None]
    np.put_along_axis(placed, found.regions, np.where(behind, np.nan, found.ahead + 1.0), 1)
    return placed


def count(found: Order, counts: Ints) -> None:
    """Add to ``counts`` how often each region (rows) had each rank (columns)."""
    regions = len(counts)
    cells = found.regions * regions + found.ahead
    if (found.ranked < regions).any():
        cells = cells[np.arange(regions) < found.ranked[:, None]]
    if cells.size < counts.size:
        # Few draws of many regions: a table of its own would cost more than the cells.
        np.add.at(counts.reshape(-1), cells.ravel(), 1)
    else:
        counts += np.bincount(cells.ravel(), minlength=counts.size).reshape(counts.shape)


def shift(found: Order, nominal: Floats) -> tuple[Ints, Ints]:
    """The places that the regions of each draw moved from their published ranks, and how many did.

    Args:
        found: the regions of each draw, best first.
        nominal: the published ranks, NaN for regions without one.
    """
    whole = np.nan_to_num(nominal, nan=0.0).astype(np.int64)
    moved = np.abs(found.ahead + 1 - whole[found.regions])
    if not np.isnan(nominal).any() and (found.ranked == len(nominal)).all():
        return moved.sum(axis=1), found.ranked
    counts = ~np.isnan(nominal)[found.regions]
    counts &= np.arange(len(nominal)) < found.ranked[:, None]
    return np.where(counts, moved, 0).sum(axis=1), counts.sum(axis=1)


def above_cuts(scores: Floats, cuts: Sequence[float]) -> Ints:
    """How often each region is at or above each cut of the gap from worst to best.

    A cut belongs to the better group, as in ``steps/ranks.py``.
    """
    grid = np.rint(scores * UNIT)
    best = np.fmax.reduce(grid, axis=1, keepdims=True)
    worst = np.fmin.reduce(grid, axis=1, keepdims=True)
    # round(share, 9) >= cut, without a division of every score.
    half = 0.5 / UNIT
    return np.array(
        [(grid >= worst + (cut - half) * (best - worst)).sum(axis=0) for cut in cuts], np.int64
    ).reshape(len(cuts), scores.shape[1])


def before_cuts(found: Order, regions: int, cuts: Sequence[float]) -> Ints:
    """How often the share of ranked regions before each region is below each cut."""
    share = np.round(found.ahead / np.maximum(found.ranked, 1)[:, None], DIGITS)
    scored = np.arange(regions) < found.ranked[:, None]
    return np.array(
        [np.bincount(found.regions[(share < cut) & scored], minlength=regions) for cut in cuts],
        np.int64,
    ).reshape(len(cuts), regions)


def quantile(counts: Ints, share: float) -> Floats:
    """The least rank at or before which a region stands in so many of the draws; NaN for none.

    The inverse of the rank frequencies, nothing interpolated.

    Example:
        >>> counts = np.array([[5, 90, 5]])
        >>> [quantile(counts, share).tolist() for share in (0.05, 0.5, 0.95, 0.96)]
        [[1.0], [2.0], [2.0], [3.0]]
    """
    running = np.cumsum(counts, axis=1)
    whole = running[:, -1:]
    # In thousandths of a draw, so that 0.05 of 100 draws is 5 of them and not 5.000000000000001.
    reached = running >= np.round(share * whole, 3)
    return np.where(whole[:, 0] > 0, reached.argmax(axis=1) + 1.0, np.nan)
