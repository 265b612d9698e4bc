"""Which weights suit a region: rank acceptability over all admissible weights.

R. Lahdelma, P. Salminen, SMAA-2: stochastic multicriteria acceptability analysis for group decision
making, Operations Research 49 (2001) 444-454.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from rating.analysis import tally
from rating.analysis.design import Floats, Ints
from rating.analysis.drawing import Drawing
from rating.analysis.overtake import gains, overtake
from rating.analysis.plan import Draws, plan
from rating.definitions.definition import build
from rating.definitions.uncertainty import Assumption, Measurement, OtherWeights
from rating.errors import Problem, UsageError
from rating.result import Rating
from rating.text import html_table


@dataclass(frozen=True, eq=False)
class Acceptability:
    """What share of the admissible weights speaks for each region and rank.

    Attributes:
        rating: what was drawn.
        draws: how many sets of weights; those that failed are left out.
        seed: the seed.
        ranks: region, rank (as published), first (the share of weights that rank it first), best
            and worst rank over the draws, confidence: how often the region comes first under its
            own central weights when values move within their declared errors of measurement (1 or
            0 where none is declared); missing where no weights rank it first.
        acceptability: region, rank, share: of all ranks with a share above 0.
        central: region, parent, item, weight: the mean of the weights that rank the region first.
    """

    rating: Rating
    draws: int
    seed: int
    ranks: pl.DataFrame
    acceptability: pl.DataFrame
    central: pl.DataFrame

    def overtake(self, region: str, other: str, *, node: str | None = None) -> pl.DataFrame | None:
        """The smallest change of weights that lets one region overtake another."""
        return overtake(self.rating, region, other, node=node)

    def gains(self, region: str) -> pl.DataFrame:
        """What one quartile more on each indicator would do to a region's rank."""
        return gains(self.rating, region)

    def __repr__(self) -> str:
        first = self.ranks.filter(pl.col("first") > 0).height
        return (
            f"Acceptability({self.rating.section.id} {self.rating.edition}: {self.draws} weights, "
            f"{first} regions can be first)"
        )

    def _repr_html_(self) -> str:
        names = ("rank", "region", "first", "best", "worst", "confidence")
        rows = []
        for row in self.ranks.iter_rows(named=True):
            row["region"] = self.rating.name(row["region"])
            rows.append([row[name] for name in names])
        return html_table(f"{self.rating.section.name.en}, {self.rating.edition}", names, rows)


def smaa(
    rating: Rating,
    *,
    draws: int = 10_000,
    seed: int = 1,
    draw: Mapping[str, object] | None = None,
) -> Acceptability:
    """Rank the regions under admissible weights, everything else as published.

    Args:
        rating: the rating.
        draws: how many sets of weights.
        seed: the seed.
        draw: the admissible weights in the words of ``[uncertainty]``; by default
            ``{"name": "simplex"}``, any weights at all.

    Raises:
        UsageError: no draw is asked for.
        DefinitionError: no node has weights to draw.
    """
    if draws < 1:
        raise UsageError(Problem("draws", f"{draws} draws", "ask for one at least"))
    weights = build(
        OtherWeights,
        {"id": "weights", "kind": "weights", "draw": dict(draw or {"name": "simplex"})},
        "smaa",
    )
    drawing = Drawing(plan(rating, [weights]), kind="sobol", seed=seed)
    regions = len(drawing.plan.regions)
    counts = np.zeros((regions, regions), np.int64)
    sums = np.zeros((regions, len(drawing.plan.edges)))
    counted = 0
    for number in range(-(-draws // drawing.size)):
        made = drawing.draws(number)
        shares = _shares(drawing, made.weights)
        for part in drawing.parts(
            number, made, keep=min(drawing.size, draws - number * drawing.size)
        ):
            good = part.failed == 0
            order = tally.order(part.scores[good])
            tally.count(order, counts)
            counted += int(good.sum())
            won = (tally.ranks(order) == 1).astype(float)
            sums += won.T @ shares[part.rows[good] - number * drawing.size]
    first = counts[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        central = sums / first[:, None]
    confident = _confidence(rating, drawing, central, draws, seed)
    return Acceptability(
        rating=rating,
        draws=draws,
        seed=seed,
        ranks=_ranks(rating, drawing, counts, counted, confident),
        acceptability=_acceptability(drawing, counts, counted),
        central=_central(drawing, central, first),
    )


def _shares(drawing: Drawing, weights: Floats) -> Floats:
    """Weights that sum to 1 for the children of each node."""
    found = weights.copy()
    for branch in drawing.plan.branches:
        own = np.concatenate([branch.leaf_edges, branch.node_edges])
        found[:, own] /= found[:, own].sum(axis=1, keepdims=True)
    return found


def _confidence(rating: Rating, drawing: Drawing, central: Floats, draws: int, seed: int) -> Floats:
    """How often each region is first under its own central weights while its values move."""
    declared = rating.section.uncertainty
    given: tuple[Assumption, ...] = () if declared is None else declared.of()
    noise = [each for each in given if isinstance(each, Measurement)]
    moving = Drawing(plan(rating, noise), kind="random", seed=seed, most=1024)
    many = min(draws, moving.size) if noise else 1
    found = np.full(len(central), np.nan)
    for place in np.flatnonzero(~np.isnan(central).any(axis=1)):
        held = Draws(
            scenario=np.zeros(moving.size, np.int64),
            weights=np.repeat(central[place][None, :], moving.size, axis=0),
            choices=np.zeros((moving.size, len(moving.plan.branches)), np.int64),
            options={},
        )
        won = counted = 0
        for part in moving.parts(0, held, keep=many):
            good = part.failed == 0
            won += int((tally.ranks(tally.order(part.scores[good]))[:, place] == 1).sum())
            counted += int(good.sum())
        found[place] = won / counted if counted else np.nan
    return found


def _ranks(
    rating: Rating, drawing: Drawing, counts: Ints, counted: int, confident: Floats
) -> pl.DataFrame:
    some = counts.any(axis=1)
    size = len(counts)
    own = pl.DataFrame(
        {
            "region": drawing.plan.regions,
            "first": counts[:, 0] / max(counted, 1),
            "best": np.where(some, (counts > 0).argmax(axis=1) + 1.0, np.nan),
            "worst": np.where(some, size - (counts[:, ::-1] > 0).argmax(axis=1), np.nan),
            "confidence": confident,
        }
    ).with_columns(
        pl.col("best", "worst").fill_nan(None).cast(pl.Int64), pl.col("confidence").fill_nan(None)
    )
    return rating.ranks.select("region", "rank").join(
        own, on="region", how="inner", maintain_order="left"
    )


def _acceptability(drawing: Drawing, counts: Ints, counted: int) -> pl.DataFrame:
    rows, columns = np.nonzero(counts)
    return pl.DataFrame(
        {
            "region": [drawing.plan.regions[row] for row in rows],
            "rank": columns + 1,
            "share": counts[rows, columns] / max(counted, 1),
        },
        schema={"region": pl.String, "rank": pl.Int64, "share": pl.Float64},
    )


def _central(drawing: Drawing, central: Floats, first: Ints) -> pl.DataFrame:
    winners = np.flatnonzero(first)
    edges = drawing.plan.edges
    return pl.DataFrame(
        {
            "region": [drawing.plan.regions[place] for place in winners for _ in edges],
            "parent": [parent for parent, _ in edges] * len(winners),
            "item": [item for _, item in edges] * len(winners),
            "weight": central[winners].ravel(),
        },
        schema={
            "region": pl.String, "parent": pl.String, "item": pl.String, "weight": pl.Float64,
        },
    )  # fmt: skip
