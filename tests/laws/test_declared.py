import pytest

import rating


def found(thing, law):
    """The details of the findings of one law."""
    return {row["item"]: row["detail"] for row in thing.iter_rows(named=True) if row["law"] == law}


def test_an_indicator_without_an_example_is_a_finding(declare):
    report = rating.check(declare(example=[]), laws=False)
    assert "add an [[example]]" in found(report.findings, "has an example")["share"]


def test_an_unused_column_is_a_finding(declare):
    report = rating.check(declare("part", example=[]), laws=False)
    assert "t.whole" in found(report.findings, "uses its columns")["share"]


def test_a_column_of_an_older_version_is_used(declare):
    versions = [
        {"since": "2000-01-01", "value": "whole"},
        {"since": "2018-01-01", "value": "part"},
    ]
    assert "share" not in found(
        rating.check(declare(version=versions), laws=False).findings, "uses its columns"
    )


def test_a_column_of_a_total_alone_is_used(declare):
    made = declare("part / nullif(total(whole), 0)")
    assert found(rating.check(made, laws=False).findings, "uses its columns") == {}


def test_an_unused_measure_is_a_finding():
    made = rating.Indicator(
        id="jobs",
        parent="index",
        input={"firms": {"jobs": {"type": "integer"}}},
        version=[
            {
                "since": "2000-01-01",
                "value": "j",
                "measures": {"firms": {"j": "sum(jobs)", "n": "count()"}},
            }
        ],
    )
    detail = found(rating.check(made, laws=False).findings, "uses its measures")["jobs"]
    assert "firms.n (version 2000-01-01)" in detail


def test_a_geometric_node_needs_a_range_above_0(section):
    def checked(**method):
        made = section("a", method={"aggregate": {"name": "geometric"}, **method})
        return found(rating.check(made, laws=False).findings, "range above 0")

    assert "a can reach 0" in checked()["index"]
    assert "[1, 100]" in checked()["index"]
    assert checked(normalise={"name": "minmax", "range": [1, 100]}) == {}
    assert checked(normalise={"name": "rank"}) == {}
    assert "index" in checked(normalise={"name": "zscore"})


def test_goalposts_that_do_not_clip_can_leave_their_range(section):
    def checked(clip):
        goalposts = {"name": "goalposts", "low": 0, "high": 1, "range": [1, 2], "clip": clip}
        made = section(
            "a",
            method={"aggregate": {"name": "geometric"}},
            a={"method": {"normalise": goalposts}},
        )
        return found(rating.check(made, laws=False).findings, "range above 0")

    assert checked(True) == {}
    assert "index" in checked(False)


def test_a_node_of_weight_0_does_not_matter_to_a_geometric_mean(section):
    made = section(
        "a",
        "b",
        method={
            "aggregate": {"name": "geometric"},
            "normalise": {"range": [1, 2], "name": "minmax"},
        },
        b={"weight": 0.0, "method": {"normalise": {"range": [0, 1]}}},
    )
    assert found(rating.check(made, laws=False).findings, "range above 0") == {}


def test_what_is_not_used_is_named_with_what_to_do(declare, firms):
    report = rating.check(declare("part", example=[]), laws=False)
    assert found(report.rows, "has an example") == {
        "share": "laws do not catch a wrong meaning: add an [[example]]"
    }
    assert found(report.rows, "uses its columns") == {
        "share": "not used: t.whole; remove it from [input.<table>]"
    }
    whole = rating.check(declare(), laws=False).rows
    for law in ("has an example", "uses its columns", "uses its measures"):
        assert found(whole, law) == {"share": ""}
    several = rating.check(firms(firms=[], expect={"A": "missing"}), laws=False)
    assert found(several.findings, "uses its columns") == {
        "jobs": "not used: firms.code, firms.opened; remove it from [input.<table>]"
    }


def test_a_column_of_the_same_name_in_another_table_is_not_used_by_it():
    columns = {"x": {"type": "number"}}
    made = rating.Indicator(
        id="it",
        parent="index",
        input={
            "t": {"grain": "region", "y": {"type": "number"}},
            "f": {**columns, "y": columns["x"]},
        },
        version=[{"since": "2000-01-01", "value": "y + m", "measures": {"f": {"m": "sum(x)"}}}],
    )
    assert found(rating.check(made, laws=False).findings, "uses its columns") == {
        "it": "not used: f.y; remove it from [input.<table>]"
    }


