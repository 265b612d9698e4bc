from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.definitions import spelling
from rating.inputs import regions
from rating.inputs.regions import Register

RU = Register.named("ru")
SHOWN = RU.keys["shown"].to_list()
CODES = RU.keys["region"].to_list()
LATIN = dict(zip("АВСЕНКМОРТХаеорсух", "ABCEHKMOPTXaeopcyx", strict=True))


def resolve(*names: str | None) -> list[str | None]:
    return RU.resolve(pl.Series("region", names, pl.String)).to_list()


def test_every_code_is_its_own_name():
    assert resolve(*RU.frame["region"]) == RU.frame["region"].to_list()


def test_every_name_and_alias_of_the_lists_resolves():
    assert resolve(*SHOWN) == CODES


def test_no_name_of_the_lists_is_lost_to_another_region():
    named = RU.frame.unpivot(
        [column for column in regions.NAMES if column in RU.frame.columns], index="region"
    )
    assert resolve(*named["value"]) == named["region"].to_list()
    assert RU.keys["key"].is_unique().all()


def test_the_register_is_loaded_once():
    assert Register.named("ru") is RU


@given(st.data())
def test_blanks_case_and_dashes_of_a_name_are_nothing(data):
    at = data.draw(st.integers(0, len(SHOWN) - 1))
    name = SHOWN[at]
    name = name.replace("-", data.draw(st.sampled_from(["-", " – ", "—", "\u2011"])))
    name = name.replace(" ", data.draw(st.sampled_from([" ", "  ", "\u00a0", "\n"])))
    name = data.draw(st.sampled_from([name, name.upper(), name.lower()]))
    name = data.draw(st.sampled_from(["", " "])) + name
    assert resolve(name) == [CODES[at]]


@given(st.data())
def test_latin_look_alikes_inside_a_cyrillic_name_are_nothing(data):
    cyrillic = [i for i, name in enumerate(SHOWN) if spelling.CYRILLIC.search(name)]
    at = data.draw(st.sampled_from(cyrillic))
    places = data.draw(st.sets(st.integers(0, len(SHOWN[at]) - 1)))
    name = "".join(LATIN.get(c, c) if i in places else c for i, c in enumerate(SHOWN[at]))
    if spelling.CYRILLIC.search(name):
        assert resolve(name) == [CODES[at]]


def test_the_two_dots_of_a_letter_are_nothing():
    assert spelling.fold("Орёл") == spelling.fold("Орел") == spelling.fold("ОРЕ\u0308Л")


@given(st.text())
def test_folding_a_name_twice_is_folding_it_once(name):
    once = spelling.fold(name)
    assert spelling.fold(once) == once


def test_codes_match_exactly():
    assert resolve("ru-tom", "RU_TOM", " RU-TOM", "") == [None, None, None, None]
    assert RU.nearest("ru-tom") == "did you mean 'RU-TOM'?"


def test_a_missing_name_stays_missing():
    assert resolve(None, "RU-TOM", None) == [None, "RU-TOM", None]


@pytest.mark.parametrize(
    "spelt",
    ["Тюменская область без автономных округов", "Архангельская область без автономного округа"],
)
def test_a_name_without_okrugs_says_so(spelt):
    found = RU.match(pl.Series([spelt])).row(0, named=True)
    assert found["reach"] == regions.WITHOUT_OKRUGS
    assert RU.match(pl.Series([found["region"]])).row(0, named=True)["reach"] == ""


def test_an_unknown_name_is_met_with_the_nearest_known_one():
    assert RU.nearest("Томскaя облость") == "did you mean 'Томская область'?"
    assert "code" in RU.nearest("zzzzzz")


def test_a_register_of_a_table_knows_codes_and_names_that_are_alone():
    frame = pl.DataFrame(
        {"region": ["A", "B", "C"], "name_en": ["Alpha", "Same", "same"], "size": [1, 2, 3]}
    )
    register = Register.of(frame)
    found = register.resolve(pl.Series(["A", "alpha", "Same", "C", "D"]))
    assert found.to_list() == ["A", "A", None, "C", None]
    assert register.frame.columns == ["region", "name_en", "name_ru", "size"]
    assert register.frame["name_ru"].to_list() == ["Alpha", "Same", "same"]


def test_a_region_without_a_name_has_its_code_for_one():
    frame = Register.of(pl.DataFrame({"region": ["A"]})).frame
    assert frame.rows() == [("A", "A", "A")]
