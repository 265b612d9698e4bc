"""What other indicators say of a missing value: the models of models.py, scenario by scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import polars as pl

from rating.definitions.settings import Expectation, Nearest, Regression, Setting
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem, nearest
from rating.steps.models import Matrix, UnfitError, expectation, neighbours, regression

# Beside columns with the names of indicators.
_REGION = "__region"

Model: TypeAlias = Regression | Nearest | Expectation


@dataclass(frozen=True)
class Table:
    """The values of one scenario: regions by indicators, both sorted; NaN is missing."""

    scenario: int
    regions: tuple[str, ...]
    indicators: tuple[str, ...]
    values: Matrix

    def places(self, names: Sequence[str]) -> list[int]:
        """The columns of indicators, in the order of the table."""
        wanted = set(names)
        return [place for place, name in enumerate(self.indicators) if name in wanted]

    def gaps(self, name: str, filled: Matrix) -> pl.DataFrame:
        """scenario, region, indicator, imputed: the gaps of an indicator that are filled."""
        place = self.indicators.index(name)
        rows = np.flatnonzero(np.isnan(self.values[:, place]) & ~np.isnan(filled))
        return pl.DataFrame(
            {"region": [self.regions[r] for r in rows], "imputed": filled[rows]},
            schema={"region": pl.String, "imputed": pl.Float64},
        ).select(
            pl.lit(self.scenario, pl.Int64).alias("scenario"),
            "region",
            pl.lit(name).alias("indicator"),
            "imputed",
        )


def predict(
    store: Store,
    cells: pl.DataFrame,
    settings: Mapping[str, Setting],
    indicators: Sequence[str],
    years: Mapping[int, int] | None = None,
) -> pl.DataFrame:
    """Fill the gaps of the indicators whose setting reads other indicators.

    Args:
        store: the connection that sorts the cells.
        cells: scenario, region, indicator, value.
        settings: the imputation of each indicator that has a gap.
        indicators: all of the section, which a setting without ``on`` reads.
        years: the year of each scenario, to name it in an error.

    Returns:
        scenario, region, indicator, imputed: a row for each gap that is filled.

    Raises:
        DefinitionError: a model cannot be fitted.
    """
    models = {key: s for key, s in sorted(settings.items()) if isinstance(s, Model)}
    filled = [
        pl.DataFrame(
            schema={
                "scenario": pl.Int64,
                "region": pl.String,
                "indicator": pl.String,
                "imputed": pl.Float64,
            }
        )
    ]
    problems: list[Problem] = []
    for table in _tables(store, cells, models, indicators):
        year = (years or {}).get(table.scenario)
        edition = "" if year is None else f", edition {year}"
        for keys, fit in _fits(table, models, indicators):
            try:
                columns = fit()
            except UnfitError as unfit:
                where = f"{', '.join(keys)}, method.impute{edition}"
                problems.append(Problem(where, unfit.what, unfit.remedy))
                continue
            filled += [table.gaps(key, columns[:, n]) for n, key in enumerate(keys)]
    if problems:
        raise DefinitionError(problems)
    return pl.concat(filled).cast({"scenario": cells.schema["scenario"]})


def check_names(settings: Mapping[str, Setting]) -> None:
    """Refuse an ``on`` that names what is no indicator.

    Raises:
        DefinitionError: with the nearest right name.
    """
    problems = [
        Problem(
            f"{key}, method.impute, on", f"no indicator named '{name}'", nearest(name, settings)
        )
        for key, model in settings.items()
        if isinstance(model, Model)
        for name in model.on
        if name not in settings
    ]
    if problems:
        raise DefinitionError(problems)


def _tables(
    store: Store, cells: pl.DataFrame, models: Mapping[str, Model], indicators: Sequence[str]
) -> Iterator[Table]:
    names = sorted(set(models).union(*(model.on or indicators for model in models.values())))
    if not models:
        return
    ordered = store.query(
        """
        SELECT c.scenario, c.region AS __region, c.indicator, c.value
        FROM cells c
        JOIN used u ON u.indicator = c.indicator
        ORDER BY c.scenario, c.region, c.indicator
        """,
        {"cells": cells, "used": pl.DataFrame({"indicator": names})},
    )
    for part in ordered.partition_by("scenario"):
        wide = part.pivot("indicator", index=_REGION, values="value", maintain_order=True)
        # An indicator that is not in force in this edition has no column: nothing is known of it.
        absent = [pl.lit(None, pl.Float64).alias(n) for n in names if n not in wide.columns]
        values = wide.with_columns(absent).select(names).to_numpy().astype(np.float64)
        yield Table(part["scenario"][0], tuple(wide[_REGION]), tuple(names), values)


def _fits(
    table: Table, models: Mapping[str, Model], indicators: Sequence[str]
) -> Iterator[tuple[list[str], Callable[[], Matrix]]]:
    """The indicators that a model fills, and the call that fits it and returns their columns.

    Indicators that are compared by the same others, or share a normal population, go together.
    """
    nearby: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    normal: dict[tuple[str, ...], list[str]] = {}
    for key, model in models.items():
        on = tuple(sorted(set(model.on or indicators)))
        if isinstance(model, Regression):
            # An indicator says nothing of itself; a section's default may name it all the same.
            yield [key], partial(_regressed, table, key, [name for name in on if name != key])
        elif isinstance(model, Nearest):
            nearby.setdefault((model.k, on), []).append(key)
        else:
            normal.setdefault(tuple(sorted({key, *on})), []).append(key)
    for (k, on), keys in nearby.items():
        targets = [table.indicators.index(key) for key in keys]
        yield keys, partial(neighbours, table.values, table.places(on), targets, k)
    for names, keys in normal.items():
        yield keys, partial(_expected, table, keys, names)


def _regressed(table: Table, key: str, on: Sequence[str]) -> Matrix:
    target = table.values[:, table.indicators.index(key)]
    filled = regression(target, table.values[:, table.places(on)], on)
    return filled[:, None]


def _expected(table: Table, keys: Sequence[str], names: Sequence[str]) -> Matrix:
    filled = expectation(table.values[:, table.places(names)])
    return filled[:, [names.index(key) for key in keys]]
