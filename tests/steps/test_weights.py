import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.aggregations import (
    Budget,
    Critic,
    Entropy,
    Equal,
    Gini,
    Given,
    Hierarchy,
    Importance,
    PrincipalComponent,
)
from rating.errors import DataError, DefinitionError, RatingError
from rating.steps import judgements
from rating.steps.weights import correlation_shares, weigh
from tests.flat import SHARED
from tests.steps.conftest import pl

NAN = float("nan")
DRAWN = [PrincipalComponent(signs="absolute"), Importance(), Entropy(), Critic(), Gini()]
BY_SCORES = [Entropy(), Critic(), Gini()]


def long(matrix, scenario=0):
    """The scores of a matrix of regions by children."""
    return pl.DataFrame(
        [
            (scenario, f"R{n:02}", f"c{k}", None if math.isnan(v) else float(v))
            for n, row in enumerate(np.asarray(matrix, dtype=float))
            for k, v in enumerate(row)
        ],
        schema={"scenario": pl.Int64, "region": pl.String, "item": pl.String, "score": pl.Float64},
        orient="row",
    )


def family(weights, parent="n"):
    return pl.DataFrame(
        [(parent, f"c{k}", float(w), k) for k, w in enumerate(weights)],
        schema={"parent": pl.String, "item": pl.String, "weight": pl.Float64, "position": pl.Int64},
        orient="row",
    )


def weights(store, matrix, setting, tree=None, **more):
    """The weights of the children of one node."""
    matrix = np.asarray(matrix, dtype=float)
    tree = [1.0] * matrix.shape[1] if tree is None else tree
    return weigh(long(matrix), family(tree), {"n": setting}, **more)["weight"].to_list()


@st.composite
def tables(draw, missing=False):
    """Scores of 2 to 5 children that share a common part, so that most move together."""
    children = draw(st.integers(2, 5))
    regions = draw(st.integers(6, 20))
    unit = st.integers(0, 100)
    common = np.array(draw(st.lists(unit, min_size=regions, max_size=regions)), dtype=float)
    own = np.array(
        draw(
            st.lists(
                st.lists(unit, min_size=children, max_size=children),
                min_size=regions,
                max_size=regions,
            )
        ),
        dtype=float,
    )
    table = 0.6 * common[:, None] + 0.4 * own + np.arange(regions)[:, None] / 10
    if missing:
        for place in draw(st.lists(st.integers(0, regions * children - 1), max_size=4)):
            table[divmod(place, children)] = np.nan
    return table


def found(store, table, setting, tree=None):
    """The weights, or None where the method has none for these scores."""
    try:
        return weights(store, table, setting, tree)
    except RatingError:
        return None


# ------------------------------------------------------------------------------------ properties


@given(tables(missing=True), st.sampled_from([*DRAWN, Equal()]))
def test_weights_are_shares(store, table, setting):
    made = found(store, table, setting)
    if made is not None:
        assert sum(made) == pytest.approx(1, abs=1e-12)
        assert min(made) >= 0


