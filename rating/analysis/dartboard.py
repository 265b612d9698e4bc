"""Whether plants are closer together than darts thrown at the map would be.

G. Ellison, E. L. Glaeser, Geographic concentration in U.S. manufacturing industries: a dartboard
approach, Journal of Political Economy 105 (1997) 889-927. Throughout s are the regions' shares of a
sector's jobs, x their shares of all jobs, and H is the Herfindahl index of the sector's plants.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rating.analysis.design import Floats, Ints, stream

# Plants times draws that are held at once.
BLOCK = 2_000_000


def herfindahl(sizes: Floats) -> float:
    """The sum of squared shares: 1 for a single owner, 1/n for n alike; NaN of nothing.

    Example:
        >>> round(herfindahl(np.array([30.0, 30.0, 20.0, 20.0])), 4)
        0.26
    """
    whole = sizes.sum()
    return float((sizes**2).sum() / whole**2) if whole > 0 else float("nan")


def gamma(s: Floats, x: Floats, plants: Floats | float) -> Floats:
    """The index of Ellison and Glaeser: 0 on average where plants fall as darts would.

    Missing (NaN) where one plant or one region holds everything.

    Args:
        s: shares of the sector, regions in the last axis.
        x: shares of all jobs.
        plants: the Herfindahl index of plants; one for each row of shares.
    """
    room = 1 - (x**2).sum()
    raw = ((s - x) ** 2).sum(axis=-1)
    whole = room * (1 - np.asarray(plants))
    found: Floats = np.divide(
        raw - room * plants, whole, out=np.full(np.shape(whole), np.nan), where=whole > 1e-12
    )
    return found


def excess(s: Floats, x: Floats, plants: float) -> Floats:
    """By how many standard deviations of a random location each share is above its due.

    The sum over regions of its square less 1, times x (1 - x) H, is the numerator of ``gamma``.
    """
    spread = np.sqrt(x * (1 - x) * plants)
    found: Floats = np.divide(s - x, spread, out=np.full(len(s), np.nan), where=spread > 0)
    return found


def thrown(jobs: Floats, x: Floats, draws: int, seed: int) -> Iterator[Floats]:
    """The regions' shares with every plant thrown at random, region r with probability x_r.

    Args:
        jobs: of each plant.
        x: shares of all jobs.
        draws: how many throws.
        seed: the seed.

    Yields:
        Blocks of draws by regions.
    """
    random = stream(seed, 4)
    ends = np.cumsum(x)[:-1]
    for size in _blocks(draws, len(jobs)):
        place = np.searchsorted(ends, random.random(size * len(jobs)), side="right")
        place += np.repeat(np.arange(size) * len(x), len(jobs))
        found = np.bincount(place, np.tile(jobs, size), minlength=size * len(x))
        yield found.reshape(size, len(x)) / jobs.sum()


def resampled(
    jobs: Floats, region: Ints, regions: int, draws: int, seed: int
) -> Iterator[tuple[Floats, Floats]]:
    """The regions' shares, and H, with plants drawn again from all plants of the country.

    A plant that is drawn twice is one plant of twice the size: so ``gamma`` stays 0 on average
    where plants fall at random, which two plants in one place would spoil.

    Args:
        jobs: of each plant.
        region: of each plant, in rising order.
        regions: how many regions there are.
        draws: how often.
        seed: the seed.

    Yields:
        Blocks of draws by regions, and of H by draws.
    """
    random = stream(seed, 5)
    many = len(jobs)
    own, first = np.unique(region, return_index=True)
    for size in _blocks(draws, many):
        taken = (random.random(size * many) * many).astype(np.int64)
        taken += np.repeat(np.arange(size) * many, many)
        weighed = np.bincount(taken, minlength=size * many).reshape(size, many) * jobs
        whole = weighed.sum(axis=1, keepdims=True)
        shares = np.zeros((size, regions))
        shares[:, own] = np.add.reduceat(weighed, first, axis=1) / whole
        yield shares, (weighed**2).sum(axis=1) / whole[:, 0] ** 2


def _blocks(draws: int, plants: int) -> Iterator[int]:
    size = max(1, BLOCK // max(plants, 1))
    for first in range(0, draws, size):
        yield min(size, draws - first)
