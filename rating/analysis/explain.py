"""Why a region has its score: contributions from the indicators up, adding up exactly."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rating import text
from rating.analysis.shapley import Game, by_coalitions, of_geometric_mean
from rating.definitions.aggregations import Arithmetic, Geometric
from rating.errors import Problem, UsageError, nearest
from rating.text import SYNTHETIC, Lang, Text

if TYPE_CHECKING:
    from rating.definitions.model import Source
    from rating.result import Rating
    from rating.scale import Scale

UNVERIFIED = Text(en="not verified", ru="не проверен")

_SCHEMA = {
    "depth": pl.Int64,
    "parent": pl.String,
    "item": pl.String,
    "kind": pl.String,
    "weight": pl.Float64,
    "score": pl.Float64,
    "baseline": pl.Float64,
    "contribution": pl.Float64,
}


@dataclass(frozen=True, eq=False)
class Explanation:
    """The score of one region, taken apart.

    Attributes:
        region: its code.
        rows: depth, parent, item, kind (``node`` or ``indicator``), weight (share among the
            present siblings), score, baseline (of a node: what its score starts from) and
            contribution (to the parent); the tree from the root down. For every node, baseline
            plus the contributions of its children is its score.
        values: indicator, value, unit, status and the source it comes from.
        measures: indicator, measure, value: numerators, denominators and columns.
        synthetic: whether the data are invented.
    """

    region: str
    name: str
    rows: pl.DataFrame
    values: pl.DataFrame
    measures: pl.DataFrame
    titles: dict[str, str]
    scale: Scale
    synthetic: bool = False

    def to_text(self, lang: Lang = "en") -> str:
        """The explanation as lines of text, one a node, an indicator and a measure."""
        lines = [self.name, *([SYNTHETIC.of(lang)] if self.synthetic else [])]
        for row in self.rows.iter_rows(named=True):
            pad = "  " * (row["depth"] + 1)
            if row["score"] is None:
                lines.append(f"{pad}{self.titles[row['item']]}: {text.MISSING}")
                continue
            line = (
                f"{pad}{self.titles[row['item']]}: {self._score(row['score'], row['item'], lang)}"
            )
            if row["contribution"] is not None:
                share = text.number(100 * row["weight"], lang, 1)
                line += f"  ({share} % → {self._score(row['contribution'], row['parent'], lang)})"
            if row["kind"] == "node" and row["baseline"]:
                line += f"  [from {self._score(row['baseline'], row['item'], lang)}]"
            lines.append(line)
            lines += [f"{pad}    {part}" for part in self._parts(row["item"], lang)]
        return "\n".join(lines)

    def _score(self, value: float, item: str, lang: Lang) -> str:
        return self.scale.number(value, lang, item, more=1)

    def _parts(self, indicator: str, lang: Lang) -> list[str]:
        parts: list[str] = []
        for value in self.values.filter(pl.col("indicator") == indicator).iter_rows(named=True):
            shown = text.number(value["value"], lang, 3)
            parts.append(f"= {shown} {value['unit']} · {value['source']}".rstrip(" ·"))
        for measure in self.measures.filter(pl.col("indicator") == indicator).iter_rows(named=True):
            parts.append(f"{measure['measure']} = {text.number(measure['value'], lang, 2)}")
        return parts

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_text())}</pre>"


def explain(result: Rating, region: str, *, lang: Lang = "en") -> Explanation:
    """Take the score of a region apart, node by node.

    On an arithmetic node a child contributes weight x score, from a baseline of 0. On any other
    node it contributes its exact Shapley value, where a child that has not yet joined stands at its
    median over ranked regions; the baseline is the node's score with all children at their medians.
    Weights are those that were used, and the other regions stand as they are. A child that the
    region lacks has no part.

    Args:
        result: the rating.
        region: its code.
        lang: the language of names.

    Raises:
        UsageError: the region is not in the rating, or a node has more children than the coalitions
            of a Shapley value can be counted for.
    """
    known = result.ranks["region"].to_list()
    if region not in known:
        raise UsageError(Problem(region, "no such region in the rating", nearest(region, known)))
    scores = _scores(result)
    own = {item: score for of, item, score in scores.iter_rows() if of == region}
    ranked = result.ranks.filter(pl.col("status") == "ranked")["region"]
    medians = dict(
        scores.filter(pl.col("region").is_in(ranked.implode()))
        .group_by("item")
        .agg(pl.col("score").median())
        .iter_rows()
    )
    rows: list[tuple[object, ...]] = []
    root = result.section.root.id
    _node(result, own, medians, region, root, ("", None, None), rows)
    indicators = {item.id: item for item in result.indicators}
    values = result.values.filter(pl.col("region") == region).select(
        "indicator",
        "value",
        "status",
        unit=pl.col("indicator").map_elements(
            lambda i: unit.of(lang) if (unit := indicators[i].unit) else "", pl.String
        ),
        source=pl.col("indicator").map_elements(
            lambda i: "; ".join(_told(source, lang) for source in indicators[i].source),
            pl.String,
        ),
    )
    return Explanation(
        region=region,
        name=result.name(region, lang),
        rows=pl.DataFrame(rows, schema=_SCHEMA, orient="row"),
        values=values,
        measures=result.measures.filter(pl.col("region") == region).drop("region"),
        titles={item.id: item.name.of(lang) for item in result.section.items},
        scale=result.scale,
        synthetic=result.data.synthetic,
    )


def _told(source: Source, lang: Lang) -> str:
    """A source, and whether it was confirmed in public."""
    mark = "" if source.verified else f" ({UNVERIFIED.of(lang)})"
    return f"{source.cited(lang)}{mark}"


def _scores(result: Rating) -> pl.DataFrame:
    return pl.concat(
        [
            result.scores.select("region", pl.col("node").alias("item"), "score"),
            result.values.select("region", pl.col("indicator").alias("item"), "score"),
        ]
    )


def _node(
    result: Rating,
    own: dict[str, float | None],
    medians: dict[str, float | None],
    region: str,
    node: str,
    place: tuple[str, float | None, float | None],
    rows: list[tuple[object, ...]],
) -> None:
    """Append a node and all below it; ``place`` is its parent, its weight and its contribution."""
    parent, weight, contribution = place
    depth = len(result.section.ancestors(node))
    children = result.weights.filter(pl.col("parent") == node)
    present = [
        (item, share)
        for item, share in children.select("item", "weight").iter_rows()
        if own.get(item) is not None and share > 0
    ]
    whole = sum(share for _, share in present)
    shares = {item: share / whole for item, share in present}
    baseline, parts = _contributions(result, region, node, shares, own, medians)
    rows.append(
        (depth, parent or None, node, "node", weight, own.get(node), baseline, contribution)
    )
    for item in children["item"]:
        below = (node, shares.get(item), parts.get(item))
        if item in result.weights["parent"]:
            _node(result, own, medians, region, item, below, rows)
        else:
            row = (depth + 1, node, item, "indicator", below[1], own.get(item), None, below[2])
            rows.append(row)


def _contributions(
    result: Rating,
    region: str,
    node: str,
    shares: dict[str, float],
    own: dict[str, float | None],
    medians: dict[str, float | None],
) -> tuple[float | None, dict[str, float]]:
    """What a node's score starts from and what each present child adds."""
    score = own.get(node)
    if score is None:
        return None, {}
    given = {item: own[item] or 0.0 for item in shares}
    stand = {item: _else(medians.get(item), given[item]) for item in shares}
    match result.section.method_of(node).aggregate:
        case Arithmetic():
            return 0.0, {item: shares[item] * given[item] for item in shares}
        case Geometric():
            return of_geometric_mean(shares, given, stand)
        case setting:
            children = result.weights.filter(pl.col("parent") == node)
            others = _scores(result).filter(
                (pl.col("region") != region) & pl.col("item").is_in(children["item"].implode())
            )
            return by_coalitions(Game(node, setting, children, region, given, stand, score, others))


def _else(value: float | None, other: float) -> float:
    return other if value is None else value
