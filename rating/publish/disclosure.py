"""What may be told of a rating: not what would tell of single firms; of some regions the group.

Whatever is published is made from ``Published``, which does not hold a hidden number, so medians,
places, charts and formulas cannot tell it. docs/disclosure.md says what is hidden and why.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from rating.analysis.audit import Audit, audit
from rating.definitions import derived
from rating.errors import Problem, UsageError
from rating.publish.suppression import LEAST_REGIONS, suppressed
from rating.steps.ranks import DIGITS

if TYPE_CHECKING:
    from rating.result import Rating

MARK, GROUPED = "suppressed", "grouped"
_HIDDEN = {"region": pl.String, "item": pl.String, "reason": pl.String}


@dataclass(frozen=True, eq=False)
class Published:
    """A rating as it may be told.

    Attributes:
        whole: the rating with everything, for what is asked of it and told without numbers of its
            own: places, and how places move.
        among: the rating without hidden cells: they are missing in ``values`` (status
            ``suppressed``), ``measures``, ``scores`` and ``ranks``; places on nodes are among those
            that are told; treated values and shapes are left out of indicators that have a hidden
            cell, and the content of refused rows of the registers. What names no region is taken
            from it: medians, places on indicators, statistics.
        result: the same without the regions of which only the group is told; in ``ranks`` they have
            neither place nor score and the status ``grouped``.
        hidden: region, item, reason (``few``, ``dominant`` or ``secondary``), in order.
        grouped: the regions of which only the group is told.
    """

    whole: Rating
    among: Rating
    result: Rating
    hidden: pl.DataFrame
    grouped: frozenset[str] = frozenset()

    @cached_property
    def cells(self) -> frozenset[tuple[str, str]]:
        """Region and item of everything hidden where more than the group is told."""
        rows = self.hidden.select("region", "item").iter_rows()
        return frozenset(cell for cell in rows if cell[0] not in self.grouped)

    @cached_property
    def items(self) -> frozenset[str]:
        """The items on which some region is hidden."""
        return frozenset(self.hidden["item"])

    @cached_property
    def above(self) -> frozenset[tuple[str, str]]:
        """Region and node of all nodes above something hidden: formulas cannot follow them."""
        section = self.result.section
        return frozenset(
            (region, node.id) for region, item in self.cells for node in section.ancestors(item)
        )

    def to(self, region: str) -> Published:
        """What may be told to a region, in its own edition: all of itself."""
        hidden = self.hidden.filter(pl.col("region") != region)
        result = _masked(self.whole, hidden)
        return Published(self.whole, result, result, hidden)

    def audit(self) -> Audit:
        """The audit, its statistics over what is told; places are those of the whole rating."""
        if self.among is self.whole and not self.grouped:
            return self.whole.audit()
        found = audit(self.whole, told=self.among)
        frames = {name: frame for name, frame in vars(found).items() if name != "result"}
        gone = sorted(self.grouped)
        for name in ("compensability", "strengths"):
            frames[name] = frames[name].filter(~pl.col("region").is_in(gone))
        of_region = (pl.col("kind") == "region") & pl.col("item").is_in(gone)
        frames |= {"shifts": found.shifts.clear(), "coverage": found.coverage.filter(~of_region)}
        # As of scores, the last digits would tell of what is hidden, be it the order of the terms.
        small = cs.float() & cs.ends_with("_p")
        digits = [small.round_sig_figs(DIGITS), (cs.float() - small).round(DIGITS)]
        told = {name: frame.with_columns(digits) for name, frame in frames.items()}
        return Audit(result=self.result, **told)


def published(result: Rating, *, secondary: bool = True, top: int | None = None) -> Published:
    """What may be told of a rating.

    Args:
        result: the rating.
        secondary: hide also what would give the sensitive cells away.
        top: tell the places and the numbers of so many first regions; of the others the group.

    Raises:
        UsageError: so few regions would be left that the medians of all would tell of them.

    Example:
        >>> section = rating.load("hitech_open")
        >>> result = rating.rate(section, rating.read("data/open", section), edition=2019)
        >>> published(result).hidden.is_empty()
        True
        >>> published(result, top=20).result.ranks["rank"].count()
        20
    """
    if top is not None and top < 1:
        raise UsageError(Problem("top", f"the first {top} regions", "give 1 or more"))
    cells = suppressed(result, secondary=secondary)
    hidden = pl.DataFrame(
        [(region, item, reason) for (region, item), reason in sorted(cells.items())],
        schema=_HIDDEN,
        orient="row",
    )
    among = _masked(result, hidden)
    if top is None or not (beyond := result.ranks.filter(pl.col("rank") > top)["region"].to_list()):
        return Published(result, among, among, hidden)
    if len(beyond) < LEAST_REGIONS:
        what = f"{len(beyond)} of the regions would be told by group, and medians tell of so few"
        raise UsageError(Problem("top", what, "tell fewer places, or all"))
    return Published(result, among, _first(among, beyond), hidden, frozenset(beyond))


def _first(result: Rating, beyond: list[str]) -> Rating:
    """The rating without the numbers of some regions, which stand after the others by name."""
    gone = pl.col("region").is_in(beyond)
    ranked = pl.col("rank").is_not_null()
    rest = result.ranks.filter(gone).with_columns(
        rank=pl.lit(None, pl.Int64), score=pl.lit(None, pl.Float64), status=pl.lit(GROUPED)
    )
    # Their order would tell their places.
    names = [result.name(region) for region in rest["region"]]
    rest = rest.with_columns(_name=pl.Series(names, dtype=pl.String)).sort("_name", "region")
    told = result.ranks.filter(~gone)
    frames = ("scores", "values", "measures", "treated", "screened", "disclosure")
    return dataclasses.replace(
        result,
        ranks=pl.concat([told.filter(ranked), rest.drop("_name"), told.filter(~ranked)]),
        **{name: getattr(result, name).filter(~gone) for name in frames},
    )


def _masked(result: Rating, hidden: pl.DataFrame) -> Rating:
    if hidden.is_empty():
        return result
    items = hidden["item"].unique().sort().to_list()
    # The last digits of a sum hang on each of its terms: whoever tries figures one after another
    # would know the true one by them.
    rounded = pl.col("score").round(DIGITS)
    register, told = pl.col("table").is_in(sorted(_registers(result))), pl.lit("")
    return dataclasses.replace(
        result,
        values=_values(result.values, hidden, items),
        measures=_without(result.measures, hidden, "indicator", ["value"]),
        scores=_node_scores(result, hidden).with_columns(rounded),
        ranks=_without(
            result.ranks.with_columns(rounded, item=pl.lit(result.section.root.id)),
            hidden,
            "item",
            ["score"],
        ).drop("item"),
        disclosure=result.disclosure.clear(),
        treated=result.treated.filter(~pl.col("indicator").is_in(items)),
        shapes=result.shapes.filter(~pl.col("indicator").is_in(items)),
        refused=result.refused.with_columns(value=pl.when(register).then(told).otherwise("value")),
        # The rule of a remark tells the figures around it.
        remarks=result.remarks.with_columns(
            pl.when(register).then(told).otherwise(name).alias(name) for name in ("rule", "value")
        ),
    )


def _without(
    frame: pl.DataFrame, hidden: pl.DataFrame, item: str, columns: Iterable[str]
) -> pl.DataFrame:
    """The frame with nothing in some columns of the rows that are hidden."""
    marked = frame.join(
        hidden.select("region", pl.col("item").alias(item), _gone=True),
        on=["region", item],
        how="left",
        maintain_order="left",
    )
    told = pl.col("_gone").is_null()
    return marked.with_columns(
        pl.when(told).then(pl.col(name)).alias(name) for name in columns
    ).drop("_gone")


def _values(values: pl.DataFrame, hidden: pl.DataFrame, items: list[str]) -> pl.DataFrame:
    """Values and scores without those hidden.

    A value that treatment pulled in may have become that of a hidden region, so no treated value
    is told of an indicator that has one.
    """
    numbers = ["value", "treated", "imputed", "score"]
    found = _without(
        values.with_columns(_mark=pl.lit("")), hidden, "indicator", [*numbers, "_mark"]
    )
    return found.with_columns(
        treated=pl.when(~pl.col("indicator").is_in(items)).then("treated"),
        status=pl.when(pl.col("_mark").is_null()).then(pl.lit(MARK)).otherwise("status"),
    ).drop("_mark")


def _node_scores(result: Rating, hidden: pl.DataFrame) -> pl.DataFrame:
    """Scores without those hidden, and places among those that are told."""
    found = _without(result.scores, hidden, "node", ["score", "rank"])
    again = pl.col("node").is_in(hidden["item"].unique().to_list()) & (
        pl.col("node") != result.section.root.id
    )
    compared = pl.when(pl.col("rank").is_not_null()).then(pl.col("score").round(DIGITS))
    place = compared.rank("min", descending=True).over("node").cast(pl.Int64)
    return found.with_columns(rank=pl.when(again).then(place).otherwise("rank"))


def _registers(result: Rating) -> set[str]:
    """The stored tables behind those with a disclosure rule."""
    inputs = result.section.inputs
    rules = [table for table, given in inputs.items() if given.disclosure is not None]
    return {table for table in derived.needed(rules, inputs) if inputs[table].base is None}
