"""What ``rating new`` writes: a section and an indicator that work at once."""

from __future__ import annotations

from pathlib import Path

from rating.errors import Problem, UsageError
from rating.publish.files import write_whole

_SECTION = """\
id      = "my_section"
name.en = "My section"
name.ru = "Мой раздел"

[[node]]
id      = "index"
name.en = "Index"
name.ru = "Индекс"

[[node]]
id      = "skills"
parent  = "index"
name.en = "Skills"
name.ru = "Навыки"

[method]                    # every step names its method; "none" is a method
treat     = { name = "winsorise", max_points = 5, skewness = 2.0, kurtosis = 3.5, then = "log" }
impute    = { name = "none" }
normalise = { name = "minmax", range = [1, 100] }
aggregate = { name = "arithmetic", min_coverage = 0.65 }
groups    = { name = "share_of_gap", cuts = [0.8, 0.5], labels = ["I", "II", "III"] }
"""

_INDICATOR = """\
id        = "graduates"
parent    = "skills"
name.en   = "Graduates per 1,000 people"
name.ru   = "Выпускники на 1000 жителей"
unit.en   = "per 1,000 people"
unit.ru   = "на 1000 жителей"
direction = "higher"        # higher | lower | band

[input.region_year]
grain     = "region"        # one row a region and year; its columns are used by name
graduates = { type = "integer", min = 0 }
people    = { type = "integer", min = 1 }

[[version]]
since = 2000-01-01
value = "1000 * graduates / nullif(people, 0)"

[law]
bounds     = [0, 1000]
rises_with = ["region_year.graduates"]

[[example]]
why    = "50 graduates among 10,000 people"
region_year = [{ region = "A", year = 2025, graduates = 50, people = 10000 }]
expect = { A = 5.0 }

[[source]]
title     = "Where the figures come from"
publisher = "Who publishes them"
"""

_DATA = """\
region,year,graduates,people
A,2025,50,10000
B,2025,120,15000
C,2025,40,20000
D,2025,,12000
E,2025,90,11000
"""

_REGIONS = """\
region,name_en,name_ru
A,Alder,Ольховая
B,Birch,Берёзовая
C,Cedar,Кедровая
D,Dogwood,Кизиловая
E,Elm,Вязовая
"""


def new_section(place: str | None = None) -> str:
    """Write a section of one indicator with invented data; never over what is there.

    Returns:
        What was written and the commands to go on with.

    Raises:
        UsageError: the folder is there already.
    """
    folder = Path(place or "my_section")
    _free(folder)
    write_whole(folder / "section.toml", _SECTION.encode())
    write_whole(folder / "skills" / "graduates.toml", _INDICATOR.encode())
    write_whole(folder / "data" / "region_year.csv", _DATA.encode())
    write_whole(folder / "data" / "regions.csv", _REGIONS.encode())
    return (
        f"written: {folder}/ with one indicator and invented data of five regions\n"
        f"next:\n  rating check {folder} {folder}/data\n"
        f"  rating rate {folder} {folder}/data --edition 2025 --out {folder}/out"
    )


def new_indicator(place: str | None = None) -> str:
    """Write the file of one indicator; never over what is there.

    Raises:
        UsageError: the file is there already.
    """
    file = Path(place or "my_indicator.toml")
    _free(file)
    write_whole(file, _INDICATOR.encode())
    return f"written: {file}\nnext: put it into a section's folder and name the node it belongs to"


def _free(place: Path) -> None:
    if place.exists():
        raise UsageError(
            Problem(
                str(place), "is there already, and nothing is written over it", "name another place"
            )
        )
