"""Every bad file ends in one message that names file, row, column, rule and remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from rating.errors import DataError
from rating.inputs.tables import read

BAD = Path(__file__).parent / "bad"
CASES = tomllib.loads((BAD / "cases.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["folder"] for case in CASES])
def test_a_bad_file_is_named_with_its_rule_and_remedy(case, small, firms):
    section = firms if case.get("table") == "firms" else small
    if case.get("refused"):
        _is_refused(read(BAD / case["folder"], section).refused.to_dicts(), case)
        return
    with pytest.raises(DataError) as caught:
        read(BAD / case["folder"], section)
    assert caught.value.exit_code == 3
    _is_told(caught.value, case)


def _is_refused(refused: list[dict[str, Any]], case: dict[str, Any]) -> None:
    assert any(
        all(row[key] == case[key] for key in ("file", "row", "column"))
        and case["rule"] in row["rule"]
        for row in refused
    ), refused


def _is_told(error: DataError, case: dict[str, Any]) -> None:
    parts = [case["file"]]
    parts += [f"{key} {case[key]}" for key in ("row", "column") if key in case]
    assert any(
        all(part in problem.where for part in parts)
        and case["rule"] in problem.what
        and case.get("remedy", "") in problem.remedy
        for problem in error.problems
    ), str(error)


def test_every_folder_has_its_case():
    assert sorted(case["folder"] for case in CASES) == sorted(
        p.name for p in BAD.iterdir() if p.is_dir()
    )


def test_all_problems_of_all_files_are_told_at_once(declare, tmp_path):
    section = declare(
        "ru",
        one={"grain": "region", "a": {"type": "number"}},
        two={"grain": "region", "b": {"type": "number"}},
        three={"grain": "region", "c": {"type": "number"}},
    )
    (tmp_path / "one.csv").write_text("region,year,x\nRU-TOM,2019,1\n")
    (tmp_path / "two.csv").write_text("region,year,b\nNowhere,2019,1\nElsewhere,2019,1\n")
    (tmp_path / "sources.toml").write_text("x = 1\n")
    with pytest.raises(DataError) as caught:
        read(tmp_path, section)
    told = [(problem.where, problem.what) for problem in caught.value.problems]
    assert told == [
        ("three.csv", "there is no file for the table 'three'"),
        ("one.csv, row 1", "no column 'a'"),
        ("two.csv, row 2, column region", "no region is named 'Nowhere'"),
        ("two.csv, row 3, column region", "no region is named 'Elsewhere'"),
        ("sources.toml", "unknown key 'x'"),
    ]
