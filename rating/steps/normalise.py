"""Values to scores on a common scale, higher always better."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.definitions.model import Direction
from rating.definitions.settings import Centred, Goalposts, Rank, Reference, Setting, Target, ZScore
from rating.engine.store import Store, finite
from rating.errors import DataError, DefinitionError, Problem

# x is the treated value with its direction: -x where lower is better. Statistics (least, most,
# mean, sd, n) are those of the pool: the regions of one edition, or of the editions of a panel.
# Handbook on Constructing Composite Indicators (OECD/JRC, 2008), section 6.
SCORES = {
    "minmax": "(x - least) / (most - least) * (top - bottom) + bottom",
    "goalposts": """CASE WHEN clip AND x <= low THEN bottom WHEN clip AND x >= high THEN top
      ELSE (x - low) / (high - low) * (top - bottom) + bottom END""",
    "band": """CASE WHEN x BETWEEN second AND third THEN top
      WHEN clip AND (x <= first OR x >= fourth) THEN bottom
      WHEN x < second THEN (x - first) / (second - first) * (top - bottom) + bottom
      ELSE (fourth - x) / (fourth - third) * (top - bottom) + bottom END""",
    # Mazziotta and Pareto, "Measuring well-being over time", Social Indicators Research 136 (2018).
    "centred": """(x - (coalesce(centre, mean) - (most - least) / 2)) / (most - least)
      * (top - bottom) + bottom""",
    "zscore": "(x - mean) / sd * to_sd + to_mean",
    "rank": "place + CASE WHEN average THEN (equals - 1) / 2 ELSE 0 END",
    "borda": "place - 1",
    "percentile_rank": "(place - 1) / (n - 1)",
    "best": "1 - (most - x) / (most - least)",
    "target": """CASE WHEN clip AND x >= goal THEN 1
      ELSE (x - least) / (goal - least) END""",
    "reference": "1 - (compared - x) / (compared - least)",
    "fraction": "CASE WHEN sign > 0 THEN x / most ELSE most / x END",
}
_PLACED = ("rank", "borda", "percentile_rank")
_PLACES = """
  CAST(rank() OVER (PARTITION BY d.pool, d.indicator ORDER BY d.x) AS DOUBLE) AS place,
  CAST(count(*) OVER (PARTITION BY d.pool, d.indicator, d.x) AS DOUBLE) AS equals"""
_RANGED = ("minmax", "goalposts", "band", "centred")
_PARAMETERS = (
    "sign", "bottom", "top", "low", "high", "first", "second", "third", "fourth",
    "centre", "to_mean", "to_sd", "goal",
)  # fmt: skip


def normalise(
    store: Store,
    cells: pl.DataFrame,
    settings: Mapping[str, tuple[Setting, Direction]],
) -> pl.DataFrame:
    """Score the treated values of each indicator by its setting and direction.

    Args:
        store: the connection that does the arithmetic.
        cells: scenario, region, indicator, treated; in a panel the scenario is the edition.
        settings: the normalisation and the direction of each indicator.

    Returns:
        The cells with ``score``; missing where the value is missing.

    Raises:
        DefinitionError: a reference region or a year is not among the cells.
        DataError: an indicator has no spread, or a sign, where its method needs one.
    """
    rules = pl.DataFrame(
        [_rule(key, setting, direction) for key, (setting, direction) in settings.items()],
        schema={
            "indicator": pl.String,
            "rule": pl.String,
            "over": pl.String,
            "clip": pl.Boolean,
            "average": pl.Boolean,
            "stretch": pl.Boolean,
            "reference": pl.String,
            **dict.fromkeys(_PARAMETERS, pl.Float64),
        },
    )
    _refuse_unknown(cells, settings)
    present = set(rules["rule"])
    choice = "\n".join(f"WHEN '{name}' THEN {SCORES[name]}" for name in sorted(present))
    places = _PLACES if present & set(_PLACED) else "NULL::DOUBLE AS place, NULL::DOUBLE AS equals"
    scored = store.query(
        f"""
        WITH directed AS (
          SELECT c.*, u.* EXCLUDE (indicator), u.sign * c.treated AS x,
            CASE WHEN u.over = 'edition' THEN c.scenario ELSE -1 END AS pool,
            u.over IN ('edition', 'panel') OR u.over = CAST(c.scenario AS VARCHAR) AS counts
          FROM cells c
          JOIN rules u ON u.indicator = c.indicator
        ), listed AS (
          SELECT pool, indicator, min(x) AS least, max(x) AS most,
            list_sort(list(x) FILTER (WHERE x IS NOT NULL)) AS xs,
            CAST(count(x) AS DOUBLE) AS n,
            max(CASE WHEN region = reference THEN x END) AS compared
          FROM directed
          WHERE counts
          GROUP BY pool, indicator
        ), centred AS (
          SELECT *, list_sum(xs) / n AS mean
          FROM listed
        ), spread AS (
          SELECT *, sqrt(list_sum(list_transform(xs, lambda v: (v - mean) * (v - mean)))
            / nullif(n - 1, 0)) AS sd
          FROM centred
        ), placed AS (
          SELECT d.*, s.least, s.most, s.mean, s.sd, s.n, s.compared, {places}
          FROM directed d
          LEFT JOIN spread s ON s.pool = d.pool AND s.indicator = d.indicator
        ), scored AS (
          SELECT *, CASE WHEN x IS NULL THEN NULL ELSE CASE rule {choice} END END AS own
          FROM placed
        ), ends AS (
          SELECT pool, indicator, min(own) AS lowest, max(own) AS highest
          FROM scored
          WHERE counts
          GROUP BY pool, indicator
        )
        SELECT s.* EXCLUDE (
            x, own, counts, clip, average, place, equals, mean, sd, over, reference,
            stretch, {", ".join(_PARAMETERS)}
          ), s.sign, s.goal, s.stretch, e.lowest, e.highest,
          CASE WHEN s.stretch
            THEN (own - lowest) / (highest - lowest) * (top - bottom) + bottom
            ELSE own END AS score
        FROM scored s
        LEFT JOIN ends e ON e.pool = s.pool AND e.indicator = s.indicator
        """,
        {"cells": cells, "rules": rules},
    )
    _refuse_flat(scored)
    return finite(scored.select(*cells.columns, "score"), "score", "the score")


def _rule(key: str, setting: Setting, direction: Direction) -> dict[str, object]:
    sign = -1.0 if direction == "lower" else 1.0
    rule: dict[str, object] = dict.fromkeys((*_PARAMETERS, "reference"))
    rule |= {"indicator": key, "rule": setting.name, "sign": sign}
    ends = getattr(setting, "range", None)
    if ends is not None:
        rule |= {"bottom": ends[0], "top": ends[1]}
    rule |= {
        "over": str(getattr(setting, "over", "edition")),
        "clip": bool(getattr(setting, "clip", False)),
        "average": isinstance(setting, Rank) and setting.ties == "average",
        "stretch": ends is not None and setting.name not in _RANGED,
    }
    if isinstance(setting, ZScore):
        rule |= {"to_mean": setting.mean, "to_sd": setting.sd}
    if isinstance(setting, Centred) and setting.centre is not None:
        rule["centre"] = sign * setting.centre
    if isinstance(setting, Target):
        rule["goal"] = sign * setting.target
    if isinstance(setting, Reference):
        rule["reference"] = setting.region
    if isinstance(setting, Goalposts):
        if setting.points is not None:
            rule |= dict(zip(("first", "second", "third", "fourth"), setting.points, strict=True))
            rule["rule"] = "band"
        elif setting.low is not None and setting.high is not None:
            posts = sorted((sign * setting.low, sign * setting.high))
            rule |= {"low": posts[0], "high": posts[1]}
    return rule


def _refuse_unknown(cells: pl.DataFrame, settings: Mapping[str, tuple[Setting, Direction]]) -> None:
    regions, years = set(cells["region"]), set(cells["scenario"])
    problems = []
    for key, (setting, _) in settings.items():
        over = getattr(setting, "over", "edition")
        if isinstance(over, int) and over not in years:
            problems.append(
                Problem(
                    f"{key}, method.normalise",
                    f"the year {over} is not among the editions",
                    "rate a panel that has it",
                )
            )
        if isinstance(setting, Reference) and setting.region not in regions:
            problems.append(
                Problem(f"{key}, method.normalise", f"no region '{setting.region}' in the data")
            )
    if problems:
        raise DefinitionError(problems)


# What makes a denominator 0, or turns a share over: in the words of the frame that is checked.
_FLAT = pl.col("least") == pl.col("most")
_FAULTS = (
    (
        pl.col("rule").is_in(["minmax", "zscore", "best", "centred"]) & _FLAT,
        "zero range: every region with a value has {value:g}",
        "give it goalposts, weight 0, or leave it out of the edition",
    ),
    (
        (pl.col("rule") == "percentile_rank") & (pl.col("n") < 2),
        "zero range: one region alone has no percentile rank",
        "choose another normalisation",
    ),
    (
        (pl.col("rule") == "target") & (pl.col("goal") <= pl.col("least")),
        "the target is not beyond the worst value, {value:g}",
        "choose a target that is still ahead of the worst region",
    ),
    (
        (pl.col("rule") == "reference")
        & (pl.col("compared").is_null() | (pl.col("compared") <= pl.col("least"))),
        "the reference region has no value above the worst, {value:g}",
        "choose another reference region",
    ),
    (
        (pl.col("rule") == "fraction")
        & pl.when(pl.col("sign") > 0).then(pl.col("most") <= 0).otherwise(pl.col("most") >= 0),
        "a fraction of the best needs values above 0",
        "choose another normalisation",
    ),
    (
        pl.col("stretch") & (pl.col("lowest") == pl.col("highest")),
        "zero range: every region with a value has the same score",
        "leave range out, give it weight 0, or leave it out of the edition",
    ),
)


def _refuse_flat(scored: pl.DataFrame) -> None:
    known = scored.filter(pl.col("n") > 0).unique(["pool", "indicator"], keep="first")
    problems = []
    for fault, what, remedy in _FAULTS:
        for row in known.filter(fault).sort("indicator", "pool").iter_rows(named=True):
            value = row["sign"] * row["least"] + 0.0
            problems.append(Problem(row["indicator"], what.format(value=value), remedy))
    if problems:
        raise DataError(problems)
