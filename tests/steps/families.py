"""One node over a table of regions by children, under one method or under every one at once."""

import polars as pl
from hypothesis import strategies as st

from rating.definitions import aggregations as a
from rating.steps.aggregate import aggregate

INF = float("inf")

MEANS = {
    "arithmetic": a.Arithmetic(),
    "geometric": a.Geometric(),
    "harmonic": a.Harmonic(),
    "power_3": a.Power(power=3),
    "power_half": a.Power(power=0.5),
    "power_tiny": a.Power(power=1e-9),
    "power_-2": a.Power(power=-2),
    "power_30": a.Power(power=30.5),
    "weakest": a.Power(power=-INF),
    "strongest": a.Power(power=INF),
    "median": a.MedianOf(),
    "owa_places": a.OrderedWeights(places=(3, 2, 0, 1)),
    "owa_first": a.OrderedWeights(best=1),
    "owa_best": a.OrderedWeights(best=2),
    "owa_worst": a.OrderedWeights(worst=2),
}
BALANCED = {
    "mpi": a.MazziottaPareto(),
    "mpi_plus": a.MazziottaPareto(penalty="plus"),
    "adjusted_mpi": a.AdjustedMazziottaPareto(),
    "adjusted_mpi_plus": a.AdjustedMazziottaPareto(penalty="plus"),
}
FRONTIER = {
    "benefit": a.BenefitOfTheDoubt(),
    "benefit_bound": a.BenefitOfTheDoubt(lower=0.05, upper=0.8),
    "directional": a.Directional(),
}
AGAINST_OTHERS = {
    "copeland": a.Copeland(),
    "wroclaw": a.Wroclaw(),
    "topsis": a.Topsis(),
    **FRONTIER,
}
ALONE = MEANS | BALANCED
METHODS = ALONE | AGAINST_OTHERS

SCORES = st.floats(1, 100).map(lambda x: round(x, 3))
WEIGHTS = st.integers(1, 9).map(float)


def with_coverage(settings, least):
    return {n: s.model_copy(update={"min_coverage": least}) for n, s in settings.items()}


@st.composite
def tables(draw, missing=False, least=1, most=6, children=4):
    """Regions by children, and the weights of the children."""
    width = draw(st.integers(1, children))
    cell = st.one_of(SCORES, SCORES, st.none()) if missing else SCORES
    row = st.lists(cell, min_size=width, max_size=width)
    rows = draw(st.lists(row, min_size=least, max_size=most))
    weights = draw(st.lists(WEIGHTS, min_size=width, max_size=width))
    return rows, weights


def frames(rows, weights, nodes, names=None):
    """Scores and children as the step takes them; every node has the same children."""
    names = names or [f"R{n:02}" for n in range(len(rows))]
    scores = pl.DataFrame(
        [
            (0, name, f"c{place}", score)
            for name, row in zip(names, rows, strict=True)
            for place, score in enumerate(row)
        ],
        schema={"scenario": pl.Int64, "region": pl.String, "item": pl.String, "score": pl.Float64},
        orient="row",
    )
    children = pl.DataFrame(
        [(node, f"c{n}", weight, n) for node in nodes for n, weight in enumerate(weights)],
        schema={"parent": pl.String, "item": pl.String, "weight": pl.Float64, "position": pl.Int64},
        orient="row",
    )
    return scores, children


def nodes(store, rows, weights, settings, **more):
    """The scores of one node for each setting: a list by region, by the setting's key."""
    scores, children = frames(rows, weights, settings, more.pop("names", None))
    found, _ = aggregate(store, scores, children, [settings], **more)
    return {
        node: found.filter(pl.col("node") == node).sort("region")["score"].to_list()
        for node in settings
    }


def node(store, rows, weights, setting, **more):
    """The scores of one node by region."""
    return nodes(store, rows, weights, {"n": setting}, **more)["n"]
