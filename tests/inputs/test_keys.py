"""Names of regions without a register: two spellings of one are never two regions in silence."""

from __future__ import annotations

import time
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.errors import DataError
from rating.inputs import stored
from rating.inputs.tables import read
from tests.inputs.corpus.case import section

FIGURES = {"grain": "region", "v": {"type": "number"}}
FIRMS = {"employees": {"type": "integer"}}
ONE = section(None, a=FIGURES)
TWO = section(None, a=FIGURES, b={"grain": "region", "w": {"type": "number"}})
INVISIBLE = "\u00ad\u061c\u034f\u3164\u2062\u200d\U000e0041\ufe0f\u200b"
ALIKE = ("ru-tom", "Ru-Tom", "RU–TOM", "RU - TOM", "ＲＵ-TOM", "RU\u00a0-TOM")


def figures(*names: str, column: str = "v") -> pl.DataFrame:
    return pl.DataFrame(
        {"region": names, "year": 2019, column: 1.0}, schema_overrides={column: float}
    )


@pytest.mark.parametrize("one", INVISIBLE, ids=[f"U+{ord(one):04X}" for one in INVISIBLE])
def test_a_code_with_an_invisible_character_is_refused_and_named(one):
    data = read({"a": figures("RU-TOM", f"RU-{one}TOM", "RU-MOW")}, ONE)
    assert data.tables["a"]["region"].to_list() == ["RU-TOM", "RU-MOW"]
    (rule,) = data.refused["rule"]
    assert "an invisible character" in rule
    assert "'RU-TOM' (frame" in rule


@pytest.mark.parametrize("name", ALIKE)
def test_two_spellings_of_one_name_are_both_named_and_refused(name):
    data = read({"a": figures("RU-TOM", "RU-MOW"), "b": figures(name, column="w")}, TWO)
    told = [f"{row['value']} {row['rule']}" for row in data.refused.iter_rows(named=True)]
    assert any(name.split("\u00a0")[0] in one and "RU-TOM" in one for one in told)
    assert data.tables["b"].is_empty()


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["RU-TOM", "Costa Rica", "Việt Nam", "Орёл"]), st.data())
def test_whatever_is_done_to_blanks_and_case_two_rows_never_stay(name, data):
    spelt = data.draw(st.sampled_from([name.upper(), name.lower(), name.swapcase()]))
    blank = data.draw(st.sampled_from([" ", "  ", "\u00a0", "\u2009", "\u3000"]))
    hidden = data.draw(st.sampled_from(["", *INVISIBLE]))
    at = data.draw(st.integers(1, len(name) - 1))
    spelt = (spelt[:at] + hidden + spelt[at:]).replace(" ", blank)
    found = read({"a": figures(name), "b": figures(spelt, column="w")}, TWO)
    left = {*found.tables["a"]["region"], *found.tables["b"]["region"]}
    assert len(left) < 2


@pytest.mark.parametrize("code", ["../../x", "a/../b", "=1+1", "-", "<b>", "..", "@x"])
def test_a_code_that_is_a_path_or_a_formula_is_refused(code):
    data = read({"a": figures("RU-TOM", code)}, ONE)
    assert data.refused["value"].to_list() == [code]


def test_a_letter_typed_as_two_characters_is_the_letter():
    data = read({"a": figures("Sa\u0303o Tomé"), "b": figures("São Tomé", column="w")}, TWO)
    assert data.refused.is_empty()
    assert data.remarks.is_empty()
    assert data.tables["a"]["region"].to_list() == data.tables["b"]["region"].to_list()


def test_names_alike_but_for_accents_are_told_and_those_of_one_table_are_two():
    apart = {"a": figures("Côte d'Ivoire"), "b": figures("Cote d’Ivoire", column="w")}
    rules = read(apart, TWO).remarks.filter(pl.col("rule").str.starts_with("alike"))
    assert rules["value"].to_list() == ["Côte d'Ivoire", "Cote d’Ivoire"]
    both = {"a": figures("Håbo", "Habo"), "b": figures("Håbo", "Habo", column="w")}
    assert read(both, TWO).remarks.is_empty()


