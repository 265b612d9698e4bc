"""The score of a node from a region's own children: means, medians, ordered and balanced ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rating.definitions import aggregations as a
from rating.definitions.settings import Setting
from rating.engine.cells import Cells, beside
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


_ROWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "region": pl.UInt32,
    "place": pl.UInt32,
    "given": pl.List(pl.Float64),
}


def means(store: Store, cells: Cells, family: pl.DataFrame, nodes: Mapping[str, Setting]) -> Cells:
    """Score nodes whose method looks at one region at a time.

    Args:
        store: the connection that does the arithmetic.
        cells: with ``score``.
        family: scenario, parent, item, weight, position; weights above 0.
        nodes: the method of each node.

    Returns:
        The nodes with ``score``; missing below ``min_coverage`` and without children.
    """
    rules = {node: found for node, setting in nodes.items() if (found := rule(setting))}
    groups = _chosen(nodes, rules, family)
    known = cells.columns.with_row_index("child")
    members = (
        family.join(groups.select("scenario", "parent", "place"), on=["scenario", "parent"])
        .join(known, on=["scenario", "item"], how="left")
        .sort("place", "position")
    )
    rows, lacking = _children(cells, members)
    made = _scores(sorted({name for name, _ in rules.values()}), lacking)
    names = sorted(set(re.findall(r"\w+", " ".join(made.values()))) & set(groups.columns))
    scored = store.each(beside(rows, groups, names), made, "score")
    columns = groups.select("scenario", item="parent")
    return Cells(rows.select("region", "place", scored["score"]), cells.regions, columns)


def _children(cells: Cells, members: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """region, place (of the node), given: the scores of the children in the order of the section.

    A row for every region that has one of the children, if only as a gap; and if there is a gap.
    """
    none = cells.at.shape[0]
    at = np.vstack([cells.at, np.zeros((1, cells.at.shape[1]), np.uint32)])
    found = [pl.DataFrame(schema=_ROWS)]
    lacking = False
    sizes = members.group_by("place", maintain_order=True).agg(pl.len(), "child")
    for (size,), alike in sizes.group_by("len", maintain_order=True):
        child = alike["child"].explode().fill_null(none).to_numpy().reshape(-1, size)
        rows = at[child]
        node, region = np.nonzero(rows.any(axis=1))
        rows = rows.transpose(0, 2, 1)
        # As a rule every region has every child.
        whole = len(node) == rows.shape[0] * rows.shape[1]
        scores = _scores_at(
            cells.rows["score"], rows.ravel() if whole else rows[node, region].ravel()
        )
        lacking = lacking or scores.null_count() > 0
        found.append(
            pl.DataFrame(
                {
                    "region": region.astype(np.uint32),
                    "place": alike["place"].gather(node),
                    "given": scores.reshape((-1, size)).arr.to_list(),
                }
            )
        )
    return pl.concat(found), lacking


def _scores_at(score: pl.Series, at: NDArray[np.uint32]) -> pl.Series:
    """The scores of rows that are counted from 1; missing at 0."""
    if at.all():
        return score.gather(at - np.uint32(1))
    return pl.concat([pl.Series("score", [None], dtype=pl.Float64), score]).gather(at)


def _chosen(
    nodes: Mapping[str, Setting],
    rules: Mapping[str, tuple[str, Mapping[str, Any]]],
    family: pl.DataFrame,
) -> pl.DataFrame:
    """A row a node and scenario: the rule and its parameters, the children and their weights."""
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
    whole = family.group_by("scenario", "parent", maintain_order=True).agg(
        children=pl.len().cast(pl.Int64),
        every=pl.col("weight").sort_by("position"),
    )
    chosen = whole.join(pl.DataFrame(rows, schema=schema), on="parent", maintain_order="left")
    return chosen.with_row_index("place")


def _scores(rules: Sequence[str], lacking: bool) -> dict[str, str]:
    """The score from ``given``, the scores of children, and what is known of the node."""
    choice = "\n".join(f"WHEN '{name}' THEN {MEANS[name]}" for name in rules)
    own = f"CASE rule {choice} END" if len(rules) > 1 else MEANS[rules[0]]
    # Where every region has every child, the weights of a node are those of all regions.
    present = {"s": "given", "w": "every"}
    if lacking:
        there = "list_filter(list_zip(every, given), lambda t: t[2] IS NOT NULL)"
        present = {
            "s": "list_filter(given, lambda v: v IS NOT NULL)",
            "w": f"list_transform({there}, lambda t: t[1])",
        }
    raised = """CASE WHEN power > 0 THEN list_max(list_transform(s, lambda v: abs(v)))
      WHEN power < 0 THEN list_min(s) END"""
    return {
        **present,
        "present": "len(s)",
        "whole": "list_sum(w)",
        "mean": "list_inner_product(w, s) / whole",
        **({"ref": raised} if "power" in own else {}),
        "score": f"""CASE WHEN present = 0 OR present / children < min_coverage THEN NULL
          ELSE {own} END""",
    }
