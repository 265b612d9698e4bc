"""Ratings in several processes: a forked one that would hang is refused, a spawned one works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FORK = """
import os, sys, time
import polars as pl
import rating

section = rating.load("hitech_open")
if "used" in sys.argv:
    data = rating.read({data!r}, section)
    result = rating.rate(section, data, edition=2019)
doors = {{
    "read": lambda: rating.read({data!r}, section),
    "rate": lambda: rating.rate(section, data, edition=2019),
    "panel": lambda: rating.panel(section, data, editions=[2018, 2019]),
    "check": lambda: rating.check(section.indicator[0]),
    "uncertainty": lambda: result.uncertainty(draws=16),
    "audit": lambda: result.audit(),
    "explain": lambda: result.explain("RU-TOM"),
    "save": lambda: result.save(sys.argv[1]),
    "to_xlsx": lambda: result.to_xlsx(sys.argv[1] + ".xlsx"),
    "to_html": lambda: result.to_html(sys.argv[1] + ".html"),
    "to_pdf": lambda: result.to_pdf(sys.argv[1] + ".pdf"),
    "whole": lambda: rating.rate(section, rating.read({data!r}, section), edition=2019),
}}
asked = dict.fromkeys(sys.argv[2].split(","))
for door in asked:
    asked[door] = os.fork()
    if asked[door] == 0:
        try:
            doors[door]()
            told = "done"
        except rating.UsageError as error:
            told = "spawn" if 'get_context("spawn")' in str(error) else str(error)
        os.write(1, f"{{door}}: {{told}}\\n".encode())
        os._exit(0)
for _ in range(1200):
    asked = {{door: pid for door, pid in asked.items() if not os.waitpid(pid, os.WNOHANG)[0]}}
    if not asked:
        break
    time.sleep(0.05)
for door, pid in asked.items():
    os.kill(pid, 9)
    os.write(1, f"{{door}}: hangs\\n".encode())
"""

SPAWN = """
import multiprocessing
import rating


def first(edition):
    section = rating.load("hitech_open")
    result = rating.rate(section, rating.read({data!r}, section), edition=edition)
    return result.ranks["region"][0]


if __name__ == "__main__":
    first(2019)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(first, [2018, 2019]))
"""


def ran(text, tmp_path, *words):
    """What a script prints."""
    script = tmp_path / "script.py"
    script.write_text(text.format(data=str(ROOT / "data" / "open")), "utf8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, *words],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


DOORS = "read rate panel check uncertainty audit explain save to_xlsx to_html to_pdf"
fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@fork
def test_a_process_forked_from_a_rating_is_told_to_be_spawned(tmp_path):
    told = ran(FORK, tmp_path, str(tmp_path / "out"), DOORS.replace(" ", ","), "used")
    assert sorted(told.splitlines()) == sorted(f"{door}: spawn" for door in DOORS.split())


@fork
def test_a_process_forked_before_anything_was_computed_rates(tmp_path):
    assert ran(FORK, tmp_path, str(tmp_path / "out"), "whole") == "whole: done\n"


def test_a_spawned_process_rates(tmp_path):
    assert ran(SPAWN, tmp_path) == "['RU-MOW', 'RU-MOW']\n"
