"""The shapes that treatment judges by, each beside NumPy's of the clipped column."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.steps.shapes import shapes
from tests import twin
from tests.steps.conftest import pl

# Ties at both ends, more of them than may move, and a core that is empty, constant or skewed.
TAILS = st.lists(st.sampled_from([40.0, 41.0, 500.0, 9e5]), max_size=9)
CORES = st.one_of(
    st.lists(st.integers(-3, 3).map(float), max_size=60),
    st.lists(st.floats(-1, 1).map(lambda x: round(x, 6)), max_size=60),
    st.lists(st.just(1e-3), max_size=30),
)


@st.composite
def columns(draw):
    values = draw(CORES) + draw(TAILS) + [-value for value in draw(TAILS)]
    return draw(st.sampled_from([1.0, 1e-120, 1e60])) * np.array(values or [7.0])


def rounds(store, values, most=5, strict=1e-6):
    """Every round of a column that passes only where it has no shape to speak of."""
    cells = pl.DataFrame({"place": [0] * len(values), "imputed": values}).cast({"place": pl.UInt32})
    places = pl.DataFrame(
        {"place": [0], "max_points": [most], "max_skewness": [strict], "max_kurtosis": [-9.0]}
    ).cast({"place": pl.UInt32})
    return shapes(store, cells, places).sort("round")


@given(columns(), st.integers(0, 6))
def test_each_round_has_the_shape_of_the_clipped_column(store, values, most):
    for row in rounds(store, values, most).iter_rows(named=True):
        if len(values) < 4 or row["low"] == row["high"]:
            assert row["kurtosis"] is None
            continue
        clipped = np.clip(values, row["low"], row["high"])
        skewness, kurtosis = twin.shape(clipped / np.abs(values).max())
        assert row["skewness"] == pytest.approx(skewness, rel=1e-11, abs=1e-11)
        assert row["kurtosis"] == pytest.approx(kurtosis, rel=1e-11, abs=1e-11)


@given(columns(), st.integers(0, 6))
def test_a_round_moves_the_far_end_to_the_next_value_and_counts_its_points(store, values, most):
    found = rounds(store, values, most).to_dicts()
    assert (found[0]["low"], found[0]["high"]) == (values.min(), values.max())
    for before, after in itertools.pairwise(found):
        inside = np.clip(values, before["low"], before["high"])
        if before["skewness"] >= 0:
            wanted = (before["low"], inside[inside < before["high"]].max())
            assert after["moved_high"] == (values >= before["high"]).sum()
        else:
            wanted = (inside[inside > before["low"]].min(), before["high"])
            assert after["moved_low"] == (values <= before["low"]).sum()
        assert (after["low"], after["high"]) == wanted
    moved = found[-1]["moved_low"] + found[-1]["moved_high"]
    ended = len(np.unique(np.clip(values, found[-1]["low"], found[-1]["high"]))) <= 2
    assert found[-1]["passes"] or moved >= most or ended
