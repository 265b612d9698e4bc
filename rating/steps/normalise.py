"""Values to scores on a common scale, higher always better."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import compress

import polars as pl

from rating.definitions.model import Direction
from rating.definitions.settings import Centred, Goalposts, Rank, Reference, Setting, Target, ZScore
from rating.engine.store import Store, binary_unit, exact_sum, finite
from rating.errors import DataError, DefinitionError, Problem
from rating.steps.columns import Columns

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
# A value and goalposts on their scale. Below the low one all is alike, so no logarithm meets 0.
_CURVES: dict[str, tuple[str, Callable[[float], float]]] = {
    "log": ("ln(v)", math.log),
    "log1p": ("ln(1 + v)", math.log1p),
    "sqrt": ("sqrt(v)", math.sqrt),
}
_CURVED = " ".join(f"WHEN '{name}' THEN {sql}" for name, (sql, _) in _CURVES.items())
_PLACED = ("rank", "borda", "percentile_rank")
_PLACES = """
  CAST(rank() OVER (PARTITION BY pool ORDER BY x) AS DOUBLE) AS place,
  CAST(count(*) OVER (PARTITION BY pool, x) AS DOUBLE) AS equals"""
_RANGED = ("minmax", "goalposts", "band", "centred")
_SPREAD = ("zscore", "centred")
_PARAMETERS = (
    "sign", "bottom", "top", "low", "high", "first", "second", "third", "fourth",
    "centre", "to_mean", "to_sd", "goal", "floor",
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
            "curve": pl.String,
            "over": pl.String,
            "clip": pl.Boolean,
            "average": pl.Boolean,
            "stretch": pl.Boolean,
            "reference": pl.String,
            **dict.fromkeys(_PARAMETERS, pl.Float64),
        },
    )
    _refuse_unknown(cells, settings)
    columns = Columns.of(cells)
    places = _pooled(columns.names.join(rules, on="indicator"))
    held = columns.rows(
        "treated", *["region"] * (rules["reference"].count() > 0), present="treated"
    )
    pools = store.query(_pools(rules), {"cells": held, "rules": places})
    places = places.join(pools, on="pool", how="left")
    found = store.query(_scores(rules), {"cells": held, "rules": places})
    _refuse_flat(places, found)
    scored = cells.with_columns(columns.placed(found, "score"))
    return finite(scored, "score", "the score")


def _pooled(places: pl.DataFrame) -> pl.DataFrame:
    """The rules by place, with the number of the pool and whether the place counts in it."""
    year = pl.when(pl.col("over") == "edition").then("scenario").otherwise(-1)
    return places.with_columns(
        pool=pl.struct(year, "indicator").rank("dense").cast(pl.Int32),
        counts=pl.col("over").is_in(["edition", "panel"])
        | (pl.col("over") == pl.col("scenario").cast(pl.String)),
    )


def _directed(rules: pl.DataFrame) -> str:
    """SQL for x: a treated value on the scale of its goalposts and with its direction."""
    if not rules["curve"].count():
        return "r.sign * c.treated AS x"
    floored = "CASE WHEN c.treated < r.floor THEN r.floor ELSE c.treated END AS v"
    return f"{floored}, r.sign * CASE r.curve {_CURVED} ELSE v END AS x"


def _pools(rules: pl.DataFrame) -> str:
    """The query for the statistics of each pool, only those that a rule asks for."""
    compared = (
        "max(CASE WHEN region = reference THEN x END)"
        if rules["reference"].count()
        else "NULL::DOUBLE"
    )
    ends = f"""
        WITH directed AS (
          SELECT r.pool, {_directed(rules)}, c.* EXCLUDE (place), r.reference
          FROM cells c
          JOIN rules r ON r.place = c.place
          WHERE r.counts
        ), ends AS (
          SELECT pool, min(x) AS least, max(x) AS most, CAST(count(x) AS DOUBLE) AS n,
            {compared} AS compared
          FROM directed
          GROUP BY pool
        )"""
    if not set(rules["rule"]) & set(_SPREAD):
        return f"{ends} SELECT *, NULL::DOUBLE AS mean, NULL::DOUBLE AS sd FROM ends"
    return f"""{ends}, units AS (
          SELECT *, {binary_unit("greatest(-least, most)")} AS unit
          FROM ends
        ), means AS (
          SELECT d.pool, {exact_sum("d.x", "u.unit")} / count(*) AS mean
          FROM directed d
          JOIN units u ON u.pool = d.pool
          GROUP BY d.pool
        ), centred AS (
          SELECT e.*, m.mean, nullif(greatest(e.most - m.mean, m.mean - e.least), 0) AS far
          FROM ends e
          JOIN means m ON m.pool = e.pool
        ), squares AS (
          SELECT d.pool, {exact_sum("(d.x - c.mean) / c.far * ((d.x - c.mean) / c.far)")} AS s2
          FROM directed d
          JOIN centred c ON c.pool = d.pool
          GROUP BY d.pool
        )
        SELECT c.* EXCLUDE (far), c.far * sqrt(s.s2 / nullif(c.n - 1, 0)) AS sd
        FROM centred c
        JOIN squares s ON s.pool = c.pool"""


def _scores(rules: pl.DataFrame) -> str:
    """The query for the score of each row, and whether its pool has none but one."""
    used = sorted(set(rules["rule"]))
    choice = " ".join(f"WHEN '{name}' THEN {SCORES[name]}" for name in used if name in SCORES)
    own = f"CASE rule {choice} END" if len(used) > 1 else SCORES[used[0]]
    known = {*_PARAMETERS, "least", "most", "mean", "sd", "n", "compared", "clip", "average"}
    named = sorted(known & set(re.findall(r"\w+", own)) | {"pool", "rule", "stretch"})
    stretched = rules["stretch"].any()
    named = [*named, *["counts", "bottom", "top"] * stretched]
    placed = f", {_PLACES}" if set(used) & set(_PLACED) else ""
    scored = f"""
        WITH directed AS (
          SELECT c.row, {_directed(rules)}, {", ".join(f"r.{name}" for name in named)}
          FROM cells c
          JOIN rules r ON r.place = c.place
        ), placed AS (
          SELECT *{placed}
          FROM directed
        )"""
    if not stretched:
        return f'{scored} SELECT "row", {own} AS score, false AS same FROM placed'
    return f"""{scored}, scored AS (
          SELECT "row", pool, counts, bottom, top, stretch, {own} AS own
          FROM placed
        ), ends AS (
          SELECT pool, min(own) AS lowest, max(own) AS highest
          FROM scored
          WHERE counts
          GROUP BY pool
        )
        SELECT s.row, s.pool, s.stretch AND lowest = highest AS same,
          CASE WHEN s.stretch
            THEN (own - lowest) / (highest - lowest) * (top - bottom) + bottom
            ELSE own END AS score
        FROM scored s
        LEFT JOIN ends e ON e.pool = s.pool"""


def _rule(key: str, setting: Setting, direction: Direction) -> dict[str, object]:
    sign = -1.0 if direction == "lower" else 1.0
    rule: dict[str, object] = dict.fromkeys((*_PARAMETERS, "reference", "curve"))
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
            posts = [setting.low, setting.high]
            if setting.scale != "linear":
                rule |= {"curve": setting.scale, "floor": setting.low}
                posts = [_CURVES[setting.scale][1](post) for post in posts]
            low, high = sorted(sign * post for post in posts)
            rule |= {"low": low, "high": high}
    return rule


def _refuse_unknown(cells: pl.DataFrame, settings: Mapping[str, tuple[Setting, Direction]]) -> None:
    regions, years = set(cells["region"].unique()), set(cells["scenario"].unique())
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
        pl.col("same"),
        "zero range: every region with a value has the same score",
        "leave range out, give it weight 0, or leave it out of the edition",
    ),
)


def _refuse_flat(places: pl.DataFrame, found: pl.DataFrame) -> None:
    flat = found.filter("same")
    same = flat["pool"].unique() if flat.height else pl.Series([], dtype=pl.Int32)
    known = places.filter(pl.col("n") > 0).with_columns(same=pl.col("pool").is_in(same.implode()))
    wrong = known.select(fault.any().alias(what) for fault, what, _ in _FAULTS).row(0)
    problems = []
    for fault, what, remedy in compress(_FAULTS, wrong):
        at_fault = known.filter(fault).sort("indicator", "scenario").unique("pool", keep="first")
        for row in at_fault.sort("indicator", "pool").iter_rows(named=True):
            value = row["sign"] * row["least"] + 0.0
            problems.append(Problem(row["indicator"], what.format(value=value), remedy))
    if problems:
        raise DataError(problems)
