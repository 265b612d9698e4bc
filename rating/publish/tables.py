"""A rating as CSV files and a manifest: the operator's own copy."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from rating.publish.files import write_folder
from rating.resources import VERSION
from rating.result import Rating

FILES = ("ranks.csv", "scores.csv", "values.csv", "refused.csv", "manifest.json")


def save(result: Rating, folder: str | Path) -> Path:
    """Write ``ranks.csv``, ``scores.csv``, ``values.csv``, ``refused.csv`` and ``manifest.json``.

    A new folder appears whole or not at all; in one that is there, each file is replaced whole.
    The same rating gives the same bytes.

    Raises:
        UsageError: the folder cannot be written, or a file of it was read for this rating.
    """
    content = {
        "ranks.csv": csv(result.ranks),
        "scores.csv": csv(result.scores),
        "values.csv": csv(result.values),
        "refused.csv": csv(result.refused),
        "manifest.json": manifest(result),
    }
    return write_folder(folder, content, inputs=result.files)


def csv(frame: pl.DataFrame) -> bytes:
    """A frame as CSV: missing is an empty cell, and no text is a formula to a spreadsheet."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    dangerous = r"^[=+\-@\t\r]"
    return (
        frame.with_columns(
            pl.when(pl.col(name).str.contains(dangerous))
            .then(pl.lit("'") + pl.col(name))
            .otherwise(pl.col(name))
            .alias(name)
            for name in texts
        )
        .write_csv()
        .encode()
    )


def manifest(result: Rating) -> bytes:
    """What was computed from what, by what: enough to repeat it and to see what differs."""
    section = result.section
    content: dict[str, Any] = {
        "section": section.id,
        "edition": result.edition,
        "as_of": result.as_of.isoformat(),
        "sector": result.sector.id if result.sector else None,
        "synthetic": result.data.synthetic,
        "result_sha256": result.digest,
        "definitions_sha256": definitions_digest(result),
        "method": section.method.model_dump(mode="json"),
        "indicators": {
            item.id: result.version(item.id).since.isoformat() for item in result.indicators
        },
        "regions": result.ranks.height,
        "ranked": result.ranks["status"].is_in(["ranked", "grouped"]).sum(),
        "refused_rows": result.refused.height,
        # Cells that tell of single firms: the files hold them, and what is published does not.
        "confidential_cells": result.disclosure.height,
        "years": {
            table: group["year"].to_list()
            for (table,), group in result.years.group_by("table", maintain_order=True)
        },
        # Of the checked content, rows sorted: the same for a table in another order or format.
        "tables": {
            row["table"]: {"content_sha256": row["sha256"]}
            for row in result.contents.iter_rows(named=True)
        },
        "versions": versions(),
    }
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def definitions_digest(result: Rating) -> str:
    """SHA-256 of the section as it was used, whatever file it was written in."""
    import hashlib

    return hashlib.sha256(result.section.model_dump_json().encode()).hexdigest()


def versions() -> dict[str, str]:
    """The library and those it computes with."""
    names = ("hitech-rating", "duckdb", "polars", "pydantic")
    return {"python": platform.python_version(), **{name: _version(name) for name in names}}


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    try:
        return version(name)
    except PackageNotFoundError:  # a plain checkout on the path is not an installed distribution
        return VERSION
