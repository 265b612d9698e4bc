"""An error belongs to the figure of a table: all that is made of it moves in the same draw."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import rating
from rating.analysis.figures import Figures
from rating.analysis.uncertainty import planned
from rating.errors import DataError, DefinitionError
from tests.analysis.drawn import FIGURES, META, METHOD
from tests.analysis.drawn import rated as flat
from tests.flat import data as flat_data
from tests.flat import section as flat_section

COUNTS = {"id": "counts", "kind": "sampling", "figure": "t.x", "error": {"name": "poisson"}}
BASES = {
    "id": "bases", "kind": "sampling", "figure": "t.y",
    "error": {"name": "standard_error", "error": "t.e"},
}  # fmt: skip
UNITS = {"id": "units", "kind": "sampling", "figure": "u.z", "error": {"name": "poisson"}}
COLUMNS = {name: {"type": "number"} for name in "xye"}
YEARLY = {"t": {"grain": "region", **COLUMNS}}
# The units of two years, both drawn.
FINE = {"u": {"window": 2, "z": {"type": "number"}, "big": {"type": "boolean"}}, **YEARLY}
CARRIED = {"c": {"grain": "region", "carry": 3, "k": {"type": "number"}}, **YEARLY}
PARTS = {"whole": "sum(z)", "large": "sum(z) FILTER (WHERE big)"}
INDICATORS = {
    "count": (YEARLY, {}, "x"),
    "per_base": (YEARLY, {}, "1000 * x / nullif(y, 0)"),
    "bent": (YEARLY, {}, "CASE WHEN x > 20 THEN sqrt(x) ELSE x / 5 END"),
    "share": (YEARLY, {}, "x / total(x)"),
    "other": (YEARLY, {}, "e"),
    "sum": (
        FINE,
        {"u": {"whole": "sum(z)", "large": "sum(z) FILTER (WHERE big)"}},
        "large / whole",
    ),
    "carried": (CARRIED, {}, "k / y"),
}
REGIONS = ["A", "B", "C", "D"]


def section(*assumptions):
    return rating.Section(
        id="s",
        name="S",
        node=[{"id": "index"}],
        indicator=[
            {
                "id": id,
                "parent": "index",
                "direction": "higher",
                "input": inputs,
                "version": [{"since": "2000-01-01", "measures": measures, "value": value}],
            }
            for id, (inputs, measures, value) in INDICATORS.items()
        ],
        method={"normalise": {"name": "minmax", "range": [1, 100]}},
        uncertainty={"assumption": [dict(given) for given in assumptions]},
    )


def tables():
    random = np.random.default_rng(3)
    yearly = pl.DataFrame(
        {
            "region": REGIONS * 2,
            "year": [2018] * 4 + [2019] * 4,
            "x": [8.0, 30.0, 25.0, 12.0, 9.0, 40.0, None, 15.0],
            "y": [90.0, 70.0, 80.0, 50.0, 95.0, 60.0, 85.0, 40.0],
            "e": [3.0, 2.0, 4.0, 1.0, 3.0, 5.0, 2.0, 1.0],
        }
    )
    fine = pl.DataFrame(
        {
            "region": REGIONS * 5,
            "year": [2018] * 8 + [2019] * 12,
            "z": random.integers(5, 50, 20).astype(float),
            "big": [True, False, True, True, False] * 4,
        }
    )
    carried = pl.DataFrame({"region": REGIONS, "year": [2017] * 4, "k": [4.0, 9.0, 3.0, 7.0]})
    return {"t": yearly, "u": fine, "c": carried}


def rated(made, held):
    return rating.rate(made, rating.read(held, made), edition=2019)


CARRY = {"id": "carry", "kind": "sampling", "figure": "c.k", "error": {"name": "poisson"}}


def test_a_draw_is_the_rating_of_the_tables_that_it_drew():
    """Every formula, measure, sum over regions and carried year, rated once more by hand."""
    made = section(COUNTS, BASES, UNITS, CARRY)
    plan = planned(rated(made, tables()))
    size = 6
    moved = {m.column: m.moved(0, m.noise(5, 2, ("bases",), size)) for m in plan.moving}
    names = {plan.scenarios.indicators[column]: column for column in moved}
    assert set(names) == set(INDICATORS) - {"other"}
    figures = Figures.of(plan.rating, plan.scenarios, made.uncertainty.assumption)
    drawn = figures.drawn(5, 2, ("bases",), size)
    for draw in range(size):
        held = tables()
        for (table, column), values in drawn.items():
            keys = figures.frames[table]
            new = keys.with_columns(pl.Series(column, values[draw], nan_to_null=True))
            held[table] = new.select(held[table].columns) if table != "t" else held[table]
            if table == "t":
                later = new.select("region", "year", column)
                held["t"] = held["t"].drop(column).join(later, on=["region", "year"], how="left")
        wanted = rated(made.replace(uncertainty=None), held).values
        for id, column in names.items():
            own = wanted.filter(pl.col("indicator") == id).sort("region")["value"]
            published = plan.rating.values.filter(pl.col("indicator") == id).sort("region")["value"]
            expected = own.fill_null(published).fill_null(np.nan).to_numpy()
            np.testing.assert_allclose(moved[column][draw], expected, rtol=1e-12)


def test_two_indicators_of_one_figure_are_perfectly_dependent():
    plan = planned(rated(section(COUNTS), tables()))
    found = {
        plan.scenarios.indicators[m.column]: m.moved(0, m.noise(1, 0, (), 500)) for m in plan.moving
    }
    y = np.array([95.0, 60.0, 85.0, 40.0])
    np.testing.assert_allclose(found["per_base"], 1000 * found["count"] / y, rtol=1e-12)
    known = [0, 1, 3]
    assert (found["count"][:, known].std(axis=0) > 2).all()
    assert np.isnan(found["count"][:, 2]).all()
    assert found["count"][:, known].mean(axis=0) == pytest.approx([9, 40, 15], rel=0.1)


def test_only_the_named_errors_come_from_a_second_stream():
    plan = planned(rated(section(COUNTS, BASES), tables()))
    by = {plan.scenarios.indicators[m.column]: m for m in plan.moving}

    def values(id, *elsewhere):
        return by[id].moved(0, by[id].noise(1, 0, elsewhere, 8))

    assert (values("count") == values("count", "bases"))[:, 0].all()
    assert (values("count") != values("count", "counts"))[:, 1].any()
    assert (values("per_base", "bases") != values("per_base"))[:, 0].any()
    assert (values("per_base", "counts") != values("per_base"))[:, 0].any()


def test_a_count_named_by_an_indicator_is_the_same_figure():
    old = {
        "id": "counts",
        "kind": "sampling",
        "indicators": ["count"],
        "error": {"name": "poisson", "count": "t.x"},
    }
    one, other = (rated(section(given), tables()).uncertainty(draws=64) for given in (old, COUNTS))
    assert one.counts.tolist() == other.counts.tolist()
    assert {m.column for m in one.plan.moving} == {m.column for m in other.plan.moving}


def test_every_reader_of_a_patent_count_moves_in_the_open_section():
    made = rating.load("hitech_open")
    result = rating.rate(made, rating.read("data/open", made), edition=2019)
    plan = planned(result, "sampling")
    moving = {plan.scenarios.indicators[m.column] for m in plan.moving}
    assert moving == {"inventions", "utility_models", "patents_per_rd"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"figure": "t.x", "indicators": ["count"]}, "name what moves"),
        ({}, "name what moves"),
        ({"figure": "x"}, "no column, as table.column"),
        ({"figure": "v.x"}, "no table 'v'"),
        ({"figure": "t.q"}, "no number column 't.q'"),
        ({"figure": "u.big"}, "no number column 'u.big'"),
        ({"figure": "t.x", "error": {"name": "poisson", "count": "t.x"}}, "figure is the count"),
        ({"figure": "t.x", "error": {"name": "standard_error", "error": "u.z"}}, "column 'u.z'"),
        ({"indicators": ["count"], "error": {"name": "poisson"}}, "name the count"),
        (
            {"figure": "t.x", "error": {"name": "bootstrap", "table": "u", "unit": "z"}},
            "bootstrap draws rows",
        ),
    ],
)
def test_what_a_figure_cannot_be_is_said_when_it_is_declared(given, message):
    error = {"error": {"name": "poisson"}}
    with pytest.raises(DefinitionError, match=message):
        section({"id": "n", "kind": "sampling", **error, **given})


def test_one_figure_has_one_error_and_an_indicator_no_second():
    with pytest.raises(DefinitionError, match="'counts' moves it already"):
        planned(rated(section(COUNTS, {**COUNTS, "id": "more"}), tables()))
    own = {
        "id": "own", "kind": "sampling", "indicators": ["per_base"],
        "error": {"name": "standard_error", "error": "t.e"},
    }  # fmt: skip
    with pytest.raises(DefinitionError, match="'counts' moves it already"):
        planned(rated(section(COUNTS, own), tables()))


def test_a_figure_below_0_is_no_count():
    held = tables()
    held["t"] = held["t"].with_columns(x=-pl.col("x"))
    with pytest.raises(DataError, match=r"t\.x is below 0"):
        planned(rated(section(COUNTS), held))


def test_what_reads_no_drawn_figure_stays():
    given = {**COUNTS, "figure": "figures.a"}
    made = flat_section(META, METHOD, uncertainty={"assumption": [given]})
    plan = planned(rating.rate(made, flat_data(made, FIGURES), edition=2019))
    assert [plan.scenarios.indicators[m.column] for m in plan.moving] == ["a"]
    assert flat(given).uncertainty(draws=16).failed == 0