@given(tables(missing=True), st.sampled_from(DRAWN), st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_regions_are_nothing(store, table, setting, random):
    order = list(range(len(table)))
    random.shuffle(order)
    one, other = found(store, table, setting), found(store, table[order], setting)
    assert (one is None) == (other is None)
    if one is not None:
        assert other == pytest.approx(one, abs=1e-9)


@given(tables(missing=True), st.sampled_from(DRAWN), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(store, table, setting, random):
    rows = long(table)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=random.randrange(1000))
    try:
        one = weigh(rows, family([1.0] * table.shape[1]), {"n": setting})
    except RatingError:
        return
    assert weigh(shuffled, family([1.0] * table.shape[1]), {"n": setting}).equals(one)


@given(tables(missing=True), st.sampled_from(DRAWN), st.randoms(use_true_random=False))
def test_the_order_of_children_is_nothing(store, table, setting, random):
    order = list(range(table.shape[1]))
    random.shuffle(order)
    one, other = found(store, table, setting), found(store, table[:, order], setting)
    assert (one is None) == (other is None)
    if one is not None:
        assert other == pytest.approx([one[k] for k in order], abs=1e-9)


@given(tables(missing=True), st.sampled_from(DRAWN), st.sampled_from([1e-3, 0.5, 64.0, 1e6]))
def test_the_unit_of_all_scores_is_nothing(store, table, setting, factor):
    one, other = found(store, table, setting), found(store, factor * table, setting)
    assert (one is None) == (other is None)
    if one is not None:
        assert other == pytest.approx(one, abs=1e-9)


@given(tables(missing=True), st.floats(-50, 500))
def test_correlations_do_not_see_a_shift(store, table, shift):
    for setting in (PrincipalComponent(signs="absolute"), Importance(), Critic()):
        one, other = found(store, table, setting), found(store, table + shift, setting)
        if one is not None and other is not None:
            assert other == pytest.approx(one, abs=1e-6)


@given(tables(missing=True), st.sampled_from(DRAWN))
def test_a_child_of_weight_0_is_context_and_stays_at_0(store, table, setting):
    without = found(store, table, setting)
    context = np.column_stack([table, np.arange(len(table)) % 3 - 7.0])
    tree = [1.0] * table.shape[1] + [0.0]
    made = found(store, context, setting, tree)
    assert (without is None) == (made is None)
    if made is not None:
        assert made == [*without, 0.0]


@given(tables(), st.sampled_from([0.25, 3.0]), st.sampled_from([Importance(), Equal()]))
def test_only_the_ratio_of_the_trees_weights_counts(store, table, factor, setting):
    tree = [1.0 + k for k in range(table.shape[1])]
    one = found(store, table, setting, tree)
    other = found(store, table, setting, [factor * w for w in tree])
    assert (one is None) == (other is None)
    if one is not None:
        assert other == pytest.approx(one, abs=1e-12)


@given(tables(missing=True), tables(missing=True), st.sampled_from(DRAWN))
def test_a_scenario_is_weighed_by_its_own_scores(store, first, second, setting):
    count = min(first.shape[1], second.shape[1])
    pair = [first[:, :count], second[:, :count]]
    alone = [found(store, table, setting) for table in pair]
    if None in alone:
        return
    rows = pl.concat([long(pair[0], 0), long(pair[1], 7)])
    both = weigh(rows, family([1.0] * count), {"n": setting})
    assert both["scenario"].to_list() == [0] * count + [7] * count
    assert both["weight"].to_list() == [*alone[0], *alone[1]]


# ------------------------------------------------------------------------------- given and equal


@given(tables())
def test_given_weights_pass_as_they_stand(store, table):
    tree = [2.0 * k for k in range(table.shape[1])]
    assert weights(store, table, Given(), tree) == tree


def test_equal_weights_forget_the_tree(store):
    assert weights(store, [[1, 2, 3]], Equal(), [5, 1, 0]) == [0.5, 0.5, 0.0]


def test_nodes_have_their_own_methods(store):
    children = pl.concat([family([1, 3], "a"), family([1, 3], "b"), family([9, 9], "c")])
    made = weigh(long([[1, 2], [2, 1]]), children, {"b": Equal(), "a": Given()})
    assert made.select("parent", "item", "weight").rows() == [
        ("b", "c0", 0.5),
        ("b", "c1", 0.5),
        ("a", "c0", 1.0),
        ("a", "c1", 3.0),
    ]


# ------------------------------------------------------------------------------ what experts say


POINTS = st.lists(st.integers(0, 20).map(float), min_size=3, max_size=3).filter(any)


@given(st.lists(POINTS, min_size=1, max_size=5), st.sampled_from([0.5, 10.0]))
def test_an_experts_budget_has_no_size(store, experts, factor):
    def given_(rows):
        return Budget(points={f"c{k}": [row[k] for row in rows] for k in range(3)})

    table = np.eye(3)
    made = weights(store, table, given_(experts))
    scaled = [[factor * p for p in experts[0]], *experts[1:]]
    assert weights(store, table, given_(scaled)) == pytest.approx(made, abs=1e-12)
    by_hand = np.mean([np.array(row) / sum(row) for row in experts], axis=0)
    assert made == pytest.approx(by_hand.tolist(), abs=1e-12)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({"c0": [1], "c1": [2], "c22": [3]}, "did you mean 'c2'"),
        ({"c0": [1], "c1": [2]}, "no points for 'c2'"),
        ({"c0": [1, 2], "c1": [2], "c2": [3]}, "c0 2, c1 1, c2 1"),
        ({"c0": [1, 0], "c1": [2, 0], "c2": [3, 0]}, "expert 2 gave no points"),
    ],
)
def test_points_that_do_not_fit_are_refused_by_node_and_name(store, points, said):
    with pytest.raises(DefinitionError) as caught:
        weights(store, np.eye(3), Budget(points=points))
    assert "n, method.weights.points" in str(caught.value)
    assert said in str(caught.value)


