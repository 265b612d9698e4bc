import rating


def found(thing, law):
    """The details of the findings of one law."""
    return {row["item"]: row["detail"] for row in thing.iter_rows(named=True) if row["law"] == law}


def test_an_indicator_without_an_example_is_a_finding(declare):
    report = rating.check(declare(example=[]))
    assert "add an [[example]]" in found(report.findings, "has an example")["share"]


def test_an_unused_column_is_a_finding(declare):
    report = rating.check(declare("part", example=[]))
    assert "t.whole" in found(report.findings, "uses its columns")["share"]


def test_a_column_of_an_older_version_is_used(declare):
    versions = [
        {"since": "2000-01-01", "value": "whole"},
        {"since": "2018-01-01", "value": "part"},
    ]
    assert "share" not in found(
        rating.check(declare(version=versions)).findings, "uses its columns"
    )


def test_a_column_of_a_total_alone_is_used(declare):
    made = declare("part / nullif(total(whole), 0)")
    assert found(rating.check(made).findings, "uses its columns") == {}


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
    detail = found(rating.check(made).findings, "uses its measures")["jobs"]
    assert "firms.n (version 2000-01-01)" in detail


def test_a_geometric_node_needs_a_range_above_0(section):
    def checked(**method):
        made = section("a", method={"aggregate": {"name": "geometric"}, **method})
        return found(rating.check(made).findings, "range above 0")

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
        return found(rating.check(made).findings, "range above 0")

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
    assert found(rating.check(made).findings, "range above 0") == {}
