"""The full section: what it holds, that its examples hold, and what it makes of invented data."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import rating
from rating.definitions.sector import bare
from rating.engine import held
from rating.engine.store import Store
from rating.inputs import classifiers

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "hitech.md").read_text("utf8")
SECTION = rating.load("hitech")
CODES = {"BC": 10, "QL": 10, "IP": 11, "CI": 12, "B0": 4, "CH": 7}
PILLARS = [node for node in SECTION.node if node.parent == "index" and node.weight > 0]
FACTORS = [n for n in SECTION.node if n.parent in {p.id for p in PILLARS}]
SCHEMES = SECTION.inputs["certificates"].columns["scheme"].choices or ()
END = date(2026, 12, 31)


def code_of(indicator: rating.Indicator) -> str:
    """The code of the catalogue, which begins the note."""
    found = re.match(r"(BC|QL|IP|CI|B0|CH)-\d\d(?=\.)", indicator.note.en if indicator.note else "")
    assert found, indicator.id
    return found[0]


# What the section holds


def test_the_section_has_the_size_of_its_catalogue():
    scored = [
        item
        for item in SECTION.indicator
        if all(each.weight > 0 for each in (item, *SECTION.ancestors(item.id)))
    ]
    assert (len(PILLARS), len(FACTORS), len(scored), len(SECTION.indicator)) == (4, 12, 42, 54)
    assert (len(SECTION.sector), len(SCHEMES), len(SECTION.checklist)) == (8, 27, 20)
    assert sum(len(sector.codes["okved2"]) for sector in SECTION.sector) == 78
    assert all(node.weight == 1 for node in (*PILLARS, *FACTORS))


def test_each_code_of_the_catalogue_is_there_once():
    wanted = [f"{kind}-{n:02}" for kind, count in CODES.items() for n in range(1, count + 1)]
    assert sorted(map(code_of, SECTION.indicator)) == sorted(wanted)


@pytest.mark.parametrize("indicator", SECTION.indicator, ids=lambda item: item.id)
def test_an_indicator_says_what_it_is_in_both_languages_with_source_and_example(indicator):
    for text in (indicator.name, indicator.description, indicator.note):
        assert text is not None
        assert re.search("[а-яё]", text.ru), text.ru
        assert not re.search("[а-яё]", text.en)
    assert indicator.unit is not None
    assert indicator.unit.ru != indicator.unit.en or indicator.unit.en == "%"
    assert indicator.source
    assert indicator.example
    assert indicator.law.bounds is not None


def test_what_else_a_reader_sees_is_in_both_languages():
    parts = [*SECTION.node, *SECTION.sector, *SECTION.checklist, *SECTION.chain]
    parts += [stage for chain in SECTION.chain for stage in chain.stage]
    parts += SECTION.uncertainty.assumption if SECTION.uncertainty else ()
    texts = [part.name for part in parts]
    texts += [text for item in SECTION.checklist for text in item.rubric]
    texts += [rule.name for given in SECTION.inputs.values() for rule in given.rule]
    assert [text.en for text in texts if not re.search("[а-яё]", text.ru)] == []


def test_sources_say_whether_they_were_confirmed():
    sources = {s.title: s for item in SECTION.indicator for s in item.source}
    confirmed = [source for source in sources.values() if source.verified]
    assert (len(sources), len(confirmed)) == (33, 15)
    assert all(source.evidence for source in confirmed)


def test_sources_name_columns_that_are_read():
    for item in SECTION.indicator:
        for source in item.source:
            for name in source.columns:
                table, _, column = name.partition(".")
                assert column in item.input[table].columns, (item.id, name)


def test_every_code_of_a_sector_is_one_of_the_classifier():
    known = set(classifiers.table("okved2")["code"])
    assert {c for s in SECTION.sector for c in s.codes["okved2"]} - known == set()


def test_an_umbrella_takes_what_its_parts_take():
    umbrella = next(sector for sector in SECTION.sector if sector.parts)
    parts = [sector for sector in SECTION.sector if sector.id in umbrella.parts]
    core = {c for p in parts for c, share in p.codes["okved2"].items() if share == 1}
    assert core <= {code for code, share in umbrella.codes["okved2"].items() if share == 1}
    assert len(parts) == 2


def test_the_labels_of_rows_are_the_sectors_without_parts():
    labels = tuple(sector.id for sector in SECTION.sector if not sector.parts)
    tables = ("sector_labour", "vacancies", "ip_contracts", "required_methods", "projects", "sites")
    for table in tables:
        assert SECTION.inputs[table].columns["sector"].choices == labels


def test_the_schemes_of_sectors_and_the_registers_of_firms_are_declared():
    registers = SECTION.inputs["firms"].columns["registry"].choices or ()
    for sector in SECTION.sector:
        assert set(sector.names["scheme"]) <= set(SCHEMES)
        assert set(sector.names.get("registry", ())) <= set(registers)
    assert {name for sector in SECTION.sector for name in sector.names["scheme"]} == set(SCHEMES)


def test_a_block_of_the_checklist_has_a_value_if_all_its_items_are_coded():
    items = SECTION.inputs["law_items"].columns["item_id"].choices
    assert tuple(item.id for item in SECTION.checklist) == items
    sizes = Counter(item.block for item in SECTION.checklist)
    blocks = [item for item in SECTION.indicator if item.parent == "legislation"]
    for (block, size), indicator in zip(sizes.items(), blocks, strict=True):
        assert f"items = {size} " in indicator.version[0].value
        assert f"LIKE '{block}%'" in indicator.version[0].measures["law"]["items"]


def test_a_stage_of_a_chain_has_the_indicators_that_say_so():
    for chain in SECTION.chain:
        assert len(chain.stage) == 5
    translational = SECTION.chain[0]
    listed = {id: n for n, one in enumerate(translational.stage, 1) for id in one.indicators}
    stages = {item.id: item.stage for item in SECTION.indicator if item.stage}
    # Method coverage serves the other chain; some stand in a stage and say none.
    assert {id for id in stages if stages[id] != listed.get(id)} == {"method_coverage"}
    others = {"relative_productivity", "researchers", "patent_applications"}
    assert set(listed) - set(stages) == others


# What its formulas mean


def test_every_example_and_declaration_holds():
    report = rating.check(SECTION, laws=False)
    assert report.ok, str(report)


TERMS = {"forest_certification": 60, "nuclear_licence": 60, "organic": 12}
TERMS |= dict.fromkeys(("gmp_ru", "gmp_eaeu", "iso_13485", "iso_9001", "iso_14001"), 36)
TERMS |= dict.fromkeys(("iso_19443", "haccp_iso_22000", "drying_kiln"), 36)
CHECKED = {"spf_health": 12, "aaalac": 36, "gcp_site": 36}
CHECKED |= dict.fromkeys(("iso_20387", "glp", "iso_15189", "iso_17025", "emc_lab"), 24)
CHECKED |= dict.fromkeys(("research_reactor", "hot_cells", "pilot_plant"), 24)
CHECKED |= dict.fromkeys(("core_storage", "test_site"), 24)
ENDLESS = ("bio_collection", "ida", "industrial_safety")


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, day.day)


def certified(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Certificates as the shared input sees them on the day."""
    bases = {name: SECTION.inputs[name] for name in ("facilities", "certificates")}
    inputs = {**bases, "terms": SECTION.inputs["terms"], "certified": SECTION.inputs["certified"]}
    types = {"date": pl.Date, "boolean": pl.Boolean, "text": pl.String}
    frames = {
        name: pl.DataFrame(
            rows if name == "certificates" else [],
            schema={
                "region": pl.String,
                **{c: types.get(kind, pl.Float64) for c, kind in given.types.items()},
            },
        )
        for name, given in bases.items()
    }
    with Store() as store:
        held.hold(store, frames, inputs, 2026, as_of=END)
        return store.query("SELECT cert_id, valid, lasts, stage FROM certified ORDER BY cert_id")


