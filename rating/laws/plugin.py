"""The plugin of pytest: the definitions of a repository are its tests, without code.

Below a folder ``indicators`` each section.toml and each file of an indicator that belongs to no
section is collected; a law or an example of an indicator is one test. Elsewhere it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rating.definitions.model import Indicator
    from rating.laws.cases import Case

FOLDER = "indicators"
_SECTION = "section.toml"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A section, or an indicator that stands alone, below a folder ``indicators``."""
    if file_path.suffix != ".toml" or FOLDER not in file_path.parts[:-1]:
        return None
    if file_path.name != _SECTION and _in_a_section(file_path):
        return None
    return DefinitionFile.from_parent(parent, path=file_path)


def _in_a_section(file: Path) -> bool:
    """Whether a folder above, up to ``indicators``, is a section."""
    for folder in file.parents:
        if (folder / _SECTION).exists():
            return True
        if folder.name == FOLDER:
            return False
    return False


class DefinitionFile(pytest.File):
    """A section or an indicator: one test a law and example."""

    def collect(self) -> Iterator[pytest.Item]:
        """The laws and examples of every indicator."""
        from rating.errors import RatingError
        from rating.laws.cases import of

        try:
            indicators = self._indicators()
        except RatingError as error:
            raise self.CollectError(str(error)) from None
        for indicator in indicators:
            for case in of(indicator):
                yield LawItem.from_parent(self, name=str(case), case=case)

    def _indicators(self) -> Sequence[Indicator]:
        from rating.definitions import files

        if self.path.name == _SECTION:
            return files.load(self.path.parent).indicator
        return [files.load_indicator(self.path)]


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
        """The file of the definition, and what a failure is headed with."""
        return self.path, 0, f"{self.name} does not hold"
