"""Regions by code or by name: a register knows each spelling that its code lists hold."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import polars as pl

from rating import resources
from rating.definitions.spelling import fold

WITHOUT_OKRUGS = "without_okrugs"
"""The reach of a name such as 'Tyumen region without its autonomous okrugs'."""

NAMES = ("name_en", "name_ru", "short_en", "short_ru")


@dataclass(frozen=True, eq=False)
class Register:
    """The regions that the keys of a table must resolve to.

    Attributes:
        frame: one row a region: region (the code), name_en, name_ru and any other columns.
        keys: key, region, reach, shown: every name as ``fold`` has it, and as it is written.
    """

    frame: pl.DataFrame
    keys: pl.DataFrame

    @staticmethod
    def named(name: str) -> Register:
        """The register of a country shipped with the library; ``ru`` is the one there is.

        Example:
            >>> Register.named("ru").resolve(pl.Series(["Томская область", "RU-TOM"])).to_list()
            ['RU-TOM', 'RU-TOM']
        """
        return _named(name)

    @staticmethod
    def of(frame: pl.DataFrame, aliases: pl.DataFrame | None = None) -> Register:
        """A register from a table with a column ``region``; a region without a name has its code.

        Args:
            frame: region, and where known name_en, name_ru and any other columns.
            aliases: alias, region, reach: further names of the same regions.
        """
        code = pl.col("region")
        for column, fallback in (("name_en", code), ("name_ru", pl.col("name_en"))):
            given = pl.col(column) if column in frame.columns else pl.lit(None, pl.String)
            frame = frame.with_columns(pl.coalesce(given, fallback).alias(column))
        first = ["region", "name_en", "name_ru"]
        frame = frame.select(*first, pl.exclude(first))
        names = [
            frame.select(shown=column, region="region", reach=pl.lit(""))
            for column in NAMES
            if column in frame.columns
        ]
        if aliases is not None:
            reach = pl.col("reach").fill_null("")
            names.append(aliases.select(shown="alias", region="region", reach=reach))
        shown = pl.concat(names).drop_nulls("shown")
        keys = shown.with_columns(
            key=pl.Series([fold(name) for name in shown["shown"]], dtype=pl.String)
        )
        # A name that two regions share names neither of them; their codes still do.
        alone = pl.struct("region", "reach").n_unique().over("key") == 1
        keys = keys.filter(alone).unique("key", keep="first", maintain_order=True)
        return Register(frame, keys.select("key", "region", "reach", "shown"))

    def match(self, names: pl.Series) -> pl.DataFrame:
        """Each different name with its region and reach, missing where the name is unknown."""
        name = names.cast(pl.String).drop_nulls().unique().alias("name")
        spelt = pl.DataFrame(
            {"name": name, "key": pl.Series([fold(n) for n in name], dtype=pl.String)}
        )
        coded = pl.col("name").is_in(self.frame["region"].to_list())
        return spelt.join(self.keys, on="key", how="left").select(
            "name",
            region=pl.when(coded).then("name").otherwise("region"),
            reach=pl.when(coded).then(pl.lit("")).otherwise("reach"),
        )

    def resolve(self, names: pl.Series) -> pl.Series:
        """The code of each name, missing where the register knows no such name."""
        found = (
            names.cast(pl.String)
            .to_frame("name")
            .join(self.match(names), on="name", how="left", maintain_order="left")
        )
        return found["region"]

    def nearest(self, name: str) -> str:
        """A sentence with the known name or code closest to an unknown one."""
        shown = {fold(code): code for code in self.frame["region"]}
        shown |= dict(self.keys.select("key", "shown").iter_rows())
        close = get_close_matches(fold(name), list(shown), n=1, cutoff=0.6)
        if close:
            return f"did you mean '{shown[close[0]]}'?"
        return "write the region's code, or its name as the register has it"


@cache
def _named(name: str) -> Register:
    folder = resources.folder("data") / "regions"
    frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
    frame = frame.with_columns(pl.col("tile_column", "tile_row").cast(pl.Int64))
    aliases = pl.read_csv(folder / f"{name}_aliases.csv", infer_schema=False)
    return Register.of(frame, aliases)
