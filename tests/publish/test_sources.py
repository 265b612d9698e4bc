"""Sources are told in the language of the page, wherever they stand."""

import re
from functools import cache

import pytest

import rating
from rating.analysis.explain import explain
from rating.publish.texts import Speaker
from rating.publish.workbook import to_bytes
from tests.publish.small import rated, section
from tests.publish.test_editions import national
from tests.publish.test_report import Elements
from tests.publish.workbook_reader import Workbook

SHIPPED = [
    ("hitech", "data/demo", 2026, "translational_medicine"),
    ("hitech_open", "data/open", 2019, None),
    ("hitech_open_2022", "data/innovation_2022", 2022, None),
]
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
# What is written with the same letters in both languages.
NAMES = {"AAALAC International", "WFCC-MIRCEN WDCM"}


@cache
def shipped(name, folder, edition, sector):
    own = rating.load(name)
    return rating.rate(own, rating.read(folder, own), edition=edition, sector=sector)


def words(text, name):
    """Whether a text has a name as words of their own, not as a part of an address or a column."""
    return re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w/-])", text) is not None


@pytest.mark.parametrize("given", SHIPPED, ids=lambda given: given[0])
def test_titles_and_publishers_are_in_both_languages(given):
    result = shipped(*given)
    for source in result.origins:
        for text in (source.title, source.publisher):
            assert CYRILLIC.search(text.ru) or text.en in NAMES
            assert not CYRILLIC.search(text.en)
        if source.table is not None and re.search("[A-Za-z]{4}", source.table.en):
            assert CYRILLIC.search(source.table.ru)


@pytest.mark.parametrize("given", SHIPPED, ids=lambda given: given[0])
def test_no_page_of_a_russian_report_has_a_publisher_in_english(given):
    result = shipped(*given)
    text = Elements(national(result, "ru")).text
    english = {one.publisher.en for one in result.origins} - NAMES
    assert [name for name in sorted(english) if words(text, name)] == []
    told = {Speaker("ru").of(one.publisher) for one in result.origins}
    assert [name for name in sorted(told) if name.casefold() not in text.casefold()] == []


def test_no_sheet_of_a_russian_workbook_has_a_source_in_english():
    result = shipped(*SHIPPED[1])
    book = Workbook(to_bytes(result, lang="ru"))
    cells = [str(cell) for name in book.names for cell in book.values[name].values()]
    assert "не указана" in cells
    assert "not stated" not in cells
    for one in result.origins:
        assert not any(words(cell, one.publisher.en) for cell in cells)
        assert any(one.cited("ru") in cell for cell in cells)


def test_the_audit_and_an_explanation_name_sources_in_their_language():
    result = shipped(*SHIPPED[1])
    page = result.audit().to_html(lang="ru")
    told = explain(result, "RU-TOM", lang="ru").to_text("ru")
    for text in (page, told):
        assert "Росстат, Регионы России" in text
        assert "Rosstat" not in text
    assert "Rosstat, Regions of Russia" in explain(result, "RU-TOM").to_text()


def test_a_source_in_one_language_is_told_so_in_both():
    plain = {"title": "A table", "publisher": {"en": "Us"}}
    indicator = [{**one.model_dump(), "source": [plain]} for one in section().indicator]
    told = rated(indicator=indicator)
    assert "Us, A table" in explain(told, "R0", lang="ru").to_text("ru")


def test_a_source_that_nobody_confirmed_says_so_beside_the_figure():
    result = shipped(*SHIPPED[0])
    for lang, mark in (("en", "(not verified)"), ("ru", "(не проверен)")):
        told = explain(result, "RU-TOM", lang=lang)
        sources = dict(told.values.select("indicator", "source").iter_rows())
        for item in result.indicators:
            unsure = sum(not source.verified for source in item.source)
            assert sources[item.id].count(mark) == unsure
