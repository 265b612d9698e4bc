"""The Russian panel of 2019 through COINr 1.1.14 (R): an authority that we did not write."""

import polars as pl
import pytest

import rating
from tests.flat import REFERENCE, SHARED, data, distance, nodes, section, wide

RUSSIA = REFERENCE / "russia"
COINR = {
    "impute": {"name": "group_mean", "group": "district"},
    "treat": {"name": "winsorise"},
    "normalise": {"name": "minmax", "range": [1, 100]},
    "aggregate": {"name": "arithmetic"},
}


def reference(name: str) -> pl.DataFrame:
    return pl.read_csv(RUSSIA / f"{name}.csv", infer_schema_length=None)


@pytest.fixture(scope="module")
def russia():
    def rated(**method: object) -> rating.Rating:
        figures = reference("in_2019")
        made = section(reference("in_meta"), {**COINR, **method})
        read = data(made, figures.drop("district"), figures.select("region", "district"))
        return rating.rate(made, read, edition=2019)

    return rated


@pytest.fixture(scope="module")
def whole(russia):
    return russia()


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("value", "in_2019"),
        ("imputed", "imputed"),
        ("treated", "treated"),
        ("score", "normalised_minmax_1_100"),
    ],
)
def test_values_after_each_step_are_those_of_coinr(whole, column, name):
    wanted = reference(name).drop("district", strict=False)
    assert distance(wide(whole, column), wanted) < 1e-9


@pytest.mark.parametrize(
    ("normalise", "name"),
    [({"name": "zscore"}, "normalised_zscore"), ({"name": "rank"}, "normalised_rank")],
)
def test_other_normalisations_are_those_of_coinr(russia, normalise, name):
    result = russia(normalise=normalise, groups={"name": "none"})
    assert distance(wide(result, "score"), reference(name)) < 1e-9


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_scores_of_every_node_are_those_of_coinr(russia, mean):
    name = {"arithmetic": "aggregated_amean", "geometric": "aggregated_gmean"}[mean]
    result = russia(aggregate={"name": mean})
    assert distance(nodes(result), reference(name)) < 1e-9


def test_ranks_and_pillar_scores_are_those_of_coinr(whole):
    wanted = reference("results").sort("region")
    assert whole.ranks.sort("region")["rank"].to_list() == wanted["rank"].to_list()
    assert distance(nodes(whole), wanted.drop("rank")) < 1e-9


def test_shapes_and_winsorised_points_are_those_of_coinr(whole):
    wanted = reference("treated_details").sort("indicator")
    shapes = whole.shapes.sort("indicator")
    assert (
        distance(
            shapes.select(pl.col("indicator").alias("region"), "skewness", "kurtosis"),
            wanted.select(pl.col("indicator").alias("region"), "skewness", "kurtosis"),
        )
        < 1e-9
    )
    assert shapes["winsorised"].to_list() == wanted["winsorised"].fill_null(0).to_list()
    logged = wanted.filter(pl.col("passes_logged").is_not_null())["indicator"].to_list()
    assert shapes.filter(pl.col("rule") == "logged")["indicator"].to_list() == logged


@pytest.mark.parametrize(
    ("min_coverage", "name"),
    [
        (0.0, "aggregated_amean_with_missing"),
        (2 / 3, "aggregated_amean_with_missing_threshold_two_thirds"),
    ],
)
def test_missing_children_are_left_out_as_in_coinr(russia, min_coverage, name):
    result = russia(
        impute={"name": "none"},
        treat={"name": "none"},
        normalise={"name": "minmax", "range": [0, 100]},
        aggregate={"name": "arithmetic", "min_coverage": min_coverage},
    )
    raw = reference("normalised_raw_minmax_0_100_with_missing")
    assert distance(wide(result, "score"), raw) < 1e-9
    assert distance(nodes(result), reference(name)) < 1e-9


def test_the_open_data_give_the_indicators_that_coinr_was_fed(russia):
    """Raw values computed by our formulas from data/open; two have other definitions there."""
    ours = {
        "rd_location_quotient": "lq_rd",
        "rd_share": "rd_share",
        "grp_per_head": "grp_pc",
        "investment_per_head": "invest_pc",
        "researchers": "degree",
        "students": "students",
        "unemployment": "unemployment",
        "inventions": "inventions",
        "utility_models": "models",
        "asset_wear": "wear",
    }
    opened = rating.load("hitech_open")
    result = rating.rate(opened, rating.read("data/open", opened), edition=2019)
    theirs = reference("in_2019")
    for mine, name in ours.items():
        found = wide(result, "value").select("region", mine)[mine]
        wanted = theirs.sort("region")[name]
        scale = (found / wanted).drop_nulls().median()
        assert (found.is_null() == wanted.is_null()).all(), mine
        assert ((found / scale - wanted).abs() / wanted.abs().max()).max() < 1e-12, mine


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
@pytest.mark.parametrize(
    ("column", "name"),
    [("imputed", "ex_Imputed"), ("treated", "ex_Treated"), ("score", "ex_Normalised")],
)
def test_the_asem_example_of_coinr_is_reproduced(asem, column, name):
    wanted = asem_file(name)
    assert distance(wide(asem, column), wanted) < 1e-9


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
def test_the_asem_index_of_coinr_is_reproduced(asem):
    found = nodes(asem)
    assert distance(found, asem_file("ex_Aggregated").select(found.columns)) < 1e-9


def asem_file(name: str) -> pl.DataFrame:
    frame = pl.read_csv(
        SHARED / "reference/coinr" / f"{name}.csv", infer_schema=False, null_values=[""]
    )
    figures = pl.exclude("uCode", "EurAsia_group").cast(pl.Float64, strict=False)
    return frame.with_columns(figures).rename({"uCode": "region"}).rename(snake)


def snake(name: str) -> str:
    return "f_" + name.lower() if name != "region" else name


@pytest.fixture(scope="module")
def asem():
    meta = pl.read_csv(SHARED / "reference/coinr/in_asem_iMeta.csv", infer_schema=False)
    meta = meta.filter(pl.col("Type").is_in(["Indicator", "Aggregate"])).select(
        id=pl.col("iCode").map_elements(snake, pl.String),
        parent=pl.col("Parent").replace("", None).map_elements(snake, pl.String),
        direction=pl.when(pl.col("Direction") == "-1")
        .then(pl.lit("lower"))
        .otherwise(pl.lit("higher")),
        weight=pl.col("Weight").cast(pl.Float64),
    )
    method = {
        "impute": {"name": "group_mean", "group": "f_eurasia_group"},
        "treat": {"name": "winsorise"},
        "normalise": {"name": "minmax", "range": [0, 100]},
        "aggregate": {"name": "arithmetic"},
    }
    made = section(meta, method)
    groups = asem_file("in_asem_iData").select("region", "f_eurasia_group")
    figures = asem_file("ex_Denominated")
    return rating.rate(made, data(made, figures, groups), edition=2019)
