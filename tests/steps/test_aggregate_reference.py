"""Aggregation against COINr 1.1.14 and Compind 3.4 (R): numbers that we did not make."""

import polars as pl
import pytest

from rating.definitions.aggregations import (
    Arithmetic,
    BenefitOfTheDoubt,
    Geometric,
    Harmonic,
    MazziottaPareto,
    Wroclaw,
)
from rating.steps.aggregate import aggregate
from tests.flat import REFERENCE, SHARED, distance

COINR = SHARED / "reference/coinr"
COMPIND = SHARED / "reference/compind"
beside = pytest.mark.skipif(not SHARED.is_dir(), reason="the references are not beside the project")


def read(path, key):
    """A file of the reference with its regions named; what is not a figure is missing."""
    frame = pl.read_csv(path, infer_schema=False, null_values=["", "NA", "NaN"])
    figures = pl.exclude(key).cast(pl.Float64, strict=False)
    return frame.with_columns(figures).rename({key: "region"})


def long(figures):
    return figures.unpivot(index="region", variable_name="item", value_name="score").select(
        pl.lit(0, pl.Int64).alias("scenario"), "region", "item", "score"
    )


def wide(scores):
    return scores.pivot("node", index="region", values="score")


def one_node(store, figures, setting):
    """The score of one node over all columns, with equal weights."""
    items = [name for name in figures.columns if name != "region"]
    children = pl.DataFrame(
        {"parent": "n", "item": items, "weight": 1.0, "position": range(len(items))}
    )
    scores, _ = aggregate(store, long(figures), children, [{"n": setting}])
    return scores.select("region", "score")


def asem_tree(weights=None):
    meta = pl.read_csv(COINR / "in_asem_iMeta.csv", infer_schema=False, null_values=[""])
    meta = meta.filter(pl.col("Parent").is_not_null()).select(
        pl.col("iCode").alias("item"),
        pl.col("Parent").alias("parent"),
        pl.col("Level").cast(pl.Int64).alias("level"),
        pl.col("Weight").cast(pl.Float64).alias("weight"),
    )
    if weights is not None:
        own = pl.read_csv(COINR / weights, infer_schema=False)
        own = own.select(item="iCode", weight=pl.col("Weight").cast(pl.Float64))
        meta = meta.drop("weight").join(own, on="item", maintain_order="left")
    children = meta.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))
    return children, meta.select("parent", "level").unique()


def through_levels(store, figures, children, levels, setting):
    by_level = [
        dict.fromkeys(levels.filter(pl.col("level") == n)["parent"].sort(), setting)
        for n in sorted(set(levels["level"]))
    ]
    chosen = figures.select("region", pl.col(figures.columns).exclude("region"))
    items = set(children["item"]) & set(figures.columns)
    scores = long(chosen.select("region", *sorted(items)))
    return aggregate(
        store, scores, children.select("parent", "item", "weight", "position"), by_level
    )


@beside
@pytest.mark.parametrize(
    ("name", "given", "setting", "weights"),
    [
        ("agg_amean_N1", "agg_in_N1", Arithmetic(), None),
        ("agg_amean_NNA", "agg_in_NNA", Arithmetic(), None),
        ("agg_amean_NNA_datthresh_0.6667", "agg_in_NNA", Arithmetic(min_coverage=2 / 3), None),
        ("agg_gmean_N1", "agg_in_N1", Geometric(), None),
        ("agg_gmean_NNA", "agg_in_NNA", Geometric(), None),
        ("agg_hmean_N1", "agg_in_N1", Harmonic(), None),
        ("agg_uneq_a_amean_N1", "agg_in_N1", Arithmetic(), "in_weights_unequal.csv"),
    ],
)
def test_means_through_all_levels_are_those_of_coinr(store, name, given, setting, weights):
    children, levels = asem_tree(weights)
    figures = read(COINR / f"{given}.csv", "uCode")
    found, _ = through_levels(store, figures, children, levels, setting)
    nodes = wide(found)
    wanted = read(COINR / f"{name}.csv", "uCode")
    assert set(nodes.columns) <= set(wanted.columns)
    assert distance(nodes, wanted.select(nodes.columns)) < 1e-12


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("aggregated_amean", Arithmetic()),
        ("aggregated_gmean", Geometric()),
        ("aggregated_hmean", Harmonic()),
    ],
)
def test_means_of_the_russian_panel_are_those_of_coinr(store, name, setting):
    meta = pl.read_csv(REFERENCE / "russia/in_meta.csv").filter(pl.col("parent").is_not_null())
    children = meta.select(
        "parent", pl.col("id").alias("item"), pl.col("weight").cast(pl.Float64)
    ).with_columns(position=pl.int_range(pl.len(), dtype=pl.Int64))
    figures = read(REFERENCE / "russia/normalised_minmax_1_100.csv", "region")
    root = meta.filter(~pl.col("parent").is_in(meta["id"].implode()))["parent"][0]
    lower = [node for node in meta["parent"].unique().sort() if node != root]
    levels = [dict.fromkeys(lower, setting), {root: setting}]
    items = [name for name in figures.columns if name in children["item"]]
    found, _ = aggregate(store, long(figures.select("region", *items)), children, levels)
    wanted = read(REFERENCE / f"russia/{name}.csv", "region")
    assert distance(wide(found), wanted.select(wide(found).columns)) < 1e-12


@beside
def test_mazziotta_and_pareto_are_those_of_compind(store):
    """The file ``compind_mpi_POS`` of ``compind_norm_z100_10``: the penalty is taken off."""
    figures = read(COMPIND / "compind_norm_z100_10.csv", "country")
    found = one_node(store, figures, MazziottaPareto()).rename({"score": "value"})
    assert distance(found, read(COMPIND / "compind_mpi_POS.csv", "unit")) < 1e-12


@beside
def test_wroclaw_is_1_less_the_distance_of_compind(store):
    """The file ``compind_wroclaw_raw``, of ``compind_in_BLI_2017`` as it is."""
    figures = read(COMPIND / "compind_in_BLI_2017.csv", "country")
    found = one_node(store, figures, Wroclaw()).select("region", value=1 - pl.col("score"))
    assert distance(found, read(COMPIND / "compind_wroclaw_raw.csv", "unit")) < 1e-12


@beside
@pytest.mark.parametrize(
    ("name", "given", "key"),
    [
        ("compind_bod_BLI", "compind_in_BLI_2017", "country"),
        ("compind_bod_NUTS1", "compind_in_EU_NUTS1", "NUTS1"),
    ],
)
def test_benefit_of_the_doubt_is_that_of_compind(store, name, given, key):
    found = one_node(store, read(COMPIND / f"{given}.csv", key), BenefitOfTheDoubt())
    wanted = read(COMPIND / f"{name}.csv", "unit").select("region", "score")
    assert distance(found, wanted) < 1e-9
