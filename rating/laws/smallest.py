"""The smallest world that breaks a law: rows left out, cells emptied or made plain.

All that is one step smaller is tried in one query. Hypothesis, which draws the worlds, would shrink
them too, but asks one world at a time: 35 s for what takes a second here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rating.definitions.table import Column
from rating.laws.around import World
from rating.laws.laws import Law
from rating.laws.trial import Trial


def smallest(trial: Trial, law: Law, known: Sequence[World]) -> World:
    """A world that breaks a law and of which nothing can be left out.

    Args:
        trial: the indicator.
        law: what is broken.
        known: worlds that break it; the first with the fewest rows is made smaller.
    """
    world = min(known, key=lambda one: sum(map(len, one.values())))
    for smaller in (_fewer_rows, _plainer_cells):
        found: World | None = world
        while found is not None:
            world = found
            found = _first_broken(trial, law, list(smaller(world, trial)))
    return world


def _first_broken(trial: Trial, law: Law, candidates: Sequence[World]) -> World | None:
    admitted = trial.admitted(candidates)
    outcomes = trial.outcomes(admitted, [law]) if admitted else []
    broken = (w for w, one in zip(admitted, outcomes, strict=True) if one[0].wrong)
    return next(broken, None)


def _fewer_rows(world: World, trial: Trial) -> Iterator[World]:
    """A region, half a table, a row less."""
    for region in sorted({r["region"] for rows in world.values() for r in rows if "region" in r}):
        yield {t: [r for r in rows if r.get("region") != region] for t, rows in world.items()}
    for table, rows in world.items():
        half = len(rows) // 2
        if half > 1:
            yield {**world, table: rows[:half]}
            yield {**world, table: rows[half:]}
        for place in range(len(rows)):
            yield {**world, table: rows[:place] + rows[place + 1 :]}


def _plainer_cells(world: World, trial: Trial) -> Iterator[World]:
    """One cell empty, or at its least value, 0 or 1."""
    for table, rows in world.items():
        for place, row in enumerate(rows):
            for name, column in trial.indicator.input[table].columns.items():
                for plain in _plainer(row.get(name), column):
                    changed = {**row, name: plain}
                    yield {**world, table: [*rows[:place], changed, *rows[place + 1 :]]}


def _plainer(cell: Any, column: Column) -> Iterator[Any]:
    if cell is None:
        return
    if column.nullable:
        yield None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        least = max(column.min if column.min is not None else 0, 0)
        plain = [type(cell)(least), type(cell)(least + 1)]
        allowed = [one for one in plain if column.max is None or one <= column.max]
        yield from allowed[: allowed.index(cell)] if cell in allowed else allowed
