"""The pages under docs/ speak of tests and of TOML that are there."""

import re
import tomllib
from pathlib import Path

import pytest

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
