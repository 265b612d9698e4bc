"""Every rank with its interval: the rating over all that could have been decided otherwise."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from rating.analysis import groups, outcome, records, tally
from rating.analysis.design import Ints, Kind
from rating.analysis.drawing import Drawing
from rating.analysis.plan import Plan, plan
from rating.analysis.scenarios import statistics
from rating.analysis.state import State, key_of
from rating.definitions.settings import Quantile, ShareOfGap
from rating.errors import DefinitionError, Problem, UsageError
from rating.outputs import filled
from rating.result import Rating
from rating.text import html_table

BLOCK_TO_ADD = """add to section.toml, for instance:
    [uncertainty]
    level = 0.9
    [[uncertainty.assumption]]
    id   = "weights"
    kind = "weights"
    draw = { name = "dirichlet", concentration = 20 }
    [[uncertainty.assumption]]
    id      = "treatment"
    kind    = "treat"
    options = [{}, { name = "none" }]"""


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """The ranks of a rating over many draws of its assumptions.

    Attributes:
        rating: what was drawn.
        draws: how many.
        seed: the seed.
        design: ``sobol`` or ``random``.
        level: the share of draws between low and high.
        assumptions: assumption, name, realm (``sampling`` or ``modelling``), kind, options.
        ranks: region, rank, median, low, high, p_top5, p_top10, p_top20, p_group; in the order of
            the rating. The quantiles are inverses of the rank frequencies; probabilities are shares
            of the draws that did not fail.
        counts: regions by ranks: in how many draws a region had a rank.
        regions: the rows of ``counts``.
        options: assumption, option, draws, shift: the mean number of places by which regions moved
            from their published ranks in the draws that took the option; same_as: an earlier option
            under which every region has the same score, so that this one is no alternative.
        scenarios: scenario, a column an upstream assumption, draws, shift.
        failures: reason, draws: failed draws are left out of everything else.
        groups: region, group, probability: how often a region was in each group of the method.
        drawing: makes any of the draws again.
    """

    rating: Rating
    draws: int
    seed: int
    design: Kind
    level: float
    assumptions: pl.DataFrame
    ranks: pl.DataFrame
    counts: Ints
    regions: tuple[str, ...]
    options: pl.DataFrame
    scenarios: pl.DataFrame
    failures: pl.DataFrame
    groups: pl.DataFrame
    drawing: Drawing = field(repr=False)

    @property
    def failed(self) -> int:
        """How many draws failed."""
        return int(self.failures["draws"].sum())

    @property
    def plan(self) -> Plan:
        """What the draws were made of."""
        return self.drawing.plan

    @cached_property
    def frequencies(self) -> pl.DataFrame:
        """region, rank, draws, share: the cells of the rank-frequency matrix that are not 0."""
        rows, columns = np.nonzero(self.counts)
        whole = max(self.draws - self.failed, 1)
        found = self.counts[rows, columns]
        return pl.DataFrame(
            {
                "region": [self.regions[row] for row in rows],
                "rank": columns + 1,
                "draws": found,
                "share": found / whole,
            },
            schema={"region": pl.String, "rank": pl.Int64, "draws": pl.Int64, "share": pl.Float64},
        )

    @cached_property
    def statistics(self) -> pl.DataFrame:
        """What each scenario did to each indicator: gaps, filled values, ends, moved points."""
        return statistics(self.plan.scenarios)

    def parameters(self, first: int = 0, last: int | None = None) -> pl.DataFrame:
        """The parameters of draws ``first`` to ``last - 1``, made again from seed and index.

        draw, scenario, the option of each assumption that has options, and the weight of each child
        within its node as ``parent.item``.
        """
        return pl.concat(
            records.parameters(self.drawing, number, rows)
            for number, rows in self._blocks(first, last)
        )

    def scores(self, first: int = 0, last: int | None = None) -> pl.DataFrame:
        """The scores and ranks of draws, made again: draw, region, score, rank."""
        return pl.concat(
            records.scores(self.drawing, number, rows) for number, rows in self._blocks(first, last)
        )

    def save(self, folder: str | Path) -> Path:
        """Write every draw's parameters and scores as Parquet, in parts of one block."""
        made = filled(folder)
        made.mkdir(parents=True, exist_ok=True)
        for number, rows in self._blocks(0, None):
            for name, frame in (
                ("parameters", records.parameters(self.drawing, number, rows)),
                ("scores", records.scores(self.drawing, number, rows)),
            ):
                arriving = made / f".{name}-{number:06d}.parquet"
                frame.write_parquet(arriving)
                arriving.replace(made / f"{name}-{number:06d}.parquet")
        return made

    def place_groups(
        self, *, level: float = 0.95, ties: Literal["first", "connected"] = "first"
    ) -> pl.DataFrame:
        """Regions that share a place: region, rank, group, first; see ``groups.place_groups``."""
        return groups.place_groups(self, level=level, ties=ties)

    def confidence(self, *, level: float = 0.95, top: int = 20) -> pl.DataFrame:
        """Simultaneous confidence sets: region, rank, low, high, in_top; see ``groups``."""
        return groups.confidence(self, level=level, top=top)

    def _blocks(self, first: int, last: int | None) -> list[tuple[int, Ints]]:
        end = self.draws if last is None else min(last, self.draws)
        if not 0 <= first < end:
            raise UsageError(
                Problem(
                    f"draws {first} to {last}", "no such draws", f"there are 0 to {self.draws - 1}"
                )
            )
        size = self.drawing.size
        return [
            (n, np.arange(max(first, n * size), min(end, (n + 1) * size)) - n * size)
            for n in range(first // size, (end - 1) // size + 1)
        ]

    def __repr__(self) -> str:
        return (
            f"Uncertainty({self.rating.section.id} {self.rating.edition}: {self.draws} draws of "
            f"{self.assumptions.height} assumptions, {self.failed} failed)"
        )

    def _repr_html_(self) -> str:
        names = ("rank", "region", "median", "low", "high", "p_top5", "p_top10", "p_top20")
        rows = []
        for row in self.ranks.iter_rows(named=True):
            shown = [row["rank"], self.rating.name(row["region"])]
            shown += [row[name] for name in names[2:5]]
            rows.append(shown + [None if row[n] is None else f"{row[n]:.2f}" for n in names[5:]])
        title = (
            f"{self.rating.section.name.en}, {self.rating.edition}: "
            f"{self.draws} draws, seed {self.seed}, {self.level:.0%} intervals"
        )
        same = [f"“{option}” scores as “{one}”" for (_, option), one in self.plan.alike.items()]
        title += f"; no alternative: {', '.join(same)}" if same else ""
        return html_table(title, names, rows)


def uncertainty(
    rating: Rating,
    *,
    draws: int = 10_000,
    seed: int = 1,
    design: Kind = "sobol",
    only: str | Collection[str] | None = None,
    folder: str | Path | None = None,
    progress: bool | None = None,
) -> Uncertainty:
    """Draw the declared assumptions of a rating and rank its regions in every draw.

    Args:
        rating: the rating.
        draws: how many; memory does not depend on it.
        seed: the seed.
        design: ``sobol`` (a scrambled sequence) or ``random`` (Monte-Carlo).
        only: ids of the assumptions that are drawn, or ``sampling`` or ``modelling``; the others
            stay as published.
        folder: where the counts are kept as they grow: a stopped run goes on from there, to the
            same bits.
        progress: a bar on stderr; by default on a terminal.

    Raises:
        UsageError: the section declares no uncertainty, or no draw is asked for.
        DefinitionError: a declared alternative cannot apply.
        DataError: the data do not hold what an error of measurement needs.
    """
    if draws < 1:
        raise UsageError(Problem("draws", f"{draws} draws", "ask for one at least"))
    drawing = Drawing(planned(rating, only), kind=design, seed=seed)
    key = key_of(drawing, draws)
    state = State.of(drawing.plan, _cuts(rating))
    if folder is not None:
        state = state.resumed(Path(folder), key)
    blocks = -(-draws // drawing.size)
    barred = sys.stderr.isatty() if progress is None else progress
    for number in range(state.blocks, blocks):
        _block(drawing, state, number, min(drawing.size, draws - number * drawing.size))
        if folder is not None and (number % 16 == 15 or number == blocks - 1):
            state.keep(Path(folder), key)
        if barred:
            _bar(number + 1, blocks)
    return _result(drawing, state, draws)


def planned(rating: Rating, only: str | Collection[str] | None = None) -> Plan:
    """The plan of the assumptions that a section declares, or of those named.

    Raises:
        UsageError: the section declares no uncertainty.
        DefinitionError: no such assumption, or one that cannot apply.
    """
    declared = rating.section.uncertainty
    where = f"{rating.section.id}, uncertainty"
    if declared is None:
        raise UsageError(Problem(where, "the section declares no uncertainty", BLOCK_TO_ADD))
    assumptions = declared.of(only)
    if not assumptions:
        shown = only if isinstance(only, str) else ", ".join(sorted(only or ()))
        what = f"no assumption is on{f' of {shown}' if shown else ''}"
        raise DefinitionError(Problem(where, what, BLOCK_TO_ADD))
    return plan(rating, assumptions)


def _block(drawing: Drawing, state: State, number: int, keep: int) -> None:
    """Count one block of draws into the state."""
    made = drawing.draws(number, keep)
    setting = drawing.plan.rating.section.method.groups
    regions = len(drawing.plan.regions)
    first = number * drawing.size
    for part in drawing.parts(number, made, keep=keep):
        good = part.failed == 0
        if not good.all():
            state.failures.update(Counter(part.failed[~good].tolist()))
        if not good.any():
            continue
        scores, rows = part.scores[good], part.rows[good] - first
        order = tally.order(scores)
        tally.count(order, state.counts)
        if isinstance(setting, ShareOfGap):
            state.crossed += tally.above_cuts(scores, setting.cuts)
        elif isinstance(setting, Quantile):
            state.crossed += tally.before_cuts(order, regions, setting.cuts)
        moved, counted = tally.shift(order, state.nominal)
        state.add_shift(
            part.scenario, {k: v[rows] for k, v in made.options.items()}, moved, counted
        )
    state.blocks = number + 1


def _cuts(rating: Rating) -> int:
    setting = rating.section.method.groups
    return len(setting.cuts) if isinstance(setting, ShareOfGap | Quantile) else 0


def _bar(done: int, blocks: int) -> None:
    full = 40 * done // blocks
    end = "\n" if done == blocks else ""
    sys.stderr.write(f"\r{'#' * full}{'.' * (40 - full)} {done / blocks:4.0%}{end}")
    sys.stderr.flush()


def _result(drawing: Drawing, state: State, draws: int) -> Uncertainty:
    plan, rating = drawing.plan, drawing.plan.rating
    assert rating.section.uncertainty is not None
    level = rating.section.uncertainty.level
    members = outcome.groups(rating, plan.regions, state)
    return Uncertainty(
        rating=rating,
        draws=draws,
        seed=drawing.seed,
        design=drawing.kind,
        level=level,
        assumptions=outcome.assumptions(plan),
        ranks=outcome.ranks(rating, plan.regions, state, level, members),
        counts=state.counts,
        regions=tuple(plan.regions),
        options=outcome.options(plan, state),
        scenarios=outcome.scenarios(plan, state),
        failures=pl.DataFrame(
            [(drawing.reason(code), many) for code, many in sorted(state.failures.items())],
            schema={"reason": pl.String, "draws": pl.Int64},
            orient="row",
        ),
        groups=members,
        drawing=drawing,
    )
