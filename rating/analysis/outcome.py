"""The counts of draws as the frames that a reader sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from rating.analysis import tally
from rating.analysis.design import Floats, Ints
from rating.analysis.plan import Plan
from rating.analysis.scenarios import label
from rating.analysis.state import State
from rating.definitions.settings import Quantile, ShareOfGap
from rating.definitions.uncertainty import realm
from rating.result import Rating

TOPS = (5, 10, 20)


def assumptions(plan: Plan) -> pl.DataFrame:
    """assumption, name, realm, kind, options."""
    return pl.DataFrame(
        [
            (f.assumption.id, f.assumption.name.en, realm(f.assumption), f.assumption.kind,
             list(f.options))
            for f in plan.factors
        ],
        schema={
            "assumption": pl.String,
            "name": pl.String,
            "realm": pl.String,
            "kind": pl.String,
            "options": pl.List(pl.String),
        },
        orient="row",
    )  # fmt: skip


def ranks(
    rating: Rating, regions: Sequence[str], state: State, level: float, members: pl.DataFrame
) -> pl.DataFrame:
    """The published ranks with their medians, intervals and probabilities."""
    counts = state.counts
    whole = state.counted
    tail = (1 - level) / 2

    def within(top: int) -> Floats:
        return counts[:, :top].sum(axis=1) / whole if whole else np.full(len(regions), np.nan)

    def quantile(share: float) -> pl.Series:
        return pl.Series(tally.quantile(counts, share)).fill_nan(None).cast(pl.Int64)

    own = pl.DataFrame(
        {
            "region": regions,
            "median": quantile(0.5),
            "low": quantile(tail),
            "high": quantile(1 - tail),
            **{f"p_top{top}": pl.Series(within(top)).fill_nan(None) for top in TOPS},
        }
    )
    published = members.select("region", "group", p_group="probability")
    return (
        rating.ranks.select("region", "rank", "group")
        .join(own, on="region", how="left", maintain_order="left")
        .join(published, on=["region", "group"], how="left", maintain_order="left")
        .drop("group")
    )


def groups(rating: Rating, regions: Sequence[str], state: State) -> pl.DataFrame:
    """region, group, probability: how often a region was in each group of the method."""
    schema = {"region": pl.String, "group": pl.String, "probability": pl.Float64}
    setting = rating.section.method.groups
    if not isinstance(setting, ShareOfGap | Quantile) or not state.counted:
        return pl.DataFrame(schema=schema)
    scored = state.counts.sum(axis=1)
    ends = np.vstack([np.zeros_like(scored), state.crossed, scored])
    held = np.diff(ends, axis=0) / state.counted
    return pl.DataFrame(
        {
            "region": np.repeat(regions, len(setting.labels)),
            "group": list(setting.labels) * len(regions),
            "probability": held.T.ravel(),
        },
        schema=schema,
    )


def options(plan: Plan, state: State) -> pl.DataFrame:
    """assumption, option, draws, shift, same_as: what each option does to the ranking."""
    rows = []
    for factor in plan.factors:
        for number, option in enumerate(factor.options):
            sums = state.options[factor.assumption.id][number]
            same = plan.alike.get((factor.assumption.id, option))
            rows.append((factor.assumption.id, option, int(sums[0]), _mean_shift(sums), same))
    schema = {
        "assumption": pl.String, "option": pl.String, "draws": pl.Int64, "shift": pl.Float64,
        "same_as": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def scenarios(plan: Plan, state: State) -> pl.DataFrame:
    """scenario, its options, draws, shift."""
    rows = []
    for number, options in enumerate(plan.scenarios.choices()):
        sums = state.scenarios[number]
        taken = {
            given.id: label(given.options[option])
            for given, option in zip(plan.scenarios.upstream, options, strict=True)
        }
        rows.append(
            {"scenario": number, **taken, "draws": int(sums[0]), "shift": _mean_shift(sums)}
        )
    return pl.DataFrame(rows, schema_overrides={"shift": pl.Float64})


def _mean_shift(sums: Ints) -> float | None:
    """Places moved over regions and draws; none where no draw took it."""
    return float(sums[1] / sums[2]) if sums[2] else None
