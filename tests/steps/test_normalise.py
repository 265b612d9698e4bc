import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

import rating
from rating.definitions.settings import (
    Best,
    Borda,
    Centred,
    Fraction,
    Goalposts,
    MinMax,
    PercentileRank,
    Rank,
    Reference,
    Target,
    ZScore,
)
from rating.errors import DataError, DefinitionError
from tests.steps.conftest import by_region, cells, columns, normalise, pl, several

# Every case is put to every method.
few = settings(max_examples=max(1, settings.default.max_examples // 8))
SETTINGS = [MinMax(range=[1, 100]), Goalposts(low=-5, high=8, range=[0, 10]), ZScore(), Rank()]


def score(store, values, setting, direction="higher"):
    frame = cells(values, "treated")
    return by_region(normalise(store, frame, {"x": (setting, direction)}), "score")


@st.composite
def varied(draw, missing=True):
    """Columns with at least two different values, far enough apart to be divided by."""
    low = draw(st.integers(-1000, 999))
    high = draw(st.integers(low + 1, 1000))
    rest = draw(columns(0, 20, missing))
    values = [float(low), *rest, float(high)]
    known = [v for v in values if v is not None]
    assume(max(known) - min(known) > 1e-3)
    return values


@given(varied(), st.sampled_from(SETTINGS))
def test_missing_stays_missing_and_known_is_scored(store, values, setting):
    assert [v is None for v in score(store, values, setting)] == [v is None for v in values]


@given(varied(missing=False), st.sampled_from(SETTINGS))
def test_a_better_value_never_scores_less(store, values, setting):
    for direction, sign in (("higher", 1), ("lower", -1)):
        pairs = sorted(
            zip([sign * v for v in values], score(store, values, setting, direction), strict=True)
        )
        assert all(b[1] >= a[1] for a, b in itertools.pairwise(pairs))


@given(varied())
def test_minmax_fills_its_range(store, values):
    scores = [s for s in score(store, values, MinMax(range=[1, 100])) if s is not None]
    assert min(scores) == 1
    assert max(scores) == 100


@given(varied(missing=False))
def test_lower_is_better_turns_minmax_over(store, values):
    up = score(store, values, MinMax())
    down = score(store, values, MinMax(), "lower")
    assert [100 - s for s in down] == pytest.approx(up, abs=1e-9)


@given(varied(missing=False), st.sampled_from([0.5, 8.0]), st.integers(-9, 9))
def test_a_change_of_unit_changes_no_score(store, values, factor, shift):
    moved = [factor * v + shift for v in values]
    for setting in (MinMax(), ZScore()):
        assert score(store, moved, setting) == pytest.approx(
            score(store, values, setting), rel=1e-6, abs=1e-6
        )


@given(varied(missing=False))
def test_z_scores_have_the_mean_and_the_deviation_asked_for(store, values):
    scores = np.array(score(store, values, ZScore(mean=10, sd=2)))
    assert scores.mean() == pytest.approx(10, abs=1e-6)
    assert scores.std(ddof=1) == pytest.approx(2, abs=1e-6)


@given(columns(missing=False))
def test_ranks_are_those_of_scipy(store, values):
    assert score(store, values, Rank()) == rankdata(values, method="min").tolist()
    down = score(store, values, Rank(), "lower")
    assert down == rankdata([-v for v in values], method="min").tolist()


@given(columns(missing=False))
def test_goalposts_clip_or_go_on(store, values):
    clipped = score(store, values, Goalposts(low=0, high=10, range=[1, 100]))
    free = score(store, values, Goalposts(low=0, high=10, range=[1, 100], clip=False))
    assert all(1 <= s <= 100 for s in clipped)
    assert free == pytest.approx([v / 10 * 99 + 1 for v in values], rel=1e-9, abs=1e-9)
    assert clipped == pytest.approx([min(max(s, 1), 100) for s in free], rel=1e-9)


def test_goalposts_on_a_scale_of_ratios_are_met_halfway_by_the_geometric_mean(store):
    posts = {"low": 30, "high": 300, "range": [1, 100]}
    values = [0.0, 30.0, 30.0 * 10**0.5, 300.0, 500.0, None]
    wanted = [1, 1, 50.5, 100, 100, None]
    found = score(store, values, Goalposts(**posts, scale="log"))
    assert found == [pytest.approx(w) if w is not None else None for w in wanted]
    turned = score(store, values, Goalposts(**posts, scale="log"), "lower")
    assert turned == [pytest.approx(101 - w) if w is not None else None for w in wanted]


@pytest.mark.parametrize(("scale", "middle"), [("log1p", 15**0.5 * 2 - 1), ("sqrt", 14.75)])
def test_other_scales_begin_at_0(store, scale, middle):
    # log1p: (1 + x)^2 = (1 + 0) (1 + 59); sqrt: the root of 59 halved and squared.
    found = score(store, [-1.0, 0.0, middle, 59.0], Goalposts(low=0, high=59, scale=scale))
    assert found == pytest.approx([0, 0, 50, 100])


@pytest.mark.parametrize(
    "wrong", [{"low": 0}, {"low": 1, "clip": False}, {"points": [1, 2, 3, 4], "high": None}]
)
def test_a_scale_of_ratios_needs_ends_above_0(wrong):
    with pytest.raises(DefinitionError, match="scale = 'log' needs"):
        Goalposts(**{"high": 5, "scale": "log", **wrong})


def test_goalposts_of_lower_is_better_are_turned_over(store):
    assert score(store, [0.0, 5.0, 10.0], Goalposts(low=0, high=10), "lower") == [100, 50, 0]


def test_a_band_is_full_inside_and_falls_on_both_sides(store):
    band = Goalposts(points=[0, 10, 20, 40])
    values = [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 99.0, None]
    assert score(store, values, band, "band") == [0, 0, 50, 100, 100, 100, 50, 0, 0, None]


@given(varied(), st.sampled_from(SETTINGS))
def test_the_order_of_rows_is_nothing(store, values, setting):
    frame = cells(values, "treated")
    rules = {"x": (setting, "higher")}
    one, other = normalise(store, frame, rules), normalise(store, frame.reverse(), rules)
    assert by_region(one, "score") == by_region(other, "score")


# ------------------------------------------------------------------------------- the other methods

UNRANGED = [
    Borda(),
    PercentileRank(),
    Best(),
    Rank(ties="average"),
    Centred(),
    Target(target=2000.0),
    Best(range=[1, 100]),
    ZScore(range=[1, 100]),
]


@given(varied(missing=False), st.sampled_from(UNRANGED))
def test_every_method_keeps_the_order_of_the_values(store, values, setting):
    pairs = sorted(zip(values, score(store, values, setting), strict=True))
    assert all(b[1] >= a[1] - 1e-12 for a, b in itertools.pairwise(pairs))


@given(varied(), st.sampled_from([ZScore, Rank, Borda, PercentileRank, Best]))
def test_any_method_fills_the_range_it_is_given(store, values, method):
    scores = [s for s in score(store, values, method(range=[1, 100])) if s is not None]
    assert (min(scores), max(scores)) == (1, 100)


@given(columns(least=2, missing=False))
def test_borda_and_percentile_ranks_count_the_worse_regions(store, values):
    worse = [sum(other < value for other in values) for value in values]
    assert score(store, values, Borda()) == worse
    assert score(store, values, PercentileRank()) == [w / (len(values) - 1) for w in worse]
    assert score(store, values, Rank(ties="average")) == rankdata(values).tolist()


@given(varied(missing=False))
def test_the_best_has_1_and_the_worst_0(store, values):
    scores = score(store, values, Best())
    assert (min(scores), max(scores)) == (0, 1)


def test_a_target_is_1_and_what_is_beyond_stays_there_only_if_clipped(store):
    values = [0.0, 5.0, 10.0, 20.0]
    assert score(store, values, Target(target=10.0)) == [0, 0.5, 1, 2]
    assert score(store, values, Target(target=10.0, clip=True)) == [0, 0.5, 1, 1]
    assert score(store, values, Target(target=5.0), "lower") == pytest.approx([4 / 3, 1, 2 / 3, 0])


def test_the_reference_region_has_1(store):
    assert score(store, [2.0, 4.0, 6.0], Reference(region="R01")) == [0, 1, 2]


def test_a_fraction_of_the_best_is_right_in_both_directions(store):
    """COINr's n_fracmax turns the sign and makes the worst unit the highest."""
    assert score(store, [1.0, 2.0, 4.0], Fraction()) == [0.25, 0.5, 1]
    assert score(store, [1.0, 2.0, 4.0], Fraction(), "lower") == [1, 0.5, 0.25]


def test_the_mean_region_is_in_the_middle_of_a_centred_scale(store):
    scores = score(store, [0.0, 4.0, 8.0], Centred())
    assert scores == [70, 100, 130]
    assert score(store, [0.0, 4.0, 8.0], Centred(centre=2.0)) == [85, 115, 145]


@pytest.mark.parametrize(
    ("setting", "values", "what", "remedy"),
    [
        (
            Target(target=1.0),
            [3.0, 5.0],
            "the target is not beyond the worst value, 3",
            "choose a target that is still ahead of the worst region",
        ),
        (
            Reference(region="R00"),
            [3.0, 5.0],
            "the reference region has no value above the worst, 3",
            "choose another reference region",
        ),
        (
            Reference(region="R00"),
            [None, 3.0, 5.0],
            "the reference region has no value above the worst, 3",
            "choose another reference region",
        ),
        (
            Fraction(),
            [-3.0, -5.0],
            "a fraction of the best needs values above 0",
            "choose another normalisation",
        ),
        (
            PercentileRank(),
            [3.0],
            "zero range: one region alone has no percentile rank",
            "choose another normalisation",
        ),
        (
            Borda(range=[0, 1]),
            [3.0, 3.0],
            "zero range: every region with a value has the same score",
            "leave range out, give it weight 0, or leave it out of the edition",
        ),
        *(
            (
                setting,
                [3.0, 3.0, None],
                "zero range: every region with a value has 3",
                "give it goalposts, weight 0, or leave it out of the edition",
            )
            for setting in (MinMax(), ZScore(), Best(), Centred())
        ),
    ],
)
def test_what_cannot_be_scored_is_an_error_with_its_remedy(store, setting, values, what, remedy):
    with pytest.raises(DataError) as caught:
        score(store, values, setting)
    (problem,) = caught.value.problems
    assert (problem.where, problem.what, problem.remedy) == ("x", what, remedy)


def test_a_score_that_is_beyond_every_number_is_told_with_its_region(store):
    with pytest.raises(DataError) as caught:
        score(store, [1e300, 0.0], Goalposts(low=0, high=1e-300, clip=False))
    told = [(problem.where, problem.what) for problem in caught.value.problems]
    assert told == [("x, R00", "the score is inf, not a number")]


def test_unknown_regions_and_years_are_told_at_once(store):
    rules = {
        "x": (Reference(region="R1"), "higher"),
        "y": (MinMax(over=2015), "higher"),
        "z": (Reference(region="R00"), "higher"),
    }
    with pytest.raises(DefinitionError) as caught:
        normalise(store, cells([1.0, 2.0], "treated"), rules)
    assert [(p.where, p.what, p.remedy) for p in caught.value.problems] == [
        ("x, method.normalise", "no region 'R1' in the data", "did you mean 'R01'?"),
        (
            "y, method.normalise",
            "the year 2015 is not among the editions",
            "rate a panel that has it",
        ),
    ]


def two_years(old, new):
    early, late = cells(old, "treated"), cells(new, "treated")
    scenario = pl.col("scenario")
    return pl.concat([early.with_columns(scenario + 2014), late.with_columns(scenario + 2015)])


@pytest.mark.parametrize(
    ("over", "wanted"),
    [("edition", [0, 100, 0, 100]), ("panel", [0, 50, 25, 100]), (2014, [0, 100, 50, 200])],
)
def test_ends_are_those_of_the_edition_the_panel_or_a_year(store, over, wanted):
    frame = two_years([0.0, 2.0], [1.0, 4.0])
    scored = normalise(store, frame, {"x": (MinMax(over=over), "higher")})
    assert scored.sort("scenario", "region")["score"].to_list() == wanted


# ------------------------------------------------------------------------- several at once

EVERY = [
    MinMax(),
    MinMax(over="panel", range=[0, 1]),
    MinMax(over=2014),
    Goalposts(low=2, high=40),
    Goalposts(low=2, high=40, scale="log"),
    Goalposts(low=0, high=40, scale="sqrt"),
    Goalposts(points=[0, 10, 20, 40]),
    ZScore(),
    ZScore(mean=5, sd=2, over="panel"),
    ZScore(range=[1, 100]),
    Rank(),
    Rank(ties="average", over="panel"),
    Borda(),
    PercentileRank(over="panel"),
    Best(),
    Target(target=2000.0),
    Target(target=60.0, clip=True),
    Reference(region="R00"),
    Fraction(),
    Fraction(over="panel"),
    Centred(),
    Centred(centre=8.0),
]
# The reference region is at the better end, and no target is behind it.
RISING = st.lists(st.one_of(st.integers(2, 50).map(float), st.none()), min_size=3, max_size=3).map(
    lambda rest: [50.5, *rest, 1.0]
)
RULES = [(setting, "higher") for setting in EVERY] + [
    (setting, "lower") for setting in EVERY if not isinstance(setting, Target | Reference)
]


@few
@given(st.lists(RISING, min_size=2 * len(RULES), max_size=2 * len(RULES)), st.data())
def test_several_indicators_are_each_scored_as_if_alone(store, drawn, data):
    rules = {f"i{n:02}": rule for n, rule in enumerate(data.draw(st.permutations(RULES)))}
    tables = {name: drawn[2 * n : 2 * n + 2] for n, name in enumerate(rules)}
    found = normalise(store, several(tables, "treated"), rules).sort("scenario", "region")
    for name, rule in rules.items():
        alone = normalise(store, several({name: tables[name]}, "treated"), {name: rule})
        wanted = alone.sort("scenario", "region")["score"].to_list()
        together = found.filter(pl.col("indicator") == name)["score"].to_list()
        assert together == [None if w is None else pytest.approx(w, rel=1e-12) for w in wanted]


def test_a_panel_that_is_flat_is_told_once_and_flat_editions_each(store):
    table = several({"x": [[7.0, 7.0], [7.0, None]]}, "treated")
    for over, times in (("panel", 1), ("edition", 2)):
        with pytest.raises(DataError) as caught:
            normalise(store, table, {"x": (MinMax(over=over), "higher")})
        told = [problem.what for problem in caught.value.problems]
        assert told == ["zero range: every region with a value has 7"] * times


def test_an_indicator_without_a_setting_has_no_score_and_is_no_error(store):
    """One that is not in force, or of weight 0, may be flat."""
    tables = {"flat": [[1.0, 1.0]], "x": [[1.0, 2.0]]}
    found = normalise(store, several(tables, "treated"), {"x": (MinMax(), "higher")})
    assert found.sort("indicator", "region")["score"].to_list() == [None, None, 0, 100]


def test_all_that_cannot_be_scored_is_told_at_once_each_with_its_value(store):
    tables = {
        "a": [[-0.0, -0.0], [1.0, 2.0]],
        "b": [[1.0, 2.0], [7.0, None]],
        "c": [[3.0, 4.0], [3.0, 5.0]],
        "d": [[None, None], [1.0, 2.0]],
    }
    rules = {
        "a": (MinMax(), "higher"),
        "b": (MinMax(), "lower"),
        "c": (Target(target=3.0), "higher"),
        "d": (MinMax(), "higher"),
    }
    with pytest.raises(DataError) as caught:
        normalise(store, several(tables, "treated"), rules)
    assert [(p.where, p.what) for p in caught.value.problems] == [
        ("a", "zero range: every region with a value has 0"),
        ("b", "zero range: every region with a value has 7"),
        ("c", "the target is not beyond the worst value, 3"),
        ("c", "the target is not beyond the worst value, 3"),
    ]
    assert all(problem.remedy for problem in caught.value.problems)


@pytest.mark.parametrize("name", ["minmax", "zscore", "best", "centred", "fraction", "rank"])
def test_context_that_never_varies_has_no_score_and_stops_nothing(name, tmp_path):
    section = rating.Section(
        id="w0",
        name="W",
        node=[{"id": "index"}],
        method={"normalise": {"name": name}},
        uncertainty={
            "assumption": [
                {"id": "w", "kind": "weights", "draw": {"name": "dirichlet", "concentration": 20.0}}
            ]
        },
        indicator=[
            {
                "id": id,
                "parent": "index",
                "weight": weight,
                "input": {"f": {"grain": "region", id: {"type": "number"}}},
                "version": [{"since": "2000-01-01", "value": id}],
            }
            for id, weight in (("ix", 0.0), ("iy", 1.0), ("iz", 1.0))
        ],
    )
    frame = pl.DataFrame(
        {
            "region": list("ABC"),
            "year": [2020] * 3,
            "ix": [-5.0] * 3,
            "iy": [1.0, 2.0, 4.0],
            "iz": [1.0, 2.0, 5.0],
        }
    )
    result = rating.rate(section, rating.read({"f": frame}, section), edition=2020)
    assert result.ranks["rank"].to_list() == [1, 2, 3]
    context = result.values.filter(pl.col("indicator") == "ix")
    assert context["value"].to_list() == [-5.0] * 3
    assert context["score"].to_list() == ([1.0] * 3 if name == "rank" else [None] * 3)
    assert result.explain("A").rows.height
    result.save(tmp_path)
    result.to_xlsx(tmp_path / "a.xlsx")
    result.to_html(tmp_path / "a.html")
    assert result.uncertainty(draws=16).ranks["rank"].to_list() == [1, 2, 3]


def test_an_indicator_that_counts_and_never_varies_is_refused_still(store):
    frame = cells([1.0, 1.0], "treated")
    with pytest.raises(DataError, match="zero range"):
        normalise(store, frame, {"x": (MinMax(), "higher")})
