from __future__ import annotations

import hashlib
import io
import random
import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.errors import DataError
from rating.inputs.regions import Register
from rating.inputs.tables import read

CODES = Register.named("ru").frame["region"].to_list()
SCHEMA = {
    "region": pl.String,
    "year": pl.Int64,
    "population": pl.Float64,
    "staff": pl.Int64,
    "founded": pl.Date,
    "coastal": pl.Boolean,
    "kind": pl.String,
}
KEYS = st.tuples(st.sampled_from(CODES), st.integers(1900, 2100))
# Thousandths, because a workbook holds the 16 digits that its writer gave it.
CELLS = st.tuples(
    st.none() | st.integers(0, 10**9).map(lambda n: n / 1000),
    st.integers(0, 10**9),
    st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(["city", "oblast", "krai"]),
)
FRAMES = st.dictionaries(KEYS, CELLS, min_size=1, max_size=12).map(
    lambda rows: pl.DataFrame([(*k, *v) for k, v in rows.items()], schema=SCHEMA, orient="row")
)
HEADER = ",".join(SCHEMA)


def workbook(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, frame.columns)
        for n, row in enumerate(frame.iter_rows(), start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(n, column, cell, day)
                elif cell is not None:
                    sheet.write(n, column, cell)
    return out.getvalue()


def write(folder: Path, table: str, frame: pl.DataFrame, suffix: str) -> None:
    path = folder / f"{table}{suffix}"
    if suffix == ".csv":
        frame.write_csv(path)
    elif suffix == ".parquet":
        frame.write_parquet(path)
    else:
        path.write_bytes(workbook(frame))


def messages(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [str(problem) for problem in error.value.problems]


# ------------------------------------------------------------------------------------ properties


@settings(deadline=None)
@given(FRAMES, st.sampled_from([".csv", ".parquet", ".xlsx"]))
def test_what_is_written_is_read_in_every_format_and_equals_the_frame(small, frame, suffix):
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "region_year", frame, suffix)
        data = read(folder, small)
    assert data.refused.is_empty()
    assert data.tables["region_year"].equals(frame)
    assert dict(data.tables["region_year"].schema) == SCHEMA
    framed = read({"region_year": frame}, small)
    assert framed.digest("region_year") == data.digest("region_year")


@given(FRAMES, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_is_nothing(small, frame, chance):
    columns = list(SCHEMA)
    chance.shuffle(columns)
    seed = chance.randrange(2**32)
    mixed = frame.select(columns).sample(fraction=1, shuffle=True, seed=seed)
    ordered, other = (read({"region_year": f}, small) for f in (frame, mixed))
    assert ordered.digest("region_year") == other.digest("region_year")
    tables = (data.tables["region_year"].sort("region", "year") for data in (ordered, other))
    assert next(tables).equals(next(tables))


@given(FRAMES, st.integers(0, 11), st.integers(0, 10**9))
def test_one_changed_cell_changes_the_digest(small, frame, place, staff):
    place %= frame.height
    changed = frame.with_columns(
        staff=pl.when(pl.int_range(frame.height) == place).then(staff).otherwise("staff")
    )
    same = changed.equals(frame)
    digests = {read({"region_year": f}, small).digest("region_year") for f in (frame, changed)}
    assert len(digests) == (1 if same else 2)


CELL = st.sampled_from(["1", "2", "", "12,5", "NA", "-1", " 3"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(
            ["RU-TOM", "RU-TYU", "Тюменская область без автономных округов", "Томская область", ""]
        ),
        st.sampled_from(["2018", "2019", "19"]),
        CELL,
        CELL,
    ),
    min_size=1,
    max_size=8,
)


def as_csv(table, frame, section):
    with tempfile.TemporaryDirectory() as folder:
        frame.write_csv(Path(folder) / f"{table}.csv")
        return read(folder, section)


@given(ROWS, st.randoms(use_true_random=False))
def test_every_row_is_kept_or_refused_whatever_the_order(small, rows, chance):
    schema = ["region", "year", "population", "staff"]
    frame = pl.DataFrame(
        rows, schema=schema, orient="row", schema_overrides=dict.fromkeys(schema, pl.String)
    )
    frame = frame.with_columns(founded=None, coastal=None, kind=None)
    order = list(range(len(rows)))
    chance.shuffle(order)
    data = as_csv("region_year", frame, small)
    mixed = as_csv("region_year", frame[order], small)
    refused = set(data.refused["row"])
    assert len(refused) + data.tables["region_year"].height == len(rows)
    assert {order[row - 2] + 2 for row in mixed.refused["row"]} == refused
    assert data.digest("region_year") == mixed.digest("region_year")
    kept = data.tables["region_year"]
    assert kept.select("region", "year").is_unique().all()


# ---------------------------------------------------------------------------- regions and years


def test_a_region_with_and_without_its_okrugs_keeps_the_part_that_stands_alone(declare, tmp_path):
    """The shape of the panel of 87 rows a year: two regions twice, their okrugs on their own."""
    names = [
        "Архангельская область",
        "Архангельская область без автономного округа",
        "Ненецкий автономный округ",
        "Тюменская область",
        "Тюменская область без автономных округов",
        "Ханты-Мансийский автономный округ - Югра",
        "Ямало-Ненецкий автономный округ",
        "Томская область",
    ]
    lines = [f"{name},{year},{i}.5,NA" for year in (2018, 2019) for i, name in enumerate(names, 1)]
    (tmp_path / "regions_rosstat.csv").write_text(
        "\n".join(["region,year,pop,manuf", *lines]) + "\n"
    )
    section = declare("ru", regions_rosstat={"grain": "region", "pop": {"type": "number"}})
    data = read(tmp_path, section)
    kept = data.tables["regions_rosstat"].filter(year=2019).select("region", "pop").rows()
    assert kept == [
        ("RU-ARK", 2.5),
        ("RU-NEN", 3.5),
        ("RU-TYU", 5.5),
        ("RU-KHM", 6.5),
        ("RU-YAN", 7.5),
        ("RU-TOM", 8.5),
    ]
    assert data.refused.select("row", "column", "value").rows() == [
        (2, "region", "Архангельская область"),
        (5, "region", "Тюменская область"),
        (10, "region", "Архангельская область"),
        (13, "region", "Тюменская область"),
    ]
    assert "row 3 is the region without them" in data.refused["rule"][0]


def test_a_region_as_a_whole_is_fine_where_nothing_overlaps_it(small):
    frame = pl.DataFrame(
        {
            "region": ["Тюменская область"],
            "year": [2019],
            "population": [1],
            "staff": [1],
            "founded": [None],
            "coastal": [None],
            "kind": [None],
        }
    )
    assert read({"region_year": frame}, small).refused.is_empty()


def test_three_rows_of_one_key_are_all_refused_and_name_each_other(declare):
    section = declare("ru", t={"grain": "region", "x": {"type": "number"}})
    frame = pl.DataFrame(
        {
            "region": ["RU-TOM", "RU-MOS", "Томская область", "Tomsk Oblast"],
            "year": 2019,
            "x": [1, 2, 3, 4],
        }
    )
    data = read({"t": frame}, section)
    assert data.tables["t"]["region"].to_list() == ["RU-MOS"]
    assert data.refused["rule"].to_list() == [
        f"RU-TOM 2019 stands more than once, also in row {others}; keep one"
        for others in ("3, 4", "1, 4", "1, 3")
    ]


def test_a_row_with_a_bad_cell_still_counts_as_a_second_row(declare):
    section = declare("ru", t={"grain": "region", "x": {"type": "number"}})
    frame = pl.DataFrame({"region": ["RU-TOM", "RU-TOM"], "year": 2019, "x": ["1", "NA"]})
    data = as_csv("t", frame, section)
    assert data.tables["t"].is_empty()
    assert data.refused["row"].to_list() == [2, 3, 3]


def test_a_finer_table_may_repeat_a_region_and_leave_out_the_year(firms):
    frame = pl.DataFrame(
        {"region": ["RU-TOM", "RU-TOM"], "okved": ["21.10", "21.10"], "employees": [1, 1]}
    )
    data = read({"firms": frame}, firms)
    assert data.refused.is_empty()
    assert data.tables["firms"].columns == ["region", "okved", "employees"]
    dated = read({"firms": frame.with_columns(year=pl.Series([2019, None]))}, firms)
    assert dated.tables["firms"].columns == ["region", "year", "okved", "employees"]
    assert dated.refused.select("row", "column").rows() == [(2, "year")]


def test_an_unknown_name_cannot_move_the_cursor(declare):
    section = declare("ru", t={"grain": "region", "x": {"type": "number"}})
    frame = pl.DataFrame({"region": ["\x1b[2J"], "year": 2019, "x": 1})
    with pytest.raises(DataError) as error:
        read({"t": frame}, section)
    assert "\x1b" not in str(error.value)


def test_unknown_regions_are_listed_once_each_with_their_first_row(declare):
    section = declare("ru", t={"grain": "region", "x": {"type": "number"}})
    frame = pl.DataFrame(
        {
            "region": ["Томск обл", "Nowhere", "RU-TOM", "Томск обл"],
            "year": [2018, 2019, 2019, 2019],
            "x": 1,
        }
    )
    with pytest.raises(DataError) as error:
        read({"t": frame}, section)
    first, second = messages(error)
    assert first.startswith(
        "frame, row 1, column region:\n  no region is named 'Томск обл' (and 1 more"
    )
    assert "Nowhere" in second


def test_many_unknown_regions_are_counted_after_the_first_fifty(declare):
    section = declare("ru", t={"grain": "region", "x": {"type": "number"}})
    frame = pl.DataFrame({"region": [f"Нигде {n}" for n in range(60)], "year": 2019, "x": 1})
    with pytest.raises(DataError, match="10 more names that the register does not know") as error:
        read({"t": frame}, section)
    assert len(error.value.problems) == 51


def test_without_a_register_any_code_is_taken_as_it_is(declare):
    section = declare(None, t={"grain": "region", "x": {"type": "number"}})
    frame = pl.DataFrame({"region": ["a", "Б", "", " c"], "year": 2019, "x": 1})
    data = read({"t": frame}, section)
    assert data.tables["t"]["region"].to_list() == ["a", "Б"]
    assert data.refused.select("row", "column").rows() == [(3, "region"), (4, "region")]
    assert data.regions.rows() == [("a", "a", "a"), ("Б", "Б", "Б")]


def test_a_table_of_regions_is_the_register_of_its_folder(declare, tmp_path):
    section = declare(None, t={"grain": "region", "x": {"type": "number"}})
    (tmp_path / "regions.csv").write_text(
        "region,name_en,group\nA,Alpha,north\nB,Beta,south\nC2,,\n"
    )
    (tmp_path / "t.csv").write_text("region,year,x\nA,2019,1\nBeta,2019,2\n")
    data = read(tmp_path, section)
    assert data.tables["t"]["region"].to_list() == ["A", "B"]
    assert data.regions.columns == ["region", "name_en", "name_ru", "group"]
    assert data.regions.rows()[2] == ("C2", "C2", "C2", None)
    (tmp_path / "t.csv").write_text("region,year,x\nC,2019,1\n")
    with pytest.raises(DataError, match="no region is named 'C'"):
        read(tmp_path, section)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "region,name_en\nA,Alpha\nA,Beta\n",
            "regions.csv, row 2, column region:\n  A stands more than once",
        ),
        ("region,name_en\n,Alpha\n", "regions.csv, row 2, column region:\n  empty"),
        ("region,name_en\nA\n", "regions.csv, row 2:\n  1 cells"),
        ("region,name_en\nA,a\x1b[2Jb\n", "regions.csv, row 2, column name_en:\n  a control"),
        ("code,name_en\nA,x\n", "regions.csv, row 1:\n  no column 'region'"),
    ],
)
def test_a_bad_table_of_regions_is_an_error(declare, tmp_path, text, words):
    section = declare(None, t={"grain": "region", "x": {"type": "number"}})
    (tmp_path / "regions.csv").write_text(text)
    (tmp_path / "t.csv").write_text("region,year,x\nA,2019,1\n")
    with pytest.raises(DataError) as error:
        read(tmp_path, section)
    assert words in str(error.value)


