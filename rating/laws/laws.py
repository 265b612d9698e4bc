"""What holds of an indicator: each law is a change to a world and what may come of it.

Always: a finite number or none, within the declared bounds, the same again, the same whatever the
order of rows and the names of regions, equal for equal regions, unmoved by other regions unless a
formula looks over all of them, none where there are no rows. By declaration under ``[law]``: rises,
falls, free of scale, a change of unit, replication, additive, zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rating.definitions.model import Indicator, Version
from rating.definitions.table import Input
from rating.laws.worlds import Row, World, base_tables

Values = Mapping[str, float | None]
Change = Callable[[World], World | None]
Verdict = Callable[[Values, Values], str | None]

_FACTOR = 8.0


@dataclass(frozen=True)
class Law:
    """A law of an indicator.

    Attributes:
        name: as the table shows it.
        change: the world to compare with; None where the law says nothing of this world.
        broken: what is wrong with the values before and after; None where the law holds.
        cannot: why the law cannot apply; empty where it can.
    """

    name: str
    change: Change = lambda world: world
    broken: Verdict = lambda before, after: None
    cannot: str = ""


def laws_of(indicator: Indicator, version: Version) -> Iterator[Law]:
    """The laws that an indicator is held to."""
    stored = base_tables(indicator, version)
    over_all = bool(indicator.compiled(version).totals)
    yield Law("finite or missing", broken=_finite)
    if indicator.law.bounds is not None:
        yield Law("within its bounds", broken=_within(*indicator.law.bounds))
    yield Law("the same again", broken=_same)
    yield Law("order of rows is nothing", _reversed, _same)
    yield Law("names of regions are nothing", _renamed, _same_renamed)
    yield Law("equal regions are equal", _twin, _twins)
    if over_all:
        yield Law("other regions move nothing", cannot="a formula looks over all regions")
    else:
        yield Law("other regions move nothing", _alone, _unmoved)
    fine = [t for t, given in stored.items() if given.grain is None]
    zero = [given for given in indicator.input.values() if given.absent == "zero"]
    if fine and not zero:
        yield Law("no rows, no value", _emptied(stored), _nothing)
    elif zero:
        yield Law("no rows, no value", cannot="a register is complete: no rows are zero")
    yield from _declared(indicator, stored)


def _declared(indicator: Indicator, stored: Mapping[str, Input]) -> Iterator[Law]:
    law = indicator.law
    for key in law.rises_with:
        yield Law(f"rises with {key}", _raised(key, stored), _not_below)
    for key in law.falls_with:
        yield Law(f"falls with {key}", _raised(key, stored), _not_above)
    if law.scale_free:
        yield Law(
            f"free of the scale of {', '.join(law.scale_free)}", _times(law.scale_free), _same
        )
    for key, power in law.unit_change.items():
        yield Law(f"changes with the unit of {key}", _times((key,)), _multiplied(_FACTOR**power))
    if law.replication is not None:
        factor = 1.0 if law.replication == "invariant" else 2.0
        yield Law(f"twice the region: {law.replication}", _doubled(stored), _multiplied(factor))
    if law.additive:
        yield Law("additive over parts of a region", _split(stored), _summed)
    for key in law.zero_at:
        yield Law(f"zero at {key} = 0", _zeroed(key), _zero)


# ---------------------------------------------------------------------------- the worlds compared


def _each_row(world: World, change: Callable[[str, Row], Row | None]) -> World:
    return {
        table: [new for row in rows if (new := change(table, row)) is not None]
        for table, rows in world.items()
    }


def _reversed(world: World) -> World:
    return {table: rows[::-1] for table, rows in world.items()}


def _other_name(region: str) -> str:
    """Names in the opposite order: Z9 for R0, Z8 for R1."""
    return f"Z{9 - int(region[1:])}"


def _renamed(world: World) -> World:
    return _each_row(
        world, lambda _, r: {**r, "region": _other_name(r["region"])} if "region" in r else r
    )


def _twin(world: World) -> World:
    return {
        table: rows + [{**row, "region": "R8"} for row in rows if row.get("region") == "R0"]
        for table, rows in world.items()
    }


def _alone(world: World) -> World:
    return _each_row(world, lambda _, row: row if row.get("region", "R0") == "R0" else None)


def _emptied(stored: Mapping[str, Input]) -> Change:
    def change(world: World) -> World:
        fine = {table for table, given in stored.items() if given.grain is None}
        return _each_row(world, lambda t, row: None if t in fine and row["region"] == "R0" else row)

    return change


def _split_key(key: str) -> tuple[str, str]:
    table, _, column = key.partition(".")
    return table, column


def _raised(key: str, stored: Mapping[str, Input]) -> Change:
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


def _times(keys: tuple[str, ...]) -> Change:
    columns = {_split_key(key) for key in keys}

    def change(world: World) -> World:
        return _each_row(
            world,
            lambda table, row: {
                name: cell * type(cell)(_FACTOR)
                if (table, name) in columns and cell is not None
                else cell
                for name, cell in row.items()
            },
        )

    return change


def _doubled(stored: Mapping[str, Input]) -> Change:
    """Each region beside a copy of itself: its rows twice under other ids, its numbers doubled."""

    def copy(table: str, row: Row) -> Row:
        return {
            n: f"{c} again" if n.endswith("_id") and c is not None else c for n, c in row.items()
        }

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
                made[table] = rows + [copy(table, row) for row in rows]
        return made

    return change


def _split(stored: Mapping[str, Input]) -> Change:
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


def _zeroed(key: str) -> Change:
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


# ----------------------------------------------------------------------------- what may come of it


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    if math.isnan(one) or math.isnan(other):
        # That it is no number is the finding of another law.
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _say(value: float | None) -> str:
    return "missing" if value is None else f"{value:.10g}"


def _finite(before: Values, after: Values) -> str | None:
    for region, value in before.items():
        if value is not None and not math.isfinite(value):
            return f"{region} is {value}"
    return None


def _within(low: float, high: float) -> Verdict:
    def broken(before: Values, after: Values) -> str | None:
        for region, value in before.items():
            # Rounding may pass a bound by the last digits, and is no finding.
            if (
                value is not None
                and math.isfinite(value)
                and not (low - 1e-9 * max(1, abs(low)) <= value <= high + 1e-9 * max(1, abs(high)))
            ):
                return f"{region} is {_say(value)}, outside {low:g} to {high:g}"
        return None

    return broken


def _same(before: Values, after: Values) -> str | None:
    for region, value in before.items():
        if region in after and not _near(value, after[region]):
            return f"{region} is {_say(value)}, then {_say(after[region])}"
    return None


def _same_renamed(before: Values, after: Values) -> str | None:
    return _same({_other_name(region): value for region, value in before.items()}, after)


def _twins(before: Values, after: Values) -> str | None:
    if "R8" in after and not _near(after.get("R0"), after["R8"]):
        return f"R0 is {_say(after.get('R0'))} and its copy {_say(after['R8'])}"
    return None


def _unmoved(before: Values, after: Values) -> str | None:
    return _same({r: v for r, v in before.items() if r == "R0"}, after)


def _nothing(before: Values, after: Values) -> str | None:
    value = after.get("R0")
    return None if value is None else f"R0 has no rows and is {_say(value)}"


def _not_below(before: Values, after: Values) -> str | None:
    one, other = before.get("R0"), after.get("R0")
    fell = one is not None and other is not None and other < one - 1e-9 * max(1.0, abs(one))
    return f"R0 is {_say(one)}, then {_say(other)}" if fell else None


def _not_above(before: Values, after: Values) -> str | None:
    one, other = before.get("R0"), after.get("R0")
    rose = one is not None and other is not None and other > one + 1e-9 * max(1.0, abs(one))
    return f"R0 is {_say(one)}, then {_say(other)}" if rose else None


def _multiplied(factor: float) -> Verdict:
    def broken(before: Values, after: Values) -> str | None:
        wanted = {r: None if v is None else v * factor for r, v in before.items()}
        for region, value in wanted.items():
            if region in after and not _near(value, after[region]):
                return f"{region} is {_say(after[region])}, not {_say(value)}"
        return None

    return broken


def _summed(before: Values, after: Values) -> str | None:
    whole, parts = before.get("R0"), [v for r in ("R0", "R7") if (v := after.get(r)) is not None]
    if whole is None or len(parts) < 2 or _near(whole, sum(parts)):
        return None
    return f"R0 is {_say(whole)}, its parts {' and '.join(map(_say, parts))}"


def _zero(before: Values, after: Values) -> str | None:
    for region, value in after.items():
        if value is not None and not _near(value, 0.0):
            return f"{region} is {_say(value)}, not 0"
    return None
