import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.settings import (
    Constant,
    Expectation,
    GroupMean,
    GroupMedian,
    Latest,
    Linear,
    Mean,
    Median,
    Nearest,
    NoImputation,
    Regression,
    Structure,
)
from rating.engine.store import Store
from rating.errors import DataError, DefinitionError
from tests.flat import SHARED, distance
from tests.steps.conftest import by_region, cells, columns, impute, pl
from tests.steps.test_models import SEEDS, holed

NAMES = ("a", "b", "c", "d")
REGIONS = pl.DataFrame({"region": [f"R{n:02}" for n in range(40)], "district": ["n", "s"] * 20})
NOTHING = pl.DataFrame(schema={"region": pl.String, "district": pl.String})
AVERAGES = [Mean(), Median(), GroupMean(), GroupMedian()]
MODELS = [Regression(on=["b", "c"]), Nearest(k=3), Nearest(k=2, on=["b", "d"]), Expectation()]
ALONG = [Latest(), Latest(max_age=1), Linear(), Constant()]
SETTINGS = [NoImputation(), *AVERAGES, *MODELS, Expectation(on=["b"]), *ALONG, Structure()]
ONE = {"x": NoImputation()}


def table(values, scenario=0, estimate=True):
    """Regions by indicators as the steps take them, with an estimate for each cell."""
    rows, width = values.shape
    frame = pl.DataFrame(
        {
            "scenario": [scenario] * (rows * width),
            "region": [f"R{n:02}" for n in range(rows) for _ in range(width)],
            "indicator": list(NAMES[:width]) * rows,
            "value": [None if math.isnan(v) else v for v in values.ravel()],
            "estimate": np.arange(rows * width) / 4 - 5,
        },
        schema_overrides={"value": pl.Float64},
    )
    return frame if estimate else frame.drop("estimate")


def panel(seed, editions=(7, 3, 5)):
    """Some editions whose scenarios are in no order, with the year of each."""
    frames = [table(holed(seed + n, rows=16), scenario) for n, scenario in enumerate(editions)]
    return pl.concat(frames), {scenario: 2015 + n for n, scenario in enumerate(editions)}


def filled(store, frame, setting, years=None, target="a"):
    """The cells with one indicator imputed and the others left as they are."""
    settings = {name: setting if name == target else NoImputation() for name in NAMES}
    return impute(store, frame, settings, REGIONS, years).sort("scenario", "region", "indicator")


def test_every_imputation_of_the_library_is_tried_here():
    from rating.definitions.methods import STEPS

    assert {setting.name for setting in SETTINGS} == set(STEPS["impute"])


# ------------------------------------------------------------------------- laws of every imputation


@given(SEEDS, st.sampled_from(SETTINGS))
def test_known_values_stay_and_the_other_indicators_stay_missing(store, seed, setting):
    frame, years = panel(seed)
    found = filled(store, frame, setting, years)
    known = found.filter(pl.col("value").is_not_null())
    assert known["imputed"].to_list() == known["value"].to_list()
    others = found.filter(pl.col("indicator") != "a")
    assert others["imputed"].to_list() == others["value"].to_list()
    assert len(found) == len(frame)


@given(SEEDS, st.sampled_from(SETTINGS))
def test_the_order_of_rows_is_nothing(store, seed, setting):
    frame, years = panel(seed)
    one = filled(store, frame, setting, years)
    other = filled(store, frame.sample(fraction=1, shuffle=True, seed=seed % 1000), setting, years)
    assert one.select(other.columns).equals(other)


