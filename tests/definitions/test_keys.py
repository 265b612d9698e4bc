"""Every key of the schemas is taken where they say that it stands, and every option comes off."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft4Validator
from pydantic_core import PydanticUndefined

import rating
from rating.definitions.definition import Definition
from rating.definitions.methods import OF_INDICATORS, OF_NODES, STEPS
from rating.definitions.schema import schemas
from rating.definitions.section import Section
from rating.errors import DefinitionError
from tests.test_schema import plain, schema_of

ROOT = Path(__file__).parents[2]
SCHEMAS = {name: json.loads(text) for name, text in schemas().items()}

RANGE = {"range": [1, 10]}
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "screen": [
        {"name": "none"},
        {
            "name": "availability",
            "available": 0.5,
            "nonzero": 0.1,
            "nodes": {"part": 0.2},
            "keep": ["A"],
            "leave_out": ["B"],
        },
    ],
    "treat": [
        {"name": "none"},
        {
            "name": "winsorise",
            "max_points": 3,
            "skewness": 1.5,
            "kurtosis": 3,
            "then": "box_cox",
            "of": "winsorised",
            "power": 0.5,
        },
        *({"name": name, "power": 0.5} for name in STEPS["treat"] if "lo" in name or "box" in name),
    ],
    "impute": [
        *({"name": name} for name in ("none", "mean", "median", "linear", "constant", "structure")),
        {"name": "group_mean", "group": "kind"},
        {"name": "group_median", "group": "kind"},
        {"name": "regression", "on": ["b"]},
        {"name": "nearest", "k": 3, "on": ["b"]},
        {"name": "expectation", "on": ["b"]},
        {"name": "latest", "max_age": 3},
    ],
    "normalise": [
        {"name": "minmax", "over": "panel", **RANGE},
        {"name": "goalposts", "low": 1, "high": 2, "scale": "log", "over": 2015, "clip": True},
        {"name": "goalposts", "low": 0, "high": 2, "clip": False, **RANGE},
        {"name": "goalposts", "points": [1, 2, 3, 4], "clip": False, **RANGE},
        {"name": "zscore", "mean": 10, "sd": 2, "over": 2015, **RANGE},
        {"name": "rank", "ties": "average", "over": "panel", **RANGE},
        {"name": "borda", "over": "panel", **RANGE},
        {"name": "percentile_rank", "over": "panel", **RANGE},
        {"name": "best", "over": "panel", **RANGE},
        {"name": "target", "target": 100, "clip": True, "over": "panel", **RANGE},
        {"name": "reference", "region": "A", "over": "panel", **RANGE},
        {"name": "fraction", "over": "panel", **RANGE},
        {"name": "centred", "centre": 5, "over": "panel", **RANGE},
    ],
    "weights": [
        *({"name": name} for name in ("given", "equal", "importance", "entropy", "critic", "gini")),
        {"name": "budget", "points": {"a": [1, 2], "b": [3, 4]}},
        {"name": "ahp", "comparisons": {"a": {"b": 3}}, "max_ratio": 0.2},
        {"name": "pca", "signs": "absolute"},
    ],
    "aggregate": [
        *(
            {"name": name, "min_coverage": 0.5}
            for name in STEPS["aggregate"]
            if name not in ("power", "owa")
        ),
        {"name": "power", "power": -1},
        {"name": "power", "power": 2, "min_coverage": 0.5},
        *({"name": "owa", **one} for one in ({"places": [2, 1]}, {"best": 1}, {"worst": 1})),
        {"name": "owa", "best": 1, "min_coverage": 0.5},
        {"name": "mpi", "penalty": "plus"},
        {"name": "adjusted_mpi", "penalty": "plus"},
        {"name": "benefit_of_the_doubt", "lower": 0.1, "upper": 0.9},
        {"name": "directional", "direction": {"a": 1, "b": 2}},
    ],
    "groups": [
        {"name": "none"},
        {"name": "share_of_gap", "cuts": [0.5], "labels": ["A", "B"]},
        {"name": "quantile", "cuts": [0.5], "labels": ["A", "B"]},
    ],
}
OWN = {"normalise": {"name": "goalposts", "low": 1, "high": 9}}
BASE = {
    "grain": "region",
    "x": {"type": "number", "min": 1},
    "y": {"type": "number"},
}


def indicator(id: str, **more: Any) -> dict[str, Any]:
    version = [{"since": "2000-01-01", "value": id.replace("a", "x").replace("b", "y")}]
    version[0]["estimate"] = "1 + x"
    return {"id": id, "parent": "part", "input": {"t": BASE}, "version": version, **more}


def section(place: str = "", override: Any = None, **more: Any) -> dict[str, Any]:
    """A small section with an override at one of the places that take one."""
    step = next(iter(override or {}), "")
    setting = (override or {}).get(step, {})
    needs = step == "normalise" and bool({"low", "points", "scale"} & set(setting))
    kind = {"direction": "band"} if "points" in setting else {}
    # Goalposts are in the unit of one indicator, and a band is the direction of one.
    own = {"method": OWN} if needs and place != "indicator" else {}
    kind = kind if place == "indicator" else {}
    node = [{"id": "index"}, {"id": "part", "parent": "index"}]
    made: dict[str, Any] = {"id": "small", "name": {"en": "Small"}, "node": node}
    a = indicator("a", **own, **kind)
    match place:
        case "section":
            made["method"] = override
        case "node":
            node[1]["method"] = override
        case "indicator":
            a["method"] = override
        case "option":
            kind = step
            option = {"id": "other", "kind": kind, "options": [{}, setting]}
            made["uncertainty"] = {"assumption": [option]}
    return {**made, "indicator": [a, indicator("b", **own)], **more}


PLACES = {
    "section": tuple(STEPS),
    "node": OF_NODES,
    "indicator": OF_INDICATORS,
    "option": (*OF_INDICATORS, "aggregate"),
}
CASES = [
    pytest.param(
        place, step, setting, id=f"{place}-{'-'.join(map(str, (step, *setting.values())))}"
    )
    for place, steps in PLACES.items()
    for step in steps
    for setting in SETTINGS[step]
    if not (place == "option" and setting.get("over", "edition") != "edition")
]


@pytest.mark.parametrize(("place", "step", "setting"), CASES)
def test_every_method_is_taken_at_every_place_with_every_option(place, step, setting):
    written = section(place, {step: setting})
    made = Section(**written)
    found = {"section": made.method, "node": made.method_of("part")}.get(place, made.method_of("a"))
    if place != "option":
        said = getattr(found, step).model_dump(mode="json")
        assert {key: said[key] for key in setting} == setting
    assert not list(validator("section.json").iter_errors(plain(written)))


def test_a_node_says_how_its_own_children_are_weighed():
    weights = {"weights": {"name": "budget", "points": {"a": [1, 2], "b": [3, 4]}}}
    made = Section(**section("node", weights))
    named = [made.method_of(id).weights.name for id in ("index", "part", "a")]
    assert named == ["given", "budget", "given"]


OPTIONS = [
    pytest.param(step, setting, key, id=f"{step}-{setting['name']}-{key}")
    for step, settings in SETTINGS.items()
    for setting in settings
    for key in setting
    if key != "name" and not STEPS[step][setting["name"]].model_fields[key].is_required()
]


@pytest.mark.parametrize(("step", "setting", "key"), OPTIONS)
def test_every_option_of_every_step_comes_off(step, setting, key):
    above = Section(**section("section", {step: setting})).method
    rest = {"low": 0, "high": 1} if key in ("low", "high", "points") else {}
    rest = {"worst": 1} if key == "best" else {"best": 1} if key in ("places", "worst") else rest
    if key in ("cuts", "labels"):
        rest, key = {}, ("cuts", "labels")
    keys = [key] if isinstance(key, str) else list(key)
    rest = {name: value for name, value in rest.items() if name not in keys}
    if key in ("low", "high"):
        rest, keys = {"points": [1, 2, 3, 4], "scale": "linear"}, ["low", "high"]
    bare = above.replace(**{step: {**rest, "unset": keys}})
    found, model = getattr(bare, step), STEPS[step][setting["name"]]
    for name in keys:
        assert getattr(found, name) == model.model_fields[name].get_default(
            call_default_factory=True
        )
        assert name not in found.model_fields_set


def test_an_option_that_is_needed_does_not_come_off():
    above = Section(**section("section", {"normalise": {"name": "target", "target": 3}})).method
    with pytest.raises(DefinitionError, match="the key 'target' is missing"):
        above.replace(normalise={"unset": ["target"]})
    assert above.replace(normalise={"name": "best", "unset": ["range"]}).normalise.name == "best"


def test_a_range_comes_off_in_an_alternative():
    option = {"name": "zscore", "unset": ["range"]}
    method = {"normalise": {"name": "minmax", **RANGE}}
    made = Section(**section("option", {"normalise": option}, method=method))
    assert made.method.replace(normalise=option).normalise.range is None
    assert made.method.replace(normalise={"name": "zscore"}).normalise.range == (1, 10)


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ({"unset": ["rnage"]}, "no option 'rnage'\n  did you mean 'range'?"),
        ({"unset": ["name"]}, "no option 'name'"),
        ({"unset": "range"}, "is not a list of options"),
        ({"unset": [1]}, "is not a list of options"),
        ({"range": [0, 1], "unset": ["range"]}, "'range' is both given and taken off"),
    ],
)
@pytest.mark.parametrize("place", ["node", "indicator", "option"])
def test_what_cannot_come_off_is_told(place, option, what):
    with pytest.raises(DefinitionError) as caught:
        Section(**section(place, {"normalise": option}))
    assert what in str(caught.value)
    with pytest.raises(DefinitionError, match="no option 'rnage'"):
        rating.Method().replace(normalise={"unset": ["rnage"]})


# ------------------------------------------------------------------------------ the whole schema


def validator(name: str) -> Draft4Validator:
    return Draft4Validator(SCHEMAS[name])


def every_key() -> Iterator[tuple[str, str]]:
    """Every key of the schemas, with the definition and the place in it."""

    def keys(shape: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
        for key, inner in shape.get("properties", {}).items():
            yield at, key
            yield from keys(inner, f"{at}.{key}")
        for one in shape.get("anyOf", ()):
            yield from keys(one, at)

    for name, whole in SCHEMAS.items():
        yield from keys(whole, name)
        for title, shape in whole["definitions"].items():
            yield from keys(shape, title)


def used(name: str, content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys of the schemas that a file holds."""
    definitions = SCHEMAS[name]["definitions"]

    def walk(shape: dict[str, Any], value: Any, at: str) -> Iterator[tuple[str, str]]:
        if "$ref" in shape:
            at = shape["$ref"].rsplit("/", 1)[1]
            shape = definitions[at]
        for one in (*shape.get("allOf", ()), *shape.get("anyOf", ()), *shape.get("oneOf", ())):
            if Draft4Validator({**one, "definitions": definitions}).is_valid(value):
                yield from walk(one, value, at)
        if isinstance(value, list) and isinstance(shape.get("items"), dict):
            for inner in value:
                yield from walk(shape["items"], inner, at)
        known = shape.get("properties", {})
        for key, inner in value.items() if isinstance(value, dict) else ():
            if key in known:
                yield at, key
                yield from walk(known[key], inner, f"{at}.{key}")
                continue
            more = shape.get("additionalProperties")
            for one in (more, *shape.get("patternProperties", {}).values()):
                if isinstance(one, dict):
                    yield from walk(one, inner, at)

    yield from walk({k: v for k, v in SCHEMAS[name].items() if k != "definitions"}, content, name)


