"""From research to product: publications, grants, projects, trials, products. Invented."""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.inputs.demo.draws import later, repeated
from rating.inputs.demo.firms import Register
from rating.inputs.demo.people import cells
from rating.inputs.demo.rights import texts_of_firms
from rating.inputs.demo.world import YEARS, World, frame, labels, texts

STAGES = 5
_END = np.datetime64("2026-12-31", "D")
_NEVER = np.datetime64("NaT")


def publications(world: World) -> pl.DataFrame:
    """Field-weighted publications, a fractional count, by field and year."""
    fields = world.codes("ugs")
    region, field, age = cells(world.count, len(fields), len(YEARS))
    cell = region * len(fields) + field
    researchers = np.nan_to_num(world.researchers)[region]
    each = 0.35 * (0.3 + world.level("papers")[region]) * world.taught("ugs", fields)[region, field]
    count = researchers * each * world.draws.between("papers", cell, 0.5, 1.5) / len(fields)
    found = frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        ugs=texts(fields, field),
        fw_count=np.round(count * (1 + 0.03 * age), 1),
    )
    return found.filter(pl.col("fw_count") > 0)


def grants(world: World) -> pl.DataFrame:
    """Grants for basic research, in roubles."""
    fields, draws = world.codes("ugs"), world.draws
    mean = 1.5 + 0.3 * np.sqrt(np.nan_to_num(world.researchers)) * world.level("grants")
    mean = np.where(world.thin, 0.5, mean) * world.scale
    region, age = cells(world.count, len(YEARS))
    cell, number = repeated(draws.count("grants", region * 10 + age, mean[region]))
    row = np.arange(len(cell))
    field = draws.integer("grant field", row, 0, len(fields) - 1)
    return frame(
        region=world.region(region[cell]),
        year=np.array(YEARS)[age[cell]],
        grant_id=labels("N", cell, number),
        ugs=texts(fields, field),
        amount=np.round(draws.between("amount", row, 1.5e6, 2.8e7), -5),
    )


def trials(world: World) -> pl.DataFrame:
    """One row a trial and site; a trial runs at one to four sites, its sponsor may be elsewhere."""
    draws = world.draws
    size = np.minimum(np.sqrt(world.population / world.population.mean()), 3.0)
    mean = (2 + 40 * world.level("clinics")) * size * world.scale
    region, number = repeated(draws.count("trials", world.rows, mean))
    row = np.arange(len(region))
    started = draws.day("trial", row, "2018-01-01", "2026-11-30")
    ended = later(started, draws.integer("trial days", row, 250, 1300))
    ended[ended > _END] = _NEVER
    phases = ["I", "I/II", "II", "III", "IV"]
    drive = world.population * world.level("sponsors") ** 2
    home = draws.true("home", row, 0.1 + 0.4 * world.level("sponsors")[region])
    sponsor = np.where(home, region, draws.pick("sponsor", row, drive))
    whole = frame(
        region=world.region(region),
        trial_id=labels("T", region, number),
        sponsor_region=world.region(sponsor),
        phase=texts(phases, draws.pick("phase", row, (0.15, 0.1, 0.25, 0.38, 0.12))),
        started_on=started,
        ended_on=ended,
        status=texts(["running", "completed"], np.where(np.isnat(ended), 0, 1)),
        patients=draws.integer("patients", row, 12, 420),
    )
    trial, _ = repeated(draws.integer("sites", row, 1, 4))
    place = np.arange(len(trial))
    sites = np.maximum(2, np.round(40 * size * world.level("clinics")))[region[trial]]
    site = draws.integer("site", place, 1, sites)
    found = whole[trial].with_columns(labels("S", region[trial], site).alias("site_id"))
    return found.unique(["trial_id", "site_id"], maintain_order=True)


