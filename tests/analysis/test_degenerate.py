"""Every result over inputs of which little is left: none raises, and shares stay shares."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import rating
from rating.analysis.sensitivity import sensitivity
from rating.analysis.sobol import indices, intervals
from rating.errors import RatingError
from tests.analysis.drawn import FIGURES, MEAN, META, METHOD, WEIGHTS
from tests.flat import data, section

ONE = {"id": "scale", "kind": "normalise", "options": [{"name": "rank"}]}
NOISE = {
    "id": "noise",
    "kind": "sampling",
    "indicators": ["a"],
    "error": {"name": "standard_error", "error": "b / 10"},
}
NUMBERS = pl.exclude("region")
INPUTS = {
    "one region": FIGURES.head(1),
    "two regions": FIGURES.head(2),
    "three regions": FIGURES.head(3),
    "all ties": FIGURES.with_columns(NUMBERS.first()),
    "all 0": FIGURES.with_columns(NUMBERS * 0.0),
    "one constant": FIGURES.with_columns(b=pl.lit(7.0)),
    "one column missing": FIGURES.with_columns(c=pl.lit(None, pl.Float64)),
    "one region missing": FIGURES.with_columns(
        pl.when(pl.col("region") != "R1").then(NUMBERS).name.keep()
    ),
    "all but one missing": FIGURES.with_columns(
        pl.when(pl.col("region") == "R1").then(NUMBERS).name.keep()
    ),
    "all missing": FIGURES.with_columns(NUMBERS * None),
    "as they are": FIGURES,
}
TREES = {"tree": META, "one indicator": META.filter(pl.col("id").is_in(["index", "e"]))}
CASES = [(given, "tree") for given in INPUTS] + [("as they are", "one indicator")]
# What is asked with which assumptions declared.
ASKED = {
    "nothing declared": (
        (),
        [
            lambda r: r,
            lambda r: r.audit(),
            lambda r: r.explain("R2" if "R2" in r.ranks["region"] else "R1"),
            lambda r: r.uncertainty(draws=16),
            lambda r: r.smaa(draws=16),
        ],
    ),
    "a single option": ((ONE,), [lambda r: r.uncertainty(draws=1)]),
    "the same twice": (({**ONE, "options": [{}, {}]},), [lambda r: r.sensitivity(draws=8)]),
    "all": (
        (WEIGHTS, MEAN, NOISE),
        [lambda r: r.uncertainty(draws=8), lambda r: r.sensitivity(draws=8)],
    ),
}
# Goalposts are there for one region and for ties, where data have no ends.
POSTS = {"name": "goalposts", "low": 0, "high": 100, "range": [1, 100]}


def shown(made):
    """Everything a result says of itself."""
    texts = [repr(made), getattr(made, "_repr_html_", str)() or str(made)]
    sentence = getattr(made, "sentence", None)
    return "\n".join(texts + ([sentence.en, sentence.ru] if sentence else []))


@pytest.mark.parametrize(("given", "tree"), CASES)
def test_no_result_raises_when_it_is_shown(given, tree):
    meta, told = TREES[tree], 0
    for assumptions, questions in ASKED.values():
        if tree == "one indicator":
            assumptions = [a for a in assumptions if a["id"] not in ("noise", "weights")]
        drawn = {"assumption": [dict(a) for a in assumptions]}
        made = section(meta, METHOD, uncertainty=drawn)
        posts = {"normalise": POSTS}
        items = tuple(item.model_copy(update={"method": posts}) for item in made.indicator)
        made = made.replace(indicator=items)
        try:
            result = rating.rate(made, data(made, INPUTS[given]), edition=2019)
        except RatingError:
            assert given == "all missing"
            return
        for ask in questions:
            try:
                text = shown(ask(result))
            except RatingError as error:
                # What cannot be asked of an input is told in our words.
                text = str(error)
            assert text
            assert "nan" not in text.lower()
            told += 1
    assert told == 9


@pytest.mark.parametrize("constant", [0.1 + 0.2, 1 / 3, 7.0, 1e-9, 0.0])
def test_an_outcome_that_is_constant_but_for_rounding_has_no_indices(constant):
    random = np.random.default_rng(1)
    y = constant + constant * 1e-16 * random.integers(-2, 3, (4, 64))
    found = indices(y[0], y[1], y[2:])
    assert np.isnan(found.first).all()
    assert np.isnan(found.total).all()
    for end in intervals(y[0], y[1], y[2:], level=0.9, resamples=20, seed=1):
        assert np.isnan(end.total).all()


def test_an_outcome_that_few_rows_move_has_an_interval():
    y = np.zeros((4, 64))
    y[[0, 2], 5] = 1.0
    found = indices(y[0], y[1], y[2:])
    low, high = intervals(y[0], y[1], y[2:], level=0.9, resamples=50, seed=1)
    assert not np.isnan(found.total).any()
    assert not np.isnan([low.total, high.total]).any()


@pytest.mark.parametrize("regions", [5, 11, 23, 47])
def test_a_single_option_moves_nothing(regions):
    random = np.random.default_rng(regions)
    names = [f"R{n:02}" for n in range(regions)]
    columns = {name: random.random(regions) for name in "abcde"}
    figures = pl.DataFrame({"region": names, **columns})
    made = section(META, METHOD, uncertainty={"assumption": [ONE]})
    found = rating.rate(made, data(made, figures), edition=2019).sensitivity(draws=64)
    assert found.sentence.en == "No assumption moves the ranking."
    assert found.assumptions["first"].to_list() == found.assumptions["total"].to_list() == [None]
    assert found._repr_html_()


def test_shares_of_variance_lie_between_0_and_1():
    made = section(META, METHOD, uncertainty={"assumption": [WEIGHTS]})
    result = rating.rate(made, data(made, FIGURES), edition=2019)
    for seed in range(4):
        found = sensitivity(result, draws=16, seed=seed)
        frames = (found.assumptions, found.regions, found.convergence)
        shares = pl.concat([f.select("first", "total") for f in frames]).drop_nulls()
        assert shares.min_horizontal().min() >= 0
        assert shares.max_horizontal().max() <= 1
        row = found.assumptions.row(0, named=True)
        assert 0 <= row["total_low"] <= row["total"] <= row["total_high"] <= 1
