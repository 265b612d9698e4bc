"""Whether coders of a checklist agree: Krippendorff's alpha by block, and what is unresolved.

K. Krippendorff, Computing Krippendorff's alpha-reliability, 2011; with at least two coders a unit,
any number of them, and gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import polars as pl

from rating.analysis.design import Floats, stream
from rating.engine import held
from rating.engine.store import Store
from rating.errors import DataError, Problem, UsageError, nearest
from rating.result import Rating
from rating.text import Text, html_table, number

Scale = Literal["nominal", "ordinal", "interval"]

# Krippendorff's customary limits: rely on a block from the first, on nothing below the second.
PUBLISH = 0.8
ADJUDICATE = 0.667

# The coder whose word settles an item.
FINAL = "adjudicated"
COLUMNS = ("item_id", "coder", "score", "in_force_from", "in_force_to", "evidence_citation")
SHOWN = ("block", "items", "units", "differing", "unresolved", "alpha", "low", "high")


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far coders agree on the law of the regions, on the day of the edition.

    Attributes:
        rating: what was asked.
        blocks: block, items, units (an item of a region that two coders or more have coded),
            single (coded by one), differing (coders differ), unresolved (they differ and nobody
            has settled it), alpha, low and high (its interval), publishable (alpha of 0.8 or more),
            adjudicate (below 0.667). Without any variation alpha is not defined and missing.
        unresolved: region, block, item, coder, score, citation: the codes that differ.
        draws: resamples of units.
        seed: the seed.
        level: of the interval.
    """

    rating: Rating
    blocks: pl.DataFrame
    unresolved: pl.DataFrame
    draws: int
    seed: int
    level: float

    def twins(self, law: str, practice: str) -> pl.DataFrame:
        """What the law promises beside what is done: two indicators, region by region.

        Args:
            law: an indicator of the law, such as the block on money.
            practice: an indicator of what came of it, such as the support disbursed.

        Returns:
            region, law, practice (values), law_place and practice_place (the share of the other
            regions with both that have less, ties counting half), gap: how much higher the law
            stands than the practice. The greatest gap first.

        Raises:
            UsageError: an indicator is not in force.
        """
        values = self.rating.values
        frames = []
        for name, id in (("law", law), ("practice", practice)):
            self.rating.version(id)
            own = values.filter(pl.col("indicator") == id)
            frames.append(own.select("region", pl.col("value").alias(name)).drop_nulls())
        both = frames[0].join(frames[1], on="region")
        others = max(both.height - 1, 1)
        places = {
            f"{name}_place": (pl.col(name).round(9).rank("average") - 1) / others
            for name in ("law", "practice")
        }
        gap = pl.col("law_place") - pl.col("practice_place")
        made = both.with_columns(**places).with_columns(gap=gap)
        return made.sort("gap", "region", descending=[True, False])

    @property
    def sentence(self) -> Text:
        """Which blocks may be published, in one sentence."""
        good = self.blocks.filter(pl.col("publishable"))["block"].to_list()
        poor = self.blocks.filter(pl.col("adjudicate"))["block"].to_list()
        open_units = int(self.blocks["unresolved"].sum())
        en, ru = (", ".join(good) or none for none in ("none", "нет"))
        en_poor, ru_poor = (", ".join(poor) or none for none in ("none", "нет"))
        return Text(
            en=f"Coders agree (alpha of 0.8 or more) on blocks: {en}; to be coded again (below "
            f"0.667): {en_poor}; items left to settle: {open_units}.",
            ru=f"Кодировщики согласны (альфа не ниже 0,8) по блокам: {ru}; перекодировать (ниже "
            f"0,667): {ru_poor}; осталось решить пунктов: {open_units}.",
        )

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{row['block']} {number(row['alpha'], 'en', 2)}"
            for row in self.blocks.iter_rows(named=True)
        )
        return f"Agreement({self.rating.section.id} {self.rating.edition}: {shown})"

    def _repr_html_(self) -> str:
        return html_table(self.sentence.en, SHOWN, self.blocks.select(SHOWN).iter_rows())