def products(world: World) -> pl.DataFrame:
    """Products registered in five years."""
    register, draws = Register(world), world.draws
    region, sector = cells(world.count, len(world.sectors))
    mean = 0.3 + 2.8 * world.level("products")[region] * world.appeal[region, sector] ** 0.5
    mean = mean * np.where(world.main, 1.4, 0.7)[sector] * world.scale
    cell, number = repeated(draws.count("products", np.arange(len(region)), mean))
    row = np.arange(len(cell))
    code = register.ofsectors.pick(sector[cell], draws.uniform("product code", row))
    return frame(
        region=world.region(region[cell]),
        product_id=labels("R", cell, number),
        firm_id=texts_of_firms(register.one(region[cell], draws.uniform("maker", row))),
        kind=texts(["medicine", "device", "material"], draws.integer("product", row, 0, 2)),
        okved2=texts(register.ofsectors.codes, code),
        registered_on=draws.day("registered product", row, "2022-01-01", "2026-12-25"),
        domestic_full_cycle=draws.true("full cycle", row, 0.7),
    )


def projects(world: World) -> pl.DataFrame:
    """Spells of projects in stages, one after another until a project stops or the edition ends."""
    draws = world.draws
    region, sector = cells(world.count, len(world.sectors))
    mean = 0.6 + 3.0 * world.level("projects")[region] * world.appeal[region, sector] ** 0.5
    mean = mean * np.where(world.main, 1.5, 0.6)[sector] * world.scale
    cell, number = repeated(draws.count("projects", np.arange(len(region)), mean))
    project = np.arange(len(cell))
    first = draws.pick("first stage", project, (0.5, 0.25, 0.15, 0.07, 0.03)) + 1
    entered = draws.day("project", project, "2018-01-01", "2026-06-30")
    goes = np.full(len(project), True)
    spells = []
    for stage in range(1, STAGES + 1):
        place = project * STAGES + stage
        here = goes & (first <= stage)
        days = draws.integer("spell", place, 150, 900)
        left = later(entered, days, here & (later(entered, days) <= _END))
        passed = draws.true("passed", place, 0.45 + 0.35 * world.level("passing")[region[cell]])
        spells.append(
            frame(
                region=world.region(region[cell]),
                project_id=labels("Q", cell, number),
                product_id=labels("Z", cell, number),
                sector=world.sector(sector[cell]),
                stage=np.full(len(project), stage),
                entered_on=entered,
                left_on=left,
                outcome=texts(
                    ["passed", "stopped"], np.where(np.isnat(left), -1, np.where(passed, 0, 1))
                ),
                funding=np.round(draws.between("funding", place, 2e6, 3e7) * stage, -5),
                supervisor=texts(
                    ["ministry of science", "ministry of health", "ministry of industry"],
                    np.where(stage < 3, 0, 1 if stage < 5 else 2) + np.zeros_like(project),
                ),
            ).filter(here)
        )
        moves = here & ~np.isnat(left) & passed
        goes = np.where(first <= stage, moves, goes)
        entered = np.where(moves, left, entered)
    return pl.concat(spells)


def procurement(world: World) -> pl.DataFrame:
    """What each region buys of the sector's goods in a year, and how much of it is new, roubles."""
    region, age = cells(world.count, len(YEARS))
    total = np.round(world.population[region] * 2400 * (1 + 0.08 * age), -6)
    share = 0.02 + 0.24 * world.level("procurement")[region] + 0.005 * age
    return frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        value_new_domestic=np.round(total * share, -5),
        value_total=total,
    )


def emiss_values(world: World) -> pl.DataFrame:
    """The series of EMISS that is read by code: 43580, the share of equipment under five years."""
    region, age = cells(world.count, len(YEARS))
    share = 0.15 + 0.45 * world.level("equipment")[region] + 0.01 * age
    found = frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        code=pl.Series(["43580"] * len(region)),
        value=np.round(share, 3),
    )
    return found.filter(~np.isnan(world.researchers)[region] & ~world.thin[region])
