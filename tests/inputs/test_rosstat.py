"""Sheets of "Regions of Russia": the real one against the panel, and one with every trouble."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from rating.errors import DataError
from rating.inputs import reading
from rating.inputs.regions import WITHOUT_OKRUGS, Register
from rating.inputs.rosstat import read_rosstat
from tests.flat import SHARED

WORKBOOK = SHARED / "data" / "rosstat_regiony_rossii_2019" / "section-9-grp.xlsx"
PANEL = SHARED / "data" / "ru_regions_panel" / "regions_rosstat.csv"
SHEETS = ("9.1.", "9.2.", "9.3.", "9.4.1.", "9.4.2.", "9.4.3.", "9.5.", "9.6.")

real = pytest.mark.skipif(not WORKBOOK.exists(), reason="the shared references are not here")


def panel() -> pl.DataFrame:
    """The panel's GRP by region, reach and year: another compilation of the same publication."""
    frame = pl.read_csv(PANEL, null_values="NA", infer_schema_length=None)
    places = Register.named("ru").match(frame["region_rus"])
    found = frame.join(places, left_on="region_rus", right_on="name")
    return found.select("region", "reach", pl.col("year").cast(pl.Int64), grp="grp")


@real
def test_the_real_sheet_equals_the_panel_cell_by_cell_but_for_the_revised_years():
    apart = read_rosstat(WORKBOOK, "9.1.")
    whole = apart.left_out.filter(pl.col("rule") == reading.OVERLAP).select(apart.table.columns)
    rest = pl.col("region").is_in(["RU-ARK", "RU-TYU"])
    mine = pl.concat(
        [
            apart.table.with_columns(reach=pl.when(rest).then(pl.lit(WITHOUT_OKRUGS))),
            whole.with_columns(reach=pl.lit(None, pl.String)),
        ]
    ).with_columns(pl.col("reach").fill_null(""))
    both = panel().join(mine, on=["region", "reach", "year"])
    assert both.height == 87 * 18
    early, late = both.filter(pl.col("year") <= 2015), both.filter(pl.col("year") >= 2016)
    same = pl.col("value").eq_missing(pl.col("grp").round(1))
    near = (pl.col("value") - pl.col("grp")).abs() < 1e-6
    assert early.filter(~(near | same)).is_empty()
    assert early["value"].count() == 1337
    assert late.filter(near).is_empty()
    assert late["value"].count() == 174


@real
@pytest.mark.parametrize("sheet", SHEETS)
def test_every_figure_of_every_sheet_is_in_one_place(sheet):
    for okrugs, regions in (("apart", 85), ("within", 82)):
        read = read_rosstat(WORKBOOK, sheet, okrugs=okrugs)
        assert read.refused.is_empty()
        assert read.table["region"].n_unique() == regions
        assert read.table.select("region", "year").is_unique().all()
        assert read.table.height + read.left_out.height == read.provenance["rows"][0]
        assert read.table["code"].unique().to_list() == [sheet.rstrip(".")]


@real
def test_both_readings_of_the_okrugs_have_the_same_sum_over_the_country():
    # 2017 is the last year; each reading counts every place once, as the publisher's total does.
    sums = []
    for okrugs in ("apart", "within"):
        read = read_rosstat(WORKBOOK, "9.1.", okrugs=okrugs)
        sums.append(read.table.filter(pl.col("year") == 2017)["value"].sum())
        total = read.left_out.filter(pl.col("name").str.contains("всего"), pl.col("year") == 2017)
        sums.append(total["value"].item())
    assert sums == pytest.approx([sums[0]] * 4, abs=0.5)