def test_points_for_an_indicator_that_is_not_in_the_edition_are_left_aside(store):
    setting = Budget(points={"c0": [30], "c1": [10], "later": [60]})
    assert weights(store, np.eye(2), setting, apart=["later"]) == [0.75, 0.25]


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_consistent_comparisons_give_back_their_weights(store, importance):
    count = len(importance)
    pairs = {
        f"c{i}": {f"c{j}": importance[i] / importance[j] for j in range(i + 1, count)}
        for i in range(count)
    }
    made = weights(store, np.eye(count), Hierarchy(comparisons=pairs))
    assert made == pytest.approx([w / sum(importance) for w in importance], abs=1e-12)


def test_saatys_example_of_the_best_school_is_reproduced(store):
    """Saaty 1980 and 2008 (Int. J. Services Sciences 1, 83-98): relative drink consumption."""
    names = ["coffee", "wine", "tea", "beer", "sodas", "milk", "water"]
    rows = [
        [1, 9, 5, 2, 1, 1, 1 / 2],
        [0, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
        [0, 0, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9],
        [0, 0, 0, 1, 1 / 2, 1, 1 / 3],
        [0, 0, 0, 0, 1, 2, 1 / 2],
        [0, 0, 0, 0, 0, 1, 1 / 3],
    ]
    pairs = {names[i]: {names[j]: float(rows[i][j]) for j in range(i + 1, 7)} for i in range(6)}
    setting = Hierarchy(comparisons=pairs)
    made = judgements.hierarchy("n", setting, names)
    assert [round(w, 3) for w in made] == [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    ratio = judgements.consistency_ratio(judgements.comparisons("n", setting, names))
    assert ratio == pytest.approx(0.022, abs=1e-3)


def test_contradicting_comparisons_show_the_ratio_and_the_worst_three(store):
    pairs = {"c0": {"c1": 3, "c2": 1 / 5, "c3": 1}, "c1": {"c2": 5, "c3": 1 / 3}, "c2": {"c3": 1}}
    with pytest.raises(DefinitionError) as caught:
        weights(store, np.eye(4), Hierarchy(comparisons=pairs))
    assert "is above max_ratio = 0.1" in str(caught.value)
    assert "c0 to c1 3, c1 to c2 5, but c0 to c2 0.2, not 15" in str(caught.value)
    assert weights(store, np.eye(4), Hierarchy(comparisons=pairs, max_ratio=9))


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ({"c0": {"c1": 2, "c2": 3}}, "'c1' is not compared with 'c2'"),
        ({"c0": {"c1": 2, "c2": 3}, "c1": {"c2": 1, "c0": 2}}, "with 'c0' twice"),
        ({"c0": {"c1": 2, "c2": 3, "c0": 1}, "c1": {"c2": 1}}, "'c0' is compared with itself"),
        ({"c0": {"c1": 2, "c2": 3}, "c1": {"c02": 1}}, "did you mean 'c2'"),
    ],
)
def test_comparisons_that_do_not_fit_are_refused_by_node_and_name(store, pairs, said):
    with pytest.raises(DefinitionError) as caught:
        weights(store, np.eye(3), Hierarchy(comparisons=pairs))
    assert "n, method.weights.comparisons" in str(caught.value)
    assert said in str(caught.value)


# ---------------------------------------------------------------------------- what scores tell


