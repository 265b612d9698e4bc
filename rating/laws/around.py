"""Worlds around the examples of an indicator: their rows, some left out, some cells drawn anew.

Many indicators have no value below so many firms or cases, and worlds drawn from the declaration
alone rarely come so far: a law would hold of nothing. The author's own examples do have values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rating.definitions.examples import Example
from rating.definitions.model import Indicator
from rating.definitions.table import Column, Input
from rating.laws.examples import year_of

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Row = dict[str, Any]
World = dict[str, list[Row]]

# Names above are taken by the regions that laws add.
MOST_REGIONS = 6
_MOST_EDITS = 8
_FACTORS = (0.5, 2.0, 4.0)


def rows_of(
    indicator: Indicator,
    example: Example,
    stored: Mapping[str, Input],
    *,
    dated: Collection[str],
    edition: int,
) -> World:
    """The rows of an example as a world: regions R0, R1 ..., years and days as of an edition.

    Args:
        indicator: whose example it is.
        example: the rows.
        stored: the tables as they are declared.
        dated: the tables that have years.
        edition: the year that the example's becomes.
    """
    own = year_of(indicator, example)
    day = example.as_of or date(own, 12, 31)
    listed = [row["region"] for rows in example.tables.values() for row in rows if "region" in row]
    names = {r: f"R{n}" for n, r in enumerate(dict.fromkeys([*listed, *example.expect]))}
    homes = {one.region for one in indicator.input.values() if one.region}

    def moved(table: str, row: Mapping[str, Any]) -> Row:
        given = stored[table]
        made: Row = {} if given.grain == "country" else {"region": names[row["region"]]}
        if table in dated:
            made["year"] = row.get("year", own) + edition - own
        for name, column in given.columns.items():
            cell = row.get(name)
            if cell is not None and column.type == "date":
                cell = _day(cell, day, edition)
            if name in homes and cell is not None:
                cell = names.get(cell, cell)
            made[name] = float(cell) if column.type == "number" and cell is not None else cell
        return made

    world = {
        table: [moved(table, row) for row in example.tables.get(table, ())] for table in stored
    }
    kept = set(list(names.values())[:MOST_REGIONS])
    return {
        t: [row for row in rows if row.get("region", "R0") in kept] for t, rows in world.items()
    }


def _day(cell: date | str, day: date, edition: int) -> date:
    """A day as far from the end of the edition as it was from the day of the example."""
    given = date.fromisoformat(cell) if isinstance(cell, str) else cell
    if (day.month, day.day) != (12, 31):
        return given + (date(edition, 12, 31) - day)
    year = given.year + edition - day.year
    leap = (given.month, given.day) == (2, 29)
    return given.replace(year=year) if not leap else date(year, 3, 1) - timedelta(days=1)


def _allowed(cell: float, column: Column) -> float:
    """A number within the declared least and greatest."""
    cell = cell if column.min is None else max(cell, float(column.min))
    return cell if column.max is None else min(cell, float(column.max))


def around(
    world: World,
    stored: Mapping[str, Input],
    cells: Mapping[str, Mapping[str, SearchStrategy[Any]]],
) -> SearchStrategy[World]:
    """Worlds like a given one: rows left out, cells drawn anew, numbers halved or doubled.

    Args:
        world: the rows to vary.
        stored: the tables as they are declared.
        cells: for each table the strategy of each column.
    """
    from hypothesis import strategies as st

    places = [
        (table, n, name)
        for table, rows in world.items()
        for n in range(len(rows))
        for name in cells[table]
    ]
    regions = sorted({r["region"] for rows in world.values() for r in rows if "region" in r})

    @st.composite
    def worlds(draw: DrawFn) -> World:
        made = {table: [dict(row) for row in rows] for table, rows in world.items()}
        for table, n, name in draw(st.lists(st.sampled_from(places), max_size=_MOST_EDITS)):
            cell = made[table][n][name]
            if isinstance(cell, float) and draw(st.booleans()):
                scaled = cell * draw(st.sampled_from(_FACTORS))
                made[table][n][name] = _allowed(scaled, stored[table].columns[name])
            else:
                made[table][n][name] = draw(cells[table][name])
        # Laws look at R0: each region of the example takes its turn.
        turn = draw(st.integers(0, max(len(regions) - 1, 0)))
        names = {r: regions[(n + turn) % len(regions)] for n, r in enumerate(regions)}
        # Nothing is left out most of the time, and as much as possible where a law is broken.
        left = {table: [draw(st.integers(0, 40)) > 0 for _ in rows] for table, rows in made.items()}
        return {
            table: [
                {n: names.get(c, c) if isinstance(c, str) else c for n, c in row.items()}
                for row, kept in zip(rows, left[table], strict=True)
                if kept
            ]
            for table, rows in made.items()
        }

    strategy: SearchStrategy[World] = worlds()
    return strategy
