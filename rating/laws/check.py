"""Whether definitions are what their author means: examples, laws, what data show."""

from __future__ import annotations

from rating.definitions.model import Indicator
from rating.definitions.section import Section
from rating.engine.store import Store
from rating.inputs.tables import Data
from rating.laws import (
    alternatives,
    declared,
    examples,
    holding,
    letters,
    measured,
    whole,
)
from rating.laws.report import Finding, Report


def check(
    thing: Indicator | Section,
    data: Data | None = None,
    *,
    sector: str | None = None,
    laws: bool = True,
) -> Report:
    """Check an indicator or a section: examples, laws, declarations and, given data, its values.

    Findings are not errors: a section with findings can be rated.

    Args:
        thing: what to check.
        data: the tables as ``rating.read`` returns them for the section; without them only the
            definitions are checked.
        sector: within which the data are evaluated, where the section has sectors.
        laws: whether the laws are held against drawn worlds, some tenths of a second an indicator.

    Raises:
        DataError: the data hold no edition of the section.
        UsageError: there is no such sector.

    Example:
        >>> indicator = rating.Indicator(
        ...     id="share", parent="index",
        ...     version=[{"since": "2000-01-01", "value": "part / 100"}],
        ...     input={"t": {"grain": "region", "part": {"type": "number"}}},
        ...     example=[{"why": "half", "t": [{"region": "A", "part": 50}], "expect": {"A": 0.5}}])
        >>> print(rating.check(indicator))
        share: everything holds (1 example)
        <BLANKLINE>
        item   law                           holds  detail
        share  example 1                     yes    half
        share  finite or missing             yes    82 worlds
        share  the same again                yes    82 worlds
        share  order of rows is nothing      yes    82 worlds
        share  names of regions are nothing  yes    82 worlds
        share  equal regions are equal       yes    75 worlds
        share  other regions move nothing    yes    75 worlds
        share  worlds have values            yes
        share  has an example                yes
        share  uses its columns              yes
        share  uses its measures             yes
    """
    one = isinstance(thing, Indicator)
    section = around(thing) if isinstance(thing, Indicator) else thing
    found: list[Finding] = []
    count = len(section.example) + sum(len(item.example) for item in section.indicator)
    scope = _count(count, "example")
    with Store() as store:
        for indicator in section.indicator:
            found += examples.hold(store, indicator)
            if laws:
                found += holding.hold(indicator)
            found += declared.hold(indicator, section)
        if not one:
            found += [*whole.hold(section), *declared.dated(section), *letters.hold(section, data)]
        found += declared.fit(section)
        if data is None:
            found += alternatives.hold(section)
        else:
            editions, values, broken = measured.evaluated(
                store, section, data, section.sector_of(sector)
            )
            found += [*broken, *measured.hold(section, values)]
            found += alternatives.hold(section, data, editions[-1] if editions else None, sector)
            scope += f", {_listed(editions)} of the data"
    if not one:
        scope = f"{_count(len(section.indicator), 'indicator')}, {scope}"
    return Report.of(thing.id, found, scope=scope, brief=not one)


def around(indicator: Indicator) -> Section:
    """A section of one indicator, whose region codes are taken as they are."""
    bare = indicator.amended({"method": {}, "weight": 1.0})
    return Section.model_construct(
        id=indicator.id, name=indicator.name, node=(), indicator=(bare,), edition=(), example=()
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _listed(editions: list[int]) -> str:
    whole = editions == list(range(editions[0], editions[-1] + 1)) and len(editions) > 2
    years = f"{editions[0]} to {editions[-1]}" if whole else ", ".join(map(str, editions))
    return f"edition{'s' if len(editions) > 1 else ''} {years}"
