"""Fill missing values by a named rule, or leave them missing."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.definitions.methods import GroupMean, Setting
from rating.engine.store import Store, finite, sorted_sum
from rating.errors import DefinitionError, Problem, nearest


def impute(
    store: Store,
    cells: pl.DataFrame,
    settings: Mapping[str, Setting],
    regions: pl.DataFrame,
) -> pl.DataFrame:
    """Fill the missing values of each indicator by its setting.

    Args:
        store: the connection that does the arithmetic.
        cells: scenario, region, indicator, value.
        settings: the imputation of each indicator.
        regions: region and the columns that groups are taken from.

    Returns:
        The cells with ``imputed``: the value where known, what fills it where missing, and missing
        where nothing does (a group without a known value).

    Raises:
        DefinitionError: a group is not a column of the regions.
    """
    rules = pl.DataFrame(
        {
            "indicator": list(settings),
            "rule": [setting.name for setting in settings.values()],
            "grouping": [s.group if isinstance(s, GroupMean) else "" for s in settings.values()],
        },
        schema={"indicator": pl.String, "rule": pl.String, "grouping": pl.String},
    )
    filled = store.query(
        f"""
        WITH known AS (
          SELECT c.*, u.rule, g.member
          FROM cells c
          JOIN rules u ON u.indicator = c.indicator
          LEFT JOIN groups g ON g.grouping = u.grouping AND g.region = c.region
        ), of_all AS (
          SELECT scenario, indicator, {sorted_sum("value")} / count(value) AS mean,
            median(value) AS median
          FROM known
          GROUP BY scenario, indicator
        ), of_group AS (
          SELECT scenario, indicator, member,
            {sorted_sum("value")} / nullif(count(value), 0) AS mean
          FROM known
          WHERE member IS NOT NULL
          GROUP BY scenario, indicator, member
        )
        SELECT k.* EXCLUDE (rule, member),
          CASE WHEN k.value IS NOT NULL THEN k.value
            WHEN rule = 'mean' THEN a.mean
            WHEN rule = 'median' THEN a.median
            WHEN rule = 'group_mean' THEN g.mean
          END AS imputed
        FROM known k
        LEFT JOIN of_all a ON a.scenario = k.scenario AND a.indicator = k.indicator
        LEFT JOIN of_group g ON g.scenario = k.scenario AND g.indicator = k.indicator
          AND g.member = k.member
        """,
        {"cells": cells, "rules": rules, "groups": _groups(settings, regions)},
    )
    return finite(filled, "imputed", "the imputed value")


def _groups(settings: Mapping[str, Setting], regions: pl.DataFrame) -> pl.DataFrame:
    wanted = sorted({s.group for s in settings.values() if isinstance(s, GroupMean)})
    frames = [
        pl.DataFrame(schema={"grouping": pl.String, "region": pl.String, "member": pl.String})
    ]
    for name in wanted:
        column = name if name in regions.columns else f"{name}_en"
        if column not in regions.columns:
            raise DefinitionError(
                Problem(
                    "method.impute, group",
                    f"the regions have no column '{name}'",
                    nearest(name, set(regions.columns) - {"region"}),
                )
            )
        frames.append(
            regions.select(
                pl.lit(name).alias("grouping"),
                "region",
                pl.col(column).cast(pl.String).alias("member"),
            )
        )
    return pl.concat(frames)
