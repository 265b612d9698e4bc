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
# # 4. How sure is a rank
#
# A rank is one answer. Other defensible decisions (how extreme values are treated, what weighs
# how much) and other chances of measurement would have given others. The section declares them;
# we draw them a thousand times and count.

# %%
import polars as pl
from IPython.display import HTML

import rating
from rating import resources
from rating.publish.charts import Scale, interval, strip

section = rating.load("hitech_open")
data = rating.read(resources.folder("data") / "open", section)
result = rating.rate(section, data, edition=2019)

# %% [markdown]
# ## What is declared
#
# Each assumption has alternatives; a draw takes one of each. `sampling` is chance in what was
# measured, `modelling` is what was decided. What is not declared is not in the intervals: they
# are as honest as this list is complete.

# %%
sure = result.uncertainty(draws=1000, seed=1)
sure.assumptions.select("assumption", "name", "realm", "kind")

# %% [markdown]
# ## The intervals
#
# `low` and `high` hold nine draws of ten. The diamond is the published place, the bar the
# interval.

# %%
last = result.ranks["rank"].max()
scale = Scale(1, last, 360)


def intervals(frame):
    rows = "".join(
        f"<tr><td>{row['rank']}</td><td>{result.name(row['region'])}</td>"
        f"<td>{row['low']} to {row['high']}</td>"
        f"<td>{interval((row['low'], row['high']), row['rank'], scale)}</td></tr>"
        for row in frame.iter_rows(named=True)
    )
    head = f"<th>place</th><th>region</th><th>9 of 10 draws</th><th>places 1 to {last}</th>"
    return HTML(f"<table><tr>{head}</tr>{rows}</table>")


intervals(sure.ranks.head(12))

# %% [markdown]
# The first places are narrow, the middle is wide. The ten widest:

# %%
ranked = sure.ranks.drop_nulls("rank")
intervals(ranked.sort(pl.col("high") - pl.col("low"), "rank", descending=[True, False]).head(10))

# %%
widths = (ranked["high"] - ranked["low"]).to_list()
print("places between low and high: median", sorted(widths)[len(widths) // 2], "most", max(widths))
strip(widths, Scale(0, max(widths), 640)).described("the width of every interval, in places")

# %% [markdown]
# ## In the first ten?
#
# A place as such says little near a line. The share of draws says how sure it is that a region
# belongs above it.

# %%
near = ranked.filter(pl.col("p_top10").is_between(0.02, 0.98))
near.select("region", "rank", "p_top10").sort("rank")

# %% [markdown]
# ## Which places can be told apart
#
# Regions that share a place group are not told apart by these draws: to publish them as 9th and
# 14th says more than is known.

# %%
groups = sure.place_groups()
groups.group_by("group", maintain_order=True).agg(
    first=pl.col("rank").min(), last=pl.col("rank").max(), regions=pl.len()
).head(8)

# %% [markdown]
# ## Which decision matters
#
# The shift is by how many places regions moved on average in the draws that took an alternative.
# One row is one alternative.

# %%
sure.options.sort("shift", "assumption", "option", descending=[True, False, False]).head(8)

# %% [markdown]
# Shares of the variance, with interactions, are Sobol indices: `result.sensitivity()` takes
# longer and has its own intervals; [uncertainty](../docs/method/uncertainty.md) explains both and
# shows where they agree with other packages.
