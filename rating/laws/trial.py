"""An indicator evaluated over many worlds at once: each world and each change of it a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import duckdb
import polars as pl

from rating.definitions.model import Indicator, Version
from rating.definitions.parsing import SCENARIO
from rating.definitions.table import Column, Input
from rating.engine import held
from rating.engine.store import Store
from rating.engine.values import indicator_sql
from rating.errors import RatingError
from rating.inputs import rules
from rating.inputs.cells import DTYPES
from rating.laws.around import Row, World
from rating.laws.laws import Law, Values
from rating.laws.worlds import base_tables, edition_of, years_of

_NOBODY = -1


class Outcome(NamedTuple):
    """What a law finds in one world.

    Attributes:
        tells: whether the world says anything of the law.
        wrong: what is wrong; empty where the law holds.
    """

    tells: bool
    wrong: str


@dataclass(frozen=True)
class Trial:
    """The latest version of an indicator, and the store it is evaluated in."""

    store: Store
    indicator: Indicator
    version: Version

    @property
    def edition(self) -> int:
        """The edition of every world."""
        return edition_of(self.indicator, self.version)

    @cached_property
    def _stored(self) -> dict[str, Input]:
        return base_tables(self.indicator, self.version)

    @cached_property
    def _dated(self) -> set[str]:
        return {
            table
            for table in self._stored
            if years_of(self.indicator, self.version, table, self.edition)
        }

    def admitted(self, worlds: Sequence[World]) -> list[World]:
        """Worlds as a reader would return them: without the rows that break a rule of a table.

        Of a table that is joined row by row, one row for each key stays.
        """
        found: list[World] = [{} for _ in worlds]
        for table, given in self._stored.items():
            bad = {place for place, _ in self._refused(table, given, worlds)}
            place = 0
            for made, world in zip(found, worlds, strict=True):
                rows = []
                for row in world[table]:
                    rows += [] if place in bad else [row]
                    place += 1
                made[table] = self._once(table, given, rows)
        return found

    def _once(self, table: str, given: Input, rows: list[Row]) -> list[Row]:
        for one in self.indicator.input.values():
            if table in one.join:
                keys = ("region", *(("year",) if given.window == 1 else ()), *one.join[table])
                by_key = {tuple(row.get(key) for key in keys): row for row in reversed(rows)}
                rows = [row for row in rows if any(row is kept for kept in by_key.values())]
        return rows

    def _refused(
        self, table: str, given: Input, worlds: Sequence[World]
    ) -> Iterator[tuple[int, int]]:
        """The rows that break a rule: which of all rows, and of which world."""
        frame = self._frame(table, given, worlds)
        if not given.rule or frame.is_empty():
            return
        by_world = [
            rule.amended({"by": (SCENARIO, *rule.by)}) if rule.by else rule for rule in given.rule
        ]
        columns = {**given.columns, SCENARIO: Column(type="integer")}
        declared = given.amended({"rule": tuple(by_world), "columns": columns})
        numbered = frame.with_row_index(rules.INDEX).cast({rules.INDEX: pl.Int64})
        broken = rules.broken(declared, numbered, numbered[rules.INDEX], table)
        for place in broken["index"]:
            yield place, frame[SCENARIO][place]

    def outcomes(self, worlds: Sequence[World], laws: Sequence[Law]) -> list[list[Outcome]]:
        """What each law finds in each of the admitted worlds, all in one query.

        An engine that refuses a world breaks every law in it.
        """
        try:
            return self._outcomes(worlds, laws)
        except (RatingError, duckdb.Error) as error:
            if len(worlds) > 1:
                return [self.outcomes([world], laws)[0] for world in worlds]
            what = error.problems[0].what if isinstance(error, RatingError) else str(error)
            return [[Outcome(True, what.split("\n")[0])] * len(laws)]

    def _outcomes(self, worlds: Sequence[World], laws: Sequence[Law]) -> list[list[Outcome]]:
        scenarios = list(worlds)
        tried: dict[tuple[int, int], list[tuple[int, bool]]] = {}
        for number, world in enumerate(worlds):
            for place, law in enumerate(laws):
                ways = tried[number, place] = []
                for back, change in enumerate(() if law.cannot else (law.change, *law.back)):
                    changed = change(world)
                    if changed is not None:
                        ways.append((len(scenarios), back > 0))
                        scenarios.append(changed)
        # A change that breaks a rule makes what no reader would return.
        refused = {
            scenario
            for table, given in self._stored.items()
            for _, scenario in self._refused(table, given, scenarios)
        }
        values = self.values(scenarios)

        def outcome(number: int, place: int) -> Outcome:
            ways = [way for way in tried[number, place] if way[0] not in refused]
            if not ways:
                return Outcome(False, "")
            (changed, back), law = ways[0], laws[place]
            pair = (values[number], values[changed])
            before, after = reversed(pair) if back else pair
            return Outcome(law.tells(before, after), law.broken(before, after) or "")

        return [[outcome(n, place) for place in range(len(laws))] for n in range(len(worlds))]

    def values(self, worlds: Sequence[World]) -> list[Values]:
        """The values of every region of every world, in one query."""
        used = {name: self.indicator.input[name] for name in self.indicator.tables(self.version)}
        tables = {
            name: pl.concat([self._frame(name, given, worlds), self._year_alone(name, given)])
            for name, given in self._stored.items()
        }
        held.hold(self.store, tables, used, self.edition)
        sql = indicator_sql(self.indicator, self.version)
        answer = self.store.query(f"SELECT __s, __r, __v FROM ({sql}) found(__s, __r, __v)")
        found: list[dict[str, float | None]] = [{} for _ in worlds]
        for scenario, region, value in answer.iter_rows():
            if scenario != _NOBODY:
                found[scenario][region] = value
        return list(found)

    def _year_alone(self, name: str, given: Input) -> pl.DataFrame:
        """A row that says that there is an edition, whatever the worlds hold of it."""
        row = {"region": "R0", "year": self.edition} if name in self._dated else None
        return self._frame(name, given, [{name: [row] if row else []}]).with_columns(
            pl.lit(_NOBODY, pl.Int64).alias(SCENARIO)
        )

    def _frame(self, name: str, given: Input, worlds: Sequence[World]) -> pl.DataFrame:
        """The rows of a table in all worlds."""
        schema: dict[str, Any] = {
            **({} if given.grain == "country" else {"region": pl.String}),
            **({"year": pl.Int64} if name in self._dated else {}),
            **{column: DTYPES[kind] for column, kind in given.types.items()},
        }
        listed = {column: [row.get(column) for w in worlds for row in w[name]] for column in schema}
        scenario = [n for n, w in enumerate(worlds) for _ in w[name]]
        return pl.DataFrame(listed, schema=schema, strict=False).with_columns(
            pl.Series(SCENARIO, scenario, dtype=pl.Int64)
        )
