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
# # 3. From registers to a location quotient
#
# A location quotient says how much more of an industry a region has than the country: its share
# of the region's jobs over its share of all jobs. This notebook goes the whole way: a file as the
# tax service publishes it, a table, an indicator with a numerator and a denominator, a rating,
# and the way back from a number to the firms behind it. All firms are invented.

# %%
import tempfile
from pathlib import Path

import polars as pl
from IPython.display import HTML

import rating
from rating import resources
from rating.publish.charts import Scale, dot, strip
from rating.text import number

# %% [markdown]
# ## The file
#
# The register of small and medium enterprises is XML. Five firms are enough to see what happens;
# one of them has a code of the old classifier. The file lives in a temporary folder.

# %%
FIRM = (
    '<Документ ДатаСост="10.09.2026" ДатаВклМСП="01.08.2016" ВидСубМСП="1" КатСубМСП="2" '
    'ССЧР="{staff}"><ОргВклМСП ИННЮЛ="{inn}"/><СведМН КодРегион="{region}"/>'
    '<СвОКВЭД><СвОКВЭДОсн КодОКВЭД="{code}" ВерсОКВЭД="{classifier}"/></СвОКВЭД></Документ>'
)
ROWS = [
    (7000000001, 70, "21.20", 30, 2014),
    (7000000002, 70, "62.01", 70, 2014),
    (4200000001, 42, "21.20", 10, 2014),
    (4200000002, 42, "24.10", 190, 2014),
    (4200000003, 42, "73.10", 5, 2001),
]
xml = "".join(
    FIRM.format(inn=inn, region=region, code=code, staff=staff, classifier=classifier)
    for inn, region, code, staff, classifier in ROWS
)
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "register.xml"
    file.write_text(f'<Файл ВерсФорм="4.06" ТипИнф="РЕЕСТРМСП">{xml}</Файл>', "utf8")
    register = rating.read_rmsp(file)
register.table.select("region", "year", "firm_id", "okved2", "employees")

# %% [markdown]
# Four rows are read, region codes of the tax service have become ISO codes, and no name was ever
# looked at. The fifth row is refused with its reason. What to do about it is the analyst's
# decision, never the reader's.

# %%
register.refused.select("row", "column", "rule", "value")

# %% [markdown]
# ## The indicator
#
# `total(m)` is the sum of a measure over all regions, so the quotient is one line. By hand: Tomsk
# has 30 of 100 jobs in code 21, Kemerovo 10 of 200; together 40 of 300. The quotients are 0.3 /
# (40/300) = 2.25 and 0.05 / (40/300) = 0.375.

# %%
quotient = rating.Indicator(
    id="pharma_quotient",
    parent="index",
    name="Location quotient of pharmaceuticals",
    unit="times the national share",
    input={
        "firms": {
            "okved2": {"type": "text", "classifier": "okved2"},
            "employees": {"type": "number", "min": 0},
        }
    },
    version=[
        {
            "since": "2000-01-01",
            "measures": {
                "firms": {
                    "pharma": "sum(employees) FILTER (WHERE okved2 LIKE '21%')",
                    "jobs": "sum(employees)",
                }
            },
            "value": "(pharma / nullif(jobs, 0)) / (total(pharma) / nullif(total(jobs), 0))",
        }
    ],
    law={"bounds": [0, float("inf")]},
    example=[
        {
            "why": "30 of 100 and 10 of 200 jobs, where the two together have 40 of 300",
            "firms": [
                {"region": "RU-TOM", "okved2": "21.20", "employees": 30},
                {"region": "RU-TOM", "okved2": "62.01", "employees": 70},
                {"region": "RU-KEM", "okved2": "21.20", "employees": 10},
                {"region": "RU-KEM", "okved2": "24.10", "employees": 190},
            ],
            "expect": {"RU-TOM": 2.25, "RU-KEM": 0.375},
        }
    ],
)
rating.check(quotient)

# %% [markdown]
# ## From the register
#
# The table of the reader goes into `read` as it is; columns that the section does not declare are
# left aside.

# %%
section = rating.Section(
    id="pharma", name="Pharmaceuticals", regions="ru", node=[{"id": "index"}], indicator=[quotient]
)
small = rating.read({"firms": register.table}, section)
result = rating.rate(section, small, edition=2026)
result.values.select("region", "value", "score")

# %% [markdown]
# ## The same on a whole country
#
# The library ships invented registers of 85 regions, so that the full section can be tried out.
# One table of it is enough here: over 3,000 firms a year.

# %%
firms = pl.read_parquet(resources.folder("data") / "demo" / "firms.parquet")
country = rating.rate(section, rating.read({"firms": firms}, section), edition=2026)
top = country.values.sort("value", descending=True, nulls_last=True).head(8)
found = country.values["value"].drop_nulls()
strip(
    found.to_list(),
    Scale(0, found.max(), 640),
    marked=top["value"].to_list(),
    median=found.median(),
).described("the quotients of all regions; diamonds are the eight greatest")

# %%
measures = country.measures.pivot("measure", index="region", values="value")
table = top.join(measures, on="region")
middle = (found.quantile(0.25), found.median(), found.quantile(0.75))
HTML(
    "<table><tr><th>region</th><th>pharma jobs</th><th>all jobs</th><th>quotient</th>"
    "<th>against the median</th></tr>"
    + "".join(
        f"<tr><td>{country.name(row['region'])}</td><td>{number(row['pharma'], 'en', 0)}</td>"
        f"<td>{number(row['jobs'], 'en', 0)}</td><td>{number(row['value'], 'en', 2)}</td>"
        f"<td>{dot(row['value'], middle, Scale(0, found.max(), 300))}</td></tr>"
        for row in table.iter_rows(named=True)
    )
    + "</table>"
)

# %% [markdown]
# ## Back to the firms
#
# A quotient of a small region may be one factory. The way back is a filter over the table that
# was read.

# %%
first = top["region"][0]
country.data.tables["firms"].filter(
    (pl.col("region") == first) & (pl.col("year") == 2026) & pl.col("okved2").str.starts_with("21")
)

# %% [markdown]
# This is why the shipped indicator draws the quotient of a region with few plants towards 1, and
# asks for three plants in the region and thirty in the country before it says anything: see
# `indicators/hitech/business_concentration` and [concentration](../docs/method/concentration.md).
