"""Worlds evaluated at once, made smaller, and told as a file writes them."""

from datetime import date

import pytest

import rating
from rating.engine.store import Store
from rating.laws import cases, holding
from rating.laws.laws import Law, laws_of
from rating.laws.report import CheckError
from rating.laws.smallest import smallest
from rating.laws.trial import Trial

REGION = {
    "t": {
        "grain": "region",
        "part": {"type": "number", "min": 0},
        "whole": {"type": "number", "min": 0},
    }
}
FIRMS = {"firm_id": {"type": "text"}, "jobs": {"type": "integer", "min": 2, "max": 9}}


def made(value="part / nullif(whole, 0)", inputs=REGION, measures=None, **more):
    version = {"since": "2000-01-01", "value": value, "measures": measures or {}}
    return rating.Indicator(id="it", parent="index", input=inputs, version=[version], **more)


@pytest.fixture(scope="module")
def trial():
    """A trial of an indicator, one store for all of them."""
    with Store(threads=1) as store:
        yield lambda it: Trial(store, it, it.version[0])


def row(part, whole, region="R0", year=2001):
    return {"region": region, "year": year, "part": part, "whole": whole}


def law_of(it, name):
    return {law.name: law for law in laws_of(it, it.version[0])}[name]


# --------------------------------------------------------------------------------------- values


def test_each_world_has_its_own_values(trial):
    worlds = [
        {"t": [row(1.0, 2.0), row(3.0, 4.0, "R1")]},
        {"t": []},
        {"t": [row(1.0, 0.0)]},
        {"t": [row(5.0, 1.0, year=2000)]},
    ]
    values = trial(made()).values(worlds)
    assert values[:3] == [{"R0": 0.5, "R1": 0.75}, {}, {"R0": None}]
    assert values[3] == {} or values[3] == {"R0": None}


def test_sums_over_regions_are_sums_over_one_world(trial):
    worlds = [{"t": [row(1.0, 1.0), row(1.0, 1.0, "R1")]}, {"t": [row(1.0, 4.0)]}]
    assert trial(made("part / total(whole)")).values(worlds) == [
        {"R0": 0.5, "R1": 0.5},
        {"R0": 0.25},
    ]


def test_tables_of_firms_and_of_the_country_are_evaluated_too(trial):
    inputs = {"f": FIRMS, "c": {"grain": "country", "price": {"type": "number"}}}
    it = made("j", inputs, {"f": {"j": "sum(jobs)"}})
    jobs = [
        {"region": "R0", "firm_id": "a", "jobs": 3},
        {"region": "R0", "firm_id": "b", "jobs": 4},
    ]
    assert trial(it).values([{"f": jobs}, {"f": jobs[:1]}, {"f": []}]) == [
        {"R0": 7.0},
        {"R0": 3.0},
        {},
    ]


# --------------------------------------------------------------------------------------- outcomes


def test_a_law_tells_and_breaks_in_each_world_for_itself(trial):
    it = made("whole - part", law={"rises_with": ["t.part"], "bounds": [0, 100]})
    bounds, rises = law_of(it, "within its bounds"), law_of(it, "rises with t.part")
    worlds = [{"t": [row(1.0, 5.0)]}, {"t": [row(8.0, 5.0)]}, {"t": [row(None, 5.0)]}]
    assert trial(it).outcomes(worlds, [bounds, rises]) == [
        [(True, ""), (True, "R0 is 4, then 2.5")],
        [(True, "R0 is -3, outside 0 to 100"), (True, "R0 is -3, then -8")],
        [(False, ""), (False, "")],
    ]


def test_where_a_change_breaks_a_rule_the_change_back_is_compared_in_the_other_order(trial):
    rule = {"id": "among", "name": "a part is among all", "holds": "part <= whole"}
    inputs = {"t": {**REGION["t"], "rule": [rule]}}
    full = {"t": [row(4.0, 4.0)]}
    for value, wrong in [("part", ""), ("-1 * part", "R0 is -2, then -4")]:
        it = made(value, inputs, law={"rises_with": ["t.part"]})
        (outcome,) = trial(it).outcomes([full], [law_of(it, "rises with t.part")])
        assert outcome == [(True, wrong)]
    strict = {"id": "all", "name": "all", "holds": "part = whole"}
    it = made("part", {"t": {**REGION["t"], "rule": [strict]}}, law={"rises_with": ["t.part"]})
    assert trial(it).outcomes([full], [law_of(it, "rises with t.part")]) == [[(False, "")]]


def test_a_law_that_cannot_apply_has_no_outcome(trial):
    it = made("part / nullif(total(part), 0)")
    law = law_of(it, "other regions move nothing")
    assert trial(it).outcomes([{"t": [row(1.0, 1.0)]}], [law]) == [[(False, "")]]
    nothing = Law("silent", change=lambda world: None)
    assert trial(it).outcomes([{"t": [row(1.0, 1.0)]}], [nothing]) == [[(False, "")]]


