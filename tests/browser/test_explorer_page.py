"""The explorer in a browser: what a reader sees, hears, types and takes away."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from rating.publish.explorer import to_text
from rating.publish.facts import gather
from tests.publish.small import rated, regions

CUSTOM = "#w=qualified_labour:80,infrastructure:5"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "{{ 7 * 7 }}${7*7}[[data]]{n:a|b}",
    "=HYPERLINK(1)",
    "a\u202eb\u2066c\u2028d",
    "W" * 3000,
)


def first(page) -> str:
    return page.locator("#ranking tbody th").first.inner_text()


def slide(page, item: str, value: int) -> None:
    """Move a slider as a hand does, and let it rest."""
    page.evaluate(
        """([id, value]) => {
          const slider = document.getElementById(`weight-${id}`);
          slider.value = value;
          for (const kind of ["input", "change"]) {
            slider.dispatchEvent(new Event(kind, { bubbles: true }));
          }
        }""",
        [item, value],
    )


@pytest.mark.parametrize(
    ("hash", "width"),
    [("", 1400), (f"{CUSTOM}&lang=ru", 1400), ("#region=RU-TOM", 1400), ("#lang=ru", 390)],
    ids=["ranking", "your weights in Russian", "region", "phone"],
)
def test_axe_finds_nothing(hash, width, page, explorer):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(explorer + hash)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_is_one_request_and_under_300_kilobytes(page, explorer, served):
    served.asked.clear()
    page.goto(f"{explorer}#region=RU-MOW")
    page.goto(f"{explorer}{CUSTOM}")
    page.wait_for_load_state("networkidle")
    assert served.asked == ["/"]
    assert len(served.pages["/"].encode()) < 300_000


def test_a_redraw_keeps_the_rows_and_changes_what_they_say(page, explorer):
    """What it takes is measured by benchmarks/explorer.py."""
    page.goto(explorer)
    kept = page.evaluate(
        """() => {
          const rows = () => [...document.querySelectorAll("#ranking tbody tr")];
          const before = rows(), said = before.map((row) => row.textContent);
          change({ weights: new Map([[1, 90], [2, 1]]) });
          const after = new Set(rows());
          const changed = before.filter((row, n) => row.textContent !== said[n]);
          return [before.every((row) => after.has(row)), after.size, before.length, changed.length];
        }"""
    )
    assert kept[:3] == [True, 85, 85]
    assert kept[3] > 20


def test_the_published_place_is_shown_beside_the_readers_own_weights_only(page, explorer):
    page.goto(explorer)
    heads = page.get_by_role("columnheader", name="Was")
    assert heads.count() == 0
    page.goto(f"{explorer}{CUSTOM}")
    heads.wait_for()
    moved = page.locator("#ranking tbody .was .moved").all_inner_texts()
    assert any(text.startswith("▲") for text in moved)
    page.get_by_role("button", name="Русский").click()
    aloud = page.locator("#ranking tbody .was .aloud").all_text_contents()
    assert all("мест" in text or "без изменений" in text for text in aloud)
    page.locator("#reset").click()
    assert page.locator("#ranking tbody .was").first.is_hidden()


def test_nothing_can_be_loaded_or_sent(browser, explorer, served):
    page = browser.new_page()
    page.goto(explorer)
    served.asked.clear()
    page.evaluate(
        """async () => {
          const image = new Image();
          image.src = "/leak.png";
          const script = document.createElement("script");
          script.textContent = "window.broken = 1";
          const style = document.createElement("style");
          style.textContent = "body { background: url(/leak.css) }";
          const frame = document.createElement("iframe");
          frame.src = "/leak.html";
          document.body.append(image, script, style, frame);
          await fetch("/leak").catch(() => {});
          navigator.sendBeacon("/leak");
        }"""
    )
    page.wait_for_timeout(300)
    assert served.asked == []
    assert page.evaluate("window.broken") is None
    page.close()


def test_a_slider_ranks_anew_says_so_and_is_kept_in_the_address(page, explorer):
    page.goto(explorer)
    assert page.locator("#banner").inner_text() == ""
    slide(page, "infrastructure", 0)
    slide(page, "intellectual_property", 0)
    assert page.locator("#banner").inner_text().startswith("Your weights")
    assert "Your weights. First place: " in page.locator("#live").inner_text()
    page.wait_for_url("**/#w=infrastructure:0,intellectual_property:0")
    order = page.locator("#ranking tbody th").all_inner_texts()
    page.reload()
    assert page.locator("#ranking tbody th").all_inner_texts() == order
    page.get_by_role("button", name="Back to the published weights").click()
    assert page.locator("#banner").inner_text() == ""
    page.wait_for_url(explorer + "#")


def test_a_slider_moves_by_keyboard_and_is_heard(page, explorer):
    page.goto(explorer)
    slider = page.get_by_role("slider", name="Qualified labour")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "26"
    assert slider.get_attribute("aria-valuetext") == "25.7 %"
    assert page.evaluate("document.activeElement.id") == "weight-qualified_labour"


def test_weights_of_nothing_leave_nobody_ranked_and_say_why(page, explorer):
    page.goto(f"{explorer}#w={','.join(f'{p}:0' for p in PILLARS)}")
    assert page.get_by_text("All weights of this part are 0").is_visible()
    assert set(page.evaluate("page.result.ranks[0]")) == {None}


PILLARS = ("business_concentration", "qualified_labour", "intellectual_property", "infrastructure")


def test_a_head_sorts_and_says_how(page, explorer):
    page.goto(explorer)
    head = page.get_by_role("button", name="Region", exact=True)
    head.click()
    assert head.locator("..").get_attribute("aria-sort") == "ascending"
    names = page.locator("#ranking tbody th").all_inner_texts()
    assert names == sorted(names)
    head.press("Enter")
    assert page.locator("#ranking tbody th").all_inner_texts() == names[::-1]
    assert "highest first" in page.locator("#caption").inner_text()


def test_the_language_changes_words_and_numbers(page, explorer):
    page.goto(explorer)
    page.get_by_role("button", name="Русский").click()
    assert page.evaluate("document.documentElement.lang") == "ru"
    assert first(page) == "Москва"
    assert page.locator("#ranking tbody td.number:visible").nth(1).inner_text() == "72,3"
    assert page.title().startswith("Инвестиционный климат")
    page.goto(f"{explorer}#lang=ru&w=infrastructure:1")
    page.get_by_text("Ваши веса: это не").wait_for()


def test_a_region_opens_from_the_map_by_keyboard_and_closes_where_it_was(page, explorer):
    page.goto(explorer)
    assert page.locator('#map a[tabindex="0"]').count() == 1
    page.locator('#map a[tabindex="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    told = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    heading = page.locator("#region-name")
    assert told.startswith(f"{heading.inner_text()}: place ")
    assert page.evaluate("document.activeElement.id") == "region-name"
    page.go_back()
    assert page.locator("#overview").is_visible()
    assert page.evaluate("document.activeElement.textContent") == told.partition(":")[0]


def test_the_page_of_a_region_says_what_the_rating_says(page, explorer, result):
    page.goto(f"{explorer}#region=RU-TOM")
    shown = page.locator(".profile tbody tr").evaluate_all(
        "rows => rows.map((row) => row.cells[3].textContent)"
    )
    scores = {
        **dict(result.scores.filter(region="RU-TOM").select("node", "score").iter_rows()),
        **dict(result.values.filter(region="RU-TOM").select("indicator", "score").iter_rows()),
    }
    ids = page.evaluate("model.items.map((item) => item.id)")
    assert shown == [f"{scores[id]:.1f}" for id in ids]
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Print").is_visible()
    assert not page.locator("#back").is_visible()


def test_the_download_is_the_ranking_as_it_stands(page, explorer, result):
    page.goto(explorer + CUSTOM)
    with page.expect_download() as waited:
        page.locator("#download").click()
    text = Path(waited.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert waited.value.suggested_filename == "hitech_open-2019-your-weights.csv"
    assert {row["Weights"] for row in rows} == {"your weights"}
    own = dict(result.ranks.select("region", "rank").iter_rows())
    published = {row["Code"]: int(row["published place"] or 0) or None for row in rows}
    assert published == own
    assert [int(row["Place"]) for row in rows[:3]] == [1, 2, 3]


@pytest.mark.parametrize(
    "hash",
    ["#%E0%A4%A", "#region=%3Cb%3E&w=x:1,:,infrastructure:9999,index:5&sort=__proto__&lang=xx"],
)
def test_an_address_that_says_nothing_shows_the_published_ranking(hash, page, explorer):
    page.goto(explorer + hash)
    assert first(page) == "Moscow"
    assert page.locator("#banner").inner_text() == ""


def test_hostile_texts_stand_as_text(page, served):
    names = [*HOSTILE]
    known = regions(6, name_en=names, name_ru=names, district_en=names, district_ru=names)
    text = {"en": HOSTILE[1], "ru": HOSTILE[0]}
    groups = {"name": "share_of_gap", "cuts": [0.5], "labels": [HOSTILE[0], HOSTILE[2]]}
    nodes = [{"id": "p0"}, {"id": "p1"}]
    result = rated(
        count=6,
        name=text,
        node=[
            {"id": "index", "name": text},
            *({**n, "parent": "index", "name": text} for n in nodes),
        ],
        method={"groups": groups},
    )
    # The readers refuse bidi characters; a register made otherwise may have them.
    result = dataclasses.replace(result, regions=known)
    served.pages["/hostile"] = to_text(result)
    page.goto(f"{served.address}/hostile")
    assert page.title() == f"{HOSTILE[1]}, 2020"
    shown = page.locator("#ranking tbody th").all_inner_texts()
    for name in HOSTILE[:4]:
        assert name in shown
    assert "abc d" in shown
    assert max(map(len, shown)) == 120
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object").count() == 0
    with page.expect_download() as waited:
        page.locator("#download").click()
    content = Path(waited.value.path()).read_text("utf-8-sig")
    assert "'=HYPERLINK(1)" in content
    page.goto(f"{served.address}/hostile#region=R1&lang=ru")
    page.locator("#region-name").wait_for()
    assert page.locator("#region-name").inner_text() in HOSTILE
    assert page.locator("#title").inner_text() == HOSTILE[0]


def test_one_region_without_tiles_groups_or_values_is_shown(page, served):
    known = pl.DataFrame({"region": ["R0", "R1", "R2"]})
    result = rated(1, 0, count=3, register=known, missing=((1, 0),), method={})
    served.pages["/bare"] = to_text(result, lang="ru")
    page.goto(f"{served.address}/bare")
    assert page.locator("#map-part").is_hidden()
    assert page.locator("#ranking tbody tr").count() == 3
    page.goto(f"{served.address}/bare#region=R1")
    page.locator("#region-name").wait_for()
    assert json.loads(page.evaluate("JSON.stringify(page.result.status)")) == [
        "ranked",
        "ranked",
        "thin",
    ]


@pytest.fixture
def first_twenty(result, served):
    served.pages["/first"] = to_text(result, top=20)
    return f"{served.address}/first"


def test_of_regions_beyond_the_first_the_page_tells_the_group_alone(page, first_twenty, result):
    page.goto(first_twenty)
    rows = page.locator("#ranking tbody tr").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('a').getAttribute('href') !== null,"
        " ...[...row.cells].map((cell) => cell.textContent)])"
    )
    ranked = result.ranks["rank"].count()
    assert [row[0] for row in rows] == [True] * 20 + [False] * (ranked - 20) + [True] * (
        len(rows) - ranked
    )
    names = {
        result.name(code): group for code, group in result.ranks.select("region", "group").rows()
    }
    for linked, place, was, name, group, *scores, _ in rows:
        if not linked:
            assert (place, was, group) == ("—", "—", names[name])
            assert set(scores) == {"—"}
    assert f"{ranked} regions ranked" in page.locator("#about").inner_text()
    assert "The first 20 regions are told" in page.locator("#ranking-note").inner_text()
    page.goto(f"{first_twenty}#region={result.ranks['region'][19]}")
    assert f"place of {ranked}" in page.locator("#region .numbers").inner_text()
    medians = page.locator(".profile .median-column").all_inner_texts()[1:]
    middle = gather(result).middle
    ids = page.evaluate("model.items.map((item) => item.id)")
    assert medians == [f"{middle[item][1]:.1f}" for item in ids]
    places = page.locator(".profile tbody tr td:last-child").all_inner_texts()
    own = result.ranks["region"][19]
    nodes = dict(result.scores.filter(region=own).select("node", "rank").iter_rows())
    assert [(id, text) for id, text in zip(ids, places, strict=True) if id in nodes] == [
        (id, str(rank)) for id, rank in nodes.items()
    ]
    following = page.locator("#region [rel=next]").get_attribute("href")
    assert following.endswith(tuple(result.ranks["region"][ranked:]))
    page.goto(f"{first_twenty}#region={result.ranks['region'][20]}")
    assert page.locator("#overview").is_visible()


def test_own_weights_rank_those_that_are_told_and_say_so(page, first_twenty, result):
    page.goto(first_twenty + CUSTOM)
    assert "Only the first 20 regions are ranked again" in page.locator("#banner").inner_text()
    told = set(result.ranks["region"][:20])
    found = page.evaluate(
        "model.regions.map((region, r) => [region.code, page.result.ranks[0][r]])"
    )
    assert {code for code, place in found if place is not None} == told
    groups = page.evaluate("[page.result.groups, page.published.groups]")
    assert groups[0] == groups[1]
    assert Axe().run(page).response["violations"] == []
