"""Values to scores on a common scale, higher always better."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from itertools import compress

import polars as pl

from rating.definitions.model import Direction
from rating.definitions.settings import Centred, Goalposts, Rank, Reference, Setting, Target, ZScore
from rating.engine.cells import Cells, beside, by_number
from rating.engine.store import Store, binary_unit, exact_sum
from rating.errors import DataError, DefinitionError, Problem, nearest

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
    "rank": "standing + CASE WHEN average THEN (equals - 1) / 2 ELSE 0 END",
    "borda": "standing - 1",
    "percentile_rank": "(standing - 1) / (n - 1)",
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
SELECT "row", CAST(rank() OVER (PARTITION BY pool ORDER BY x) AS DOUBLE) AS standing,
  CAST(count(*) OVER (PARTITION BY pool, x) AS DOUBLE) AS equals
FROM (SELECT "row", pool, sign * treated AS x FROM cells WHERE treated IS NOT NULL)
"""
_RANGED = ("minmax", "goalposts", "band", "centred")
_SPREAD = ("zscore", "centred")
_PARAMETERS = (
    "sign", "bottom", "top", "low", "high", "first", "second", "third", "fourth",
    "centre", "to_mean", "to_sd", "goal", "floor",
)  # fmt: skip


def normalise(
    store: Store,
    cells: Cells,
    settings: Mapping[str, tuple[Setting, Direction]],
    *,
    context: Collection[str] = (),
) -> Cells:
    """Score the treated values of each indicator by its setting and direction.

    Args:
        store: the connection that does the arithmetic.
        cells: with ``treated``; in a panel the scenario is the edition.
        settings: the normalisation and the direction of each indicator.
        context: indicators of weight 0: where one has no spread, it has no score.

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
    places = _pooled(cells.places(rules))
    asked = places["rule"].is_not_null()
    rows = cells.of_places(asked, "treated")
    places = places.join(
        _pools(store, cells, rows, places), on="pool", how="left", maintain_order="left"
    )
    rows = _standing(store, rows, places)
    used = sorted(set(places["rule"].drop_nulls()))
    choice = " ".join(f"WHEN '{name}' THEN {SCORES[name]}" for name in used)
    own = f"CASE rule {choice} END" if len(used) > 1 else SCORES[used[0]]
    made = {"v": _floored(places), "x": _curved(places), "score": own}
    rows = rows.with_columns(_each(store, rows, places, made, "score"))
    places = places.with_columns(same=pl.lit(False))
    if places["stretch"].any():
        places = _stretched(store, rows, places)
        rows = rows.with_columns(_each(store, rows, places, {"score": _STRETCHED}, "score"))
    if context:
        places = places.with_columns(context=pl.col("indicator").is_in(list(context)))
        bare = places.filter(pl.col("context") & pl.any_horizontal(f for f, *_ in _FAULTS))["place"]
        rows = rows.with_columns(
            score=pl.when(~pl.col("place").is_in(bare.implode())).then("score")
        )
        places = places.filter(~pl.col("context"))
    _refuse_flat(places)
    scored = cells.with_columns(cells.placed(rows, "score"))
    return scored.finite("score", "the score")


def _pooled(places: pl.DataFrame) -> pl.DataFrame:
    """The rules by place, with the number of the pool and whether the place counts in it.

    The number of a pool is that of its first place.
    """
    year = pl.when(pl.col("over") == "edition").then("scenario").otherwise(-1)
    return places.with_columns(
        pool=pl.col("place").min().over(year, "indicator"),
        counts=pl.col("over").is_in(["edition", "panel"])
        | (pl.col("over") == pl.col("scenario").cast(pl.String)),
    )


def _each(
    store: Store, rows: pl.DataFrame, places: pl.DataFrame, made: Mapping[str, str], name: str
) -> pl.Series:
    """An expression over every row, and over what its words name of the place of the row."""
    words = set(re.findall(r"\w+", " ".join(made.values())))
    named = sorted(words & set(places.columns) - set(rows.columns))
    # What is the same for all columns is written once.
    fixed = {name: _fixed(places[name]) for name in named}
    written = {name: text for name, text in fixed.items() if text is not None}
    varied = [name for name in named if name not in written]
    return store.each(beside(rows, places, varied), {**written, **made}, name)[name]


def _fixed(values: pl.Series) -> str | None:
    """SQL for the one number that all places have; None where they differ or have no number."""
    if values.dtype != pl.Float64 or values.null_count() or values.n_unique() > 1:
        return None
    return f"{values[0]!r}::DOUBLE"


def _floored(places: pl.DataFrame) -> str:
    """SQL for a treated value, not below the floor of a scale that is not linear."""
    if not places["curve"].count():
        return "treated"
    return "CASE WHEN treated < floor THEN floor ELSE treated END"


def _curved(places: pl.DataFrame) -> str:
    """SQL for x: the value on the scale of its goalposts and with its direction."""
    curved = f"CASE curve {_CURVED} ELSE v END" if places["curve"].count() else "v"
    return curved if (places["sign"] == 1).all() else f"sign * {curved}"


def _pools(store: Store, cells: Cells, rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The statistics of each pool, only those that a rule asks for."""
    counted = places.with_columns(
        pool=pl.when("counts").then("pool"),
        reference=_numbers(places["reference"], cells.regions),
    )
    referred = places["reference"].count() > 0
    held = beside(rows, counted, ["reference"] * referred)
    if (counted["pool"] == counted["place"]).all():
        held = held.rename({"place": "pool"})
    else:
        held = beside(held, counted, ["pool"]).filter(pl.col("pool").is_not_null())
    signs = counted.drop_nulls("pool").select("pool", "sign").unique("pool")
    compared = "max(CASE WHEN region = reference THEN treated END)" if referred else "NULL::DOUBLE"
    ends = store.query(
        f"""
        SELECT pool, min(treated) AS low, max(treated) AS high,
          CAST(count(treated) AS DOUBLE) AS n, {compared} AS compared,
          {binary_unit("greatest(-min(treated), max(treated))")} AS unit
        FROM cells
        GROUP BY pool
        """,
        {"cells": held},
    )
    spread = ends.select("pool", mean=pl.lit(None, pl.Float64), sd=pl.lit(None, pl.Float64))
    if set(places["rule"].drop_nulls()) & set(_SPREAD):
        spread = _spread(store, held, ends)
    least, most = pl.col("low") * pl.col("sign"), pl.col("high") * pl.col("sign")
    return ends.join(signs, on="pool").join(spread, on="pool").select(
        "pool", "n", "sd",
        least=pl.min_horizontal(least, most),
        most=pl.max_horizontal(least, most),
        compared=pl.col("compared") * pl.col("sign"),
        mean=pl.col("mean") * pl.col("sign"),
    )  # fmt: skip


