"""Named estimators that plain SQL lacks, as the text that a formula is printed with.

Some are aggregates over the rows of a region, others look over all regions. Sums of doubles over
regions are taken in sorted order, so that they depend on nothing but the numbers.
"""

from __future__ import annotations

from collections.abc import Callable

EXACT = "DECIMAL(38, 9)"

# What lambdas call their arguments begins with "_": no column is named so, and a column of the same
# name would take their place.

# A curve that meets one half up to rounding has met it.
_HALF = "0.5 + 1e-12"


def exact_sum(text: str, only: str = "", distinct: str = "") -> str:
    """A sum over microdata that does not depend on the order of rows or on the threads.

    A sum of doubles does; a sum of decimals is exact.
    """
    return f"CAST(sum({distinct}CAST({text} AS {EXACT})){only} AS DOUBLE)"


def ordered_sum(text: str) -> str:
    """A sum over regions that does not depend on their order."""
    return f"list_sum(list_sort(list({text})))"


# ---------------------------------------------------------------------------- over the rows


def entropy(size: str) -> str:
    """Shannon entropy, in nats, of the shares of classes in their sum; one row a class.

    Classes without size do not count. C. E. Shannon, A mathematical theory of communication, 1948.
    """
    some = f"({size}) > 0"
    whole = exact_sum(f"CASE WHEN {some} THEN {size} END")
    logs = exact_sum(f"CASE WHEN {some} THEN ({size}) * ln({size}) END")
    return f"(ln({whole}) - {logs} / {whole})"


def miller_madow(size: str, count: str) -> str:
    """Entropy with the bias of small samples taken off: (classes - 1) / (2 observations) is added.

    ``count`` is how many observations (firms) the class has. G. A. Miller, Note on the bias of
    information estimates, 1955.
    """
    classes = f"count(*) FILTER (WHERE ({size}) > 0)"
    return f"({entropy(size)} + ({classes} - 1) / (2e0 * nullif({exact_sum(count)}, 0)))"


def km_median(time: str, ended: str, open: str) -> str:
    """Median time by Kaplan and Meier: the least time at which the curve is at one half or below.

    Rows carry how many spells ended at the time and how many were still open (censored) then.
    Missing where the curve stays above one half. E. L. Kaplan, P. Meier, Nonparametric estimation
    from incomplete observations, 1958.
    """
    return f"{_curve(time, ended, open)}.hit"


def km_survival(time: str, ended: str, open: str, at: str) -> str:
    """The share of spells that outlast a time, by Kaplan and Meier.

    Missing beyond the longest spell, unless the curve has reached 0: it is not known there.
    """
    unknown = f"_c.t < {at} AND _c.s > 0"
    curve = _curve(time, ended, open, until=at)
    return f"list_transform([{curve}], lambda _c: CASE WHEN {unknown} THEN NULL ELSE _c.s END)[1]"


def _curve(time: str, ended: str, open: str, until: str | None = None) -> str:
    """The curve after its last spell: time t, share s still going, first time at one half, hit.

    Spells that end at a time (k = 0) come before those that are open then (k = 1), as the method
    has it; n counts down the spells at risk.
    """
    some = f"FILTER (WHERE ({time}) IS NOT NULL)"
    blank = "s: 1e0, hit: CAST(NULL AS DOUBLE)"

    def spells(kind: int, count: str) -> str:
        fields = f"t: CAST({time} AS DOUBLE), k: {kind}, n: CAST({count} AS DOUBLE), {blank}"
        return f"list({{{fields}}}) {some}"

    lists = f"{spells(0, ended)}, {spells(1, open)}"
    ends = "_x.k = 0 AND _x.n > 0" + (f" AND _x.t <= {until}" if until else "")
    after = "_a.s * (1 - _x.n / _a.n)"
    start = (
        f"{{t: 0e0, k: 0, n: CAST(sum(({ended}) + ({open})) {some} AS DOUBLE), s: 1e0, hit: NULL}}"
    )
    return (
        f"list_reduce(list_sort(list_concat({lists})), lambda _a, _x: "
        f"{{t: CASE WHEN _x.n > 0 THEN _x.t ELSE _a.t END, k: _x.k, "
        f"n: _a.n - _x.n, s: CASE WHEN {ends} THEN {after} ELSE _a.s END, "
        f"hit: CASE WHEN _a.hit IS NULL AND {ends} AND {after} <= {_HALF} THEN _x.t "
        "ELSE _a.hit END}, "
        f"{start})"
    )


# ------------------------------------------------------------------------- over all regions

# What is taken over all regions, and the text that reads it under the names it is given.
Over = tuple[tuple[str, ...], Callable[..., str]]


def total(text: str) -> Over:
    """The sum over regions."""
    return (ordered_sum(text),), str


