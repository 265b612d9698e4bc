"""What no file of the project may hold, and what its locks must hold."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import rating

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-spark.txt")

FOLDERS = (
    ".ci", "benchmarks", "data", "docs", "indicators", "notebooks", "rating", "reports", "tests",
)  # fmt: skip
TEXTS = sorted(
    path
    for place in (ROOT.glob("*"), *((ROOT / folder).rglob("*") for folder in FOLDERS))
    for path in place
    if path.is_file()
    and not path.name.startswith(".coverage")
    and path.suffix not in {".ttf", ".otf", ".png", ".pdf", ".xlsx", ".parquet", ".pyc"}
)

# A package index: its address, or the options that name one.
INDEX = re.compile(r"https?://\S+/simple\b|--(extra-)?index-url|(?<!-emit)-find-links")
# A folder that exists on one machine only.
MACHINE = re.compile(r"(?<![\w.~/-])/(work|root|home|tmp|Users|opt)/\w")

# What we import that a dependency of ours requires and shows in its own interface.
BROUGHT_BY = {
    "fontTools": "weasyprint",
    "markupsafe": "jinja2",
    "packaging": "hatchling",
    "pydantic_core": "pydantic",
    "rich": "typer",
}


def text_of(path: Path) -> str:
    """The text of a file; the files of bad input are in other encodings too."""
    return path.read_text("utf8", errors="replace")


def pins(lock: str) -> dict[str, list[str]]:
    """The lines of a lock, by distribution: the pin, then its hashes."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / lock).read_text("utf8").splitlines():
        words = line.strip().removesuffix("\\").strip()
        if line and not line.startswith((" ", "#")):
            name = canonicalize_name(words.split("==")[0])
            found[name] = [words]
        elif words.startswith("--"):
            found[name].append(words)
    return found


def test_no_file_names_a_package_index():
    wrong = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in TEXTS
        if path != Path(__file__) and path.name != "Makefile"
        for hit in INDEX.finditer(text_of(path))
    ]
    assert wrong == []


def test_no_file_names_a_folder_of_one_machine():
    wrong = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in TEXTS
        for hit in MACHINE.finditer(text_of(path))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", [*LOCKS, "pyproject.toml", "Makefile", ".ci/run", ".ci/system"])
def test_what_installs_holds_no_address(name):
    assert "://" not in (ROOT / name).read_text("utf8")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_exact_pins_with_hashes_and_nothing_else(lock):
    for pin, *hashes in pins(lock).values():
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.]+", pin)
        assert hashes
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", found) for found in hashes)


def test_the_locks_agree():
    runtime, *others = (pins(lock) for lock in LOCKS)
    for other in others:
        both = runtime.keys() & other.keys()
        assert {name: runtime[name] for name in both} == {name: other[name] for name in both}


def test_the_locks_pin_every_dependency_within_its_bounds():
    runtime, dev, spark = (pins(lock) for lock in LOCKS)
    wanted = {
        "runtime": (PYPROJECT["project"]["dependencies"], runtime),
        "build": (PYPROJECT["build-system"]["requires"], runtime),
        "dev": (PYPROJECT["dependency-groups"]["dev"], runtime | dev),
        "spark": (PYPROJECT["project"]["optional-dependencies"]["spark"], spark),
    }
    for requirements, locked in wanted.values():
        for requirement in map(Requirement, requirements):
            version = locked[canonicalize_name(requirement.name)][0].split("==")[1]
            assert requirement.specifier.contains(version), requirement


def test_the_version_is_one_and_the_changelog_tells_of_it():
    assert rating.__version__ == PYPROJECT["project"]["version"]
    assert f"\n## {rating.__version__} (" in (ROOT / "CHANGELOG.md").read_text("utf8")


def declared(requirements: list[str]) -> set[str]:
    """The names to import that some requirements allow."""
    names = {Requirement(line).name for line in requirements}
    brought = {module for module, owner in BROUGHT_BY.items() if owner in names}
    return {name.replace("-", "_") for name in names} | brought


def imported(folder: str) -> set[str]:
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).split(".")[0])
    return found - sys.stdlib_module_names - {"rating", "tests", "benchmarks"}


EXTRAS = [line for own in PYPROJECT["project"]["optional-dependencies"].values() for line in own]


def test_the_library_imports_only_what_it_declares():
    known = PYPROJECT["project"]["dependencies"] + EXTRAS
    assert imported("rating") - declared(known) == set()


def test_the_tests_import_only_what_is_declared():
    known = PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"] + EXTRAS
    assert (imported("tests") | imported("benchmarks")) - declared(known) == set()


@pytest.mark.parametrize(("module", "owner"), BROUGHT_BY.items())
def test_what_a_dependency_brings_is_required_by_it(module, owner):
    required = {canonicalize_name(Requirement(line).name) for line in metadata.requires(owner)}
    assert canonicalize_name(module) in required
