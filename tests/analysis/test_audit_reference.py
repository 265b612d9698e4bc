"""The audit against COINr 1.1.14 (R): the Russian panel on any machine, ASEM beside shared/."""

import numpy as np
import polars as pl
import pytest

from rating.analysis.correlations import compare, correlate, families
from rating.analysis.multivariate import cronbach
from rating.analysis.scores import Scores
from rating.analysis.statistics import statistics
from rating.analysis.strengths import strengths
from tests.analysis.conftest import coinr, ours, russian
from tests.flat import SHARED, distance, wide

shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="COINr's own data are not beside the project"
)
MOMENTS = ["min", "max", "mean", "median", "sd", "skewness", "kurtosis"]
COUNTS = ["n", "nonzero", "unique", "same"]
SHARES = [f"{name}_share" for name in COUNTS]
FLAGS = ["n_flag", "nonzero_flag", "unique_flag", "shape_flag"]


@pytest.fixture(scope="module")
def audit(russia):
    return russia.audit()


@pytest.fixture(scope="module")
def asem_audit(asem):
    return asem.audit()


def by_id(frame, column):
    return frame.rename({column: "region"})


# ----------------------------------------------------------------------------------------- Russia


def test_statistics_are_those_of_coinr(audit):
    wanted = by_id(russian("stats_raw"), "indicator").sort("region")
    found = by_id(audit.statistics, "indicator").sort("region")
    numbers = ["region", *MOMENTS, *COUNTS, *SHARES]
    assert distance(found.select(numbers), wanted.select(numbers)) < 1e-12
    assert found.select(FLAGS).equals(wanted.select(FLAGS))


@pytest.mark.parametrize("kind", ["pearson", "spearman", "kendall"])
def test_correlations_are_those_of_coinr(russia, kind):
    wanted = russian(f"corr_{kind}")
    pairs = wanted.select("one", "other").rows()
    found = correlate(wide(russia, "score"), pairs)[kind]
    assert found.to_list() == pytest.approx(wanted[kind].to_list(), abs=1e-12)


def test_alpha_is_that_of_coinr(audit):
    wanted = dict(russian("cronbach").iter_rows())
    found = dict(audit.consistency.select("node", "alpha").iter_rows())
    assert {node: found[node] for node in wanted} == pytest.approx(wanted, abs=1e-12)


def test_ranks_without_each_indicator_are_those_of_coinr(russia, audit):
    wanted = russian("leave_one_out_ranks").sort("region")
    found = audit.shifts.filter(pl.col("kind") == "indicator")
    ranks = found.pivot("left_out", index="region", values="rank").sort("region")
    for name in wanted.columns[2:]:
        assert ranks[name].to_list() == wanted[name].to_list(), name
    assert russia.ranks.sort("region")["rank"].to_list() == wanted["nominal"].to_list()


def test_mean_shifts_without_each_indicator_are_those_of_coinr(audit):
    wanted = dict(russian("leave_one_out_mean_abs_rank_shift").iter_rows())
    del wanted["nominal"]
    found = dict(
        audit.leave_out.filter(pl.col("kind") == "indicator")
        .select("left_out", "mean_shift")
        .iter_rows()
    )
    assert found == pytest.approx(wanted, abs=1e-12)


# ------------------------------------------------------------------------------------------- ASEM


@shared
def test_asem_statistics_are_those_of_coinr():
    theirs = coinr("stats_Raw")
    raw = coinr("ex_Raw").select("region", *theirs["iCode"])
    values = raw.with_columns(pl.exclude("region").cast(pl.Float64)).unpivot(
        index="region", variable_name="indicator", value_name="value"
    )
    found = by_id(statistics(values), "indicator").sort("region")
    names = dict(zip(theirs.columns, ["region", *MOMENTS, *COUNTS, *SHARES, *FLAGS], strict=True))
    wanted = theirs.rename(names).sort("region")
    numbers = [*MOMENTS, *COUNTS, *SHARES]
    typed = wanted.select("region", pl.col(numbers).cast(pl.Float64))
    assert distance(found.select("region", *numbers), typed) < 1e-12
    assert found.select(FLAGS).equals(wanted.select(FLAGS))


@shared
def test_asem_correlations_with_ancestors_are_those_of_coinr(asem):
    related = families(Scores.of(asem)).filter(pl.col("relation") != "siblings")
    found = {
        (one, level): pearson
        for (one,), part in related.group_by("one", maintain_order=True)
        for level, pearson in zip(("Pillar", "Sub-index", "Index"), part["pearson"], strict=False)
        if part.height == 3
    }
    wanted = {
        (ours(row["Var2"]), row["Var1"]): float(row["Correlation"])
        for row in coinr("corr_L1_family_pearson").iter_rows(named=True)
    }
    assert found == pytest.approx(wanted, abs=1e-12)


@shared
def test_asem_rank_correlations_with_all_pillars_are_those_of_coinr(asem):
    theirs = coinr("corr_L1_L2_spearman")
    pairs = [(ours(one), ours(other)) for one, other in theirs.select("Var1", "Var2").iter_rows()]
    found = compare(Scores.of(asem).columns, pairs)["spearman"].to_list()
    assert found == pytest.approx(theirs["Correlation"].cast(pl.Float64).to_list(), abs=1e-12)


