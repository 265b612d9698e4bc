"""What holds of an indicator: each law is a change to a world and what may come of it.

Always: a finite number or none, within the declared bounds, the same again, the same whatever the
order of rows and the names of regions and things, equal for equal regions, unmoved by other regions
unless a formula looks over all of them, none where there are no rows. By declaration under
``[law]``: rises, falls, free of scale, a change of unit, replication, additive, zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rating.definitions.model import Indicator, Version
from rating.definitions.table import Input
from rating.laws import changes
from rating.laws.changes import Change
from rating.laws.worlds import base_tables, formula_text, is_id

Values = Mapping[str, float | None]
Verdict = Callable[[Values, Values], str | None]
Telling = Callable[[Values, Values], bool]


@dataclass(frozen=True)
class Law:
    """A law of an indicator.

    Attributes:
        name: as the table shows it.
        change: the world to compare with; None where the law says nothing of this world.
        broken: what is wrong with the values before and after; None where the law holds.
        tells: whether the values say anything of the law; it holds of a world without values.
        back: changes the other way, compared in the other order, where the first breaks a rule.
        cannot: why the law cannot apply; empty where it can.
    """

    name: str
    change: Change = lambda world: world
    broken: Verdict = lambda before, after: None
    tells: Telling = lambda before, after: any(v is not None for v in before.values())
    back: tuple[Change, ...] = ()
    cannot: str = ""


def laws_of(indicator: Indicator, version: Version) -> Iterator[Law]:
    """The laws that an indicator is held to."""
    stored = base_tables(indicator, version)
    over_all = bool(indicator.compiled(version).totals)
    homes = frozenset(one.region for one in indicator.input.values() if one.region)
    names = _named(indicator, version, stored)
    yield Law("finite or missing", broken=_finite)
    if indicator.law.bounds is not None:
        yield Law("within its bounds", broken=_within(*indicator.law.bounds))
    yield Law("the same again", broken=_same)
    yield Law("order of rows is nothing", changes.backwards, _same)
    yield Law("names of regions are nothing", changes.renamed(homes), _same_renamed)
    if names:
        yield Law("names of things are nothing", changes.exchanged(names), _same)
    yield Law("equal regions are equal", changes.twin(homes, names), _twins, _of_the_first)
    if over_all:
        yield Law("other regions move nothing", cannot="a formula looks over all regions")
    else:
        yield Law("other regions move nothing", changes.alone(homes), _unmoved, _of_the_first)
    fine = [t for t, given in stored.items() if given.grain is None]
    zero = [given for given in indicator.input.values() if given.absent == "zero"]
    if fine and not zero:
        yield Law("no rows, no value", changes.emptied(stored, homes), _nothing, _of_the_first)
    elif zero:
        yield Law("no rows, no value", cannot="a register is complete: no rows are zero")
    yield from _declared(indicator, stored, names)


def _named(indicator: Indicator, version: Version, stored: Mapping[str, Input]) -> frozenset[str]:
    """The columns that name things; not those whose names are codes that a formula knows."""
    text = formula_text(indicator, version)
    columns = [(n, c) for one in stored.values() for n, c in one.columns.items() if is_id(n)]
    return frozenset(
        name
        for name, column in columns
        if column.type == "text"
        and not column.choices
        and not re.search(rf"\b{name}\b\s*(=|<>|!=|IN\b|(NOT )?LIKE\b)\s*\(?'", text)
    )


def _declared(
    indicator: Indicator, stored: Mapping[str, Input], names: frozenset[str]
) -> Iterator[Law]:
    law = indicator.law
    moves = {"rises": (law.rises_with, _not_below), "falls": (law.falls_with, _not_above)}
    for word, (keys, broken) in moves.items():
        for key in keys:
            back = (changes.lowered(key, 0.5), changes.lowered(key, 0.0))
            change = changes.raised(key, stored)
            yield Law(f"{word} with {key}", change, broken, _of_the_first_twice, back)
    if law.scale_free:
        yield Law(
            f"free of the scale of {', '.join(law.scale_free)}",
            changes.times(law.scale_free),
            _same,
        )
    for key, power in law.unit_change.items():
        yield Law(
            f"changes with the unit of {key}",
            changes.times((key,)),
            _multiplied(changes.FACTOR**power),
        )
    if law.replication is not None:
        factor = 1.0 if law.replication == "invariant" else 2.0
        yield Law(
            f"twice the region: {law.replication}",
            changes.doubled(stored, names),
            _multiplied(factor),
        )
    if law.additive:
        yield Law(
            "additive over parts of a region", changes.split(stored), _summed, _of_the_first_twice
        )
    for key in law.zero_at:
        yield Law(f"zero at {key} = 0", changes.zeroed(key), _zero)


# ----------------------------------------------------------------------------- what may come of it


def _of_the_first(before: Values, after: Values) -> bool:
    return before.get("R0") is not None


def _of_the_first_twice(before: Values, after: Values) -> bool:
    return before.get("R0") is not None and after.get("R0") is not None


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
    return _same({changes.other_name(region): value for region, value in before.items()}, after)


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
