"""Every figure of the audit, computed once more from the published columns alone.

With NumPy and scipy, from ``values``, ``scores``, ``ranks`` and the declared tree: nothing of the
library's own arithmetic is used.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest
from scipy import stats

import rating
from tests.flat import data, section

WEIGHTS = {
    "index": {"left": 2.0, "right": 1.0, "e": 1.0},
    "left": {"a": 1.0, "b": 3.0, "c": 1.0},
    "right": {"d": 1.0, "f": 1.0, "g": 2.0},
}
LEAST = {"name": "availability", "available": 0.5, "nonzero": 0.2, "nodes": {"right": 0.6}}
METHODS = {
    "logged, gaps": {"treat": {"name": "winsorise", "max_points": 1}, "screen": LEAST},
    "box_cox, imputed": {
        "treat": {"name": "box_cox", "power": 0.5},
        "impute": {"name": "median"},
        "normalise": {"name": "minmax", "range": [0, 100]},
    },
    "geometric": {
        "treat": {"name": "winsorise", "of": "winsorised", "max_points": 2},
        "aggregate": {"name": "geometric"},
    },
}


@pytest.fixture(scope="module", params=METHODS)
def result(request):
    random = np.random.default_rng(7)
    size, items = 40, [i for family in WEIGHTS.values() for i in family if i not in WEIGHTS]
    common = random.normal(size=size)
    columns = {}
    for place, item in enumerate(items):
        column = np.exp(common * 0.3 * (place - 1) + random.normal(size=size) * (0.4 + 0.4 * place))
        column = np.round(column, 1 if place % 2 else 3)
        column[random.random(size) < 0.15] = np.nan
        column[random.random(size) < 0.1] = 0.0
        columns[item] = pl.Series(column).fill_nan(None)
    rows = [("index", None, "higher", 1.0)]
    rows += [
        (item, parent, "lower" if item in ("b", "f") else "higher", weight)
        for parent, family in WEIGHTS.items()
        for item, weight in family.items()
    ]
    meta = pl.DataFrame(rows, schema=["id", "parent", "direction", "weight"], orient="row")
    method = {"normalise": {"name": "minmax", "range": [1, 100]}, **METHODS[request.param]}
    made = section(meta, method)
    figures = pl.DataFrame({"region": [f"R{n:02}" for n in range(size)], **columns})
    return rating.rate(made, data(made, figures), edition=2019)


@pytest.fixture(scope="module")
def audit(result):
    return result.audit()


@pytest.fixture(scope="module")
def score(result):
    """The scores of items by their names, regions in order, NaN where missing."""
    both = pl.concat(
        [
            result.scores.select("region", pl.col("node").alias("item"), "score"),
            result.values.select("region", pl.col("indicator").alias("item"), "score"),
        ]
    )
    wide = both.pivot("item", index="region", values="score").sort("region")
    return {item: wide[item].fill_null(np.nan).to_numpy() for item in wide.columns[1:]}


def shares(node):
    whole = sum(WEIGHTS[node].values())
    return {item: weight / whole for item, weight in WEIGHTS[node].items()}


def above(item):
    parents = {child: node for node, family in WEIGHTS.items() for child in family}
    return [] if item == "index" else [parents[item], *above(parents[item])]


def below(node):
    return [leaf for i in WEIGHTS[node] for leaf in (below(i) if i in WEIGHTS else [i])]


ITEMS = [item for family in WEIGHTS.values() for item in family]


def near(found, wanted, tolerance=1e-9):
    """Numbers, NaN or None for missing."""
    pairs = [[np.nan if v is None else float(v) for v in side] for side in (found, wanted)]
    np.testing.assert_allclose(*pairs, rtol=tolerance, atol=tolerance)
    return True


def both(x, y):
    known = ~(np.isnan(x) | np.isnan(y))
    return x[known], y[known]


def test_shapes(result):
    for row in result.shapes.iter_rows(named=True):
        own = result.values.filter(pl.col("indicator") == row["indicator"])
        moved = own.select((pl.col("treated") != pl.col("imputed")).sum()).item()
        for column, after in (("imputed", ""), ("treated", "_after")):
            x = own[column].drop_nulls().to_numpy()
            wanted = stats.skew(x, bias=False), stats.kurtosis(x, bias=False)
            assert near((row[f"skewness{after}"], row[f"kurtosis{after}"]), wanted)
        points = result.treated.filter(pl.col("indicator") == row["indicator"])
        assert set(points["rule"]) <= {row["rule"]}
        assert (row["rule"] == "none") == (moved == 0)
        if row["rule"] == "winsorised":
            assert row["winsorised"] == moved == points.height
        assert row["passed"] == (abs(row["skewness"]) < 2 or row["kurtosis"] < 3.5) or (
            result.section.method.treat.name == "box_cox"
        )
    assert result.shapes.height == 7


def test_treated_points(result):
    joined = result.treated.join(result.values, on=["region", "indicator"], suffix="_told")
    assert (joined["raw"] == joined["imputed"]).all()
    assert (joined["treated"] == joined["treated_told"]).all()
    assert joined.height == result.treated.height


def test_screened(result):
    for row in result.screened.iter_rows(named=True):
        items = below(row["node"] or "index")
        own = result.values.filter(
            (pl.col("region") == row["region"]) & pl.col("indicator").is_in(items)
        )["value"]
        known = own.drop_nulls().to_numpy()
        assert (row["indicators"], row["missing"]) == (len(items), len(items) - len(known))
        assert row["zeros"] == (known == 0).sum()
        nonzero = (known != 0).mean() if len(known) else None
        assert near((row["available"], row["nonzero"]), (len(known) / len(items), nonzero))
        if row["node"] == "right":
            assert row["included"] == (row["available"] >= 0.6)
    kept = result.screened.filter(pl.col("node").is_null())
    ranked = result.ranks.filter(pl.col("rank").is_not_null())["region"]
    assert set(kept.filter("included")["region"]) >= set(ranked) or kept.is_empty()
    assert set(kept.filter(~pl.col("included"))["region"]).isdisjoint(ranked)


def test_coverage(result, audit, score):
    values = result.values
    regions = sorted(values["region"].unique())
    for row in audit.coverage.iter_rows(named=True):
        kind, item = row["kind"], row["item"]
        column, of = ("region", [item]) if kind == "region" else ("indicator", None)
        of = of or ([item] if kind == "indicator" else below(item))
        own = values.filter(pl.col(column).is_in(of))
        for status in ("observed", "imputed", "missing"):
            assert row[status] == (own["status"] == status).sum()
        assert row["observed"] == own["value"].count()
        assert near([row["share"]], [own["value"].count() / own.height])
        if kind == "region":
            wanted = sum(np.isnan(score[node][regions.index(item)]) for node in WEIGHTS)
        else:
            wanted = np.isnan(score[item]).sum()
        assert row["unscored"] == wanted
    assert audit.coverage.height == 7 + 40 + 3


def test_statistics(result, audit):
    for row in audit.statistics.iter_rows(named=True):
        own = result.values.filter(pl.col("indicator") == row["indicator"])["value"]
        x = own.drop_nulls().to_numpy()
        found = (row[n] for n in ("min", "max", "mean", "median", "sd", "skewness", "kurtosis"))
        moments = stats.skew(x, bias=False), stats.kurtosis(x, bias=False)
        assert near(found, (x.min(), x.max(), x.mean(), np.median(x), x.std(ddof=1), *moments))
        _, times = np.unique(x, return_counts=True)
        counts = {"n": len(x), "nonzero": (x != 0).sum(), "unique": len(times), "same": max(times)}
        for name, count in counts.items():
            assert row[name] == count
            assert near([row[f"{name}_share"]], [count / (len(own) if name == "n" else len(x))])
        assert row["n_flag"] == ("ok" if len(x) / len(own) >= 0.65 else "LOW")
        for name in ("nonzero", "unique"):
            assert row[f"{name}_flag"] == ("ok" if counts[name] / len(x) >= 0.5 else "LOW")
        assert row["shape_flag"] == ("OUT" if abs(moments[0]) > 2 and moments[1] > 3.5 else "ok")


def test_correlations_and_flags(audit, score):
    wanted = {("siblings", n, *p) for n, family in WEIGHTS.items() for p in combinations(family, 2)}
    wanted |= {
        ("ancestor" if steps else "parent", node, item, node)
        for item in ITEMS
        for steps, node in enumerate(above(item))
    }
    keys = ["relation", "node", "one", "other"]
    assert set(audit.correlations.select(keys).rows()) == wanted
    flags = set()
    for row in audit.correlations.iter_rows(named=True):
        x, y = both(score[row["one"]], score[row["other"]])
        assert row["n"] == len(x)
        for name, function in (
            ("pearson", stats.pearsonr),
            ("spearman", stats.spearmanr),
            ("kendall", stats.kendalltau),
        ):
            told = function(x, y)
            assert near((row[name], row[f"{name}_p"]), (told.statistic, told.pvalue))
        r, key = row["pearson"], tuple(row[k] for k in keys[1:])
        if row["relation"] == "siblings":
            flags |= {("repeated", *key)} if r > 0.92 else set()
            flags |= {("high", *key)} if r > 0.75 else set()
            flags |= {("low", *key)} if r < -0.4 else set()
        else:
            flags |= {("negative", *key)} if r < 0 else set()
            flags |= {("weak", *key)} if row["relation"] == "parent" and 0 <= r < 0.3 else set()
    assert set(audit.flags.drop("pearson").rows()) == flags


def test_consistency_components_and_loadings(audit, score):
    for row in audit.consistency.iter_rows(named=True):
        items = list(WEIGHTS[row["node"]])
        x = np.column_stack([score[item] for item in items])
        k, whole = len(items), x[~np.isnan(x).any(axis=1)]
        r = np.corrcoef(whole.T)
        covariance = [[np.cov(*both(a, b))[0, 1] for b in x.T] for a in x.T]
        alpha = k / (k - 1) * (1 - np.trace(covariance) / np.sum(covariance))
        roots, vectors = np.linalg.eigh(r)
        inverse = np.linalg.inv(r)
        partial = -inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
        apart = ~np.eye(k, dtype=bool)
        kmo = (r[apart] ** 2).sum() / ((r[apart] ** 2).sum() + (partial[apart] ** 2).sum())
        chi2 = -(len(whole) - 1 - (2 * k + 5) / 6) * np.log(np.linalg.det(r))
        wanted = (k, len(whole), alpha, roots[-1] / k, kmo, chi2, k * (k - 1) / 2)
        p = stats.chi2.sf(chi2, k * (k - 1) / 2)
        assert near(list(row.values())[1:], (*wanted, p))
        own = audit.components.filter(pl.col("node") == row["node"]).sort("component")
        assert near(own["eigenvalue"], roots[::-1])
        assert near(own["share"], roots[::-1] / k)
        assert near(own["cumulative"], np.cumsum(roots[::-1] / k))
        told = audit.loadings.filter(pl.col("node") == row["node"])
        for place in range(k):
            vector = vectors[:, -1 - place]
            found = dict(
                told.filter(pl.col("component") == place + 1).select("item", "loading").iter_rows()
            )
            signed = vector * np.sign(vector.sum())
            assert near([found[item] for item in items], signed, 1e-7)


def test_importance(audit, score):
    rows = {row["item"]: row for row in audit.importance.iter_rows(named=True)}
    assert set(rows) == set(ITEMS)

    def squared(item, node):
        return stats.pearsonr(*both(score[item], score[node])).statistic ** 2

    def ratio(item, node):
        x, y = both(score[item], score[node])
        fitted = np.polyval(np.polyfit(x, y, 3), x)
        return 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum()

    def weight(item):
        path = [item, *above(item)]
        return np.prod([shares(node)[i] for i, node in pairwise(path)])

    for item, row in rows.items():
        node = above(item)[0]
        squares = {i: squared(i, node) for i in WEIGHTS[node]}
        ratios = {i: ratio(i, node) for i in WEIGHTS[node]}
        # The items of one depth: all indicators, or the nodes as far below the index.
        alike = [i for i in ITEMS if i not in WEIGHTS]
        if item in WEIGHTS:
            alike = [i for i in ITEMS if i in WEIGHTS and len(above(i)) == len(above(item))]
        whole = sum(squared(i, "index") for i in alike)
        wanted = {
            "weight": shares(node)[item],
            "effective": weight(item),
            "squared": squares[item],
            "ratio": ratios[item],
            "squared_share": squares[item] / sum(squares.values()),
            "ratio_share": ratios[item] / sum(ratios.values()),
            "index_squared": squared(item, "index"),
            "index_share": squared(item, "index") / whole,
        }
        assert row["parent"] == node
        assert near([row[name] for name in wanted], wanted.values(), 1e-7)


# ---------------------------------------------------------------------------- rated once more


def mean(node, score, how, gone=frozenset()):
    """The node's score from its children's, over those that are there."""
    family = {i: w for i, w in WEIGHTS[node].items() if i not in gone}
    parts = [
        (w, mean(i, score, how, gone) if i in WEIGHTS else score[i]) for i, w in family.items()
    ]
    parts = [(w, x) for w, x in parts if x is not None]
    if not parts:
        return None
    w, x = np.array([w for w, _ in parts]), np.column_stack([x for _, x in parts])
    known = ~np.isnan(x)
    own = how[node] if isinstance(how, dict) else how
    with np.errstate(all="ignore"):
        if own == "weakest":
            return np.where(known.any(axis=1), np.min(np.where(known, x, np.inf), axis=1), np.nan)
        x = np.log(x) if own == "geometric" else x
        made = np.where(known, x, 0) @ w / (known @ w)
        return np.exp(made) if own == "geometric" else made


def ranks(column, regions, ranked):
    """Places of the ranked regions, ties at nine digits sharing the best."""
    found = {r: round(v, 9) for r, v in zip(regions, column, strict=True) if r in ranked}
    known = [v for v in found.values() if not np.isnan(v)]
    return {r: None if np.isnan(v) else 1 + sum(o > v for o in known) for r, v in found.items()}


@pytest.fixture(scope="module")
def regions(result):
    return sorted(result.values["region"].unique())


@pytest.fixture(scope="module")
def ranked(result):
    return dict(result.ranks.drop_nulls("rank").select("region", "rank").iter_rows())


def test_leave_out_and_shifts(result, audit, score, regions, ranked):
    how = result.section.method.aggregate.name
    parts = {(kind, item) for kind, item in audit.leave_out.select("kind", "left_out").iter_rows()}
    assert parts == {("node" if i in WEIGHTS else "indicator", i) for i in ITEMS}
    for kind, item in parts:
        found = ranks(mean("index", score, how, {item}), regions, ranked)
        own = audit.shifts.filter((pl.col("kind") == kind) & (pl.col("left_out") == item))
        assert dict(own.select("region", "rank").iter_rows()) == found
        shifts = {r: None if p is None else ranked[r] - p for r, p in found.items()}
        assert dict(own.select("region", "shift").iter_rows()) == shifts
        known = [abs(s) for s in shifts.values() if s is not None]
        row = audit.leave_out.filter((pl.col("kind") == kind) & (pl.col("left_out") == item)).row(
            0, named=True
        )
        assert near([row["mean_shift"], row["max_shift"]], [np.mean(known), max(known)])
        assert (row["lost"], row["refused"]) == (len(shifts) - len(known), None)


def test_compensability(audit, score, regions, ranked):
    low = np.nanmin([np.nanmin(score[item]) for item in below("index")])
    shift = 0.0 if low > 0 else 1 - low
    moved = {item: score[item] + shift for item in below("index")}
    weakest = {"index": "weakest", "left": "arithmetic", "right": "arithmetic"}
    wanted = {
        "arithmetic": ranks(mean("index", score, "arithmetic"), regions, ranked),
        "geometric": ranks(mean("index", moved, "geometric"), regions, ranked),
        "weakest": ranks(mean("index", score, weakest), regions, ranked),
    }
    assert dict(audit.compensability.select("region", "rank").iter_rows()) == ranked
    for row in audit.compensability.iter_rows(named=True):
        for name, places in wanted.items():
            assert row[name] == places[row["region"]]
        assert row["gain"] == row["geometric"] - row["arithmetic"]
        assert near([row["shift"]], [shift])


def test_added_value(audit, score, regions, ranked):
    inside = np.isin(regions, list(ranked))
    for row in audit.added_value.iter_rows(named=True):
        pillar = row["pillar"]
        places = ranks(score[pillar], regions, ranked)
        there = [r for r, place in places.items() if place is not None]
        apart = sum(abs(places[r] - ranked[r]) >= 10 for r in there)
        x, y = both(score[pillar][inside], score["index"][inside])
        assert (row["regions"], row["apart"]) == (len(there), apart)
        told = apart / len(there), stats.spearmanr(x, y).statistic
        assert near((row["share"], row["spearman"]), told)
    assert audit.added_value["pillar"].to_list() == list(WEIGHTS["index"])


def test_strengths(result, audit, regions, ranked):
    directions = {item.id: item.direction for item in result.indicators}
    order = [item.id for item in result.indicators]
    value = {
        item: dict(own.select("region", "value").drop_nulls().iter_rows())
        for (item,), own in result.values.group_by("indicator")
    }
    for region in regions:
        rows = []
        for item in order:
            sign = -1 if directions[item] == "lower" else 1
            told = [sign * v for r, v in value[item].items() if r in ranked]
            if region in value[item]:
                own = sign * value[item][region]
                place, last = 1 + sum(v > own for v in told), 1 + sum(v > min(told) for v in told)
                rows.append((item, place, len(told), value[item][region], place >= last))
        rows.sort(key=lambda row: row[1])
        kept = [row for row in rows if not row[4]]
        strong = kept[: min(5, (len(kept) + 1) // 2)]
        weak = kept[::-1][: min(5, len(kept) // 2)]
        wanted = {"strength": strong, "weakness": weak, "last": [row for row in rows if row[4]]}
        for kind, listed in wanted.items():
            own = audit.strengths.filter(
                (pl.col("region") == region) & (pl.col("kind") == kind)
            ).sort("place")
            found = own.select("indicator", "rank", "of", "value").rows()
            assert found == [row[:4] for row in listed]
            assert own["place"].to_list() == list(range(1, len(listed) + 1))
            assert own["pillar"].to_list() == [[*above(row[0])[::-1], row[0]][1] for row in listed]