@given(SEEDS, st.sampled_from(SETTINGS))
def test_the_names_of_regions_are_nothing(store, seed, setting):
    frame, years = panel(seed)
    draw = np.random.default_rng(seed)
    codes = [f"R{2 * n:02}" for n in draw.permutation(16)]  # the parity keeps the district apart
    regions = pl.DataFrame({"region": codes, "district": ["n", "s"] * 8})
    rename = dict(zip([f"R{n:02}" for n in range(16)], codes, strict=True))
    renamed = frame.with_columns(pl.col("region").replace(rename))
    settings = dict.fromkeys("a", setting) | dict.fromkeys("bcd", NoImputation())
    one = impute(store, frame, settings, REGIONS, years)
    other = impute(store, renamed, settings, regions, years)
    keys = ["scenario", "region", "indicator"]
    one = one.with_columns(pl.col("region").replace(rename)).sort(keys)
    assert_close(one["imputed"], other.sort(keys)["imputed"])


@given(SEEDS, st.sampled_from(SETTINGS), st.sampled_from([1e-3, 0.5, 1000.0]))
def test_a_change_of_unit_scales_what_is_filled(store, seed, setting, factor):
    frame, years = panel(seed)
    unit = pl.when(pl.col("indicator") == "a").then(factor).otherwise(1.0)
    scaled = frame.with_columns(pl.col("value", "estimate") * unit)
    one, other = filled(store, frame, setting, years), filled(store, scaled, setting, years)
    own = pl.col("indicator") == "a"
    assert_close(one.filter(own)["imputed"] * factor, other.filter(own)["imputed"])


@given(SEEDS, st.sampled_from([Regression(on=["b", "c"]), Nearest(k=3), Expectation()]))
def test_the_units_of_the_other_indicators_are_nothing(store, seed, setting):
    frame, years = panel(seed)
    unit = pl.col("indicator").replace_strict({"a": 1.0, "b": 1e-6, "c": 8.0, "d": 1e6})
    moved = frame.with_columns(value=pl.col("value") * unit)
    one, other = filled(store, frame, setting, years), filled(store, moved, setting, years)
    own = pl.col("indicator") == "a"
    assert_close(one.filter(own)["imputed"], other.filter(own)["imputed"])


@given(SEEDS, st.sampled_from(SETTINGS))
def test_imputing_what_is_imputed_changes_no_value(store, seed, setting):
    frame, years = panel(seed)
    once = filled(store, frame, setting, years)
    again = filled(
        store,
        once.select(frame.columns).with_columns(once["imputed"].alias("value")),
        setting,
        years,
    )
    whole = once["imputed"].is_not_null()
    assert again.filter(whole)["imputed"].to_list() == once.filter(whole)["imputed"].to_list()


@given(SEEDS, st.sampled_from([*AVERAGES, Nearest(k=3), *ALONG]))
def test_what_is_filled_lies_within_the_known_values(store, seed, setting):
    frame, years = panel(seed)
    found = filled(store, frame, setting, years).filter(pl.col("indicator") == "a")
    over = ["region"] if setting in ALONG else ["scenario"]
    ends = found.with_columns(
        low=pl.col("value").min().over(over), high=pl.col("value").max().over(over)
    ).filter(pl.col("value").is_null() & pl.col("imputed").is_not_null())
    slack = 1e-12 * frame["value"].abs().max()
    assert (ends["imputed"] >= ends["low"] - slack).all()
    assert (ends["imputed"] <= ends["high"] + slack).all()


@given(SEEDS, st.permutations(SETTINGS))
def test_several_indicators_are_each_filled_as_if_alone(store, seed, order):
    """Each reads what was measured, and never what another filled."""
    frame, years = panel(seed)
    together = dict(zip(NAMES, order, strict=False))
    keys = ["scenario", "region", "indicator"]
    found = impute(store, frame, together, REGIONS, years).sort(keys)
    for name, setting in together.items():
        own = pl.col("indicator") == name
        alone = filled(store, frame, setting, years, target=name)
        assert_close(found.filter(own)["imputed"], alone.filter(own)["imputed"])


