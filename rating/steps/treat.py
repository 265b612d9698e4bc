"""Pull in extreme values: winsorise, then a logarithm where that was not enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rating.definitions.settings import Setting, Transformed, Winsorise
from rating.engine.store import Store, finite

# Skewness G1 and excess kurtosis G2, both unbiased for a normal population: Joanes and Gill,
# "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998); e1071 type 2.
# Deviations are divided by the greatest, so that no power overflows; sums run in sorted order.
_SHAPE = """
WITH moved AS (
  SELECT c.scenario, c.indicator,
    CASE WHEN c.imputed > s.high THEN s.high WHEN c.imputed < s.low THEN s.low
      ELSE c.imputed END AS x
  FROM cells c
  JOIN state s ON s.scenario = c.scenario AND s.indicator = c.indicator
  WHERE c.imputed IS NOT NULL
), listed AS (
  SELECT scenario, indicator, list_sort(list(x)) AS xs, min(x) AS low, max(x) AS high,
    CAST(count(*) AS DOUBLE) AS n
  FROM moved
  GROUP BY scenario, indicator
), centred AS (
  SELECT *, list_sum(xs) / n AS mean
  FROM listed
), scaled AS (
  SELECT *, greatest(high - mean, mean - low) AS far
  FROM centred
), powers AS (
  SELECT *, list_transform(xs, lambda x: (x - mean) / far) AS u
  FROM scaled
), sums AS (
  SELECT *, list_sum(list_transform(u, lambda v: v * v)) AS s2,
    list_sum(list_transform(u, lambda v: v * v * v)) AS s3,
    list_sum(list_transform(u, lambda v: v * v * v * v)) AS s4
  FROM powers
)
SELECT scenario, indicator, low AS least,
  CASE WHEN n >= 3 AND high > low
    THEN sqrt(n) * s3 / pow(s2, 1.5) * sqrt(n * (n - 1)) / (n - 2) END AS skewness,
  CASE WHEN n >= 4 AND high > low
    THEN ((n + 1) * (n * s4 / (s2 * s2) - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    END AS kurtosis,
  list_max(list_filter(xs, lambda x: x < high)) AS below,
  list_min(list_filter(xs, lambda x: x > low)) AS above,
  len(list_filter(xs, lambda x: x = high)) AS at_high,
  len(list_filter(xs, lambda x: x = low)) AS at_low,
  high > low AS varies
FROM sums
"""
_KEYS = ("scenario", "indicator")

# x is what is transformed, least and most its ends, skewness that of the original column.
TRANSFORMS = {
    "log": "ln(x - least + 0.01::DOUBLE * (most - least))",
    "log_original": "ln(x - least + 1)",
    "log_plus": """CASE WHEN skewness > 0 THEN ln(x - least + 0.01::DOUBLE * (most - least))
      ELSE -ln(most - x + 0.01::DOUBLE * (most - least)) END""",
    # The Global Innovation Index's own; COINr ships one that returns its input.
    "log_gii": "ln((most - 1) * (x - least) / (most - least) + 1)",
    "box_cox": """CASE WHEN power = 0 THEN ln(x - least + 1)
      ELSE (pow(x - least + 1, power) - 1) / power END""",
}


@dataclass(frozen=True)
class Treated:
    """The outcome of treatment.

    Attributes:
        cells: the cells with ``treated``.
        points: scenario, indicator, region, raw, treated, rule: every point that was changed.
        shapes: scenario, indicator, skewness, kurtosis before and after, winsorised points, rule.
    """

    cells: pl.DataFrame
    points: pl.DataFrame
    shapes: pl.DataFrame


def treat(store: Store, cells: pl.DataFrame, settings: Mapping[str, Setting]) -> Treated:
    """Winsorise, then log, each indicator whose shape asks for it.

    A column passes if abs(skewness) < 2 or excess kurtosis < 3.5 (or the setting's own limits).
    While it does not, the points at its far end (the greatest if the skewness is positive, else
    the least) move to the next value; tied points move together. If ``max_points`` are moved and it
    still does not pass, the values are transformed, by default ln(x - min + (max - min) / 100)
    of the original ones. A setting that is a transform is applied whatever the shape.
    Handbook on Constructing Composite Indicators (OECD/JRC, 2008), section 5; as in COINr.

    Args:
        store: the connection that does the arithmetic.
        cells: scenario, region, indicator, imputed.
        settings: the treatment of each indicator.
    """
    limits = pl.DataFrame(
        [_limits(key, setting) for key, setting in settings.items() if setting.name != "none"],
        schema={
            "indicator": pl.String,
            "max_points": pl.Int64,
            "max_skewness": pl.Float64,
            "max_kurtosis": pl.Float64,
            "transform": pl.String,
            "of_original": pl.Boolean,
            "power": pl.Float64,
            "always": pl.Boolean,
        },
        orient="row",
    )
    state = (
        cells.filter(pl.col("imputed").is_not_null())
        .group_by("scenario", "indicator")
        .agg(low=pl.col("imputed").min(), high=pl.col("imputed").max())
        .join(limits, on="indicator")
        .with_columns(moved_low=pl.lit(0, pl.Int64), moved_high=pl.lit(0, pl.Int64))
        .sort("scenario", "indicator")
    )
    first = now = _shaped(store, cells, state)
    while now["going"].any():
        going = now.filter("going")
        moved = _shaped(store, cells, going.select(state.columns).with_columns(**_moved(going)))
        now = pl.concat([now.filter(~pl.col("going")), moved]).sort(*_KEYS)
    return _applied(store, cells, first, now)


def _limits(key: str, setting: Setting) -> tuple[object, ...]:
    if isinstance(setting, Winsorise):
        then = None if setting.then == "none" else setting.then
        limits = (setting.max_points, setting.skewness, setting.kurtosis)
        return (key, *limits, then, setting.of == "original", setting.power, False)
    assert isinstance(setting, Transformed)
    return (key, 0, 0.0, 0.0, setting.name, True, setting.power, True)


def _shaped(store: Store, cells: pl.DataFrame, state: pl.DataFrame) -> pl.DataFrame:
    """The state with the shape of each column under its limits, and whether to go on."""
    shape = store.query(_SHAPE, {"cells": cells, "state": state.select(*_KEYS, "low", "high")})
    passes = (pl.col("skewness").abs() < pl.col("max_skewness")) | (
        pl.col("kurtosis") < pl.col("max_kurtosis")
    )
    # A column of two values left has nowhere to go: one more move would make it constant.
    return state.join(shape, on=list(_KEYS), maintain_order="left").with_columns(
        passes=pl.col("skewness").is_null() | passes.fill_null(False),
        going=pl.col("skewness").is_not_null()
        & ~passes.fill_null(False)
        & (pl.col("moved_low") + pl.col("moved_high") < pl.col("max_points"))
        & (pl.col("below") > pl.col("least")).fill_null(False),
    )


def _moved(now: pl.DataFrame) -> dict[str, pl.Series]:
    """The limits and counts after one more move at the far end of each column that goes on."""
    up = now["going"] & (now["skewness"] >= 0).fill_null(False)
    down = now["going"] & ~up
    return {
        "high": now["below"].zip_with(up, now["high"]),
        "moved_high": now["at_high"].zip_with(up, now["moved_high"]),
        "low": now["above"].zip_with(down, now["low"]),
        "moved_low": now["at_low"].zip_with(down, now["moved_low"]),
    }


def _applied(store: Store, cells: pl.DataFrame, first: pl.DataFrame, last: pl.DataFrame) -> Treated:
    moved = pl.col("moved_low") + pl.col("moved_high")
    rules = last.with_columns(
        pl.when((pl.col("always") | ~pl.col("passes")) & pl.col("varies")).then("transform"),
        raw_skewness=first["skewness"],
    )
    choice = "\n".join(f"WHEN '{name}' THEN {sql}" for name, sql in TRANSFORMS.items())
    treated = store.query(
        f"""
        WITH capped AS (
          SELECT c.*, r.transform, r.power, r.raw_skewness AS skewness,
            CASE WHEN c.imputed > r.high THEN r.high WHEN c.imputed < r.low THEN r.low
              ELSE c.imputed END AS within,
            CASE WHEN r.of_original THEN c.imputed ELSE within END AS x
          FROM cells c
          LEFT JOIN rules r ON r.scenario = c.scenario AND r.indicator = c.indicator
        ), ends AS (
          SELECT scenario, indicator, min(x) AS least, max(x) AS most
          FROM capped
          GROUP BY scenario, indicator
        )
        SELECT c.* EXCLUDE (transform, power, skewness, within, x),
          CASE WHEN c.imputed IS NULL OR c.transform IS NULL THEN c.within
            ELSE CASE c.transform {choice} END END AS treated,
          CASE WHEN c.transform IS NOT NULL THEN
              CASE WHEN c.transform = 'box_cox' THEN 'transformed' ELSE 'logged' END
            WHEN c.within <> c.imputed THEN 'winsorised' END AS rule
        FROM capped c
        JOIN ends e ON e.scenario = c.scenario AND e.indicator = c.indicator
        """,
        {
            "cells": cells,
            "rules": rules.select(
                *_KEYS, "low", "high", "transform", "of_original", "power", "raw_skewness"
            ),
        },
    )
    points = treated.filter(pl.col("rule").is_not_null() & pl.col("imputed").is_not_null()).select(
        *_KEYS, "region", pl.col("imputed").alias("raw"), "treated", "rule"
    )
    before = first.select(*_KEYS, "skewness", "kurtosis", pl.col("passes").alias("passed"))
    after = rules.select(
        *_KEYS,
        pl.col("skewness").alias("skewness_after"),
        pl.col("kurtosis").alias("kurtosis_after"),
        moved.alias("winsorised"),
        rule=pl.when(pl.col("transform") == "box_cox")
        .then(pl.lit("transformed"))
        .when(pl.col("transform").is_not_null())
        .then(pl.lit("logged"))
        .when(moved > 0)
        .then(pl.lit("winsorised"))
        .otherwise(pl.lit("none")),
    )
    return Treated(
        cells=finite(treated.drop("rule"), "treated", "the treated value"),
        points=points.sort(*_KEYS, "region"),
        shapes=before.join(after, on=list(_KEYS)).sort(*_KEYS),
    )
