import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.analysis.overtake import gains, moved, overtake
from rating.errors import DefinitionError, UsageError
from tests.analysis.drawn import FIGURES, META, rated

# Two nodes are enough: the share of weights that rank a region first is then a length.
PAIR = META.filter(pl.col("id").is_in(["index", "a", "b"])).with_columns(
    parent=pl.when(pl.col("id") == "index").then(None).otherwise(pl.lit("index"))
)
TWO = pl.DataFrame({"region": ["R1", "R2", "R3"], "a": [100.0, 0.0, 40.0], "b": [0.0, 100.0, 40.0]})


@pytest.fixture(scope="module")
def accepted():
    return rated(figures=TWO, meta=PAIR).smaa(draws=4096)


def test_acceptability_is_the_length_of_the_weights(accepted):
    first = dict(accepted.ranks.select("region", "first").iter_rows())
    assert first["R1"] == pytest.approx(0.5, abs=0.01)
    assert first["R2"] == pytest.approx(0.5, abs=0.01)
    assert first["R3"] == 0
    shares = accepted.acceptability.group_by("region").agg(pl.col("share").sum())
    assert shares["share"].to_list() == pytest.approx([1, 1, 1])


def test_central_weights_are_the_middle_of_those_that_rank_a_region_first(accepted):
    own = accepted.central.filter((pl.col("region") == "R1") & (pl.col("item") == "a"))
    assert own["weight"][0] == pytest.approx(0.75, abs=0.01)
    assert "R3" not in accepted.central["region"]


def test_without_errors_of_measurement_confidence_is_certain(accepted):
    found = dict(accepted.ranks.select("region", "confidence").iter_rows())
    assert found == {"R1": 1.0, "R2": 1.0, "R3": None}
    assert "2 regions can be first" in repr(accepted)
    assert accepted._repr_html_().count("<tr>") == 4


def test_confidence_falls_with_errors_of_measurement():
    figures = TWO.with_columns(error=pl.lit(200.0))
    noise = {
        "id": "noise",
        "kind": "sampling",
        "indicators": ["a"],
        "error": {"name": "standard_error", "error": "figures.b"},
    }
    found = rated(noise, figures=figures.drop("error"), meta=PAIR).smaa(draws=512).ranks
    confident = dict(found.select("region", "confidence").iter_rows())
    assert 0.5 < confident["R1"] <= 1.0


def test_admissible_weights_may_be_narrower():
    near = rated(figures=TWO, meta=PAIR).smaa(draws=256, draw={"name": "noise", "spread": 0.1})
    assert dict(near.ranks.select("region", "first").iter_rows())["R2"] == 1.0
    with pytest.raises(DefinitionError):
        rated(figures=TWO, meta=PAIR).smaa(draw={"name": "nois"})


# ------------------------------------------------------------------------------ smallest change


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-9, 9)), min_size=1, max_size=6))
def test_no_smaller_change_of_weights_exists(children):
    """Against linear programming: least sum of changes with the difference at 0 or more."""
    from scipy.optimize import linprog

    weights = np.array([w for w, _ in children], float)
    weights /= weights.sum()
    for_it = np.array([d for _, d in children], float)
    found = moved(weights, for_it)
    many = len(weights)
    costs = np.concatenate([np.zeros(many), np.ones(many)])
    eye = np.eye(many)
    bounds = np.block([[eye, -eye], [-eye, -eye], [-for_it[None, :], np.zeros((1, many))]])
    limits = np.concatenate([weights, -weights, [0.0]])
    one = np.concatenate([np.ones(many), np.zeros(many)])[None, :]
    wanted = linprog(costs, bounds, limits, one, [1.0])
    if found is None:
        assert wanted.status == 2
        return
    assert found.sum() == pytest.approx(1)
    assert (found >= -1e-12).all()
    assert found @ for_it >= -1e-9
    assert np.abs(found - weights).sum() == pytest.approx(wanted.fun, abs=1e-9)


def test_the_weights_found_let_the_region_overtake():
    result = rated(figures=TWO, meta=PAIR)
    change = overtake(result, "R1", "R2")
    assert change.select("item", "needed").rows() == [
        ("a", pytest.approx(0.5)),
        ("b", pytest.approx(0.5)),
    ]
    assert overtake(result, "R3", "R1", node="index") is not None
    dominated = TWO.with_columns(a=pl.Series([3.0, 2.0, 1.0]), b=pl.Series([3.0, 2.0, 1.0]))
    assert overtake(rated(figures=dominated, meta=PAIR), "R3", "R1") is None


def test_a_geometric_node_is_weighed_in_logarithms():
    result = rated(figures=TWO, meta=PAIR, aggregate={"name": "geometric"})
    change = overtake(result, "R1", "R2")
    assert change["needed"].to_list() == pytest.approx([0.5, 0.5])
    with pytest.raises(DefinitionError, match="not linear"):
        overtake(rated(figures=TWO, meta=PAIR, aggregate={"name": "median"}), "R1", "R2")


def test_a_region_that_lacks_a_child_is_not_compared():
    with pytest.raises(UsageError, match="it has no score of e"):
        overtake(rated(), "R6", "R1")
    with pytest.raises(UsageError, match="did you mean 'R1'"):
        overtake(rated(), "R11", "R2")


def test_what_moves_a_region_up_is_a_quartile_on_each_indicator():
    found = gains(rated(), "R4")
    assert found["indicator"].to_list() != []
    assert found["gain"].is_sorted(descending=True)
    assert (found["to"] >= found["score"]).all()
    again = rated(
        figures=FIGURES.with_columns(
            e=pl.when(pl.col("region") == "R4").then(13.0).otherwise(pl.col("e"))
        )
    )
    row = found.filter(pl.col("indicator") == "e").row(0, named=True)
    assert row["to"] == pytest.approx(1 + 99 * 3 / 7)
    assert again.ranks.filter(pl.col("region") == "R4")["rank"][0] == row["rank"]


def test_a_region_without_a_rank_has_nothing_to_gain():
    with pytest.raises(UsageError, match="no such region in the ranking"):
        gains(rated(), "R9")
