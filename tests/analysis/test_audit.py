import html
import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import rating
from rating.analysis.correlations import correlate, families, flags
from rating.analysis.importance import correlation_ratio
from rating.analysis.multivariate import adequacy, cronbach, sphericity
from rating.analysis.scores import Scores
from rating.analysis.statistics import statistics
from rating.definitions.model import Source
from rating.steps.ranks import DIGITS
from rating.steps.relations import complete, correlations
from tests.flat import data, section


@pytest.fixture(scope="module")
def audit(russia):
    return russia.audit()


@pytest.fixture(scope="module")
def opened():
    made = rating.load("hitech_open")
    return rating.rate(made, rating.read("data/open", made), edition=2019).audit()


NUMBERS = st.integers(-20, 20).map(float)


@st.composite
def tables(draw, least=6, missing=True):
    """Columns of whole numbers over regions, so that ties and gaps are common."""
    items = draw(st.integers(2, 4))
    regions = draw(st.integers(least, 20))
    cell = st.one_of(NUMBERS, st.none()) if missing else NUMBERS
    column = st.lists(cell, min_size=regions, max_size=regions)
    return pl.DataFrame(
        {
            "region": [f"R{n:02}" for n in range(regions)],
            **{f"c{k}": draw(column) for k in range(items)},
        },
        schema_overrides={f"c{k}": pl.Float64 for k in range(items)},
    )


def matrix(table):
    return table.drop("region").fill_null(float("nan")).to_numpy()


# -------------------------------------------------------------------------------- correlations


@given(tables())
def test_correlations_and_p_values_are_those_of_scipy(table):
    found = correlate(table)
    for row in found.iter_rows(named=True):
        pair = table.select(row["one"], row["other"]).drop_nulls()
        assert row["n"] == pair.height
        x, y = pair.to_numpy().T
        if row["n"] < 3 or len(set(x)) == 1 or len(set(y)) == 1:
            assert row["pearson"] is row["spearman_p"] is row["kendall"] is None
            continue
        for kind, theirs in (
            ("pearson", stats.pearsonr(x, y)),
            ("spearman", stats.spearmanr(x, y)),
        ):
            assert row[kind] == pytest.approx(theirs.statistic, abs=1e-12)
            assert row[f"{kind}_p"] == pytest.approx(theirs.pvalue, abs=1e-9)


@given(tables(missing=False))
def test_kendalls_tau_is_tau_b_by_its_definition(table):
    for row in correlate(table).iter_rows(named=True):
        x, y = (table[row[name]].to_numpy() for name in ("one", "other"))
        a, b = np.sign(x[:, None] - x), np.sign(y[:, None] - y)
        if a.any() and b.any():
            tau = (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
            assert row["kendall"] == pytest.approx(tau, abs=1e-12)


def test_kendalls_p_without_ties_is_exact():
    """Of the 24 orders of four regions, one is the same and one the reverse."""
    table = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, 4.0]})
    assert correlate(table)["kendall_p"][0] == pytest.approx(2 / 24)


@given(tables())
def test_a_correlation_lies_between_minus_1_and_1(table):
    kinds = ["pearson", "spearman", "kendall"]
    for value in correlate(table).select(kinds).to_numpy().ravel():
        assert np.isnan(value) or -1 <= value <= 1


@given(tables(), st.sampled_from([0.25, 1024.0]), st.integers(-9, 9))
def test_a_change_of_unit_changes_no_correlation(table, factor, shift):
    moved = table.with_columns(pl.col("c0") * factor + shift)
    one, other = correlate(table), correlate(moved)
    for kind in ("pearson", "spearman", "kendall"):
        for a, b in zip(one[kind], other[kind], strict=True):
            assert (a is None) == (b is None)
            assert a is None or a == pytest.approx(b, abs=1e-9)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_regions_is_nothing(table, random):
    shuffled = table.sample(fraction=1, shuffle=True, seed=random.randrange(1000))
    assert correlate(shuffled).equals(correlate(table))


