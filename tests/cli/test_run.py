import os
import subprocess
import sys
from pathlib import Path

import pytest

from rating.cli import commands

ROOT = Path(__file__).parents[2]
GOOD = ROOT / "tests" / "definitions" / "good"
RATE = ("rate", GOOD, GOOD / "data", "--edition", 2019)


def process(*words, **options):
    """The command as a process of its own, as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "rating", *map(str, words)],
        cwd=ROOT,
        text=True,
        check=False,
        **{"capture_output": True, **options},
    )


def fail(monkeypatch, error):
    def failing(*_):
        raise error

    monkeypatch.setattr(commands, "loaded", failing)


def test_a_good_run_leaves_stderr_empty(tmp_path):
    done = process(*RATE, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "RU-TOM" in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check", "nowhere"), 2),
        (("explain", GOOD, GOOD / "data", "nowhere", "--edition", 2019), 2),
        (("rate", GOOD, GOOD / "data", "--edition", 2031, "--out", "nowhere"), 3),
    ],
)
def test_a_handled_error_is_its_message_and_nothing_else(words, code):
    done = process(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert 2 <= len(done.stderr.splitlines()) <= 4
    assert done.stderr.partition(":")[0] in ("UsageError", "DataError")


def test_an_unexpected_failure_is_one_message_that_asks_for_a_report(run, monkeypatch):
    fail(monkeypatch, KeyError("lost"))
    outcome = run("check", "hitech_open")
    assert (outcome.code, outcome.out) == (70, "")
    assert outcome.err.startswith("a bug in rating: KeyError: 'lost'")
    assert "please report it" in outcome.err
    assert "Traceback" not in outcome.err


def test_the_traceback_of_a_failure_is_shown_on_demand(run, monkeypatch):
    fail(monkeypatch, KeyError("lost"))
    assert "Traceback" in run("check", "hitech_open", "--verbose").err


def test_an_interrupt_ends_with_130_and_in_silence(run, monkeypatch):
    fail(monkeypatch, KeyboardInterrupt())
    assert run("check", "hitech_open") == (130, "", "")


def test_what_the_system_refuses_is_no_bug(run, monkeypatch):
    fail(monkeypatch, PermissionError(13, "Permission denied", "data/x.csv"))
    outcome = run("check", "hitech_open")
    assert outcome == (2, "", "UsageError: data/x.csv:\n  Permission denied\n")


def test_a_reader_that_leaves_early_is_no_error():
    words = ["explain", GOOD, GOOD / "data", "RU-TOM", "--edition", 2019]
    reading, writing = os.pipe()
    os.close(reading)
    done = process(*words, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk_under_stdout_is_told():
    with open("/dev/full", "w") as full:
        done = process("check", GOOD, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "UsageError: the output:\n  No space left on device\n"


def test_a_terminal_without_cyrillic_gets_codes(tmp_path):
    words = ["explain", GOOD, GOOD / "data", "RU-TOM", "--edition", 2019, "--lang", "ru"]
    done = process(*words, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("\\u0422")


def test_control_characters_of_a_file_do_not_reach_the_terminal(run, tmp_path):
    folder = tmp_path / "evil\x1b[31m"
    outcome = run("check", folder)
    assert outcome.code == 2
    assert "\x1b" not in outcome.err
    assert "\\x1b[31m" in outcome.err
