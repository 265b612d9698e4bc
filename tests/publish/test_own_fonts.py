"""Fonts of a user's: letters that ours lack are written, named beforehand, and embedded."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pikepdf
import polars as pl
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

import rating
from rating.errors import DataError, UsageError
from rating.publish import fonts, report
from tests.publish.small import rated, regions, section

NAMES = ["Alpha", "Thừa Thiên Huế", "東京", "Delta", "Epsilon"]


@pytest.fixture(scope="module")
def font(tmp_path_factory) -> Path:
    """A font of squares for the letters of the names."""
    return made(tmp_path_factory.mktemp("fonts") / "squares.ttf")


def made(path: Path, rights: int = 0, letters: str = "ừếệ東京") -> Path:
    pen = TTGlyphPen(None)
    for n, point in enumerate(((50, 0), (50, 700), (600, 700), (600, 0))):
        (pen.lineTo if n else pen.moveTo)(point)
    pen.closePath()
    glyphs = [".notdef", *(f"g{n}" for n in range(len(letters)))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(one): f"g{n}" for n, one in enumerate(letters)})
    builder.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (650, 50)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(fsType=rights)
    builder.setupPost()
    builder.save(path)
    return path


def odd() -> rating.Rating:
    return rated(register=regions(name_en=NAMES))


def test_a_letter_that_no_font_has_is_named_with_its_region_and_the_remedy():
    with pytest.raises(DataError) as error:
        report.to_bytes(odd(), region="R0")
    told = str(error.value)
    assert "region R1, name" in told
    assert "region R2, name" in told
    assert "'東' (U+6771)" in told
    assert "'ừ' (U+1EEB)" in told
    assert "--font FILE" in told
    assert "<" not in told
    assert "Latin" not in told


def test_a_font_of_the_users_writes_what_ours_lacks_and_is_embedded(font):
    pdf = report.to_bytes(odd(), region="R2", fonts=[font])
    with pikepdf.open(BytesIO(pdf)) as file:
        names = {
            str(one.BaseFont).partition("+")[2]
            for one in file.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
            for one in [pikepdf.Dictionary(BaseFont=one.FontName)]
        }
        with file.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfuaid:part"]) == ("3", "1")
    assert any(name.startswith("Given-Font-1") for name in names)
    assert any(name.startswith("Report-Sans") for name in names)
    assert report.to_bytes(odd(), region="R2", fonts=[font]) == pdf


def test_a_font_that_lacks_a_letter_too_leaves_the_message(tmp_path):
    other = made(tmp_path / "other.ttf", letters="東京")
    with pytest.raises(DataError, match="no letter 'ế' \\(U\\+1EBF\\), 'ừ'"):
        report.to_bytes(odd(), region="R0", fonts=[other])


def test_files_that_are_no_fonts_or_may_not_be_embedded_are_told_at_once(tmp_path):
    text = tmp_path / "notes.ttf"
    text.write_text("no font")
    closed = made(tmp_path / "closed.ttf", rights=2)
    with pytest.raises(UsageError) as error:
        fonts.own([text, closed, tmp_path / "none.otf"])
    told = str(error.value)
    for part in ("notes.ttf", "is not a font", "closed.ttf", "forbids", "none.otf", "no such file"):
        assert part in told


def test_the_check_tells_beforehand_which_names_cannot_be_written():
    own = section(name={"en": "Rating 東", "ru": "Рейтинг"})
    table = {"region": [f"R{n}" for n in range(5)], "year": [2020] * 5}
    table |= {f"x{n}": [1.0, 2.0, 4.0, 3.0, 6.0] for n in range(4)}
    data = {"t": pl.DataFrame(table), "regions": regions(name_en=NAMES)}
    found = rating.check(own, rating.read(data, own), laws=False).findings
    told = found.filter(found["law"] == "names can be printed")
    assert told["item"].to_list() == ["section small", "region R1", "region R2"]
    assert "'ế' (U+1EBF)" in told["detail"][1]
    fine = rating.check(section(), laws=False).rows
    assert fine.filter(pl.col("law") == "names can be printed")["holds"].to_list() == [True]


def test_the_command_takes_fonts(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "rating", "report", "x", str(tmp_path), "--edition", "2020",
         "--font", str(tmp_path / "none.ttf"), "--out", str(tmp_path / "x.pdf")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "font none.ttf" in run.stderr
