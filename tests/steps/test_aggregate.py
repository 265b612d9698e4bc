"""The laws of every method at once, and how nodes are strung together."""

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.definitions import aggregations as a
from rating.errors import DataError, DefinitionError
from rating.steps.aggregate import aggregate, is_alone
from tests.steps.families import (
    AGAINST_OTHERS,
    ALONE,
    FRONTIER,
    MEANS,
    METHODS,
    frames,
    node,
    nodes,
    tables,
    with_coverage,
)

# Every case is put to every method.
few = settings(max_examples=max(1, settings.default.max_examples // 3))


def same(found, wanted, rel=1e-9, methods=METHODS):
    for name in methods:
        for mine, theirs in zip(found[name], wanted[name], strict=True):
            assert mine == (None if theirs is None else pytest.approx(theirs, rel=rel, abs=rel)), (
                name
            )


@few
@given(tables(missing=True), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_nothing(store, table, chance):
    scores, children = frames(*table, METHODS)
    shuffled = scores.sample(fraction=1, shuffle=True, seed=chance.randrange(1000))
    found = aggregate(store, shuffled, children.reverse(), [METHODS])[0]
    wanted = aggregate(store, scores, children, [METHODS])[0]
    keys = ["region", "node"]
    assert found.sort(keys).equals(wanted.sort(keys))


def test_many_nodes_come_in_the_same_order_each_time(store):
    """Sums of doubles depend on their order: a second run has to repeat it."""
    level = {f"n{size}": a.Arithmetic() for size in range(1, 7)}
    scores, children = frames([[1.0] * 6, [None, *[3.0] * 5]], [1.0] * 6, level)
    children = children.filter(pl.col("position") < pl.col("parent").str.tail(1).cast(pl.Int64))
    drawn = [scores.with_columns(pl.lit(n, pl.Int64).alias("scenario")) for n in range(500)]
    made = [aggregate(store, pl.concat(drawn), children, [level]) for _ in range(2)]
    for one, again in zip(*made, strict=True):
        assert one.equals(again)


@few
@given(tables(missing=True), st.randoms(use_true_random=False))
def test_the_names_of_regions_are_nothing(store, table, chance):
    rows, weights = table
    order = list(range(len(rows)))
    chance.shuffle(order)
    found = nodes(store, [rows[n] for n in order], weights, METHODS)
    wanted = nodes(store, rows, weights, METHODS)
    same(found, {name: [values[n] for n in order] for name, values in wanted.items()})


@few
@given(tables(missing=True), st.randoms(use_true_random=False))
def test_the_order_of_children_is_nothing(store, table, chance):
    rows, weights = table
    order = list(range(len(weights)))
    chance.shuffle(order)
    moved = [[row[n] for n in order] for row in rows]
    found = nodes(store, moved, [weights[n] for n in order], METHODS)
    same(found, nodes(store, rows, weights, METHODS))


@few
@given(tables(missing=True), st.sampled_from([0.1, 1 / 3, 7.0]))
def test_only_the_ratio_of_weights_counts(store, table, factor):
    rows, weights = table
    scaled = [factor * weight for weight in weights]
    same(nodes(store, rows, scaled, METHODS), nodes(store, rows, weights, METHODS))


@few
@given(tables(missing=True), st.one_of(st.floats(-100, 100), st.none()))
def test_a_child_of_weight_0_is_context(store, table, context):
    rows, weights = table
    more = [[*row, context] for row in rows]
    assert nodes(store, more, [*weights, 0.0], METHODS) == nodes(store, rows, weights, METHODS)


@few
@given(tables(missing=True))
def test_a_child_that_every_region_lacks_is_as_no_child(store, table):
    rows, weights = table
    more = [[None, *row] for row in rows]
    # The bounds of shares are those of all children of the node, present or not.
    methods = {name: s for name, s in METHODS.items() if name != "benefit_bound"}
    same(
        nodes(store, more, [3.0, *weights], methods),
        nodes(store, rows, weights, methods),
        methods=methods,
    )


@few
@given(tables(missing=True))
def test_a_missing_child_is_as_no_child_where_a_region_stands_alone(store, table):
    rows, weights = table
    found = nodes(store, rows, weights, ALONE)
    for place, row in enumerate(rows):
        present = [n for n, score in enumerate(row) if score is not None]
        own = nodes(store, [[row[n] for n in present]], [weights[n] for n in present], ALONE)
        for name in ALONE:
            wanted = own[name][0] if present else None
            assert found[name][place] == (wanted and pytest.approx(wanted, rel=1e-9))


@few
@given(tables(missing=True))
def test_a_region_without_children_has_no_score_and_changes_no_other(store, table):
    rows, weights = table
    found = nodes(store, [*rows, [None] * len(weights)], weights, METHODS)
    assert {values.pop() for values in found.values()} == {None}
    assert found == nodes(store, rows, weights, METHODS)


@few
@given(tables(missing=True), st.sampled_from([0.5, 2 / 3, 1.0]))
def test_below_the_coverage_a_region_has_no_score_and_is_nobodys_peer(store, table, least):
    rows, weights = table
    found = nodes(store, rows, weights, with_coverage(METHODS, least))
    enough = [
        place
        for place, row in enumerate(rows)
        if sum(score is not None for score in row) >= max(least * len(row), 1)
    ]
    for values in found.values():
        assert [n for n, score in enumerate(values) if score is not None] == enough
    if enough:
        wanted = nodes(store, [rows[n] for n in enough], weights, with_coverage(METHODS, least))
        same({name: [v[n] for n in enough] for name, v in found.items()}, wanted)


@few
@given(tables(missing=True, least=2))
def test_identical_regions_have_equal_scores(store, table):
    rows, weights = table
    found = nodes(store, [rows[0], *rows], weights, METHODS)
    same({name: v[:1] for name, v in found.items()}, {name: v[1:2] for name, v in found.items()})


@few
@given(tables(least=2))
def test_a_region_that_is_ahead_everywhere_is_never_behind(store, table):
    """All but the penalties for imbalance, which may take more than a gain brings."""
    (first, second, *rest), weights = table
    better = [max(pair) for pair in zip(first, second, strict=True)]
    found = nodes(store, [better, second, *rest], weights, MEANS | AGAINST_OTHERS)
    for name, (ahead, behind, *_) in found.items():
        assert ahead >= behind - 1e-9 * max(1, abs(behind)), name


@few
@given(tables(most=1), st.integers(0, 3), st.floats(0.5, 20))
def test_a_child_that_gains_never_lowers_the_mean(store, table, which, gain):
    (row,), weights = table
    better = list(row)
    better[which % len(row)] += gain
    found = nodes(store, [row, better], weights, MEANS)
    assert all(after >= before - 1e-9 for before, after in found.values())
    assert found["arithmetic"][1] > found["arithmetic"][0]
    assert found["geometric"][1] > found["geometric"][0]


@few
@given(tables(missing=True))
def test_a_mean_lies_between_its_children(store, table):
    rows, weights = table
    for values in nodes(store, rows, weights, MEANS).values():
        for row, found in zip(rows, values, strict=True):
            present = [score for score in row if score is not None]
            if present:
                assert min(present) - 1e-9 <= found <= max(present) + 1e-9


@few
@given(tables(missing=True, least=2), st.sampled_from([1e-150, 1e150]))
def test_huge_and_tiny_scores_are_scored_as_others(store, table, factor):
    rows, weights = table
    scaled = [[None if s is None else s * factor for s in row] for row in rows]
    found, wanted = (nodes(store, t, weights, METHODS) for t in (scaled, rows))
    for name in ALONE:
        found[name] = [None if v is None else v / factor for v in found[name]]
    same(found, wanted)


@given(st.lists(st.integers(1, 9).map(float), min_size=1, max_size=4), st.integers(1, 4))
def test_one_region_and_equal_regions_have_defined_scores(store, weights, count):
    rows = [[7.0] * len(weights)] * count
    found = nodes(store, rows, weights, METHODS)
    for name in ALONE:
        assert found[name] == [pytest.approx(7.0, rel=1e-12)] * count
    assert found["copeland"] == [0.0] * count
    assert found["wroclaw"] == [1.0] * count
    assert found["topsis"] == [0.5] * count
    for name in FRONTIER:
        assert found[name] == [pytest.approx(1.0, rel=1e-9)] * count


def test_regions_with_nothing_have_the_score_of_the_formula(store):
    found = nodes(store, [[0.0, 0.0]] * 2, [1.0, 2.0], {**FRONTIER, "mpi": METHODS["mpi"]})
    assert set(map(tuple, found.values())) == {(0.0, 0.0)}


def test_every_method_has_a_score_in_every_scenario_by_that_scenario_alone(store):
    first = ([[1.0, 5.0], [4.0, 2.0], [None, 9.0]], [1.0, 2.0])
    second = ([[30.0, 5.0], [4.0, None], [8.0, 9.0]], [1.0, 2.0])
    scores, children = frames(*first, METHODS)
    other, _ = frames(*second, METHODS)
    both = pl.concat([scores, other.with_columns(scenario=pl.lit(1, pl.Int64))])
    found, _ = aggregate(store, both, children, [METHODS])
    for scenario, table in enumerate([first, second]):
        wanted = nodes(store, *table, METHODS)
        for name in METHODS:
            own = found.filter((pl.col("scenario") == scenario) & (pl.col("node") == name))
            assert own.sort("region")["score"].to_list() == pytest.approx(wanted[name])


@pytest.mark.parametrize("name", METHODS)
def test_a_method_scores_the_same_beside_others(store, name):
    rows = [[1.0, 5.0, 30.0], [40.0, 2.0, None], [8.0, 9.0, 11.0], [None, 60.0, 7.0]]
    beside = nodes(store, rows, [1.0, 2.0, 4.0], METHODS)[name]
    assert node(store, rows, [1.0, 2.0, 4.0], METHODS[name]) == pytest.approx(beside, rel=1e-9)


@pytest.mark.parametrize("editions", [1, 2])
def test_a_child_without_a_single_cell_is_as_one_that_every_region_lacks(store, editions):
    """An indicator that is not in force in an edition, or in none, has no cells there."""
    rows = [[1.0, 5.0, None], [4.0, 2.0, None], [8.0, 9.0, None], [3.0, 1.0, None]]
    lacking, children = frames(rows, [1.0, 2.0, 4.0], METHODS)
    if editions == 2:
        other, _ = frames([*rows[:3], [7.0] * 3], [1.0, 2.0, 4.0], METHODS)
        lacking = pl.concat([lacking, other.with_columns(scenario=pl.lit(1, pl.Int64))])
    absent = lacking.filter((pl.col("scenario") == 1) | (pl.col("item") != "c2"))
    keys = ["scenario", "node", "region"]
    found, wanted = (
        aggregate(store, frame, children, [METHODS])[0].drop_nulls().sort(keys)
        for frame in (absent, lacking)
    )
    assert found["score"].to_list() == pytest.approx(wanted["score"].to_list(), rel=1e-9)
    assert found.drop("score").equals(wanted.drop("score"))


def test_only_the_wanted_regions_are_scored_and_the_others_are_their_peers(store):
    chance = random.Random(1)
    rows = [[round(chance.uniform(1, 100), 3) for _ in range(3)] for _ in range(7)]
    every = nodes(store, rows, [1.0, 2.0, 1.0], METHODS)
    some = nodes(store, rows, [1.0, 2.0, 1.0], METHODS, only=["R01", "R05"])
    assert some == {name: [pytest.approx(v[1]), pytest.approx(v[5])] for name, v in every.items()}


def test_a_method_stands_alone_or_needs_the_other_regions():
    assert {name for name, setting in METHODS.items() if is_alone(setting)} == set(ALONE)


# ---------------------------------------------------------------------------- levels and weights


def two_levels():
    scores, lower = frames([[1.0, 3.0, 8.0], [2.0, None, 4.0]], [1.0, 1.0, 3.0], ["m"])
    lower = lower.with_columns(parent=pl.Series(["m", "m", "n"]))
    upper = pl.DataFrame({"parent": ["n"], "item": ["m"], "weight": [1.0], "position": [3]})
    return scores, pl.concat([lower, upper])


def test_a_level_takes_the_scores_of_the_level_below(store):
    scores, children = two_levels()
    levels = [{"m": a.Arithmetic()}, {"n": a.Arithmetic()}]
    found, used = aggregate(store, scores, children, levels)
    rows = found.select("region", "node", "score").iter_rows()
    by_node = {(region, name): score for region, name, score in rows}
    assert by_node[("R00", "m")] == 2.0
    assert by_node[("R00", "n")] == pytest.approx((3 * 8 + 2) / 4)
    assert by_node[("R01", "n")] == pytest.approx((3 * 4 + 2) / 4)
    assert used.sort("parent", "item").rows() == [
        (0, "m", "c0", 0.5),
        (0, "m", "c1", 0.5),
        (0, "n", "c2", 0.75),
        (0, "n", "m", 0.25),
    ]


def test_a_node_may_have_its_own_method_of_weights(store):
    scores, children = two_levels()
    levels = [{"m": a.Arithmetic()}, {"n": a.Arithmetic()}]
    found, used = aggregate(store, scores, children, levels, weights={"n": a.Equal()})
    top = found.filter(pl.col("node") == "n").sort("region")["score"].to_list()
    assert top == [pytest.approx(5.0), pytest.approx(3.0)]
    assert used.filter(pl.col("parent") == "n")["weight"].to_list() == [0.5, 0.5]


# -------------------------------------------------------------------------------------- refusals


ABOVE_0 = "normalise to a range above 0, as range = [1, 100]"
WELL_ABOVE_0 = "normalise to scores well above 0, as zscore with mean = 100 and sd = 10"


@pytest.mark.parametrize(
    ("setting", "score", "what", "remedy"),
    [
        (setting, score, f"{title} needs scores {floor}, and c0 has {score:g}", ABOVE_0)
        for setting, score, title, floor in (
            (a.Geometric(), 0.0, "a geometric mean", "above 0"),
            (a.Harmonic(), -2.0, "a harmonic mean", "above 0"),
            (a.Power(power=0), 0.0, "a power mean", "above 0"),
            (a.Power(power=-3), 0.0, "a power mean", "above 0"),
            (a.Power(power=0.5), -1.0, "a power mean", "of 0 or more"),
            (a.Power(power=2), -1.0, "a power mean", "of 0 or more"),
            (a.BenefitOfTheDoubt(), -1.0, "benefit of the doubt", "of 0 or more"),
            (a.Directional(), -1.0, "directional benefit of the doubt", "of 0 or more"),
        )
    ]
    + [
        (setting, -9.0, f"{title} needs a mean above 0, and the children lie from -9 to 5", remedy)
        for setting, title, remedy in (
            (a.MazziottaPareto(), "a Mazziotta-Pareto index", WELL_ABOVE_0),
            (a.AdjustedMazziottaPareto(), "an adjusted Mazziotta-Pareto index", WELL_ABOVE_0),
        )
    ],
)
def test_scores_that_a_method_is_not_defined_for_are_named(store, setting, score, what, remedy):
    with pytest.raises(DefinitionError) as caught:
        node(store, [[score, 5.0], [7.0, 8.0], [score, 5.0]], [1.0, 1.0], setting)
    told = [(problem.where, problem.what, problem.remedy) for problem in caught.value.problems]
    assert told == [("n, R00", what, remedy), ("n, R02", what, remedy)]


def test_a_score_that_is_beyond_every_number_is_told_with_its_node_and_region(store):
    with pytest.raises(DataError) as caught:
        node(store, [[1.0, 2.0], [1e308, 1e308]], [1.0, 1.0], a.Arithmetic())
    told = [(problem.where, problem.what) for problem in caught.value.problems]
    assert told == [("n, R01", "the score is inf, not a number")]


@pytest.mark.parametrize(
    ("power", "row", "wanted"),
    [
        (0.5, [0.0, 4.0], 1.0),
        (2, [0.0, 2.0**0.5], 1.0),
        (3, [-2.0, 2.0], 0.0),
        (3, [-2.0, 0.0], -(4 ** (1 / 3))),
        (1, [-4.0, 2.0], -1.0),
        (float("inf"), [-4.0, -2.0], -2.0),
        (-float("inf"), [-4.0, 2.0], -4.0),
    ],
)
def test_powers_that_are_defined_at_0_or_below_are_taken(store, power, row, wanted):
    found = node(store, [row], [1.0, 1.0], a.Power(power=power))
    assert found == [pytest.approx(wanted, abs=1e-15)]
