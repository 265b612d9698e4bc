"""The outcome of a rating: frozen frames, and doors to what can be asked of them."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from rating.definitions.model import Indicator, Source, Version
from rating.definitions.section import Section
from rating.definitions.sector import Sector
from rating.definitions.tree import Tree
from rating.errors import Problem, UsageError, nearest
from rating.inputs.tables import Data
from rating.process import computing
from rating.scale import Scale, scale
from rating.steps.unranked import NO_FIGURES
from rating.text import Lang, html_table

if TYPE_CHECKING:
    from rating.analysis.agreement import Agreement
    from rating.analysis.audit import Audit
    from rating.analysis.concentration import Concentration
    from rating.analysis.explain import Explanation
    from rating.analysis.sensitivity import Sensitivity
    from rating.analysis.smaa import Acceptability
    from rating.analysis.uncertainty import Uncertainty


@dataclass(frozen=True, eq=False)
class Rating:
    """A rated edition: every number between the tables and the ranks.

    Attributes:
        section: the definitions, with the method that was used.
        data: the tables it was computed from.
        edition: the year.
        sector: within which regions are compared; None where the section has no sectors.
        as_of: the day the edition speaks of, 31 December where none was given.
        ranks: region, rank, score, group, coverage (share of indicators with a value), status
            (``ranked``, ``outside`` the ranking by the edition, or ``thin`` coverage), reason (the
            rule that left it unranked); by rank. Every region that is assessed has a row.
        scores: region, node, score, rank, imputed (how many indicators below were imputed): every
            node of the tree that is in the edition.
        values: region, indicator, value (as measured), treated (after imputation and treatment),
            imputed (after imputation), score (in the range of the method), status (``observed``,
            ``imputed`` or ``missing``).
        measures: region, indicator, measure, value: what each value is made of.
        treated: indicator, region, raw, treated, rule: every point that treatment changed.
        shapes: indicator, skewness and kurtosis of the values before and after treatment, points
            that were winsorised (before a transform, if one followed), rule.
        weights: parent, item, weight: shares of the children of each node, summing to 1.
        screened: region, node, indicators, missing, zeros, available, nonzero, included, reason:
            what the screening counted, below each node and (without a node) as a whole.
        disclosure: region, indicator, reason: the cells that are not published, made of ``few``
            firms or with one that is ``dominant``; here they are, for the operator.
        years: table, year: which years' rows the edition reads, a carried list's own year included.
        regions: the rated regions with their names and groups.
        provenance: table, file, sha256, rows, columns of every input.
        refused: the rows that were left out, with the rule each broke.
        remarks: what was read and is doubtful, in the columns of ``refused``; row 0 is the file.
        sources: the sources of the data folder.
    """

    section: Section
    data: Data
    edition: int
    sector: Sector | None
    as_of: date
    ranks: pl.DataFrame
    scores: pl.DataFrame
    values: pl.DataFrame
    measures: pl.DataFrame
    treated: pl.DataFrame
    shapes: pl.DataFrame
    weights: pl.DataFrame
    screened: pl.DataFrame
    disclosure: pl.DataFrame
    years: pl.DataFrame
    regions: pl.DataFrame
    provenance: pl.DataFrame
    refused: pl.DataFrame
    remarks: pl.DataFrame
    sources: tuple[Source, ...]

    @cached_property
    def tree(self) -> Tree:
        """The part of the section that is in force."""
        return self.tree_of(self.section)

    def tree_of(self, section: Section) -> Tree:
        """The part of a section that is in force on the day and in the sector of this rating."""
        return Tree.of(section, self.edition, sector=self.sector, as_of=self.as_of)

    @cached_property
    def contents(self) -> pl.DataFrame:
        """table, sha256 of its checked content, whatever the order of its rows."""
        return pl.DataFrame(
            [(table, self.data.digest(table)) for table in sorted(self.tree.stored)],
            schema={"table": pl.String, "sha256": pl.String},
            orient="row",
        )

    @cached_property
    def scale(self) -> Scale:
        """On which scale the scores stand, and with how many digits they are told."""
        return scale(self)

    @property
    def files(self) -> tuple[Path, ...]:
        """The definitions and the data that were read from files: no output overwrites them."""
        return (*self.section.origin, *self.data.origin)

    @property
    def bare(self) -> list[str]:
        """The regions of the register that no table has a row of."""
        return self.ranks.filter(pl.col("reason") == NO_FIGURES)["region"].to_list()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators in force in the edition, in the order of the section."""
        return self.tree.indicators

    @cached_property
    def origins(self) -> tuple[Source, ...]:
        """Every source once: of the section, of the data folder, of the indicators."""
        own = (source for item in self.indicators for source in item.source)
        return tuple(dict.fromkeys((*self.section.source, *self.sources, *own)))

    def version(self, indicator: str) -> Version:
        """The version of an indicator that is in force in the edition."""
        found = next((item for item in self.indicators if item.id == indicator), None)
        version = found.in_force(self.as_of) if found else None
        if version is None:
            known = [item.id for item in self.indicators]
            raise UsageError(
                Problem(
                    f"edition {self.edition}",
                    f"no indicator '{indicator}' in force",
                    nearest(indicator, known),
                )
            )
        return version

    @cached_property
    def digest(self) -> str:
        """SHA-256 over scores, values and ranks as they are saved: one number for the result."""
        content = "".join(frame.write_csv() for frame in (self.ranks, self.scores, self.values))
        return hashlib.sha256(content.encode()).hexdigest()

    def name(self, region: str, lang: Lang = "en") -> str:
        """The name of a region, or its code where the register has none."""
        known = self.regions.filter(pl.col("region") == region)
        column = f"name_{lang}"
        if known.is_empty() or column not in known.columns:
            return region
        return str(known[column][0] or region)

    @computing
    def agreement(self, *, draws: int = 1000, seed: int = 1) -> Agreement:
        """How far the coders of the checklist agree, and what is unresolved."""
        from rating.analysis.agreement import agreement

        return agreement(self, draws=draws, seed=seed)

    @computing
    def audit(self) -> Audit:
        """The statistical audit: coverage, correlations, consistency, importance, robustness."""
        from rating.analysis.audit import audit

        return audit(self)

    @computing
    def concentration(self, *, draws: int = 1000, seed: int = 1) -> Concentration:
        """Where the plants of the sector are, and whether that is more than chance."""
        from rating.analysis.concentration import concentration

        return concentration(self, draws=draws, seed=seed)

    @computing
    def explain(self, region: str) -> Explanation:
        """Why a region has its score: contributions down the tree, adding up exactly."""
        from rating.analysis.explain import explain

        return explain(self, region)

    @computing
    def sensitivity(
        self, *, draws: int = 1024, seed: int = 1, only: str | Collection[str] | None = None
    ) -> Sensitivity:
        """Which assumption moves the ranking: Sobol indices of ranks, with their intervals."""
        from rating.analysis.sensitivity import sensitivity

        return sensitivity(self, draws=draws, seed=seed, only=only)

    @computing
    def smaa(
        self, *, draws: int = 10_000, seed: int = 1, draw: Mapping[str, object] | None = None
    ) -> Acceptability:
        """Which weights suit a region: acceptability of ranks, central weights, confidence."""
        from rating.analysis.smaa import smaa

        return smaa(self, draws=draws, seed=seed, draw=draw)

    @computing
    def uncertainty(
        self,
        *,
        draws: int = 10_000,
        seed: int = 1,
        design: Literal["sobol", "random"] = "sobol",
        only: str | Collection[str] | None = None,
        folder: str | Path | None = None,
    ) -> Uncertainty:
        """Every rank with its interval, over draws of what the section declares uncertain."""
        from rating.analysis.uncertainty import uncertainty

        return uncertainty(self, draws=draws, seed=seed, design=design, only=only, folder=folder)

    @computing
    def save(self, folder: str | Path) -> Path:
        """Write ranks, scores, values and refused rows as CSV and the manifest as JSON."""
        from rating.publish.tables import save

        return save(self, folder)

    @computing
    def to_pdf(
        self,
        path: str | Path,
        *,
        lang: Lang = "en",
        region: str | None = None,
        sure: Uncertainty | None = None,
        audience: Literal["public", "own"] = "public",
        top: int | None = None,
        boundaries: str | Path | None = None,
        brief: bool = False,
        contact: str = "",
        fonts: Sequence[str | Path] = (),
    ) -> Path:
        """Write the report, the profile of one region or the investor brief as a PDF."""
        from rating.publish.report import to_pdf

        return to_pdf(
            self,
            path,
            lang=lang,
            region=region,
            sure=sure,
            audience=audience,
            top=top,
            boundaries=boundaries,
            brief=brief,
            contact=contact,
            fonts=fonts,
        )

    @computing
    def to_xlsx(self, path: str | Path, *, lang: Lang = "en", top: int | None = None) -> Path:
        """Write the workbook: ranking, scores, weights, audit, and the index as formulas."""
        from rating.publish.workbook import to_xlsx

        return to_xlsx(self, path, lang=lang, top=top)

    @computing
    def to_html(self, path: str | Path, *, lang: Lang = "en", top: int | None = None) -> Path:
        """Write the explorer: the ranking in one HTML file whose reader moves the weights."""
        from rating.publish.explorer import to_html

        return to_html(self, path, lang=lang, top=top)

    def __repr__(self) -> str:
        ranked = self.ranks["rank"].count()
        return f"Rating({self.section.id} {self.edition}: {ranked} of {self.ranks.height} ranked)"

    def _repr_html_(self) -> str:
        rows = (
            (
                row["rank"],
                self.name(row["region"]),
                None if row["score"] is None else self.scale.number(row["score"], "en"),
                row["group"] or row["status"],
            )
            for row in self.ranks.iter_rows(named=True)
        )
        title = f"{self.section.name.en}, {self.edition}"
        return html_table(title, ("rank", "region", "score", "group"), rows)