@given(SEEDS, st.sampled_from([s for s in SETTINGS if s not in ALONG]))
def test_one_edition_of_a_panel_is_filled_as_if_it_were_alone(store, seed, setting):
    frame, years = panel(seed)
    whole = filled(store, frame, setting, years)
    for scenario in years:
        own = pl.col("scenario") == scenario
        alone = filled(store, frame.filter(own), setting)
        assert_close(alone["imputed"], whole.filter(own)["imputed"])


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_threads_change_nothing(store, setting):
    frame, years = panel(11)
    with Store(threads=4) as wide:
        other = filled(wide, frame, setting, years)
    assert filled(store, frame, setting, years).equals(other)


@pytest.mark.parametrize("setting", SETTINGS[:-1], ids=lambda s: s.name)
def test_an_indicator_without_values_stays_missing(store, setting):
    frame, years = panel(5)
    own = pl.col("indicator") == "a"
    empty = frame.with_columns(value=pl.when(own).then(None).otherwise(pl.col("value")))
    if isinstance(setting, Regression):
        with pytest.raises(DefinitionError, match="0 have them"):
            filled(store, empty, setting, years)
    else:
        assert filled(store, empty, setting, years).filter(own)["imputed"].is_null().all()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_a_single_region_and_equal_values_have_a_defined_answer(store, setting):
    single = pl.concat(table(np.full((1, 4), v), n) for n, v in enumerate([2.0, math.nan, 2.0]))
    found = filled(store, single, setting, {0: 2001, 1: 2002, 2: 2003})
    fills = found.filter((pl.col("scenario") == 1) & (pl.col("indicator") == "a"))["imputed"]
    assert fills.to_list() in ([None], [2.0], [-5.0])
    equal = np.full((6, 4), 0.1)
    equal[5, 0] = math.nan
    if setting not in ALONG and not isinstance(setting, Regression | Structure):
        last = filled(store, table(equal), setting).filter(pl.col("indicator") == "a")["imputed"][5]
        nothing = isinstance(setting, NoImputation | Nearest)  # no indicator tells regions apart
        assert last == (None if nothing else pytest.approx(0.1, rel=1e-12))


def assert_close(one: pl.Series, other: pl.Series) -> None:
    """The same to 1e-8 of the greatest magnitude, and missing in the same places."""
    assert one.is_null().to_list() == other.is_null().to_list()
    assert ((one - other).abs().max() or 0.0) <= 1e-8 * (other.abs().max() or 1.0)


# ---------------------------------------------------------------------------------------- averages


@given(columns())
def test_missing_takes_the_mean_or_the_median(store, values):
    known = [v for v in values if v is not None]
    for setting, average in ((Mean(), np.mean), (Median(), np.median)):
        found = by_region(impute(store, cells(values), {"x": setting}, NOTHING), "imputed")
        for before, after in zip(values, found, strict=True):
            if before is not None:
                assert after == before
            elif known:
                assert after == pytest.approx(average(known), rel=1e-9, abs=1e-9)
            else:
                assert after is None


@given(columns())
def test_none_fills_nothing(store, values):
    found = impute(store, cells(values), {"x": NoImputation()}, NOTHING)
    assert by_region(found, "imputed") == values


def test_a_group_gives_its_own_average_and_a_group_without_values_gives_none(store):
    regions = pl.DataFrame(
        {"region": [f"R{n:02}" for n in range(7)], "district": ["a", "a", "b", "b", None, "a", "a"]}
    )
    frame = cells([1.0, 3.0, None, None, None, None, 8.0])
    means = impute(store, frame, {"x": GroupMean()}, regions)
    assert by_region(means, "imputed") == [1.0, 3.0, None, None, None, 4.0, 8.0]
    medians = impute(store, frame, {"x": GroupMedian()}, regions)
    assert by_region(medians, "imputed") == [1.0, 3.0, None, None, None, 3.0, 8.0]


