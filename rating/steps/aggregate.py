"""Scores of children to the score of their node, from the leaves up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

import polars as pl

from rating.definitions import aggregations as a
from rating.definitions.settings import Setting
from rating.engine.cells import Cells
from rating.engine.store import Store
from rating.errors import DefinitionError, Problem
from rating.steps.compare import copeland
from rating.steps.distances import DISTANCES, distances
from rating.steps.frontier import benefit_of_the_doubt, directional
from rating.steps.means import means, rule
from rating.steps.peers import Kernel, compared
from rating.steps.weights import weigh


def aggregate(
    store: Store,
    scores: pl.DataFrame,
    children: pl.DataFrame,
    levels: Sequence[Mapping[str, Setting]],
    *,
    weights: Mapping[str, Setting] | None = None,
    only: Collection[str] | None = None,
    apart: Collection[str] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``aggregated`` for scores under their names.

    Args:
        store: the connection that does the arithmetic.
        scores: scenario, region, item, score of the indicators.
        children: parent, item, weight, position.
        levels: the aggregation of the nodes of each level, the deepest level first.
        weights: the method of weights of each node; where there is none, those of ``children``.
        only: the regions whose scores are wanted; the others are peers and no more. For trees of
            one level, as a score that is not computed cannot be passed upwards.
        apart: ids that weights or directions may name although they are not in this edition.

    Returns:
        The scores: scenario, region, node, score; and the weights that were used.

    Raises:
        DefinitionError: a method meets scores that it is not defined for.
    """
    cells = Cells.of(scores, "item")
    done, used = aggregated(store, cells, children, levels, weights=weights, only=only, apart=apart)
    nodes = pl.concat(cells.named() for cells in done).rename({"item": "node"})
    return nodes if only is None else nodes.filter(pl.col("region").is_in(list(only))), used


def aggregated(
    store: Store,
    cells: Cells,
    children: pl.DataFrame,
    levels: Sequence[Mapping[str, Setting]],
    *,
    weights: Mapping[str, Setting] | None = None,
    only: Collection[str] | None = None,
    apart: Collection[str] = (),
) -> tuple[list[Cells], pl.DataFrame]:
    """Score every node from its children, level by level.

    A missing child leaves its weight to the present ones, whatever the method. A region with fewer
    present children than ``min_coverage`` of all has no score, and is nobody's peer on that node.
    A child of weight 0 is context: it takes no part.

    Args:
        store: the connection that does the arithmetic.
        cells: the items with ``score``.
        children: parent, item, weight, position.
        levels: the aggregation of the nodes of each level, the deepest level first.
        weights: the method of weights of each node; where there is none, those of ``children``.
        only: the regions whose scores must be there.
        apart: ids that weights or directions may name although they are not in this edition.

    Returns:
        The nodes of each level and kind of method with ``score``; and the weights that were used:
        scenario, parent, item, weight, summing to 1 for each parent.

    Raises:
        DefinitionError: a method meets scores that it is not defined for.
    """
    given = a.Given()
    done: list[Cells] = []
    used: list[pl.DataFrame] = []
    for level in levels:
        scores = _needed([cells, *done], children, level)
        own = children.filter(pl.col("parent").is_in(list(level)))
        settings = {node: (weights or {}).get(node, given) for node in level}
        plain = all(isinstance(setting, a.Given) for setting in settings.values())
        family = weigh(scores.columns if plain else scores.named(), own, settings, apart=apart)
        used.append(family)
        family = family.filter(pl.col("weight") > 0)
        _refuse_low_scores(store, scores, family, level)
        _refuse_low_means(store, scores, family, level)
        found = _level(store, scores, family, level, only, apart)
        done += [nodes.finite("score", "the score") for nodes in found]
    share = pl.col("weight") / pl.col("weight").sum().over("scenario", "parent")
    return done, pl.concat(used).select("scenario", "parent", "item", share)


def _needed(known: Sequence[Cells], children: pl.DataFrame, level: Collection[str]) -> Cells:
    """The scores that a level may read: nodes are few, and indicators are many."""
    items = children.filter(pl.col("parent").is_in(list(level)))["item"]
    used = [cells for cells in known if cells.columns["item"].is_in(items.implode()).any()]
    if len(used or known) == 1:
        return (used or known)[0]
    columns = ("scenario", "region", "item", "score")
    every = pl.concat(cells.named().select(columns) for cells in used or known)
    return Cells.of(every, "item", known[0].regions)


def is_alone(setting: Setting) -> bool:
    """Whether a region's score depends on its own children and on no other region."""
    return rule(setting) is not None