def middle(text: str) -> Over:
    """The median over regions."""
    return (f"median({text})",), str


def highest(text: str) -> Over:
    """The greatest over regions."""
    return (f"max({text})",), str


def lowest(text: str) -> Over:
    """The least over regions."""
    return (f"min({text})",), str


def weighted_quantile(text: str, weight: str, share: str) -> Over:
    """The least number below or at which regions hold a share of the whole weight."""
    some = f"FILTER (WHERE ({text}) IS NOT NULL AND ({weight}) > 0)"
    region = (
        f"{{t: CAST({text} AS DOUBLE), w: CAST({weight} AS DOUBLE), hit: CAST(NULL AS DOUBLE)}}"
    )
    whole = f"list_sum(list_sort(list({weight}) {some}))"
    # Weights that add up to the share only after rounding have reached it.
    met = f"_a.w + _x.w >= {share} * {whole} * (1 - 1e-12)"
    reduced = (
        f"list_reduce(list_sort(list({region}) {some}), lambda _a, _x: {{t: _x.t, "
        f"w: _a.w + _x.w, hit: CASE WHEN _a.hit IS NULL AND {met} THEN _x.t ELSE _a.hit END}}, "
        "{t: 0e0, w: 0e0, hit: NULL}).hit"
    )
    return (reduced,), str


def gamma_poisson(count: str, exposure: str) -> Over:
    """The rate of a region drawn to the rate of all, the more the less exposure it has.

    Empirical Bayes with the moments of R. J. Marshall, Mapping disease and mortality rates using
    empirical Bayes estimators, 1991.
    """
    totals, weight = gamma_poisson_weight(count, exposure)
    own = f"({count}) / nullif({exposure}, 0)"
    return totals, lambda rate, between: f"({rate} + {weight(rate, between)} * ({own} - {rate}))"


def gamma_poisson_weight(count: str, exposure: str) -> Over:
    """The weight of the own rate in ``gamma_poisson``, from 0 to 1."""
    rate, spread, mean = _moments(count, exposure)
    between = f"greatest({spread} - {rate} / {mean}, 0)"

    def weight(rate: str, between: str) -> str:
        own = f"{between} / nullif({between} + {rate} / nullif({exposure}, 0), 0)"
        return f"CASE WHEN {between} = 0 AND ({exposure}) > 0 THEN 0 ELSE {own} END"

    return (rate, between), weight


def beta_binomial(count: str, trials: str) -> Over:
    """The share of a region drawn to the share of all, the more the fewer trials it has.

    Empirical Bayes with moments, as J. C. Kleinman, Proportions with extraneous variance, 1973.
    """
    share, spread, mean = _moments(count, trials)
    alike = f"{share} * (1 - {share})"
    between = f"(({spread} - {alike} / {mean}) / nullif(1 - 1 / {mean}, 0))"
    # Between regions there cannot be more variance than when each is all or nothing.
    bounded = f"coalesce(least(greatest({between}, 0), {alike}), 0)"
    own = f"({count}) / nullif({trials}, 0)"

    def shrunken(share: str, between: str) -> str:
        within = f"({share} * (1 - {share}) - {between}) / nullif({trials}, 0)"
        weight = f"CASE WHEN {between} = 0 THEN 0 ELSE {between} / ({between} + {within}) END"
        return f"({share} + {weight} * ({own} - {share}))"

    return (share, bounded), shrunken


def _moments(count: str, exposure: str) -> tuple[str, str, str]:
    """The rate of all, the variance of rates weighted by exposure, the mean exposure."""
    some = f"({count}) IS NOT NULL AND ({exposure}) > 0"
    counts = ordered_sum(f"CASE WHEN {some} THEN {count} END")
    exposures = ordered_sum(f"CASE WHEN {some} THEN {exposure} END")
    squares = ordered_sum(f"CASE WHEN {some} THEN ({count}) * ({count}) / ({exposure}) END")
    rate = f"({counts} / {exposures})"
    spread = f"({squares} / {exposures} - {rate} * {rate})"
    return rate, spread, f"({exposures} / count(*) FILTER (WHERE {some}))"


OVER_ROWS: dict[str, tuple[int, Callable[..., str]]] = {
    "entropy": (1, entropy),
    "miller_madow": (2, miller_madow),
    "km_median": (3, km_median),
    "km_survival": (4, km_survival),
}
OVER_REGIONS: dict[str, tuple[int, Callable[..., Over]]] = {
    "total": (1, total),
    "middle": (1, middle),
    "highest": (1, highest),
    "lowest": (1, lowest),
    "weighted_quantile": (3, weighted_quantile),
    "gamma_poisson": (2, gamma_poisson),
    "gamma_poisson_weight": (2, gamma_poisson_weight),
    "beta_binomial": (2, beta_binomial),
}
