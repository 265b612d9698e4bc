"""What a reader of a foreign format gives: the table in our columns and what is not in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from rating.inputs import printed, russian
from rating.inputs.raw import SHOWN
from rating.inputs.regions import WITHOUT_OKRUGS, Register

Okrugs = Literal["apart", "within"]

REFUSED = {
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "rule": pl.String,
    "value": pl.String,
}
PROVENANCE = {
    "file": pl.String,
    "sha256": pl.String,
    "rows": pl.Int64,
    "title": pl.String,
    "publisher": pl.String,
    "dated": pl.String,
}
LEFT_OUT = {"name": pl.String, "rule": pl.String}
CODES = {"column": pl.String, "list": pl.String, "code": pl.String, "name": pl.String}
FIGURES = {
    "region": pl.String,
    "year": pl.Int64,
    "period": pl.String,
    "code": pl.String,
    "unit": pl.String,
    "value": pl.Float64,
    "note": pl.String,
}
"""The columns of a table of figures, whatever the source; further ones follow them."""

OVERLAP = "contains autonomous okrugs, which have rows of their own"
PART = "a part of its region, which is read as a whole"
NO_REST = 'contains autonomous okrugs, and the source has no row without them; read okrugs="within"'


@dataclass(frozen=True, eq=False)
class Reading:
    """A file of another format, read: every row of it stands in one of three tables.

    Attributes:
        table: the rows of regions, in our columns.
        refused: file, row, column, rule, value: what breaks a rule of the format.
        provenance: file, sha256, rows, title, publisher, dated: one row.
        left_out: rows of figures that are no region's own: name, rule and the columns of the
            table. The country, federal districts, regions that contain others.
        codes: column, list, code, name: what the codes of further columns mean.
    """

    table: pl.DataFrame
    refused: pl.DataFrame
    provenance: pl.DataFrame
    left_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEFT_OUT))
    codes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CODES))


def provenance(
    file: str, sha256: str, rows: int, title: str = "", publisher: str = "", dated: str = ""
) -> pl.DataFrame:
    """The one row of a file."""
    row = (file, sha256, rows, title, publisher, dated)
    return pl.DataFrame([row], schema=PROVENANCE, orient="row")


def refused(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """Refused cells (row, column, rule, value) as they are listed."""
    cut = frame.with_columns(pl.lit(file).alias("file"), pl.col("value").str.head(SHOWN))
    cut = cut.select(pl.col(name).cast(dtype) for name, dtype in REFUSED.items())
    return cut.sort("row", maintain_order=True)


def figures(
    found: pl.DataFrame, file: str, about: pl.DataFrame, register: Register, okrugs: Okrugs
) -> Reading:
    """A table of figures from labelled rows.

    Args:
        found: row, column, label, cell, rule beside the columns of FIGURES but for the region, and
            any further columns; a row with a rule is refused.
        file: the base name of the file.
        about: its provenance.
        register: which knows the regions by their labels.
        okrugs: ``apart`` reads autonomous okrugs on their own and the regions around them without
            them; ``within`` reads those regions whole, and no okrug that is a part of one.
    """
    places = printed.places(found["label"], register).rename({"rule": "place"})
    frame = found.join(places, on="label", how="left", maintain_order="left")
    aggregate = pl.col("place").is_in([russian.COUNTRY, russian.DISTRICT])
    empty = pl.when(pl.col("label").is_null()).then(pl.lit("no region is named"))
    frame = frame.with_columns(
        rule=pl.coalesce("rule", pl.when(~aggregate).then("place"), empty),
        why=pl.when(aggregate).then("place"),
    )
    frame = _parted(frame, register, okrugs)
    further = [name for name in found.columns if name not in {*FIGURES, *_PLACE}]
    key = ["region", "year", "period", "code", "unit", *further]
    frame = _single(frame, key, pl.col("why").is_null() & pl.col("rule").is_null())
    columns = [pl.col(name).cast(dtype) for name, dtype in FIGURES.items()]
    columns += [pl.col(name) for name in further]
    good = frame.filter(pl.col("rule").is_null())
    name = pl.Series("name", [printed.place(label) for label in good["label"]], pl.String)
    good = good.with_columns(name)
    bad = frame.filter(pl.col("rule").is_not_null())
    return Reading(
        table=good.filter(pl.col("why").is_null()).select(columns),
        left_out=good.filter(pl.col("why").is_not_null()).select(
            "name", pl.col("why").alias("rule"), *columns
        ),
        refused=refused(bad.select("row", "column", "rule", value="cell"), file),
        provenance=about,
    )


_PLACE = {"row", "column", "label", "cell", "rule"}


def _parted(frame: pl.DataFrame, register: Register, okrugs: Okrugs) -> pl.DataFrame:
    """The rows with those marked that would count a region twice."""
    within = register.frame.filter(pl.col("parent").is_not_null())
    part = pl.col("region").is_in(within["region"].to_list())
    around = pl.col("region").is_in(within["parent"].unique().to_list())
    rest = pl.col("reach") == WITHOUT_OKRUGS
    if okrugs == "within":
        return frame.with_columns(why=pl.when(part | rest).then(pl.lit(PART)).otherwise("why"))
    lone = frame.filter(rest)["region"].unique().to_list()
    parted = pl.col("region").is_in(lone)
    whole = around & ~rest
    return frame.with_columns(
        why=pl.when(whole & parted).then(pl.lit(OVERLAP)).otherwise("why"),
        rule=pl.coalesce("rule", pl.when(whole & ~parted).then(pl.lit(NO_REST))),
    )


def _single(frame: pl.DataFrame, key: list[str], counted: pl.Expr) -> pl.DataFrame:
    """The rows with those refused whose key stands more than once: which is right is not known."""
    again = counted & (pl.len().over([*key, counted]) > 1)
    named = pl.concat_str(["region", "year"], separator=" ")
    first, last = (end.over([*key, counted]) for end in (pl.col("row").min(), pl.col("row").max()))
    other = pl.when(pl.col("row") == first).then(last).otherwise(first)
    what = "{} stands more than once with the same codes, also in row {}; keep one"
    rule = pl.format(what, named, other)
    return frame.with_columns(rule=pl.coalesce("rule", pl.when(again).then(rule)))
