"""The tutorial and the how-to pages are true: what they run gives what they show."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from rating.cli import run

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [DOCS / "tutorial.md", *sorted((DOCS / "howto").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ rating ([^\n]+)\n(.*?)(?=^\$ |\Z)", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_runs_gives_what_it_shows(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    if page.stem == "publish":
        run(["new", "section", "my_section"])
        capsys.readouterr()
    names: dict[str, object] = {}
    printed = None
    for kind, text in BLOCK.findall(page.read_text("utf8")):
        if kind == "python":
            exec(text, names)
            printed = capsys.readouterr().out
        elif kind == "console":
            for words, shown in COMMAND.findall(text):
                run(shlex.split(words))
                is_shown(capsys.readouterr().out, shown)
        elif kind == "text" and printed is not None:
            is_shown(printed, text)
            printed = None


def is_shown(printed: str, shown: str) -> None:
    same = doctest.OutputChecker().check_output(shown.strip() + "\n", printed.strip() + "\n", 0)
    assert same, f"shown:\n{shown}\nprinted:\n{printed}"
