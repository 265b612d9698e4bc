"""Errors of figures: a column of a table is drawn, and all that is made of it is computed anew.

A draw is a scenario of the engine, so that every formula, measure, window and derived table that
reads a figure moves with it, and with whatever else reads the same figure.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from rating.analysis import noise
from rating.analysis.design import Floats, stream
from rating.analysis.recompute import Wanted, inputs_of, over_scenarios, rows_of, show
from rating.analysis.scenarios import Scenarios
from rating.definitions import derived
from rating.definitions.model import Indicator, Version
from rating.definitions.parsing import SCENARIO
from rating.definitions.table import Input
from rating.definitions.uncertainty import Measurement
from rating.engine.store import Store
from rating.errors import DataError, DefinitionError, Problem
from rating.result import Rating

# Rows of all tables that are evaluated at once.
ROWS = 200_000
Block = tuple[int, int, frozenset[str], int]


@dataclass(frozen=True, eq=False)
class Reader:
    """An indicator that reads drawn figures.

    Attributes:
        id: the indicator.
        assumptions: what moves it.
        places: of each scenario, which of the evaluated versions is its own.
    """

    id: str
    assumptions: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Figures:
    """The drawn figures of a rating and what is made of them.

    Attributes:
        rating: whose tables are drawn.
        given: the error of each figure.
        regions: the columns.
        readers: the indicators that move.
        wanted: the versions that are evaluated.
        inputs: the tables that they read, with the columns that they read.
        frames: the rows of the stored ones, in an order that does not depend on files.
        draws: of each figure, the draw of its column.
    """

    rating: Rating
    given: tuple[Measurement, ...]
    regions: Sequence[str]
    readers: tuple[Reader, ...]
    wanted: Wanted
    inputs: Mapping[str, Input]
    frames: Mapping[str, pl.DataFrame]
    draws: tuple[noise.Draw, ...]
    _last: dict[Block, Floats] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rating: Rating, scenarios: Scenarios, given: Sequence[Measurement]
    ) -> Figures | None:
        """The figures with an error; None where there is none, or nothing reads one.

        Raises:
            DefinitionError: two assumptions move one figure.
            DataError: the columns do not hold what an error needs.
        """
        own = tuple(each for each in given if each.drawn is not None)
        for place, each in enumerate(own):
            twice = [one.id for one in own[:place] if one.drawn == each.drawn]
            if twice:
                where = f"uncertainty, {each.id}, {each.drawn}"
                raise DefinitionError(
                    Problem(where, f"'{twice[0]}' moves it already", "switch one off")
                )
        wanted: list[tuple[Indicator, Version]] = []
        readers = []
        for item in rating.indicators:
            versions = scenarios.versions(rating, item.id)
            moved = tuple(e.id for e in own if any(_reads(item, v, e) for v in versions))
            if not moved:
                continue
            different = {version.value: version for version in versions}
            first, texts = len(wanted), list(different)
            wanted += [(item, version) for version in different.values()]
            places = tuple(first + texts.index(version.value) for version in versions)
            readers.append(Reader(item.id, moved, places))
        if not readers:
            return None
        inputs = _trimmed(inputs_of(rating, wanted), wanted)
        with Store(files=rating.data.files) as store:
            frames = {
                name: (frame := rows_of(store, rating, name, inputs)).sort(frame.columns)
                for name, one in inputs.items()
                if one.base is None
            }
        read = {moved for reader in readers for moved in reader.assumptions}
        own = tuple(each for each in own if each.id in read)
        draws = tuple(_draw(each, frames) for each in own)
        return cls(rating, own, scenarios.regions, tuple(readers), wanted, inputs, frames, draws)

    def values(self, seed: int, number: int, elsewhere: Collection[str], size: int) -> Floats:
        """The values of a block of draws: versions by draws by regions; missing where none is made.

        Args:
            seed: the seed.
            number: the block.
            elsewhere: assumptions that are drawn from a second stream.
            size: how many draws.
        """
        block = seed, number, frozenset(elsewhere) & {each.id for each in self.given}, size
        if block not in self._last:
            # All readers of a block ask in turn: the last one is enough.
            self._last.clear()
            self._last[block] = np.concatenate(list(self._evaluated(block)), axis=1)
        return self._last[block]

    def drawn(
        self, seed: int, number: int, elsewhere: Collection[str], size: int
    ) -> dict[tuple[str, str], Floats]:
        """The numbers of each drawn column, by table and column: draws by rows of its frame."""
        found = {}
        for each, draw in zip(self.given, self.draws, strict=True):
            table, _, column = str(each.drawn).partition(".")
            key = zlib.crc32(str(each.drawn).encode())
            random = stream(seed, 4, key, number, int(each.id in elsewhere))
            found[table, column] = draw(random, size)
        return found

    def _evaluated(self, block: Block) -> Iterator[Floats]:
        moved, size = self.drawn(*block), block[-1]
        step = max(1, ROWS // max(1, sum(frame.height for frame in self.frames.values())))
        with Store() as store:
            for first in range(0, size, step):
                last = min(first + step, size)
                tables = {}
                for name, frame in self.frames.items():
                    scenario = np.repeat(np.arange(last - first), frame.height)
                    rows = frame[np.tile(np.arange(frame.height), last - first)]
                    drawn = [
                        pl.Series(column, values[first:last].ravel(), nan_to_null=True)
                        for (table, column), values in moved.items()
                        if table == name
                    ]
                    tables[name] = rows.with_columns(pl.Series(SCENARIO, scenario), *drawn)
                show(store, self.rating, tables, self.inputs)
                yield over_scenarios(store, self.wanted, self.regions, last - first)


def _trimmed(inputs: Mapping[str, Input], wanted: Wanted) -> dict[str, Input]:
    """The tables with the columns that indicators declare, for every row is repeated every draw."""
    declared = {
        (table, column)
        for item, _ in wanted
        for table, held in item.input.items()
        for column in held.columns
    }

    def kept(name: str, held: Input) -> Input:
        columns = {label: one for label, one in held.columns.items() if (name, label) in declared}
        return held.amended({"columns": columns})

    return {name: kept(name, held) if held.base is None else held for name, held in inputs.items()}


def _reads(item: Indicator, version: Version, given: Measurement) -> bool:
    """Whether a version reads a figure, through a measure or a derived table too."""
    table, _, column = str(given.drawn).partition(".")
    compiled = item.compiled(version)
    for name in item.tables(version):
        held = item.input[name]
        if name == table and held.grain is not None and column in compiled.columns:
            return column in held.columns
        measures = compiled.measures.get(name, {}).values()
        if name == table and any(column in formula.columns for formula in measures):
            return True
        # What a derived table makes of its base is not followed further: it may be anything.
        if held.base is not None and table in derived.needed([name], item.input):
            return column in item.input[table].columns
    return False


def _draw(given: Measurement, frames: Mapping[str, pl.DataFrame]) -> noise.Draw:
    """The draw of a column: draws by rows; what is missing stays."""
    table, _, column = str(given.drawn).partition(".")
    where = f"uncertainty, {given.id}, {given.drawn}"

    def numbers(name: str) -> Floats:
        held = frames[table][name.partition(".")[2]].cast(pl.Float64)
        return held.fill_null(float("nan")).to_numpy().astype(float)

    base = numbers(f"{table}.{column}")
    read = [base] if not given.columns else [numbers(name) for name in given.columns]
    if np.isnan(base).all():
        raise DataError(Problem(where, "the column has no value", "switch the assumption off"))
    drawn, applied = noise.of(given, read, base, where)

    def draw(random: np.random.Generator, size: int) -> Floats:
        found: Floats = np.where(np.isnan(base), np.nan, applied(base, drawn(random, size)))
        return found

    return draw
