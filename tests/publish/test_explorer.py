"""The explorer as a file: what stands in it, and that nothing else can come in."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest

from rating.analysis.explain import explain
from rating.errors import UsageError
from rating.publish.explorer import SCRIPTS, to_text
from rating.publish.explorer_model import TEXTS, model
from rating.publish.texts import catalogue
from rating.publish.workbook import to_bytes
from rating.resources import folder
from tests.publish.small import rated, regions
from tests.publish.workbook_reader import Workbook

HOSTILE = ("</script><script>alert(1)</script>", "<!--<script>", "[[script]]\\1\\g<0>", "a\u2028b")


class Page(HTMLParser):
    """Start tags with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.within = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.within = tag in ("script", "style")
        if self.within:
            self.inside.append("")

    def handle_endtag(self, tag):
        self.within = False

    def handle_data(self, data):
        if self.within:
            self.inside[-1] += data


def policy(page: Page) -> dict[str, list[str]]:
    said = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    return {name: rest for name, *rest in (part.split() for part in said.split(";"))}


def test_only_the_style_and_the_script_of_the_file_are_allowed(result):
    page = Page(to_text(result))
    style, _data, script = page.inside

    def hashed(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy(page) == {
        "default-src": ["'none'"],
        "style-src": [hashed(style)],
        "script-src": [hashed(script)],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_nothing_in_the_file_asks_for_another_file(result):
    text = to_text(result)
    page = Page(text)
    asked = [
        a[key] for _, a in page.tags for key in ("src", "href", "action", "srcset") if key in a
    ]
    assert asked == ["data:,", "#main"]
    assert not re.search(
        r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text.replace("\\u", "")
    )
    assert not any(name.startswith("on") for _, a in page.tags for name in a)


def test_hostile_texts_end_nothing_and_are_not_filled_in():
    names = [*HOSTILE]
    known = regions(4, name_en=names, name_ru=names)
    text = {"en": HOSTILE[0], "ru": HOSTILE[2]}
    node = [{"id": "index", "name": text}, *({"id": f"p{n}", "parent": "index"} for n in (0, 1))]
    result = rated(count=4, missing=(), node=node, name=text)
    page = Page(to_text(dataclasses.replace(result, regions=known)))
    assert [tag for tag, _ in page.tags].count("script") == 2
    held = json.loads(page.inside[1])
    assert held["title"] == text
    shown = {region["code"]: region["name"]["en"] for region in held["regions"]}
    assert shown == {f"R{n}": name.replace("\u2028", " ") for n, name in enumerate(names)}


def test_the_file_is_the_same_for_the_same_rating_and_holds_both_languages(result):
    english, russian = to_text(result), to_text(result, lang="ru")
    assert english == to_text(result)
    held = json.loads(Page(russian).inside[1])
    assert held["lang"] == "ru"
    assert held["title"] == {"en": "Small rating", "ru": "Малый рейтинг"}
    assert {*held["texts"]["en"]} == {*held["texts"]["ru"]}


def test_every_text_is_used_and_in_both_languages():
    texts = catalogue(TEXTS)
    read = "".join((folder("reports") / "explorer" / f).read_text("utf-8") for f in SCRIPTS)
    read += (folder("reports") / "explorer" / "page.html").read_text("utf-8")
    for key, text in texts.items():
        name = key.removeprefix("explorer.")
        assert re.search(rf"\b{name}\b", read), key
        assert set(re.findall(r"{(\w+)", text.ru)) <= set(re.findall(r"{(\w+)", text.en)), key
        assert re.search("[а-яё]", text.ru, re.I) or key == "explorer.share"


def test_the_model_holds_the_scores_of_the_rating_to_the_last_digit(result):
    held = model(result, "en")
    codes = [region["code"] for region in held["regions"]]
    for item, scores in held["scores"].items():
        own = result.values.filter(pl.col("indicator") == item)
        assert dict(zip(codes, scores, strict=True)) == dict(
            own.select("region", "score").iter_rows()
        )


def test_a_region_outside_and_one_screened_out_may_not_be_ranked():
    method = {"screen": {"name": "availability", "available": 0.9}}
    result = rated(edition=[{"year": 2020, "outside": ["R1"]}], method=method)
    held = {region["code"]: region["eligible"] for region in model(result, "en")["regions"]}
    assert held == {"R0": True, "R1": False, "R2": True, "R3": True, "R4": False}


def test_the_page_is_written_and_its_place_returned(result, tmp_path):
    place = tmp_path / "page.html"
    assert result.to_html(place, lang="ru") == place
    assert '<html lang="ru">' in place.read_text("utf-8")
    with pytest.raises(UsageError, match="is a folder"):
        result.to_html(tmp_path)


def test_an_unknown_language_is_refused(result):
    with pytest.raises(UsageError, match="no language 'de'"):
        to_text(result, lang="de")


def test_what_is_made_of_invented_figures_says_so_everywhere():
    real = rated()
    invented = dataclasses.replace(real, data=dataclasses.replace(real.data, synthetic=True))
    code = real.ranks["region"][0]
    for lang, told in (("en", "the figures are invented"), ("ru", "числа вымышлены")):
        assert told in explain(invented, code, lang=lang).to_text(lang)
        assert told not in explain(real, code, lang=lang).to_text(lang)
        book, other = (Workbook(to_bytes(one, lang=lang)) for one in (invented, real))
        first = book.names[0]
        assert any(told in str(cell) for cell in book.values[first].values())
        assert not any(told in str(cell) for cell in other.values[first].values())
    assert model(invented, "en")["synthetic"]
    assert not model(real, "en")["synthetic"]
