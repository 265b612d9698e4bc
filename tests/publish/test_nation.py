"""The national pages that need draws and earlier editions."""

import re
from itertools import pairwise

import pytest

import rating
from rating.publish import compose
from rating.publish.material import collect
from rating.publish.nation import movers
from rating.publish.pages import Pictures
from rating.publish.texts import Speaker
from tests.publish.test_second_page import over_years

NARROW = {
    "level": 0.8,
    "assumption": [
        {"id": "w", "kind": "weights", "draw": {"name": "dirichlet", "concentration": 9000}}
    ],
}


@pytest.fixture(scope="module")
def material():
    chosen, data = over_years(uncertainty=NARROW)
    result = rating.rate(chosen, data, edition=2020)
    return collect(result, sure=result.uncertainty(draws=32))


def test_a_label_of_the_slope_chart_says_all_of_a_mover_and_stands_by_the_place_now(material):
    found = movers(material, Speaker("en"), Pictures())
    parts = [re.fullmatch(r"(\d+) → (\d+) (\w+)", label.text) for label in found.labels]
    assert len(parts) > 1
    held = {region.name.en: region for region in material.facts.ranked}
    for before, now, name in (part.groups() for part in parts):
        assert int(now) == held[name].rank
        assert int(before) == material.history.earlier(held[name].code)
    tops = [float(label.top.removesuffix("mm")) for label in found.labels]
    assert all(after - before > 3 for before, after in pairwise(tops))
    assert [end.text for end in found.ends] == ["1", "5"]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_labels_follow_each_other_with_nothing_between_them(material, lang):
    text = compose.report(material, Speaker(lang), Pictures())
    chart = text.partition('class="slope"')[2].partition("</div>")[0]
    kinds = re.findall(r'<span class="(\w+)"', chart)
    assert kinds == sorted(kinds, reverse=True)
    assert kinds.count("left") == 2
