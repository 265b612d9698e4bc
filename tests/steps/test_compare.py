import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.aggregations import Copeland
from rating.steps import compare
from tests.steps.families import node, tables


def copeland(rows, weights):
    """Straight from the definition, pair by pair."""

    def sign(one, other):
        gain = sum(
            weight * ((x > y) - (x < y))
            for x, y, weight in zip(one, other, weights, strict=True)
            if x is not None and y is not None
        )
        return (gain > 0) - (gain < 0)

    return [
        float(sum(sign(one, other) for other in rows)) if any(s is not None for s in one) else None
        for one in rows
    ]


@given(tables(missing=True, most=9))
def test_it_is_won_less_lost_comparisons(store, table):
    assert node(store, *table, Copeland()) == copeland(*table)


@given(tables(missing=True, most=9))
def test_what_one_region_wins_another_loses(store, table):
    found = [score for score in node(store, *table, Copeland()) if score is not None]
    assert sum(found) == 0
    assert all(abs(score) < max(len(found), 1) for score in found)


@given(tables(missing=True), st.sampled_from([lambda x: x**3, lambda x: 7 * x - 300]))
def test_only_the_order_within_a_child_counts(store, table, rising):
    rows, weights = table
    moved = [[None if s is None else rising(s) for s in row] for row in rows]
    assert node(store, moved, weights, Copeland()) == node(store, rows, weights, Copeland())


def test_two_identical_regions_with_gaps_tie_in_any_order(store):
    """COINr gives them 1 and -1: there the weight of what is missing goes to the lower row."""
    rows = [[5.0, None, 7.0], [5.0, None, 7.0], [1.0, 2.0, 3.0]]
    assert node(store, rows, [1.0] * 3, Copeland()) == [1.0, 1.0, -2.0]
    assert node(store, rows[::-1], [1.0] * 3, Copeland()) == [-2.0, 1.0, 1.0]


def test_regions_that_share_no_child_are_not_compared(store):
    assert node(store, [[5.0, None], [None, 1.0]], [1.0, 1.0], Copeland()) == [0.0, 0.0]


def test_last_bits_do_not_win(store):
    rows = [[0.1 + 0.2, 1.0], [0.3, 1.0]]
    assert node(store, rows, [1.0, 1.0], Copeland()) == [0.0, 0.0]
    # Half of the weight, in tenths that do not add up in doubles.
    weights = [0.1, 0.1, 0.1, 0.3]
    assert node(store, [[2.0, 2.0, 2.0, 1.0], [1.0, 1.0, 1.0, 2.0]], weights, Copeland()) == [0, 0]


def test_many_regions_are_compared_in_pieces(store, monkeypatch):
    rows = [[float(n * 7 % 11), float(n * 3 % 13)] for n in range(40)]
    whole = node(store, rows, [1.0, 2.0], Copeland())
    monkeypatch.setattr(compare, "CELLS", 90)
    assert node(store, rows, [1.0, 2.0], Copeland()) == whole
    assert whole == pytest.approx(copeland(rows, [1.0, 2.0]))
