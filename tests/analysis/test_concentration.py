"""Concentration of a sector: identities, chance, published examples, and the engine's reading."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.analysis import dartboard
from rating.analysis.concentration import of_plants
from rating.errors import DataError, UsageError
from tests.analysis.test_replicates import rated, tables

SIZES = st.lists(st.floats(0.5, 1e4), min_size=2, max_size=30)


def shares(sizes) -> np.ndarray:
    return np.array(sizes) / np.sum(sizes)


@cache
def russia() -> np.ndarray:
    """The shares of 85 regions in the population of 2019."""
    read = rating.read("data/open", rating.load("hitech_open")).tables["region_year"]
    people = read.filter(pl.col("year") == 2019)["population"].drop_nulls()
    return shares(people.to_numpy().astype(float))


def frame(jobs, region, **more) -> pl.DataFrame:
    names = [f"p{n:04d}" for n in range(len(jobs))]
    return pl.DataFrame(
        {
            "region": [f"R{r:02d}" for r in region],
            "plant": names,
            "group": more.get("group", names),
            "activity": more.get("activity", ["2110"] * len(jobs)),
            "jobs": np.asarray(jobs, float),
        }
    )


def everyone(x) -> pl.DataFrame:
    return pl.DataFrame({"region": [f"R{r:02d}" for r in range(len(x))], "employment": 1e6 * x})


# ---------------------------------------------------------------------------------- properties


@given(SIZES, st.data())
def test_the_excesses_of_the_regions_add_up_to_the_numerator_of_gamma(sizes, data):
    x = shares(sizes)
    jobs = np.array(data.draw(SIZES))
    place = data.draw(st.lists(st.integers(0, len(x) - 1), min_size=len(jobs), max_size=len(jobs)))
    s = np.bincount(place, jobs, minlength=len(x)) / jobs.sum()
    hhi = dartboard.herfindahl(jobs)
    raw, room = ((s - x) ** 2).sum(), 1 - (x**2).sum()
    parts = (dartboard.excess(s, x, hhi) ** 2 - 1) * x * (1 - x) * hhi
    assert parts.sum() == pytest.approx(raw - room * hhi, abs=1e-12)
    if hhi < 1 - 1e-9:
        gamma = float(dartboard.gamma(s, x, hhi))
        assert gamma * room * (1 - hhi) == pytest.approx(parts.sum(), abs=1e-12)


@pytest.mark.parametrize("plants", [30, 100, 300])
def test_gamma_is_0_on_average_where_plants_fall_at_random(plants):
    """Without the room 1 - sum x^2 beside H it would be below, the more the fewer plants."""
    x, random = russia(), np.random.default_rng(plants)
    found, without = [], []
    for seed in range(40):
        jobs = np.ceil(random.lognormal(3, 1.2, plants))
        hhi = dartboard.herfindahl(jobs)
        for s in dartboard.thrown(jobs, x, 200, seed):
            found.extend(dartboard.gamma(s, x, np.full(len(s), hhi)))
            without.extend((((s - x) ** 2).sum(axis=1) - hhi) / (1 - hhi))
    assert abs(np.mean(found)) < 0.001
    assert np.mean(without) < np.mean(found) - 0.07 / plants


@pytest.mark.parametrize(("plants", "chance"), [(30, 0.38), (100, 0.22), (300, 0.14)])
def test_a_quotient_of_2_is_mostly_chance_and_the_resampled_one_is_not(plants, chance):
    x, random = russia(), np.random.default_rng(plants)
    raw, tested = [], []
    for seed in range(60):
        jobs = np.ceil(random.lognormal(3, 1.2, plants))
        place = np.sort(np.searchsorted(np.cumsum(x)[:-1], random.random(plants), side="right"))
        s = np.bincount(place, jobs, minlength=len(x)) / jobs.sum()
        above = sum(
            (drawn / x >= 2).sum(axis=0)
            for drawn, _ in dartboard.resampled(jobs, place, len(x), 200, seed)
        )
        some = (s > 0).sum()
        raw.append((s / x >= 2).sum() / some)
        tested.append(((s / x >= 2) & (above / 200 >= 0.95)).sum() / some)
    assert np.mean(raw) == pytest.approx(chance, abs=0.09)
    assert np.mean(tested) < 0.02


def test_resampling_leaves_gamma_unbiased_and_its_interval_holds_the_truth():
    """90 % intervals of plants scattered with a known gamma: shares from Dirichlet's law."""
    x, random, held, off = russia(), np.random.default_rng(7), [], []
    for seed in range(80):
        p = random.dirichlet(x * (1 - 0.05) / 0.05)
        truth = ((p - x) ** 2).sum() / (1 - (x**2).sum())
        jobs = np.ceil(random.lognormal(3, 1.2, 200))
        place = np.sort(random.choice(len(x), 200, p=p))
        s = np.bincount(place, jobs, minlength=len(x)) / jobs.sum()
        drawn = np.concatenate(
            [dartboard.gamma(s_, x, h) for s_, h in dartboard.resampled(jobs, place, 85, 200, seed)]
        )
        low, high = np.quantile(drawn, [0.05, 0.95])
        held.append(low <= truth <= high)
        off.append(drawn.mean() - float(dartboard.gamma(s, x, dartboard.herfindahl(jobs))))
    assert np.mean(held) > 0.82
    assert abs(np.mean(off)) < 0.002


