"""Regions by code or by name: a register knows each spelling that its code lists hold."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property

import polars as pl

from rating import resources
from rating.definitions.spelling import CYRILLIC, fold
from rating.inputs import russian

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
        one_blank = pl.col("shown").str.replace_all(r"\s+", " ").str.strip_chars()
        shown = shown.with_columns(one_blank)
        keys = shown.with_columns(
            key=pl.Series([fold(name) for name in shown["shown"]], dtype=pl.String)
        )
        # A name that two regions share names neither of them; their codes still do.
        alone = pl.struct("region", "reach").n_unique().over("key") == 1
        keys = keys.filter(alone).unique("key", keep="first", maintain_order=True)
        return Register(frame, keys.select("key", "region", "reach", "shown"))

    def match(self, names: pl.Series) -> pl.DataFrame:
        """Each different name with its region and reach, missing where the name is unknown."""
        found = [(name, *self._find(name)) for name in names.cast(pl.String).drop_nulls().unique()]
        schema = dict.fromkeys(("name", "region", "reach"), pl.String)
        return pl.DataFrame(found, schema, orient="row")

    def _find(self, name: str) -> tuple[str | None, str | None]:
        if name in self._codes:
            return name, ""
        exact = self._exact.get(fold(name))
        if exact is not None or not CYRILLIC.search(name):
            return exact or (None, None)
        return self._shortened.get(russian.words(name)) or self._parted(name)

    def _parted(self, name: str) -> tuple[str | None, str | None]:
        """The region of a name that says whether its okrugs are in it."""
        cut = russian.cut(name)
        region = self._find(cut[0])[0] if cut else None
        if cut is None or region is None or not russian.names_all(cut[2], self._okrugs(region)):
            return None, None
        return region, WITHOUT_OKRUGS if cut[1] else ""

    def _okrugs(self, region: str) -> list[frozenset[str]]:
        if "parent" not in self.frame.columns:
            return []
        inside = self.frame.filter(pl.col("parent") == region)["region"]
        named = self.keys.select("region", "shown")
        return [
            frozenset().union(*map(russian.words, named.filter(pl.col("region") == code)["shown"]))
            for code in inside
        ]

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(self.frame["region"])

    @cached_property
    def _exact(self) -> dict[str, tuple[str, str]]:
        return {key: (region, reach) for key, region, reach, _ in self.keys.iter_rows()}

    @cached_property
    def _shortened(self) -> dict[frozenset[str], tuple[str, str]]:
        """The names in Russian by their words; those that two regions share name neither."""
        found: dict[frozenset[str], set[tuple[str, str]]] = {}
        for _, region, reach, shown in self.keys.iter_rows():
            if CYRILLIC.search(shown) and not reach:
                found.setdefault(russian.words(shown), set()).add((region, reach))
        return {words: one.pop() for words, one in found.items() if len(one) == 1}

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

    def unknown(self, name: str) -> str:
        """What an unknown name is, and what to do: the closest one, or the row taken out."""
        if (aggregate := russian.aggregate(name)) is not None:
            return f"{aggregate}, no region; remove the row"
        return f"no region has this name; {self.nearest(name)}"


@cache
def _named(name: str) -> Register:
    folder = resources.folder("data") / "regions"
    frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
    frame = frame.with_columns(pl.col("tile_column", "tile_row").cast(pl.Int64))
    aliases = pl.read_csv(folder / f"{name}_aliases.csv", infer_schema=False)
    return Register.of(frame, aliases)