@given(tables())
def test_principal_weights_are_the_loadings_of_numpys_decomposition(store, table):
    setting = PrincipalComponent(signs="absolute")
    made = found(store, table, setting)
    if made is None or (table.max(axis=0) == table.min(axis=0)).any():
        return
    standard = (table - table.mean(axis=0)) / table.std(axis=0, ddof=1)
    _, spread, loadings = np.linalg.svd(standard, full_matrices=False)
    if spread[0] ** 2 - spread[1] ** 2 > 1e-3 * spread[0] ** 2:
        wanted = np.abs(loadings[0]) / np.abs(loadings[0]).sum()
        assert made == pytest.approx(wanted.tolist(), abs=1e-7)


def test_loadings_of_both_signs_are_refused_unless_told(store):
    x = np.arange(12.0)
    table = np.column_stack([x, x + np.tile([0, 3], 6), -x + np.tile([0, 2, 1], 4)])
    with pytest.raises(DefinitionError, match="c2 run against the others"):
        weights(store, table, PrincipalComponent())
    made = weights(store, table, PrincipalComponent(signs="absolute"))
    turned = weights(store, table * [1, 1, -1], PrincipalComponent())
    assert made == pytest.approx(turned, abs=1e-12)


def test_a_first_component_that_is_not_the_only_one_is_refused(store):
    corners = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    with pytest.raises(DefinitionError, match="two components explain as much"):
        weights(store, corners, PrincipalComponent())


@given(tables(missing=True))
def test_importance_is_the_share_that_the_tree_says(store, table):
    tree = [1.0, 2.0, 1.5, 1.0, 1.0][: table.shape[1]]
    made = found(store, table, Importance(), tree)
    if made is not None:
        reached = correlation_shares(table, np.array(made))
        assert reached == pytest.approx(np.array(tree) / sum(tree), abs=1e-9)


def test_importance_finds_weights_where_regions_lack_children(store):
    random = np.random.default_rng(5)
    table = random.normal(size=(60, 1)) + random.normal(size=(60, 4))
    table[random.random((60, 4)) < 0.1] = np.nan
    made = weights(store, table, Importance(), [4, 4, 5, 4])
    wanted = [4 / 17, 4 / 17, 5 / 17, 4 / 17]
    assert correlation_shares(table, np.array(made)) == pytest.approx(wanted, abs=1e-9)
    with pytest.raises(DefinitionError, match=r"the nearest give 0\.211, with c0 at 0"):
        weights(store, table, Importance(), [1, 1, 2, 1])
    with pytest.raises(DefinitionError, match=r"the nearest give 0\.411, with c0, c1, c3 at 0"):
        weights(store, table, Importance(), [1, 1, 4, 1])


@pytest.mark.parametrize("setting", DRAWN)
def test_a_child_may_have_any_id(store, setting):
    table = np.column_stack([np.arange(8.0), [5, 0, 3, 1, 4, 4, 2, 9], [2, 7, 1, 4, 5, 9, 3, 6]])
    ids = {"c0": "region", "c1": "item", "c2": "score"}
    renamed = weigh(
        long(table).with_columns(pl.col("item").replace(ids)),
        family([1, 1, 1]).with_columns(pl.col("item").replace(ids)),
        {"n": setting},
    )
    assert renamed["weight"].to_list() == weights(store, table, setting)


def test_a_scenario_may_have_a_tree_of_its_own(store):
    rows = pl.concat([long([[1, 2, 5], [2, 1, 3]], 0), long([[1, 2, 5], [2, 1, 3]], 1)])
    trees = pl.concat(
        [
            family([1, 2, 1]).with_columns(scenario=pl.lit(0, pl.Int64)),
            family([1, 0, 1]).with_columns(scenario=pl.lit(1, pl.Int64)),
        ]
    )
    assert weigh(rows, trees, {"n": Given()})["weight"].to_list() == [1, 2, 1, 1, 0, 1]
    equal = weigh(rows, trees, {"n": Equal()})["weight"].to_list()
    assert equal == [1 / 3, 1 / 3, 1 / 3, 0.5, 0, 0.5]


