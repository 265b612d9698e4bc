# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6. Coming from COINr
#
# COINr is the R package in which many composite indicators are built. Its two frames, `iData`
# (figures) and `iMeta` (the tree), become a section and its data in one call. This notebook
# builds a small index from such frames (the figures are invented), shows what each step of COINr
# is called here, and what is done otherwise on purpose.

# %%
import polars as pl
from IPython.display import HTML

import rating
from rating.publish.charts import Scale, heat, position

# %% [markdown]
# ## The frames

# %%
idata = pl.DataFrame(
    {
        "uCode": ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"],
        "uName": ["Alda", "Brio", "Corva", "Dane", "Erda", "Fell", "Gorm", "Holt"],
        "GDP": [390.0, 468.0, 660.0, 120.0, 80.0, 240.0, 310.0, 55.0],
        "Goods": [278.0, 598.0, None, 61.0, 30.0, 200.0, 150.0, 44.0],
        "Flights": [29.0, 32.0, 40.0, 6.0, 2.0, 15.0, 18.0, 3.0],
        "CO2": [6.9, 8.3, 4.3, 5.2, 2.1, 7.7, 9.9, 3.0],
        "Schooling": [11.2, 11.9, 13.1, 9.0, 7.5, 10.1, 10.8, 8.2],
    }
)
imeta = pl.DataFrame(
    {
        "iCode": ["Goods", "Flights", "CO2", "Schooling", "Conn", "Sust", "Index", "GDP"],
        "iName": [
            "Trade in goods", "Passengers", "Emissions", "Schooling",
            "Connectivity", "Sustainability", "Index", "GDP",
        ],
        "Type": [*["Indicator"] * 4, *["Aggregate"] * 3, "Denominator"],
        "Level": [1, 1, 1, 1, 2, 2, 3, None],
        "Parent": ["Conn", "Conn", "Sust", "Sust", "Index", "Index", None, None],
        "Direction": [1, 1, -1, 1, 1, 1, 1, None],
        "Weight": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, None],
        "Denominator": ["GDP", None, None, None, None, None, None, None],
    }
)  # fmt: skip
section, data = rating.from_coinr(idata, imeta, edition=2018)
section.indicator[0].version[0].value

# %% [markdown]
# `Denominate` has become part of the formula, codes have become ids (lower case), `Direction =
# -1` has become `direction = "lower"`. In COINr one goes on with `Treat`, `Normalise`,
# `Aggregate`; here they are one method of the section, and one call.

# %%
method = section.method.replace(
    treat={"name": "winsorise", "max_points": 1},
    normalise={"name": "minmax", "range": [0, 100]},
    aggregate={"name": "arithmetic", "min_coverage": 0.5},
)
result = rating.rate(section, data, edition=2018, method=method)
result

# %%
HTML(
    "<table><tr><th>unit</th><th>1 to 8</th>"
    "<th>scores of Goods, Flights, CO2, Schooling: darker is better</th></tr>"
    + "".join(
        f"<tr><td>{result.name(row['region'])}</td>"
        f"<td>{position(row['rank'], 8, [(8, '#c3cdb9')], Scale(0.5, 8.5, 200))}</td><td>"
        + heat(
            [
                None if score is None else score / 100
                for score in result.values.filter(pl.col("region") == row["region"])["score"]
            ],
            side=40,
            height=16,
        )
        + "</td></tr>"
        for row in result.ranks.iter_rows(named=True)
    )
    + "</table>"
)

# %% [markdown]
# Corva lacks a figure and still has a score: the mean of its other child, because half of the
# children is enough by `min_coverage`, COINr's `dat_thresh`. A cross marks the gap.
#
# ## The functions you know
#
# | COINr | here |
# |---|---|
# | `get_results(coin, "Aggs")` | `result.scores`, one row a unit and node |
# | `get_stats`, `get_corr`, `get_cronbach` | `result.audit()` |
# | `get_sensitivity` | `result.uncertainty()`, `result.sensitivity()` |
# | `change_ind`, `Regen` | `section.replace(...)`, and rate again |
# | a purse | `rating.panel` |

# %%
audit = result.audit()
audit.statistics.select("indicator", "min", "max", "mean", "skewness", "shape_flag")

# %% [markdown]
# ## Regenerate with other weights
#
# A section is a value. Sustainability counts twice; everything downstream follows, and the first
# result is still there.

# %%
heavier = section.replace(
    node=tuple(
        node.model_copy(update={"weight": 2.0}) if node.id == "sust" else node
        for node in section.node
    )
)
other = rating.rate(heavier, data, edition=2018, method=method)
result.ranks.select("region", "rank").join(
    other.ranks.select("region", other="rank"), on="region"
).with_columns(moved=pl.col("rank") - pl.col("other"))

# %% [markdown]
# ## Done otherwise on purpose
#
# - **Missing is never zero, and x / 0 is missing**, not infinite.
# - **A constant indicator is an error** with its remedy, not a column of NaN.
# - **All problems of both frames are told at once**, each with its row and column:

# %%
try:
    rating.from_coinr(
        idata.with_columns(Flights=pl.lit("12,5")),
        imeta.with_columns(Parent=pl.col("Parent").str.replace("Sust", "Sus")),
        edition=2018,
    )
except (rating.DataError, rating.DefinitionError) as error:
    print("\n".join(str(error).splitlines()[:12]))

# %% [markdown]
# The whole list, with the test of every difference and the files of COINr that are compared at
# 1e-12, is in [coming from COINr](../docs/method/coming_from_coinr.md).
