"""The page of the command line: its transcripts are run, and every command is on it."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from rating.cli.commands import app, make

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")
TRANSCRIPTS = [
    (shlex.split(command)[1:], printed.strip())
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.S)
    for command, printed in re.findall(r"^\$ ([^\n]+)\n(.*?)(?=^\$ |\Z)", block, re.S | re.M)
]


def test_the_transcripts_are_what_the_commands_print(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    same = doctest.OutputChecker().check_output
    for words, printed in TRANSCRIPTS:
        outcome = run(*words)
        found = (outcome.out + outcome.err).strip()
        assert same(printed + "\n", found + "\n", doctest.ELLIPSIS), f"{words}\n{found}"


@pytest.mark.parametrize("group", [app, make])
def test_every_command_is_on_the_page(group):
    names = [command.name for command in group.registered_commands]
    assert [name for name in names if not re.search(rf"^\$ rating (new )?{name}", PAGE, re.M)] == []