@pytest.mark.parametrize("tree", [[1, 1, 1], [1, 2, 1], [3, 2, 2]])
def test_importance_is_nearer_the_target_than_coinrs_search(store, tree):
    """COINr minimises the mean square of target - r / sum r by Nelder and Mead, from the target."""
    from scipy.optimize import minimize

    random = np.random.default_rng(11)
    table = random.normal(size=(50, 1)) + random.normal(size=(50, 3)) * [2, 4, 3]
    target = np.array(tree) / sum(tree)

    def objective(w):
        return np.mean((target - correlation_shares(table, np.array(w))) ** 2)

    theirs = minimize(
        objective, target, method="Nelder-Mead", options={"fatol": 1e-10, "maxiter": 3000}
    )
    made = weights(store, table, Importance(), tree)
    assert objective(made) <= theirs.fun
    assert objective(made) < 1e-28
    assert made == pytest.approx((theirs.x / theirs.x.sum()).tolist(), abs=1e-2)


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
def test_both_halves_of_coinrs_example_can_matter_alike(store):
    scores = pl.read_csv(SHARED / "reference/coinr/ex_Aggregated.csv")
    table = scores.select("Conn", "Sust").to_numpy()
    made = weights(store, table, Importance())
    r = [np.corrcoef(column, table @ made)[0, 1] for column in table.T]
    assert r[0] == pytest.approx(r[1], abs=1e-12)


@pytest.mark.parametrize(("tree", "below"), [([4, 1, 1, 1], ["c1"]), ([1, 8, 1, 1], ["c0", "c3"])])
def test_importance_that_needs_a_weight_below_0_says_so(store, tree, below):
    """Each with its part of all weights by size, whatever the sign of their sum."""
    x = np.arange(12.0)
    against = [-x + np.tile([0, 5, 1], 4), -x + np.tile([0, 3, 1, 2], 3)]
    table = np.column_stack([x, x + np.tile([0, 1], 6), *against])
    with pytest.raises(DefinitionError) as caught:
        weights(store, table, Importance(), tree)
    (problem,) = caught.value.problems
    number = r"-0\.\d{3}"
    listed = ", ".join(f"{child} {number}" for child in below)
    assert re.fullmatch(f"these shares of importance need weights below 0: {listed}", problem.what)
    assert problem.remedy == (
        "the child moves against the others, or repeats one: give it another weight in the tree"
    )
    assert problem.where == "n, method.weights"


def test_importance_of_a_constant_child_is_not_defined(store):
    with pytest.raises(DefinitionError, match="c1 has no spread"):
        weights(store, [[1, 5], [2, 5], [4, 5]], Importance())


@given(tables(missing=True))
def test_entropy_is_shannons(store, table):
    made = found(store, table, Entropy())
    told = []
    for column in table.T:
        x = column[~np.isnan(column)]
        p = x[x > 0] / x.sum()
        told.append(1 + sum(p * np.log(p)) / np.log(len(x)))
    assert made == pytest.approx((np.array(told) / sum(told)).tolist(), abs=1e-9)


@given(tables(missing=True))
def test_gini_is_the_mean_difference_over_twice_the_mean(store, table):
    told = []
    for column in table.T:
        x = column[~np.isnan(column)]
        n = len(x)
        told.append(np.abs(x[:, None] - x).sum() / (2 * n * (n - 1) * x.mean()))
    made = weights(store, table, Gini())
    assert made == pytest.approx((np.array(told) / sum(told)).tolist(), abs=1e-12)


@given(tables())
def test_critic_is_spread_times_conflict(store, table):
    if (table.max(axis=0) == table.min(axis=0)).any():
        return
    told = table.std(axis=0) * (1 - np.corrcoef(table.T)).sum(axis=1)
    made = found(store, table, Critic())
    if made is not None:
        assert made == pytest.approx((told / told.sum()).tolist(), abs=1e-7)


def test_a_child_that_runs_against_the_others_has_the_most_conflict(store):
    """By hand: deviations (-5, 0, 5, 0), (-5, -5, 5, 5), (5, 0, 0, -5)."""
    table = np.array([[0, 0, 10], [5, 0, 5], [10, 10, 5], [5, 10, 0.0]])
    r01, r02, r12 = 50 / math.sqrt(50 * 100), -25 / 50, -50 / math.sqrt(100 * 50)
    spread = [math.sqrt(50 / 3), math.sqrt(100 / 3), math.sqrt(50 / 3)]
    conflict = [2 - r01 - r02, 2 - r01 - r12, 2 - r02 - r12]
    told = [s * c for s, c in zip(spread, conflict, strict=True)]
    assert weights(store, table, Critic()) == pytest.approx([t / sum(told) for t in told])


