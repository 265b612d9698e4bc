"""Whether the declared alternatives are some: not two options that score every region the same."""

from __future__ import annotations

from collections.abc import Iterator

from rating.analysis import alike
from rating.analysis.plan import plan
from rating.analysis.scenarios import label
from rating.definitions.section import Section
from rating.definitions.uncertainty import realm
from rating.errors import RatingError, UsageError
from rating.inputs.tables import Data
from rating.laws.report import Finding
from rating.rate import rate


def hold(
    section: Section,
    data: Data | None = None,
    edition: int | None = None,
    sector: str | None = None,
) -> Iterator[Finding]:
    """Each assumption with options, and which of them are no alternative.

    Without data as far as the definitions tell; with them by the scores of an edition.
    """
    given = section.uncertainty.of() if section.uncertainty is not None else ()
    given = tuple(each for each in given if realm(each) == "modelling")
    found = alike.declared(section)
    if data is not None and edition is not None and given:
        try:
            made = plan(rate(section, data, edition=edition, sector=sector), given)
            found = alike.measured(made)
        except UsageError:  # a panel, say: what one edition cannot repeat is not drawn
            pass
        except RatingError as error:
            detail = "; ".join(f"{p.where}: {p.what}" for p in error.problems)
            yield Finding(section.id, f"alternatives of {edition}", False, detail)
            return
    for each in given:
        options = getattr(each, "options", None)
        if options is None:
            continue
        same = [
            f"“{label(options[option])}” gives every region the score of “{label(options[first])}”"
            for option, first in found.get(each.id, [])
        ]
        remedy = 'take it out, or take off what makes them alike, as unset = ["range"]'
        detail = f"{'; '.join(same)}: {remedy}" if same else ""
        yield Finding(each.id, "alternatives differ", not same, detail)
