"""Two small frames of COINr's, as they should be and as real files are."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

import rating
from rating.inputs.coinr import TABLE, identifier

IDATA = pl.DataFrame(
    {
        "uCode": ["AUT", "BEL", "CHE", "NA"],
        "uName": ["Austria", "Belgium", "Switzerland", "Namibia"],
        "Zone.A": ["north", "north", "south", None],
        "GDP": [390.0, 467.0, 660.0, 10.0],
        "Goods": [278.0, 598.0, None, 8.0],
        "CO2": [7.0, 8.0, 4.0, 1.5],
    }
)
IMETA = pl.DataFrame(
    {
        "Level": [1, 1, 2, 3, None, None],
        "iCode": ["Goods", "CO2", "Pillar", "Index", "Zone.A", "GDP"],
        "iName": ["Trade in goods", "Emissions", "The pillar", "The index", "Zone", "Product"],
        "Direction": [1, -1, 1, 1, None, None],
        "Weight": [2, 0.5, 1, 1, None, None],
        "Unit": ["bn", "t", None, None, None, "bn"],
        "Denominator": ["GDP", None, None, None, None, None],
        "Parent": ["Pillar", "Pillar", "Index", None, None, None],
        "Type": ["Indicator", "Indicator", "Aggregate", "Aggregate", "Group", "Denominator"],
    },
    strict=False,
)
SETTINGS = IMETA.with_columns(
    Target=pl.Series([2.0, 1.0, None, None, None, None]),
    dist2targ_cap_max=pl.lit("TRUE"),
    goalpost_lower=pl.lit(0.5),
    goalpost_upper=pl.Series([1.0, 9.0, None, None, None, None]),
    goalpost_scale=pl.lit(10),
    goalpost_trunc2posts=pl.lit(True),
    minmax_lower=pl.lit(1),
    minmax_upper=pl.lit(7),
    zscore_mean=pl.lit(50),
    zscore_sd=pl.lit(10),
    scaled_lower=pl.lit(0),
    scaled_upper=pl.lit(4),
)


def change(frame: pl.DataFrame, row: int, **cells: object) -> pl.DataFrame:
    """The frame with some cells of one row, counted from 1, changed."""
    columns = frame.to_dict(as_series=False)
    for name, cell in cells.items():
        columns[name][row - 1] = cell
    return pl.DataFrame(columns, strict=False)


def problems(idata: pl.DataFrame, imeta: pl.DataFrame, **options: Any) -> list[str]:
    with pytest.raises(rating.RatingError) as caught:
        rating.from_coinr(idata, imeta, **options)
    return [f"{problem.where}: {problem.what}" for problem in caught.value.problems]


def scores(parameters: Any, indicator: str) -> list[float | None]:
    section, data = rating.from_coinr(IDATA, SETTINGS, parameters=parameters)
    found = rating.rate(section, data, edition=2020).values
    return found.filter(pl.col("indicator") == indicator)["score"].to_list()


# ------------------------------------------------------------------------------- as it should be


def test_aggregates_become_nodes_and_indicators_keep_name_weight_unit_and_direction():
    section, _ = rating.from_coinr(IDATA, IMETA)
    assert [(node.id, node.parent) for node in section.node] == [
        ("pillar", "index"),
        ("index", None),
    ]
    goods, emissions = section.indicator
    assert (goods.id, goods.parent, goods.weight) == ("goods", "pillar", 2.0)
    assert (goods.name.en, goods.unit.en, goods.direction) == ("Trade in goods", "bn", "higher")
    assert (emissions.id, emissions.weight, emissions.direction) == ("co2", 0.5, "lower")


def test_an_indicator_is_divided_by_its_denominator_unless_told_otherwise():
    divided, data = rating.from_coinr(IDATA, IMETA)
    assert divided.indicator[0].version[0].value == "goods / nullif(gdp, 0)"
    assert "gdp" in data.tables[TABLE].columns
    whole, _ = rating.from_coinr(IDATA, IMETA, denominate=False)
    assert whole.indicator[0].version[0].value == "goods"


def test_a_scale_factor_divides_the_denominator():
    scaled = IMETA.with_columns(ScaleFactor=pl.when(pl.col("iCode") == "Goods").then(1000))
    section, data = rating.from_coinr(IDATA, scaled)
    found = rating.rate(section, data, edition=2020).values
    assert found.filter(pl.col("indicator") == "goods")["value"][0] == 278.0 / (390.0 / 1000)


def test_a_denominator_of_zero_gives_a_missing_value_and_not_infinity():
    section, data = rating.from_coinr(change(IDATA, 1, GDP=0.0), IMETA)
    found = rating.rate(section, data, edition=2020).values
    assert found.filter(pl.col("indicator") == "goods")["value"][0] is None


def test_names_and_groups_go_to_the_regions():
    _, data = rating.from_coinr(IDATA, IMETA)
    assert data.regions.select("region", "name_en", "zone_a").rows()[2:] == [
        ("CHE", "Switzerland", "south"),
        ("NA", "Namibia", None),
    ]


def test_a_group_can_be_imputed_within():
    method = rating.Method(impute={"name": "group_mean", "group": "zone_a"})
    section, data = rating.from_coinr(
        change(IDATA, 2, CO2=None), IMETA, method=method, denominate=False
    )
    found = rating.rate(section, data, edition=2020).values
    assert found.filter(region="BEL", indicator="co2")["imputed"].to_list() == [7.0]


def test_the_year_is_the_edition_where_there_is_no_time():
    assert set(rating.from_coinr(IDATA, IMETA, edition=2011)[1].tables[TABLE]["year"]) == {2011}


def test_a_panel_is_rated_year_by_year():
    panel = pl.concat([IDATA.with_columns(Time=pl.lit(year)) for year in (2018, 2019)])
    section, data = rating.from_coinr(panel, IMETA)
    both = rating.panel(section, data, editions=[2018, 2019])
    assert both[2018].ranks.equals(both[2019].ranks)


def test_the_mark_of_r_for_what_is_missing_is_read_among_numbers_and_kept_among_codes():
    as_text = change(IDATA.with_columns(pl.col("Goods").cast(pl.String)), 3, Goods="NA")
    read = rating.from_coinr(as_text, IMETA)[1]
    expected = rating.from_coinr(IDATA, IMETA)[1]
    assert read.tables[TABLE].equals(expected.tables[TABLE])
    assert "NA" in read.tables[TABLE]["region"]


def test_nan_is_missing_as_it_is_to_r():
    read = rating.from_coinr(change(IDATA, 3, Goods=math.nan), IMETA)[1]
    assert read.tables[TABLE]["goods"].to_list() == [278.0, 598.0, None, 8.0]


def test_frames_of_text_are_read_like_frames_of_numbers():
    as_text = [frame.with_columns(pl.all().cast(pl.String)) for frame in (IDATA, IMETA)]
    section, data = rating.from_coinr(as_text[0], as_text[1])
    expected = rating.from_coinr(IDATA, IMETA)
    assert section == expected[0]
    assert data.tables[TABLE].equals(expected[1].tables[TABLE])


def test_codes_that_are_words_of_sql_are_no_trouble():
    idata = IDATA.rename({"Goods": "Order", "GDP": "Select"})
    imeta = IMETA.with_columns(
        pl.col("iCode", "Denominator").replace({"Goods": "Order", "GDP": "Select"})
    )
    section, data = rating.from_coinr(idata, imeta)
    assert rating.rate(section, data, edition=2020).ranks["rank"].count() == 4


@pytest.mark.parametrize(
    ("code", "id"),
    [("GDPpc_group", "gdppc_group"), ("Ind.01", "ind_01"), ("CO2 (t)", "co2_t"), ("_x__y", "x_y")],
)
def test_a_code_becomes_an_id(code, id):
    assert identifier(code) == id


# ---------------------------------------------------------------------------------- use_iMeta


def test_without_parameters_the_settings_of_imeta_are_left_alone():
    assert rating.from_coinr(IDATA, SETTINGS)[0].indicator[0].method == {}


def test_goalposts_are_clipped_and_scaled_and_turn_round_where_lower_is_better():
    assert scores("goalposts", "co2") == pytest.approx([10 * 2 / 8.5, 10 / 8.5, 50 / 8.5, 75 / 8.5])
    goods = [278 / 390, 1.0, None, 8 / 10]
    wanted = [None if x is None else 10 * (x - 0.5) / 0.5 for x in goods]
    assert scores("goalposts", "goods") == [pytest.approx(x) for x in wanted]


def test_the_distance_to_a_target_is_capped():
    # 1.5 t has not reached the target of 1 t: the way from the worst, 8 t, is 7.
    assert scores("target", "co2") == pytest.approx([1 / 7, 0, 4 / 7, 6.5 / 7])
    section, _ = rating.from_coinr(IDATA, SETTINGS, parameters="target")
    assert section.method_of("co2").normalise.clip
    uncapped, _ = rating.from_coinr(IDATA, SETTINGS.drop("dist2targ_cap_max"), parameters="target")
    assert not uncapped.method_of("co2").normalise.clip


def test_minmax_takes_its_range_from_imeta():
    assert scores("minmax", "co2") == pytest.approx([1 + 6 / 6.5, 1, 1 + 24 / 6.5, 7])


def test_zscores_take_mean_and_sd_from_imeta_and_not_the_range_of_the_section():
    found = pl.Series(scores("zscore", "co2"))
    assert (found.mean(), found.std()) == pytest.approx((50, 10))


def test_scaled_is_not_clipped():
    assert scores("scaled", "co2") == pytest.approx([-75, -100, 0, 62.5])


@pytest.mark.parametrize(
    ("parameters", "column", "told"),
    [
        ("goalposts", "goalpost_trunc2posts", "no column 'goalpost_trunc2posts'"),
        ("target", "Target", "no column 'Target'"),
        ("minmax", "minmax_upper", "no column 'minmax_upper'"),
        ("zscore", "zscore_sd", "no column 'zscore_sd'"),
        ("scaled", "scaled_lower", "no column 'scaled_lower'"),
    ],
)
def test_a_setting_without_its_column_is_told(parameters, column, told):
    assert told in problems(IDATA, SETTINGS.drop(column), parameters=parameters)[0]


@pytest.mark.parametrize(
    ("parameters", "cells", "told"),
    [
        (
            "goalposts",
            {"goalpost_upper": 0.5},
            "row 2, column goalpost_lower: 0.5 is not below 0.5",
        ),
        ("goalposts", {"goalpost_upper": None}, "row 2, column goalpost_upper: 'CO2' has none"),
        ("zscore", {"zscore_sd": 0}, "row 2, column zscore_sd: 0 is not above 0"),
        ("minmax", {"minmax_lower": 9}, "row 2, column minmax_lower: 9 is not below 7"),
        ("target", {"dist2targ_cap_max": "often"}, "row 2, column dist2targ_cap_max: 'OFTEN'"),
    ],
)
def test_a_setting_out_of_bounds_is_told_with_its_row(parameters, cells, told):
    assert told in problems(IDATA, change(SETTINGS, 2, **cells), parameters=parameters)[0]


# ------------------------------------------------------------------------------------- real files


@pytest.mark.parametrize(
    ("row", "cells", "told"),
    [
        (1, {"Parent": "Piller"}, "imeta, row 1, column Parent: no aggregate 'Piller'"),
        (1, {"Parent": None}, "imeta, row 1, column Parent: 'Goods' has no Parent"),
        (2, {"Direction": 0}, "imeta, row 2, column Direction: 'CO2' has the direction 0"),
        (2, {"Direction": None}, "imeta, row 2, column Direction: 'CO2' has the direction none"),
        (
            3,
            {"Direction": -1},
            "imeta, row 3, column Direction: the aggregate 'Pillar' points down",
        ),
        (1, {"Weight": None}, "imeta, row 1, column Weight: 'Goods' has the weight none"),
        (1, {"Weight": -1}, "imeta, row 1, column Weight: 'Goods' has the weight -1"),
        (1, {"Type": "Indikator"}, "imeta, row 1, column Type: no type 'Indikator'"),
        (1, {"Level": 2}, "imeta, row 1, column Level: 'Goods' is of type Indicator at level 2"),
        (3, {"Level": 3}, "imeta, row 3, column Level: 'Pillar' and its Parent 'Index' are levels"),
        (1, {"Denominator": "Gdp"}, "imeta, row 1, column Denominator: no row of type Denominator"),
        (
            4,
            {"Parent": "Pillar"},
            "imeta: one aggregate must have no Parent, the index; found: none",
        ),
        (2, {"iCode": "Goods"}, "imeta, row 2, column iCode: 'Goods' stands twice, also in row 1"),
        (2, {"iCode": "GOODS"}, "imeta, row 2, column iCode: 'GOODS' and 'Goods' both make"),
        (2, {"iCode": "2050"}, "imeta, row 2, column iCode: '2050' makes no id"),
        (2, {"iCode": "Выбросы"}, "imeta, row 2, column iCode: 'Выбросы' makes no id"),
        (5, {"iCode": "Region"}, "imeta, row 5, column iCode: 'region' is a word of ours"),
        (2, {"iCode": None}, "imeta, row 2, column iCode: the row has no code"),
    ],
)
def test_a_row_of_imeta_that_is_wrong_is_told_with_its_place(row, cells, told):
    found = problems(IDATA, change(IMETA, row, **cells))
    assert any(problem.startswith(told) for problem in found), found


@pytest.mark.parametrize("column", ["Level", "iCode", "Parent", "Direction", "Weight", "Type"])
def test_a_column_that_imeta_must_have_is_told(column):
    assert f"imeta, row 1: no column '{column}'" in problems(IDATA, IMETA.drop(column))


@pytest.mark.parametrize(
    ("row", "cells", "told"),
    [
        (2, {"Goods": "12,5"}, "idata, row 2, column Goods: '12,5': a decimal comma"),
        (2, {"Goods": "n.a."}, "idata, row 2, column Goods: 'n.a.': a mark for a missing figure"),
        (2, {"Goods": "5 t"}, "idata, row 2, column Goods: '5 t': not a number"),
        (2, {"uCode": None}, "idata, row 2, column uCode: the row has no code"),
        (2, {"uCode": "AUT"}, "idata, row 2, column uCode: 'AUT' 2020 stands more than once"),
        (2, {"uCode": "BEL "}, "idata, row 2, column uCode: 'BEL ': a blank before or after"),
    ],
)
def test_a_cell_of_idata_that_is_wrong_is_told_with_its_place(row, cells, told):
    as_text = IDATA.with_columns(pl.col("Goods").cast(pl.String))
    found = problems(change(as_text, row, **cells), IMETA)
    assert any(problem.startswith(told) for problem in found), found


def test_columns_on_one_side_only_are_told():
    found = problems(IDATA.rename({"Goods": "Goodz"}), IMETA)
    assert found == [
        "idata, row 1: no column 'Goods', which imeta has as Indicator",
        "idata, row 1: the column 'Goodz' is not in imeta",
    ]


def test_a_column_of_type_other_is_passed_over():
    other = IMETA.with_columns(pl.col("Type").replace("Group", "Other"))
    assert "zone_a" not in rating.from_coinr(IDATA, other)[1].regions.columns


def test_a_time_that_is_no_year_is_told():
    found = problems(IDATA.with_columns(Time=pl.lit(3)), IMETA)
    assert found[0] == "idata, row 1, column Time: '3': below the least value, 1900"


def test_a_unit_in_two_groups_over_the_years_is_told():
    panel = pl.concat(
        [IDATA.with_columns(Time=pl.lit(2018)), change(IDATA, 1, **{"Zone.A": "east"}).with_columns(
            Time=pl.lit(2019)
        )]
    )  # fmt: skip
    assert problems(panel, IMETA) == [
        "idata, column Zone.A: 'AUT' is in another group in another year"
    ]


def test_everything_that_is_wrong_is_told_at_once():
    found = problems(
        change(IDATA.with_columns(pl.col("CO2").cast(pl.String)), 3, CO2="many", uCode="AUT"),
        change(change(IMETA, 1, Parent="Piller", Weight=None), 2, Direction=2),
    )
    assert len(found) == 5


def test_a_circle_of_parents_is_told():
    circle = change(
        change(IMETA, 3, Parent="Loop"), 6, iCode="Loop", Type="Aggregate", Parent="Pillar"
    )
    circle = change(change(circle, 6, Level=3, Direction=1, Weight=1), 1, Denominator=None)
    found = problems(IDATA.drop("GDP"), circle)
    assert any("levels" in problem or "ancestor" in problem for problem in found)


def test_what_is_no_polars_frame_is_refused():
    assert "a polars DataFrame is expected" in problems({"uCode": ["A"]}, IMETA)[0]  # type: ignore[arg-type]
