"""What there is to rate with: coverage and the shape of each indicator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rating.steps.relations import Column

if TYPE_CHECKING:
    from rating.result import Rating

# COINr's thresholds of get_stats, and the JRC's of skewness and kurtosis.
LEAST_AVAILABLE = 0.65
LEAST_NONZERO = 0.5
LEAST_UNIQUE = 0.5
MOST_SKEWNESS = 2.0
MOST_KURTOSIS = 3.5

_SHARES = ("n", "nonzero", "unique", "same")


def statistics(values: pl.DataFrame) -> pl.DataFrame:
    """The shape of each indicator as measured, over the regions that have it.

    Skewness and kurtosis are of type 2, as SAS, SPSS and Excel have them (D. N. Joanes, C. A. Gill,
    The Statistician 47 (1998) 183-189); kurtosis is excess. They are missing below three and four
    regions and where all values are equal.

    Args:
        values: region, indicator, value; more columns are ignored.

    Returns:
        indicator, min, max, mean, median, sd (n - 1), skewness, kurtosis; n, nonzero, unique and
        same (how often the commonest value occurs), each with its ``_share`` (of regions for n,
        of n for the others); and flags: n_flag, nonzero_flag, unique_flag (``ok`` or ``LOW``) and
        shape_flag (``ok`` or ``OUT``, beyond both limits).
    """
    rows = [
        {"indicator": indicator, **_shape(part.sort("region")["value"])}
        for (indicator,), part in values.group_by("indicator", maintain_order=True)
    ]
    counts = dict.fromkeys(_SHARES, pl.Int64)
    moments = ("min", "max", "mean", "median", "sd", "skewness", "kurtosis")
    schema = {"indicator": pl.String, **dict.fromkeys(moments, pl.Float64), **counts}
    shares = [
        (pl.col(name) / (pl.col("regions") if name == "n" else pl.col("n"))).alias(f"{name}_share")
        for name in _SHARES
    ]
    return (
        pl.DataFrame(rows, schema={**schema, "regions": pl.Int64})
        .with_columns(pl.col(name).fill_nan(None) for name in moments)
        .with_columns(shares)
        .with_columns(pl.col(f"{name}_share").fill_nan(None) for name in _SHARES)
        .with_columns(
            n_flag=_low("n_share", LEAST_AVAILABLE),
            nonzero_flag=_low("nonzero_share", LEAST_NONZERO),
            unique_flag=_low("unique_share", LEAST_UNIQUE),
            shape_flag=pl.when(
                (pl.col("skewness").abs() > MOST_SKEWNESS) & (pl.col("kurtosis") > MOST_KURTOSIS)
            )
            .then(pl.lit("OUT"))
            .otherwise(pl.lit("ok")),
        )
        .drop("regions")
    )


def _low(column: str, least: float) -> pl.Expr:
    return pl.when(pl.col(column) >= least).then(pl.lit("ok")).otherwise(pl.lit("LOW"))


def _shape(values: pl.Series) -> dict[str, float | int | None]:
    x = values.drop_nulls().to_numpy().astype(float)
    counts = {"n": len(x), "regions": len(values), "nonzero": int(np.count_nonzero(x))}
    if not len(x):
        return {**counts, "unique": 0, "same": 0}
    _, times = np.unique(x, return_counts=True)
    skewness, kurtosis = moments(x)
    # By a power of two, which costs no digit, so that no square or sum leaves the range of doubles.
    power = int(np.frexp(np.abs(x).max())[1])
    scaled = np.ldexp(x, -power)
    return {
        **counts,
        "unique": len(times),
        "same": int(times.max()),
        "min": float(x.min()),
        "max": float(x.max()),
        "mean": float(np.ldexp(scaled.mean(), power)),
        "median": float(np.ldexp(np.median(scaled), power)),
        "sd": float(np.ldexp(scaled.std(ddof=1), power)) if len(x) > 1 else None,
        "skewness": skewness,
        "kurtosis": kurtosis,
    }


def moments(x: Column) -> tuple[float | None, float | None]:
    """Skewness and excess kurtosis of type 2; None where they are not defined."""
    n = len(x)
    if n < 3 or x.max() == x.min():
        return None, None
    scaled = x / np.abs(x).max()
    away = scaled - scaled.mean()
    d = away / np.abs(away).max()
    s2, s3, s4 = (float((d**k).sum()) for k in (2, 3, 4))
    skewness = np.sqrt(n) * s3 / s2**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    if n < 4:
        return float(skewness), None
    kurtosis = ((n + 1) * (n * s4 / s2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return float(skewness), float(kurtosis)


def coverage(result: Rating) -> pl.DataFrame:
    """What is known of each indicator, region and node.

    Returns:
        kind (``indicator``, ``region`` or ``node``), item, observed, imputed, missing, share, and
        unscored. Cells are counted over the indicators that count: for an indicator over regions,
        for a region over indicators, for a node over both. share = observed / all. unscored: the
        regions without its score, for a region the nodes without one.
    """
    tree = result.tree
    counted = tree.scored()
    cells = result.values.select("region", "indicator", "status", "score")
    of_indicators = _counts(cells, "indicator")
    of_regions = _counts(cells.filter(pl.col("indicator").is_in(counted)), "region")
    below = pl.DataFrame(
        [(node.id, item) for item in counted for node in result.section.ancestors(item)],
        schema={"node": pl.String, "indicator": pl.String},
        orient="row",
    )
    of_nodes = _counts(cells.join(below, on="indicator"), "node")
    gaps = pl.col("score").is_null().sum().cast(pl.Int64).alias("unscored")
    parts = [
        ("indicator", of_indicators, cells.group_by("indicator").agg(gaps), "indicator"),
        ("region", of_regions, result.scores.group_by("region").agg(gaps), "region"),
        ("node", of_nodes, result.scores.group_by("node").agg(gaps), "node"),
    ]
    order = [item.id for item in tree.indicators] + list(tree.nodes)
    place = pl.DataFrame({"item": order, "position": range(len(order))})
    return (
        pl.concat(
            counts.join(empty, on=key, how="left").select(
                pl.lit(kind).alias("kind"),
                pl.col(key).alias("item"),
                "observed",
                "imputed",
                "missing",
                pl.col("observed")
                .truediv(pl.sum_horizontal("observed", "imputed", "missing"))
                .alias("share"),
                "unscored",
            )
            for kind, counts, empty, key in parts
        )
        .join(place, on="item", how="left")
        .sort(pl.col("kind").replace({"indicator": "0", "region": "1"}), "position", "item")
        .drop("position")
    )


def _counts(cells: pl.DataFrame, key: str) -> pl.DataFrame:
    return cells.group_by(key).agg(
        (pl.col("status") == status).sum().cast(pl.Int64).alias(status)
        for status in ("observed", "imputed", "missing")
    )
