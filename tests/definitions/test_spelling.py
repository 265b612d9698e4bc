"""The grammar of a region's key, over every character that Unicode assigns."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions import spelling
from rating.definitions.model import Edition
from rating.errors import DefinitionError

NAMES = (
    "RU-TOM", "UA-43", "01", "1.1", "r1", "DE_1", "Côte d'Ivoire", "Côte d’Ivoire", "São Tomé",
    "Bolivia (Plurinational State of)", "Việt Nam", "Åland", "'s-Hertogenbosch", "Bolzano/Bozen",
    "Washington, D.C.", "Korea, Dem. People's Rep.", "Kosovo*", "Ханты-Мансийский АО — Югра",
    "№ 5", "Türkiye", "中国", "대한민국", "भारत", "ประเทศไทย", "مصر", "ישראל", "Ἑλλάς", "Xi`an",
    "Frankfurt (Oder)", "Valle d'Aosta/Vallée d'Aoste", "St. John's", "Bonn & Co", "Nr. 7 [a]",
)  # fmt: skip
BAD = (
    "../../x", "..", ".", "a/../b", "/etc/passwd", "a//b", "a/", "C:\\x", "..\\x", "", "-", "—",
    "***", "…", "=1+1", "+7", "@SUM", "-1", "<b>", "a|b", "~root", "a\tb", "a\nb", "a\x00b",
    "x" * 201, " a", "a ",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_states_and_places_bear_is_a_key(name):
    assert spelling.fault(unicodedata.normalize("NFC", name)) is None


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_name_is_refused_with_a_remedy(name):
    assert "; " in (spelling.fault(name) or "")


def test_no_character_that_cannot_be_seen_is_in_a_key():
    """Every assigned code point: none that is drawn as nothing or as a blank, and every letter."""
    vague = ("Cn", "Co", "Cs")  # a million that are alike: one in a hundred
    points = [(c, unicodedata.category(c)) for c in map(chr, range(sys.maxunicode + 1))]
    walked = [(c, kind) for n, (c, kind) in enumerate(points) if kind not in vague or n % 101 == 0]
    ignored = [c for c, _ in walked if _ignorable(c)]
    assert len(ignored) >= 267
    assert len(walked) > 150_000
    hidden = {c for c, kind in walked if kind[0] in "CZ" and c != " "}.union(ignored)
    assert not [hex(ord(one)) for one in hidden if not spelling.fault(f"RU-{one}TOM")]
    written = "".join(c for c, kind in walked if kind[0] in "LMN" and c not in hidden)
    for start in range(0, len(written), 150):
        assert spelling.fault(f"a{written[start : start + 150]}b") is None, start


def _ignorable(one: str) -> bool:
    """Default_Ignorable_Code_Point told by the names of characters, not by their numbers."""
    name = unicodedata.name(one, "")
    words = ("VARIATION SELECTOR", "COMBINING GRAPHEME JOINER", "KHMER VOWEL INHERENT")
    return any(word in name for word in words) or ("HANGUL" in name and name.endswith("FILLER"))


@given(st.text(max_size=30))
def test_a_name_as_shown_has_nothing_hidden(name):
    assert all(
        one == " " or unicodedata.category(one)[0] not in "CZ" for one in spelling.seen(name)
    )


@given(st.text(max_size=30))
def test_names_that_fold_alike_have_the_same_letters(name):
    assert spelling.letters(spelling.fold(name)) == spelling.letters(name)


def test_numbers_that_a_mark_keeps_apart_stay_apart():
    assert spelling.letters("1.1") != spelling.letters("11")
    assert spelling.letters("Åland") == spelling.letters("ALAND") != spelling.letters("Poland")


@pytest.mark.parametrize("code", ["RU-\u00adTOM", "../../x", "RU\u3164"])
def test_an_edition_names_its_regions_by_the_same_grammar(code):
    with pytest.raises(DefinitionError, match="name of a region"):
        Edition(year=2019, outside=[code])
