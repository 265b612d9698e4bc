"""The score of a node from a region's own children: means, medians, ordered and balanced ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from rating.definitions import aggregations as a
from rating.definitions.settings import Setting
from rating.engine.store import Store
from rating.steps.columns import Columns, numbered

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
    columns = Columns.of(scores, "item")
    members = family.join(columns.names, on=["scenario", "item"]).filter(
        pl.col("parent").is_in(list(rules))
    )
    keys = pl.struct("scenario", "parent")
    members = members.sort("scenario", "parent", "position").with_columns(
        node=keys.rank("dense").cast(pl.Int32)
    )
    chosen = _chosen(nodes, rules, family)
    groups = members.select("node", "scenario", "parent").unique("node").sort("node")
    regions, codes = numbered(scores["region"])
    scored = store.query(
        _scores(sorted({name for name, _ in rules.values()})),
        {
            "cells": columns.rows("score").with_columns(codes.alias("region")),
            "family": members.select("node", "place", "weight", "position"),
            "nodes": groups.join(chosen, on=["scenario", "parent"], maintain_order="left").drop(
                "scenario", "parent"
            ),
        },
    )
    parents = groups[scored["node"].cast(pl.UInt32) - 1]
    return pl.DataFrame(
        {
            "scenario": parents["scenario"],
            "region": regions.gather(scored["region"]),
            "node": parents["parent"],
            "score": scored["score"],
        }
    )


def _chosen(
    nodes: Mapping[str, Setting],
    rules: Mapping[str, tuple[str, Mapping[str, Any]]],
    family: pl.DataFrame,
) -> pl.DataFrame:
    """scenario, parent, the rule of the node and its parameters, its children and their weights."""
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "parent": pl.String,
        "rule": pl.String,
        "min_coverage": pl.Float64,
        **_PARAMETERS,
    }
    rows = [
        {
            "parent": node,
            "rule": name,
            "min_coverage": getattr(nodes[node], "min_coverage", 0.0),
            **dict.fromkeys(_PARAMETERS),
            **parameters,
        }
        for node, (name, parameters) in rules.items()
    ]
    whole = family.group_by("scenario", "parent").agg(
        children=pl.len().cast(pl.Int64),
        every=pl.col("weight").sort_by("position"),
    )
    return whole.join(pl.DataFrame(rows, schema=schema), on="parent")


def _scores(rules: list[str]) -> str:
    """The query over cells (place, region, score), the family and its nodes, all by number."""
    choice = "\n".join(f"WHEN '{name}' THEN {MEANS[name]}" for name in rules)
    # Most regions have every child, and the weights of a node are then those of all regions.
    return f"""
        WITH held AS (
          SELECT f.node, c.region, f.weight, f.position, c.score
          FROM cells c
          JOIN family f ON f.place = c.place
        ), counted AS (
          SELECT node, region, count(score) AS present,
            list(score ORDER BY position) FILTER (WHERE score IS NOT NULL) AS s
          FROM held
          GROUP BY node, region
        ), lacking AS (
          SELECT h.node, h.region, list(h.weight ORDER BY h.position) AS w
          FROM held h
          JOIN counted c ON c.node = h.node AND c.region = h.region
          JOIN nodes n ON n.node = h.node
          WHERE h.score IS NOT NULL AND c.present < n.children
          GROUP BY h.node, h.region
        ), listed AS (
          SELECT c.*, n.* EXCLUDE (node, every),
            CASE WHEN c.present = n.children THEN n.every ELSE l.w END AS w
          FROM counted c
          JOIN nodes n ON n.node = c.node
          LEFT JOIN lacking l ON l.node = c.node AND l.region = c.region
        ), whole AS (
          SELECT *, list_sum(w) AS whole, list_inner_product(w, s) / list_sum(w) AS mean,
            CASE WHEN power > 0 THEN list_max(list_transform(s, lambda v: abs(v)))
              WHEN power < 0 THEN list_min(s) END AS ref
          FROM listed
        )
        SELECT node, region,
          CASE WHEN present = 0 OR present / children < min_coverage THEN NULL
            ELSE CASE rule {choice} END END AS score
        FROM whole
        """
