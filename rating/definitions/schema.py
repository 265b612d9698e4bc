"""JSON schemas of the definition files, for editors: what may stand where, and what it means.

They are made from the models, so that an editor and the library know the same keys. An editor sees
the shape alone; names, formulas and what must fit together are told by ``rating check``.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from rating.definitions import definition
from rating.definitions.examples import Example
from rating.definitions.methods import OF_INDICATORS, OF_NODES, STEPS, UNSET
from rating.definitions.model import Indicator, Node
from rating.definitions.section import Section
from rating.definitions.settings import Setting
from rating.definitions.table import Column, Input
from rating.text import Text

# What a file beside section.toml may hold for the whole section.
PARTS = ("input", "sector", "chain", "checklist")
# Taplo, the TOML engine of most editors, promises draft 4 and no later one.
DRAFT = "http://json-schema.org/draft-04/schema#"
_WHERE = "#/definitions/{model}"
_Json = dict[str, Any]


def schemas() -> dict[str, str]:
    """The JSON schemas of the definition files, by file name.

    Returns:
        ``section.json`` of ``section.toml``, ``indicator.json`` of a file with one indicator or
        several, ``parts.json`` of a file with inputs, sectors, chains or a checklist.

    Example:
        >>> sorted(schemas())
        ['indicator.json', 'parts.json', 'section.json']
    """
    section = _of(Section, "section.toml: the tree, the methods and what the indicators share.")
    shared = section["definitions"]
    several = {
        "type": "object",
        "properties": {"indicator": section["properties"]["indicator"]},
        "required": ["indicator"],
        "additionalProperties": False,
    }
    single = {"$ref": _WHERE.format(model="Indicator")}
    indicator = {
        "$schema": DRAFT,
        "description": "One indicator at the top of the file, or several under [[indicator]].",
        "anyOf": [single, several],
        "definitions": shared,
    }
    parts = {
        "$schema": DRAFT,
        "description": "What a section keeps in files of its own.",
        "type": "object",
        "properties": {key: section["properties"][key] for key in PARTS},
        "additionalProperties": False,
        "definitions": shared,
    }
    made = {"indicator.json": indicator, "parts.json": parts, "section.json": section}
    return {
        name: json.dumps(_needed(one), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        for name, one in made.items()
    }


def told(doc: str | None) -> dict[str, str]:
    r"""A docstring by its sections: ``""`` is what stands before the first, without the title.

    Example:
        >>> told("A share.\n\nArgs:\n    part: of it.\n")
        {'': 'A share.', 'Args': 'part: of it.'}
    """
    titles = "Args|Attributes|Example|Examples|Raises|Returns|Yields"
    pieces = re.split(rf"^({titles}):\n", inspect.cleandoc(doc or ""), flags=re.MULTILINE)
    found = {"": pieces[0].strip()}
    for title, text in zip(pieces[1::2], pieces[2::2], strict=True):
        found[title] = inspect.cleandoc("\n" + text)
    return found


def entries(text: str) -> Iterator[tuple[str, str]]:
    """The names of a section of a docstring, each with its text on one line."""
    for piece in re.split(r"\n(?=\S)", text):
        name, _, words = piece.partition(":")
        if words:
            yield name, " ".join(words.split())


class _Generate(GenerateJsonSchema):
    """The schema that pydantic makes, with the rules that our validators keep to themselves."""

    def function_after_schema(
        self, schema: core_schema.AfterValidatorFunctionSchema
    ) -> JsonSchemaValue:
        made = super().function_after_schema(schema)
        if schema["function"]["function"] is definition._identifier:
            return {**made, "pattern": f"^{definition.ID.pattern}$"}
        return made


def _of(model: type[BaseModel], words: str) -> _Json:
    made = model.model_json_schema(ref_template=_WHERE, schema_generator=_Generate)
    shapes: _Json = made.pop("$defs")
    # The same model is in reach by its own name, for the other files.
    for kind in _kinds(model):
        if kind.__name__ in shapes:
            shapes[kind.__name__] = _as_written(kind, shapes[kind.__name__])
    whole: _Json = _tidy(_as_written(model, made))
    tidy: _Json = _tidy(shapes)
    return {**whole, "$schema": DRAFT, "description": words, "definitions": tidy}


def _kinds(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every model of ours that is loaded: those of the schema are among them."""
    waiting: list[type[BaseModel]] = [*definition.Definition.__subclasses__(), Text]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def _as_written(kind: type[BaseModel], shape: _Json) -> _Json:
    """The schema of a model in the words of a file, with the model's own descriptions."""
    parts = told(kind.__doc__)
    shape["description"] = " ".join(parts[""].split())
    for name, words in entries(parts.get("Attributes", "")):
        if name in shape.get("properties", {}):
            shape["properties"][name]["description"] = words
    given: _Json = shape.get("properties", {})
    if kind is Text:
        return {"anyOf": [{"type": "string", "minLength": 1}, shape]}
    if kind is Input:
        given["from"] = given.pop("base")
        del given["columns"]
        shape["additionalProperties"] = {"$ref": _WHERE.format(model="Column")}
        given["by"] = _or_else(given["by"], {"type": "array", "items": {"type": "string"}})
    if kind is Example:
        shape["additionalProperties"] = given.pop("tables")["additionalProperties"]
    if kind is Column:
        given["sector"] = _or_else(given["sector"], {"type": "string"})
    if kind in (Indicator, Node):
        steps = OF_INDICATORS if kind is Indicator else OF_NODES
        given["method"] = _overrides(steps)
    if issubclass(kind, Setting):
        # The name has a default in Python; in a file it says which method it is.
        shape["required"] = sorted({*shape.get("required", ()), "name"})
    return shape


