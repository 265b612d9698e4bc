"""How Russian statistics print figures, periods and places: decimal commas, footnotes, months.

Each source has its own grammar, known beforehand; what does not fit it is refused with its rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

import polars as pl

from rating.inputs import russian
from rating.inputs.regions import Register

RAISED = "^"
"""The mark that a reader sets before raised text, which is a footnote and no part of a figure."""

NOT_A_FIGURE = "not a figure; write digits with a decimal comma, or leave the cell empty"
POINT = "a decimal point where the source has a comma; write 12,5"
UNKNOWN_PERIOD = "not a period that is known; name a month, a quarter, a half or the year"

_NUMBER = r"-?(?:[0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,][0-9]+)?(?:e[+-]?[0-9]{1,3})?"
_NOTES = r"[0-9]{1,2}\)(?:[;,] ?[0-9]{1,2}\))*"
# No data, not published, or none: which of them a sign means is for the analyst to say.
_MISSING = rf"^(?:(?:…|\.{{2,3}}|-|[xXхХ])?\s*\^?\s?(?:{_NOTES})?)$"
_SPLIT = rf"^({_NUMBER})(?:\^ ?| )({_NOTES})$"
_GLUED = re.compile(rf"^({_NUMBER})\)$")


def figures(cells: pl.Series, notes: Collection[int] = ()) -> pl.DataFrame:
    """The figures of printed cells: value, note, rule.

    A figure may have a footnote: raised, after a blank, or glued on. A glued one is taken apart
    only where the footnotes of the sheet allow one reading: ``99,72)`` is 99.7 with footnote 2 in
    a sheet that explains a footnote 2 and no footnote 72.

    Args:
        cells: text as printed.
        notes: the footnotes that the sheet explains.

    Returns:
        One row a cell: the value, missing where the cell says so; the footnote or the sign of a
        missing figure; and the rule that a cell breaks, if it breaks one.

    Example:
        >>> figures(pl.Series(["1 234,5", "99,72)", "…", "12%"]), notes=[1, 2])["value"].to_list()
        [1234.5, 99.7, None, None]
    """
    blank = r"[\u00a0\u2000-\u200a\u202f\s]+"
    text = pl.col("cell").fill_null("").str.replace_all(blank, " ").str.strip_chars()
    text = text.str.replace_all(r"[−–—‐‑]", "-")
    frame = cells.cast(pl.String).alias("cell").to_frame().select(text)
    glued = frame.filter(pl.col("cell").str.contains(_GLUED.pattern))["cell"].unique()
    apart = pl.DataFrame(
        [(cell, *_apart(cell, notes)) for cell in glued],
        schema={"cell": pl.String, "digits": pl.String, "mark": pl.String, "fault": pl.String},
        orient="row",
    )
    cell, missing = pl.col("cell"), pl.col("cell").str.contains(_MISSING)
    digits = pl.coalesce("digits", cell.str.extract(_SPLIT, 1), cell)
    note = pl.coalesce("mark", cell.str.extract(_SPLIT, 2), pl.when(missing).then(cell))
    plain = digits.str.contains(rf"^{_NUMBER}$")
    value = digits.str.replace_all(" ", "").str.replace(",", ".", literal=True)
    value = value.cast(pl.Float64, strict=False)
    return frame.join(apart, on="cell", how="left", maintain_order="left").select(
        value=pl.when(plain & ~missing & pl.col("fault").is_null() & value.is_finite()).then(value),
        note=note.str.replace_all(RAISED, "", literal=True).replace("", None),
        rule=pl.when(~missing).then(
            pl.coalesce("fault", pl.when(~plain | ~value.is_finite()).then(pl.lit(NOT_A_FIGURE)))
        ),
    )


def _apart(cell: str, notes: Collection[int]) -> tuple[str | None, str | None, str | None]:
    """The figure and the footnote of digits that are glued together, or why they stay so."""
    digits = cell[:-1]
    readings = [
        (digits[:-width], f"{digits[-width:]})")
        for width in (1, 2)
        if digits[-width:].isdigit()
        and not digits[-width:].startswith("0")
        and int(digits[-width:]) in notes
        and re.fullmatch(_NUMBER, digits[:-width])
    ]
    if len(readings) == 1:
        return *readings[0], None
    if readings:
        either = " or ".join(f"{figure} with footnote {note[:-1]}" for figure, note in readings)
        return None, None, f"a footnote glued to a figure: {either}; write them apart"
    return None, None, "a footnote glued to a figure and not explained; write the figure alone"


_MONTHS = (
    ("январь", "января"),
    ("февраль", "февраля"),
    ("март", "марта"),
    ("апрель", "апреля"),
    ("май", "мая"),
    ("июнь", "июня"),
    ("июль", "июля"),
    ("август", "августа"),
    ("сентябрь", "сентября"),
    ("октябрь", "октября"),
    ("ноябрь", "ноября"),
    ("декабрь", "декабря"),
)


@cache
def periods() -> dict[str, str]:
    """The words for parts of a year and our code of each.

    ``Y`` the year, ``H1`` a half, ``Q1`` a quarter, ``M01`` a month, ``M01-M03`` months together,
    ``D01-01`` a day.

    Example:
        >>> [periods()[word] for word in ("январь", "январь-март", "iv квартал", "на 1 января")]
        ['M01', 'M01-M03', 'Q4', 'D01-01']
    """
    year = ("год", "значение показателя за год", "раз в год на определенную дату")
    words = dict.fromkeys(year, "Y") | {"на конец года": "D12-31", "январь-декабрь": "M01-M12"}
    for number, (name, of) in enumerate(_MONTHS, start=1):
        words |= {name: f"M{number:02d}", f"на 1 {of}": f"D{number:02d}-01"}
        for end in range(number + 1, 13):
            words[f"{name}-{_MONTHS[end - 1][0]}"] = f"M{number:02d}-M{end:02d}"
    for number, roman in enumerate(("i", "ii", "iii", "iv"), start=1):
        words |= dict.fromkeys((f"{roman} квартал", f"{number} квартал"), f"Q{number}")
    for number, roman in enumerate(("i", "ii"), start=1):
        words |= dict.fromkeys((f"{roman} полугодие", f"{number} полугодие"), f"H{number}")
    return words


def folded(word: str) -> str:
    """A word as ``periods`` has it: lower case, one blank, no blank beside a dash."""
    return re.sub(r"\s*-\s*", "-", " ".join(word.split())).casefold().replace("ё", "е")


def place(label: str) -> str:
    """A printed label of a row without what is no name: footnotes, 'including', further blanks.

    Example:
        >>> place("в том числе:  Ненецкий   автономный округ 1)")
        'Ненецкий автономный округ'
    """
    text = " ".join(label.split())
    text = re.sub(r"^(?:в\s+том\s+числе|из\s+них)\s*:?\s*", "", text, flags=re.IGNORECASE)
    return re.sub(rf"\s*\^?\s?{_NOTES}$", "", text).strip()


def places(labels: pl.Series, register: Register) -> pl.DataFrame:
    """Each different label with its region and reach, or with the rule why it names none.

    Args:
        labels: as printed.
        register: which knows the regions.

    Returns:
        label, region, reach, rule: COUNTRY or DISTRICT for a row that holds several regions, else
        the nearest name that the register knows.
    """
    names = {label: place(label) for label in labels.drop_nulls().unique().sort()}
    found = {name: rest for name, *rest in register.match(pl.Series([*names.values()])).iter_rows()}
    rows = []
    for label, name in names.items():
        region, reach = found[name]
        rule = russian.aggregate(name) or register.unknown(name)
        rows.append((label, region, reach, None if region else rule))
    schema = dict.fromkeys(("label", "region", "reach", "rule"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")
