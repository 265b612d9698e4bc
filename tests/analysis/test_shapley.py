import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.analysis.shapley import Game, by_coalitions, of_geometric_mean, shapley
from rating.definitions import aggregations as a
from rating.errors import UsageError

SCORES = st.floats(1, 100).map(lambda x: round(x, 3))


def by_definition(players, value):
    """The mean gain of a player over all orders of joining."""
    n = len(players)
    found = dict.fromkeys(players, 0.0)
    for player in players:
        others = [other for other in players if other != player]
        for size in range(n):
            share = 1 / (n * math.comb(n - 1, size))
            for joined in itertools.combinations(others, size):
                found[player] += share * (value({*joined, player}) - value(set(joined)))
    return value(set()), found


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.floats(1, 100), st.floats(1, 100)), min_size=1, max_size=8
    )
)
def test_the_integral_is_the_shapley_value_of_the_definition(children):
    whole = sum(weight for weight, _, _ in children)
    shares = {f"c{n}": weight / whole for n, (weight, _, _) in enumerate(children)}
    given_ = {f"c{n}": score for n, (_, score, _) in enumerate(children)}
    stand = {f"c{n}": median for n, (_, _, median) in enumerate(children)}

    def value(joined):
        return math.prod((given_[i] if i in joined else stand[i]) ** shares[i] for i in shares)

    baseline, parts = of_geometric_mean(shares, given_, stand)
    wanted, theirs = by_definition(list(shares), value)
    assert baseline == pytest.approx(wanted, rel=1e-12)
    assert parts == pytest.approx(theirs, rel=1e-9, abs=1e-10)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=2**5))
def test_the_values_of_coalitions_give_the_shapley_value_of_the_definition(values):
    players = int(math.log2(len(values)))
    values = values[: 2**players]
    _, wanted = by_definition(range(players), lambda joined: values[sum(2**p for p in joined)])
    assert shapley(np.array(values)).tolist() == pytest.approx(list(wanted.values()), abs=1e-10)


def game(setting, own, stand, others=(), weights=None):
    items = [f"c{n}" for n in range(len(own))]
    weights = weights or [1.0] * len(own)
    return Game(
        node="n",
        setting=setting,
        children=pl.DataFrame({"item": items, "weight": weights}),
        region="R",
        given={i: s for i, s in zip(items, own, strict=True) if s is not None},
        stand={i: s for i, s, o in zip(items, stand, own, strict=True) if o is not None},
        score=0.0,
        others=pl.DataFrame(
            [(name, i, s) for name, row in others for i, s in zip(items, row, strict=True)],
            schema={"region": pl.String, "item": pl.String, "score": pl.Float64},
            orient="row",
        ),
    )


@given(st.lists(st.tuples(SCORES, SCORES, st.integers(1, 5)), min_size=1, max_size=5))
def test_coalitions_of_a_geometric_mean_have_the_values_of_the_integral(children):
    own, stand, weights = (list(map(float, column)) for column in zip(*children, strict=True))
    one = game(a.Geometric(), own, stand, weights=weights)
    shares = {i: w / sum(weights) for i, w in zip(one.given, weights, strict=True)}
    baseline, parts = of_geometric_mean(shares, one.given, one.stand)
    values = one.values()
    # The last is the score of the rating; the game here was not given one.
    values[-1] = baseline + sum(parts.values())
    assert values[0] == pytest.approx(baseline, rel=1e-12)
    found = dict(zip(one.given, shapley(values).tolist(), strict=True))
    assert found == pytest.approx(parts, rel=1e-9, abs=1e-9)


def test_a_coalition_is_scored_among_the_other_regions_as_they_are():
    """With both children it beats both, with the first alone one of them, without any none."""
    others = [("A", [5.0, 5.0]), ("B", [7.0, 1.0])]
    one = game(a.Copeland(), [9.0, 9.0], [1.0, 0.0], others)
    # Coalitions: none, the first, the second, both (as the game was given: 0).
    assert one.values().tolist() == [-2.0, 0.0, 0.0, 0.0]


def test_a_child_that_the_region_lacks_is_no_player_and_still_counts_for_coverage():
    one = game(a.MedianOf(min_coverage=0.5), [9.0, None, 3.0], [1.0, 1.0, 1.0])
    assert one.values()[:3].tolist() == [1.0, 5.0, 2.0]


def test_too_many_children_are_refused_with_the_name_of_the_node():
    with pytest.raises(UsageError) as caught:
        by_coalitions(game(a.MedianOf(), [1.0] * 13, [2.0] * 13))
    assert "n, R" in str(caught.value)
    assert "13 children under median" in str(caught.value)


def test_twelve_children_are_taken_apart():
    own = [float(n) for n in range(1, 13)]
    one = game(a.Harmonic(), own, [6.0] * 12)
    assert len(one.values()) == 2**12


def test_coalitions_are_scored_in_pieces(monkeypatch):
    others = [("A", [5.0, 5.0, 2.0]), ("B", [7.0, 1.0, 3.0])]
    one = game(a.Topsis(), [9.0, 9.0, 1.0], [1.0, 0.0, 2.0], others)
    whole = one.values()
    monkeypatch.setattr("rating.analysis.shapley.CELLS", 20)
    assert one.values().tolist() == whole.tolist()
