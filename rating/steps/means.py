"""The score of a node from a region's own children: means, medians, ordered and balanced ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from rating.definitions import aggregations as a
from rating.definitions.settings import Setting
from rating.engine.store import Store

# w and s are the weights and scores of the present children in the order of the section, ``whole``
# the sum of w, ``mean`` the arithmetic mean, ``ref`` the child that dominates a power mean. DuckDB
# counts lists from 1: t[1] is a weight, t[2] a score. docs/method/aggregate.md has the sources.


def _total(term: str) -> str:
    """The sum of a term over the pairs t of weight and score."""
    return f"list_sum(list_transform(list_zip(w, s), lambda t: {term}))"


# Powers are taken of shares of ``ref``, so that none overflows.
_RAISED = f"({_total('t[1] * pow(t[2] / ref, power)')} / whole)"
# exp(t) - 1 = 2 sinh(t / 2) exp(t / 2) and ln(1 + z) = 2 atanh(z / (2 + z)) keep the digits that
# 1/power would blow up; below -100, exp(t) - 1 is -1.
_GROWN = "greatest(power * ln(t[2] / ref), -100) / 2"
_LOGGED = f"({_total(f't[1] * 2 * sinh({_GROWN}) * exp({_GROWN})')} / whole)"
# The weight at or below u against half of it, give or take what sums of doubles are off by.
_BELOW = f"2 * {_total('CASE WHEN t[2] <= u THEN t[1] ELSE 0 END')}"
# The square of the coefficient of variation, with n and with n - 1: for unequal weights p that is
# 1 - sum(p^2), which is (n - 1) / n for equal ones.
_SPREAD = f"({_total('t[1] * (t[2] / mean - 1) * (t[2] / mean - 1)')} / whole)"
_SAMPLE = f"({_SPREAD} / nullif(1 - {_total('(t[1] / whole) * (t[1] / whole)')}, 0))"

MEANS = {
    "arithmetic": "mean",
    "geometric": "exp(list_inner_product(w, list_transform(s, lambda v: ln(v))) / whole)",
    "harmonic": f"whole / {_total('t[1] / t[2]')}",
    "least": "list_min(s)",
    "greatest": "list_max(s)",
    "power": f"""CASE WHEN ref = 0 THEN 0
      ELSE ref * sign({_RAISED}) * pow(abs({_RAISED}), 1 / power) END""",
    "power_near_0": f"""CASE WHEN ref = 0 THEN 0
      ELSE ref * exp(2 * atanh({_LOGGED} / (2 + {_LOGGED})) / power) END""",
    "median": f"""list_min(list_filter(s, lambda u: {_BELOW} >= whole * (1 - 1e-9))) / 2
      + list_min(list_filter(s, lambda u: {_BELOW} > whole * (1 + 1e-9))) / 2""",
    "best_first": """list_inner_product(places[:present], list_reverse_sort(s)[:len(places)])
      / nullif(list_sum(places[:present]), 0)""",
    "worst_first": """list_inner_product(places[:present], list_sort(s)[:len(places)])
      / nullif(list_sum(places[:present]), 0)""",
    "mpi": f"CASE WHEN mean = 0 THEN 0 ELSE mean * (1 + penalty * coalesce({_SAMPLE}, 0)) END",
    "adjusted_mpi": f"CASE WHEN mean = 0 THEN 0 ELSE mean * (1 + penalty * {_SPREAD}) END",
}

# From here down 1/power costs digits.
NEAR_0 = 0.5

_PARAMETERS: dict[str, pl.DataType] = {
    "power": pl.Float64(),
    "penalty": pl.Float64(),
    "places": pl.List(pl.Float64),
}


def rule(setting: Setting) -> tuple[str, Mapping[str, Any]] | None:
    """The key of MEANS and the parameters of a method; None if it needs the other regions."""
    match setting:
        case a.Power():
            return _power(setting.power)
        case a.OrderedWeights(places=places, best=best, worst=worst):
            if places is not None:
                return "best_first", {"places": list(places)}
            if best is not None:
                return "best_first", {"places": [1.0] * best}
            return "worst_first", {"places": [1.0] * (worst or 1)}
        case a.MazziottaPareto() | a.AdjustedMazziottaPareto():
            return setting.name, {"penalty": -1.0 if setting.penalty == "minus" else 1.0}
        case _:
            return (setting.name, {}) if setting.name in MEANS else None


def _power(power: float) -> tuple[str, Mapping[str, Any]]:
    """The means that have a name of their own are computed by it."""
    named = {
        -float("inf"): "least",
        -1.0: "harmonic",
        0.0: "geometric",
        1.0: "arithmetic",
        float("inf"): "greatest",
    }
    if power in named:
        return named[power], {}
    return ("power" if abs(power) >= NEAR_0 else "power_near_0"), {"power": power}


def means(
    store: Store,
    scores: pl.DataFrame,
    family: pl.DataFrame,
    nodes: Mapping[str, Setting],
) -> pl.DataFrame:
    """Score nodes whose method looks at one region at a time.

    Args:
        store: the connection that does the arithmetic.
        scores: scenario, region, item, score.
        family: scenario, parent, item, weight, position; weights above 0.
        nodes: the method of each node.

    Returns:
        scenario, region, node, score; missing below ``min_coverage`` and without children.
    """
    rules = {node: found for node, setting in nodes.items() if (found := rule(setting))}
    chosen = pl.DataFrame(
        [
            {
                "node": node,
                "rule": name,
                "min_coverage": getattr(nodes[node], "min_coverage", 0.0),
                **dict.fromkeys(_PARAMETERS),
                **parameters,
            }
            for node, (name, parameters) in rules.items()
        ],
        schema={
            "node": pl.String,
            "rule": pl.String,
            "min_coverage": pl.Float64,
            **_PARAMETERS,
        },
    )
    used = sorted({name for name, _ in rules.values()})
    choice = "\n".join(f"WHEN '{name}' THEN {MEANS[name]}" for name in used)
    return store.query(
        f"""
        WITH counted AS (
          SELECT scenario, parent, count(*) AS children
          FROM family
          GROUP BY scenario, parent
        ), listed AS (
          SELECT c.scenario, s.region, c.parent AS node, count(s.score) AS present,
            list(c.weight ORDER BY c.position) FILTER (WHERE s.score IS NOT NULL) AS w,
            list(s.score ORDER BY c.position) FILTER (WHERE s.score IS NOT NULL) AS s
          FROM nodes n
          JOIN family c ON c.parent = n.node
          JOIN scores s ON s.scenario = c.scenario AND s.item = c.item
          GROUP BY c.scenario, s.region, c.parent
        ), whole AS (
          SELECT l.*, n.* EXCLUDE (node), c.children, list_sum(w) AS whole,
            list_inner_product(w, s) / list_sum(w) AS mean,
            CASE WHEN n.power > 0 THEN list_max(list_transform(s, lambda v: abs(v)))
              WHEN n.power < 0 THEN list_min(s) END AS ref
          FROM listed l
          JOIN nodes n ON n.node = l.node
          JOIN counted c ON c.scenario = l.scenario AND c.parent = l.node
        )
        SELECT scenario, region, node,
          CASE WHEN present = 0 OR present / children < min_coverage THEN NULL
            ELSE CASE rule {choice} END END AS score
        FROM whole
        """,
        {"scores": scores, "family": family, "nodes": chosen},
    )
