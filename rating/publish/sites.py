"""Certified sites by name, with the day on which their certificate ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from rating.publish.texts import NAME_LENGTH, clean

if TYPE_CHECKING:
    from rating.result import Rating

NEEDED = {"region", "facility_id", "scheme", "valid_to"}


@dataclass(frozen=True)
class Site:
    """A certificate of a site.

    Attributes:
        name: of the site.
        scheme: of the certificate.
        ends: its last day; None for one without an end.
        state: ``valid``, ``soon`` (it ends within a year), ``ended``, or the status that the
            register gives, as ``suspended``.
    """

    name: str
    scheme: str
    ends: date | None
    state: str


def sites(result: Rating) -> Mapping[str, tuple[Site, ...]] | None:
    """The certificates of each region on the day of the edition; None where no table holds any.

    They come from the tables ``certificates`` (region, facility_id, scheme, valid_to, and issued_on
    and status where they are held) and ``facilities`` (facility_id, name). Of several certificates
    of one site and scheme the one that ends last is taken; those that ended before the year before
    the day are left out, and so are schemes that the sector does not name.
    """
    held = result.data.tables.get("certificates")
    if held is None or not set(held.columns) >= NEEDED:
        return None
    day = result.as_of
    rows = held
    named = () if result.sector is None else result.sector.names.get("scheme", ())
    if named:
        rows = rows.filter(pl.col("scheme").is_in(list(named)))
    if "issued_on" in held.columns:
        rows = rows.filter(pl.col("issued_on").is_null() | (pl.col("issued_on") <= day))
    rows = (
        rows.with_columns(_last=pl.col("valid_to").fill_null(date.max))
        .sort("_last", "scheme", "facility_id", descending=[True, False, False])
        .unique(["region", "facility_id", "scheme"], keep="first", maintain_order=True)
        .filter(pl.col("_last") >= date(day.year - 1, 1, 1))
        .join(_names(result), on="facility_id", how="left")
        # What ends first is what a reader must know; what has ended comes last.
        .sort("region", pl.col("_last") < day, "_last", "scheme", "facility_id")
    )
    found: dict[str, list[Site]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["region"], []).append(_site(row, day))
    return {region: tuple(some) for region, some in found.items()}


def _names(result: Rating) -> pl.DataFrame:
    facilities = result.data.tables.get("facilities")
    if facilities is None or not {"facility_id", "name"} <= set(facilities.columns):
        return pl.DataFrame(schema={"facility_id": pl.String, "name": pl.String})
    latest = facilities.sort("year") if "year" in facilities.columns else facilities
    return latest.select("facility_id", "name").unique(
        "facility_id", keep="last", maintain_order=True
    )


def _site(row: Mapping[str, object], day: date) -> Site:
    ends = row["valid_to"]
    assert ends is None or isinstance(ends, date)
    status = clean(str(row.get("status") or "valid"), NAME_LENGTH)
    if status != "valid":
        state = status
    elif ends is None or (ends - day).days > 365:
        state = "valid"
    else:
        state = "soon" if ends >= day else "ended"
    name = row.get("name") or row["facility_id"]
    return Site(clean(str(name), NAME_LENGTH), clean(str(row["scheme"]), 40), ends, state)
