from datetime import date

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import rating
from rating.engine.store import Store
from rating.laws.holding import drawn
from rating.laws.trial import Trial

FIRMS = {
    "firm_id": {"type": "text", "nullable": False},
    "code": {"type": "text", "choices": ["06", "30"]},
    "jobs": {"type": "integer", "min": 0, "max": 50},
    "share": {"type": "number", "min": 0, "max": 1, "nullable": False},
    "opened": {"type": "date"},
    "open": {"type": "boolean"},
    "rule": [
        {
            "id": "few",
            "name": "at most three rows a firm",
            "by": ["firm_id"],
            "holds": "count() < 4",
        },
        {"id": "small", "name": "no part of a large firm", "holds": "jobs < 40 OR share = 1"},
    ],
}
# A value from three firms on: a world of random rows seldom has one.
FIRM_ROWS = [
    {"region": region, "firm_id": f"{region}{n}", "code": "06", "jobs": 10 + n, "share": 0.5}
    for region in "AB"
    for n in range(6)
]
INDICATOR = rating.Indicator(
    id="jobs",
    parent="index",
    input={"firms": FIRMS, "t": {"grain": "region", "people": {"type": "number", "min": 1}}},
    version=[
        {
            "since": "2000-01-01",
            "value": "CASE WHEN firms >= 6 THEN jobs / people END",
            "measures": {
                "firms": {"firms": "count(DISTINCT firm_id)", "jobs": "sum(jobs * share)"}
            },
        }
    ],
    example=[
        {
            "why": "six firms of 10 to 15 people, half of each: 37.5 among 75",
            "edition": 2024,
            "firms": FIRM_ROWS,
            "t": [{"region": "A", "people": 75}, {"region": "B", "people": 75}],
            "expect": {"A": 0.5, "B": 0.5},
        }
    ],
)
WORLDS = rating.laws.frames(INDICATOR)


@given(WORLDS)
def test_rows_keep_their_declaration(world):
    assert set(world) == {"firms", "t"}
    for row in world["firms"]:
        assert row["region"].startswith("R")
        assert row["firm_id"] is not None
        assert row["code"] in ("06", "30", None)
        assert row["jobs"] is None or (type(row["jobs"]) is int and 0 <= row["jobs"] <= 50)
        assert type(row["share"]) is float
        assert 0 <= row["share"] <= 1
        assert row["opened"] is None or isinstance(row["opened"], date)
    keys = [(row["region"], row["year"]) for row in world["t"]]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("what", "is_so"),
    [
        ("one region", lambda rows: len({row["region"] for row in rows}) == 1),
        ("nothing at all", lambda rows: not rows),
        ("missing cells alone", lambda rows: rows and all(row["jobs"] is None for row in rows)),
        ("the greatest number", lambda rows: any(row["jobs"] == 50 for row in rows)),
        ("ties", lambda rows: len(rows) > len({(row["jobs"], row["share"]) for row in rows}) > 0),
        ("a row less than in the example", lambda rows: len(rows) == len(FIRM_ROWS) - 1),
        ("as many rows as in the example", lambda rows: len(rows) == len(FIRM_ROWS)),
    ],
)
def test_strange_worlds_are_among_them(what, is_so):
    assert any(is_so(world["firms"]) for world in drawn(WORLDS, 100)), what


def test_the_worlds_are_the_same_on_every_run():
    assert drawn(WORLDS, 50) == drawn(WORLDS, 50)


def test_a_column_can_have_another_strategy():
    worlds = rating.laws.frames(INDICATOR, columns={"firms.jobs": st.just(7)})
    found = find(worlds, lambda world: len({row["jobs"] for row in world["firms"]} - {10}) > 0)
    assert {row["jobs"] for row in found["firms"]} <= {7, *range(10, 16)}


def test_a_value_that_asks_for_many_rows_is_had_around_the_example():
    with Store(threads=1) as store:
        trial = Trial(store, INDICATOR, INDICATOR.version[0])
        values = trial.values(trial.admitted(drawn(WORLDS, 100)))
    assert sum(any(v is not None for v in one.values()) for one in values) >= 20


def test_rows_that_break_a_rule_are_left_out_each_world_for_itself():
    firm = {"region": "R0", "firm_id": "a", "jobs": 1, "share": 0.5}
    large = {**firm, "firm_id": "b", "jobs": 50}
    with Store(threads=1) as store:
        trial = Trial(store, INDICATOR, INDICATOR.version[0])
        worlds = [{"firms": [firm] * 3, "t": []}, {"firms": [firm] * 4 + [large], "t": []}]
        kept = trial.admitted(worlds)
    assert [len(world["firms"]) for world in kept] == [3, 0]
