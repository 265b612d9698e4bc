import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating
from rating.engine.store import Store
from rating.laws import measured

RISING = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
MIXED = [3.0, 1.0, 6.0, 2.0, 5.0, 4.0]


def found(report):
    return {(row["item"], row["law"]): row["detail"] for row in report.findings.to_dicts()}


def test_values_that_vary_cover_and_differ_leave_nothing_to_find(section, table):
    made = section("a", "b")
    report = rating.check(made, table(made, a=RISING, b=MIXED), laws=False)
    assert report.ok
    assert report.scope == "2 indicators, 2 examples, edition 2019 of the data"


def test_an_estimate_beside_the_value_changes_nothing(section, table):
    version = [{"since": "2000-01-01", "value": "a", "estimate": "a / 2"}]
    made = section("a", "b", a={"version": version})
    report = rating.check(made, table(made, a=RISING, b=MIXED), laws=False)
    assert report.ok


def test_a_value_out_of_bounds_is_named_with_its_region(section, table):
    made = section("a", a={"law": {"bounds": [0, 5]}})
    report = rating.check(made, table(made, a=RISING), laws=False)
    assert found(report) == {("a", "bounds"): "R5 2019 is 6, outside 0 to 5"}


def test_an_indicator_that_never_varies_is_a_finding(section, table):
    made = section("a", "b")
    report = rating.check(made, table(made, a=[2.0] * 6, b=RISING), laws=False)
    assert found(report) == {("a", "varies"): "2019: every region with a value has 2"}


@pytest.mark.parametrize(("known", "holds"), [(2, False), (3, True)])
def test_half_of_the_regions_must_have_a_value(section, table, known, holds):
    made = section("a", "b")
    values = [*RISING[:known], *[None] * (6 - known)]
    report = rating.check(made, table(made, a=values, b=RISING), laws=False)
    assert (("a", "coverage") not in found(report)) is holds


def test_two_indicators_of_one_order_are_double_counting(section, table):
    made = section("a", "b", "c")
    report = rating.check(
        made, table(made, a=RISING, b=[x**3 for x in RISING], c=MIXED), laws=False
    )
    assert list(found(report)) == [("a", "own order")]
    assert "as b does: double counting" in found(report)[("a", "own order")]


def test_the_direction_of_an_indicator_turns_its_order(section, table):
    made = section("a", "b", b={"direction": "lower"})
    falling = [-x for x in RISING]
    assert ("a", "own order") in found(
        rating.check(made, table(made, a=RISING, b=falling), laws=False)
    )
    assert rating.check(made, table(made, a=RISING, b=RISING), laws=False).ok


@given(st.lists(st.integers(0, 3), min_size=5, max_size=8), st.data())
def test_double_counting_is_spearman_of_exactly_1(section, table, one, data):
    other = data.draw(st.lists(st.integers(0, 3), min_size=len(one), max_size=len(one)))
    made = section("a", "b")
    report = rating.check(made, table(made, a=one, b=other), laws=False)
    frame = pl.DataFrame({"a": one, "b": other})
    spearman = frame.select(pl.corr("a", "b", method="spearman")).item()
    alike = spearman is not None and spearman == pytest.approx(1, abs=1e-12)
    assert (("a", "own order") in found(report)) is alike


def test_declared_editions_are_checked_each(section):
    made = section("a", edition=[{"year": 2018}, {"year": 2019}, {"year": 2030}])
    frame = pl.DataFrame(
        {
            "region": [*"ABCDEF"] * 3,
            "year": [2017] * 6 + [2018] * 6 + [2019] * 6,
            "a": [0.0] * 6 + [1.0] * 6 + RISING,
        }
    )
    report = rating.check(made, rating.read({"t": frame}, made), laws=False)
    assert found(report) == {("a", "varies"): "2018: every region with a value has 1"}
    assert report.scope.endswith("editions 2018, 2019 of the data")


@pytest.mark.parametrize(
    ("years", "listed"),
    [((2018, 2019, 2020), "2018 to 2020"), ((2017, 2019, 2020), "2017, 2019, 2020")],
)
def test_editions_one_after_another_are_told_as_a_range(section, years, listed):
    made = section("a", edition=[{"year": year} for year in years])
    columns = {"region": [*"ABCDEF"] * 3, "year": sorted(years * 6), "a": RISING * 3}
    report = rating.check(made, rating.read({"t": pl.DataFrame(columns)}, made), laws=False)
    assert report.scope.endswith(f", editions {listed} of the data")


