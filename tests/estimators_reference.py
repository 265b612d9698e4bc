"""The named estimators once more, in plain Python and in exact fractions where that is possible.

Nothing here is read from the library: the formulas are those of the papers, in another form than
that of the SQL where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

Spell = tuple[int, int, int]  # time, how many ended then, how many were still open then


def kaplan_meier(spells: Iterable[Spell]) -> list[tuple[int, Fraction]]:
    """The curve after each time at which something ended: Kaplan and Meier (1958)."""
    spells = list(spells)
    share, curve = Fraction(1), []
    for time in sorted({time for time, ended, _ in spells if ended}):
        risk = sum(ended + still for at, ended, still in spells if at >= time)
        gone = sum(ended for at, ended, _ in spells if at == time)
        share *= Fraction(risk - gone, risk)
        curve.append((time, share))
    return curve


def median(spells: Iterable[Spell]) -> int | None:
    """The least time at which at most half are left; None where the curve stays above."""
    return next((time for time, share in kaplan_meier(spells) if share <= Fraction(1, 2)), None)


def survival(spells: Sequence[Spell], at: float) -> float | None:
    """The share that outlasts a time; None beyond the longest spell, unless nothing is left."""
    if not spells:
        return None
    share = Fraction(1)
    for time, left in kaplan_meier(spells):
        if time <= at:
            share = left
    longest = max(time for time, ended, still in spells if ended + still)
    return None if at > longest and share > 0 else float(share)


def entropy(sizes: Iterable[float]) -> float | None:
    """Shannon's, in nats."""
    some = [size for size in sizes if size > 0]
    whole = math.fsum(some)
    return -math.fsum(s / whole * math.log(s / whole) for s in some) if some else None


def miller_madow(sizes: Sequence[float], counts: Sequence[int]) -> float | None:
    """With half a degree of freedom for each observation: Miller (1955)."""
    found = entropy(sizes)
    classes = sum(size > 0 for size in sizes)
    return None if found is None else found + (classes - 1) / (2 * sum(counts))


def gamma_prior(counts: Sequence[float], exposures: Sequence[float]) -> tuple[float, float] | None:
    """Shape and rate of the gamma distribution of rates, by moments: Marshall (1991).

    None where rates differ no more than Poisson counts of one rate do.
    """
    mean = math.fsum(counts) / math.fsum(exposures)
    spread = math.fsum(
        e * (y / e - mean) ** 2 for y, e in zip(counts, exposures, strict=True)
    ) / math.fsum(exposures)
    between = spread - mean / (math.fsum(exposures) / len(exposures))
    return (mean**2 / between, mean / between) if between > 0 else None


def gamma_poisson(counts: Sequence[float], exposures: Sequence[float]) -> list[float]:
    """The mean of the posterior gamma of each: (shape + y) / (rate + exposure)."""
    prior = gamma_prior(counts, exposures)
    if prior is None:
        return [math.fsum(counts) / math.fsum(exposures)] * len(counts)
    shape, rate = prior
    return [(shape + y) / (rate + e) for y, e in zip(counts, exposures, strict=True)]


def gamma_poisson_weight(counts: Sequence[float], exposures: Sequence[float]) -> list[float]:
    """How much of the own rate is in it: exposure / (exposure + rate of the prior)."""
    prior = gamma_prior(counts, exposures)
    return [0.0 if prior is None else e / (e + prior[1]) for e in exposures]


def beta_binomial(counts: Sequence[float], trials: Sequence[float]) -> list[float]:
    """The mean of the posterior beta of each, prior by moments: Kleinman (1973)."""
    share = math.fsum(counts) / math.fsum(trials)
    alike = share * (1 - share)
    many = math.fsum(trials) / len(trials)
    spread = math.fsum(
        n * (k / n - share) ** 2 for k, n in zip(counts, trials, strict=True)
    ) / math.fsum(trials)
    between = (spread - alike / many) / (1 - 1 / many) if many != 1 else 0.0
    between = min(between, alike)
    if between <= 0:
        return [share] * len(counts)
    size = alike / between - 1  # of the prior, as so many trials
    return [(size * share + k) / (size + n) for k, n in zip(counts, trials, strict=True)]


def weighted_quantile(
    values: Sequence[float], weights: Sequence[float], share: float
) -> float | None:
    """The least value at or below which the weights reach a share of the whole."""
    reached, whole = 0.0, math.fsum(weights)
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if weight > 0 and reached >= share * whole * (1 - 1e-12):
            return value
    return None