@pytest.mark.parametrize("setting", BY_SCORES)
def test_a_constant_child_weighs_nothing(store, setting):
    table = np.column_stack([np.arange(6.0), np.full(6, 0.1), [3, 1, 4, 1, 5, 9]])
    made = weights(store, table, setting)
    assert made[1] == 0
    assert made[0] > 0


@pytest.mark.parametrize("setting", [*BY_SCORES, PrincipalComponent()])
def test_constant_children_all_of_them_are_an_error(store, setting):
    with pytest.raises(DataError, match="one score in all regions: c0, c1"):
        weights(store, np.full((4, 2), 7.0), setting)
    with pytest.raises(DataError, match="one score in all regions"):
        weights(store, [[1.0, 2.0]], setting)


@pytest.mark.parametrize("setting", [Entropy(), Gini()])
def test_scores_below_0_are_refused_with_a_range(store, setting):
    with pytest.raises(DefinitionError, match="c1 has less") as caught:
        weights(store, [[1, -1], [2, 0], [3, 4]], setting)
    assert "range = [0, 100]" in str(caught.value)


def test_children_that_order_all_regions_alike_have_no_conflict(store):
    x = np.arange(5.0)
    with pytest.raises(DefinitionError, match="order the regions alike"):
        weights(store, np.column_stack([x, 2 * x, x + 3]), Critic())


@pytest.mark.parametrize("setting", [*DRAWN, Equal()])
def test_a_child_alone_has_all_the_weight(store, setting):
    assert weights(store, [[1], [2]], setting) == [1.0]
    assert weights(store, [[1, 9], [2, 9]], setting, [1, 0]) == [1.0, 0.0]


@pytest.mark.parametrize("setting", DRAWN)
def test_huge_and_tiny_scores_have_weights(store, setting):
    table = np.array([[1, 2, 9], [2, 1, 5], [4, 6, 1], [5, 3, 2], [8, 9, 7.0], [3, 4, 4]])
    usual = found(store, table, setting)
    for factor in (1e-300, 1e300):
        made = found(store, table * factor, setting)
        assert (made is None) == (usual is None)
        if usual is not None:
            assert made == pytest.approx(usual, abs=1e-9)


# ------------------------------------------------------------------------------------- references


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
def test_first_components_are_those_of_coinr_up_to_sign(store):
    from rating.steps.relations import complete, components, correlations

    folder = SHARED / "reference/coinr"
    scores = pl.read_csv(folder / "ex_Aggregated.csv")
    meta = pl.read_csv(folder / "in_asem_iMeta.csv", infer_schema=False)
    eigenvalues = pl.read_csv(folder / "pca_eigen_L1.csv")
    loadings = dict(
        pl.read_csv(folder / "pca_weights_L1.csv").select("iCode", "Weight").iter_rows()
    )
    for (group,), wanted in eigenvalues.group_by("group", maintain_order=True):
        items = meta.filter(pl.col("Parent") == group)["iCode"].to_list()
        values, vectors = components(correlations(complete(scores.select(items).to_numpy())))
        assert values == pytest.approx(wanted["eigenvalue"].to_list(), rel=1e-12)
        theirs = np.abs([loadings[item] for item in items])
        assert np.abs(vectors[:, 0]) == pytest.approx(theirs, abs=1e-12)


