import tomllib

import pytest

import rating
from rating.definitions.uncertainty import Alternatives, realm, sources_of
from rating.errors import DefinitionError
from tests.analysis.drawn import ALL, META, METHOD
from tests.flat import section


def declared(*assumptions, **more):
    return section(META, METHOD, uncertainty={"assumption": list(assumptions), **more})


def given(kind, **more):
    return {"id": "x", "kind": kind, **more}


def test_the_file_and_the_notebook_build_the_same_alternatives():
    text = """
    level = 0.8
    [[assumption]]
    id = "weights"
    kind = "weights"
    draw = { name = "dirichlet", concentration = 20.0 }
    [[assumption]]
    id = "mean"
    kind = "aggregate"
    nodes = ["index"]
    options = [{}, { name = "geometric" }]
    on = false
    """
    made = Alternatives(
        level=0.8,
        assumption=[
            {
                "id": "weights",
                "kind": "weights",
                "draw": {"name": "dirichlet", "concentration": 20.0},
            },
            {
                "id": "mean",
                "kind": "aggregate",
                "nodes": ["index"],
                "options": [{}, {"name": "geometric"}],
                "on": False,
            },
        ],
    )
    assert Alternatives(**tomllib.loads(text)) == made
    assert [a.id for a in made.of()] == ["weights"]


def test_the_shipped_section_reads_missing_patents_as_zero_among_its_alternatives():
    section = rating.load("hitech_open")
    assert section.uncertainty is not None
    patents = next(a for a in section.uncertainty.assumption if a.id == "patents")
    assert "coalesce(patents_inventions, 0)" in patents.options[1]["inventions"]
    assert {realm(a) for a in section.uncertainty.assumption} == {"modelling", "sampling"}


def test_sampling_and_modelling_are_told_apart():
    made = declared(
        *ALL,
        given("sampling", indicators=["a"], error={"name": "poisson", "count": "figures.b"}),
    ).uncertainty
    assert [a.id for a in made.of("sampling")] == ["x"]
    assert len(made.of("modelling")) == len(ALL)
    assert [a.id for a in made.of(["x", "mean"])] == ["mean", "x"]


@pytest.mark.parametrize(
    ("assumption", "message"),
    [
        (given("weihgts"), "did you mean 'weights'"),
        (given("treat", options=[]), "1 (is|are) expected"),
        (given("treat", options=[{"name": "winsorize"}]), "did you mean 'winsorise'"),
        (given("treat", options=[{"max_point": 3}]), "did you mean 'max_points'"),
        (given("treat", options=[{"name": "winsorise", "max_points": -1}]), "max_points"),
        (given("normalise", options=[{"over": "panel"}]), "a panel is not drawn"),
        (given("normalise", options=[{"name": "goalposts"}]), "goalposts need low and high"),
        (given("aggregate", options=[{"name": "power"}]), "'power' is missing"),
        (given("aggregate", options=[{}], nodes=["firts"]), "did you mean 'first'"),
        (given("formula", options=[{"aa": "a"}]), "did you mean 'a'|no indicator named 'aa'"),
        (given("formula", options=[{"a": "coalesce(aaa, 0)"}]), "aaa"),
        (given("formula", options=[{"a": "system(1)"}]), "system"),
        (given("leave_out"), "name what is left out"),
        (given("leave_out", items=["frist"]), "did you mean 'first'"),
        (given("leave_out", items=["index"]), "nothing named 'index' to leave out"),
        (given("leave_out", sources=["survey"]), "no indicator has the source 'survey'"),
        (given("weights", draw={"name": "noise", "spread": 1.5}), "less than 1"),
        (given("weights", draw={"name": "dirichlet"}), "concentration"),
        (
            given("weights", draw={"name": "sets", "sets": [{"name": "s", "weights": {"z": 1.0}}]}),
            "'z' is no child",
        ),
        (
            given(
                "weights",
                nodes=["first"],
                draw={"name": "sets", "sets": [{"name": "s", "weights": {"a": 0.0, "b": 0.0}}]},
            ),
            "the weights of the children of first are all 0",
        ),
        (
            given("sampling", indicators=["a"], error={"name": "poisson", "count": "figures.bb"}),
            "a reads no column or measure 'figures.bb'",
        ),
        (
            given("sampling", indicators=["z"], error={"name": "poisson", "count": "figures.b"}),
            "no indicator named 'z'",
        ),
        (
            given("sampling", indicators=["a"], error={"name": "coders", "values": ["figures.a"]}),
            "2 are expected",
        ),
    ],
)
def test_an_alternative_that_cannot_apply_is_an_error(assumption, message):
    with pytest.raises(DefinitionError, match=message):
        declared(assumption)


@pytest.mark.parametrize("name", ["A survey", "Опрос", "Us", "Мы", "figures"])
def test_a_source_is_left_out_by_title_or_publisher_in_either_language_or_by_its_table(name):
    texts = {"title": {"en": "A survey", "ru": "Опрос"}, "publisher": {"en": "Us", "ru": "Мы"}}
    item = declared().indicator[0]
    named = rating.Indicator(**{**item.model_dump(exclude_unset=True), "source": [texts]})
    assert name in sources_of(named)


def test_every_problem_is_told_at_once_with_its_place():
    with pytest.raises(DefinitionError) as caught:
        declared(
            given("leave_out", items=["frist"]),
            {**given("aggregate", options=[{}], nodes=["secnd"]), "id": "y"},
        )
    places = [problem.where for problem in caught.value.problems]
    assert places == ["flat, uncertainty, x, items", "flat, uncertainty, y, nodes"]


def test_two_assumptions_of_one_id_are_refused():
    with pytest.raises(DefinitionError, match="two assumptions have the id 'x'"):
        declared(given("leave_out", items="each"), given("leave_out", items="each"))