def test_flags_say_what_is_wrong():
    rows = [
        ("siblings", "n", "a", "b", 0.95),
        ("siblings", "n", "a", "c", 0.80),
        ("siblings", "n", "b", "c", -0.5),
        ("siblings", "n", "b", "d", 0.75),
        ("parent", "n", "a", "n", 0.29),
        ("parent", "n", "b", "n", 0.30),
        ("parent", "n", "c", "n", -0.1),
        ("ancestor", "m", "a", "m", 0.1),
        ("ancestor", "m", "c", "m", -0.2),
        ("parent", "n", "d", "n", None),
    ]
    related = pl.DataFrame(
        rows, schema=["relation", "node", "one", "other", "pearson"], orient="row"
    )
    assert flags(related).select("flag", "one", "other").rows() == [
        ("negative", "c", "n"),
        ("negative", "c", "m"),
        ("weak", "a", "n"),
        ("repeated", "a", "b"),
        ("high", "a", "b"),
        ("high", "a", "c"),
        ("low", "b", "c"),
    ]


def test_every_pair_of_siblings_and_every_ancestor_is_there_once(russia):
    related = families(Scores.of(russia))
    sizes = {node: len(items) for node, items in Scores.of(russia).children.items()}
    pairs = sum(n * (n - 1) // 2 for n in sizes.values())
    counts = dict(related.group_by("relation").len().iter_rows())
    assert counts == {"siblings": pairs, "parent": 12 + 4, "ancestor": 12}
    assert related.select("one", "other").is_duplicated().sum() == 0


# -------------------------------------------------------------------------------- consistency


@given(tables(), st.sampled_from([0.5, 8.0]), st.integers(-9, 9))
def test_alpha_does_not_see_a_linear_change_of_all(table, factor, shift):
    one, other = cronbach(matrix(table)), cronbach(factor * matrix(table) + shift)
    if one is not None and other is not None and abs(one) < 1e6:
        assert other == pytest.approx(one, rel=1e-6, abs=1e-6, nan_ok=True)


@given(tables(missing=False))
def test_alpha_is_the_variance_of_the_sum_against_the_sum_of_variances(table):
    x = matrix(table)
    whole = x.sum(axis=1).var(ddof=1)
    found = cronbach(x)
    if whole > 1e-6 and found is not None:
        k = x.shape[1]
        wanted = k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / whole)
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9)
        assert found <= 1 + 1e-9


def test_alpha_of_copies_is_1_and_of_one_child_is_not_defined():
    x = np.arange(5.0)
    assert cronbach(np.column_stack([x, x, x])) == pytest.approx(1)
    assert cronbach(x[:, None]) is None
    assert cronbach(np.zeros((4, 2))) is None


def residuals(x, on):
    """What a regression on other columns leaves of one."""
    design = np.column_stack([np.ones(len(x)), on])
    return x - design @ np.linalg.lstsq(design, x, rcond=None)[0]


def sample(seed, regions=40, items=4):
    random = np.random.default_rng(seed)
    return random.normal(size=(regions, 1)) + random.normal(size=(regions, items))


@pytest.mark.parametrize("seed", range(5))
def test_kmo_is_made_of_correlations_and_partial_ones(seed):
    x = sample(seed)
    pairs = list(itertools.combinations(range(4), 2))
    r = [np.corrcoef(x[:, i], x[:, j])[0, 1] for i, j in pairs]
    partial = []
    for i, j in pairs:
        rest = x[:, [k for k in range(4) if k not in (i, j)]]
        partial.append(np.corrcoef(residuals(x[:, i], rest), residuals(x[:, j], rest))[0, 1])
    wanted = np.square(r).sum() / (np.square(r).sum() + np.square(partial).sum())
    assert adequacy(correlations(x)) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_bartletts_test_is_its_formula(seed):
    x = sample(seed)
    chi2 = -(40 - 1 - (2 * 4 + 5) / 6) * np.log(np.linalg.det(np.corrcoef(x.T)))
    found = sphericity(correlations(x), 40)
    assert found == pytest.approx((chi2, 6, stats.chi2.sf(chi2, 6)), rel=1e-9)


