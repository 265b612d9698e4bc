"""DuckDB and Spark give the same measures of the same files, to the last bit."""

from __future__ import annotations

import os
import random
import shutil
import sys
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl
import pytest

import rating
from rating.inputs import stored

pytest.importorskip("pyspark", reason='pyspark is not installed: the extra "spark"')
pytest.importorskip("sqlglot", reason='sqlglot is not installed: the extra "spark"')
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("there is no Java: apt-get install default-jre-headless", allow_module_level=True)

from rating.engine import spark

REGIONS = ["RU-TOM", "RU-MOW", "RU-KGD", "RU-SPE"]
CODES = ["21.20", "21.10", "72.11", "72.19", "62.01", "86.10", "01.11", "2"]
SECTORS = [
    {
        "id": "pharma",
        "name": {"en": "P", "ru": "Ф"},
        "codes": {"okved2": {"21": 1.0, "72.11": 0.6, "72": 0.1}},
        "names": {"registry": ["gmp", "grls"]},
    }
]
FIRMS = {
    "firm_id": {"type": "text", "nullable": False},
    "group_id": {"type": "text"},
    "okved2": {"type": "text", "nullable": False},
    "employees": {"type": "number", "min": 0},
    "revenue": {"type": "number", "min": 0},
    "posts": {"type": "integer"},
    "founded_on": {"type": "date"},
    "closed_on": {"type": "date"},
    "hightech": {"type": "boolean"},
    "registry": {"type": "text"},
    "sector_share": {"type": "number", "sector": ["okved2", "registry"]},
}


def number(value: str) -> dict[str, str]:
    return {"type": "number", "value": value}


def whole(value: str) -> dict[str, str]:
    return {"type": "integer", "value": value}


INPUTS = {
    "firms": FIRMS,
    "holders": {"firm_id": {"type": "text"}, "patents": {"type": "integer"}},
    "sector_firms": {
        "from": "firms",
        "absent": "zero",
        "where": "sector_share > 0 AND founded_on <= as_of "
        "AND (closed_on IS NULL OR closed_on > add_months(as_of, -6))",
        "jobs": number("employees * sector_share"),
        "employer": {"type": "text", "value": "coalesce(group_id, firm_id)"},
    },
    "employers": {
        "from": "sector_firms",
        "by": ["employer"],
        "group_jobs": number("sum(jobs)"),
        "members": whole("count(firm_id)"),
    },
    "activities": {
        "from": "sector_firms",
        "by": ["okved2"],
        "activity_jobs": number("sum(jobs)"),
        "plants": whole("count(firm_id)"),
    },
    "growth": {
        "from": "firms",
        "window": 2,
        "by": ["firm_id"],
        "before": number("sum(employees) FILTER (WHERE year = year(as_of) - 1)"),
        "now": number("sum(employees) FILTER (WHERE year = year(as_of))"),
    },
    "lives": {
        "from": "firms",
        "by": {"lived": "days(founded_on, coalesce(closed_on, as_of))"},
        "ended": whole("count(closed_on)"),
        "going": whole("count(*) FILTER (WHERE closed_on IS NULL)"),
    },
    "innovators": {
        "from": "sector_firms",
        "join": {"holders": ["firm_id"]},
        "innovative": {
            "type": "boolean",
            "value": "coalesce(hightech, false) OR coalesce(patents, 0) > 0",
        },
    },
}
MEASURES = {
    "firms": {
        "jobs": "sum(employees)",
        "squares": "sum(employees * employees / 7)",
        "turnover": "sum(revenue * 0.37)",
        "mean": "avg(revenue) FILTER (WHERE okved2 LIKE '21%')",
        "posts": "sum(posts)",
        "different": "sum(DISTINCT employees)",
        "kinds": "count(DISTINCT okved2)",
        "oldest": "max(days(founded_on, as_of))",
        "first": "year(min(founded_on))",
        "negative": "sum(sqrt(employees) - 17.3)",
    },
    "sector_firms": {"jobs": "sum(jobs)", "plants": "count(firm_id)"},
    "employers": {
        "whole": "sum(group_jobs)",
        "squares": "sum(group_jobs * group_jobs)",
        "members": "sum(members)",
    },
    "activities": {"spread": "miller_madow(activity_jobs, plants)"},
    "growth": {
        "grew": "count(*) FILTER (WHERE now >= 1.2 * before)",
        "most": "max(now / nullif(before, 0))",
    },
    "lives": {"half": "km_median(lived, ended, going)"},
    "innovators": {"core": "sum(sector_share) FILTER (WHERE innovative)"},
}


def section(tables: dict[str, dict[str, str]], inputs: dict = INPUTS) -> rating.Section:
    return rating.Section(
        id="s",
        name={"en": "S", "ru": "S"},
        regions="ru",
        sector=SECTORS,
        node=[{"id": "index"}],
        indicator=[
            {
                "id": f"of_{table}",
                "name": {"en": table, "ru": table},
                "parent": "index",
                "input": inputs,
                "version": [
                    {
                        "since": "2000-01-01",
                        "measures": {table: measures},
                        "value": " + ".join(f"coalesce({name}, 0)" for name in measures),
                    }
                ],
            }
            for table, measures in tables.items()
        ],
    )


