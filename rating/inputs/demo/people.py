"""Regions by year, labour, graduates, vacancies and the survey of firms.

Population, gross product, unemployment and researchers with a degree are the published figures of
2019; all else is invented.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.inputs.demo.draws import Real, Whole, later, repeated
from rating.inputs.demo.world import YEARS, World, frame, labels, texts

LEVELS = ("bachelor", "specialist", "master", "postgraduate")
QUESTIONS = ("skills_sufficient", "ip_protection")
OCCUPATIONS = ("engineer", "technologist", "analyst", "laboratory assistant", "programmer")


def cells(*sizes: int) -> tuple[Whole, ...]:
    """Every combination of places, the last running fastest."""
    return tuple(part.ravel() for part in np.indices(sizes))


def region_year(world: World) -> pl.DataFrame:
    """One row a region and year."""
    region, age = cells(world.count, len(YEARS))
    row, draws = region * len(YEARS) + age, world.draws
    researchers = np.round(world.researchers[region] * (1 + 0.01 * age))
    young = 0.28 + 0.24 * world.level("youth")[region] + 0.005 * age
    life = 0.12 + 0.25 * world.level("life")[region]
    price = draws.between("price", world.rows, 0.85, 1.1) + 0.4 * (
        world.published("grp") / world.population > 0.9
    )
    idle = np.nan_to_num(world.published("unemployment"), nan=6.0) / 100
    return frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        population=world.population[region].astype(np.int64),
        employment=world.employment[region].astype(np.int64),
        labour_force=np.round(world.employment / (1 - idle), -1)[region].astype(np.int64),
        grp=np.round(world.published("grp")[region] * 1e6 * (1 + 0.06 * (age + 4)), -6),
        wage_mean=np.round(wages(world)[region] * (1 + 0.09 * age), -1),
        price_level=np.round(price[region], 3),
        area_km2=np.round(draws.between("area", world.rows, 15e3, 2.5e5), -2)[region],
        researchers=researchers,
        researchers_u39=np.where(
            world.thin[region] & (row % 3 == 0), np.nan, np.round(researchers * young)
        ),
        life_science_researchers=np.round(researchers * life),
    )


def wages(world: World) -> Real:
    """The mean monthly wage of a region in the first year, in roubles."""
    product = np.nan_to_num(world.published("grp") / world.population)
    return np.asarray(38e3 + 16e3 * world.level("wage") + 22e3 * np.minimum(product, 3.0))


def sector_labour(world: World) -> pl.DataFrame:
    """One row a region, base sector and year; the wages of thin regions are not known."""
    region, sector, age = cells(world.count, len(world.sectors), len(YEARS))
    cell = region * len(world.sectors) + sector
    share = 0.004 * world.appeal[region, sector] * (0.4 + world.level("labour")[region])
    employees = np.maximum(np.round(world.employment[region] * share * (1 + 0.02 * age)), 20)
    skilled = world.draws.between("skilled", cell, 0.2, 0.3) + 0.25 * world.level("skill")[region]
    mean = wages(world)[region] * world.draws.between("premium", cell, 0.95, 1.5) * (1 + 0.09 * age)
    mean[world.thin[region]] = np.nan
    return frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        sector=world.sector(sector),
        specialists=np.round(employees * skilled).astype(np.int64),
        employees=employees.astype(np.int64),
        wage_mean=np.round(mean, -1),
        wage_median=np.round(mean * 0.86, -1),
    )


def graduates(world: World) -> pl.DataFrame:
    """Graduates by field and level, in proportion to the published students of 2019.

    A small region does not teach every field, and two thin regions report nothing.
    """
    fields = world.codes("ugs")
    region, field, level, age = cells(world.count, len(fields), len(LEVELS), len(YEARS))
    cell = region * len(fields) + field
    students = np.nan_to_num(world.published("students"))
    weight = world.taught("ugs", fields)[region, field] * world.draws.between("field", cell, 0.4, 2)
    finished = 0.0012 * students[region] * weight * np.array([0.5, 0.3, 0.2, 0])[level]
    number = world.draws.count("finished", cell * 100 + level * 10 + age, finished)
    stays = np.clip(0.3 + 0.5 * world.level("stay")[region], 0, 0.95)
    kept = np.minimum(
        number, world.draws.count("kept", cell * 100 + level * 10 + age, number * stays)
    )
    researchers = np.nan_to_num(world.researchers)[region]
    thesis = 0.04 * researchers * (0.3 + world.level("thesis")[region]) / len(fields)
    defended = world.draws.count("defended", cell * 10 + age, thesis)
    defended = np.where(level == 3, defended, 0)
    silent = world.thin[region] & (region % 2 == 0)
    taught = ((number > 0) | (defended > 0)) & ~silent
    found = frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        ugs=texts(fields, field),
        level=texts(list(LEVELS), level),
        graduates=number,
        employed_in_region_1y=kept,
        phd_defended=defended,
    )
    return found.filter(taught)


def vacancies(world: World) -> pl.DataFrame:
    """Vacancies opened in the last two years; they close sooner in strong regions."""
    region, sector = cells(world.count, len(world.sectors))
    draws = world.draws
    size = 0.4 + np.minimum(world.employment / world.employment.mean(), 2.0)[region]
    mean = 36 * size * world.appeal[region, sector] ** 0.5 * world.scale
    mean = np.where(world.thin[region], 3.0, mean)
    cell, number = repeated(draws.count("vacancies", np.arange(len(region)), mean))
    row = np.arange(len(cell))
    opened = draws.day("opened", row, "2025-01-01", "2026-12-30")
    middle = 95 - 70 * world.level("filling")[region[cell]]
    spread = draws.uniform("waited", row)
    days = np.maximum(1, np.round(middle * (0.15 + spread + 1.6 * spread * spread * spread)))
    closed = later(opened, days, draws.true("filled", row, 0.9))
    closed[closed > np.datetime64("2026-12-31")] = np.datetime64("NaT")
    # Small sets hold few vacancies, which are for many people each.
    heads = draws.uniform("heads", row)
    wage = 1.3 * wages(world)[region[cell]] * draws.between("offer", row, 0.7, 1.5)
    return frame(
        region=world.region(region[cell]),
        vacancy_id=labels("V", cell, number),
        sector=world.sector(sector[cell]),
        occupation=texts(list(OCCUPATIONS), draws.integer("job", row, 0, len(OCCUPATIONS) - 1)),
        opened_on=opened,
        closed_on=closed,
        wage_offered=np.where(draws.true("told", row, 0.85), np.round(wage, -2), np.nan),
        headcount=1 + np.floor(30 / world.scale * heads * heads * heads).astype(np.int64),
    )


def survey(world: World) -> pl.DataFrame:
    """Shares of firms that are content, with the size of the sample; thin regions have none."""
    region, question, age = cells(world.count, len(QUESTIONS), len(YEARS))
    row = (region * len(QUESTIONS) + question) * len(YEARS) + age
    levels = np.stack([world.level(f"survey {one}") for one in QUESTIONS], axis=1)
    asked = world.draws.integer("asked", row, 95, 420)
    error = world.draws.bell("answer", row) * 0.5 / np.sqrt(asked)
    share = np.clip(0.25 + 0.5 * levels[region, question] + error, 0.02, 0.98)
    found = frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        question=texts(list(QUESTIONS), question),
        n=asked,
        mean=np.round(share, 3),
        sd=np.round(np.sqrt(share * (1 - share)), 3),
        deff=np.round(world.draws.between("deff", row, 1.0, 1.6), 2),
    )
    return found.filter(~world.thin[region])