def test_a_group_may_be_a_text_in_two_languages(store):
    """The English one is taken, as a register may lack the other."""
    values = [1.0, None, 5.0, None]
    groups = {"area_en": [*"nnss"], "area_ru": [*"abab"]}
    regions = pl.DataFrame({"region": [f"R{n:02}" for n in range(4)], **groups})
    found = impute(store, cells(values), {"x": GroupMean(group="area")}, regions)
    assert by_region(found, "imputed") == [1, 1, 5, 5]


def refused(store, frame, setting, years=None):
    """Where, what and what to do, of two indicators with one setting."""
    with pytest.raises(DefinitionError) as caught:
        impute(store, frame, {"y": setting, "x": setting}, NOTHING, years)
    return [(problem.where, problem.what, problem.remedy) for problem in caught.value.problems]


@pytest.mark.parametrize("setting", [GroupMean(group="distrikt"), GroupMedian(group="distrikt")])
def test_an_unknown_group_is_an_error_that_names_the_columns(store, setting):
    assert refused(store, cells([1.0]), setting) == [
        (
            "method.impute, group",
            "the regions have no column 'distrikt'",
            "did you mean 'district'?",
        )
    ]


# --------------------------------------------------------------------------------- other indicators


def test_models_read_measured_values_and_not_each_others_fills(store):
    frame = table(holed(21), estimate=False)
    settings = {"a": Nearest(k=2), "b": Expectation(), "c": Regression(on=["a", "d"]), "d": Mean()}
    together = impute(store, frame, settings, REGIONS)
    for name, setting in settings.items():
        own = pl.col("indicator") == name
        alone = filled(store, frame, setting, target=name).filter(own)
        assert_close(alone["imputed"], together.filter(own).sort("region")["imputed"])


def test_a_section_may_name_the_indicator_itself_among_the_others(store):
    frame = table(holed(22), estimate=False)
    for model, more in ((Regression, {}), (Nearest, {"k": 2}), (Expectation, {})):
        one = filled(store, frame, model(on=["b", "c"], **more))
        assert one.equals(filled(store, frame, model(on=["c", "a", "b"], **more)))


def test_an_indicator_that_is_not_in_force_in_an_edition_says_nothing_there(store):
    frame, years = panel(23)
    younger = frame.filter((pl.col("scenario") != 7) | (pl.col("indicator") != "b"))
    found = filled(store, younger, Regression(on=["b"]), years).filter(pl.col("indicator") == "a")
    old, new = (found.filter((pl.col("scenario") == 7) == first) for first in (True, False))
    assert old["imputed"].to_list() == old["value"].to_list()
    assert new["imputed"].is_null().sum() < new["value"].is_null().sum()


@pytest.mark.parametrize("model", [Regression, Nearest, Expectation])
def test_a_misspelt_indicator_is_an_error_with_the_right_name(store, model):
    settings = {"graduates": model(on=["reserchers"]), "researchers": NoImputation()}
    with pytest.raises(DefinitionError, match="did you mean 'researchers'"):
        impute(store, table(holed(1)).clear(), settings, REGIONS)


def test_all_models_that_cannot_be_fitted_are_told_at_once_with_their_edition(store):
    frame, years = panel(24)
    same = frame.with_columns(
        value=pl.when(pl.col("indicator") == "c").then(1.0).otherwise(pl.col("value"))
    )
    gap = (pl.col("region") == "R15") & pl.col("indicator").is_in(["a", "b"])
    same = same.with_columns(value=pl.when(gap).then(None).otherwise(pl.col("value")))
    settings = dict.fromkeys("ab", Regression(on=["c"])) | dict.fromkeys("cd", NoImputation())
    with pytest.raises(DefinitionError, match="leave one of them out") as caught:
        impute(store, same, settings, REGIONS, years)
    places = [problem.where for problem in caught.value.problems]
    assert len(places) == 6
    assert "a, method.impute, edition 2015" in places


