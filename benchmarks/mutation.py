"""Mutation testing of formulas, laws and steps: ``make mutation``, or some of the groups below.

A copy of the tree is made for each group, with the settings of mutmut for it at the end of its
pyproject.toml; mutmut makes the mutants there, leaves those to mypy that break a type, and runs the
tests of the group against each of the others. What was decided stays in the copy, so that a run
that was stopped goes on.

The module is a plugin of pytest too: it runs the quick tests of a mutant first.
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutation"
COPIED = (
    "rating", "tests", "indicators", "data", "reports", "docs", "notebooks", "benchmarks", ".ci",
    "conftest.py", "hatch_build.py", "mkdocs.yml", "Makefile", "pyproject.toml", "README.md",
)  # fmt: skip


# The exit codes that mutmut writes down.
SURVIVED, UNTESTED, TYPES, TIMED_OUT = (0,), (33, 5), 37, (36, 24, -24, 152, 255)
COLUMNS = ("mutants", "types", "tested", "killed", "timed out", "survived", "share")


class Group(NamedTuple):
    """Modules that are tested together.

    Attributes:
        mutated: patterns of the modules.
        tests: what is run, as pytest is told it.
    """

    mutated: tuple[str, ...]
    tests: tuple[str, ...]


def _modules(room: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"rating/{room}/{name}.py" for name in names)


def _tests(room: str, names: Iterable[str]) -> tuple[str, ...]:
    """The tests that are named after modules."""
    paths = [Path("tests") / room / f"test_{name}.py" for name in names]
    return tuple(str(path) for path in paths if (ROOT / path).exists())


_LAWS = ("around", "changes", "declared", "examples", "measured", "report", "whole", "worlds")
_TRIALS = ("cases", "check", "holding", "smallest", "trial")
_STEPS = {
    "scores": ("compare", "distances", "frontier", "peers"),
    "weights": ("judgements", "relations", "weights"),
    "models": ("models", "predict"),
    "screen": ("screen",),
    "values": ("counts", "impute", "normalise", "shapes", "treat"),
    "means": ("aggregate", "means", "ranks"),
}
# Tests of what is reached through another module.
_THROUGH = {
    "models": ("impute",),
    "means": ("compare", "distances", "frontier"),
    "scores": ("aggregate",),
}
GROUPS = {
    "formulas": Group(
        _modules("definitions", ("formulas", "grammar", "parsing")),
        _tests("definitions", ("formulas", "refusals")),
    ),
    # Quick tests of one world tell mutants apart; tests/laws/test_laws.py draws a hundred worlds
    # for each indicator of the shipped section, and measures time.
    "laws": Group(_modules("laws", (*_LAWS, "laws")), _tests("laws", (*_LAWS, "verdicts"))),
    "laws.trial": Group(
        _modules("laws", _TRIALS), _tests("laws", ("check", "measured", "trial", "worlds"))
    ),
    # In the process of the mutant; test_plugin_installed.py starts another.
    "laws.plugin": Group(_modules("laws", ("plugin",)), _tests("laws", ("plugin",))),
    **{
        f"steps.{group}": Group(
            _modules("steps", names),
            _tests("steps", (*names, *_THROUGH.get(group, ()))),
        )
        for group, names in _STEPS.items()
    },
}


def pytest_configure() -> None:
    """A call of a mutated function is three calls: what is nested deeply needs the room."""
    sys.setrecursionlimit(10_000)


def pytest_collection_finish(session: Any) -> None:
    """What is imported before the first fork is left alone by the collector of each child.

    It would touch, and so copy, every page: most of the time of a mutant that dies at once.
    """
    if session.config.option.collectonly:
        gc.freeze()


def pytest_runtest_setup() -> None:
    """An answer that an earlier test left behind would hide that this one asks for it too."""
    from rating.definitions import formulas

    formulas._checked.cache_clear()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """The quick tests first, as long as they took when mutmut looked which tests there are."""
    stats = Path("mutmut-stats.json")
    known = json.loads(stats.read_text("utf-8"))["duration_by_test"] if stats.exists() else {}
    items.sort(key=lambda item: known.get(item.nodeid, 0.0))


def main() -> None:
    """Run mutmut over groups and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("groups", nargs="*", help="of " + ", ".join(GROUPS))
    parser.add_argument("--sample", type=int, help="so many mutants of a group, by chance")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--again", action="store_true", help="only those that survived")
    parser.add_argument("--children", type=int, default=1, help="mutants tested at once")
    parser.add_argument("--report", action="store_true", help="only print what is known")
    parser.add_argument(
        "--first", action="store_true", help="print what was found at first sight of the sample"
    )
    given = parser.parse_args()
    names = [
        name for name in GROUPS if any(fnmatch.fnmatch(name, g) for g in given.groups or ["*"])
    ]
    survivors: list[str] = []
    print(f"{'module':28}", *(f"{word:>9}" for word in COLUMNS))
    for name in names:
        folder = BUILD / name
        if not given.report:
            _copy(GROUPS[name], folder, typed=not given.again)
            chosen: list[str] = []
            if given.again:
                chosen = _survivors(_results(folder))
            elif given.sample is not None:
                chosen = _sample(folder, given.sample, given.seed)
            if chosen or not (given.again or given.sample is not None):
                try:
                    _run(folder, chosen, given.children)
                finally:
                    _remember(folder, [] if given.again else chosen, given.seed)
        found = _first(folder, given.seed) if given.first else _results(folder)
        for module, results in found.items():
            print(f"{module:28}", *(f"{count:>9}" for count in _counted(results)))
        survivors += _survivors(found)
    print("", *survivors, sep="\n")