def test_copies_have_neither_kmo_nor_bartlett():
    x = np.arange(9.0)
    copies = correlations(np.column_stack([x, x, x**2]))
    assert adequacy(copies) is None
    assert sphericity(copies, 9) is None


def test_consistency_is_over_the_regions_that_have_all_children(opened):
    scores = Scores.of(opened.result)
    for row in opened.consistency.iter_rows(named=True):
        whole = complete(scores.matrix(scores.children[row["node"]]))
        assert row["regions"] == len(whole)
        values = np.linalg.eigvalsh(np.corrcoef(whole.T))
        assert row["first"] == pytest.approx(values[-1] / len(values), abs=1e-12)


# ---------------------------------------------------------------------------------- importance


@given(tables(missing=False))
def test_the_correlation_ratio_is_between_the_squared_correlation_and_1(table):
    x, y = table["c0"].to_numpy(), table["c1"].to_numpy()
    ratio = correlation_ratio(x, y)
    r = correlate(table, [("c0", "c1")])["pearson"][0]
    assert np.isnan(ratio) == (r is None)
    assert r is None or r**2 <= ratio <= 1


def test_the_correlation_ratio_of_classes_is_between_their_means():
    x = np.repeat([0.0, 1.0, 5.0], 4)
    y = np.array([1.0, 2, 3, 4, 9, 8, 9, 8, 2, 2, 3, 3])
    means = np.repeat([y[x == v].mean() for v in (0, 1, 5)], 4)
    assert correlation_ratio(x, y) == pytest.approx(means.var() / y.var(), abs=1e-12)


def test_the_correlation_ratio_sees_what_a_correlation_does_not():
    x = np.linspace(-1, 1, 21)
    assert correlation_ratio(x, x**2) == pytest.approx(1, abs=1e-12)


def test_shares_of_importance_sum_to_1_beside_the_weights(audit):
    frame = audit.importance
    ip = frame.filter(pl.col("parent") == "ip")
    for share, of in (("squared_share", "squared"), ("ratio_share", "ratio")):
        assert ip[share].to_list() == pytest.approx((ip[of] / ip[of].sum()).to_list())
    for share in ("weight", "squared_share", "ratio_share"):
        sums = frame.group_by("parent").agg(pl.col(share).sum())[share].to_list()
        assert sums == pytest.approx([1.0] * len(sums), abs=1e-12)
    indicators = frame.filter(pl.col("parent") != "index")
    assert indicators["effective"].sum() == pytest.approx(1, abs=1e-12)
    assert indicators["index_share"].sum() == pytest.approx(1, abs=1e-12)


# ----------------------------------------------------------------------- coverage and statistics


@given(st.lists(st.one_of(NUMBERS, st.none()), max_size=20))
def test_shape_is_that_of_scipy_without_bias(values):
    frame = pl.DataFrame(
        {"region": range(len(values)), "indicator": "x", "value": values},
        schema={"region": pl.Int64, "indicator": pl.String, "value": pl.Float64},
    )
    found = statistics(frame)
    x = np.array([v for v in values if v is not None])
    assert found.height == (1 if values else 0)
    if not len(x):
        return
    row = found.row(0, named=True)
    assert (row["n"], row["nonzero"], row["unique"]) == (len(x), (x != 0).sum(), len(set(x)))
    assert (row["mean"], row["median"]) == pytest.approx((x.mean(), np.median(x)))
    if len(set(x)) < 2 or len(x) < 3:
        assert row["skewness"] is None
        return
    assert row["skewness"] == pytest.approx(stats.skew(x, bias=False), abs=1e-9)
    if len(x) > 3:
        assert row["kurtosis"] == pytest.approx(stats.kurtosis(x, bias=False), abs=1e-9)


