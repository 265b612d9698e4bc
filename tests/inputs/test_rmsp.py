"""The register of small and medium enterprises: read in constant memory, and nobody's name."""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rating.errors import DataError
from rating.inputs import rmsp, xml_stream
from rating.inputs.classifiers import table
from rating.inputs.regions import Register
from tests.flat import SHARED

EXAMPLE = SHARED / "data" / "fedstat_format" / "rmsp_schema_example.xml"
NAMES = ("ФАМИЛЬЕВ", "ИМЕНЬ", "ОТЧЕСТВОВИЧ", "ОТПРАВИТЕЛЕВ", "НАЗВАНИЕ", "700000000001")
HEAD = '<Файл ИдФайл="t" ВерсФорм="4.06" ТипИнф="РЕЕСТРМСП" КолДок="2">'
SENDER = '<ИдОтпр><ФИООтв Фамилия="ОТПРАВИТЕЛЕВ" Имя="ИМЕНЬ"/></ИдОтпр>'


def document(
    *,
    who: str = '<ОргВклМСП НаимОрг="ООО НАЗВАНИЕ" ИННЮЛ="7000000000" ОГРН="1027000000000"/>',
    kind: str = "1",
    category: str = "2",
    region: str = "70",
    okved: str = 'КодОКВЭД="72.11" ВерсОКВЭД="2014"',
    staff: str = 'ССЧР="8"',
    dated: str = "10.09.2026",
    more: str = "",
) -> str:
    return (
        f'<Документ ИдДок="1" ДатаСост="{dated}" ДатаВклМСП="01.08.2016" ВидСубМСП="{kind}" '
        f'КатСубМСП="{category}" ПризНовМСП="2" СведСоцПред="2" {staff}>{who}'
        f'<СведМН КодРегион="{region}"><Регион Тип="ОБЛ" Наим="Томская"/></СведМН>'
        f"<СвОКВЭД><СвОКВЭДОсн {okved}/></СвОКВЭД>{more}</Документ>"
    )


def person(number: str = 'ОГРНИП="325700000000000"') -> str:
    return (
        f'<ИПВклМСП ИННФЛ="700000000001" {number}><ФИОИП Фамилия="ФАМИЛЬЕВ" Имя="ИМЕНЬ" '
        'Отчество="ОТЧЕСТВОВИЧ"/></ИПВклМСП>'
    )


def register(path: Path, *documents: str, encoding: str = "utf-8") -> Path:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{HEAD}{SENDER}{"".join(documents)}</Файл>'
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the shared references are not here")
def test_the_example_of_the_format_is_read():
    read = rmsp.read_rmsp(EXAMPLE)
    assert read.refused.is_empty()
    assert read.table.drop("entered_on", "dated_on").rows() == [
        ("RU-TOM", 2026, "7000000000", "company", "small", "72.11", 8, None),
        ("RU-TOM", 2026, "325700000000000", "entrepreneur", "micro", "56.10.1", None, None),
    ]
    assert read.table["entered_on"].to_list() == [date(2016, 8, 1), date(2025, 12, 10)]
    assert set(read.table["dated_on"]) == {date(2026, 9, 10)}


def test_no_name_and_no_personal_number_leaves_the_reader(tmp_path, capfd):
    path = register(
        tmp_path / "r.xml",
        document(),
        document(who=person(), kind="2"),
        document(who=person(""), kind="2"),  # an older file, without the number of the business
        document(who=person('ОГРНИП="ФАМИЛЬЕВ"'), kind="2"),
        document(who='<ОргВклМСП НаимОрг="НАЗВАНИЕ" ИННЮЛ="700000000001"/>'),
        document(who=person(), kind="3", region="99", okved='КодОКВЭД="73.10"'),
    )
    read = rmsp.read_rmsp(path)
    assert read.table.height == 2
    out = "".join(
        frame.write_csv()
        for frame in (read.table, read.refused, read.left_out, read.provenance, read.codes)
    )
    path.write_text(path.read_text("utf-8").replace("</Файл>", ""), "utf-8")
    with pytest.raises(DataError) as caught:
        rmsp.read_rmsp(path)
    out += str(caught.value) + "".join(capfd.readouterr())
    assert [name for name in NAMES if name in out] == []


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        ({"region": "99"}, "region", rmsp.NO_REGION),
        ({"region": ""}, "region", rmsp.NO_REGION),
        ({"who": ""}, "firm_id", rmsp.NO_NUMBER),
        ({"kind": "2"}, "firm_id", rmsp.NO_NUMBER),
        ({"kind": "4"}, "kind", "not one of the choices"),
        ({"category": "0"}, "category", "not one of the choices"),
        ({"okved": 'КодОКВЭД="73.10"'}, "okved2", "OKVED1"),
        ({"okved": 'КодОКВЭД="99.99"'}, "okved2", "not a code of OKVED2"),
        ({"okved": 'КодОКВЭД="24.42" ВерсОКВЭД="2001"'}, "okved2", rmsp.OKVED1),
        ({"staff": 'ССЧР="-1"'}, "employees", "below the least value"),
        ({"staff": 'ССЧР="1,5"'}, "employees", "decimal comma"),
        ({"dated": "10/09/2026"}, "dated_on", rmsp.NOT_A_DAY),
        ({"dated": "31.02.2026"}, "dated_on", rmsp.NOT_A_DAY),
        ({"more": '<СвПрод ПрОтнПрод="7"/>'}, "hightech_flag", rmsp.NO_MARK),
    ],
)
def test_a_bad_document_is_refused_with_its_rule(tmp_path, change, column, rule):
    read = rmsp.read_rmsp(register(tmp_path / "r.xml", document(), document(**change)))
    assert read.table.height == 1
    assert {(r["row"], r["column"]) for r in read.refused.rows(named=True)} >= {(2, column)}
    assert any(rule in refused for refused in read.refused["rule"])