def _copy(group: Group, folder: Path, *, typed: bool) -> None:
    """The tree as it is, and what mutmut is told; what survived once has been to mypy."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", ".*_cache")
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=skip)
        else:
            shutil.copy2(source, target)
    mutated = [p.relative_to(ROOT) for m in group.mutated for p in sorted(ROOT.glob(m))]
    types = ["mypy", *map(str, mutated), "--output", "json", "--cache-dir", str(BUILD / "types")]
    types.append("--disable-error-code=unused-ignore")
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"only_mutate = {json.dumps(group.mutated)}\n")
        settings.write(f"pytest_add_cli_args_test_selection = {json.dumps(group.tests)}\n")
        settings.write(f"type_check_command = {json.dumps(types if typed else [])}\n")
        settings.write(f"also_copy = {json.dumps([n for n in COPIED if n != 'rating'])}\n")


def _run(folder: Path, names: list[str], children: int) -> None:
    # Which test calls what is looked at anew: tests may have been added.
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with (folder / "mutmut.log").open("w") as log:
        done = subprocess.run(
            ["mutmut", "run", "--max-children", str(children), *names],
            cwd=folder,
            env={**os.environ, "PATH": tools, "HYPOTHESIS_PROFILE": "mutation"},
            check=False,
            stdout=log,
        )
    if done.returncode:
        last = Path(log.name).read_text("utf-8").strip().split("\n")[-1]
        sys.exit(f"{folder.name}: mutmut stopped: {last}; see {log.name}")


# mutmut is no part of what developers install, and takes its settings from where it is run.
_NAMES = """
import sys
from pathlib import Path
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name
for path in map(Path, sys.argv[1:]):
    for name in mutate_file_contents(str(path), path.read_text("utf-8")).mutant_names:
        print(get_mutant_name(path, name))
"""


def _sample(folder: Path, count: int, seed: int) -> list[str]:
    """Names of mutants, by chance, without those that are known already."""
    command = [sys.executable, "-c", _NAMES, *GROUPS[folder.name].mutated]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    names = done.stdout.split()
    chosen = random.Random(seed).sample(names, min(count, len(names)))
    known = {n: code for results in _results(folder).values() for n, code in results.items()}
    return sorted(name for name in chosen if known.get(name) is None)


def _remember(folder: Path, chosen: list[str], seed: int) -> None:
    """Keep what a sample was before tests were written for what lived: a fair estimate."""
    kept = folder / f"first-{seed}.json"
    before = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    known = {n: code for results in _results(folder).values() for n, code in results.items()}
    decided = {name: known[name] for name in chosen if known.get(name) is not None}
    kept.write_text(json.dumps(decided | before, indent=1), "utf-8")


def _first(folder: Path, seed: int) -> dict[str, dict[str, int | None]]:
    """What was found at first sight, for each module."""
    kept = folder / f"first-{seed}.json"
    found: dict[str, dict[str, int | None]] = {}
    for name, code in (json.loads(kept.read_text("utf-8")) if kept.exists() else {}).items():
        found.setdefault("/".join(name.split(".")[1:3]) + ".py", {})[name] = code
    return found


def _survivors(found: dict[str, dict[str, int | None]]) -> list[str]:
    pairs = [pair for results in found.values() for pair in results.items()]
    return [name for name, code in pairs if code in (*SURVIVED, *UNTESTED)]


def _results(folder: Path) -> dict[str, dict[str, int | None]]:
    """The exit code of the tests by mutant, for each module."""
    return {
        path.relative_to(folder / "mutants" / "rating").with_suffix("").as_posix(): json.loads(
            path.read_text("utf-8")
        )["exit_code_by_key"]
        for path in sorted(folder.glob("mutants/rating/*/*.meta"))
    }


def _counted(results: dict[str, int | None]) -> list[str]:
    """The numbers of COLUMNS."""
    of = Counter(results.values())
    types = of[TYPES]
    survived, untested = (sum(of[code] for code in codes) for codes in (SURVIVED, UNTESTED))
    timed_out = sum(of[code] for code in TIMED_OUT)
    known = sum(of.values()) - of[None] - types
    killed = known - survived - untested - timed_out
    share = f"{(killed + timed_out) / known:.1%}" if known else ""
    numbers = [sum(of.values()), types, known, killed, timed_out, survived + untested]
    return [*map(str, numbers), share]


if __name__ == "__main__":
    main()
