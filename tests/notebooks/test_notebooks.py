"""The notebooks run, twice alike and without a trace; what they show can be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore", DeprecationWarning
    )  # of the Jupyter packages, none of them ours
    import jupytext
    from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]_*.py"))
# Prose and code alike, at 200 words a minute.
WORDS = 10 * 200

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
of_jupyter = pytest.mark.filterwarnings("default")


class Run(NamedTuple):
    outputs: list[Any]
    left: list[str]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Callable[[Path], list[Run]]:
    """The two runs of a notebook, each in a kernel of its own and in an empty folder."""
    aside = tmp_path_factory.mktemp("jupyter")
    kept = ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **dict.fromkeys(kept, str(aside))}

    def run(path: Path, number: int) -> Run:
        notebook = jupytext.read(path)
        folder = tmp_path_factory.mktemp("empty")
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
        )
        # What hangs on the order of a set would differ between the two.
        client.execute(env={**environment, "PYTHONHASHSEED": str(number)})
        shown = [
            {key: value for key, value in output.items() if key != "execution_count"}
            for cell in notebook.cells
            for output in cell.get("outputs", [])
        ]
        return Run(shown, sorted(place.name for place in folder.iterdir()))

    return cache(lambda path: [run(path, 1), run(path, 2)])


@of_jupyter
@notebooks
def test_a_notebook_run_twice_gives_the_same_output(path, runs):
    first, second = runs(path)
    assert json.dumps(first.outputs) == json.dumps(second.outputs)


@of_jupyter
@notebooks
def test_a_notebook_leaves_nothing_in_the_working_folder(path, runs):
    assert [run.left for run in runs(path)] == [[], []]


@of_jupyter
@notebooks
def test_a_notebook_shows_tables_and_charts_and_no_error(path, runs):
    outputs = runs(path)[0].outputs
    data = [output["data"] for output in outputs if "data" in output]
    assert any("<table" in shown.get("text/html", "") for shown in data)
    assert "<svg" in json.dumps(data) or path.name.startswith("2_")
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []


@of_jupyter
def test_a_failing_check_shows_its_table_and_no_traceback(runs):
    outputs = runs(next(path for path in NOTEBOOKS if path.name.startswith("2_")))[0].outputs
    first = next(output["data"]["text/html"] for output in outputs if "data" in output)
    assert "<table>" in first
    assert "A is 0.002, not 0.04" in first
    assert "<td>no</td>" in first


def test_there_are_six_notebooks_in_order():
    assert [path.name[0] for path in NOTEBOOKS] == list("123456")


@notebooks
def test_a_notebook_is_read_in_ten_minutes(path):
    assert len(path.read_text("utf8").split()) <= WORDS


@notebooks
def test_every_page_that_a_notebook_points_to_is_there(path):
    for cell in jupytext.read(path).cells:
        for target in [part.split(")")[0] for part in cell.source.split("](")[1:]]:
            assert (path.parent / target).is_file(), target


def test_the_example_for_marimo_runs_and_leaves_nothing(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / "notebooks" / "weights_marimo.py")],
        cwd=empty,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **dict.fromkeys(
                ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(tmp_path / "aside")
            ),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(empty.iterdir()) == []
