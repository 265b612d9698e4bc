"""Each change of a world, on one world small enough to see what has changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions.table import Input
from rating.laws import changes

INPUTS = {
    "r": {
        "grain": "region",
        "people": {"type": "number", "min": 0, "max": 100},
        "rank": {"type": "integer"},
        "open": {"type": "boolean"},
    },
    "c": {"grain": "country", "price": {"type": "number"}},
    "f": {
        "firm_id": {"type": "text"},
        "home": {"type": "text"},
        "jobs": {"type": "integer", "min": 0},
    },
}
STORED = {table: Input.model_validate(given) for table, given in INPUTS.items()}
HOMES = frozenset({"home"})
NAMES = frozenset({"firm_id"})

FIRST = {"region": "R0", "year": 2020, "people": 10.0, "rank": -3, "open": True}
SECOND = {"region": "R1", "year": 2020, "people": 90.0, "rank": None, "open": False}
PRICE = {"year": 2020, "price": 2.0}
AT_HOME = {"region": "R0", "firm_id": "b", "home": "R1", "jobs": 4}
AWAY = {"region": "R1", "firm_id": "a", "home": "R0", "jobs": None}
UNKNOWN = {"region": "R1", "firm_id": None, "home": "Kazan", "jobs": 0}
WORLD = {"r": [FIRST, SECOND], "c": [PRICE], "f": [AT_HOME, AWAY, UNKNOWN]}


def changed(change, **tables):
    """Whether exactly these tables of the world become these rows; the world itself stays."""
    before = {table: [dict(row) for row in rows] for table, rows in WORLD.items()}
    after = change(WORLD)
    assert before == WORLD
    return after == {**WORLD, **tables}


def test_backwards_turns_every_table():
    assert changed(changes.backwards, r=[SECOND, FIRST], f=[UNKNOWN, AWAY, AT_HOME])


def test_names_of_regions_change_wherever_they_stand():
    assert changed(
        changes.renamed(HOMES),
        r=[{**FIRST, "region": "Z9"}, {**SECOND, "region": "Z8"}],
        f=[
            {**AT_HOME, "region": "Z9", "home": "Z8"},
            {**AWAY, "region": "Z8", "home": "Z9"},
            {**UNKNOWN, "region": "Z8"},
        ],
    )
    assert changes.renamed(frozenset())(WORLD)["f"][0]["home"] == "R1"


def test_names_of_things_are_exchanged_the_first_for_the_last():
    others = [{**AT_HOME, "firm_id": "a"}, {**AWAY, "firm_id": "b"}, UNKNOWN]
    assert changed(changes.exchanged(NAMES), f=others)
    three = {"f": [{"firm_id": name, "city": name} for name in "cab"]}
    assert changes.exchanged(NAMES)(three) == {
        "f": [{"firm_id": new, "city": old} for new, old in ("ac", "ca", "bb")]
    }


def test_the_twin_has_the_rows_of_the_first_and_names_of_its_own():
    assert changed(
        changes.twin(HOMES, NAMES),
        r=[FIRST, SECOND, {**FIRST, "region": "R8"}],
        f=[
            AT_HOME,
            AWAY,
            UNKNOWN,
            {**AT_HOME, "region": "R8", "firm_id": "b again"},
            {**AWAY, "firm_id": "a again", "home": "R8"},
        ],
    )


def test_a_thing_without_a_name_has_none_in_the_twin():
    world = {"f": [{"region": "R0", "firm_id": None}]}
    assert changes.twin(HOMES, NAMES)(world)["f"][1] == {"region": "R8", "firm_id": None}


def test_alone_is_the_first_with_what_belongs_to_no_region():
    assert changed(changes.alone(HOMES), r=[FIRST], f=[AT_HOME, AWAY])
    assert changed(changes.alone(frozenset()), r=[FIRST], f=[AT_HOME])


def test_emptied_leaves_the_first_no_row_of_a_finer_table():
    assert changed(changes.emptied(STORED, HOMES), f=[UNKNOWN])
    assert changed(changes.emptied(STORED, frozenset()), f=[AWAY, UNKNOWN])


def test_raised_is_half_as_much_again_and_1_as_far_as_the_declaration_goes():
    assert changed(changes.raised("r.people", STORED), r=[{**FIRST, "people": 16.0}, SECOND])
    assert changed(changes.raised("f.jobs", STORED), f=[{**AT_HOME, "jobs": 7}, AWAY, UNKNOWN])
    assert changed(changes.raised("r.rank", STORED), r=[{**FIRST, "rank": 0}, SECOND])
    many = {"r": [{**FIRST, "people": 99.0}]}
    assert changes.raised("r.people", STORED)(many) == {"r": [{**FIRST, "people": 100.0}]}
    jobs = changes.raised("f.jobs", STORED)({"f": [{**AT_HOME, "jobs": 3}]})["f"][0]["jobs"]
    assert (jobs, type(jobs)) == (5, int)


def test_raised_knows_no_limit_of_a_derived_table():
    assert changes.raised("other.people", STORED)(WORLD) == WORLD
    world = {"other": [{"region": "R0", "n": 1.0}, {"region": "R0", "n": None}]}
    after = {"other": [{"region": "R0", "n": 2.5}, {"region": "R0", "n": None}]}
    assert changes.raised("other.n", STORED)(world) == after


def test_lowered_is_a_part_of_what_is_not_below_0():
    assert changed(changes.lowered("r.people", 0.5), r=[{**FIRST, "people": 5.0}, SECOND])
    assert changed(changes.lowered("f.jobs", 0.0), f=[{**AT_HOME, "jobs": 0}, AWAY, UNKNOWN])
    assert changed(changes.lowered("r.rank", 0.5))
    assert changed(changes.lowered("r.jobs", 0.5))
    jobs = changes.lowered("f.jobs", 0.5)({"f": [{**AT_HOME, "jobs": 5}]})["f"][0]["jobs"]
    assert (jobs, type(jobs)) == (2, int)
    nothing = {"f": [{**AT_HOME, "jobs": 0}]}
    assert changes.lowered("f.jobs", 0.5)(nothing) == nothing


def test_times_is_one_power_of_2_everywhere():
    assert changed(
        changes.times(("r.people", "f.jobs")),
        r=[{**FIRST, "people": 80.0}, {**SECOND, "people": 720.0}],
        f=[{**AT_HOME, "jobs": 32}, AWAY, UNKNOWN],
    )
    jobs = changes.times(("f.jobs",))(WORLD)["f"][0]["jobs"]
    assert type(jobs) is int


def test_doubled_is_every_thing_twice_and_every_figure_of_a_region_doubled():
    assert changed(
        changes.doubled(STORED, NAMES),
        r=[{**FIRST, "people": 20.0, "rank": -6}, {**SECOND, "people": 180.0}],
        f=[
            AT_HOME,
            AWAY,
            UNKNOWN,
            {**AT_HOME, "firm_id": "b again"},
            {**AWAY, "firm_id": "a again"},
            UNKNOWN,
        ],
    )


def test_split_deals_rows_out_in_turn_and_halves_figures():
    half = {**FIRST, "people": 5.0}
    assert changed(
        changes.split(STORED),
        r=[SECOND, half, {**half, "region": "R7"}],
        f=[AWAY, UNKNOWN, AT_HOME],
    )
    rows = [{**AT_HOME, "firm_id": name} for name in "abc"]
    assert changes.split(STORED)({"f": rows}) == {
        "f": [
            {**row, "region": region} for row, region in zip(rows, ("R0", "R7", "R0"), strict=True)
        ]
    }


def test_zeroed_is_0_of_the_type_wherever_something_is_known():
    assert changed(changes.zeroed("f.jobs"), f=[{**AT_HOME, "jobs": 0}, AWAY, UNKNOWN])
    assert changed(
        changes.zeroed("r.people"), r=[{**FIRST, "people": 0.0}, {**SECOND, "people": 0.0}]
    )
    zero = changes.zeroed("r.people")(WORLD)["r"][0]["people"]
    assert type(zero) is float
    same = {"f": [{"people": 1.0}], "r": [{"region": "R0"}]}
    assert changes.zeroed("r.people")(same) == same


@pytest.mark.parametrize("region", [f"R{n}" for n in range(9)])
def test_other_names_turn_the_order_of_regions(region):
    number = int(region[1:])
    assert changes.other_name(region) == f"Z{9 - number}"


@given(st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-3), max_size=5))
def test_what_is_multiplied_keeps_its_digits(figures):
    world = {"r": [{"region": f"R{n}", "people": x} for n, x in enumerate(figures)]}
    after = changes.times(("r.people",))(world)
    assert [row["people"] / changes.FACTOR for row in after["r"]] == figures
