"""Exports of EMISS: the real excerpt, and exports written here with every trouble."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from rating.errors import DataError
from rating.inputs import printed, reading, russian
from rating.inputs.emiss import DELETED, read_emiss
from tests.flat import SHARED

EXCERPT = SHARED / "data" / "fedstat_format" / "59345_excerpt.sdmx.xml"
REGIONS = {
    "00": "Российская Федерация",
    "037": "Южный федеральный округ (до июля 2016г. с оговоркой)",
    "45": "г. Москва",
    "11": "Архангельская область",
    "11100": "в том числе Ненецкий автономный округ",
    "11999": "Архангельская область без данных по Ненецкому автономному округу",
    "69": "Томская область",
    "70": "Неизвестная область",
}
KINDS = {"1": "Всего", "2": "из них &lt;новые&gt;"}


def series(place="69", year="2019", value="12,5", *, period="январь", kind="1", unit="человек"):
    key = f'<g:Value concept="R" value="{place}"/><g:Value concept="K_1" value="{kind}"/>'
    what = f'<g:Value concept="EI" value="{unit}"/><g:Value concept="PERIOD" value="{period}"/>'
    return (
        f"<g:Series><g:SeriesKey>{key}</g:SeriesKey><g:Attributes>{what}</g:Attributes>"
        f'<g:Obs><g:Time>{year}</g:Time><g:ObsValue value="{value}"/></g:Obs></g:Series>'
    )


def code_list(name: str, words: str, codes: dict[str, str]) -> str:
    inside = "".join(
        f'<s:Code value="{code}"><s:Description>{word}</s:Description></s:Code>'
        for code, word in codes.items()
    )
    return f'<s:CodeList id="{name}"><s:Name>{words}</s:Name>{inside}</s:CodeList>'


def export(path: Path, *body: str, regions: dict[str, str] = REGIONS, before: str = "") -> Path:
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<GenericData xmlns="urn:m" xmlns:g="urn:g" xmlns:s="urn:s"><Header><ID>1</ID></Header>'
        f"<CodeLists>{code_list('R', 'Регионы', regions)}{code_list('K_1', 'Вид', KINDS)}"
        '</CodeLists><Description><Indicator id="31452" name="Число  людей">'
        '<Dimensions><Dimension value="R"/><Dimension value="K_1"/></Dimensions>'
        '<Organization value="Росстат"/><LastUpdate value="2026-08-31"/></Indicator></Description>'
        f"<DataSet>{''.join(body)}</DataSet></GenericData>",
        "utf-8",
    )
    return path


@pytest.mark.skipif(not EXCERPT.exists(), reason="the shared references are not here")
def test_the_real_excerpt_is_read_cell_by_cell():
    read = read_emiss(EXCERPT)
    assert read.refused.is_empty()
    assert read.table.is_empty()  # the excerpt has series of the country alone
    assert read.left_out.select("name", "rule", "year", "period", "unit", "value").rows() == [
        ("Российская Федерация", russian.COUNTRY, 2018, "M01", "месяц", 190.8),
        ("Российская Федерация", russian.COUNTRY, 2018, "M02", "месяц", 189.8),
        ("Российская Федерация", russian.COUNTRY, 2018, "M05", "месяц", 192.0),
        ("Российская Федерация", russian.COUNTRY, 2019, "M01", "месяц", 206.7),
    ]
    assert read.left_out.select("code", "dim_03_024", "dim_51_0").unique().rows() == [
        ("59345", "3_2", "4")
    ]
    assert read.codes.select("column", "code", "name").rows()[1] == (
        "dim_51_0",
        "4",
        "Жилищные кредиты",
    )
    about = read.provenance.row(0, named=True)
    assert about["title"].startswith("Отдельные показатели по кредитам в рублях, предоставленным")
    assert (about["rows"], about["publisher"], about["dated"]) == (
        4,
        "Центральный банк Российской Федерации",
        "2026-08-31T11:13:28",
    )


def test_regions_periods_and_codes_are_read(tmp_path):
    read = read_emiss(
        export(
            tmp_path / "e.xml",
            series("69"),
            series("45", value="1 234,5", period="I квартал", kind="2"),
            series("11999", value="…", period="значение показателя за год"),
            series("11100", value="7", period="январь - март"),
            series("11", value="9"),
            series("00"),
            series("037"),
        )
    )
    assert read.refused.is_empty()
    columns = ["region", "year", "period", "code", "unit", "value", "note", "dim_k_1"]
    assert read.table.columns == columns
    assert read.table.rows() == [
        ("RU-TOM", 2019, "M01", "31452", "человек", 12.5, None, "1"),
        ("RU-MOW", 2019, "Q1", "31452", "человек", 1234.5, None, "2"),
        ("RU-ARK", 2019, "Y", "31452", "человек", None, "…", "1"),
        ("RU-NEN", 2019, "M01-M03", "31452", "человек", 7.0, None, "1"),
    ]
    assert read.left_out.select("name", "rule").rows() == [
        ("Архангельская область", reading.OVERLAP),
        ("Российская Федерация", russian.COUNTRY),
        ("Южный федеральный округ (до июля 2016г. с оговоркой)", russian.DISTRICT),
    ]
    assert read.codes.rows() == [
        ("dim_k_1", "Вид", "1", "Всего"),
        ("dim_k_1", "Вид", "2", "из них <новые>"),
    ]


@pytest.mark.parametrize(
    ("bad", "column", "rule", "value"),
    [
        (series("70"), "region", "no region has this name", "Неизвестная область"),
        (series("71"), "region", "no region of the code list", "71"),
        (series(year="2019 г."), "year", "not a year", "2019 г."),
        (series(period="скоро"), "period", printed.UNKNOWN_PERIOD, "скоро"),
        (series(value="12.5"), "value", printed.POINT, "12.5"),
        (series(value="12%"), "value", printed.NOT_A_FIGURE, "12%"),
    ],
)
def test_a_bad_observation_is_refused_with_its_rule(tmp_path, bad, column, rule, value):
    read = read_emiss(export(tmp_path / "e.xml", series("45"), bad))
    assert read.table["region"].to_list() == ["RU-MOW"]
    [refused] = read.refused.rows(named=True)
    assert (refused["row"], refused["column"], refused["value"]) == (2, column, value)
    assert rule in refused["rule"]


def test_two_observations_with_the_same_codes_are_both_refused(tmp_path):
    read = read_emiss(export(tmp_path / "e.xml", series(), series(value="13"), series(kind="2")))
    assert read.refused["row"].to_list() == [1, 2]
    assert read.table["dim_k_1"].to_list() == ["2"]


def test_an_archive_is_read_as_its_file(tmp_path):
    path = export(tmp_path / "e.xml", series())
    with zipfile.ZipFile(tmp_path / "e.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "e.xml")
    assert read_emiss(tmp_path / "e.zip").table.equals(read_emiss(path).table)


def test_the_dimension_of_regions_can_be_named_and_must_be_where_two_are(tmp_path, monkeypatch):
    monkeypatch.setitem(KINDS, "3", "Омская область")
    path = export(tmp_path / "e.xml", series())
    with pytest.raises(DataError, match="2 dimensions name regions"):
        read_emiss(path)
    assert read_emiss(path, regions="R").table["region"].to_list() == ["RU-TOM"]
    with pytest.raises(DataError, match="no dimension 'Q'"):
        read_emiss(path, regions="Q")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not whole XML"),
        ("<GenericData><DataSet>", "not whole XML"),
        ("<html/>", "not an export of EMISS"),
        ("<!DOCTYPE a><GenericData/>", "document type"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><GenericData/>", "document type"),
        ("<GenericData>&b;</GenericData>", "not whole XML"),
        ('<?xml version="1.0" encoding="klingon"?><GenericData/>', "not whole XML"),
    ],
)
def test_a_file_that_is_no_export_is_told(tmp_path, text, what):
    path = tmp_path / "e.xml"
    path.write_text(text)
    with pytest.raises(DataError, match=what):
        read_emiss(path)


def test_okrugs_within_a_region_leave_it_whole(tmp_path):
    path = export(tmp_path / "e.xml", series("11", value="9"), series("11999"), series("11100"))
    read = read_emiss(path, okrugs="within")
    assert read.table.select("region", "value").rows() == [("RU-ARK", 9.0)]
    assert read.left_out.filter(pl.col("rule") == reading.PART).height == 2


@pytest.mark.parametrize(
    ("plain", "marked"),
    [
        ("<DataSet>", '<DataSet action="Delete">'),
        ("<ID>1</ID>", "<ID>1</ID><DataSetAction>Delete</DataSetAction>"),
        ("<g:Series>", '<g:Series action="delete">'),
        ("<g:Obs>", '<g:Obs action="Delete">'),
    ],
)
def test_what_is_marked_for_deletion_is_refused(tmp_path, plain, marked):
    path = export(tmp_path / "e.xml", series(), series("45", value="7"))
    path.write_text(path.read_text("utf8").replace(plain, marked, 1), "utf8")
    read = read_emiss(path)
    lost = 1 if "Series" in plain or "Obs" in plain else 2
    assert read.refused["rule"].to_list() == [DELETED] * lost
    assert read.table.height == 2 - lost
    appended = path.read_text("utf8").replace("Delete", "Append").replace("delete", "append")
    path.write_text(appended, "utf8")
    assert read_emiss(path).table.height == 2


def test_the_status_of_a_figure_is_its_note_and_no_other_figures(tmp_path):
    path = export(tmp_path / "e.xml", series(), series("45"), series("11999"))
    status = '"/><g:Attributes><g:Value concept="OBS_STATUS" value="P"/></g:Attributes></g:Obs>'
    path.write_text(path.read_text("utf8").replace('"/></g:Obs>', status, 1), "utf8")
    assert read_emiss(path).table["note"].to_list() == ["OBS_STATUS=P", None, None]
