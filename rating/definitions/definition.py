"""What every definition has in common: frozen, strict, and its problems told all at once."""

from __future__ import annotations

import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from rating.definitions.messages import problems_of
from rating.definitions.spelling import fault
from rating.errors import DefinitionError, Problem

_T = TypeVar("_T")
_building: ContextVar[bool] = ContextVar("_building", default=False)

ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _identifier(value: str) -> str:
    if not ID.fullmatch(value):
        raise ValueError(f"'{value}' is not an id: lower-case words joined by underscores")
    return value


def _region(value: str) -> str:
    if wrong := fault(value):
        raise ValueError(wrong)
    return unicodedata.normalize("NFC", value)


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
RegionKey = Annotated[str, AfterValidator(_region)]
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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same definition with some keys changed, checked as it is when it is loaded.

        Raises:
            DefinitionError: a changed key is not allowed, or its value is not.
        """
        if update is None:
            return super().model_copy(deep=deep)
        given = {key: getattr(self, key) for key in self.model_fields_set}
        return type(self)(**{**given, **update})

    def amended(self, changes: Mapping[str, Any]) -> Self:
        """The same definition with changes of ours, which need no check and may not pass one."""
        return super().model_copy(update=changes)


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


# A definition is written by people: what is larger or deeper is none.
MAX_BYTES = 16 * 2**20
MAX_DEPTH = 50


def toml_of(file: Path, where: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        DefinitionError: it is no plain file, too large, not UTF-8 or not TOML.
    """
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise DefinitionError(Problem(where, "is not a plain file", "write a file of text"))
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise DefinitionError(Problem(where, what, "check its permissions")) from None
    if len(content) > MAX_BYTES:
        what = f"is larger than {MAX_BYTES // 2**20} MB"
        raise DefinitionError(Problem(where, what, "split it into several files"))
    try:
        return parsed(content.decode().replace("\r\n", "\n"), where)
    except UnicodeDecodeError as error:
        raise DefinitionError(
            Problem(where, f"not UTF-8 at byte {error.start}", "save the file as UTF-8")
        ) from None


def parsed(text: str, where: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        DefinitionError: the text is not TOML; with the line.
    """
    dotted = _DOTTED.search(text)
    if dotted is not None:
        # The parser takes the square of their number.
        line = text.count("\n", 0, dotted.start()) + 1
        what = f"a key nested more than {MAX_DEPTH} deep"
        raise DefinitionError(Problem(f"{where}, line {line}", what, "no key stands so deep"))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(_broken(text, where, str(error))) from None
    except RecursionError:
        raise DefinitionError(Problem(where, "not TOML: nested too deeply")) from None
    except ValueError:
        # Python turns no text of more than 4,300 digits into a number.
        raise DefinitionError(Problem(where, _TOO_LONG, _PLAIN)) from None
    waiting: list[tuple[str, Any, int]] = [("", found, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        place = f"{where}, {key}" if key else where
        if depth > MAX_DEPTH:
            what = f"nested more than {MAX_DEPTH} deep"
            raise DefinitionError(Problem(place[:200], what, "no key stands so deep"))
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise DefinitionError(Problem(place, _TOO_LONG, _PLAIN))
        if isinstance(value, dict):
            waiting += [(name, one, depth + 1) for name, one in value.items()]
        elif isinstance(value, list):
            waiting += [(key, one, depth + 1) for one in value]
    return found


_DOTTED = re.compile(
    rf"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_DEPTH}}}"""
)
_TOO_LONG = "a number of more digits than a whole number has"
_PLAIN = "write a plain number, as 1e30"


def _broken(text: str, where: str, message: str) -> Problem:
    """A fault of TOML with the line it stands in."""
    what, _, place = message.partition(" (at ")
    found = re.search(r"line (\d+), column (\d+)", place)
    if found is None:
        return Problem(where, f"not TOML: {what}", "see the end of the file")
    line, column = int(found[1]), int(found[2])
    shown = text.splitlines()[line - 1][:200] if line <= len(text.splitlines()) else ""
    remedy = "mend the line; a text with quotes inside stands in single quotes"
    span = (min(column - 1, len(shown)), 1)
    return Problem(f"{where}, line {line}", f"not TOML: {what}", remedy, shown, span)


def refuse(problems: Iterable[Problem]) -> None:
    """End a validator with all the problems it found, if there are any."""
    found = list(problems)
    if found:
        raise PydanticCustomError("definition", "{count} problems", {"count": 1, "found": found})
