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
# # 1. A first rating
#
# A rating is three things: definitions (what is measured and how it is combined), data (the
# figures) and an edition (the year). This notebook rates the regions of Russia by their climate
# for hi-tech investment, from published figures that ship with the library, and asks one region
# why it stands where it stands. It takes ten minutes; nothing is written to disk.

# %%
import polars as pl
from IPython.display import HTML

import rating
from rating import resources
from rating.publish.charts import Scale, position, strip
from rating.text import number

section = rating.load("hitech_open")
print(section.name.en)
print(section.description.en)

# %% [markdown]
# ## The definitions
#
# A section is a tree. Its leaves are indicators, each with a formula, a unit and worked examples;
# its nodes are means of what is below them. All of it is text in TOML files, and an object here.

# %%
pl.DataFrame(
    {
        "pillar": [section.item(item.parent).name.en for item in section.indicator],
        "indicator": [item.name.en for item in section.indicator],
        "unit": [item.unit.en for item in section.indicator],
        "formula": [item.version[-1].value for item in section.indicator],
    }
)

# %% [markdown]
# ## The data
#
# `read` takes a folder, files, or polars frames by the name of their table. A row that breaks a
# rule of its table is not mended and not dropped in silence: it stands in `data.refused` with the
# rule. Here there is none.

# %%
data = rating.read(resources.folder("data") / "open", section)
print("refused rows:", data.refused.height)
data.provenance.select("table", "file", "rows")

# %% [markdown]
# ## The rating
#
# One call: values, treatment of extreme values, scores from 1 to 100, means up the tree, ranks,
# groups.

# %%
result = rating.rate(section, data, edition=2019)
result

# %% [markdown]
# The same as a frame. `coverage` is the share of indicators with a value, and `status` says why a
# region has no rank: `thin` is too few figures, `outside` a decision of the edition.

# %%
result.ranks.filter(pl.col("status") != "ranked")

# %% [markdown]
# How far apart are the regions? One tick is one region; the diamond is Tomsk Oblast, the upright
# line the median. Most regions stand close together, so most ranks in the middle hang on little:
# notebook 4 measures how little.

# %%
scores = result.ranks.drop_nulls("rank")["score"]
tomsk = result.ranks.filter(pl.col("region") == "RU-TOM").row(0, named=True)
strip(
    scores.to_list(), Scale(0, 80, 640), marked=[tomsk["score"]], median=scores.median()
).described("the scores of all ranked regions, from 0 to 80")

# %%
bands = [
    (count, colour)
    for count, colour in zip(
        result.ranks.drop_nulls("rank").group_by("group", maintain_order=True).len()["len"],
        ("#0b5c63", "#3d8c89", "#86b5ab", "#c3cdb9", "#e6d5b2"),
        strict=False,
    )
]
position(tomsk["rank"], scores.len(), bands, Scale(0.5, scores.len() + 0.5, 640)).described(
    f"Tomsk Oblast is number {tomsk['rank']} of {scores.len()}; the colours are the groups I to V"
)

# %% [markdown]
# ## Why
#
# An explanation adds up exactly: the contributions of the pillars make the index, those of the
# indicators make the pillar, and every value is shown with what it was computed from and who
# published it.

# %%
why = result.explain("RU-TOM")
pillars = why.rows.filter(pl.col("depth") == 1)
print(pillars["contribution"].sum() - why.rows["score"][0])  # 0, to the last digits of a float
pillars.select("item", pl.col("score", "contribution").round(2), share=pl.col("weight").round(2))

# %%
rows = "".join(
    f"<tr><td>{section.item(row['item']).name.en}</td><td>{number(row['score'], 'en')}</td><td>"
    + strip(
        result.scores.filter(pl.col("node") == row["item"])["score"].drop_nulls().to_list(),
        Scale(0, 100, 360),
        marked=[row["score"]],
    )
    + "</td></tr>"
    for row in pillars.iter_rows(named=True)
)
HTML(f"<table><tr><th>pillar</th><th>Tomsk</th><th>all regions, 0 to 100</th></tr>{rows}</table>")

# %% [markdown]
# And the whole of it, down to the numerators. Each line is an indicator's score, its weight among
# the siblings that are present, what it adds, and its figures.

# %%
print("\n".join(why.to_text().splitlines()[:18]))

# %% [markdown]
# ## What if
#
# Settings are values: change one, rate again, compare. Here the four pillars are combined by a
# geometric mean, which lets a strong pillar make good less of a weak one.

# %%
strict = section.method.replace(aggregate={"name": "geometric"})
other = rating.rate(section, data, edition=2019, method=strict)
both = result.ranks.join(other.ranks, on="region", suffix="_geometric").select(
    "region", "rank", "rank_geometric", moved=pl.col("rank") - pl.col("rank_geometric")
)
both.sort(pl.col("moved").abs(), "region", descending=[True, False], nulls_last=True).head(8)

# %% [markdown]
# ## Next
#
# `result.save("out")`, `result.to_pdf("ranking.pdf")`, `result.to_xlsx("ranking.xlsx")` and
# `result.to_html("ranking.html")` publish it. Notebook 2 writes an indicator of your own and
# proves it.
