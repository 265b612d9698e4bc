"""Which figures of which regions would tell of single firms: too few of them, or one too large."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from rating.definitions import derived
from rating.definitions.model import Indicator, Version
from rating.definitions.parsing import SCENARIO, quoted
from rating.definitions.table import Input
from rating.engine.store import Store

FEW, DOMINANT = "few", "dominant"
_SCHEMA = {
    "scenario": pl.Int64,
    "region": pl.String,
    "indicator": pl.String,
    "reason": pl.String,
}


def sensitive(
    store: Store, versions: Iterable[tuple[int, Indicator, Version]], inputs: Mapping[str, Input]
) -> pl.DataFrame:
    """The cells that must not be published, by the disclosure rules of the tables they are made of.

    A cell is sensitive if any table that its indicator reads, or that such a table derives from,
    has too few units in the region or one that is too large. A region without any unit is not: a
    zero of no firms tells of none. Rule of frequency and (1, k) dominance: Hundepool et al.,
    "Statistical Disclosure Control" (2012), sections 4.2.1 and 4.2.2.

    Args:
        store: shows the tables.
        versions: scenario, indicator and its version in force.
        inputs: the tables.

    Returns:
        scenario, region, indicator, reason: ``few`` units, or one ``dominant``; in order.
    """
    rules = {name for name, given in inputs.items() if given.disclosure is not None}
    if not rules:
        return pl.DataFrame(schema=_SCHEMA)
    read = [
        (scenario, item.id, table)
        for scenario, item, version in versions
        for table in item.tables(version)
        if table in rules
    ]
    if not read:
        return pl.DataFrame(schema=_SCHEMA)
    used = sorted({table for _, _, table in read})
    where = f"disclosure of {', '.join(used)}"
    found = store.query(" UNION ALL ".join(_sql(name, inputs) for name in used), where=where)
    readers = pl.DataFrame(
        read,
        schema={"scenario": pl.Int64, "indicator": pl.String, "table": pl.String},
        orient="row",
    )
    # "few" goes before "dominant": of two firms one is often the larger by far.
    return (
        found.join(readers, on=["scenario", "table"])
        .group_by("scenario", "region", "indicator")
        .agg(reason=pl.col("reason").max())
        .select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
        .sort("scenario", "region", "indicator")
    )


def _sql(table: str, inputs: Mapping[str, Input]) -> str:
    """The regions in which a table tells too much: units a region, each with its whole size."""
    rule = inputs[table].disclosure
    assert rule is not None
    unit, size = derived.disclosed(table, inputs)
    # A total of nothing says of each unit that it has nothing: as one that has it all.
    share = "coalesce(max(__size) / nullif(sum(__size), 0), 1)"
    return f"""
        SELECT {SCENARIO} AS scenario, region, '{table}' AS "table",
          CASE WHEN count(*) < {rule.least} THEN '{FEW}' ELSE '{DOMINANT}' END AS reason
        FROM (
          SELECT {SCENARIO}, region, {unit} AS __unit, CAST(sum({size}) AS DOUBLE) AS __size
          FROM {quoted(table)}
          GROUP BY ALL
        )
        WHERE __unit IS NOT NULL
        GROUP BY {SCENARIO}, region
        HAVING count(*) < {rule.least} OR {share} > {rule.largest!r}"""