@given(st.integers(2, 40), st.integers(0, 5))
def test_blocks_and_the_order_of_rows_are_nothing(plants, seed):
    x = shares([5, 3, 2, 1])
    random = np.random.default_rng(seed)
    own = frame(random.integers(1, 90, plants), random.integers(0, 4, plants))
    one = of_plants(own, everyone(x), draws=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rating.analysis.dartboard.BLOCK", 7)
        other = of_plants(own.reverse(), everyone(x).reverse(), draws=30)
    assert one.regions.equals(other.regions)
    assert one.national == other.national


def test_random_plants_have_random_p_values():
    x, found = shares(np.arange(1.0, 21.0)), []
    for seed in range(60):
        random = np.random.default_rng(seed)
        own = frame(random.integers(1, 100, 60), random.choice(20, 60, p=x))
        found.append(of_plants(own, everyone(x), draws=99, seed=seed).national.p)
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)
    assert np.mean(np.array(found) <= 0.1) < 0.2


# -------------------------------------------------------------------------- outside authorities


def test_gamma_is_that_of_farhauer_and_kroell():
    """Standorttheorien (2014), as R's package REAT 3.0 gives it for ``ellison.a``: 0.05990628."""
    jobs = [200, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000]
    own = frame(jobs, [0] * 5 + [1] * 4 + [2])
    found = of_plants(own, everyone(np.array([0.5, 0.4, 0.1])), draws=1)
    assert found.national.gamma == pytest.approx(0.05990628, abs=5e-9)


def test_the_location_quotient_is_that_of_farhauer_and_kroell():
    """Standorttheorien (2013), as R's package REAT gives it for ``locq``: 0.3847623."""
    own = frame([1714, 879213 - 1714], [0, 1])
    people = np.array([79006, 15593224 - 79006]) / 1e6
    found = of_plants(own, everyone(people), draws=1).regions.filter(pl.col("region") == "R00")
    assert found["lq"][0] == pytest.approx(0.3847623, abs=5e-8)


def test_the_index_of_owners_is_that_of_the_department_of_justice():
    """Four firms with shares of 30, 30, 20 and 20 per cent: 2,600 of 10,000."""
    own = frame([30, 30, 20, 10, 10], [0] * 5, group=["a", "b", "c", "d", "d"])
    found = of_plants(own, everyone(np.array([0.6, 0.4])), draws=1).regions
    row = found.row(0, named=True)
    assert row["group_hhi"] == pytest.approx(0.26)
    assert row["effective"] == pytest.approx(1 / 0.26)
    assert row["plant_hhi"] == pytest.approx(0.24)
    assert row["largest"] == pytest.approx(0.3)