def _numbers(names: pl.Series, regions: pl.Series) -> pl.Series:
    numbers = pl.int_range(len(regions), dtype=pl.UInt32, eager=True)
    return names.replace_strict(regions, numbers, default=None, return_dtype=pl.UInt32)


def _spread(store: Store, held: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """pool, mean, sd: of the values as they are, whatever the direction."""
    known = by_number(ends, "pool")
    rows = beside(held.select("pool", "treated"), known, ["unit", "low", "high"], by="pool")
    means = store.query(
        f"""
        SELECT pool, {exact_sum("treated", "unit")} / count(treated) AS mean,
          nullif(greatest(any_value(high) - mean, mean - any_value(low)), 0) AS far
        FROM cells
        GROUP BY pool
        """,
        {"cells": rows},
    )
    return store.query(
        f"""
        WITH squares AS (
          SELECT pool, any_value(mean) AS mean, any_value(far) AS far,
            CAST(count(treated) AS DOUBLE) AS n,
            {exact_sum("(treated - mean) / far * ((treated - mean) / far)")} AS s2
          FROM cells
          GROUP BY pool
        )
        SELECT pool, mean, far * sqrt(s2 / nullif(n - 1, 0)) AS sd
        FROM squares
        """,
        {"cells": beside(rows, by_number(means, "pool"), ["mean", "far"], by="pool")},
    )


def _standing(store: Store, rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The rows with their place in the pool and how many share it, where a rule asks for them."""
    if not set(places["rule"].drop_nulls()) & set(_PLACED):
        return rows
    found = store.query(_PLACES, {"cells": beside(rows, places, ["pool", "sign"])})
    return rows.join(found, on="row", how="left", maintain_order="left")


_STRETCHED = """CASE WHEN stretch
  THEN (score - lowest) / (highest - lowest) * (top - bottom) + bottom ELSE score END"""


def _stretched(store: Store, rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The places with the ends of the scores of their pool, and whether these are the same."""
    counted = places.with_columns(pool=pl.when("counts").then("pool"))
    ends = store.query(
        """
        SELECT pool, min(score) AS lowest, max(score) AS highest
        FROM cells
        WHERE pool IS NOT NULL
        GROUP BY pool
        """,
        {"cells": beside(rows, counted, ["pool"])},
    )
    same = pl.col("stretch") & (pl.col("lowest") == pl.col("highest")).fill_null(False)
    return places.join(ends, on="pool", how="left", maintain_order="left").with_columns(same=same)


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


def _refuse_unknown(cells: Cells, settings: Mapping[str, tuple[Setting, Direction]]) -> None:
    regions, years = set(cells.regions), set(cells.columns["scenario"])
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
                Problem(
                    f"{key}, method.normalise",
                    f"no region '{setting.region}' in the data",
                    nearest(setting.region, regions),
                )
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


def _refuse_flat(places: pl.DataFrame) -> None:
    known = places.filter(pl.col("n") > 0)
    wrong = known.select(fault.any().alias(what) for fault, what, _ in _FAULTS).row(0)
    problems = []
    for fault, what, remedy in compress(_FAULTS, wrong):
        at_fault = known.filter(fault).sort("indicator", "scenario").unique("pool", keep="first")
        for row in at_fault.sort("indicator", "pool").iter_rows(named=True):
            value = row["sign"] * row["least"] + 0.0
            problems.append(Problem(row["indicator"], what.format(value=value), remedy))
    if problems:
        raise DataError(problems)
