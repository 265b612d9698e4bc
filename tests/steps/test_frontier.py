import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import OptimizeResult, linprog

from rating.definitions.aggregations import BenefitOfTheDoubt, Directional
from rating.errors import DefinitionError
from rating.steps import frontier
from tests.steps.families import node, nodes, tables


def numbers(rows):
    return np.array([[0.0 if s is None else s for s in row] for row in rows])


def expansion(rows, place, step):
    """How many steps lead to the envelope of all regions: the primal of what ours solves."""
    x = numbers(rows)
    own = [n for n, score in enumerate(rows[place]) if score is not None]
    limits = np.column_stack([step[own], -x[:, own].T])
    limits = np.vstack([limits, np.append(0.0, np.ones(len(x)))])
    bound = np.append(-x[place, own], 1.0)
    cost = np.append(-1.0, np.zeros(len(x)))
    return -linprog(cost, A_ub=limits, b_ub=bound, method="highs").fun


def present(rows):
    return [n for n, row in enumerate(rows) if any(score is not None for score in row)]


@given(tables(missing=True))
def test_a_region_is_the_inverse_of_how_far_the_envelope_is(store, table):
    """Farrell's measure: the radial distance, computed by the envelopment form."""
    rows, weights = table
    found = node(store, rows, weights, BenefitOfTheDoubt())
    for place in present(rows):
        steps = expansion(rows, place, numbers(rows)[place])
        assert found[place] == pytest.approx(1 / (1 + steps), rel=1e-9)


@given(tables(missing=True))
def test_the_directional_score_is_1_over_1_and_the_steps_to_the_envelope(store, table):
    rows, weights = table
    found = node(store, rows, weights, Directional())
    counts = np.array([[s is not None for s in row] for row in rows]).sum(axis=0)
    step = numbers(rows).sum(axis=0) / np.maximum(counts, 1)
    for place in present(rows):
        assert found[place] == pytest.approx(1 / (1 + expansion(rows, place, step)), rel=1e-9)


@given(tables(missing=True), st.sampled_from([0.0, 0.05, 0.2, 0.25]), st.sampled_from([0.5, 0.9]))
def test_bounds_of_shares_only_cost_and_someone_has_1_without_them(store, table, lower, upper):
    rows, weights = table
    free, bound = nodes(
        store,
        rows,
        weights,
        {"free": BenefitOfTheDoubt(), "bound": BenefitOfTheDoubt(lower=lower, upper=upper)},
    ).values()
    for place in present(rows):
        assert bound[place] <= free[place] + 1e-9
        assert 0 <= bound[place] <= 1
    if present(rows):
        assert max(score for score in free if score is not None) == pytest.approx(1, rel=1e-9)


@given(tables(), st.sampled_from([1.0, 0.5]))
def test_no_weights_of_the_tree_are_better_for_a_region(store, table, power):
    rows, weights = table
    given_ = numbers(rows) @ np.array(weights) ** power
    found = node(store, rows, weights, BenefitOfTheDoubt())
    assert all(np.array(found) >= given_ / given_.max() - 1e-9)


@given(tables(missing=True), st.sampled_from([1e-6, 0.3, 1e6]))
def test_the_unit_of_a_child_is_nothing(store, table, factor):
    rows, weights = table
    scaled = [[None if row[0] is None else factor * row[0], *row[1:]] for row in rows]
    settings = {"free": BenefitOfTheDoubt(), "bound": BenefitOfTheDoubt(lower=0.1)}
    settings["directional"] = Directional()
    found, wanted = (nodes(store, t, weights, settings) for t in (scaled, rows))
    for name in settings:
        assert found[name] == [s and pytest.approx(s, rel=1e-9) for s in wanted[name]]


@pytest.mark.parametrize("bounds", [{"lower": 0.5}, {"upper": 0.5}, {"lower": 0.5, "upper": 0.5}])
def test_equal_shares_leave_one_set_of_weights(store, bounds):
    """Half of the score from each of two children: w = s / 2x, and the worst other region rules."""
    rows = [[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]]
    found = node(store, rows, [1.0, 1.0], BenefitOfTheDoubt(**bounds))
    # Of the first: s (4/4 + 1/1)/2 <= 1 for itself, s (1/4 + 4/1)/2 <= 1 for the second.
    assert found == pytest.approx([2 / 4.25, 2 / 4.25, 2 / 2.5], rel=1e-9)