def test_without_declared_editions_the_latest_of_the_data_is_checked(section, table):
    made = section("a")
    assert rating.check(made, table(made, a=RISING, year=2021), laws=False).scope.endswith(
        "edition 2021 of the data"
    )


def test_data_without_an_edition_of_the_section_are_an_error(section, table):
    made = section("a", edition=[{"year": 2030}])
    with pytest.raises(rating.DataError, match="no rows for 2030"):
        rating.check(made, table(made, a=RISING), laws=False)


def test_a_value_that_is_no_number_is_a_finding_and_the_rest_is_checked(section, table):
    made = section("a", "b", a={"version": [{"since": "2000-01-01", "value": "ln(a)"}]})
    report = rating.check(made, table(made, a=[0.0, *RISING[1:]], b=[1.0] * 6), laws=False)
    assert "value is -inf" in found(report)[("a", "gives numbers")]
    assert ("b", "varies") in found(report)


def test_an_indicator_alone_is_checked_on_data(section, table):
    made = section("a", a={"law": {"bounds": [0, 5]}})
    data = table(made, a=RISING)
    report = rating.check(made.indicator[0], data, laws=False)
    assert ("a", "bounds") in found(report)


@pytest.mark.parametrize(
    ("name", "data"), [("hitech_open", "open"), ("hitech_open_2022", "innovation_2022")]
)
def test_the_shipped_sections_leave_nothing_to_find(name, data):
    from rating import resources

    section = rating.load(name)
    report = rating.check(section, rating.read(resources.folder("data") / data, section))
    assert report.findings.to_dicts() == []


# ------------------------------------------------------------- values of editions, without data


def values(**editions):
    """The values of an indicator by edition, ``{"y2019": [...]}``, as they are evaluated."""
    return frame_of(a=editions)


def frame_of(**indicators):
    return pl.DataFrame(
        [
            (int(year[1:]), f"R{n}", name, value)
            for name, editions in indicators.items()
            for year, column in editions.items()
            for n, value in enumerate(column)
        ],
        schema={
            "edition": pl.Int32,
            "region": pl.String,
            "indicator": pl.String,
            "value": pl.Float64,
        },
        orient="row",
    )


def told(section, frame):
    return {(f.item, f.law): (f.holds, f.detail) for f in measured.hold(section, frame)}


def test_what_holds_of_values_is_told_too(section):
    made = section("a", "b", a={"law": {"bounds": [1, 6]}})
    assert told(made, values(y2019=RISING)) == {
        ("a", "bounds"): (True, ""),
        ("a", "varies"): (True, ""),
        ("a", "coverage"): (True, ""),
    }


def test_of_values_out_of_bounds_the_latest_is_named_and_the_rest_counted(section):
    made = section("a", a={"law": {"bounds": [1, 5]}})
    frame = values(y2018=[0.5, 2.0], y2020=[3.0, 5.5, 7.0], y2019=[9.0])
    assert told(made, frame)["a", "bounds"] == (
        False,
        "R1 2020 is 5.5, outside 1 to 5, and 3 more",
    )
    two = values(y2018=[0.5], y2020=[None, 1.0, 5.0, 6.25])
    assert told(made, two)["a", "bounds"] == (False, "R3 2020 is 6.25, outside 1 to 5, and 1 more")


def test_of_editions_without_spread_the_latest_is_named_and_the_others_listed(section):
    frame = values(y2018=[2.0, 2.0, None], y2020=[3.5, 3.5], y2019=[1.0, 2.0], y2017=[4.0, 4.0])
    assert told(section("a"), frame)["a", "varies"] == (
        False,
        "2020: every region with a value has 3.5 (also 2017, 2018)",
    )


@pytest.mark.parametrize("column", [[None, None], [1.0, None], [1.0, 2.0, 2.0]])
def test_fewer_than_two_values_vary_as_far_as_one_knows(section, column):
    assert told(section("a"), values(y2019=column))["a", "varies"] == (True, "")


def test_coverage_is_counted_over_the_regions_of_each_edition(section):
    frame = values(y2018=[1.0, None, None], y2019=[1.0, None])
    assert told(section("a"), frame)["a", "coverage"] == (
        False,
        "2018: only 1 of 3 regions have a value",
    )
    none = values(y2019=[None, None])
    assert told(section("a"), none)["a", "coverage"][1] == "2019: only 0 of 2 regions have a value"


