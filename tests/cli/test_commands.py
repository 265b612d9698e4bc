import json
import shutil
from pathlib import Path

import polars as pl
import pytest

import rating
from rating.publish.tables import FILES

COMMANDS = (
    "new", "check", "rate", "report", "explore", "explain", "convert", "demo", "schema", "doctor",
)  # fmt: skip
TOML = Path(__file__).parents[1] / "definitions" / "good" / "graduates.toml"


def test_the_help_lists_the_commands_that_work_and_no_other(run):
    outcome = run("--help")
    assert outcome.code == 0
    listed = outcome.out.split("Commands:")[1].split("Exit codes")[0]
    assert {line.split()[0] for line in listed.splitlines() if line.strip()} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    outcome = run(command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Usage: rating {command}" in outcome.out


def test_the_version_is_printed(run):
    assert run("--version") == (0, f"rating {rating.__version__}\n", "")


def test_rate_writes_every_table_and_shows_the_first_ten(run, good, tmp_path):
    outcome = run("rate", *good, "--edition", 2019, "--out", tmp_path / "out")
    assert (outcome.code, outcome.err) == (0, "")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(FILES)
    assert outcome.out.splitlines()[0] == "A small section, 2019: 4 of 85 regions ranked"
    assert outcome.out.splitlines()[2] == "1  RU-TOM  Tomsk Oblast        75.25  A"


def test_rate_shows_no_more_than_ten(run, tmp_path):
    data = rating.resources.folder("data") / "open"
    outcome = run("rate", "hitech_open", data, "--edition", 2019, "--out", tmp_path / "out")
    assert [line.split()[0] for line in outcome.out.splitlines()[2:12]] == [
        str(n) for n in range(1, 11)
    ]
    assert outcome.out.splitlines()[12] == ""


@pytest.fixture
def refused(good, tmp_path):
    """The data of the small section, with two rows that break a rule."""
    folder = tmp_path / "data"
    shutil.copytree(good[1], folder)
    table = folder / "region_year.csv"
    text = table.read_text("utf-8")
    table.write_text(text.replace("30,1200", "many,1200").replace("0,900", "-1,900"), "utf-8")
    return folder


def test_refused_rows_stop_rate_and_are_all_listed(run, good, refused, tmp_path):
    outcome = run("rate", good[0], refused, "--edition", 2019, "--out", tmp_path / "out")
    assert (outcome.code, outcome.out) == (3, "")
    for part in (
        "region_year.csv, row 3, column graduates:\n  'many': not a whole number",
        "region_year.csv, row 5, column graduates:\n  '-1': below the least value, 0",
        "2 rows are refused",
        "--allow-refused",
    ):
        assert part in outcome.err
    assert not (tmp_path / "out").exists()


def test_refused_rows_that_are_allowed_are_left_out_and_kept_beside(run, good, refused, tmp_path):
    words = ("rate", good[0], refused, "--edition", 2019, "--out", tmp_path / "out")
    outcome = run(*words, "--allow-refused")
    assert outcome.code == 0
    assert outcome.err == "warning: 2 rows are refused and left out\n"
    kept = pl.read_csv(tmp_path / "out" / "refused.csv")
    assert kept["row"].to_list() == [3, 5]


@pytest.mark.parametrize("command", ["check", "explain", "report"])
def test_refused_rows_stop_every_command_over_data(run, good, refused, tmp_path, command):
    more = {"check": (), "explain": ("RU-TOM", "--edition", 2019)}.get(
        command, ("--edition", 2019, "--out", tmp_path / "r.pdf")
    )
    assert run(command, good[0], refused, *more).code == 3


def test_check_ends_with_0_when_everything_holds(run, good):
    outcome = run("check", *good)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "small: everything holds (2 indicators, 2 examples, edition 2019 of the data)\n"
    )


def test_check_ends_with_1_and_a_table_when_something_does_not(run, good, tmp_path):
    shutil.copytree(good[0], tmp_path / "small")
    file = tmp_path / "small" / "graduates.toml"
    file.write_text(file.read_text("utf-8").replace("RU-TOM = 5.0", "RU-TOM = 6.0"), "utf-8")
    outcome = run("check", tmp_path / "small")
    assert (outcome.code, outcome.err) == (1, "")
    assert "no     20 among 4,000 people: RU-TOM is 5, not 6" in outcome.out


def test_check_takes_the_file_of_one_indicator(run):
    outcome = run("check", TOML)
    assert (outcome.code, outcome.err) == (0, "")
    assert "yes    20 among 4,000 people" in outcome.out
    assert run("check", "nowhere.toml").code == 2


def test_explain_prints_text_by_code_or_by_any_name(run, good):
    by_code = run("explain", *good, "RU-TOM", "--edition", 2019)
    assert (by_code.code, by_code.err) == (0, "")
    assert by_code.out.splitlines()[:2] == ["Tomsk Oblast", "  index: 75.25"]
    assert run("explain", *good, "Томская область", "--edition", 2019) == by_code


def test_explain_prints_json_that_adds_up(run, good):
    outcome = run("explain", *good, "RU-NVS", "--edition", 2019, "--format", "json")
    found = json.loads(outcome.out)
    assert (found["section"], found["edition"], found["region"]) == ("small", 2019, "RU-NVS")
    parts = [row["contribution"] for row in found["rows"] if row["parent"] == "index"]
    assert sum(parts) == pytest.approx(found["score"], abs=1e-12)
    assert {row["measure"] for row in found["measures"]} >= {"bio", "every"}


