"""Numbers in [0, 1) for draws: seeded, and keyed by the index of the draw.

A draw's numbers depend on the seed and its index alone: not on how many are drawn, not on where a
stopped run was resumed.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["sobol", "random"]

# Draws are made in blocks of a power of 2, as Sobol's sequence wants them.
BLOCK = 4096


class Design:
    """A sequence of points of the unit cube, in blocks.

    Args:
        kind: ``sobol``, scrambled by the seed, or ``random``.
        width: the coordinates of a point.
        seed: the seed.
        size: the points of a block, a power of 2.
    """

    def __init__(self, kind: Kind, width: int, *, seed: int, size: int = BLOCK) -> None:
        self.kind, self.width, self.seed, self.size = kind, width, seed, size
        self._sequence: Any = None
        self._at = 0

    def block(self, number: int) -> Floats:
        """The points ``number * size`` to ``(number + 1) * size - 1``, a row each."""
        if not self.width:
            return np.empty((self.size, 0))
        if self.kind == "random":
            return stream(self.seed, 0, number).random((self.size, self.width))
        if self._sequence is None or self._at > number:
            from scipy.stats import qmc

            self._sequence = qmc.Sobol(self.width, rng=np.random.default_rng(self.seed))
            self._at = 0
        if self._at < number:
            self._sequence.fast_forward((number - self._at) * self.size)
        self._at = number + 1
        points: Floats = self._sequence.random(self.size)
        return points


def stream(seed: int, *keys: int) -> np.random.Generator:
    """Independent numbers for a seed and a key: of what is too wide for a sequence."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *keys])))


def choice(u: Floats, options: int) -> Ints:
    """One of so many options for each number: floor(k u), whatever the sample.

    Example:
        >>> choice(np.array([0.0, 0.49, 0.5, 0.99]), 2).tolist()
        [0, 0, 1, 1]
    """
    return np.minimum((u * options).astype(np.int64), options - 1)
