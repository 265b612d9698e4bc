"""To COINr and back: what went out comes in again, number for number."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

import rating
from rating.inputs.coinr import TABLE
from rating.inputs.coinr_excel import from_coinr_excel
from rating.publish.coinr import to_coinr, write_coinr_excel

IDATA = pl.DataFrame(
    {
        "uCode": ["AUT", "BEL", "CHE", "DEU"],
        "uName": ["Austria", "Belgium", "Switzerland", "=Germany"],
        "Time": [2019, 2019, 2019, 2019],
        "zone": ["north", "north", None, "south"],
        "gdp": [0.1 + 0.2, 467.0, 660.0, 1e-300],
        "goods": [1 / 3, 598.0, None, 5e-324],
        "order": [7.0, 8.0, 4.0, -1.5],
    }
)
IMETA = pl.DataFrame(
    {
        "Level": [1, 1, 2, 3, None, None],
        "iCode": ["goods", "order", "pillar", "index", "zone", "gdp"],
        "iName": ["Trade", "Emissions", "The pillar", "The index", "zone", "gdp"],
        "Direction": [1, -1, 1, 1, None, None],
        "Weight": [2.0, 1 / 3, 1.0, 1.0, None, None],
        "Unit": ["bn", "t", None, None, None, None],
        "Target": [2.0, 1.0, None, None, None, None],
        "Denominator": ["gdp", None, None, None, None, None],
        "ScaleFactor": [1000.0, None, None, None, None, None],
        "Parent": ["pillar", "pillar", "index", None, None, None],
        "Type": ["Indicator", "Indicator", "Aggregate", "Aggregate", "Group", "Denominator"],
        "goalpost_lower": [0.0, -2.0, None, None, None, None],
        "goalpost_upper": [2.0, 9.0, None, None, None, None],
        "goalpost_scale": [100.0, 1.0, None, None, None, None],
        "goalpost_trunc2posts": [True, False, None, None, None, None],
        "dist2targ_cap_max": [True, False, None, None, None, None],
        "minmax_lower": [1.0, 2.0, None, None, None, None],
        "minmax_upper": [5.0, 100.0, None, None, None, None],
        "zscore_mean": [10.0, 100.0, None, None, None, None],
        "zscore_sd": [1.0, 15.0, None, None, None, None],
        "scaled_lower": [0.0, 1.0, None, None, None, None],
        "scaled_upper": [3.0, 2.0, None, None, None, None],
    }
)


def same(
    one: tuple[rating.Section, rating.Data], other: tuple[rating.Section, rating.Data]
) -> bool:
    mine, theirs = (data.tables[TABLE].sort("year", "region") for _, data in (one, other))
    tables = mine.equals(theirs.select(mine.columns))
    regions = one[1].regions.equals(other[1].regions.select(one[1].regions.columns))
    return one[0] == other[0] and tables and regions


@pytest.mark.parametrize("denominate", [True, False])
@pytest.mark.parametrize("parameters", ["none", "goalposts", "target", "minmax", "zscore"])
def test_what_goes_out_comes_in_again(parameters, denominate):
    came = rating.from_coinr(IDATA, IMETA, parameters=parameters, denominate=denominate)
    out = to_coinr(*came)
    assert same(came, rating.from_coinr(*out, parameters=parameters, denominate=denominate))


def test_scaled_goes_out_as_goalposts_without_truncation():
    came = rating.from_coinr(IDATA, IMETA, parameters="scaled")
    assert same(came, rating.from_coinr(*to_coinr(*came), parameters="goalposts"))


def test_a_panel_goes_out_whole_or_by_the_year():
    panel = pl.concat([IDATA.with_columns(Time=pl.lit(year)) for year in (2018, 2019, 2020)])
    came = rating.from_coinr(panel.slice(1), IMETA)
    assert same(came, rating.from_coinr(*to_coinr(*came)))
    assert to_coinr(*came, 2019)[0]["Time"].unique().to_list() == [2019]


def test_an_indicator_that_is_more_than_a_ratio_goes_out_as_its_value():
    section = rating.load("hitech_open")
    data = rating.read("data/open", section)
    idata, imeta = to_coinr(section, data, 2019)
    result = rating.rate(section, data, edition=2019)
    wanted = result.values.filter(indicator="students").sort("region")["value"]
    assert idata.sort("uCode")["students"].equals(wanted)
    assert "Denominator" not in imeta.columns
    ranked = rating.from_coinr(idata, imeta)[0]
    assert {item.id for item in ranked.items} == {item.id for item in section.items}


def test_what_coinr_has_no_word_for_is_told_at_once():
    came, data = rating.from_coinr(IDATA, IMETA)
    first, second = came.indicator
    band = {"name": "goalposts", "points": [0, 1, 2, 3]}
    uneven = came.replace(
        indicator=(
            first.model_copy(update={"parent": "index"}),
            second.model_copy(update={"direction": "band", "method": {"normalise": band}}),
        )
    )
    with pytest.raises(rating.UsageError) as caught:
        to_coinr(uneven, data)
    assert [problem.where for problem in caught.value.problems] == ["index", "order"]


@pytest.fixture(scope="module")
def rated() -> rating.Rating:
    section, data = rating.from_coinr(IDATA, IMETA, parameters="minmax")
    return rating.rate(section, data, edition=2019)


def test_the_workbook_comes_in_again_number_for_number(rated, tmp_path):
    path = write_coinr_excel(rated, tmp_path / "coin.xlsx")
    found = from_coinr_excel(path, parameters="minmax")
    assert same((rated.section, rated.data), found)


def test_the_same_rating_gives_the_same_workbook(rated, tmp_path):
    one, other = (write_coinr_excel(rated, tmp_path / name).read_bytes() for name in "ab")
    assert one == other


def test_sheets_are_named_as_those_of_coinr_and_no_text_is_a_formula(rated, tmp_path):
    path = write_coinr_excel(rated, tmp_path / "coin.xlsx")
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode()
        sheets = [archive.read(n).decode() for n in archive.namelist() if "worksheets/" in n]
    for name in ("Meta.Ind", "Meta.Unit", "Data.Raw", "Data.Normalised", "Data.Aggregated"):
        assert f'name="{name}"' in book
    assert not any("<f>" in sheet for sheet in sheets)


def test_a_place_that_cannot_be_written_is_told(rated, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(rating.UsageError, match="cannot be written"):
        write_coinr_excel(rated, Path(tmp_path / "file" / "coin.xlsx"))
