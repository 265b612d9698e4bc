import shlex

import pytest

import rating


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def commands(text):
    """The commands that an outcome names after ``next:``."""
    listed = text.split("next:\n")[1].splitlines()
    return [shlex.split(line)[1:] for line in listed]


def test_a_new_section_works_with_the_commands_it_names(run):
    outcome = run("new", "section")
    assert (outcome.code, outcome.err) == (0, "")
    for words in commands(outcome.out):
        found = run(*words)
        assert (found.code, found.err) == (0, ""), words
    assert run("check", "my_section", "my_section/data").code == 0


def test_a_new_section_takes_its_id_from_its_folder(run, tmp_path):
    assert run("new", "section", "deep/Green Energy").code == 0
    assert rating.load("deep/Green Energy").id == "green_energy"
    assert run("new", "section", "2030").code == 0
    assert rating.load("2030").id == "my_section"


def test_a_new_indicator_works_in_a_new_section(run):
    run("new", "section")
    outcome = run("new", "indicator", "my_section/staff.toml")
    assert (outcome.code, outcome.err) == (0, "")
    assert commands(outcome.out) == [["check", "my_section/staff.toml"]]
    assert run(*commands(outcome.out)[0]).code == 0
    assert {item.id for item in rating.load("my_section").indicator} == {
        "output_per_person",
        "staff",
    }


@pytest.mark.parametrize(("kind", "name"), [("section", "mine"), ("indicator", "mine.toml")])
def test_nothing_is_ever_overwritten(run, tmp_path, kind, name):
    assert run("new", kind, name).code == 0
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    outcome = run("new", kind, name)
    assert (outcome.code, outcome.out) == (2, "")
    assert "is there already" in outcome.err
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_an_empty_folder_is_not_taken_over(run, tmp_path):
    (tmp_path / "mine").mkdir()
    assert run("new", "section", "mine").code == 2
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(run, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = run("new", "section", "file/mine")
    assert outcome.code == 2
    assert "cannot be written" in outcome.err
    assert ".part" not in outcome.err
