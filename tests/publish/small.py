"""A rating of few regions, for reports that are made in a second."""

from __future__ import annotations

from typing import Any

import polars as pl

import rating

NAMES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta")
RUSSIAN = ("Альфа", "Бета", "Гамма", "Дельта", "Эпсилон", "Дзета", "Эта", "Тета")


def section(indicators: int = 4, pillars: int = 2, **more: Any) -> rating.Section:
    """Indicators dealt out to the pillars in turn; without pillars they hang on the root."""
    node: list[dict[str, Any]] = [{"id": "index", "name": {"en": "Index", "ru": "Индекс"}}]
    node += [
        {"id": f"p{n}", "parent": "index", "name": {"en": f"Pillar {n}", "ru": f"Опора {n}"}}
        for n in range(pillars)
    ]
    indicator = [
        {
            "id": f"i{n}",
            "parent": f"p{n % pillars}" if pillars else "index",
            "name": {"en": f"Indicator {n}", "ru": f"Показатель {n}"},
            "unit": {"en": "per head", "ru": "на человека"},
            "input": {"t": {"grain": "region", f"x{n}": {"type": "number"}}},
            "version": [{"since": "2000-01-01", "value": f"x{n} * 1"}],
            "source": [{"title": "A table", "publisher": "Us", "url": "https://example.org/t"}],
        }
        for n in range(indicators)
    ]
    given: dict[str, Any] = {
        "id": "small",
        "name": {"en": "Small rating", "ru": "Малый рейтинг"},
        "node": node,
        "indicator": indicator,
        "method": {"groups": {"name": "share_of_gap"}},
    }
    return rating.Section(**{**given, **more})


def regions(count: int = 5, **columns: list[Any]) -> pl.DataFrame:
    """A register with names in both languages, districts and tiles."""
    table: dict[str, Any] = {
        "region": [f"R{n}" for n in range(count)],
        "name_en": [NAMES[n % 8] for n in range(count)],
        "name_ru": [RUSSIAN[n % 8] for n in range(count)],
        "district_en": ["East" if n % 2 else "West" for n in range(count)],
        "district_ru": ["Восток" if n % 2 else "Запад" for n in range(count)],
        "tile_column": [str(n % 4) for n in range(count)],
        "tile_row": [str(n // 4) for n in range(count)],
    }
    return pl.DataFrame({**table, **columns})


def rated(
    indicators: int = 4,
    pillars: int = 2,
    *,
    count: int = 5,
    register: pl.DataFrame | None = None,
    missing: tuple[tuple[int, int], ...] = ((4, 0),),
    **more: Any,
) -> rating.Rating:
    """A rating of the edition 2020; ``missing`` are pairs of region and indicator."""
    chosen = section(indicators, pillars, **more)
    table: dict[str, Any] = {"region": [f"R{n}" for n in range(count)], "year": [2020] * count}
    for n in range(indicators):
        column = [float((row * 7 + n * 3) % 11) for row in range(count)]
        table[f"x{n}"] = [None if (row, n) in missing else x for row, x in enumerate(column)]
    known = regions(count) if register is None else register
    data = rating.read({"t": pl.DataFrame(table), "regions": known}, chosen)
    return rating.rate(chosen, data, edition=2020)
