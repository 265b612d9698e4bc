"""The pages under docs/ speak of what is there, name all that is public, and make a site."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rating

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_page_names_exists(page):
    named = re.findall(r"`(test_\w+)`", page.read_text("utf-8"))
    assert [name for name in named if f"def {name}(" not in TESTS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_definition_on_a_page_is_toml(page):
    for text in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        tomllib.loads(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


REFERENCE = ROOT / "docs" / "reference.md"


@pytest.fixture(scope="module")
def reference():
    return runpy.run_path(str(ROOT / "docs" / "reference.py"))


def test_the_reference_is_that_of_the_code(reference):
    assert REFERENCE.read_text("utf-8") == reference["page"](), "renew it: make docs"


@pytest.mark.parametrize("name", rating.__all__)
def test_every_public_name_is_in_the_reference(name):
    assert f"### `rating.{name}`" in REFERENCE.read_text("utf-8")


def test_every_public_method_is_in_the_reference(reference):
    text = REFERENCE.read_text("utf-8")
    answers = {one.__name__: one for one in reference["ANSWERS"]}
    classes = {f"rating.{n}": getattr(rating, n) for n in rating.__all__} | answers
    wanted = [
        f"`{name}.{member}`" if callable(value) else f"**`{member}`**"
        for name, one in classes.items()
        if isinstance(one, type) and not issubclass(one, Exception)
        for member, value in vars(one).items()
        if not member.startswith("_") and callable(value) and getattr(value, "__doc__", None)
    ]
    assert len(wanted) >= 40
    assert [name for name in wanted if name not in text] == []


def test_a_rating_gives_no_answer_that_the_reference_leaves_out(reference):
    opened = {
        match[1]
        for match in re.finditer(
            r"-> (\w+):\n(?:.*\n){1,4}?        from rating\.analysis",
            Path(rating.result.__file__).read_text("utf-8"),
        )
    }
    assert opened <= {one.__name__ for one in reference["ANSWERS"]}
    assert len(opened) >= 7


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def test_every_page_is_in_the_menu_of_the_site(site):
    menu = (site / "index.html").read_text("utf-8")
    pages = [page.relative_to(ROOT / "docs").with_suffix(".html") for page in PAGES]
    assert [str(page) for page in pages if f'href="{page.as_posix()}"' not in menu] == []


def test_the_site_asks_nothing_of_a_network(site):
    # A link that a reader follows is not a request of the page.
    asked = re.compile(
        r"""<(?:script|link|img|iframe|source)[^>]+(?:src|href)=["'](?:https?:)?//[^"']*"""
        r"""|url\(["']?(?:https?:)?//[^)]*|@import[^;]*//[^;]*"""
    )
    found = [
        f"{path.name}: {hit[0]}"
        for path in site.rglob("*")
        if path.suffix in (".html", ".css")
        for hit in asked.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_the_site_holds_pages_and_no_code_of_ours(site):
    assert list(site.rglob("*.py")) == []
    assert (site / "schema" / "section.json").is_file()
