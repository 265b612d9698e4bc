"""Rules of a table: what is left keeps every rule, and what is refused broke one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.definitions.section import Section
from rating.inputs.tables import Data, read

DAY = date(2020, 1, 1)
ITEMS = {
    "item": {"type": "text"},
    "coder": {"type": "text"},
    "score": {"type": "number"},
    "begins": {"type": "date"},
    "ends": {"type": "date"},
    "rule": [
        {
            "id": "coders",
            "name": "two coders",
            "by": ["item"],
            "holds": "count(DISTINCT coder) >= 2",
        },
        {"id": "order", "name": "it ends later", "holds": "ends > begins"},
        {
            "id": "apart",
            "name": "one at a time",
            "by": ["item", "coder"],
            "spans": ["begins", "ends"],
        },
        {"id": "half", "name": "in halves", "holds": "score IN (0, 0.5, 1)"},
    ],
}
SCHEMA = {
    "region": pl.String,
    "item": pl.String,
    "coder": pl.String,
    "score": pl.Float64,
    "begins": pl.Date,
    "ends": pl.Date,
}
days = st.none() | st.integers(0, 8).map(lambda n: DAY + timedelta(n))
one_row = st.tuples(
    st.just("RU-TOM"),
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["x", "y"]),
    st.sampled_from([0.0, 0.5, 0.7, None]),
    days,
    days,
)


@pytest.fixture(scope="module")
def items(declare) -> Section:
    return declare("ru", items=ITEMS)


def checked(rows: list[tuple[Any, ...]], section: Section) -> Data:
    return read({"items": pl.DataFrame(rows, schema=SCHEMA, orient="row")}, section)


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(one_row, min_size=1, max_size=9))
def test_what_is_left_keeps_every_rule(items, rows):
    data = checked(rows, items)
    left = data.tables["items"]
    assert left.height + data.refused["row"].n_unique() == len(rows)
    assert checked(left.rows(), items).refused.is_empty()
    for item, coder in left.select("item", "coder").unique().rows():
        group = left.filter(pl.col("item").eq_missing(item))
        assert group["coder"].n_unique() >= 2
        spans = group.filter(pl.col("coder") == coder).sort("begins", nulls_last=True)
        open_until = None
        for begins, ends in spans.select("begins", "ends").rows():
            if begins is not None:
                assert open_until is None or begins >= open_until
                open_until = ends or date.max
    odd = ~pl.col("score").is_in([0.0, 0.5, 1.0]) | (pl.col("ends") <= pl.col("begins"))
    assert left.filter(odd).is_empty()


@settings(deadline=None, max_examples=40)
@given(spans=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5) | st.none()), max_size=8))
def test_a_span_is_refused_only_where_an_earlier_one_that_stays_is_open(declare, spans):
    rule = ITEMS["rule"][2]  # type: ignore[index]
    section = declare("ru", items=ITEMS | {"rule": [rule]})
    rows = [span("a", "x", at, None if length is None else at + length) for at, length in spans]
    refused = set(checked(rows, section).refused["row"]) if rows else set()
    busy: set[int] = set()  # the same by days, one by one
    for number, (at, length) in sorted(enumerate(spans, 1), key=lambda one: (one[1][0], one[0])):
        taken = set(range(at, 40 if length is None else at + length))
        assert (number in refused) == bool(taken & busy)
        busy |= taken if number not in refused else set()


def told(rows: list[tuple[Any, ...]], section: Section) -> list[tuple[Any, ...]]:
    return checked(rows, section).refused.select("row", "column", "rule", "value").rows()


def span(item: str, coder: str, begins: int, ends: int | None) -> tuple[Any, ...]:
    last = None if ends is None else DAY + timedelta(ends)
    return ("RU-TOM", item, coder, 1.0, DAY + timedelta(begins), last)


def test_each_refused_row_is_told_with_its_rule_its_columns_and_its_cells(items):
    assert told([span("a", "x", 0, 3), span("a", "x", 2, None), span("a", "y", 0, 1)], items) == [
        (
            2,
            "begins, ends",
            "not so: one at a time (rule apart); overlaps row 1",
            "2020-01-03 to ",
        )
    ]
    assert told([span("a", "x", 3, 1), span("a", "y", 0, 1), span("a", "x", 5, 6)], items) == [
        (1, "begins, ends", "not so: it ends later (rule order)", "2020-01-04, 2020-01-02")
    ]


def test_a_group_that_loses_a_row_to_another_rule_is_asked_again(items):
    rows = [span("a", "x", 0, 1), ("RU-TOM", "a", "y", 0.7, None, None), span("b", "x", 0, 1)]
    assert told(rows, items) == [
        (1, "item", "not so: two coders (rule coders)", "a"),
        (2, "score", "not so: in halves (rule half)", "0.7"),
        (3, "item", "not so: two coders (rule coders)", "b"),
    ]


def test_a_rule_that_stands_before_the_one_that_takes_a_row_is_asked_again(declare):
    coders, _, apart, _ = ITEMS["rule"]  # type: ignore[misc]
    section = declare("ru", items=ITEMS | {"rule": [coders, apart | {"by": ["item"]}]})
    assert told([span("a", "x", 0, 3), span("a", "y", 1, 2)], section) == [
        (1, "item", "not so: two coders (rule coders)", "a"),
        (
            2,
            "begins, ends",
            "not so: one at a time (rule apart); overlaps row 1",
            "2020-01-02 to 2020-01-03",
        ),
    ]


def test_spans_that_touch_do_not_overlap(items):
    rows = [span("a", "x", 0, 3), span("a", "x", 3, None), span("a", "y", 0, 1)]
    assert told(rows, items) == []


def test_a_rule_reads_the_year_of_the_row(declare):
    section = declare(
        "ru",
        firms={
            "firm_id": {"type": "text"},
            "founded_on": {"type": "date"},
            "rule": [
                {"id": "born", "name": "founded by then", "holds": "year(founded_on) <= year"},
                {
                    "id": "once",
                    "name": "once a year",
                    "by": ["firm_id", "year"],
                    "holds": "count(*) = 1",
                },
            ],
        },
    )
    frame = pl.DataFrame(
        {
            "region": ["RU-TOM"] * 4,
            "year": [2020, 2020, 2021, 2021],
            "firm_id": ["a", "b", "b", "b"],
            "founded_on": [date(2021, 1, 1), *[date(2019, 1, 1)] * 3],
        }
    )
    refused = read({"firms": frame}, section).refused
    assert refused.select("row", "column", "value").rows() == [
        (1, "founded_on, year", "2021-01-01, 2020"),
        (3, "firm_id, year", "b, 2021"),
        (4, "firm_id, year", "b, 2021"),
    ]
