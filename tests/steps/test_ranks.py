from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from rating.definitions.settings import NoGroups, Quantile, ShareOfGap
from rating.steps import ranks
from tests.steps.conftest import columns, pl


def scored(values):
    return pl.DataFrame(
        {
            "scenario": 0,
            "region": [f"R{n:02}" for n in range(len(values))],
            "node": "index",
            "score": pl.Series(values, dtype=pl.Float64),
        },
        schema_overrides={"scenario": pl.Int64},
    )


def ranked(store, values, outside=()):
    scores = scored(values)
    statuses = ranks.status(scores, "index", outside)
    return ranks.rank(store, scores, statuses).sort("region")


def test_equal_scores_share_the_best_rank(store):
    assert ranked(store, [3.0, 5.0, 5.0, 1.0])["rank"].to_list() == [3, 1, 1, 4]


def test_a_difference_in_the_tenth_digit_is_none(store):
    assert ranked(store, [0.1 + 0.2, 0.3])["rank"].to_list() == [1, 1]
    assert ranked(store, [1.000000002, 1.000000001])["rank"].to_list() == [1, 2]


@given(columns(missing=True))
def test_ranks_are_those_of_scipy_among_regions_with_a_score(store, values):
    known = [v for v in values if v is not None]
    wanted = iter(rankdata([-round(v, 9) for v in known], method="min").astype(int).tolist())
    expected = [None if v is None else next(wanted) for v in values]
    assert ranked(store, values)["rank"].to_list() == expected


@given(columns(least=2, missing=False), st.integers(0, 29))
def test_a_region_outside_keeps_its_score_and_moves_nobody(store, values, which):
    which %= len(values)
    found = ranked(store, values, outside=[f"R{which:02}"])
    assert found["score"].to_list() == values
    assert found["rank"][which] is None
    others = [v for n, v in enumerate(values) if n != which]
    inside = found.filter(pl.col("region") != f"R{which:02}")["rank"].to_list()
    assert inside == ranked(store, others)["rank"].to_list()


def test_status_says_why_a_region_is_not_ranked():
    found = ranks.status(scored([1.0, None, 2.0, None]), "index", ["R02", "R03"])
    assert found["status"].to_list() == ["ranked", "thin", "outside", "outside"]


@given(st.lists(columns(least=1, most=6), min_size=4, max_size=4), st.randoms())
def test_each_node_of_each_scenario_is_ranked_by_itself(store, drawn, chance):
    frames = {
        (scenario, node): scored(values).with_columns(
            pl.lit(scenario, pl.Int64).alias("scenario"), pl.lit(node).alias("node")
        )
        for (scenario, node), values in zip(
            [(0, "index"), (0, "labs"), (5, "index"), (5, "labs")], drawn, strict=True
        )
    }
    scores = pl.concat(frames.values()).sample(fraction=1, shuffle=True, seed=chance.randrange(99))
    statuses = scores.select("scenario", "region", status=pl.lit("ranked")).unique()
    found = ranks.rank(store, scores, statuses)
    for (scenario, node), frame in frames.items():
        own = found.filter((pl.col("scenario") == scenario) & (pl.col("node") == node))
        alone = frame.with_columns(pl.lit("index").alias("node"))
        wanted = ranks.rank(store, alone, ranks.status(alone, "index", ()))
        assert own.sort("region")["rank"].to_list() == wanted.sort("region")["rank"].to_list()


@given(columns(), columns(), st.sampled_from([ShareOfGap(), Quantile()]))
def test_each_scenario_is_grouped_by_itself(store, first, second, setting):
    alone = [
        ranked(store, values).with_columns(scenario=n) for n, values in ((0, first), (5, second))
    ]
    found = ranks.group(store, pl.concat(alone).sort("region"), setting)
    wanted = pl.concat(ranks.group(store, frame, setting) for frame in alone)
    keys = ["scenario", "region"]
    assert found.sort(keys).equals(wanted.sort(keys))


def grouped(store, values, setting):
    return ranks.group(store, ranked(store, values), setting).sort("region")["group"].to_list()


def test_a_cut_belongs_to_the_better_group(store):
    values = [100.0, 80.0, 79.9, 60.0, 40.0, 20.0, 19.9, 0.0, None]
    assert grouped(store, values, ShareOfGap()) == [
        "I",
        "I",
        "II",
        "II",
        "III",
        "IV",
        "V",
        "V",
        None,
    ]


def test_equal_scores_are_all_in_the_first_group(store):
    assert grouped(store, [5.0, 5.0, 5.0], ShareOfGap()) == ["I", "I", "I"]
    assert grouped(store, [5.0], Quantile()) == ["I"]


def test_quantiles_split_the_ranked_regions_and_keep_ties_together(store):
    assert grouped(store, [float(v) for v in range(10)], Quantile()) == [
        "V",
        "V",
        "IV",
        "IV",
        "III",
        "III",
        "II",
        "II",
        "I",
        "I",
    ]
    assert grouped(store, [9.0, 9.0, 9.0, 1.0, 1.0], Quantile()) == ["I", "I", "I", "IV", "IV"]


@given(columns(least=1, missing=False), st.sampled_from([ShareOfGap(), Quantile()]))
def test_a_better_rank_is_never_in_a_worse_group(store, values, setting):
    frame = (
        ranks.group(store, ranked(store, values), setting)
        .join(ranked(store, values), on="region")
        .sort("rank")
    )
    labels = [setting.labels.index(label) for label in frame["group"]]
    assert labels == sorted(labels)
    assert labels[0] == 0


def test_without_a_method_there_are_no_groups(store):
    assert grouped(store, [1.0, 2.0], NoGroups()) == [None, None]


def test_groups_stand_by_scenario_and_region_whether_there_are_any_or_not(store):
    for setting in (NoGroups(), ShareOfGap(), Quantile()):
        made = ranks.group(store, ranked(store, [2.0, 1.0]), setting)
        assert made.schema == {"scenario": pl.Int64, "region": pl.String, "group": pl.String}
        assert made.height == 2