def _level(
    store: Store,
    cells: Cells,
    family: pl.DataFrame,
    level: Mapping[str, Setting],
    only: Collection[str] | None,
    apart: Collection[str],
) -> list[Cells]:
    """Each node by the kind of its method: a region by itself, against the best, against peers."""
    by_rows = {node: setting for node, setting in level.items() if is_alone(setting)}
    by_distance = {node: setting for node, setting in level.items() if setting.name in DISTANCES}
    by_peers = {node: k for node, setting in level.items() if (k := _kernel(setting, apart))}
    found = [means(store, cells, family, by_rows)] if by_rows else []
    framed = []
    if by_distance:
        framed.append(distances(store, cells.named(), family, by_distance))
    if by_peers:
        coverage = {node: _coverage(level[node]) for node in by_peers}
        framed.append(compared(store, cells.named(), family, by_peers, coverage, only))
    named = (frame.rename({"node": "item"}) for frame in framed)
    return [*found, *(Cells.of(frame, "item", cells.regions) for frame in named)]


def _kernel(setting: Setting, apart: Collection[str]) -> Kernel | None:
    match setting:
        case a.Copeland():
            return copeland
        case a.BenefitOfTheDoubt():
            return partial(benefit_of_the_doubt, lower=setting.lower, upper=setting.upper)
        case a.Directional():
            return partial(directional, direction=setting.direction, apart=apart)
        case _:
            return None


def _coverage(setting: Setting) -> float:
    return setting.min_coverage if isinstance(setting, a.Aggregation) else 0.0


def _with_floor(level: Mapping[str, Setting], *floors: a.Floor) -> pl.DataFrame:
    """node, title, floor of the nodes whose method needs one of some things of its children."""
    return pl.DataFrame(
        [
            (node, setting.title, setting.floor)
            for node, setting in level.items()
            if isinstance(setting, a.Aggregation) and setting.floor in floors
        ],
        schema={"node": pl.String, "title": pl.String, "floor": pl.String},
        orient="row",
    )


def _refuse_low_scores(
    store: Store, cells: Cells, family: pl.DataFrame, level: Mapping[str, Setting]
) -> None:
    floors = _with_floor(level, "scores above 0", "scores of 0 or more")
    if floors.is_empty():
        return
    bad = store.query(
        """
        SELECT n.node, n.title, n.floor, c.item, s.region, min(s.score) AS score
        FROM nodes n
        JOIN family c ON c.parent = n.node
        JOIN scores s ON s.scenario = c.scenario AND s.item = c.item
        WHERE s.score < 0 OR s.score = 0 AND n.floor = 'scores above 0'
        GROUP BY n.node, n.title, n.floor, c.item, s.region
        ORDER BY n.node, c.item, s.region
        LIMIT 20
        """,
        {
            "scores": cells.filter(pl.col("score") <= 0).named(),
            "family": family,
            "nodes": floors,
        },
    )
    if bad.height:
        raise DefinitionError(
            Problem(
                f"{row['node']}, {row['region']}",
                f"{row['title']} needs {row['floor']}, and {row['item']} has {row['score']:g}",
                "normalise to a range above 0, as range = [1, 100]",
            )
            for row in bad.iter_rows(named=True)
        )


def _refuse_low_means(
    store: Store, cells: Cells, family: pl.DataFrame, level: Mapping[str, Setting]
) -> None:
    floors = _with_floor(level, "a mean above 0")
    if floors.is_empty():
        return
    bad = store.query(
        """
        SELECT n.node, n.title, n.floor, s.region, min(s.score) AS least, max(s.score) AS most
        FROM nodes n
        JOIN family c ON c.parent = n.node
        JOIN scores s ON s.scenario = c.scenario AND s.item = c.item
        WHERE s.score IS NOT NULL
        GROUP BY c.scenario, n.node, n.title, n.floor, s.region
        HAVING list_sum(list(c.weight * s.score ORDER BY c.position)) <= 0
          AND min(s.score) < max(s.score)
        ORDER BY c.scenario, n.node, s.region
        LIMIT 20
        """,
        {
            "scores": cells.named(),
            "family": family,
            "nodes": floors,
        },
    )
    if bad.height:
        raise DefinitionError(
            Problem(
                f"{row['node']}, {row['region']}",
                f"{row['title']} needs {row['floor']}, "
                f"and the children lie from {row['least']:g} to {row['most']:g}",
                "normalise to scores well above 0, as zscore with mean = 100 and sd = 10",
            )
            for row in bad.iter_rows(named=True)
        )
