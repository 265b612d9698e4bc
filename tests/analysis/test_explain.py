import polars as pl
import pytest

import rating

METHODS = [
    {"name": "arithmetic"},
    {"name": "geometric"},
    {"name": "harmonic"},
    {"name": "power", "power": 0.5},
    {"name": "median"},
    {"name": "owa", "worst": 2},
    {"name": "adjusted_mpi", "penalty": "plus"},
    {"name": "copeland"},
    {"name": "wroclaw"},
    {"name": "topsis"},
    {"name": "benefit_of_the_doubt"},
    {"name": "directional"},
]


@pytest.fixture(scope="module")
def section():
    return rating.load("hitech_open")


@pytest.fixture(scope="module")
def data(section):
    return rating.read("data/open", section)


def rate(section, data, method, **more):
    changed = section.method.replace(aggregate=method, groups={"name": "none"}, **more)
    return rating.rate(section, data, edition=2019, method=changed)


@pytest.fixture(scope="module", params=["arithmetic", "geometric"])
def result(request, section, data):
    return rate(section, data, {"name": request.param})


def assert_it_adds_up(rows):
    sums = rows.group_by("parent").agg(whole=pl.col("contribution").sum())
    for row in (
        rows.filter((pl.col("kind") == "node") & pl.col("score").is_not_null())
        .join(sums, left_on="item", right_on="parent")
        .iter_rows(named=True)
    ):
        size = max(abs(row["score"]), abs(row["baseline"]))
        assert abs(row["baseline"] + row["whole"] - row["score"]) <= 1e-12 * size, row


def test_baseline_and_contributions_add_up_on_every_node_of_every_region(result):
    for region in result.ranks["region"]:
        assert_it_adds_up(result.explain(region).rows)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m["name"])
def test_under_every_method_baseline_and_contributions_add_up(section, data, method):
    result = rate(section, data, {**method, "min_coverage": 0.65})
    regions = result.ranks["region"]
    for region in (regions[0], regions[40], "RU-TOM", "RU-CHU"):
        assert_it_adds_up(result.explain(region).rows)


def test_a_region_at_its_medians_owes_nothing_to_any_child(section, data):
    """Where a child stands at its median, joining changes nothing."""
    result = rate(section, data, {"name": "topsis"})
    rows = result.explain("RU-TOM").rows
    ranked = result.ranks.filter(pl.col("status") == "ranked")["region"]
    scores = result.values.filter(pl.col("region").is_in(ranked.implode()))
    medians = dict(scores.group_by("indicator").agg(pl.col("score").median()).iter_rows())
    still = [
        row["contribution"]
        for row in rows.iter_rows(named=True)
        if row["kind"] == "indicator" and row["score"] == medians[row["item"]]
    ]
    assert still
    assert set(still) == {0.0}


def test_the_weights_that_were_used_are_those_of_the_explanation(section, data):
    result = rate(section, data, {"name": "arithmetic"}, weights={"name": "entropy"})
    used = {(p, i): w for p, i, w in result.weights.iter_rows()}
    shares = result.weights.group_by("parent").agg(pl.col("weight").sum())["weight"]
    assert shares.to_list() == [pytest.approx(1.0, abs=1e-12)] * shares.len()
    assert len(set(used.values())) > 5
    region = result.ranks["region"][0]
    assert_it_adds_up(result.explain(region).rows)
    row = result.explain(region).rows.filter(pl.col("parent") == "index").row(0, named=True)
    assert row["weight"] == pytest.approx(used["index", row["item"]], rel=1e-12)


def test_an_explanation_shows_measures_and_sources(result):
    text = str(result.explain("RU-TOM"))
    assert "Researchers with a degree per 10,000 people" in text
    assert "researchers_with_degree = 1,722.00" in text
    assert "Rosstat" in text


def test_a_thin_region_is_explained_as_far_as_it_goes(result):
    rows = result.explain("RU-CHU").rows
    assert rows.row(0, named=True)["score"] is None
    assert rows.filter(pl.col("kind") == "indicator").height == 14


def test_an_unknown_region_is_named_with_the_nearest(result):
    with pytest.raises(rating.UsageError, match="did you mean 'RU-TOM'"):
        result.explain("RU-TOMS")
