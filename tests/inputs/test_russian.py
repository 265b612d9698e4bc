"""The names of regions as Russian statistics shorten them: by rule, and never another region's."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from rating.inputs import printed, russian
from rating.inputs.regions import WITHOUT_OKRUGS, Register

RU = Register.named("ru")
SHORT = {
    "автономный округ": ("авт. округ", "авт.округ", "авт. окр.", "АО", "а.о.", "А/О", "Авт. Округ"),
    "автономная область": (
        "авт. область",
        "авт. обл.",
        "авт.обл.",
        "автономная обл.",
        "АО",
    ),
    "область": ("обл.", "обл", "Обл.", "ОБЛАСТЬ"),
    "край": ("кр.", "Край", "кр"),
    "Республика": ("Респ.", "респ", "Респ", "республика"),
}
OKRUGS = {
    "RU-ARK": ("авт. округа", "автономного округа", "НАО", "Ненецкого авт. округа", "АО", "а.о."),
    "RU-TYU": (
        "авт. округов", "автономных округов", "АО", "ХМАО и ЯНАО", "ХМАО-Югры и ЯНАО",
        "Ханты-Мансийского авт. округа - Югры и Ямало-Ненецкого авт. округа",
    ),
}  # fmt: skip
WITHOUT = ("{} без {}", "{} (без {})", "{} (кроме {})", "{}, за исключением {}", "{} не включая {}")
WITH = ("{} (с автономным округом)", "{}, включая авт. округа", "{} вместе с АО")


def resolved(*names: str) -> dict[str, tuple[str | None, str | None]]:
    return {name: (code, reach) for name, code, reach in RU.match(pl.Series(names)).iter_rows()}


def shortened() -> dict[str, str]:
    """Every Russian name with its word for the kind cut short, before and after, by code."""
    found = {}
    for code, name in RU.frame.select("region", "name_ru").iter_rows():
        kind = next((kind for kind in SHORT if kind in name), "")
        rest = " ".join(name.replace(kind, "").split())
        for cut in (kind, *SHORT.get(kind, ("г.", "г", "город", "гор."))):
            names = (f"{rest} {cut}", f"{cut} {rest}", name.replace(kind, cut) if kind else name)
            found |= dict.fromkeys(names, code)
    return found


def test_every_way_of_shortening_a_name_is_that_region():
    names = shortened()
    assert len(names) > 600
    assert resolved(*names) == {name: (code, "") for name, code in names.items()}


def test_a_region_without_its_okrugs_is_told_whatever_the_words():
    names = {
        form.format(whole, okrugs): code
        for code, parts in OKRUGS.items()
        for form, okrugs in product(WITHOUT, parts)
        for whole in RU.frame.filter(region=code).select("name_ru", "short_ru").row(0)
    }
    assert resolved(*names) == {name: (code, WITHOUT_OKRUGS) for name, code in names.items()}
    whole = {form.format(name): c for form in WITH for name, c in names_of_whole().items()}
    assert resolved(*whole) == {name: (code, "") for name, code in whole.items()}


def names_of_whole() -> dict[str, str]:
    held = RU.frame.filter(pl.col("region").is_in(list(OKRUGS)))
    return dict(held.select("name_ru", "region").iter_rows())


@pytest.mark.parametrize(
    "name",
    [
        "Тюменская область без Ханты-Мансийского авт. округа",
        "Тюменская область (без ЯНАО)",
        "Архангельская область без города Архангельска",
        "Архангельская область без Чукотского АО",
        "Томская область без авт. округа",
        "Московская область и г. Москва",
        "Московская область без г. Москвы",
        "Архангельская область с городами",
        "авт. округ",
        "Респ.",
        "г.",
    ],
)
def test_what_is_a_part_or_a_sum_is_no_region(name):
    assert resolved(name)[name] == (None, None)


def test_no_two_regions_share_the_words_of_a_name():
    held: dict[frozenset[str], set[str]] = {}
    for region, name in RU.keys.filter(reach="").select("region", "shown").iter_rows():
        held.setdefault(russian.words(name), set()).add(region)
    assert [words for words, regions in held.items() if len(regions) > 1] == []


DISTRICTS = sorted(
    f"{district} {word}"
    for district in RU.frame["district_ru"].unique()
    for word in ("федеральный округ", "ФО", "фед. округ", "Федеральный  Округ")
)


@pytest.mark.parametrize("name", [*DISTRICTS, "СЗФО", "УрФО", "Крымский федеральный округ"])
def test_a_federal_district_is_called_one(name):
    assert resolved(name)[name] == (None, None)
    assert printed.places(pl.Series([name]), RU)["rule"].to_list() == [russian.DISTRICT]


@pytest.mark.parametrize(
    "name", ["Российская Федерация", "РФ", "Россия", "Итого", "Всего по РФ", "В целом по стране"]
)
def test_the_country_is_called_one(name):
    assert printed.places(pl.Series([name]), RU)["rule"].to_list() == [russian.COUNTRY]


def test_a_suggestion_has_no_runs_of_blanks():
    assert not RU.keys["shown"].str.contains(r"\s\s|^\s|\s$").any()
    assert "did you mean 'Архангельская область без" in RU.nearest(
        "Архангельсая обл без авт округа"
    )
