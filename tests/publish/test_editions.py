"""What each edition tells, what is attached to it, and many at once."""

import csv
import dataclasses
import io
import json
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from rating.errors import UsageError
from rating.publish import compose, many, report
from rating.publish.many import each_region
from rating.publish.material import collect
from rating.publish.pages import Pictures
from rating.publish.texts import Speaker
from rating.resources import folder
from tests.publish.small import NAMES, rated, regions
from tests.publish.test_intervals import UNCERTAIN
from tests.publish.test_report import HOSTILE, Elements, opened


@pytest.fixture(scope="module")
def eight():
    return rated(count=8, uncertainty=UNCERTAIN)


def national(result, lang="en", **more):
    return compose.report(collect(result, **more), Speaker(lang), Pictures())


def attached(pdf):
    with opened(pdf) as file:
        return {name: spec.get_file().read_bytes() for name, spec in file.attachments.items()}


def test_of_regions_beyond_the_top_nothing_but_the_group_is_told(eight):
    hidden = [row["region"] for row in eight.ranks.iter_rows(named=True) if row["rank"] > 3]
    material = collect(eight, top=3)
    assert len(material.facts.ranked) == 3
    assert {region.code for region in material.facts.grouped} == set(hidden)
    text = national(eight, top=3, sure=eight.uncertainty(draws=16))
    ranking = text.split('id="ranking"')[1].split("</section>")[0]
    assert text.count("<article") == 3
    scores = {f"{s:.1f}" for s in eight.ranks.filter(eight.ranks["rank"] > 3)["score"]}
    shown = set(re.findall(r'<td class="score">([\d.]+)</td>', ranking))
    assert not scores & shown
    for place in material.facts.grouped:
        assert f">{place.name.en}</a>" not in text
    assert "Places are given for the first 3" in Elements(text).text


def test_the_files_of_a_public_edition_hold_back_the_same(eight):
    pdf = report.to_bytes(eight, top=3)
    rows = list(csv.DictReader(io.StringIO(attached(pdf)["results.csv"].decode())))
    assert [row["region"] for row in rows if row["rank"]] == eight.ranks["region"][:3].to_list()
    assert all(not row["score_index"] for row in rows if not row["rank"])
    given = json.loads(attached(pdf)["results.json"])
    beyond = [one for one in given["regions"] if one["status"] == "grouped"]
    assert len(beyond) == 5
    assert [one["indicators"] for one in beyond] == [{}] * 5


def test_the_order_of_those_held_back_does_not_tell_their_places(eight):
    names = [region.name.en for region in collect(eight, top=3).facts.grouped]
    assert names == sorted(names)


def test_a_regions_own_edition_says_so_on_every_page_and_adds_up(eight):
    material = collect(eight)
    region = material.facts.ranked[-1]
    html = compose.profile(material, region, Speaker("en"), Pictures(), audience="own")
    assert f"Confidential: for {region.name.en}" in html
    parts = compose.breakdown(material.facts, region, Speaker("en"))
    assert parts[0].score == f"{region.score:.2f}"
    top = [float(one.contribution) for one in parts if one.depth == 1]
    assert sum(top) == pytest.approx(region.score, abs=0.02)
    assert "Confidential" not in compose.profile(material, region, Speaker("en"), Pictures())


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"audience": "own"}, "'own' is the edition of one region"),
        ({"audience": "own", "region": "R0", "top": 3}, "tells everything"),
        ({"top": 0}, "the first 0 regions"),
        ({"brief": True, "region": "R0"}, "is not of one region"),
        ({"region": "R4", "top": 1}, "not among those that are told"),
    ],
)
def test_options_that_do_not_go_together_are_refused(eight, options, what):
    with pytest.raises(UsageError, match=what):
        report.to_bytes(eight, **options)


