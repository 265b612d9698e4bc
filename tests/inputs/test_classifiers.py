"""OKVED2 as a code list: every code of it passes, and one of its predecessor is named so."""

from __future__ import annotations

import polars as pl
import pytest

from rating.definitions.table import Column
from rating.inputs import cells, classifiers
from tests.flat import SHARED

OKVED2 = Column(type="text", classifier="okved2")
PUBLISHED = SHARED / "data" / "okved2" / "data-20231201-structure-20180402.csv"


def rules(*codes: str | None) -> list[tuple[int, str]]:
    _, refused = cells.parse(pl.Series(codes, dtype=pl.String), OKVED2)
    return refused.select("index", "rule").rows()


def test_every_code_of_the_classifier_passes():
    assert rules(*classifiers.table("okved2")["code"], None, "") == []


@pytest.mark.parametrize(
    ("code", "new"),
    [("73.10", "72.19"), ("24.42.1", "21.20"), ("33.10.2", "32.50"), ("72.60", "62.09")],
)
def test_a_code_of_okved1_alone_is_named_with_its_nearest(code, new):
    [(_, rule)] = rules(code)
    assert rule.startswith("not a code of OKVED2 but of OKVED1")
    assert new in rule


@pytest.mark.parametrize("code", ["7211", "72.111", "A", "72", "72.1", "99.999", "072.11"])
def test_a_code_is_one_of_the_list_exactly(code):
    known = code in classifiers.table("okved2")["code"]
    assert rules(code) == ([] if known else [(0, classifiers.NOT_OKVED2)])


def test_no_code_of_the_old_list_is_one_of_the_new():
    old, new = classifiers.table("okved1"), set(classifiers.table("okved2")["code"])
    assert not set(old["code"]) & new
    assert set(old["okved2"]) <= new


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the shared references are not here")
def test_the_list_is_the_published_one():
    published = pl.read_csv(
        PUBLISHED,
        separator=";",
        encoding="cp1251",
        has_header=False,
        infer_schema=False,
        new_columns=["section", "code", "name"],
    ).filter(pl.col("code") != " ")
    mine = classifiers.table("okved2")
    assert mine["code"].to_list() == sorted(published["code"])
    names = dict(published.select("code", "name").iter_rows())
    assert all(name == " ".join(names[code].split()) for code, name in mine.iter_rows())
