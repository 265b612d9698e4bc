"""Imports go one way, through small modules, and `import rating` stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ROOMS = (
    ("errors", "text", "resources", "outputs", "process"),
    ("definitions",),
    ("inputs",),
    ("engine",),
    ("steps",),
    ("rate", "result", "scale"),
    ("analysis",),
    ("publish",),
    ("laws",),
    ("cli",),
    ("__init__", "__main__"),  # the front doors: nothing inside imports them
)
PLACE = {room: place for place, rooms in enumerate(ROOMS) for room in rooms}

# The methods that may import a later room, each inside its own body: by file, of one class.
DOORS = {
    ("rating/result.py", "Rating"): {
        "agreement",
        "audit",
        "concentration",
        "explain",
        "save",
        "sensitivity",
        "smaa",
        "to_html",
        "to_pdf",
        "to_xlsx",
        "uncertainty",
    },
    ("rating/definitions/model.py", "Indicator"): {"sql"},
}

LATE = ("fastexcel", "hypothesis", "pandas", "pikepdf", "pyarrow", "scipy", "weasyprint")

MODULES = sorted((ROOT / "rating").rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "rating").with_suffix("").parts[0]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import of the library inside a tree, wherever it stands."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def imported_rooms(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    for line, name in imports(tree, path):
        library, *inner = name.split(".")
        if library == "rating":
            yield line, inner[0] if inner and inner[0] in PLACE else "__init__"


def doors(tree: ast.Module, file: str) -> dict[str, ast.FunctionDef]:
    """The methods of the class with doors that import something of the library."""
    path = ROOT / file
    return {
        method.name: method
        for item in tree.body
        if isinstance(item, ast.ClassDef) and (file, item.name) in DOORS
        for method in item.body
        if isinstance(method, ast.FunctionDef) and any(imported_rooms(method, path))
    }


def test_a_module_imports_only_rooms_before_its_own():
    assert [wrong for path in MODULES for wrong in wrong_imports(path)] == []


def wrong_imports(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf8"))
    allowed = set(through_doors(tree, name_of(path)))
    own = room_of(path)
    return [
        f"{name_of(path)}:{line}: {own} imports {room}"
        for line, room in imported_rooms(tree, path)
        if PLACE[room] > PLACE[own] and line not in allowed
    ]


def through_doors(tree: ast.Module, file: str) -> Iterator[int]:
    """The lines of the imports inside doors, and of the types that those doors return."""
    behind = set()
    for door in doors(tree, file).values():
        for statement in door.body:
            if isinstance(statement, ast.ImportFrom):
                behind.add(statement.module)
                yield statement.lineno
    for block in tree.body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for statement in block.body:
                if isinstance(statement, ast.ImportFrom) and statement.module in behind:
                    yield statement.lineno


@pytest.mark.parametrize(("file", "of"), DOORS)
def test_the_doors_are_exactly_these_and_hand_on_in_one_line(file, of):
    found = doors(ast.parse((ROOT / file).read_text("utf8")), file)
    assert set(found) == DOORS[file, of]
    for door in found.values():
        kinds = [type(statement) for statement in door.body]
        assert kinds == [ast.Expr, ast.ImportFrom, ast.Return]  # docstring, import, the line


def test_every_module_has_a_room():
    assert [name_of(path) for path in MODULES if room_of(path) not in PLACE] == []


def test_a_module_is_named_by_what_it_does():
    vague = {"utils", "util", "helpers", "base", "common", "misc"}
    assert [name_of(path) for path in MODULES if path.stem in vague] == []


def test_no_module_is_above_400_lines():
    lines = {name_of(path): len(path.read_text("utf8").splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_importing_the_library_loads_nothing_that_is_meant_to_be_late():
    code = f"import rating, sys; print([m for m in {LATE} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""
