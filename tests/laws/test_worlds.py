from datetime import date

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import rating
from rating.definitions.table import Column
from rating.engine.store import Store
from rating.laws import around, worlds
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
WORLDS = st.deferred(lambda: rating.laws.frames(INDICATOR))


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


# ------------------------------------------------------------------------- cells of one column

TEXT = Column(type="text")
NUMBER = Column(type="number", nullable=False)


def cells(column, kind="plain", words=("a", "b"), numbers=()):
    """What is drawn for a column in 200 cells."""
    strategy = st.fixed_dictionaries({"x": worlds._cells(column, kind, 2020, words, numbers)})
    return [one["x"] for one in drawn(strategy, 200)]


def test_a_cell_is_missing_now_and_then_where_it_may_be():
    some = cells(Column(type="number", min=0, max=1))
    assert 10 < some.count(None) < 140
    assert None not in cells(NUMBER)
    assert set(cells(Column(type="number"), "missing")) == {None}
    assert None not in cells(NUMBER, "missing")
    assert None not in cells(Column(type="number"), "extreme")
    assert None not in cells(Column(type="number"), "equal")


def test_numbers_are_quarters_between_the_bounds_and_100_where_there_are_none():
    free = cells(NUMBER)
    assert all(type(x) is float and x * 4 == int(x * 4) for x in free)
    assert -100 <= min(free) < -50
    assert 50 < max(free) <= 100
    assert any(x % 1 for x in free)
    high = cells(Column(type="number", nullable=False, min=300))
    assert min(high) >= 300
    assert 350 < max(high) <= 400
    low = cells(Column(type="number", nullable=False, max=-300))
    assert max(low) <= -300
    assert -400 <= min(low) < -350
    inside = cells(Column(type="number", nullable=False, min=-0.75, max=0.5))
    assert set(inside) == {-0.75, -0.5, -0.25, 0.0, 0.25, 0.5}
    assert set(cells(Column(type="number", nullable=False, min=0.1, max=0.2))) == {0.1, 0.2}
    assert set(cells(Column(type="number", nullable=False, min=0.2, max=0.3))) == {0.25}


def test_whole_numbers_are_whole():
    some = cells(Column(type="integer", nullable=False, min=0.5, max=3.5))
    assert set(some) == {1, 2, 3}
    assert {type(x) for x in some} == {int}


def test_extreme_numbers_are_the_ends():
    assert set(cells(NUMBER, "extreme")) == {-100.0, 1_000_000.0}
    assert set(cells(Column(type="number", min=300), "extreme")) == {300.0, 1_000_300.0}
    assert set(cells(Column(type="number", max=-300), "extreme")) == {-400.0, -300.0}
    assert set(cells(Column(type="number", min=0, max=0.5), "extreme")) == {0.0, 0.5}
    ends = cells(Column(type="integer", min=2, max=7), "extreme")
    assert (set(ends), {type(x) for x in ends}) == ({2, 7}, {int})


def test_a_cell_lies_now_and_then_where_a_formula_turns():
    turned = cells(NUMBER, numbers=(33.3, 5000.0))
    assert 20 < turned.count(33.3) < 100
    assert 5000.0 not in turned
    at_ends = cells(Column(type="number", nullable=False, min=0.1, max=90.3), numbers=(0.1, 90.3))
    assert {0.1, 90.3} < set(at_ends)
    whole = cells(Column(type="integer", nullable=False, min=0), numbers=(33.5, 77.0))
    assert 33.5 not in whole
    assert whole.count(77) > 20
    assert {type(x) for x in whole} == {int}


def test_other_types_are_drawn_from_what_they_may_be():
    assert set(cells(TEXT)) == {"a", "b", None}
    assert set(cells(Column(type="text", choices=["u", "v"]))) == {"u", "v", None}
    assert set(cells(Column(type="boolean", nullable=False))) == {True, False}
    assert set(cells(Column(type="number", sector=["okved2"], nullable=False))) == {1.0, 0.5, 0.0}
    codes = set(cells(Column(type="text", classifier="okved2", nullable=False)))
    from rating.inputs import classifiers

    known = classifiers.table("okved2")["code"].to_list()
    assert codes <= set(known[:400])
    assert len(codes) > 30
    days = cells(Column(type="date", nullable=False))
    assert date(2016, 11, 1) < min(days) < date(2018, 1, 1)
    assert date(2021, 8, 1) < max(days) < date(2022, 2, 5)


