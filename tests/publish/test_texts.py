import re
from pathlib import Path

import pytest

from rating.definitions.methods import STEPS
from rating.publish import second_page, texts
from rating.publish.texts import Speaker, catalogue, clean
from rating.resources import folder
from rating.text import Text

ROOT = Path(__file__).parents[2]
# Keys that the code puts together from a name of the definitions.
MADE = re.compile(
    r"(step|screen|treat|weights|impute|normalise|aggregate|groups)\.|annex\.direction_|"
    r"ranking\.status_|check\.(title|text|grid|head|flag|kind|verdict)_|peers\.(by|size)_|"
    r"sites\.(valid|soon|ended|suspended|revoked)$|profile\.(population|product|employed)$|"
    r"peers\.(population|product)$|guide\.caution_|movers\.(none|no_draws)$"
)


def sources() -> str:
    files = [*folder("reports").glob("*.html"), *(ROOT / "rating" / "publish").glob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_text_of_the_catalogue_is_used_and_every_used_one_is_there():
    used = set(re.findall(r'"((?:[a-z]+)\.(?:[a-z_0-9]+))"', sources()))
    chapters = {key.partition(".")[0] for key in catalogue()}
    called = {key for key in used if key.partition(".")[0] in chapters and "html" not in key}
    assert {key for key in catalogue() if not MADE.match(key)} - called == set()
    assert called - set(catalogue()) == set()


def test_every_method_has_its_sentence():
    for step in STEPS:
        assert f"step.{step}" in catalogue()
        assert {f"{step}.{name}" for name in STEPS[step]} <= set(catalogue())


def test_every_text_is_in_both_languages_with_the_same_values():
    same = {"page.footer", "annex.column_sha", "finding.leader_of_pillar"}
    for key, text in catalogue().items():
        assert (text.en != text.ru) or key in same, key
        assert bool(re.search("[а-яё]", text.ru, re.I)) or key in same | {"ranking.column_rank"}

        def names(shown):
            return set(re.findall(r"{(\w+)", shown))

        # A plural form asks again for a value that the other language may not need.
        assert names(text.ru) <= names(text.en), key


def test_templates_hold_no_sentences():
    for file in folder("reports").glob("*.html"):
        markup = file.read_text(encoding="utf-8")
        for code in (r"{#.*?#}|{%.*?%}|{{.*?}}", r"<[^>]*>"):
            markup = re.sub(code, " ", markup)
        assert re.findall(r"[A-Za-zА-я]{2,}", markup) == [], file.name


@pytest.mark.parametrize(
    ("lang", "count", "shown"),
    [
        ("en", 1, "1 region"),
        ("en", 1234, "1,234 regions"),
        ("ru", 1, "1 регион"),
        ("ru", 3, "3 региона"),
        ("ru", 11, "11 регионов"),
        ("ru", 5000, "5\xa0000 регионов"),
    ],
)
def test_a_count_asks_for_its_form(lang, count, shown):
    assert Speaker(lang)("ranking.group_size", n=count) == shown


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Tomsk\u202e Oblast", "Tomsk Oblast"),
        ("a\x00b\tc\nd", "a b c d"),
        ("и\u0306", "й"),
        ("\u2066x\u2069\u200b\ufeff", "x"),
        ("  a   b  ", "a b"),
        ("\ud800x", "x"),
    ],
)
def test_control_and_bidi_characters_are_not_printed(written, printed):
    assert clean(written) == printed


def test_a_long_text_is_cut():
    assert clean("x" * 5000, 10) == "xxxxxxxxx…"
    assert len(clean("x" * 50_000)) == texts.TEXT_LENGTH


def test_a_number_of_a_text_is_not_broken_over_lines():
    from rating.text import Text

    assert Speaker("ru").of(Text(en="x", ru="на 10 000 жителей")) == "на 10\xa0000 жителей"


def test_the_steps_of_squeezing_are_as_many_everywhere():
    from rating.publish.report import SQUEEZES, STRICT

    lists = (second_page.NAMES, second_page.SITES, second_page.GAPS)
    assert {len(one) for one in lists} == {STRICT}
    assert SQUEEZES % STRICT == 0  # the lists are gone through more than once


@pytest.mark.parametrize(("lang", "shown"), [("en", "10 or more, 50%"), ("ru", "50\xa0%")])
def test_the_sign_of_per_cent_stands_as_the_language_has_it(lang, shown):
    say = Speaker(lang)
    assert say.of(Text(en="10 or more, 50 %", ru="50 %")) == shown
    assert say("draws.level_value", level="90").startswith("90%" if lang == "en" else "90\xa0%")
