"""The files shipped with the library are found however it was installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESOURCES = ("indicators", "data", "reports")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
DISTRIBUTION = f"hitech_rating-{PROJECT['version']}"

# Run by the Python of an installation, in an empty folder: where things are found, and what leaks.
LOOK = """
import importlib.util, json
from importlib import metadata
import rating
from rating import resources
print(json.dumps({
    "package": rating.__file__,
    "files": {
        name: sorted(
            path.relative_to(resources.folder(name)).as_posix()
            for path in resources.folder(name).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )
        for name in ("indicators", "data", "reports")
    },
    "leaks": [
        name
        for name in ("indicators", "data", "reports", "tests", "docs", "benchmarks", "hatch_build")
        if importlib.util.find_spec(name)
    ],
}))
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; its stderr is shown where it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shipped(root: Path = ROOT) -> dict[str, list[str]]:
    """The files of the checkout's resource folders."""
    return {
        name: sorted(
            path.relative_to(root / name).as_posix()
            for path in (root / name).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )
        for name in RESOURCES
    }


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    return folder / f"{DISTRIBUTION}.tar.gz"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return folder / f"{DISTRIBUTION}-py3-none-any.whl"


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """Installs into a new environment that borrows the dependencies of this one."""

    def installed(*what: str | Path) -> Path:
        folder = tmp_path / "environment"
        venv.create(folder, with_pip=False, symlinks=True)
        python = folder / "bin" / "python"
        site = run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path
        )
        # A path named in a .pth file is searched, but its own .pth files are not read: the editable
        # install of the environment that runs the tests stays out of sight.
        borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        Path(site.strip(), "borrowed.pth").write_text("\n".join(sorted(borrowed)), "utf8")
        if what:
            pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
            options = ["--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed"]
            run(*pip, "install", "--quiet", *options, *what, cwd=tmp_path)
        return python

    return installed


def look(python: Path, cwd: Path, **environment: str) -> dict[str, object]:
    return json.loads(run(python, "-c", LOOK, cwd=cwd, **environment))


def test_a_wheel_brings_its_resources(wheel, install, tmp_path):
    python = install(wheel)
    found = look(python, tmp_path)
    assert Path(found["package"]).is_relative_to(python.parents[1])
    assert found["files"] == shipped()
    assert found["leaks"] == []


def test_an_sdist_install_brings_its_resources(sdist, install, tmp_path):
    python = install(sdist)
    found = look(python, tmp_path)
    assert Path(found["package"]).is_relative_to(python.parents[1])
    assert found["files"] == shipped()
    assert found["leaks"] == []


def test_an_editable_install_reads_the_checkout_and_exposes_nothing_else(install, tmp_path):
    found = look(install("--editable", ROOT), tmp_path)
    assert Path(found["package"]) == ROOT / "rating" / "__init__.py"
    assert found["files"] == shipped()
    assert found["leaks"] == []


def test_a_plain_checkout_reads_its_own_folders(install, tmp_path):
    found = look(install(), tmp_path, PYTHONPATH=str(ROOT))
    assert Path(found["package"]) == ROOT / "rating" / "__init__.py"
    assert found["files"] == shipped()


def test_a_wheel_holds_types_licences_and_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entries = archive.read(f"{DISTRIBUTION}.dist-info/entry_points.txt").decode()
    assert "rating/py.typed" in names
    assert f"{DISTRIBUTION}.dist-info/licenses/LICENSE" in names
    assert f"{DISTRIBUTION}.dist-info/licenses/reports/fonts/OFL.txt" in names
    assert "rating = rating.cli:main" in entries
    assert {name.split("/")[0] for name in names} == {"rating", f"{DISTRIBUTION}.dist-info"}


def test_an_sdist_holds_what_builds_and_tests_the_library(sdist):
    with tarfile.open(sdist) as archive:
        names = {Path(name).relative_to(DISTRIBUTION).as_posix() for name in archive.getnames()}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("rating", "tests", "docs", "benchmarks", ".ci", *RESOURCES)
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted |= {"Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
    wanted |= {
        "pyproject.toml",
        "conftest.py",
        "hatch_build.py",
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-spark.txt",
    }
    assert wanted - names == set()


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_checkout(sdist, wheel, tmp_path):
    run("tar", "-xzf", sdist, cwd=tmp_path)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=tmp_path / DISTRIBUTION)
    rebuilt = tmp_path / DISTRIBUTION / "dist" / wheel.name
    assert contents(rebuilt) == contents(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
