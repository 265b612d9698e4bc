"""The statistical audit of a rating: what a careful reader asks before trusting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rating.analysis.compensation import added_value, compensability
from rating.analysis.correlations import families, flags
from rating.analysis.importance import importance
from rating.analysis.leave_out import leave_out
from rating.analysis.multivariate import consistency, principal
from rating.analysis.scores import Scores
from rating.analysis.statistics import coverage, statistics
from rating.analysis.strengths import strengths
from rating.text import Lang

if TYPE_CHECKING:
    from rating.result import Rating


@dataclass(frozen=True, eq=False)
class Audit:
    """A rating examined: every finding as a frame.

    Correlations, alpha, components and importance are of scores, which all point the same way:
    higher is better. They are over all rated regions, those outside the ranking included; ranks
    are of ranked regions. What has weight 0 is context and appears in coverage and statistics.

    Attributes:
        result: the rating that was audited.
        coverage: kind (``indicator``, ``region`` or ``node``), item, observed, imputed, missing
            (cells), share (observed / all), unscored (regions without its score; of a region, nodes
            without one).
        statistics: indicator, min, max, mean, median, sd, skewness, kurtosis (type 2) of the values
            as measured; n, nonzero, unique, same (the commonest value), each as count and
            ``_share``; n_flag, nonzero_flag, unique_flag (``ok``, ``LOW``), shape_flag (``ok``,
            ``OUT``).
        correlations: relation (``siblings``, ``parent`` or ``ancestor``), node, one, other, n,
            pearson, pearson_p, spearman, spearman_p, kendall, kendall_p.
        flags: flag (``negative``, ``weak``, ``repeated``, ``high`` or ``low``), node, one, other,
            pearson.
        consistency: node, children, regions, alpha, first (share of variance of the first
            component), kmo, bartlett, bartlett_df, bartlett_p.
        components: node, component, eigenvalue, share, cumulative.
        loadings: node, component, item, loading.
        importance: item, parent, weight, effective, squared, ratio, squared_share, ratio_share,
            index_squared, index_share.
        leave_out: left_out, kind (``node``, ``indicator`` or ``source``), mean_shift, max_shift,
            lost, refused.
        shifts: left_out, kind, region, score, rank, shift: each region without each part.
        compensability: region, rank, arithmetic, geometric, weakest (ranks), gain, shift.
        added_value: pillar, regions, apart, share, spearman.
        strengths: region, kind (``strength``, ``weakness`` or ``last``), place, indicator, pillar,
            rank, of, value.
    """

    result: Rating
    coverage: pl.DataFrame
    statistics: pl.DataFrame
    correlations: pl.DataFrame
    flags: pl.DataFrame
    consistency: pl.DataFrame
    components: pl.DataFrame
    loadings: pl.DataFrame
    importance: pl.DataFrame
    leave_out: pl.DataFrame
    shifts: pl.DataFrame
    compensability: pl.DataFrame
    added_value: pl.DataFrame
    strengths: pl.DataFrame

    def to_html(self, *, lang: Lang = "en") -> str:
        """The findings as one piece of HTML: plain tables, text escaped."""
        from rating.analysis.audit_html import to_html

        return to_html(self, lang)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return (
            f"Audit({self.result.section.id} {self.result.edition}: "
            f"{self.flags.height} flagged correlations)"
        )


def audit(result: Rating, *, told: Rating | None = None) -> Audit:
    """Examine a rating: coverage, shapes, correlations, consistency, importance, robustness.

    Args:
        result: the rating.
        told: the same without the numbers that are not told: what is a statistic of values or
            scores is over these. Coverage and places without a part or with another mean are of the
            whole rating.

    Example:
        >>> section = rating.load("hitech_open")
        >>> result = rating.rate(section, rating.read("data/open", section), edition=2019)
        >>> audit(result).consistency["node"].to_list()[0]
        'index'
    """
    whole = Scores.of(result)
    told, scores = (result, whole) if told is None else (told, Scores.of(told))
    related = families(scores)
    components, loadings = principal(scores)
    summary, shifts = leave_out(result, whole)
    return Audit(
        result=told,
        coverage=coverage(result),
        statistics=statistics(told.values),
        correlations=related,
        flags=flags(related),
        consistency=consistency(scores),
        components=components,
        loadings=loadings,
        importance=importance(scores),
        leave_out=summary,
        shifts=shifts,
        compensability=compensability(result, whole),
        added_value=added_value(told, scores),
        strengths=strengths(told, scores),
    )
