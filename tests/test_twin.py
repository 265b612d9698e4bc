"""The SQL path against an independent NumPy reference on random worlds.

``make fuzz`` draws 10,000 of them; the house profile a few.
"""

import os

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, seed
from hypothesis import strategies as st

import rating
from tests import twin

CELL = st.one_of(
    st.integers(-50, 50).map(float),
    st.floats(-1e4, 1e4).map(lambda v: round(v, 2)),
    st.sampled_from([5e4, -5e4]),
    st.just(float("nan")),
)


@st.composite
def worlds(draw):
    regions, nodes = draw(st.integers(2, 14)), draw(st.integers(1, 3))
    parents = list(range(nodes)) + draw(st.lists(st.integers(0, nodes - 1), max_size=4))
    count = len(parents)
    values = np.array(
        [draw(st.lists(CELL, min_size=count, max_size=count)) for _ in range(regions)]
    )
    # The first two regions differ widely, so that every indicator has a spread.
    values[0], values[1] = -60.0 - np.arange(count), 60.0 + np.arange(count)
    normalise = draw(st.sampled_from(["minmax", "rank", "zscore"]))
    means = ["arithmetic"] if normalise == "zscore" else ["arithmetic", "geometric", "harmonic"]
    return {
        "values": values,
        "parents": parents,
        "nodes": nodes,
        "directions": draw(
            st.lists(st.sampled_from(["higher", "lower"]), min_size=count, max_size=count)
        ),
        "weights": np.array(
            draw(st.lists(st.integers(1, 5), min_size=count, max_size=count)), dtype=float
        ),
        "method": {
            "impute": draw(st.sampled_from(["none", "mean", "median"])),
            "treat": draw(st.sampled_from(["none", "winsorise"])),
            "normalise": normalise,
            "aggregate": draw(st.sampled_from(means)),
            "min_coverage": draw(st.sampled_from([0.0, 0.5, 0.65, 1.0])),
        },
    }


def in_duckdb(world):
    method = world["method"]
    names = [f"i{n}" for n in range(len(world["parents"]))]
    columns = {name: {"type": "number"} for name in names}
    normalise = {"minmax": {"range": [1, 100]}, "zscore": {"mean": 100, "sd": 10}, "rank": {}}
    section = rating.Section(
        id="world",
        name="World",
        node=[{"id": "index"}]
        + [{"id": f"n{k}", "parent": "index"} for k in range(world["nodes"])],
        method={
            "impute": {"name": method["impute"]},
            "treat": {"name": method["treat"]},
            "normalise": {"name": method["normalise"], **normalise[method["normalise"]]},
            "aggregate": {"name": method["aggregate"], "min_coverage": method["min_coverage"]},
        },
        indicator=[
            {
                "id": name,
                "parent": f"n{parent}",
                "weight": weight,
                "direction": direction,
                "input": {"t": {"grain": "region", **columns}},
                "version": [{"since": "2000-01-01", "value": name}],
            }
            for name, parent, weight, direction in zip(
                names, world["parents"], world["weights"].tolist(), world["directions"], strict=True
            )
        ],
    )
    codes = [f"R{n:02}" for n in range(len(world["values"]))]
    frame = pl.DataFrame(world["values"], schema=names, orient="row").fill_nan(None)
    frame = frame.with_columns(region=pl.Series(codes), year=2020)
    return rating.rate(section, rating.read({"t": frame}, section), edition=2020, threads=1)


# So that as many processes share the 10,000 as there are cores, each with draws of its own.
PARTS = 10 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 1


@pytest.mark.parametrize("part", range(PARTS))
def test_sql_and_numpy_agree(part):
    seed(part)(given(worlds())(agree))()


def agree(world):
    cells, nodes, ranks = twin.rated(world)
    # A rank that hangs on the tenth digit is the rounding's, not the method's.
    index = np.sort(nodes[:, -1][~np.isnan(nodes[:, -1])])
    gaps = np.diff(index)
    assume(not ((gaps > 0) & (gaps < 1e-8)).any())
    result = in_duckdb(world)
    scores = result.values.pivot("indicator", index="region", values="score").sort("region")
    assert scores.drop("region").fill_null(np.nan).to_numpy() == pytest.approx(
        cells, rel=1e-12, abs=1e-10, nan_ok=True
    )
    order = [f"n{k}" for k in range(world["nodes"])] + ["index"]
    found = result.scores.pivot("node", index="region", values="score").sort("region")
    assert found.select(order).fill_null(np.nan).to_numpy() == pytest.approx(
        nodes, rel=1e-12, abs=1e-10, nan_ok=True
    )
    assert result.ranks.sort("region")["rank"].to_list() == ranks
