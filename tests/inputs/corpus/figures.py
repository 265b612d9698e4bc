"""Regions and figures that are not what they seem, and odd ones that are right all the same."""

from __future__ import annotations

from collections.abc import Iterable

from tests.inputs.corpus.case import Case, accept, reject, section, warn

CSV = "region_year.csv"
FIGURE = section("ru", region_year={"grain": "region", "v": {"type": "number"}})
FREE = section(None, region_year={"grain": "region", "v": {"type": "number"}})
TWO = section(
    None,
    region_year={"grain": "region", "v": {"type": "number"}},
    b={"grain": "region", "w": {"type": "number"}},
)
CODES = ("RU-TOM", "RU-MOW", "RU-KGD", "RU-OMS", "RU-KEM", "RU-ALT")
USUAL = (12.0, 40.5, 3.1, 77.0, 55.2, 90.4)


def table(rows: Iterable[tuple[object, ...]], *more: str, value: str = "v") -> str:
    """The rows of a table of regions, years and figures."""
    lines = [",".join(("region", "year", value, *more))]
    quoted = ([f'"{cell}"' if "," in str(cell) else str(cell) for cell in row] for row in rows)
    return "\n".join([*lines, *(",".join(row) for row in quoted)]) + "\n"


def usual(*more: tuple[object, ...], year: int = 2019) -> str:
    """The usual figures of a year, and further rows."""
    return table([*((code, year, v) for code, v in zip(CODES, USUAL, strict=True)), *more])


def named(*names: str) -> dict[str, str]:
    """A table with a row for each name."""
    return {CSV: table((name, 2019, n + 1.5) for n, name in enumerate(names))}


def apart(one: str, two: str) -> dict[str, str]:
    """Two tables that name one of their two regions each in its own way."""
    return named(one, "X") | {"b.csv": table([(two, 2019, 1), ("X", 2019, 2)], value="w")}


# --------------------------------------------------------------------------------- names of regions

HIDDEN = (
    0xAD,
    0x34F,
    0x61C,
    0x115F,
    0x1160,
    0x17B4,
    0x180B,
    0x180E,
    0x200B,
    0x200C,
    0x200D,
    0x200E,
    0x2028,
    0x202E,
    0x2060,
    0x2062,
    0x2066,
    0x3164,
    0xFE00,
    0xFE0F,
    0xFEFF,
    0xFFA0,
    0xFFF9,
    0x1D173,
    0xE0001,
    0xE0041,
    0xE0100,
    0xE000,
    0x378,
)
BLANKS = (0xA0, 0x1680, 0x2000, 0x2007, 0x2009, 0x202F, 0x205F, 0x3000)
NO_KEYS = (
    "../../x",
    "..",
    "./x",
    "a/../b",
    "/etc/passwd",
    "a//b",
    "C:\\x",
    "..\\x",
    "-",
    "***",
    "=1+1",
    "+7",
    "@SUM(A1)",
    "-1+2",
    "<script>",
    "a|b",
    "~root",
    "x" * 201,
    "—",
    "…",
)

