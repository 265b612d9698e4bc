"""A repository of definitions, tested by pytest without any code of its own."""

from __future__ import annotations

import os
import re

import pytest

from rating.laws import cases

SECTION = """
id = "s"
name.en = "S"
name.ru = "С"
[[node]]
id = "index"
"""
INDICATOR = """
id     = "rate"
parent = "index"
name.en = "Staff a head"
name.ru = "Персонал на жителя"

[input.t]
grain  = "region"
staff  = {{ type = "number", min = 0 }}
people = {{ type = "number", min = 0 }}

[[version]]
since = 2000-01-01
value = "{value}"

[law]
rises_with = ["t.staff"]

[[example]]
why    = "one in two"
t      = [{{ region = "A", staff = 1, people = 2 }}]
expect = {{ A = 0.5 }}
"""
RIGHT = INDICATOR.format(value="staff / nullif(people, 0)")
WRONG = INDICATOR.format(value="-1 * staff / nullif(people, 0)")


class Seen:
    """What pytest says of each test."""

    def __init__(self):
        self.tests = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.tests[report.nodeid] = report.outcome


@pytest.fixture
def repository(tmp_path, capsys, monkeypatch):
    """A folder in which pytest runs: the exit code, the tests, and what is told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(files, *options):
        for name, text in {"pytest.ini": "[pytest]", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        seen = Seen()
        plugins = ["-p", "no:cacheprovider", "-p", "no:warnings", "-p", "rating.laws.plugin"]
        code = pytest.main(["--capture=no", *plugins, *options], plugins=[seen])
        return code, seen.tests, capsys.readouterr().out

    return run


def test_each_law_and_example_of_a_section_is_a_test_of_the_section(repository):
    files = {"indicators/s/section.toml": SECTION, "indicators/s/deep/rate.toml": RIGHT}
    code, tests, told = repository(files)
    assert code == 0, told
    assert set(tests.values()) == {"passed"}
    assert {name.split("::")[0] for name in tests} == {"indicators/s/section.toml"}
    names = [name.split("::")[1] for name in tests]
    assert names[0] == "rate: example 1"
    assert {"rate: rises with t.staff", "rate: has an example"} < set(names)


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"section.toml": SECTION},
        {"indicators/s/section.toml": SECTION, "indicators/s/rate.toml": RIGHT},
    ],
)
def test_an_indicator_that_stands_alone_is_tested_by_itself(repository, beside):
    """A section above ``indicators``, or beside the indicator, is not its own."""
    files = {"indicators/deep/rate.toml": RIGHT, "indicators/rate.txt": "no definition"}
    code, tests, told = repository(files | beside)
    assert code == 0, told
    tested = {name.split("::")[0] for name in tests}
    assert tested - {"indicators/s/section.toml"} == {"indicators/deep/rate.toml"}
    assert "indicators/deep/rate.toml::rate: rises with t.staff" in tests


def test_definitions_elsewhere_are_left_alone(repository):
    code, tests, told = repository({"other/rate.toml": RIGHT, "other/section.toml": SECTION})
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED, told
    assert tests == {}


def test_what_does_not_hold_is_told_with_its_smallest_input_and_no_traceback(repository):
    code, tests, told = repository({"indicators/rate.toml": WRONG})
    assert code == 1
    failed = [name.split("::")[1] for name, outcome in tests.items() if outcome == "failed"]
    assert failed == ["rate: example 1", "rate: rises with t.staff"]
    assert re.search("^_+ rate: rises with t.staff does not hold _+$", told, re.MULTILINE)
    assert "A is -0.5, not 0.5" in told
    assert "the smallest input that breaks it" in told
    assert "Traceback" not in told
    assert ".py" not in told.split("FAILURES")[1].split("short test summary")[0]


def test_the_place_of_a_test_is_the_file_of_its_definition(repository):
    _, _, told = repository({"indicators/rate.toml": RIGHT}, "-v")
    assert f"indicators{os.sep}rate.toml::rate: example 1 <- indicators" not in told
    assert f"indicators{os.sep}rate.toml::rate: example 1 PASSED" in told


def test_a_mistake_of_the_library_is_told_with_its_traceback(repository, monkeypatch):
    def broken():
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(cases, "of", lambda indicator: [broken])
    code, _, told = repository({"indicators/rate.toml": RIGHT})
    assert code == 1
    assert 'raise ZeroDivisionError("by nothing")' in told
    assert "test_plugin.py" in told


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"indicators/section.toml": SECTION + "ids = 1\n"}, "ids"),
        ({"indicators/rate.toml": RIGHT + "ids = 1\n"}, "ids"),
    ],
)
def test_what_cannot_be_read_is_told_without_a_traceback(repository, files, words):
    code, tests, told = repository(files)
    assert code == pytest.ExitCode.INTERRUPTED
    assert tests == {}
    assert f"ERROR collecting {next(iter(files))}" in told
    assert words in told
    assert "Traceback" not in told
    assert ".py" not in told
