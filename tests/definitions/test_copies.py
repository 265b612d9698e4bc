"""A copy of a definition with changes is checked as a definition is when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import rating
from rating.definitions.definition import Definition


def within(value: Any) -> Iterator[Definition]:
    """Every definition inside a definition, itself among them."""
    if isinstance(value, Definition):
        yield value
        for name in type(value).model_fields:
            yield from within(getattr(value, name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from within(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from within(one)


@pytest.mark.parametrize("name", ["hitech", "hitech_open", "hitech_open_2022"])
def test_a_copy_without_changes_is_the_same(name):
    kinds = {}
    for one in within(rating.load(name)):
        kinds.setdefault((type(one), frozenset(one.model_fields_set)), one)
    assert len(kinds) > 20
    assert [one for one in kinds.values() if one.model_copy(update={}) != one] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight": -1.0}, "below 0"),
        ({"weight": float("nan")}, "weight"),
        ({"id": "No id"}, "not an id"),
        ({"direction": "sideways"}, "direction"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_copy_with_a_wrong_change_is_refused(change, said):
    item = rating.load("hitech_open").indicator[0]
    with pytest.raises(rating.DefinitionError, match=said):
        item.model_copy(update=change)


def test_a_section_takes_no_negative_weight_through_a_copy():
    section = rating.load("hitech_open")
    first, *rest = section.indicator
    with pytest.raises(rating.DefinitionError, match="below 0"):
        section.replace(indicator=(first.model_copy(update={"weight": -1.0}), *rest))