@shared
def test_asem_alpha_is_that_of_coinr_on_scores_and_on_what_is_adjusted(asem_audit):
    theirs = coinr("cronbach_alpha").filter(pl.col("dset").is_in(["Normalised", "Aggregated"]))
    wanted = {ours(row["group"]): float(row["alpha"]) for row in theirs.iter_rows(named=True)}
    found = dict(asem_audit.consistency.select("node", "alpha").iter_rows())
    assert found == pytest.approx(wanted, abs=1e-12)


@shared
def test_asem_alpha_of_data_as_measured_is_that_of_coinr_where_it_does_not_adjust():
    """The function takes any columns; the audit gives it scores, which all point one way."""
    theirs = coinr("cronbach_alpha").filter(pl.col("dset").is_in(["Raw", "Denominated"]))
    meta = coinr("in_asem_iMeta")
    for row in theirs.iter_rows(named=True):
        items = meta.filter(pl.col("Parent") == row["group"])["iCode"].to_list()
        frame = coinr(f"ex_{row['dset']}").select(pl.col(items).cast(pl.Float64))
        matrix = frame.fill_null(float("nan")).to_numpy()
        assert cronbach(matrix) == pytest.approx(float(row["alpha"]), abs=1e-12)


@shared
def test_asem_effective_weights_are_those_of_coinr(asem):
    scores = Scores.of(asem)
    for row in coinr("eff_weights_equal").iter_rows(named=True):
        item = ours(row["iCode"])
        assert scores.effective(item) == pytest.approx(float(row["EffWeight"]), abs=1e-15)


@shared
def test_asem_components_are_those_of_coinr_up_to_sign(asem_audit):
    theirs = coinr("pca_eigen_L1").with_columns(
        node=pl.col("group").map_elements(ours, pl.String),
        component=pl.col("pc").cast(pl.Int64),
        theirs=pl.col("eigenvalue").cast(pl.Float64),
        their_share=pl.col("var_explained").cast(pl.Float64),
    )
    both = asem_audit.components.join(
        theirs.select("node", "component", "theirs", "their_share"), on=["node", "component"]
    )
    assert both.height == theirs.height
    assert (both["eigenvalue"] - both["theirs"]).abs().max() < 1e-12
    assert (both["share"] - both["their_share"]).abs().max() < 1e-12
    loadings = asem_audit.loadings.filter(pl.col("component") == 1)
    found = {row["item"]: abs(row["loading"]) for row in loadings.iter_rows(named=True)}
    for row in coinr("pca_weights_L1").filter(pl.col("Level") == "1").iter_rows(named=True):
        assert found[ours(row["iCode"])] == pytest.approx(abs(float(row["Weight"])), abs=1e-12)


@shared
def test_asem_scores_and_ranks_without_each_pillar_are_those_of_coinr(asem_audit):
    scores, ranks = coinr("remove_L2_Scores"), coinr("remove_L2_Ranks")
    found = asem_audit.shifts.filter(pl.col("kind") == "node")
    for name in scores.columns[2:]:
        mine = found.filter(pl.col("left_out") == ours(name)).sort("region")
        theirs = np.array(scores.sort("region")[name].cast(pl.Float64))
        assert np.abs(mine["score"].to_numpy() - theirs).max() < 1e-12 * np.abs(theirs).max()
        assert mine["rank"].to_list() == ranks.sort("region")[name].cast(pl.Int64).to_list()
    wanted = {
        ours(row["iCode"]): float(row["MeanAbsDiff"])
        for row in coinr("remove_L2_MeanAbsDiff").iter_rows(named=True)
        if row["iCode"] != "Nominal"
    }
    shifts = dict(asem_audit.leave_out.select("left_out", "mean_shift").iter_rows())
    assert {name: shifts[name] for name in wanted} == pytest.approx(wanted, abs=1e-12)


@shared
def test_asem_strengths_are_those_of_coinr(asem):
    """COINr ranks the values of ex_Raw; ours are those of the section, so it is given ex_Raw."""
    from dataclasses import replace

    items = [i.id for i in asem.indicators]
    raw = coinr("ex_Raw").with_columns(pl.exclude("region").cast(pl.Float64, strict=False))
    long = (
        raw.rename({name: ours(name) for name in raw.columns if name != "region"})
        .select("region", *items)
        .unpivot(index="region", variable_name="indicator", value_name="raw")
    )
    values = asem.values.join(long, on=["region", "indicator"]).with_columns(value=pl.col("raw"))
    given = replace(asem, values=values.drop("raw"))
    found = strengths(given, Scores.of(asem)).filter(
        (pl.col("region") == "GBR") & (pl.col("kind") == "strength")
    )
    theirs = coinr("strengths_GBR_Raw")
    assert found["indicator"].to_list() == [ours(code) for code in theirs["Code"]]
    assert found["rank"].to_list() == theirs["Rank"].cast(pl.Int64).to_list()
    assert found["value"].to_list() == theirs["Value"].cast(pl.Float64).to_list()
