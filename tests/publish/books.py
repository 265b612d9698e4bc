"""Books of many shapes, to be proof-read: sections, data and options by a few numbers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import polars as pl

import rating
from rating.publish import report
from rating.publish.material import collect
from rating.publish.texts import Speaker
from rating.text import Lang
from tests.publish.layout import Proof
from tests.publish.small import section
from tests.publish.test_intervals import UNCERTAIN

LANGS: tuple[Lang, ...] = ("en", "ru")
WORDS = {
    "en": "Concentration of specialised business and its use; internationally certified research "
    "infrastructure; commercialisation of intellectual property; qualified labour",
    "ru": "Концентрация профильного бизнеса и её использование; сертифицированная "
    "исследовательская инфраструктура; коммерциализация интеллектуальной собственности; "
    "квалифицированные кадры",
}
PLACES = {
    "en": ("Kabardino-Balkarian Republic", "Khanty-Mansi Autonomous Okrug – Yugra", "Tomsk"),
    "ru": ("Кабардино-Балкарская Республика", "Ханты-Мансийский автономный округ — Югра", "Томск"),
}


@dataclass(frozen=True)
class Case:
    """A book: the shape of its section, the length of its names, its options.

    Attributes:
        draws: with intervals.
        top: so many places are told.
        long: names of parts, indicators and regions are long.
        aside: the last part has weight 0.
    """

    lang: Lang = "en"
    regions: int = 13
    indicators: int = 12
    parts: int = 3
    draws: bool = False
    top: int | None = None
    long: bool = False
    aside: bool = False


class ReadError(Exception):
    """The pages were read, and need not be painted."""


def proof_of(case: Case) -> Proof:
    """The book of a case as a proof-reader saw it."""
    result = rated(case)
    sure = result.uncertainty(draws=32, seed=1) if case.draws else None
    return proof(collect(result, sure=sure, top=case.top), case.lang)


def proof(material: Any, lang: Lang) -> Proof:
    """The book of a rating as a proof-reader saw it."""
    found = Proof()

    def look(pages: Any) -> None:
        found.read(pages)
        raise ReadError

    with suppress(ReadError):
        report.book(material, Speaker(lang), look=look)
    return found


def rated(case: Case) -> rating.Rating:
    """Figures without a pattern, a few of them missing."""
    made = section(
        case.indicators, case.parts, **({"uncertainty": UNCERTAIN} if case.draws else {})
    )
    given = made.model_dump(mode="json", exclude_none=True)
    names = {lang: _names(lang, case.indicators + case.parts) for lang in LANGS}
    items = [*given["node"][1:], *given["indicator"]]
    for n, one in enumerate(items):
        if case.long:
            one["name"] = {lang: names[lang][n] for lang in LANGS}
    if case.aside and case.parts > 1:
        given["node"][-1]["weight"] = 0
    whole = rating.Section(**given)
    count = range(case.regions)
    table: dict[str, Any] = {"region": [f"R{n}" for n in count], "year": [2020 for _ in count]}
    for n in range(case.indicators):
        figures = [float((row * 7919 + n * 104729 + row * row * n) % 997) for row in count]
        table[f"x{n}"] = [None if (row + 3 * n) % 17 == 5 else x for row, x in enumerate(figures)]
    register = {"region": table["region"]}
    for lang, districts in (("en", ("West", "East")), ("ru", ("Запад", "Восток"))):
        own = PLACES[lang] if case.long else PLACES[lang][2:]
        register[f"name_{lang}"] = [f"{own[n % len(own)]} {n + 1}" for n in count]
        register[f"district_{lang}"] = [districts[n % 2] for n in count]
    data = rating.read({"t": pl.DataFrame(table), "regions": pl.DataFrame(register)}, whole)
    return rating.rate(whole, data, edition=2020)


def _names(lang: str, count: int) -> list[str]:
    """Names of one or two stretches of the words, each with its number."""
    words = WORDS[lang].split("; ")
    return [
        "; ".join(words[(n + k) % 4] for k in range(1 + n % 2)).capitalize() + f", {n + 1}"
        for n in range(count)
    ]


def grid() -> list[Case]:
    """Sixty-four combinations of languages, draws, places told, sizes and names."""
    sizes = [(5, 1, 1), (5, 4, 2), (13, 3, 3), (13, 12, 4), (13, 60, 9), (30, 9, 9), (30, 20, 6),
             (85, 20, 4)]  # fmt: skip
    found = []
    for at, (regions, indicators, parts) in enumerate(sizes):
        for n in range(8):
            lang, draws, long = LANGS[n % 2], bool(n // 2 % 2), bool(n // 4 % 2)
            top = regions // 2 if regions > 12 and (n + at) % 3 == 0 else None
            found.append(
                Case(lang, regions, indicators, parts, draws, top, long, bool((n + at) % 2))
            )
    return [*found, Case("ru", 170, 4, 2, draws=True, long=True), Case("en", 170, 12, 5)]
