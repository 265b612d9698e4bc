"""A register in its Parquet files is read as the same register in memory is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

import rating
from rating.inputs import stored

COLUMNS = {
    "firm_id": {"type": "text", "nullable": False},
    "staff": {"type": "number", "min": 0},
    "founded_on": {"type": "date"},
    "closed_on": {"type": "date"},
    "kind": {"type": "text", "choices": ["llc", "jsc"]},
    "rule": [
        {
            "id": "closed_after_founded",
            "name": {"en": "a firm closes after it is founded", "ru": "закрытие после открытия"},
            "holds": "closed_on IS NULL OR closed_on >= founded_on",
        }
    ],
}
SECTION = rating.Section(
    id="s",
    name={"en": "S", "ru": "S"},
    regions="ru",
    node=[{"id": "index"}],
    indicator=[
        {
            "id": "size",
            "parent": "index",
            "input": {"firms": COLUMNS},
            "version": [
                {
                    "since": "2000-01-01",
                    "measures": {
                        "firms": {"staff": "sum(staff)", "firms": "count(DISTINCT firm_id)"}
                    },
                    "value": "staff / nullif(firms, 0)",
                }
            ],
        },
        {
            "id": "spread",
            "parent": "index",
            "input": {
                "firms": COLUMNS,
                "kinds": {
                    "from": "firms",
                    "by": ["kind"],
                    "size": {"type": "number", "value": "sum(staff / 7)"},
                },
            },
            "version": [
                {
                    "since": "2000-01-01",
                    "measures": {"kinds": {"even": "entropy(size)", "whole": "sum(size * size)"}},
                    "value": "even + whole",
                }
            ],
        },
    ],
)


def firms(count: int = 300) -> pl.DataFrame:
    regions = ["RU-TOM", "RU-MOW", "RU-KGD"]
    return pl.DataFrame(
        {
            "region": [regions[n % 3] for n in range(count)],
            "year": [2025 + n % 2 for n in range(count)],
            "firm_id": [f"f{n}" for n in range(count)],
            "staff": [(n * 37 % 101) / 4 for n in range(count)],
            "founded_on": [date(2020, 1, 1)] * count,
            "closed_on": [date(2021, 1, 1) if n % 5 == 0 else None for n in range(count)],
            "kind": ["llc" if n % 2 else "jsc" for n in range(count)],
        }
    )


@pytest.fixture
def in_place(monkeypatch):
    monkeypatch.setattr(stored, "LARGE", 0)


def parts(frame: pl.DataFrame, folder: Path) -> Path:
    (folder / "firms").mkdir()
    for number, part in enumerate(frame.iter_slices(100)):
        part.write_parquet(folder / "firms" / f"part-{number}.parquet")
    return folder


def rated(data: rating.Data, **how: object) -> rating.Rating:
    return rating.rate(SECTION, data, edition=2026, **how)


def test_a_register_in_its_files_is_rated_as_one_in_memory(tmp_path, in_place):
    data = rating.read(parts(firms(), tmp_path), SECTION)
    assert data.tables == {}
    assert data.stored["firms"].height == 300
    memory = rated(rating.read({"firms": firms()}, SECTION))
    for threads in (1, 2, 8):
        found = rated(data, threads=threads)
        assert found.values.equals(memory.values)
        assert found.ranks.equals(memory.ranks)


def test_the_order_of_rows_and_the_parts_are_nothing(tmp_path, in_place):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = rated(rating.read(parts(firms(), one), SECTION))
    shuffled = firms().sample(fraction=1, shuffle=True, seed=4)
    data = rating.read(parts(shuffled, two), SECTION)
    for threads in (1, 2, 8):
        second = rated(data, threads=threads)
        assert second.digest == first.digest
        assert second.measures.equals(first.measures)


def test_names_of_regions_are_resolved(tmp_path, in_place):
    named = firms().with_columns(pl.col("region").replace("RU-TOM", "Томская область"))
    found = rated(rating.read(parts(named, tmp_path), SECTION))
    assert found.digest == rated(rating.read({"firms": firms()}, SECTION)).digest


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("staff", -1.0, "below the least value, 0"),
        ("staff", float("nan"), "not a finite number"),
        ("firm_id", None, "empty, and this column may not be"),
        ("firm_id", " f1", "a blank before or after the value"),
        ("kind", "ooo", "not one of the choices: llc, jsc"),
        ("year", 1066, "below the least value, 1900"),
        ("closed_on", date(2019, 1, 1), "not so: a firm closes after it is founded"),
    ],
)
def test_a_bad_row_is_refused_alike_in_both(tmp_path, in_place, column, value, rule):
    frame = firms()
    bad = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 150)
        .then(pl.lit(value, frame.schema[column]))
        .otherwise(pl.col(column))
        .alias(column)
    )
    data = rating.read(parts(bad, tmp_path), SECTION)
    memory = rating.read({"firms": bad}, SECTION)
    assert data.refused.height == memory.refused.height == 1
    row = data.refused.row(0, named=True)
    assert (row["file"], row["row"]) == ("part-1.parquet", 52)
    assert rule in row["rule"]
    assert memory.refused["rule"][0].startswith(row["rule"][:30])
    assert rated(data).values.equals(rated(memory).values)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"staff": pl.lit("12")}, "the column holds String where number is declared"),
        ({"region": pl.lit("Atlantis")}, "no region is named 'Atlantis'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(tmp_path, in_place, change, told):
    folder = parts(firms().with_columns(**change), tmp_path)
    with pytest.raises(rating.DataError, match=told):
        rating.read(folder, SECTION)


def test_a_broken_file_is_told(tmp_path, in_place):
    folder = parts(firms(), tmp_path)
    (folder / "firms" / "part-1.parquet").write_bytes(b"PAR1 no parquet")
    with pytest.raises(rating.DataError, match="not whole Parquet files"):
        rating.read(folder, SECTION)


def test_no_other_file_can_be_read(tmp_path, in_place):
    """The connection reads the files of the register and nothing else."""
    from rating.engine.store import Store

    folder = parts(firms(), tmp_path)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    data = rating.read(folder, SECTION)
    import duckdb

    with Store(files=data.files) as store:
        assert store.query(f"SELECT count(*) AS n FROM {stored.source(data.files)}")["n"][0] == 300
        with pytest.raises(duckdb.PermissionException):
            store.query(f"SELECT * FROM read_csv('{secret}')")