def agreement(
    rating: Rating,
    *,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.95,
    scale: Scale = "ordinal",
) -> Agreement:
    """How far the coders of the checklist agree, block by block.

    Reads the table ``law_items`` and the section's checklist. A coder's score of an item is the
    greatest of those in force on the day of the edition, 0 where none is.

    Args:
        rating: the rating.
        draws: resamples of units, for the intervals.
        seed: the seed.
        level: of the intervals.
        scale: how scores are compared.

    Raises:
        UsageError: the section has no checklist or no such table, or no draw is asked for.
        DataError: an item of the table is not in the checklist.
    """
    if draws < 1:
        raise UsageError(Problem("draws", f"{draws} draws", "ask for one at least"))
    codes = _codes(rating)
    settled = codes.filter(pl.col("coder") == FINAL).select("region", "item")
    own = codes.filter(pl.col("coder") != FINAL)
    differ = pl.col("score").n_unique().over("region", "item") > 1
    open_codes = own.filter(differ).join(settled, on=["region", "item"], how="anti")
    blocks = []
    for number_, block in enumerate(dict.fromkeys(item.block for item in rating.section.checklist)):
        mine = own.filter(pl.col("block") == block)
        left = open_codes.filter(pl.col("block") == block)
        found = _block(mine, scale, draws, stream(seed, 6, number_), level)
        open_units = left.select("region", "item").unique().height
        blocks.append({"block": block, **found, "unresolved": open_units})
    table = pl.DataFrame(
        blocks, schema_overrides=dict.fromkeys(("alpha", "low", "high"), pl.Float64)
    )
    table = table.with_columns(
        publishable=pl.col("alpha") >= PUBLISH, adjudicate=pl.col("alpha") < ADJUDICATE
    ).select(
        "block", "items", "units", "single", "differing", "unresolved", "alpha", "low", "high",
        "publishable", "adjudicate",
    )  # fmt: skip
    unresolved = open_codes.select("region", "block", "item", "coder", "score", "citation")
    return Agreement(rating, table, unresolved, draws, seed, level)


def _block(
    codes: pl.DataFrame, scale: Scale, draws: int, random: np.random.Generator, level: float
) -> dict[str, object]:
    """Alpha of one block, with its interval over resampled units."""
    wide = codes.pivot("coder", index=["region", "item"], values="score").sort("region", "item")
    matrix = wide.drop("region", "item").to_numpy().astype(float)
    coded = (~np.isnan(matrix)).sum(axis=1)
    pairs = matrix[coded >= 2]
    index = low = high = alpha(codes=pairs, scale=scale)
    if not np.isnan(index):
        values, each = coincidences(pairs)
        low, high = _interval(each, values, scale, draws, random, level)
    spread = np.nanmax(pairs, axis=1) > np.nanmin(pairs, axis=1) if len(pairs) else np.zeros(0)
    return {
        "items": codes["item"].n_unique(),
        "units": len(pairs),
        "single": int((coded == 1).sum()),
        "differing": int(spread.sum()),
        **{
            name: None if np.isnan(value) else float(value)
            for name, value in (("alpha", index), ("low", low), ("high", high))
        },
    }


