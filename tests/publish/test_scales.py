"""Scores of every scale read right in every output: ends, digits, marks on axes, and counts."""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

import rating
from rating.cli.ranking import top
from rating.publish import report
from rating.publish.explorer_model import model
from rating.publish.material import collect
from rating.publish.pages import Pictures
from rating.publish.profiles import profiles
from rating.publish.texts import Speaker
from rating.publish.workbook import to_bytes
from tests.publish.small import rated, section
from tests.publish.workbook_reader import Workbook


def made(normalise: dict | None = None, own: dict | None = None, **method) -> rating.Rating:
    """A rating of eight regions: R7 has too few data to be ranked; ``own`` is the indicators'."""
    given = [one.model_dump(mode="json", exclude_none=True) for one in section().indicator]
    if own is not None:
        given = [one | {"method": {"normalise": own}} for one in given]
    method = {
        "groups": {"name": "none"},
        "aggregate": {"name": "arithmetic", "min_coverage": 0.6},
        **({} if normalise is None else {"normalise": normalise}),
        **method,
    }
    return rated(count=8, missing=tuple((7, n) for n in range(4)), method=method, indicator=given)


def posts(low: float, high: float) -> dict:
    return {"name": "goalposts", "low": -1, "high": 12, "range": [low, high]}


# What is said of the scale's ends in English, and the digits of the index.
SCALES = {
    "0 to 1, of each indicator": (lambda: made(own=posts(0, 1)), ("0", "1"), 3),
    "0 to 1, of the section": (lambda: made({"name": "minmax", "range": [0, 1]}), ("0", "1"), 3),
    "1 to 100": (lambda: made({"name": "minmax", "range": [1, 100]}), ("1", "100"), 1),
    "0 to 100": (lambda: made({"name": "minmax"}), ("0", "100"), 1),
    "0 to 1000": (lambda: made({"name": "minmax", "range": [0, 1000]}), ("0", "1,000"), 0),
    "0 to 10": (lambda: made(own=posts(0, 10)), ("0", "10"), 2),
    "-1 to 1": (lambda: made({"name": "minmax", "range": [-1, 1]}), ("−1", "1"), 2),
    "0.5 to 0.75": (lambda: made(own=posts(0.5, 0.75)), ("0.5", "0.75"), 3),
    "z-scores": (lambda: made({"name": "zscore"}), None, 2),
    "ranks": (lambda: made({"name": "rank"}), None, 2),
    "shares of the best": (lambda: made({"name": "fraction"}), None, 3),
    "closeness to the ideal": (
        lambda: made(aggregate={"name": "topsis", "min_coverage": 0.6}), ("0", "1"), 3
    ),
    "all near each other": (lambda: made(own=posts(-5000, 5000)), ("−5,000", "5,000"), 0),
    "one in a thousand apart": (
        lambda: made(own={"name": "goalposts", "low": -9999, "high": 9999}), ("0", "100"), 4
    ),
}  # fmt: skip


def spoken(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


@pytest.mark.parametrize("scale", SCALES)
def test_every_output_says_the_ends_and_the_scores_of_the_scale(scale):
    make, ends, digits = SCALES[scale]
    result = make()
    say, material = Speaker("en"), collect(result)
    facts, pictures = material.facts, Pictures()
    assert facts.scale.digits["index"] == digits
    low, high = said = facts.scale.ends("en")
    assert ends is None or said == ends
    true = {one.code: one.score for one in facts.ranked}
    assert len(true) == 7
    assert all(spoken(low) <= score <= spoken(high) for score in true.values())

    texts = {
        "report": report.national(material, say).html,
        "profile": report.single(material, facts.ranked[0], say).html,
        "brief": report.short(material, say).html,
    }
    assert f"score, {low} to {high}" in texts["profile"]
    assert f"Scores run from {low} to {high}" in texts["report"]
    if ends not in (("0", "100"), ("1", "100")):
        for text in texts.values():
            assert not re.search(r"\b[01] to 100\b", text)
    told = re.findall(r'class="score">([−\d.,]+)</td><td class="part"', texts["report"])
    assert len(told) == 7
    outputs = {
        "ranking": told,
        "repr": re.findall(r"</td><td>([−\d.,]+)</td><td>ranked", result._repr_html_()),
        "console": [line.split()[3] for line in top(result).splitlines()[2:9]],
        "explain": [explained(result, code) for code in true],
    }
    for name, shown in outputs.items():
        assert_tell_apart(name, [spoken(one) for one in shown], list(true.values()), facts)

    # Every mark of a part or an indicator stands where its score is on its axis.
    for page in profiles(material, say, pictures):
        region = next(one for one in facts.regions if say.of(one.name) == page.name)
        for row, item in zip(page.rows, facts.items[1:], strict=True):
            score, (first, last) = facts.cell(region, item).score, facts.axis[item.id]
            if score is not None:
                assert first - 1e-9 <= score <= last + 1e-9
                assert spoken(row.score) == pytest.approx(score, abs=tenth(facts, item.id))


def explained(result: rating.Rating, code: str) -> str:
    """The score of the index in the lines of an explanation."""
    return result.explain(code).to_text().splitlines()[1].split(": ")[1].split()[0]


def tenth(facts, item: str) -> float:
    return 0.500001 * 10.0 ** -facts.scale.digits[item]


def assert_tell_apart(name: str, shown: list[float], true: list[float], facts) -> None:
    """What is shown is near the truth, and not the same where regions lie clearly apart."""
    assert shown == pytest.approx(true, abs=tenth(facts, "index")), name
    apart = 0.1 * (max(true) - min(true))
    for one, other in combinations(range(len(true)), 2):
        if abs(true[one] - true[other]) > apart:
            assert shown[one] != shown[other], name


@pytest.mark.parametrize("scale", SCALES)
def test_the_explorer_and_the_workbook_have_the_digits_and_ends_of_the_report(scale):
    make, _, digits = SCALES[scale]
    result = make()
    facts = collect(result).facts
    content = json.loads(json.dumps(model(result, "en")))
    for item in content["items"]:
        assert item["score_digits"] == facts.scale.digits[item["id"]]
        assert item["ends"]["en"] == list(facts.scale.ends("en", item["id"]))
    book = Workbook(to_bytes(result))
    assert book.format("Ranking", "F2") == f"{0:.{digits + 1}f}"


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_there_is_one_number_of_regions_compared_and_one_of_those_assessed(lang):
    result = made()
    say, material = Speaker(lang), collect(result)
    page = report.single(material, material.facts.ranked[0], say).html
    figures = re.findall(r'class="figure">(\d+)</p><p class="label">([^<]+)', page)
    assert ("7", say("profile.no_groups")) in figures
    assert say("profile.rank", n=7) in page
    assert say("brief.lead", as_of="", ranked=7).strip()[-20:] in report.short(material, say).html
    book = report.national(material, say).html
    assert say("cover.ranked", n=7, of=8) in book
