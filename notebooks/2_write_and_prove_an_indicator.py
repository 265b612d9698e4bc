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
# # 2. Write an indicator and prove it
#
# We want the share of people in a region who work in pharmaceutical firms. The indicator is
# written in a cell, checked, found wrong twice, and mended. `rating.check` holds it against what
# its author declares: examples worked out by hand, and laws. What does not hold is shown as a
# table; nothing is raised.

# %%
import polars as pl

import rating

firms = {
    "okved": {"type": "text"},  # codes are text: "06" is not 6
    "employees": {"type": "integer", "min": 0},
}
people = {"grain": "region", "population": {"type": "integer", "min": 1}}

# %% [markdown]
# ## A first try
#
# Firms are many rows a region, so the indicator has two layers: *measures* add up the rows of a
# region, and *value* is arithmetic over measures and columns. Before the formula, an example that
# is small enough for a pencil: two firms of pharmaceuticals with 10 and 30 people, one of
# software, and 1,000 inhabitants. 40 of 1,000 are 0.04.

# %%
example = {
    "why": "40 of 1,000 people work in the two firms of code 21",
    "firms": [
        {"region": "A", "okved": "21.10", "employees": 10},
        {"region": "A", "okved": "21.20", "employees": 30},
        {"region": "A", "okved": "62.01", "employees": 500},
    ],
    "regional": [{"region": "A", "population": 1000}],
    "expect": {"A": 0.04},
}


def pharma(measure, *, law=None, unit="share of inhabitants"):
    return rating.Indicator(
        id="pharma_jobs",
        parent="index",
        name="People in pharmaceutical firms",
        unit=unit,
        input={"firms": firms, "regional": people},
        version=[
            {
                "since": "2000-01-01",
                "measures": {"firms": {"jobs": measure}},
                "value": "jobs / nullif(population, 0)",
            }
        ],
        law=law or {},
        example=[example],
    )


first = pharma("count(*) FILTER (WHERE okved LIKE '21%')")
report = rating.check(first)
report

# %% [markdown]
# The formula counts *firms* where people are meant. No general law can see that: a share of firms
# is as well-behaved as a share of people. The example sees it, with the number that came out. An
# indicator without an example is therefore a finding of its own.

# %%
print("ok:", report.ok)
report.findings

# %% [markdown]
# ## Mended, and declared
#
# The sum of employees, and what must be true whatever the data: a share lies between 0 and 1 and
# never falls when a firm hires. From the declaration of the tables `check` makes a hundred small
# worlds (ties, gaps, one region, extremes; the same ones on every run) and holds the laws against
# each.

# %%
law = {"bounds": [0, 1], "rises_with": ["firms.employees"]}
second = pharma("sum(employees) FILTER (WHERE okved LIKE '21%')", law=law)
report = rating.check(second)
report

# %% [markdown]
# One law does not hold, and under the table stands the smallest input that breaks it: nothing
# keeps the staff of a region's firms below its population. Would real figures do that? A head
# office counts people who live elsewhere. Given figures, `check` holds their values against the
# bounds as well.

# %%
section = rating.Section(
    id="pharma", name="Pharmaceuticals", node=[{"id": "index"}], indicator=[second]
)
data = rating.read(
    {
        "firms": pl.DataFrame(
            {
                "region": ["A", "A", "B", "C", "D", "E"],
                "year": [2024] * 6,
                "okved": ["21.10", "62.01", "21.20", "21.20", "21.10", "21.20"],
                "employees": [10, 500, 1500, 3, 8, 40],
            }
        ),
        "regional": pl.DataFrame(
            {
                "region": ["A", "B", "C", "D", "E"],
                "year": [2024] * 5,
                "population": [1000, 1200, 900, 1100, 700],
            }
        ),
    },
    section,
)
rating.check(section, data)

# %% [markdown]
# Region B has 1,500 people in its firms and 1,200 inhabitants, and the laws have said so before
# any figure was read. Either the figures are wrong, or the claim is: what is measured is not a
# share of inhabitants but jobs per inhabitant, which may pass 1. We decide for the second, in the
# law and in the unit.

# %%
third = pharma(
    "sum(employees) FILTER (WHERE okved LIKE '21%')",
    law={"bounds": [0, float("inf")], "rises_with": ["firms.employees"]},
    unit="jobs per inhabitant",
)
mended = section.replace(indicator=(third,))
rating.check(mended, data)

# %% [markdown]
# ## A formula that is not one
#
# Formulas are checked when the indicator is made: names, types, functions. The message has the
# place, a caret and the nearest right name. Here it is caught and printed; uncaught, it ends the
# cell.

# %%
try:
    pharma("sum(employes) FILTER (WHERE okved LIKE '21%')")
except rating.DefinitionError as error:
    print(error)

# %% [markdown]
# ## And now
#
# - In a file, the same indicator is TOML with the same keys; `rating check FILE` gives the same
#   table, and exit code 1 for a finding.
# - In pytest, `rating.check(indicator).raise_if_failed()` fails with the table as its message.
# - [The laws](../docs/laws.md) says what each of them holds. Notebook 3 builds an indicator from
#   a register.
