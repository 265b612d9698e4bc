"""Regions without a place: which rule left each of them unranked, and those without any figure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from rating.definitions.parsing import SCENARIO
from rating.definitions.section import Section
from rating.definitions.tree import Tree
from rating.engine.cells import Cells
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem, nearest
from rating.inputs.tables import Data

NO_FIGURES = "no figures: no table has a row of it"
ALL_MISSING = "no figures: every value of it is missing"


def assessed(
    section: Section, data: Data, years: Sequence[int]
) -> dict[int, tuple[str, ...]] | None:
    """The regions that each edition assesses; None where only the tables say which there are.

    Raises:
        DefinitionError: an edition assesses a region that the register does not know.
    """
    known = tuple(data.regions["region"]) if data.registered else ()
    listed = {year: section.assessed(year) or known for year in years}
    problems = [
        Problem(f"edition {year}, assessed", f"no region '{region}'", nearest(region, known))
        for year, regions in listed.items()
        for region in regions
        if known and region not in known
    ]
    if problems:
        raise DefinitionError(problems)
    return listed if any(listed.values()) else None


def bare_of(
    store: Store, found: Cells, measures: Cells
) -> tuple[Cells, Cells, dict[int, list[str]]]:
    """The cells without those of regions that no table has a row of, and these by edition."""
    keys = f"{SCENARIO} AS scenario, region"
    absent = store.query(f"SELECT {keys} FROM __regions WHERE NOT __there ORDER BY ALL")
    if absent.is_empty():
        return found, measures, {}
    # A complete register says 0 of a region that it has no row of: that is a figure.
    named = found.named()
    given = named.filter(pl.col("value").is_not_null()).select("scenario", "region").unique()
    absent = absent.join(given, on=["scenario", "region"], how="anti", maintain_order="left")
    by_year = {
        year: absent.filter(pl.col("scenario") == year)["region"].to_list()
        for year in absent["scenario"].unique()
    }

    def without(cells: Cells) -> Cells:
        pairs = cells.named().select("scenario", "region")
        marked = pairs.join(
            absent.with_columns(bare=True), on=pairs.columns, how="left", maintain_order="left"
        )
        return cells.filter(pl.lit(marked["bare"].is_null()))

    return without(found), without(measures), by_year


def whole(
    own: dict[str, pl.DataFrame], bare: list[str], year: int, tree: Tree
) -> dict[str, pl.DataFrame]:
    """The frames of an edition with every region that is assessed, and why each is unranked."""
    ranks = reasons(own["ranks"], own["scores"], own["values"], own["screened"], tree)
    outside = tree.section.outside(year)
    return with_bare({**own, "ranks": ranks}, bare, outside, tree)


def reasons(
    ranks: pl.DataFrame,
    scores: pl.DataFrame,
    values: pl.DataFrame,
    screened: pl.DataFrame,
    tree: Tree,
) -> pl.DataFrame:
    """The ranks of an edition with the ``reason`` of every region that has none.

    Args:
        ranks: region, status.
        scores: region, item (the node), score.
        values: region, indicator, score.
        screened: what the screening said: region, node, included, reason.
        tree: the nodes and indicators of the edition.
    """
    left = ranks.filter(pl.col("status") == "thin").select("region")
    short = _short(left, scores, values, tree)
    out = screened.filter(pl.col("node").is_null() & ~pl.col("included"))
    told = out.select("region", screen=pl.format("screened out: {}", "reason"))
    said = ranks.join(short, on="region", how="left", maintain_order="left").join(
        told, on="region", how="left", maintain_order="left"
    )
    reason: pl.Expr = (
        pl.when(pl.col("status") == "outside")
        .then(pl.lit("outside: the edition assesses it without a place"))
        .when(pl.col("status") == "thin")
        .then(pl.concat_str("screen", "short", separator="; ", ignore_nulls=True))
    )
    nothing = values.group_by("region").agg(known=pl.col("value").count()).filter(known=0)
    reason = (
        pl.when((pl.col("status") == "thin") & pl.col("region").is_in(nothing["region"].implode()))
        .then(pl.lit(ALL_MISSING))
        .otherwise(reason)
    )
    return ranks.with_columns(said.select(reason.alias("reason"))["reason"])


def _short(
    left: pl.DataFrame, scores: pl.DataFrame, values: pl.DataFrame, tree: Tree
) -> pl.DataFrame:
    """region, short: the nodes without a score, from the index down, with the rule of each."""
    items = pl.concat(
        [
            scores.select("region", "item", "score"),
            values.select("region", item="indicator", score="score"),
        ]
    ).join(left, on="region", how="semi")
    family = tree.children.filter(pl.col("weight") > 0)
    asked = {
        node: getattr(setting, "min_coverage", 0.0)
        for level in tree.levels("aggregate")
        for node, setting in level.items()
    }
    order = pl.DataFrame(
        [(node, place, asked[node]) for place, node in enumerate(tree.nodes)],
        schema={"parent": pl.String, "place": pl.Int64, "asked": pl.Float64},
        orient="row",
    )
    sizes = family.group_by("parent").agg(children=pl.len())
    counted = (
        items.join(family.select("parent", "item"), on="item")
        .group_by("region", "parent")
        .agg(present=pl.col("score").count())
        .join(sizes, on="parent")
        .join(order, on="parent")
    )
    empty = items.filter(pl.col("score").is_null()).select("region", parent="item")
    share = (100 * pl.col("asked")).round(1).cast(pl.String).str.strip_suffix(".0")
    wanted = (
        pl.when(pl.col("asked") > 0)
        .then(pl.format("min_coverage is {} %", share))
        .otherwise(pl.lit("one is needed"))
    )
    text = pl.format("{}: {} of {} parts have a score, {}", "parent", "present", "children", wanted)
    return (
        counted.join(empty, on=["region", "parent"], how="semi")
        .sort("region", "place")
        .group_by("region", maintain_order=True)
        .agg(short=text.str.join("; "))
    )


def with_bare(
    frames: Mapping[str, pl.DataFrame], bare: Collection[str], outside: Collection[str], tree: Tree
) -> dict[str, pl.DataFrame]:
    """The frames of an edition with the regions that no table has a row of: all is missing.

    They take part in no step, so that nobody's score knows of them.

    Args:
        frames: ranks, scores, values and measures among others.
        bare: the regions.
        outside: the regions that the edition assesses without a place.
        tree: the nodes and indicators of the edition.
    """
    if not bare:
        return dict(frames)
    own = pl.DataFrame({"region": sorted(bare)}, schema={"region": pl.String})
    status = pl.when(pl.col("region").is_in(list(outside))).then(pl.lit("outside"))
    ranks = own.with_columns(
        status=status.otherwise(pl.lit("thin")), reason=pl.lit(NO_FIGURES), coverage=0.0
    )
    nodes = pl.DataFrame({"item": tree.nodes}, schema={"item": pl.String})
    ids = pl.DataFrame({"indicator": [item.id for item in tree.indicators]})
    known = frames["measures"].select("indicator", "measure").unique(maintain_order=True)
    more = {
        "ranks": ranks,
        "scores": own.join(nodes, how="cross").with_columns(imputed=0),
        "values": own.join(ids, how="cross").with_columns(status=pl.lit("missing")),
        "measures": own.join(known, how="cross"),
    }
    made = dict(frames)
    for name, rows in more.items():
        whole = pl.concat([frames[name], _like(rows, frames[name])], how="diagonal")
        made[name] = (
            whole.sort("rank", "region", nulls_last=True)
            if name == "ranks"
            else whole.sort("region", maintain_order=True)
        )
    return made


def _like(rows: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(name).cast(frame.schema[name]) for name in rows.columns)
