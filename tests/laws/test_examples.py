from datetime import date

import pytest

import rating
from rating.engine.store import Store
from rating.laws import examples


def outcome(indicator: rating.Indicator) -> tuple[bool, str]:
    """Whether the first example holds, and what the report says of it."""
    row = rating.check(indicator, laws=False).rows.row(0, named=True)
    assert row["law"] == "example 1"
    return row["holds"], row["detail"]


def example(expect, *rows, **more):
    return [{"why": "worked out", "t": list(rows), "expect": expect, **more}]


def test_an_example_that_the_engine_confirms_holds(declare):
    assert outcome(declare()) == (True, "half")


def test_an_example_that_differs_says_what_was_found(declare):
    wrong = example({"A": 0.6}, {"region": "A", "part": 1, "whole": 2})
    assert outcome(declare(example=wrong)) == (False, "worked out: A is 0.5, not 0.6")


@pytest.mark.parametrize(("expected", "holds"), [(1 / 3 * (1 + 1e-10), True), (0.3333333, False)])
def test_an_expectation_holds_to_one_part_in_a_milliard(declare, expected, holds):
    given = example({"A": expected}, {"region": "A", "part": 1, "whole": 3})
    assert outcome(declare(example=given))[0] is holds


def test_missing_is_not_zero(declare):
    rows = {"region": "A", "part": 1, "whole": 0}
    assert outcome(declare(example=example({"A": "missing"}, rows)))[0]
    assert outcome(declare(example=example({"A": 0}, rows))) == (
        False,
        "worked out: A is missing, not 0",
    )


def test_totals_run_over_the_rows_of_the_example(declare):
    rows = [{"region": "A", "part": 1, "whole": 1}, {"region": "B", "part": 3, "whole": 1}]
    made = declare("part / total(whole)", example=example({"A": 0.5, "B": 1.5}, *rows))
    assert outcome(made)[0]


def test_a_region_without_rows_is_what_absent_says(firms):
    assert outcome(firms("missing", firms=[], expect={"A": "missing"}))[0]
    assert outcome(firms("zero", firms=[], expect={"A": 0}))[0]
    rows = [{"region": "A", "jobs": 3}]
    assert outcome(firms("zero", firms=rows, expect={"A": 3, "B": 0}))[0]


def test_a_table_left_out_is_empty(firms):
    assert outcome(firms("zero", expect={"A": 0}))[0]


def test_an_example_runs_under_the_version_of_its_edition(declare):
    versions = [
        {"since": "2000-01-01", "value": "part / whole"},
        {"since": "2018-06-01", "value": "100 * part / whole"},
    ]
    row = {"region": "A", "part": 1, "whole": 2}
    assert outcome(declare(version=versions, example=example({"A": 50}, row)))[0]
    old = example({"A": 0.5}, {**row, "year": 2017})
    assert outcome(declare(version=versions, example=old))[0]
    assert outcome(declare(version=versions, example=example({"A": 0.5}, row, edition=2010)))[0]


def test_an_edition_before_every_version_is_told(declare):
    given = example({"A": 1}, {"region": "A", "year": 1990, "part": 1, "whole": 1})
    assert outcome(declare(example=given)) == (
        False,
        "worked out: no version is in force in 1990",
    )


def test_rows_of_other_years_are_not_read(declare):
    rows = [{"region": "A", "year": year, "part": year, "whole": 1} for year in (2018, 2019)]
    assert outcome(declare(example=example({"A": 2019}, *rows)))[0]


def test_a_row_that_breaks_its_declaration_is_told(firms):
    holds, detail = outcome(firms(firms=[{"region": "A", "jobs": -1}], expect={"A": -1}))
    assert not holds
    assert "firms, row 1, column jobs: below the least value, 0" in detail


def test_an_infinite_value_is_told(declare):
    given = example({"A": 1}, {"region": "A", "part": 1, "whole": 0})
    holds, detail = outcome(declare("part / whole", example=given))
    assert not holds
    assert "value is inf, not a number" in detail


def test_texts_and_dates_reach_the_formula():
    made = rating.Indicator(
        id="jobs",
        parent="index",
        input={"firms": {"code": {"type": "text"}, "opened": {"type": "date"}}},
        version=[
            {
                "since": "2000-01-01",
                "value": "n",
                "measures": {
                    "firms": {"n": "count() FILTER (WHERE code = '06' AND opened <= '2019-06-30')"}
                },
            }
        ],
        example=[
            {
                "why": "one of two in time",
                "firms": [
                    {"region": "A", "code": "06", "opened": "2019-06-30"},
                    {"region": "A", "code": "06", "opened": "2019-07-01"},
                    {"region": "A", "code": "6", "opened": "2019-01-01"},
                ],
                "expect": {"A": 1},
            }
        ],
    )
    assert outcome(made)[0]


