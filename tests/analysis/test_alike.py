"""An alternative that scores every region the same is told as none, where it can be known."""

import pytest

import rating
from rating.analysis import alike
from rating.publish.facts import gather
from rating.publish.intervals import drawn, intervals
from rating.publish.texts import Speaker
from tests.analysis.drawn import FIGURES, META, METHOD, WEIGHTS, rated
from tests.flat import data, section

LINE = {"id": "scale", "kind": "normalise", "options": [{}, {"name": "zscore"}]}
BARE = {**LINE, "options": [{}, {"name": "zscore", "unset": ["range"]}]}


def mean(*options):
    return {"id": "mean", "kind": "aggregate", "options": list(options)}


RANK = {"name": "rank"}
ARITHMETIC, POWER = {"name": "arithmetic"}, {"name": "power", "power": 1.0}


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        (LINE, [(1, 0)]),
        (BARE, []),
        ({**LINE, "options": [{}, {"range": [9, 100]}, RANK, {"name": "zscore"}]}, [(3, 0)]),
        ({"id": "t", "kind": "treat", "options": [{}, {"name": "none"}]}, [(1, 0)]),
        (mean({}, ARITHMETIC, {"name": "geometric"}), [(1, 0)]),
        (mean({}, {"name": "geometric"}, POWER, {"name": "power", "power": 0.0}), [(2, 0), (3, 1)]),
        (mean({}, {"name": "harmonic"}), []),
    ],
)  # fmt: skip
def test_the_definitions_tell_what_the_scores_show(given, pairs):
    result = rated(given, WEIGHTS, figures=FIGURES.drop_nulls())
    wanted = {given["id"]: pairs} if pairs else {}
    assert alike.declared(result.section) == wanted
    assert alike.measured(result.uncertainty(draws=8).plan) == wanted


def test_only_the_data_tell_that_nothing_is_winsorised_or_filled():
    treat = {"id": "treat", "kind": "treat", "options": [{}, {"name": "winsorise"}]}
    gaps = {"id": "gaps", "kind": "impute", "options": [{}, {"name": "median"}]}
    result = rated(treat, gaps, figures=FIGURES)
    assert alike.declared(result.section) == {}
    assert alike.measured(result.uncertainty(draws=8).plan) == {"treat": [(1, 0)]}


def test_result_report_and_check_tell_it():
    made = section(META, METHOD, uncertainty={"assumption": [LINE]})
    read = data(made, FIGURES)
    result = rating.rate(made, read, edition=2019)
    sure = result.uncertainty(draws=8)
    assert sure.options["same_as"].to_list() == [None, "as declared"]
    assert "no alternative: “zscore” scores as “as declared”" in sure._repr_html_()
    said = result.sensitivity(draws=8).sentence
    assert said.en == (
        "No assumption moves the ranking. No alternative: of “scale”, “zscore” gives every region "
        "the score of “as declared”."
    )
    assert "не вариант" in said.ru.lower()
    for lang, text in (("en", "no alternative: the same scores as"), ("ru", "не вариант")):
        page = drawn(gather(result), intervals(result, sure), Speaker(lang))
        assert text in page.assumptions[0].options[1].text
    for given in (None, read):
        findings = rating.check(made, given, laws=False).findings
        own = findings.filter(findings["law"] == "alternatives differ")
        assert own.select("item", "holds").rows() == [("scale", False)]
        assert "unset" in own["detail"][0]


def test_the_shipped_sections_declare_alternatives():
    for name in ("hitech_open", "hitech"):
        assert alike.declared(rating.load(name)) == {}
