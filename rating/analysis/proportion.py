"""Whether values are proportional to the counts that are said to move them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rating.definitions.tree import Tree
from rating.definitions.uncertainty import Measurement, Poisson
from rating.engine import values
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem
from rating.result import Rating

# Doubling a count doubles the value, to so much of it.
NEAR = 1e-9


def refuse_disproportion(rating: Rating, given: Sequence[Measurement]) -> None:
    """Refuse a Poisson error whose count the value does not rise and fall with.

    The formulas are evaluated on the data as they are and with each count doubled. A count that is
    a measure of a finer table is taken at its word.

    Raises:
        DefinitionError: with every indicator whose value is not doubled.
    """
    wanted: list[tuple[Measurement, str, str, str]] = []
    for assumption in given:
        if isinstance(assumption.error, Poisson):
            table, _, column = assumption.error.count.partition(".")
            wanted += [(assumption, id, table, column) for id in assumption.indicators if column]
    if not wanted:
        return
    tree = Tree.of(rating.section, rating.edition)
    versions = {item.id: (item, version) for item, version in tree.versions()}
    known = [(a, id, table, column) for a, id, table, column in wanted if id in versions]
    counts = sorted({(table, column) for _, _, table, column in known})
    used = {id: versions[id] for _, id, _, _ in known}
    tables = {table for item, version in used.values() for table in item.tables(version)}
    inputs = {name: held for name, held in tree.inputs.items() if name in tables}
    doubled = {
        name: pl.concat(
            _scenario(rating.data.tables[name], number, column if table == name else None)
            for number, (table, column) in enumerate([("", ""), *counts])
        )
        for name in inputs
    }
    with Store() as store:
        values.hold(store, doubled, inputs, rating.edition)
        found, _ = values.evaluate_versions(store, [(i, v, None) for i, v in used.values()])
    problems = []
    for assumption, id, table, column in known:
        own = found.filter(pl.col("indicator") == id)
        before = own.filter(pl.col("scenario") == 0).select("region", "value")
        after = own.filter(pl.col("scenario") == 1 + counts.index((table, column)))
        both = before.join(after.select("region", after="value"), on="region").drop_nulls()
        off = (pl.col("after") - 2 * pl.col("value")).abs() > NEAR * pl.col("value").abs()
        if both.select(off.any()).item():
            problems.append(
                Problem(
                    f"uncertainty, {assumption.id}, {id}",
                    f"the value is not proportional to {table}.{column}: doubled, it is not double",
                    "give a standard error instead, or name the count it is made of",
                )
            )
    if problems:
        raise DefinitionError(problems)


def _scenario(frame: pl.DataFrame, number: int, column: str | None) -> pl.DataFrame:
    made = frame.with_columns(scenario=pl.lit(number, pl.Int64))
    return made if column is None else made.with_columns(pl.col(column) * 2)
