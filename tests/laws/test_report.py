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


SMALLEST = Finding(
    "b", "rises with t.x", False, "R0 is 1, then 0", 7,
    "t = [{ x < 1 }]\nu = []", "t = [{ x > 1 }]",
    "[[example]]\nwhy = 1",
)  # fmt: skip


def test_a_broken_law_is_shown_with_its_smallest_input_to_paste():
    alone = SMALLEST._replace(after="", law="finite")
    wide = Finding("indicator", "law", True, cases=82)
    assert str(report(wide, SMALLEST, alone)) == (
        "s: 2 findings (1 indicator)\n"
        "\n"
        "item       law             holds  detail\n"
        "indicator  law             yes    82 worlds\n"
        "b          rises with t.x  no     R0 is 1, then 0\n"
        "b          finite          no     R0 is 1, then 0\n"
        "\n"
        "b, rises with t.x: the smallest input that breaks it\n"
        "  t = [{ x < 1 }]\n"
        "  u = []\n"
        "compared with\n"
        "  t = [{ x > 1 }]\n"
        "to keep it, paste\n"
        "  [[example]]\n"
        "  why = 1\n"
        "\n"
        "b, finite: the smallest input that breaks it\n"
        "  t = [{ x < 1 }]\n"
        "  u = []\n"
        "to keep it, paste\n"
        "  [[example]]\n"
        "  why = 1"
    )


def test_the_notebook_shows_inputs_side_by_side():
    shown = report(GOOD, SMALLEST)._repr_html_()
    assert shown == (
        "<table><caption>s: 1 finding (1 indicator)</caption><thead><tr>"
        "<th>item</th><th>law</th><th>holds</th><th>cases</th><th>detail</th>"
        "<th>smallest input</th><th>compared with</th></tr></thead><tbody>"
        "<tr><td>a</td><td>example 1</td><td>yes</td><td></td><td>half</td><td></td><td></td></tr>"
        "<tr><td>b</td><td>rises with t.x</td><td>no</td><td>7</td><td>R0 is 1, then 0</td>"
        "<td><pre>t = [{ x &lt; 1 }]\nu = []</pre></td><td><pre>t = [{ x &gt; 1 }]</pre></td></tr>"
        "</tbody></table>"
    )
    assert report(GOOD, brief=True)._repr_html_() == (
        "<table><caption>s: everything holds (1 indicator)</caption></table>"
    )


def test_a_subject_with_markup_is_text():
    shown = Report.of("<s>", [], scope="&")._repr_html_()
    assert "<caption>&lt;s&gt;: everything holds (&amp;)</caption>" in shown


def test_a_report_is_not_brief_unless_it_is_asked_for():
    assert not Report.of("s", [GOOD], scope="").brief
    assert str(Report.of("s", [GOOD], scope="x")).endswith("a     example 1  yes    half")


def test_the_rows_of_a_report_have_their_types():
    assert report().rows.schema == report(SMALLEST).rows.schema
    assert report(SMALLEST).rows.row(0) == tuple(SMALLEST)


def test_an_error_names_each_finding():
    with pytest.raises(CheckError) as caught:
        report(BAD, GOOD, SMALLEST).raise_if_failed()
    assert [(p.where, p.what) for p in caught.value.problems] == [
        ("b, bounds", "R5 2019 is 6, outside 0 to 5"),
        ("b, rises with t.x", "R0 is 1, then 0"),
    ]


def test_what_is_not_drawn_tells_of_no_worlds():
    assert str(report(Finding("a", "has an example", True))).endswith("a     has an example  yes")