OTHER = "take another method here"
APART = [[1, NAN], [2, NAN], [3, 4], [NAN, 5], [NAN, 6]]
REFUSALS = [
    (
        PrincipalComponent(signs="absolute"),
        [[1, 2], [2, NAN], [3, 4]],
        "only 2 regions have every child",
        "at least 3 are needed",
    ),
    (
        PrincipalComponent(signs="absolute"),
        [[1, 2], [2, NAN], [1, 4], [1, 5], [1, 7]],
        "no spread over the regions that have every child: c0",
        OTHER,
    ),
    (
        PrincipalComponent(signs="absolute"),
        [[1, 5, 1], [1, 5, 2], [1, 5, 4], [2, 6, NAN]],
        "no spread over the regions that have every child: c0, c1",
        OTHER,
    ),
    (
        PrincipalComponent(signs="absolute"),
        [[1, 1], [1, -1], [-1, 1], [-1, -1]],
        "two components explain as much: the first is not defined",
        OTHER,
    ),
    (
        PrincipalComponent(),
        [[1, 2, 9], [2, 3, 8], [3, 5, 7], [4, 4, 5]],
        "loadings of both signs: c2 run against the others (c0 0.61, c1 0.54, c2 -0.58)",
        'check the direction of these children, or write signs = "absolute"',
    ),
    (
        PrincipalComponent(),
        [[1, 1, 3, 9, 9], [2, 2, 1, 8, 8], [3, 3, 4, 7, 7], [4, 4, 5, 5, 5]],
        "loadings of both signs: c3, c4 run against the others "
        "(c0 0.46, c1 0.46, c2 0.37, c3 -0.47, c4 -0.47)",
        'check the direction of these children, or write signs = "absolute"',
    ),
    (
        Entropy(),
        [[1, -2], [2, 3], [3, 4]],
        "entropy needs scores of 0 or more, and c1 has less",
        "normalise to a range from 0 up, as range = [0, 100]",
    ),
    (
        Gini(),
        [[-1, -2], [2, 3], [3, 4]],
        "gini needs scores of 0 or more, and c0, c1 has less",
        "normalise to a range from 0 up, as range = [0, 100]",
    ),
    (Critic(), APART, "c0 and c1 vary together in too few regions to correlate", OTHER),
    (
        Critic(),
        [[1, 2], [2, 4], [3, 6]],
        "all children order the regions alike: nothing tells them apart",
        OTHER,
    ),
    (
        Critic(),
        [[1, 2], [1, 2]],
        "every child has one score in all regions: c0, c1",
        "nothing tells them apart: take equal weights",
    ),
    (
        Importance(),
        [[1, 2], [1, 3], [1, 4]],
        "c0 has no spread: its correlation is not defined",
        OTHER,
    ),
    (Importance(), APART, "c0 and c1 vary together in too few regions to correlate", OTHER),
]


@pytest.mark.parametrize(("setting", "table", "what", "remedy"), REFUSALS)
def test_a_refusal_says_what_and_what_to_do(store, setting, table, what, remedy):
    with pytest.raises(RatingError) as caught:
        weights(store, table, setting)
    (problem,) = caught.value.problems
    assert problem.where == "n, method.weights"
    assert (problem.what, problem.remedy) == (what, remedy)


def test_weights_come_by_scenario_and_in_the_order_of_the_settings_and_the_tree(store):
    scores = pl.concat([long([[1, 2], [3, 1], [4, 5]], scenario) for scenario in (1, 0)])
    trees = pl.concat([family([1, 3], "b"), family([1, 1], "a"), family([5], "other")])
    made = weigh(scores, trees.reverse(), {"b": Equal(), "a": Given()})
    assert made.columns == ["scenario", "parent", "item", "weight", "position"]
    assert made.rows() == [
        (scenario, parent, item, weight, place)
        for scenario in (0, 1)
        for parent, weight in (("b", 0.5), ("a", 1.0))
        for place, item in enumerate(("c0", "c1"))
    ]


@pytest.mark.parametrize("setting", [Entropy(), Gini()])
def test_a_child_that_is_missing_somewhere_is_weighed_by_what_is_known(store, setting):
    table = np.array([[1.0, 9.0, 2.0], [4.0, 3.0, 8.0], [2.0, 7.0, 5.0], [8.0, 1.0, 3.0]])
    alone = weights(store, table, setting)
    found = weights(store, np.vstack([table, [[NAN, 5.0, NAN]]]), setting)
    assert found[0] / found[2] == pytest.approx(alone[0] / alone[2])


def test_importance_that_no_weights_reach_names_the_child_and_the_nearest(store):
    table = [[1, 1, 9], [2, 2, 8], [3, 3, 7], [4, 4, 9]]
    with pytest.raises(DefinitionError) as caught:
        weights(store, table, Importance(), [1, 2, 3])
    (problem,) = caught.value.problems
    assert (problem.what, problem.remedy) == (
        "no weights above 0 give c1 0.333 of the correlations: the nearest give 0.250",
        "the children move against each other or together: give other weights in the tree",
    )
