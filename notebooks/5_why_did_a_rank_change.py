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
# # 5. Why did a rank change
#
# A region lost 48 places in a year. Did it do worse, or did others do better? This notebook puts
# two editions side by side by what `explain` gives: contributions, which add up to the score.
# **It shows what changed in the score, part by part. It does not say how many places each part
# cost**, because a rank also depends on where all other regions went.

# %%
import polars as pl
from IPython.display import HTML

import rating
from rating import resources
from rating.publish.charts import Scale, course, dumbbell, slope
from rating.text import number

section = rating.load("hitech_open")
data = rating.read(resources.folder("data") / "open", section)
panel = rating.panel(section, data, editions=range(2014, 2020))
before, after = panel[2018], panel[2019]

# %% [markdown]
# ## Who moved
#
# Left 2018, right 2019, the first place at the top; risers in teal, fallers dashed in orange.
# Those that moved five places or more are drawn.

# %%
moves = (
    before.ranks.select("region", was="rank")
    .join(after.ranks.select("region", now="rank"), on="region")
    .drop_nulls()
    .with_columns(moved=pl.col("was") - pl.col("now"))
    .sort(pl.col("moved").abs(), "now", descending=[True, False])
)
far = moves.filter(pl.col("moved").abs() >= 5)
print(
    far.height,
    "of",
    moves.height,
    "moved five places or more; median",
    moves["moved"].abs().median(),
)
slope(far.select("was", "now").rows(), moves["now"].max(), width=320, height=420).described(
    "places in 2018 and 2019 of the regions that moved five or more"
)

# %%
region = far.filter(pl.col("moved") < 0)["region"][0]
places = panel.ranks.filter(pl.col("region") == region).sort("edition")["rank"].to_list()
print(after.name(region), dict(zip(panel.editions, places, strict=True)))
course(places, moves["now"].max()).described(f"the places of {after.name(region)}, 2014 to 2019")

# %% [markdown]
# ## What changed in its score
#
# The two explanations, joined. `change` of the pillars sums to the change of the index; that of
# the indicators of a pillar to the change of the pillar.

# %%
keys = ["depth", "parent", "item", "kind"]
parts = (
    before.explain(region)
    .rows.select(*keys, "score", "contribution")
    .join(
        after.explain(region).rows.select(*keys, "score", "contribution"),
        on=keys,
        suffix="_now",
        nulls_equal=True,
        maintain_order="left",
    )
    .with_columns(change=pl.col("contribution_now") - pl.col("contribution"))
)
index = parts.filter(pl.col("depth") == 0)
pillars = parts.filter(pl.col("depth") == 1)
change = index["score_now"][0] - index["score"][0]
print("index:", round(change, 2), "; sum over pillars:", round(pillars["change"].sum(), 2))
pillars.select("item", pl.col("score", "score_now", "change").round(2)).sort("change")

# %% [markdown]
# Now the indicators, those with the greatest change first: the ring is 2018, the mark is 2019, on
# the scale of scores. The change is in points of the pillar.

# %%
leaves = parts.filter(pl.col("kind") == "indicator").drop_nulls("change")
leaves = leaves.sort(pl.col("change").abs(), "item", descending=[True, False])
scale = Scale(0, 100, 260)
HTML(
    "<table><tr><th>indicator</th><th>2018</th><th>2019</th>"
    "<th>scores, 0 to 100</th><th>change</th></tr>"
    + "".join(
        f"<tr><td>{section.item(row['item']).name.en}</td><td>{number(row['score'], 'en')}</td>"
        f"<td>{number(row['score_now'], 'en')}</td>"
        f"<td>{dumbbell(row['score_now'], row['score'], scale)}</td>"
        f"<td>{number(row['change'], 'en', 2)}</td></tr>"
        for row in leaves.head(8).iter_rows(named=True)
    )
    + "</table>"
)

# %% [markdown]
# ## Its own doing, or the scale's?
#
# A score is a place between the worst and the best region of the edition, so it changes when
# *they* do. The same panel with one scale for all six editions (`over = "panel"`) takes that
# away: a score then changes only with the region's own value (and with what is treated as
# extreme).

# %%
fixed = rating.panel(
    section,
    data,
    editions=range(2014, 2020),
    method=section.method.replace(normalise={"over": "panel"}),
)


def score(rated, node):
    chosen = (pl.col("region") == region) & (pl.col("node") == node)
    return rated.scores.filter(chosen)["score"][0]


pl.DataFrame(
    [
        {
            "node": node,
            "change, scale of each year": score(after, node) - score(before, node),
            "change, one scale": score(fixed[2019], node) - score(fixed[2018], node),
        }
        for node in ("index", *pillars["item"])
    ]
).with_columns(pl.selectors.numeric().round(2))

# %%
pl.DataFrame(
    {
        "edition": panel.editions,
        "rank, scale of each year": places,
        "rank, one scale": fixed.ranks.filter(pl.col("region") == region).sort("edition")["rank"],
    }
)

# %% [markdown]
# ## And the values behind
#
# In their own units: the end of every dispute.

# %%
values = panel.values.filter(
    (pl.col("region") == region) & pl.col("indicator").is_in(leaves["item"].head(4).to_list())
)
values.pivot("edition", index="indicator", values="value").with_columns(
    pl.selectors.numeric().round(3)
)

# %% [markdown]
# ## What this cannot say
#
# - How much of the *rank* each cause moved. Others moved too, and near the middle half a point is
#   several places.
# - Whether the move is more than chance: notebook 4 gives the interval of a place. A move within
#   it is not news.
# - What a revision of the figures did: the two editions are computed from the tables as they
#   stand today.
