"""CSV extracts of other systems: read as declared, and nothing guessed."""

from __future__ import annotations

import sys
import unicodedata
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from rating.errors import DataError, UsageError
from rating.inputs import reading
from rating.inputs.extract import NO_COMMA, NOT_A_DAY, read_extract
from rating.inputs.reading import Reading

COLUMNS = {"Регион": "region", "Год": "year", "ВРП, млн": "grp", "Дата": "on", "Вид": "kind"}
DECLARED: dict[str, Any] = {
    "columns": COLUMNS,
    "encoding": "cp1251",
    "delimiter": ";",
    "decimal": ",",
    "numbers": ["grp"],
    "dates": ["on"],
}
GOOD = "Томская область;2019;1 234,5;31.12.2019;x"


def extract(tmp_path: Path, *lines: str, **changes: Any) -> Reading:
    header = "Регион;Год;ВРП, млн;Дата;Вид;Директор"
    text = "\r\n".join([header, *(f"{line};ФАМИЛЬЕВ" for line in lines)])
    path = tmp_path / "extract.csv"
    path.write_bytes(text.encode("cp1251"))
    return read_extract(path, **(DECLARED | changes))


def test_an_extract_is_read_as_it_is_declared(tmp_path):
    read = extract(tmp_path, GOOD, "Москва;2018;-7;;", "RU-OMS;2018;;01.02.2018;y")
    assert read.refused.is_empty()
    assert read.table.columns == list(COLUMNS.values())
    assert read.table.rows() == [
        ("RU-TOM", 2019, 1234.5, date(2019, 12, 31), "x"),
        ("RU-MOW", 2018, -7.0, None, None),
        ("RU-OMS", 2018, None, date(2018, 2, 1), "y"),
    ]
    assert read.provenance["rows"].to_list() == [3]


def test_the_same_table_in_another_dress_is_the_same_table(tmp_path):
    one = extract(tmp_path, GOOD)
    path = tmp_path / "other.csv"
    path.write_text("Регион|Год|ВРП, млн|Дата|Вид\n" + GOOD.replace(",", ".").replace(";", "|"))
    two = read_extract(path, **DECLARED | {"encoding": "utf-8", "delimiter": "|", "decimal": "."})
    assert one.table.equals(two.table)


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        ("Томскаяя область;2019;1;;", "region", "did you mean 'Томская область'?"),
        (";2019;1;;", "region", "empty"),
        ("Москва;19;1;;", "year", "below the least value"),
        ("Москва;2019;12.5;;", "grp", NO_COMMA),
        ("Москва;2019;12%;;", "grp", "percent"),
        ("Москва;2019;…;;", "grp", "missing figure"),
        ("Москва;2019;1;2019-12-31;", "on", NOT_A_DAY),
        ("Москва;2019;1;31.02.2019;", "on", "no such day"),
        ("Москва;2019;1", "", "where the header has 6"),
    ],
)
def test_a_bad_row_is_refused_with_its_rule_and_nobodys_name(tmp_path, line, column, rule):
    read = extract(tmp_path, GOOD, line)
    assert read.table["region"].to_list() == ["RU-TOM"]
    [refused] = read.refused.rows(named=True)
    assert (refused["row"], refused["column"]) == (3, column)
    assert rule in refused["rule"]
    assert "ФАМИЛЬЕВ" not in read.refused.write_csv() + read.table.write_csv()


def test_a_region_that_contains_okrugs_with_rows_of_their_own_is_refused(tmp_path):
    whole = GOOD.replace("Томская область", "Архангельская область")
    rest = whole.replace("область", "область без автономного округа")
    read = extract(tmp_path, whole, rest)
    assert read.refused.select("row", "rule").rows() == [(2, reading.OVERLAP)]
    assert extract(tmp_path, whole).refused.is_empty()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"encoding": "klingon"}, "no encoding"),
        ({"delimiter": ";;"}, "not one character"),
        ({"numbers": ["grpp"]}, "no column 'grpp'"),
        ({"columns": {"Регион": "region", "Год": "region"}}, "named twice"),
    ],
)
def test_what_is_declared_wrongly_is_told(tmp_path, change, what):
    with pytest.raises(UsageError, match=what):
        extract(tmp_path, GOOD, **change)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"encoding": "ascii"}, "is not ascii"),
        ({"encoding": "koi8-r"}, "no column 'Регион'"),
        ({"delimiter": ","}, "split by ';'"),
        ({"columns": {"Область": "region"}}, "no column 'Область'"),
    ],
)
def test_an_extract_unlike_what_is_declared_is_told(tmp_path, change, what):
    with pytest.raises(DataError, match=what):
        extract(tmp_path, GOOD, **{"numbers": [], "dates": []} | change)


def test_a_missing_extract_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_extract(tmp_path / "no.csv", **DECLARED)


BLANKS = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Zs"]


@pytest.mark.parametrize("blank", BLANKS, ids=[f"U+{ord(one):04X}" for one in BLANKS])
def test_thousands_are_parted_by_any_blank_however_many(tmp_path, blank):
    figures = [0, 7, 999, 1000, 12_345, 123_456, 1_234_567, 98_765_432, 1_000_000_000_000]
    lines = [
        f"RU-TOM|{1990 + n}|{sign}{figure:,}{tail}||x".replace(",", blank).replace("|", ";")
        for n, (sign, figure, tail) in enumerate(product(("", "-"), figures, ("", "c5")))
    ]
    path = tmp_path / "extract.csv"
    header = "Регион;Год;ВРП, млн;Дата;Вид"
    path.write_text("\n".join([header, *lines]).replace("c5", ",5"), "utf8")
    read = read_extract(path, **DECLARED | {"encoding": "utf-8"})
    wanted = [float(f"{s}{f}{t}") for s, f, t in product(("", "-"), figures, ("", ".5"))]
    assert read.refused.is_empty(), read.refused
    assert read.table["grp"].to_list() == wanted


@pytest.mark.parametrize("cell", ["1 23", "1 2345", "12 34 567", "1  234", "1234 567", "1 23,4"])
def test_blanks_that_part_no_thousands_are_refused(tmp_path, cell):
    read = extract(tmp_path, f"Томская область;2019;{cell};;")
    assert read.refused["column"].to_list() == ["grp"]