def test_measures_that_the_section_draws_are_used():
    jobs = {"type": "number"}
    measures = {
        "f": {"m": "sum(jobs)", "n": "count()", "spread": "max(jobs)", "spare": "min(jobs)"}
    }
    indicator = {
        "id": "it",
        "parent": "index",
        "input": {"f": {"jobs": jobs}},
        "version": [{"since": "2000-01-01", "value": "m", "measures": measures}],
    }
    assumptions = [
        {"id": "ratio", "kind": "formula", "options": [{}, {"it": "m / nullif(n, 0)"}]},
        {"id": "error", "kind": "sampling", "indicators": ["it"],
         "error": {"name": "standard_error", "error": "spread"}},
    ]  # fmt: skip
    plain = rating.Section(id="s", name="S", node=[{"id": "index"}], indicator=[indicator])
    assert found(rating.check(plain, laws=False).findings, "uses its measures") == {
        "it": "not used: f.n (version 2000-01-01), f.spread (version 2000-01-01), "
        "f.spare (version 2000-01-01); remove it from [version.measures]"
    }
    drawn = plain.replace(uncertainty={"assumption": assumptions})
    assert found(rating.check(drawn, laws=False).findings, "uses its measures") == {
        "it": "not used: f.spare (version 2000-01-01); remove it from [version.measures]"
    }


def test_a_node_is_above_0_where_all_below_it_are(section):
    def low(range_of_b, weight=1.0, **normalise):
        made = section(
            "a",
            "b",
            method={
                "aggregate": {"name": "geometric"},
                "normalise": {"name": "minmax", "range": [1, 2]},
            },
            b={"weight": weight, "method": {"normalise": {"range": range_of_b, **normalise}}},
        )
        return found(rating.check(made, laws=False).findings, "range above 0")

    assert low([1, 2]) == {}
    assert low([0, 2]) == {
        "index": "a geometric mean needs scores above 0, and b can reach 0: "
        "normalise to a range such as [1, 100]"
    }
    assert low([0, 2], weight=0.0) == {}


def test_a_mean_of_nodes_is_above_0_where_its_children_are():
    def made(aggregate, low, weight=1.0):
        minmax = {"name": "minmax", "range": [1, 2]}
        leaf = {
            "parent": "inner",
            "input": {"t": {"grain": "region", "x": {"type": "number"}}},
            "version": [{"since": "2000-01-01", "value": "x"}],
        }
        return rating.Section(
            id="s",
            name="S",
            node=[
                {"id": "index", "method": {"aggregate": {"name": aggregate}}},
                {"id": "inner", "parent": "index"},
            ],
            method={"normalise": minmax, "aggregate": {"name": "arithmetic"}},
            indicator=[
                {**leaf, "id": "a"},
                {**leaf, "id": "b", "weight": weight, "method": {"normalise": {"range": [low, 2]}}},
            ],
        )

    def outcome(*given):
        report = rating.check(made(*given), laws=False)
        return found(report.findings, "range above 0")

    assert outcome("harmonic", 1) == {}
    assert "a harmonic mean needs scores above 0, and inner can" in outcome("harmonic", 0)["index"]
    assert outcome("harmonic", 0, 0.0) == {}
    assert outcome("arithmetic", 0) == {}


def test_only_a_method_that_keeps_its_range_is_above_0(section):
    def low(**normalise):
        method = {"aggregate": {"name": "geometric"}, "normalise": normalise}
        return found(
            rating.check(section("a", method=method), laws=False).findings, "range above 0"
        )

    assert low(name="rank") == {}
    assert low(name="rank", range=[1, 2]) == {}
    assert "index" in low(name="rank", range=[0, 1])
    assert low(name="minmax", range=[1, 2], over="panel") == {}
    assert low(name="minmax", range=[0.001, 2]) == {}
    assert "index" in low(name="minmax", range=[-1, 2])
    assert "index" in low(name="zscore")


@pytest.mark.parametrize(
    ("ends", "clip", "above"), [([1, 2], True, True), ([0, 2], True, False), ([1, 2], False, False)]
)
def test_goalposts_are_above_0_where_they_clip_to_a_range_above_it(section, ends, clip, above):
    posts = {"name": "goalposts", "low": 0, "high": 1, "range": ends, "clip": clip}
    method = {"aggregate": {"name": "geometric"}}
    made = section("a", method=method, a={"method": {"normalise": posts}})
    report = rating.check(made, laws=False)
    assert (found(report.findings, "range above 0") == {}) is above
