"""What every definition has in common: frozen, strict, and its problems told all at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from rating.errors import DefinitionError, Problem, nearest

_T = TypeVar("_T")
_building: ContextVar[bool] = ContextVar("_building", default=False)

ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _identifier(value: str) -> str:
    if not ID.fullmatch(value):
        raise ValueError(f"'{value}' is not an id: lower-case words joined by underscores")
    if re.fullmatch(r"total_\d+", value):
        raise ValueError(f"'{value}' is kept for the sums that total() makes")
    return value


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"'{value}' is not a date such as 2016-10-06") from None
    return value


Id = Annotated[str, AfterValidator(_identifier), Field(max_length=64)]
Many = Annotated[tuple[_T, ...], BeforeValidator(_tuple)]
Day = Annotated[date, BeforeValidator(_date)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Override = dict[str, dict[str, Any]]


class Definition(BaseModel):
    """A frozen model that refuses unknown keys and reports every problem as a DefinitionError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __init__(self, /, **values: Any) -> None:
        if _building.get():
            super().__init__(**values)
            return
        token = _building.set(True)
        try:
            super().__init__(**values)
        except ValidationError as error:
            where = str(values.get("id") or type(self).__name__.lower())
            raise DefinitionError(problems_of(error, type(self), where)) from None
        finally:
            _building.reset(token)


_Model = TypeVar("_Model", bound=Definition)


def build(model: type[_Model], values: Mapping[str, Any], where: str) -> _Model:
    """A definition from plain values, its problems told under the name of its place."""
    token = _building.set(True)
    try:
        return model(**values)
    except ValidationError as error:
        raise DefinitionError(problems_of(error, model, where)) from None
    finally:
        _building.reset(token)


def parsed(text: str, where: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        DefinitionError: the text is not TOML; with the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(Problem(where, f"not TOML: {error}")) from None


def refuse(problems: Iterable[Problem]) -> None:
    """End a validator with all the problems it found, if there are any."""
    found = list(problems)
    if found:
        raise PydanticCustomError("definition", "{count} problems", {"count": 1, "found": found})


def problems_of(error: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """The problems in a pydantic error, in our words."""
    return [
        problem
        for detail in error.errors(include_url=False)
        for problem in _problems(detail, model, where)
    ]


def _problems(detail: ErrorDetails, model: type[BaseModel], where: str) -> Iterator[Problem]:
    path = _path(detail["loc"])
    place = f"{where}, {path}" if path else where
    kind, value = detail["type"], detail["input"]
    if kind == "definition":
        for problem in detail["ctx"]["found"]:
            inner = f"{place}, {problem.where}" if problem.where else place
            yield Problem(inner, problem.what, problem.remedy, problem.formula, problem.span)
    elif kind == "extra_forbidden":
        holder = _path(detail["loc"][:-1])
        key = detail["loc"][-1]
        known = _keys(model, detail["loc"][:-1])
        yield Problem(
            f"{where}, {holder}" if holder else where,
            f"unknown key '{key}'",
            nearest(str(key), known),
        )
    elif kind == "missing":
        yield Problem(where, f"the key '{path}' is missing")
    elif kind == "union_tag_invalid":
        yield Problem(
            place,
            f"no method named '{detail['ctx']['tag']}'",
            nearest(
                str(detail["ctx"]["tag"]),
                detail["ctx"]["expected_tags"].replace("'", "").split(", "),
            ),
        )
    elif kind == "union_tag_not_found":
        yield Problem(place, "the key 'name' is missing", 'write name = "none" for no method')
    else:
        message = detail["msg"].removeprefix("Value error, ")
        shown = "" if kind == "value_error" else f", not {value!r}"[:120]
        yield Problem(place, message[:1].lower() + message[1:] + shown)


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys a model knows at a place, as far as its annotations tell."""
    for part in loc:
        if isinstance(part, int):
            continue
        found = model.model_fields.get(str(part))
        inner = _model_in(found.annotation) if found else _model_tagged(model, str(part))
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (inner := _model_in(argument)) is not None:
            return inner
    return None


def _model_tagged(model: type[BaseModel], part: str) -> type[BaseModel] | None:
    # A discriminated union puts the tag into the place: the model is already the first of it.
    return model
