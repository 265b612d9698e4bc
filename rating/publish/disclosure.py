"""What may be told of a rating: the same rating without what would tell of single firms.

Whatever is published is made from ``Published.result``, which does not hold a hidden number, so
medians, places, charts and formulas cannot tell it. docs/disclosure.md says what is hidden and why.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from rating.analysis.compensation import added_value
from rating.analysis.correlations import families, flags
from rating.analysis.importance import importance
from rating.analysis.multivariate import consistency, principal
from rating.analysis.scores import Scores
from rating.analysis.statistics import statistics
from rating.analysis.strengths import strengths
from rating.definitions import derived
from rating.publish.suppression import suppressed
from rating.steps.ranks import DIGITS

if TYPE_CHECKING:
    from rating.analysis.audit import Audit
    from rating.result import Rating

MARK = "suppressed"
_HIDDEN = {"region": pl.String, "item": pl.String, "reason": pl.String}


@dataclass(frozen=True, eq=False)
class Published:
    """A rating as it may be told.

    Attributes:
        whole: the rating with everything, for what is asked of it and told without numbers of its
            own: places, and how places move.
        result: the rating without hidden cells: they are missing in ``values`` (status
            ``suppressed``), ``measures``, ``scores`` and ``ranks``; places on nodes are among those
            that are told; treated values and shapes are left out of indicators that have a hidden
            cell, and the content of refused rows of the registers.
        hidden: region, item, reason (``few``, ``dominant`` or ``secondary``), in order.
    """

    whole: Rating
    result: Rating
    hidden: pl.DataFrame

    @cached_property
    def cells(self) -> frozenset[tuple[str, str]]:
        """Region and item of everything hidden."""
        return frozenset(self.hidden.select("region", "item").iter_rows())

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
        return Published(self.whole, _masked(self.whole, hidden), hidden)

    def audit(self) -> Audit:
        """The audit, its statistics over what is told; places are those of the whole rating."""
        found = self.whole.audit()
        if not self.cells:
            return found
        scores = Scores.of(self.result)
        related = families(scores)
        components, loadings = principal(scores)
        return dataclasses.replace(
            found,
            result=self.result,
            statistics=statistics(self.result.values),
            correlations=related,
            flags=flags(related),
            consistency=consistency(scores),
            components=components,
            loadings=loadings,
            importance=importance(scores),
            shifts=found.shifts.clear(),
            added_value=added_value(self.result, scores),
            strengths=strengths(self.result, scores),
        )


def published(result: Rating, *, secondary: bool = True) -> Published:
    """What may be told of a rating.

    Args:
        result: the rating.
        secondary: hide also what would give the sensitive cells away.

    Example:
        >>> section = rating.load("hitech_open")
        >>> result = rating.rate(section, rating.read("data/open", section), edition=2019)
        >>> published(result).hidden.is_empty()
        True
    """
    cells = suppressed(result, secondary=secondary)
    hidden = pl.DataFrame(
        [(region, item, reason) for (region, item), reason in sorted(cells.items())],
        schema=_HIDDEN,
        orient="row",
    )
    return Published(result, _masked(result, hidden), hidden)


def _masked(result: Rating, hidden: pl.DataFrame) -> Rating:
    if hidden.is_empty():
        return result
    items = hidden["item"].unique().sort().to_list()
    # The last digits of a sum hang on each of its terms: whoever tries figures one after another
    # would know the true one by them.
    rounded = pl.col("score").round(DIGITS)
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
        refused=result.refused.with_columns(
            value=pl.when(pl.col("table").is_in(sorted(_registers(result))))
            .then(pl.lit(""))
            .otherwise("value")
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