def test_explain_of_an_unknown_region_names_the_nearest(run, good):
    outcome = run("explain", *good, "Tomks Oblast", "--edition", 2019)
    assert outcome.code == 2
    assert "did you mean 'Tomsk Oblast'?" in outcome.err
    assert run("explain", *good, "RU-XXX", "--edition", 2019).code == 2


def test_report_writes_a_pdf_of_one_region_by_its_name(run, good, tmp_path):
    words = ("report", *good, "--edition", 2019, "--lang", "ru", "--region", "Томская область")
    outcome = run(*words, "--out", tmp_path / "tomsk.pdf")
    assert outcome == (0, f"written: {tmp_path / 'tomsk.pdf'}\n", "")
    assert (tmp_path / "tomsk.pdf").read_bytes().startswith(b"%PDF-")


def test_one_switch_reaches_the_report_the_workbook_and_the_explorer(run, good, tmp_path):
    own = ("hitech_open", rating.resources.folder("data") / "open", "--edition", 2019)
    for command, name in (("report", "r.pdf"), ("report", "r.xlsx"), ("explore", "r.html")):
        # 83 are ranked: one would be told by group, and its numbers follow from the medians.
        outcome = run(command, *own, "--top", 82, "--out", tmp_path / name)
        assert outcome.code == 2
        assert "medians tell of so few" in outcome.err
    assert list(tmp_path.iterdir()) == []
    book = tmp_path / "book.xlsx"
    outcome = run("report", *good, "--edition", 2019, "--top", 1, "--out", book)
    assert outcome == (0, f"written: {book}\n", "")


def test_a_workbook_takes_no_option_of_the_pages(run, good, tmp_path):
    words = ("report", *good, "--edition", 2019, "--out", tmp_path / "book.xlsx")
    for more in (("--brief",), ("--region", "RU-TOM"), ("--draws", 5), ("--audience", "own")):
        outcome = run(*words, *more)
        assert outcome.code == 2
        assert "only --top and --lang are for it" in outcome.err


BLOCK = """
[uncertainty]
level = 0.9
[[uncertainty.assumption]]
id   = "weights"
kind = "weights"
draw = { name = "dirichlet", concentration = 20 }
"""


@pytest.fixture
def uncertain(good, tmp_path):
    """The small section with an assumption that can be drawn, and its data."""
    folder = tmp_path / "uncertain"
    shutil.copytree(good[0], folder)
    file = folder / "section.toml"
    file.write_text(file.read_text("utf-8") + BLOCK, "utf-8")
    return str(folder), good[1]


def test_report_with_draws_is_the_same_for_the_same_seed_and_another_without(
    run, uncertain, tmp_path
):
    words = ("report", *uncertain, "--edition", 2019, "--region", "RU-TOM")

    def written(*more):
        outcome = run(*words, "--out", tmp_path / "one.pdf", *more)
        assert outcome == (0, f"written: {tmp_path / 'one.pdf'}\n", "")
        return (tmp_path / "one.pdf").read_bytes()

    drawn = written("--draws", 20)
    assert drawn == written("--draws", 20, "--seed", 1)
    assert drawn != written()


def test_report_with_draws_of_a_section_without_uncertainty_says_what_to_add(run, good, tmp_path):
    outcome = run("report", *good, "--edition", 2019, "--out", tmp_path / "r.pdf", "--draws", 20)
    assert (outcome.code, outcome.out) == (2, "")
    assert "the section declares no uncertainty" in outcome.err
    assert "[[uncertainty.assumption]]" in outcome.err
    assert not (tmp_path / "r.pdf").exists()


def test_a_seed_without_draws_is_refused(run, good, tmp_path):
    outcome = run("report", *good, "--edition", 2019, "--out", tmp_path / "r.pdf", "--seed", 3)
    assert (outcome.code, outcome.out) == (2, "")
    assert "--seed:\n  nothing is drawn\n  say how often: --draws 10000" in outcome.err


def test_report_refuses_a_folder_before_it_computes(run, good, tmp_path):
    outcome = run("report", *good, "--edition", 2019, "--out", tmp_path)
    assert outcome.code == 2
    assert "is a folder" in outcome.err


def test_verbose_logs_on_stderr_alone(run, good, tmp_path):
    words = ("rate", *good, "--edition", 2019, "--out", tmp_path / "out")
    quiet, loud = run(*words), run(*words, "--verbose")
    assert loud.out == quiet.out
    assert "region_year.csv: 5 rows, sha256" in loud.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["raet"], "Did you mean 'rate'"),
        (["rate", "a", "b", "--edtion", "2019"], "--edition"),
        (["rate", "a", "b", "--edition", "2019"], "--out"),
        (["rate", "a", "--edition", "2019", "--out", "o"], "DATA"),
        (["rate", "a", "b", "--edition", "soon", "--out", "o"], "--edition"),
        (["rate", "a", "b", "--edition", "0", "--out", "o"], "1900"),
        (["report", "a", "b", "--edition", "2019", "--out", "o", "--lang", "de"], "'en', 'ru'"),
        (["report", "a", "b", "--edition", "2019", "--out", "o", "--draws", "0"], "--draws"),
        (["report", "a", "b", "--edition", "2019", "--out", "o", "--seed", "-1"], "--seed"),
        (["explain", "a", "b", "c", "--edition", "2019", "--format", "xml"], "'json'"),
        (["new", "sections"], "Did you mean 'section'"),
    ],
)
def test_a_mistyped_command_line_ends_with_2_and_says_where(run, words, part):
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert part in outcome.err


@pytest.mark.parametrize("words", [[], ["new"]])
def test_a_command_line_without_a_command_shows_the_help(run, words):
    outcome = run(*words)
    assert outcome.code == 2
    assert "Commands:" in outcome.out + outcome.err