def certificate(name: str, scheme: str, **more: object) -> dict[str, object]:
    return {"region": "A", "cert_id": name, "scheme": scheme, "status": "valid", **more}


def test_every_scheme_has_its_rule():
    assert sorted([*TERMS, *CHECKED, *ENDLESS]) == sorted(SCHEMES)


@pytest.mark.parametrize("scheme", sorted(TERMS))
def test_a_certificate_of_a_fixed_term_ends_on_its_day(scheme):
    ends = months_before(END, TERMS[scheme])
    found = certified(
        [
            certificate("ended", scheme, issued_on=ends),
            certificate("last day", scheme, issued_on=ends + timedelta(days=1)),
            certificate("stated", scheme, issued_on=ends, valid_to=END + timedelta(days=1)),
        ]
    )
    assert dict(found.select("cert_id", "valid").iter_rows()) == {
        "ended": False,
        "last day": True,
        "stated": True,
    }
    assert found["lasts"].to_list() == [False, False, False]


@pytest.mark.parametrize("scheme", sorted(CHECKED))
def test_a_certificate_under_surveillance_holds_while_it_is_looked_at(scheme):
    late = months_before(END, CHECKED[scheme])
    early = date(2005, 1, 1)
    found = certified(
        [
            certificate("looked at", scheme, issued_on=early, checked_on=late + timedelta(days=1)),
            certificate("too long ago", scheme, issued_on=early, checked_on=late),
            certificate("never", scheme, issued_on=early),
            certificate("withdrawn", scheme, issued_on=early, checked_on=END, valid_to=END),
        ]
    )
    assert found.filter("valid")["cert_id"].to_list() == ["looked at"]
    assert found.filter("valid")["lasts"].to_list() == [True]


