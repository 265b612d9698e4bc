"""Where an output may go: never over an input, under an ending of another format, or nowhere."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

import rating
from rating import cli, outputs

SECTION = """id = "s"
name = "S"
[[node]]
id = "index"
"""
INDICATOR = """id = "a"
parent = "index"
[input.values]
grain = "region"
x = { type = "number" }
[[version]]
since = 2000-01-01
value = "x"
"""
ROWS = "region,year,x\nA,2020,1\nB,2020,2\nC,2020,3\n"
EXTRACT = ["--column", "a=b", "--encoding", "utf-8", "--delimiter", ";", "--decimal", ","]
NAMES = "region,name_en,name_ru\nA,A,А\nB,B,Б\nC,C,В\n"


@pytest.fixture
def place(tmp_path):
    """A section whose table has the name of an output, and its data."""
    for name, text in {
        "s/section.toml": SECTION,
        "s/a.toml": INDICATOR,
        "data/values.csv": ROWS,
        "data/regions.csv": NAMES,
        "data/sources.toml": "",
        "extract.csv": "Region;x\nA;1,5\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf8")
    return tmp_path


def held(place: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in place.rglob("*") if file.is_file()}


def ran(words, capsys):
    """The exit code of a command and what it wrote on stderr."""
    code = cli.run([str(word) for word in words])
    return code, capsys.readouterr().err


def rate_to(place, out):
    return ["rate", place / "s", place / "data", "--edition", 2020, "--out", out]


def one(place):
    """The commands that write one file of an edition, with its name."""
    given = [place / "s", place / "data", "--edition", 2020]
    return {
        "pdf": ["report", *given],
        "xlsx": ["report", *given],
        "html": ["explore", *given],
    }


def spellings(place: Path) -> dict[str, Path]:
    """The folder of the data under other names."""
    os.symlink(place / "data", place / "link")
    apart = place / "apart"
    apart.mkdir()
    os.symlink(place / "data" / "values.csv", apart / "values.csv")
    hard = place / "hard"
    hard.mkdir()
    os.link(place / "data" / "values.csv", hard / "values.csv")
    return {
        "itself": place / "data",
        "dots": place / "s" / ".." / "data",
        "relative": Path(os.path.relpath(place / "data")),
        "folder linked": place / "link",
        "file linked": apart,
        "file linked hard": hard,
    }


def test_a_rating_is_never_written_over_its_data(place, capsys):
    for how, out in spellings(place).items():
        before = held(place)
        code, err = ran(rate_to(place, out), capsys)
        assert (how, code, held(place) == before) == (how, 2, True)
        assert "is the input values.csv, which it would overwrite" in err
        section = rating.load(place / "s")
        result = rating.rate(section, rating.read(place / "data", section), edition=2020)
        with pytest.raises(rating.UsageError, match=r"is the input values\.csv"):
            result.save(out)
        assert held(place) == before, how


@pytest.mark.parametrize("name", ["Values.CSV", "values.parquet"])
def test_a_table_beside_the_input_of_its_name_is_none(place, capsys, name):
    table = place / "data" / "values.csv"
    if name.endswith("parquet"):
        pl.read_csv(table).write_parquet(place / "data" / name)
        table.unlink()
    else:
        os.rename(table, place / "data" / "values.CSV")
    before = held(place)
    code, err = ran(rate_to(place, place / "data"), capsys)
    assert (code, held(place)) == (2, before)
    assert "input values." in err


def test_a_folder_of_outputs_is_written_again(place, capsys):
    for _ in range(2):
        assert ran(rate_to(place, place / "data" / "out"), capsys)[0] == 0
        assert ran(rate_to(place, place / "out"), capsys)[0] == 0


@pytest.mark.parametrize("ending", ["pdf", "xlsx", "html"])
def test_one_file_is_never_written_over_an_input_through_a_link(place, capsys, ending):
    for file in (place / "s" / "section.toml", place / "data" / "values.csv"):
        for link in (os.link, os.symlink):
            out = place / f"out.{ending}"
            link(file, out)
            before = held(place)
            code, err = ran([*one(place)[ending], "--out", out], capsys)
            assert (code, held(place)) == (2, before)
            assert f"is the input {file.name}" in err
            out.unlink()


def test_a_book_is_no_second_table(place, capsys):
    out = place / "data" / "values.xlsx"
    code, err = ran([*one(place)["xlsx"], "--out", out], capsys)
    assert (code, out.exists()) == (2, False)
    assert "would be the same table as the input values.csv" in err


def test_what_is_converted_stays(place, capsys):
    words = ["convert", "extract", place / "extract.csv", "--column", "Region=region"]
    words += ["--encoding", "utf-8", "--delimiter", ";", "--decimal", ",", "--out"]
    shutil.copy(place / "extract.csv", place / "t.refused.csv")
    before = held(place)
    code, err = ran([*words, place / "extract.csv"], capsys)
    assert (code, held(place)) == (2, before)
    assert "is the input extract.csv" in err
    words[2] = place / "t.refused.csv"
    code, err = ran([*words, place / "t.csv"], capsys)
    assert (code, held(place)) == (2, before)
    assert "is the input t.refused.csv" in err


def test_invented_data_replace_no_folder_that_holds_more(tmp_path, capsys):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "sources.toml").write_text("synthetic = true")
    (tmp_path / "demo" / "mine.csv").write_text(ROWS)
    before = held(tmp_path)
    code, err = ran(["demo", "--out", tmp_path / "demo"], capsys)
    assert (code, held(tmp_path)) == (2, before)
    assert "mine.csv" in err


def commands(place):
    """Every command that writes, up to the path."""
    return {
        **{name: [*words, "--out"] for name, words in one(place).items()},
        "rate": rate_to(place, "")[:-1],
        "each": [*one(place)["pdf"], "--each-region", "--out"],
        "demo": ["demo", "--out"],
        "schema": ["schema", "--out"],
        "new section": ["new", "section"],
        "new indicator": ["new", "indicator"],
        **{
            kind: ["convert", kind, place / "extract.csv", *more, "--out"]
            for kind, more in {
                "emiss": [],
                "rosstat": ["--sheet", "9.1"],
                "rmsp": [],
                "extract": [
                    "--column",
                    "a=b",
                    "--encoding",
                    "utf-8",
                    "--delimiter",
                    ";",
                    "--decimal",
                    ",",
                ],
            }.items()
        },
    }


def test_an_empty_path_is_no_place(place, capsys, monkeypatch):
    here = place / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name, words in commands(place).items():
        for empty in ("", " "):
            code, err = ran([*words, empty], capsys)
            assert (name, code) == (name, 2)
            assert "is empty" in err
    assert os.listdir(here) == []


def test_an_ending_that_is_no_format_is_refused(place, capsys):
    files = {
        "pdf": ".pdf or report.xlsx",
        "html": ".html",
        "emiss": ".csv or report.parquet",
        "rosstat": ".csv",
        "rmsp": ".csv",
        "extract": ".csv",
    }
    for name, told in files.items():
        # Where there is one format alone, a name without an ending leaves nothing to choose.
        bare = [] if name == "html" else ["report"]
        for out in ("report.docx", "report.pdf.txt", *bare):
            code, err = ran([*commands(place)[name], place / out], capsys)
            assert (name, out, code) == (name, out, 2)
            assert "that can be written" in err
            assert told in err or "pdf.txt" in out
            assert not (place / out).exists()


def test_capitals_are_the_same_ending(place, capsys):
    out = place / "R.XLSX"
    assert ran([*one(place)["xlsx"], "--out", out], capsys)[0] == 0
    assert out.read_bytes()[:2] == b"PK"


def test_every_writer_of_a_result_looks_where_it_writes(place):
    section = rating.load(place / "s")
    result = rating.rate(section, rating.read(place / "data", section), edition=2020)
    for write in (result.to_pdf, result.to_xlsx, result.to_html):
        for wrong in ("a.docx", "a.csv", ""):
            with pytest.raises(rating.UsageError, match=r"no format|is empty"):
                write(place / wrong if wrong else wrong)
    with pytest.raises(rating.UsageError, match="is empty"):
        result.save("")
    changed = result.section.replace(method=section.method)
    assert [file.name for file in changed.origin] == [file.name for file in section.origin]


def test_files_of_other_names_are_apart(tmp_path):
    (tmp_path / "values.csv").write_text(ROWS)
    outputs.require_apart([tmp_path / "ranks.csv"], [tmp_path / "values.csv"])
    outputs.require_apart([tmp_path / "out" / "values.csv"], [tmp_path / "values.csv"])
    outputs.require_apart([tmp_path / "values.pdf"], [tmp_path / "values.csv"])
