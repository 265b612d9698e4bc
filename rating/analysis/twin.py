"""The rank frequencies of draws in SQL: slower, and written apart from the kernel it checks."""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.analysis.design import Ints
from rating.analysis.kernel import Branch
from rating.analysis.plan import Draws, Plan
from rating.definitions.aggregations import Aggregation, Arithmetic, Geometric
from rating.engine.store import Store
from rating.errors import Problem, UsageError
from rating.steps.ranks import DIGITS

# w and s are the weights and scores of the children that are present and weigh something.
_SCORE = """
CREATE OR REPLACE TEMP TABLE node_{place} AS
WITH children AS (
  SELECT d.draw, f.region, d.method, d.min_coverage,
    list_filter(list_zip(d.w, list_concat(f.s, [{nodes}])), lambda t: t[1] > 0) AS family
  FROM draws_{place} d
  JOIN fixed_{place} f ON f.scenario = d.scenario
  {joins}
), present AS (
  SELECT draw, region, method, min_coverage, len(family) AS children,
    list_filter(family, lambda t: t[2] IS NOT NULL) AS family
  FROM children
), listed AS (
  SELECT draw, region, method, min_coverage, children, len(family) AS present,
    list_transform(family, lambda t: t[1]) AS w, list_transform(family, lambda t: t[2]) AS s
  FROM present
)
SELECT draw, region,
  CASE WHEN present = 0 OR present / children < min_coverage THEN NULL
    WHEN method = 'geometric'
      THEN exp(list_inner_product(w, list_transform(s, lambda v: ln(v))) / list_sum(w))
    ELSE list_inner_product(w, s) / list_sum(w) END AS score
FROM listed
"""

# The place of the first of the equal ones in falling order is the competition rank.
_COUNT = f"""
WITH scored AS (
  SELECT draw, region, round_even(score * 1e{DIGITS}, 0) AS grid
  FROM node_{{place}}
  WHERE score IS NOT NULL
), ordered AS (
  SELECT draw, list(region ORDER BY region) AS regions, list(grid ORDER BY region) AS grids
  FROM scored
  GROUP BY draw
), placed AS (
  SELECT draw, regions, grids,
    list_transform(list_grade_up(grids, 'DESC'), lambda i: grids[i]) AS falling
  FROM ordered
), unpacked AS (
  SELECT unnest(regions) AS region,
    unnest(list_transform(grids, lambda g: list_position(falling, g))) AS rank
  FROM placed
)
SELECT region, rank, count(*) AS draws
FROM unpacked
GROUP BY region, rank
"""


def frequencies(plan: Plan, draws: Draws) -> Ints:
    """The rank-frequency matrix of draws: regions that may be ranked by ranks.

    Raises:
        UsageError: a node is neither an arithmetic nor a geometric mean, or values move.
    """
    if plan.moving:
        raise UsageError(Problem("twin", "errors of measurement are not drawn in SQL", ""))
    regions = plan.regions
    with Store() as store:
        for place, branch in enumerate(plan.branches):
            store.keep(f"draws_{place}", _draws(branch, draws, place))
            store.keep(f"fixed_{place}", _fixed(plan, branch))
            names = [f"c{n}" for n, _ in enumerate(branch.nodes)]
            joins = "\n".join(
                f"JOIN node_{child} {name} ON {name}.draw = d.draw AND {name}.region = f.region"
                for name, child in zip(names, branch.nodes, strict=True)
            )
            nodes = ", ".join(f"{name}.score" for name in names)
            store.run(_SCORE.format(place=place, nodes=nodes, joins=joins))
        found = store.query(_COUNT.format(place=len(plan.branches) - 1))
    counts = np.zeros((len(regions), len(regions)), np.int64)
    for region, rank, many in found.iter_rows():
        counts[regions.index(region), rank - 1] = many
    return counts


def _draws(branch: Branch, draws: Draws, place: int) -> pl.DataFrame:
    for option in branch.options:
        if not isinstance(option, Arithmetic | Geometric):
            raise UsageError(Problem(branch.node, f"the twin has no {option.name}", ""))
    edges = np.concatenate([branch.leaf_edges, branch.node_edges])
    taken = draws.choices[:, place]
    return pl.DataFrame(
        {
            "draw": np.arange(len(draws.scenario)),
            "scenario": draws.scenario,
            "w": pl.Series(draws.weights[:, edges].tolist(), dtype=pl.List(pl.Float64)),
            "method": [branch.options[n].name for n in taken],
            "min_coverage": [_least(branch.options[n]) for n in taken],
        }
    )


def _least(option: object) -> float:
    return option.min_coverage if isinstance(option, Aggregation) else 0.0


def _fixed(plan: Plan, branch: Branch) -> pl.DataFrame:
    rows = [
        (number, region, [None if np.isnan(v) else float(v) for v in matrix[row, branch.leaves]])
        for number, matrix in enumerate(plan.scenarios.matrices)
        for region, row in zip(plan.regions, plan.ranked, strict=True)
    ]
    schema: dict[str, pl.DataType] = {
        "scenario": pl.Int64(),
        "region": pl.String(),
        "s": pl.List(pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