def sheet(path: Path, rows: list[list[object]]) -> Path:
    """A workbook with one sheet; a pair of texts is a text with a raised footnote."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("1.1.")
        raised = book.add_format({"font_script": 1})
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, tuple):
                    page.write_rich_string(number, column, cell[0], raised, cell[1])
                elif cell is not None:
                    page.write(number, column, cell)
    return path


HEAD = [
    ["Социально-экономические показатели"],
    ["1. НАСЕЛЕНИЕ"],
    ["1.1. ЧИСЛЕННОСТЬ НАСЕЛЕНИЯ"],
    ["(оценка на конец года; тысяч человек)"],
    [None, "2017", ("2018", "1)")],
]
FOOT = [["¾¾¾¾¾"], ["1) Оценка."], ["2) Без учёта округа."]]
BODY = [
    ["Российская Федерация", 146880.4, 146780.7],
    ["Сибирский    федеральный округ", 19287.5, 17230],
    ["в том числе:"],
    ["Томская   область", ("1078,3", "7)"), "1077,42)"],
    ["Омская область1)", "…", "1 944,2"],
    ["Архангельская область", 1155, 1144.1],
    ["  в том числе:"],
    ["Ненецкий автономный округ", 44, 43.8],
    ["Архангельская область без     автономного округа", 1111, "…2)"],
]


def test_a_sheet_with_every_trouble_is_read_right(tmp_path):
    read = read_rosstat(sheet(tmp_path / "book.xlsx", [*HEAD, *BODY, *FOOT]), "1.1.")
    assert read.refused.is_empty()
    figures = read.table.select("region", "year", "value", "note").sort("region", "year").rows()
    assert figures == [
        ("RU-ARK", 2017, 1111.0, None),
        ("RU-ARK", 2018, None, "…2)"),
        ("RU-NEN", 2017, 44.0, None),
        ("RU-NEN", 2018, 43.8, None),
        ("RU-OMS", 2017, None, "…"),
        ("RU-OMS", 2018, 1944.2, None),
        ("RU-TOM", 2017, 1078.3, "7)"),
        ("RU-TOM", 2018, 1077.4, "2)"),
    ]
    assert read.table.select("period", "code", "unit").unique().rows() == [
        ("Y", "1.1", "оценка на конец года; тысяч человек")
    ]
    assert read.left_out.group_by("name").len().sort("name").rows() == [
        ("Архангельская область", 2),
        ("Российская Федерация", 2),
        ("Сибирский федеральный округ", 2),
    ]
    assert read.provenance.select("rows", "title").rows() == [(14, "ЧИСЛЕННОСТЬ НАСЕЛЕНИЯ")]


def test_okrugs_within_their_region_leave_it_whole(tmp_path):
    path = sheet(tmp_path / "book.xlsx", [*HEAD, *BODY, *FOOT])
    read = read_rosstat(path, "1.1.", okrugs="within")
    ark = read.table.filter(pl.col("region") == "RU-ARK")
    assert ark["value"].to_list() == [1155.0, 1144.1]
    assert "RU-NEN" not in read.table["region"]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (["Томская губерния", 1, 2], "2017", "did you mean"),
        (["Омская область", "12%", 2], "2017", "not a figure"),
        (["Омская область", "1,23)", 2], "2017", "not explained"),
        (["Омская область", 1, 2, 3], "column 4", "without a year above it"),
        (
            ["Томская область", 1, 2],
            "2017",
            "RU-TOM 2017 stands more than once with the same codes, also in row",
        ),
        (["Тюменская область", 1, 2], "2017", 'okrugs="within"'),
    ],
)
def test_a_bad_row_is_refused_with_its_rule(tmp_path, row, column, rule):
    read = read_rosstat(sheet(tmp_path / "book.xlsx", [*HEAD, *BODY, row, *FOOT]), "1.1.")
    assert any(
        cell["column"] == column and rule in cell["rule"]
        for cell in read.refused.iter_rows(named=True)
    ), read.refused.rows()
    kept = read.table.height + read.left_out.height
    assert kept + read.refused.select("row", "column").n_unique() == read.provenance["rows"][0]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([["Таблица"], [None, "2017 год", "всего"], ["Томская область", 1, 2]], "years alone"),
        (
            [["Таблица"], [None, "2017", "2017"], ["Томская область", 1, 2]],
            "the year 2017 stands twice in the header, in columns 2 and 3",
        ),
    ],
)
def test_a_sheet_that_is_not_a_table_of_years_is_told(tmp_path, rows, what):
    with pytest.raises(DataError, match=what):
        read_rosstat(sheet(tmp_path / "book.xlsx", rows), "1.1.")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_rosstat(tmp_path / "no.xlsx", "1.1.")
