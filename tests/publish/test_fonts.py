import os

import pytest
from fontTools.ttLib import TTFont

from rating.errors import DataError
from rating.publish import fonts
from rating.publish.texts import catalogue
from rating.resources import folder


def test_the_fonts_are_three_small_static_ones_under_our_name():
    assert len(fonts.files()) == 3
    for file in fonts.files():
        assert file.stat().st_size < 80_000
        with TTFont(file) as font:
            assert "fvar" not in font
            family = {name.toUnicode() for name in font["name"].names if name.nameID in (1, 4, 16)}
            assert all(name.startswith(fonts.FAMILY) for name in family)
            assert "Inter" not in " ".join(family)


def test_the_licence_of_the_font_lies_beside_it():
    text = (folder("reports") / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "The Inter Project Authors" in text


def test_every_letter_of_the_catalogue_can_be_drawn():
    for text in catalogue().values():
        fonts.check(text.en + text.ru)


def test_a_letter_that_no_font_has_is_named_with_its_place():
    with pytest.raises(
        DataError, match=r"the text 'The region 漢字':\n.*no letter '字' \(U\+5B57\), '漢'"
    ):
        fonts.check("<th scope=row>The region 漢字</th><td>1</td>")


@pytest.mark.parametrize("before", [None, "elsewhere.conf"])
def test_the_environment_is_left_as_it_was(monkeypatch, before):
    if before is None:
        monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    else:
        monkeypatch.setenv("FONTCONFIG_FILE", before)
    with fonts.only_bundled():
        assert os.environ["FONTCONFIG_FILE"] != before
    assert os.environ.get("FONTCONFIG_FILE") == before
