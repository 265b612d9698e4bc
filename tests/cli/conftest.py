"""A command line run in this process, with what it wrote to each stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from rating import cli

GOOD = Path(__file__).parents[1] / "definitions" / "good"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs the command ``rating`` with some words."""

    def ran(*words: object) -> Outcome:
        code = cli.run([str(word) for word in words])
        return Outcome(code, *capsys.readouterr())

    return ran


@pytest.fixture
def good() -> tuple[str, str]:
    """A small section and its data."""
    return str(GOOD), str(GOOD / "data")