def test_variety_is_the_entropy_of_cover_and_thomas():
    """Elements of Information Theory, example 2.1.1: shares 1/2, 1/4, 1/8, 1/8 have 7/4 bits."""
    own = frame([40, 20, 10, 10], [0] * 4, activity=["1", "2", "3", "4"])
    found = of_plants(own, everyone(np.array([0.6, 0.4])), draws=1).regions
    # 4 classes over 4 plants: (4 - 1) / (2 x 4) nats are added, and more than all there is is all.
    assert found["variety"][0] == pytest.approx(min(1.0, 7 / 8 + (3 / 8) / np.log(4)))
    many = frame([4, 2, 1, 1] * 50, [0] * 200, activity=["1", "2", "3", "4"] * 50)
    found = of_plants(many, everyone(np.array([0.6, 0.4])), draws=1).regions
    assert found["variety"][0] == pytest.approx(7 / 8 + (3 / 400) / np.log(4))


# ------------------------------------------------------------------------------------ examples


def test_stars_need_size_focus_and_a_quotient_that_holds():
    x = np.full(20, 0.05)
    clustered = frame([10] * 120, [0] * 60 + list(range(20)) * 3)
    found = of_plants(clustered, everyone(x)).regions
    assert found.row(0, named=True)["region"] == "R00"
    assert found["stars"].to_list()[0] == 3
    # One plant makes a quotient above 2 by itself; drawn again it is there two times in three.
    lone = frame([40] + [10] * 57, [0] + list(range(1, 20)) * 3)
    row = of_plants(lone, everyone(np.r_[0.01, np.full(19, 0.99 / 19)])).regions.filter(
        pl.col("region") == "R00"
    )
    assert row["lq"][0] > 2
    assert row["p_lq"][0] < 0.7
    assert not row["star_lq"][0]


def test_one_plant_has_no_gamma_and_says_so():
    found = of_plants(frame([5], [0]), everyone(np.array([0.5, 0.5])))
    assert found.national.gamma is None
    assert found.national.low is None
    assert "not defined" in repr(found)
    assert "не определён" in found.sentence.ru
    assert "<table>" in found._repr_html_()


def test_plants_without_regions_or_jobs_are_refused():
    x = np.array([0.5, 0.5])
    with pytest.raises(DataError, match=r"R07:\n.*no employment"):
        of_plants(frame([5], [7]), everyone(x))
    with pytest.raises(DataError, match="no plant has jobs"):
        of_plants(frame([0.0], [0]), everyone(x))
    with pytest.raises(DataError, match="stands there twice"):
        of_plants(pl.concat([frame([5], [0])] * 2), everyone(x))
    with pytest.raises(UsageError, match="0 draws"):
        of_plants(frame([5], [0]), everyone(x), draws=0)


def test_the_door_reads_the_sector_of_the_edition():
    result = rated()
    found = result.concentration(draws=50)
    share = {"21.10": 1.0, "72.11": 0.5, "62.01": 0.0}
    own = tables()["firms"].filter(pl.col("year") == 2026)
    jobs = own["employees"] * own["okved2"].replace_strict(share)
    assert found.national.jobs == pytest.approx(jobs.sum())
    assert found.national.plants == int((jobs > 0).sum())
    values = result.values.filter(pl.col("indicator") == "quotient").sort("region")
    assert found.regions.sort("region")["lq"].to_list() == pytest.approx(values["value"].to_list())
    assert found.regions["activities"].max() == 2
    assert found.rating is result


def test_a_section_without_firms_has_no_concentration():
    with pytest.raises(UsageError, match="table firms"):
        _open_data().concentration()


def _open_data() -> rating.Rating:
    made = rating.load("hitech_open")
    return rating.rate(made, rating.read("data/open", made), edition=2019)