KEYS = (
    *(
        reject(f"hidden_{one:04x}", "row 2", files=named(f"A{chr(one)}B"), section=FREE)
        for one in HIDDEN
    ),
    *(
        reject(
            f"blank_{one:04x}", "row 2", "plain blank", files=named(f"A{chr(one)}B"), section=FREE
        )
        for one in BLANKS
    ),
    *(
        reject(f"no_key_{n:02d}", "row 3", files=named("A", name), section=FREE)
        for n, name in enumerate(NO_KEYS)
    ),
)
TWINS = ("RU-tom", "ru-tom", "Ru-Tom", "RU–TOM", "RU - TOM", "ＲＵ-TOM", "RU‑TOM", "RU −TOM")
PAIRED = (
    *(
        reject(f"twin_{n}", "row 3", "'RU-TOM'", files=named("RU-TOM", name), section=FREE)
        for n, name in enumerate(TWINS)
    ),
    *(
        reject(
            f"twin_of_another_table_{n}",
            "b.csv, row 2",
            one,
            files=apart(one, two),
            section=TWO,
        )
        for n, (one, two) in enumerate(
            [
                ("Costa Rica", "Costa\u00a0Rica"),
                ("Costa Rica", "costa rica"),
                ("Орёл", "Орел"),
                ("Viet Nam", "VIET NAM"),
                ("Guinea-Bissau", "Guinea – Bissau"),
                ("Омск", "Oмcк"),
            ]
        )
    ),
    *(
        warn(
            f"alike_{n}",
            f"'{one}'",
            "alike but for marks or accents",
            files=apart(one, two),
            section=TWO,
        )
        for n, (one, two) in enumerate(
            [
                ("Viet Nam", "Vietnam"),
                ("Côte d'Ivoire", "Cote d’Ivoire"),
                ("St. Lucia", "St Lucia"),
                ("Åland", "Aland"),
                ("São Tomé", "Sao Tome"),
                ("Guinea-Bissau", "Guinea Bissau"),
                ("Türkiye", "Turkiye"),
                ("Curaçao", "Curacao"),
                ("Korea (Rep.)", "Korea Rep"),
            ]
        )
    ),
    *(
        warn(
            f"alone_{n}",
            f"'{one}'",
            "no other table has",
            files=apart(one, two),
            section=TWO,
        )
        for n, (one, two) in enumerate(
            [("Czechia", "Czech Republic"), ("Swaziland", "Eswatini"), ("A", "B")]
        )
    ),
)
RUSSIAN = (
    *(
        reject(
            f"district_{n}", f"'{name}' is a federal district", files=named(name), section=FIGURE
        )
        for n, name in enumerate(
            ["Центральный федеральный округ", "Южный ФО", "СЗФО", "Крымский фед. округ", "УрФО"]
        )
    ),
    *(
        reject(f"country_{n}", f"'{name}' is the country", files=named(name), section=FIGURE)
        for n, name in enumerate(["Российская Федерация", "РФ", "Россия", "Итого", "Всего по РФ"])
    ),
    *(
        reject(f"no_region_{n}", "no region is named", files=named(name), section=FIGURE)
        for n, name in enumerate(
            [
                "Тюменская область без ЯНАО",
                "Томская область без авт. округа",
                "Томск-7",
                "авт. округ",
                "Московская область и г. Москва",
                "Архангельская область без Архангельска",
                "Респ.",
                "RU-\u00adTOM",
                "RU-XXX",
                "Сибирь",
            ]
        )
    ),
    *(
        reject(f"repeated_{n}", "row 2", "more than once", files=named(one, two), section=FIGURE)
        for n, (one, two) in enumerate(
            [
                ("RU-TOM", "Томская область"),
                ("Ненецкий авт. округ", "НАО"),
                ("г. Москва", "Москва г"),
            ]
        )
    ),
    reject(
        "whole_and_rest",
        "row 2",
        "contains autonomous okrugs",
        files=named("Архангельская область", "Архангельская область без авт. округа"),
        section=FIGURE,
    ),
)

# ------------------------------------------------------------------------------------------ figures

MARKS = ("999", "9999", "99999", "999999", "9999999", "-9", "-99", "-999", "-9999", "-1", "9999.0")
JUMPS = (1000.0, 0.001, 980.0, 1 / 1020, 700.0, 1 / 1500)


def _after(at: int, value: object) -> dict[str, str]:
    """Two years of the usual figures, one of them another."""
    late = [value if n == at else v for n, v in enumerate(USUAL)]
    rows = [(code, 2019, v) for code, v in zip(CODES, late, strict=True)]
    return {CSV: usual(*rows, year=2018)}


def _beside(column: str, cells: Iterable[str]) -> dict[str, str]:
    """The usual figures with a column that nobody declared."""
    rows = zip(CODES, [2019] * 6, USUAL, cells, strict=True)
    return {CSV: table(rows, column)}


SAID = (
    ("unit", "thousand", "million", "another unit"),
    ("UNIT_MULT", "3", "6", "another unit"),
    ("UNIT_MEASURE", "RUB", "USD", "another unit"),
    ("currency", "RUB", "EUR", "another unit"),
    ("v_unit", "%", "share", "another unit"),
    ("Единица", "тыс. руб.", "руб.", "another unit"),
    ("ACTION", "I", "D", "deletion"),
    ("action", "append", "Delete", "deletion"),
    ("deleted", "0", "1", "deletion"),
    ("is_removed", "no", "yes", "deletion"),
    ("Статус", "", "удалено", "deletion"),
    ("OBS_STATUS", "A", "P", "provisional"),
    ("provisional", "", "x", "provisional"),
    ("status", "final", "prelim.", "provisional"),
    ("Примечание", "", "предварительно", "provisional"),
    ("CONF_STATUS", "F", "C", "confidential"),
    ("CONF_STATUS", "F", "N", "confidential"),
    ("confidential", "false", "true", "confidential"),
    ("Статус", "", "конф.", "confidential"),
)
FIGURES = (
    *(
        warn(
            f"mark_{n}",
            "row 8",
            "a mark for a missing figure?",
            files={CSV: usual(("RU-AMU", 2019, mark))},
            section=FIGURE,
        )
        for n, mark in enumerate(MARKS)
    ),
    *(
        warn(
            f"jump_{at}_{n}",
            f"row {8 + at}",
            "the year before it was",
            files=_after(at, USUAL[at] * times),
            section=FIGURE,
        )
        for at in (0, 1, 3, 4, 5)
        for n, times in enumerate(JUMPS)
    ),
    *(
        warn(
            f"share_{at}", f"row {8 + at}", "share among", files=_after(at, v / 100), section=FIGURE
        )
        for at, v in enumerate(USUAL)
        if v > 10
    ),
    *(
        warn(
            f"said_{n}_{at}",
            f"row {at + 2}",
            words,
            files=_beside(column, [said if at == m else rest for m in range(6)]),
            section=FIGURE,
        )
        for n, (column, rest, said, words) in enumerate(SAID)
        for at in (0, 4)
    ),
)

