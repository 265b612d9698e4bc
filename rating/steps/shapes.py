"""Skewness and kurtosis of columns whose extreme points move inwards, round after round.

A round changes a few points of a column. So the cells are read a fixed number of times: for the
extreme values, for what lies between them, the core, and for its powers. The rounds run over the
extremes, a row a column.
"""

from __future__ import annotations

import polars as pl

from rating.engine.cells import beside, by_number
from rating.engine.store import Store, exact_sum

_CORE = "x > floor AND x < ceiling"

# As many points at either end as may move; between ``floor`` and ``ceiling`` none ever does.
_ENDS = """
WITH ends AS (
  SELECT place, count(x) AS n, max(x, {most}) AS tops, min(x, {most}) AS bottoms
  FROM cells
  GROUP BY place
)
SELECT place, CAST(n AS DOUBLE) AS n, bottoms[1] AS low, tops[1] AS high,
  bottoms[-1] AS floor, tops[-1] AS ceiling
FROM ends
WHERE n > 0
"""

# Every value that is not of the core, with the number of its points.
_EXTREMES = f"""
WITH counted AS (
  SELECT place, x, CAST(count(*) AS DOUBLE) AS points
  FROM cells
  WHERE NOT ({_CORE})
  GROUP BY place, x
)
SELECT place, list(x ORDER BY x) AS xs, list(points ORDER BY x) AS points
FROM counted
GROUP BY place
"""

_MIDDLE = f"""
WITH core AS (
  SELECT place, CAST(count(*) AS DOUBLE) AS inside, min(x) AS least, max(x) AS most,
    {exact_sum("x", "greatest(-floor, ceiling)")} / inside AS centre
  FROM cells
  WHERE {_CORE}
  GROUP BY place
)
SELECT *, nullif(greatest(most - centre, centre - least), 0) AS reach
FROM core
"""

_POWERS = f"""
WITH powers AS (
  SELECT place, (x - centre) / reach AS u, u * u AS u2
  FROM cells
  WHERE {_CORE}
)
SELECT place, {exact_sum("u")} AS p1, {exact_sum("u2")} AS p2, {exact_sum("u2 * u")} AS p3,
  {exact_sum("u2 * u2")} AS p4
FROM powers
GROUP BY place
"""

