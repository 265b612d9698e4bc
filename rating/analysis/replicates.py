"""Rows drawn again: what the values of indicators would have been with other rows.

Every replicate is a scenario of the engine, so that measures, derived tables, values and sums over
all regions are those of its rows. Replicates are made in blocks of a bounded number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from rating.analysis.design import Floats, Ints, stream
from rating.analysis.recompute import Wanted, inputs_of, over_scenarios, rows_of, show
from rating.definitions.parsing import SCENARIO
from rating.definitions.sampling import Bootstrap, Coding
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem
from rating.result import Rating

# Rows of all tables in one block.
BLOCK = 250_000
NEAR = 1e-9

# How many times each row of some tables is taken in a replicate.
Times = Callable[[np.random.Generator], Mapping[str, Ints]]


def replicates(
    rating: Rating,
    error: Bootstrap | Coding,
    wanted: Wanted,
    regions: Sequence[str],
    where: str,
) -> Floats:
    """The values of versions over rows drawn again: versions by replicates by regions.

    Args:
        rating: whose rows are drawn.
        error: how.
        wanted: indicators with the version that is computed.
        regions: the columns.
        where: the assumption, for messages.

    Raises:
        DefinitionError: the values are made of rows that ``where`` of the error leaves out.
    """
    inputs = inputs_of(rating, wanted)
    only = error.where if isinstance(error, Bootstrap) else None
    with Store(files=rating.data.files) as store:
        frames = {
            name: rows_of(store, rating, name, inputs, only if name == error.table else None)
            for name, given in inputs.items()
            if given.base is None
        }
    unit = error.unit if isinstance(error, Bootstrap) else error.coder
    times = _units(error, frames) if isinstance(error, Bootstrap) else _coders(error, frames)
    size = max(1, BLOCK // max(1, sum(frame.height for frame in frames.values())))
    made = []
    with Store() as store:

        def computed(taken: Sequence[Mapping[str, Ints]]) -> Floats:
            tables = {
                name: _taken(frame, [each.get(name) for each in taken], unit)
                for name, frame in frames.items()
            }
            show(store, rating, tables, inputs)
            return over_scenarios(store, wanted, regions, len(taken))

        if only is not None:
            _refuse_other_rows(rating, wanted, regions, computed([{}])[:, 0], f"{where}, where")
        for first in range(0, error.replicates, size):
            numbers = range(first, min(first + size, error.replicates))
            made.append(computed([times(stream(error.seed, 2, n)) for n in numbers]))
    return np.concatenate(made, axis=1)


def _refuse_other_rows(
    rating: Rating, wanted: Wanted, regions: Sequence[str], found: Floats, where: str
) -> None:
    """Refuse to leave rows out that the published values are made of."""
    for (item, version), values in zip(wanted, found, strict=True):
        if version != rating.version(item.id):
            continue
        own = rating.values.filter(pl.col("indicator") == item.id)
        named = pl.DataFrame({"region": regions}).join(own, on="region", how="left")
        published = named.sort("region")["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        same = np.isclose(values, published, rtol=NEAR, atol=0, equal_nan=True)
        if not same.all():
            region = regions[int(np.argmin(same))]
            what = f"without the other rows {item.id} of {region} is not what is published"
            raise DefinitionError(Problem(where, what, "take all rows that the indicator reads"))


# --------------------------------------------------------------------------- what is drawn


def _units(error: Bootstrap, frames: Mapping[str, pl.DataFrame]) -> Times:
    """Units of a region with replacement, or each a Poisson number of times."""
    keys = ["region", error.unit]
    # Sorted, so that what is drawn does not depend on the order of rows; a region's units together.
    units = frames[error.table].select(keys).drop_nulls().unique().sort(keys)
    many = units.select(pl.len().over("region"))["len"].to_numpy().astype(np.int64)
    first = np.searchsorted(units["region"].to_numpy(), units["region"].to_numpy())
    codes: dict[str, Ints] = {}
    for name, frame in frames.items():
        if set(keys) <= set(frame.columns):
            rows = frame.select(keys).join(
                units.with_row_index("_code"), on=keys, how="left", maintain_order="left"
            )
            codes[name] = rows["_code"].cast(pl.Int64).fill_null(-1).to_numpy()

    def times(random: np.random.Generator) -> Mapping[str, Ints]:
        if error.number == "poisson":
            counts = random.poisson(1.0, len(many)).astype(np.int64)
        else:
            drawn = first + (random.random(len(many)) * many).astype(np.int64)
            counts = np.bincount(drawn, minlength=len(many))
        # Rows without a unit, or of a unit of elsewhere, stay as they are: code -1 is the last.
        counts = np.append(counts, 1)
        return {name: counts[code] for name, code in codes.items()}

    return times


def _coders(error: Coding, frames: Mapping[str, pl.DataFrame]) -> Times:
    """One coder's rows of each item, as often as it has coders: as many have coded it as before.

    An item with a row of the final coder stays as it is.
    """
    frame = frames[error.table]
    keys = ["region", *(["year"] if "year" in frame.columns else []), error.item]
    items = frame.select(keys).unique().sort(keys).with_row_index("_item")
    coder = pl.col(error.coder)
    rows = frame.select(
        *keys,
        _place=coder.rank("dense").over(keys).cast(pl.Int64) - 1,
        _coders=coder.n_unique().over(keys).cast(pl.Int64),
        _settled=(coder == pl.lit(error.final)).any().over(keys),
    ).join(items, on=keys, how="left", maintain_order="left")
    item, place, many = (rows[name].to_numpy() for name in ("_item", "_place", "_coders"))
    settled = rows["_settled"].fill_null(False).to_numpy()

    def times(random: np.random.Generator) -> Mapping[str, Ints]:
        drawn = (random.random(items.height)[item] * many).astype(np.int64)
        return {error.table: np.where(settled, 1, (place == drawn) * many)}

    return times


def _taken(frame: pl.DataFrame, times: Sequence[Ints | None], unit: str) -> pl.DataFrame:
    """The rows of a table, each as often as it is taken, a scenario a replicate.

    A unit, or a coder, that is taken twice is two: the second copy has another name.
    """
    rows = np.arange(frame.height)
    if times[0] is None:
        scenario = np.repeat(np.arange(len(times)), frame.height)
        return frame[np.tile(rows, len(times))].with_columns(pl.Series(SCENARIO, scenario))
    counts = np.stack([each for each in times if each is not None])
    flat = counts.ravel()
    taken = frame[np.repeat(np.tile(rows, len(times)), flat)]
    scenario = np.repeat(np.arange(len(times)), counts.sum(axis=1))
    made = taken.with_columns(pl.Series(SCENARIO, scenario))
    copy = pl.Series("copy", np.arange(len(scenario)) - np.repeat(np.cumsum(flat) - flat, flat))
    named = pl.when(copy > 0).then(pl.concat_str(pl.col(unit), pl.lit("#"), copy))
    return made.with_columns(named.otherwise(pl.col(unit)).alias(unit))
