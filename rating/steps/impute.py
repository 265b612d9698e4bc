"""Fill missing values by a named rule, or leave them missing."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.definitions.estimators import ordered_sum
from rating.definitions.settings import (
    Constant,
    GroupMean,
    GroupMedian,
    Latest,
    Linear,
    Setting,
    Structure,
)
from rating.engine.cells import Cells, beside
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem, nearest
from rating.steps.predict import Model, check_names, predict

_GROUPED = GroupMean | GroupMedian
_OVER_YEARS = Latest | Linear | Constant


def impute(
    store: Store,
    cells: Cells,
    settings: Mapping[str, Setting],
    regions: pl.DataFrame,
    years: Mapping[int, int] | None = None,
) -> Cells:
    """Fill the missing values of each indicator by its setting.

    Every rule reads measured values alone, never what another rule filled: the order of
    indicators is nothing. docs/method/impute.md has the formulas.

    Args:
        store: the connection that does the arithmetic.
        cells: with ``value``, and for ``structure`` the ``estimate``.
        settings: the imputation of each indicator.
        regions: region and the columns that groups are taken from.
        years: the year of each scenario, for the methods that look along the years.

    Returns:
        The cells with ``imputed``: the value where known, what fills it where missing, and missing
        where nothing does (a group without a known value).

    Raises:
        DefinitionError: a group is not a column of the regions, a method over the years has one
            edition only, no version has an estimate, or a model cannot be fitted.
        DataError: what would fill a value is not a finite number.
    """
    check_names(settings)
    groups = _groups(settings, regions)
    calendar = _calendar(cells, settings, years)
    _check_estimates(cells, settings)
    gaps = cells.rows.with_row_index("row").filter(pl.col("value").is_null())
    lacking = cells.columns["indicator"].gather(gaps["place"].unique()).unique()
    wanted = {key: settings[key] for key in sorted(lacking) if settings[key].name != "none"}
    if not wanted:
        return cells.with_columns(pl.col("value").alias("imputed"))
    fills = [
        _averages(store, cells, gaps, wanted, groups),
        _over_years(store, cells, wanted, calendar),
        _estimates(cells, gaps, wanted),
        _predicted(store, cells, wanted, tuple(settings), years),
    ]
    found = pl.concat(fill.select("row", "imputed") for fill in fills if fill is not None)
    filled = cells.with_columns(cells.placed(found, "imputed", otherwise="value"))
    return filled.finite("imputed", "the imputed value")


def _averages(
    store: Store,
    cells: Cells,
    gaps: pl.DataFrame,
    settings: Mapping[str, Setting],
    groups: pl.DataFrame,
) -> pl.DataFrame | None:
    """What the mean or the median, of all regions or of a region's group, puts in each gap."""
    names = ("mean", "median", "group_mean", "group_median")
    wanted = {key: setting for key, setting in settings.items() if setting.name in names}
    if not wanted:
        return None
    rules = pl.DataFrame(
        {
            "indicator": list(wanted),
            "median": [setting.name.endswith("median") for setting in wanted.values()],
            "grouping": [s.group if isinstance(s, _GROUPED) else None for s in wanted.values()],
        },
        schema={"indicator": pl.String, "median": pl.Boolean, "grouping": pl.String},
    )
    mean = f"{ordered_sum('value')} / count(value)"
    mixed = rules["median"].n_unique() > 1
    average = "median(value)" if rules["median"].any() else mean
    if mixed:
        average = f"CASE WHEN any_value(median) THEN median(value) ELSE {mean} END"
    places = cells.places(rules)
    asked = places["median"].is_not_null()
    gaps = gaps.filter(asked.gather(gaps["place"]))
    known = beside(cells.of_places(asked, "value"), places, ["median"] * mixed)
    keys = ["place"]
    if groups.height:
        keys.append("member")
        known, gaps = (_membered(rows, cells, places, groups) for rows in (known, gaps))
    listed = ", ".join(keys)
    averages = store.query(
        f"""
        SELECT {listed}, {average} AS imputed
        FROM known
        WHERE value IS NOT NULL
        GROUP BY {listed}
        """,
        {"known": known},
    )
    return gaps.join(averages, on=keys)


def _membered(
    rows: pl.DataFrame, cells: Cells, places: pl.DataFrame, groups: pl.DataFrame
) -> pl.DataFrame:
    """Rows with the group of their region, empty for all regions; without those of no group."""
    named = rows.with_columns(
        places["grouping"].gather(rows["place"]),
        cells.regions.gather(rows["region"]).alias("region"),
    ).join(groups, on=["grouping", "region"], how="left")
    member = pl.when(pl.col("grouping").is_null()).then(pl.lit("")).otherwise("member")
    return named.with_columns(member=member).filter(pl.col("member").is_not_null())


def _groups(settings: Mapping[str, Setting], regions: pl.DataFrame) -> pl.DataFrame:
    """grouping, region, member: the group of each region in each column that is asked for."""
    wanted = sorted({s.group for s in settings.values() if isinstance(s, _GROUPED)})
    frames = [
        pl.DataFrame(schema={"grouping": pl.String, "region": pl.String, "member": pl.String})
    ]
    for name in wanted:
        column = name if name in regions.columns else f"{name}_en"
        if column not in regions.columns:
            raise DefinitionError(
                Problem(
                    "method.impute, group",
                    f"the regions have no column '{name}'",
                    nearest(name, set(regions.columns) - {"region"}),
                )
            )
        frames.append(
            regions.select(
                pl.lit(name).alias("grouping"),
                "region",
                pl.col(column).cast(pl.String).alias("member"),
            )
        )
    return pl.concat(frames)


