import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rating.cli import run

ROOT = Path(__file__).parents[2]
RATE = ["rate", "hitech_open", "data/open", "--edition", "2019"]


def process(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "rating", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_a_good_run_leaves_stderr_empty(tmp_path):
    done = process(*RATE, "--out", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Moscow" in done.stdout
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "ranks.csv",
        "refused.csv",
        "scores.csv",
        "values.csv",
    ]
    assert len((tmp_path / "out" / "ranks.csv").read_text().splitlines()) == 86


def test_a_mistake_leaves_only_its_message_on_stderr(tmp_path):
    done = process("rate", "hitech", "data/open", "--edition", "2019", "--out", str(tmp_path / "o"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "UsageError: hitech:",
        "  no such section or folder",
        "  did you mean 'hitech_open'?",
    ]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["rat"], "Did you mean 'rate'?"),
        (["rate", "hitech_open"], "DATA"),
        ([*RATE], "--out"),
        ([*RATE, "--edtion", "2018", "--out", "x"], "--edition"),
        (["rate", "hitech_open", "data/open", "--edition", "ten", "--out", "x"], "valid integer"),
        (
            [
                "report",
                "hitech_open",
                "data/open",
                "--edition",
                "2019",
                "--lang",
                "fr",
                "--out",
                "x",
            ],
            "fr",
        ),
        (["explain", "hitech_open", "data/open", "RU-TOMS", "--edition", "2019"], "RU-TOM"),
        (["new", "planet"], "section or indicator"),
        (["rate", "hitech_open", "nowhere", "--edition", "2019", "--out", "x"], "nowhere"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(words, part, capsys):
    assert run(words) in (2, 3)
    shown = capsys.readouterr()
    assert part in shown.err
    assert shown.out == ""
    assert not Path("x").exists()


def test_help_lists_only_commands_that_work(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("new", "check", "rate", "report", "explain", "doctor"):
        assert f"\n  {command} " in shown
        assert run([command, "--help"]) == 0
    assert run(["--version"]) == 0


def test_refused_rows_stop_the_run_unless_they_are_allowed(tmp_path, capsys):
    assert run(["new", "section", str(tmp_path / "mine")]) == 0
    table = tmp_path / "mine" / "data" / "region_year.csv"
    table.write_text(table.read_text().replace("120,15000", "12o,15000"))
    words = [
        "rate",
        str(tmp_path / "mine"),
        str(tmp_path / "mine" / "data"),
        "--edition",
        "2025",
        "--out",
        str(tmp_path / "out"),
    ]
    assert run(words) == 3
    assert "region_year.csv, row 3, column graduates" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run([*words, "--allow-refused"]) == 0
    assert "12o" in (tmp_path / "out" / "refused.csv").read_text()


def test_a_new_section_checks_and_rates_and_is_never_written_over(tmp_path, capsys):
    folder = str(tmp_path / "mine")
    assert run(["new", "section", folder]) == 0
    assert run(["check", folder, f"{folder}/data"]) == 0
    assert run(["rate", folder, f"{folder}/data", "--edition", "2025", "--out", f"{folder}/o"]) == 0
    capsys.readouterr()
    assert run(["new", "section", folder]) == 2
    assert "nothing is written over it" in capsys.readouterr().err


def test_a_new_indicator_is_one_that_loads(tmp_path, capsys):
    import rating

    assert run(["new", "indicator", str(tmp_path / "mine.toml")]) == 0
    made = rating.Indicator.from_toml((tmp_path / "mine.toml").read_text("utf-8"))
    assert rating.check(made).ok


def test_findings_end_with_exit_code_1(tmp_path, capsys):
    folder = tmp_path / "mine"
    assert run(["new", "section", str(folder)]) == 0
    file = folder / "skills" / "graduates.toml"
    file.write_text(file.read_text("utf-8").replace("A = 5.0", "A = 6.0"), "utf-8")
    assert run(["check", str(folder)]) == 1
    assert "A is 5, not 6" in capsys.readouterr().out


def test_an_explanation_is_text_or_json_and_takes_a_name(capsys):
    words = ["explain", "hitech_open", "data/open", "Томская область", "--edition", "2019"]
    assert run([*words, "--lang", "ru"]) == 0
    assert "Томская область" in capsys.readouterr().out
    assert run([*words, "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["region"] == "RU-TOM"
    assert content["rows"][0]["item"] == "index"


def test_the_doctor_finds_all_that_is_needed(capsys):
    assert run(["doctor"]) == 0
    assert "all is well" in capsys.readouterr().out


def test_a_bug_is_one_line_and_exit_code_70(monkeypatch, capsys):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("rating.cli.load", broken)
    assert run(["check", "hitech_open"]) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("bug: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in shown


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -m rating {' '.join(RATE)} --out $(mktemp -d)/o | head -n 1"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
