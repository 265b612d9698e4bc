"""Laws held against worlds: all worlds and all their variants in one query.

Hypothesis draws the worlds, the same on every run; the smallest that breaks a law is made smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from rating.definitions import derived
from rating.definitions.model import Indicator, Version
from rating.definitions.table import Column, Input
from rating.engine import held
from rating.engine.store import Store
from rating.engine.values import indicator_sql
from rating.errors import RatingError
from rating.inputs.cells import DTYPES
from rating.laws.laws import Law, Values, laws_of
from rating.laws.report import Finding
from rating.laws.worlds import World, base_tables, edition_of, frames, years_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

WORLDS = 100


def hold(
    indicator: Indicator, *, columns: Mapping[str, SearchStrategy[Any]] | None = None
) -> Iterator[Finding]:
    """Every law of an indicator, held against drawn worlds.

    Args:
        indicator: the latest version is held.
        columns: other strategies for columns, as ``frames`` takes them.
    """
    version = indicator.version[-1]
    strategy = frames(indicator, columns=columns)
    laws = list(laws_of(indicator, version))
    with Store(threads=1) as store:
        trial = _Trial(store, indicator, version)
        worlds = drawn(strategy, WORLDS)
        try:
            outcomes = trial.compared(worlds, laws)
        except RatingError:
            outcomes = [trial.compared_alone(world, laws) for world in worlds]
        for place, law in enumerate(laws):
            if law.cannot:
                yield Finding(indicator.id, law.name, True, f"cannot apply: {law.cannot}")
                continue
            broken = [w for w, outcome in zip(worlds, outcomes, strict=True) if outcome[place]]
            if not broken:
                yield Finding(indicator.id, law.name, True, cases=len(worlds))
                continue
            smallest = min(broken, key=lambda world: sum(map(len, world.values())))
            yield _finding(trial, law, shrunk(trial, law, smallest), len(worlds))


def _finding(trial: _Trial, law: Law, world: World, cases: int) -> Finding:
    changed = law.change(world)
    detail = trial.compared_alone(world, [law])[0] or ""
    after = _told(changed) if changed is not None and changed != world else ""
    return Finding(
        trial.indicator.id,
        law.name,
        False,
        detail,
        cases,
        _told(world),
        after,
        _example(trial, world),
    )


def _told(world: World) -> str:
    """The rows of a world as a file writes them."""
    lines = [f"{table} = [{', '.join(map(_row, rows))}]" for table, rows in world.items() if rows]
    return "\n".join(lines) or "no rows"


def _row(row: Mapping[str, Any]) -> str:
    cells = ", ".join(f"{n} = {_cell(c)}" for n, c in row.items() if c is not None)
    return f"{{ {cells} }}"


def _cell(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f'"{cell}"' if isinstance(cell, str) else f"{cell}"


def _example(trial: _Trial, world: World) -> str:
    """The world as an example to paste, with a value for its author to work out."""
    regions = sorted({row["region"] for rows in world.values() for row in rows if "region" in row})
    expect = ", ".join(f"{region} = 0.0" for region in regions) or "R0 = 0.0"
    lines = ["[[example]]", 'why = "work the values out by hand"', f"edition = {trial.edition}"]
    return "\n".join([*lines, _told(world), f"expect = {{ {expect} }}"])


def drawn(strategy: SearchStrategy[World], count: int) -> list[World]:
    """Worlds of a strategy, the same on every run; nothing is written anywhere."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
    from hypothesis.internal.constants_ast import Constants

    class Alone(HypothesisProvider):
        """Draws without the constants that Hypothesis gathers from modules of the user's own.

        Worlds would hang on what else is imported, and the constants be kept in ``.hypothesis``.
        """

        @property
        def _local_constants(self) -> Constants:
            return Constants()

    AVAILABLE_PROVIDERS["rating"] = Alone
    found: list[World] = []

    @settings(
        backend="rating",
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(world: World) -> None:
        found.append(world)

    try:
        collect()
    finally:
        del AVAILABLE_PROVIDERS["rating"]
    return found


def shrunk(trial: _Trial, law: Law, world: World) -> World:
    """The world with rows taken out and cells made plain, as long as it breaks the law.

    All that is one step smaller is tried in one query, and the first that breaks the law is taken.
    """
    while True:
        smaller = list(_smaller(world, base_tables(trial.indicator, trial.version)))
        if not smaller:
            return world
        try:
            outcomes = trial.compared(smaller, [law])
        except RatingError:
            outcomes = [trial.compared_alone(one, [law]) for one in smaller]
        found = [one for one, outcome in zip(smaller, outcomes, strict=True) if outcome[0]]
        if not found:
            return world
        world = found[0]


def _smaller(world: World, stored: Mapping[str, Input]) -> Iterator[World]:
    """Without one of the rows; then with one of the cells at 0, 1 or its least value."""
    for table, rows in world.items():
        for place in range(len(rows)):
            yield {**world, table: rows[:place] + rows[place + 1 :]}
    for table, rows in world.items():
        for place, row in enumerate(rows):
            for name, column in stored[table].columns.items():
                for plain in _plainer(row[name], column):
                    changed = {**row, name: plain}
                    yield {**world, table: [*rows[:place], changed, *rows[place + 1 :]]}


def _plainer(cell: Any, column: Column) -> Iterator[Any]:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return
    least = max(column.min if column.min is not None else 0, 0)
    plain = [type(cell)(least), type(cell)(least + 1)]
    wanted = [one for one in plain if column.max is None or one <= column.max]
    yield from wanted[: wanted.index(cell)] if cell in wanted else wanted


@dataclass(frozen=True)
class _Trial:
    """An indicator evaluated over many worlds at once."""

    store: Store
    indicator: Indicator
    version: Version

    @property
    def edition(self) -> int:
        return edition_of(self.indicator, self.version)

    def compared_alone(self, world: World, laws: Sequence[Law]) -> list[str | None]:
        """What each law finds wrong with one world; a refusal of the engine breaks every law."""
        try:
            return self.compared([world], laws)[0]
        except RatingError as error:
            return [str(error.problems[0].what)] * len(laws)

    def compared(self, worlds: Sequence[World], laws: Sequence[Law]) -> list[list[str | None]]:
        """What each law finds wrong with each world."""
        scenarios: list[World] = []
        places: list[list[tuple[int, int] | None]] = []
        for world in worlds:
            scenarios.append(world)
            before = len(scenarios) - 1
            own: list[tuple[int, int] | None] = []
            for law in laws:
                changed = None if law.cannot else law.change(world)
                if changed is None:
                    own.append(None)
                    continue
                scenarios.append(changed)
                own.append((before, len(scenarios) - 1))
            places.append(own)
        values = self.values(scenarios)
        return [
            [
                None if pair is None else law.broken(values[pair[0]], values[pair[1]])
                for law, pair in zip(laws, own, strict=True)
            ]
            for own in places
        ]

    def values(self, worlds: Sequence[World]) -> list[Values]:
        """The values of every region of every world, in one query."""
        stored = base_tables(self.indicator, self.version)
        used = {name: self.indicator.input[name] for name in self.indicator.tables(self.version)}
        tables = {name: self._frame(name, given, worlds) for name, given in stored.items()}
        held.hold(self.store, tables, used, self.edition)
        sql = indicator_sql(self.indicator, self.version)
        found: list[dict[str, float | None]] = [{} for _ in worlds]
        for scenario, region, value in self.store.query(
            f"SELECT scenario, region, value FROM ({sql})"
        ).iter_rows():
            found[scenario][region] = value
        return list(found)

    def _frame(self, name: str, given: Input, worlds: Sequence[World]) -> pl.DataFrame:
        """The rows of a table in all worlds, those left out that break a rule about a row."""
        schema: dict[str, Any] = {
            **({} if given.grain == "country" else {"region": pl.String}),
            **({"year": pl.Int64} if self._has_years(name) else {}),
            **{column: DTYPES[kind] for column, kind in given.types.items()},
        }
        listed = {column: [row.get(column) for w in worlds for row in w[name]] for column in schema}
        frame = pl.DataFrame(listed, schema=schema, strict=False).with_columns(
            scenario=pl.Series([n for n, w in enumerate(worlds) for _ in w[name]], dtype=pl.Int64)
        )
        return self._joined_once(name, given, self._by_the_rules(given, frame))

    def _has_years(self, name: str) -> bool:
        return bool(years_of(self.indicator, self.version, name, self.edition))

    def _by_the_rules(self, given: Input, frame: pl.DataFrame) -> pl.DataFrame:
        formulas = [derived.rule_formula(rule, given, "") for rule in given.rule if not rule.by]
        kept = " AND ".join(f"coalesce(CAST(({f}) AS BOOLEAN), true)" for f in formulas if f)
        if not kept or frame.is_empty():
            return frame
        rows = {"drawn": frame.with_row_index("place")}
        return self.store.query(f"SELECT * FROM drawn WHERE {kept} ORDER BY place", rows).drop(
            "place"
        )

    def _joined_once(self, name: str, given: Input, frame: pl.DataFrame) -> pl.DataFrame:
        """Of a table that is joined row by row, one row for each key."""
        for one in self.indicator.input.values():
            if name in one.join:
                keys = [
                    "scenario",
                    *(k for k in ("region",) if k in frame.columns),
                    *one.join[name],
                ]
                frame = frame.unique(keys, keep="first", maintain_order=True)
        return frame
