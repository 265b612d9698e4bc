"""Three models of a matrix with gaps: regression, nearest rows, a normal population.

Rows are regions, columns indicators, NaN is missing. Every model works on standardised columns, so
that units and magnitudes are nothing to it, and answers in the unit of the column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.bool_]

# Predictors that repeat one another to nine digits count as one: what is left is rounding.
SAME = 1e-9
# Distances that agree to nine digits are equal, as scores are, and the order of rows decides.
DIGITS = 9
# How many distances are held at once.
BLOCK = 4_000_000
# Added to the variances, in units of the column's own. With more columns than complete rows, or
# columns that repeat one another, the likelihood has no maximum and the covariance no inverse; this
# much is the least that keeps both in double precision, and moves an estimate in its eighth digit.
RIDGE = 1e-8
# Expectation and maximisation alternate until no parameter moves by more, in standard deviations.
STILL = 1e-10
ROUNDS = 500


class UnfitError(Exception):
    """A model that the values do not determine.

    Attributes:
        what: the rule that is broken.
        remedy: what to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True)
class Scale:
    """Where each column lies and how far it spreads; 0 spread for one value or none.

    Attributes:
        unit: the greatest magnitude, divided out first so that no square overflows.
        centre: the mean, in that unit; NaN for a column without a value.
        spread: the standard deviation (n - 1), in that unit.
    """

    unit: Matrix
    centre: Matrix
    spread: Matrix

    @classmethod
    def of(cls, values: Matrix) -> Scale:
        """The scale of each column by its known values."""
        known = ~np.isnan(values)
        count = known.sum(axis=0)
        most = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
        least = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
        unit = np.where(count > 0, np.maximum(np.abs(most), np.abs(least)), 1.0)
        unit = np.where(unit > 0, unit, 1.0)
        shares = np.where(known, values / unit, 0.0)
        centre = np.where(count > 0, shares.sum(axis=0) / np.maximum(count, 1), np.nan)
        gaps = np.where(known, shares - centre, 0.0)
        spread = np.sqrt((gaps * gaps).sum(axis=0) / np.maximum(count - 1, 1))
        # The mean of equal values may miss them in the last bit; that is no spread.
        return cls(unit, centre, np.where(most > least, spread, 0.0))

    def down(self, values: Matrix) -> Matrix:
        """Standardised values; a column without spread is only centred."""
        standard: Matrix = (values / self.unit - self.centre) / self._divisor
        return standard

    def up(self, standard: Matrix) -> Matrix:
        """Values in their own unit again."""
        values: Matrix = (standard * self._divisor + self.centre) * self.unit
        return values

    @property
    def _divisor(self) -> Matrix:
        return np.where(self.spread > 0, self.spread, 1.0)


def regression(target: Matrix, predictors: Matrix, names: Sequence[str]) -> Matrix:
    """What least squares with an intercept predict for the gaps of one column.

    Args:
        target: one column.
        predictors: the columns of the indicators that it is regressed on.
        names: of the predictors, for an error.

    Returns:
        The column with a prediction in each gap whose predictors are all known.

    Raises:
        UnfitError: too few complete rows, or predictors that repeat one another.
    """
    complete = ~np.isnan(predictors).any(axis=1)
    asked, fitted = complete & np.isnan(target), complete & ~np.isnan(target)
    if not asked.any():
        return target
    wanted = len(names) + 2
    if not names or fitted.sum() < wanted:
        raise UnfitError(
            f"a regression on {', '.join(names)} needs {wanted} regions with all values, "
            f"and {fitted.sum()} have them"
            if names
            else "an indicator is not regressed on itself",
            "name fewer or other indicators in `on`",
        )
    scale, goal = Scale.of(predictors[fitted]), Scale.of(target[fitted, None])
    design = np.column_stack([np.ones(fitted.sum()), scale.down(predictors[fitted])])
    slopes, _, rank, _ = np.linalg.lstsq(design, goal.down(target[fitted, None]), rcond=SAME)
    if rank < design.shape[1]:
        raise UnfitError(
            f"over the {fitted.sum()} complete regions {', '.join(names)} repeat one another "
            "or do not vary: the regression has no single answer",
            "leave one of them out of `on`",
        )
    ahead = np.column_stack([np.ones(asked.sum()), scale.down(predictors[asked])])
    filled = target.copy()
    filled[asked] = goal.up(ahead @ slopes)[:, 0]
    return filled


