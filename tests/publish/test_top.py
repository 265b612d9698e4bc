"""An edition of the first places: of the other regions no publication tells more than the group."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import rating
from rating.errors import UsageError
from rating.publish import report
from rating.publish.annex import annex
from rating.publish.disclosure import published
from rating.publish.explorer import to_text
from rating.publish.explorer_model import model
from rating.publish.material import collect
from rating.publish.suppression import LEAST_REGIONS
from rating.publish.texts import Speaker
from rating.publish.workbook import to_bytes
from tests.publish.small import regions as register
from tests.publish.small import section
from tests.publish.test_intervals import UNCERTAIN
from tests.publish.workbook_reader import Workbook

COUNT, INDICATORS, TOP = 14, 4, 4
OWN = section(
    INDICATORS,
    method={"treat": {"name": "winsorise"}, "groups": {"name": "share_of_gap"}},
    edition=[{"year": 2020, "outside": ["R3"]}],
    uncertainty=UNCERTAIN,
)


def rated(rows):
    """A rating of regions R0, R1, ... whose figures are the rows."""
    columns = {f"x{n}": [float(row[n]) for row in rows] for n in range(INDICATORS)}
    table = {"region": [f"R{n}" for n in range(COUNT)], "year": [2020] * COUNT, **columns}
    data = {"t": pl.DataFrame(table), "regions": register(COUNT)}
    return rating.rate(OWN, rating.read(data, OWN), edition=2020)


def in_all_ways(result):
    """Every public artefact of the edition, but for the hashes of the tables that were read."""
    told = {}
    sure = result.uncertainty(draws=32, seed=1)
    for lang in ("en", "ru"):
        say, material = Speaker(lang), collect(result, sure=sure, top=TOP)
        first = material.facts.ranked[0]
        for name, document in (
            ("report", report.national(material, say)),
            ("brief", report.short(material, say)),
            ("profile", report.single(material, first, say)),
        ):
            told[lang, name, "html"] = document.html
            told[lang, name, "charts"] = str(document.charts)
            for file, content in document.attached.items():
                told[lang, name, file] = content.decode()
    told["explorer"] = to_text(result, top=TOP)
    book = Workbook(to_bytes(result, top=TOP))
    for name in book.names:
        told["workbook", name] = str(sorted(book.values[name].items()))
        told["formulas", name] = str(sorted(book.formulas[name].items()))
    hashes = [*result.provenance["sha256"], *result.contents["sha256"]]
    for key, text in told.items():
        for one in hashes:
            text = text.replace(one, "-")
        told[key] = text
    return told


def exchanged(rows, result):
    """The other world: two regions of one group, beyond the first, have each other's figures."""
    beyond = result.ranks.filter(pl.col("rank") > TOP)
    several = beyond.filter(pl.len().over("group") > 1).sort("group", "rank")
    one, other = (int(code[1:]) for code in several["region"][:2])
    assert rows[one] != rows[other]
    again = list(rows)
    again[one], again[other] = rows[other], rows[one]
    return again


@pytest.mark.parametrize("seed", range(3))
def test_regions_beyond_the_first_may_exchange_their_figures_and_nobody_sees_it(seed):
    rows = np.random.default_rng(seed).integers(1, 99, (COUNT, INDICATORS)).tolist()
    result = rated(rows)
    second = rated(exchanged(rows, result))
    assert result.digest != second.digest
    told, again = in_all_ways(result), in_all_ways(second)
    assert [key for key in told if told[key] != again[key]] == []


ROWS = [[(37 * r + 11 * c * r + 5 * c) % 97 + 1 for c in range(INDICATORS)] for r in range(COUNT)]
OUTLIER = 6
ROWS[OUTLIER] = [2000, 1, 1, 1]


@pytest.fixture(scope="module")
def fourteen():
    return rated(ROWS)


@pytest.fixture(scope="module")
def beyond(fourteen):
    return fourteen.ranks.filter(pl.col("rank") > TOP)["region"].to_list()


