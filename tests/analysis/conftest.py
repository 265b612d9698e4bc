"""The two ratings that audits are checked on: the Russian panel, and COINr's own example."""

import polars as pl
import pytest

import rating
from tests.flat import REFERENCE, SHARED, data, section

METHOD = {"treat": {"name": "winsorise"}, "aggregate": {"name": "arithmetic"}}


def russian(name: str) -> pl.DataFrame:
    return pl.read_csv(REFERENCE / "russia" / f"{name}.csv", infer_schema_length=None)


def coinr(name: str) -> pl.DataFrame:
    """A file of COINr with ids as we write them, its numbers as numbers."""
    frame = pl.read_csv(
        SHARED / "reference/coinr" / f"{name}.csv", infer_schema=False, null_values=[""]
    )
    return frame.rename({"uCode": "region"} if "uCode" in frame.columns else {})


def ours(name: str) -> str:
    return f"f_{name.lower()}"


@pytest.fixture(scope="session")
def russia() -> rating.Rating:
    figures = russian("in_2019")
    made = section(
        russian("in_meta"),
        {
            **METHOD,
            "impute": {"name": "group_mean", "group": "district"},
            "normalise": {"name": "minmax", "range": [1, 100]},
        },
    )
    read = data(made, figures.drop("district"), figures.select("region", "district"))
    return rating.rate(made, read, edition=2019)


@pytest.fixture(scope="session")
def asem() -> rating.Rating:
    if not SHARED.is_dir():
        pytest.skip("COINr's own data are not beside the project")
    meta = coinr("in_asem_iMeta").filter(pl.col("Type").is_in(["Indicator", "Aggregate"]))
    ids = [ours(name) for name in meta["iCode"]]
    tree = meta.select(
        id=pl.Series(ids),
        parent=pl.Series([ours(name) if name else None for name in meta["Parent"]]),
        direction=pl.when(pl.col("Direction") == "-1")
        .then(pl.lit("lower"))
        .otherwise(pl.lit("higher")),
        weight=pl.col("Weight").cast(pl.Float64),
    )
    # COINr keeps indicators by level and parent; ties in strengths keep that order.
    levels = meta["Level"].cast(pl.Int64)
    tree = tree.with_columns(level=levels).sort("level", "parent", maintain_order=True)
    made = section(
        tree.drop("level"),
        {
            **METHOD,
            "impute": {"name": "group_mean", "group": "eurasia_group"},
            "normalise": {"name": "minmax", "range": [0, 100]},
        },
    )
    raw = coinr("ex_Denominated")
    figures = raw.select("region", *meta.filter(pl.col("Type") == "Indicator")["iCode"])
    figures = figures.with_columns(pl.exclude("region").cast(pl.Float64)).rename(
        {name: ours(name) for name in figures.columns if name != "region"}
    )
    groups = coinr("in_asem_iData").select("region", pl.col("EurAsia_group").alias("eurasia_group"))
    return rating.rate(made, data(made, figures, groups), edition=2019)