def test_a_regression_on_itself_alone_is_refused(store):
    frame = table(holed(25), estimate=False)
    assert frame.filter(pl.col("indicator") == "a")["value"].null_count() > 0
    with pytest.raises(DefinitionError, match="not regressed on itself"):
        filled(store, frame, Regression(on=["a"]))


# ------------------------------------------------------------------------------------------ panels


def along(store, setting, values, years=None):
    """One region's values over years, filled; the scenarios are numbered backwards."""
    years = list(years or range(2010, 2010 + len(values)))
    frame = pl.concat(
        cells([value]).with_columns(scenario=pl.lit(-n, pl.Int64)) for n, value in enumerate(values)
    )
    dated = {-n: year for n, year in enumerate(years)}
    found = impute(store, frame, {"x": setting}, NOTHING, dated)
    return found.sort("scenario", descending=True)["imputed"].to_list()


GAPPY = [None, 2.0, None, None, 8.0, None]


def test_the_latest_earlier_value_is_taken_up_to_its_age(store):
    assert along(store, Latest(), GAPPY) == [None, 2, 2, 2, 8, 8]
    assert along(store, Latest(max_age=1), GAPPY) == [None, 2, 2, None, 8, 8]
    assert along(store, Latest(max_age=2), [1.0, None, None], [2000, 2002, 2003]) == [1, 1, None]


def test_a_line_goes_through_the_years_and_is_level_at_the_ends(store):
    assert along(store, Linear(), GAPPY) == [2, 2, 4, 6, 8, 8]
    assert along(store, Linear(), [0.0, None, 10.0], [2000, 2001, 2010]) == [0, 1, 10]


def test_a_constant_goes_forward_and_the_first_also_backward(store):
    assert along(store, Constant(), GAPPY) == [2, 2, 2, 2, 8, 8]


@given(st.lists(st.one_of(st.none(), st.integers(-9, 9).map(float)), min_size=2, max_size=8))
def test_a_line_is_that_of_numpy_and_the_same_backwards(store, values):
    known = [n for n, v in enumerate(values) if v is not None]
    if known:
        wanted = np.interp(range(len(values)), known, [values[n] for n in known])
        assert along(store, Linear(), values) == pytest.approx(wanted, abs=1e-12)
        back = along(store, Linear(), values[::-1])
        assert back[::-1] == pytest.approx(wanted, abs=1e-12)
    else:
        assert along(store, Linear(), values) == values


@given(SEEDS, st.sampled_from(ALONG))
def test_only_the_order_of_years_counts_and_not_the_names_of_scenarios(store, seed, setting):
    frame, years = panel(seed)
    renamed = {7: 100, 3: -1, 5: 0}
    other = frame.with_columns(pl.col("scenario").replace(renamed))
    dated = {renamed[scenario]: year for scenario, year in years.items()}
    one = filled(store, frame, setting, years).with_columns(pl.col("scenario").replace(renamed))
    keys = ["scenario", "region", "indicator"]
    assert one.sort(keys).equals(filled(store, other, setting, dated))


def test_another_region_is_never_read(store):
    frame, years = panel(31)
    own = pl.col("region") == "R01"
    for setting in ALONG:
        alone = filled(store, frame.filter(own), setting, years)
        assert filled(store, frame, setting, years).filter(own).equals(alone)


@pytest.mark.parametrize("setting", ALONG[1:], ids=lambda s: s.name)
def test_one_edition_alone_is_refused_with_what_to_do(store, setting):
    for years in (None, {0: 2019}, {0: 2018, 1: 2019}):
        assert refused(store, cells([1.0, 2.0]), setting, years) == [
            (
                f"{key}, method.impute",
                f"'{setting.name}' looks along the years and there is one edition only",
                "rate a panel of several editions, or choose a method within one edition",
            )
            for key in "xy"
        ]


