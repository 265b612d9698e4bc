import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rating.definitions.settings import NoTreatment, Transformed, Winsorise
from rating.errors import DataError
from tests import twin
from tests.steps.conftest import by_region, cells, columns, pl, scattered, several, treat

# Every case is put to every method.
few = settings(max_examples=max(1, settings.default.max_examples // 4))


def treated(store, values, setting):
    frame = cells(values, "imputed")
    return treat(store, frame, {"x": setting})


@st.composite
def skewed(draw):
    """Columns of which many need treatment: a few values far from the rest."""
    rest = draw(st.lists(st.integers(-9, 9).map(float), min_size=8, max_size=25))
    far = draw(st.lists(st.sampled_from([60.0, 61.0, 400.0, 5000.0]), max_size=7))
    sign = draw(st.sampled_from([1.0, -1.0]))
    return [sign * v for v in rest + far]


@given(skewed())
def test_treatment_is_that_of_numpy(store, values):
    found = by_region(treated(store, values, Winsorise()).cells, "treated")
    assert found == pytest.approx(
        twin.treat(np.array(values), "winsorise").tolist(), rel=1e-12, abs=1e-12
    )


@given(skewed())
def test_order_is_kept(store, values):
    found = by_region(treated(store, values, Winsorise()).cells, "treated")
    pairs = sorted(zip(values, found, strict=True))
    assert all(b[1] >= a[1] for a, b in itertools.pairwise(pairs))


@given(skewed())
def test_the_mirror_of_a_column_is_treated_as_its_mirror(store, values):
    setting = Winsorise(then="none")
    one = by_region(treated(store, values, setting).cells, "treated")
    other = by_region(treated(store, [-v for v in values], setting).cells, "treated")
    assert [-v for v in other] == one


@given(skewed(), st.sampled_from([0.25, 4.0, 1024.0]))
def test_a_change_of_unit_changes_nothing_but_the_unit(store, values, factor):
    setting = Winsorise(then="none")
    one = by_region(treated(store, values, setting).cells, "treated")
    other = by_region(treated(store, [factor * v for v in values], setting).cells, "treated")
    assert other == [factor * v for v in one]


@given(columns())
def test_missing_stays_missing_and_known_stays_known(store, values):
    found = by_region(treated(store, values, Winsorise()).cells, "treated")
    assert [v is None for v in found] == [v is None for v in values]


@given(skewed())
def test_every_changed_point_is_logged_and_no_other(store, values):
    outcome = treated(store, values, Winsorise(then="none"))
    changed = outcome.cells.filter(pl.col("imputed") != pl.col("treated")).sort("region")
    wanted = changed.select(
        "scenario", "indicator", "region", "treated", raw="imputed", rule=pl.lit("winsorised")
    ).select("scenario", "indicator", "region", "raw", "treated", "rule")
    assert outcome.points.equals(wanted)


@few
@given(
    skewed(),
    st.sampled_from(
        [
            *(Winsorise(then=then) for then in ("none", "log", "log_plus")),
            Winsorise(max_points=1, of="winsorised"),
            *(Transformed(name=name) for name in ("log", "log_original", "log_gii")),
            Transformed(name="box_cox", power=0.5),
        ]
    ),
)
def test_shapes_before_and_after_are_those_of_the_columns_with_what_was_done(
    store, values, setting
):
    def shape(column):
        flat = max(column) == min(column)
        return [None, None] if flat else [pytest.approx(v, abs=1e-8) for v in twin.shape(column)]

    made = treated(store, values, setting)
    found = np.array(by_region(made.cells, "treated"))
    row = made.shapes.row(0, named=True)
    assert [row["skewness"], row["kurtosis"]] == shape(np.array(values))
    assert [row["skewness_after"], row["kurtosis_after"]] == shape(found)
    if row["rule"] in ("none", "winsorised"):
        assert row["winsorised"] == int((found != np.array(values)).sum())
        assert row["rule"] == ("winsorised" if row["winsorised"] else "none")
    else:
        assert (found != np.array(values)).any()
    if isinstance(setting, Winsorise):
        assert row["passed"] == twin.passes(np.array(values))


@given(skewed())
def test_the_order_of_rows_is_nothing(store, values):
    frame = cells(values, "imputed")
    one = treat(store, frame, {"x": Winsorise()})
    other = treat(store, frame.reverse(), {"x": Winsorise()})
    assert by_region(one.cells, "treated") == by_region(other.cells, "treated")


def test_none_changes_nothing(store):
    values = [1.0, 2.0, 3.0, 1e9, None]
    assert by_region(treated(store, values, NoTreatment()).cells, "treated") == values


def test_a_constant_column_and_a_single_value_are_left_alone(store):
    for values in ([0.1] * 9, [7.0], [None], [1.0, 1.0, 5.0]):
        assert by_region(treated(store, values, Winsorise()).cells, "treated") == values


@pytest.mark.parametrize("factor", [1e-150, 1e150])
def test_huge_and_tiny_numbers_have_the_shape_of_plain_ones(store, factor):
    values = [*map(float, range(12)), 500.0]
    plain = treated(store, values, Winsorise()).shapes
    scaled = treated(store, [factor * v for v in values], Winsorise()).shapes
    assert scaled["skewness"][0] == pytest.approx(plain["skewness"][0], rel=1e-12)
    assert scaled["winsorised"][0] == plain["winsorised"][0]


# -------------------------------------------------------------------------------------- transforms

VALUES = [1.0, 2.0, 4.0, 9.0, 30.0]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("log", [math.log(v - 1 + 0.29) for v in VALUES]),
        ("log_original", [math.log(v - 1 + 1) for v in VALUES]),
        ("log_plus", [math.log(v - 1 + 0.29) for v in VALUES]),
        ("log_gii", [math.log(29 * (v - 1) / 29 + 1) for v in VALUES]),
        ("box_cox", [math.log(v) for v in VALUES]),
    ],
)
def test_a_transform_is_applied_whatever_the_shape(store, name, wanted):
    outcome = treated(store, VALUES, Transformed(name=name))
    assert by_region(outcome.cells, "treated") == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert outcome.points.height == len(VALUES)
    assert set(outcome.points["rule"]) == {"transformed" if name == "box_cox" else "logged"}


