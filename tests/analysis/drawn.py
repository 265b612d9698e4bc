"""A small section with declared alternatives, for the tests of uncertainty."""

from __future__ import annotations

from typing import Any

import polars as pl

import rating
from tests.flat import data, section

META = pl.DataFrame(
    [
        ("index", None, "higher", 1.0),
        ("first", "index", "higher", 2.0),
        ("second", "index", "higher", 1.0),
        ("a", "first", "higher", 1.0),
        ("b", "first", "higher", 2.0),
        ("c", "second", "higher", 1.0),
        ("d", "second", "lower", 1.0),
        ("e", "index", "higher", 1.0),
    ],
    schema={"id": pl.String, "parent": pl.String, "direction": pl.String, "weight": pl.Float64},
    orient="row",
)
METHOD: dict[str, Any] = {
    "normalise": {"name": "minmax", "range": [1, 100]},
    "groups": {"name": "share_of_gap", "cuts": [0.8, 0.6, 0.4, 0.2]},
}
WEIGHTS = {"id": "weights", "kind": "weights", "draw": {"name": "dirichlet", "concentration": 20}}
MEAN = {"id": "mean", "kind": "aggregate", "options": [{}, {"name": "geometric"}]}
TREATMENT = {"id": "treatment", "kind": "treat", "options": [{}, {"name": "winsorise"}]}
SCALE = {"id": "scale", "kind": "normalise", "options": [{}, {"name": "rank"}]}
ONE_OUT = {"id": "one_out", "kind": "leave_out", "items": "each"}
ALL = (WEIGHTS, MEAN, TREATMENT, SCALE, ONE_OUT)

FIGURES = pl.DataFrame(
    {
        "region": ["R1", "R2", "R3", "R4", "R5", "R6"],
        "a": [9.0, 7.0, 6.0, 4.0, 2.0, 1.0],
        "b": [50.0, 41.0, 44.0, 30.0, 27.0, 3.0],
        "c": [3.0, 8.0, 1.0, 7.0, None, 2.0],
        "d": [5.0, 4.0, 6.0, 2.0, 9.0, 8.0],
        "e": [11.0, 17.0, 13.0, 12.0, 10.0, None],
    }
)


def rated(
    *assumptions: dict[str, Any],
    figures: pl.DataFrame = FIGURES,
    meta: pl.DataFrame = META,
    level: float = 0.9,
    **method: Any,
) -> rating.Rating:
    """A rating of the figures whose section declares the assumptions."""
    made = section(
        meta,
        {**METHOD, **method},
        uncertainty={"level": level, "assumption": [dict(given) for given in assumptions]},
    )
    return rating.rate(made, data(made, figures), edition=2019)
