"""Each law, held by what keeps it and broken by what does not, with the smallest input shown."""

from __future__ import annotations

import os
import time

import pytest

import rating
from rating.engine.store import Store
from rating.laws.holding import hold
from rating.laws.laws import laws_of
from rating.laws.smallest import smallest
from rating.laws.trial import Trial

REGION = {
    "t": {
        "grain": "region",
        "part": {"type": "number", "min": 0},
        "whole": {"type": "number", "min": 0},
    }
}
FIRMS = {
    "t": {
        "firm_id": {"type": "text"},
        "city": {"type": "text"},
        "jobs": {"type": "number", "min": 0},
    }
}


def indicator(value, inputs=REGION, law=None, measures=None, example=()):
    version = {"since": "2000-01-01", "value": value}
    if measures is not None:
        version["measures"] = {"t": {"m": measures}}
    return rating.Indicator(
        id="it", parent="index", input=inputs, version=[version], law=law or {}, example=example
    )


def found(made):
    return {one.law: one for one in hold(made)}


CASES = [
    ("finite or missing", {}, ("part / nullif(whole, 0)",), ("part / whole",)),
    ("within its bounds", {"bounds": [0, 1]}, ("least(part, 1)",), ("part",)),
    ("rises with t.part", {"rises_with": ["t.part"]}, ("part - whole",), ("whole - part",)),
    ("falls with t.part", {"falls_with": ["t.part"]}, ("whole - part",), ("part - whole",)),
    (
        "free of the scale of t.part, t.whole",
        {"scale_free": ["t.part", "t.whole"]},
        ("part / nullif(whole, 0)",),
        ("part / (whole + 1)",),
    ),
    (
        "changes with the unit of t.whole",
        {"unit_change": {"t.whole": -1}},
        ("part / nullif(whole, 0)",),
        ("part / (whole + 1)",),
    ),
    (
        "twice the region: invariant",
        {"replication": "invariant"},
        ("part / nullif(whole, 0)",),
        ("part",),
    ),
    ("twice the region: additive", {"replication": "additive"}, ("part",), ("part * whole",)),
    ("additive over parts of a region", {"additive": True}, ("part",), ("sqrt(part)",)),
    ("zero at t.part = 0", {"zero_at": ["t.part"]}, ("part * whole",), ("part + whole",)),
]


@pytest.mark.parametrize(("law", "declared", "right", "wrong"), CASES, ids=[c[0] for c in CASES])
def test_a_law_tells_right_from_wrong(law, declared, right, wrong):
    kept = found(indicator(*right, law=declared))[law]
    assert (kept.holds, kept.cases > 30) == (True, True)
    broken = found(indicator(*wrong, law=declared))[law]
    assert not broken.holds
    assert broken.before.count("{") == 1
    assert broken.example.startswith("[[example]]")


FINE = [
    ("names of things are nothing", "m / people", "sum(jobs) FILTER (WHERE firm_id < 'p')"),
    ("no rows, no value", "coalesce(m, 0) / people", "sum(jobs)"),
]


@pytest.mark.parametrize(("law", "value", "measure"), FINE, ids=[c[0] for c in FINE])
def test_a_law_over_rows_tells_right_from_wrong(law, value, measure):
    inputs = {**FIRMS, "r": {"grain": "region", "people": {"type": "number", "min": 1}}}
    assert found(indicator("m / people", inputs, measures="sum(jobs)"))[law].holds
    broken = found(indicator(value, inputs, measures=measure))[law]
    assert not broken.holds
    assert broken.before.count("{") <= 3


def test_the_names_of_things_may_be_codes_that_a_formula_knows():
    made = indicator("m", FIRMS, measures="sum(jobs) FILTER (WHERE firm_id LIKE 'a%')")
    assert "names of things are nothing" not in found(made)


