"""Pull in extreme values: winsorise, then a logarithm where that was not enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rating.definitions.settings import Setting, Transformed, Winsorise
from rating.engine.store import Store, binary_unit, exact_sum, finite
from rating.steps.columns import KEYS, Columns, numbered

# Skewness G1 and excess kurtosis G2, both unbiased for a normal population: Joanes and Gill,
# "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998); e1071 type 2.
# Deviations are divided by the greatest, so that no power overflows.
#
# Each round takes the shape of every column under its limits, and where it does not pass moves the
# limit at the far end to the next value. A column of two values left has nowhere to go: one more
# move would make it constant.
_ROUNDS = f"""
WITH RECURSIVE held AS MATERIALIZED (
  SELECT place, imputed FROM cells
), rounds AS (
  SELECT place, 0 AS round, low, high, 0::BIGINT AS moved_low, 0::BIGINT AS moved_high,
    NULL::DOUBLE AS skewness, NULL::DOUBLE AS kurtosis, false AS passes, true AS going,
    low AS next_low, high AS next_high, 0::BIGINT AS next_moved_low, 0::BIGINT AS next_moved_high
  FROM state
  UNION ALL (
    WITH units AS (
      SELECT place, next_low AS low, next_high AS high,
        {binary_unit("greatest(-next_low, next_high)")} AS unit
      FROM rounds
      WHERE going
    ), moved AS (
      SELECT c.place, s.low, s.high, s.unit,
        CASE WHEN c.imputed > s.high THEN s.high WHEN c.imputed < s.low THEN s.low
          ELSE c.imputed END AS x
      FROM held c
      JOIN units s ON s.place = c.place
    ), ends AS (
      SELECT place, any_value(low) AS low, any_value(high) AS high, count(*)::DOUBLE AS n,
        {exact_sum("x", "unit")} / count(*) AS mean,
        max(x) FILTER (WHERE x < high) AS below, min(x) FILTER (WHERE x > low) AS above,
        count(*) FILTER (WHERE x = high) AS at_high, count(*) FILTER (WHERE x = low) AS at_low
      FROM moved
      GROUP BY place
    ), scaled AS (
      SELECT place, mean, nullif(greatest(high - mean, mean - low), 0) AS far
      FROM ends
    ), powers AS (
      SELECT m.place, (m.x - s.mean) / s.far AS u, u * u AS u2
      FROM moved m
      JOIN scaled s ON s.place = m.place
    ), sums AS (
      SELECT place, {exact_sum("u2")} AS s2, {exact_sum("u2 * u")} AS s3,
        {exact_sum("u2 * u2")} AS s4
      FROM powers
      GROUP BY place
    ), shapes AS (
      SELECT e.*,
        CASE WHEN n >= 3 AND high > low
          THEN sqrt(n) * s3 / pow(s2, 1.5) * sqrt(n * (n - 1)) / (n - 2) END AS skewness,
        CASE WHEN n >= 4 AND high > low
          THEN ((n + 1) * (n * s4 / (s2 * s2) - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
          END AS kurtosis
      FROM ends e
      JOIN sums s ON s.place = e.place
    ), judged AS (
      SELECT h.*, r.round + 1 AS round, r.next_moved_low AS moved_low,
        r.next_moved_high AS moved_high,
        h.skewness IS NULL OR abs(h.skewness) < l.max_skewness
          OR coalesce(h.kurtosis < l.max_kurtosis, false) AS passes, l.max_points
      FROM shapes h
      JOIN rounds r ON r.place = h.place
      JOIN state l ON l.place = h.place
    )
    SELECT place, round, low, high, moved_low, moved_high, skewness, kurtosis, passes,
      NOT passes AND moved_low + moved_high < max_points AND coalesce(below > low, false) AS going,
      CASE WHEN skewness >= 0 THEN low ELSE above END AS next_low,
      CASE WHEN skewness >= 0 THEN below ELSE high END AS next_high,
      CASE WHEN skewness >= 0 THEN moved_low ELSE at_low END AS next_moved_low,
      CASE WHEN skewness >= 0 THEN at_high ELSE moved_high END AS next_moved_high
    FROM judged
  )
)
SELECT place, round, low, high, moved_low, moved_high, skewness, kurtosis, passes,
  high > low AS varies
FROM rounds
WHERE round > 0
ORDER BY place, round
"""

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
    columns = Columns.of(cells)
    held = columns.rows("imputed", present="imputed")
    state = (
        columns.names.join(limits, on="indicator")
        .join(
            held.group_by("place").agg(
                low=pl.col("imputed").min(),
                high=pl.col("imputed").max(),
            ),
            on="place",
        )
        .sort("place")
    )
    rounds = store.query(
        _ROUNDS,
        {
            "cells": held.select("place", "imputed"),
            "state": state.select(
                "place", "low", "high", "max_points", "max_skewness", "max_kurtosis"
            ),
        },
    )
    ends = state.rename({"low": "least", "high": "most"})
    rounds = rounds.join(ends, on="place").sort("place", "round")
    first = rounds.unique("place", keep="first", maintain_order=True)
    last = rounds.unique("place", keep="last", maintain_order=True)
    return _applied(store, columns, held, first, last)


def _limits(key: str, setting: Setting) -> tuple[object, ...]:
    if isinstance(setting, Winsorise):
        then = None if setting.then == "none" else setting.then
        limits = (setting.max_points, setting.skewness, setting.kurtosis)
        return (key, *limits, then, setting.of == "original", setting.power, False)
    assert isinstance(setting, Transformed)
    return (key, 0, 0.0, 0.0, setting.name, True, setting.power, True)


def _applied(
    store: Store, columns: Columns, held: pl.DataFrame, first: pl.DataFrame, last: pl.DataFrame
) -> Treated:
    moved = pl.col("moved_low") + pl.col("moved_high")
    rules = last.with_columns(
        pl.when((pl.col("always") | ~pl.col("passes")) & pl.col("varies")).then("transform"),
        raw_skewness=first["skewness"],
    ).with_columns(
        rule=pl.when(pl.col("transform") == "box_cox")
        .then(pl.lit("transformed"))
        .when(pl.col("transform").is_not_null())
        .then(pl.lit("logged"))
        .when(moved > 0)
        .then(pl.lit("winsorised"))
        .otherwise(pl.lit("none")),
    )
    found = _changed(store, held, rules)
    kept = columns.cells.with_columns(columns.placed(found, "treated", otherwise="imputed"))
    before = first.select(*KEYS, "skewness", "kurtosis", pl.col("passes").alias("passed"))
    after = rules.select(
        skewness_after="skewness", kurtosis_after="kurtosis", winsorised=moved, rule="rule"
    )
    return Treated(
        cells=finite(kept, "treated", "the treated value"),
        points=_points(columns, kept, found.filter("changed")["row"], rules),
        shapes=pl.concat([before, after], how="horizontal").sort(*KEYS),
    )


def _points(
    columns: Columns, treated: pl.DataFrame, rows: pl.Series, rules: pl.DataFrame
) -> pl.DataFrame:
    """The cells of some rows by scenario, indicator and region, with the rule of their column."""
    places = columns.places.gather(rows)
    regions, codes = numbered(treated["region"].gather(rows))
    order = (places.cast(pl.Int64) * len(regions) + codes).arg_sort()
    rule = pl.DataFrame({"place": places.gather(order)}).join(
        rules.select("place", "rule"), on="place", maintain_order="left"
    )
    return treated[rows.gather(order)].select(
        *KEYS, "region", pl.col("imputed").alias("raw"), "treated", rule["rule"]
    )


def _changed(store: Store, held: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """row, treated, changed: the cells of the columns that were moved or are transformed."""
    touched = rules.filter(pl.col("rule") != "none")
    used = sorted(touched["transform"].drop_nulls().unique())
    choice = "\n".join(f"WHEN '{name}' THEN {TRANSFORMS[name]}" for name in used)
    ends = touched.select(
        "place", "low", "high", "transform", "of_original", "power",
        skewness="raw_skewness",
        least=pl.when("of_original").then("least").otherwise("low"),
        most=pl.when("of_original").then("most").otherwise("high"),
    )  # fmt: skip
    return store.query(
        f"""
        WITH capped AS (
          SELECT c.row, c.imputed, r.*,
            CASE WHEN c.imputed > r.high THEN r.high WHEN c.imputed < r.low THEN r.low
              ELSE c.imputed END AS within,
            CASE WHEN r.of_original THEN c.imputed ELSE within END AS x
          FROM cells c
          JOIN rules r ON r.place = c.place
        )
        SELECT "row", transform IS NOT NULL OR within <> imputed AS changed,
          {f"CASE transform {choice} ELSE within END" if used else "within"} AS treated
        FROM capped
        """,
        {"cells": held, "rules": ends},
    )