def neighbours(values: Matrix, on: Sequence[int], targets: Sequence[int], k: int) -> Matrix:
    """The mean of the ``k`` nearest rows that have a value, in each gap of the target columns.

    Two rows are as far apart as the mean squared difference of their z-scores over the columns that
    both have; without such a column they cannot be compared. A column with one value in all rows
    compares nothing. Of rows equally far the first ones are taken.

    Args:
        values: all columns.
        on: the columns that rows are compared by; a target is never compared by itself, since the
            row with the gap does not have it.
        targets: the columns to fill.
        k: how many rows; fewer where fewer can be compared.
    """
    filled = values[:, list(targets)].copy()
    used = values[:, list(on)]
    scale = Scale.of(used)
    standard = scale.down(used)[:, scale.spread > 0]
    gaps = np.isnan(filled)
    asking = np.flatnonzero(gaps.any(axis=1))
    size = max(1, BLOCK // max(1, len(values)))
    for start in range(0, len(asking), size):
        rows = asking[start : start + size]
        apart = _distances(standard, rows)
        for place, target in enumerate(targets):
            lacking = gaps[rows, place]
            givers = np.flatnonzero(~np.isnan(values[:, target]))
            filled[rows[lacking], place] = _nearest(
                apart[np.ix_(lacking, givers)], values[givers, target], k
            )
    return filled


def _distances(standard: Matrix, rows: npt.NDArray[np.intp]) -> Matrix:
    """From some rows to all; infinite where nothing is shared."""
    total = np.zeros((len(rows), len(standard)))
    shared = np.zeros((len(rows), len(standard)))
    for column in standard.T:
        gap = column[rows, None] - column[None, :]
        both = ~np.isnan(gap)
        total += np.where(both, gap * gap, 0.0)
        shared += both
    return np.where(shared > 0, np.round(total / np.maximum(shared, 1), DIGITS), np.inf)


def _nearest(apart: Matrix, given: Matrix, k: int) -> Matrix:
    """For each row of distances, the mean over the ``k`` nearest; NaN where none is comparable."""
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    reached = np.isfinite(np.take_along_axis(apart, order, axis=1))
    # Sorted before they are added, so that who is nearer of the k does not show in the last digit.
    taken = np.sort(np.where(reached, given[order], np.nan), axis=1)
    count = reached.sum(axis=1)
    total = np.where(np.isnan(taken), 0.0, taken).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def expectation(values: Matrix) -> Matrix:
    """The expectation of each gap, given the rest of its row, in a normal population.

    Mean and covariance are the maximum-likelihood estimates from the incomplete rows, by the EM
    algorithm: Little and Rubin, "Statistical Analysis with Missing Data", section 11.2 (2nd ed.).
    A column with one value has that value everywhere; a column without values stays as it is.

    Raises:
        UnfitError: the estimates still move after 500 rounds.
    """
    scale = Scale.of(values)
    standard = scale.down(values)
    completed = np.where(np.isnan(standard) & ~np.isnan(scale.centre), 0.0, standard)
    varied = scale.spread > 0
    completed[:, varied] = _completed(standard[:, varied])
    return np.where(np.isnan(values), scale.up(completed), values)


def _completed(standard: Matrix) -> Matrix:
    """Every gap of standardised columns filled; a row without values is at the mean."""
    missing = np.isnan(standard)
    telling = ~missing.all(axis=1)
    if not missing.any():
        return standard
    completed = np.empty_like(standard)
    mean, completed[telling] = _estimated(standard[telling], _patterns(missing[telling]))
    completed[~telling] = mean
    return completed


def _patterns(missing: Rows) -> list[tuple[Rows, npt.NDArray[np.intp]]]:
    """Each set of columns that rows lack together, with those rows."""
    kinds, member = np.unique(missing, axis=0, return_inverse=True)
    return [(kind, np.flatnonzero(member.ravel() == n)) for n, kind in enumerate(kinds)]


def _estimated(
    standard: Matrix, patterns: list[tuple[Rows, npt.NDArray[np.intp]]]
) -> tuple[Matrix, Matrix]:
    """The mean of the population, and the rows with their gaps filled, at the maximum."""
    count, size = standard.shape

    def step(at: Matrix) -> Matrix:
        """One expectation and one maximisation; mean and covariance as one vector."""
        completed, doubt = _expected(standard, patterns, at[:size], at[size:].reshape(size, size))
        mean = completed.mean(axis=0)
        away = completed - mean
        covariance = (away.T @ away + doubt) / count + RIDGE * np.eye(size)
        return np.concatenate([mean, covariance.ravel()])

    at = np.concatenate([np.zeros(size), np.eye(size).ravel()])
    for _ in range(ROUNDS // 2):
        one = step(at)
        two = step(one)
        moved = np.abs(two - one).max()
        if moved <= STILL:
            mean, covariance = two[:size], two[size:].reshape(size, size)
            return mean, _expected(standard, patterns, mean, covariance)[0]
        at = _ahead(at, one, two, size)
    raise UnfitError(
        f"the EM algorithm still moves by {moved:.1g} standard deviations after {ROUNDS} rounds: "
        f"{count} regions say too little of {size} indicators together",
        "name fewer indicators in `on`",
    )


def _ahead(start: Matrix, one: Matrix, two: Matrix, size: int) -> Matrix:
    """Where two rounds lead to, or further along if the covariance there is one.

    EM is slow where much is missing; this squared extrapolation ends in the same place in a fifth
    of the rounds: Varadhan and Roland, Scandinavian Journal of Statistics 35 (2008), scheme S3.
    """
    step = one - start
    turn = two - one - step
    length = max(1.0, float(np.sqrt((step @ step) / max(float(turn @ turn), 1e-300))))
    far = start + 2 * length * step + length * length * turn
    try:
        np.linalg.cholesky(far[size:].reshape(size, size))
    except np.linalg.LinAlgError:
        return two
    return far


def _expected(
    standard: Matrix,
    patterns: list[tuple[Rows, npt.NDArray[np.intp]]],
    mean: Matrix,
    covariance: Matrix,
) -> tuple[Matrix, Matrix]:
    """The rows with each gap at its expectation, and the sum of the covariances about those."""
    completed, doubt = standard.copy(), np.zeros_like(covariance)
    for lacking, rows in patterns:
        if not lacking.any():
            continue
        known = ~lacking
        across = covariance[np.ix_(known, lacking)]
        slopes = np.linalg.solve(covariance[np.ix_(known, known)], across)
        away = standard[np.ix_(rows, known)] - mean[known]
        completed[np.ix_(rows, lacking)] = mean[lacking] + away @ slopes
        left = covariance[np.ix_(lacking, lacking)] - across.T @ slopes
        doubt[np.ix_(lacking, lacking)] += len(rows) * left
    return completed, doubt
