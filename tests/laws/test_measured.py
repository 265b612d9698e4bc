import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rating

RISING = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
MIXED = [3.0, 1.0, 6.0, 2.0, 5.0, 4.0]


def found(report):
    return {(row["item"], row["law"]): row["detail"] for row in report.findings.to_dicts()}


def test_values_that_vary_cover_and_differ_leave_nothing_to_find(section, table):
    made = section("a", "b")
    report = rating.check(made, table(made, a=RISING, b=MIXED), laws=False)
    assert report.ok
    assert report.scope == "2 indicators, 2 examples, edition 2019 of the data"


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
