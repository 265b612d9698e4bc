"""Changes of worlds: what a law compares a world with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rating.definitions.table import Input
from rating.laws.around import Row, World

Change = Callable[[World], World | None]

# A power of 2: what is multiplied by it keeps its digits.
FACTOR = 8.0


def _each_row(world: World, change: Callable[[str, Row], Row | None]) -> World:
    return {
        table: [new for row in rows if (new := change(table, row)) is not None]
        for table, rows in world.items()
    }


def backwards(world: World) -> World:
    """Rows in the opposite order."""
    return {table: rows[::-1] for table, rows in world.items()}


def other_name(region: str) -> str:
    """Names in the opposite order: Z9 for R0, Z8 for R1."""
    return f"Z{9 - int(region[1:])}"


def _in_the_first(row: Row, homes: frozenset[str]) -> bool:
    """Whether a row stands in the first region or counts to it."""
    return row.get("region") == "R0" or any(row.get(name) == "R0" for name in homes)


def _elsewhere(row: Row, homes: frozenset[str], name: Callable[[str], str]) -> Row:
    """A row whose regions have other names."""
    places = {n for n in ("region", *homes) if re.fullmatch(r"R\d", row.get(n) or "")}
    return {n: name(c) if n in places else c for n, c in row.items()}


def renamed(homes: frozenset[str]) -> Change:
    """Regions under other names, in the opposite order."""
    return lambda world: _each_row(world, lambda _, row: _elsewhere(row, homes, other_name))


def exchanged(names: frozenset[str]) -> Change:
    """The first thing by name gets the name of the last, and so on."""

    def change(world: World) -> World:
        rows = [row for one in world.values() for row in one]
        known = sorted({row[n] for row in rows for n in names if row.get(n) is not None})
        other = dict(zip(known, reversed(known), strict=True))
        return _each_row(
            world, lambda _, row: {n: other.get(c, c) if n in names else c for n, c in row.items()}
        )

    return change


def _again(row: Row, names: frozenset[str]) -> Row:
    """The row of another thing that is like the first."""
    return {n: f"{c} again" if n in names and c is not None else c for n, c in row.items()}


def twin(homes: frozenset[str], names: frozenset[str]) -> Change:
    """The first region and its copy, R8, whose things have names of their own."""

    def copy(row: Row) -> Row:
        moved = _elsewhere(row, homes, lambda name: "R8" if name == "R0" else name)
        return _again(moved, names)

    return lambda world: {
        table: rows + [copy(row) for row in rows if _in_the_first(row, homes)]
        for table, rows in world.items()
    }


def alone(homes: frozenset[str]) -> Change:
    """The first region without the others."""
    return lambda world: _each_row(
        world, lambda _, row: row if "region" not in row or _in_the_first(row, homes) else None
    )


def emptied(stored: Mapping[str, Input], homes: frozenset[str]) -> Change:
    """The first region without rows in the finer tables."""
    fine = {table for table, given in stored.items() if given.grain is None}
    return lambda world: _each_row(
        world, lambda t, row: None if t in fine and _in_the_first(row, homes) else row
    )


def _split_key(key: str) -> tuple[str, str]:
    table, _, column = key.partition(".")
    return table, column


def raised(key: str, stored: Mapping[str, Input]) -> Change:
    """A column of the first region raised, as far as it may."""
    table, column = _split_key(key)
    most = stored[table].columns[column].max if table in stored else None

    def change(world: World) -> World:
        def more(name: str, row: Row) -> Row:
            cell = row.get(column)
            if name != table or row.get("region") != "R0" or cell is None:
                return row
            # Half as much again for all alike, so that what is in proportion stays in proportion.
            raised = cell + abs(cell) * 0.5 + 1
            return {**row, column: type(cell)(raised if most is None else min(raised, most))}

        return _each_row(world, more)

    return change


def lowered(key: str, factor: float) -> Change:
    """A column of the first region times a number below 1."""
    table, column = _split_key(key)

    def less(name: str, row: Row) -> Row:
        cell = row.get(column)
        if name != table or row.get("region") != "R0" or cell is None or cell < 0:
            return row
        return {**row, column: type(cell)(cell * factor)}

    return lambda world: _each_row(world, less)


def times(keys: tuple[str, ...]) -> Change:
    """Columns times one number everywhere."""
    columns = {_split_key(key) for key in keys}

    def change(world: World) -> World:
        return _each_row(
            world,
            lambda table, row: {
                name: cell * type(cell)(FACTOR)
                if (table, name) in columns and cell is not None
                else cell
                for name, cell in row.items()
            },
        )

    return change


def doubled(stored: Mapping[str, Input], names: frozenset[str]) -> Change:
    """Each region beside a copy of itself: its rows twice under other ids, its numbers doubled."""

    def change(world: World) -> World:
        made: World = {}
        for table, rows in world.items():
            if stored[table].grain == "region":
                made[table] = [
                    {
                        n: c * 2
                        if isinstance(c, int | float) and not isinstance(c, bool) and n != "year"
                        else c
                        for n, c in row.items()
                    }
                    for row in rows
                ]
            elif stored[table].grain == "country":
                made[table] = rows
            else:
                made[table] = rows + [_again(row, names) for row in rows]
        return made

    return change


def split(stored: Mapping[str, Input]) -> Change:
    """The rows of the first region dealt out to two; its own numbers halved."""

    def change(world: World) -> World:
        made: World = {}
        for table, rows in world.items():
            own = [row for row in rows if row.get("region") == "R0"]
            rest = [row for row in rows if row.get("region") != "R0"]
            if stored[table].grain == "region":
                halves = [
                    {n: c / 2 if isinstance(c, float) else c for n, c in row.items()} for row in own
                ]
                own = [{**row, "region": name} for row in halves for name in ("R0", "R7")]
            else:
                own = [{**row, "region": ("R0", "R7")[n % 2]} for n, row in enumerate(own)]
            made[table] = rest + own
        return made

    return change


def zeroed(key: str) -> Change:
    """A column at 0 wherever it is not missing."""
    table, column = _split_key(key)

    def change(world: World) -> World:
        return _each_row(
            world,
            lambda name, row: (
                {**row, column: type(row[column])(0)}
                if name == table and row.get(column) is not None
                else row
            ),
        )

    return change
