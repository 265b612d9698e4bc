"""Where we differ from COINr, Compind and others on purpose: one test a row of the table in docs.

The numbers are those of ``docs/method/coming_from_coinr.md``; the first defect of a peer is 1.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import rating

UNITS = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"]
COLUMNS = {
    "One": [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0, 5.5, 3.5, 8.0, 7.0],
    "Two": [2.0, 7.0, 1.0, 8.0, 2.5, 8.5, 1.5, 8.2, 4.0, 5.0, 9.0, 4.5],
    "Three": [1.0, 6.0, 1.8, 0.5, 3.0, 4.0, 9.0, 5.0, 2.0, 7.0, 6.5, 8.0],
}


def meta(*names: str, **more: list[Any]) -> pl.DataFrame:
    """iMeta of indicators straight below an index."""
    frame = pl.DataFrame(
        {
            "Level": [*([1] * len(names)), 2],
            "iCode": [*names, "Index"],
            "Parent": [*(["Index"] * len(names)), None],
            "Direction": [1] * (len(names) + 1),
            "Weight": [1.0] * (len(names) + 1),
            "Type": [*(["Indicator"] * len(names)), "Aggregate"],
        }
    )
    return frame.with_columns(pl.Series(name, cells) for name, cells in more.items())


def data(**columns: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame({"uCode": UNITS[: len(next(iter(columns.values())))], **columns})


def rate(idata: pl.DataFrame, imeta: pl.DataFrame, **method: Any) -> rating.Rating:
    section, read = rating.from_coinr(idata, imeta, method=rating.Method(**method))
    return rating.rate(section, read, edition=2020)


def scores(result: rating.Rating) -> dict[str, float | None]:
    return dict(result.ranks.select("region", "score").iter_rows())


def test_1_copeland_does_not_depend_on_the_order_of_rows_where_data_are_missing():
    idata = data(One=[3.0, 3.0, 4.0, 1.0], Two=[None, None, 1.0, 2.0], Three=[2.0, 2.0, None, 3.0])
    found = [
        scores(rate(frame, meta(*COLUMNS), aggregate={"name": "copeland"}))
        for frame in (idata, idata.reverse())
    ]
    assert found[0] == found[1]
    assert found[0]["A"] == found[0]["B"]


def test_4_a_fraction_of_the_maximum_does_not_turn_negative_indicators_over():
    imeta = meta("One", Direction=[-1, 1])
    found = scores(rate(data(One=[2.0, 4.0, 8.0]), imeta, normalise={"name": "fraction"}))
    assert found == {"A": 1.0, "B": 0.5, "C": 0.25}


def test_4_the_logarithm_of_the_gii_changes_its_input():
    result = rate(data(One=[1.0, 3.0, 11.0]), meta("One"), treat={"name": "log_gii"})
    assert result.values["treated"].to_list() == pytest.approx([0.0, 1.0986123, 2.3978953])


def test_4_a_power_mean_leaves_a_missing_child_out_as_the_other_means_do():
    idata = data(One=[1.0, 2.0, 4.0], Two=[5.0, None, 1.0])
    power = {"name": "power", "power": 1.0}
    range_ = {"name": "minmax", "range": [1, 100]}
    found = scores(rate(idata, meta("One", "Two"), aggregate=power, normalise=range_))
    assert found == pytest.approx(scores(rate(idata, meta("One", "Two"), normalise=range_)))
    assert found["B"] is not None


def test_5_a_setting_of_one_indicator_keeps_the_defaults_it_does_not_repeat():
    idata = data(One=[*COLUMNS["One"][:-1], 500.0])
    section, read = rating.from_coinr(
        idata, meta("One"), method=rating.Method(treat={"name": "winsorise"})
    )
    own = section.indicator[0].model_copy(update={"method": {"treat": {"max_points": 3}}})
    result = rating.rate(section.replace(indicator=(own,)), read, edition=2020)
    assert result.values["treated"].max() == 9.0
    setting = section.replace(indicator=(own,)).method_of("one").treat
    assert (setting.name, setting.max_points, setting.skewness) == ("winsorise", 3, 2.0)


def test_6_weights_by_principal_components_are_never_negative_in_silence():
    alike = dict.fromkeys(("One", "Two"), COLUMNS["One"])
    against = {"One": COLUMNS["One"], "Two": [-x for x in COLUMNS["One"]]}
    noisy = {**alike, "Three": COLUMNS["Three"]}
    result = rate(data(**noisy), meta(*noisy), weights={"name": "pca", "signs": "absolute"})
    assert (result.weights["weight"] >= 0).all()
    mixed = {**against, "Three": COLUMNS["One"]}
    with pytest.raises(rating.RatingError, match="sign"):
        rate(data(**mixed), meta(*mixed), weights={"name": "pca"})


def test_7_goalposts_of_each_indicator_serve_a_whole_panel():
    years = {2019: [2.0, 4.0], 2020: [3.0, 9.0]}
    idata = pl.concat(data(One=x).with_columns(Time=pl.lit(year)) for year, x in years.items())
    posts = {
        "goalpost_lower": [0.0, None],
        "goalpost_upper": [10.0, None],
        "goalpost_scale": [100.0, None],
        "goalpost_trunc2posts": [True, None],
    }
    section, read = rating.from_coinr(idata, meta("One", **posts), parameters="goalposts")
    panel = rating.panel(section, read, editions=[2019, 2020])
    assert scores(panel[2019]) == {"B": 40.0, "A": 20.0}
    assert scores(panel[2020]) == {"B": 90.0, "A": 30.0}


def test_9_alpha_is_of_data_that_point_the_same_way():
    opposed = {"One": COLUMNS["One"], "Two": [10 - x for x in COLUMNS["One"]]}
    result = rate(data(**opposed), meta("One", "Two", Direction=[1, -1, 1]))
    assert result.audit().consistency["alpha"].to_list() == pytest.approx([1.0])


def test_10_ranks_are_of_scores_that_are_not_rounded_for_show():
    result = rate(data(One=[1.0, 1.0000001, 2.0]), meta("One"), normalise={"name": "zscore"})
    assert result.ranks["rank"].to_list() == [1, 2, 3]


@pytest.mark.parametrize("penalty", ["minus", "plus"])
def test_11_the_adjusted_index_takes_its_penalty_and_is_not_rounded(penalty):
    aggregate = {"name": "adjusted_mpi", "penalty": penalty}
    result = rate(
        data(**COLUMNS), meta(*COLUMNS), normalise={"name": "centred"}, aggregate=aggregate
    )
    found = result.values.group_by("region").agg(
        mean=pl.col("score").mean(), variance=pl.col("score").var(ddof=0)
    )
    sign = -1 if penalty == "minus" else 1
    wanted = found.select("region", pl.col("mean") + sign * pl.col("variance") / pl.col("mean"))
    assert scores(result) == pytest.approx(dict(wanted.iter_rows()), rel=1e-12)


def test_11_a_power_mean_is_not_1():
    power = {"name": "power", "power": 2.0}
    result = rate(data(One=[1.0, 3.0], Two=[0.0, 4.0]), meta("One", "Two"), aggregate=power)
    assert scores(result)["B"] == pytest.approx(100.0)


def test_12_a_missing_value_does_not_stop_topsis():
    idata = data(One=[1.0, 2.0, 4.0], Two=[5.0, None, 1.0])
    found = scores(rate(idata, meta("One", "Two"), aggregate={"name": "topsis"}))
    assert all(score is not None for score in found.values())


def test_12_weights_belong_to_names_and_not_to_places():
    weighed = meta(*COLUMNS, Weight=[5.0, 2.0, 1.0, 1.0])
    one, other = rate(data(**COLUMNS), weighed), rate(data(**COLUMNS), weighed.reverse())
    assert scores(one) == pytest.approx(scores(other), rel=1e-12)


def test_a_denominator_of_zero_makes_a_value_missing():
    extra = {"Level": None, "iCode": "Size", "Type": "Denominator"}
    imeta = pl.concat(
        [meta("One", Denominator=["Size", None]), pl.DataFrame([extra])], how="diagonal_relaxed"
    )
    result = rate(data(One=[1.0, 2.0, 3.0], Size=[1.0, 0.0, 1.0]), imeta)
    assert result.values["value"].to_list() == [1.0, None, 3.0]


def test_a_constant_indicator_is_an_error_and_not_a_column_of_nan():
    with pytest.raises(rating.DataError, match="zero range"):
        rate(data(One=[2.0, 2.0], Two=[1.0, 2.0]), meta("One", "Two"))


def test_a_screened_region_is_not_ranked_and_still_takes_part():
    idata = data(One=[0.0, 5.0, 10.0], Two=[None, 1.0, 2.0], Three=[None, 1.0, 2.0])
    result = rate(idata, meta(*COLUMNS), screen={"name": "availability", "available": 0.5})
    assert result.ranks.filter(pl.col("status") != "ranked")["region"].to_list() == ["A"]
    assert result.values.filter(region="B", indicator="one")["score"].to_list() == [50.0]