def test_a_world_that_the_engine_refuses_breaks_every_law_of_it_alone(trial):
    it = made("m", {"f": {"n": {"type": "number"}}}, {"f": {"m": "sum(n)"}})
    law = law_of(it, "finite or missing")
    worlds = [{"f": [{"region": "R0", "n": n}]} for n in (1.0, 1e300, 2.0)]
    fine, refused, other = trial(it).outcomes(worlds, [law, law])
    assert fine == other == [(True, "")] * 2
    assert refused[0] == refused[1]
    assert refused[0].tells
    assert "DECIMAL(38,9)" in refused[0].wrong
    assert "\n" not in refused[0].wrong


# --------------------------------------------------------------------------------------- admitted


OWNER = {"region": "R0", "year": 2001, "firm_id": "a", "share": 0.5}
FIRM = {"region": "R0", "firm_id": "a", "jobs": 4}


def owned(**owners):
    """Jobs of firms by the share that is owned, of a table that is joined row by row."""
    inputs = {
        "firms": {"firm_id": {"type": "text"}, "jobs": {"type": "integer"}},
        "owners": {"firm_id": {"type": "text"}, "share": {"type": "number"}, **owners},
        "both": {
            "from": "firms",
            "join": {"owners": ["firm_id"]},
            "owned": {"type": "number", "value": "jobs * share"},
        },
    }
    example = {"why": "half of 4", "firms": [FIRM], "owners": [OWNER], "expect": {"R0": 2}}
    return made("m", inputs, {"both": {"m": "sum(owned)"}}, example=[example])


def test_of_a_table_that_is_joined_the_first_row_of_each_key_stays(trial):
    rows = [OWNER, {**OWNER, "share": 0.25}, {**OWNER, "region": "R1"}, {**OWNER, "firm_id": None}]
    world = {"firms": [FIRM, FIRM], "owners": rows}
    (kept,) = trial(owned()).admitted([world])
    assert kept == {"firms": [FIRM, FIRM], "owners": [rows[0], *rows[2:]]}


@pytest.mark.parametrize(("window", "stay"), [(1, 2), (2, 1)])
def test_a_row_of_another_year_stays_where_the_engine_joins_one_year(trial, window, stay):
    it = owned(window=window)
    rows = [OWNER, {**OWNER, "year": 2000}]
    (kept,) = trial(it).admitted([{"firms": [FIRM], "owners": rows}])
    assert kept["owners"] == rows[:stay]
    given, left = trial(it).outcomes(
        [{"firms": [FIRM], "owners": rows}, kept], [law_of(it, "finite or missing")]
    )
    assert ("two rows of owners" in given[0].wrong) is (stay == 1)
    assert left == [(True, "")]


# --------------------------------------------------------------------------------------- smallest


def test_the_smallest_world_has_the_fewest_rows_and_the_plainest_cells(trial):
    it = made("j", {"f": FIRMS}, {"f": {"j": "count(jobs)"}}, law={"bounds": [-1, 0]})
    law = law_of(it, "within its bounds")
    many = {"f": [{"region": f"R{n}", "firm_id": "a", "jobs": 7} for n in range(5)]}
    two = {"f": [{"region": "R1", "firm_id": "b", "jobs": 8}] * 2}
    assert smallest(trial(it), law, [many, two, many]) == {
        "f": [{"region": "R1", "firm_id": None, "jobs": 2}]
    }


@pytest.mark.parametrize(
    ("formula", "cell", "plainest"),
    [
        ("sum(jobs)", 7, 3),
        ("sum(CASE WHEN jobs > 5 THEN 1 END)", 7, 7),
        ("sum(CASE WHEN jobs = 3 THEN 1 END)", 3, 3),
        ("sum(CASE WHEN jobs > 0 THEN jobs END)", 2, 2),
    ],
)
def test_a_number_becomes_the_least_or_the_next_where_that_still_breaks_the_law(
    trial, formula, cell, plainest
):
    it = made("m", {"f": FIRMS}, {"f": {"m": formula}}, law={"bounds": [-9, 0]})
    if formula == "sum(jobs)":
        it = it.model_copy(update={"law": it.law.model_copy(update={"bounds": (-9.0, 2.0)})})
    world = {"f": [{"region": "R0", "firm_id": "a", "jobs": cell}]}
    found = smallest(trial(it), law_of(it, "within its bounds"), [world])
    assert found == {"f": [{"region": "R0", "firm_id": None, "jobs": plainest}]}