def test_a_region_singled_out_by_a_column_breaks_no_law_and_an_example_finds_it():
    row = {"region": "A", "firm_id": "a", "city": "Kazan", "jobs": 5}
    worked = {"why": "five jobs", "t": [row], "expect": {"A": 5}}
    made = indicator(
        "m", FIRMS, measures="sum(jobs) FILTER (WHERE city <> 'Kazan')", example=[worked]
    )
    assert all(one.holds for one in hold(made))
    assert "example 1" in rating.check(made).findings["law"].to_list()


def test_a_law_that_cannot_apply_says_why():
    total = found(indicator("part / nullif(total(part), 0)"))["other regions move nothing"]
    assert total.detail == "cannot apply: a formula looks over all regions"
    register = {"t": {**FIRMS["t"], "absent": "zero"}}
    complete = found(indicator("m", register, measures="count(firm_id)"))["no rows, no value"]
    assert complete.detail == "cannot apply: a register is complete: no rows are zero"


def test_a_change_that_breaks_a_rule_of_the_table_is_not_made():
    rule = {"id": "among", "name": "a part is among all", "holds": "part <= whole"}
    inputs = {"t": {**REGION["t"], "rule": [rule]}}
    value = "CASE WHEN part > whole THEN -1 ELSE part END"
    made = indicator(value, inputs, law={"bounds": [0, float("inf")], "rises_with": ["t.part"]})
    one = found(made)
    assert (one["within its bounds"].holds, one["rises with t.part"].holds) == (True, True)
    assert one["rises with t.part"].cases > 10
    assert not found(indicator(value, law={"rises_with": ["t.part"]}))["rises with t.part"].holds


def test_the_smallest_input_has_no_row_and_no_cell_to_spare():
    made = indicator("ln(m)", FIRMS, measures="sum(jobs)")
    row = {"region": "R1", "firm_id": "a", "city": "x", "jobs": 7.0}
    zeros = [{**row, "region": "R0", "jobs": 0.0}] * 5
    with Store(threads=1) as store:
        trial = Trial(store, made, made.version[0])
        law = next(laws_of(made, made.version[0]))
        world = smallest(trial, law, [{"t": [row, *zeros, row, row]}])
    assert world == {"t": [{"region": "R0", "firm_id": None, "city": None, "jobs": 0.0}]}


def test_laws_that_hold_of_nothing_are_a_finding():
    silent = found(indicator("CASE WHEN part > 1e9 THEN part END", law={"rises_with": ["t.part"]}))
    assert silent["rises with t.part"].detail == "cannot apply: no world of 100 tells"
    assert not silent["worlds have values"].holds


def test_a_derived_table_over_a_window_is_evaluated_as_the_engine_does():
    firms = {"firm_id": {"type": "text"}, "jobs": {"type": "number", "min": 0}}
    before = {"type": "number", "value": "sum(jobs) FILTER (WHERE year = year(as_of) - 2)"}
    growth = {"from": "firms", "window": 3, "by": ["firm_id"], "before": before}
    rows = [{"region": "A", "year": year, "firm_id": "f", "jobs": 4} for year in (2020, 2022)]
    made = rating.Indicator(
        id="it",
        parent="index",
        input={"firms": firms, "growth": growth},
        version=[
            {"since": "2000-01-01", "value": "m", "measures": {"growth": {"m": "sum(before)"}}}
        ],
        example=[{"why": "4 jobs in 2020", "firms": rows, "expect": {"A": 4}}],
    )
    assert found(made)["finite or missing"].cases > 10


def test_a_hundred_worlds_take_less_than_a_second_and_a_half_and_leave_nothing_behind(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    made = rating.load("hitech_open").indicator[0]
    list(hold(made))
    began = time.process_time()
    list(hold(made))
    assert time.process_time() - began < 1.5
    assert os.listdir(tmp_path) == []


def test_every_indicator_of_the_full_section_keeps_its_laws_and_none_of_nothing():
    began = time.process_time()
    broken = [one for it in rating.load("hitech").indicator for one in hold(it) if not one.holds]
    assert broken == []
    assert time.process_time() - began < 90
