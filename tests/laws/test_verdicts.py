"""What each law says of values before and after, without a world."""

import math

import pytest

import rating
from rating.laws.laws import laws_of

REGION = {
    "grain": "region",
    "part": {"type": "number", "min": 0},
    "whole": {"type": "number", "min": 0},
}
FIRMS = {
    "firm_id": {"type": "text"},
    "owner_id": {"type": "text"},
    "kind_id": {"type": "text", "choices": ["in", "out"]},
    "number_id": {"type": "integer"},
    "jobs": {"type": "number", "min": 0},
}
LAW = {
    "bounds": [-10, 100],
    "rises_with": ["r.part"],
    "falls_with": ["r.whole"],
    "scale_free": ["r.part", "r.whole"],
    "unit_change": {"r.part": 1, "r.whole": -1},
    "replication": "additive",
    "additive": True,
    "zero_at": ["r.part"],
}


def laws(value="part / whole", law=None, fine=None, measure=None, absent="missing"):
    inputs = {"r": REGION, **({"f": {"absent": absent, **FIRMS}} if measure else {})}
    version = {"since": "2000-01-01", "value": value}
    if measure:
        version["measures"] = {"f": {"m": measure}}
    made = rating.Indicator(id="it", parent="index", input=inputs, version=[version], law=law or {})
    return {law.name: law for law in laws_of(made, made.version[0])}


NAMES = [
    "finite or missing",
    "within its bounds",
    "the same again",
    "order of rows is nothing",
    "names of regions are nothing",
    "equal regions are equal",
    "other regions move nothing",
    "rises with r.part",
    "falls with r.whole",
    "free of the scale of r.part, r.whole",
    "changes with the unit of r.part",
    "changes with the unit of r.whole",
    "twice the region: additive",
    "additive over parts of a region",
    "zero at r.part = 0",
]


def all_laws():
    return laws(law=LAW)


def per_firm():
    return laws("m / whole", measure="sum(jobs)")


def told(law, before, after):
    return all_laws()[law].broken(before, after)


def test_an_indicator_is_held_to_the_laws_that_fit_it():
    always = [name for name in NAMES[:7] if name != "within its bounds"]
    assert list(laws()) == always
    assert list(all_laws()) == NAMES
    assert list(per_firm()) == [
        *always[:4],
        "names of things are nothing",
        *always[4:],
        "no rows, no value",
    ]
    assert "twice the region: invariant" in laws(law={"replication": "invariant"})


@pytest.mark.parametrize(
    "known",
    ["= 'a'", "<> 'a'", "!= 'a'", "IN ('a')", "LIKE 'a%'", "NOT LIKE 'a%'"],
)
def test_names_that_a_formula_knows_are_codes(known):
    both = laws("m", measure=f"count(owner_id) FILTER (WHERE firm_id {known})")
    world = {"f": [{"firm_id": name, "owner_id": name} for name in "ab"]}
    after = both["names of things are nothing"].change(world)["f"]
    assert after == [{"firm_id": "a", "owner_id": "b"}, {"firm_id": "b", "owner_id": "a"}]


def test_only_columns_of_text_without_choices_name_things():
    row = {"firm_id": "a", "owner_id": "b", "kind_id": "in", "number_id": 1, "jobs": 1.0}
    other = {**row, "firm_id": "b", "owner_id": "a", "kind_id": "out", "number_id": 2}
    change = per_firm()["names of things are nothing"].change
    assert change({"f": [row, other]})["f"] == [
        {**row, "firm_id": "b", "owner_id": "a"},
        {**other, "firm_id": "a", "owner_id": "b"},
    ]


def test_a_law_that_cannot_apply_changes_nothing_and_breaks_nothing():
    total = laws("part / total(whole)")["other regions move nothing"]
    assert total.cannot == "a formula looks over all regions"
    complete = laws("m", measure="count(firm_id)", absent="zero")["no rows, no value"]
    assert complete.cannot == "a register is complete: no rows are zero"
    world = {"r": []}
    for law in (total, complete):
        assert law.change(world) is world
        assert law.broken({"R0": 1.0}, {"R0": 2.0}) is None
    assert not any(law.cannot for law in (*all_laws().values(), *per_firm().values()))


