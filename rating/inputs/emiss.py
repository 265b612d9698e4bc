"""EMISS, the statistics portal of Russia: its exports are SDMX-ML 1.0 GenericData.

An export holds its own code lists; each series has one key, attributes with unit and period, and
observations with a decimal comma.
"""

from __future__ import annotations

import re
from dataclasses import replace
from os import PathLike
from pathlib import Path

import polars as pl

from rating.errors import DataError, Problem, nearest
from rating.inputs import printed, reading, xml_stream
from rating.inputs.reading import Okrugs, Reading
from rating.inputs.regions import Register

UNIT, PERIOD = "EI", "PERIOD"
STATUS, ACTION = ("OBS_STATUS", "CONF_STATUS"), "action"
"""How SDMX marks an observation that is provisional, confidential or to be deleted."""
_PLAIN = ("", "A", "F")
DELETED = "marked for deletion by its publisher"
LONGEST = 4000
"""Characters of a name that are kept."""


class _Export:
    """Takes the code lists and the observations of an export."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lists: dict[str, str] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.dimensions: list[str] = []
        self.about = {"id": "", "name": "", "publisher": "", "dated": ""}
        self.observations: list[tuple[dict[str, str], str, str | None]] = []
        self._path: list[str] = []
        self._key: dict[str, str] = {}
        self._marks: dict[str, str] = {}
        self._deleted: set[str] = set()
        self._list = self._code = self._text = ""
        self._value: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._path and tag != "GenericData":
            what = f"not an export of EMISS: its root is {tag[:40]}"
            raise DataError(Problem(self.file, what, "export the indicator as SDMX"))
        self._path.append(tag)
        self._text = ""
        value = attributes.get("value", "")
        if attributes.get("action", "").casefold() == "delete":
            self._deleted.add(tag)
        match tag:
            case "CodeList":
                self._list = attributes.get("id", "")
                self.codes[self._list] = {}
            case "Code":
                self._code = value
            case "Indicator":
                self.about |= {"id": attributes.get("id", ""), "name": attributes.get("name", "")}
            case "Organization":
                self.about["publisher"] = value
            case "LastUpdate":
                self.about["dated"] = value
            case "Dimension":
                self.dimensions.append(value)
            case "Series":
                self._key = {}
            case "Value" if "Obs" in self._path:
                self._marks[attributes.get("concept", "")] = value
            case "Value" if "Series" in self._path:
                self._key[attributes.get("concept", "")] = value
            case "Obs":
                self._value = self._text = ""
                self._marks = {}
            case "ObsValue":
                self._value = value

    def data(self, text: str) -> None:
        if len(self._text) < LONGEST:
            self._text += text

    def end(self, tag: str) -> None:
        self._path.pop()
        inside = self._path[-1] if self._path else ""
        text = " ".join(self._text.split())
        if tag == "Description" and inside == "Code":
            self.codes[self._list][self._code] = text
        elif tag == "Name" and inside == "CodeList":
            self.lists[self._list] = text
        elif tag == "Time":
            self._key = {**self._key, "Time": text}
        elif tag == "DataSetAction" and text.casefold() == "delete":
            self._deleted.add("Header")
        elif tag == "Obs":
            marks = {**self._marks, ACTION: "delete" if self._deleted else ""}
            key = {**self._key, **marks}
            self.observations.append((key, self._key.get("Time", ""), self._value))
        if tag != "Header":
            self._deleted.discard(tag)


def read_emiss(
    path: str | PathLike[str], *, regions: str | None = None, okrugs: Okrugs = "apart"
) -> Reading:
    """The figures of an EMISS export.

    Args:
        path: the XML file, or a ZIP archive that holds it.
        regions: the dimension that names regions; needed only where several do.
        okrugs: ``apart`` reads autonomous okrugs on their own and Arkhangelsk and Tyumen without
            them; ``within`` reads those two whole.

    Returns:
        region, year, period (Y, H1, Q1, M01, M01-M03, D01-01), code (of the indicator), unit,
        value, note (the sign of a missing figure, the status of another), and a column ``dim_...``
        for each further dimension; ``codes`` says what its codes mean. The country and federal
        districts are in ``left_out``.

    Raises:
        DataError: no such file, not such an export, not whole, a DTD or entities, no dimension of
            regions.

    Example:
        >>> rent = rating.read_emiss("31452.xml").table              # doctest: +SKIP
    """
    path = Path(path)
    sha256 = xml_stream.digest(path)
    register = Register.named("ru")
    found = []
    for file, source in xml_stream.parts(path):
        export = _Export(file)
        for _ in xml_stream.feed(file, source, export):
            pass
        found.append(export)
    if len(found) != 1:
        what = f"{len(found)} files in the archive"
        raise DataError(Problem(path.name, what, "an archive holds one export"))
    export = found[0]
    where = _regions(export, regions, register)
    rows = _rows(export, where)
    about = reading.provenance(
        path.name,
        sha256,
        rows.height,
        " ".join(export.about["name"].split()),
        export.about["publisher"],
        export.about["dated"],
    )
    read = reading.figures(rows, export.file, about, register, okrugs)
    return replace(read, codes=_codes(export, where))


def _regions(export: _Export, wanted: str | None, register: Register) -> str:
    """The dimension that names regions: the one wanted, or the only one that does."""
    if wanted is not None:
        if wanted not in export.dimensions:
            remedy = nearest(wanted, export.dimensions)
            raise DataError(Problem(export.file, f"no dimension '{wanted}'", remedy))
        return wanted
    named = []
    for dimension in export.dimensions:
        labels = pl.Series(list(export.codes.get(dimension, {}).values()), dtype=pl.String)
        rules = printed.places(labels, register)
        if rules.filter(pl.col("region").is_not_null()).height:
            named.append(dimension)
    if len(named) != 1:
        listed = ", ".join(f"{d} ({export.lists.get(d, '')})" for d in named or export.dimensions)
        what = f"{len(named)} dimensions name regions, of: {listed}"
        raise DataError(Problem(export.file, what, 'say which: regions="..."'))
    return named[0]


def _column(dimension: str) -> str:
    return "dim_" + re.sub(r"[^a-z0-9]+", "_", dimension.lower()).strip("_")


def _codes(export: _Export, where: str) -> pl.DataFrame:
    rows = [
        (_column(dimension), export.lists.get(dimension, ""), code, name)
        for dimension in export.dimensions
        if dimension != where
        for code, name in export.codes.get(dimension, {}).items()
    ]
    return pl.DataFrame(rows, schema=reading.CODES, orient="row")


def _rows(export: _Export, where: str) -> pl.DataFrame:
    """The observations as labelled rows, with the rule that each breaks."""
    keys = [key for key, _, _ in export.observations]
    text = {"Time": "year", UNIT: "unit", PERIOD: "word", where: "place", ACTION: "deleted"}
    further = [d for d in export.dimensions if d != where]
    columns = {**text, **{dimension: _column(dimension) for dimension in further}}
    frame = pl.DataFrame(
        [pl.Series("cell", [value for _, _, value in export.observations], pl.String)]
        + [pl.Series(name, [k.get(c) for k in keys], pl.String) for c, name in columns.items()]
    )
    words = [printed.folded(word) if word else None for word in frame["word"]]
    period = pl.Series("period", [printed.periods().get(w or "") for w in words], pl.String)
    figure = printed.figures(frame["cell"])
    labels = export.codes.get(where, {})
    marks = [
        ", ".join(f"{one}={key[one]}" for one in STATUS if key.get(one, "") not in _PLAIN) or None
        for key in keys
    ]
    frame = frame.with_columns(
        period,
        pl.Series("label", [labels.get(place) for place in frame["place"]], pl.String),
        figure["value"],
        pl.select(note=pl.coalesce(figure["note"], pl.Series(marks, dtype=pl.String))).to_series(),
        fault=figure["rule"],
        point=pl.col("cell").str.contains(".", literal=True),
        code=pl.lit(export.about["id"]),
        row=pl.int_range(1, pl.len() + 1),
    )
    year = pl.col("year").str.contains(r"^(19|20)[0-9]{2}$")
    faults: list[tuple[pl.Expr, str, str, pl.Expr]] = [
        (pl.col("deleted") == "delete", "value", DELETED, pl.col("cell")),
        (~year.fill_null(False), "year", "not a year", pl.col("year")),
        (pl.col("period").is_null(), "period", printed.UNKNOWN_PERIOD, pl.col("word")),
        (pl.col("label").is_null(), "region", "no region of the code list", pl.col("place")),
        (pl.col("point") & pl.col("value").is_not_null(), "value", printed.POINT, pl.col("cell")),
    ]
    # The first fault of a row is told.
    column, rule, cell = pl.lit("value"), pl.col("fault"), pl.col("cell")
    for condition, name, words_of, shown in reversed(faults):
        column = pl.when(condition).then(pl.lit(name)).otherwise(column)
        rule = pl.when(condition).then(pl.lit(words_of)).otherwise(rule)
        cell = pl.when(condition).then(shown).otherwise(cell)
    frame = frame.with_columns(column=column, rule=rule, shown=cell).with_columns(
        cell=pl.when(pl.col("rule").is_null()).then("label").otherwise("shown"),
        column=pl.when(pl.col("rule").is_null()).then(pl.lit("region")).otherwise("column"),
        year=pl.col("year").cast(pl.Int64, strict=False),
    )
    kept = ["row", "column", "label", "cell", "rule", "year", "period", "code", "unit", "value"]
    return frame.select(*kept, "note", *(_column(dimension) for dimension in further))