# --------------------------------------------------------------------------- files and frames


def test_a_missing_folder_is_named(small, tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read(tmp_path / "nowhere", small)


def test_a_list_of_files_is_read_as_a_folder_of_them(small, tmp_path):
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "region_year.csv"
    path.write_text(f"{HEADER}\nRU-TOM,2019,1,1,,,\n")
    assert read([path], small).digest("region_year") == read(tmp_path / "a", small).digest(
        "region_year"
    )
    with pytest.raises(DataError, match=r"region_year\.csv:\n  cannot be read"):
        read([tmp_path / "region_year.csv"], small)


def test_a_mapping_without_a_declared_table_names_the_nearest(small):
    with pytest.raises(DataError, match="did you mean 'region_years'"):
        read({"region_years": pl.DataFrame()}, small)


def test_other_files_and_columns_are_left_alone(small, tmp_path):
    (tmp_path / "notes.csv").write_text("anything;at all\n")
    (tmp_path / "region_year.csv").write_text(f"{HEADER},evidence\nRU-TOM,2019,1,1,,,,a page\n")
    data = read(tmp_path, small)
    assert list(data.tables) == ["region_year"]
    assert data.tables["region_year"].columns == list(SCHEMA)


def test_a_frame_may_have_no_rows_and_nested_columns_beside_the_declared(small):
    frame = pl.DataFrame(schema=SCHEMA).with_columns(more=pl.lit(None, pl.List(pl.Int64)))
    data = read({"region_year": frame}, small)
    assert data.tables["region_year"].is_empty()
    assert dict(data.tables["region_year"].schema) == SCHEMA


def test_provenance_is_the_file_as_it_was_found(small, tmp_path):
    text = f"{HEADER},evidence\nRU-TOM,2019,1,1,,,,\nRU-MOS,2019,x,1,,,,\nRU-SPE,2019\n".encode()
    (tmp_path / "region_year.csv").write_bytes(text)
    found = read(tmp_path, small).provenance.rows()
    digest = hashlib.sha256(text).hexdigest()
    assert found == [("region_year", "region_year.csv", digest, 3, f"{HEADER},evidence")]


def test_provenance_of_a_frame_is_its_content(small):
    frame = pl.DataFrame([("RU-TOM", 2019, 1.0, 1, None, None, None)], schema=SCHEMA, orient="row")
    found = [
        read({"region_year": f}, small).provenance
        for f in (frame, frame.clone(), frame.with_columns(staff=2))
    ]
    assert found[0].equals(found[1])
    assert found[0]["file"].item() == "frame"
    assert found[0]["sha256"].item() != found[2]["sha256"].item()


def test_sources_of_the_folder_come_with_the_data(small, tmp_path):
    (tmp_path / "region_year.csv").write_text(f"{HEADER}\nRU-TOM,2019,1,1,,,\n")
    assert read(tmp_path, small).sources == ()
    (tmp_path / "sources.toml").write_text(
        '[[source]]\ntitle = "Regions"\npublisher = "Rosstat"\nretrieved = 2024-02-01\n'
        'columns = ["region_year.population"]\n'
    )
    source = read(tmp_path, small).sources[0]
    assert (source.title.of("ru"), source.licence, source.retrieved) == (
        "Regions",
        "not stated",
        date(2024, 2, 1),
    )


def test_refused_rows_have_one_shape_and_stand_in_the_order_of_the_file(small, tmp_path):
    random_rows = [f"RU-TOM,{year},{'x' if year % 2 else 1},1,,,yes" for year in range(2000, 2010)]
    random.Random(1).shuffle(random_rows)
    (tmp_path / "region_year.csv").write_text("\n".join([HEADER, *random_rows, "RU-TOM"]) + "\n")
    refused = read(tmp_path, small).refused
    assert refused.schema == {
        "table": pl.String,
        "file": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "rule": pl.String,
        "value": pl.String,
    }
    assert refused["row"].is_sorted()
    assert refused.height == 16