@pytest.mark.parametrize("factor", [2.0**-1000, 2.0**1018])
def test_huge_and_tiny_values_have_their_shape(factor):
    values = [1.0, 2.0, 3.0, 5.0, 40.0]
    usual, moved = (
        statistics(pl.DataFrame({"region": range(5), "indicator": "x", "value": column})).row(
            0, named=True
        )
        for column in (values, [factor * v for v in values])
    )
    for name in ("mean", "median", "sd"):
        assert moved[name] == usual[name] * factor
    assert moved["skewness"] == pytest.approx(usual["skewness"], rel=1e-12)
    assert moved["kurtosis"] == pytest.approx(usual["kurtosis"], rel=1e-12)


def test_coverage_counts_cells_by_indicator_region_and_node(opened):
    frame, values = opened.coverage, opened.result.values
    whole = values.height
    for kind in ("indicator", "region"):
        part = frame.filter(pl.col("kind") == kind)
        assert (
            part.select(pl.sum_horizontal("observed", "imputed", "missing").sum()).item() == whole
        )
    root = frame.filter(pl.col("item") == "index").row(0, named=True)
    assert root["missing"] == (values["status"] == "missing").sum()
    assert root["unscored"] == opened.result.ranks["score"].null_count()
    share = frame.filter(pl.col("kind") == "region").select("item", "share").sort("item")
    ranks = opened.result.ranks.sort("region")
    assert share["share"].to_list() == pytest.approx(ranks["coverage"].to_list())


# ------------------------------------------------------------------------------------ leave out


def test_a_region_that_gains_places_without_a_part_has_a_positive_shift(russia, audit):
    both = audit.shifts.join(russia.ranks.select("region", nominal="rank"), on="region")
    assert (both["shift"] == both["nominal"] - both["rank"]).all()
    assert both["shift"].max() > 0


def test_leaving_out_a_node_is_a_section_without_it(russia, audit):
    """The same ranks as a rating whose definitions do not have the pillar."""
    made = russia.section
    weights = tuple(n.model_copy(update={"weight": 0.0}) if n.id == "ip" else n for n in made.node)
    without = rating.rate(made.replace(node=weights), russia.data, edition=2019)
    found = audit.shifts.filter(pl.col("left_out") == "ip").sort("region")
    assert found["rank"].to_list() == without.ranks.sort("region")["rank"].to_list()


def small(tree, figures, **method):
    """A rating of a few figures; the tree is (id, parent, weight)."""
    meta = pl.DataFrame(
        [(item, parent, "higher", weight) for item, parent, weight in tree],
        schema=["id", "parent", "direction", "weight"],
        orient="row",
    )
    made = section(meta, {"normalise": {"name": "minmax", "range": [1, 100]}, **method})
    regions = [f"R{n}" for n in range(len(next(iter(figures.values()))))]
    return rating.rate(made, data(made, pl.DataFrame({"region": regions, **figures})), edition=2019)


TREE = [
    ("index", None, 1.0),
    ("left", "index", 1.0),
    ("right", "index", 3.0),
    ("a", "left", 1.0),
    ("b", "left", 1.0),
    ("c", "right", 1.0),
    ("d", "right", 0.0),
]
FIGURES = {
    "a": [1.0, 5.0, 3.0, 9.0, 2.0],
    "b": [2.0, 8.0, 1.0, 7.0, 9.0],
    "c": [9.0, 1.0, 4.0, 2.0, 6.0],
    "d": [1.0, 2.0, 3.0, 4.0, 5.0],
}


def test_a_node_that_loses_its_last_child_goes_with_it():
    result = small(TREE, FIGURES, aggregate={"name": "arithmetic", "min_coverage": 1})
    found = result.audit()
    gone = found.shifts.filter(pl.col("left_out") == "c").sort("region")
    left = result.scores.filter(pl.col("node") == "left").sort("region")
    assert gone["score"].to_list() == pytest.approx(left["score"].to_list())
    assert found.leave_out.filter(pl.col("left_out") == "c")["lost"].to_list() == [0]


def test_context_is_in_coverage_and_statistics_and_nowhere_else():
    found = small(TREE, FIGURES).audit()
    assert "d" in found.coverage["item"].to_list()
    assert "d" in found.statistics["indicator"].to_list()
    for frame, column in (
        (found.correlations, "one"),
        (found.importance, "item"),
        (found.leave_out, "left_out"),
        (found.strengths, "indicator"),
        (found.loadings, "item"),
    ):
        assert "d" not in frame[column].to_list()