def test_values_are_finite_or_missing():
    law = "finite or missing"
    assert told(law, {"R0": 1.0, "R1": None}, {}) is None
    assert told(law, {"R0": None, "R1": math.inf, "R2": math.nan}, {}) == "R1 is inf"
    assert told(law, {"R0": math.nan}, {"R0": 1.0}) == "R0 is nan"


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (-10.0, None),
        (-10.0 - 9e-9, None),
        (-10.0 - 2e-8, "R1 is -10.00000002, outside -10 to 100"),
        (100.0, None),
        (100.0 + 9e-8, None),
        (100.0 + 2e-7, "R1 is 100.0000002, outside -10 to 100"),
        (math.inf, None),
        (math.nan, None),
        (None, None),
    ],
)
def test_a_bound_may_be_passed_by_rounding_alone(value, wrong):
    assert told("within its bounds", {"R0": 0.0, "R1": value}, {"R1": 1e9}) == wrong


def test_near_0_a_bound_is_passed_by_a_milliardth():
    law = laws(law={"bounds": [0, 0.5]})["within its bounds"]
    assert law.broken({"R0": -0.9e-9}, {}) is None
    assert law.broken({"R0": 0.5 + 0.9e-9}, {}) is None
    assert law.broken({"R0": -1.1e-9}, {}) == "R0 is -1.1e-09, outside 0 to 0.5"
    assert law.broken({"R0": 0.5 + 1.1e-9}, {}) == "R0 is 0.5000000011, outside 0 to 0.5"


SAME = ["the same again", "order of rows is nothing", "free of the scale of r.part, r.whole"]


@pytest.mark.parametrize("law", SAME)
def test_what_is_nothing_leaves_every_region_its_value(law):
    before = {"R0": 1.0, "R1": None, "R2": math.nan, "R3": 1e9, "R4": 0.0}
    near = {"R0": 1.0 + 9e-10, "R1": None, "R2": math.nan, "R3": 1e9 + 0.9, "R4": 9e-10}
    assert told(law, before, near) is None
    assert told(law, before, {"R9": 5.0}) is None
    assert told(law, before, {"R0": 1.0 + 3e-9}) == "R0 is 1, then 1.000000003"
    assert told(law, before, {"R1": 0.0}) == "R1 is missing, then 0"
    assert told(law, before, {"R2": 1.0}) == "R2 is nan, then 1"
    assert told(law, before, {"R0": math.nan}) == "R0 is 1, then nan"
    assert told(law, before, {"R3": 1e9 + 3}) == "R3 is 1000000000, then 1000000003"
    assert told(law, before, {"R0": None}) == "R0 is 1, then missing"
    assert told(law, before, {"R0": 1.0, "R4": 3e-9}) == "R4 is 0, then 3e-09"


def test_regions_under_other_names_have_their_values():
    law = "names of regions are nothing"
    assert told(law, {"R0": 1.0, "R1": 2.0}, {"Z9": 1.0, "Z8": 2.0}) is None
    assert told(law, {"R0": 1.0, "R1": 2.0}, {"Z9": 2.0, "Z8": 2.0}) == "Z9 is 1, then 2"


def test_a_copy_has_the_value_of_the_first():
    law = "equal regions are equal"
    assert told(law, {"R0": 7.0}, {"R0": 1.0, "R8": 1.0, "R1": 3.0}) is None
    assert told(law, {"R0": 1.0}, {"R0": 1.0}) is None
    assert told(law, {"R0": 1.0}, {"R8": 1.0}) == "R0 is missing and its copy 1"
    assert told(law, {"R0": 1.0}, {"R0": 1.0, "R8": None}) == "R0 is 1 and its copy missing"


def test_only_the_first_must_be_unmoved():
    law = "other regions move nothing"
    assert told(law, {"R0": 1.0, "R1": 2.0}, {"R0": 1.0, "R1": 3.0}) is None
    assert told(law, {"R0": 1.0, "R1": 2.0}, {"R0": 2.0, "R1": 2.0}) == "R0 is 1, then 2"


def test_without_rows_there_is_no_value():
    law = per_firm()["no rows, no value"]
    assert law.tells({"R0": 1.0}, {})
    assert not law.tells({"R0": None, "R1": 1.0}, {})
    assert law.broken({"R0": 1.0}, {"R0": None, "R1": 1.0}) is None
    assert law.broken({"R0": 1.0}, {}) is None
    assert law.broken({"R0": 1.0}, {"R0": 0.0}) == "R0 has no rows and is 0"


