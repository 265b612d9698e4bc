"""One file of the corpus: its bytes, the verdict, and what the verdict must name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from rating.definitions.section import Section
from rating.errors import DataError
from rating.inputs.tables import read

Verdict = Literal["reject", "warn", "accept"]
Content = bytes | str | Callable[[], bytes]
Make = Callable[[Path], object]

REGION_YEAR: dict[str, Any] = {
    "grain": "region",
    "population": {"type": "number", "min": 0, "max": 1_000_000},
    "staff": {"type": "integer", "min": 0},
    "founded": {"type": "date"},
    "coastal": {"type": "boolean"},
    "kind": {"type": "text"},
}
FIRMS: dict[str, Any] = {
    "okved": {"type": "text"},
    "employees": {"type": "integer", "min": 0},
}
HEADER = "region,year,population,staff,founded,coastal,kind"
LINES = (
    "RU-TOM,2019,1073.3,12,1804-08-10,false,oblast",
    "RU-MOW,2019,12615.3,340,1147-04-04,false,city",
    "RU-KGD,2019,1002.2,7,1946-04-07,true,oblast",
)
PLAIN = "\n".join((HEADER, *LINES)) + "\n"


def section(regions: str | None = "ru", /, **tables: Mapping[str, Any]) -> Section:
    """A section of one indicator that reads the tables as they are declared."""
    finer = next((name for name, table in tables.items() if "grain" not in table), None)
    version: dict[str, Any] = {"since": "2000-01-01"}
    if finer is None:
        version["value"] = next(key for key in next(iter(tables.values())) if key != "grain")
    else:
        version |= {"measures": {finer: {"rows": "count(*)"}}, "value": "rows"}
    indicator = {"id": "figure", "parent": "index", "input": tables, "version": [version]}
    return Section(
        id="small",
        name={"en": "Small"},
        regions=regions,
        node=[{"id": "index"}],
        indicator=[indicator],
    )


SECTIONS = {"region_year": section(region_year=REGION_YEAR), "firms": section(firms=FIRMS)}


@dataclass(frozen=True)
class Case:
    """A folder of files and what must be said of it.

    Attributes:
        name: unique, words joined by underscores.
        verdict: reject, warn or accept.
        named: words that the message must hold, all of one problem, refusal or remark.
        files: their bytes by name; made when the case runs.
        make: writes what is no plain file into the folder.
        section: a name in ``SECTIONS``, or a section of its own.
        twin: the plain file whose tables an accepted one must equal, by name.
    """

    name: str
    verdict: Verdict
    named: tuple[str, ...] = ()
    files: Mapping[str, Content] = field(default_factory=dict)
    make: Make | None = None
    section: str | Section = "region_year"
    twin: Mapping[str, Content] = field(default_factory=lambda: {"region_year.csv": PLAIN})

    def write(self, folder: Path) -> Path:
        """The folder with the files of the case."""
        _write(folder, self.files)
        if self.make is not None:
            self.make(folder)
        return folder

    def verify(self, folder: Path) -> None:
        """Read the folder and hold what is said against the verdict."""
        declared = SECTIONS[self.section] if isinstance(self.section, str) else self.section
        try:
            data = read(self.write(folder), declared)
        except DataError as error:
            told = [str(problem) for problem in error.problems]
            assert self.verdict == "reject", told[:5]
            assert any(all(word in one for word in self.named) for one in told), told[:20]
            assert all(one.isprintable() for one in "".join(told).splitlines()), told[:20]
            return
        refused, remarks = _lines(data.refused), _lines(data.remarks)
        if self.verdict == "reject":
            assert any(all(word in one for word in self.named) for one in refused), refused[:20]
            return
        assert refused == []
        if self.verdict == "warn":
            assert any(all(word in one for word in self.named) for one in remarks), remarks[:20]
            return
        assert remarks == []
        twin = folder / "plain_twin"
        twin.mkdir()
        _write(twin, self.twin)
        plain = read(twin, declared)
        assert {n: f.to_dict(as_series=False) for n, f in data.tables.items()} == {
            n: f.to_dict(as_series=False) for n, f in plain.tables.items()
        }


def _write(folder: Path, files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        data = content() if callable(content) else content
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def _lines(frame: pl.DataFrame) -> list[str]:
    return [
        f"{row['file']}, row {row['row']}, column {row['column']}: {row['value']!r}: {row['rule']}"
        for row in frame.head(1000).iter_rows(named=True)
    ]


def reject(name: str, *named: str, **more: Any) -> Case:
    """A case that must not be read in silence."""
    return Case(name, "reject", named, **more)


def warn(name: str, *named: str, **more: Any) -> Case:
    """A case that is read with a remark."""
    return Case(name, "warn", named, **more)


def accept(name: str, **more: Any) -> Case:
    """A case that is read as its plain twin is."""
    return Case(name, "accept", **more)