# Skewness G1 and excess kurtosis G2, both unbiased for a normal population: Joanes and Gill,
# "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998); e1071 type 2.
# Deviations are divided by the greatest, so that no power overflows. The powers of the core are
# shifted from its centre to the mean; those of the extremes are taken one by one.
#
# Each round takes the shape of every column under its limits, and where it does not pass moves the
# limit at the far end to the next value. A column of two values left has nowhere to go: one more
# move would make it constant.
_ROUNDS = """
WITH RECURSIVE rounds AS (
  SELECT place, 0 AS round, low, high, 0::BIGINT AS moved_low, 0::BIGINT AS moved_high,
    NULL::DOUBLE AS skewness, NULL::DOUBLE AS kurtosis, false AS passes, true AS going,
    low AS next_low, high AS next_high, 0::BIGINT AS next_moved_low, 0::BIGINT AS next_moved_high
  FROM state
  UNION ALL (
    WITH moved AS (
      SELECT s.* EXCLUDE (low, high, centre), r.round + 1 AS round, r.next_low AS low,
        r.next_high AS high, r.next_moved_low AS moved_low, r.next_moved_high AS moved_high,
        coalesce(s.centre, r.next_low) AS centre,
        list_transform(s.xs, lambda v: least(greatest(v, r.next_low), r.next_high)
          - coalesce(s.centre, r.next_low)) AS d
      FROM rounds r
      JOIN state s ON s.place = r.place
      WHERE r.going
    ), centred AS (
      SELECT *, (list_inner_product(points, d) + reach * p1) / n AS mean,
        coalesce(nullif(greatest(high - centre - mean, mean - (low - centre)), 0), 1) AS far
      FROM moved
    ), scaled AS (
      SELECT *, list_transform(d, lambda v: (v - mean) / far) AS e,
        list_transform(e, lambda v: v * v) AS e2, reach / far AS q, mean / far AS m
      FROM centred
    ), sums AS (
      SELECT *,
        list_inner_product(points, e2)
          + q * q * p2 - 2 * m * q * p1 + inside * m * m AS s2,
        list_inner_product(points, list_transform(e, lambda v: v * v * v))
          + q * q * q * p3 - 3 * m * q * q * p2 + 3 * m * m * q * p1 - inside * m * m * m AS s3,
        list_inner_product(points, list_transform(e2, lambda v: v * v))
          + q * q * q * q * p4 - 4 * m * q * q * q * p3 + 6 * m * m * q * q * p2
          - 4 * m * m * m * q * p1 + inside * m * m * m * m AS s4,
        list_max(list_filter(stops, lambda v: v < high)) AS below,
        list_min(list_filter(stops, lambda v: v > low)) AS above
      FROM scaled
    ), shapes AS (
      SELECT *,
        CASE WHEN n >= 3 AND high > low
          THEN sqrt(n) * s3 / pow(s2, 1.5) * sqrt(n * (n - 1)) / (n - 2) END AS skewness,
        CASE WHEN n >= 4 AND high > low
          THEN ((n + 1) * (n * s4 / (s2 * s2) - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
          END AS kurtosis
      FROM sums
    ), judged AS (
      SELECT *, skewness IS NULL OR abs(skewness) < max_skewness
          OR coalesce(kurtosis < max_kurtosis, false) AS passes,
        list_inner_product(points, list_transform(xs, lambda v: (v >= high)::DOUBLE)) AS at_high,
        list_inner_product(points, list_transform(xs, lambda v: (v <= low)::DOUBLE)) AS at_low
      FROM shapes
    )
    SELECT place, round, low, high, moved_low, moved_high, skewness, kurtosis, passes,
      NOT passes AND moved_low + moved_high < max_points AND coalesce(below > low, false) AS going,
      CASE WHEN skewness >= 0 THEN low ELSE above END AS next_low,
      CASE WHEN skewness >= 0 THEN below ELSE high END AS next_high,
      CASE WHEN skewness >= 0 THEN moved_low ELSE at_low::BIGINT END AS next_moved_low,
      CASE WHEN skewness >= 0 THEN at_high::BIGINT ELSE moved_high END AS next_moved_high
    FROM judged
  )
)
SELECT place, round, low, high, moved_low, moved_high, skewness, kurtosis, passes,
  high > low AS varies
FROM rounds
WHERE round > 0
"""


def shapes(store: Store, cells: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The shape of each column as it is and after each move of its extremes.

    Args:
        store: the connection that does the arithmetic.
        cells: place, imputed.
        places: max_points, max_skewness, max_kurtosis for each place, in order; missing for those
            that have no cells here.

    Returns:
        place, round (from 1), low and high (the limits), moved_low and moved_high (points),
        skewness, kurtosis, passes, varies; no row for a column without a number.
    """
    count = places.height
    most = max(1, places["max_points"].max() or 1)
    cells = cells.select("place", x="imputed")
    ends = store.query(_ENDS.format(most=most), {"cells": cells})
    known = by_number(ends, count=count)
    cells = beside(cells, known, ["floor", "ceiling"])
    extremes = store.query(_EXTREMES, {"cells": cells})
    middle = store.query(_MIDDLE, {"cells": cells})
    core = by_number(middle, count=count)
    powers = store.query(_POWERS, {"cells": beside(cells, core, ["centre", "reach"])})
    zero = pl.col("inside", "reach", "p1", "p2", "p3", "p4").fill_null(0.0)
    state = (
        ends.join(places.select("place", "max_points", "max_skewness", "max_kurtosis"), on="place")
        .join(extremes, on="place")
        .join(middle, on="place", how="left")
        .join(powers, on="place", how="left")
        .with_columns(
            zero,
            stops=pl.concat_list("xs", "least", "most"),
        )
        .sort("place")
    )
    return store.query(_ROUNDS, {"state": state})
