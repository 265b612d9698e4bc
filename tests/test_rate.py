import hashlib
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import rating
from rating.publish.tables import FILES
from tests.flat import section as flat_section

ROOT = Path(__file__).parents[1]


def open_rating(data: Path | str = "data/open", edition: int = 2019) -> rating.Rating:
    section = rating.load("hitech_open")
    return rating.rate(section, rating.read(data, section), edition=edition)


@pytest.fixture(scope="module")
def result():
    return open_rating()


def digest(folder: Path) -> dict[str, str]:
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in FILES}


def test_a_second_run_gives_identical_bytes(result, tmp_path):
    one, two = result.save(tmp_path / "one"), open_rating().save(tmp_path / "two")
    assert sorted(p.name for p in one.iterdir()) == sorted(FILES)
    assert digest(one) == digest(two)


def test_hash_seed_zone_locale_and_threads_change_no_byte(result, tmp_path):
    wanted = digest(result.save(tmp_path / "here"))
    program = (
        "import sys, rating\n"
        "section = rating.load('hitech_open')\n"
        "data = rating.read('data/open', section)\n"
        "rating.rate(section, data, edition=2019, threads=int(sys.argv[2])).save(sys.argv[1])\n"
    )
    for number, (seed, zone, locale, threads) in enumerate(
        [("0", "UTC", "C", "1"), ("7", "Asia/Tomsk", "ru_RU.UTF-8", "2"), ("9", "UTC", "C", "8")]
    ):
        out = tmp_path / str(number)
        changed = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-c", program, str(out), threads],
            cwd=ROOT,
            env={**os.environ, **changed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stderr == ""
        assert digest(out) == wanted


def test_the_order_of_input_rows_changes_no_byte(result, tmp_path):
    wanted = digest(result.save(tmp_path / "here"))
    shuffled = tmp_path / "data"
    shuffled.mkdir()
    for path in Path("data/open").iterdir():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        mixed = [lines[0], *reversed(lines[1:])] if path.suffix == ".csv" else lines
        (shuffled / path.name).write_text("".join(mixed), "utf-8")
    assert digest(open_rating(shuffled).save(tmp_path / "there")) == wanted


def test_no_number_is_nan_or_infinite_and_missing_is_an_empty_cell(result, tmp_path):
    for name in FILES:
        text = result.save(tmp_path / "out").joinpath(name).read_text("utf-8").lower()
        cells = set(re.split(r"[,\n:]", text))
        assert not cells & {"nan", "inf", "-inf", "null", "none"}
    for frame in (result.ranks, result.scores, result.values, result.measures):
        for column in frame.select(pl.selectors.float()).columns:
            assert all(math.isfinite(v) for v in frame[column].drop_nulls())


def test_the_manifest_says_what_was_computed_from_what(result, tmp_path):
    manifest = json.loads((result.save(tmp_path / "out") / "manifest.json").read_text("utf-8"))
    assert manifest["edition"] == 2019
    assert manifest["result_sha256"] == result.digest
    assert set(manifest["tables"]) == set(result.years["table"])
    assert manifest["indicators"]["universities"] == "2017-04-18"


def test_files_that_are_there_are_replaced_and_others_stay(result, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "ranks.csv").write_text("old")
    result.save(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "ranks.csv").read_text().startswith("region,rank,score")


def test_a_result_shows_itself_in_a_notebook(result):
    html = result._repr_html_()
    assert "<td>Moscow</td>" in html
    assert html.count("<tr>") == 86


def test_coverage_counts_indicators_in_force_and_leaves_out_context(result):
    chukotka = result.ranks.filter(pl.col("region") == "RU-CHU")
    missing = result.values.filter((pl.col("region") == "RU-CHU") & pl.col("value").is_null())
    assert chukotka["coverage"][0] == pytest.approx(1 - missing.height / 14)
    assert chukotka["status"][0] == "thin"


def test_an_indicator_of_weight_0_is_computed_and_counts_for_nothing():
    meta = pl.DataFrame(
        {
            "id": ["a", "b", "index"],
            "parent": ["index", "index", None],
            "direction": ["higher"] * 3,
            "weight": [1.0, 0.0, 1.0],
        }
    )
    figures = pl.DataFrame({"region": ["x", "y"], "year": 2019, "a": [1.0, 2.0], "b": [None, 5.0]})
    section = flat_section(
        meta,
        {"aggregate": {"name": "arithmetic", "min_coverage": 1.0}, "normalise": {"name": "rank"}},
    )
    result = rating.rate(section, rating.read({"figures": figures}, section), edition=2019)
    assert result.ranks.sort("region")["coverage"].to_list() == [1.0, 1.0]
    assert result.ranks.sort("region")["score"].to_list() == [1.0, 2.0]
    assert result.values.filter(pl.col("indicator") == "b")["value"].to_list() == [None, 5.0]


def test_a_method_given_is_used_instead_of_the_sections(result):
    section = rating.load("hitech_open")
    method = section.method.replace(aggregate={"name": "geometric"})
    other = rating.rate(section, rating.read("data/open", section), edition=2019, method=method)
    assert other.section.method.aggregate.name == "geometric"
    assert other.ranks["score"][0] < result.ranks["score"][0]


def test_an_edition_without_an_indicator_in_force_is_an_error():
    section = rating.load("hitech_open")
    with pytest.raises(rating.UsageError, match="comes into force"):
        rating.rate(section, rating.read("data/open", section), edition=1990)


def test_regions_that_the_screening_leaves_out_keep_their_score_and_have_no_rank():
    section = rating.load("hitech_open")
    method = section.method.replace(
        screen={"name": "availability", "available": 0.9, "leave_out": ["RU-MOW"]}
    )
    data = rating.read("data/open", section)
    result = rating.rate(section, data, edition=2019, method=method)
    thin = result.ranks.filter(pl.col("status") == "thin")
    assert "RU-MOW" in thin["region"]
    assert thin["rank"].null_count() == thin.height
    assert thin.filter(pl.col("region") == "RU-MOW")["score"][0] > 70
    verdict = result.screened.filter(pl.col("node").is_null() & (pl.col("region") == "RU-MOW"))
    assert verdict["reason"][0] == "left out by name"


def test_an_imputed_value_is_seen_in_every_score_above_it_and_never_in_coverage():
    section = rating.load("hitech_open")
    data = rating.read("data/open", section)
    method = section.method.replace(impute={"name": "median"})
    result = rating.rate(section, data, edition=2019, method=method)
    filled = result.values.filter((pl.col("region") == "RU-CHU") & (pl.col("status") == "imputed"))
    scores = {n: i for r, n, _, _, i in result.scores.iter_rows() if r == "RU-CHU"}
    assert scores["index"] == filled.height == 6
    assert scores["infrastructure"] == 0
    coverage = result.ranks.filter(pl.col("region") == "RU-CHU")["coverage"][0]
    assert coverage == pytest.approx(1 - filled.height / 14)
