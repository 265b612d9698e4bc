"""Inputs that the indicators of a section share: built once, and given to those that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rating.definitions import derived
from rating.definitions.definition import build
from rating.definitions.table import Input
from rating.errors import DefinitionError, Problem


def shared_inputs(given: Any, where: str) -> tuple[dict[str, Input], list[Problem]]:
    """The shared inputs of a section, built once, and what is wrong with them."""
    found: dict[str, Input] = {}
    problems: list[Problem] = []
    if not isinstance(given, Mapping):
        return found, [Problem(f"{where}, input", "is not a table", "write [input.<table>]")]
    for name, one in given.items():
        try:
            values = one if isinstance(one, Mapping) else {}
            found[name] = one if isinstance(one, Input) else build(Input, values, "")
        except DefinitionError as error:
            problems += [
                replace(problem, where=f"{where}, input.{name}{problem.where}")
                for problem in error.problems
            ]
    return found, problems


def sharing(item: Any, shared: Mapping[str, Input]) -> Any:
    """An indicator as written, with the shared inputs that it reads beside its own."""
    if not isinstance(item, Mapping) or not isinstance(item.get("reads"), list | tuple):
        return item
    inputs = {name: shared[name] for name in derived.needed(item["reads"], shared)}
    own = item.get("input", {})
    return {**item, "input": {**inputs, **own} if isinstance(own, Mapping) else own}
