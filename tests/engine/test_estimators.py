"""The named estimators of formulas, through definitions: against papers and plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests import estimators_reference as reference
from tests.engine.test_held import evaluated

SPELLS = {name: {"type": "integer"} for name in ("days", "ended", "still")}
CLASSES = {"size": {"type": "number"}, "firms": {"type": "integer"}}
FIGURES = {"grain": "region", **{name: {"type": "number"} for name in ("y", "e")}}

# Each region its own spells, classes or figures: a hundred cases in one query.
SPELL = st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 3))
# An example is dozens of cases already.
FEW = settings(max_examples=max(1, settings.default.max_examples // 4))
CASES = st.lists(st.lists(SPELL, min_size=1, max_size=12), min_size=20, max_size=60)


def of_rows(
    columns: dict[str, Any], cases: list[list[tuple[Any, ...]]], formula: str
) -> list[float | None]:
    """A measure over the rows of each case, a case a region."""
    names = list(columns)
    rows = [
        {"region": f"R{n:04d}", "year": 2026, **dict(zip(names, row, strict=True))}
        for n, case in enumerate(cases)
        for row in case
    ]
    kinds = {"integer": pl.Int64, "number": pl.Float64}
    schema = {name: kinds[given["type"]] for name, given in columns.items()}
    frame = pl.DataFrame(rows, schema={"region": pl.String, "year": pl.Int64, **schema})
    found = evaluated({"rows": columns}, {"rows": {"m": formula}}, "m", {"rows": frame})
    return [found[f"R{n:04d}"] for n in range(len(cases))]


def over_regions(y: list[float], e: list[float], formula: str) -> list[float | None]:
    """A value over all regions."""
    names = [f"R{n:05d}" for n in range(len(y))]
    frame = pl.DataFrame(
        {"region": names, "year": [2026] * len(y), "y": y, "e": e},
        schema_overrides={"y": pl.Float64, "e": pl.Float64},
    )
    found = evaluated({"figures": FIGURES}, {}, formula, {"figures": frame})
    return [found[name] for name in names]


def close(found: list[float | None], wanted: list[float | None], to: float = 1e-9) -> None:
    for n, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
        assert mine == (None if theirs is None else pytest.approx(theirs, rel=to, abs=to)), n


# -------------------------------------------------------------------------- Kaplan and Meier

# E. J. Freireich and others, The effect of 6-mercaptopurine on the duration of steroid-induced
# remissions in acute leukemia, Blood 21 (1963): weeks of remission; + is still in remission.
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def spells(text: str) -> list[tuple[int, int, int]]:
    return [
        (int(word.rstrip("+")), int(not word.endswith("+")), int(word.endswith("+")))
        for word in text.split()
    ]


def test_the_medians_are_those_of_the_leukaemia_trial():
    """23 weeks with 6-MP and 8 with a placebo, as textbooks of survival analysis print them."""
    cases = [spells(MERCAPTOPURINE), spells(PLACEBO)]
    assert of_rows(SPELLS, cases, "km_median(days, ended, still)") == [23.0, 8.0]


@pytest.mark.parametrize(
    ("week", "share"),
    [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)],
)
def test_the_curve_is_that_of_the_leukaemia_trial(week, share):
    found = of_rows(SPELLS, [spells(MERCAPTOPURINE)], f"km_survival(days, ended, still, {week})")
    assert found == [pytest.approx(share, abs=5e-4)]


def test_the_curve_is_that_of_kaplan_and_meier():
    """Their example (1958, section 2): deaths at 0.8, 3.1, 5.4, 9.2; losses at 1.0, 2.7, 7.0, 12.1.

    Times are in tenths here.
    """
    own = spells("8 10+ 27+ 31 54 70+ 92 121+")
    for time, share in ((8, 7 / 8), (31, 7 / 10), (54, 21 / 40), (92, 21 / 80)):
        formula = f"km_survival(days, ended, still, {time})"
        assert of_rows(SPELLS, [own], formula) == [pytest.approx(share, abs=1e-12)]


@FEW
@given(CASES)
def test_the_median_is_that_of_exact_fractions(cases):
    found = of_rows(SPELLS, cases, "km_median(days, ended, still)")
    assert found == [reference.median(case) for case in cases]


@FEW
@given(CASES, st.integers(0, 14))
def test_survival_is_that_of_exact_fractions(cases, at):
    known = [case for case in cases if any(ended + still for _, ended, still in case)]
    if known:
        found = of_rows(SPELLS, known, f"km_survival(days, ended, still, {at})")
        close(found, [reference.survival(case, at) for case in known])


@FEW
@given(st.integers(0, 10_000))
def test_survival_is_that_of_scipy(seed):
    """``scipy.stats.ecdf`` of right-censored data."""
    random = np.random.default_rng(seed)
    times, gone = random.integers(1, 15, 40), random.random(40) < 0.6
    curve = stats.ecdf(stats.CensoredData(uncensored=times[gone], right=times[~gone])).sf
    own = [(int(t), int(g), int(not g)) for t, g in zip(times, gone, strict=True)]
    for at in (3, 9):
        formula = f"km_survival(days, ended, still, {at})"
        assert of_rows(SPELLS, [own], formula) == [pytest.approx(curve.evaluate(at), abs=1e-12)]


@FEW
@given(CASES)
def test_a_spell_counted_twice_is_two_spells(cases):
    doubled = [[(t, 2 * ended, 2 * still) for t, ended, still in case] for case in cases]
    twice = [case + case[::-1] for case in cases]
    formula = "km_median(days, ended, still)"
    assert of_rows(SPELLS, doubled, formula) == of_rows(SPELLS, twice, formula)


# ---------------------------------------------------------------------------------- entropy


def test_entropy_is_that_of_cover_and_thomas():
    """Elements of Information Theory, example 2.1.1: 1/2, 1/4, 1/8, 1/8 have 7/4 bits."""
    case = [(size, 1) for size in (4.0, 2.0, 1.0, 1.0, 0.0)]
    assert of_rows(CLASSES, [case], "entropy(size)") == [pytest.approx(7 / 4 * np.log(2))]


def test_the_correction_is_that_of_the_r_package_entropy():
    """Its example: counts 4 2 3 0 2 4 0 0 2 1 1; 8 classes, 19 observations, 7 / 38 added."""
    counts = (4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1)
    case = [(float(count), count) for count in counts]
    plain, corrected = (
        of_rows(CLASSES, [case], formula)[0]
        for formula in ("entropy(size)", "miller_madow(size, firms)")
    )
    assert plain == pytest.approx(stats.entropy(counts), abs=1e-9)
    assert corrected == pytest.approx(plain + 7 / 38, abs=1e-12)


CLASS = st.tuples(st.integers(0, 400).map(lambda n: n / 4), st.integers(1, 30))


@FEW
@given(st.lists(st.lists(CLASS, min_size=1, max_size=8), min_size=20, max_size=50))
def test_entropies_are_those_of_plain_python(cases):
    sizes = [[size for size, _ in case] for case in cases]
    counts = [[count for _, count in case] for case in cases]
    # Sums over rows have nine decimals, and the least size here is a quarter.
    wanted = [reference.entropy(size) for size in sizes]
    close(of_rows(CLASSES, cases, "entropy(size)"), wanted, to=2e-8)
    wanted = [reference.miller_madow(s, n) for s, n in zip(sizes, counts, strict=True)]
    close(of_rows(CLASSES, cases, "miller_madow(size, firms)"), wanted, to=2e-8)


# -------------------------------------------------------------------------------- shrinkage

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60)), min_size=3, max_size=40).filter(
    lambda pairs: any(y for y, _ in pairs)
)


def columns(pairs: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [float(y) for y, _ in pairs], [float(e) for _, e in pairs]


@FEW
@given(PAIRS)
def test_rates_are_the_means_of_posterior_gammas(pairs):
    y, e = columns(pairs)
    close(over_regions(y, e, "gamma_poisson(y, e)"), list(reference.gamma_poisson(y, e)))
    weights = over_regions(y, e, "gamma_poisson_weight(y, e)")
    close(weights, list(reference.gamma_poisson_weight(y, e)))


@FEW
@given(PAIRS)
def test_shares_are_the_means_of_posterior_betas(pairs):
    y, e = columns([(min(k, n), n) for k, n in pairs])
    close(over_regions(y, e, "beta_binomial(y, e)"), list(reference.beta_binomial(y, e)))


def test_rates_are_near_those_of_insurance_claims():
    """B. Efron, T. Hastie, Computer Age Statistical Inference (2016), table 6.1.

    9,461 policies by claims in a year; their gamma prior is of maximum likelihood, ours of moments.
    """
    policies = {0: 7840, 1: 1317, 2: 239, 3: 42, 4: 14, 5: 4, 6: 4, 7: 1}
    y = [float(claims) for claims, many in policies.items() for _ in range(many)]
    found = over_regions(y, [1.0] * len(y), "gamma_poisson(y, e)")
    printed = (0.164, 0.398, 0.633, 0.87, 1.10, 1.34, 1.57)
    for claims, wanted in enumerate(printed):
        assert found[y.index(float(claims))] == pytest.approx(wanted, rel=0.12)


def test_shares_are_shrunken_as_the_batters_of_efron_and_morris():
    """Stein's paradox in statistics (1977): 18 batters, 45 times at bat, factor 0.212.

    Theirs takes 15 of 18 degrees of freedom, moments take all: 1 - (1 - 0.212) 18 / 15 = 0.054.
    """
    hits = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
    found = over_regions([float(h) for h in hits], [45.0] * 18, "beta_binomial(y, e)")
    mean = sum(hits) / 810
    factors = [(s - mean) / (h / 45 - mean) for s, h in zip(found, hits, strict=True)]
    assert factors == pytest.approx([1 - (1 - 0.212) * 18 / 15] * 18, abs=0.005)


def test_shrunken_rates_are_nearer_the_truth():
    random = np.random.default_rng(1)
    exposure = random.uniform(1, 50, 400)
    truth = random.gamma(2.0, 0.5, 400)
    counts = random.poisson(truth * exposure).astype(float)
    found = np.array(over_regions(counts.tolist(), exposure.tolist(), "gamma_poisson(y, e)"))
    raw = counts / exposure
    assert ((found - truth) ** 2).mean() < 0.9 * ((raw - truth) ** 2).mean()


@FEW
@given(PAIRS, st.randoms())
def test_the_order_of_regions_is_nothing(pairs, random):
    """To the last bit."""
    y, e = columns(pairs)
    order = list(range(len(y)))
    random.shuffle(order)
    for formula in ("gamma_poisson(y, e)", "beta_binomial(least(y, e), e)", "y / total(e)"):
        found = over_regions(y, e, formula)
        turned = over_regions([y[n] for n in order], [e[n] for n in order], formula)
        assert turned == [found[n] for n in order]


def test_regions_without_exposure_have_no_rate_and_do_not_count():
    found = over_regions([3.0, 5.0, 9.0, 0.0], [10.0, 10.0, 10.0, 0.0], "gamma_poisson(y, e)")
    assert found[3] is None
    assert found[:3] == over_regions([3.0, 5.0, 9.0], [10.0] * 3, "gamma_poisson(y, e)")


# -------------------------------------------------------------------------- over all regions


@FEW
@given(PAIRS, st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_a_weighted_quantile_is_the_least_value_that_reaches_its_share(pairs, share):
    y, e = columns(pairs)
    found = over_regions(y, e, f"weighted_quantile(y, e, {share}) + 0 * y")
    close(found, [reference.weighted_quantile(y, e, share)] * len(y))


@FEW
@given(PAIRS)
def test_the_others_are_what_their_names_say(pairs):
    y, e = columns(pairs)
    wanted = {"total": np.sum, "middle": np.median, "highest": np.max, "lowest": np.min}
    for name, function in wanted.items():
        assert over_regions(y, e, f"{name}(y) + 0 * e") == pytest.approx([function(y)] * len(y))
