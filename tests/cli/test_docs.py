"""The transcripts of docs/cli.md, run in order in one folder."""

import re
from pathlib import Path

from rating.cli import app, run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")


def test_the_transcripts_are_what_the_commands_print(tmp_path, monkeypatch, capsys):
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    for transcript in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ rating ", transcript, flags=re.MULTILINE)[1:]:
            command, _, wanted = part.partition("\n")
            code = run(command.split())
            shown = capsys.readouterr()
            lines = (shown.out + shown.err).rstrip("\n").split("\n")
            lines += [f"# exit code {code}"] if code else []
            assert [line.rstrip() for line in lines] == wanted.rstrip("\n").split("\n")


def test_every_command_is_on_the_page_and_no_other():
    commands = [command.callback.__name__ for command in app.registered_commands]
    assert sorted(re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)) == sorted(commands)