def test_a_region_that_falls_below_the_coverage_is_lost():
    figures = {**FIGURES, "a": [None, 5.0, 3.0, 9.0, 2.0], "b": [2.0, None, 1.0, 7.0, 9.0]}
    tree = [("index", None, 1.0), *((item, "index", 1.0) for item in "abc")]
    least = {"name": "arithmetic", "min_coverage": 0.6}
    found = small(tree, figures, aggregate=least).audit()
    lost = found.leave_out.filter(pl.col("kind") == "indicator")
    assert dict(lost.select("left_out", "lost").iter_rows()) == {"a": 1, "b": 1, "c": 2}


def test_what_a_method_cannot_do_without_a_part_is_said():
    """A geometric mean of scores of which only those of c are above 0 exists without a and b."""
    figures = {"a": [1.0, 3.0, 2.0, 4.0], "b": [9.0, 6.0, 8.0, 7.0], "c": [5.0, 5.5, 6.0, 7.0]}
    tree = [
        ("index", None, 1.0),
        ("low", "index", 1.0),
        ("a", "low", 1.0),
        ("b", "low", 1.0),
        ("c", "index", 1.0),
    ]
    result = small(tree, figures)
    zero = pl.when(pl.col("indicator") == "a").then(pl.lit(0.0)).otherwise(pl.col("score"))
    method = result.section.method.replace(aggregate={"name": "geometric"})
    given = replace(
        result,
        values=result.values.with_columns(score=zero),
        section=result.section.replace(method=method),
    )
    found = given.audit().leave_out
    refused = dict(found.select("left_out", "refused").iter_rows())
    assert refused["a"] is None
    assert "needs scores above 0" in refused["b"]
    lost = dict(found.select("left_out", "lost").iter_rows())
    assert (lost["a"], lost["b"]) == (0, 4)
    assert dict(found.select("left_out", "mean_shift").iter_rows())["b"] is None


def test_a_source_feeds_the_indicators_that_read_its_columns():
    sources = [
        {"publisher": "P", "title": "of a and c", "columns": ["figures.a", "figures.c"]},
        {"publisher": "P", "title": "of all", "columns": [f"figures.{c}" for c in "abcd"]},
        {"publisher": "P", "title": "of none", "columns": ["other.a"]},
    ]
    result = small(TREE, FIGURES)
    given = replace(result, sources=tuple(Source(**s) for s in sources))
    found = given.audit()
    whole = dict(found.leave_out.select("left_out", "lost").iter_rows())
    assert "P, of none" not in whole
    assert (whole["P, of a and c"], whole["P, of all"]) == (0, 5)
    rest = found.shifts.filter(pl.col("left_out") == "P, of a and c").sort("region")
    b = result.values.filter(pl.col("indicator") == "b").sort("region")
    assert rest["score"].to_list() == pytest.approx(b["score"].to_list())


def test_sources_are_left_out_by_publisher_and_title(opened):
    sources = opened.leave_out.filter(pl.col("kind") == "source")
    assert any("Science cities" in name for name in sources["left_out"])
    single = opened.leave_out.filter(pl.col("left_out") == "science_cities")
    own = sources.filter(pl.col("left_out").str.contains("Science cities"))
    assert own["mean_shift"].to_list() == single["mean_shift"].to_list()


# -------------------------------------------------------------------------------- compensation


def test_the_arithmetic_ranks_of_an_arithmetic_rating_are_its_own(audit):
    frame = audit.compensability
    assert frame["arithmetic"].to_list() == frame["rank"].to_list()
    assert frame["shift"].unique().to_list() == [0.0]
    assert (frame["gain"] == frame["geometric"] - frame["arithmetic"]).all()


