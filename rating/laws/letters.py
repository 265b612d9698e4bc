"""Whether the report can write the names: its fonts have Latin and Cyrillic letters."""

from __future__ import annotations

from collections.abc import Iterator

from rating.definitions.section import Section
from rating.inputs.tables import Data
from rating.laws.report import Finding
from rating.publish import fonts, names
from rating.text import LANGS, Text

LAW = "names can be printed"


def hold(section: Section, data: Data | None) -> list[Finding]:
    """Names of the section and, with data, of the regions, held against the report's fonts."""
    texts = [*names.of_section(section), *(_regions(data) if data is not None else ())]
    found = [
        Finding(where.rpartition(",")[0] or where, LAW, False, f"{lack}; {fonts.REMEDY}")
        for where, lack in names.lacking(texts)
    ]
    return found or [Finding(section.id, LAW, True)]


def _regions(data: Data) -> Iterator[tuple[str, Text]]:
    """The names of the regions that are known."""
    for row in data.regions.iter_rows(named=True):
        known = [str(row.get(f"name_{lang}") or "") for lang in LANGS]
        for name in dict.fromkeys(name for name in known if name):
            yield f"region {row['region']}, name", Text(en=name)
