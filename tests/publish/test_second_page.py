import dataclasses
from datetime import date

import numpy as np
import polars as pl
import pytest

import rating
from rating.publish.facts import Cell, gather
from rating.publish.history import history
from rating.publish.material import collect
from rating.publish.pages import Pictures
from rating.publish.peers import peers
from rating.publish.profiles import profiles
from rating.publish.second_page import GAPS, named, second
from rating.publish.sites import sites
from rating.publish.texts import Speaker
from tests.flat import data as flat_data
from tests.flat import section as flat_section
from tests.publish.small import rated, regions, section

ENGLISH = Speaker("en")


def over_years(years=(2018, 2019, 2020), **more):
    """The figures of ``small`` moved on by a region a year."""
    chosen = section(2, 1, **more)
    rows = [
        {"region": f"R{n}", "year": year, "x0": float((n + at) % 5), "x1": float(n)}
        for at, year in enumerate(years)
        for n in range(5)
    ]
    data = rating.read({"t": pl.DataFrame(rows), "regions": regions()}, chosen)
    return chosen, data


def test_an_earlier_edition_is_rated_as_if_it_were_rated_on_its_own():
    chosen, data = over_years()
    found = history(rating.rate(chosen, data, edition=2020))
    assert found.editions == (2018, 2019, 2020)
    for at, year in enumerate(found.editions):
        alone = dict(
            rating.rate(chosen, data, edition=year).ranks.select("region", "rank").iter_rows()
        )
        assert {region: places[at] for region, places in found.places.items()} == alone


def test_a_formula_of_today_is_used_for_the_years_before_it():
    chosen, data = over_years()
    changed = chosen.indicator[0].model_dump()
    changed["version"] = [
        {"since": "2000-01-01", "value": "-1 * x0"},
        {"since": "2020-01-01", "value": "x0 * 1"},
    ]
    other = chosen.replace(indicator=(rating.Indicator(**changed), chosen.indicator[1]))
    constant, plain = (history(rating.rate(s, data, edition=2020)) for s in (other, chosen))
    assert constant.places == plain.places


def test_a_place_won_is_a_positive_change():
    chosen, data = over_years()
    found = history(rating.rate(chosen, data, edition=2020))
    for region, places in found.places.items():
        assert found.change(region) == places[-2] - places[-1]


def test_without_earlier_years_there_is_no_history(result):
    found = history(result)
    assert found.before is None
    assert found.change("R0") is None


def test_nobody_is_a_peer_of_itself_and_the_nearest_are_the_most_alike():
    count = 8
    register = regions(count)
    found = peers(gather(rated(count=count, register=register, missing=())))
    assert found.by == ("profile",)
    for region, near in found.near.items():
        assert region not in near
        assert len(set(near)) == len(near) == 5


@pytest.mark.parametrize("flat", [0.0, 0.3])
def test_peers_stand_as_high_in_the_parts(flat):
    """Human development: health, knowledge and income of 40 countries, each near its level."""
    count = 40
    level = np.linspace(0.35, 0.95, count)
    # What each part has over the level repeats from top to bottom, as among rich and poor.
    own = [0.02 * np.sin(np.arange(count) * (part + 2)) - flat * part / 10 for part in range(3)]
    parts = [("index", None), *((f"p{n}", "index") for n in range(3))]
    parts += [(f"x{n}", f"p{n}") for n in range(3)]
    meta = pl.DataFrame(
        [(item, parent, "higher", 1.0) for item, parent in parts],
        schema=["id", "parent", "direction", "weight"],
        orient="row",
    )
    made = flat_section(meta, {"normalise": {"name": "minmax", "range": [0, 1]}})
    figures = {f"x{n}": level + column for n, column in enumerate(own)}
    names = [f"R{n:02}" for n in range(count)]
    result = rating.rate(
        made, flat_data(made, pl.DataFrame({"region": names, **figures})), edition=2019
    )
    found = peers(gather(result))
    rank = dict(result.ranks.select("region", "rank").iter_rows())
    apart = [abs(rank[a] - rank[b]) for a, near in found.near.items() for b in near]
    assert max(apart) <= 10
    assert {rank[one] for one in found.near[result.ranks["region"][0]]} <= set(range(2, 9))


def test_population_and_product_make_peers_where_the_data_hold_them():
    given = rated(count=8, missing=())
    people = pl.DataFrame(
        {
            "region": [f"R{n}" for n in range(8)],
            "year": [2020] * 8,
            "population": [10**n for n in range(8)],
            "grp": [10**n for n in range(8)],
        }
    )
    data = dataclasses.replace(given.data, tables={**given.data.tables, "people": people})
    found = peers(gather(dataclasses.replace(given, data=data)))
    assert found.by == ("population", "product", "profile")
    assert found.context["R3"].product == pytest.approx(100)
    assert {circle.size for circle in found.circles} == {0, 1, 2}


def certified(result, **columns):
    table = {
        "region": ["R0", "R0", "R0", "R1"],
        "facility_id": ["a", "a", "b", "c"],
        "scheme": ["glp", "glp", "gmp_eaeu", "glp"],
        "valid_to": [date(2020, 6, 1), date(2025, 6, 1), date(2021, 3, 1), date(2010, 1, 1)],
        "status": ["valid", "valid", "valid", "valid"],
    }
    facilities = {"facility_id": ["a", "b"], "name": ["Site <b>A</b>", "Site B"]}
    tables = {
        **result.data.tables,
        "certificates": pl.DataFrame({**table, **columns}),
        "facilities": pl.DataFrame(facilities),
    }
    return dataclasses.replace(result, data=dataclasses.replace(result.data, tables=tables))


