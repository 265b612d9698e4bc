"""The register of small and medium enterprises of the tax service, as XML or a ZIP of XML files.

The register holds the names of entrepreneurs and their personal tax numbers. Neither is read: the
parser passes over the elements with names, an entrepreneur is known by the number of the business
(OGRNIP), and no message shows the cells that identify anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

import polars as pl

from rating.definitions.table import Column
from rating.errors import DataError, Problem
from rating.inputs import cells, classifiers, reading, xml_stream
from rating.inputs.reading import Reading

BATCH = 50_000
"""Documents that are in memory at a time."""

TABLE = {
    "region": pl.String,
    "year": pl.Int64,
    "firm_id": pl.String,
    "kind": pl.String,
    "category": pl.String,
    "okved2": pl.String,
    "employees": pl.Int64,
    "hightech_flag": pl.Boolean,
    "entered_on": pl.Date,
    "dated_on": pl.Date,
}

_KINDS = {"1": "company", "2": "entrepreneur", "3": "entrepreneur"}
_CATEGORIES = {"1": "micro", "2": "small", "3": "medium"}
# Which attribute of which element is read, and nothing else is.
_READ = {
    "Документ": {
        "ДатаСост": "dated_on",
        "ДатаВклМСП": "entered_on",
        "ВидСубМСП": "kind",
        "КатСубМСП": "category",
        "ССЧР": "employees",
    },
    "ОргВклМСП": {"ИННЮЛ": "firm_id"},
    "ИПВклМСП": {"ОГРНИП": "firm_id"},
    "СведМН": {"КодРегион": "region"},
    "СвОКВЭДОсн": {"КодОКВЭД": "okved2", "ВерсОКВЭД": "version"},
}
_FLAGS = {"1": "true", "0": "false", "2": "false"}
_CELLS = (*dict.fromkeys(n for read in _READ.values() for n in read.values()), "hightech_flag")

NO_NUMBER = (
    "no number of the firm: a company's INN of 10 digits, an entrepreneur's OGRNIP of 15 "
    "(a personal tax number is not read)"
)
NOT_A_DAY = "not a day; the register writes 31.12.2026"
NO_MARK = "no mark of a product; the register writes 0, 1 or 2"
NO_REGION = "no region of the register ru, as the tax service numbers them"
OKVED1 = "a code of OKVED1, as its version says; the register must be of 2017 or later"

_RULES = {
    "region": NO_REGION,
    "firm_id": NO_NUMBER,
    "entered_on": NOT_A_DAY,
    "dated_on": NOT_A_DAY,
    "hightech_flag": NO_MARK,
}


class _Documents:
    """Takes the documents of a file as rows of text."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: list[list[str | None]] = []
        self._row: dict[str, str] = {}
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and (tag, attributes.get("ТипИнф")) != ("Файл", "РЕЕСТРМСП"):
            what = "not a file of the register of small and medium enterprises"
            raise DataError(Problem(self.file, what, 'its root is <Файл ТипИнф="РЕЕСТРМСП">'))
        self._depth += 1
        for attribute, column in _READ.get(tag, {}).items():
            if attribute in attributes:
                self._row[column] = attributes[attribute]
        if tag == "СвПрод":
            # One product marked as innovative or high-tech is enough; "?" is refused later.
            flag = _FLAGS.get(attributes.get("ПрОтнПрод", ""), "?")
            self._row["hightech_flag"] = max(self._row.get("hightech_flag", ""), flag)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "Документ":
            self.rows.append([self._row.get(name) for name in _CELLS])
            self._row = {}

    def data(self, text: str) -> None:
        pass

    def take(self) -> pl.DataFrame:
        rows, self.rows = self.rows, []
        return pl.DataFrame(rows, schema=dict.fromkeys(_CELLS, pl.String), orient="row")


def read_rmsp(path: str | PathLike[str], *, year: int | None = None) -> Reading:
    """The firms of the register of small and medium enterprises.

    Args:
        path: an XML file of the register, or the ZIP archive of them.
        year: the year that the rows are of; if not given, the year in which each was drawn up.

    Returns:
        region, year, firm_id, kind (company, entrepreneur), category (micro, small, medium), okved2
        (the main code), employees (the average number, missing where none is reported),
        hightech_flag (whether a product is marked so; missing without products), entered_on,
        dated_on. Nobody's name and no personal tax number. A row is refused whose region, code,
        number or date is none.

    Raises:
        DataError: no such file, not the register, not whole, a DTD or entities.

    Example:
        >>> firms = rating.read_rmsp("register.zip").table          # doctest: +SKIP
    """
    batches = list(stream(Path(path), year=year))
    return Reading(
        table=pl.concat([batch.table for batch in batches]),
        refused=pl.concat([batch.refused for batch in batches]),
        provenance=pl.concat([batch.provenance for batch in batches]).tail(1),
    )


