"""The README is true: its Python gives the output it shows, its files exist, its commands work."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True)


def test_the_python_of_the_readme_gives_the_output_it_shows():
    program = block("python")
    lines = [line for line in program.splitlines() if line.strip()]
    assert len(lines) <= 12
    done = run("-c", program)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == block("text")


def test_every_file_that_the_readme_points_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_the_make_targets_of_the_readme_are_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^\$ make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("line", re.findall(r"^\$ rating (.+)$", README, re.MULTILINE))
def test_every_command_of_the_readme_works(line, tmp_path):
    words = [str(ROOT / w) if w.startswith("data/") else w for w in line.split()]
    words = [str(tmp_path / w) if words[n - 1] == "--out" else w for n, w in enumerate(words)]
    if words[0] == "report":  # one profile: the whole book is rendered once, in its own test
        words += ["--region", "RU-TOM"]
    done = run("-m", "rating", *words)
    assert done.stderr == ""
    assert done.returncode in (0, 1) if words[0] == "check" else done.returncode == 0
