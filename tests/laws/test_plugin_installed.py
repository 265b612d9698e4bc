"""The plugin as its distribution declares it: another repository installs it, and no more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.laws.test_plugin import INDICATOR, SECTION

ROOT = Path(__file__).parents[2]


@pytest.fixture
def repository(tmp_path):
    """A folder with the library installed as its distribution declares it; pytest runs in it."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points = declared["entry-points"]["pytest11"]
    installed = tmp_path / "site" / "hitech_rating-0.1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: hitech-rating\nVersion: 0\n")
    lines = ["[pytest11]", *(f"{name} = {module}" for name, module in points.items())]
    (installed / "entry_points.txt").write_text("\n".join(lines))
    work = tmp_path / "work"
    work.mkdir()

    def run(files, *options):
        for name, text in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        paths = os.pathsep.join([str(ROOT), str(installed.parent)])
        command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", *options]
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "PYTHONPATH": paths, "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert {p.name for p in work.iterdir()} == {Path(name).parts[0] for name in files}
        return done.returncode, done.stdout

    return run


def test_each_law_and_example_of_a_section_is_a_test(repository):
    right = INDICATOR.format(value="staff / nullif(people, 0)")
    code, told = repository(
        {"indicators/s/section.toml": SECTION, "indicators/s/deep/rate.toml": right}, "-v"
    )
    assert code == 0, told
    assert "rate: example 1 PASSED" in told
    assert "rate.toml" not in told
    assert re.search(r"rate: rises with t\.staff\s+PASSED", told), told


def test_definitions_elsewhere_are_left_alone(repository):
    right = INDICATOR.format(value="staff / nullif(people, 0)")
    code, told = repository({"other/rate.toml": right}, "-p", "rating.laws.plugin")
    assert code == 5, told
