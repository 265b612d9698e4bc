"""Earlier editions on today's method: what a change of place may be read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rating.engine.held import held_years, years_used
from rating.errors import RatingError
from rating.rate import panel

if TYPE_CHECKING:
    from rating.definitions.section import Section
    from rating.result import Rating

MOST = 5
ALWAYS = date(1900, 1, 1)


@dataclass(frozen=True)
class History:
    """Places over the editions that the data hold, all by the definitions of the last one.

    Attributes:
        editions: the years, the last one being that of the report.
        places: the places of each region in these years; None where it had none.
        refused: why earlier editions could not be rated; empty where they could, or none is held.
    """

    editions: tuple[int, ...]
    places: Mapping[str, tuple[int | None, ...]]
    refused: str = ""

    @property
    def before(self) -> int | None:
        """The edition before this one."""
        return self.editions[-2] if len(self.editions) > 1 else None

    def change(self, region: str) -> int | None:
        """Places won since the edition before; negative where places were lost."""
        found = self.places.get(region, ())
        if len(found) < 2:
            return None
        before, now = found[-2:]
        return None if before is None or now is None else before - now

    def earlier(self, region: str) -> int | None:
        """The place in the edition before."""
        found = self.places.get(region, ())
        return found[-2] if len(found) > 1 else None


def history(result: Rating, *, most: int = MOST) -> History:
    """Rate earlier editions with the formulas, the weights and the method of this one.

    The versions that are in force today are taken for all years: what differs is the data alone,
    and who else is rated. Editions are the years for which every table has rows.

    Args:
        result: the rating of the last edition.
        most: how many earlier editions.
    """
    ranks = dict(result.ranks.select("region", "rank").iter_rows())
    alone = History((result.edition,), {region: (rank,) for region, rank in ranks.items()})
    years = _years(result)[-most:]
    if not years:
        return alone
    try:
        rated = panel(
            _constant(result),
            result.data,
            editions=years,
            sector=result.sector.id if result.sector else None,
        )
    except RatingError as error:
        return History(alone.editions, alone.places, str(error))
    past = [dict(rated[year].ranks.select("region", "rank").iter_rows()) for year in years]
    return History(
        (*years, result.edition),
        {region: (*(one.get(region) for one in past), rank) for region, rank in ranks.items()},
    )


def _years(result: Rating) -> list[int]:
    """The earlier years for which every table that the edition reads has rows."""
    read = {name: given for name, given in result.tree.inputs.items() if name in result.data.held}
    own = [held_years(result.data.held[name]) for name in read]
    candidates = {year for years in own if years for year in years if year < result.edition}
    return sorted(
        year
        for year in candidates
        if all(
            held_years(result.data.held[name]) is None
            or years_used(result.data.held[name], given, year)
            for name, given in read.items()
        )
    )


def _constant(result: Rating) -> Section:
    """The section with today's versions in force in all years, and nobody outside its ranking."""
    return result.section.replace(
        indicator=tuple(
            indicator.model_copy(
                update={
                    "version": (result.version(indicator.id).amended({"since": ALWAYS}),),
                }
            )
            for indicator in result.indicators
        ),
        edition=tuple(
            one.amended({"year": year})
            for one in result.section.edition
            if one.year == result.edition
            for year in [*_years(result), result.edition]
        ),
    )
