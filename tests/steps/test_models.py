"""The models of a matrix with gaps, against plain loops, textbook sums and scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import linregress, multivariate_normal

from rating.steps.models import Scale, UnfitError, expectation, neighbours, regression

SEEDS = st.integers(0, 2**32 - 1)


def holed(seed, rows=None, width=4, share=0.15):
    """Correlated columns in units of their own, with gaps, and no row or column without a value."""
    draw = np.random.default_rng(seed)
    rows = rows or int(draw.integers(14, 30))
    common = draw.normal(size=(rows, 1))
    whole = common * draw.uniform(-1, 1, width) + draw.normal(size=(rows, width))
    whole = whole * 10.0 ** draw.integers(-3, 4, width) + draw.normal(size=width)
    gaps = draw.random((rows, width)) < share
    gaps[np.arange(rows), draw.integers(0, width, rows)] = False
    gaps[:4] = False
    return np.where(gaps, np.nan, whole)


# ------------------------------------------------------------------------------------------- scale


@given(SEEDS, st.sampled_from([1e-200, 1.0, 1e200]))
def test_standard_values_have_mean_0_and_deviation_1_and_come_back(seed, factor):
    values = factor * holed(seed)
    scale = Scale.of(values)
    standard = scale.down(values)
    assert np.nanmean(standard, axis=0) == pytest.approx(0, abs=1e-9)
    assert np.nanstd(standard, axis=0, ddof=1) == pytest.approx(1, rel=1e-9)
    back = scale.up(standard)
    assert np.nanmax(np.abs(back - values) / np.nanmax(np.abs(values), axis=0)) < 1e-12


def test_equal_values_have_no_spread_and_no_values_have_no_centre():
    scale = Scale.of(np.array([[0.1, np.nan, 0.0]] * 3))
    assert scale.spread.tolist() == [0, 0, 0]
    assert np.isnan(scale.centre).tolist() == [False, True, False]


def test_each_column_has_its_own_unit_and_a_table_without_rows_has_a_scale():
    scale = Scale.of(np.array([[0.1, -7.0, np.nan, 0.0], [0.1, 5.0, 3.0, 0.0]]))
    assert scale.unit.tolist() == [0.1, 7.0, 3.0, 1.0]
    assert scale.centre.tolist() == pytest.approx([1.0, -1 / 7, 1.0, 0.0])
    assert scale.spread.tolist() == pytest.approx([0.0, 12 / 7 / 2**0.5, 0.0, 0.0])
    empty = Scale.of(np.empty((0, 2)))
    assert (empty.unit.tolist(), empty.spread.tolist()) == ([1.0, 1.0], [0.0, 0.0])
    assert np.isnan(empty.centre).all()


# -------------------------------------------------------------------------------------- regression


@given(SEEDS)
def test_one_predictor_gives_the_line_of_scipy(seed):
    values = holed(seed, width=2, share=0.3)
    target, predictor = values.T
    both = ~np.isnan(values).any(axis=1)
    line = linregress(predictor[both], target[both])
    filled = regression(target, predictor[:, None], ["b"])
    asked = np.isnan(target) & ~np.isnan(predictor)
    assert filled[asked] == pytest.approx(
        line.intercept + line.slope * predictor[asked], rel=1e-9, abs=1e-9 * np.nanmax(abs(target))
    )


@given(SEEDS)
def test_a_regression_satisfies_the_normal_equations(seed):
    """The fitted plane, found by filling gaps made on purpose, leaves residuals at right angles."""
    values = holed(seed, share=0)
    target, predictors = values[:, 0], values[:, 1:]
    doubled = np.concatenate([target, np.full(len(target), np.nan)])
    fitted = regression(doubled, np.vstack([predictors, predictors]), ["b", "c", "d"])
    residuals = (target - fitted[len(target) :]) / np.abs(target).max()
    assert abs(residuals.sum()) < 1e-9
    assert np.abs(residuals @ (predictors / np.abs(predictors).max(axis=0))).max() < 1e-9


def test_a_plane_is_continued_exactly_even_outside_the_known_values():
    x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0], [4.0, 4.0], [50.0, 60.0]])
    y = 3 + 2 * x[:, 0] - x[:, 1]
    gappy = np.append(y[:-1], np.nan)
    assert regression(gappy, x, ["a", "b"])[-1] == pytest.approx(y[-1], rel=1e-12)


def test_a_gap_whose_predictor_is_missing_stays():
    target = np.array([1.0, 2.0, 3.0, np.nan, np.nan])
    predictor = np.array([[1.0], [2.0], [3.0], [4.0], [np.nan]])
    filled = regression(target, predictor, ["a"])
    assert filled[3] == pytest.approx(4.0)
    assert np.isnan(filled[4])


def unfit(model, *given):
    """What is wrong and what to do."""
    with pytest.raises(UnfitError) as caught:
        model(*given)
    assert str(caught.value) == caught.value.what
    return caught.value.what, caught.value.remedy


def test_too_few_complete_rows_are_refused_with_their_number():
    target = np.array([1.0, 2.0, np.nan])
    one = np.array([[1.0], [2.0], [3.0]])
    remedy = "name fewer or other indicators in `on`"
    assert unfit(regression, target, one, ["a"]) == (
        "a regression on a needs 3 regions with all values, and 2 have them",
        remedy,
    )
    assert unfit(regression, target, np.hstack([one, one**2]), ["a", "b"]) == (
        "a regression on a, b needs 4 regions with all values, and 2 have them",
        remedy,
    )
    assert unfit(regression, target, one[:, :0], []) == (
        "an indicator is not regressed on itself",
        remedy,
    )


@pytest.mark.parametrize("factor", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("repeated", [[2.0, 3.0, 5.0, 4.0, 9.0, 6.0], [7.0] * 6])
def test_predictors_that_repeat_one_another_are_refused_in_any_unit(factor, repeated):
    first = np.array([1.0, 2.0, 4.0, 3.0, 8.0, 5.0])
    predictors = np.column_stack([first, factor * np.array(repeated)])
    target = np.array([3.0, 1.0, 4.0, 1.0, 5.0, np.nan])
    assert unfit(regression, target, predictors, ["a", "b"]) == (
        "over the 5 complete regions a, b repeat one another or do not vary: "
        "the regression has no single answer",
        "leave one of them out of `on`",
    )


def test_predictors_that_differ_in_the_tenth_digit_repeat_one_another():
    """What tells them apart is rounding; from the sixth digit on it is a difference."""
    first = np.array([1.0, 2.0, 4.0, 3.0, 8.0, 5.0])
    beside = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
    target = np.array([3.0, 1.0, 4.0, 1.0, 5.0, np.nan])
    what, _ = unfit(
        regression, target, np.column_stack([first, first + 1e-10 * beside]), ["a", "b"]
    )
    assert "repeat one another" in what
    apart = regression(target, np.column_stack([first, first + 1e-6 * beside]), ["a", "b"])
    exact = regression(target, np.column_stack([first, beside]), ["a", "b"])
    assert apart == pytest.approx(exact, rel=1e-6)


# -------------------------------------------------------------------------------------- neighbours


def by_loop(values, on, target, k):
    """The nearest rows one by one, from the definition."""
    filled = values[:, target].copy()
    z = {}
    for column in on:
        known = [v for v in values[:, column] if not math.isnan(v)]
        mean = sum(known) / len(known)
        sd = math.sqrt(sum((v - mean) ** 2 for v in known) / (len(known) - 1))
        z[column] = [(v - mean) / sd for v in values[:, column]]
    for row in np.flatnonzero(np.isnan(values[:, target])):
        found = []
        for other in np.flatnonzero(~np.isnan(values[:, target])):
            gaps = [(z[c][row] - z[c][other]) ** 2 for c in on if c != target]
            gaps = [gap for gap in gaps if not math.isnan(gap)]
            if gaps:
                found.append((sum(gaps) / len(gaps), other))
        nearest = [values[other, target] for _, other in sorted(found)[:k]]
        if nearest:
            filled[row] = sum(nearest) / len(nearest)
    return filled


@given(SEEDS, st.integers(1, 40), st.sampled_from([(0, 1, 2, 3), (1, 2), (3,)]))
def test_nearest_rows_are_those_of_a_plain_loop(seed, k, on):
    values = holed(seed, share=0.3)
    found = neighbours(values, on, [0, 2], k)
    for place, target in enumerate((0, 2)):
        wanted = by_loop(values, on, target, k)
        assert found[:, place] == pytest.approx(wanted, rel=1e-9, nan_ok=True)


@given(SEEDS)
def test_blocks_of_distances_change_nothing(seed):
    values = holed(seed, share=0.3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rating.steps.models.BLOCK", 50)
        small = neighbours(values, range(4), range(4), 3)
    assert np.array_equal(small, neighbours(values, range(4), range(4), 3), equal_nan=True)


def test_of_rows_equally_far_the_first_are_taken():
    values = np.array([[5.0, 1.0], [6.0, 3.0], [7.0, 3.0], [np.nan, 2.0]])
    assert neighbours(values, [1], [0], 1)[3, 0] == 5
    assert neighbours(values, [1], [0], 2)[3, 0] == 5.5
    many = np.column_stack([np.arange(200.0), np.arange(200) % 2])
    many[100, 0] = np.nan
    assert neighbours(many, [1], [0], 3)[100, 0] == (0 + 2 + 4) / 3


def test_rows_that_share_nothing_are_not_compared_and_a_constant_compares_nothing():
    values = np.array([[5.0, 1.0, 4.0], [6.0, 2.0, 4.0], [np.nan, np.nan, 4.0]])
    assert np.isnan(neighbours(values, [1, 2], [0], 2)[2, 0])


# ------------------------------------------------------------------------------------- expectation


@given(SEEDS)
def test_with_one_column_in_gaps_expectation_is_regression(seed):
    """With only the last column incomplete the likelihood has a closed maximum: Anderson, 1957."""
    values = holed(seed, share=0)
    values[5:10, 3] = np.nan
    fitted = regression(values[:, 3], values[:, :3], ["a", "b", "c"])
    spread = np.nanstd(values[:, 3])
    assert expectation(values)[:, 3] == pytest.approx(fitted, abs=1e-5 * spread)


@pytest.mark.parametrize("seed", range(4))
def test_expectation_stands_at_the_maximum_of_the_likelihood(seed):
    """The likelihood of what is observed, maximised by scipy, gives the same fills."""
    values = holed(seed, rows=16, width=3, share=0.6)
    scale = Scale.of(values)
    standard = scale.down(values)

    def parameters(free):
        root = np.zeros((3, 3))
        root[np.tril_indices(3)] = free[3:]
        return free[:3], root @ root.T

    def loss(free):
        mean, covariance = parameters(free)
        return -sum(
            multivariate_normal(mean[k], covariance[np.ix_(k, k)]).logpdf(row[k])
            for row in standard
            for k in [np.flatnonzero(~np.isnan(row))]
        )

    start = np.concatenate([np.zeros(3), np.eye(3)[np.tril_indices(3)]])
    best = minimize(loss, start, method="BFGS", options={"gtol": 1e-7, "maxiter": 500})
    mean, covariance = parameters(best.x)
    wanted = standard.copy()
    for row in wanted:
        m, k = np.flatnonzero(np.isnan(row)), np.flatnonzero(~np.isnan(row))
        slopes = np.linalg.solve(covariance[np.ix_(k, k)], covariance[np.ix_(k, m)])
        row[m] = mean[m] + (row[k] - mean[k]) @ slopes
    assert np.isnan(values).sum() > 5
    assert scale.down(expectation(values)) == pytest.approx(wanted, abs=1e-5)


def test_a_row_without_values_is_at_the_mean_and_a_column_without_values_stays():
    values = holed(7)
    values = np.column_stack([values, np.full(len(values), np.nan), np.full(len(values), 0.1)])
    values[0, :] = np.nan
    filled = expectation(values)
    assert np.isnan(filled[:, 4]).all()
    assert filled[0, 5] == 0.1
    assert np.isfinite(filled[:, :4]).all()
    low, high = np.nanmin(values[:, :4], axis=0), np.nanmax(values[:, :4], axis=0)
    assert ((filled[0, :4] > low) & (filled[0, :4] < high)).all()


def test_columns_that_repeat_one_another_are_filled_from_one_another():
    first = np.array([1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0])
    values = np.column_stack([first, 10 - 2 * first])
    values[2, 0] = values[4, 1] = np.nan
    filled = expectation(values)
    assert filled[2, 0] == pytest.approx(2.0, abs=1e-5)
    assert filled[4, 1] == pytest.approx(4.0, abs=1e-5)


def test_estimates_that_do_not_settle_are_refused():
    draw = np.random.default_rng(3)
    values = draw.normal(size=(12, 30))
    values[draw.random((12, 30)) < 0.4] = np.nan
    what, remedy = unfit(expectation, values)
    assert what.startswith("the EM algorithm still moves by ")
    assert what.endswith(
        " standard deviations after 500 rounds: 12 regions say too little of 30 indicators together"
    )
    assert remedy == "name fewer indicators in `on`"
