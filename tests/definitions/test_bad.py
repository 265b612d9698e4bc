"""Every bad definition or table ends in one message, with its exit code and nothing else.

A case in ``bad/`` says what is changed in the section in ``good/`` and what the user is told.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from rating.cli import run

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASES = sorted(path.stem for path in (HERE / "bad").glob("*.toml"))
RATE = ["rate", "SECTION", "DATA", "--edition", "2019", "--out", "OUT"]
AS_A_PROCESS = ("unknown_column", "decimal_comma", "division_by_zero", "unknown_region", "cycle")


def prepared(name: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The case, and the command line over the good section with the changes of the case."""
    case = tomllib.loads((HERE / "bad" / f"{name}.toml").read_text("utf-8"))
    section = folder / "small"
    shutil.copytree(HERE / "good", section)
    for change in case.get("change", []):
        apply(change, section / change["file"])
    places = {"SECTION": section, "DATA": section / "data", "OUT": folder / "out"}
    return case, [str(places.get(word, word)) for word in case.get("command", RATE)]


def apply(change: dict[str, Any], file: Path) -> None:
    if change.get("remove"):
        file.unlink()
        return
    text = change.get("text")
    if text is None:
        before = file.read_text("utf-8")
        assert before.count(change["old"]) >= 1
        new = change["new"].replace("...", change.get("filling", "") * change.get("times", 1))
        text = before.replace(change["old"], new)
    file.write_bytes(text.encode(change.get("encoding", "utf-8")))


def is_told(case: dict[str, Any], code: int, out: str, err: str, folder: Path) -> None:
    assert code == case.get("exit", 2), err
    assert out == ""
    assert [part for part in case["told"] if part not in err] == [], err
    assert "Traceback" not in err
    assert sorted(path.name for path in folder.iterdir()) == ["small"]


def test_the_section_without_a_change_is_good(tmp_path, capsys):
    places = {"SECTION": HERE / "good", "DATA": HERE / "good" / "data", "OUT": tmp_path / "out"}
    assert run([str(places.get(word, word)) for word in RATE]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", CASES)
def test_a_bad_case_is_told_with_place_rule_and_remedy(name, tmp_path, capsys):
    case, command = prepared(name, tmp_path)
    code = run(command)
    out, err = capsys.readouterr()
    is_told(case, code, out, err, tmp_path)


@pytest.mark.parametrize("name", AS_A_PROCESS)
def test_a_process_says_the_message_and_nothing_more(name, tmp_path, capsys):
    case, command = prepared(name, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "rating", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    is_told(case, done.returncode, done.stdout, done.stderr, tmp_path)
    run(command)
    assert done.stderr == capsys.readouterr().err


def test_the_problems_of_several_files_come_in_one_error(tmp_path, capsys):
    names = ("unknown_key_in_node", "unknown_key_in_column", "unknown_measure")
    section = tmp_path / "small"
    shutil.copytree(HERE / "good", section)
    told = []
    for name in names:
        case = tomllib.loads((HERE / "bad" / f"{name}.toml").read_text("utf-8"))
        told += [part.removeprefix("DefinitionError: ") for part in case["told"]]
        apply(case["change"][0], section / case["change"][0]["file"])
    assert run(["check", str(section)]) == 2
    err = capsys.readouterr().err
    assert [part for part in told if part not in err] == []
    assert err.count("DefinitionError") == 1


def test_there_are_cases_enough():
    assert len(CASES) >= 60