def test_an_override_that_rests_on_the_section_does_not_hinder_the_example(declare):
    assert outcome(declare(method={"treat": {"skewness": 1.0}}))[0]


# -------------------------------------------------------------------------- one by one, by itself


def made(inputs, value, measures=None, *examples, since="2000-01-01"):
    version = {"since": since, "value": value, "measures": measures or {}}
    return rating.Indicator(
        id="it", parent="index", input=inputs, version=[version], example=list(examples)
    )


FINE = {"f": {"n": {"type": "number"}, "day": {"type": "date"}, "whole": {"type": "integer"}}}
LAST = {"f": {"m": "sum(n) FILTER (WHERE day <= as_of)"}}


def whether(it):
    with Store(threads=1) as store:
        return [(one.item, one.law, one.holds, one.detail) for one in examples.hold(store, it)]


def test_examples_are_numbered_and_every_region_that_differs_is_named():
    row = {"region": "A", "n": 2, "day": "2019-05-01"}
    first = {"why": "one", "edition": 2019, "f": [row], "expect": {"A": 2}}
    wrong = {**first, "why": "two", "expect": {"A": 3, "B": 1, "C": "missing"}}
    assert whether(made(FINE, "m", LAST, first, wrong)) == [
        ("it", "example 1", True, "one"),
        ("it", "example 2", False, "two: A is 2, not 3; B is missing, not 1"),
    ]


def test_the_day_of_an_example_is_the_end_of_its_edition_or_as_it_says():
    rows = [
        {"region": "A", "n": n, "day": d} for n, d in ((1, "2019-12-31"), (2, date(2019, 6, 1)))
    ]
    whole = {"why": "x", "edition": 2019, "f": rows, "expect": {"A": 3}}
    half = {"why": "x", "as_of": "2019-06-01", "f": rows, "expect": {"A": 2}}
    assert [held for _, _, held, _ in whether(made(FINE, "m", LAST, whole, half))] == [True, True]


def test_the_edition_of_an_example_is_stated_or_in_its_rows_or_that_of_the_version():
    rows = [{"region": "A", "year": year, "n": 1} for year in (2011, 2015, 2013)]
    base = {"why": "x", "f": rows, "expect": {"A": 1}}
    bare = {**base, "f": [{"region": "A", "n": 1}]}
    listed = [{**base, "edition": 2020}, {**base, "as_of": "2018-03-01"}, base, bare]
    it = made(FINE, "m", {"f": {"m": "sum(n)"}}, *listed, since="2009-05-01")
    assert [examples.year_of(it, one) for one in it.example] == [2020, 2018, 2015, 2009]


def test_a_whole_number_is_read_as_one():
    row = {"region": "A", "whole": 2}
    right = {"why": "x", "f": [row, {**row, "whole": None}], "expect": {"A": 2}}
    assert whether(made(FINE, "m", {"f": {"m": "sum(whole)"}}, right))[0][2:] == (True, "x")


def test_a_table_of_the_country_has_no_regions():
    inputs = {
        "c": {"grain": "country", "price": {"type": "number"}},
        "f": {"n": {"type": "number"}},
        "d": {"from": "f", "join": {"c": []}, "paid": {"type": "number", "value": "n * price"}},
    }
    row = {"region": "A", "n": 3}
    given = {"why": "x", "c": [{"price": 2}], "f": [row], "expect": {"A": 6}}
    it = made(inputs, "m", {"d": {"m": "sum(paid)"}}, given)
    assert whether(it)[0][2:] == (True, "x")


@pytest.mark.parametrize(
    ("expected", "holds"),
    [(2.0, True), (2 + 1e-9, True), (2 + 3e-9, False), ("missing", False)],
)
def test_what_is_expected_may_differ_by_rounding(expected, holds):
    row = {"region": "A", "n": 2}
    given = {"why": "x", "f": [row], "expect": {"A": expected}}
    ((_, _, found, detail),) = whether(made(FINE, "m", {"f": {"m": "sum(n)"}}, given))
    assert found is holds
    assert ("A is 2, not missing" in detail) is (expected == "missing")


@pytest.mark.parametrize(("expected", "holds"), [(0, True), (9e-13, True), (3e-12, False)])
def test_near_0_a_billionth_of_a_thousandth_is_rounding(expected, holds):
    given = {"why": "x", "f": [{"region": "A", "n": 0}], "expect": {"A": expected}}
    ((_, _, found, _),) = whether(made(FINE, "m", {"f": {"m": "sum(n)"}}, given))
    assert found is holds


def test_a_number_beyond_the_engine_is_told_with_its_place():
    given = {"why": "x", "f": [{"region": "A", "n": 1e300}], "expect": {"A": 1}}
    ((_, _, holds, detail),) = whether(made(FINE, "m", {"f": {"m": "sum(n)"}}, given))
    assert not holds
    assert detail.startswith("x: it, version 2000-01-01, measures.f.m: a number out of range: ")