# ------------------------------------------------------------------ what is read off a definition


def made(value, inputs=None, measures=None, example=(), since="2000-01-01"):
    inputs = inputs or {"t": {"grain": "region", "x": {"type": "number"}}}
    version = {"since": since, "value": value, "measures": measures or {}}
    return rating.Indicator(
        id="it", parent="index", input=inputs, version=[version], example=list(example)
    )


def test_words_and_numbers_of_formulas_are_those_that_cells_should_meet():
    columns = {"kind": {"type": "text"}, "n": {"type": "number"}}
    rule = {"id": "few", "name": "few", "holds": "n <> 40", "by": []}
    inputs = {
        "base": {**columns, "rule": [rule]},
        "t": {
            "from": "base",
            "where": "kind <> 'out' AND n < 2.5",
            "by": {"kind": None, "half": "n / 20"},
            "late": {"type": "number", "value": "sum(n) FILTER (WHERE kind = 'in')"},
        },
    }
    it = made("m * 10 + 1e3", inputs, {"t": {"m": "sum(late) FILTER (WHERE kind IN ('in', 'a1'))"}})
    assert list(worlds.literals(it, it.version[0])) == ["a1", "in", "out", "other"]
    assert worlds.thresholds(it, it.version[0]) == (2.5, 10.0, 20.0, 40.0)
    assert set(worlds.base_tables(it, it.version[0])) == {"base"}


def test_only_names_of_things_end_in_id():
    assert worlds.is_id("firm_id")
    assert not worlds.is_id("idea")


def test_the_edition_is_that_of_the_latest_example_or_the_year_after_the_version():
    example = {"why": "x", "t": [{"region": "A", "x": 1}], "expect": {"A": 1}}
    it = made("x", example=[{**example, "edition": year} for year in (2003, 2010, 2005)])
    assert worlds.edition_of(it, it.version[0]) == 2010
    bare = made("x", since="2015-06-01")
    assert worlds.edition_of(bare, bare.version[0]) == 2016


def years(inputs, table, value="m", measures=None, example=()):
    it = made(value, inputs, measures or {table: {"m": "sum(x)"}}, example)
    return worlds.years_of(it, it.version[0], table, 2020)


def test_a_table_has_years_where_something_asks_for_them():
    fine = {"x": {"type": "number"}}
    assert years({"t": fine}, "t") == []
    assert years({"t": {**fine, "window": 3}}, "t") == [2020, 2019, 2018]
    derived = {"from": "t", "window": 2, "by": ["x"], "n": {"type": "number", "value": "count()"}}
    both = {"t": fine, "d": derived}
    assert years(both, "t", measures={"d": {"m": "sum(n)"}}) == [2020, 2019]
    assert years({"t": fine}, "t", measures={"t": {"m": "max(year)"}}) == [2020]
    row = {"region": "A", "year": 2020, "x": 1}
    given = [{"why": "x", "t": [row], "expect": {"A": 1}}]
    assert years({"t": fine}, "t", example=given) == [2020]


def test_a_table_of_regions_has_the_year_of_the_edition():
    it = made("x")
    assert worlds.years_of(it, it.version[0], "t", 2020) == [2020]


def test_the_regions_of_equal_worlds_have_the_same_rows():
    for world in drawn(WORLDS, 200):
        by_region = {}
        for row in world["t"]:
            by_region.setdefault(row["region"], []).append({**row, "region": ""})
        if len(by_region) > 1 and not world["firms"]:
            continue
        assert set(by_region) <= {f"R{n}" for n in range(3)}
    kinds = [
        len({row["people"] for row in world["t"]}) == 1
        for world in drawn(WORLDS, 200)
        if len(world["t"]) > 2
    ]
    assert any(kinds)


# ------------------------------------------------------------------------------ around examples

