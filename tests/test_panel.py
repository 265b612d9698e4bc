import polars as pl
import pytest

import rating
from tests.flat import section as flat_section

META = pl.DataFrame(
    {
        "id": ["a", "b", "index"],
        "parent": ["index", "index", None],
        "direction": ["higher", "lower", "higher"],
        "weight": [1.0, 2.0, 1.0],
    }
)
FIGURES = pl.DataFrame(
    {
        "region": ["x", "y", "z"] * 3,
        "year": [2014] * 3 + [2015] * 3 + [2016] * 3,
        "a": [1.0, 2.0, 3.0, 2.0, None, 6.0, 3.0, 4.0, None],
        "b": [9.0, 5.0, 1.0, 8.0, 4.0, 2.0, 7.0, 3.0, 1.0],
    }
)


def made(**method):
    section = flat_section(META, {"normalise": {"name": "minmax"}, **method})
    return section, rating.read({"figures": FIGURES}, section)


def test_editions_rated_together_are_those_rated_alone():
    section = rating.load("hitech_open")
    data = rating.read("data/open", section)
    together = rating.panel(section, data, editions=range(2014, 2020))
    for year in (2014, 2017, 2019):
        alone = rating.rate(section, data, edition=year)
        assert together[year].ranks.equals(alone.ranks)
        assert together[year].values.equals(alone.values)
        assert together[year].digest == alone.digest


def test_ends_over_all_editions_make_scores_comparable():
    section, data = made(normalise={"name": "minmax", "over": "panel"})
    values = rating.panel(section, data, editions=[2014, 2015, 2016]).values
    a = values.filter(pl.col("indicator") == "a").sort("edition", "region")
    assert a["score"].to_list() == [0, 20, 40, 20, None, 100, 40, 60, None]


def test_a_panel_may_be_rebased_on_a_year():
    section, data = made(normalise={"name": "minmax", "over": 2014})
    values = rating.panel(section, data, editions=[2014, 2016]).values
    a = values.filter(pl.col("indicator") == "a").sort("edition", "region")
    assert a["score"].to_list() == [0, 50, 100, 100, 150, None]


def test_the_latest_earlier_value_fills_a_gap():
    section, data = made(impute={"name": "latest"})
    values = rating.panel(section, data, editions=[2014, 2015, 2016]).values
    filled = values.filter(pl.col("status") == "imputed").sort("edition")
    assert filled.select("edition", "region", "imputed").rows() == [
        (2015, "y", 2.0),
        (2016, "z", 6.0),
    ]


def test_an_edition_that_is_not_in_the_panel_is_named():
    section, data = made()
    both = rating.panel(section, data, editions=[2014, 2015])
    with pytest.raises(rating.UsageError, match="it has 2014, 2015"):
        both[2019]
    assert "Panel(flat 2014 to 2015" in repr(both)
    assert "<th>2015</th>" in both._repr_html_()


def test_no_edition_is_an_error():
    section, data = made()
    with pytest.raises(rating.UsageError, match="no edition"):
        rating.panel(section, data, editions=[])