def test_the_geometric_ranks_are_those_of_the_geometric_rating(russia, audit):
    method = russia.section.method.replace(aggregate={"name": "geometric"})
    other = rating.rate(russia.section, russia.data, edition=2019, method=method)
    found = audit.compensability.sort("region")
    assert found["geometric"].to_list() == other.ranks.sort("region")["rank"].to_list()


def test_the_weakest_link_ranks_by_the_least_pillar(russia, audit):
    least = (
        russia.scores.filter(pl.col("node") != "index")
        .group_by("region")
        .agg(pl.col("score").min().round(DIGITS))
        .sort("region")
    )
    wanted = least["score"].rank("min", descending=True).cast(pl.Int64).to_list()
    assert audit.compensability.sort("region")["weakest"].to_list() == wanted


def test_scores_of_0_are_shifted_for_the_geometric_mean_and_the_shift_is_said():
    found = small(TREE, FIGURES, normalise={"name": "minmax", "range": [0, 100]}).audit()
    assert found.compensability["shift"].unique().to_list() == [1.0]
    assert found.compensability["geometric"].null_count() == 0


def test_added_value_is_how_many_ranks_are_10_places_from_the_pillars(russia, audit):
    ranks = russia.scores.pivot("node", index="region", values="rank").cast(
        {"index": pl.Int64, "ip": pl.Int64}
    )
    apart = ((ranks["ip"] - ranks["index"]).abs() >= 10).mean()
    row = audit.added_value.filter(pl.col("pillar") == "ip").row(0, named=True)
    assert row["share"] == pytest.approx(apart)
    assert row["regions"] == 85


# ----------------------------------------------------------------------------------- strengths


def test_strengths_rank_before_weaknesses_and_the_last_places_stand_apart(audit):
    for (_,), part in audit.strengths.group_by("region"):
        kinds = {kind: part.filter(pl.col("kind") == kind) for kind in ("strength", "weakness")}
        both = [frame["indicator"].to_list() for frame in kinds.values()]
        assert not set(both[0]) & set(both[1])
        assert kinds["strength"]["rank"].max() <= kinds["weakness"]["rank"].min()
        assert kinds["strength"]["place"].to_list() == list(range(1, len(both[0]) + 1))
    last = audit.strengths.filter(pl.col("kind") == "last")
    assert last["region"].unique().len() > 1
    assert audit.strengths.select("region", "indicator").is_duplicated().sum() == 0


def test_a_zero_among_few_distinct_values_is_no_strength(opened):
    """Six regions have a science city; the others share the worst rank there is, the seventh."""
    found = opened.strengths.filter(pl.col("indicator") == "science_cities")
    assert found.filter(pl.col("value") == 0)["kind"].unique().to_list() == ["last"]
    assert found.filter(pl.col("value") > 0)["kind"].unique().to_list() == ["strength"]


def test_a_region_out_of_the_ranking_moves_no_rank_and_has_the_one_it_would_have(opened):
    result = opened.result
    ranked = set(result.ranks.drop_nulls("rank")["region"])
    assert set(result.ranks["region"]) > ranked
    lower = {item.id for item in result.indicators if item.direction == "lower"}
    values = result.values.drop_nulls("value").with_columns(
        better=pl.when(pl.col("indicator").is_in(lower)).then(-pl.col("value")).otherwise("value")
    )
    held = {key: dict(rows.select("region", "better").rows())
            for (key,), rows in values.group_by("indicator")}  # fmt: skip
    for row in opened.strengths.iter_rows(named=True):
        known = held[row["indicator"]]
        among = [value for region, value in known.items() if region in ranked]
        rank = 1 + sum(value > known[row["region"]] for value in among)
        assert (row["rank"], row["of"]) == (rank, len(among))
    assert set(opened.strengths["region"]) > ranked


def test_strengths_are_by_direction(russia, audit):
    first = russia.values.filter(pl.col("indicator") == "unemployment").sort("value")
    found = audit.strengths.filter(
        (pl.col("region") == first["region"][0]) & (pl.col("indicator") == "unemployment")
    ).row(0, named=True)
    assert (found["kind"], found["rank"]) == ("strength", 1)