def test_products_tell_whether_a_firm_is_high_tech(tmp_path):
    products = ["", '<СвПрод ПрОтнПрод="2"/>', '<СвПрод ПрОтнПрод="0"/><СвПрод ПрОтнПрод="1"/>']
    read = rmsp.read_rmsp(register(tmp_path / "r.xml", *(document(more=p) for p in products)))
    assert read.table["hightech_flag"].to_list() == [None, False, True]


def test_the_year_is_that_of_the_document_unless_given(tmp_path):
    path = register(tmp_path / "r.xml", document(dated="10.01.2027"))
    assert rmsp.read_rmsp(path).table["year"].to_list() == [2027]
    assert rmsp.read_rmsp(path, year=2026).table["year"].to_list() == [2026]


def test_windows_1251_is_read_as_it_is_declared(tmp_path):
    one = rmsp.read_rmsp(register(tmp_path / "a.xml", document(), encoding="windows-1251"))
    two = rmsp.read_rmsp(register(tmp_path / "b.xml", document()))
    assert one.table.equals(two.table)


def test_every_region_of_the_register_has_its_number():
    assert sorted(table("tax_regions")["region"]) == sorted(Register.named("ru").frame["region"])


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name.replace("_", "."), content)
    return path


def test_the_members_of_an_archive_are_read_one_after_the_other(tmp_path):
    first = register(tmp_path / "a.xml", document(), document(region="99"))
    second = register(tmp_path / "b.xml", document(region="54"))
    read = rmsp.read_rmsp(
        archive(tmp_path / "r.zip", a_xml=first.read_bytes(), b_xml=second.read_bytes())
    )
    assert read.table["region"].to_list() == ["RU-TOM", "RU-NVS"]
    assert read.refused.select("file", "row").rows() == [("r.zip/a.xml", 2)]
    assert read.provenance.select("file", "rows").rows() == [("r.zip", 3)]


def test_bombs_and_what_is_not_the_register_are_refused(tmp_path):
    whole = register(tmp_path / "a.xml", document()).read_bytes()
    noise = random.Random(1).randbytes(xml_stream.LONGEST).hex().encode()
    lol = whole.replace(b"?>", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>", 1)
    cases = {
        "a_xml": (b"<a>" + b" " * 50_000_000 + b"</a>", "200 times its size"),
        "b_xml": (whole.replace(b"</", b'<a b="' + noise + b'"/></', 1), "a tag of more"),
        "c_xml": (lol, "document type"),
        "d_txt": (b"text", "not an XML file"),
        "e_xml": (whole[:-20], "not whole XML"),
        "f_xml": (b"<a/>", "not a file of the register"),
    }
    for name, (content, what) in cases.items():
        with pytest.raises(DataError, match=what):
            rmsp.read_rmsp(archive(tmp_path / "r.zip", **{name: content}))
    (tmp_path / "r.zip").write_bytes((tmp_path / "r.zip").read_bytes()[:60])
    with pytest.raises(DataError):
        rmsp.read_rmsp(tmp_path / "r.zip")
    with pytest.raises(DataError, match="cannot be read"):
        rmsp.read_rmsp(tmp_path / "no.xml")


def test_a_longer_register_takes_no_more_memory(tmp_path):
    peaks = []
    for count in (1_000, 6_000):
        path = register(tmp_path / "r.xml", *[document()] * count)
        tracemalloc.start()
        rows = sum(piece.table.height for piece in rmsp.stream(path, batch=500))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows == count
    assert peaks[1] < 1.2 * peaks[0]


def test_pieces_together_are_the_whole(tmp_path):
    documents = [document(region="99" if n % 7 == 0 else "70") for n in range(1500)]
    path = register(tmp_path / "r.xml", *documents)
    pieces = list(rmsp.stream(path, batch=100))
    read = rmsp.read_rmsp(path)
    assert len(pieces) > 3
    assert pl.concat([piece.table for piece in pieces]).equals(read.table)
    assert pl.concat([piece.refused for piece in pieces]).equals(read.refused)
    assert read.refused["row"].to_list() == [n + 1 for n in range(1500) if n % 7 == 0]
