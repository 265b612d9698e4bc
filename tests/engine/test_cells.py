from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions import aggregations as a
from rating.definitions.settings import Winsorise, ZScore
from rating.engine.cells import Cells, numbered
from rating.engine.store import Store, binary_unit, exact_sum
from rating.steps.means import means
from rating.steps.normalise import normalise
from rating.steps.treat import treat


@pytest.fixture(scope="module")
def store():
    with Store(threads=1) as opened:
        yield opened


KEYS = ["scenario", "region", "indicator"]


def panel(regions: int, indicators: int, scenarios: int) -> pl.DataFrame:
    random = np.random.default_rng(7)
    keys = [
        pl.DataFrame({"scenario": range(scenarios)}),
        pl.DataFrame({"region": [f"R{n:04}" for n in range(regions)]}),
        pl.DataFrame({"indicator": [f"x{n}" for n in range(indicators)]}),
    ]
    frame = keys[0].join(keys[1], how="cross").join(keys[2], how="cross")
    return frame.with_columns(imputed=pl.Series(random.lognormal(0, 1, frame.height)))


def scored(frame: pl.DataFrame, threads: int) -> list[pl.DataFrame]:
    names = frame["indicator"].unique().sort().to_list()
    family = frame.select("scenario", pl.lit("n").alias("parent"), item="indicator").unique()
    family = family.with_columns(weight=1.0, position=pl.col("item").str.slice(1).cast(pl.Int64))
    with Store(threads=threads) as store:
        treated = treat(store, Cells.of(frame), dict.fromkeys(names, Winsorise()))
        cells = normalise(store, treated.cells, dict.fromkeys(names, (ZScore(), "higher")))
        nodes = means(store, cells.of_items("score"), family, {"n": a.Arithmetic()}).named()
    scored = cells.named().sort(KEYS)
    return [scored, treated.shapes, treated.points, nodes.sort("scenario", "region")]


def test_neither_threads_nor_the_order_of_rows_change_a_bit():
    frame = panel(regions=800, indicators=5, scenarios=3)
    wanted = scored(frame, threads=1)
    for threads, seed in ((2, 1), (8, 2)):
        found = scored(frame.sample(fraction=1, shuffle=True, seed=seed), threads=threads)
        assert all(one.equals(other) for one, other in zip(found, wanted, strict=True))


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20))
def test_an_exact_sum_is_that_of_exact_fractions(store, numbers):
    frame = pl.DataFrame({"x": numbers})
    unit = binary_unit("max(abs(x))")
    found = store.query(
        f"SELECT {exact_sum('x', 'unit')} AS s FROM x, (SELECT {unit} AS unit FROM x)", {"x": frame}
    )["s"][0]
    wanted = float(sum(map(Fraction, numbers)))
    assert found == pytest.approx(wanted, rel=1e-15, abs=1e-16 * max(map(abs, numbers)))


def test_rows_go_back_to_where_they_came_from():
    cells = Cells.of(panel(2, 2, 1).with_columns(imputed=pl.Series([1.0, None, 3.0, 4.0])))
    held = cells.of_places(pl.Series([True, False]), "imputed")
    assert held.rows() == [(0, 0, 0, 1.0), (2, 1, 0, 3.0)]
    back = cells.placed(held.reverse(), "imputed")
    assert back.to_list() == [1.0, None, 3.0, None]
    assert cells.columns.rows() == [(0, "x0"), (0, "x1")]
    assert cells.at.tolist() == [[1, 3], [2, 4]]


def test_cells_have_the_names_they_came_with():
    frame = panel(3, 2, 2).sample(fraction=0.7, shuffle=True, seed=3)
    cells = Cells.of(frame)
    assert cells.named().equals(frame)
    later = cells.of_scenarios([1])
    assert later.named().equals(frame.filter(pl.col("scenario") == 1))
    assert later.columns["scenario"].unique().to_list() == [1]


def test_the_cells_of_a_scenario_lie_together_under_the_names_of_all():
    frame = panel(3, 2, 2)
    cells = Cells.of(frame)
    parts = cells.by_scenario([0, 1], cells.names())
    for scenario, part in parts.items():
        assert part.equals(frame.filter(pl.col("scenario") == scenario).drop("scenario"))


def test_names_that_are_known_of_the_same_cells_are_those_that_would_be_made():
    cells = Cells.of(panel(3, 2, 2))
    measure = pl.Series("measure", ["a", "b", "a", "b"])
    same = Cells(cells.rows, cells.regions, cells.columns.with_columns(measure))
    assert same.names((cells, cells.names())).equals(same.names())
    fewer = cells.of_scenarios([1])
    assert fewer.names((cells, cells.names())).equals(fewer.names())


def test_a_store_that_keeps_no_order_gives_each_row_its_own(tmp_path):
    numbers = pl.DataFrame({"x": range(300_000)})
    for files in ((), (tmp_path / "a.parquet",)):
        with Store(threads=4, files=files) as store:
            found = store.each(numbers, {"y": "x + 1", "z": "2 * y"}, "z")["z"]
        assert found.equals((2 * (numbers["x"] + 1)).alias("z"))


def test_names_are_numbered_in_their_order():
    names, codes = numbered(pl.Series("n", ["b", "a", "b"]))
    assert names.to_list() == ["a", "b"]
    assert codes.to_list() == [1, 0, 1]
