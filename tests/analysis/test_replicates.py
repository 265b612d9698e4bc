"""Rows drawn again through the engine, beside the same thing done row by row in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import rating
from rating.analysis.design import stream
from rating.analysis.uncertainty import planned
from rating.errors import DefinitionError

FIRMS = {
    "firm_id": {"type": "text"},
    "group_id": {"type": "text"},
    "okved2": {"type": "text"},
    "employees": {"type": "number", "min": 0},
    "sector_share": {"type": "number", "sector": ["okved2"]},
}
LAWS = {"item_id": {"type": "text"}, "coder": {"type": "text"}, "score": {"type": "number"}}
INPUT = {
    "firms": FIRMS,
    "region_year": {"grain": "region", "employment": {"type": "number"}},
    "patents": {"doc_id": {"type": "text"}, "firm_id": {"type": "text"}},
    "law_items": LAWS,
    "groups": {
        "from": "firms",
        "by": ["group_id"],
        "jobs": {"type": "number", "value": "sum(employees * sector_share)"},
    },
    "history": {
        "from": "firms",
        "by": ["firm_id"],
        "window": 2,
        "before": {
            "type": "number",
            "value": "sum(employees) FILTER (WHERE year = year(as_of) - 1)",
        },
    },
    "items": {
        "from": "law_items",
        "by": ["item_id"],
        "coders": {"type": "integer", "value": "count(DISTINCT coder)"},
        "settled": {
            "type": "number",
            "value": "coalesce(max(score) FILTER (WHERE coder = 'adjudicated'), avg(score))",
        },
    },
}
# One indicator for each thing that may go wrong: sums over all regions, groups, earlier years,
# other tables that name the unit, and coders.
INDICATORS = {
    "quotient": (
        {"firms": {"jobs": "sum(employees * sector_share)"}},
        "(jobs / employment) / (total(jobs) / total(employment))",
        ["firms", "region_year"],
    ),
    "groups_index": (
        {"groups": {"squares": "sum(jobs * jobs)", "whole": "sum(jobs)"}},
        "squares / nullif(whole * whole, 0)",
        ["groups"],
    ),
    "before": ({"history": {"earlier": "sum(before * before)"}}, "earlier", ["history"]),
    "patents_rate": (
        {
            "patents": {"many": "count(*)"},
            "firms": {"plants": "count(*) FILTER (WHERE year = year(as_of))"},
        },
        "many / nullif(plants, 0)",
        ["firms", "patents"],
    ),
    "law": (
        {"items": {"score": "avg(settled)", "fewest": "min(coders)"}},
        "CASE WHEN fewest >= 2 THEN score END",
        ["items"],
    ),
}


def section(*assumptions: dict[str, Any], **more: Any) -> rating.Section:
    indicators = [
        {
            "id": id,
            "parent": "index",
            "reads": reads,
            "version": [{"since": "2000-01-01", "measures": measures, "value": value}],
        }
        for id, (measures, value, reads) in INDICATORS.items()
    ]
    return rating.Section(
        id="small",
        name="Small",
        node=[{"id": "index"}],
        input=INPUT,
        indicator=indicators,
        sector=[{"id": "pharma", "name": "Pharma", "codes": {"okved2": {"21": 1.0, "72": 0.5}}}],
        uncertainty={"assumption": list(assumptions)},
        **more,
    )


def tables(seed: int = 1) -> dict[str, pl.DataFrame]:
    random = np.random.default_rng(seed)
    firms = []
    for n in range(40):
        region = "ABC"[n % 3]
        for year in (2025, 2026):
            firms.append(
                {
                    "region": region,
                    "year": year,
                    "firm_id": f"f{n:02d}",
                    "group_id": None if n % 4 else f"g{n % 8}",
                    "okved2": ["21.10", "72.11", "62.01"][int(random.integers(3))],
                    "employees": float(random.integers(1, 50)),
                }
            )
    patents = [
        {"region": "ABC"[int(random.integers(3))], "doc_id": f"d{n}", "firm_id": firm}
        for n, firm in enumerate([None, *[f"f{int(random.integers(40)):02d}" for _ in range(60)]])
    ]
    laws = [
        {
            "region": region,
            "item_id": item,
            "coder": coder,
            "score": float(random.integers(3)) / 2,
        }
        for region in "ABC"
        for item in ("A1", "A2", "A3")
        for coder in ("ann", "bob", *(["adjudicated"] if item == "A3" else []))
    ]
    regions = [
        {"region": region, "year": 2026, "employment": people}
        for region, people in (("A", 1000.0), ("B", 5000.0), ("C", 800.0))
    ]
    return {
        "firms": pl.DataFrame(firms, infer_schema_length=None),
        "patents": pl.DataFrame(patents, infer_schema_length=None),
        "law_items": pl.DataFrame(laws),
        "region_year": pl.DataFrame(regions),
    }


BOOTSTRAP = {"name": "bootstrap", "table": "firms", "unit": "firm_id", "replicates": 20}
IDS = ["quotient", "groups_index", "before", "patents_rate"]


def assumption(error: dict[str, Any], *ids: str) -> dict[str, Any]:
    return {"id": "rows", "kind": "sampling", "indicators": list(ids), "error": error}


def rated(*assumptions: dict[str, Any], frames: dict[str, pl.DataFrame] | None = None):
    made = section(*assumptions)
    data = rating.read(frames or tables(), made)
    return rating.rate(made, data, edition=2026, sector="pharma")


def drawn(*assumptions: dict[str, Any], size: int = 20, **more: Any) -> dict[str, np.ndarray]:
    """The values of each indicator that moves, one row a replicate."""
    plan = planned(rated(*assumptions, **more))
    every = np.arange(size, dtype=float)[:, None]
    return {plan.scenarios.indicators[m.column]: m.moved(0, every) for m in plan.moving}


# -------------------------------------------------------------------------- by hand


def taken(replicate: int, number: str = "fixed") -> dict[str, int]:
    """How often each firm is taken in a replicate: the same numbers, firm by firm."""
    random = stream(1, 2, replicate)
    units = sorted({(row["region"], row["firm_id"]) for row in tables()["firms"].to_dicts()})
    times = {firm: 0 for _, firm in units}
    if number == "poisson":
        return {f: int(k) for (_, f), k in zip(units, random.poisson(1.0, 40), strict=True)}
    for (region, _), u in zip(units, random.random(len(units)), strict=True):
        own = [firm for home, firm in units if home == region]
        times[own[int(u * len(own))]] += 1
    return times


def by_hand(replicate: int, number: str = "fixed") -> dict[str, list[float]]:
    times, frames = taken(replicate, number), tables()
    share = {"21.10": 1.0, "72.11": 0.5, "62.01": 0.0}
    firms = [
        {**row, "firm_id": f"{row['firm_id']}-{copy}"}
        for row in frames["firms"].to_dicts()
        for copy in range(times[row["firm_id"]])
    ]
    home = {row["firm_id"]: row["region"] for row in frames["firms"].to_dicts()}
    found: dict[str, list[float]] = {id: [] for id in IDS}
    jobs = {
        r: sum(
            f["employees"] * share[f["okved2"]]
            for f in firms
            if f["region"] == r and f["year"] == 2026
        )
        for r in "ABC"
    }
    people = {row["region"]: row["employment"] for row in frames["region_year"].to_dicts()}
    for r in "ABC":
        own = [f for f in firms if f["region"] == r]
        found["quotient"].append(
            (jobs[r] / people[r]) / (sum(jobs.values()) / sum(people.values()))
        )
        groups: dict[str | None, float] = {}
        for f in own:
            if f["year"] == 2026:
                size = f["employees"] * share[f["okved2"]]
                groups[f["group_id"]] = groups.get(f["group_id"], 0.0) + size
        found["groups_index"].append(sum(s**2 for s in groups.values()) / jobs[r] ** 2)
        found["before"].append(sum(f["employees"] ** 2 for f in own if f["year"] == 2025))
        found["patents_rate"].append(
            sum(
                times[row["firm_id"]] if home.get(row["firm_id"]) == r else 1
                for row in frames["patents"].to_dicts()
                if row["region"] == r
            )
            / sum(f["region"] == r and f["year"] == 2026 for f in firms)
        )
    return found


@pytest.mark.parametrize("number", ["fixed", "poisson"])
def test_a_replicate_is_the_rating_of_the_rows_it_took(number):
    found = drawn(assumption({**BOOTSTRAP, "number": number}, *IDS))
    for replicate in range(20):
        wanted = by_hand(replicate, number)
        for id in IDS:
            assert found[id][replicate] == pytest.approx(wanted[id], rel=1e-12), (id, replicate)


def test_replicates_do_not_depend_on_the_order_of_rows_or_on_blocks(monkeypatch):
    given = assumption(BOOTSTRAP, *IDS)
    before = drawn(given)
    monkeypatch.setattr("rating.analysis.replicates.BLOCK", 700)
    turned = drawn(given, frames={name: frame.reverse() for name, frame in tables().items()})
    for id in IDS:
        np.testing.assert_array_equal(before[id], turned[id])


def test_the_spread_of_a_mean_is_its_textbook_error():
    """Resampling n units gives a sum the standard deviation sqrt(n) times that of the units."""
    found = drawn(assumption({**BOOTSTRAP, "replicates": 1000}, "before"), size=1000)["before"]
    firms = tables()["firms"].filter(pl.col("year") == 2025)
    for column, region in enumerate("ABC"):
        own = firms.filter(pl.col("region") == region)["employees"].to_numpy() ** 2
        assert found[:, column].std() == pytest.approx(np.sqrt(len(own)) * own.std(), rel=0.1)
        assert found[:, column].mean() == pytest.approx(own.sum(), rel=0.03)


def test_poisson_numbers_vary_as_counts_do():
    error = {**BOOTSTRAP, "table": "patents", "unit": "doc_id", "number": "poisson"}
    given = assumption({**error, "replicates": 1000}, "patents_rate")
    found = drawn(given, size=1000)
    counts = tables()["patents"].group_by("region").len().sort("region")["len"].to_numpy()
    plants = tables()["firms"].filter(pl.col("year") == 2026).group_by("region").len()
    rates = found["patents_rate"] * plants.sort("region")["len"].to_numpy()
    assert rates.mean(axis=0) == pytest.approx(counts, rel=0.05)
    assert rates.std(axis=0) == pytest.approx(np.sqrt(counts), rel=0.1)


def test_indicators_of_one_assumption_have_the_same_replicate():
    plan = planned(rated(assumption(BOOTSTRAP, *IDS)))
    noise = [each.noise(1, 0, (), 500) for each in plan.moving]
    for other in noise[1:]:
        np.testing.assert_array_equal(noise[0], other)
    assert set(np.unique(noise[0])) == set(range(20))


def test_one_coder_stands_for_an_item_and_the_final_word_for_itself():
    error = {"name": "coding", "table": "law_items", "replicates": 400}
    found = drawn(assumption(error, "law"), size=400)["law"]
    laws = tables()["law_items"].to_dicts()
    for column, region in enumerate("ABC"):
        codes = {
            (row["item_id"], row["coder"]): row["score"] for row in laws if row["region"] == region
        }
        last = codes["A3", "adjudicated"]
        possible = {
            round((codes["A1", one] + codes["A2", two] + last) / 3, 9)
            for one in ("ann", "bob")
            for two in ("ann", "bob")
        }
        assert set(found[:, column].round(9)) == possible
        means = [(codes[item, "ann"] + codes[item, "bob"]) / 2 for item in ("A1", "A2")]
        assert found[:, column].mean() == pytest.approx((sum(means) + last) / 3, abs=0.03)


def test_rows_that_the_indicator_does_not_need_may_be_left_out_and_no_others():
    whole = assumption({**BOOTSTRAP, "where": "sector_share > 0"}, "quotient", "groups_index")
    found = drawn(whole)
    assert found["quotient"].shape == (20, 3)
    wrong = assumption({**BOOTSTRAP, "where": "sector_share > 0"}, "before")
    with pytest.raises(DefinitionError, match="is not what is published"):
        drawn(wrong)


def test_a_formula_that_is_drawn_as_well_has_replicates_of_its_own():
    other = {
        "id": "other",
        "kind": "formula",
        "options": [{}, {"quotient": "jobs / employment"}],
    }
    plan = planned(rated(other, assumption(BOOTSTRAP, "quotient")))
    every = np.arange(20, dtype=float)[:, None]
    first, second = (plan.moving[0].moved(n, every) for n in (0, 1))
    national = (second * [1000, 5000, 800]).sum(axis=1, keepdims=True) / 6800
    assert first == pytest.approx(second / national, rel=1e-12)


def test_an_error_may_be_a_formula_over_what_the_value_does_not_read():
    error = {"name": "standard_error", "error": "sqrt(jobs) / employment"}
    plan = planned(rated(assumption(error, "quotient")))
    moved = plan.moving[0].moved(0, plan.moving[0].noise(1, 0, (), 4000))
    firms = tables()["firms"].filter(pl.col("year") == 2026)
    share = pl.col("okved2").replace_strict({"21.10": 1.0, "72.11": 0.5, "62.01": 0.0})
    jobs = firms.group_by("region").agg((pl.col("employees") * share).sum()).sort("region")
    wanted = np.sqrt(jobs["employees"].to_numpy()) / [1000, 5000, 800]
    assert moved.std(axis=0) == pytest.approx(wanted, rel=0.05)


def test_ranks_are_drawn_with_rows_drawn_again():
    coding = {
        "id": "coders",
        "kind": "sampling",
        "indicators": ["law"],
        "error": {"name": "coding", "table": "law_items"},
    }
    sure = rated(assumption(BOOTSTRAP, *IDS), coding).uncertainty(draws=300)
    assert sure.ranks["high"].to_list() != sure.ranks["low"].to_list()
    again = rated(assumption(BOOTSTRAP, *IDS), coding).uncertainty(draws=300)
    assert sure.ranks.equals(again.ranks)


def test_an_indicator_without_a_value_anywhere_is_not_drawn():
    """One coder alone gives the law no value in any region; what else is drawn goes on."""
    frames = tables()
    frames["law_items"] = frames["law_items"].filter(pl.col("coder") == "ann")
    coding = {
        "id": "coders",
        "kind": "sampling",
        "indicators": ["law"],
        "error": {"name": "coding", "table": "law_items"},
    }
    made = rated(assumption(BOOTSTRAP, *IDS), coding, frames=frames)
    assert made.values.filter(pl.col("indicator") == "law")["value"].count() == 0
    assert {m.assumption for m in planned(made).moving} == {"rows"}
    assert made.uncertainty(draws=50).ranks["median"].count() == 3


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({**BOOTSTRAP, "table": "firm"}, "reads no table 'firm'"),
        ({**BOOTSTRAP, "table": "region_year"}, "reads no table 'region_year' with many rows"),
        ({**BOOTSTRAP, "unit": "employees"}, "no text column 'employees'"),
        ({**BOOTSTRAP, "where": "sector_shar > 0"}, "no column named 'sector_shar'"),
        ({**BOOTSTRAP, "replicates": 1}, "1 is below 2"),
        ({"name": "standard_error", "error": "sqrt(jbs)"}, "'jbs'"),
        ({"name": "coding", "table": "firms"}, "no text column 'item_id'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(error, message):
    with pytest.raises(DefinitionError, match=message):
        section(assumption(error, "quotient"))


def test_a_register_that_stays_in_its_file_is_drawn_alike(tmp_path, monkeypatch):
    given = assumption({**BOOTSTRAP, "where": "sector_share > 0"}, "quotient", "groups_index")
    loaded = drawn(given)
    for name, frame in tables().items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    monkeypatch.setattr("rating.inputs.stored.LARGE", 0)
    made = section(given)
    data = rating.read(tmp_path, made)
    assert "firms" in data.stored
    plan = planned(rating.rate(made, data, edition=2026, sector="pharma"))
    every = np.arange(20, dtype=float)[:, None]
    for moving, id in zip(plan.moving, ("quotient", "groups_index"), strict=True):
        np.testing.assert_array_equal(moving.moved(0, every), loaded[id])
