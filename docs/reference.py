"""Writes docs/reference.md: every public name, from the docstrings that the code has.

python docs/reference.py
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import rating
from rating.analysis.agreement import Agreement
from rating.analysis.audit import Audit
from rating.analysis.concentration import Concentration
from rating.analysis.explain import Explanation
from rating.analysis.sensitivity import Sensitivity
from rating.analysis.smaa import Acceptability
from rating.analysis.uncertainty import Uncertainty
from rating.definitions.methods import STEPS
from rating.definitions.schema import entries, told
from rating.definitions.settings import Setting
from rating.laws.report import Report

PAGE = Path(__file__).parent / "reference.md"
# What the public functions and methods give, and whose attributes and methods are public with them.
ANSWERS = (
    Acceptability, Agreement, Audit, Concentration, Explanation, Report, Sensitivity, Uncertainty,
)  # fmt: skip
TITLE = """# Reference

Every public name, made from the docstrings of the code (`make docs`; a test holds it to them).
A frame is a polars frame, and its columns stand in the order in which they are named. A value is in
the unit of its indicator, a score in the range of its normalisation, a weight a share of its
siblings, a share between 0 and 1, a rank from 1 for the best.

- [Functions](#functions): from definitions and files to a rating.
- [Classes](#classes): what they take and give.
- [Answers](#answers): what a rating gives when it is asked for more.
- [The methods of the steps](#the-methods-of-the-steps): their names and parameters in `[method]`.
- [Errors](#errors).

The keys of the files are on the page of [definitions](definitions.md), the commands on that of the
[command line](cli.md).
"""
ERRORS = """All errors of the library are a `rating.RatingError`, which has `problems`: each with
where, what and remedy. On the command line they end with these exit codes; a finding of a check
ends with 1.
"""


def page() -> str:
    """The whole page."""
    public = {name: getattr(rating, name) for name in rating.__all__}
    functions = {name: one for name, one in public.items() if inspect.isfunction(one)}
    classes = {name: one for name, one in public.items() if inspect.isclass(one)}
    errors = {name: one for name, one in classes.items() if issubclass(one, Exception)}
    parts = [TITLE, "## Functions", *(_function(f"rating.{n}", f, 3) for n, f in functions.items())]
    parts.append("## Classes")
    parts += [_class(f"rating.{n}", one) for n, one in classes.items() if n not in errors]
    parts += ["## Answers", *(_class(one.__name__, one) for one in ANSWERS)]
    parts += ["## The methods of the steps", *_steps(), "## Errors", ERRORS]
    parts += [_error(f"rating.{name}", one) for name, one in errors.items()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _class(name: str, one: type) -> str:
    doc = told(one.__doc__)
    parts = [f"### `{name}`", _prose(doc[""])]
    if issubclass(one, BaseModel):
        parts.append(_table("key", _fields(one), doc))
    elif dataclasses.is_dataclass(one):
        names = [(field.name, "") for field in dataclasses.fields(one) if field.repr]
        parts.append(_table("attribute", names, doc))
    parts += _rest(doc)
    for member, value in _members(one):
        if isinstance(value, property) or not callable(value):
            wrapped = value.fget if isinstance(value, property) else value.func
            parts.append(f"**`{member}`**: {_prose(told(wrapped.__doc__)[''])}")
        else:
            parts.append(_function(f"{name}.{member}", value, 4))
    return "\n\n".join(part for part in parts if part)


def _members(one: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class defines itself."""
    for name, value in vars(one).items():
        method = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if name.startswith("_") or isinstance(value, type):
            continue
        if inspect.isfunction(method) and method.__doc__:
            yield name, method
        elif isinstance(value, property) or type(value).__name__ == "cached_property":
            yield name, value


def _function(name: str, one: Callable[..., Any], level: int) -> str:
    doc = told(_behind(one).__doc__)
    parts = [f"{'#' * level} `{name}`", f"```text\n{name.split('.')[-1]}{_signature(one)}\n```"]
    parts += [_prose(doc[""]), _list("Args", doc, inspect.signature(one).parameters), *_rest(doc)]
    return "\n\n".join(part for part in parts if part)


def _behind(one: Callable[..., Any]) -> Callable[..., Any]:
    """What a door of a rating opens: it imports one function, and that one says more."""
    found = re.search(
        r"^ +from (rating\.[\w.]+) import (\w+)$", inspect.getsource(one), re.MULTILINE
    )
    return getattr(importlib.import_module(found[1]), found[2]) if found else one


def _signature(one: Callable[..., Any]) -> str:
    found = inspect.signature(one)
    inside, starred = [], False
    for name, parameter in found.parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            inside.append("*")
            starred = True
        if name not in ("self", "cls"):
            default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
            inside.append(f"{name}: {parameter.annotation}{default}")
    line = f"({', '.join(inside)}) -> {found.return_annotation}"
    if len(line) < 90:
        return line
    rows = "".join(f"    {part},\n" for part in inside)
    return f"(\n{rows}) -> {found.return_annotation}"


def _rest(doc: dict[str, str]) -> list[str]:
    parts = [f"**Returns**: {_prose(doc['Returns'])}" if "Returns" in doc else ""]
    parts.append(_list("Raises", doc))
    if "Example" in doc:
        example = re.sub(r" +# doctest: .*", "", doc["Example"])
        parts.append(f"```text\n{example}\n```")
    return parts


def _list(title: str, doc: dict[str, str], only: Collection[str] | None = None) -> str:
    found = [
        f"- `{name}`: {_prose(words)}"
        for name, words in entries(doc.get(title, ""))
        if only is None or name in only
    ]
    return f"**{title}**\n\n" + "\n".join(found) if found else ""


def _fields(one: type[BaseModel]) -> list[tuple[str, str]]:
    return [
        (name, "required" if field.is_required() else "")
        for name, field in one.model_fields.items()
    ]


def _table(title: str, names: list[tuple[str, str]], doc: dict[str, str]) -> str:
    meaning = dict(entries(doc.get("Attributes", "")))
    rows = [
        f"| `{name}` | {_cell('; '.join(filter(None, (needed, meaning.get(name, '')))))} |"
        for name, needed in names
    ]
    return "\n".join([f"| {title} | |", "|---|---|", *rows]) if rows else ""


def _steps() -> Iterator[str]:
    for step, models in STEPS.items():
        yield f"### `method.{step}`"
        rows = []
        for name, model in models.items():
            doc = told(model.__doc__)
            meaning = dict(entries(doc.get("Attributes", "")))
            given = "; ".join(_parameter(key, model, meaning.get(key, "")) for key in _keys(model))
            rows.append(f"| `{name}` | {_cell(_prose(doc['']))} | {_cell(given)} |")
        yield "\n".join(["| name | what it does | parameters |", "|---|---|---|", *rows])


def _keys(model: type[Setting]) -> list[str]:
    return [key for key in model.model_fields if key != "name"]


def _parameter(key: str, model: type[Setting], meaning: str) -> str:
    field = model.model_fields[key]
    default = field.get_default(call_default_factory=True)
    shown = list(default) if isinstance(default, tuple) else default
    value = "" if field.is_required() or default is None else f" = {shown}"
    return f"`{key}{value}`" + (f" {meaning}" if meaning else "")


def _error(name: str, one: type[Exception]) -> str:
    code = getattr(one, "exit_code", None)
    told_code = f" Exit code {code}." if code is not None else ""
    return f"### `{name}`\n\n{_prose(told(one.__doc__)[''])}{told_code}"


def _prose(text: str) -> str:
    """Two backticks are a docstring's, one is a page's."""
    return re.sub(r"``(.+?)``", r"`\1`", text)


def _cell(text: str) -> str:
    return " ".join(_prose(text).replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf8")
