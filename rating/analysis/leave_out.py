"""The ranking without one of its parts: a node, an indicator, or all that a source feeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rating.analysis.scores import Scores
from rating.definitions.model import Indicator
from rating.definitions.tree import Tree
from rating.engine.store import Store
from rating.errors import DefinitionError
from rating.steps.aggregate import aggregate
from rating.steps.ranks import rank

if TYPE_CHECKING:
    from rating.result import Rating

# So many scores at once: what is left out is a scenario, and all of them share a query.
ROWS = 2_000_000


@dataclass(frozen=True)
class _Without:
    """What is left out: its name, its kind, and the items that lose their weight."""

    left_out: str
    kind: str
    items: tuple[str, ...]


def leave_out(result: Rating, scores: Scores) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rank again without each node, each indicator and each source, everything re-aggregated.

    What is left out has weight 0, the weights of the rest stay in proportion, and a node that loses
    its last child goes with it. Regions keep their status; one that falls below ``min_coverage``
    without the item is lost. The scores of indicators stay as they are.

    Args:
        result: the rating.
        scores: its scores.

    Returns:
        left_out (a source as it is cited in English), kind (``node``, ``indicator`` or ``source``),
        mean_shift and max_shift (of the absolute shifts of ranks), lost (ranked regions that are
        without a rank), refused (why a method has no scores without the part; usually missing);
        and left_out, kind, region, score, rank, shift (rank less rank without: positive where the
        region gains), for every ranked region.
    """
    indicators = set(result.values["indicator"])
    parts = [
        *(_Without(item, "node", (item,)) for item in scores.items if item in scores.children),
        *(_Without(item, "indicator", (item,)) for item in scores.items if item in indicators),
        *(_Without(name, "source", items) for name, items in _sources(result, scores).items()),
    ]
    nominal = result.ranks.filter(pl.col("status") == "ranked").select(
        "region", pl.col("rank").cast(pl.Int64).alias("nominal")
    )
    order = pl.DataFrame(
        [(n, part.left_out, part.kind) for n, part in enumerate(parts)],
        schema={"scenario": pl.Int64, "left_out": pl.String, "kind": pl.String},
        orient="row",
    )
    size = max(1, ROWS // max(1, result.values.height))
    found: list[pl.DataFrame] = []
    refused: dict[int, str] = {}
    with Store() as store:
        for start in range(0, len(parts), size):
            some = dict(enumerate(parts[start : start + size], start))
            try:
                found.append(_without(store, result, scores, some))
            except DefinitionError:
                for number, part in some.items():
                    try:
                        found.append(_without(store, result, scores, {number: part}))
                    except DefinitionError as error:
                        refused[number] = str(error)
    empty = pl.DataFrame(
        schema={
            "scenario": pl.Int64,
            "region": pl.String,
            "score": pl.Float64,
            "rank": pl.Int64,
        }
    )
    ranks = (
        order.join(nominal, how="cross")
        .join(pl.concat([empty, *found]), on=["scenario", "region"], how="left")
        .with_columns(shift=pl.col("nominal") - pl.col("rank"))
        .sort("scenario", "region")
    )
    summary = (
        ranks.group_by("scenario", "left_out", "kind", maintain_order=True)
        .agg(
            mean_shift=pl.col("shift").abs().mean(),
            max_shift=pl.col("shift").abs().max(),
            lost=pl.col("rank").is_null().sum().cast(pl.Int64),
        )
        .with_columns(
            refused=pl.col("scenario").replace_strict(
                list(refused), list(refused.values()), default=None, return_dtype=pl.String
            )
        )
        .drop("scenario")
    )
    return summary, ranks.select("left_out", "kind", "region", "score", "rank", "shift")


def _without(
    store: Store, result: Rating, scores: Scores, parts: Mapping[int, _Without]
) -> pl.DataFrame:
    """scenario, region, score and rank of the index without each of some parts.

    Only what stands above a part is aggregated again: other nodes have the scores they have.
    """
    tree = result.tree
    numbers = pl.DataFrame({"scenario": list(parts)}, schema={"scenario": pl.Int64})
    children = pl.concat(
        _above(tree, scores, part.items).with_columns(scenario=pl.lit(number, pl.Int64))
        for number, part in parts.items()
    )
    anew = children.select("scenario", pl.col("parent").alias("item")).unique()
    cells = (
        children.filter(pl.col("weight") > 0)
        .select("scenario", "item")
        .join(anew, on=["scenario", "item"], how="anti")
        .join(scores.long(), on="item")
        .select("scenario", "region", "item", "score")
    )
    nodes = set(anew["item"])
    levels = [
        {node: setting for node, setting in level.items() if node in nodes}
        for level in tree.levels("aggregate")
    ]
    known = [item.id for item in result.section.items]
    found, _ = aggregate(store, cells, children, [level for level in levels if level], apart=known)
    top = found.filter(pl.col("node") == scores.root)
    statuses = numbers.join(result.ranks.select("region", "status"), how="cross")
    ranked = rank(store, top, statuses)
    return ranked.select("scenario", "region", "score", pl.col("rank").cast(pl.Int64))


def _above(tree: Tree, scores: Scores, without: Sequence[str]) -> pl.DataFrame:
    """The rows of ``in_use`` for the nodes whose scores change: the root, and all above a part."""
    nodes = {scores.root, *(node for item in without for node in scores.above(item))}
    return in_use(tree, scores, without).filter(pl.col("parent").is_in(list(nodes)))


def in_use(tree: Tree, scores: Scores, without: Sequence[str] = ()) -> pl.DataFrame:
    """parent, item, weight, position with the weights in use; 0 for what is left out or emptied."""
    gone = set(without)
    for node, children in reversed(list(scores.children.items())):
        if children and gone.issuperset(children):
            gone.add(node)
    weights = [0.0 if i in gone else scores.shares.get(i, 0.0) for i in tree.children["item"]]
    return tree.children.with_columns(pl.Series("weight", weights, pl.Float64))


def _sources(result: Rating, scores: Scores) -> Mapping[str, tuple[str, ...]]:
    """The indicators that count and read a source, by how it is cited."""
    found: dict[str, list[str]] = {}
    for indicator in result.indicators:
        if indicator.id in scores.parents:
            for name in dict.fromkeys(_read(result, indicator)):
                found.setdefault(name, []).append(indicator.id)
    return {name: tuple(items) for name, items in sorted(found.items())}


def _read(result: Rating, indicator: Indicator) -> Iterator[str]:
    """The sources of an indicator: those it names, else those that fill a column it reads."""
    if indicator.source:
        yield from (source.cited("en") for source in indicator.source)
        return
    compiled = indicator.compiled(result.version(indicator.id))
    columns = {
        f"{table}.{column}"
        for table, given in indicator.input.items()
        if given.grain
        for column in set(given.columns) & set(compiled.columns)
    }
    columns |= {
        f"{table}.{column}"
        for table, measures in compiled.measures.items()
        for formula in measures.values()
        for column in formula.columns
    }
    for source in (*result.section.source, *result.sources):
        if columns & set(source.columns):
            yield source.cited("en")