def _interval(
    each: Floats,
    values: Floats,
    scale: Scale,
    draws: int,
    random: np.random.Generator,
    level: float,
) -> tuple[float, float]:
    """The interval of alpha over resampled units, accelerated and corrected for bias.

    B. Efron, Better bootstrap confidence intervals, JASA 82 (1987) 171-185: alpha ends at 1, and
    plain percentiles hold the truth too seldom.
    """
    many, shape = len(each), (-1, len(values), len(values))
    flat = each.reshape(many, -1)
    index = float(alpha_of(each.sum(axis=0), values, scale))
    taken = random.multinomial(many, np.full(many, 1 / many), size=draws)
    drawn = alpha_of((taken @ flat).reshape(shape), values, scale)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return index, index
    without = alpha_of((flat.sum(axis=0) - flat).reshape(shape), values, scale)
    without = without[~np.isnan(without)]
    pull = without - without.sum() / max(len(without), 1)
    squares = float((pull**2).sum())
    bend = -float((pull**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
    normal, least = NormalDist(), 1 / (2 * len(drawn))
    # Ties of the draws with alpha itself count half on either side.
    below = float(((drawn < index).mean() + (drawn <= index).mean()) / 2)
    shift = normal.inv_cdf(min(max(below, least), 1 - least))
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        moved = shift + normal.inv_cdf(share)
        ends.append(normal.cdf(shift + moved / max(1 - bend * moved, 1e-9)))
    low, high = np.quantile(drawn, ends)
    return float(low), float(high)


# -------------------------------------------------------------------------------------- alpha


def alpha(codes: Floats, scale: Scale) -> float:
    """Krippendorff's alpha: 1 where coders agree, 0 where they agree as chance has it.

    Args:
        codes: units by coders, NaN where a coder has not coded a unit; a unit with one code says
            nothing and is left out.
        scale: how codes are compared: any two differ alike, by rank, or by the square of the gap.

    Returns:
        alpha; NaN where all codes are the same and nothing can be said.

    Example:
        >>> round(alpha(np.array([[1, 1], [0, 0], [1, 0], [0, 0]]), "nominal"), 3)
        0.533
    """
    pairs = codes[(~np.isnan(codes)).sum(axis=1) >= 2]
    if not len(pairs):
        return float("nan")
    values, each = coincidences(pairs)
    return float(alpha_of(each.sum(axis=0), values, scale))


def coincidences(codes: Floats) -> tuple[Floats, Floats]:
    """The values, and how often two of them meet in each unit: units by values by values.

    Args:
        codes: units by coders, two codes a unit at least.
    """
    values = np.unique(codes[~np.isnan(codes)])
    counts = (codes[:, :, None] == values).sum(axis=1).astype(float)
    coded = counts.sum(axis=1)
    met = counts[:, :, None] * counts[:, None, :]
    met[:, range(len(values)), range(len(values))] -= counts
    return values, met / (coded - 1)[:, None, None]


def alpha_of(met: Floats, values: Floats, scale: Scale) -> Floats:
    """Alpha from coincidences, values by values in the last two axes."""
    margins = met.sum(axis=-1)
    whole = margins.sum(axis=-1)
    apart = _apart(margins, values, scale)
    observed = (met * apart).sum(axis=(-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * apart).sum(axis=(-2, -1))
    share = np.divide(
        observed * (whole - 1), expected, out=np.full(np.shape(whole), np.nan), where=expected > 0
    )
    found: Floats = 1 - share
    return found


def _apart(margins: Floats, values: Floats, scale: Scale) -> Floats:
    """The squared difference of each two values."""
    if scale == "nominal":
        return np.not_equal(values[:, None], values).astype(np.float64)
    if scale == "interval":
        apart: Floats = (values[:, None] - values) ** 2
        return apart
    # How many codes lie between two values, half of their own counted.
    middle = np.cumsum(margins, axis=-1) - margins / 2
    between: Floats = (middle[..., :, None] - middle[..., None, :]) ** 2
    return between


# ------------------------------------------------------------------------------------ reading


def _codes(rating: Rating) -> pl.DataFrame:
    """region, item, block, coder, score, citation on the day of the edition."""
    section = rating.section
    given = section.inputs.get("law_items")
    lost = [name for name in COLUMNS if given is None or name not in given.columns]
    problems = [
        Problem(f"table law_items, {name}", "the section does not read it") for name in lost
    ]
    if not section.checklist:
        problems.append(Problem("checklist", f"{section.id} has none", "declare its items"))
    if problems:
        raise UsageError(problems)
    assert given is not None
    with Store(files=rating.data.files) as store:
        held.hold(
            store, rating.data.held, {"law_items": given}, rating.edition, sector=rating.sector,
            as_of=rating.as_of,
        )  # fmt: skip
        found = store.query(
            "SELECT region, item_id AS item, coder,\n"
            "  coalesce(max(CASE WHEN valid THEN score END), 0e0) AS score,\n"
            "  max(CASE WHEN valid THEN evidence_citation END) AS citation\n"
            "FROM (SELECT *, coalesce(in_force_from <= as_of, false)\n"
            "    AND coalesce(in_force_to > as_of, true) AS valid FROM law_items)\n"
            "GROUP BY region, item_id, coder ORDER BY region, item_id, coder"
        )
    block = {item.id: item.block for item in section.checklist}
    unknown = sorted(set(found["item"]) - set(block))
    if unknown:
        raise DataError(
            Problem(f"table law_items, item {id}", "is not in the checklist", nearest(id, block))
            for id in unknown
        )
    return found.with_columns(block=pl.col("item").replace_strict(block, return_dtype=pl.String))