def test_the_pdf_is_one_that_archives_and_readers_take(english):
    with opened(english) as pdf:
        meta = bytes(pdf.Root.Metadata.read_bytes()).decode()
        assert meta.count("<rdf:RDF") == 1
        for name, value in (("aid:part", "3"), ("aid:conformance", "A"), ("uaid:part", "1")):
            assert re.search(rf"pdf{name}(=\"|>){value}", meta), name
        ElementTree.fromstring(meta.partition("?>")[2].partition("<?xpacket")[0])
        files = list(pdf.Root.AF)
        assert len(files) == len({one.objgen for one in files}) == 3
        assert set(pdf.attachments) == {"results.csv", "results.json", "manifest.json"}
        assert pdf.check_pdf_syntax() == []


def test_the_attached_result_is_the_result(result, english):
    held = attached(english)
    rows = list(csv.DictReader(io.StringIO(held["results.csv"].decode())))
    assert [int(row["rank"]) for row in rows if row["rank"]] == result.ranks["rank"].to_list()
    manifest = json.loads(held["manifest.json"])
    assert manifest["result_sha256"] == result.digest


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_brief_has_two_to_four_pages_and_the_chances_of_the_draws(eight, lang):
    sure = eight.uncertainty(draws=16)
    pdf = report.to_bytes(eight, lang=lang, brief=True, sure=sure, contact="Us <us@example.org>")
    with opened(pdf) as file:
        assert 2 <= len(file.pages) <= 4
    html = compose.short(collect(eight, sure=sure), Speaker(lang), Pictures(), contact="<b>us</b>")
    elements = Elements(html)
    assert "<b>us</b>" in elements.text
    levels = [int(tag[1]) for tag, _ in elements.tags if tag[1:].isdigit()]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_each_region_gets_the_same_bytes_from_one_process_and_from_two(eight, tmp_path):
    alone = each_region(eight, tmp_path / "one", processes=1, top=3)
    both = each_region(eight, tmp_path / "two", processes=2, top=3)
    assert [path.name for path in alone] == [path.name for path in both]
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in both]
    first = eight.ranks["region"][0]
    assert alone[0].read_bytes() == report.to_bytes(eight, region=first, top=3)


@pytest.mark.parametrize("code", ["../R0", "a/b", "", "x" * 99, "R\x00", "C:R0"])
def test_a_code_that_is_no_file_name_is_refused(code, result):
    region = dataclasses.replace(collect(result).facts.regions[0], code=code)
    with pytest.raises(UsageError, match="cannot be the name of a file"):
        many.file_name(region)


def test_hostile_names_are_text_in_every_publication(eight):
    names = [*HOSTILE, *NAMES[:3]]
    result = dataclasses.replace(eight, regions=regions(8, name_en=names))
    material = collect(result)
    say = Speaker("en")
    made = [compose.short(material, say, Pictures())]
    made += [
        compose.profile(material, region, say, Pictures(), audience="own")
        for region in material.facts.regions
    ]
    assert "<script>alert(1)</script>" in "".join(Elements(html).text for html in made)
    for html in made:
        tags = {tag for tag, _ in Elements(html).tags}
        assert not tags & {"script", "object", "iframe", "embed", "link", "svg"}
        sources = {a.get("src", "") for tag, a in Elements(html).tags if tag == "img"}
        assert all(source.startswith("chart:") for source in sources)


def test_invented_data_say_so_on_every_page(result):
    invented = dataclasses.replace(result, data=dataclasses.replace(result.data, synthetic=True))
    for lang, words in (("en", "Synthetic data"), ("ru", "Синтетические данные")):
        elements = Elements(national(invented, lang))
        assert ("p", {"class": "marking"}) in elements.tags
        assert words in elements.text
        assert words not in Elements(national(result, lang)).text
    # The margin of every page but the cover, which says it in a line of its own, holds the mark.
    css = (folder("reports") / "style.css").read_text("utf8")
    assert ".marking { string-set: mark content(text); }" in css
    assert "@top-center { content: string(mark);" in css
    assert 'class="invented"' in national(invented)
