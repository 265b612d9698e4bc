import re
import tomllib
from pathlib import Path

from rating.cli import doctor

ROOT = Path(__file__).parents[2]


def test_a_machine_with_everything_is_well(run):
    outcome = run("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert all(line.startswith("ok ") for line in outcome.out.splitlines())
    assert "section hitech_open: 14 indicators" in outcome.out


def test_a_missing_library_is_named_with_the_line_that_installs_it(run, monkeypatch):
    monkeypatch.setattr(doctor, "LIBRARIES", {"nowhere-1.0": "libnowhere-1.0-0"})
    outcome = run("doctor")
    assert outcome.code == 1
    assert "missing  nowhere-1.0: on Debian: sudo apt-get install" in outcome.out
    assert "libnowhere-1.0-0" in outcome.out


def test_a_report_stops_before_it_computes_where_a_library_is_missing(run, monkeypatch, good):
    monkeypatch.setattr(doctor, "LIBRARIES", {"nowhere-1.0": "libnowhere-1.0-0"})
    outcome = run("report", *good, "--edition", 2019, "--out", "nowhere.pdf")
    assert (outcome.code, outcome.out) == (2, "")
    assert "needs system libraries: nowhere-1.0" in outcome.err
    assert "apt-get install -y --no-install-recommends libnowhere-1.0-0" in outcome.err


def test_a_missing_package_is_named(run, monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package-of-ours",))
    outcome = run("doctor")
    assert outcome.code == 1
    assert "missing  no-such-package-of-ours: pip install" in outcome.out


def test_the_packages_are_those_that_the_project_depends_on():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[<>=]", line)[0] for line in project["dependencies"]]
    assert sorted(names) == sorted(doctor.PACKAGES)


def test_the_libraries_are_those_that_the_set_up_installs():
    text = (ROOT / ".ci" / "system").read_text("utf-8")
    assert dict(re.findall(r'"([\w.-]+)": "(lib[\w.-]+)"', text)) == doctor.LIBRARIES
