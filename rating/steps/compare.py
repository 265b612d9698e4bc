"""Pairwise comparison: which of two regions has more weight of children on its side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rating.steps.peers import Numbers, Peers, pieces

# What is closer than this is equal: of scores in units of the child's greatest, of weights in units
# of their sum. Sums of doubles are off by less.
SAME_SCORE = 1e-12
SAME_WEIGHT = 1e-9

# A matrix of pairs has at most so many cells at once.
CELLS = 4_000_000


def copeland(peers: Peers) -> Numbers:
    """Won comparisons less lost ones (A. H. Copeland, 1951).

    A region wins against another if the children in which it is ahead have more than half of the
    weight of the children that both have. What one of them lacks counts for nobody, so that
    neither the order of regions nor a gap decides; two that share no child are not compared.
    """
    found = [
        _won_less_lost(peers, rows)
        for rows in pieces(peers.wanted, columns=len(peers.scores), cells=CELLS)
    ]
    return np.concatenate([np.empty(0), *found])


def _won_less_lost(peers: Peers, rows: NDArray[np.int64]) -> Numbers:
    ahead = np.zeros((len(rows), len(peers.scores)))
    for column, weight in zip(peers.scores.T, peers.weights, strict=True):
        known = np.abs(column[~np.isnan(column)])
        gap = np.nan_to_num(column[rows, None] - column[None, :])
        gap[np.abs(gap) <= SAME_SCORE * known.max(initial=0.0)] = 0.0
        ahead += weight * np.sign(gap)
    least = SAME_WEIGHT * peers.weights.sum()
    score: Numbers = (ahead > least).sum(axis=1) - (ahead < -least).sum(axis=1).astype(float)
    return score
