"""Correlations and components, held against NumPy and against what they are by definition."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.steps import relations

NAN = float("nan")
COLUMN = st.lists(st.integers(-50, 50).map(float), min_size=4, max_size=12)


def test_a_spread_has_a_row_a_region_and_a_column_an_item():
    scores = pl.DataFrame(
        [
            ("R1", "b", 3.0),
            ("R1", "region", 1.0),
            ("R0", "region", 2.0),
            ("R2", "b", None),
            ("R0", "c", 9.0),
        ],
        schema=["region", "item", "score"],
        orient="row",
    )
    regions, table = relations.spread(scores, ["region", "b", "none"])
    assert regions == ["R0", "R1", "R2"]
    np.testing.assert_array_equal(table, [[2.0, NAN, NAN], [1.0, 3.0, NAN], [NAN, NAN, NAN]])


def test_a_spread_takes_whole_numbers():
    scores = pl.DataFrame({"region": ["R0"], "item": ["a"], "score": [2]})
    assert relations.spread(scores, ["a"])[1].tolist() == [[2.0]]


@given(COLUMN, st.randoms(use_true_random=False))
def test_a_correlation_is_that_of_numpy(x, random):
    x = np.array(x)
    y = x * random.choice([-1, 0.5, 2]) + np.array([random.randint(-20, 20) for _ in x])
    r = relations.pearson(x, y)
    if x.max() == x.min() or y.max() == y.min():
        assert math.isnan(r)
    else:
        assert r == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)
    assert math.isnan(r) or -1 <= r <= 1


def test_a_correlation_needs_three_regions_that_have_both_and_a_spread():
    def r(x, y):
        return relations.pearson(np.array(x), np.array(y))

    assert r([1.0, 2.0, 4.0], [1.0, 2.0, 4.0]) == 1.0
    assert r([1.0, 2.0, 4.0], [-1.0, -2.0, -4.0]) == -1.0
    assert math.isnan(r([1.0, 2.0], [1.0, 2.0]))
    assert math.isnan(r([1.0, 2.0, NAN, 5.0], [1.0, NAN, 3.0, 5.0]))
    assert r([1.0, 2.0, NAN, 5.0, 7.0], [1.0, 2.0, 3.0, 5.0, 7.0]) == 1.0
    assert math.isnan(r([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    assert math.isnan(r([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]))
    assert r([1e300, 2e300, -3e300], [1e-300, 2e-300, -3e-300]) == 1.0


def test_correlations_are_those_of_each_pair():
    matrix = np.array([[1.0, 2.0, 5.0], [2.0, 1.0, 5.0], [3.0, 7.0, 5.0], [9.0, NAN, 5.0]])
    found = relations.correlations(matrix)
    r = np.corrcoef(matrix[:3, 0], matrix[:3, 1])[0, 1]
    np.testing.assert_allclose(found, [[1, r, NAN], [r, 1, NAN], [NAN, NAN, NAN]], rtol=1e-12)


def test_complete_regions_have_every_column():
    matrix = np.array([[1.0, 2.0], [NAN, 1.0], [3.0, 4.0], [5.0, NAN], [NAN, NAN]])
    assert relations.complete(matrix).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_column_without_two_values_is_constant():
    matrix = np.array([[1.0, 2.0, NAN, NAN, -1.0], [1.0, 3.0, 4.0, NAN, NAN]])
    assert relations.constant(matrix).tolist() == [True, False, True, True, True]
    assert relations.constant(np.empty((0, 2))).tolist() == [True, True]


def test_components_are_eigenvectors_from_the_greatest_down_with_sums_above_0():
    matrix = np.array([[1.0, 0.6, -0.5], [0.6, 1.0, -0.2], [-0.5, -0.2, 1.0]])
    values, vectors = relations.components(matrix)
    assert values.tolist() == sorted(values, reverse=True)
    np.testing.assert_allclose(matrix @ vectors, vectors * values, atol=1e-12)
    np.testing.assert_allclose((vectors**2).sum(axis=0), 1.0)
    assert (vectors.sum(axis=0) >= 0).all()
    turned = relations.components(np.array([[1.0, -0.9], [-0.9, 1.0]]))
    assert turned[0].tolist() == pytest.approx([1.9, 0.1])