@dataclass(frozen=True, eq=False)
class Panel:
    """Several editions rated together.

    Attributes:
        ratings: the rating of each edition.
    """

    ratings: dict[int, Rating]

    @property
    def editions(self) -> tuple[int, ...]:
        """The years, in order."""
        return tuple(self.ratings)

    def __getitem__(self, edition: int) -> Rating:
        if edition not in self.ratings:
            known = ", ".join(map(str, self.ratings))
            raise UsageError(Problem(f"edition {edition}", "not in the panel", f"it has {known}"))
        return self.ratings[edition]

    @property
    def ranks(self) -> pl.DataFrame:
        """The ranks of all editions, with a column ``edition`` in front."""
        return self._all("ranks")

    @property
    def scores(self) -> pl.DataFrame:
        """The scores of all editions, with a column ``edition`` in front."""
        return self._all("scores")

    @property
    def values(self) -> pl.DataFrame:
        """The values of all editions, with a column ``edition`` in front."""
        return self._all("values")

    def _all(self, name: str) -> pl.DataFrame:
        frames: dict[int, pl.DataFrame] = {e: getattr(r, name) for e, r in self.ratings.items()}
        return pl.concat(
            frame.select(pl.lit(edition, pl.Int64).alias("edition"), pl.all())
            for edition, frame in frames.items()
        )

    def __repr__(self) -> str:
        years = f"{self.editions[0]} to {self.editions[-1]}"
        section = next(iter(self.ratings.values())).section
        return f"Panel({section.id} {years}: {len(self.ratings)} editions)"

    def _repr_html_(self) -> str:
        table = self.ranks.pivot("edition", index="region", values="rank").sort(
            str(self.editions[-1]), nulls_last=True
        )
        head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{'' if v is None else html.escape(str(v))}</td>" for v in row)
            + "</tr>"
            for row in table.iter_rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