def written() -> Iterator[tuple[str, dict[str, Any]]]:
    """What loads: the shipped files, a section with the rare keys, an override of each key."""
    files = sorted((ROOT / "indicators").rglob("*.toml"))
    good = sorted((ROOT / "tests" / "definitions" / "good").glob("*.toml"))
    for file in (*files, *good):
        content = plain(tomllib.loads(file.read_text("utf8")))
        yield schema_of(file.name, content), content
    rare = tomllib.loads((Path(__file__).parent / "rare.toml").read_text("utf8"))
    Section(**rare)
    yield "section.json", plain(rare)
    for place, steps in PLACES.items():
        for step in steps:
            for setting in SETTINGS[step]:
                yield "section.json", section(place, {step: setting})
                if place in ("node", "indicator"):
                    option = [key for key in setting if key != "name"]
                    yield "section.json", section(place, {step: {"unset": option}})


def test_every_key_of_the_schemas_is_loaded_somewhere():
    found = {key for name, content in written() for key in used(name, content)}
    assert set(every_key()) - found == set()


def test_only_an_empty_text_stands_for_nobody():
    """TOML has no null: a key whose default is not null cannot be null in a file."""
    waiting, optional = Definition.__subclasses__(), []
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        for name, field in model.model_fields.items():
            nullable = type(None) in get_args(field.annotation)
            if nullable and field.default not in (None, PydanticUndefined):
                optional.append(f"{model.__name__}.{name}")
    assert sorted(set(optional)) == ["Coding.final"]
