"""COINr's 100 replications of its ASEM example, parameter by parameter."""

import polars as pl
import pytest

import rating
from rating.analysis.replay import replay
from rating.errors import UsageError
from tests.flat import SHARED, distance
from tests.flat import data as flat_data
from tests.flat import section as flat_section

FOLDER = SHARED / "reference/coinr"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="COINr's own data are not here")

MEANS = {"a_amean": 0, "a_gmean": 1}


def held(name: str) -> pl.DataFrame:
    frame = pl.read_csv(FOLDER / f"{name}.csv", infer_schema=False)
    return frame.rename({"uCode": "region"}, strict=False)


def item(code: str) -> str:
    return f"f_{code.lower()}"


def assumptions() -> list[dict[str, object]]:
    sets = held("sa_noisy_weights_seed123").with_columns(pl.col("Weight").cast(pl.Float64))
    weights = [
        {"name": number, "weights": {item(r["iCode"]): r["Weight"] for r in part.to_dicts()}}
        for (number,), part in sets.group_by("set", maintain_order=True)
    ]
    for each in weights:
        each["weights"] = {k: v for k, v in each["weights"].items() if k != "f_index"}
    return [
        {"id": "winmax", "kind": "treat", "options": [{"max_points": n} for n in range(1, 6)]},
        {
            "id": "norm",
            "kind": "normalise",
            "options": [
                {"range": [1, 100]},
                {"name": "zscore", "mean": 10, "sd": 2, "range": None},
            ],
        },
        {"id": "weight_set", "kind": "weights", "draw": {"name": "sets", "sets": weights}},
        {
            "id": "agg",
            "kind": "aggregate",
            "options": [{"name": "arithmetic"}, {"name": "geometric"}],
        },
    ]


def asem_rating() -> rating.Rating:
    meta = held("in_asem_iMeta").filter(pl.col("Type").is_in(["Indicator", "Aggregate"]))
    meta = meta.select(
        id=pl.col("iCode").map_elements(item, pl.String),
        parent=pl.col("Parent").replace("", None).map_elements(item, pl.String),
        direction=pl.when(pl.col("Direction") == "-1")
        .then(pl.lit("lower"))
        .otherwise(pl.lit("higher")),
        weight=pl.col("Weight").cast(pl.Float64),
    )
    method = {
        "treat": {"name": "winsorise"},
        "normalise": {"name": "minmax", "range": [0, 100]},
        "aggregate": {"name": "arithmetic"},
    }
    made = flat_section(meta, method, uncertainty={"assumption": assumptions()})
    figures = held("ex_Imputed")
    codes = {c: item(c) for c in figures.columns if item(c) in set(meta["id"])}
    figures = figures.select("region", *codes).rename(codes)
    numbers = figures.with_columns(pl.exclude("region").cast(pl.Float64))
    return rating.rate(made, flat_data(made, numbers), edition=2019)


@pytest.fixture(scope="module")
def asem() -> rating.Rating:
    return asem_rating()


@pytest.fixture(scope="module")
def replayed(asem) -> pl.DataFrame:
    given = held("sa_UA_N100_seed42_paras")
    parameters = given.select(
        draw=pl.col("rep").cast(pl.Int64),
        winmax=pl.col("winmax").cast(pl.Int64) - 1,
        norm=(pl.col("norm") == "n_zscore").cast(pl.Int64),
        weight_set="weight_set",
        agg=(pl.col("agg") == "a_gmean").cast(pl.Int64),
    )
    return replay(asem, parameters)


def wide(found: pl.DataFrame, column: str) -> pl.DataFrame:
    named = found.with_columns(draw="r_" + pl.col("draw").cast(pl.String))
    return named.pivot("draw", index="region", values=column).sort("region")


def test_every_index_score_of_coinrs_replications_is_reproduced(replayed):
    wanted = held("sa_UA_N100_seed42_scores").drop("Nominal")
    wanted = wanted.with_columns(pl.exclude("region").cast(pl.Float64))
    assert distance(wide(replayed, "score"), wanted) < 1e-12


def test_every_rank_of_coinrs_replications_is_reproduced(replayed):
    wanted = held("sa_UA_N100_seed42_ranks").drop("Nominal").sort("region")
    wanted = wanted.with_columns(pl.exclude("region").cast(pl.Int64))
    assert wide(replayed, "rank").equals(wanted)


def test_the_nominal_ranks_of_coinr_are_reproduced(asem):
    wanted = held("sa_UA_N100_seed42_ranks").sort("region")["Nominal"].cast(pl.Int64)
    assert asem.ranks.sort("region")["rank"].to_list() == wanted.to_list()


def test_parameters_that_no_assumption_knows_are_refused(asem):
    with pytest.raises(UsageError, match="no column 'winmax'"):
        replay(asem, pl.DataFrame({"draw": [1], "norm": [0], "weight_set": ["1"], "agg": [0]}))
