"""Figures, periods and names as Russian statistics print them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.inputs import printed, russian
from rating.inputs.regions import Register

tenths = st.decimals(-9_999_999, 9_999_999, places=1, allow_nan=False)


def read(*cells: str, notes: tuple[int, ...] = ()) -> list[tuple[object, ...]]:
    return printed.figures(pl.Series(cells, dtype=pl.String), notes).rows()


def in_print(figure: object, thousands: str) -> str:
    whole, _, part = str(figure).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    groups = [digits[max(end - 3, 0) : end] for end in range(len(digits), 0, -3)][::-1]
    return sign + thousands.join(groups) + "," + part


@settings(deadline=None, max_examples=60)
@given(tenths, st.sampled_from(["", " ", "\u00a0", "\u202f"]), st.sampled_from(["-", "−", "–"]))
def test_a_figure_is_read_back_whatever_its_blanks_and_its_minus(figure, thousands, minus):
    cell = in_print(figure, thousands).replace("-", minus)
    assert read(cell) == [(float(figure), None, None)]


@settings(deadline=None, max_examples=60)
@given(tenths, st.integers(1, 9), st.sampled_from(["", " ", "^", "^ ", "\u00a0"]))
def test_a_footnote_that_the_sheet_explains_is_no_digit_of_the_figure(figure, note, between):
    cell = f"{in_print(figure, '')}{between}{note})"
    assert read(cell, notes=(note,)) == [(float(figure), f"{note})", None)]


def test_the_glued_footnote_of_the_2019_appendix_is_read_right():
    # A cell of "Regions of Russia": 99.7 with footnote 2, and not 99.72.
    assert read("99,72)", notes=(1, 2)) == [(99.7, "2)", None)]


@pytest.mark.parametrize(
    ("cell", "notes", "rule"),
    [
        ("99,72)", (), "not explained"),
        ("99,72)", (1,), "not explained"),
        ("99,712)", (2, 12), "99,71 with footnote 2 or 99,7 with footnote 12"),
        ("99,70)", (1, 2, 70), "not explained"),  # no footnote 0, and '99,' is no figure
    ],
)
def test_a_glued_footnote_of_two_readings_or_of_none_is_refused(cell, notes, rule):
    [(value, _, found)] = read(cell, notes=notes)
    assert value is None
    assert rule in found


@pytest.mark.parametrize(
    "cell", ["…", "...", "..", "-", "–", "… ", "…\u00a0", "…4)", "…^4)", "- 1)", "x", "х", ""]
)
def test_a_sign_of_a_missing_figure_is_missing_and_kept(cell):
    [(value, note, rule)] = read(cell)
    assert (value, rule) == (None, None)
    assert (note is None) == (not cell)


@pytest.mark.parametrize(
    "cell", ["12%", "1,2,3", "12 34", "1.2.3", "0x10", "1_000", "text", "1e999"]
)
def test_what_is_no_figure_is_refused(cell):
    assert read(cell) == [(None, None, printed.NOT_A_FIGURE)]


def test_every_period_has_one_code():
    codes = set(printed.periods().values())
    assert {"Y", "H1", "H2", "Q1", "Q4", "M01", "M12", "M01-M03", "D01-01", "D12-31"} <= codes
    assert all(printed.folded(word) == word for word in printed.periods())


def test_districts_the_country_and_okrugs_are_told_from_regions():
    labels = [
        "г. Москва",
        "в том числе Ненецкий автономный округ",
        "Архангельская область без данных по Ненецкому автономному округу",
        "Тюменская область",
        "Томская    область1)",
        "Южный         федеральный округ",
        "Российская Федерация",
        "Валовой региональный продукт по субъектам Российской Федерации – всего ",
        "Томская губерния",
    ]
    found = printed.places(pl.Series(labels), Register.named("ru"))
    rows = {row["label"]: row for row in found.iter_rows(named=True)}
    assert [(rows[label]["region"], rows[label]["reach"]) for label in labels[:5]] == [
        ("RU-MOW", ""),
        ("RU-NEN", ""),
        ("RU-ARK", "without_okrugs"),
        ("RU-TYU", ""),
        ("RU-TOM", ""),
    ]
    assert [rows[label]["rule"] for label in labels[5:8]] == [
        russian.DISTRICT,
        russian.COUNTRY,
        russian.COUNTRY,
    ]
    assert "did you mean 'Томская обл.'?" in rows["Томская губерния"]["rule"]
