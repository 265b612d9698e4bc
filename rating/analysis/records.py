"""The parameters and the scores of draws as frames, made again from seed and index."""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.analysis import tally
from rating.analysis.design import Ints
from rating.analysis.drawing import Drawing


def parameters(drawing: Drawing, number: int, rows: Ints) -> pl.DataFrame:
    """What some draws of a block are made of: options and weights, a column each."""
    made, plan = drawing.draws(number), drawing.plan
    weights = made.weights[rows]
    for branch in plan.branches:
        own = np.concatenate([branch.leaf_edges, branch.node_edges])
        whole = weights[:, own].sum(axis=1, keepdims=True)
        weights[:, own] /= np.where(whole > 0, whole, 1.0)
    options = {
        f.assumption.id: pl.Series(f.options).gather(made.options[f.assumption.id][rows])
        for f in plan.factors
        if f.options
    }
    return pl.DataFrame(
        {
            "draw": rows + number * drawing.size,
            "scenario": made.scenario[rows],
            **options,
            **{f"{p}.{item}": weights[:, n] for n, (p, item) in enumerate(plan.edges)},
        }
    )


def scores(drawing: Drawing, number: int, rows: Ints) -> pl.DataFrame:
    """The scores and ranks of some draws of a block: draw, region, score, rank."""
    regions = drawing.plan.regions
    found = np.full((drawing.size, len(regions)), np.nan)
    placed = found.copy()
    first = number * drawing.size
    for part in drawing.parts(number):
        good = part.failed == 0
        found[part.rows[good] - first] = part.scores[good]
        placed[part.rows[good] - first] = tally.ranks(tally.order(part.scores[good]))
    return pl.DataFrame(
        {
            "draw": np.repeat(rows + first, len(regions)),
            "region": np.tile(np.array(regions), len(rows)),
            "score": pl.Series(found[rows].ravel()).fill_nan(None),
            "rank": pl.Series(placed[rows].ravel()).fill_nan(None).cast(pl.Int64),
        }
    )
