"""The register that a section names, or that its data folder holds as a table of regions."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rating.definitions.section import Section
from rating.definitions.table import Column
from rating.errors import Problem
from rating.inputs import cells, keys
from rating.inputs.raw import Raw, no_column
from rating.inputs.regions import Register

REGIONS = "regions"


def read(section: Section, found: Mapping[str, Raw], problems: list[Problem]) -> Register | None:
    """The register of a section; none where regions are what the tables call them.

    What is wrong with the table of regions is added to ``problems``.
    """
    if section.regions is not None:
        return Register.named(section.regions)
    if REGIONS not in found or REGIONS in section.inputs:
        return None
    table = found[REGIONS]
    if "region" not in table.frame.columns:
        problems.append(no_column(table.file, "region", table.frame.columns))
        return None
    frame, bad = _cells(table.frame)
    again = keys.repeated(keys.region(frame["region"], table.rows, None), None)
    bad += [("region", index, rule) for index, _, rule, _ in again.iter_rows()]
    faults = keys.faults(keys.spelt(REGIONS, table.file, frame["region"], table.rows))
    named = enumerate(frame["region"])
    bad += [("region", index, faults[name]) for index, name in named if name in faults]
    # A register with a hole would refuse good rows elsewhere, so here a bad row refuses the file.
    places = sorted((table.rows[index], f", column {name}", rule) for name, index, rule in bad)
    places += [(refusal.row, "", refusal.rule) for refusal in table.refused]
    problems += [Problem(f"{table.file}, row {row}{name}", rule) for row, name, rule in places]
    return Register.of(frame) if not places else None


def _cells(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, int, str]]]:
    """A table of regions with its text read by the grammar; (column, index, rule) of bad cells."""
    bad: list[tuple[str, int, str]] = []
    frame = frame.with_columns(pl.col("region").cast(pl.String))
    for name, dtype in frame.schema.items():
        if cells.is_text(dtype):
            read, refused = cells.parse(frame[name], Column(type="text", nullable=name != "region"))
            frame = frame.with_columns(read)
            bad += [(name, index, rule) for index, rule, _ in refused.iter_rows()]
    return frame, bad
