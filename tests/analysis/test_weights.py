import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.analysis.design import Design
from rating.analysis.weights import fill, gamma
from rating.definitions.uncertainty import Dirichlet, Noise, Simplex

SHARES = st.lists(st.integers(1, 9), min_size=2, max_size=6)


def drawn(draw, shares):
    shares = np.array(shares, float) / sum(shares)
    u = Design("sobol", len(shares), seed=1, size=4096).block(0)
    weights = np.repeat(shares[None, :], len(u), axis=0)
    fill(weights, draw, [range(len(shares))], u)
    assert (weights > 0).all()
    return shares, weights / weights.sum(axis=1, keepdims=True)


@given(SHARES, st.sampled_from([1.0, 20.0, 100.0]))
def test_dirichlet_weights_have_the_mean_and_the_spread_of_dirichlet(shares, concentration):
    shares, weights = drawn(Dirichlet(name="dirichlet", concentration=concentration), shares)
    total = concentration * len(shares)
    assert weights.mean(axis=0) == pytest.approx(shares, abs=0.01)
    spread = np.sqrt(shares * (1 - shares) / (total + 1))
    assert weights.std(axis=0) == pytest.approx(spread, rel=0.08)


def test_a_concentration_of_20_is_about_22_per_cent_either_way():
    shares, weights = drawn(Dirichlet(name="dirichlet", concentration=20.0), [1] * 11)
    assert weights.std(axis=0) / shares == pytest.approx(np.full(11, 0.22), abs=0.015)


@given(SHARES)
def test_any_weights_are_even_on_the_simplex_whatever_the_tree_says(shares):
    shares, weights = drawn(Simplex(name="simplex"), shares)
    many = len(shares)
    assert weights.mean(axis=0) == pytest.approx(np.full(many, 1 / many), abs=0.01)
    # P(w > t) = (1 - t)^(k - 1)
    assert (weights > 0.3).mean(axis=0) == pytest.approx(np.full(many, 0.7 ** (many - 1)), abs=0.03)


@given(SHARES, st.sampled_from([0.1, 0.25, 0.9]))
def test_noise_stays_within_its_spread(shares, spread):
    shares = np.array(shares, float)
    u = Design("random", len(shares), seed=1, size=256).block(0)
    weights = np.repeat(shares[None, :], 256, axis=0)
    fill(weights, Noise(name="noise", spread=spread), [range(len(shares))], u)
    assert (np.abs(weights / shares - 1) <= spread + 1e-12).all()


@given(st.floats(0.05, 500))
def test_gamma_numbers_are_those_of_their_distribution(shape):
    from scipy.special import gammaincinv

    u = np.random.default_rng(1).random(500)
    assert gamma(shape, u) == pytest.approx(gammaincinv(shape, u), rel=1e-6)