def stream(path: Path, *, year: int | None = None, batch: int = BATCH) -> Iterator[Reading]:
    """The register piece by piece, in constant memory; the last provenance counts all rows.

    Args:
        path: as for ``read_rmsp``.
        year: as for ``read_rmsp``.
        batch: how many documents make a piece.
    """
    sha256 = xml_stream.digest(path)
    total = 0
    for file, source in xml_stream.parts(path):
        documents, first = _Documents(file), 1
        for _ in xml_stream.feed(file, source, documents):
            if len(documents.rows) >= batch:
                found = documents.take()
                total += found.height
                yield _reading(found, file, first, year, (path.name, sha256, total))
                first += found.height
        found = documents.take()
        total += found.height
        yield _reading(found, file, first, year, (path.name, sha256, total))


def _reading(
    found: pl.DataFrame, file: str, first: int, year: int | None, about: tuple[str, str, int]
) -> Reading:
    """Good and refused rows of some documents, the first of which has the number ``first``."""
    values, faults = [], []
    for name, (cell, column) in _columns(found).items():
        series, bad = cells.parse(cell.alias(name), column)
        values.append(series)
        rule = pl.lit(_RULES[name]) if name in _RULES else pl.col("rule")
        faults.append(bad.select("index", column=pl.lit(name), rule=rule, value="value"))
    frame, bad = pl.DataFrame(values), pl.concat([*faults, _other_faults(found)])
    good = ~pl.int_range(frame.height, eager=True).is_in(bad["index"].implode())
    names = pl.col("kind").replace(_KINDS), pl.col("category").replace(_CATEGORIES)
    day = pl.col("dated_on").dt.year() if year is None else pl.lit(year)
    table = frame.with_columns(*names, year=day.cast(pl.Int64)).filter(good)
    refused = bad.with_columns(row=pl.col("index") + first)
    return Reading(
        table=table.with_columns(_region(pl.col("region"))).select(
            pl.col(name).cast(dtype) for name, dtype in TABLE.items()
        ),
        refused=reading.refused(refused.select("row", "column", "rule", "value"), file),
        provenance=reading.provenance(*about, TITLE, "ФНС России"),
    )


TITLE = "Единый реестр субъектов малого и среднего предпринимательства"


def _columns(found: pl.DataFrame) -> dict[str, tuple[pl.Series, Column]]:
    """The cells of each column, and what they may hold."""
    day = r"^([0-9]{2})\.([0-9]{2})\.([0-9]{4})$"
    number = pl.when(pl.col("kind").is_in(["1"])).then(10).otherwise(15)
    plain = found.with_columns(
        pl.col("dated_on", "entered_on").str.replace(day, "${3}-${2}-${1}"),
        # A number of another length may be a person's: it is dropped here and shown nowhere.
        firm_id=pl.when(
            pl.col("firm_id").str.contains(r"^[0-9]+$"),
            pl.col("firm_id").str.len_chars() == number,
        ).then("firm_id"),
    )
    declared = {
        "region": _one_of(classifiers.table("tax_regions")["code"]),
        "firm_id": Column(type="text", nullable=False),
        "kind": _one_of(_KINDS),
        "category": _one_of(_CATEGORIES),
        "okved2": Column(type="text", classifier="okved2"),
        "employees": Column(type="integer", min=0),
        "hightech_flag": Column(type="boolean"),
        "entered_on": Column(type="date"),
        "dated_on": Column(type="date", nullable=False),
    }
    return {name: (plain[name], column) for name, column in declared.items()}


def _one_of(codes: Iterable[str]) -> Column:
    return Column(type="text", nullable=False, choices=tuple(codes))


def _other_faults(found: pl.DataFrame) -> pl.DataFrame:
    """The rows whose code is of the old classifier although the new one has such a code, too."""
    index = pl.int_range(pl.len(), dtype=pl.Int64).alias("index")
    old = found.with_columns(index).filter(pl.col("version") == "2001")
    return old.select("index", column=pl.lit("okved2"), rule=pl.lit(OKVED1), value="okved2")


def _region(code: pl.Expr) -> pl.Expr:
    table = classifiers.table("tax_regions")
    return code.replace_strict(table["code"].to_list(), table["region"].to_list())