@pytest.mark.parametrize(("law", "sign"), [("rises with r.part", 1), ("falls with r.whole", -1)])
def test_a_move_the_other_way_is_wrong_beyond_rounding(law, sign):
    def moved(one, other):
        return told(law, {"R0": one, "R1": 5.0}, {"R0": other, "R1": -5.0})

    assert moved(1.0, 1.0 + sign) is None
    assert moved(1.0, 1.0) is None
    assert moved(1.0, 1.0 - sign * 9e-10) is None
    assert moved(1.0, 1.0 - sign) == f"R0 is 1, then {1 - sign}"
    assert moved(0.0, -sign * 3e-9) == f"R0 is 0, then {-sign * 3e-9:.10g}"
    assert moved(-1e6, -1e6 - sign * 9e-4) is None
    assert moved(-1e6, -1e6 - sign * 3e-3) is not None
    assert moved(None, 1.0) is moved(1.0, None) is None
    lowered = {
        table: dict(row) for table, row in (("r", {"region": "R0", "part": 4.0, "whole": 4.0}),)
    }
    key = law.split(".")[1]
    back = [change({"r": [lowered["r"]]})["r"][0][key] for change in all_laws()[law].back]
    assert back == [2.0, 0.0]
    assert all_laws()[law].change({"r": [lowered["r"]]})["r"][0][key] == 7.0


@pytest.mark.parametrize(
    ("law", "factor"),
    [
        ("changes with the unit of r.part", 8.0),
        ("changes with the unit of r.whole", 0.125),
        ("twice the region: additive", 2.0),
    ],
)
def test_a_change_multiplies_every_value(law, factor):
    before = {"R0": 4.0, "R1": None, "R2": 8.0}
    assert told(law, before, {"R0": 4 * factor, "R1": None, "R2": 8 * factor}) is None
    assert told(law, before, {"R9": 1.0}) is None
    assert told(law, before, {"R0": 4 * factor, "R2": 1.5}) == f"R2 is 1.5, not {8 * factor:g}"
    assert told(law, before, {"R1": 1.5}) == "R1 is 1.5, not missing"


def test_a_region_twice_keeps_an_invariant_value():
    law = laws(law={"replication": "invariant"})["twice the region: invariant"]
    assert law.broken({"R0": 4.0}, {"R0": 4.0}) is None
    assert law.broken({"R0": 4.0}, {"R0": 8.0}) == "R0 is 8, not 4"


def test_parts_add_up_to_the_region():
    law = "additive over parts of a region"
    assert told(law, {"R0": 3.0}, {"R0": 1.0, "R7": 2.0, "R1": 9.0}) is None
    assert told(law, {"R0": 3.0}, {"R0": 1.0, "R7": 1.0}) == "R0 is 3, its parts 1 and 1"
    assert told(law, {"R0": None}, {"R0": 1.0, "R7": 1.0}) is None
    assert told(law, {"R0": 3.0}, {"R0": 1.0, "R7": None}) is None
    assert told(law, {"R0": 3.0}, {"R7": 1.0}) is None


def test_where_a_column_is_0_the_value_is_0_or_missing():
    law = "zero at r.part = 0"
    assert told(law, {"R0": 3.0}, {"R0": 0.0, "R1": None, "R2": 9e-10}) is None
    assert told(law, {"R0": 3.0}, {"R0": 0.0, "R1": 2.0}) == "R1 is 2, not 0"


OF_THE_FIRST = ["equal regions are equal", "other regions move nothing"]
TWICE = ["rises with r.part", "falls with r.whole", "additive over parts of a region"]


@pytest.mark.parametrize("law", NAMES)
def test_a_world_tells_of_a_law_where_it_has_the_values_that_are_compared(law):
    tells = all_laws()[law].tells
    one, two, none = {"R0": 0.0}, {"R1": 0.0}, {"R0": None, "R1": None}
    assert not tells(none, one)
    assert not tells({}, one)
    assert tells(one, one)
    assert tells(two, none) is (law not in OF_THE_FIRST + TWICE)
    assert tells(one, none) is (law not in TWICE)