@pytest.mark.parametrize("scheme", ENDLESS)
def test_a_membership_holds_until_it_is_said_to_end(scheme):
    early = date(1987, 1, 1)
    found = certified(
        [
            certificate("member", scheme, issued_on=early),
            certificate("left", scheme, issued_on=early, valid_to=END),
            certificate("joins", scheme, issued_on=END + timedelta(days=1)),
            certificate("revoked", scheme, issued_on=early) | {"status": "revoked"},
            certificate("suspended", scheme, issued_on=early, suspended_from=END)
            | {"status": "suspended"},
            certificate("later", scheme, issued_on=early, suspended_from=END + timedelta(days=1))
            | {"status": "suspended"},
        ]
    )
    assert found.filter("valid")["cert_id"].to_list() == ["later", "member"]


def test_schemes_serve_the_stages_of_the_catalogue():
    rows = [certificate(scheme, scheme, issued_on=END) for scheme in SCHEMES]
    stages = dict(certified(rows).select("cert_id", "stage").iter_rows())
    assert Counter(stages.values()) == {1: 1, 2: 9, 3: 7, 5: 10}
    assert (stages["aaalac"], stages["gcp_site"], stages["gmp_ru"]) == (2, 3, 5)


# What it makes of the demonstration


@pytest.fixture(scope="module")
def data():
    return rating.read(ROOT / "data" / "demo", SECTION)


@pytest.fixture(scope="module")
def result(data):
    return rating.rate(SECTION, data, edition=2026, sector="translational_medicine")


def test_at_least_forty_scored_indicators_have_values_in_twenty_regions(result):
    known = result.values.group_by("indicator").agg(pl.col("value").count().alias("regions"))
    few = known.filter(pl.col("regions") < 20)["indicator"].to_list()
    assert len(set(result.tree.scored()) - set(few)) >= 40
    assert known.height == 54


@pytest.mark.parametrize("sector", ["pharma", "forestry"])
def test_an_edition_holds_the_indicators_of_its_sector(data, sector):
    made = rating.rate(SECTION, data, edition=2026, sector=sector)
    own = {i.id for i in SECTION.indicator if not i.sectors or sector in i.sectors}
    assert set(made.values["indicator"]) == own
    assert made.ranks["rank"].count() >= 20


def test_the_parts_of_regions_are_the_numerator_of_ellison_and_glaesers_gamma(data, result):
    """(s - x)^2 - x (1 - x) H over regions is G - (1 - sum of x^2) H, by NumPy from the rows.

    G. Ellison, E. L. Glaeser, Geographic concentration in U.S. manufacturing industries (1997).
    """
    shares = {bare(c): s for c, s in SECTION.sector[0].codes["okved2"].items()}
    firms = data.tables["firms"].filter(
        pl.col("year") == 2026,
        pl.col("founded_on") <= END,
        pl.col("closed_on").is_null() | (pl.col("closed_on") > END),
    )

    def share(code: str, registry: str | None) -> float:
        longest = max((c for c in shares if bare(code).startswith(c)), key=len, default="")
        own = 1.0 if registry in SECTION.sector[0].names["registry"] else 0.0
        return max(shares.get(longest, 0.0), own)

    weight = [share(*row) for row in firms.select("okved2", "registry").iter_rows()]
    jobs = firms.select("region", jobs=pl.col("employees") * pl.Series(weight))
    by_region = dict(jobs.group_by("region").agg(pl.col("jobs").sum()).iter_rows())
    employed = data.tables["region_year"].filter(pl.col("year") == 2026).sort("region")
    own = result.values.filter(pl.col("indicator") == "agglomeration").sort("region")
    assert own["region"].to_list() == employed["region"].to_list()
    s = np.array([by_region.get(region, 0.0) for region in own["region"]])
    s = s / s.sum()
    x = employed["employment"].cast(pl.Float64).to_numpy()
    x = x / x.sum()
    sizes = jobs["jobs"].to_numpy() / jobs["jobs"].sum()
    h = float((sizes * sizes).sum())
    z = own["value"].to_numpy()
    parts = (z * z - 1) * x * (1 - x) * h
    gamma_above = ((s - x) ** 2).sum() - (1 - (x * x).sum()) * h
    assert abs(parts.sum() - gamma_above) < 1e-12
    assert np.allclose(z, (s - x) / np.sqrt(x * (1 - x) * h), rtol=1e-9)


# The page


def rows_of_the_page() -> list[str]:
    """A row an indicator: code, name, what it is, sources, what is easy to get wrong."""
    rows = []
    for item in SECTION.indicator:
        assert item.description is not None
        assert item.note is not None
        sources = "; ".join(
            source.title.en + ("" if source.verified else " (not confirmed)")
            for source in item.source
        )
        note = item.note.en.removeprefix(f"{code_of(item)}.").strip()
        cells = (code_of(item), f"`{item.id}`", item.name.en, item.description.en, sources, note)
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def test_the_page_tells_of_every_indicator_what_the_section_says():
    missing = [row for row in rows_of_the_page() if row not in PAGE]
    assert missing == []
    assert len(re.findall(r"^\| (?:BC|QL|IP|CI|B0|CH)-\d\d \| `", PAGE, re.MULTILINE)) == 54


def test_the_page_names_every_pillar_and_factor():
    assert [node.name.en for node in (*PILLARS, *FACTORS) if node.name.en not in PAGE] == []
