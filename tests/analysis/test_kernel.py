"""The kernel against the step of the pipeline that scores nodes: two ways to the same numbers."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rating.analysis import kernel, tally, twin
from rating.analysis.drawing import Drawing
from rating.analysis.uncertainty import planned
from rating.definitions import aggregations as a
from rating.engine.store import Store
from rating.errors import DefinitionError
from rating.steps.aggregate import aggregate
from tests.analysis.drawn import ALL, MEAN, WEIGHTS, rated
from tests.steps import families

METHODS = [
    a.Arithmetic(),
    a.Arithmetic(min_coverage=0.6),
    a.Geometric(),
    a.Geometric(min_coverage=0.7),
    a.Harmonic(),
    a.Power(power=2.0),
    a.Power(power=-3.0, min_coverage=0.5),
    a.Power(power=0.1),
    a.Power(power=float("inf")),
    a.Power(power=-float("inf")),
    a.MedianOf(),
    a.OrderedWeights(best=2),
    a.OrderedWeights(worst=2),
    a.OrderedWeights(places=(0.5, 0.3, 0.2)),
    a.MazziottaPareto(),
    a.AdjustedMazziottaPareto(penalty="plus"),
]
SCORES = st.one_of(st.floats(1, 100).map(lambda x: round(x, 2)), st.none())
WEIGHT = st.integers(0, 5).map(float)


@pytest.fixture(scope="module")
def store():
    with Store(threads=1) as opened:
        yield opened


def tree(top, low):
    """The index over a node of three indicators and a fourth indicator."""
    whole = np.array([0, 1, 2], np.intp)
    none = np.array([], np.intp)
    return (
        kernel.Branch("low", whole, whole, (), none, tuple(low)),
        kernel.Branch(
            "index", np.array([3], np.intp), np.array([4], np.intp), (0,),
            np.array([3], np.intp), tuple(top),
        ),
    )  # fmt: skip


def by_the_step(store, matrix, weights, top, low):
    """The index of each region by ``steps/aggregate``; the weights are of low, low, low, low's."""
    items = ["a", "b", "c", "d"]
    scores = pl.DataFrame(
        [
            (0, f"R{row}", items[column], matrix[row][column])
            for row in range(len(matrix))
            for column in range(4)
        ],
        schema={"scenario": pl.Int64, "region": pl.String, "item": pl.String, "score": pl.Float64},
        orient="row",
    )
    children = pl.DataFrame(
        {
            "parent": ["low", "low", "low", "index", "index"],
            "item": ["a", "b", "c", "low", "d"],
            "weight": weights,
            "position": [0, 1, 2, 0, 1],
        }
    )
    found, _ = aggregate(store, scores, children, [{"low": low}, {"index": top}])
    return found.filter(pl.col("node") == "index").sort("region")["score"].to_list()


@given(
    st.lists(st.tuples(SCORES, SCORES, SCORES, SCORES), min_size=1, max_size=5),
    st.lists(st.tuples(WEIGHT, WEIGHT, WEIGHT, WEIGHT, WEIGHT), min_size=1, max_size=3),
    st.sampled_from(METHODS),
    st.sampled_from(METHODS),
    st.booleans(),
)
def test_the_kernel_scores_as_the_pipeline_does(store, rows, draws, top, low, moves):
    draws = [w for w in draws if sum(w[:3]) > 0 and w[3] + w[4] > 0] or [(1.0, 2.0, 1.0, 1.0, 1.0)]
    matrix = np.array(rows, float)
    weights = np.array(draws)
    choices = np.zeros((len(draws), 2), np.int64)
    moved = {1: np.repeat(matrix[None, :, 1], len(draws), axis=0)} if moves else None
    found = kernel.score(tree([top], [low]), matrix, weights, choices, moved)
    for draw, own in enumerate(draws):
        if found.failed[draw]:
            continue
        wanted = by_the_step(store, rows, list(own), top, low)
        assert [None if np.isnan(v) else v for v in found.scores[draw]] == [
            None if v is None else pytest.approx(v, rel=1e-10, abs=1e-10) for v in wanted
        ]


@given(
    st.lists(st.tuples(*[st.floats(1, 100)] * 4), min_size=1, max_size=5),
    st.integers(0, 2**32),
    st.sampled_from([(a.Arithmetic(), a.Arithmetic()), (a.Geometric(), a.Geometric())]),
)
def test_one_product_and_node_by_node_are_one(rows, seed, means):
    weights = np.random.default_rng(seed).random((7, 5)) + 0.01
    matrix, choices = np.array(rows), np.zeros((7, 2), np.int64)
    branches = tree([means[0]], [means[1]])
    whole = kernel.score(branches, matrix, weights, choices).scores
    moved = {0: np.repeat(matrix[None, :, 0], 7, axis=0)}
    walked = kernel.score(branches, matrix, weights, choices, moved).scores
    assert whole == pytest.approx(walked, rel=1e-12)


def test_each_draw_takes_its_own_aggregation():
    branches = tree([a.Arithmetic(), a.Geometric()], [a.Arithmetic(), a.Geometric()])
    matrix = np.array([[1.0, 4.0, 16.0, 100.0]])
    choices = np.array([[0, 0], [1, 1], [0, 1]])
    found = kernel.score(branches, matrix, np.ones((3, 5)), choices).scores[:, 0]
    assert found == pytest.approx([(7 + 100) / 2, np.sqrt(4 * 100), np.sqrt(7 * 100)])


