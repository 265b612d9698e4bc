"""What experts say, and what is said where they said it wrongly."""

import numpy as np
import pytest

from rating.definitions.aggregations import Budget, Hierarchy
from rating.errors import DefinitionError
from rating.steps import judgements

POINTS = "n, method.weights.points"
PAIRS = "n, method.weights.comparisons"


def problems(call, *arguments):
    with pytest.raises(DefinitionError) as caught:
        call("n", *arguments)
    return [(one.where, one.what, one.remedy) for one in caught.value.problems]


def budget(children, *apart, **points):
    return judgements.budget("n", Budget(points=points), children, apart)


def hierarchy(children, *apart, ratio=0.1, **comparisons):
    given = Hierarchy(comparisons=comparisons, max_ratio=ratio)
    return judgements.hierarchy("n", given, children, apart)


# ------------------------------------------------------------------------------ budget allocation


def test_a_budget_is_the_mean_of_shares_whatever_its_size():
    assert budget(["a", "b"], a=[1, 30], b=[3, 10]) == [0.5, 0.5]
    assert budget(["b", "a"], a=[10], b=[30]) == [0.75, 0.25]
    assert {type(share) for share in budget(["a", "b"], a=[1], b=[2])} == {float}


def test_who_is_apart_may_have_points_and_takes_no_part():
    assert budget(["a", "b"], "c", a=[1], b=[3], c=[5]) == [0.25, 0.75]


def test_each_mistake_in_a_budget_is_named():
    given = Budget(points={"a": [1, 2], "bb": [1, 2], "c": [1, 2]})
    assert problems(judgements.budget, given, ["a", "b"], ["c"]) == [
        (POINTS, "no child 'bb' to weigh", "did you mean 'b'?"),
        (POINTS, "no points for 'b'", "give every child its points, 0 included"),
    ]
    ragged = Budget(points={"a": [1, 2], "b": [1]})
    assert problems(judgements.budget, ragged, ["a", "b"]) == [
        (POINTS, "not every expert gave points to every child: a 2, b 1", "write a 0")
    ]
    nobody = Budget.model_construct(points={"a": (), "b": ()})
    assert problems(judgements.budget, nobody, ["a", "b"]) == [
        (POINTS, "not every expert gave points to every child: a 0, b 0", "write a 0")
    ]
    silent = Budget(points={"a": [0, 1, 0], "b": [0, 1, 0]})
    assert problems(judgements.budget, silent, ["a", "b"]) == [
        (POINTS, "expert 1 gave no points", "leave that expert out"),
        (POINTS, "expert 3 gave no points", "leave that expert out"),
    ]


# --------------------------------------------------------------------------- pairwise comparisons


def test_comparisons_that_agree_are_ratios_of_weights():
    made = hierarchy(["a", "b", "c"], a={"b": 2, "c": 6}, b={"c": 3})
    assert made == pytest.approx([0.6, 0.3, 0.1], abs=1e-12)
    assert {type(weight) for weight in made} == {float}
    assert hierarchy(["b", "a"], "c", a={"b": 4, "c": 2}) == pytest.approx([0.2, 0.8], abs=1e-12)


def test_a_matrix_of_comparisons_is_reciprocal():
    given = Hierarchy(comparisons={"a": {"b": 4}, "c": {"a": 2, "b": 8}})
    matrix = judgements.comparisons("n", given, ["a", "b", "c"])
    assert matrix.tolist() == [[1, 4, 0.5], [0.25, 1, 0.125], [2, 8, 1]]


def test_contradictions_are_refused_with_the_worst_three():
    given = Hierarchy(
        comparisons={"a": {"b": 3, "c": 0.2, "d": 1}, "b": {"c": 4, "d": 1}, "c": {"d": 1}}
    )
    (where, what, remedy) = problems(judgements.hierarchy, given, ["a", "b", "c", "d"])[0]
    assert (where, remedy) == (PAIRS, "ask the experts again about these three")
    assert what == (
        "consistency ratio 0.668 is above max_ratio = 0.1: the comparisons contradict each other, "
        "most of all a to b 3, b to c 4, but a to c 0.2, not 12"
    )
    matrix = judgements.comparisons("n", given, ["a", "b", "c", "d"])
    ratio = judgements.consistency_ratio(matrix)
    allowed = {"a": {"b": 3, "c": 0.2, "d": 1}, "b": {"c": 4, "d": 1}, "c": {"d": 1}}
    assert sum(hierarchy(["a", "b", "c", "d"], ratio=ratio, **allowed)) == pytest.approx(1)


def test_the_ratio_is_that_of_saaty():
    """Saaty's ratio of a matrix of three: (lambda - 3) / 2 over 0.58; none of two."""
    matrix = np.array([[1, 3, 0.2], [1 / 3, 1, 4], [5, 0.25, 1]])
    greatest = max(np.linalg.eigvals(matrix).real)
    assert judgements.consistency_ratio(matrix) == pytest.approx((greatest - 3) / 2 / 0.58)
    assert judgements.consistency_ratio(np.array([[1, 9], [1 / 9, 1]])) == 0.0
    assert judgements.consistency_ratio(np.ones((3, 3))) == pytest.approx(0, abs=1e-12)
    assert judgements.consistency_ratio(np.ones((3, 3))) >= 0
    four = np.ones((4, 4))
    four[0, 1], four[1, 0] = 9, 1 / 9
    greatest = max(np.linalg.eigvals(four).real)
    assert judgements.consistency_ratio(four) == pytest.approx((greatest - 4) / 3 / 0.9)


def test_each_mistake_in_comparisons_is_named():
    given = Hierarchy(comparisons={"a": {"a": 1, "b": 2, "cc": 1}, "b": {"a": 0.5}, "x": {"a": 1}})
    assert problems(judgements.comparisons, given, ["a", "b", "c"], ["x"]) == [
        (PAIRS, "no child 'cc' to weigh", "did you mean 'c'?"),
        (PAIRS, "'a' is compared with itself", "each pair once"),
        (PAIRS, "'b' is compared with 'a' twice", "each pair once"),
        (PAIRS, "'a' is not compared with 'c'", "each pair once, either way"),
        (PAIRS, "'b' is not compared with 'c'", "each pair once, either way"),
    ]


def test_more_children_than_random_indices_are_refused():
    names = [f"c{n}" for n in range(16)]
    pairs = {one: dict.fromkeys(names[n + 1 :], 1.0) for n, one in enumerate(names[:-1])}
    assert problems(judgements.comparisons, Hierarchy(comparisons=pairs), names) == [
        (
            PAIRS,
            "16 children: random indices are known up to 15",
            "divide the children among nodes of fewer",
        )
    ]
    fewer = {one: {k: v for k, v in given.items() if k != "c15"} for one, given in pairs.items()}
    made = hierarchy(names[:-1], **{one: given for one, given in fewer.items() if given})
    assert made == pytest.approx([1 / 15] * 15)
