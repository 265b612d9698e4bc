"""The JSON schemas for editors know what the models know, and are the ones that are shipped."""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from rating.definitions.methods import STEPS
from rating.definitions.schema import PARTS, schemas

ROOT = Path(__file__).parents[1]
SCHEMAS = {name: json.loads(text) for name, text in schemas().items()}
FILES = sorted((ROOT / "indicators").rglob("*.toml")) + sorted(
    (ROOT / "tests" / "definitions" / "good").glob("*.toml")
)


def schema_of(file: str, content: dict[str, Any]) -> str:
    if file == "section.toml":
        return "section.json"
    return "parts.json" if set(content) <= set(PARTS) else "indicator.json"


def plain(value: Any) -> Any:
    """As an editor sees it: a day is a text."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def faults(name: str, content: dict[str, Any]) -> list[str]:
    validator = Draft4Validator(SCHEMAS[name], format_checker=FormatChecker())
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(content)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schemas_are_those_of_the_models(name):
    shipped = (ROOT / "docs" / "schema" / name).read_text("utf8")
    assert shipped == schemas()[name], "renew them: rating schema --out docs/schema"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema_of_draft_4(name):
    # The draft's own schema is the authority; it lets pass words that it does not know.
    Draft4Validator.check_schema(SCHEMAS[name])
    later = {"$defs", "const", "propertyNames", "if", "prefixItems"}
    assert not later & set(re.findall(r'"([$\w]+)":', json.dumps(SCHEMAS[name])))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_shipped_file_fits_its_schema(file):
    content = plain(tomllib.loads(file.read_text("utf8")))
    assert faults(schema_of(file.name, content), content) == []


GOOD = {
    name: (ROOT / "tests" / "definitions" / "good" / name).read_text("utf8")
    for name in ("section.toml", "graduates.toml")
}
# Cases of tests/definitions/bad that an editor can see: the shape is wrong, not the meaning.
SHAPE = re.compile(
    "unknown_(key|direction|type|option|step|method|register)|missing_(id|since|parent)"
    "|(text|number|fraction|list|table)_(for|as)|negative|id_in_capitals"
)


def wrong_shapes() -> Iterator[Any]:
    for case in sorted((ROOT / "tests" / "definitions" / "bad").glob("*.toml")):
        changes = tomllib.loads(case.read_text("utf8")).get("change", [])
        for change in changes if SHAPE.match(case.stem) else ():
            if change["file"] in GOOD and "old" in change:
                text = GOOD[change["file"]].replace(change["old"], change["new"])
                yield pytest.param(change["file"], text, id=case.stem)


@pytest.mark.parametrize(("file", "text"), list(wrong_shapes()))
def test_a_bad_file_does_not_fit(file, text):
    content = plain(tomllib.loads(text))
    assert faults(schema_of(file, content), content)


@pytest.mark.parametrize("step", ["treat", "impute", "normalise"])
def test_an_indicator_may_override_each_method_in_some_of_its_keys(step):
    method = SCHEMAS["indicator.json"]["definitions"]["Indicator"]["properties"]["method"]
    given = method["properties"][step]["properties"]
    assert given["name"]["enum"] == list(STEPS[step])
    wanted = {key for model in STEPS[step].values() for key in model.model_fields}
    assert set(given) == wanted | {"unset"}


def test_an_editor_shows_what_a_key_means():
    carry = SCHEMAS["parts.json"]["definitions"]["Input"]["properties"]["carry"]
    assert carry["description"] == (
        "a table of an earlier year is carried forward at most so many years."
    )