def firms(seed: int, count: int = 400) -> pl.DataFrame:
    """Firms with sizes from thousandths to billions, ties, gaps and codes of every length."""
    draw = random.Random(seed)
    start = date(2000, 1, 1)
    rows = []
    for n in range(count):
        founded = start + timedelta(days=draw.randrange(8000))
        rows.append(
            {
                "region": draw.choice(REGIONS),
                "year": draw.choice([2024, 2025, 2026]),
                "firm_id": f"f{n // 3}",
                "group_id": draw.choice([None, None, "g1", "g2", "g3"]),
                "okved2": draw.choice(CODES),
                "employees": draw.choice([0.5, 3.0, draw.lognormvariate(2, 2), None]),
                "revenue": draw.choice([draw.lognormvariate(18, 5), 1e-9 * draw.random(), 5e-10]),
                "posts": draw.randrange(10**12),
                "founded_on": founded,
                "closed_on": draw.choice([None, founded + timedelta(days=draw.randrange(9000))]),
                "hightech": draw.choice([True, False, None]),
                "registry": draw.choice([None, None, "gmp", "rzn"]),
            }
        )
    return pl.DataFrame(rows, schema_overrides={"closed_on": pl.Date, "registry": pl.String})


HOLDERS = pl.DataFrame(
    {
        "region": [REGIONS[n % 4] for n in range(80)],
        "firm_id": [f"f{n}" for n in range(80)],
        "patents": [n % 3 for n in range(80)],
    }
)


def folder(place: Path, frame: pl.DataFrame) -> Path:
    (place / "firms").mkdir(parents=True)
    for number, part in enumerate(frame.iter_slices(150)):
        part.write_parquet(place / "firms" / f"part-{number}.parquet")
    HOLDERS.write_csv(place / "holders.csv")
    return place


@pytest.fixture(scope="module")
def session():
    """Two threads on this machine, for all tests of the module."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield made
    made.stop()


@pytest.fixture
def in_place(monkeypatch):
    monkeypatch.setattr(stored, "LARGE", 0)


def both(data: rating.Data, of: rating.Section) -> tuple[rating.Rating, rating.Rating]:
    how = {"edition": 2026, "sector": "pharma"}
    return rating.rate(of, data, **how), rating.rate(of, data, engine="spark", **how)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_measures_are_the_same_to_the_last_bit(session, tmp_path, in_place, seed):
    of = section(MEASURES)
    data = rating.read(folder(tmp_path, firms(seed)), of)
    assert set(data.stored) == {"firms"}
    duck, spark = both(data, of)
    # The other regions of the register have no row in any table.
    told = duck.measures.filter(pl.col("region").is_in(REGIONS))
    assert told.height > 60
    assert told["value"].null_count() < 10
    assert spark.measures.equals(duck.measures)
    assert spark.digest == duck.digest


def test_codes_of_a_classifier_and_what_is_confidential_are_the_same(session, tmp_path, in_place):
    coded = {**FIRMS, "okved2": {**FIRMS["okved2"], "classifier": "okved2"}}
    rule = {"disclosure": {"unit": "employer", "size": "jobs", "least": 20}}
    inputs = {**INPUTS, "firms": coded, "sector_firms": {**INPUTS["sector_firms"], **rule}}
    of = section(MEASURES, inputs)
    known = ["21.20", "21.10", "72.11", "72.19", "62.01", "86.10", "01.11", "01.11"]
    frame = firms(6).with_columns(pl.col("okved2").replace(dict(zip(CODES, known, strict=True))))
    duck, spark = both(rating.read(folder(tmp_path, frame), of), of)
    assert duck.refused.is_empty()
    assert spark.measures.equals(duck.measures)
    assert duck.disclosure.height > 0
    assert spark.disclosure.equals(duck.disclosure)


def test_refused_rows_and_names_of_regions_are_the_same(session, tmp_path, in_place):
    of = section({"firms": MEASURES["firms"]})
    bad = firms(4).with_columns(
        pl.col("region").replace("RU-TOM", "Томская область"),
        pl.when(pl.int_range(pl.len()) == 7)
        .then(float("nan"))
        .when(pl.int_range(pl.len()) == 8)
        .then(-1.0)
        .otherwise("employees")
        .alias("employees"),
        pl.when(pl.int_range(pl.len()) == 9).then(pl.lit(" x")).otherwise("okved2").alias("okved2"),
    )
    data = rating.read(folder(tmp_path, bad), of)
    assert data.refused.height == 3
    duck, spark = both(data, of)
    assert spark.measures.equals(duck.measures)


def test_a_sum_of_decimals_rounds_as_decimal_arithmetic_says(session, tmp_path, in_place):
    """The authority is Python's decimal: the double times 1e9, to the nearest, ties away from 0."""
    of = section({"firms": {"turnover": "sum(revenue)"}})
    frame = firms(5).with_columns(year=pl.lit(2026))
    _, spark = both(rating.read(folder(tmp_path, frame), of), of)
    for region, rows in frame.group_by("region"):
        units = sum(
            Decimal(value * 1e9).quantize(Decimal(1), ROUND_HALF_UP) for value in rows["revenue"]
        )
        found = spark.measures.filter(pl.col("region") == region[0])["value"][0]
        assert found == pytest.approx(float(units / 10**9), rel=1e-15)


def test_a_function_that_differs_is_refused_over_single_rows(session, tmp_path, in_place):
    of = section({"firms": {"middle": "median(employees)"}})
    data = rating.read(folder(tmp_path, firms(6)), of)
    with pytest.raises(rating.UsageError, match="do not compute alike: median"):
        both(data, of)


def test_what_spark_cannot_compute_is_told(session, tmp_path, in_place):
    of = section({"firms": {"share": "sum(employees / posts)"}})
    frame = firms(7).with_columns(posts=pl.lit(0))
    data = rating.read(folder(tmp_path, frame), of)
    with pytest.raises(rating.DefinitionError, match="divides by zero"):
        rating.rate(of, data, edition=2026, sector="pharma", engine="spark")


def test_without_java_spark_is_refused(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(rating.UsageError, match="no Java"):
        spark.require()
