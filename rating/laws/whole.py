"""Examples of a whole section: values of indicators go in, scores and ranks come out.

They hold what no indicator knows of: the tree, its weights, the method of each step and node.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from rating.definitions.examples import WholeExample
from rating.definitions.model import Indicator, Version
from rating.definitions.section import Section
from rating.definitions.table import Column, Input
from rating.errors import RatingError
from rating.inputs.tables import read
from rating.laws.examples import equal, line, shown
from rating.laws.report import Finding
from rating.rate import rate

_TABLE = "given"


def hold(section: Section) -> Iterator[Finding]:
    """Each example of a section with whether rating its values gives what it expects."""
    for place, example in enumerate(section.example, 1):
        try:
            wrong = differences(section, example)
        except RatingError as error:
            wrong = [line(problem) for problem in error.problems]
        detail = f"{example.why}: {'; '.join(wrong)}" if wrong else example.why
        yield Finding(section.id, f"example {place}", not wrong, detail)


def differences(section: Section, example: WholeExample) -> list[str]:
    """What the section gives otherwise than the example expects, region by region.

    Raises:
        DataError: a region is not in the register, or values cannot be scored.
        DefinitionError: the method needs more than the values of indicators.
        UsageError: no indicator is in force in the edition.
    """
    latest = max((given.year for given in section.edition), default=_last(section))
    edition = example.edition or latest
    of_values = _of_values(section)
    rows = [
        {"region": region, "year": edition, **{i.id: cells.get(i.id) for i in section.indicator}}
        for region, cells in example.given.items()
    ]
    columns = {item.id: pl.Float64 for item in section.indicator}
    frame = pl.DataFrame(rows, schema={"region": pl.String, "year": pl.Int64, **columns})
    result = rate(
        of_values, read({_TABLE: frame}, of_values), edition=edition, sector=example.sector
    )
    found = {(r, "rank"): place for r, place in result.ranks.select("region", "rank").iter_rows()}
    for scores, item in ((result.scores, "node"), (result.values, "indicator")):
        found |= {(r, i): s for r, i, s in scores.select("region", item, "score").iter_rows()}
    return [
        f"{region}, {item} is {shown(found.get((region, item)))}, not {shown(wanted)}"
        for region, expected in example.expect.items()
        for item, wanted in expected.items()
        if not equal(found.get((region, item)), wanted)
    ]


def _last(section: Section) -> int:
    return max(version.since.year for item in section.indicator for version in item.version)


def _of_values(section: Section) -> Section:
    """The section whose indicators are columns of one table: their values as they are given."""
    return Section(
        id=section.id,
        name=section.name,
        regions=section.regions,
        node=section.node,
        method=section.method,
        edition=section.edition,
        sector=section.sector,
        indicator=tuple(map(_of_value, section.indicator)),
    )


def _of_value(indicator: Indicator) -> Indicator:
    kept = {"id", "parent", "name", "weight", "direction", "sectors", "method"}
    column = Input(grain="region", columns={indicator.id: Column(type="number")})
    return Indicator(
        **{name: getattr(indicator, name) for name in kept},
        input={_TABLE: column},
        version=tuple(Version(since=v.since, value=indicator.id) for v in indicator.version),
    )
