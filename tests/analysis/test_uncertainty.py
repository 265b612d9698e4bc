import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.analysis.drawing import Drawing
from rating.analysis.uncertainty import planned, uncertainty
from rating.errors import DefinitionError, UsageError
from tests.analysis.drawn import ALL, FIGURES, MEAN, META, ONE_OUT, WEIGHTS, rated


@pytest.fixture(scope="module")
def sure():
    return rated(*ALL).uncertainty(draws=500)


def test_a_section_without_uncertainty_is_told_what_to_add():
    drawn = rated()
    section = drawn.section.model_copy(update={"uncertainty": None})
    result = rating.rate(section, drawn.data, edition=2019)
    with pytest.raises(UsageError, match=r"\[uncertainty\]"):
        result.uncertainty()


def test_every_ranked_region_has_a_rank_in_every_draw(sure):
    assert (sure.counts.sum(axis=1) == 500).all()
    assert sure.failed == 0


def test_quantiles_are_inverses_of_the_frequencies(sure):
    for row in sure.ranks.iter_rows(named=True):
        counts = sure.counts[sure.regions.index(row["region"])]
        for name, share in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
            rank = row[name]
            assert counts[:rank].sum() >= share * 500 - 1e-6
            assert counts[: rank - 1].sum() < share * 500 - 1e-6


def test_scores_and_ranks_on_request_are_those_that_were_counted(sure):
    scores = sure.scores()
    counted = scores.group_by("region", "rank").len().sort("region", "rank")
    wanted = sure.frequencies.select("region", "rank", len="draws").sort("region", "rank")
    assert counted.equals(wanted.cast(counted.schema))
    top = scores.group_by("region").agg((pl.col("rank") <= 5).mean().alias("share"))
    both = sure.ranks.join(top, on="region")
    assert both["p_top5"].to_list() == pytest.approx(both["share"].to_list())


def test_group_probabilities_are_those_of_the_draws(sure):
    scores = sure.scores()
    labels = ["I", "II", "III", "IV", "V"]
    gap = scores.with_columns(
        share=(pl.col("score") - pl.col("score").min().over("draw"))
        / (pl.col("score").max().over("draw") - pl.col("score").min().over("draw"))
    ).with_columns(
        place=sum((pl.col("share").round(9) < cut).cast(int) for cut in (0.8, 0.6, 0.4, 0.2))
    )
    for row in sure.groups.iter_rows(named=True):
        own = gap.filter(pl.col("region") == row["region"])
        found = (own["place"] == labels.index(row["group"])).mean()
        assert row["probability"] == pytest.approx(found)


def test_parameters_can_be_replayed_to_the_same_scores(sure):
    from rating.analysis.replay import replay

    again = replay(sure.rating, sure.parameters())
    assert again.select("draw", "region", "rank").equals(
        sure.scores().select("draw", "region", "rank")
    )
    assert again["score"].to_list() == pytest.approx(sure.scores()["score"].to_list(), abs=1e-9)


@given(st.integers(1, 700), st.integers(0, 2**32), st.sampled_from(["sobol", "random"]))
def test_a_draw_depends_on_its_index_and_the_seed_alone(sure, draws, seed, design):
    plan = sure.plan
    long = Drawing(plan, kind=design, seed=seed)
    alone = long.draws(1)
    short = Drawing(plan, kind=design, seed=seed)
    short.draws(0)
    assert (short.draws(1, draws).weights == alone.weights[:draws]).all()


def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    from rating.analysis import state
    from rating.analysis import uncertainty as module

    result = rated(*ALL)
    whole = uncertainty(result, draws=20_000)
    kept = module._block

    def stops(drawing, counted, number, keep):
        if number == 3:
            counted.keep(tmp_path, state.key_of(drawing, 20_000))
            raise KeyboardInterrupt
        kept(drawing, counted, number, keep)

    monkeypatch.setattr(module, "_block", stops)
    with pytest.raises(KeyboardInterrupt):
        uncertainty(result, draws=20_000, folder=tmp_path)
    monkeypatch.setattr(module, "_block", kept)
    resumed = uncertainty(result, draws=20_000, folder=tmp_path)
    assert (resumed.counts == whole.counts).all()
    assert resumed.ranks.equals(whole.ranks)
    assert resumed.options.equals(whole.options)
    with pytest.raises(UsageError, match="another rating, seed or design"):
        uncertainty(result, draws=20_000, seed=2, folder=tmp_path)


def test_records_are_written_in_parts(sure, tmp_path):
    sure.save(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "parameters-000000.parquet",
        "scores-000000.parquet",
    ]
    assert pl.read_parquet(tmp_path / "scores-000000.parquet").equals(sure.scores())


def test_only_what_is_named_is_drawn(sure):
    result = sure.rating
    alone = result.uncertainty(draws=64, only=["mean"])
    assert alone.assumptions["assumption"].to_list() == ["mean"]
    with pytest.raises(DefinitionError, match="did you mean 'mean'"):
        result.uncertainty(only=["meen"])
    with pytest.raises(DefinitionError, match="no assumption is on of sampling"):
        result.uncertainty(only="sampling")


