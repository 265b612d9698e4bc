"""What every test stands on: properties that draw the same cases each time, names for examples."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, settings

import rating

# The same cases on every machine: no clock, no draw and no file that remembers.
settings.register_profile("house", derandomize=True, deadline=None, database=None, max_examples=40)
# Ten parts of so many: tests/test_twin.py.
settings.register_profile("fuzz", settings.get_profile("house"), max_examples=1_000)
# Mutation testing asks only whether a test fails: a counterexample is not made smaller.
settings.register_profile(
    "mutation",
    settings.get_profile("house"),
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
)
# The module for Spark is not imported, for the examples of its docstrings, where the extra is not.
collect_ignore = [] if find_spec("pyspark") and find_spec("sqlglot") else ["rating/engine/spark.py"]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(autouse=True, scope="session")
def _examples(doctest_namespace: dict[str, Any]) -> None:
    """The examples in docstrings use these names without importing them."""
    doctest_namespace.update(rating=rating, pl=pl)
