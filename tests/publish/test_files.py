import os

import pytest

from rating.errors import UsageError
from rating.publish.files import write_whole


def test_a_file_is_written_and_no_part_of_it_is_left(tmp_path):
    path = write_whole(tmp_path / "new" / "ranks.csv", b"region,rank\n")
    assert path.read_bytes() == b"region,rank\n"
    assert os.listdir(path.parent) == ["ranks.csv"]


def test_a_file_that_is_there_is_replaced(tmp_path):
    path = tmp_path / "ranks.csv"
    path.write_bytes(b"old and longer")
    assert write_whole(str(path), b"new").read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "ranks.csv"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="cannot be written: No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["ranks.csv"]


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="cannot be written"):
        write_whole(tmp_path / "file" / "ranks.csv", b"")
    with pytest.raises(UsageError, match="cannot be written"):
        write_whole(tmp_path, b"")


def test_the_rights_of_a_file_are_those_of_a_plain_one(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert write_whole(tmp_path / "whole", b"").stat().st_mode == plain.stat().st_mode
