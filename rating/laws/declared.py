"""What the definitions alone can tell: absent examples, unused names, methods that clash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rating.definitions import derived
from rating.definitions.aggregations import Aggregation
from rating.definitions.model import Indicator, Node
from rating.definitions.section import Section
from rating.definitions.settings import Centred, Goalposts, MinMax, Rank
from rating.definitions.uncertainty import Measurement, OtherFormula, is_column
from rating.laws.report import Finding


def hold(indicator: Indicator, section: Section) -> Iterator[Finding]:
    """Whether an indicator has an example and uses what it declares.

    Shared inputs are declared for all that read them, and measures for what the section draws too.
    """
    yield Finding(
        indicator.id,
        "has an example",
        bool(indicator.example),
        "" if indicator.example else "laws do not catch a wrong meaning: add an [[example]]",
    )
    columns = list(_unused_columns(indicator))
    yield _used(indicator, "uses its columns", columns, "remove it from [input.<table>]")
    drawn = set(_drawn(indicator, section))
    measures = [text for name, text in _unused_measures(indicator) if name not in drawn]
    yield _used(indicator, "uses its measures", measures, "remove it from [version.measures]")


def _used(indicator: Indicator, law: str, unused: list[str], remedy: str) -> Finding:
    detail = f"not used: {', '.join(unused)}; {remedy}" if unused else ""
    return Finding(indicator.id, law, not unused, detail)


def _unused_columns(indicator: Indicator) -> Iterator[str]:
    used = set()
    for version in indicator.version:
        compiled = indicator.compiled(version)
        for table, given in indicator.input.items():
            if given.grain == "region":
                used |= {(table, name) for name in compiled.columns}
        for table, measures in compiled.measures.items():
            used |= {(table, name) for formula in measures.values() for name in formula.columns}
    shared = derived.needed(indicator.reads, indicator.input)
    for table, given in indicator.input.items():
        if table not in shared:
            yield from (f"{table}.{name}" for name in given.columns if (table, name) not in used)


def _unused_measures(indicator: Indicator) -> Iterator[tuple[str, str]]:
    for version in indicator.version:
        compiled = indicator.compiled(version)
        for table, measures in compiled.measures.items():
            for name in measures:
                if name not in compiled.columns:
                    yield name, f"{table}.{name} (version {version.since})"


def _drawn(indicator: Indicator, section: Section) -> Iterator[str]:
    """The measures that alternatives and errors of the section read."""
    texts: list[str] = []
    for given in section.uncertainty.assumption if section.uncertainty else ():
        if isinstance(given, OtherFormula):
            texts += [option[indicator.id] for option in given.options if indicator.id in option]
        if isinstance(given, Measurement) and indicator.id in given.indicators:
            texts += [text for text in given.columns if not is_column(text)]
    for text in texts:
        yield from indicator.compiled(indicator.version[-1].amended({"value": text})).columns


def dated(section: Section) -> Iterator[Finding]:
    """Whether each node that counts has an indicator in force in every declared edition.

    A version is in force until the next, so that an indicator can only begin late.
    """
    first: dict[str, date] = {}
    for item in section.indicator:
        since = min(version.since for version in item.version)
        for node in section.ancestors(item.id) if item.weight > 0 else ():
            first[node.id] = min(first.get(node.id, since), since)
    for node in section.node:
        begins = first.get(node.id)
        years = sorted(one.year for one in section.edition)
        empty = [year for year in years if begins and begins > date(year, 12, 31)]
        if empty and node.weight > 0:
            detail = (
                f"nothing below it is in force before {begins}: not in {', '.join(map(str, empty))}"
            )
            yield Finding(node.id, "in force in every edition", False, detail)


def fit(section: Section) -> Iterator[Finding]:
    """Whether each node whose method needs scores above 0 has children whose scores are."""
    for node in section.node:
        aggregate = section.method_of(node.id).aggregate
        if not isinstance(aggregate, Aggregation) or aggregate.floor != "scores above 0":
            continue
        low = [c.id for c in section.children(node.id) if c.weight > 0 and not _above_0(section, c)]
        detail = (
            f"{aggregate.title} needs {aggregate.floor}, and {', '.join(low)} can reach 0: "
            "normalise to a range such as [1, 100]"
        )
        yield Finding(node.id, "range above 0", not low, detail if low else "")


def _above_0(section: Section, item: Node | Indicator) -> bool:
    """Whether the scores of an item are above 0 whatever the data."""
    if isinstance(item, Node):
        # A mean of numbers above 0 is above 0, whichever mean it is; what is no mean may be lower.
        aggregate = section.method_of(item.id).aggregate
        if not aggregate.rises:
            return False
        return all(_above_0(section, c) for c in section.children(item.id) if c.weight > 0)
    setting = section.method_of(item.id).normalise
    match setting:
        case Rank(range=None):
            return True
        case Goalposts():
            return setting.range[0] > 0 and setting.clip
        case MinMax() | Centred():
            return setting.range[0] > 0 and setting.over in ("edition", "panel")
    # With a range, the worst region has its low end; without one, 0 or less.
    stretched = getattr(setting, "range", None)
    return stretched is not None and stretched[0] > 0
