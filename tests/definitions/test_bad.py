"""Small mistakes in a good section: each ends in one message, its exit code, and no output."""

import shutil
import tomllib
from pathlib import Path

import pytest

from rating.cli import run

HERE = Path(__file__).parent
GOOD = HERE / "good"
CASES = sorted((HERE / "bad").glob("*.toml"))


def changed(text: str, case: dict[str, str]) -> str | None:
    """The text of a file with the mistake of the case in it; None where the file is gone."""
    if case["old"] == "__gone__":
        return None
    if case["old"] == "__empty__":
        return ""
    if case["old"] == "__all__":
        return text.replace(",", case["new"])
    if case["old"] == "__flat__":
        return "region,year,jobs,people\nA,2020,1,2\nB,2020,2,4\n"
    assert case["old"] in text
    return text.replace(case["old"], case["new"])


def rated(folder: Path) -> int:
    words = ["rate", str(folder), str(folder), "--edition", "2020", "--out", str(folder / "out")]
    return run(words)


def test_the_section_without_a_mistake_is_rated(tmp_path, capsys):
    shutil.copytree(GOOD, tmp_path / "paper")
    assert rated(tmp_path / "paper") == 0
    assert capsys.readouterr().err == ""


def test_there_are_at_least_sixty_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_mistake_ends_in_a_message_and_no_output(path, tmp_path, capsys):
    case = tomllib.loads(path.read_text("utf-8"))
    folder = tmp_path / "paper"
    shutil.copytree(GOOD, folder)
    file = folder / case["file"]
    text = changed(file.read_text("utf-8"), case)
    if text is None:
        file.unlink()
    else:
        file.write_bytes(text.encode("utf-8").replace(b"\xc2\xa4", b"\xe9"))
    code = rated(folder)
    shown = capsys.readouterr()
    assert [part for part in case["says"] if part not in shown.err] == []
    assert code == case["code"]
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert not (folder / "out").exists()


def test_the_mistakes_of_all_files_come_in_one_message(tmp_path, capsys):
    folder = tmp_path / "paper"
    shutil.copytree(GOOD, folder)
    for name, old, new in (
        ("section.toml", "max_points", "max_point"),
        ("jobs.toml", "100 * jobs", "100 * jbos"),
    ):
        file = folder / name
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    assert rated(folder) == 2
    shown = capsys.readouterr().err
    assert "jbos" in shown
    assert "max_point" in shown
