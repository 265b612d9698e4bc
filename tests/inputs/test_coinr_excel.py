"""Workbooks laid out as COINr and the COIN Tool lay them out; none of the Tool's was at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

import rating
from rating.inputs.coinr import TABLE
from rating.inputs.coinr_excel import from_coin_tool, from_coinr_excel

IDATA = pl.DataFrame(
    {
        "uCode": ["AUT", "BEL", "CHE"],
        "uName": ["Austria", "Belgium", "Switzerland"],
        "Zone": ["1", "1", "2"],
        "GDP": [390.0, 467.0, 660.0],
        "Goods": [278.4, 598.0, None],
        "CO2": [7.1, 8.0, 4.0],
    }
)
IMETA = pl.DataFrame(
    {
        "Level": [1, 1, 2, None, None],
        "iCode": ["Goods", "CO2", "Index", "Zone", "GDP"],
        "iName": ["Trade", "Emissions", "The index", "Zone", "Product"],
        "Direction": [1, -1, 1, None, None],
        "Weight": [1.0, 1.0, 1.0, None, None],
        "Denominator": ["GDP", None, None, None, None],
        "Parent": ["Index", "Index", None, None, None],
        "Type": ["Indicator", "Indicator", "Aggregate", "Group", "Denominator"],
        "goalpost_lower": [0.0, 0.0, None, None, None],
        "goalpost_upper": [2.0, 9.0, None, None, None],
        "goalpost_scale": [1.0, 1.0, None, None, None],
        "goalpost_trunc2posts": [True, False, None, None, None],
    }
)
OF_UNITS = ["Zone", "GDP"]

Cells = Mapping[tuple[int, int], object]


def table(frame: pl.DataFrame) -> dict[tuple[int, int], object]:
    """The cells of a frame as openxlsx writes it: the header in row 1, nothing where it is NA."""
    cells: dict[tuple[int, int], object] = {(1, c): n for c, n in enumerate(frame.columns, 1)}
    for row, values in enumerate(frame.iter_rows(), 2):
        cells |= {(row, c): value for c, value in enumerate(values, 1) if value is not None}
    return cells


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    def write(sheets: Mapping[str, Cells]) -> Path:
        path = tmp_path / "coin.xlsx"
        with xlsxwriter.Workbook(path) as made:
            for name, cells in sheets.items():
                sheet = made.add_worksheet(name)
                for (row, column), cell in cells.items():
                    sheet.write(row - 1, column - 1, cell)
        return path

    return write


def coin(idata: pl.DataFrame = IDATA, imeta: pl.DataFrame = IMETA) -> dict[str, Cells]:
    return {
        "Meta.Ind": table(imeta),
        "Meta.Lineage": table(pl.DataFrame({"Level_1": ["Goods"], "Level_2": ["Index"]})),
        "Meta.Unit": table(idata.select("uCode", "uName", *OF_UNITS)),
        "Data.Raw": table(idata.drop("uName", *OF_UNITS)),
        "Data.Normalised": table(pl.DataFrame({"uCode": ["AUT"], "Goods": [50.0]})),
    }


def told(path: Path, **options: object) -> list[str]:
    with pytest.raises(rating.DataError) as caught:
        from_coinr_excel(path, **options)
    return [f"{problem.where}: {problem.what}" for problem in caught.value.problems]


# ------------------------------------------------------------------------------------------- COINr


@pytest.mark.parametrize("parameters", ["none", "goalposts"])
def test_the_workbook_of_a_coin_gives_what_its_frames_give(book, parameters):
    section, data = from_coinr_excel(book(coin()), parameters=parameters)
    expected = rating.from_coinr(IDATA, IMETA, parameters=parameters)
    assert section == expected[0]
    columns = expected[1].tables[TABLE].columns
    assert data.tables[TABLE].select(columns).equals(expected[1].tables[TABLE])
    assert data.regions.equals(expected[1].regions)


def test_the_provenance_is_that_of_the_workbook(book):
    path = book(coin())
    provenance = from_coinr_excel(path)[1].provenance
    assert provenance["file"].to_list() == ["coin.xlsx"]
    assert len(provenance["sha256"][0]) == 64


def test_the_workbook_of_a_purse_has_everything_in_one_sheet(book):
    panel = pl.concat([IDATA.with_columns(Time=pl.lit(year)) for year in (2018, 2019)])
    sheets = coin() | {"Data.Raw": table(panel)}
    section, data = from_coinr_excel(book(sheets))
    assert rating.panel(section, data, editions=[2018, 2019]).editions == (2018, 2019)


def test_rows_may_stand_in_another_order_on_the_sheet_of_units(book):
    sheets = coin() | {"Meta.Unit": table(IDATA.reverse().select("uCode", "uName", *OF_UNITS))}
    found, expected = (from_coinr_excel(book(s))[1].tables[TABLE] for s in (sheets, coin()))
    assert found.equals(expected)


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(book):
    sheets = coin()
    del sheets["Meta.Ind"]
    assert "none named 'Meta.Ind'" in told(book(sheets))[0]


def test_a_problem_is_told_with_the_row_of_its_sheet(book):
    bad = IDATA.with_columns(
        GDP=pl.Series(["390", "many", "660"]), CO2=pl.Series(["7.1", "8", "4 t"])
    )
    found = told(book(coin(bad)))
    assert "coin.xlsx, Meta.Unit, row 3, column GDP: 'many': not a number" in found
    assert "coin.xlsx, Data.Raw, row 4, column CO2: '4 t': not a number" in found


def test_a_unit_without_a_row_of_its_own_or_with_two_is_told(book):
    units = IDATA.select("uCode", "uName", *OF_UNITS)
    lost = told(book(coin() | {"Meta.Unit": table(units.head(2))}))
    assert lost == ["coin.xlsx, Meta.Unit: no row for the unit 'CHE' of Data.Raw"]
    twice = told(book(coin() | {"Meta.Unit": table(pl.concat([units, units.head(1)]))}))
    assert twice == ["coin.xlsx, Meta.Unit, column uCode: 'AUT' stands more than once"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    assert told(tmp_path / "none.xlsx") == ["none.xlsx: cannot be read: No such file or directory"]


# --------------------------------------------------------------------------------------- COIN Tool


def tool() -> dict[str, dict[tuple[int, int], object]]:
    """Three indicators under two sub-pillars of one pillar; sub-indices are not used."""
    database: dict[tuple[int, int], object] = {}
    indicators = [
        # weight, direction, lower, upper, index, sub-index, pillar, sub-pillar, name, code, figures
        (0.5, 1, 0, 10, "Index", "si.01", "p.01", "sp.01", "First", "Ind.01", (1, 2, 3)),
        (0.5, -1, 0, 20, "Index", "si.01", "p.01", "sp.01", "Second", "Ind.02", (4, "n/a", 6)),
        (1.0, 1, 0, 5, "Index", "si.01", "p.01", "sp.02", "Third", "Ind.03", (5, 1, "n/a")),
    ]
    for column, (*head, figures) in enumerate(indicators, 5):
        database |= {(row, column): cell for row, cell in enumerate(head, 7)}
        database |= {(row, column): cell for row, cell in enumerate(figures, 17)}
    database[16, 8] = "Ind.04"  # a place of the form that is not used
    for row, (name, code) in enumerate([("Austria", "AT"), ("Belgium", "BE"), ("Spain", "ES")], 17):
        database |= {(row, 2): name, (row, 3): code}
    database |= {(20, 2): "Not yet", (20, 3): "NY", (20, 5): "n/a"}
    framework: dict[tuple[int, int], object] = {
        (4, 3): "Code",
        (4, 5): "Weight",
        (4, 8): "Dimension/indicator",
    }
    dimensions = [
        ("Index", 1, "The index"),
        ("p.01", 1, "The pillar"),
        ("sp.01", 0.75, "One side"),
        ("sp.02", 0.25, "Other side"),
        ("sp.03", 0, "--"),
    ]
    for row, (code, weight, name) in enumerate(dimensions, 5):
        framework |= {(row, 3): code, (row, 5): weight, (row, 8): name}
    return {"Database": database, "Framework": framework, "Scores": {(1, 1): "results"}}


def test_the_form_gives_a_tree_of_the_levels_that_were_used(book):
    section, data = from_coin_tool(book(tool()), edition=2019)
    assert [(n.id, n.parent, n.weight, n.name.en) for n in section.node] == [
        ("sp_01", "index", 0.75, "One side"),
        ("index", None, 1.0, "The index"),
        ("sp_02", "index", 0.25, "Other side"),
    ]
    assert [(i.id, i.parent, i.direction, i.weight) for i in section.indicator] == [
        ("ind_01", "sp_01", "higher", 0.5),
        ("ind_02", "sp_01", "lower", 0.5),
        ("ind_03", "sp_02", "higher", 1.0),
    ]
    assert data.tables[TABLE].rows() == [
        ("AT", 2019, 1.0, 4.0, 5.0),
        ("BE", 2019, 2.0, None, 1.0),
        ("ES", 2019, 3.0, 6.0, None),
    ]
    assert data.regions["name_en"].to_list() == ["Austria", "Belgium", "Spain"]


def test_goalposts_of_the_form_are_taken_where_asked_for(book):
    section, data = from_coin_tool(book(tool()), parameters="goalposts")
    found = rating.rate(section, data, edition=2020).values
    assert found.filter(region="AT")["score"].to_list() == [10.0, 80.0, 100.0]


def test_the_framework_of_the_first_form_stands_a_row_lower(book):
    sheets = tool()
    sheets["Framework"] = {(row + 1, c): cell for (row, c), cell in sheets["Framework"].items()}
    section, _ = from_coin_tool(book(sheets))
    assert section.item("sp_01").weight == 0.75


@pytest.mark.parametrize(
    ("sheet", "change", "problem"),
    [
        ("Database", {(18, 5): "2,5"}, "Database, row 18, column Ind.01"),
        ("Database", {(8, 6): 0}, "Framework, row Ind.02, column Direction"),
        ("Database", {(17, 3): ""}, "Database, row 17, column uCode"),
        ("Framework", {(7, 5): ""}, "Framework, row sp.01, column Weight"),
        ("Framework", {(4, 8): "Name"}, "Framework"),
    ],
)
def test_what_is_wrong_in_the_form_is_told_with_its_place(book, sheet, change, problem):
    sheets = tool()
    sheets[sheet] |= change
    with pytest.raises(rating.DataError) as caught:
        from_coin_tool(book(sheets))
    assert any(found.where.endswith(problem) for found in caught.value.problems)


def test_a_sub_pillar_under_two_pillars_is_told(book):
    sheets = tool()
    sheets["Database"][13, 6] = "p.02"
    with pytest.raises(rating.DataError, match=r"'sp\.01' stands under 'p\.01' and under 'p\.02'"):
        from_coin_tool(book(sheets))


def test_an_empty_form_is_told(book):
    with pytest.raises(rating.DataError, match="compile the sheet Database first"):
        from_coin_tool(book({"Database": {(1, 1): "COIN"}, "Framework": tool()["Framework"]}))
