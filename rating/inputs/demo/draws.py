"""Numbers that look random and depend on nothing but a seed, a name and a row.

Each number is SplitMix64 (Steele, Lea and Flood 2014) taken at the row's own place of a stream,
so that rows can be made in any order, in pieces of any size and on any number of threads. DuckDB's
``hash`` and NumPy's generators promise no such thing from one version to the next. Nothing here
calls a logarithm or an exponential, whose last bits differ between machines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def splitmix(key: int, rows: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """The outputs of SplitMix64 seeded with ``key``; row 1 is the first.

    Example:
        >>> splitmix(1234567, [1, 2]).tolist()
        [6457827717110365317, 3203168211198807973]
    """
    with np.errstate(over="ignore"):  # the arithmetic is modulo 2^64
        state = np.asarray(rows).astype(np.uint64) * _GOLDEN
        state += np.uint64(key)
        state ^= state >> np.uint64(30)
        state *= _FIRST
        state ^= state >> np.uint64(27)
        state *= _SECOND
        state ^= state >> np.uint64(31)
    return np.asarray(state)


@dataclass(frozen=True)
class Draws:
    """The streams of a seed. In every method ``rows`` are whole numbers of any shape.

    Example:
        >>> Draws(1).integer("die", np.arange(6), 1, 6).tolist()
        [6, 2, 1, 4, 1, 3]
    """

    seed: int

    def uniform(self, name: str, rows: npt.ArrayLike) -> Real:
        """Numbers in [0, 1), each a multiple of 2^-53."""
        digest = hashlib.sha256(f"{self.seed} {name}".encode()).digest()
        words = splitmix(int.from_bytes(digest[:8], "little"), rows)
        return np.asarray((words >> np.uint64(11)) * 2.0**-53)

    def between(
        self, name: str, rows: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
    ) -> Real:
        """Numbers spread evenly from ``low`` up to ``high``."""
        bottom = np.asarray(low, np.float64)
        return bottom + (np.asarray(high, np.float64) - bottom) * self.uniform(name, rows)

    def integer(
        self, name: str, rows: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
    ) -> Whole:
        """Whole numbers from ``low`` to ``high``, both included."""
        return np.floor(self.between(name, rows, low, np.asarray(high) + 1)).astype(np.int64)

    def true(self, name: str, rows: npt.ArrayLike, share: npt.ArrayLike) -> Truth:
        """Whether, with a given probability."""
        return np.asarray(self.uniform(name, rows) < np.asarray(share))

    def bell(self, name: str, rows: npt.ArrayLike) -> Real:
        """Roughly normal numbers of mean 0 and deviation 1: the sum of four even ones."""
        total = sum(self.uniform(f"{name} {part}", rows) for part in range(4))
        return (np.asarray(total) - 2) * 3**0.5

    def pick(self, name: str, rows: npt.ArrayLike, weights: Sequence[float] | Real) -> Whole:
        """Places in a list, each with its weight."""
        edges = np.cumsum(np.asarray(weights, np.float64))
        found = np.searchsorted(edges / edges[-1], self.uniform(name, rows), side="right")
        return np.minimum(found, len(edges) - 1).astype(np.int64)

    def count(self, name: str, rows: npt.ArrayLike, mean: npt.ArrayLike) -> Whole:
        """Whole numbers of a given mean: one of its two neighbours."""
        return np.floor(np.asarray(mean) + self.uniform(name, rows)).astype(np.int64)

    def day(self, name: str, rows: npt.ArrayLike, first: str, last: str) -> Days:
        """Days from ``first`` to ``last``, both included, spread evenly."""
        start = np.datetime64(first, "D")
        span = int((np.datetime64(last, "D") - start).astype(int))
        return start + self.integer(name, rows, 0, span).astype("timedelta64[D]")


def repeated(counts: npt.ArrayLike) -> tuple[Whole, Whole]:
    """For cells with so many rows each: the cell of every row, and its number within the cell.

    Example:
        >>> [part.tolist() for part in repeated([2, 0, 1])]
        [[0, 0, 2], [0, 1, 0]]
    """
    sizes = np.asarray(counts, np.int64)
    cell = np.repeat(np.arange(len(sizes)), sizes)
    return cell, np.arange(len(cell)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def later(start: Days, days: npt.ArrayLike, where: Any = True) -> Days:
    """Days after a date; no date where ``where`` is false."""
    end = start + np.asarray(days).astype("timedelta64[D]")
    return np.where(where, end, np.datetime64("NaT"))