def test_what_is_told_holds_no_number_of_a_region_beyond_the_first(fourteen, beyond):
    told = published(fourteen, top=TOP)
    assert told.grouped == set(beyond)
    assert set(fourteen.treated["region"]) == {f"R{OUTLIER}"} < told.grouped
    result = told.result
    for name in ("scores", "values", "measures", "treated", "screened", "disclosure"):
        assert not set(getattr(result, name)["region"]) & told.grouped
    rest = result.ranks.filter(pl.col("region").is_in(beyond))
    assert rest["rank"].null_count() == rest["score"].null_count() == len(beyond)
    assert set(rest["status"]) == {"grouped"}
    groups = dict(fourteen.ranks.select("region", "group").iter_rows())
    assert dict(rest.select("region", "group").iter_rows()) == {r: groups[r] for r in beyond}
    audit = told.audit()
    for name in ("shifts", "compensability", "strengths"):
        assert not set(getattr(audit, name)["region"]) & told.grouped
    # Statistics name nobody and are of all regions.
    assert_frame_equal(audit.statistics, fourteen.audit().statistics)


def test_the_explorer_has_nothing_in_the_columns_of_a_region_beyond_the_first(fourteen, beyond):
    content = model(fourteen, "en", TOP)
    codes = [region["code"] for region in content["regions"]]
    assert codes[:TOP] == fourteen.ranks["region"][:TOP].to_list()
    assert (content["told"], content["places"]) == (TOP, COUNT - 1)
    for place, region in enumerate(content["regions"]):
        assert region.get("grouped", False) == (region["code"] in beyond)
        if region["code"] in beyond:
            assert all(column[place] is None for column in content["scores"].values())
            assert all(column[place] is None for column in content["values"].values())
    names = [one["name"]["en"] for one in content["regions"] if one.get("grouped")]
    assert names == sorted(names)
    assert model(fourteen, "en")["told"] is None


def test_the_workbook_names_a_region_beyond_the_first_with_its_group_alone(fourteen, beyond):
    book = Workbook(to_bytes(fourteen, top=TOP))
    rows = {}
    for name in book.names:
        for (_, row), cell in book.values[name].items():
            if cell in beyond:
                rows.setdefault(cell, []).append((name, row))
    assert set(rows) == set(beyond)
    assert {name for found in rows.values() for name, _ in found} == {"Ranking"}
    for ((_, row),) in rows.values():
        cells = [book.values["Ranking"].get((column, row)) for column in range(1, 12)]
        numbers = [cell for cell in cells if isinstance(cell, float)]
        assert numbers == [1.0]  # the coverage
        assert "ranked, told by group" in cells
    about = " ".join(str(cell) for cell in book.values["About"].values())
    assert "The first 4 regions are in this book" in about


def test_so_few_that_a_median_tells_of_them_are_not_told_by_group(fourteen):
    ranked = COUNT - 1
    assert published(fourteen, top=ranked).result is fourteen
    assert len(published(fourteen, top=ranked - LEAST_REGIONS).grouped) == LEAST_REGIONS
    for way in (to_bytes, to_text, report.to_bytes):
        with pytest.raises(UsageError, match="medians tell of so few"):
            way(fourteen, top=ranked - 1)
        with pytest.raises(UsageError, match="the first 0 regions"):
            way(fourteen, top=0)


def test_the_manifest_counts_who_is_ranked_and_not_who_is_told(fourteen):
    document = report.national(collect(fourteen, top=TOP), Speaker("en"))
    manifest = json.loads(document.attached["manifest.json"])
    assert (manifest["regions"], manifest["ranked"]) == (COUNT, COUNT - 1)
    assert manifest["result_sha256"] == published(fourteen, top=TOP).result.digest


def test_what_the_annex_counts_is_counted_over_all_regions(fourteen):
    whole, first = (annex(collect(fourteen, top=top).facts, Speaker("en")) for top in (None, TOP))
    assert first.tree == whole.tree
    assert {branch.covered for branch in first.tree} == {f"{COUNT}/{COUNT}"}
    assert first.definitions == whole.definitions
    assert first.treated == ()
    assert len(whole.treated) == fourteen.treated.height