def _or_else(shape: _Json, other: _Json) -> _Json:
    words = {"description": shape.pop("description")} if "description" in shape else {}
    return {"anyOf": [other, shape], **words}


def _overrides(steps: tuple[str, ...]) -> _Json:
    """What an item may say of a step otherwise than the section: some keys, any of its methods."""
    return {
        "type": "object",
        "description": "What differs from the section's method, key by key.",
        "additionalProperties": False,
        "properties": {step: _override(STEPS[step]) for step in steps},
    }


def _override(models: Mapping[str, type[Setting]]) -> _Json:
    keys: dict[str, list[_Json]] = {}
    for model in models.values():
        made = model.model_json_schema(ref_template=_WHERE, schema_generator=_Generate)
        for key, shape in made["properties"].items():
            bare = {k: v for k, v in shape.items() if k not in ("default", "title")}
            if key != "name" and bare not in keys.setdefault(key, []):
                keys[key].append(bare)
    given = {
        key: shapes[0] if len(shapes) == 1 else {"anyOf": shapes} for key, shapes in keys.items()
    }
    given.pop("name", None)
    unset = {
        "description": "Options that are not taken over: they have their defaults again.",
        "type": "array",
        "items": {"enum": sorted(given)},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {"enum": list(models)},
            **given,
            **({UNSET: unset} if given else {}),
        },
    }


def _tidy(shape: Any) -> Any:
    """A schema in draft 4, without what TOML does not have (null) and what only repeats a name."""
    if isinstance(shape, list):
        return [_tidy(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    made = {k: _tidy(v) for k, v in shape.items() if k != "discriminator"}
    if isinstance(made.get("title"), str):
        del made["title"]
    if "default" in made and (made["default"] is None or "$ref" in made):
        del made["default"]
    if "anyOf" in made:
        rest = [one for one in made.pop("anyOf") if one != {"type": "null"}]
        made = {**rest[0], **made} if len(rest) == 1 else {**made, "anyOf": rest}
    if "$ref" in made and len(made) > 1:
        # Nothing beside a reference counts.
        made = {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return _older(made)


def _older(made: _Json) -> _Json:
    """The words of later drafts in those of draft 4."""
    if "const" in made:
        made["enum"] = [made.pop("const")]
    for old, new in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        end = made.get(new)
        if isinstance(end, int | float) and not isinstance(end, bool):
            made |= {old: end, new: True}
    if "patternProperties" in made:
        made.pop("propertyNames", None)
        made["additionalProperties"] = False
    if made.get("type") == "array":
        # Ours are checked for their length before pydantic knows that they are lists.
        for end in ("min", "max"):
            if f"{end}Length" in made:
                made[f"{end}Items"] = made.pop(f"{end}Length")
    return made


def _needed(schema: _Json) -> _Json:
    """A schema with those definitions alone that it refers to."""
    known, found = schema["definitions"], set[str]()
    waiting = _referred({key: one for key, one in schema.items() if key != "definitions"})
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _referred(known[name]) - found
    return {**schema, "definitions": {name: known[name] for name in sorted(found)}}


def _referred(shape: Any) -> set[str]:
    return set(re.findall(r'"#/definitions/(\w+)"', json.dumps(shape)))
