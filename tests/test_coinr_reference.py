"""COINr's own example through ``rating.from_coinr``: each of its files, step by step.

COINr 1.1.14 (MIT) on R 4.2.2 made the files; they are beside the project, not in it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pytest

import rating
from rating.inputs.coinr import identifier
from tests.flat import SHARED, distance, nodes, wide

COINR = SHARED / "reference/coinr"
EXACT = 1e-12
pytestmark = pytest.mark.skipif(
    not COINR.is_dir(), reason="COINr's files are not beside the project"
)

IMPUTE = {"name": "group_mean", "group": "eurasia_group"}
TREAT = {"name": "winsorise"}
STRICT = TREAT | {"skewness": 1.0, "kurtosis": 2.0}
EXAMPLE = {"impute": IMPUTE, "treat": TREAT}
FROM_1 = {"name": "minmax", "range": [1, 100]}

# What each file of figures went through: the options of from_coinr, and the method.
PIPELINES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "raw": ({"denominate": False}, {}),
    "denominated": ({}, {}),
    "example": ({}, EXAMPLE),
    "strict": ({}, EXAMPLE | {"treat": STRICT}),
    # COINr's shape after treatment is that before the logarithm.
    "example, no log": ({}, EXAMPLE | {"treat": TREAT | {"then": "none"}}),
    "strict, no log": ({}, EXAMPLE | {"treat": STRICT | {"then": "none"}}),
    "rank": ({}, EXAMPLE | {"normalise": {"name": "rank"}}),
    "zscore": ({}, EXAMPLE | {"normalise": {"name": "zscore"}}),
    "goalposts": ({"denominate": False, "parameters": "goalposts"}, {}),
    "amean_N1": ({}, EXAMPLE | {"normalise": FROM_1}),
    "gmean_N1": ({}, EXAMPLE | {"normalise": FROM_1, "aggregate": {"name": "geometric"}}),
    "hmean_N1": ({}, EXAMPLE | {"normalise": FROM_1, "aggregate": {"name": "harmonic"}}),
    "uneq_N1": ({"unequal": True}, EXAMPLE | {"normalise": FROM_1}),
    "amean_NNA": ({}, {"normalise": FROM_1}),
    "gmean_NNA": ({}, {"normalise": FROM_1, "aggregate": {"name": "geometric"}}),
    "thin_NNA": (
        {},
        {"normalise": FROM_1, "aggregate": {"name": "arithmetic", "min_coverage": 2 / 3}},
    ),
}


@cache
def reference(name: str) -> pl.DataFrame:
    """A file of COINr's, its codes as our ids; the column Time is the year."""
    frame = pl.read_csv(COINR / f"{name}.csv", infer_schema=False, null_values=["", "NaN"])
    keys = {"uCode": "region", "Time": "year"}
    return frame.rename(lambda code: keys.get(code) or identifier(code)).with_columns(
        pl.col("^year$").cast(pl.Int64)
    )


def figures(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.exclude("region", "year").cast(pl.Float64, strict=False))


@cache
def table(name: str) -> pl.DataFrame:
    """An input of COINr's as R's ``read.csv`` would have it."""
    return pl.read_csv(COINR / f"{name}.csv", infer_schema_length=None, null_values=[""])


@cache
def rated(pipeline: str) -> rating.Rating:
    options, method = PIPELINES[pipeline]
    given = dict(options)
    named = "in_iMeta_with_norm_paras" if "parameters" in options else "in_asem_iMeta"
    imeta = table(named)
    if given.pop("unequal", False):
        weights = table("in_weights_unequal").select("iCode", given="Weight")
        imeta = imeta.join(weights, on="iCode", how="left", maintain_order="left")
        imeta = imeta.with_columns(Weight=pl.coalesce("given", "Weight")).drop("given")
    section, data = rating.from_coinr(
        table("in_asem_iData"), imeta, method=rating.Method(**method), **given
    )
    return rating.rate(section, data, edition=2018)


def aggregated(result: rating.Rating) -> pl.DataFrame:
    return wide(result, "score").join(nodes(result), on="region")


@pytest.mark.parametrize(
    ("name", "pipeline", "column"),
    [
        ("ex_Raw", "raw", "value"),
        ("ex_Denominated", "denominated", "value"),
        ("ex_Imputed", "example", "imputed"),
        ("impute_i_mean_grp_EurAsia", "example", "imputed"),
        ("ex_Treated", "example", "treated"),
        ("treat_default_data", "example", "treated"),
        ("treat_strict_skew1_kurt2_data", "strict", "treated"),
        ("ex_Normalised", "example", "score"),
        ("norm_minmax_0_100__Treated", "example", "score"),
        ("norm_minmax_0_100__Denominated", "denominated", "score"),
        ("norm_rank__Treated", "rank", "score"),
        ("norm_zscore_0_1__Treated", "zscore", "score"),
        ("norm_useiMeta_n_goalposts__Raw", "goalposts", "score"),
        ("agg_in_N1", "amean_N1", "score"),
        ("agg_in_NNA", "amean_NNA", "score"),
    ],
    ids=lambda given: given,
)
def test_values_after_a_step_are_those_of_coinr(name, pipeline, column):
    wanted = figures(reference(name)).drop("eurasia_group", strict=False)
    assert distance(wide(rated(pipeline), column), wanted) < EXACT