def test_numbers_without_a_least_value_become_0_or_1_and_booleans_stay(trial):
    inputs = {
        "f": {
            "n": {"type": "number"},
            "small": {"type": "number", "max": 0.5, "nullable": False},
            "open": {"type": "boolean", "nullable": False},
        }
    }
    it = made("m", inputs, {"f": {"m": "sum(n)"}}, law={"bounds": [-9, 0]})
    world = {"f": [{"region": "R0", "n": 7.5, "small": 0.25, "open": True}]}
    found = smallest(trial(it), law_of(it, "within its bounds"), [world])
    assert found == {"f": [{"region": "R0", "n": 1.0, "small": 0.0, "open": True}]}


def test_all_rows_that_are_needed_stay(trial):
    it = made("m", {"f": FIRMS}, {"f": {"m": "count(jobs)"}}, law={"bounds": [0, 3]})
    firm = {"region": "R0", "firm_id": "a", "jobs": 2}
    found = smallest(trial(it), law_of(it, "within its bounds"), [{"f": [firm] * 7}])
    assert found == {"f": [{**firm, "firm_id": None}] * 4}


# --------------------------------------------------------------------------------- what is told


def test_a_broken_law_is_told_with_rows_as_a_file_writes_them():
    inputs = {
        **REGION,
        "f": {
            "day": {"type": "date", "nullable": False},
            "open": {"type": "boolean", "nullable": False},
            "kind": {"type": "text", "choices": ["in"], "nullable": False},
        },
    }
    it = made(
        "part + n", inputs, {"f": {"n": "count() FILTER (WHERE open)"}}, law={"bounds": [-1, 0]}
    )
    found = {one.law: one for one in holding.hold(it)}
    broken = found["within its bounds"]
    assert (broken.item, broken.holds) == ("it", False)
    day = broken.before.split("day = ")[1][:10]
    assert date.fromisoformat(day)
    assert broken.before == (
        't = [{ region = "R0", year = 2001, part = 1.0 }]\n'
        f'f = [{{ region = "R0", open = false, kind = "in", day = {day} }}]'
    )
    assert broken.after == ""
    assert broken.example == (
        '[[example]]\nwhy = "work the values out by hand"\nedition = 2001\n'
        f"{broken.before}\nexpect = {{ R0 = 0.0 }}"
    )
    assert broken.detail == "R0 is 1, outside -1 to 0"


def test_a_change_that_shows_a_law_broken_is_told_beside_it():
    it = made("whole - part", law={"rises_with": ["t.part"]})
    broken = {one.law: one for one in holding.hold(it)}["rises with t.part"]
    assert broken.before == 't = [{ region = "R0", year = 2001, part = 0.0, whole = 0.0 }]'
    assert broken.after == 't = [{ region = "R0", year = 2001, part = 1.0, whole = 0.0 }]'
    assert broken.detail == "R0 is 0, then -1"
    assert broken.cases > 30


def test_what_holds_says_of_how_many_worlds_or_why_it_says_nothing():
    found = {one.law: one for one in holding.hold(made("part / nullif(total(whole), 0)"))}
    assert found["finite or missing"][2:4] == (True, "")
    assert 50 < found["finite or missing"].cases <= holding.WORLDS
    cannot = found["other regions move nothing"]
    assert cannot[2:5] == (True, "cannot apply: a formula looks over all regions", 0)
    assert found["worlds have values"][1:4] == ("worlds have values", True, "")
    silent = {one.law: one for one in holding.hold(made("CASE WHEN part > 1e9 THEN 1 END"))}
    assert silent["the same again"][2:5] == (True, "cannot apply: no world of 100 tells", 0)
    assert silent["worlds have values"][:4] == (
        "it", "worlds have values", False, "no world has a value: add an [[example]] that has one",
    )  # fmt: skip


def test_worlds_are_drawn_with_the_strategies_that_are_given():
    from hypothesis import strategies as st

    it = made("part", law={"bounds": [-1, 0]})
    found = holding.hold(it, columns={"t.part": st.just(0.0)})
    assert all(one.holds for one in found)


# ------------------------------------------------------------------------------------------ cases


def test_the_cases_of_an_indicator_raise_where_they_do_not_hold():
    example = {"why": "half", "t": [{"region": "A", "part": 1, "whole": 2}], "expect": {"A": 0.6}}
    listed = cases.of(made(example=[example]))
    names = [str(case) for case in listed]
    assert names[0] == "it: example 1"
    assert "it: finite or missing" in names
    assert names[-3:] == ["it: has an example", "it: uses its columns", "it: uses its measures"]
    for case in listed[1:]:
        assert case() is None
    with pytest.raises(CheckError) as caught:
        listed[0]()
    assert str(caught.value).startswith("it: 1 finding (example 1)")
