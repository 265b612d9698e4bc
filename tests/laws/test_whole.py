"""Examples of whole sections: values go in, scores come out, and what is wrong is told."""

import tomllib
from pathlib import Path

import pytest

import rating
from tests.test_worked_example import block, table


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """The section of docs/worked_example.md, with its figures as an example."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "section.toml").write_text(block("toml"), "utf-8")
    return rating.load(folder)


def on_paper():
    def numbers(heading, *, also=()):
        return {
            row["region"]: {
                name: float(cell)
                for name, cell in row.items()
                if cell and name not in (*also, "region")
            }
            for row in table(heading)
        }

    return numbers("Values"), numbers("Scores of nodes", also=("group",))


def checked(section, **example):
    made = rating.Section(
        **{
            **{name: getattr(section, name) for name in type(section).model_fields},
            "example": [{"why": "worked out", "edition": 2020} | example],
        }
    )
    report = rating.check(made, laws=False)
    row = next(r for r in report.rows.iter_rows(named=True) if r["item"] == made.id)
    assert row["law"] == "example 1"
    return row["holds"], row["detail"]


def test_the_page_that_is_worked_out_by_hand_is_an_example_that_holds(paper):
    given, expect = on_paper()
    assert checked(paper, given=given, expect=expect) == (True, "worked out")


@pytest.mark.parametrize("region", "ABCDE")
@pytest.mark.parametrize("item", ["index", "business", "knowledge", "rank"])
def test_each_number_is_held(paper, region, item):
    given, expect = on_paper()
    expect[region][item] += 1
    holds, detail = checked(paper, given=given, expect=expect)
    assert not holds
    assert detail.startswith(f"worked out: {region}, {item} is ")
    assert detail.count(", not ") == 1


def test_a_score_that_is_missing_is_said_to_be(paper):
    given, _ = on_paper()
    given["C"] = {"jobs": 30, "days": 30}
    assert checked(
        paper, given=given, expect={"C": {"knowledge": "missing", "degrees": "missing"}}
    )[0]


def test_what_is_not_there_is_refused_with_the_nearest_name(paper):
    with pytest.raises(rating.errors.DefinitionError) as error:
        checked(
            paper,
            given={"A": {"job": 1}},
            expect={"A": {"idx": 1}, "B": {"index": 1}},
        )
    told = str(error.value)
    assert "example 1, given.A" in told
    assert "did you mean 'jobs'?" in told
    assert "no item 'idx'" in told
    assert "nothing is given for the region" in told


def test_a_section_with_sectors_asks_which():
    hitech = rating.load("hitech")
    with pytest.raises(rating.errors.DefinitionError, match="no sector"):
        checked(hitech, given={"RU-TOM": {}}, expect={"RU-TOM": {"index": "missing"}})


def test_an_example_is_rated_in_its_own_sector():
    """An indicator of one sector counts in that sector alone."""
    table = {"grain": "region", "a": {"type": "number"}, "b": {"type": "number"}}
    sectors = {"a": ["steel"], "b": ["wood"]}
    made = rating.Section(
        id="s",
        name="S",
        node=[{"id": "index"}],
        sector=[{"id": "steel", "name": "Steel"}, {"id": "wood", "name": "Wood"}],
        indicator=[
            {
                "id": name,
                "parent": "index",
                "sectors": belongs,
                "input": {"t": table},
                "version": [{"since": "2000-01-01", "value": name}],
            }
            for name, belongs in sectors.items()
        ],
    )
    given = {"A": {"a": 1, "b": 9}, "B": {"a": 2, "b": 8}}
    first = {"steel": "B", "wood": "A"}
    for sector, best in first.items():
        expect = {region: {"rank": 1 if region == best else 2} for region in given}
        assert checked(made, sector=sector, given=given, expect=expect) == (True, "worked out")


def test_the_example_of_the_page_holds(section):
    page = (Path(__file__).parents[2] / "docs" / "laws.md").read_text("utf-8")
    text = page.split("```toml\n[[example]]")[1].split("```")[0]
    example = tomllib.loads(f"[[example]]{text}")["example"][0]
    stretched = {"normalise": {"name": "minmax", "range": [1, 100]}}
    made = section("jobs", "days", method=stretched, days={"direction": "lower"})
    assert checked(made, **example) == (True, example["why"])


def test_a_changed_method_is_found():
    """What no example of an indicator sees."""
    section = rating.load("hitech_open")
    assert rating.check(section, laws=False).ok
    changed = section.replace(method=section.method.replace(aggregate={"name": "geometric"}))
    report = rating.check(changed, laws=False)
    # The geometric mean was an alternative, and is the setting now.
    found = [row["law"] for row in report.findings.iter_rows(named=True)]
    assert found == ["example 1", "alternatives differ"]


def test_a_node_with_nothing_in_force_is_a_finding(section):
    def laws(since):
        made = section(
            "a",
            edition=[{"year": 2018}, {"year": 2019}],
            a={"version": [{"since": since, "value": "a"}]},
        )
        found = rating.check(made, laws=False).findings
        return {row["law"]: row["detail"] for row in found.iter_rows(named=True)}

    assert "in force in every edition" not in laws("2018-12-31")
    told = laws("2019-01-01")["in force in every edition"]
    assert "2019-01-01: not in 2018" in told
