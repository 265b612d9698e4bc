import itertools
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.analysis.shapley import of_geometric_mean


@pytest.fixture(scope="module", params=["arithmetic", "geometric"])
def result(request):
    section = rating.load("hitech_open")
    method = section.method.replace(aggregate={"name": request.param})
    return rating.rate(section, rating.read("data/open", section), edition=2019, method=method)


def test_baseline_and_contributions_add_up_on_every_node_of_every_region(result):
    for region in result.ranks["region"]:
        rows = result.explain(region).rows
        sums = rows.group_by("parent").agg(whole=pl.col("contribution").sum())
        for row in (
            rows.filter((pl.col("kind") == "node") & pl.col("score").is_not_null())
            .join(sums, left_on="item", right_on="parent")
            .iter_rows(named=True)
        ):
            assert abs(row["baseline"] + row["whole"] - row["score"]) < 1e-12 * row["score"]


def shapley_by_coalitions(shares, given, stand):
    """The definition: the mean gain of a child over all orders of joining."""

    def value(joined):
        return math.prod((given[i] if i in joined else stand[i]) ** shares[i] for i in shares)

    n = len(shares)
    found = dict.fromkeys(shares, 0.0)
    for item in shares:
        others = [i for i in shares if i != item]
        for size in range(n):
            share = 1 / (n * math.comb(n - 1, size))
            for joined in itertools.combinations(others, size):
                found[item] += share * (value({*joined, item}) - value(set(joined)))
    return value(set()), found


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.floats(1, 100), st.floats(1, 100)), min_size=1, max_size=8
    )
)
def test_the_integral_is_the_shapley_value_of_the_definition(children):
    whole = sum(weight for weight, _, _ in children)
    shares = {f"c{n}": weight / whole for n, (weight, _, _) in enumerate(children)}
    given_ = {f"c{n}": score for n, (_, score, _) in enumerate(children)}
    stand = {f"c{n}": median for n, (_, _, median) in enumerate(children)}
    baseline, parts = of_geometric_mean(shares, given_, stand)
    wanted, theirs = shapley_by_coalitions(shares, given_, stand)
    assert baseline == pytest.approx(wanted, rel=1e-12)
    assert parts == pytest.approx(theirs, rel=1e-9, abs=1e-10)


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
