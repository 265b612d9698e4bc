"""What pydantic finds wrong, in the words of a definition file: place, rule and remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rating.errors import Problem, nearest

# A file writes columns beside the options of an input, and tables beside those of an example.
_UNWRITTEN = ("columns", "tables", "[key]")


def problems_of(error: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """The problems in a pydantic error, in our words."""
    return [
        problem
        for detail in error.errors(include_url=False)
        for problem in _problems(detail, model, where)
    ]


def unknown(key: str, known: tuple[str, ...], otherwise: str) -> Problem:
    """An unknown key, with the nearest known one, or else how what is meant is written."""
    remedy = nearest(key, known)
    return Problem("", f"unknown key '{key}'", remedy if "mean" in remedy else otherwise)


def beside(
    value: Mapping[str, Any],
    options: tuple[str, ...],
    *,
    key: str,
    holds: tuple[type, ...],
    otherwise: str,
) -> tuple[dict[str, Any], list[Problem]]:
    """What a file writes beside the options, under a key of its own; and the keys that are neither.

    Args:
        value: the options and what stands beside them.
        options: the names of the options.
        key: under which the rest is put.
        holds: what one of the rest may be.
        otherwise: how one of the rest is written, with the key in place of ``{}``.
    """
    own = {name: one for name, one in value.items() if name in options}
    rest = {name: one for name, one in value.items() if name not in own}
    wrong = [
        unknown(name, options, otherwise.format(name))
        for name, one in rest.items()
        if not isinstance(one, holds)
    ]
    return {**own, key: rest}, wrong


def _problems(detail: ErrorDetails, model: type[BaseModel], where: str) -> Iterator[Problem]:
    kind, loc, context = detail["type"], detail["loc"], detail.get("ctx", {})
    path, models = _walk(model, loc)
    place = _join(where, path)
    if kind == "definition":
        for problem in context["found"]:
            inner = _join(place, problem.where)
            yield Problem(inner, problem.what, problem.remedy, problem.formula, problem.span)
    elif kind in ("extra_forbidden", "missing"):
        holder, models = _walk(model, loc[:-1])
        known: list[str] = [key for one in models for key in one.model_fields]
        what, remedy = f"the key '{loc[-1]}' is missing", ""
        if kind == "extra_forbidden":
            what, remedy = f"unknown key '{loc[-1]}'", nearest(str(loc[-1]), known)
        yield Problem(_join(where, holder), what, remedy)
    elif kind == "union_tag_invalid":
        known = context["expected_tags"].replace("'", "").split(", ")
        tag = str(context["tag"])
        yield Problem(place, f"no method named '{tag}'", nearest(tag, known))
    elif kind == "union_tag_not_found":
        names = [str(tag) for one in models for tag in _tags(one)]
        yield Problem(place, "the key 'name' is missing", nearest("", names))
    else:
        yield Problem(place, *_words(detail, context))


def _words(detail: ErrorDetails, context: Mapping[str, Any]) -> tuple[str, str]:
    """Rule and remedy for a value of the wrong kind or size."""
    kind, value = detail["type"], detail["input"]
    shown, text = _shown(value), isinstance(value, str)
    match kind:
        case "value_error":
            return detail["msg"].removeprefix("Value error, "), ""
        case "float_type":
            return f"{shown} is not a number", "write it without quotes" if text else ""
        case "int_type":
            return f"{shown} is not a whole number", "write digits without quotes or point"
        case "string_type":
            return f"{shown} is not text", "write it in quotes: codes are text, 06 is not 6"
        case "bool_type":
            return f"{shown} is neither true nor false", "write true or false without quotes"
        case "date_type":
            return f"{shown} is not a date", "write a date such as 2016-10-06"
        case "literal_error":
            known = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
            remedy = nearest(str(value), known)
            return f"{shown} is not one of: {', '.join(known)}", remedy if "mean" in remedy else ""
        case "tuple_type":
            return (
                f"{shown} where a list is expected",
                "write [[...]], or [...] for values",
            )
        case "dict_type" | "model_type":
            return f"{shown} where one table is expected", "write [...] once, or { key = value }"
        case "greater_than_equal":
            return f"{shown} is below {context['ge']:g}", f"write {context['ge']:g} or more"
        case "greater_than":
            return f"{shown} is not above {context['gt']:g}", "write a greater number"
        case "less_than_equal":
            return f"{shown} is above {context['le']:g}", f"write {context['le']:g} or less"
        case "finite_number":
            return f"{shown} is not a finite number", "write a plain number"
        case "too_short":
            return _sized(value, "at least", context["min_length"])
        case "too_long":
            return _sized(value, "at most", context["max_length"])
        case "string_too_long":
            return f"longer than {context['max_length']} characters", "shorten it"
        case "string_too_short":
            return "an empty text", "write it or leave the key out"
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}, not {shown}", ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value[:60]}'"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return value.isoformat() if isinstance(value, date) else repr(value)[:60]


def _sized(values: Any, limit: str, wanted: int) -> tuple[str, str]:
    found = "1 value" if len(values) == 1 else f"{len(values)} values"
    verb = "is" if wanted == 1 else "are"
    return f"{found} where {limit} {wanted} {verb} expected", f"write {limit} {wanted}"


def _join(where: str, path: str) -> str:
    return f"{where}, {path}" if path else where


def _walk(
    model: type[BaseModel], loc: tuple[int | str, ...]
) -> tuple[str, tuple[type[BaseModel], ...]]:
    """A place as a file writes it, and the models whose keys may stand there."""
    path: str = ""
    models: tuple[type[BaseModel], ...] = (model,)
    for part in loc:
        if isinstance(part, int):
            path += f"[{part + 1}]"
            continue
        tagged = [one for one in models if len(models) > 1 and part in _tags(one)]
        fields = [one.model_fields[part] for one in models if part in one.model_fields]
        if tagged:
            # Where the name chooses the model, pydantic puts the name into the place.
            models = (tagged[0],)
            continue
        if fields:
            models = tuple(_models(fields[0].annotation))
        if part not in _UNWRITTEN:
            path += f".{part}" if path else part
    return path, models


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("name")
    return get_args(field.annotation) if field else ()


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _models(argument)
