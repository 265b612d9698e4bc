"""The command ``rating convert`` and the page that shows it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import polars as pl
import pytest
from typer.main import get_command

from rating.cli import convert
from rating.errors import DataError, UsageError
from tests.inputs.test_emiss import export, series
from tests.inputs.test_rmsp import document, person, register
from tests.inputs.test_rosstat import BODY, FOOT, HEAD, sheet

PAGE = (Path(__file__).parents[2] / "docs" / "registers.md").read_text("utf-8")


def run(*words: object) -> None:
    get_command(convert.app)(args=[str(word) for word in words], standalone_mode=False)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A folder with the files of the page."""
    monkeypatch.chdir(tmp_path)
    body = [row for row in BODY if "Омская" not in str(row)]
    sheet(tmp_path / "population.xlsx", [*HEAD, *body, *FOOT])
    path = export(tmp_path / "staff.xml", series(), series(kind="2"), series("00"))
    path.write_text(path.read_text("utf-8").replace("K_1", "KIND").replace("Вид", "Kind of staff"))
    register(tmp_path / "register.xml", document(), document(who=person(), kind="2"))
    text = "Регион;Год;ВРП\nТомская область;2019;1 234,5\nМосква;2019;7\n"
    (tmp_path / "grp.csv").write_bytes(text.encode("cp1251"))
    return tmp_path


def test_the_transcript_of_the_page_is_what_the_commands_print(place, capsys):
    [block] = re.findall(r"```console\n(.*?)```", PAGE, re.S)
    shown = re.findall(r"^\$ rating convert ([^\n]+)\n(.*?)(?=^\$ |\Z)", block, re.S | re.M)
    assert len(shown) == 4
    for command, printed in shown:
        run(*shlex.split(command.replace(" ; ", " ';' ")))
        assert capsys.readouterr().out == printed
    assert pl.read_csv("staff.csv").select("region", "value").rows() == [("RU-TOM", 12.5)]
    assert pl.read_parquet("firms.parquet")["kind"].to_list() == ["company", "entrepreneur"]
    assert pl.read_csv("region_year.csv").rows() == [("RU-TOM", 2019, 1234.5), ("RU-MOW", 2019, 7)]


def test_a_refused_row_stops_the_command_and_nothing_is_written(place, capsys):
    register(place / "register.xml", document(), document(region="99"))
    with pytest.raises(DataError, match="refused: 1 row; nothing is written") as caught:
        run("rmsp", "register.xml", "--out", "firms.csv")
    assert "register.xml, row 2, column region" in str(caught.value)
    assert sorted(path.name for path in place.iterdir() if "firms" in path.name) == []
    run("rmsp", "register.xml", "--out", "firms.csv", "--allow-refused")
    assert "warning: refused and left out: 1 row" in capsys.readouterr().err
    assert pl.read_csv("firms.csv").height == 1
    assert pl.read_csv("firms.refused.csv")["row"].to_list() == [2]
    assert not [path for path in place.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--out", "firms.xlsx"], "is no format that can be written"),
        (["--out", "firms.csv", "--only", "kin=company"], "no column 'kin'"),
        (["--out", "firms.csv", "--only", "kind"], "has no '='"),
    ],
)
def test_a_mistaken_option_is_told(place, words, what):
    with pytest.raises(UsageError, match=what):
        run("rmsp", "register.xml", *words)


def test_the_same_file_gives_the_same_bytes(place):
    for suffix in ("csv", "parquet"):
        for name in ("one", "two"):
            run("rmsp", "register.xml", "--out", f"{name}.{suffix}")
        assert (place / f"one.{suffix}").read_bytes() == (place / f"two.{suffix}").read_bytes()