def test_a_site_is_named_once_with_the_last_day_of_its_newest_certificate(result):
    found = sites(certified(result))
    assert [(one.name, one.ends, one.state) for one in found["R0"]] == [
        ("Site B", date(2021, 3, 1), "soon"),
        ("Site <b>A</b>", date(2025, 6, 1), "valid"),
    ]
    assert "R1" not in found  # ended ten years ago
    assert sites(result) is None


def test_a_suspended_certificate_says_so(result):
    found = sites(certified(result, status=["valid", "suspended", "valid", "valid"]))
    assert {one.state for one in found["R0"]} == {"soon", "suspended"}


def test_a_site_on_the_page_is_text(result):
    material = collect(certified(result))
    page = second(material, material.facts.regions[0], ENGLISH, Pictures())
    assert page.sites is not None
    found = [s.name for r in material.facts.regions for s in material.sites.get(r.code, ())]
    assert "Site <b>A</b>" in found


def test_what_would_move_the_place_is_a_rating_with_that_value_raised():
    """The gain of an indicator against a whole new rating whose column is raised."""
    result = rated(4, 1, count=8, missing=())
    material = collect(result)
    region, gains = next((code, some) for code, some in material.gains.items() if some)
    for one in gains:
        scores = result.values.with_columns(
            score=pl.when((pl.col("region") == region) & (pl.col("indicator") == one.indicator))
            .then(one.to)
            .otherwise("score")
        )
        means = scores.group_by("region").agg(pl.col("score").mean()).sort("score")
        own = means.filter(pl.col("region") == region)["score"][0]
        assert one.rank == 1 + (means["score"] > own + 1e-9).sum()


def test_a_strength_is_in_the_better_half_and_a_weakness_in_the_worse():
    material = collect(rated(count=8, missing=()))
    for sides, good in ((material.strengths, True), (material.weaknesses, False)):
        for side in (one for some in sides.values() for one in some):
            assert (2 * side.rank <= side.of + 1) == good
            assert side.held is None


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_place_on_an_indicator_is_the_same_on_both_pages_and_among_the_ranked(lang):
    outside = [{"year": 2020, "outside": ["R1", "R6"]}]
    impute = {"impute": {"name": "median"}, "groups": {"name": "share_of_gap"}}
    result = rated(6, count=8, missing=((2, 1), (5, 1), (3, 4)), edition=outside, method=impute)
    say = Speaker(lang)
    for page in profiles(collect(result), say, Pictures()):
        first = {row.name: row.rank for row in page.rows}
        sides = (*page.second.strengths, *page.second.weaknesses)
        assert sides
        for one in sides:
            place, _, of = one.rank.partition("/")
            # What is imputed has a place on the first page, and none in what was measured.
            assert int(of) == 6 if not page.status else int(of) <= 6
            assert first[one.name] == ("—" if page.status else place)
        better, worse = (
            [int(one.rank.partition("/")[0]) for one in some]
            for some in (page.second.strengths, page.second.weaknesses)
        )
        assert better == sorted(better)
        assert worse == sorted(worse, reverse=True)
        assert bool(page.status) == (page.second.sides_note == say("profile.sides_note"))


def test_gaps_name_who_publishes_the_figure():
    material = collect(rated(missing=((4, 0), (4, 1))))
    region = next(one for one in material.facts.regions if one.code == "R4")
    page = second(material, region, ENGLISH, Pictures())
    assert page.gaps == (("Us", "Indicator 0; Indicator 1"),)


def test_what_is_not_told_is_no_publishers_gap_and_says_once_why():
    material = collect(rated(missing=((4, 0),)))
    region = next(one for one in material.facts.regions if one.code == "R4")
    hidden = Cell(None, None, None, "observed", hidden=True)
    cells = {**material.facts.cells, ("R4", "i1"): hidden, ("R4", "i2"): hidden}
    told = dataclasses.replace(material, facts=dataclasses.replace(material.facts, cells=cells))
    gaps = dict(second(told, region, ENGLISH, Pictures()).gaps)
    assert gaps == {"Us": "Indicator 0", ENGLISH("gaps.hidden"): "Indicator 2; Indicator 1"}


def test_gaps_of_many_publishers_fill_no_more_rows_than_there_are():
    indicator = [
        {**one, "source": [{"title": "A table", "publisher": f"Office {n}"}]}
        for n, one in enumerate(section(16).model_dump(exclude_none=True)["indicator"])
    ]
    result = rated(16, indicator=indicator, missing=tuple((4, n) for n in range(16)))
    material = collect(result)
    region = next(one for one in material.facts.regions if one.code == "R4")
    for squeeze, (_, most) in enumerate(GAPS):
        gaps = second(material, region, ENGLISH, Pictures(), squeeze=squeeze).gaps
        assert len(gaps) == most + 1
        assert gaps[-1][0] == ENGLISH("gaps.others")


def test_names_are_cut_to_the_room_and_the_rest_counted():
    assert named(["aaa", "bbb", "ccc"], ENGLISH, 8) == "aaa; bbb and 1 more"
