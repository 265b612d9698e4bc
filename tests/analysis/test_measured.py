import numpy as np
import polars as pl
import pytest

import rating
from rating.analysis.uncertainty import planned
from rating.errors import DataError, DefinitionError
from tests.analysis.drawn import FIGURES, META, METHOD, WEIGHTS, rated
from tests.flat import data, section

POSTS = {"name": "goalposts", "low": 0, "high": 100, "range": [0, 100], "clip": False}
BASE = FIGURES.with_columns(c=pl.col("c").fill_null(4.0), e=pl.col("e").fill_null(10.0))


def noise(error, indicators=("a",), id="noise"):
    return {"id": id, "kind": "sampling", "indicators": list(indicators), "error": error}


def index(sure):
    scores = sure.scores()
    return scores.pivot("draw", index="region", values="score").sort("region")


def test_a_poisson_count_has_the_mean_and_the_spread_of_its_count():
    # Goalposts hold the ends of the scale, so that the index is linear in a.
    sure = _with_posts(noise({"name": "poisson", "count": "figures.a"}), POSTS)
    wide = index(sure).drop("region").to_numpy()
    share = (1 / 3) * (2 / 4)  # of a in first, and of first in the index
    for row, (value, count) in enumerate(zip(BASE["a"], BASE["a"], strict=True)):
        spread = wide[row].std() / share
        assert spread == pytest.approx(value / np.sqrt(count), rel=0.1)


def test_a_value_that_is_not_proportional_to_its_count_is_refused():
    wrong = noise({"name": "poisson", "count": "figures.b"})
    with pytest.raises(DefinitionError, match=r"not proportional to figures\.b"):
        rated(wrong, figures=BASE).uncertainty(draws=8)


def _with_posts(assumption, posts, draws=4000):
    made = section(META, METHOD, uncertainty={"assumption": [assumption]})
    items = tuple(
        item.model_copy(update={"method": {"normalise": posts}}) for item in made.indicator
    )
    made = made.replace(indicator=items)
    return rating.rate(made, data(made, BASE), edition=2019).uncertainty(draws=draws)


def test_a_given_standard_error_is_the_spread_of_the_value():
    sure = _with_posts(noise({"name": "standard_error", "error": "figures.e"}), POSTS)
    wide = index(sure).drop("region").to_numpy() * 6
    assert wide.std(axis=1) == pytest.approx(BASE["e"].to_list(), rel=0.06)


def test_a_share_of_those_asked_is_binomial():
    sure = _with_posts(noise({"name": "binomial", "size": "figures.b", "scale": 100.0}), POSTS)
    wide = index(sure).drop("region").to_numpy() * 6
    share = BASE["a"].to_numpy() / 100
    wanted = 100 * np.sqrt(share * (1 - share) / BASE["b"].to_numpy())
    assert wide.std(axis=1) == pytest.approx(wanted, rel=0.12)


def test_an_interval_is_filled_evenly_and_coders_are_taken_in_turn():
    wide = BASE.with_columns(c=pl.col("a") + 1, d=pl.col("a") + 3)
    between = {"name": "interval", "low": "figures.c", "high": "figures.d"}
    coders = {"name": "coders", "values": ["figures.c", "figures.d"]}
    for error, spread in ((between, 2 / np.sqrt(12)), (coders, 1.0)):
        found = _moved(error, wide)
        assert found.std(axis=0) == pytest.approx(np.full(6, spread), rel=0.05)
        assert found.mean(axis=0) == pytest.approx(wide["a"].to_numpy() + 2, abs=0.1)


def _moved(error, figures, draws=4000):
    """The values of a, out of the draw and apply of its error."""
    plan = planned(rated(noise(error), figures=figures))
    moving = plan.moving[0]
    return moving.moved(0, moving.noise(1, 0, (), draws))


def test_a_count_of_0_and_a_missing_value_stay():
    gaps = BASE.with_columns(
        a=pl.Series([0.0, None, 6.0, 4.0, 2.0, 1.0]), b=pl.Series([0.0, 5.0, 4.0, 3.0, 2.0, 9.0])
    )
    found = _moved({"name": "poisson", "count": "figures.a"}, gaps)
    assert (found[:, 0] == 0).all()
    assert np.isnan(found[:, 1]).all()


def test_the_best_of_a_draw_has_the_top_of_the_scale():
    sure = rated(noise({"name": "standard_error", "error": "figures.e"}), figures=BASE)
    plan = planned(sure)
    moving = plan.moving[0]
    scores = moving.scores(0, plan.scenarios.matrices[0][:, 0], moving.noise(1, 0, (), 200))
    assert scores.max(axis=1) == pytest.approx(np.full(200, 100.0))
    assert scores.min(axis=1) == pytest.approx(np.full(200, 1.0))


def test_ranks_have_no_place_before_the_first():
    plan = planned(
        rated(
            noise({"name": "standard_error", "error": "figures.e"}),
            figures=BASE,
            normalise={"name": "rank", "range": None},
        )
    )
    moving = plan.moving[0]
    scores = moving.scores(0, plan.scenarios.matrices[0][:, 0], moving.noise(1, 0, (), 200))
    assert scores.min() >= 1
    assert scores.max() <= 6


def test_sampling_alone_is_narrower_than_with_weights():
    both = rated(WEIGHTS, noise({"name": "poisson", "count": "figures.a"}), figures=BASE)
    alone = both.uncertainty(draws=500, only="sampling")
    assert alone.assumptions["realm"].to_list() == ["sampling"]
    everything = both.uncertainty(draws=500)
    assert everything.assumptions["realm"].to_list() == ["modelling", "sampling"]


@pytest.mark.parametrize(
    ("error", "figures", "message"),
    [
        ({"name": "binomial", "size": "figures.b"}, BASE, "is no share"),
        (
            {"name": "interval", "low": "figures.b", "high": "figures.a"},
            BASE,
            "ends before it begins",
        ),
        (
            {"name": "standard_error", "error": "figures.e"},
            BASE.with_columns(e=-pl.col("e")),
            "figures.e is below 0",
        ),
        (
            {"name": "standard_error", "error": "figures.c"},
            BASE.with_columns(c=pl.lit(None, pl.Float64)),
            "figures.c has no value in 2019",
        ),
    ],
)
def test_data_that_an_error_cannot_use_are_refused(error, figures, message):
    with pytest.raises(DataError, match=message):
        rated(noise(error), figures=figures).uncertainty(draws=8)


def test_two_assumptions_may_not_move_one_indicator():
    error = {"name": "poisson", "count": "figures.a"}
    with pytest.raises(DefinitionError, match="'noise' moves it already"):
        rated(noise(error), noise(error, id="more"), figures=BASE).uncertainty(draws=8)
