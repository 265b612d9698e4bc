"""Every region that is assessed stands in the result, with the rule that left it unranked."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rating
from rating import cli

METHODS = {
    "plain": {},
    "filled": {"impute": {"name": "median"}, "normalise": {"name": "zscore"}},
    "nearest": {"impute": {"name": "nearest", "k": 2}},
    "expected": {"impute": {"name": "expectation"}},
    "pca": {"weights": {"name": "pca", "signs": "absolute"}},
    "screened": {"screen": {"name": "availability", "available": 0.5}},
    "copeland": {"aggregate": {"name": "copeland"}},
    "covered": {"aggregate": {"name": "arithmetic", "min_coverage": 0.7}},
}
CODES = [f"R{n}" for n in range(9)]


def section(method=None, **more):
    """Two parts over four columns; the last counts the rows of a register."""
    columns = {name: {"type": "number"} for name in ("a", "b", "c")}
    table = {"t": {"grain": "region", "columns": columns}}
    return rating.Section(
        id="s",
        name="S",
        node=[{"id": "index"}, *({"id": n, "parent": "index"} for n in ("first", "second"))],
        method=method or {},
        indicator=[
            {
                "id": f"{name}_value",
                "parent": parent,
                "input": table,
                "version": [{"since": "2000-01-01", "value": name}],
            }
            for name, parent in (("a", "first"), ("b", "first"), ("c", "second"))
        ],
        **more,
    )


def rows(codes, spread=1.0):
    """Figures of some regions."""
    numbers = [float(code[1:]) for code in codes]
    return pl.DataFrame(
        {
            "region": codes,
            "year": [2020] * len(codes),
            "a": [n * n * spread for n in numbers],
            "b": [7.0 - n for n in numbers],
            "c": [(5 * n) % 7 for n in numbers],
        },
        schema_overrides=dict.fromkeys("abc", pl.Float64) | {"region": pl.String},
    )


def rated(given, codes, known=CODES, **more):
    tables = {"t": rows(codes)}
    if known is not None:
        tables["regions"] = pl.DataFrame({"region": known})
    return rating.rate(given, rating.read(tables, given), edition=2020, **more)


def counted(result, known):
    """The law: as many regions out as are assessed, in every frame that lists them."""
    nodes, items = len(result.tree.nodes), len(result.indicators)
    assert sorted(result.ranks["region"]) == sorted(known)
    assert sorted(result.regions["region"]) == sorted(known)
    for frame, size in ((result.scores, nodes), (result.values, items), (result.measures, items)):
        assert frame.height == size * len(known)
        assert frame.group_by("region").len()["len"].to_list() == [size] * len(known)
    assert (result.ranks["reason"].is_null() == (result.ranks["status"] == "ranked")).all()
    assert (result.ranks["rank"].is_null() == result.ranks["reason"].is_not_null()).all()


@pytest.mark.parametrize("name", METHODS)
def test_a_region_without_rows_is_told_and_changes_nothing(name):
    given, there = section(METHODS[name]), CODES[:6]
    alone, whole = rated(given, there, there), rated(given, there)
    counted(alone, there)
    counted(whole, CODES)
    for frame in ("ranks", "scores", "values", "measures"):
        own = getattr(whole, frame).filter(pl.col("region").is_in(there))
        assert own.equals(getattr(alone, frame)), frame
    for frame in ("weights", "treated", "shapes"):
        assert getattr(whole, frame).equals(getattr(alone, frame)), frame
    bare = whole.ranks.filter(~pl.col("region").is_in(there))
    assert whole.bare == CODES[6:]
    assert bare["status"].unique().to_list() == ["thin"]
    assert bare["reason"].unique().to_list() == ["no figures: no table has a row of it"]
    assert bare["coverage"].to_list() == [0.0] * 3
    assert whole.values.filter(pl.col("region") == "R8")["status"].unique().to_list() == ["missing"]


@settings(max_examples=15)
@given(st.sets(st.sampled_from(CODES), min_size=3), st.sets(st.sampled_from(CODES), min_size=1))
def test_as_many_regions_come_out_as_are_assessed(there, outside):
    chosen = section(edition=[{"year": 2020, "outside": sorted(outside)}])
    result = rated(chosen, sorted(there))
    counted(result, CODES)
    ranked = set(result.ranks.filter(pl.col("status") == "ranked")["region"])
    assert ranked == there - outside


def test_a_section_names_its_register():
    chosen = section(regions="ru")
    frame = rows(["R1", "R2", "R3"]).with_columns(region=pl.Series(["RU-TOM", "RU-MOW", "RU-IN"]))
    result = rating.rate(chosen, rating.read({"t": frame}, chosen), edition=2020)
    assert (result.ranks.height, result.ranks["rank"].count(), len(result.bare)) == (85, 3, 82)


def test_an_edition_says_which_regions_are_assessed():
    chosen = section(edition=[{"year": 2020, "assessed": ["R1", "R2", "R4", "R7"]}])
    result = rated(chosen, CODES[:6])
    counted(result, ["R1", "R2", "R4", "R7"])
    assert result.bare == ["R7"]
    assert result.ranks["rank"].to_list()[:3] == [1, 2, 3]


def test_an_edition_assesses_whom_the_register_knows_and_leaves_out_whom_it_assesses():
    chosen = section(edition=[{"year": 2020, "assessed": ["R1", "R22"]}])
    with pytest.raises(rating.DefinitionError, match="no region 'R22'"):
        rated(chosen, CODES[:6])
    with pytest.raises(rating.DefinitionError, match="'R3' is outside the ranking and not assess"):
        section(edition=[{"year": 2020, "assessed": ["R1"], "outside": ["R3"]}])


def test_without_a_register_every_region_of_any_table_is_assessed():
    given = section()
    more = {
        "id": "d_value",
        "parent": "second",
        "input": {"firms": {"absent": "zero", "columns": {"n": {"type": "number"}}}},
        "version": [{"since": "2000-01-01", "value": "k", "measures": {"firms": {"k": "sum(n)"}}}],
    }
    chosen = given.replace(indicator=(*given.indicator, rating.Indicator(**more)))
    firms = pl.DataFrame({"region": ["R1", "R8"], "n": [2.0, 3.0]})
    data = rating.read({"t": rows(CODES[:5]), "firms": firms}, chosen)
    result = rating.rate(chosen, data, edition=2020)
    assert sorted(result.ranks["region"]) == [*CODES[:5], "R8"]


def test_a_complete_register_says_zero_of_a_region_without_rows():
    item = {
        "id": "d_value",
        "parent": "index",
        "input": {"firms": {"absent": "zero", "columns": {"n": {"type": "number"}}}},
        "version": [{"since": "2000-01-01", "value": "k", "measures": {"firms": {"k": "sum(n)"}}}],
    }
    given = rating.Section(id="s", name="S", node=[{"id": "index"}], indicator=[item])
    tables = {
        "firms": pl.DataFrame({"region": ["A", "B"], "n": [2.0, 3.0]}),
        "regions": pl.DataFrame({"region": ["A", "B", "C"]}),
    }
    result = rating.rate(given, rating.read(tables, given), edition=2020)
    assert result.ranks["region"].to_list() == ["B", "A", "C"]
    assert result.ranks["score"].to_list()[2] == 0.0


def test_a_panel_tells_of_each_edition_alone():
    given = section()
    late = rows(CODES[:5]).with_columns(year=pl.lit(2021, pl.Int64))
    frame = pl.concat([rows(CODES[:7]), late])
    data = rating.read({"t": frame, "regions": pl.DataFrame({"region": CODES})}, given)
    panel = rating.panel(given, data, editions=[2020, 2021])
    assert [len(panel[year].bare) for year in (2020, 2021)] == [2, 4]
    for year in (2020, 2021):
        counted(panel[year], CODES)
        assert panel[year].ranks.equals(rating.rate(given, data, edition=year).ranks)


def test_each_rule_that_leaves_a_region_unranked_is_named():
    method = {
        "screen": {"name": "availability", "available": 0.1, "leave_out": ["R5"]},
        "aggregate": {"name": "arithmetic", "min_coverage": 0.65},
    }
    chosen = section(method, edition=[{"year": 2020, "outside": ["R0"]}])
    frame = rows(CODES[:6]).with_columns(
        c=pl.when(pl.col("region") != "R4").then("c"),
        b=pl.when(~pl.col("region").is_in(["R3", "R4"])).then("b"),
    )
    known = pl.DataFrame({"region": CODES[:7]})
    data = rating.read({"t": frame, "regions": known}, chosen)
    ranks = rating.rate(chosen, data, edition=2020).ranks
    assert dict(ranks.select("region", "reason").drop_nulls().iter_rows()) == {
        "R0": "outside: the edition assesses it without a place",
        "R3": "index: 1 of 2 parts have a score, min_coverage is 65 %; "
        "first: 1 of 2 parts have a score, min_coverage is 65 %",
        "R4": "index: 0 of 2 parts have a score, min_coverage is 65 %; "
        "first: 1 of 2 parts have a score, min_coverage is 65 %; "
        "second: 0 of 1 parts have a score, min_coverage is 65 %",
        "R5": "screened out: left out by name",
        "R6": "no figures: no table has a row of it",
    }


@pytest.fixture(scope="module")
def bare():
    """A rating in which three of nine regions have no figures, with what draws need."""
    draws = {"id": "w", "kind": "weights", "draw": {"name": "dirichlet", "concentration": 20.0}}
    fill = {"id": "f", "kind": "impute", "options": [{}, {"name": "median"}]}
    return rated(section(uncertainty={"assumption": [draws, fill]}), CODES[:6])


def test_draws_leave_regions_without_figures_as_they_are(bare):
    alone = rated(bare.section, CODES[:6], CODES[:6]).uncertainty(draws=64)
    sure = bare.uncertainty(draws=64)
    own = sure.ranks.filter(pl.col("region").is_in(CODES[:6]))
    assert own.select("region", "median", "low", "high").equals(
        alone.ranks.select("region", "median", "low", "high")
    )


def test_every_publication_takes_regions_without_figures(bare, tmp_path):
    bare.save(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf8"))
    assert (manifest["regions"], manifest["ranked"]) == (9, 6)
    assert "no figures" in (tmp_path / "out" / "ranks.csv").read_text("utf8")
    bare.to_xlsx(tmp_path / "a.xlsx")
    bare.to_html(tmp_path / "a.html")
    bare.to_pdf(tmp_path / "a.pdf")
    assert bare.explain("R8").rows.height
    assert "R8" in str(bare.explain("R8"))
    assert bare.audit().result is bare


# ------------------------------------------------------------------------------ nobody is ranked

FILES = {
    "s/section.toml": 'id = "s"\nname = "S"\n[[node]]\nid = "index"\n[method]\n'
    'aggregate = { name = "arithmetic", min_coverage = 0.9 }\n',
    "data/t.csv": "region,year,a,b\nA,2020,1,\nB,2020,,2\nC,2020,3,\nD,2020,,4\n",
}
ITEM = """id = "{0}_value"
parent = "index"
[input.t]
grain = "region"
{0} = {{ type = "number" }}
[[version]]
since = 2000-01-01
value = "{0}"
"""


@pytest.fixture
def nobody(tmp_path):
    """A section whose rule leaves all four regions unranked, and its data."""
    texts = FILES | {f"s/{name}.toml": ITEM.format(name) for name in "ab"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf8")
    return [str(tmp_path / "s"), str(tmp_path / "data"), "--edition", "2020"]


@pytest.mark.parametrize("command", ["rate", "report", "explore"])
def test_a_ranking_of_nobody_says_by_which_rule_and_writes_nothing(
    nobody, tmp_path, capsys, command
):
    out = tmp_path / {"rate": "out", "report": "a.xlsx", "explore": "a.html"}[command]
    words = [command, *nobody, "--out", str(out)]
    assert cli.run(words) == 3
    told = capsys.readouterr().err
    assert "0 of 4 regions ranked, and nothing is written" in told
    assert "not ranked: A, B, C, D: index: 1 of 2 parts have a score" in told
    assert "min_coverage is 90 %" in told
    assert not out.exists()
    assert cli.run([*words, "--allow-unranked"]) == 0
    assert out.exists()


def test_the_command_says_who_is_not_ranked(tmp_path, capsys):
    data = rating.resources.folder("data") / "open"
    words = ["rate", "hitech_open", str(data), "--edition", "2019", "--out", str(tmp_path / "o")]
    assert cli.run(words) == 0
    assert "not ranked: RU-CHU: index: 2 of 4 parts have a score" in capsys.readouterr().out
