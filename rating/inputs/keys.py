"""The keys of a row: the region resolved by its register, and no region and year twice."""

from __future__ import annotations

import polars as pl

from rating.errors import Problem
from rating.inputs.cells import EMPTY
from rating.inputs.raw import SHOWN, shown
from rating.inputs.regions import WITHOUT_OKRUGS, Register

LISTED = 50
"""Unknown names of a file that an error lists one by one."""


def region(cells: pl.Series, rows: pl.Series, register: Register | None) -> pl.DataFrame:
    """Each row's region: index, row, cell, region, reach; any code as it is without a register."""
    frame = pl.DataFrame({"row": rows, "cell": cells.cast(pl.String).replace("", None)})
    frame = frame.with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
    if register is None:
        return frame.with_columns(region="cell", reach=pl.lit(""))
    found = register.match(frame["cell"]).rename({"name": "cell"})
    return frame.join(found, on="cell", how="left", maintain_order="left")


def empty(regions: pl.DataFrame) -> pl.DataFrame:
    """The rows that name no region, as refused cells."""
    missing = regions.filter(pl.col("cell").is_null())
    return missing.select(
        "index", column=pl.lit("region"), rule=pl.lit(EMPTY), value=pl.lit(None, pl.String)
    )


def unknown(file: str, regions: pl.DataFrame, register: Register) -> list[Problem]:
    """A problem for each name that the register does not know, with its first row."""
    lost = regions.filter(pl.col("cell").is_not_null() & pl.col("region").is_null())
    names = lost.group_by("cell").agg(pl.col("row").min(), count=pl.len()).sort("row", "cell")
    problems = []
    for name, row, count in names.head(LISTED).iter_rows():
        what = f"no region is named '{shown(name)}'"
        what += f" (and {count - 1} more rows of that name)" if count > 1 else ""
        where = f"{file}, row {row}, column region"
        problems.append(Problem(where, what, register.nearest(name[:SHOWN])))
    if names.height > LISTED:
        what = f"{names.height - LISTED} more names that the register does not know"
        problems.append(Problem(f"{file}, column region", what))
    return problems


def repeated(regions: pl.DataFrame, year: pl.Series | None) -> pl.DataFrame:
    """The rows that share region and year with another, as refused cells.

    Every row of a doubled key is refused: which of them is right is not ours to guess. Where the
    same region stands both as a whole and without its autonomous okrugs, which are regions of
    their own, the whole one overlaps them, and it alone is refused.
    """
    key = ["region"] if year is None else ["region", "year"]
    frame = regions if year is None else regions.with_columns(year=year)
    frame = frame.drop_nulls(key).with_columns(part=pl.col("reach") == WITHOUT_OKRUGS)
    parts = frame.filter("part").group_by(key).agg(other=pl.col("row").min())
    overlapping = frame.filter(~pl.col("part")).join(parts, on=key)
    single = frame.join(overlapping, on="index", how="anti")
    counted = single.group_by(key).agg(first=pl.col("row").bottom_k(_NAMED + 1), rows=pl.len())
    doubled = single.join(counted.filter(pl.col("rows") > 1), on=key)
    return pl.concat([_refused(overlapping, _OVERLAP, "other"), _doubled(doubled, key)])


_OVERLAP = (
    "contains autonomous okrugs that have rows of their own: row {} is the region without them; "
    "remove this row"
)


_NAMED = 5


def _doubled(frame: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    # One more than is named, since a row does not name itself: no list grows with the key.
    others = (
        pl.col("first").list.set_difference(pl.concat_list("row")).list.sort().list.head(_NAMED)
    )
    frame = frame.with_columns(
        named=pl.concat_str(key, separator=" "),
        others=others.cast(pl.List(pl.String)).list.join(", "),
    )
    return _refused(frame, "{} stands more than once, also in row {}; keep one", "named", "others")


def _refused(frame: pl.DataFrame, rule: str, *columns: str) -> pl.DataFrame:
    return frame.select(
        "index",
        column=pl.lit("region"),
        rule=pl.format(rule, *columns),
        value=pl.col("cell").str.head(SHOWN),
    )
