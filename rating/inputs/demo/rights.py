"""Patents, contracts, disputes, the checklist of laws coded by two coders, money paid. Invented.

Published patents granted in 2019 tell how many patents a region has beside the others.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rating.inputs.demo.draws import Days, Real, Truth, Whole, later, repeated
from rating.inputs.demo.firms import Register
from rating.inputs.demo.people import cells
from rating.inputs.demo.world import YEARS, World, frame, labels, texts

ITEMS = {"A": 4, "B": 4, "C": 5, "D": 3, "E": 4}
CODERS = ("coder one", "coder two")
ADJUDICATED = "adjudicated"
PAGES = "https://example.org/demo"
_OTHER = ("B60K", "E04B", "H01L", "F16L", "G06F")
_END = np.datetime64("2026-12-31", "D")
_NEVER = np.datetime64("NaT")


def patents(world: World) -> pl.DataFrame:
    """Inventions and utility models filed since 2014; every twentieth has a second region."""
    draws = world.draws
    granted = np.nan_to_num(world.published("patents_inventions"))
    mean = (36 + 9 * np.sqrt(granted)) * world.scale
    region, number = repeated(draws.count("patents", world.rows, mean))
    row = np.arange(len(region))
    codes = world.codes("ipc")
    weights = world.taught("ipc", codes)
    weights *= np.array([2.0 if _main(world, code) else 0.7 for code in codes])
    edges = np.cumsum(weights, axis=1)
    edges = (edges / edges[:, -1:] + world.rows[:, None]).ravel()
    code = np.searchsorted(edges, region + draws.uniform("class", row), side="right") % len(codes)
    other = draws.true("other class", row, 0.15)
    words = [*(_symbol(code) for code in codes), *_OTHER]
    place = np.where(other, len(codes) + row % len(_OTHER), code)
    filed = draws.day("filed", row, "2014-01-01", "2026-12-20")
    given = later(filed, draws.integer("examined", row, 240, 800), draws.true("granted", row, 0.82))
    given[given > _END] = _NEVER
    found = frame(
        region=world.region(region),
        doc_id=labels("RU", region, number),
        firm_id=_holders(world, region, row),
        ipc=texts(words, place),
        kind=texts(["invention", "utility"], draws.integer("kind", row, 0, 3) // 3),
        filed_on=filed,
        granted_on=given,
        lapsed_on=_lapsed(world, region, given),
        applicant_kind=texts(["university", "firm", "institute"], draws.integer("who", row, 0, 2)),
        pct=draws.true("pct", row, 0.06),
        share=np.ones(len(row)),
    )
    shared = draws.true("shared", row, 0.05)
    partner = (region + draws.integer("partner", row, 1, world.count - 1)) % world.count
    half = found.with_columns(share=pl.when(pl.Series(shared)).then(0.5).otherwise("share"))
    second = half.with_columns(world.region(partner), firm_id=pl.lit(None, pl.String))
    return pl.concat([half, second.filter(shared)])


def _main(world: World, code: str) -> bool:
    return any(code in one.codes.get("ipc", {}) for one in np.array(world.sectors)[world.main])


def _symbol(code: str) -> str:
    """A whole symbol of the classification: G01N33 is written G01N 33/48."""
    return f"{code[:4]} {code[4:] or '31'}/48" if len(code) >= 4 else f"{code}B 31/48"


def _lapsed(world: World, region: Whole, given: Days) -> Days:
    """Fees are due every year; in a strong region more owners pay them."""
    row = np.arange(len(region))
    yearly = 0.24 - 0.2 * world.level("fees")[region]
    ends = np.full(len(row), 99)
    for year in range(12, 0, -1):
        stops = world.draws.true(f"fee {year}", row, yearly)
        ends = np.where(stops, year, ends)
    lapsed = later(given, 365 * ends + 30)
    return np.where((ends < 99) & (lapsed <= _END), lapsed, _NEVER)


def _holders(world: World, region: Whole, row: Whole) -> pl.Series:
    """A firm of the region for every third document; none where the region has no firm."""
    held = world.draws.true("held", row, 0.34)
    firm = Register(world).one(region, world.draws.uniform("holder", row))
    return texts_of_firms(np.where(held, firm, -1))


def texts_of_firms(firm: Whole) -> pl.Series:
    """The ids of firms; none for a number below 0."""
    ids = pl.lit("F") + pl.Series(np.maximum(firm, 0)).cast(pl.String).str.zfill(9)
    return pl.select(firm_id=pl.when(pl.Series(firm >= 0)).then(ids)).to_series()


def ip_contracts(world: World) -> pl.DataFrame:
    """Licences, assignments and pledges of four years."""
    region, sector = cells(world.count, len(world.sectors))
    mean = 0.6 + 6 * world.level("licences")[region] * world.appeal[region, sector] ** 0.5
    mean = mean * np.where(world.main, 1.2, 0.6)[sector] * world.scale
    draws = world.draws
    cell, number = repeated(draws.count("contracts", np.arange(len(region)), mean))
    row = np.arange(len(cell))
    kinds = ["licence", "assignment", "pledge"]
    return frame(
        region=world.region(region[cell]),
        contract_id=labels("C", cell, number),
        sector=world.sector(sector[cell]),
        kind=texts(kinds, draws.pick("contract", row, (0.6, 0.37, 0.03))),
        direction=texts(["out", "in"], draws.pick("direction", row, (0.7, 0.3))),
        within_group=draws.true("within", row, 0.15),
        registered_on=draws.day("registered", row, "2023-01-01", "2026-12-28"),
    )


def ip_cases(world: World) -> pl.DataFrame:
    """Court cases of three years and more, most of them about intellectual property."""
    draws = world.draws
    mean = np.where(world.thin, 8, 30 + 30 * draws.uniform("cases", world.rows)) * world.scale
    region, number = repeated(draws.count("cases", world.rows + 1000, mean))
    row = np.arange(len(region))
    filed = draws.day("case", row, "2023-07-01", "2026-12-15")
    middle = 330 - 240 * world.level("court")[region]
    spread = draws.uniform("length", row)
    decided = later(filed, np.round(20 + middle * (0.3 + spread + spread * spread)))
    decided[decided > _END] = _NEVER
    return frame(
        region=world.region(region),
        case_id=labels("A", region, number),
        filed_on=filed,
        decided_on=decided,
        is_ip=draws.true("ip", row, 0.82),
    )


def law_items(world: World) -> pl.DataFrame:
    """Twenty items, each coded twice; the coders differ in about every eighth.

    A third of what they differ in is adjudicated. Some acts have ended, some come into force after
    the edition. One thin region has not been coded.
    """
    items = [f"{block}{number}" for block, size in ITEMS.items() for number in range(1, size + 1)]
    region, item, coder = cells(world.count, len(items), 3)
    act = region * len(items) + item
    draws = world.draws
    levels = np.stack([world.level(f"law {name[0]}") for name in items], axis=1)[region, item]
    depth = levels + 0.3 * draws.bell("act", act)
    true = np.where(depth < 0.42, 0.0, np.where(depth < 0.68, 0.5, 1.0))
    differs = draws.true("differs", act, 0.12)
    step = np.where(true == 0, 0.5, np.where(true == 1, -0.5, np.where(act % 2 == 0, 0.5, -0.5)))
    score = np.where((coder == 1) & differs, true + step, true)
    begin = draws.day("in force", act, "2011-01-01", "2026-10-01")
    begin = np.where(draws.true("future", act, 0.02), np.datetime64("2027-03-01", "D"), begin)
    end = later(begin, draws.integer("lasts", act, 800, 5000), draws.true("ends", act, 0.12))
    cited = score > 0
    number = pl.Series(draws.integer("act number", act, 10, 480)).cast(pl.String)
    region_of = world.regions["name"].gather(region)
    citation = pl.concat_str(
        pl.lit("Demo act No "), number, pl.lit(", article 4, "), region_of, ignore_nulls=True
    )
    page = pl.concat_str(pl.lit(f"{PAGES}/act/"), pl.Series(act).cast(pl.String))
    words = pl.select(citation=citation, page=page)
    found = frame(
        region=world.region(region),
        item_id=texts(items, item),
        coder=texts([*CODERS, ADJUDICATED], coder),
        score=score,
        evidence_url=words["page"],
        evidence_citation=words["citation"],
        in_force_from=np.where(cited, begin, _NEVER),
        in_force_to=np.where(cited, end, _NEVER),
        budget_rub=_budget(world, act, np.array([name[0] == "C" for name in items])[item] & cited),
    )
    none = ["evidence_url", "evidence_citation"]
    found = found.with_columns(pl.when(pl.col("score") > 0).then(name).alias(name) for name in none)
    wanted = (coder < 2) | (differs & draws.true("adjudicated", act, 0.34))
    return found.filter(wanted & (region != world.smallest[1]))


def _budget(world: World, act: Whole, funded: Truth) -> Real:
    money = np.round(world.draws.between("budget", act, 1e6, 4e7), -5)
    return np.where(funded, money, np.nan)


def ip_budget(world: World) -> pl.DataFrame:
    """Money for intellectual property, planned and paid, in roubles; some plan nothing."""
    region, age = cells(world.count, len(YEARS))
    row, draws = region * len(YEARS) + age, world.draws
    base = 5e4 + 1500 * np.nan_to_num(world.researchers)[region] * world.level("budget")[region]
    planned = np.round(base * draws.between("plan", row, 0.7, 1.6), -4)
    planned[draws.true("no plan", region, 0.1)] = 0
    paid = planned * np.clip(0.4 + 0.6 * world.level("paying")[region], 0, 1)
    return frame(
        region=world.region(region),
        year=np.array(YEARS)[age],
        ip_planned_rub=planned,
        ip_disbursed_rub=np.round(paid, -3),
    )