# Each is an expression over the values of one region and indicator before and after a gap.
_ALONG = {
    "latest": "CASE WHEN year - before_year <= max_age THEN before END",
    "constant": "coalesce(before, after)",
    "linear": """CASE WHEN before IS NULL THEN after WHEN after IS NULL THEN before
      ELSE before + (after - before) * (year - before_year) / (after_year - before_year) END""",
}


def _over_years(
    store: Store,
    cells: Cells,
    settings: Mapping[str, Setting],
    calendar: pl.DataFrame,
) -> pl.DataFrame | None:
    """What the values of the same region and indicator in other years put in each gap."""
    wanted = {key: s for key, s in settings.items() if isinstance(s, _OVER_YEARS)}
    if not wanted:
        return None
    rules = pl.DataFrame(
        {
            "indicator": list(wanted),
            "rule": [setting.name for setting in wanted.values()],
            "max_age": [(s.max_age if isinstance(s, Latest) else None) for s in wanted.values()],
        },
        schema={"indicator": pl.String, "rule": pl.String, "max_age": pl.Int64},
    ).with_columns(pl.col("max_age").fill_null(10_000))
    choice = "\n".join(f"WHEN '{name}' THEN {fill}" for name, fill in _ALONG.items())
    return store.query(
        f"""
        WITH dated AS (
          SELECT c.row, c.region, c.indicator, c.value, y.year, u.rule, u.max_age,
            CASE WHEN c.value IS NOT NULL THEN y.year END AS known_year
          FROM cells c
          JOIN rules u ON u.indicator = c.indicator
          JOIN calendar y ON y.scenario = c.scenario
        ), along AS (
          SELECT *,
            last_value(value IGNORE NULLS) OVER earlier AS before,
            max(known_year) OVER earlier AS before_year,
            first_value(value IGNORE NULLS) OVER later AS after,
            min(known_year) OVER later AS after_year
          FROM dated
          WINDOW earlier AS (PARTITION BY region, indicator ORDER BY year
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            later AS (PARTITION BY region, indicator ORDER BY year
              ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
        )
        SELECT "row", CAST(CASE rule {choice} END AS DOUBLE) AS imputed
        FROM along
        WHERE value IS NULL
        """,
        {
            "cells": cells.named().with_row_index("row"),
            "rules": rules,
            "calendar": calendar,
        },
    )


def _calendar(
    cells: Cells, settings: Mapping[str, Setting], years: Mapping[int, int] | None
) -> pl.DataFrame:
    """scenario, year: the editions of a panel, refused where a method needs them and has none."""
    asking = sorted(key for key, s in settings.items() if isinstance(s, _OVER_YEARS))
    scenarios = sorted(cells.columns["scenario"].unique())
    dated = {s: years[s] for s in scenarios if s in years} if years else {}
    if asking and (len(dated) < max(2, len(scenarios)) or len(set(dated.values())) < len(dated)):
        raise DefinitionError(
            Problem(
                f"{key}, method.impute",
                f"'{settings[key].name}' looks along the years and there is one edition only"
                if len(scenarios) < 2
                else f"'{settings[key].name}' looks along the years: each scenario needs its own",
                "rate a panel of several editions, or choose a method within one edition",
            )
            for key in asking
        )
    schema = {"scenario": pl.Int64, "year": pl.Int64}
    return pl.DataFrame({"scenario": list(dated), "year": list(dated.values())}, schema=schema)


def _check_estimates(cells: Cells, settings: Mapping[str, Setting]) -> None:
    asking = sorted(key for key, s in settings.items() if isinstance(s, Structure))
    if asking and "estimate" not in cells.rows.columns:
        raise DefinitionError(
            Problem(
                f"{key}, method.impute",
                "'structure' needs an estimate and no version has one",
                "write the formula as the version's `estimate`, beside its `value`",
            )
            for key in asking
        )


def _estimates(
    cells: Cells, gaps: pl.DataFrame, settings: Mapping[str, Setting]
) -> pl.DataFrame | None:
    """What the version's own estimate puts in each gap."""
    wanted = [key for key, setting in settings.items() if isinstance(setting, Structure)]
    if not wanted:
        return None
    asked = cells.columns["indicator"].is_in(wanted)
    return gaps.filter(asked.gather(gaps["place"])).select("row", imputed="estimate")


def _predicted(
    store: Store,
    cells: Cells,
    settings: Mapping[str, Setting],
    indicators: tuple[str, ...],
    years: Mapping[int, int] | None,
) -> pl.DataFrame | None:
    """What other indicators say of each gap."""
    if not any(isinstance(setting, Model) for setting in settings.values()):
        return None
    named = cells.named()
    found = predict(store, named, settings, indicators, years)
    keys = ["scenario", "region", "indicator"]
    return named.select(keys).with_row_index("row").join(found, on=keys)
