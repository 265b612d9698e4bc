"""Derived tables against the same thing done row by row in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.engine import held, values
from rating.engine.store import Store

FIRMS = {
    "firm_id": {"type": "text"},
    "owner": {"type": "text"},
    "jobs": {"type": "number", "min": 0},
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "region": st.sampled_from(["A", "B", "C"]),
            "year": st.sampled_from([2024, 2025, 2026]),
            "firm_id": st.sampled_from(["f1", "f2", "f3", "f4"]),
            "owner": st.sampled_from(["x", "y", None]),
            "jobs": st.integers(0, 20).map(float),
        }
    ),
    min_size=1,
    max_size=25,
).filter(lambda rows: any(row["year"] == 2026 for row in rows))
COUNTED = {"type": "integer", "value": "count(*)"}
SCHEMA = {
    "region": pl.String,
    "year": pl.Int64,
    "firm_id": pl.String,
    "owner": pl.String,
    "jobs": pl.Float64,
}


def evaluated(
    inputs: dict[str, Any],
    measures: dict[str, Any],
    value: str,
    frames: dict[str, pl.DataFrame],
    **more: Any,
) -> dict[str, float | None]:
    version = {"since": "2000-01-01", "measures": measures, "value": value}
    indicator = rating.Indicator(id="i", parent="index", input=inputs, version=[version])
    used = {name: indicator.input[name] for name in indicator.tables(indicator.version[0])}
    with Store() as store:
        held.hold(store, frames, used, 2026, **more)
        found, _ = values.evaluate(store, [indicator], date(2026, 12, 31))
    return dict(found.select("region", "value").iter_rows())


@given(ROWS)
def test_a_grouping_is_the_table_summed_by_its_keys(rows):
    """The Herfindahl index of owners, group by group."""
    found = evaluated(
        {
            "firms": FIRMS,
            "owners": {
                "from": "firms",
                "by": ["owner"],
                "size": {"type": "number", "value": "sum(jobs)"},
            },
        },
        {"owners": {"squares": "sum(size * size)", "whole": "sum(size)"}},
        "squares / nullif(whole * whole, 0)",
        {"firms": pl.DataFrame(rows, schema=SCHEMA)},
    )
    sizes: dict[str, dict[str | None, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        if row["year"] == 2026:
            sizes[row["region"]][row["owner"]] += row["jobs"]
    wanted = {
        region: sum(s * s for s in own.values()) / sum(own.values()) ** 2
        if sum(own.values())
        else None
        for region, own in sizes.items()
    }
    assert found == pytest.approx(wanted, abs=1e-12)


@given(ROWS)
def test_a_window_reads_more_years_than_its_base(rows):
    """Firms that grew from two years before, each firm summed over its rows of a year."""
    found = evaluated(
        {
            "firms": FIRMS,
            "history": {
                "from": "firms",
                "window": 3,
                "by": ["firm_id"],
                "before": {
                    "type": "number",
                    "value": "sum(jobs) FILTER (WHERE year = year(as_of) - 2)",
                },
                "now": {"type": "number", "value": "sum(jobs) FILTER (WHERE year = year(as_of))"},
            },
        },
        {
            "history": {"grown": "count(*) FILTER (WHERE now > before)"},
            "firms": {"rows": "count(*)"},
        },
        "grown + 0 * rows",
        {"firms": pl.DataFrame(rows, schema=SCHEMA)},
    )
    jobs: dict[tuple[str, str], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        jobs[row["region"], row["firm_id"]][row["year"]] += row["jobs"]
    wanted: dict[str, float] = {row["region"]: 0 for row in rows if row["year"] == 2026}
    for (region, _), years in jobs.items():
        if region in wanted and {2024, 2026} <= set(years) and years[2026] > years[2024]:
            wanted[region] += 1
    assert found == wanted


@given(ROWS)
def test_a_join_brings_at_most_one_row(rows):
    """Jobs of firms whose owner is listed, by the weight in the list."""
    owners = pl.DataFrame(
        {
            "region": ["A", "B", "C", "A"],
            "owner": ["x", "x", "y", "y"],
            "weight": [1.0, 2.0, 3.0, 0.5],
        }
    )
    found = evaluated(
        {
            "firms": FIRMS,
            "owners": {"owner": {"type": "text"}, "weight": {"type": "number"}},
            "weighted": {
                "from": "firms",
                "join": {"owners": ["owner"]},
                "where": "weight IS NOT NULL",
                "worth": {"type": "number", "value": "jobs * weight"},
            },
        },
        {"weighted": {"worth_of_all": "sum(worth)"}},
        "worth_of_all",
        {"firms": pl.DataFrame(rows, schema=SCHEMA), "owners": owners},
    )
    weight = {(r, o): w for r, o, w in owners.iter_rows()}
    wanted: dict[str, float] = defaultdict(float)
    for row in rows:
        key = (row["region"], row["owner"])
        if row["year"] == 2026 and key in weight:
            wanted[row["region"]] += row["jobs"] * weight[key]
    assert {region: v for region, v in found.items() if v is not None} == pytest.approx(wanted)


LISTED = {
    "labs": {"method": {"type": "text"}},
    "required": {"grain": "country", "method": {"type": "text"}, "weight": {"type": "number"}},
    "covered": {"from": "labs", "join": {"required": ["method"]}},
}
LABS = pl.DataFrame({"region": ["A", "A", "B"], "method": ["m1", "m9", "m2"]})


def test_a_table_of_the_country_is_the_same_for_each_region():
    found = evaluated(
        LISTED,
        {
            "covered": {"has": "count(DISTINCT method) FILTER (WHERE weight IS NOT NULL)"},
            "required": {"wanted": "count(*)"},
        },
        "has / nullif(wanted, 0)",
        {"labs": LABS, "required": pl.DataFrame({"method": ["m1", "m2"], "weight": [1.0, 1.0]})},
    )
    assert found == {"A": 0.5, "B": 0.5}


PAID = {"from": "firms", "join": {"price": []}, "paid": {"type": "number", "value": "jobs * each"}}


@pytest.mark.parametrize("grain", ["country", None])
def test_a_table_may_be_joined_by_its_region_or_by_nothing(grain):
    price = {"each": {"type": "number"}} | ({"grain": grain} if grain else {})
    inputs = {"price": price, "firms": {"jobs": {"type": "number"}}, "paid": PAID}
    prices = pl.DataFrame({"each": [2.0]} if grain else {"region": ["A"], "each": [2.0]})
    frames = {"price": prices, "firms": pl.DataFrame({"region": ["A", "A"], "jobs": [3.0, 4.0]})}
    measures = {"paid": {"m": "sum(paid)"}}
    assert evaluated(inputs, measures, "m", frames) == {"A": 14.0}
    with pytest.raises(rating.DataError, match="two rows of price for scenario = 0"):
        evaluated(inputs, measures, "m", frames | {"price": pl.concat([prices, prices])})


def test_two_rows_where_one_is_joined_are_told():
    twice = pl.DataFrame({"method": ["m1", "m1"], "weight": [1.0, 2.0]})
    measures = {"covered": {"has": "count(weight)"}}
    with pytest.raises(
        rating.DataError, match="two rows of required for scenario = 0, method = m1"
    ):
        evaluated(LISTED, measures, "has", {"labs": LABS, "required": twice})


def test_rows_may_count_to_another_region_than_the_one_they_stand_in():
    """A trial at sites in B counts to A, where its sponsor is; one from abroad to nobody."""
    found = evaluated(
        {
            "trials": {"trial": {"type": "text"}, "sponsor": {"type": "text"}},
            "sponsored": {"from": "trials", "absent": "zero", "region": "sponsor"},
        },
        {"sponsored": {"own": "count(DISTINCT trial)"}},
        "own",
        {
            "trials": pl.DataFrame(
                {
                    "region": ["B", "B", "A", "C"],
                    "trial": ["t1", "t2", "t1", "t3"],
                    "sponsor": ["A", None, "A", "B"],
                }
            )
        },
    )
    assert found == {"A": 1, "B": 1, "C": 0}


def test_a_region_with_many_rows_counts_once_in_a_total():
    firms = pl.DataFrame({"region": ["A", "A", "A", "B"], "jobs": [1.0, 1.0, 1.0, 1.0]})
    found = evaluated(
        {"firms": {"jobs": {"type": "number"}}},
        {"firms": {"all_jobs": "sum(jobs)"}},
        "all_jobs / total(all_jobs)",
        {"firms": firms},
    )
    assert found == {"A": 0.75, "B": 0.25}


def test_the_day_of_the_edition_is_31_december_or_the_one_given():
    spells = {"opened_on": {"type": "date"}}
    frame = pl.DataFrame({"region": ["A", "A"], "opened_on": [date(2026, 1, 1), date(2026, 7, 1)]})
    measures = {
        "spells": {
            "opened": "count(*) FILTER (WHERE opened_on <= as_of)",
            "age": "sum(days(opened_on, as_of))",
        }
    }

    def at(value: str, day: date | None = None) -> float | None:
        return evaluated({"spells": spells}, measures, value, {"spells": frame}, as_of=day)["A"]

    assert at("opened") == 2
    assert at("opened", date(2026, 6, 30)) == 1
    assert at("age", date(2026, 7, 2)) == 182 + 1
    assert at("opened + 0 * year(as_of)") == 2


def test_each_edition_of_a_panel_has_its_own_day():
    section = rating.Section(
        id="s",
        name={"en": "S", "ru": "S"},
        node=[{"id": "index"}],
        method={"normalise": {"name": "rank"}},
        indicator=[
            {
                "id": "valid",
                "parent": "index",
                "input": {
                    "papers": {"absent": "zero", "valid_to": {"type": "date"}},
                    "region_year": {"grain": "region", "people": {"type": "number"}},
                },
                "version": [
                    {
                        "since": "2000-01-01",
                        "measures": {
                            "papers": {"valid": "count(*) FILTER (WHERE valid_to > as_of)"}
                        },
                        "value": "valid + 0 * people + 0 * year(as_of)",
                    }
                ],
            }
        ],
    )
    papers = pl.DataFrame(
        {
            "region": ["A", "A", "B"],
            "valid_to": [date(2025, 6, 1), date(2027, 1, 1), date(2026, 6, 1)],
        }
    )
    people = pl.DataFrame(
        {"region": ["A", "B"] * 2, "year": [2024, 2024, 2026, 2026], "people": [1.0] * 4}
    )
    data = rating.read({"papers": papers, "region_year": people}, section)
    found = rating.panel(section, data, editions=[2024, 2026]).values
    assert found.select("edition", "region", "value").rows() == [
        (2024, "A", 2.0),
        (2024, "B", 1.0),
        (2026, "A", 1.0),
        (2026, "B", 0.0),
    ]


def test_the_printed_query_gives_what_the_engine_gives():
    section = rating.load("hitech_open")
    data = rating.read("data/open", section)
    result = rating.rate(section, data, edition=2019)
    with Store() as store:
        held.hold(store, data.tables, result.tree.inputs, 2019)
        for indicator, version in result.tree.versions():
            assert version == indicator.in_force(result.as_of)
            found = store.query(indicator.sql(result.as_of)).sort("region")
            own = result.values.filter(pl.col("indicator") == indicator.id).sort("region")
            assert found["value"].to_list() == own["value"].to_list()


def test_no_query_is_printed_for_a_day_before_every_version():
    indicator = rating.load("hitech_open").indicator[0]
    with pytest.raises(rating.errors.UsageError, match="the first comes into force on"):
        indicator.sql(date(1900, 1, 1))


def test_the_printed_query_reads_as_many_years_as_a_derived_table_does():
    indicator = rating.Indicator(
        id="i",
        parent="index",
        input={
            "firms": FIRMS,
            "years": {"from": "firms", "window": 3, "by": ["firm_id"], "n": COUNTED},
        },
        version=[
            {
                "since": "2000-01-01",
                "measures": {"years": {"longest": "max(n)"}},
                "value": "longest",
            }
        ],
    )
    firm = {"region": "A", "firm_id": "f1", "owner": None, "jobs": 1.0}
    frame = pl.DataFrame([{**firm, "year": y} for y in (2024, 2025, 2026)], schema=SCHEMA)
    with Store() as store:
        held.hold(store, {"firms": frame}, indicator.input, 2026)
        found = store.query(indicator.sql())
        own, _ = values.evaluate(store, [indicator], date(2026, 12, 31))
    assert found["value"].to_list() == own["value"].to_list() == [3.0]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"from": "firm", "by": ["owner"]}, "no table 'firm' is declared"),
        ({"from": "firms", "by": ["owners"]}, "no column named 'owners'"),
        (
            {"from": "firms", "size": {"type": "number", "value": "sum(jobs)"}},
            "group the rows with by",
        ),
        (
            {"from": "firms", "by": ["owner"], "size": {"type": "number", "value": "jobs"}},
            "stands outside an aggregate",
        ),
        ({"from": "firms", "where": "jobs +"}, "syntax error"),
        ({"from": "firms", "region": "jobs"}, "no text column 'jobs' of firms"),
        ({"region": "owner"}, "belongs to a derived table"),
        ({"from": "firms", "size": {"type": "number"}}, "needs a value"),
        ({"from": "firms", "grain": "region"}, "has no grain, carry or rule of its own"),
        ({"from": "firms", "join": {"firms": ["jobz"]}}, "is not a column of both tables"),
        (
            {"from": "firms", "jobs": {"type": "number", "value": "jobs"}},
            "is the name of two columns",
        ),
        ({"where": "jobs > 0", "jobs": {"type": "number"}}, "belongs to a derived table"),
        ({"from": "firms", "day": {"type": "date", "value": "jobs"}}, "gives a number, not a date"),
    ],
)
def test_a_wrong_derivation_is_told(table, told):
    with pytest.raises(rating.DefinitionError, match=told):
        rating.Indicator(
            id="i",
            parent="index",
            input={"firms": FIRMS, "made": table},
            version=[
                {"since": "2000-01-01", "measures": {"firms": {"n": "count(*)"}}, "value": "n"}
            ],
        )


def test_the_year_of_a_table_without_years_is_told():
    frame = pl.DataFrame({"region": ["A"], "jobs": [1.0]})
    with pytest.raises(rating.DataError, match="has no years"):
        evaluated(
            {"t": {"jobs": {"type": "number"}}},
            {"t": {"late": "count(*) FILTER (WHERE year > 2000)"}},
            "late",
            {"t": frame},
        )