def test_a_region_of_one_table_alone_is_told():
    data = read(
        {"a": figures("A", "Czechia"), "b": figures("A", "Czech Republic", column="w")}, TWO
    )
    told = data.remarks.select("table", "row", "value").rows()
    assert told == [("a", 2, "Czechia"), ("b", 2, "Czech Republic")]


def test_a_table_of_single_things_need_not_have_every_region():
    firms = section(None, a=FIGURES, firms=FIRMS)
    frame = pl.DataFrame({"region": ["A"], "year": [2019], "employees": [3]})
    assert read({"a": figures("A", "B"), "firms": frame}, firms).remarks.is_empty()


def test_a_register_that_stays_in_its_files_has_the_same_grammar(tmp_path, monkeypatch):
    names = ["RU-TOM", "RU-\u00adTOM", "ru-mow", "RU-MOW", "Sa\u0303o", "../x"]
    pl.DataFrame({"region": names, "year": 2019, "employees": 1}).write_parquet(
        tmp_path / "firms.parquet"
    )
    loaded = read(tmp_path, section(None, firms=FIRMS))
    monkeypatch.setattr(stored, "LARGE", 0)
    kept = read(tmp_path, section(None, firms=FIRMS))
    shown = ["row", "column", "rule"]
    assert kept.stored
    assert kept.refused.select(shown).rows() == loaded.refused.select(shown).rows()
    assert loaded.tables["firms"]["region"].to_list() == ["RU-TOM", "São"]
    assert dict(kept.stored["firms"].codes)["Sa\u0303o"] == "São"


def test_a_table_of_regions_has_the_same_grammar():
    named = pl.DataFrame({"region": ["A", "a", "B\u200d", "../c"]})
    with pytest.raises(DataError) as error:
        read({"a": figures("A"), "regions": named}, ONE)
    told = [str(problem) for problem in error.value.problems]
    assert [sum(f"row {n}" in one.split(":")[0] for one in told) for n in (1, 2, 3, 4)] == [1] * 4


def test_a_register_folds_what_differs_by_blanks_alone():
    named = pl.DataFrame({"region": ["CRI"], "name_en": ["Costa Rica"]})
    found = {"a": figures("Costa Rica"), "b": figures("Costa\u00a0Rica", column="w")}
    data = read({**found, "regions": named}, TWO)
    assert data.refused.is_empty()
    assert data.remarks.is_empty()
    assert data.tables["b"]["region"].to_list() == ["CRI"]


def test_an_unknown_name_is_shown_with_what_hides_in_it():
    with pytest.raises(DataError, match=r"'RU-<U\+00AD>TOM'[\s\S]*did you mean 'RU-TOM'"):
        read({"a": figures("RU-\u00adTOM")}, section("ru", a=FIGURES))


@pytest.mark.parametrize("spelt", [pl.col("region").str.to_lowercase(), pl.col("region") + "."])
def test_many_names_that_are_spelt_twice_are_told_in_no_time(spelt):
    one = pl.DataFrame({"region": [f"R{n}" for n in range(5000)], "year": 2019, "v": 1.0})
    began = time.process_time()
    data = read({"a": one, "b": one.rename({"v": "w"}).with_columns(spelt)}, TWO)
    assert data.refused.height + data.remarks.height == 10_000
    # A look at every name for each of them is quadratic.
    assert time.process_time() - began < 4


def test_one_name_in_thousands_of_spellings_is_told_in_no_time():
    cases = ["".join(one) for one in product(*((c, c.upper()) for c in "abcdefghijkl"))]
    began = time.process_time()
    data = read({"a": figures(*cases)}, ONE)
    assert data.refused.height == len(cases) == 4096
    assert data.refused["rule"].str.len_chars().max() < 300
    assert time.process_time() - began < 4