def same_order(section, one, other, **more):
    made = section("a", "b", **more)
    found = told(made, frame_of(a={"y2019": one}, b={"y2019": other}))
    return found.get(("a", "own order"))


def test_double_counting_says_over_how_many_regions_of_which_edition(section):
    assert same_order(section, [*RISING, None], [*RISING, 1.0]) == (
        False,
        "orders all 6 regions of 2019 as b does: double counting; drop one or say why both",
    )
    assert same_order(section, RISING[:5], RISING[:5]) is not None
    assert same_order(section, RISING[:4], RISING[:4]) is None
    assert same_order(section, [1.0, 1, 1, 1, 2], [3.0, 3, 3, 3, 9]) is not None
    assert same_order(section, [1.0] * 5, [3.0] * 5) is None
    assert same_order(section, RISING, RISING[::-1], b={"direction": "lower"}) is not None
    lower = {"direction": "lower"}
    assert same_order(section, RISING, RISING, a=lower, b=lower) is not None
    assert same_order(section, RISING, RISING, a=lower) is None


def test_double_counting_looks_at_the_latest_edition(section):
    old, new = {"y2018": RISING}, {"y2019": MIXED}
    made = section("a", "b")
    assert ("a", "own order") not in told(made, frame_of(a=old | {"y2019": RISING}, b=old | new))
    assert ("a", "own order") in told(made, frame_of(a=new | {"y2018": MIXED}, b=old | new))


def test_every_pair_of_one_order_is_told(section):
    made = section("a", "b", "c")
    frame = frame_of(**{name: {"y2019": RISING} for name in "abc"})
    found = [
        (f.item, f.detail.split(" as ")[1][0]) for f in measured.hold(made, frame) if not f.holds
    ]
    assert found == [("a", "b"), ("a", "c"), ("b", "c")]


# ------------------------------------------------------------------------- which editions are tried


def evaluated(section, frame):
    with Store() as store:
        return measured.evaluated(store, section, rating.read({"t": frame}, section))


def years(*listed):
    regions = [f"R{n}" for n in range(2)]
    return pl.DataFrame(
        {
            "region": regions * len(listed),
            "year": [year for year in listed for _ in regions],
            "a": [float(year) for year in listed for _ in regions],
        }
    )


def test_editions_that_the_data_lack_are_left_out(section):
    made = section("a", edition=[{"year": year} for year in (2018, 2030, 2016)])
    editions, frame, broken = evaluated(made, years(2016, 2017, 2018))
    assert (editions, broken) == ([2016, 2018], [])
    assert frame.columns == ["edition", "region", "indicator", "value"]
    assert sorted(set(frame["value"])) == [2016.0, 2018.0]


def test_without_declared_editions_one_is_tried_the_latest(section):
    editions, frame, _ = evaluated(section("a"), years(2016, 2018, 2017))
    assert editions == [2018]
    assert frame["value"].to_list() == [2018.0, 2018.0]


def test_tables_without_years_are_an_edition_of_the_latest_version():
    made = rating.Section(
        id="s",
        name="S",
        node=[{"id": "index"}],
        indicator=[
            {
                "id": name,
                "parent": "index",
                "input": {"f": {name: {"type": "number"}}},
                "version": [
                    {"since": since, "value": "m", "measures": {"f": {"m": f"sum({name})"}}}
                ],
            }
            for name, since in (("a", "2010-01-01"), ("b", "2015-06-01"))
        ],
    )
    frame = pl.DataFrame({"region": ["A"], "a": [1.0], "b": [2.0]})
    with Store() as store:
        editions, found, _ = measured.evaluated(store, made, rating.read({"f": frame}, made))
    assert editions == [2015]
    assert dict(found.select("indicator", "value").iter_rows()) == {"a": 1.0, "b": 2.0}


def test_what_gives_no_number_is_told_with_its_year_and_place(section):
    made = section("a", a={"version": [{"since": "2000-01-01", "value": "1 / (a - 2018)"}]})
    _, frame, (finding,) = evaluated(made, years(2018))
    assert (finding.item, finding.law, finding.holds) == ("a", "gives numbers", False)
    assert finding.detail.startswith("2018: a")
    assert "value is inf, not a number" in finding.detail
    assert frame.is_empty()


def test_an_edition_before_every_version_is_an_error(section):
    made = section("a", edition=[{"year": 1990}])
    with pytest.raises(rating.UsageError) as caught:
        evaluated(made, years(2018))
    (problem,) = caught.value.problems
    assert (problem.where, problem.what) == ("edition 1990", "no indicator of s is in force")