def test_two_scenarios_of_one_year_or_of_none_are_refused(store):
    frame = pl.concat([cells([1.0]), cells([None]).with_columns(scenario=pl.lit(1, pl.Int64))])
    for years in ({0: 2019, 1: 2019}, {0: 2019}, None):
        assert refused(store, frame, Linear(), years) == [
            (
                f"{key}, method.impute",
                "'linear' looks along the years: each scenario needs its own",
                "rate a panel of several editions, or choose a method within one edition",
            )
            for key in "xy"
        ]


# --------------------------------------------------------------------------------------- structure


def test_structure_takes_the_estimate_where_the_value_is_missing(store):
    frame = cells([1.0, None, None]).with_columns(estimate=pl.Series([9.0, 5.0, None]))
    found = impute(store, frame, {"x": Structure()}, NOTHING)
    assert by_region(found, "imputed") == [1, 5, None]


def test_structure_without_an_estimate_is_refused(store):
    assert refused(store, cells([1.0]), Structure()) == [
        (
            f"{key}, method.impute",
            "'structure' needs an estimate and no version has one",
            "write the formula as the version's `estimate`, beside its `value`",
        )
        for key in "xy"
    ]


def test_an_estimate_that_is_no_number_is_refused(store):
    frame = cells([1.0, None]).with_columns(estimate=pl.Series([None, math.inf]))
    with pytest.raises(DataError, match="the imputed value is inf"):
        impute(store, frame, {"x": Structure()}, NOTHING)


# --------------------------------------------------------------------------------------- authority


def coinr(name):
    """A file of COINr's, with its codes as regions and all figures as numbers."""
    frame = pl.read_csv(SHARED / "reference/coinr" / f"{name}.csv", infer_schema=False)
    figures = pl.exclude("uCode", "EurAsia_group").cast(pl.Float64, strict=False)
    return frame.with_columns(figures).rename({"uCode": "region"}).sort("region")


def long(frame, scenario=0):
    return frame.unpivot(
        index="region", variable_name="indicator", value_name="value"
    ).with_columns(scenario=pl.lit(scenario, pl.Int64))


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
@pytest.mark.parametrize(
    ("setting", "name"),
    [
        (GroupMean(group="EurAsia_group"), "impute_i_mean_grp_EurAsia"),
        (Median(), "impute_i_median"),
        (GroupMean(group="EurAsia_group"), "ex_Imputed"),
    ],
)
def test_imputed_values_of_one_edition_are_those_of_coinr(store, setting, name):
    wanted = coinr(name).drop("EurAsia_group", strict=False)
    frame = long(coinr("ex_Denominated").select(wanted.columns))
    groups = coinr("in_asem_iData").select("region", "EurAsia_group")
    found = impute(store, frame, dict.fromkeys(wanted.columns[1:], setting), groups)
    assert distance(found.pivot("indicator", index="region", values="imputed"), wanted) < 1e-12


@pytest.mark.skipif(not SHARED.is_dir(), reason="COINr's own data are not beside the project")
def test_the_latest_values_of_a_panel_are_those_of_coinr(store):
    wanted, given_values = coinr("impute_panel_latest"), coinr("in_panel_holed")
    years = {scenario: 2018 + (3 * scenario + 1) % 5 for scenario in range(5)}
    assert set(years.values()) == set(given_values["Time"].cast(pl.Int64))
    of_year = {
        scenario: given_values.filter(pl.col("Time") == year).drop("Time")
        for scenario, year in years.items()
    }
    frame = pl.concat(long(part, scenario) for scenario, part in of_year.items())
    found = impute(store, frame, dict.fromkeys(wanted.columns[2:], Latest()), NOTHING, years)
    for scenario, year in years.items():
        own = found.filter(pl.col("scenario") == scenario)
        wide = own.pivot("indicator", index="region", values="imputed")
        assert distance(wide, wanted.filter(pl.col("Time") == year).drop("Time")) < 1e-12
    assert found["imputed"].null_count() < frame["value"].null_count()
