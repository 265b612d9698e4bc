"""Which assumption moves the ranking: variance of ranks, shared out among the assumptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from rating.analysis import tally
from rating.analysis.design import Design, Floats, Ints
from rating.analysis.drawing import Drawing
from rating.analysis.plan import Plan
from rating.analysis.sobol import Indices, indices, intervals
from rating.analysis.uncertainty import planned
from rating.errors import Problem, UsageError
from rating.result import Rating
from rating.text import Text, html_table, number

RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Sobol indices of the ranks of a rating.

    Attributes:
        rating: what was drawn.
        draws: the rows of the design; each is scored once for either matrix and each assumption.
        used: the rows that count: those of which no draw failed.
        seed: the seed.
        level: of the intervals.
        assumptions: assumption, name, first, first_low, first_high, total, total_low, total_high
            of the mean rank shift; the greatest total first. Shares: an estimate outside 0 and 1,
            as few rows give, is the nearer of the two.
        regions: region, assumption, first, total of the region's own rank; missing where its rank
            never moves or is missing in a draw.
        convergence: draws, assumption, first, total: the same from the first rows alone.
        failures: reason, draws.
        shift: the mean rank shift: places by which a region moves, over regions and draws.
        alike: assumption, option, same_as: options that are no alternative, as every region has the
            same score under an earlier one.
    """

    rating: Rating
    draws: int
    used: int
    seed: int
    level: float
    assumptions: pl.DataFrame
    regions: pl.DataFrame
    convergence: pl.DataFrame
    failures: pl.DataFrame
    shift: float
    alike: pl.DataFrame

    @property
    def sentence(self) -> Text:
        """Which assumption moves the ranking, in one sentence; and options that are none."""
        said, same = self._moves(), self.alike.iter_rows()
        named = [(self._name(id), option, first) for id, option, first in same]
        return Text(
            en=said.en
            + "".join(
                f" No alternative: of “{name.en}”, “{option}” gives every region the score "
                f"of “{first}”."
                for name, option, first in named
            ),
            ru=said.ru
            + "".join(
                f" Не вариант: в «{name.ru}» «{option}» даёт всем регионам те же баллы, "
                f"что «{first}»."
                for name, option, first in named
            ),
        )

    def _name(self, assumption: str) -> Text:
        given = self.rating.section.uncertainty
        assert given is not None
        return next(one.name for one in given.assumption if one.id == assumption)

    def _moves(self) -> Text:
        known = self.assumptions.drop_nulls("total")
        if known.is_empty():
            return Text(
                en="No assumption moves the ranking.", ru="Ни одно допущение не меняет рейтинг."
            )
        top = known.row(0, named=True)
        name = self._name(top["assumption"])
        share = [number(100 * top[key], "en", 0) for key in ("total", "total_low", "total_high")]
        return Text(
            en=f"The ranking moves most with “{name.en}”: {share[0]} % of the variance of the mean "
            f"rank shift, interactions included ({self.level:.0%} interval {share[1]} to "
            f"{share[2]} %).",
            ru=f"Сильнее всего рейтинг меняет «{name.ru}»: {share[0]} % дисперсии среднего сдвига "
            f"мест с учётом взаимодействий (интервал {self.level:.0%}: от {share[1]} "
            f"до {share[2]} %).",
        )

    def __repr__(self) -> str:
        return (
            f"Sensitivity({self.rating.section.id} {self.rating.edition}: "
            f"{self.assumptions.height} assumptions, {self.used} of {self.draws} rows)"
        )

    def _repr_html_(self) -> str:
        names = ("name", "first", "total", "total_low", "total_high")
        rows = (
            [
                cell if cell is None or isinstance(cell, str) else f"{cell:.2f}"
                for cell in (row[name] for name in names)
            ]
            for row in self.assumptions.iter_rows(named=True)
        )
        return html_table(self.sentence.en, names, rows)


def sensitivity(
    rating: Rating,
    *,
    draws: int = 1024,
    seed: int = 1,
    only: str | Collection[str] | None = None,
    level: float = 0.95,
) -> Sensitivity:
    """Share the variance of ranks out among the assumptions.

    Two matrices of points and, for each assumption, the first with that assumption's numbers from
    the second: ``draws * (assumptions + 2)`` ratings. A row of which one draw fails is left out.

    Args:
        rating: the rating.
        draws: rows of the design; a power of 2 keeps Sobol's sequence balanced.
        seed: the seed.
        only: as in ``uncertainty``.
        level: of the bootstrap intervals.

    Raises:
        UsageError: the section declares no uncertainty, or fewer than 8 rows are asked for.
        DefinitionError: a declared alternative cannot apply.
    """
    if draws < 8:
        raise UsageError(Problem("draws", f"{draws} rows are too few to share variance", "take 8"))
    drawing = Drawing(planned(rating, only), kind="sobol", seed=seed, most=draws)
    plan = drawing.plan
    shifts, ranks, failed = _outputs(drawing, draws)
    good = ~failed.any(axis=0)
    reasons = Counter(failed[failed != 0].tolist())
    y, each = shifts[:, good], ranks[:, good]
    used = int(good.sum())
    return Sensitivity(
        rating=rating,
        draws=draws,
        used=used,
        seed=seed,
        level=level,
        assumptions=_assumptions(plan, y, level, seed),
        regions=_regions(plan, each),
        convergence=_convergence(plan, y),
        failures=pl.DataFrame(
            [(drawing.reason(code), many) for code, many in sorted(reasons.items())],
            schema={"reason": pl.String, "draws": pl.Int64},
            orient="row",
        ),
        shift=float(y.mean()) if used else float("nan"),
        alike=pl.DataFrame(
            [(*key, first) for key, first in plan.alike.items()],
            schema=dict.fromkeys(("assumption", "option", "same_as"), pl.String),
            orient="row",
        ),
    )