def test_log_plus_turns_over_for_a_left_tail(store):
    values = [-v for v in VALUES]
    found = by_region(treated(store, values, Transformed(name="log_plus")).cells, "treated")
    assert found == pytest.approx([-math.log(-1 + 0.29 - v) for v in values], rel=1e-12)


@pytest.mark.parametrize("power", [0.5, 2.0, -1.0])
def test_box_cox_has_its_power(store, power):
    found = by_region(
        treated(store, VALUES, Transformed(name="box_cox", power=power)).cells, "treated"
    )
    assert found == pytest.approx([(v**power - 1) / power for v in VALUES], rel=1e-12)


def test_what_follows_winsorising_may_act_on_the_winsorised_values(store):
    values = [*map(float, range(12)), 500.0, 600.0]
    setting = Winsorise(max_points=1, then="log_original", of="winsorised")
    found = by_region(treated(store, values, setting).cells, "treated")
    assert found == pytest.approx([math.log(min(v, 500.0) + 1) for v in values], rel=1e-12)


@given(skewed(), st.sampled_from(["log", "log_original", "log_plus", "box_cox"]))
def test_every_transform_keeps_the_order(store, values, name):
    found = by_region(treated(store, values, Transformed(name=name)).cells, "treated")
    pairs = sorted(zip(values, found, strict=True))
    assert all(b[1] >= a[1] for a, b in itertools.pairwise(pairs))


# ------------------------------------------------------------------------- several at once

EVERY = [
    NoTreatment(),
    Winsorise(),
    Winsorise(max_points=2, then="none"),
    Winsorise(max_points=1, then="log_gii", of="winsorised"),
    Winsorise(skewness=0.5, kurtosis=0.5, then="box_cox", power=0.5),
    Transformed(name="log"),
    Transformed(name="log_plus"),
    Transformed(name="box_cox", power=2),
]


@few
@given(
    st.lists(st.tuples(skewed(), skewed()), min_size=len(EVERY), max_size=len(EVERY)),
    st.permutations(EVERY),
    st.integers(0, 99),
)
def test_several_indicators_are_each_treated_as_if_alone(store, drawn, order, seed):
    """The points and the shapes come by edition, indicator and region."""
    settings = {f"i{n}": setting for n, setting in enumerate(order)}
    tables = dict(zip(settings, map(list, drawn), strict=True))
    found = treat(store, scattered(several(tables, "imputed"), seed), settings)
    alone = [
        treat(store, several({name: tables[name]}, "imputed"), {name: setting})
        for name, setting in settings.items()
    ]
    keys = ["scenario", "indicator", "region"]
    wanted = pl.concat(one.cells.sort(keys) for one in alone).sort(keys)
    assert found.cells.sort(keys).select(wanted.columns).equals(wanted)
    assert found.points.equals(pl.concat(one.points for one in alone).sort(keys))
    shapes = pl.concat(one.shapes for one in alone).sort(keys[:2])
    assert_frame_equal(found.shapes, shapes, rel_tol=1e-11, abs_tol=1e-11)


def test_what_treatment_makes_infinite_is_told_with_its_step(store):
    with pytest.raises(DataError) as caught:
        treated(store, [0.0, 1e9, 2.0], Transformed(name="box_cox", power=100))
    told = [(problem.where, problem.what) for problem in caught.value.problems]
    assert told == [("x, R01", "the treated value is inf, not a number")]
