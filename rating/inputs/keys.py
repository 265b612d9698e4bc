"""The keys of a row: the region resolved by its register, and no region and year twice.

Without a register a region is what its name says, so two spellings of one name would be two
regions: each table's names are held against those of all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

import polars as pl

from rating.definitions import spelling
from rating.definitions.table import Input
from rating.errors import Problem
from rating.inputs import russian
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
        named, aggregate = shown(spelling.seen(name)), russian.aggregate(name)
        what = f"'{named}' is {aggregate}" if aggregate else f"no region is named '{named}'"
        remedy = "remove the row" if aggregate else register.nearest(name[:SHOWN])
        what += f" (and {count - 1} more rows of that name)" if count > 1 else ""
        where = f"{file}, row {row}, column region"
        problems.append(Problem(where, what, remedy))
    if names.height > LISTED:
        what = f"{names.height - LISTED} more names that the register does not know"
        problems.append(Problem(f"{file}, column region", what))
    return problems


TWINS = 3
"""Other spellings of a name that a message lists."""

ALIKE = "alike but for marks or accents"
ALONE = "a region that no other table has, where each has a row for every region"


Doubt = tuple[str, str, int, str, str, str]
"""A cell that is read and doubtful, in the columns of ``Data.remarks``."""

SPELT = {"table": pl.String, "file": pl.String, "row": pl.Int64, "name": pl.String}
"""Every name of a region that a table holds, with the first row where it stands."""


def spelt(table: str, file: str, names: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """The different names of the regions of a table, in the columns of SPELT."""
    name = names.cast(pl.String).str.normalize("NFC").replace("", None)
    frame = pl.DataFrame({"name": name, "row": rows}).drop_nulls("name")
    first = frame.group_by("name", maintain_order=True).agg(pl.col("row").min())
    return first.select(table=pl.lit(table), file=pl.lit(file), row="row", name="name")


def faults(found: pl.DataFrame) -> dict[str, str]:
    """The names that are refused, with the rule: for their own letters, or as one of two spellings.

    Args:
        found: the names of all tables, in the columns of SPELT.
    """
    own = {name: spelling.fault(name) for name in found["name"].unique(maintain_order=True)}
    refused = {name: rule for name, rule in own.items() if rule is not None}
    for places in _twins(found, spelling.bare):
        for name in places:
            # Where the other spelling is refused for its letters, this one is right.
            others = (
                place
                for one, place in places.items()
                if one != name and (own[name] or not own[one])
            )
            listed = " and ".join(islice(others, TWINS))
            if listed and name in refused:
                refused[name] += f" (without it: {listed})"
            elif listed:
                refused[name] = f"the same name in another spelling: {listed}; write one of them"
    return refused


def doubtful(
    found: pl.DataFrame, inputs: Mapping[str, Input], refused: Collection[str]
) -> Iterator[Doubt]:
    """What may be one region under two names: names alike, and those of one table alone.

    Args:
        found: the names of all tables, in the columns of SPELT.
        inputs: what is declared of them.
        refused: the names that ``faults`` tells already.
    """
    # A name whose other spelling is refused is told there.
    alike = {spelling.bare(name) for name in refused}
    told = {name for name in found["name"].unique() if spelling.bare(name) in alike}
    places_of: dict[str, list[tuple[str, str, int]]] = {}
    for table, file, row, name in found.iter_rows():
        places_of.setdefault(name, []).append((table, file, row))
    for places in _twins(found, spelling.letters):
        held = [place for name in places for place in places_of[name]]
        # A table that has both takes them for two; those that fold into one are refused.
        apart = len({table for table, _, _ in held}) == len(held)
        if not apart or len(set(map(spelling.bare, places))) == 1:
            continue
        told.update(places)
        for name in places:
            several = (place for one, place in places.items() if one != name)
            others = " and ".join(islice(several, TWINS))
            for table, file, row in places_of[name]:
                yield table, file, row, "region", f"{ALIKE}: {others}", name
    whole = [t for t, one in inputs.items() if one.grain == "region" and one.absent == "missing"]
    regional = found.filter(pl.col("table").is_in(whole) & ~pl.col("name").is_in(list(told)))
    if regional["table"].n_unique() > 1:
        for table, file, row, name in regional.filter(pl.len().over("name") == 1).iter_rows():
            yield table, file, row, "region", ALONE, name


def _twins(found: pl.DataFrame, common: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """The names that have something in common, each with the place where it first stands."""
    alike: dict[str, dict[str, str]] = {}
    for _, file, row, name in found.iter_rows():
        place = f"'{shown(spelling.seen(name))}' ({file}, row {row})"
        alike.setdefault(common(name), {}).setdefault(name, place)
    yield from (places for places in alike.values() if len(places) > 1)


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