def test_every_option_is_drawn_alike_and_says_what_it_moves(sure):
    scale = sure.options.filter(pl.col("assumption") == "scale")
    assert scale["draws"].to_list() == [250, 250]
    out = sure.options.filter(pl.col("assumption") == "one_out")
    assert out["option"].to_list() == ["nothing", "a", "b", "c", "d", "e"]
    assert sure.scenarios["draws"].sum() == 500


def test_one_option_without_effect_leaves_the_published_ranks():
    same = rated({"id": "mean", "kind": "aggregate", "options": [{}]}).uncertainty(draws=16)
    assert same.ranks["median"].to_list() == same.ranks["rank"].to_list()
    assert same.ranks["low"].to_list() == same.ranks["high"].to_list()
    assert set(same.ranks["p_group"]) == {1.0}


# ------------------------------------------------------------------------------------------- edges


def test_one_draw_is_an_answer(sure):
    one = sure.rating.uncertainty(draws=1)
    assert one.ranks["low"].to_list() == one.ranks["high"].to_list()
    with pytest.raises(UsageError, match="ask for one"):
        sure.rating.uncertainty(draws=0)


def test_one_region_is_always_first():
    method = {"normalise": {"name": "borda"}, "groups": {"name": "none"}}
    alone = rated(WEIGHTS, figures=FIGURES.head(1), **method).uncertainty(draws=100)
    assert alone.counts.tolist() == [[100]]
    assert alone.ranks.row(0)[:5] == ("R1", 1, 1, 1, 1)


def test_regions_that_are_all_equal_share_the_first_place_in_every_draw():
    same = FIGURES.with_columns(*(pl.lit(n * 1.1).alias(n_) for n, n_ in enumerate("abcde", 1)))
    method = {"normalise": {"name": "borda"}}
    equal = rated(WEIGHTS, figures=same, **method).uncertainty(draws=3000)
    assert (equal.counts[:, 0] == 3000).all()
    assert set(equal.ranks["p_group"]) == {1.0}


def test_draws_that_all_fail_are_counted_with_their_reason(sure, monkeypatch):
    def fails(self, scenario, draws, rows, moved):
        regions = len(self.plan.regions)
        return np.full((len(rows), regions), np.nan), np.full(len(rows), len(self.plan.branches))

    monkeypatch.setattr(Drawing, "score", fails)
    lost = sure.rating.uncertainty(draws=300)
    assert lost.failures.rows() == [
        ("the aggregation of index met scores it is not defined for", 300)
    ]
    assert lost.ranks["median"].null_count() == 6
    assert lost.ranks["p_top5"].null_count() == 6
    assert lost.groups.is_empty()
    assert "300 failed" in repr(lost)


def test_a_region_outside_the_ranking_is_not_drawn():
    result = rated(WEIGHTS)
    section = result.section.replace(edition=(rating.Edition(year=2019, outside=("R1",)),))
    apart = rating.rate(section, result.data, edition=2019).uncertainty(draws=50)
    assert "R1" not in apart.regions
    assert apart.ranks.filter(pl.col("region") == "R1")["median"].to_list() == [None]


def test_a_notebook_shows_a_table(sure):
    shown = sure._repr_html_()
    assert "500 draws, seed 1, 90% intervals" in shown
    assert shown.count("<tr>") == 7


# ---------------------------------------------------------------------------- what cannot apply


def test_a_geometric_mean_over_a_scale_with_0_is_refused():
    with pytest.raises(DefinitionError, match="a geometric mean needs scores above 0"):
        rated(MEAN, normalise={"name": "minmax", "range": [0, 100]}).uncertainty()
    borda = {"id": "scale", "kind": "normalise", "options": [{}, {"name": "borda", "range": None}]}
    with pytest.raises(DefinitionError, match="under normalise borda"):
        rated(MEAN, borda).uncertainty()


def test_two_assumptions_may_not_draw_the_same_weights():
    noise = {"id": "noise", "kind": "weights", "draw": {"name": "noise", "spread": 0.2}}
    with pytest.raises(DefinitionError, match="'weights' draws the weights of index already"):
        rated(WEIGHTS, noise).uncertainty()
    apart = rated({**WEIGHTS, "nodes": ["index"]}, {**noise, "nodes": ["first"]})
    assert apart.uncertainty(draws=32).failed == 0


def test_what_leaves_nothing_to_rate_is_refused():
    few = META.filter(~pl.col("id").is_in(["second", "c", "d", "e"]))
    with pytest.raises(DefinitionError, match="nothing is left to rate"):
        rated({"id": "out", "kind": "leave_out", "items": ["first"]}, meta=few).uncertainty()


def test_methods_that_compare_regions_are_refused():
    other = {"id": "mean", "kind": "aggregate", "options": [{}, {"name": "copeland"}]}
    with pytest.raises(DefinitionError, match="copeland compares regions"):
        rated(other).uncertainty()


def test_a_scale_of_other_editions_is_refused():
    with pytest.raises(UsageError, match="other editions"):
        planned(rated(ONE_OUT, normalise={"name": "minmax", "over": "panel"}))
