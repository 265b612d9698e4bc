"""Figures that fit their declaration and are doubtful: told with file and row, few false alarms."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.definitions import files
from rating.inputs.tables import read
from tests.inputs.corpus.case import section

FIGURES = {"grain": "region", "v": {"type": "number"}}
ONE = section("ru", a=FIGURES)
CODES = ("RU-TOM", "RU-MOW", "RU-KGD", "RU-OMS", "RU-KEM", "RU-ALT")
ROOT = Path(__file__).parents[2]


def told(values: dict[int, list[float]], **more: list[str]) -> list[tuple[int, str, str]]:
    """Row, column and the first words of what is told of figures by year."""
    frame = pl.DataFrame(
        [(code, year, v) for year, of in values.items() for code, v in zip(CODES, of, strict=True)],
        schema={"region": pl.String, "year": pl.Int64, "v": pl.Float64},
        orient="row",
    )
    data = read({"a": frame.with_columns(**{n: pl.Series(c) for n, c in more.items()})}, ONE)
    assert data.refused.is_empty()
    rows = data.remarks.select("row", "column", "rule").iter_rows()
    return [(row, column, rule) for row, column, rule in rows]


PLAIN = [12.0, 40.5, 3.1, 77.0, 55.2, 90.4]


@pytest.mark.parametrize("mark", [9999, 999, 99999, 999999, -999, -99, -9, -9999, -1])
def test_a_number_that_stands_for_a_missing_figure_is_told(mark):
    ((row, column, rule),) = told({2019: [*PLAIN[:5], mark]})
    assert (row, column) == (6, "v")
    assert "a mark for a missing figure? the others are from 3.1 to 77" in rule


@pytest.mark.parametrize(
    "figures",
    [
        PLAIN,
        [99.0, 12, 40, 3, 77, 99],
        [999.0, 950, 1000, 870, 400, 300],
        [-9.0, -3, 4, 12, -1, 2],
        [9999.0, 12000, 8000, 7000, 100, 20],
        [0.0, 0, 0, 0, 0, 0],
        [99.9, 100, 98, 97, 1, 0],
    ],
)
def test_figures_of_nines_among_their_like_are_not(figures):
    assert told({2019: figures}) == []


@settings(deadline=None, max_examples=40)
@given(st.floats(0.5, 2), st.sampled_from([1000, 0.001]), st.integers(0, 5))
def test_a_figure_a_thousand_times_the_year_before_is_told(drift, times, at):
    after = [value * drift for value in PLAIN]
    assert told({2018: PLAIN, 2019: after}) == []
    after[at] *= times
    ((row, _, rule),) = told({2018: PLAIN, 2019: after})
    assert row == 7 + at
    assert "a thousand times off? the year before it was" in rule or "a share among" in rule


def test_a_table_that_changes_its_unit_at_once_is_told():
    rows = told({2018: PLAIN, 2019: [value * 1000 for value in PLAIN]})
    assert [row for row, _, _ in rows] == [7, 8, 9, 10, 11, 12]


def test_a_share_where_per_cent_stood_is_told():
    ((row, _, rule),) = told({2018: PLAIN, 2019: [*PLAIN[:3], 0.77, *PLAIN[4:]]})
    assert row == 10
    assert "a share among per cent?" in rule


@pytest.mark.parametrize(
    ("column", "usual", "said", "words"),
    [
        ("unit", "thousand persons", "persons", "which is 'thousand persons'"),
        ("UNIT_MEASURE", "RUB", "USD", "another unit"),
        ("UNIT_MULT", "3", "6", "another unit"),
        ("v_unit", "%", "share", "another unit"),
        ("Ед. изм.", "тыс. чел.", "чел.", "another unit"),
        ("ACTION", "I", "D", "marked for deletion"),
        ("action", "Append", "Delete", "marked for deletion"),
        ("deleted", "false", "true", "marked for deletion"),
        ("OBS_STATUS", "A", "P", "marked provisional"),
        ("obs_status", "", "provisional", "marked provisional"),
        ("flag", "", "p", "marked provisional"),
        ("status", "final", "preliminary", "marked provisional"),
        ("Примечание", "", "предварительные данные", "marked provisional"),
        ("CONF_STATUS", "F", "C", "marked confidential"),
        ("confidential", "no", "yes", "marked confidential"),
        ("status", "", "конфиденциально", "marked confidential"),
        ("статус", "", "удалено", "marked for deletion"),
    ],
)  # fmt: skip
def test_what_an_undeclared_column_says_of_a_row_is_told(column, usual, said, words):
    ((row, named, rule),) = told({2019: PLAIN}, **{column: [usual, usual, said, *[usual] * 3]})
    assert (row, named) == (3, column)
    assert words in rule


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("unit", ["persons"] * 6),
        ("district", ["Siberian", "Central", "North", "C", "P", "D"]),
        ("status", ["valid", "expired", "valid", "a", "b", "c"]),
        ("OBS_STATUS", ["A", "A", "A", "E", "A", ""]),
        ("ACTION", ["I", "A", "R", "M", "I", "I"]),
        ("CONF_STATUS", ["F"] * 6),
        ("confidential", ["no"] * 6),
        ("action", ["grant", "loan", "grant", "subsidy", "loan", "x"]),
        ("community", ["a", "b", "c", "d", "e", "f"]),
    ],
)
def test_what_says_nothing_of_a_row_is_not(column, cells):
    assert told({2019: PLAIN}, **{column: cells}) == []


def test_many_doubts_of_a_column_are_counted():
    frame = pl.DataFrame({"region": "RU-TOM", "year": range(1900, 2000), "v": 1.0})
    data = read({"a": frame.with_columns(deleted=pl.lit(value=True))}, ONE)
    assert data.remarks.height == 21
    assert data.remarks["rule"][20] == "80 more rows are doubtful"


@pytest.mark.parametrize(
    ("name", "folder"), [("hitech_open", "open"), ("hitech_open_2022", "innovation_2022")]
)
def test_the_data_that_ship_raise_no_false_alarm(name, folder):
    assert read(ROOT / "data" / folder, files.load(name)).remarks.is_empty()
