"""Whether values are proportional to the counts that are said to move them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from rating.analysis.recompute import inputs_of, over_scenarios, rows_of, show
from rating.definitions.parsing import SCENARIO
from rating.definitions.sampling import Poisson
from rating.definitions.uncertainty import Measurement, is_column
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem
from rating.result import Rating

# Doubling a count doubles the value, to so much of it.
NEAR = 1e-9


def refuse_disproportion(
    rating: Rating, given: Sequence[Measurement], regions: Sequence[str]
) -> None:
    """Refuse a Poisson error whose count the value does not rise and fall with.

    The formulas are evaluated on the data as they are and with each count doubled. A count that is
    a measure or a formula is taken at its word, and so is one beside a register in its files.

    Raises:
        DefinitionError: with every indicator whose value is not doubled.
    """
    versions = {item.id: (item, version) for item, version in rating.tree.versions()}
    known = [
        (assumption.id, id, *count.split("."))
        for assumption in given
        if isinstance(assumption.error, Poisson)
        and is_column(count := assumption.error.count or "")
        for id in assumption.indicators
        if id in versions and not set(versions[id][0].input) & set(rating.data.stored)
    ]
    if not known:
        return
    counts = sorted({(table, column) for _, _, table, column in known})
    wanted = [versions[id] for _, id, _, _ in known]
    inputs = inputs_of(rating, wanted)
    with Store(files=rating.data.files) as store:
        frames = {
            name: rows_of(store, rating, name, inputs)
            for name, one in inputs.items()
            if one.base is None
        }
        doubled = {
            name: pl.concat(
                _scenario(frame, number, column if table == name else None)
                for number, (table, column) in enumerate([("", ""), *counts])
            )
            for name, frame in frames.items()
        }
        show(store, rating, doubled, inputs)
        found = over_scenarios(store, wanted, regions, 1 + len(counts))
    problems = []
    for (assumption, id, table, column), values in zip(known, found, strict=True):
        before, after = values[0], values[1 + counts.index((table, column))]
        if (np.abs(after - 2 * before) > NEAR * np.abs(before)).any():
            problems.append(
                Problem(
                    f"uncertainty, {assumption}, {id}",
                    f"the value is not proportional to {table}.{column}: doubled, it is not double",
                    "give a standard error instead, or name the count it is made of",
                )
            )
    if problems:
        raise DefinitionError(problems)


def _scenario(frame: pl.DataFrame, number: int, column: str | None) -> pl.DataFrame:
    made = frame.with_columns(pl.lit(number, pl.Int64).alias(SCENARIO))
    return made if column is None else made.with_columns(pl.col(column) * 2)
