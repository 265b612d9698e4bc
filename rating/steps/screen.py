"""Which regions have enough values to be ranked, as a whole and below each node."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from rating.definitions.settings import Availability, Setting
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem, nearest

SCHEMA = pl.Schema(
    {
        "scenario": pl.Int64,
        "region": pl.String,
        "node": pl.String,
        "indicators": pl.Int64,
        "missing": pl.Int64,
        "zeros": pl.Int64,
        "available": pl.Float64,
        "nonzero": pl.Float64,
        "included": pl.Boolean,
        "reason": pl.String,
    }
)


def screen(
    store: Store,
    cells: pl.DataFrame,
    setting: Setting,
    children: pl.DataFrame,
    regions: pl.DataFrame,
    nodes: Collection[str] = (),
) -> pl.DataFrame:
    """Count what each region has and lacks, and say who is left out and why.

    ``available`` is the share of indicators with a value, ``nonzero`` the share of those values
    that are not 0; a region is left out where a share is strictly below what the setting asks for.
    An indicator counts where its weight and all between it and the node are above 0.

    Args:
        store: the connection that counts.
        cells: scenario, region, indicator, value; measured values, before imputation.
        setting: the method of screening.
        children: parent, item, weight of every edge of the tree.
        regions: every region that is known, to find a misspelt one; without a column ``region``
            any code is taken as it is.
        nodes: further nodes that the setting may name: those not in force.

    Returns:
        scenario, region, node, indicators, missing, zeros, available, nonzero, included, reason,
        sorted: a row for each node, and one without a node that decides on the region as a whole.
        ``reason`` is missing where a region is in by the rules. Without a method, no rows.

    Raises:
        DefinitionError: the setting names a node or a region that is not known.
    """
    if not isinstance(setting, Availability):
        return pl.DataFrame(schema=SCHEMA)
    _check_names(setting, {*children["parent"], *nodes}, regions)
    counts = store.query(
        _COUNTS,
        {
            "cells": cells,
            "children": children,
            "least": pl.DataFrame(
                {"node": list(setting.nodes), "least": list(setting.nodes.values())},
                schema={"node": pl.String, "least": pl.Float64},
            ),
        },
    )
    screened = store.query(
        _VERDICTS,
        {
            "counts": counts,
            "whole": pl.DataFrame({"available": [setting.available], "nonzero": [setting.nonzero]}),
            "named": pl.DataFrame(
                [(region, True) for region in setting.keep]
                + [(region, False) for region in setting.leave_out],
                schema={"region": pl.String, "kept": pl.Boolean},
                orient="row",
            ),
        },
    )
    return screened.select(SCHEMA.names()).cast(SCHEMA)


def _check_names(setting: Availability, nodes: Collection[str], regions: pl.DataFrame) -> None:
    problems = [
        Problem("method.screen, nodes", f"no node named '{node}'", nearest(node, nodes))
        for node in setting.nodes
        if node not in nodes
    ]
    known = set(regions["region"]) if "region" in regions.columns else None
    problems += [
        Problem(f"method.screen, {key}", f"no region '{region}'", nearest(region, known))
        for key, named in (("keep", setting.keep), ("leave_out", setting.leave_out))
        for region in named
        if known is not None and region not in known
    ]
    if problems:
        raise DefinitionError(problems)


# Cells are counted once, by the node right above them; the nodes further up add those counts.
_COUNTS = """
WITH RECURSIVE edges AS (
  SELECT parent, item
  FROM children
  WHERE weight > 0
), below AS (
  SELECT DISTINCT parent AS node, parent AS lower, 0 AS depth
  FROM children
  UNION ALL
  SELECT b.node, e.item, b.depth + 1
  FROM below b
  JOIN edges e ON e.parent = b.lower
  WHERE e.item IN (SELECT parent FROM children)
), in_force AS (
  SELECT c.scenario, e.parent, count(DISTINCT c.indicator) AS indicators
  FROM cells c
  JOIN edges e ON e.item = c.indicator
  GROUP BY c.scenario, e.parent
), direct AS (
  SELECT c.scenario, c.region, e.parent, count(c.value) AS present,
    count(*) FILTER (WHERE c.value = 0) AS zeros
  FROM cells c
  JOIN edges e ON e.item = c.indicator
  GROUP BY c.scenario, c.region, e.parent
), everywhere AS (
  SELECT r.scenario, r.region, b.node, b.lower,
    b.node NOT IN (SELECT item FROM children) AS root
  FROM (SELECT DISTINCT scenario, region FROM cells) r
  CROSS JOIN below b
)
SELECT w.scenario, w.region, w.node, any_value(w.root) AS root, any_value(l.least) AS least,
  CAST(coalesce(sum(f.indicators), 0) AS BIGINT) AS indicators,
  CAST(coalesce(sum(d.present), 0) AS BIGINT) AS present,
  CAST(coalesce(sum(d.zeros), 0) AS BIGINT) AS zeros
FROM everywhere w
LEFT JOIN in_force f ON f.scenario = w.scenario AND f.parent = w.lower
LEFT JOIN direct d ON d.scenario = w.scenario AND d.region = w.region AND d.parent = w.lower
LEFT JOIN least l ON l.node = w.node
GROUP BY w.scenario, w.region, w.node
"""


def _below(share: str, least: str) -> str:
    """SQL for ``0.50 < 0.67``, with as many digits as it takes to tell the two apart."""
    short, long = (f"printf('%.{digits}f < %.{digits}f', {share}, {least})" for digits in (2, 6))
    return (
        f"CASE WHEN printf('%.2f', {share}) = printf('%.2f', {least}) THEN {long} ELSE {short} END"
    )


_VERDICTS = f"""
WITH shares AS (
  SELECT *, indicators - present AS missing, present / nullif(indicators, 0) AS available,
    (present - zeros) / nullif(present, 0) AS nonzero
  FROM counts
), nodes AS (
  SELECT *,
    CASE WHEN available < least THEN 'too few values in node ' || node || ': '
      || {_below("available", "least")} END AS reason
  FROM shares
), wholes AS (
  SELECT s.*,
    CASE WHEN s.available < w.available
      THEN 'too few values: ' || {_below("s.available", "w.available")} END AS few,
    CASE WHEN s.nonzero < w.nonzero
      THEN 'too many zeros: ' || {_below("s.nonzero", "w.nonzero")} END AS zero
  FROM shares s
  CROSS JOIN whole w
  WHERE s.root
), short AS (
  SELECT scenario, region, string_agg(reason, '; ' ORDER BY node) AS lacking
  FROM nodes
  WHERE reason IS NOT NULL
  GROUP BY scenario, region
), judged AS (
  SELECT w.*, n.kept, nullif(concat_ws('; ', w.few, w.zero, t.lacking), '') AS lacking
  FROM wholes w
  LEFT JOIN short t ON t.scenario = w.scenario AND t.region = w.region
  LEFT JOIN named n ON n.region = w.region
)
SELECT scenario, region, NULL AS node, indicators, missing, zeros, available, nonzero,
  coalesce(kept, lacking IS NULL) AS included,
  CASE WHEN kept AND lacking IS NOT NULL THEN 'kept by name' WHEN kept THEN NULL
    WHEN NOT kept THEN 'left out by name' ELSE lacking END AS reason
FROM judged
UNION ALL
SELECT scenario, region, node, indicators, missing, zeros, available, nonzero,
  reason IS NULL AS included, reason
FROM nodes
ORDER BY scenario, region, node NULLS FIRST
"""
