"""The plugin of pytest: every ``indicators/**/*.toml`` of a repository is tested, without code.

Each law and example of each indicator is one test. It acts where a folder ``indicators`` holds the
section, and imports nothing of the library elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rating.laws.cases import Case

FOLDER = "indicators"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A section of a folder ``indicators``, told by its section.toml."""
    if file_path.name != "section.toml" or file_path.parent.parent.name != FOLDER:
        return None
    return SectionFile.from_parent(parent, path=file_path)


class SectionFile(pytest.File):
    """A section: its indicators are tested one law and example at a time."""

    def collect(self) -> Iterator[pytest.Item]:
        """The laws and examples of every indicator."""
        from rating.definitions.files import load
        from rating.errors import RatingError
        from rating.laws.cases import of

        try:
            section = load(self.path.parent)
        except RatingError as error:
            raise self.CollectError(str(error)) from None
        for indicator in section.indicator:
            for case in of(indicator):
                yield LawItem.from_parent(self, name=str(case), case=case)


class LawItem(pytest.Item):
    """One law or example."""

    def __init__(self, *, case: Case, **more: Any) -> None:
        super().__init__(**more)
        self.case = case

    def runtest(self) -> None:
        """Raise where the law does not hold."""
        self.case()

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:
        """The table with the smallest input, without a traceback."""
        from rating.errors import RatingError

        if isinstance(excinfo.value, RatingError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file of the section."""
        return self.path, 0, self.name
