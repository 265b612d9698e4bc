"""Figures that fit their declaration and are doubtful all the same: they are read, and told.

A mark for a missing figure typed as a number, a figure a thousand times that of the year before, a
per cent among shares, and what a column that nobody declared says of a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import polars as pl

from rating.definitions.table import Column, Input
from rating.inputs.raw import SHOWN, Raw, Refusal, shown

MOST = 20
"""Rows that are told of one column and rule; then how many more there are."""

# Fewer figures tell nothing of what is usual in a column.
_LEAST = 4
_NINES = re.compile(r"^9{3,}$")
_BELOW = re.compile(r"^-9+$|^-1$")

_UNIT = re.compile(
    r"(?i)(?:^|_)(?:units?|unit_measure|unit_mult|currency|scale)$|^ед\.? ?изм|^единиц|^валют"
)
_MARK = re.compile(
    r"(?i)status|flag|^action$|delet|remov|confiden|conf_|secre|provis|prelim|quality|^note|^remark"
    r"|статус|признак|удал|конф|предв|примеч"
)
_SDMX = re.compile(r"(?i)^(?:action|obs_status|conf_status|obs_conf|flags?|obs_flag)$")
_SAYS = {
    "marked for deletion": (r"del(?:ete)?d?|removed?|удал\w*", r"(?i)^action$", "d"),
    "marked confidential": (
        r"conf(?:id\w*)?\.?|secret|restricted|конф\w*\.?",
        r"(?i)conf",
        "cns",
    ),
    "marked provisional": (
        r"prov(?:is\w*)?\.?|prelim\w*\.?|предв\w*\.?",
        r"(?i)^obs_status$|flag",
        "p",
    ),
}
_NAMED = {
    "marked for deletion": r"(?i)^(?:is_)?(?:delet|remov)|^удал",
    "marked confidential": r"(?i)^(?:is_)?(?:confid|secre)|^конф",
    "marked provisional": r"(?i)^(?:is_)?(?:provis|prelim)|^предв",
}
_YES = ("true", "yes", "y", "1", "x", "да", "истина")


def find(
    found: Raw,
    declared: Input,
    columns: Mapping[str, Column],
    values: Mapping[str, pl.Series],
    bad: pl.Series,
) -> Iterator[Refusal]:
    """What is doubtful in a table.

    Args:
        found: the table as its file has it, with the columns that nobody declared.
        declared: what is declared of it.
        columns: the declared columns that it has.
        values: the figures of each declared column, and the regions where the table has them.
        bad: the indices of the rows that are refused and so told already.
    """
    good = ~pl.int_range(found.rows.len(), dtype=pl.Int64, eager=True).is_in(bad.implode())
    rows = found.rows.filter(good)
    kept = {name: series.filter(good) for name, series in values.items()}
    for name, column in columns.items():
        if column.type in ("number", "integer") and name != "year":
            figures = pl.DataFrame({"row": rows, "value": kept[name].cast(pl.Float64)})
            yield from _first(name, figures, _sentinels(figures))
            if declared.grain == "region":
                keyed = figures.with_columns(
                    kept["region"].alias("region"), kept["year"].alias("year")
                )
                yield from _first(name, figures, _jumps(keyed))
    for name in found.frame.columns:
        if name not in values and not found.frame[name].dtype.is_nested():
            cells = pl.DataFrame(
                {"row": rows, "value": found.frame[name].filter(good).cast(pl.String, strict=False)}
            )
            yield from _first(name, cells, _said(name, cells))


def _first(name: str, cells: pl.DataFrame, told: Mapping[int, str]) -> Iterator[Refusal]:
    """The first of the rows that are told, and how many more there are."""
    at = cells.filter(pl.col("row").is_in(list(told)[:MOST]))
    for row, value in at.select("row", "value").iter_rows():
        cell = f"{value:.15g}" if isinstance(value, float) else str(value)
        yield Refusal(row, name, told[row], shown(cell[:SHOWN]))
    if len(told) > MOST:
        yield Refusal(0, name, f"{len(told) - MOST:,} more rows are doubtful", "")


def _sentinels(figures: pl.DataFrame) -> dict[int, str]:
    """Numbers that stand for a missing figure in some systems, and fit nothing in the column."""
    known = figures.drop_nulls("value")
    text = [f"{value:.15g}" for value in known["value"].unique()]
    marks = [float(one) for one in text if _NINES.match(one) or _BELOW.match(one)]
    rest = known.filter(~pl.col("value").is_in(marks))["value"]
    if not marks or rest.len() < _LEAST:
        return {}
    least, most = float(rest.min()), float(rest.max())  # type: ignore[arg-type]
    strange = [one for one in marks if (one > 5 * max(most, 1.0) if one > 0 else least >= 0)]
    rule = f"a mark for a missing figure? the others are from {least:g} to {most:g}"
    rows = known.filter(pl.col("value").is_in(strange))["row"]
    return dict.fromkeys(rows, f"{rule}; leave the cell empty where a figure is missing")


def _jumps(keyed: pl.DataFrame) -> dict[int, str]:
    """Figures some thousand times those of the year before, or a share where per cent stood."""
    before = keyed.select("region", year=pl.col("year") + 1, was="value")
    pairs = keyed.join(before, on=["region", "year"]).filter(
        pl.col("value") * pl.col("was") > 0, pl.col("value").is_finite()
    )
    if pairs.is_empty():
        return {}
    times = pairs.with_columns(times=(pl.col("value") / pl.col("was")).abs())
    fold = pl.max_horizontal("times", 1 / pl.col("times"))
    small, large = pl.min_horizontal("value", "was").abs(), pl.max_horizontal("value", "was").abs()
    thousand = fold.is_between(500, 2000)
    share = fold.is_between(60, 170) & (small <= 1) & (large > 1) & (large <= 100)
    # Where every second figure moves so, the column is one of leaps.
    leaps = times.filter(fold > 10).height > times.height / 2 and times.height >= _LEAST
    told = times.filter(thousand | share).with_columns(share=share & ~thousand)
    if leaps and not _all_at_once(told):
        return {}
    return {
        row: f"{'a share among per cent' if share else 'a thousand times off'}? "
        f"the year before it was {was:g}; check the unit and the decimal sign"
        for row, was, share in told.select("row", "was", "share").iter_rows()
    }


def _all_at_once(told: pl.DataFrame) -> bool:
    """Whether the leaps are of one year, as where a whole table changes its unit."""
    return told["year"].n_unique() == 1


def _said(name: str, cells: pl.DataFrame) -> dict[int, str]:
    """What a column that is not declared says of its rows."""
    text = pl.col("value").fill_null("").str.strip_chars().str.to_lowercase()
    known = cells.with_columns(said=text).filter(pl.col("said") != "")
    if known.is_empty():
        return {}
    if _UNIT.search(name):
        return _units(known)
    told: dict[int, str] = {}
    for meaning, (words, where, letters) in _SAYS.items():
        said = pl.col("said").str.contains(f"^(?:{words})(?:[^a-zа-я].*)?$") & bool(
            _MARK.search(name)
        )
        if _SDMX.match(name) and re.search(where, name):
            said |= pl.col("said").is_in(list(letters))
        if re.search(_NAMED[meaning], name):
            said |= pl.col("said").is_in(_YES)
        rows = known.filter(said)["row"]
        told |= dict.fromkeys(rows, f"the row is {meaning}, and its figures are read; take it out")
    return told


def _units(known: pl.DataFrame) -> dict[int, str]:
    """The rows whose unit is another than most rows have."""
    usual = known["said"].mode(maintain_order=True)[0]
    other = known.filter(pl.col("said") != usual)
    rule = f"another unit than most rows have, which is '{shown(usual[:SHOWN])}'"
    return dict.fromkeys(
        other["row"], f"{rule}; the column is not declared, and nothing is converted"
    )
