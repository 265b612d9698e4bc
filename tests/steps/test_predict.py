"""Which indicators a model reads in each scenario, and what is said of one that does not fit."""

import numpy as np
import polars as pl
import pytest

from rating.definitions.settings import Expectation, Median, Nearest, Regression
from rating.errors import DefinitionError
from rating.steps.models import expectation
from rating.steps.predict import check_names, predict

SCHEMA = {
    "scenario": pl.Int64,
    "region": pl.String,
    "indicator": pl.String,
    "imputed": pl.Float64,
}


def cells(scenario=0, **columns):
    """The values of one scenario: an indicator a column, regions R0, R1 ..."""
    return pl.DataFrame(
        [
            (scenario, f"R{n}", name, None if v is None else float(v))
            for name, values in columns.items()
            for n, v in enumerate(values)
        ],
        schema=list(SCHEMA),
        orient="row",
        schema_overrides=SCHEMA,
    ).rename({"imputed": "value"})


X = [1, 2, 3, 4, 5, 6]
DOUBLE = [2, 4, None, 8, 10, None]
TRIPLE = [3, 6, 9, 12, 15, 18]


def filled(made):
    return {(s, r, i): round(v, 9) for s, r, i, v in made.sort("scenario", "region").rows()}


def test_a_regression_reads_the_indicators_it_names(store):
    frame = cells(y=DOUBLE, x=X, other=[9, 1, 7, 3, 5, 2])
    made = predict(store, frame, {"y": Regression(on=["x"])}, ["x", "y", "other"])
    assert made.schema == SCHEMA
    assert filled(made) == {(0, "R2", "y"): 6.0, (0, "R5", "y"): 12.0}


def test_a_regression_leaves_itself_out(store):
    made = predict(store, cells(y=DOUBLE, x=X), {"y": Regression(on=["y", "x"])}, ["x", "y"])
    assert filled(made) == {(0, "R2", "y"): 6.0, (0, "R5", "y"): 12.0}


def test_settings_without_a_model_fill_nothing(store):
    made = predict(store, cells(y=DOUBLE, x=X), {"y": Median()}, ["x", "y"])
    assert (made.rows(), made.schema) == ([], SCHEMA)


def test_the_nearest_are_compared_by_what_the_setting_names_or_by_all(store):
    frame = cells(y=[1, 2, 4, 9, None], x=[0, 1, 2, 3, 3], z=[5, 5, 5, 5, 0])
    near = predict(store, frame, {"y": Nearest(k=1, on=["x"])}, ["x", "y", "z"])
    assert filled(near) == {(0, "R4", "y"): 9.0}
    two = predict(store, frame, {"y": Nearest(k=2, on=["x"])}, ["x", "y", "z"])
    assert filled(two) == {(0, "R4", "y"): 6.5}
    far = cells(y=[1, 2, 4, 9, None], x=[2, 0, 1, 3, 3], z=[0, 50, 50, 50, 0])
    both = predict(store, far, {"y": Nearest(k=1)}, ["x", "y", "z"])
    assert filled(both) == {(0, "R4", "y"): 1.0}


def test_indicators_that_share_a_model_are_filled_each_by_itself(store):
    frame = cells(a=[1, 2, None], b=[None, 5, 6], x=[0, 1, 5])
    settings = {"b": Nearest(k=1, on=["x"]), "a": Nearest(k=1, on=["x"])}
    made = predict(store, frame, settings, ["a", "b", "x"])
    assert filled(made) == {(0, "R0", "b"): 5.0, (0, "R2", "a"): 2.0}


def test_an_expectation_is_that_of_the_columns_it_reads(store):
    columns = {"a": [1, 2, 3, 4, None], "b": [2, 1, 4, 3, 5], "c": [9, None, 1, 2, 8]}
    frame = cells(**columns)
    settings = {"a": Expectation(on=["b"]), "c": Expectation()}
    made = filled(predict(store, frame, settings, ["a", "b", "c"]))
    table = [[float("nan") if v is None else float(v) for v in columns[name]] for name in "abc"]
    rows = pl.DataFrame(dict(zip("abc", table, strict=True)))
    two = expectation(rows.select("a", "b").to_numpy())
    three = expectation(rows.to_numpy())
    assert made == {
        (0, "R4", "a"): round(two[4, 0], 9),
        (0, "R1", "c"): round(three[1, 2], 9),
    }


def test_each_scenario_is_filled_by_itself_and_keeps_its_type(store):
    frame = pl.concat(
        [cells(7, y=DOUBLE, x=X), cells(3, y=[None, 6, 9, 12, 15, 18], x=X, z=X)]
    ).with_columns(pl.col("scenario").cast(pl.Int32))
    made = predict(store, frame, {"y": Regression(on=["x"])}, ["x", "y", "z"])
    assert made.schema["scenario"] == pl.Int32
    assert filled(made) == {(3, "R0", "y"): 3.0, (7, "R2", "y"): 6.0, (7, "R5", "y"): 12.0}


def test_an_indicator_that_is_in_no_row_says_nothing(store):
    made = predict(store, cells(y=[1, 2, None], x=[1, 2, 2]), {"y": Nearest(k=1)}, ["x", "y", "z"])
    assert filled(made) == {(0, "R2", "y"): 2.0}


def test_what_cannot_be_fitted_is_told_all_at_once_with_the_year(store):
    frame = pl.concat([cells(s, y=[1, None, 2], z=[None, 1, 2], x=[1, 2, 3]) for s in (0, 1)])
    settings = {"z": Regression(on=["x"]), "y": Regression(on=["x"])}
    with pytest.raises(DefinitionError) as caught:
        predict(store, frame, settings, ["x", "y", "z"], years={0: 2018})
    assert [problem.where for problem in caught.value.problems] == [
        "y, method.impute, edition 2018",
        "z, method.impute, edition 2018",
        "y, method.impute",
        "z, method.impute",
    ]
    assert all("2" in problem.what and problem.remedy for problem in caught.value.problems)


def test_a_misspelt_name_is_refused_with_the_nearest(store):
    settings = {"staff": Nearest(on=["peple", "staff"]), "people": Median(), "x": Expectation()}
    with pytest.raises(DefinitionError) as caught:
        check_names(settings)
    assert [(p.where, p.what, p.remedy) for p in caught.value.problems] == [
        ("staff, method.impute, on", "no indicator named 'peple'", "did you mean 'people'?")
    ]
    check_names({"staff": Nearest(on=["people"]), "people": Median()})


def test_a_gap_that_nothing_is_known_of_stays(store):
    for frame in (cells(y=[None, 1], x=[None, 1]), cells(y=[None])):
        made = predict(store, frame, {"y": Nearest(k=1)}, ["x", "y"])
        assert (made.rows(), made.schema) == ([], SCHEMA)


def test_indicators_whose_model_does_not_settle_are_named_together(store):
    draw = np.random.default_rng(3)
    table = draw.normal(size=(12, 30))
    table[draw.random((12, 30)) < 0.4] = np.nan
    names = [f"i{n:02}" for n in range(30)]
    columns = {
        n: [None if np.isnan(v) else v for v in c] for n, c in zip(names, table.T, strict=True)
    }
    settings = {name: Expectation() for name in ("i01", "i00")}
    with pytest.raises(DefinitionError, match=r"^i00, i01, method\.impute:") as caught:
        predict(store, cells(**columns), settings, names)
    assert len(caught.value.problems) == 1
