"""Scores and ranks for parameters that are given: a run of ours again, or of another program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from rating.analysis import tally
from rating.analysis.design import Ints
from rating.analysis.drawing import Drawing
from rating.analysis.plan import Draws, Factor, Plan, plan
from rating.definitions.uncertainty import Measurement
from rating.errors import Problem, UsageError, nearest
from rating.result import Rating


def replay(rating: Rating, parameters: pl.DataFrame) -> pl.DataFrame:
    """Score draws whose parameters are given.

    Args:
        rating: a rating whose section declares the assumptions.
        parameters: draw; the option of each assumption that has options, as
            ``Uncertainty.parameters`` names it or by its place from 0; and, where weights are
            drawn, ``parent.item`` for each of them.

    Returns:
        draw, region, score, rank; missing where a draw failed.

    Raises:
        UsageError: a column or an option is missing or unknown.
    """
    declared = rating.section.uncertainty
    drawn = () if declared is None else declared.of()
    # An error of measurement comes from the seed and the index of a draw, not from parameters.
    made = plan(rating, [given for given in drawn if not isinstance(given, Measurement)])
    drawing = Drawing(made, kind="random", seed=0)
    draws = _given(made, parameters)
    scores = np.full((parameters.height, len(made.regions)), np.nan)
    placed = scores.copy()
    for scenario in np.unique(draws.scenario):
        rows = np.flatnonzero(draws.scenario == scenario)
        found, failed = drawing.score(int(scenario), draws, rows, {})
        good = failed == 0
        scores[rows[good]] = found[good]
        placed[rows[good]] = tally.ranks(tally.order(found[good]))
    return pl.DataFrame(
        {
            "draw": parameters["draw"].repeat_by(len(made.regions)).explode(),
            "region": made.regions * parameters.height,
            "score": pl.Series(scores.ravel()).fill_nan(None),
            "rank": pl.Series(placed.ravel()).fill_nan(None).cast(pl.Int64),
        }
    )


def _given(made: Plan, parameters: pl.DataFrame) -> Draws:
    wanted = [f.assumption.id for f in made.factors if f.options]
    wanted += [
        ".".join(made.edges[edge]) for f in made.factors for family in f.edges for edge in family
    ]
    problems = [
        Problem("parameters", f"no column '{name}'", nearest(name, parameters.columns))
        for name in ("draw", *wanted)
        if name not in parameters.columns
    ]
    if problems:
        raise UsageError(problems)
    options = {
        f.assumption.id: _options(f, parameters[f.assumption.id]) for f in made.factors if f.options
    }
    weights = made.weighed(options, parameters.height)
    for factor in made.factors:
        for family in factor.edges:
            for edge in family:
                weights[:, edge] = parameters[".".join(made.edges[edge])].cast(pl.Float64)
    scenario = made.scenarios.number(options, parameters.height)
    return Draws(scenario, weights, made.aggregations(options, parameters.height), options)


def _options(factor: Factor, given: pl.Series) -> Ints:
    known: Sequence[str] = factor.options
    # A name comes before a place: sets of weights may be named "1", "2" and so on.
    places = {str(n): n for n in range(len(known))} | {name: n for n, name in enumerate(known)}
    shown = given.cast(pl.String).to_list()
    unknown = sorted({str(name) for name in shown if name not in places})
    if unknown:
        where = f"parameters, {factor.assumption.id}"
        raise UsageError(Problem(where, f"no option '{unknown[0]}'", nearest(unknown[0], known)))
    return np.array([places[name] for name in shown], np.int64)
