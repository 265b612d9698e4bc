"""Measures of large registers, beside SQL written by hand over the same files.

``python benchmarks/scale.py [MILLIONS ...]``, by default 10 and 50: so many firm rows of one
year in Parquet files of a million, in a temporary folder that is removed. Each run is a process of
its own: wall and CPU seconds, the best of three, and the greatest memory. "one pass" are the
measures of the sector's firms in each region; "grouped" those by corporate group, by activity and
by firm. ``check`` is the pass that reads and checks every cell, once before the measures.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MILLION = 1_000_000
MEMORY = "2GB"
THREADS = 2
RUNS = ("scan", "hand one pass", "ours one pass", "hand grouped", "ours grouped", "check")
ONE_PASS = ("location_quotient", "cluster_size", "agglomeration", "relative_productivity")
GROUPED = ("effective_employers", "related_variety", "high_growth_firms")


def write(folder: Path, millions: int) -> None:
    """Firms of 85 regions, codes of all OKVED2, nine in ten without a group."""
    (folder / "firms").mkdir(parents=True)
    with duckdb.connect(config={"threads": THREADS}) as connection:
        codes = ROOT / "data" / "classifiers" / "okved2.csv"
        connection.execute(
            f"""CREATE TABLE codes AS SELECT list(code ORDER BY code) AS code
            FROM read_csv('{codes}', all_varchar = true) WHERE length(code) >= 4"""
        )
        regions = ROOT / "data" / "regions" / "ru.csv"
        connection.execute(
            f"""CREATE TABLE regions AS SELECT list(region ORDER BY region)[:85] AS code
            FROM read_csv('{regions}', all_varchar = true)"""
        )
        for part in range(millions):
            connection.execute(f"COPY ({_rows(part)}) TO '{folder}/firms/part-{part:03}.parquet'")
        connection.execute(f"COPY ({_people()}) TO '{folder}/region_year.parquet'")


def _rows(part: int) -> str:
    first = part * MILLION
    return f"""
        WITH drawn AS (
          SELECT i, hash(i) AS a, hash(i + 7919) AS b, hash(i * 31 + 1) AS c
          FROM range({first}, {first + MILLION}) t(i))
        SELECT r.code[1 + (a % 85)::INTEGER] AS region, 2026 AS year, 'f' || i AS firm_id,
          CASE WHEN b % 10 = 0 THEN 'g' || (c % 200000) END AS group_id,
          k.code[1 + (b // 16 % len(k.code))::INTEGER] AS okved2,
          round(exp(ln(2) + (c % 1000) / 160.0)) AS employees,
          (c // 1000 % 1000000) * 1250.5 AS revenue,
          (a // 100 % 1000000) * 310.25 AS value_added,
          CASE WHEN b % 50 = 0 THEN (a // 7 % 100000) * 99.5 END AS rd_spend,
          DATE '2000-01-01' + (a // 85 % 9400)::INTEGER AS founded_on,
          CASE WHEN c % 20 = 0 THEN DATE '2026-01-01' + (c // 20 % 365)::INTEGER END AS closed_on,
          a % 11 = 0 AS hightech_flag,
          CASE WHEN b % 400 = 1 THEN 'gmp' END AS registry
        FROM drawn, codes k, regions r"""


def _people() -> str:
    listed = {
        "population": 1e6,
        "employment": 5e5,
        "labour_force": 5.2e5,
        "grp": 1e12,
        "wage_mean": 6e4,
        "price_level": 1.0,
        "area_km2": 1e5,
        "researchers": 3000.0,
        "researchers_u39": 1000.0,
        "life_science_researchers": 500.0,
    }
    columns = ", ".join(f"{value!r}::DOUBLE AS {name}" for name, value in listed.items())
    return f"SELECT unnest(code) AS region, 2026 AS year, {columns} FROM regions"


# -------------------------------------------------------------------------------- the two sides


# A hand writes out which codes of the classifier are the sector's, once, and joins on equal codes.
SHARES = f"""
    CREATE TEMP TABLE shares AS
    SELECT code, arg_max(share, length(prefix)) AS share
    FROM (SELECT code, replace(code, '.', '') AS digits
      FROM read_csv('{ROOT / "data" / "classifiers" / "okved2.csv"}', all_varchar = true))
    JOIN (VALUES ('21', 1.0), ('2660', 1.0), ('3250', 1.0), ('7211', 0.8), ('7219', 0.15),
      ('01496', 1.0), ('6201', 0.1), ('6311', 0.05), ('71201', 0.2), ('8610', 0.0))
      AS sector(prefix, share) ON starts_with(digits, prefix)
    GROUP BY code"""
REGISTRIES = "('gmp', 'rzn', 'grls', 'gcp')"


def _firms(folder: Path, years: str) -> str:
    """The firms of the sector, with its share in each, as a hand would write it."""
    return f"""
        SELECT *, employees * share AS jobs
        FROM (
          SELECT f.*, CASE WHEN registry IN {REGISTRIES} THEN 1.0::DOUBLE
            ELSE coalesce(s.share, 0)::DOUBLE END AS share
          FROM read_parquet('{folder}/firms/*.parquet') f
          LEFT JOIN shares s ON s.code = f.okved2
          WHERE year IN ({years}))
        WHERE share > 0"""


def _hand(folder: Path, kind: str) -> list[str]:
    if kind == "scan":
        return [f"SELECT count(*), sum(employees) FROM read_parquet('{folder}/firms/*.parquet')"]
    open_ = "(closed_on IS NULL OR closed_on > DATE '2026-12-31')"
    firms = f"""{_firms(folder, "2026")}
          AND founded_on <= DATE '2026-12-31' AND {open_}"""
    if kind == "one pass":
        return [
            f"""SELECT region, sum(jobs::DECIMAL(38, 9)), sum((jobs * jobs)::DECIMAL(38, 9)),
              count(firm_id), sum((value_added * share)::DECIMAL(38, 9)),
              sum(jobs::DECIMAL(38, 9)) FILTER (WHERE value_added IS NOT NULL),
              sum((revenue * share)::DECIMAL(38, 9)),
              sum(jobs::DECIMAL(38, 9)) FILTER (WHERE revenue IS NOT NULL)
            FROM ({firms}) GROUP BY region ORDER BY region"""
        ]
    grown = f"""
        SELECT region, firm_id, max(share) AS part,
          sum(employees::DECIMAL(38, 9)) FILTER (WHERE year = 2023)::DOUBLE AS before,
          sum(employees::DECIMAL(38, 9)) FILTER (WHERE year = 2026 AND {open_})::DOUBLE AS now
        FROM ({_firms(folder, "2023, 2024, 2025, 2026")}) GROUP BY region, firm_id"""

    def grouped(key: str) -> str:
        return f"""SELECT region, {key} AS key, count(firm_id) AS n,
          sum(jobs::DECIMAL(38, 9))::DOUBLE AS j FROM ({firms}) GROUP BY ALL"""

    return [
        f"""SELECT region, sum(j::DECIMAL(38, 9)), sum((j * j)::DECIMAL(38, 9)), sum(n)
        FROM ({grouped("coalesce(group_id, firm_id)")}) GROUP BY region ORDER BY region""",
        f"""SELECT region, sum(j::DECIMAL(38, 9)) FILTER (WHERE j > 0), sum(n),
          sum((j * ln(j))::DECIMAL(38, 9)) FILTER (WHERE j > 0), count(*) FILTER (WHERE j > 0)
        FROM ({grouped("okved2")}) GROUP BY region ORDER BY region""",
        f"""SELECT region, sum(part::DECIMAL(38, 9)) FILTER (WHERE before >= 10),
          sum(part::DECIMAL(38, 9)) FILTER (WHERE before >= 10 AND now >= 1.728 * before),
          sum(part::DECIMAL(38, 9)) FILTER (WHERE before >= 10 AND now >= 1.331 * before),
          count(firm_id) FILTER (WHERE before >= 10)
        FROM ({grown}) GROUP BY region ORDER BY region""",
    ]


def _by_hand(folder: Path, kind: str) -> Callable[[], None]:
    queries = _hand(folder, kind)

    def run() -> None:
        config = {"threads": THREADS, "memory_limit": MEMORY, "temp_directory": str(folder / "t")}
        with duckdb.connect(config=config) as connection:
            connection.execute("SET preserve_insertion_order = false")
            connection.execute(SHARES)
            for query in queries:
                connection.sql(query).fetchall()

    return run


def _ours(folder: Path, kind: str) -> Callable[[], None]:
    """The engine's own way: tables shown, and all indicators in one query."""
    import polars as pl

    import rating
    from rating.definitions import derived
    from rating.engine import held, values
    from rating.engine.store import Store
    from rating.inputs.stored import Stored

    section = rating.load("hitech")
    wanted = ONE_PASS if kind == "one pass" else GROUPED
    chosen = [item for item in section.indicator if item.id in wanted]
    day = date(2026, 12, 31)
    versions = [(item, version, None) for item in chosen if (version := item.in_force(day))]
    used = {name for item, version, _ in versions for name in item.tables(version)}
    inputs = {name: section.inputs[name] for name in derived.needed(used, section.inputs)}
    files = tuple(sorted((folder / "firms").iterdir()))
    names = tuple(pl.read_parquet_schema(files[0]))
    register = Stored("firms", files, names, (2026,), len(files) * MILLION, "true", ())
    tables = {"firms": register, "region_year": pl.read_parquet(folder / "region_year.parquet")}
    sector = section.sector_of("translational_medicine")

    def run() -> None:
        with Store(threads=THREADS, files=files, memory=MEMORY) as store:
            held.hold_panel(store, tables, {2026: inputs}, sector=sector)
            values.evaluate_versions(store, versions)

    return run


def _check(folder: Path) -> Callable[[], None]:
    import rating
    from rating.inputs import stored

    given = rating.load("hitech").inputs["firms"]
    files = sorted((folder / "firms").iterdir())

    def run() -> None:
        problems: list[rating.errors.Problem] = []
        kept = stored.check("firms", files, given, None, problems)
        assert kept is not None
        assert kept[1].is_empty(), kept[1]

    return run


def child(folder: Path, name: str) -> None:
    """One run in this process; prints seconds and megabytes."""
    if name == "check":
        run = _check(folder)
    elif name == "scan":
        run = _by_hand(folder, name)
    else:
        side, kind = name.split(" ", 1)
        run = {"hand": _by_hand, "ours": _ours}[side](folder, kind)
    walls, works = [], []
    for _ in range(1 if name == "check" else 3):
        wall, work = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([min(walls), min(works), peak]))


def main(sizes: list[int]) -> None:
    """All runs at all sizes, a line each."""
    found: dict[tuple[str, int], list[float]] = {}
    for millions in sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write(folder, millions)
            bytes_ = sum(file.stat().st_size for file in (folder / "firms").iterdir())
            print(f"{millions} million rows, {bytes_ / 2**30:.2f} GB", flush=True)
            for name in RUNS:
                command = [sys.executable, __file__, "--child", str(folder), name]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(done.stderr)
                wall, work, peak = json.loads(done.stdout.splitlines()[-1])
                found[name, millions] = [wall, work]
                line = f"  {name:15}{wall:8.2f} s{work:8.2f} CPU s{peak:6.0f} MB"
                line += f"{wall / found['scan', millions][0]:7.1f} scans"
                if name.startswith("ours"):
                    hand = found[name.replace("ours", "hand"), millions]
                    line += f", of hand {wall / hand[0]:.2f}, in CPU {work / hand[1]:.2f}"
                print(line, flush=True)
    if len(sizes) > 1:
        low, high = sizes[0], sizes[-1]
        for name in RUNS:
            pairs = zip(found[name, high], found[name, low], strict=True)
            walls, works = (one / other for one, other in pairs)
            print(f"{name}: {walls:.2f} (CPU {works:.2f}) for {high / low:.0f} times the rows")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), sys.argv[3])
    else:
        main([int(one) for one in sys.argv[1:]] or [10, 50])