# ------------------------------------------------------------------------------- odd, and all right

PLAIN = {CSV: table([("RU-TOM", 2019, 1.5), ("RU-NEN", 2019, 2.5)])}
SPELLINGS = (
    ("Томская область", "Ненецкий авт. округ"),
    ("Томская обл.", "НАО"),
    ("Tomsk Oblast", "Nenets AO"),
    ("обл. Томская", "Ненецкий АО"),
    ("ТОМСКАЯ ОБЛАСТЬ", "ненецкий а.о."),
    ("RU-TOM", "Ненецкий АО"),
    ("Томская\u00a0область", "Ненецкий  автономный  округ"),
    ("Тoмскaя oблaсть", "Авт. округ Ненецкий"),
    ("Томская обл", "в том числе: Ненецкий автономный округ"),
)
REST = (
    "Тюменская область без авт. округов",
    "Тюменская обл. (без АО)",
    "Тюменская область (кроме ХМАО и ЯНАО)",
    "Тюменская область, за исключением авт. округов",
    "Тюменская область без ХМАО-Югры и ЯНАО",
)
NAMES = (
    "Côte d'Ivoire",
    "Bolivia (Plurinational State of)",
    "São Tomé",
    "Việt Nam",
    "Åland",
    "中国",
    "Bolzano/Bozen",
    "'s-Hertogenbosch",
    "Washington. D.C.",
    "Kosovo*",
    "भारत",
    "01",
    "1.1",
)
VALID = (
    *(
        accept(f"spelt_{n}", files=named(*names), twin=PLAIN, section=FIGURE)
        for n, names in enumerate(SPELLINGS)
    ),
    *(
        accept(
            f"rest_{n}",
            files=named(name),
            twin=named("Тюменская область без автономных округов"),
            section=FIGURE,
        )
        for n, name in enumerate(REST)
    ),
    *(
        accept(f"name_{n}", files=named(name, "A"), twin=named(name, "A"), section=FREE)
        for n, name in enumerate(NAMES)
    ),
    accept(
        "letters_of_two_parts",
        files=named("Sa\u0303o Tome\u0301", "Việt Nam"),
        twin=named("São Tomé", "Việt Nam"),
        section=FREE,
    ),
    accept("one_unit", files=_beside("unit", ["%"] * 6), twin={CSV: usual()}, section=FIGURE),
    accept("all_final", files=_beside("OBS_STATUS", "AAAAEA"), twin={CSV: usual()}, section=FIGURE),
    accept("appended", files=_beside("ACTION", "IARMII"), twin={CSV: usual()}, section=FIGURE),
    accept("districts", files=_beside("district", "CDPCDP"), twin={CSV: usual()}, section=FIGURE),
    accept("free", files=_beside("CONF_STATUS", "FFFFFF"), twin={CSV: usual()}, section=FIGURE),
    accept("doubled", files=_after(1, 81.0), twin=_after(1, 81.0), section=FIGURE),
    accept("tenfold", files=_after(2, 31.0), twin=_after(2, 31.0), section=FIGURE),
    accept("from_nothing", files=_after(2, 0), twin=_after(2, 0), section=FIGURE),
    accept(
        "nines_of_their_own",
        files={CSV: usual(("RU-AMU", 2019, 99))},
        twin={CSV: usual(("RU-AMU", 2019, 99.0))},
        section=FIGURE,
    ),
)

CASES: tuple[Case, ...] = (*KEYS, *PAIRED, *RUSSIAN, *FIGURES, *VALID)
