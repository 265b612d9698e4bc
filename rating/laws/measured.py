"""What the figures tell of the definitions: values out of bounds, without spread, or told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations

import polars as pl

from rating.definitions.model import Indicator, Input
from rating.definitions.section import Section
from rating.definitions.sector import Sector
from rating.engine import held, values
from rating.engine.held import held_years
from rating.engine.store import Store
from rating.errors import Problem, RatingError, UsageError
from rating.inputs.tables import Data
from rating.laws.report import Finding

LEAST_COVERAGE = 0.5
# With fewer regions, two unrelated indicators share their order too often: 1 in 24 with four.
LEAST_REGIONS = 5


def evaluated(
    store: Store, section: Section, data: Data, sector: Sector | None = None
) -> tuple[list[int], pl.DataFrame, list[Finding]]:
    """The values of the editions that the data hold.

    The editions are those that the section declares, or the latest of the data where it declares
    none.

    Returns:
        The editions; edition, region, indicator, value; what could not be computed.

    Raises:
        DataError: the data hold no edition of the section.
        UsageError: no indicator is in force in any.
    """
    schema = {"edition": pl.Int32, "region": pl.String, "indicator": pl.String, "value": pl.Float64}
    editions: list[int] = []
    frames: list[pl.DataFrame] = []
    broken: list[Finding] = []
    refusal: RatingError | None = None
    for year in _years(section, data):
        indicators = section.in_force(year, sector=sector.id if sector else None)
        try:
            inputs = _inputs(section, indicators, year)
            held.hold(store, data.held, inputs, year, sector=sector)
        except RatingError as error:
            refusal = refusal or error
            continue
        editions.append(year)
        for indicator in indicators:
            try:
                found, _ = values.evaluate(store, [indicator], date(year, 12, 31))
            except RatingError as error:
                first = error.problems[0]
                detail = f"{year}: {first.where}: {first.what}; {first.remedy}"
                broken.append(Finding(indicator.id, "gives numbers", False, detail))
            else:
                # An estimate stands beside the value, of some indicators only.
                edition = found.with_columns(pl.lit(year, pl.Int32).alias("edition"))
                frames.append(edition.select(list(schema)))
        if not section.edition:
            break
    if refusal is not None and not editions:
        raise refusal
    return sorted(editions), pl.concat([pl.DataFrame(schema=schema), *frames]), broken


def _inputs(section: Section, indicators: Sequence[Indicator], year: int) -> dict[str, Input]:
    """The tables that an edition reads."""
    used: set[str] = set()
    for indicator in indicators:
        version = indicator.in_force(date(year, 12, 31))
        used |= set(indicator.tables(version)) if version else set()
    if not used:
        problem = Problem(f"edition {year}", f"no indicator of {section.id} is in force")
        raise UsageError(problem)
    return {table: given for table, given in section.inputs.items() if table in used}


def _years(section: Section, data: Data) -> list[int]:
    """Editions to try, the latest first."""
    if section.edition:
        return sorted((edition.year for edition in section.edition), reverse=True)
    held = {year for table in data.held.values() for year in (held_years(table) or ())}
    # Tables without years say nothing of the edition: any day with every version in force will do.
    last = [version.since.year for item in section.indicator for version in item.version]
    return sorted(held or {max(last)}, reverse=True)


def hold(section: Section, found: pl.DataFrame) -> Iterator[Finding]:
    """The laws of each indicator on its values: edition, region, indicator, value."""
    for indicator in section.indicator:
        own = found.filter(pl.col("indicator") == indicator.id)
        if own.is_empty():
            continue
        if indicator.law.bounds is not None:
            yield _bounds(indicator.id, own, indicator.law.bounds)
        yield _each(indicator.id, "varies", own, _varies)
        yield _each(indicator.id, "coverage", own, _covered)
    yield from _same_order(section, found)


def _bounds(indicator: str, own: pl.DataFrame, bounds: Iterable[float]) -> Finding:
    low, high = bounds
    outside = own.filter((pl.col("value") < low) | (pl.col("value") > high))
    if outside.is_empty():
        return Finding(indicator, "bounds", True)
    row = outside.sort("edition", "region", descending=[True, False]).row(0, named=True)
    more = f", and {outside.height - 1} more" if outside.height > 1 else ""
    detail = (
        f"{row['region']} {row['edition']} is {row['value']:g}, outside {low:g} to {high:g}{more}"
    )
    return Finding(indicator, "bounds", False, detail)


def _each(
    indicator: str, law: str, own: pl.DataFrame, wrong: Callable[[pl.Series], str]
) -> Finding:
    """A law that holds in every edition; the detail tells of the latest where it does not."""
    found = {
        int(year): detail
        for year in own["edition"].unique()
        if (detail := wrong(own.filter(pl.col("edition") == year)["value"]))
    }
    if not found:
        return Finding(indicator, law, True)
    last = max(found)
    others = sorted(set(found) - {last})
    more = f" (also {', '.join(map(str, others))})" if others else ""
    return Finding(indicator, law, False, f"{last}: {found[last]}{more}")


def _varies(value: pl.Series) -> str:
    known = value.drop_nulls()
    if known.len() < 2 or known.n_unique() > 1:
        return ""
    return f"every region with a value has {known[0]:g}"


def _covered(value: pl.Series) -> str:
    known = value.count()
    if known >= LEAST_COVERAGE * value.len():
        return ""
    return f"only {known} of {value.len()} regions have a value"


def _same_order(section: Section, found: pl.DataFrame) -> Iterator[Finding]:
    """Two indicators with one order of all regions of the latest edition say one thing twice."""
    latest = found.filter(pl.col("edition") == pl.col("edition").max())
    table = latest.rename({"region": "__region"})
    table = table.pivot("indicator", index="__region", values="value").drop("__region")
    signs = {item.id: -1 if item.direction == "lower" else 1 for item in section.indicator}
    for one, two in combinations(table.columns, 2):
        both = table.select(pl.col(one) * signs[one], pl.col(two) * signs[two]).drop_nulls()
        if both.height < LEAST_REGIONS or min(both[name].n_unique() for name in (one, two)) < 2:
            continue
        # Spearman's coefficient is 1 if and only if the ranks agree, ties and all.
        if (both[one].rank() == both[two].rank()).all():
            yield Finding(
                one,
                "own order",
                False,
                f"orders all {both.height} regions of {latest['edition'][0]} as {two} does: "
                "double counting; drop one or say why both",
            )
