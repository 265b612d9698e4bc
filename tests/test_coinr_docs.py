"""What is said to those who come from COINr is true: the program, the names of tests and files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/method/coming_from_coinr.md").read_text("utf-8")
TESTS = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/**/test_coinr*.py"))


def test_the_program_gives_the_output_it_shows():
    program, shown = re.findall(r"```(?:python|text)\n(.*?)```", PAGE, re.DOTALL)[:2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (shown, "")


@pytest.mark.parametrize("name", re.findall(r"`(test_\w+)`", PAGE))
def test_every_test_that_is_named_is_there(name):
    assert f"def {name}(" in TESTS


def test_every_difference_that_is_tested_is_on_the_page():
    tested = (ROOT / "tests/test_coinr_differences.py").read_text("utf-8")
    assert all(f"`{name}`" in PAGE for name in re.findall(r"^def (test_\w+)", tested, re.MULTILINE))


def test_every_file_that_is_compared_is_on_the_page():
    compared = (ROOT / "tests/test_coinr_reference.py").read_text("utf-8")
    files = r'\("((?:ex|treat|norm|agg|impute)_[\w.]+)"'
    names = {*re.findall(files, compared), *re.findall(r"def test_([a-z]+_[A-Z]\w+)\(", compared)}
    assert len(names) > 25
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