@pytest.mark.parametrize(
    ("name", "pipeline"),
    [
        ("ex_Aggregated", "example"),
        ("agg_amean_N1", "amean_N1"),
        ("agg_gmean_N1", "gmean_N1"),
        ("agg_hmean_N1", "hmean_N1"),
        ("agg_uneq_a_amean_N1", "uneq_N1"),
        ("agg_amean_NNA", "amean_NNA"),
        ("agg_gmean_NNA", "gmean_NNA"),
        ("agg_amean_NNA_datthresh_0.6667", "thin_NNA"),
    ],
    ids=lambda given: given,
)
def test_scores_of_indicators_and_nodes_are_those_of_coinr(name, pipeline):
    assert distance(aggregated(rated(pipeline)), figures(reference(name))) < EXACT


@pytest.mark.parametrize(
    ("name", "pipeline", "limits"),
    [
        ("ex_Treat_Dets_Table", "example", (2.0, 3.5)),
        ("treat_default_dets", "example", (2.0, 3.5)),
        ("treat_strict_skew1_kurt2_dets", "strict", (1.0, 2.0)),
    ],
    ids=["ex_Treat_Dets_Table", "treat_default_dets", "treat_strict_skew1_kurt2_dets"],
)
def test_shapes_before_and_after_treatment_are_those_of_coinr(name, pipeline, limits):
    wanted = table(name).with_columns(region=pl.col("iCode").map_elements(identifier, pl.String))
    found = rated(f"{pipeline}, no log").shapes.rename({"indicator": "region"})
    passed = (pl.col("skewness_after").abs() < limits[0]) | (pl.col("kurtosis_after") < limits[1])
    found = found.with_columns(passed_after=passed)
    treated = ~pl.col("passed")
    pairs = {
        "passed": ("check_SkewKurt0.Pass", pl.col("passed")),
        "skewness": ("check_SkewKurt0.Skew", pl.col("skewness")),
        "kurtosis": ("check_SkewKurt0.Kurt", pl.col("kurtosis")),
        "winsorised": ("winsorise.nwin", pl.when(treated).then("winsorised")),
        "passed_after": ("check_SkewKurt1.Pass", pl.when(treated).then("passed_after")),
        "skewness_after": ("check_SkewKurt1.Skew", pl.when(treated).then("skewness_after")),
        "kurtosis_after": ("check_SkewKurt1.Kurt", pl.when(treated).then("kurtosis_after")),
    }
    mine = found.select("region", **{key: ours for key, (_, ours) in pairs.items()})
    theirs = wanted.select("region", **{key: pl.col(name) for key, (name, _) in pairs.items()})
    assert distance(mine, theirs) < EXACT


@pytest.mark.parametrize("name", ["ex_Treat_Treated_Points", "treat_default_points"])
def test_treated_points_are_those_of_coinr(name):
    wanted = reference(name).unpivot(index="region", variable_name="indicator", value_name="rule")
    wanted = wanted.drop_nulls("rule").select("region", "indicator", "rule")
    found = rated("example").treated.select(
        "region",
        "indicator",
        rule=pl.when(pl.col("rule") == "logged")
        .then(pl.lit("log"))
        .when(pl.col("treated") < pl.col("raw"))
        .then(pl.lit("winhi"))
        .otherwise(pl.lit("winlo")),
    )
    assert sorted(found.iter_rows()) == sorted(wanted.iter_rows())


def test_results_Aggs():  # noqa: N802  (the name of the file)
    wanted = figures(reference("results_Aggs"))
    result = rated("example")
    ranks = result.ranks.select("region", "rank").join(nodes(result), on="region")
    assert distance(ranks.select(wanted.columns), wanted) < EXACT
    assert result.ranks["region"].to_list() == wanted["region"].to_list()


# ---------------------------------------------------------------------------------------- the panel


@cache
def purse(screened: bool, over: str = "panel") -> rating.Panel:
    """The panel of COINr's ``build_example_purse``; screening leaves 46 of its 51 units."""
    idata = table("in_asem_iData_panel")
    if screened:
        full = pl.concat(
            result.ranks.filter(pl.col("coverage") >= 0.9).select(
                uCode="region", Time=pl.lit(year, pl.Int64)
            )
            for year, result in whole().items()
        )
        idata = idata.join(full, on=["uCode", "Time"], how="semi")
    normalise = {"name": "minmax", "range": [0, 100], "over": over}
    method = rating.Method(treat=TREAT if screened else {"name": "none"}, normalise=normalise)
    section, data = rating.from_coinr(
        idata, table("in_asem_iMeta"), method=method, denominate=False
    )
    return rating.panel(section, data, editions=sorted(set(idata["Time"])))


def whole() -> dict[int, rating.Rating]:
    panel = purse(False)
    return {year: panel[year] for year in panel.editions}


def stacked(panel: rating.Panel, frame: Any) -> pl.DataFrame:
    """A frame of every edition, keyed by the code with the year."""
    return pl.concat(
        frame(panel[year]).with_columns(region=pl.format("{} {}", "region", pl.lit(year)))
        for year in panel.editions
    )


def keyed(name: str) -> pl.DataFrame:
    frame = figures(reference(name))
    return frame.with_columns(region=pl.format("{} {}", "region", "year")).drop("year")


def test_purse_Raw():  # noqa: N802
    found = stacked(purse(False), lambda result: wide(result, "value"))
    assert distance(found, keyed("purse_Raw")) < EXACT


def test_purse_Normalised():  # noqa: N802
    found = stacked(purse(True), lambda result: wide(result, "score"))
    assert distance(found, keyed("purse_Normalised")) < EXACT


def test_purse_Aggregated():  # noqa: N802
    assert distance(stacked(purse(True), aggregated), keyed("purse_Aggregated")) < EXACT