def test_a_gap_lends_nothing_and_costs_no_other(store):
    """The second region would be at the frontier with its gap filled by anything above 1."""
    rows = [[8.0, 2.0], [4.0, None], [2.0, 8.0]]
    assert node(store, rows, [1.0, 1.0], BenefitOfTheDoubt()) == pytest.approx([1.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("bounds", "first"),
    [
        ({"lower": 0.3}, 0.55),
        ({"upper": 0.4}, 0.6),
        ({"lower": 0.3, "upper": 0.4}, 0.55),
        ({"upper": 0.7}, 1.0),
    ],
)
def test_bounds_are_renormalised_over_present_children(store, bounds, first):
    """Each of three makes up at least 0.3, or at most 0.4; of two, at least 0.45, or at most 0.6.

    ``first`` is the share of the child in which the second region is as good as the first one.
    """
    rows = [[5.0, 5.0, 5.0], [5.0, 1.0, None]]
    found = node(store, rows, [1.0] * 3, BenefitOfTheDoubt(**bounds))
    # s (first x 5/5 + second x 5/1) <= 1 by the first region.
    assert found == pytest.approx([1.0, 1 / (first + (1 - first) * 5)], rel=1e-9)


def refused(store, setting, rows, **more):
    """Where, what and what to do."""
    with pytest.raises(DefinitionError) as caught:
        node(store, rows, [1.0] * len(rows[0]), setting, **more)
    return [(problem.where, problem.what, problem.remedy) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("bounds", "held", "remedy"),
    [
        ({"lower": 0.4}, "at least 0.4", "write lower = 0.3333 or less"),
        ({"upper": 0.3}, "at most 0.3", "write upper = 0.3333 or more"),
    ],
)
def test_bounds_that_cannot_be_met_are_refused(store, bounds, held, remedy):
    what = f"3 children cannot each make up {held} of the score"
    assert refused(store, BenefitOfTheDoubt(**bounds), [[1.0, 2.0, 3.0]]) == [
        ("n, method.aggregate", what, remedy)
    ]


def test_programs_that_are_not_solved_are_told_with_the_words_of_the_solver(store, monkeypatch):
    unsolved = OptimizeResult(x=None, message="numerical difficulties")
    monkeypatch.setattr("scipy.optimize.linprog", lambda *programs, **options: unsolved)
    assert refused(store, BenefitOfTheDoubt(), [[1.0, 2.0]]) == [
        (
            "n",
            "the linear programs were not solved: numerical difficulties",
            "normalise to a range such as [1, 100]",
        )
    ]


@given(tables())
def test_a_region_with_0_of_everything_has_0_or_takes_its_steps(store, table):
    rows, weights = table
    nothing = [0.0] * len(weights)
    settings = {"free": BenefitOfTheDoubt(), "directional": Directional()}
    found = nodes(store, [nothing, *rows], weights, settings)
    assert found["free"][0] == 0
    assert 0 < found["directional"][0] < 1
    alone = nodes(store, [nothing, nothing], weights, settings)
    assert alone == {"free": [0.0, 0.0], "directional": [0.0, 0.0]}


def test_a_direction_says_what_counts_as_a_step(store):
    rows = [[8.0, 2.0], [4.0, 2.0], [2.0, 8.0]]
    only_first = Directional(direction={"c0": 2.0})
    assert node(store, rows, [1.0, 1.0], only_first) == pytest.approx([1.0, 1 / 3, 1.0])
    # Nothing that the last region has can move: it has no score.
    assert node(store, [*rows, [None, 1.0]], [1.0, 1.0], only_first)[3] is None


@pytest.mark.parametrize(
    ("direction", "told"),
    [
        (
            {"c9": 1.0, "c0": -1.0},
            [
                ("'c9' is no child with a weight", "known: c0, c1"),
                ("the step of c0 is -1", "a step is 0 or more"),
            ],
        ),
        ({"c0": 0.0}, [("every step is 0", "give one child a step above 0")]),
    ],
)
def test_a_direction_that_leads_nowhere_is_refused(store, direction, told):
    where = "n, method.aggregate, direction"
    wanted = [(where, what, remedy) for what, remedy in told]
    assert refused(store, Directional(direction=direction), [[1.0, 2.0]]) == wanted


def test_a_direction_may_name_what_is_not_in_the_edition(store):
    setting = Directional(direction={"c0": 1.0, "later": 1.0})
    assert node(store, [[1.0], [2.0]], [1.0], setting, apart={"later"}) == pytest.approx([0.5, 1])


def test_many_programs_are_solved_in_pieces(store, monkeypatch):
    rows = [[float(n * 7 % 11) + 1, float(n * 3 % 13) + 1] for n in range(40)]
    settings = {"free": BenefitOfTheDoubt(), "directional": Directional()}
    whole = nodes(store, rows, [1.0, 1.0], settings)
    monkeypatch.setattr(frontier, "TOGETHER", 7)
    for name, found in nodes(store, rows, [1.0, 1.0], settings).items():
        assert found == pytest.approx(whole[name], rel=1e-12)


@given(tables(missing=True, most=12), st.sampled_from([None, 0.1]))
def test_limits_that_are_added_one_by_one_are_as_good_as_all_of_them(store, table, lower):
    rows, weights = table
    settings = {"bound": BenefitOfTheDoubt(lower=lower), "directional": Directional()}
    whole = nodes(store, rows, weights, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frontier, "AT_ONCE", 0)
        patch.setattr(frontier, "ADDED", 1)
        for name, found in nodes(store, rows, weights, settings).items():
            assert found == [s and pytest.approx(s, rel=1e-9) for s in whole[name]]
