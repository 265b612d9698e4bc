"""Facilities, their certificates, methods and collections; sites and procedures. Invented.

Facilities are named by what they are, a number and the region; nothing is named after anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from rating.inputs.demo.draws import Days, Real, Truth, Whole, later, repeated
from rating.inputs.demo.firms import Register
from rating.inputs.demo.people import cells
from rating.inputs.demo.rights import PAGES, texts_of_firms
from rating.inputs.demo.world import YEARS, World, frame, labels, texts

_END = np.datetime64("2026-12-31", "D")
_NEVER = np.datetime64("NaT")
METHODS = 12
"""How many methods each sector requires."""


@dataclass(frozen=True)
class Scheme:
    """What is certified: the kind of place, how many a region has, and for how long.

    Attributes:
        months: the term; 0 for a certificate without an end, whose holder is looked at again.
        abroad: how likely it is recognised in other countries.
    """

    kind: str
    mean: float
    months: int = 0
    abroad: float = 0.0
    unit: str = "hours"
    capacity: int = 1000


SCHEMES = {
    "aaalac": Scheme("vivarium", 0.6, abroad=1.0, unit="cage places", capacity=3000),
    "spf_health": Scheme("vivarium", 1.4, abroad=0.9, unit="cage places", capacity=2000),
    "bio_collection": Scheme("collection", 1.1, abroad=0.95, unit="strains", capacity=4000),
    "ida": Scheme("collection", 0.06, abroad=1.0, unit="strains", capacity=9000),
    "iso_20387": Scheme("biobank", 0.7, abroad=0.95, unit="storage places", capacity=20000),
    "glp": Scheme("test facility", 0.8, abroad=0.4, unit="scope areas", capacity=6),
    "gcp_site": Scheme("clinic", 3.0, unit="trials", capacity=20),
    "gmp_ru": Scheme("plant", 1.6, 36, unit="square metres", capacity=2000),
    "gmp_eaeu": Scheme("plant", 0.9, 36, 0.95, "square metres", 2000),
    "iso_13485": Scheme("plant", 1.3, 36, 0.9, "square metres", 2500),
    "iso_15189": Scheme("laboratory", 1.5, abroad=0.9, unit="methods", capacity=80),
    "iso_17025": Scheme("laboratory", 3.5, abroad=0.4, unit="methods", capacity=120),
    "emc_lab": Scheme("laboratory", 0.5, abroad=0.8, unit="methods", capacity=40),
    "iso_9001": Scheme("plant", 1.6, 36, 0.8, "square metres", 1500),
    "iso_14001": Scheme("plant", 0.9, 36, 0.8, "square metres", 1500),
    "iso_19443": Scheme("plant", 0.4, 36, 0.9, "square metres", 1500),
    "haccp_iso_22000": Scheme("plant", 1.4, 36, 0.7, "square metres", 1500),
    "organic": Scheme("farm", 0.7, 12, 0.2, "hectares", 900),
    "forest_certification": Scheme("forest holding", 1.2, 60, 0.6, "hectares", 90000),
    "industrial_safety": Scheme("plant", 1.5, unit="lines", capacity=4),
    "nuclear_licence": Scheme("nuclear site", 0.6, 60, unit="licences", capacity=3),
    "research_reactor": Scheme("reactor", 0.2, unit="beam hours", capacity=4000),
    "hot_cells": Scheme("hot cells", 0.3, unit="cells", capacity=6),
    "pilot_plant": Scheme("pilot plant", 1.0, unit="lines", capacity=3),
    "drying_kiln": Scheme("drying kiln", 0.8, 36, unit="chambers", capacity=8),
    "core_storage": Scheme("core storage", 0.6, unit="metres", capacity=50000),
    "test_site": Scheme("test site", 0.5, unit="wells", capacity=6),
}
_LABORATORIES = ("iso_17025", "iso_15189")
_COLLECTIONS = ("bio_collection", "ida", "iso_20387")
_NAMES = list(SCHEMES)


@dataclass(frozen=True)
class Places:
    """The certified places of a world: one a facility, each of one scheme."""

    world: World

    @cached_property
    def _cells(self) -> tuple[Whole, Whole, Whole]:
        """Region, scheme and number of each facility; none of a scheme that no sector names."""
        world = self.world
        named = {name for one in world.sectors for name in one.names.get("scheme", ())}
        region, scheme = cells(world.count, len(_NAMES))
        mean = np.array([one.mean if name in named else 0 for name, one in SCHEMES.items()])
        size = np.minimum(world.employment / world.employment.mean(), 3.0)[region]
        level = world.level("infrastructure")[region]
        wanted = mean[scheme] * (0.3 + 1.2 * level) * (0.6 + 0.4 * size) * world.scale
        wanted = np.where(world.thin[region], 0.4 * mean[scheme], wanted)
        cell, number = repeated(world.draws.count("facilities", np.arange(len(region)), wanted))
        return region[cell], scheme[cell], number

    @property
    def region(self) -> Whole:
        """The region of each facility."""
        return self._cells[0]

    @property
    def scheme(self) -> Whole:
        """The scheme of each facility."""
        return self._cells[1]

    @property
    def row(self) -> Whole:
        """The number of each facility."""
        return np.arange(len(self.region))

    def of(self, *names: str) -> Truth:
        """Which facilities are of some schemes."""
        return np.isin(self.scheme, [_NAMES.index(name) for name in names])

    def field(self, name: str) -> pl.Series:
        """A text of the scheme of each facility."""
        return texts([getattr(one, name) for one in SCHEMES.values()], self.scheme)

    @cached_property
    def ids(self) -> pl.Series:
        """The id of each facility."""
        return labels("P", *self._cells)

    @cached_property
    def open(self) -> Truth:
        """Whether a facility publishes its rules of access."""
        return self.world.draws.true("open", self.row, 0.3 + 0.5 * self.level)

    @cached_property
    def level(self) -> Real:
        """How good the access to infrastructure is in the region of each facility."""
        return self.world.level("access")[self.region]


def facilities(places: Places) -> pl.DataFrame:
    """One row a facility and year: capacity and hours; some load nothing, some are full."""
    world, draws = places.world, places.world.draws
    row, age = (part.ravel() for part in np.indices((len(places.row), len(YEARS))))
    place = row * len(YEARS) + age
    capacity = np.array([one.capacity for one in SCHEMES.values()])[places.scheme]
    capacity = np.maximum(1, np.round(capacity * draws.between("capacity", places.row, 0.3, 1.9)))
    hours = draws.integer("hours", places.row, 12, 40)[row] * 100
    load = 0.05 + 0.85 * world.level("load")[places.region] + 0.2 * draws.bell("load", places.row)
    load = np.clip(load[row] + 0.02 * age, 0.02, 1)
    outside = np.clip(0.05 + 0.6 * places.level + 0.12 * draws.bell("outside", places.row), 0, 0.95)
    used = np.round(hours * load)
    external = np.where(places.open[row], np.round(used * outside[row]), 0)
    share = draws.between("open share", places.row, 0.1, 0.8)
    share[draws.true("share untold", places.row, 0.3)] = np.nan
    number = pl.Series(places.row + 1).cast(pl.String)
    name = pl.select(
        pl.concat_str(
            pl.lit("Demo "),
            places.field("kind"),
            pl.lit(" "),
            number,
            pl.lit(", "),
            world.regions["name"].gather(places.region),
        )
    ).to_series()
    page = pl.lit(f"{PAGES}/facility/") + number
    rules = pl.select(pl.when(pl.Series(places.open)).then(page)).to_series()
    return frame(
        region=world.region(places.region)[row],
        year=np.array(YEARS)[age],
        facility_id=places.ids[row],
        name=name[row],
        kind=places.field("kind")[row],
        capacity=capacity[row],
        capacity_unit=places.field("unit")[row],
        hours_available=hours,
        hours_used=used.astype(np.int64),
        hours_external=external.astype(np.int64),
        open_share=np.round(share, 2)[row],
        access_rules_url=rules[row],
    ).filter(draws.uniform("reported", place) < 0.99)


def certificates(places: Places) -> pl.DataFrame:
    """The certificate of each facility, and before it an earlier one that ended on its day."""
    world, draws, row = places.world, places.world.draws, places.row
    months = np.array([one.months for one in SCHEMES.values()])[places.scheme]
    term = np.where(months > 0, months * 30, 0)
    longest = np.where(months > 0, np.round(1.15 * term), 2600).astype(np.int64)
    issued = later(np.full(len(row), _END), -draws.integer("issued", row, 20, longest))
    ends = later(issued, term, months > 0)
    # Some bodies state an end where the scheme knows none.
    stated = later(np.full(len(row), _END), draws.integer("stated", row, -90, 1500))
    told = (months == 0) & draws.true("told", row, 0.45)
    ends = np.where(told, np.maximum(stated, later(issued, 30)), ends)
    gap = 1 + np.floor(draws.uniform("gap", row) * np.where(places.of("spf_health"), 420, 800))
    checked = later(np.full(len(row), _END), -gap, months == 0)
    checked = np.where(checked < issued, issued, checked)
    state = draws.pick("state", row, (0.94, 0.04, 0.02))
    items = 1 + np.floor(8 * draws.uniform("items", row) * (0.4 + 0.6 * places.level))
    # Recognition differs more between regions than its causes explain.
    known = draws.between("known", world.rows, 0.15, 1.0)[places.region]
    abroad = np.array([one.abroad for one in SCHEMES.values()])[places.scheme] * known
    firm = Register(world).one(places.region, draws.uniform("owner", row))
    owned = places.of("gmp_ru", "gmp_eaeu", "iso_13485", "iso_9001", "iso_14001")
    current = frame(
        region=world.region(places.region),
        cert_id=_certificate(row, 1),
        facility_id=places.ids,
        firm_id=texts_of_firms(np.where(owned, firm, -1)),
        scheme=texts(_NAMES, places.scheme),
        scope=pl.select(pl.lit("scope of ") + places.field("kind")).to_series(),
        scope_items=items.astype(np.int64),
        issuer=texts(["Demo body one", "Demo body two"], draws.integer("issuer", row, 0, 1)),
        issued_on=issued,
        valid_to=ends,
        checked_on=checked,
        status=texts(["valid", "suspended", "revoked"], state),
        suspended_from=np.where(state == 1, _suspended(places, issued, ends), _NEVER),
        intl_recognised=draws.true("abroad", row, abroad),
        evidence_url=pl.select(
            pl.lit(f"{PAGES}/certificate/") + pl.Series(row).cast(pl.String)
        ).to_series(),
    )
    earlier = current.with_columns(
        _certificate(row, 0).alias("cert_id"),
        pl.Series("issued_on", later(issued, -np.where(months > 0, term, 900))),
        pl.Series("valid_to", issued),
        status=pl.lit("valid"),
        suspended_from=pl.lit(None, pl.Date),
        checked_on=pl.lit(None, pl.Date),
    )
    return pl.concat([current, earlier.filter(draws.true("earlier", row, 0.35))])


def _certificate(row: Whole, number: int) -> pl.Series:
    return labels("K", row, np.full(len(row), number)).alias("cert_id")


def _suspended(places: Places, issued: Days, ends: Days) -> Days:
    """Certificates are suspended in the last year, while they are valid."""
    day = places.world.draws.day("suspended", places.row, "2026-02-01", "2026-12-20")
    last = np.where(np.isnat(ends), day, later(ends, -1))
    return np.maximum(np.minimum(day, last), later(issued, 1))


def required_methods(world: World) -> pl.DataFrame:
    """The methods that the products of each base sector have to be tested by."""
    sector, number = cells(len(world.sectors), METHODS)
    return frame(sector=world.sector(sector), method=_methods(sector, number))


def scopes(places: Places) -> pl.DataFrame:
    """The methods of each laboratory; it works for one sector, and some for a few."""
    world, draws = places.world, places.world.draws
    place = places.row[places.of(*_LABORATORIES)]
    facility, number = repeated(draws.integer("methods", place, 3, 9))
    row = np.arange(len(facility))
    place = place[facility]
    sector = draws.pick("works for", place, np.where(world.main, 2.0, 1.0))
    sector = np.where(
        draws.true("further", row, 0.1),
        draws.pick("for", row, world.main.astype(np.float64) + 1),
        sector,
    )
    method = (draws.integer("first method", place, 0, METHODS - 1) + number) % METHODS
    found = frame(
        region=world.region(places.region[place]),
        cert_id=_certificate(place, 1),
        method=_methods(sector, method),
    )
    return found.unique(maintain_order=True)


def _methods(sector: Whole, number: Whole) -> pl.Series:
    return labels("method", sector + 1, number + 1)


def holdings(places: Places) -> pl.DataFrame:
    """One row a collection and year."""
    world, draws = places.world, places.world.draws
    kept = places.row[places.of(*_COLLECTIONS)]
    which, age = cells(len(kept), len(YEARS))
    place = kept[which]
    deposits = places.of("ida")[place]
    numbered = ~places.of("iso_20387")[place] & draws.true("numbered", place, 0.85)
    units = draws.integer("units", place, 150, 9000) * (1 + 0.03 * age)
    return frame(
        region=world.region(places.region[place]),
        year=np.array(YEARS)[age],
        collection_id=labels("B", place),
        facility_id=places.ids[place],
        wdcm_no=np.where(numbered | deposits, 2000.0 + place, np.nan),
        units=np.round(units).astype(np.int64),
        catalogued_online=draws.true("catalogue", place, 0.4 + 0.5 * places.level[place]),
        ida_status=deposits,
        ecco_member=draws.true("member", place, 0.25),
    ).with_columns(pl.col("wdcm_no").cast(pl.Int64))


def sites(world: World) -> pl.DataFrame:
    """Free land: a site admits one sector."""
    draws = world.draws
    mean = (1 + 7 * world.level("land")) * world.scale
    region, number = repeated(draws.count("sites", world.rows, mean))
    row = np.arange(len(region))
    regime = draws.pick("regime", row, (0.5, 0.3, 0.2))
    free = np.round(draws.between("free", row, 0.5, 60), 1)
    return frame(
        region=world.region(region),
        site_id=labels("L", region, number),
        kind=texts(["industrial park", "technopark"], draws.integer("park", row, 0, 1)),
        free_ha=np.where(draws.true("full", row, 0.15), 0.0, free),
        power_mw_free=np.round(draws.between("power", row, 0, 25), 1),
        regime=texts(["special economic zone", "priority development area"], regime - 1),
        sector=world.sector(draws.pick("admits", row, np.where(world.main, 2.0, 1.0))),
    )


def procedures(world: World) -> pl.DataFrame:
    """Grid connections and construction permits of each region and year."""
    kinds = ["grid_connection", "construction_permit"]
    region, kind, age = cells(world.count, len(kinds), len(YEARS))
    row = (region * len(kinds) + kind) * len(YEARS) + age
    level = np.stack([world.level(f"days {name}") for name in kinds], axis=1)[region, kind]
    middle = np.round(np.where(kind == 0, 260 - 200 * level, 300 - 240 * level) * (1 - 0.03 * age))
    cases = world.draws.integer("connections", row, 35, 400)
    return frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        procedure=texts(kinds, kind),
        days_total=np.round(middle * 1.1) * cases,
        cases=cases,
        days_median=middle,
        days_p90=np.round(1.7 * middle),
    )
