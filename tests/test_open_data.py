import re
from pathlib import Path

import polars as pl
import pytest

import rating
from tests.flat import SHARED

PAGE = (Path(__file__).parents[1] / "docs" / "open_data.md").read_text("utf-8")
EDITIONS = range(2014, 2020)
COUNTS = ("patents_inventions", "patents_models")


@pytest.fixture(scope="module")
def section():
    return rating.load("hitech_open")


@pytest.fixture(scope="module")
def data(section):
    return rating.read("data/open", section)


@pytest.fixture(scope="module")
def results(section, data):
    return {year: rating.rate(section, data, edition=year) for year in EDITIONS}


def none_for_missing(section: rating.Section) -> rating.Section:
    """The variant of the section that reads a missing patent count as none."""

    def changed(indicator: rating.Indicator) -> rating.Indicator:
        words = indicator.model_dump()
        for version in words["version"]:
            for count in COUNTS:
                version["value"] = version["value"].replace(count, f"coalesce({count}, 0)")
        return rating.Indicator(**{**words, "example": []})

    return section.replace(indicator=tuple(map(changed, section.indicator)))


def test_every_edition_rates_85_regions_and_refuses_no_row(data, results):
    assert data.refused.is_empty()
    assert all(result.ranks.height == 85 for result in results.values())


def test_every_pillar_is_scored_by_at_least_twelve_indicators(results):
    for result in results.values():
        assert len(result.indicators) >= 12
        assert result.scores["node"].n_unique() == 5
        assert result.scores.group_by("node").agg(pl.col("score").count())["score"].min() > 60


def test_the_edition_of_2016_assesses_four_regions_outside_the_ranking(results):
    outside = results[2016].ranks.filter(pl.col("status") == "outside")
    assert sorted(outside["region"]) == ["RU-CHU", "RU-NEN", "UA-40", "UA-43"]
    assert outside["rank"].null_count() == 4


def test_lists_count_from_their_own_year_and_are_carried_six_years(section, data, results):
    used = {t: y for t, y in results[2019].years.iter_rows() if t != "region_year"}
    assert used == {
        "special_economic_zones": 2013,
        "science_cities": 2015,
        "federal_universities": 2014,
        "flagship_universities": 2017,
    }
    assert "science_cities" not in {item.id for item in results[2014].indicators}
    with pytest.raises(rating.DataError, match="carried forward at most 6 years") as caught:
        rating.rate(section, data, edition=2020)
    assert "special_economic_zones" in str(caught.value)


def test_the_two_readings_of_a_missing_patent_differ_as_the_page_says(section, data, results):
    variant = none_for_missing(section)
    rows = re.findall(
        r"^\| (20\d\d) \| (\d+) \| (\d+) \| ([\d.]+) \| (.*?) ?\|$", PAGE, re.MULTILINE
    )
    assert [int(row[0]) for row in rows] == list(EDITIONS)
    for year, ranked, ranked_none, mean, movers in rows:
        main, other = results[int(year)], rating.rate(variant, data, edition=int(year))
        both = main.ranks.join(other.ranks, on="region", suffix="_none").with_columns(
            move=(pl.col("rank_none") - pl.col("rank")).abs()
        )
        far = both.filter(pl.col("move") > 5).sort("move", descending=True)
        told = ", ".join(
            f"{r['region']} {r['rank']} to {r['rank_none']}" for r in far.iter_rows(named=True)
        )
        assert (int(ranked), int(ranked_none)) == (
            main.ranks["rank"].count(),
            other.ranks["rank"].count(),
        )
        assert float(mean) == pytest.approx(both["move"].mean(), abs=0.005)
        assert set(movers.split(", ")) == set(told.split(", "))


def test_the_section_of_2022_resolves_the_names_as_they_were_published():
    section = rating.load("hitech_open_2022")
    result = rating.rate(section, rating.read("data/innovation_2022", section), edition=2022)
    published = pl.read_csv("data/innovation_2022/region_year.csv")["region"].to_list()
    assert "Калинингpадская область" in published
    assert result.ranks.height == 85
    assert "RU-KGD" in result.ranks["region"]
    assert "infrastructure" not in result.scores["node"]
    assert result.values.filter(pl.col("status") == "missing").height > 30


@pytest.mark.skipif(not SHARED.is_dir(), reason="the raw panel is not beside the project")
def test_the_rows_of_the_raw_panel_that_overlap_are_refused(section):
    names = {
        "region_rus": "region",
        "pop": "population",
        "grp": "grp",
        "invest": "investment",
        "RD_exp": "rd_spending",
        "stud": "students",
        "unem": "unemployment",
        "vig": "researchers_with_degree",
        "pat_inv": "patents_inventions",
        "pat_mod": "patents_models",
        "depr": "asset_wear",
    }
    raw = pl.read_csv(
        SHARED / "data/ru_regions_panel/regions_rosstat.csv",
        null_values="NA",
        infer_schema_length=None,
    ).rename(names)
    panel = raw.select("year", *names.values()).with_columns(pl.col("grp").cast(pl.Float64))
    lists = {path.stem: pl.read_csv(path) for path in Path("data/open").glob("*.csv")}
    data = rating.read({**lists, "region_year": panel}, section)
    refused = data.refused.filter(pl.col("rule").str.contains("rows of their own"))
    assert set(refused["value"]) == {"Архангельская область", "Тюменская область"}
    assert refused.height == 42
    kept = data.tables["region_year"].filter(pl.col("year") == 2019)
    assert kept["region"].n_unique() == kept.height == 85