def _outputs(drawing: Drawing, draws: int) -> tuple[Floats, Floats, Ints]:
    """For both matrices and each assumption: mean rank shift, ranks and failures of every row."""
    plan = drawing.plan
    size, width = drawing.size, plan.width
    design = Design("sobol", 2 * width, seed=drawing.seed, size=size)
    runs = len(plan.factors) + 2
    shifts = np.full((runs, draws), np.nan)
    ranks = np.full((runs, draws, len(plan.regions)), np.nan)
    failed = np.zeros((runs, draws), np.int64)
    nominal = plan.nominal()
    for block in range(-(-draws // size)):
        points = design.block(block)
        keep = min(size, draws - block * size)
        for run in range(runs):
            u, elsewhere = _points(plan, points, run)
            made = plan.draws(u)
            for part in drawing.parts(block, made, keep=keep, elsewhere=elsewhere):
                order = tally.order(part.scores)
                moved, counted = tally.shift(order, nominal)
                failed[run, part.rows] = part.failed
                ranks[run, part.rows] = tally.ranks(order)
                shifts[run, part.rows] = moved / np.maximum(counted, 1)
    return shifts, ranks, failed


def _points(plan: Plan, points: Floats, run: int) -> tuple[Floats, frozenset[str]]:
    """The points of a run, and the measurements whose noise comes from the second stream."""
    first, second = points[:, : plan.width], points[:, plan.width :]
    if run == 0:
        return first, frozenset()
    if run == 1:
        return second, frozenset(factor.assumption.id for factor in plan.factors)
    factor = plan.factors[run - 2]
    mixed = first.copy()
    mixed[:, factor.columns] = second[:, factor.columns]
    return mixed, frozenset([factor.assumption.id])


def _indices(a: Floats, b: Floats, mixed: Floats) -> Indices:
    """The indices as shares: chance takes an estimate below 0 or above 1, and no share is there."""
    return _shares(indices(a, b, mixed))


def _shares(found: Indices) -> Indices:
    return Indices(np.clip(found.first, 0, 1), np.clip(found.total, 0, 1))


def _assumptions(plan: Plan, y: Floats, level: float, seed: int) -> pl.DataFrame:
    nothing = np.full(len(plan.factors), np.nan)
    found = low = high = Indices(nothing, nothing)
    if y.shape[1] > 1:
        found = _indices(y[0], y[1], y[2:])
        ends = intervals(y[0], y[1], y[2:], level=level, resamples=RESAMPLES, seed=seed)
        low, high = map(_shares, ends)
    frame = pl.DataFrame(
        {
            "assumption": [factor.assumption.id for factor in plan.factors],
            "name": [factor.assumption.name.en for factor in plan.factors],
            "first": found.first,
            "first_low": low.first,
            "first_high": high.first,
            "total": found.total,
            "total_low": low.total,
            "total_high": high.total,
        }
    ).with_columns(pl.selectors.float().fill_nan(None))
    return frame.sort("total", descending=True, nulls_last=True, maintain_order=True)


def _regions(plan: Plan, ranks: Floats) -> pl.DataFrame:
    many = len(plan.factors)
    nothing = np.full((many, len(plan.regions)), np.nan)
    found = Indices(nothing, nothing)
    if ranks.shape[1] > 1:
        found = _indices(ranks[0], ranks[1], ranks[2:])
    return pl.DataFrame(
        {
            "region": np.repeat(plan.regions, many),
            "assumption": [factor.assumption.id for factor in plan.factors] * len(plan.regions),
            "first": found.first.T.ravel(),
            "total": found.total.T.ravel(),
        }
    ).with_columns(pl.col("first", "total").fill_nan(None))


def _convergence(plan: Plan, y: Floats) -> pl.DataFrame:
    frames = []
    rows = y.shape[1]
    for part in sorted({rows // n for n in (8, 4, 2, 1) if rows // n > 1}):
        found = _indices(y[0, :part], y[1, :part], y[2:, :part])
        frames.append(
            pl.DataFrame(
                {
                    "draws": part,
                    "assumption": [factor.assumption.id for factor in plan.factors],
                    "first": found.first,
                    "total": found.total,
                }
            ).with_columns(pl.col("first", "total").fill_nan(None))
        )
    schema = {
        "draws": pl.Int64, "assumption": pl.String, "first": pl.Float64, "total": pl.Float64,
    }  # fmt: skip
    return pl.concat([pl.DataFrame(schema=schema), *[f.cast(schema) for f in frames]])  # type: ignore[arg-type]
