"""Which cells are sensitive, against the same thing counted firm by firm in Python."""

from __future__ import annotations

from collections import defaultdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rating
from rating.errors import DefinitionError

FIRMS = {
    "firm_id": {"type": "text"},
    "owner": {"type": "text"},
    "jobs": {"type": "number", "min": 0},
}
RULE = {"unit": "coalesce(owner, firm_id)", "size": "jobs"}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "region": st.sampled_from(["A", "B", "C"]),
            "firm_id": st.sampled_from(["f1", "f2", "f3", "f4", "f5"]),
            "owner": st.sampled_from(["x", "y", None, None]),
            "jobs": st.sampled_from([0.0, 1.0, 2.0, 10.0, 60.0]),
        }
    ),
    min_size=1,
    max_size=25,
)
SCHEMA = {"region": pl.String, "firm_id": pl.String, "owner": pl.String, "jobs": pl.Float64}


def section(rule=RULE, read="firms", **tables):
    firms = {**FIRMS, **({"disclosure": rule} if rule else {})}
    indicator = {
        "id": "i",
        "name": "I",
        "parent": "index",
        "method": {
            "normalise": {"name": "goalposts", "low": 0, "high": 1000},
            "treat": {"name": "none"},
        },
        "input": {
            "people": {"grain": "region", "n": {"type": "number"}},
            "firms": firms,
            **tables,
        },
        "version": [
            {
                "since": "2000-01-01",
                "measures": {read: {"many": "sum(jobs)"}},
                "value": "coalesce(many, 0) + n",
            }
        ],
    }
    return rating.Section(id="s", name="S", node=[{"id": "index"}], indicator=[indicator])


def found(chosen, rows):
    people = pl.DataFrame({"region": ["A", "B", "C"], "year": [2020] * 3, "n": [1.0, 2.0, 3.0]})
    firms = pl.DataFrame(rows, schema=SCHEMA)
    data = rating.read({"firms": firms, "people": people}, chosen)
    result = rating.rate(chosen, data, edition=2020)
    assert set(result.disclosure["indicator"]) <= {"i"}
    return dict(result.disclosure.select("region", "reason").iter_rows())


def counted(rows, least=3, largest=0.85):
    """By region, the reason; from the definition of the rule."""
    sizes = defaultdict(lambda: defaultdict(float))
    for row in rows:
        sizes[row["region"]][row["owner"] or row["firm_id"]] += row["jobs"]
    reasons = {}
    for region, units in sizes.items():
        whole = sum(units.values())
        if len(units) < least:
            reasons[region] = "few"
        elif whole == 0 or max(units.values()) > largest * whole:
            reasons[region] = "dominant"
    return reasons


@settings(max_examples=15)
@given(ROWS)
def test_few_units_and_one_too_large_are_found(rows):
    assert found(section(), rows) == counted(rows)


def test_a_region_without_firms_is_not_sensitive():
    rows = [{"region": "A", "firm_id": "f1", "owner": None, "jobs": 1.0}]
    assert found(section(), rows) == {"A": "few"}


def test_what_is_derived_from_a_sensitive_table_is_sensitive():
    owners = {
        "from": "firms",
        "by": ["owner"],
        "jobs": {"type": "number", "value": "sum(jobs)"},
    }
    rows = [
        {"region": region, "firm_id": f"f{n}", "owner": f"o{n}", "jobs": 1.0}
        for region, count in (("A", 2), ("B", 3))
        for n in range(count)
    ]
    assert found(section(read="owners", owners=owners), rows) == {"A": "few"}


def test_the_limits_are_those_of_the_definition():
    rows = [
        {"region": "A", "firm_id": f"f{n}", "owner": None, "jobs": jobs}
        for n, jobs in enumerate((60.0, 20.0, 20.0))
    ]
    assert found(section(), rows) == {}
    assert found(section({**RULE, "largest": 0.6}), rows) == {}
    assert found(section({**RULE, "largest": 0.59}), rows) == {"A": "dominant"}
    assert found(section({**RULE, "least": 4}), rows) == {"A": "few"}


def test_without_a_rule_nothing_is_sensitive():
    rows = [{"region": "A", "firm_id": "f1", "owner": None, "jobs": 1.0}]
    assert found(section(rule=None), rows) == {}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({**RULE, "unit": "owners"}, "owners"),
        ({**RULE, "size": "sum(jobs)"}, "sum"),
        ({**RULE, "size": "owner"}, "number"),
        ({**RULE, "most": 1}, "most"),
        ({**RULE, "largest": 1.5}, "largest"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(rule, said):
    with pytest.raises(DefinitionError, match="disclosure") as caught:
        section(rule)
    assert said in str(caught.value)
