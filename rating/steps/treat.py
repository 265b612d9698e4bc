"""Pull in extreme values: winsorise, then a logarithm where that was not enough."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from rating.definitions.settings import Setting, Transformed, Winsorise
from rating.engine.cells import Cells, beside, by_number
from rating.engine.store import Store
from rating.steps.shapes import shapes

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


_CHANGED = {"row": pl.UInt32, "treated": pl.Float64, "changed": pl.Boolean}


@dataclass(frozen=True)
class Treated:
    """The outcome of treatment.

    Attributes:
        cells: the cells with ``treated``.
        points: scenario, indicator, region, raw, treated, rule: every point that was changed.
        shapes: scenario, indicator, skewness and kurtosis of the column before (``imputed``) and
            after (``treated``), winsorised points, rule.
    """

    cells: Cells
    points: pl.DataFrame
    shapes: pl.DataFrame


def treat(store: Store, cells: Cells, settings: Mapping[str, Setting]) -> Treated:
    """Winsorise, then log, each indicator whose shape asks for it.

    A column passes if abs(skewness) < 2 or excess kurtosis < 3.5 (or the setting's own limits).
    While it does not, the points at its far end (the greatest if the skewness is positive, else
    the least) move to the next value; tied points move together. If ``max_points`` are moved and it
    still does not pass, the values are transformed, by default ln(x - min + (max - min) / 100)
    of the original ones. A setting that is a transform is applied whatever the shape.
    Handbook on Constructing Composite Indicators (OECD/JRC, 2008), section 5; as in COINr.

    Args:
        store: the connection that does the arithmetic.
        cells: with ``imputed``.
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
    places = cells.places(limits)
    rounds = shapes(store, cells.of_places(places["always"].is_not_null(), "imputed"), places)
    rounds = rounds.join(places.drop("max_points", "max_skewness", "max_kurtosis"), on="place")
    rounds = rounds.sort("place", "round")
    first = rounds.unique("place", keep="first", maintain_order=True)
    last = rounds.unique("place", keep="last", maintain_order=True)
    return _applied(store, cells, first, last)


def _limits(key: str, setting: Setting) -> tuple[object, ...]:
    if isinstance(setting, Winsorise):
        then = None if setting.then == "none" else setting.then
        limits = (setting.max_points, setting.skewness, setting.kurtosis)
        return (key, *limits, then, setting.of == "original", setting.power, False)
    assert isinstance(setting, Transformed)
    return (key, 0, 0.0, 0.0, setting.name, True, setting.power, True)


def _applied(store: Store, cells: Cells, first: pl.DataFrame, last: pl.DataFrame) -> Treated:
    moved = pl.col("moved_low") + pl.col("moved_high")
    rules = last.with_columns(
        pl.when((pl.col("always") | ~pl.col("passes")) & pl.col("varies")).then("transform"),
        raw_skewness=first["skewness"],
        least=first["low"],
        most=first["high"],
    ).with_columns(
        rule=pl.when(pl.col("transform") == "box_cox")
        .then(pl.lit("transformed"))
        .when(pl.col("transform").is_not_null())
        .then(pl.lit("logged"))
        .when(moved > 0)
        .then(pl.lit("winsorised"))
        .otherwise(pl.lit("none")),
    )
    found = _changed(store, cells, rules)
    kept = cells.with_columns(cells.placed(found, "treated", otherwise="imputed")).finite(
        "treated", "the treated value"
    )
    keys = ("scenario", "indicator")
    before = first.select(*keys, "skewness", "kurtosis", pl.col("passes").alias("passed"))
    after = _after(store, kept, rules).select(
        skewness_after="skewness", kurtosis_after="kurtosis", winsorised=moved, rule="rule"
    )
    return Treated(
        cells=kept,
        points=_points(kept, found["row"].filter(found["changed"]), rules),
        shapes=pl.concat([before, after], how="horizontal").sort(*keys),
    )


def _after(store: Store, cells: Cells, rules: pl.DataFrame) -> pl.DataFrame:
    """The columns with the shape that they have now: rounds know it until a transform."""
    changed = rules.filter(pl.col("transform").is_not_null())
    if changed.is_empty():
        return rules
    limits = changed.select("place", max_points=0, max_skewness=0.0, max_kurtosis=0.0)
    places = by_number(limits, count=cells.columns.height)
    rows = cells.of_places(places["max_points"].is_not_null(), "treated")
    found = shapes(store, rows.rename({"treated": "imputed"}), places)
    return rules.update(
        found.select("place", "skewness", "kurtosis"), on="place", include_nulls=True
    )


def _points(cells: Cells, changed: pl.Series, rules: pl.DataFrame) -> pl.DataFrame:
    """Some cells by scenario, indicator and region, with the rule of their column."""
    mark = np.zeros(cells.rows.height + 1, bool)
    mark[changed.to_numpy() + 1] = True
    ordered = cells.columns.with_row_index("place").sort("scenario", "indicator")
    order = ordered["place"].to_numpy()
    table = cells.at[order]
    there = mark[table]
    place = np.broadcast_to(order[:, None], table.shape)
    region = np.broadcast_to(np.arange(table.shape[1], dtype=np.uint32), table.shape)
    rows = pl.Series(table[there] - np.uint32(1))
    points = cells.rows.select(pl.col("imputed", "treated").gather(rows)).with_columns(
        pl.Series("place", place[there]), pl.Series("region", region[there])
    )
    known = by_number(rules.select("place", "rule"), count=cells.columns.height)
    points = beside(points, known, ["rule"])
    return (
        Cells(points, cells.regions, cells.columns)
        .named()
        .select("scenario", "indicator", "region", "treated", "rule", raw="imputed")
        .select("scenario", "indicator", "region", "raw", "treated", "rule")
    )


def _changed(store: Store, cells: Cells, rules: pl.DataFrame) -> pl.DataFrame:
    """row, treated, changed: the cells of the columns that were moved or are transformed."""
    ends = rules.filter(pl.col("rule") != "none").select(
        "place", "low", "high", "transform", "power",
        skewness="raw_skewness",
        original=pl.col("of_original") & pl.col("transform").is_not_null(),
        least=pl.when("of_original").then("least").otherwise("low"),
        most=pl.when("of_original").then("most").otherwise("high"),
    )  # fmt: skip
    found = [pl.DataFrame(schema=_CHANGED)]
    for (transform,), own in ends.group_by("transform", maintain_order=True):
        places = by_number(own, count=cells.columns.height)
        rows = cells.of_places(places["low"].is_not_null(), "imputed")
        within = "CASE WHEN imputed > high THEN high WHEN imputed < low THEN low ELSE imputed END"
        if own["original"].any():
            within = (
                "imputed"
                if own["original"].all()
                else f"CASE WHEN original THEN imputed ELSE {within} END"
            )
        made = {"x": within, "treated": TRANSFORMS[str(transform)] if transform else "x"}
        names = sorted(set(re.findall(r"\w+", " ".join(made.values()))) & set(own.columns))
        new = store.each(beside(rows, places, names), made, "treated")
        known = rows["imputed"].is_not_null()
        changed = known if transform else new["treated"] != rows["imputed"]
        found.append(rows.select("row", new["treated"], changed=changed))
    return pl.concat(found)