def test_a_draw_that_meets_a_score_of_0_fails_at_its_node():
    branches = tree([a.Arithmetic(), a.Geometric()], [a.Arithmetic(), a.Geometric()])
    matrix = np.array([[0.0, 4.0, 16.0, 100.0], [1.0, 2.0, 3.0, 4.0]])
    found = kernel.score(branches, matrix, np.ones((3, 5)), np.array([[0, 0], [1, 0], [0, 1]]))
    assert found.failed.tolist() == [0, 1, 0]
    without = np.ones((1, 5))
    without[0, 0] = 0.0
    assert kernel.score(branches, matrix, without, np.array([[1, 1]])).failed.tolist() == [0]


# -------------------------------------------------------------------------------------- the twin


@settings(max_examples=12)
@given(
    st.lists(st.tuples(*[SCORES] * 5), min_size=3, max_size=7).filter(
        lambda rows: all(len({row[n] for row in rows} - {None}) > 1 for n in range(5))
    ),
    st.sampled_from([0.0, 0.5, 0.9]),
    st.integers(0, 1000),
)
def test_kernel_and_sql_twin_count_the_same_rank_frequencies(rows, least, seed):
    figures = pl.DataFrame(
        {
            "region": [f"R{n}" for n in range(len(rows))],
            **{name: [row[n] for row in rows] for n, name in enumerate("abcde")},
        },
        schema_overrides=dict.fromkeys("abcde", pl.Float64),
    )
    result = rated(*ALL, figures=figures, aggregate={"name": "arithmetic", "min_coverage": least})
    assume(result.ranks.height)
    drawing = Drawing(planned(result), kind="random", seed=seed, most=64)
    regions = len(drawing.plan.regions)
    counted = np.zeros((regions, regions), np.int64)
    for part in drawing.parts(0):
        assert (part.failed <= 0).all()
        tally.count(tally.order(part.scores), counted)
    assert twin.frequencies(drawing.plan, drawing.draws(0)).tolist() == counted.tolist()


def test_ties_share_the_best_rank_in_the_twin_too():
    figures = rated().data.tables["figures"].drop("year")
    doubled = pl.concat([figures, figures.with_columns(region=pl.col("region") + "x")])
    drawing = Drawing(
        planned(rated(WEIGHTS, MEAN, figures=doubled)), kind="sobol", seed=1, most=256
    )
    counted = np.zeros((12, 12), np.int64)
    for part in drawing.parts(0):
        tally.count(tally.order(part.scores), counted)
    found = twin.frequencies(drawing.plan, drawing.draws(0))
    assert found.tolist() == counted.tolist()
    assert (found[:, 1::2] == 0).all()


def refused(store, setting, rows, weights):
    """What the pipeline says of scores that a method is not defined for; None if it has scores."""
    scores, children = families.frames(rows, weights, ["index"])
    try:
        aggregate(store, scores, children, [{"index": setting}])
    except DefinitionError as error:
        return error.problems[0].what
    return None


EDGES = st.one_of(st.integers(-3, 3).map(float), st.sampled_from([-1e-9, 0.0, 1e-9]), st.none())


@settings(max_examples=90)
@given(
    st.sampled_from(sorted(families.ALONE)),
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.lists(st.lists(EDGES, min_size=n, max_size=n), min_size=1, max_size=4),
            st.lists(st.integers(1, 9).map(float), min_size=n, max_size=n),
        )
    ),
)
def test_what_the_pipeline_rates_the_draws_draw_under_every_method(store, name, table):
    rows, weights = table
    setting = families.ALONE[name]
    matrix = np.array(rows, float)
    edges = np.arange(len(weights), dtype=np.intp)
    what = refused(store, setting, rows, weights)
    branch = kernel.Branch("index", edges, edges, (), edges[:0], (setting,))
    own = np.array([weights, weights])
    for moved in ({}, {0: np.tile(matrix[:, 0], (2, 1))}):
        found = kernel.score((branch,), matrix, own, np.zeros((2, 1), np.int64), moved)
        assert found.failed.tolist() == ([0, 0] if what is None else [1, 1]), what
    assert what is None or f"{setting.title} needs {setting.floor}, and" in what


def balanced(scores, **method):
    figures = pl.DataFrame({"region": ["R1", "R2", "R3"], "a": scores, "b": [60.0, 70.0, 80.0]})
    meta = pl.DataFrame(
        [
            ("index", None, "higher", 1.0),
            ("a", "index", "higher", 1.0),
            ("b", "index", "higher", 1.0),
        ],
        schema=["id", "parent", "direction", "weight"],
        orient="row",
    )
    return rated(WEIGHTS, figures=figures, meta=meta, **method)


@pytest.mark.parametrize("name", ["mpi", "adjusted_mpi"])
def test_a_balanced_mean_of_a_score_below_0_is_drawn_as_it_is_rated(name):
    """Its floor is that of the mean: draws refused a child below 0 that the pipeline rates."""
    method = {"normalise": {"name": "zscore", "mean": 100, "sd": 50, "range": None}}
    made = balanced([1.0, 1.0, 900.0], aggregate={"name": name}, **method)
    low = made.values.with_columns(
        score=pl.when(pl.col("region") == "R1", pl.col("indicator") == "a")
        .then(pl.lit(-1.0))
        .otherwise("score")
    )
    sure = replace(made, values=low).uncertainty(draws=32)
    assert sure.failed == 0


@pytest.mark.parametrize("setting", families.AGAINST_OTHERS.values(), ids=str)
def test_what_is_not_drawn_is_refused_before_with_the_reason(setting):
    given = setting.model_dump(exclude_defaults=True) | {"name": setting.name}
    with pytest.raises(DefinitionError, match=f"{setting.name} compares regions with each other"):
        rated(WEIGHTS, aggregate=given).uncertainty(draws=8)