# ---------------------------------------------------------------------------------------- page


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_summary_is_plain_tables_in_both_languages(opened, lang):
    page = opened.to_html(lang=lang)
    assert page.count("<table>") == page.count("</table>") == 9
    assert opened.result.section.name.of(lang) in html.unescape(page)
    assert "<script" not in page
    assert "nan" not in page.lower().replace("наименов", "")


def test_an_indicator_may_have_the_id_of_a_word_of_the_audit():
    tree = [("index", None, 1.0), ("weak", "index", 1.0), ("node", "index", 1.0)]
    figures = {"weak": [1.0, 2.0, 3.0, 4.0, 9.0], "node": [4.0, 1.0, 3.5, 3.0, 1.0]}
    page = small(tree, figures).audit().to_html(lang="ru")
    assert "<td>weak</td>" in page
    assert "<td>слабая</td>" in page


def test_an_indicator_may_have_the_id_of_a_column_of_the_frames():
    names = ["node", "score", "item", "indicator"]
    tree = [("index", None, 1.0), *((name, "index", 1.0) for name in names)]
    figures = dict(zip(names, FIGURES.values(), strict=True))
    usual = small([("index", None, 1.0), *((n, "index", 1.0) for n in "abcd")], FIGURES).audit()
    found = small(tree, figures).audit()
    assert found.shifts["rank"].to_list() == usual.shifts["rank"].to_list()
    assert found.added_value["share"].to_list() == usual.added_value["share"].to_list()
    assert found.correlations["pearson"].to_list() == usual.correlations["pearson"].to_list()


def test_text_of_users_is_text(russia):
    name = "<script>alert('x')</script>"
    made = russia.section
    nodes = tuple(
        n.model_copy(update={"name": rating.Text(en=name)}) if n.id == "ip" else n
        for n in made.node
    )
    page = replace(russia, section=made.replace(node=nodes)).audit().to_html()
    assert "<script" not in page
    assert html.escape(name) in page


def test_an_audit_is_the_same_whatever_the_order_of_rows(russia, audit):
    turned = replace(
        russia,
        values=russia.values.reverse(),
        scores=russia.scores.reverse(),
        ranks=russia.ranks.reverse(),
        weights=russia.weights.reverse(),
    ).audit()
    for name in (
        "coverage",
        "correlations",
        "flags",
        "consistency",
        "components",
        "loadings",
        "importance",
        "leave_out",
        "shifts",
        "compensability",
        "added_value",
        "strengths",
    ):
        assert getattr(turned, name).equals(getattr(audit, name)), name


def test_the_page_on_the_audit_prints_what_it_shows(capsys):
    page = (Path(__file__).parents[2] / "docs/method/audit.md").read_text("utf-8")
    code, shown = re.search(r"```python\n(.*?)```\s+```text\n(.*?)```", page, re.DOTALL).groups()
    exec(code, {})
    assert capsys.readouterr().out == shown


# ------------------------------------------------------------------------------------ the edges


def test_a_rating_of_one_region_has_an_audit():
    result = small(
        TREE,
        {name: [column[0]] for name, column in FIGURES.items()},
        normalise={"name": "rank"},
    )
    found = result.audit()
    assert found.correlations["pearson"].null_count() == found.correlations.height
    assert found.compensability["geometric"].to_list() == [1]
    assert found.to_html()


def test_two_regions_that_are_the_same_share_everything():
    figures = {name: [column[0], *column] for name, column in FIGURES.items()}
    found = small(TREE, figures).audit().shifts
    one, other = (
        found.filter(pl.col("region") == region)["rank"].to_list() for region in ("R0", "R1")
    )
    assert one == other


def test_a_rating_without_a_ranked_region_has_an_audit():
    result = small(
        TREE,
        {**FIGURES, "c": [None] * 5, "d": FIGURES["d"]},
        normalise={"name": "rank"},
        aggregate={"name": "arithmetic", "min_coverage": 1},
    )
    assert result.ranks["rank"].null_count() == 5
    found = result.audit()
    assert found.shifts.is_empty()
    assert found.compensability.is_empty()
    assert found.to_html()
