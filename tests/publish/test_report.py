import dataclasses
import hashlib
import os
import subprocess
import sys
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest

import rating
from rating.errors import DataError, UsageError
from rating.publish import compose, report
from rating.publish.material import collect
from rating.publish.pages import Pictures
from rating.publish.texts import Speaker
from tests.publish.small import NAMES, RUSSIAN, rated, regions

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    '"><img src="file:///etc/passwd">',
    "&lt;b&gt; \u202eevil\u202c \x07bell",
    "long " * 700 + "end",
)


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def titles(pdf: bytes) -> list[tuple[int, str]]:
    """Depth and title of every entry of the outline."""
    found = []

    def walk(items, depth):
        for item in items:
            found.append((depth, item.title))
            walk(item.children, depth + 1)

    with opened(pdf) as file, file.open_outline() as outline:
        walk(outline.root, 1)
    return found


def html(result: rating.Rating, lang: str = "en") -> str:
    return compose.report(collect(result), Speaker(lang), Pictures())


class Elements(HTMLParser):
    """Every start tag with its attributes, and whatever text there is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(("lang", "title"), [("en", "Small rating"), ("ru", "Малый рейтинг")])
def test_the_file_is_tagged_and_says_its_language_and_title(lang, title, request):
    with opened(request.getfixturevalue("english" if lang == "en" else "russian")) as pdf:
        assert pdf.Root.Lang == lang
        assert pdf.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in pdf.Root
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.docinfo.Title) == f"{title}, 2020"
        assert str(pdf.docinfo.CreationDate).startswith("D:20201231")
        with pdf.open_metadata() as meta:
            assert meta["dc:title"] == f"{title}, 2020"


def test_only_the_bundled_fonts_are_in_the_file(english):
    with opened(english) as pdf:
        names = {str(one.BaseFont) for one in pdf.objects if _is_font(one)}
    assert names
    assert all("+Report-Sans" in name for name in names)


def _is_font(thing: pikepdf.Object) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font"


@pytest.mark.parametrize(("lang", "names"), [("en", NAMES[:5]), ("ru", RUSSIAN[:5])])
def test_the_outline_has_the_chapters_and_under_one_of_them_the_regions(lang, names, request):
    found = titles(request.getfixturevalue("english" if lang == "en" else "russian"))
    say = Speaker(lang)
    chapters = [title for depth, title in found if depth == 1]
    keys = ("contents.title", "guide.title", "finding.title", "ranking.title", "map.title")
    keys += ("circles.chapter", "profiles.title", "annex.title")
    assert chapters[1:] == [say(key) for key in keys]
    assert sorted(title for depth, title in found if depth == 2) == sorted(names)


def test_every_region_has_two_pages_at_most(english):
    with opened(english) as pdf, pdf.open_outline() as outline:
        numbers = {page.objgen: n for n, page in enumerate(pdf.pages)}
        chapters = {item.title: item for item in outline.root}
        starts = [_page(item, pdf, numbers) for item in chapters["Region profiles"].children]
        annex = _page(chapters["Methods and sources"], pdf, numbers)
    spans = [after - before for before, after in pairwise([*starts, annex])]
    assert len(starts) == 5
    assert set(spans) <= {1, 2}


def _page(item: pikepdf.OutlineItem, pdf: pikepdf.Pdf, numbers: dict[tuple[int, int], int]) -> int:
    return numbers[item.destination[0].objgen]


def test_the_ranking_leads_to_every_profile_and_back(result):
    links = [a["href"] for tag, a in Elements(html(result)).tags if tag == "a"]
    for place in range(1, 6):
        assert links.count(f"#region-{place}") >= 3  # ranking, map, index of profiles
    assert links.count("#ranking") == 5 + 2  # every profile, and twice in the contents


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_headings_never_jump_a_level(result, lang):
    levels = [int(tag[1]) for tag, _ in Elements(html(result, lang)).tags if tag[1:].isdigit()]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_heads_with_scope_and_every_picture_words(result):
    elements = Elements(html(result))
    heads = [attributes for tag, attributes in elements.tags if tag == "th"]
    assert all(head.get("scope") in ("col", "row", "rowgroup") for head in heads)
    tables = html(result).split("<table")[1:]
    assert all("<th " in table.partition("</table>")[0] for table in tables)
    assert all(attributes.get("alt") for tag, attributes in elements.tags if tag == "img")


def test_every_link_of_a_page_is_in_a_link_of_the_tree(english):
    with opened(english) as pdf:
        tree = dict(_pairs(pdf.Root.StructTreeRoot.ParentTree))
        links = [one for page in pdf.pages for one in page.get("/Annots", [])]
        assert len(links) > 30
        assert {str(tree[int(one.StructParent)].S) for one in links} == {"/Link"}


def _pairs(tree: pikepdf.Object):
    """Number and element of a number tree, whatever its depth."""
    numbers = list(tree.get("/Nums", []))
    yield from ((int(n), one) for n, one in zip(numbers[::2], numbers[1::2], strict=True))
    for kid in tree.get("/Kids", []):
        yield from _pairs(kid)


def test_who_is_out_of_the_ranking_stands_at_its_end_and_not_on_a_page_alone():
    result = rated(edition=[{"year": 2020, "outside": ["R3"]}])
    ranking = html(result).split('id="ranking"')[1].split("</section>")[0]
    assert ranking.count("<table") == 1
    assert "Assessed outside the ranking" in ranking.rpartition("<tbody>")[2]


def test_small_tables_have_no_more_heads_than_cells(result):
    for table in html(result).split("<table")[1:]:
        table = table.partition("</table>")[0]
        columns = table.partition("</thead>")[0].count("<th ")
        if "<thead" in table and columns < 4:
            assert "<th " not in table.partition("</thead>")[2], table


def test_a_second_run_gives_the_same_bytes(result, english):
    assert report.to_bytes(result) == english


def test_hash_seed_time_zone_and_locale_change_nothing(english):
    code = (
        "import hashlib; from rating.publish.report import to_bytes;"
        "from tests.publish.small import rated;"
        "print(hashlib.sha256(to_bytes(rated())).hexdigest())"
    )
    odd = {"PYTHONHASHSEED": "77", "TZ": "Asia/Kamchatka", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    env = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"} | odd
    run = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == hashlib.sha256(english).hexdigest()
    assert run.stderr == ""


def test_the_date_of_the_file_can_be_given(result, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert compose.created(result) == "1970-01-02T00:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH = 'yesterday'"):
        compose.created(result)


def test_hostile_names_are_printed_as_text():
    # Put in behind the reader, which would refuse some of them.
    result = dataclasses.replace(rated(), regions=regions(name_en=list(HOSTILE)))
    elements = Elements(html(result))
    assert "<script>alert(1)</script>" in elements.text
    assert "{{ 7 * 7 }}{% raw %}" in elements.text
    assert '"><img src="file:///etc/passwd">' in elements.text
    assert "&lt;b&gt; evil bell" in elements.text
    assert not any(letter in elements.text for letter in "\u202e\u202c\x07")
    assert {tag for tag, _ in elements.tags} & {"script", "b", "object", "iframe"} <= {"b"}
    sources = {a.get("src", "").partition(":")[0] for tag, a in elements.tags if tag == "img"}
    assert sources == {"chart"}
    outline = [title for depth, title in titles(report.to_bytes(result)) if depth == 2]
    assert "<script>alert(1)</script>" in outline
    assert all(len(title) <= 120 for title in outline)


def test_hostile_texts_of_a_definition_are_printed_as_text():
    section_name = {"en": HOSTILE[0], "ru": HOSTILE[1]}
    result = rated(name=section_name, description=HOSTILE[2])
    for lang in ("en", "ru"):
        elements = Elements(html(result, lang))
        assert section_name[lang] in elements.text
        assert "script" not in {tag for tag, _ in elements.tags}


def test_only_web_addresses_become_links():
    bad = {"title": "T", "publisher": "P", "url": "javascript:alert(1)"}
    given = rated()
    indicator = given.section.indicator[0].model_dump()
    indicator["source"] = [bad, {**bad, "url": "file:///etc/passwd"}]
    others = [one.model_dump() for one in given.section.indicator[1:]]
    links = {
        attributes["href"]
        for tag, attributes in Elements(html(rated(indicator=[indicator, *others]))).tags
        if tag == "a"
    }
    assert {link for link in links if not link.startswith("#")} == {"https://example.org/t"}


def test_a_letter_without_a_glyph_is_an_error_that_names_it():
    names = ["Alpha", "東京", "Gamma", "Delta", "Epsilon"]
    with pytest.raises(DataError, match=r"region R1, name:\n.*'東'"):
        report.to_bytes(rated(register=regions(name_en=names)))


@pytest.mark.parametrize(
    "shape",
    [
        {"pillars": 0},
        {"pillars": 1, "indicators": 1, "missing": ()},
        {"pillars": 10, "indicators": 10},
        {"pillars": 3, "indicators": 42, "count": 3},
        {"method": {"groups": {"name": "none"}, "normalise": {"name": "zscore"}}},
        {"count": 2, "missing": ()},
        {
            "pillars": 0,
            "missing": tuple((n, 0) for n in range(5)),
            "method": {"aggregate": {"name": "arithmetic", "min_coverage": 1.0}},
        },
        {"register": regions().select("region")},
        {"edition": [{"year": 2020, "outside": ["R1", "R3"], "note": "Two are outside."}]},
    ],
    ids=[
        "flat",
        "one indicator",
        "many pillars",
        "many indicators",
        "no groups, z-scores",
        "two regions",
        "nobody ranked",
        "no names",
        "some outside",
    ],
)
def test_sections_of_every_shape_fit(shape):
    assert report.to_bytes(rated(**shape)).startswith(b"%PDF")


@pytest.mark.parametrize("indicators", [20, 40, 90])
def test_long_names_still_leave_two_pages_a_region(indicators):
    long = regions(name_en=["Wordlessly" * 12] * 5)
    result = rated(indicators=indicators, register=long, missing=tuple((0, n) for n in range(18)))
    with opened(report.to_bytes(result, region="R0")) as pdf:
        assert len(pdf.pages) == 2


def test_the_page_of_one_region_stands_alone(result, tmp_path):
    path = result.to_pdf(tmp_path / "one.pdf", region="R2", lang="ru")
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) <= 2
    assert titles(path.read_bytes()) == [(1, "Гамма")]


def test_an_unknown_region_or_language_is_a_usage_error(result, tmp_path):
    with pytest.raises(UsageError, match="no region 'R22' in the rating"):
        result.to_pdf(tmp_path / "x.pdf", region="R22")
    with pytest.raises(UsageError, match="no language 'de'"):
        result.to_pdf(tmp_path / "x.pdf", lang="de")
    assert list(tmp_path.iterdir()) == []
