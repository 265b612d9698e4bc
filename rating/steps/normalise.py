"""Values to scores on a common scale, higher always better."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.definitions.methods import Goalposts, MinMax, Setting, ZScore
from rating.definitions.model import Direction
from rating.engine.store import Store, finite
from rating.errors import DataError, Problem

# x is the treated value with its direction: -x where lower is better. y fills the range.
# Handbook on Constructing Composite Indicators (OECD/JRC, 2008), section 6.
SCORES = {
    "minmax": "(x - least) / (most - least) * (top - bottom) + bottom",
    "goalposts": """CASE WHEN clip AND x <= low THEN bottom WHEN clip AND x >= high THEN top
      ELSE (x - low) / (high - low) * (top - bottom) + bottom END""",
    "band": """CASE WHEN x BETWEEN second AND third THEN top
      WHEN clip AND (x <= first OR x >= fourth) THEN bottom
      WHEN x < second THEN (x - first) / (second - first) * (top - bottom) + bottom
      ELSE (fourth - x) / (fourth - third) * (top - bottom) + bottom END""",
    "zscore": "(x - mean) / sd * to_sd + to_mean",
    "rank": "place",
}

_PARAMETERS = (
    "sign",
    "bottom",
    "top",
    "low",
    "high",
    "first",
    "second",
    "third",
    "fourth",
    "to_mean",
    "to_sd",
)


def normalise(
    store: Store,
    cells: pl.DataFrame,
    settings: Mapping[str, tuple[Setting, Direction]],
) -> pl.DataFrame:
    """Score the treated values of each indicator by its setting and direction.

    Args:
        store: the connection that does the arithmetic.
        cells: scenario, region, indicator, treated.
        settings: the normalisation and the direction of each indicator.

    Returns:
        The cells with ``score``; missing where the value is missing.

    Raises:
        DataError: an indicator has one value in all regions where the method needs a spread.
    """
    rules = pl.DataFrame(
        [_rule(key, setting, direction) for key, (setting, direction) in settings.items()],
        schema={
            "indicator": pl.String,
            "rule": pl.String,
            "clip": pl.Boolean,
            **dict.fromkeys(_PARAMETERS, pl.Float64),
        },
    )
    choice = "\n".join(f"WHEN '{name}' THEN {score}" for name, score in SCORES.items())
    scored = store.query(
        f"""
        WITH directed AS (
          SELECT c.*, u.* EXCLUDE (indicator), u.sign * c.treated AS x
          FROM cells c
          JOIN rules u ON u.indicator = c.indicator
        ), listed AS (
          SELECT scenario, indicator, min(x) AS least, max(x) AS most,
            list_sort(list(x) FILTER (WHERE x IS NOT NULL)) AS xs,
            CAST(count(x) AS DOUBLE) AS n
          FROM directed
          GROUP BY scenario, indicator
        ), centred AS (
          SELECT *, list_sum(xs) / n AS mean
          FROM listed
        ), spread AS (
          SELECT *, sqrt(list_sum(list_transform(xs, lambda v: (v - mean) * (v - mean)))
            / nullif(n - 1, 0)) AS sd
          FROM centred
        ), placed AS (
          SELECT d.*, s.least, s.most, s.mean, s.sd,
            CAST(rank() OVER (PARTITION BY d.scenario, d.indicator ORDER BY d.x) AS DOUBLE) AS place
          FROM directed d
          JOIN spread s ON s.scenario = d.scenario AND s.indicator = d.indicator
        )
        SELECT * EXCLUDE (x, clip, place, mean, sd, {", ".join(_PARAMETERS)}),
          CASE WHEN x IS NULL THEN NULL ELSE CASE rule {choice} END END AS score
        FROM placed
        """,
        {"cells": cells, "rules": rules},
    )
    _refuse_zero_range(scored)
    return finite(scored.drop("rule", "least", "most"), "score", "the score")


def _rule(key: str, setting: Setting, direction: Direction) -> dict[str, object]:
    sign = -1.0 if direction == "lower" else 1.0
    rule: dict[str, object] = dict.fromkeys(_PARAMETERS)
    rule |= {"indicator": key, "rule": setting.name, "sign": sign, "clip": False}
    if isinstance(setting, MinMax | Goalposts):
        rule |= {"bottom": setting.range[0], "top": setting.range[1]}
    if isinstance(setting, ZScore):
        rule |= {"to_mean": setting.mean, "to_sd": setting.sd}
    if isinstance(setting, Goalposts):
        rule["clip"] = setting.clip
        if setting.points is not None:
            rule |= dict(zip(("first", "second", "third", "fourth"), setting.points, strict=True))
            rule["rule"] = "band"
        elif setting.low is not None and setting.high is not None:
            ends = sorted((sign * setting.low, sign * setting.high))
            rule |= {"low": ends[0], "high": ends[1]}
    return rule


def _refuse_zero_range(scored: pl.DataFrame) -> None:
    flat = scored.filter(
        pl.col("rule").is_in(["minmax", "zscore"]) & (pl.col("least") == pl.col("most"))
    ).unique(["scenario", "indicator"], keep="first")
    if flat.height:
        raise DataError(
            Problem(
                row["indicator"],
                f"zero range: every region with a value has {abs(row['least']):g}",
                "give it goalposts, weight 0, or leave it out of the edition",
            )
            for row in flat.sort("indicator").iter_rows(named=True)
        )
