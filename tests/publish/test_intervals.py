import dataclasses
import re

import pikepdf
import polars as pl
import pytest

from rating.errors import UsageError
from rating.publish import charts, compose, report
from rating.publish.intervals import intervals
from rating.publish.material import collect
from rating.publish.pages import Pictures
from rating.publish.texts import Speaker
from tests.publish.small import rated
from tests.publish.test_report import Elements, opened

UNCERTAIN = {
    "level": 0.8,
    "assumption": [
        {
            "id": "weights",
            "kind": "weights",
            "name": {"en": "Weights of the tree", "ru": "Веса дерева"},
            "note": {"en": "Ours might differ.", "ru": "Могли быть иными."},
            "draw": {"name": "dirichlet", "concentration": 5},
        },
        {"id": "scale", "kind": "normalise", "options": [{}, {"name": "rank"}]},
        {"id": "one_out", "kind": "leave_out", "items": "each"},
    ],
}
OUTSIDE = [{"year": 2020, "outside": ["R1"]}]


@pytest.fixture(scope="module")
def drawn():
    return rated(uncertainty=UNCERTAIN, edition=OUTSIDE)


@pytest.fixture(scope="module")
def sure(drawn):
    return drawn.uncertainty(draws=64, seed=7)


def html(result, sure, lang="en"):
    text = compose.report(collect(result, sure=sure), Speaker(lang), Pictures())
    return text.replace("\xa0", " ")  # "90 %" is not broken over lines


def cells(markup, kind):
    return re.findall(rf'<td class="{kind}">(.*?)</td>', markup)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_ranking_has_the_interval_of_every_place_and_a_dash_without_a_place(drawn, sure, lang):
    rows = sure.ranks.select("rank", "low", "high").rows()
    shown = ["—" if r is None else f"{a}–{b}" if a < b else str(a) for r, a, b in rows]
    assert cells(html(drawn, sure, lang), "interval") == shown
    assert shown.count("—") == 1


@pytest.mark.parametrize(
    ("lang", "texts"),
    [
        (
            "en",
            (
                "80% interval of the place",
                "Place and its 80% interval",
                "that cannot be told apart from the first of them",
                "Uncertainty of the places",
                "in 80% of 64 draws",
                "computed 64 times",
                "Weights of the tree",
                "Ours might differ.",
                "dirichlet, concentration = 5",
                "as declared",
                "nothing, i0, i1, i2, i3",
                "scrambled Sobol sequence",
            ),
        ),
        (
            "ru",
            (
                "интервал места, 80 %",
                "Место и его интервал 80 %",
                "неотличимых от первого в ряду",
                "Неопределённость мест",
                "в 80 % из 64 розыгрышей",
                "рейтинг пересчитан 64 раза",
                "Веса дерева",
                "Могли быть иными.",
                "dirichlet, concentration = 5",
                "как объявлено",
                "ничего, i0, i1, i2, i3",
                "перемешанная последовательность Соболя",
            ),
        ),
    ],
)
def test_the_intervals_are_explained_in_both_languages(drawn, sure, lang, texts):
    text = Elements(html(drawn, sure, lang)).text
    assert [one for one in texts if one not in text] == []


def test_a_profile_says_the_interval_and_how_often_the_group_was_held(drawn, sure):
    text = html(drawn, sure)
    first = text.split("<article")[1]
    row = sure.ranks.row(0, named=True)
    assert first.count('class="figure"') == 5
    assert f"held in {100 * row['p_group']:.0f}% of the draws" in first
    assert f"interval {row['low']}" in first
    last = text.split("<article")[-1]
    assert '<p class="figure">—</p><p class="label">80% interval of the place' in last
    assert "held in" not in last


def test_every_ranked_region_is_in_one_set_of_places(drawn, sure):
    groups = intervals(drawn, sure).groups
    assert sorted(code for group in groups for code in group) == ["R0", "R2", "R3", "R4"]


def test_one_draw_is_too_few_to_tell_places_apart(drawn):
    text = html(drawn, drawn.uncertainty(draws=1))
    assert "are too few to tell" in text
    assert "told from its first" not in text


def test_failed_draws_are_told(drawn, sure):
    failures = pl.DataFrame({"reason": ["no <gap>"], "draws": [3]})
    text = html(drawn, dataclasses.replace(sure, failures=failures))
    assert "3: no &lt;gap&gt; (3)" in text


def test_the_heads_and_tables_stay_whole(drawn, sure):
    elements = Elements(html(drawn, sure))
    heads = [attributes for tag, attributes in elements.tags if tag == "th"]
    assert all(head.get("scope") in ("col", "row", "rowgroup") for head in heads)
    assert all(attributes.get("alt") for tag, attributes in elements.tags if tag == "img")


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_second_run_with_the_same_seed_gives_the_same_bytes(drawn, sure, lang):
    again = drawn.uncertainty(draws=64, seed=7)
    assert report.to_bytes(drawn, lang=lang, sure=sure) == report.to_bytes(
        drawn, lang=lang, sure=again
    )


def test_without_draws_nothing_of_them_is_in_the_report(drawn):
    text = html(drawn, None)
    assert "This report was made without draws" in Elements(text).text
    names = ('"interval"', ' sure"', ' five"', ' assumptions"', 'id="intervals"', "Holds")
    assert not any(name in text for name in names)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_page_of_one_region_has_its_interval(drawn, sure, lang, tmp_path):
    path = drawn.to_pdf(tmp_path / "one.pdf", lang=lang, region="R2", sure=sure)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) <= 2


@pytest.mark.parametrize(
    "shape",
    [
        {"pillars": 10, "indicators": 40},
        {"pillars": 0, "method": {"groups": {"name": "none"}}},
        {"count": 2, "missing": ()},
    ],
    ids=["many indicators", "flat, no groups", "two regions"],
)
def test_sections_of_every_shape_fit_with_draws(shape):
    result = rated(uncertainty=UNCERTAIN, **shape)
    sure = result.uncertainty(draws=16)
    for lang in ("en", "ru"):
        with opened(report.to_bytes(result, lang=lang, sure=sure)) as pdf:
            assert len(pdf.pages) > 5


def test_draws_of_another_rating_are_refused(result, sure, tmp_path):
    with pytest.raises(UsageError, match="draws of another rating, small 2020"):
        result.to_pdf(tmp_path / "x.pdf", sure=sure)
    assert list(tmp_path.iterdir()) == []


def test_the_band_of_an_interval_stays_on_the_bar():
    scale = charts.Scale(0.5, 10.5, 600)
    plain = charts.position(3, 10, [(10, "#000000")], scale)
    band = charts.position(3, 10, [(10, "#000000")], scale, interval=(2, 12))
    assert plain != band
    assert f'x="{scale.at(1.5):g}"' in band
    assert charts.position(3, 10, [(10, "#000000")], scale, interval=None) == plain
