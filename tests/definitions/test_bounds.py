"""A definition file is a plain file of a size that people write, and loading takes its time."""

import os
import time
from pathlib import Path

import pytest

import rating
from rating.definitions.definition import MAX_BYTES, MAX_DEPTH, parsed, toml_of
from rating.definitions.files import load_indicator
from rating.errors import DefinitionError
from rating.inputs import sources_file

HEAD = """
id = "big"
name.en = "Big"
[[node]]
id = "index"
[input.t]
grain = "region"
x = { type = "number" }
y = { type = "number" }
"""


def told(file: Path) -> str:
    with pytest.raises(DefinitionError) as caught:
        toml_of(file, "section.toml")
    return str(caught.value)


def test_a_pipe_a_device_and_a_folder_are_no_definitions(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "device.toml").symlink_to("/dev/zero")
    (tmp_path / "folder.toml").mkdir()
    for name in ("pipe", "device", "folder"):
        assert "is not a plain file" in told(tmp_path / f"{name}.toml")
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    assert "cannot be read" in told(tmp_path / "gone.toml")


def test_every_reader_of_definitions_refuses_a_device(tmp_path):
    (tmp_path / "section.toml").write_text(HEAD, "utf8")
    (tmp_path / "a.toml").symlink_to("/dev/zero")
    with pytest.raises(DefinitionError, match=r"a.toml:\n  is not a plain file"):
        rating.load(tmp_path)
    with pytest.raises(rating.RatingError):
        load_indicator(tmp_path / "a.toml")
    problems: list[rating.Problem] = []
    sources_file.read([tmp_path / "a.toml"], problems)
    assert "not a plain file" in str(problems[0])


@pytest.mark.parametrize("made", ["pipe", "broken"])
def test_a_section_that_cannot_be_read_is_one_problem(tmp_path, made):
    if made == "pipe":
        os.mkfifo(tmp_path / "section.toml")
    else:
        (tmp_path / "section.toml").write_text("id = ", "utf8")
    (tmp_path / "i.toml").write_text(
        'id = "i"\nparent = "index"\nreads = ["t"]\n[[version]]\nsince = 2000-01-01\nvalue = "x"\n',
        "utf8",
    )
    with pytest.raises(DefinitionError) as caught:
        rating.load(tmp_path)
    (problem,) = caught.value.problems
    assert "section.toml" in problem.where


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a" + ".a" * 50_000 + " = 1", f"nested more than {MAX_DEPTH} deep"),
        ("[a" + ".a" * 50_000 + "]", f"nested more than {MAX_DEPTH} deep"),
        (
            "b = 1\na = { x" + ' . "q"' * 50_000 + " = 1 }",
            f"line 2:\n.*nested more than {MAX_DEPTH} deep",
        ),
        ("a = " + "[" * 60 + "]" * 60, f"nested more than {MAX_DEPTH} deep"),
        ("a = " + "[" * 50_000, "nested too deeply"),
        ("a = " + "{a = " * 60 + "1" + "}" * 60, f"nested more than {MAX_DEPTH} deep"),
        ("min = " + "9" * 4300, "a number of more digits"),
        ("min = " + "9" * 4400, "a number of more digits"),
        ("min = -" + "9" * 5000, "a number of more digits"),
        ("min = [0x" + "f" * 100 + "]", "a number of more digits"),
        ("a = 9223372036854775808", "a number of more digits"),
        ("since = 2000-13-45", "not TOML"),
    ],
)
def test_what_is_too_deep_or_too_long_is_told(text, what):
    begun = time.process_time()
    with pytest.raises(DefinitionError, match=what):
        parsed(text, "section.toml")
    assert time.process_time() - begun < 2


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    file = tmp_path / "large.toml"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert "is larger than 16 MB" in told(file)
    file.write_bytes(b"a = '\xff'")
    assert "not UTF-8 at byte 5" in told(file)


def chain(levels: int) -> rating.Section:
    method = {"normalise": {"range": [1, 10]}, "aggregate": {"name": "geometric"}}
    node = [
        {"id": f"n{n}", **({"parent": f"n{n - 1}", "method": method} if n else {})}
        for n in range(levels)
    ]
    table = {"t": {"grain": "region", "x": {"type": "number"}}}
    version = [{"since": "2000-01-01", "value": "x"}]
    item = {"id": "i", "parent": f"n{levels - 1}", "input": table, "version": version}
    return rating.Section(id="deep", name={"en": "D"}, node=node, indicator=[item])


def test_a_deep_tree_takes_its_time_and_one_deeper_is_refused():
    begun = time.process_time()
    assert chain(100).method_of("i").normalise.range == (1, 10)
    for levels in (101, 150, 3000):
        with pytest.raises(DefinitionError, match="more than 100 levels of nodes"):
            chain(levels)
    assert time.process_time() - begun < 5


def test_a_copy_with_another_method_passes_it_on():
    section = chain(3)
    assert section.method_of("i").impute.name == "none"
    other = section.model_copy(update={"method": section.method.replace(impute={"name": "mean"})})
    assert other.method_of("i").impute.name == "mean"
    assert section.method_of("i").impute.name == "none"


def test_loading_takes_as_long_as_there_is_to_load(tmp_path):
    def seconds(count: int) -> float:
        item = (
            '[[indicator]]\nid = "i{0}"\nparent = "index"\nreads = ["t"]\n'
            'version = [{{ since = 2000-01-01, value = "x + {0} * y" }}]\n'
        )
        written = HEAD + "".join(item.format(n) for n in range(count))
        (tmp_path / "section.toml").write_text(written, "utf8")
        begun = time.process_time()
        assert len(rating.load(tmp_path).indicator) == count
        return time.process_time() - begun

    # 10,000 in 5 s are 0.5 ms each; here with room for a slow machine.
    assert seconds(2000) < 2000 * 2e-3
