"""What the draws of an uncertainty analysis say of each place, as the report prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rating.analysis import tally
from rating.errors import Problem, UsageError
from rating.publish.annex import Cell, parameters
from rating.publish.facts import Facts, Region
from rating.publish.texts import Speaker, clean

if TYPE_CHECKING:
    from rating.analysis.plan import Factor
    from rating.analysis.uncertainty import Uncertainty
    from rating.result import Rating

KINDS = {
    "treat": "step.treat",
    "impute": "step.impute",
    "normalise": "step.normalise",
    "weights": "step.weights",
    "aggregate": "step.aggregate",
    "formula": "draws.kind_formula",
    "leave_out": "draws.kind_leave_out",
    "sampling": "draws.kind_sampling",
}
OPTIONS = {"as declared": "draws.option_declared", "nothing": "draws.option_nothing"}
DESIGNS = {"sobol": "draws.design_sobol", "random": "draws.design_random"}


@dataclass(frozen=True)
class Assumed:
    """An assumption of the draws: its name, what it says, its kind, its options or its draw."""

    name: str
    note: str
    kind: str
    options: tuple[Cell, ...]


@dataclass(frozen=True)
class Drawn:
    """How the draws were made, for the annex."""

    assumptions: tuple[Assumed, ...]
    rows: tuple[tuple[str, str], ...]
    beyond: str


@dataclass(frozen=True)
class Intervals:
    """The draws by region.

    Attributes:
        sure: the draws.
        ends: lowest and highest place of the interval of each ranked region.
        held: the share of the draws in which a ranked region was in its published group.
    """

    sure: Uncertainty
    ends: Mapping[str, tuple[int, int]]
    held: Mapping[str, float]

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The codes of regions that cannot be told apart; none where the draws are too few."""
        try:
            found = self.sure.place_groups()
        except UsageError:  # a test needs two draws in which every region has a score
            return ()
        kept = found.group_by("group", maintain_order=True).agg("region")
        return tuple(tuple(regions) for regions in kept["region"])

    @cached_property
    def middles(self) -> dict[str, tuple[int, int]]:
        """First and last place of the middle half of the draws of each region."""
        low, high = (tally.quantile(self.sure.counts, share) for share in (0.25, 0.75))
        return {
            region: (int(low[row]), int(high[row]))
            for row, region in enumerate(self.sure.regions)
            if region in self.ends
        }

    def level(self, say: Speaker) -> str:
        """The share of draws inside an interval, in per cent."""
        percent = round(100 * self.sure.level, 6)
        return say.number(percent, 0 if percent == int(percent) else 1)

    def span(self, region: Region, say: Speaker) -> str:
        """The interval of a region's place, or a dash."""
        ends = self.ends.get(region.code)
        return "—" if ends is None else span(*ends, say)

    def share(self, region: Region, say: Speaker) -> str:
        """The share of draws in the published group in per cent, or nothing."""
        held = self.held.get(region.code)
        return "" if held is None else percent(held, say)


def intervals(result: Rating, sure: Uncertainty) -> Intervals:
    """Look up the draws of a rating.

    Raises:
        UsageError: the draws are those of another rating.
    """
    own = sure.rating
    if own is not result and (own.edition, own.digest) != (result.edition, result.digest):
        raise UsageError(
            Problem(
                "sure",
                f"draws of another rating, {clean(own.section.id)} {own.edition}",
                "give what uncertainty() of this rating returned",
            )
        )
    rows = [row for row in sure.ranks.iter_rows(named=True) if row["rank"] is not None]
    return Intervals(
        sure=sure,
        ends={
            row["region"]: (row["low"], row["high"])
            for row in rows
            if row["low"] is not None and row["high"] is not None
        },
        held={row["region"]: row["p_group"] for row in rows if row["p_group"] is not None},
    )


def span(low: int, high: int, say: Speaker) -> str:
    """Two places, or one where they are the same.

    Example:
        >>> span(1, 3, Speaker("en")), span(2, 2, Speaker("en"))
        ('1–3', '2')
    """
    ends = (say.number(low, 0), say.number(high, 0))
    return ends[0] if low == high else "–".join(ends)


def percent(share: float, say: Speaker) -> str:
    """A share in per cent; what is not all and not none is never rounded to it.

    Example:
        >>> percent(0.9991, Speaker("en")), percent(1.0, Speaker("en"))
        ('>99', '100')
    """
    if 0.99 < share < 1:
        return ">" + say.number(99, 0)
    if 0 < share < 0.01:
        return "<" + say.number(1, 0)
    return say.number(100 * share, 0)


def signed(share: float | None, say: Speaker) -> str:
    r"""A share in per cent with its sign, or a dash.

    Example:
        >>> signed(0.25, Speaker("en")), signed(0.25, Speaker("ru")), signed(None, Speaker("en"))
        ('25%', '25\xa0%', '—')
    """
    if share is None:
        return "—"
    return f"{percent(share, say)}{'%' if say.lang == 'en' else chr(0xA0) + '%'}"


def drawn(facts: Facts, found: Intervals, say: Speaker) -> Drawn:
    """The assumptions and what is needed to make the draws again."""
    sure = found.sure
    failures = "; ".join(
        f"{clean(reason)} ({say.number(draws, 0)})" for reason, draws in sure.failures.iter_rows()
    )
    failed = say.number(sure.failed, 0)
    places = facts.places
    most = max((high for _, high in found.ends.values()), default=0)
    return Drawn(
        assumptions=tuple(_assumed(factor, say, sure.plan.alike) for factor in sure.plan.factors),
        rows=(
            (say("draws.row_draws"), say.number(sure.draws, 0)),
            (say("draws.row_seed"), str(sure.seed)),
            (say("draws.row_design"), say(DESIGNS[sure.design])),
            (say("draws.row_level"), say("draws.level_value", level=found.level(say))),
            (say("draws.row_failed"), f"{failed}: {failures}" if failures else failed),
        ),
        beyond=say("draws.beyond", n=places) if most > places else "",
    )


def _assumed(factor: Factor, say: Speaker, alike: Mapping[tuple[str, str], str]) -> Assumed:
    given = factor.assumption

    def shown_as(option: str) -> str:
        return say(OPTIONS[option]) if option in OPTIONS else clean(option)

    def told(option: str) -> str:
        first = alike.get((given.id, option))
        same = "" if first is None else say("draws.same_as", name=shown_as(first))
        return f"{shown_as(option)} {same}".strip()

    setting = getattr(given, "draw", None) or getattr(given, "error", None)
    if factor.options:
        shown = [told(option) for option in factor.options]
        texts = [", ".join(shown)] if given.kind == "leave_out" else shown
    else:
        texts = [parameters(setting)]
    places = getattr(given, "nodes", ()) or getattr(given, "indicators", ())
    if places:
        texts.append(say("draws.at", names=", ".join(places)))
    return Assumed(
        name=say.of(given.name),
        note=say.of(given.note),
        kind=say(KINDS[given.kind]),
        options=tuple(Cell(text, code=True) for text in texts),
    )