DATED = {
    "firms": {"firm_id": {"type": "text"}, "n": {"type": "number"}, "whole": {"type": "integer"},
              "day": {"type": "date"}, "home": {"type": "text"}},
    "c": {"grain": "country", "price": {"type": "number"}},
    "away": {"from": "firms", "region": "home", "n2": {"type": "number", "value": "n"}},
}  # fmt: skip
ROWS = [
    {"region": "B", "year": 2018, "firm_id": "f", "n": 1, "whole": 2, "day": "2018-02-03",
     "home": "A"},
    {"region": "C", "firm_id": "g", "n": None, "day": None, "home": "elsewhere"},
]  # fmt: skip


def rows_of(edition, as_of=None, **more):
    example = {"why": "x", "firms": ROWS, "c": [{"price": 3}], "expect": {"A": 1}, **more}
    example |= {"as_of": as_of} if as_of else {"edition": 2018}
    it = made("m + n3", DATED, {"away": {"m": "sum(n2)"}, "firms": {"n3": "sum(n)"}}, [example])
    stored = {"firms": it.input["firms"], "c": it.input["c"]}
    return around.rows_of(it, it.example[0], stored, dated={"firms"}, edition=edition)


def test_the_rows_of_an_example_are_moved_to_the_edition():
    assert rows_of(2024) == {
        "firms": [
            {
                "region": "R0", "year": 2024, "firm_id": "f", "n": 1.0, "whole": 2,
                "day": date(2024, 2, 3), "home": "R2",
            },
            {
                "region": "R1", "year": 2024, "firm_id": "g", "n": None, "whole": None,
                "day": None, "home": "elsewhere",
            },
        ],
        "c": [{"price": 3.0}],
    }  # fmt: skip
    assert type(rows_of(2024)["firms"][0]["n"]) is float


@pytest.mark.parametrize(
    ("day", "as_of", "wanted"),
    [
        ("2018-02-03", None, date(2024, 2, 3)),
        (date(2018, 12, 31), None, date(2024, 12, 31)),
        ("2016-02-29", None, date(2022, 2, 28)),
        ("2014-02-28", None, date(2020, 2, 28)),
        ("2018-06-20", "2018-06-30", date(2024, 12, 21)),
        ("2018-12-21", "2018-12-31", date(2024, 12, 21)),
    ],
)
def test_a_day_stays_as_far_from_the_end(day, as_of, wanted):
    rows = [{**ROWS[0], "day": day}]
    assert rows_of(2024, as_of, firms=rows)["firms"][0]["day"] == wanted


def test_a_leap_day_stays_one_where_there_is_one():
    rows = [{**ROWS[0], "day": "2016-02-29"}]
    assert rows_of(2022, firms=rows)["firms"][0]["day"] == date(2020, 2, 29)


def test_no_more_than_six_regions_are_kept():
    rows = [{"region": f"X{n}", "n": 1} for n in range(8)]
    kept = rows_of(2024, firms=rows)["firms"]
    assert [row["region"] for row in kept] == [f"R{n}" for n in range(6)]


def test_around_a_world_cells_are_changed_within_their_bounds_and_rows_left_out():
    it = made("m", {"f": {"n": {"type": "number", "min": 3, "max": 9}, "k": {"type": "text"}}},
              {"f": {"m": "sum(n)"}})  # fmt: skip
    stored = {"f": it.input["f"]}
    world = {"f": [{"region": f"R{n}", "n": 5.0, "k": "a"} for n in (0, 1, 1, 2)]}
    strategies = {"f": {"n": st.just(4.0), "k": st.sampled_from([None, "b"])}}
    found = drawn(around.around(world, stored, strategies), 300)
    assert world["f"][0] == {"region": "R0", "n": 5.0, "k": "a"}
    rows = [row for one in found for row in one["f"]]
    assert {3.0, 4.0, 5.0, 8.0, 9.0} <= {row["n"] for row in rows}
    assert all(3 <= row["n"] <= 9 for row in rows)
    assert {row["k"] for row in rows} == {"a", "b", None}
    turned = {tuple(row["region"] for row in one["f"]) for one in found if len(one["f"]) == 4}
    assert turned == {("R0", "R1", "R1", "R2"), ("R1", "R2", "R2", "R0"), ("R2", "R0", "R0", "R1")}
    whole = sum(len(one["f"]) == 4 for one in found)
    assert 150 < whole < 299
    assert max(sum(row != old for row, old in zip(one["f"], world["f"], strict=False))
               for one in found) <= 8  # fmt: skip
