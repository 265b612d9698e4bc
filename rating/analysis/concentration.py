"""How concentrated a sector is: in which regions, in whose hands, and how much of it is chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from rating.analysis import dartboard
from rating.analysis.design import Floats
from rating.engine import held
from rating.engine.store import Store
from rating.errors import DataError, Problem, UsageError
from rating.result import Rating
from rating.text import Text, html_table, number

PLANTS = {"region": pl.String, "plant": pl.String, "group": pl.String, "activity": pl.String}
JOBS = {"region": pl.String, "employment": pl.Float64}
SHOWN = ("region", "plants", "jobs", "lq", "p_lq", "size", "z", "p", "effective", "stars")

# Stars of the European Cluster Observatory: a tenth of the regions by size and by focus, and a
# quotient of 2 or more, which here must hold in so many of the draws.
TOP = 0.1
QUOTIENT = 2.0
SURE = 0.95


@dataclass(frozen=True)
class National:
    """A sector in the whole country.

    Attributes:
        gamma: the index of Ellison and Glaeser; None where one plant or region holds everything.
        low: the lower end of its interval.
        high: the upper end.
        p: how often plants thrown at random are as concentrated.
        raw: the sum of squared differences between the regions' shares of the sector and of jobs.
        plant_hhi: the Herfindahl index of plants.
        plants: how many there are.
        jobs: in all plants.
        regions: how many regions have one.
    """

    gamma: float | None
    low: float | None
    high: float | None
    p: float | None
    raw: float
    plant_hhi: float
    plants: int
    jobs: float
    regions: int


@dataclass(frozen=True, eq=False)
class Concentration:
    """How concentrated a sector is. The operator's own: single firms may be seen through it.

    Attributes:
        rating: what was asked; None where frames were given.
        national: the sector in the whole country.
        regions: region, plants, jobs, employment, lq (location quotient), p_lq (share of draws in
            which it is 2 or more), size (share of the sector), focus (share of the region's jobs),
            z (excess over the share of all jobs in standard deviations of a random location), p
            (how often random plants are as many there), plant_hhi, group_hhi, effective (1 over
            group_hhi: as many groups of one size), largest (share of the largest group), activities
            (different ones), variety (entropy of activities with the correction of Miller and
            Madow, over its maximum), star_size, star_lq, star_focus, stars (0 to 3). By size.
        draws: how many resamples, and how many random locations.
        seed: the seed.
        level: of the interval.
    """

    rating: Rating | None
    national: National
    regions: pl.DataFrame
    draws: int
    seed: int
    level: float

    @property
    def sentence(self) -> Text:
        """Whether the sector is concentrated, in one sentence."""
        own = self.national
        if own.gamma is None or own.low is None or own.high is None:
            return Text(
                en="One plant or one region holds everything: the index of Ellison and Glaeser is "
                "not defined.",
                ru="Всё в одних руках или в одном регионе: индекс Эллисона — Глейзера не "
                "определён.",
            )
        en, ru = (
            [number(v, lang, 3) for v in (own.gamma, own.low, own.high)] for lang in ("en", "ru")
        )
        return Text(
            en=f"The index of Ellison and Glaeser is {en[0]} ({self.level:.0%} interval {en[1]} to "
            f"{en[2]}); 0 is a random location of the {own.plants} plants.",
            ru=f"Индекс Эллисона — Глейзера равен {ru[0]} (интервал {self.level:.0%}: от {ru[1]} "
            f"до {ru[2]}); 0 — случайное размещение предприятий, их {own.plants}.",
        )

    def __repr__(self) -> str:
        some = self.regions.filter(pl.col("stars") > 0).height
        shown = "not defined" if self.national.gamma is None else f"{self.national.gamma:.4f}"
        return (
            f"Concentration(gamma {shown}, {self.national.plants} plants in "
            f"{self.national.regions} regions, {some} with a star)"
        )

    def _repr_html_(self) -> str:
        rows = []
        for row in self.regions.filter(pl.col("plants") > 0).iter_rows(named=True):
            if self.rating is not None:
                row["region"] = self.rating.name(row["region"])
            rows.append([row[name] for name in SHOWN])
        return html_table(self.sentence.en, SHOWN, rows)


def concentration(rating: Rating, *, draws: int = 1000, seed: int = 1) -> Concentration:
    """Where the plants of the rated sector are, and whether that is more than chance.

    Reads the tables ``firms`` (firm_id, employees, sector_share, okved2, group_id) and
    ``region_year`` (employment) of the edition; jobs are employees times the sector's share.

    Args:
        rating: the rating.
        draws: how many resamples, and how many random locations.
        seed: the seed.

    Raises:
        UsageError: the section has no such tables, or no draw is asked for.
        DataError: no firm of the sector, or a firm in a region without employment.
    """
    given = rating.section.uncertainty
    plants, employment = _read(rating)
    level = given.level if given is not None else 0.9
    return of_plants(plants, employment, draws=draws, seed=seed, level=level, rating=rating)


def of_plants(
    plants: pl.DataFrame,
    employment: pl.DataFrame,
    *,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.9,
    rating: Rating | None = None,
) -> Concentration:
    """The same from frames.

    Args:
        plants: region, plant, group, activity, jobs; one row a plant.
        employment: region, employment; one row a region.
        draws: how many resamples, and how many random locations.
        seed: the seed.
        level: of the interval.
        rating: whose they are.

    Raises:
        UsageError: no draw is asked for.
        DataError: there is no plant with jobs, or one in a region without employment.

    Example:
        >>> plants = pl.DataFrame({"region": ["A", "A", "B"], "plant": ["1", "2", "3"],
        ...     "group": ["1", "2", "3"], "activity": ["21", "21", "21"], "jobs": [50., 30., 20.]})
        >>> everyone = pl.DataFrame({"region": ["A", "B"], "employment": [1000.0, 3000.0]})
        >>> of_plants(plants, everyone).regions["lq"].round(3).to_list()
        [3.2, 0.267]
    """
    if draws < 1:
        raise UsageError(Problem("draws", f"{draws} draws", "ask for one at least"))
    own = plants.filter(pl.col("jobs") > 0).sort("region", "plant")
    people = employment.filter(pl.col("employment") > 0).sort("region")
    _refuse(own, people)
    regions = people["region"].to_list()
    x = people["employment"].to_numpy() / people["employment"].to_numpy().sum()
    places = pl.DataFrame({"region": regions, "place": range(len(regions))})
    placed = own.join(places, on="region", how="left", maintain_order="left")
    jobs, place = own["jobs"].to_numpy(), placed["place"].to_numpy()
    size = np.bincount(place, jobs, minlength=len(x)) / jobs.sum()
    hhi = dartboard.herfindahl(jobs)
    index = float(dartboard.gamma(size, x, hhi))
    above, scattered = _thrown(jobs, x, size, index, hhi, draws, seed)
    often, ends = _resampled(jobs, place, x, draws, seed, level)
    defined = not np.isnan(index)
    national = National(
        gamma=index if defined else None,
        low=ends[0] if defined else None,
        high=ends[1] if defined else None,
        p=scattered if defined else None,
        raw=float(((size - x) ** 2).sum()),
        plant_hhi=hhi,
        plants=own.height,
        jobs=float(jobs.sum()),
        regions=int((size > 0).sum()),
    )
    frame = people.select("region", "employment").with_columns(
        size=pl.Series(size),
        lq=pl.Series(size / x),
        p_lq=pl.Series(often),
        z=pl.Series(dartboard.excess(size, x, hhi)).fill_nan(None),
        p=pl.Series(above),
    )
    table = _starred(frame.join(_within(own), on="region", how="left"))
    return Concentration(rating, national, table, draws, seed, level)


def _refuse(plants: pl.DataFrame, people: pl.DataFrame) -> None:
    problems = []
    if plants.is_empty():
        problems.append(Problem("plants", "no plant has jobs in the sector", "check its codes"))
    lost = plants.join(people, on="region", how="anti")["region"].unique().sort()
    problems += [
        Problem(f"region {region}", "has plants and no employment", "give its employment")
        for region in lost
    ]
    for frame, key in ((people, ["region"]), (plants, ["region", "plant"])):
        twice = frame.filter(pl.struct(key).is_duplicated()).select(key)
        if twice.height:
            shown = ", ".join(twice.row(0))
            problems.append(Problem(shown, "stands there twice", "give one row for each"))
    if problems:
        raise DataError(problems)


# ------------------------------------------------------------------------------ what is chance


def _thrown(
    jobs: Floats, x: Floats, size: Floats, index: float, hhi: float, draws: int, seed: int
) -> tuple[Floats, float]:
    """How often random plants are as many in each region, and as concentrated in the country.

    The observed is one of the possible: (1 + as many) / (1 + draws) is never 0.
    """
    more, denser = np.zeros(len(x)), 0
    for shares in dartboard.thrown(jobs, x, draws, seed):
        more += (shares >= size - 1e-12).sum(axis=0)
        denser += int((dartboard.gamma(shares, x, np.full(len(shares), hhi)) >= index).sum())
    return (1 + more) / (1 + draws), (1 + denser) / (1 + draws)


def _resampled(
    jobs: Floats, place: np.ndarray[tuple[int, ...], np.dtype[np.int64]], x: Floats, draws: int,
    seed: int, level: float,
) -> tuple[Floats, tuple[float, float]]:  # fmt: skip
    """How often the quotient is 2 or more, and the interval of gamma."""
    often = np.zeros(len(x))
    found = []
    for shares, hhi in dartboard.resampled(jobs, place, len(x), draws, seed):
        often += (shares / x >= QUOTIENT).sum(axis=0)
        found.append(dartboard.gamma(shares, x, hhi))
    known = np.concatenate(found)
    known = known[~np.isnan(known)]
    if not len(known):
        return often / draws, (float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return often / draws, (float(low), float(high))


# ---------------------------------------------------------------------------- inside a region


def _within(plants: pl.DataFrame) -> pl.DataFrame:
    """Who holds the jobs of each region, and how varied they are."""
    jobs = pl.col("jobs")
    share = jobs / jobs.sum()
    most = plants["activity"].n_unique()
    groups = plants.group_by("region", "group").agg(jobs.sort().sum())
    activities = plants.group_by("region", "activity").agg(jobs.sort().sum(), plants=pl.len())
    entropy = -(share * share.log()).sort().sum()
    # G. A. Miller, Note on the bias of information estimates, 1955.
    corrected = entropy + (pl.len() - 1) / (2 * pl.col("plants").sum())
    variety = (corrected / np.log(most)).clip(0, 1) if most > 1 else pl.lit(0.0)
    return (
        plants.group_by("region")
        .agg(plants=pl.len().cast(pl.Int64), jobs=jobs.sort().sum(), plant_hhi=_hhi(share))
        .join(
            groups.group_by("region").agg(group_hhi=_hhi(share), largest=share.max()), on="region"
        )
        .join(
            activities.group_by("region").agg(
                activities=pl.len().cast(pl.Int64), variety=variety.first()
            ),
            on="region",
        )
        .with_columns(effective=1 / pl.col("group_hhi"))
    )


def _hhi(share: pl.Expr) -> pl.Expr:
    return (share**2).sort().sum()


def _starred(frame: pl.DataFrame) -> pl.DataFrame:
    """The stars of each region."""
    first = int(np.ceil(TOP * frame.height))
    frame = frame.with_columns(
        pl.col("plants").fill_null(0),
        pl.col("jobs").fill_null(0.0),
        focus=pl.col("jobs").fill_null(0.0) / pl.col("employment"),
    )

    def top(column: str) -> pl.Expr:
        place = pl.col(column).round(9).rank("min", descending=True)
        return (place <= first) & (pl.col("jobs") > 0)

    stars = {
        "star_size": top("size"),
        "star_lq": (pl.col("lq") >= QUOTIENT) & (pl.col("p_lq") >= SURE),
        "star_focus": top("focus"),
    }
    return (
        frame.with_columns(**stars)
        .with_columns(stars=pl.sum_horizontal(pl.col(name).cast(pl.Int64) for name in stars))
        .select(
            "region", "plants", "jobs", "employment", "lq", "p_lq", "size", "focus", "z", "p",
            "plant_hhi", "group_hhi", "effective", "largest", "activities", "variety", *stars,
            "stars",
        )
        .sort("size", "region", descending=[True, False])
    )  # fmt: skip


# ------------------------------------------------------------------------------------ reading


def _read(rating: Rating) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The plants of the sector and the jobs of the regions, as the engine sees them."""
    needed = {
        "firms": {"firm_id", "employees", "sector_share", "okved2"},
        "region_year": {"employment"},
    }
    inputs = {n: g for n, g in rating.section.inputs.items() if n in needed}
    missing = [
        Problem(f"table {name}", f"the section reads no {', '.join(sorted(lost))} of it")
        for name, columns in needed.items()
        if (lost := columns - set(inputs[name].columns if name in inputs else ()))
    ]
    if missing:
        raise UsageError(missing)
    group = "'g ' || group_id" if "group_id" in inputs["firms"].columns else "NULL"
    with Store(files=rating.data.files) as store:
        held.hold(
            store, rating.data.held, inputs, rating.edition, sector=rating.sector,
            as_of=rating.as_of,
        )  # fmt: skip
        plants = store.query(
            "SELECT region, firm_id AS plant,\n"
            f"  min(coalesce({group}, 'f ' || firm_id)) AS \"group\",\n"
            # The first four digits of a code are the class, which Europe has in common.
            "  min(left(translate(okved2, '.', ''), 4)) AS activity,\n"
            "  CAST(sum(CAST(employees * sector_share AS DECIMAL(38, 9))) AS DOUBLE) AS jobs\n"
            "FROM firms WHERE employees > 0 AND sector_share > 0\n"
            "GROUP BY region, firm_id ORDER BY region, firm_id"
        )
        employment = store.query("SELECT region, employment FROM region_year ORDER BY region")
    return plants, employment
