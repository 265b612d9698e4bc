import pytest

import rating
from rating.laws.report import CheckError, Finding, Report


def report(*found, brief=False):
    return Report.of("s", found, scope="1 indicator", brief=brief)


GOOD = Finding("a", "example 1", True, "half")
BAD = Finding("b", "bounds", False, "R5 2019 is 6, outside 0 to 5")


def test_a_report_is_ok_when_everything_holds():
    assert report(GOOD).ok
    assert not report(GOOD, BAD).ok
    assert report().ok


def test_findings_are_what_does_not_hold():
    assert report(GOOD, BAD).findings.to_dicts() == [BAD._asdict()]


def test_the_text_is_a_table():
    assert str(report(GOOD, BAD)) == (
        "s: 1 finding (1 indicator)\n"
        "\n"
        "item  law        holds  detail\n"
        "a     example 1  yes    half\n"
        "b     bounds     no     R5 2019 is 6, outside 0 to 5"
    )


def test_a_brief_text_leaves_out_what_holds():
    assert str(report(GOOD, brief=True)) == "s: everything holds (1 indicator)"
    assert "example 1" not in str(report(GOOD, BAD, brief=True))


def test_the_notebook_shows_a_table_without_markup_of_its_content():
    shown = report(Finding("a", "example 1", False, "<b>")).__repr__()
    html = report(Finding("a", "example 1", False, "<b>"))._repr_html_()
    assert "<b>" in shown
    assert "<td>&lt;b&gt;</td>" in html
    assert "<td>no</td>" in html


def test_a_failed_report_raises_with_its_table_and_exit_code_1():
    failed = report(GOOD, BAD)
    with pytest.raises(CheckError) as caught:
        failed.raise_if_failed()
    assert str(caught.value) == str(failed)
    assert isinstance(caught.value, rating.RatingError)
    assert caught.value.exit_code == 1
    assert [problem.where for problem in caught.value.problems] == ["b, bounds"]


def test_a_report_without_findings_raises_nothing():
    report(GOOD).raise_if_failed()
