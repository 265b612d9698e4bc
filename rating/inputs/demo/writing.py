"""Invented registers as files: the firms in pieces, so that memory does not grow with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl
from polars.io.plugins import register_io_source

from rating.definitions.model import Source
from rating.inputs.demo import chain, people, places, rights
from rating.inputs.demo.firms import Register
from rating.inputs.demo.places import Places
from rating.inputs.demo.world import World
from rating.text import Text

Format = Literal["auto", "csv", "parquet"]

SHORT = 3000
"""Tables of so many rows are CSV, where the format is left open; longer ones Parquet."""

PIECE = 100_000
FIRMS = "firms"
LEAST = 500
"""Fewer firms would not hold those that stand in every set."""


def tables(world: World) -> Mapping[str, Callable[[], pl.DataFrame]]:
    """Every table but that of firms: its name, and what makes it."""
    built = Places(world)
    of_world = (
        people.region_year, people.sector_labour, people.graduates, people.vacancies,
        people.survey, rights.patents, rights.ip_contracts, rights.ip_cases, rights.law_items,
        rights.ip_budget, places.required_methods, places.sites, places.procedures,
        chain.publications, chain.grants, chain.trials, chain.products, chain.projects,
        chain.procurement, chain.emiss_values,
    )  # fmt: skip
    of_places = (places.facilities, places.certificates, places.scopes, places.holdings)
    return {
        **{make.__name__: partial(make, world) for make in of_world},
        **{make.__name__: partial(make, built) for make in of_places},
    }


def firms(world: World, piece: int = PIECE) -> Iterator[pl.DataFrame]:
    """The rows of all firms, so many firms at a time."""
    register = Register(world)
    for first in range(0, world.firms, piece):
        yield register.rows(first, min(first + piece, world.firms))


def write(
    world: World, folder: Path, *, format: Format = "auto", piece: int = PIECE
) -> dict[str, int]:
    """Write every table and ``sources.toml``, which says that they are synthetic.

    Args:
        world: what the registers are of.
        folder: an empty folder.
        format: of all tables; ``auto`` is CSV for short ones and Parquet for the others.
        piece: how many firms are made at a time; the tables do not depend on it.

    Returns:
        The rows of each table.
    """
    suffix = format if format != "auto" else "csv" if world.firms * 4 <= SHORT else "parquet"
    rows = {FIRMS: _stream(firms(world, piece), folder / f"{FIRMS}.{suffix}")}
    for name, make in tables(world).items():
        table = make()
        rows[name] = table.height
        suffix = format if format != "auto" else "csv" if table.height <= SHORT else "parquet"
        if suffix == "csv":
            table.write_csv(folder / f"{name}.csv")
        else:
            table.write_parquet(folder / f"{name}.parquet")
    (folder / "sources.toml").write_text(_sources(world), "utf8")
    return rows


def _stream(pieces: Iterator[pl.DataFrame], path: Path) -> int:
    """Write pieces one after another into one file; how many rows they were."""
    first = next(pieces)
    rows = 0

    def each() -> Iterator[pl.DataFrame]:
        nonlocal rows
        rows = first.height
        yield first
        for piece in pieces:
            rows += piece.height
            yield piece

    if path.suffix == ".csv":
        with path.open("wb") as file:
            for number, piece in enumerate(each()):
                piece.write_csv(file, include_header=number == 0)
    else:
        source = register_io_source(lambda *_: each(), schema=first.schema)
        source.sink_parquet(path, row_group_size=ROWS_OF_A_GROUP)
    return rows


ROWS_OF_A_GROUP = 250_000


def _sources(world: World) -> str:
    told = f"rating demo --firms {world.firms} --seed {world.seed}"
    head = (
        "# Invented figures of no real region, firm, person or act, for demonstration.\n"
        f"# Whatever is made from them says so. Written by: {told}\n\nsynthetic = true\n"
    )
    first = Source(
        title=Text(en=f"Demonstration registers: {told}", ru=f"Демонстрационные реестры: {told}"),
        publisher=Text(en="synthetic", ru="вымышлено"),
        verified=False,
        note=Text(
            en="Every row of every table is invented. Names of facilities begin with Demo, acts "
            "are Demo acts, addresses are of example.org.",
            ru="Каждая строка каждой таблицы вымышлена. Названия объектов начинаются с Demo, акты "
            "названы Demo act, адреса ведут на example.org.",
        ),
    )
    return head + "".join(_entry(source) for source in (first, *MARGINS))


def _entry(source: Source) -> str:
    assert source.note is not None, "each source here has a note"
    fields = {
        "title.en": source.title.en,
        "title.ru": source.title.ru,
        "publisher.en": source.publisher.en,
        "publisher.ru": source.publisher.ru,
        "url": source.url,
        "verified": source.verified,
        "note.en": source.note.en,
        "note.ru": source.note.ru,
    }
    # JSON's texts and truths are TOML's.
    lines = [
        f"{name:12} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in fields.items()
        if value is not None
    ]
    return "\n[[source]]\n" + "\n".join(lines) + "\n"


MARGINS = (
    Source(
        title=Text(
            en="Margins: population, gross regional product, unemployment, students, researchers "
            "with a degree and patents of 2019",
            ru="Итоги: население, валовой региональный продукт, безработица, студенты, "
            "исследователи с учёной степенью и патенты 2019 года",
        ),
        publisher=Text(
            en="Rosstat, Regions of Russia, 2021, as re-tabulated in data/open",
            ru="Росстат, «Регионы России», 2021, в таблицах data/open",
        ),
        url="https://rosstat.gov.ru/folder/210/document/13204",
        note=Text(
            en="Kept as published for each region and carried from 2019 to 2023-2026; gross "
            "product grows by an invented rate. Employment of regions, researchers and all that "
            "follows from them are invented.",
            ru="По регионам сохранены как опубликованы за 2019 год и перенесены на 2023-2026; "
            "валовой продукт растёт вымышленным темпом. Занятость регионов, исследователи и всё "
            "производное вымышлены.",
        ),
    ),
    Source(
        title=Text(
            en="Margins: shares of activities in employment at the end of 2018, and its total",
            ru="Итоги: доли видов деятельности в занятости на конец 2018 года и её сумма",
        ),
        publisher=Text(en="profile.ru after Rosstat", ru="profile.ru по данным Росстата"),
        url="https://profile.ru/news/society/employment/"
        "rosstat-nazval-sfery-truda-s-naibolshim-chislom-rabotnikov-196511/",
        note=Text(
            en="Of the general part of the register of firms. Sections that the article does not "
            "name share the rest evenly.",
            ru="Для общей части реестра организаций. Разделы, которых статья не называет, делят "
            "остаток поровну.",
        ),
    ),
    Source(
        title=Text(
            en="Margins: classes of size of small and medium enterprises in June and July 2023",
            ru="Итоги: классы размера малых и средних предприятий в июне и июле 2023 года",
        ),
        publisher=Text(
            en="TASS, 12 July 2023; russianews24.com after Kommersant, June 2023",
            ru="ТАСС, 12 июля 2023 года; russianews24.com по «Коммерсанту», июнь 2023 года",
        ),
        url="https://tass.com/economy/1645795",
        note=Text(
            en="Of the general part: 18,590 medium enterprises, 5.6 million micro, which is 96 %. "
            "One large firm in a thousand is invented.",
            ru="Для общей части: 18 590 средних предприятий, 5,6 млн микропредприятий, то есть "
            "96 %. Одна крупная организация на тысячу вымышлена.",
        ),
    ),
)
