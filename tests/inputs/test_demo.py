"""Invented registers: the same from the same seed, on published margins, and marked as invented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rating.cli import demo as command
from rating.definitions import files
from rating.errors import UsageError
from rating.inputs import classifiers
from rating.inputs.demo import world as worlds
from rating.inputs.demo import writing
from rating.inputs.demo.draws import Draws, repeated, splitmix
from rating.inputs.demo.firms import SECTIONS, Register
from rating.inputs.demo.world import EMPLOYED, World
from rating.inputs.parquet_file import dump
from rating.inputs.tables import Data, read
from rating.rate import rate

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "data" / "demo"
SECTION = files.load("hitech")
MANY = 200_000


def world(firms: int = worlds.SMALL, seed: int = 1) -> World:
    return worlds.of(SECTION.sector, firms=firms, seed=seed)


def digests(made: World, piece: int = writing.PIECE) -> dict[str, str]:
    tables = {name: make() for name, make in writing.tables(made).items()}
    tables["firms"] = pl.concat(writing.firms(made, piece))
    return {name: dump(table) for name, table in sorted(tables.items())}


@pytest.fixture(scope="module")
def general() -> pl.DataFrame:
    """The general part of a large register, in its first year, with the place in the sector."""
    made = world(MANY)
    register = Register(made)
    sector = register.places(np.arange(MANY))[1]
    free = pl.DataFrame({"firm_id": [f"F{n:09}" for n in np.flatnonzero(sector < 0)]})
    rows = pl.concat(writing.firms(made))
    return rows.unique("firm_id", keep="first", maintain_order=True).join(free, on="firm_id")


@pytest.fixture(scope="module")
def shipped() -> Data:
    return read(SHIPPED, SECTION)


# Numbers


def test_numbers_are_splitmix64():
    # The first outputs for the seed 1234567, as printed at rosettacode.org, Pseudo-random
    # numbers/Splitmix64.
    assert splitmix(1234567, [1, 2, 3, 4, 5]).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_numbers_are_spread_evenly_and_do_not_follow_each_other():
    found = Draws(1).uniform("x", np.arange(MANY))
    assert abs(found.mean() - 0.5) < 4 / np.sqrt(12 * MANY)
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 4 / np.sqrt(MANY)
    assert abs(np.corrcoef(found, Draws(1).uniform("y", np.arange(MANY)))[0, 1]) < 4 / np.sqrt(MANY)


def test_a_number_belongs_to_its_row_alone():
    rows = np.arange(1000)
    whole = Draws(7).uniform("x", rows)
    assert (Draws(7).uniform("x", rows[::-1]) == whole[::-1]).all()
    assert Draws(7).uniform("x", 41) == whole[41]


def test_rows_of_cells_are_numbered_within_each():
    cell, number = repeated([0, 3, 0, 1])
    assert cell.tolist() == [1, 1, 1, 3]
    assert number.tolist() == [0, 1, 2, 0]


# The same from the same seed


def test_the_same_seed_gives_the_same_tables():
    assert digests(world()) == digests(world())


def test_another_seed_gives_other_tables():
    one, other = digests(world()), digests(world(seed=2))
    assert [name for name in one if one[name] == other[name]] == ["required_methods"]


@pytest.mark.parametrize("piece", [1, 97, 10**6])
def test_the_size_of_pieces_is_nothing(piece):
    made = world(500)
    assert dump(pl.concat(writing.firms(made, piece))) == dump(pl.concat(writing.firms(made)))


def test_the_number_of_threads_is_nothing(tmp_path):
    # In another process, because polars takes its threads once.
    code = (
        "import json, sys; sys.path[:0] = [sys.argv[1]]\n"
        "from tests.inputs.test_demo import digests, world\n"
        "print(json.dumps(digests(world())))"
    )
    found = []
    for threads in ("1", "4"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(ROOT)],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout))
    assert found == [digests(world())] * 2


# Published margins


def test_most_firms_are_micro_as_published(general):
    # 96 % of all small and medium enterprises are micro (5.6 million; Kommersant, June 2023),
    # 18,590 of 5.83 million are medium (TASS, 12 July 2023).
    staff = general["employees"]
    assert abs((staff <= 15).mean() - 0.96) < 0.003
    assert abs(((staff > 15) & (staff <= 100)).mean() - 0.037) < 0.002
    assert abs(((staff > 100) & (staff <= 250)).mean() - 0.0032) < 0.0006


@pytest.mark.parametrize("name", SECTIONS)
def test_activities_have_their_published_share_in_employment(general, name):
    # profile.ru after Rosstat, end of 2018.
    low, high, share = SECTIONS[name]
    division = general["okved2"].str.slice(0, 2).cast(pl.Int64)
    assert abs(division.is_between(low, high).mean() - share) < 0.004


def test_firms_are_where_people_are(general):
    made = world()
    found = made.regions.join(general.group_by("region").len(), on="region", how="left")
    share = found["len"].fill_null(0).to_numpy() / general.height
    published = made.population / made.population.sum()
    assert np.abs(share - published).max() < 0.003
    assert abs(made.population.sum() - 146.7e6) < 0.2e6


def test_population_is_published_and_employment_adds_up():
    made = world()
    table = writing.tables(made)["region_year"]()
    published = pl.read_csv(ROOT / "data" / "open" / "region_year.csv", infer_schema_length=None)
    both = table.join(published.filter(year=2019), on="region")
    assert both.height == table.height == 85 * 4
    assert (both["population"] == both["population_right"]).all()
    assert abs(made.employment.sum() - EMPLOYED) < 1000


def test_codes_are_of_the_classifier(general):
    known = set(classifiers.table("okved2")["code"])
    assert set(general["okved2"]) <= known
    assert set(pl.concat(writing.firms(world()))["okved2"]) <= known


# What the section asks of data


def test_all_tables_are_those_of_the_section(shipped):
    stored = {name for name, given in SECTION.inputs.items() if given.base is None}
    assert {"firms", *writing.tables(world())} == stored
    assert set(shipped.tables) == stored


def test_no_row_is_refused(shipped):
    assert shipped.refused.rows() == []


def test_the_data_are_marked_as_synthetic(shipped):
    assert shipped.synthetic
    assert shipped.sources[0].publisher.en == "synthetic"


def test_the_shipped_set_is_what_the_command_writes(shipped, tmp_path):
    writing.write(world(), tmp_path)
    again = read(tmp_path, SECTION)
    assert {name: again.digest(name) for name in again.tables} == {
        name: shipped.digest(name) for name in shipped.tables
    }
    names = [file.name for file in sorted(tmp_path.iterdir())]
    assert names == [file.name for file in sorted(SHIPPED.iterdir())]
    for name in ("sources.toml", "region_year.csv"):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()


def test_the_shipped_set_is_small():
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 3e6


def test_nearly_every_indicator_has_values_in_twenty_regions(shipped):
    result = rate(SECTION, shipped, edition=2026, sector="translational_medicine")
    scored = [one.id for one in result.section.indicator if one.weight > 0]
    held = result.values.drop_nulls("value").group_by("indicator").len()
    wide = held.filter((pl.col("len") >= 20) & pl.col("indicator").is_in(scored))
    assert wide.height >= 40
    assert result.ranks["rank"].count() >= 70


@pytest.mark.parametrize("sector", [one.id for one in SECTION.sector])
def test_every_sector_can_be_rated(shipped, sector):
    assert rate(SECTION, shipped, edition=2026, sector=sector).ranks["rank"].count() >= 60


# Cases that a demonstration has to hold


def medicine() -> pl.DataFrame:
    """The firms of pharmacy and medical equipment in the edition: region and share of the jobs."""
    made = world()
    register = Register(made)
    sector = register.places(np.arange(made.firms))[1]
    ours = np.flatnonzero(np.isin(sector, np.flatnonzero(made.main)))
    rows = pl.concat(writing.firms(made)).filter(year=2026)
    rows = rows.filter(pl.col("firm_id").is_in([f"F{n:09}" for n in ours]))
    share = pl.col("employees") / pl.col("employees").sum().over("region")
    return rows.group_by("region").agg(firms=pl.len(), largest=share.max())


def test_some_cells_are_too_small_or_too_dominated_to_be_shown():
    found = medicine()
    assert found.filter(pl.col("firms") < 3).height >= 4
    assert found.filter((pl.col("largest") > 0.85) & (pl.col("firms") >= 3)).height >= 4


def test_the_same_cells_are_small_in_a_large_register():
    made = world(MANY)
    cells = Register(made).cells.reshape(made.count, -1)
    assert (cells[made.lone] == 0).all()
    assert (cells[made.towns] == 0).all()


def test_two_coders_mostly_agree_and_some_items_are_adjudicated(shipped):
    coded = shipped.tables["law_items"]
    two = coded.filter(pl.col("coder").str.starts_with("coder"))
    pairs = two.group_by("region", "item_id").agg(pl.len(), pl.col("score").n_unique().alias("n"))
    assert (pairs["len"] == 2).all()
    assert 0.08 < (pairs["n"] == 2).mean() < 0.16
    assert coded.filter(coder="adjudicated").height > 20


def test_some_certificates_have_ended_and_some_are_suspended(shipped):
    held = shipped.tables["certificates"]
    assert held.filter(pl.col("valid_to") < pl.date(2026, 12, 31)).height > 100
    assert held.filter(status="suspended")["suspended_from"].null_count() == 0
    assert held.filter(status="suspended").height > 20


def test_what_a_certificate_names_is_there(shipped):
    held, places = shipped.tables["certificates"], shipped.tables["facilities"]
    firms = shipped.tables["firms"]
    key = ["region", "firm_id"]
    assert held.drop_nulls("firm_id").join(firms, on=key, how="anti").is_empty()
    lost = held.join(places, on=["region", "facility_id"], how="anti")
    assert lost.is_empty()
    assert places["name"].str.starts_with("Demo ").all()


def test_small_regions_have_gaps(shipped):
    silent = set(shipped.regions["region"]) - set(shipped.tables["survey"]["region"])
    assert silent == set(world().regions["region"].to_numpy()[world().thin])


# The command


def test_the_command_writes_and_writes_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for format, suffix in (("csv", ".csv"), ("parquet", ".parquet")):
        command.write_demo(firms=500, seed=3, format=format)
        assert "Every row is invented" in capsys.readouterr().out
        assert {file.suffix for file in Path("demo").iterdir()} == {suffix, ".toml"}
        assert len(read("demo", SECTION).tables) == 25
    assert [file.name for file in tmp_path.iterdir()] == ["demo"]


def test_another_folder_is_not_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no synthetic data"):
        command.write_demo(out=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_what_fails_half_way_leaves_the_earlier_folder(tmp_path, monkeypatch):
    out = tmp_path / "demo"
    command.write_demo(firms=500, out=out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    def torn(*given: object, **named: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(writing, "_sources", torn)
    with pytest.raises(OSError, match="no space"):
        command.write_demo(firms=600, out=out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["demo"]
