import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.definitions.methods import STEPS, Method

TOML = """
id        = "researchers"
parent    = "qualified_labour"
name.en   = "Researchers"
name.ru   = "Исследователи"
unit      = "per 10,000"
direction = "higher"
method.treat = { name = "none" }

[input.region_year]
grain = "region"
researchers = { type = "number", min = 0 }
population  = { type = "number", min = 1 }

[[version]]
since = 2000-01-01
value = "10000 * researchers / nullif(population, 0)"

[law]
bounds     = [0, inf]
rises_with = ["region_year.researchers"]

[[example]]
why = "200 among 100,000"
region_year = [{ region = "RU-TOM", year = 2019, researchers = 200, population = 100000 }]
expect = { RU-TOM = 20.0 }

[[source]]
title = "Regions of Russia"
publisher = "Rosstat"
"""
PYTHON = {
    "id": "researchers",
    "parent": "qualified_labour",
    "name": {"en": "Researchers", "ru": "Исследователи"},
    "unit": "per 10,000",
    "direction": "higher",
    "method": {"treat": {"name": "none"}},
    "input": {
        "region_year": {
            "grain": "region",
            "researchers": {"type": "number", "min": 0},
            "population": {"type": "number", "min": 1},
        }
    },
    "version": [{"since": "2000-01-01", "value": "10000 * researchers / nullif(population, 0)"}],
    "law": {"bounds": [0, float("inf")], "rises_with": ["region_year.researchers"]},
    "example": [
        {
            "why": "200 among 100,000",
            "expect": {"RU-TOM": 20.0},
            "region_year": [
                {"region": "RU-TOM", "year": 2019, "researchers": 200, "population": 100000}
            ],
        }
    ],
    "source": [{"title": "Regions of Russia", "publisher": "Rosstat"}],
}


def indicator(id: str = "one", parent: str = "index", **more: object) -> dict[str, object]:
    return {
        "id": id,
        "parent": parent,
        "input": {"t": {"grain": "region", "x": {"type": "number"}}},
        "version": [{"since": "2000-01-01", "value": "x"}],
        **more,
    }


def section(**more: object) -> rating.Section:
    given = {"id": "s", "name": "S", "node": [{"id": "index"}], "indicator": [indicator()], **more}
    return rating.Section(**given)


def test_toml_and_python_give_equal_objects():
    assert rating.Indicator.from_toml(TOML) == rating.Indicator(**PYTHON)


def test_an_indicator_dumped_and_built_again_is_equal():
    made = rating.Indicator(**PYTHON)
    assert rating.Indicator(**made.model_dump()) == made


def test_definitions_never_change():
    with pytest.raises(ValueError, match="frozen"):
        rating.Indicator(**PYTHON).id = "other"


def test_all_problems_are_told_at_once():
    broken = {
        **PYTHON,
        "directoin": "higher",
        "id": "Bad Id",
        "version": [{"since": "2000-13-01", "value": "researchers"}],
    }
    with pytest.raises(rating.DefinitionError) as caught:
        rating.Indicator(**broken)
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "unknown key 'directoin'" in text
    assert "did you mean 'direction'?" in text
    assert "2000-13-01" in text
    assert "not an id" in text


def test_the_version_in_force_is_the_latest_not_after_the_day():
    from datetime import date

    made = rating.Indicator(
        **indicator(
            version=[
                {"since": "2010-01-01", "value": "x"},
                {"since": "2015-01-01", "value": "2 * x"},
            ]
        )
    )
    assert made.in_force(date(2009, 12, 31)) is None
    assert made.in_force(date(2014, 12, 31)).value == "x"
    assert made.in_force(date(2015, 1, 1)).value == "2 * x"


def test_settings_merge_key_by_key():
    method = Method().replace(treat={"name": "winsorise", "max_points": 3, "skewness": 1.0})
    changed = method.replace(treat={"kurtosis": 9.0}).treat
    assert (changed.max_points, changed.skewness, changed.kurtosis) == (3, 1.0, 9.0)


def test_a_setting_that_the_new_method_does_not_have_is_left_behind():
    method = Method().replace(aggregate={"min_coverage": 0.5}, normalise={"range": [1, 100]})
    changed = method.replace(aggregate={"name": "geometric"}, normalise={"name": "zscore"})
    assert changed.aggregate.min_coverage == 0.5
    assert changed.normalise.name == "zscore"


def test_goalposts_are_never_logged():
    made = section(
        method={"treat": {"name": "winsorise"}},
        indicator=[indicator(method={"normalise": {"name": "goalposts", "low": 0, "high": 9}})],
    )
    assert made.method_of("one").treat.then == "none"


def test_overrides_pass_from_a_node_to_the_indicators_below():
    made = section(
        node=[
            {"id": "index"},
            {
                "id": "a",
                "parent": "index",
                "method": {"normalise": {"name": "rank"}, "aggregate": {"min_coverage": 0.5}},
            },
        ],
        indicator=[indicator("one", "a"), indicator("two", "index")],
    )
    assert made.method_of("one").normalise.name == "rank"
    assert made.method_of("two").normalise.name == "minmax"
    assert made.method_of("a").aggregate.min_coverage == 0.5
    assert made.method_of("index").aggregate.min_coverage == 0.0


@given(st.sampled_from(sorted(STEPS)), st.data())
def test_a_method_survives_its_own_words(step, data):
    name = data.draw(st.sampled_from(sorted(STEPS[step])))
    needed = {
        "goalposts": {"low": 0, "high": 1},
        "regression": {"on": ["x"]},
        "target": {"target": 9.0},
        "reference": {"region": "A"},
        "power": {"power": -2.0},
        "owa": {"best": 3},
        "budget": {"points": {"x": [1.0]}},
        "ahp": {"comparisons": {"x": {"y": 3.0}}},
    }
    setting = STEPS[step][name](name=name, **needed.get(name, {}))
    words = {key: value for key, value in setting.model_dump().items() if value is not None}
    assert getattr(Method().replace(**{step: words}), step) == setting


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"node": [{"id": "index"}, {"id": "other"}]}, "one node must have no parent"),
        ({"node": [{"id": "index", "parent": "index"}]}, "its own ancestor"),
        ({"indicator": [indicator(parent="indx")]}, "did you mean 'index'?"),
        ({"indicator": [indicator(), indicator()]}, "two things have this id"),
        ({"indicator": [indicator(weight=0.0)]}, "are all 0"),
        ({"indicator": [indicator(weight=-1.0)]}, "-1.0 is below 0"),
        ({"node": [{"id": "index"}, {"id": "a", "parent": "index"}]}, "without children"),
        ({"method": {"normalise": {"name": "minmax", "range": [5, 5]}}}, "is empty"),
        ({"method": {"normalise": {"name": "minimax"}}}, "did you mean 'minmax'?"),
        ({"indicator": [indicator(direction="band")]}, "four points"),
        ({"indicator": [indicator(method={"aggregate": {"name": "geometric"}})]}, "no step"),
    ],
)
def test_a_section_that_does_not_hold_together_is_refused(change, part):
    with pytest.raises(rating.DefinitionError) as caught:
        section(**change)
    assert part in str(caught.value)
