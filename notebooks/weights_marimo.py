"""An example for marimo: move the weights of the pillars and see the ranking follow.

Run `marimo edit notebooks/weights_marimo.py`, or `marimo run` to show it to others. marimo is in
the extra `notebook`. Cells run again when what they read changes: the sliders need no code.
"""

import marimo

app = marimo.App(width="medium", app_title="Weights of the pillars")


@app.cell
def _():
    import marimo as mo
    import polars as pl

    import rating
    from rating import resources
    from rating.publish.charts import slope

    section = rating.load("hitech_open")
    data = rating.read(resources.folder("data") / "open", section)
    published = rating.rate(section, data, edition=2019)
    pillars = section.children(section.root.id)
    return data, mo, pillars, pl, published, rating, section, slope


@app.cell
def _(mo, pillars):
    weights = mo.ui.dictionary(
        {
            pillar.id: mo.ui.slider(0, 3, step=0.25, value=1, label=pillar.name.en)
            for pillar in pillars
        }
    )
    mo.vstack([mo.md("# Weights of the pillars"), weights])
    return (weights,)


@app.cell
def _(data, published, rating, section, weights):
    def weighed(node):
        return node.model_copy(update={"weight": float(weights.value.get(node.id, node.weight))})

    # With every weight at 0 there is no index: the published weights stand.
    nodes = tuple(weighed(node) for node in section.node) if any(weights.value.values()) else None
    yours = rating.rate(section.replace(node=nodes), data, edition=2019)
    moves = (
        published.ranks.select("region", published="rank")
        .join(yours.ranks.select("region", "score", yours="rank"), on="region")
        .drop_nulls()
        .sort("yours")
    )
    return moves, yours


@app.cell
def _(mo, moves, pl, slope, yours):
    same = moves.filter(pl.col("published") == pl.col("yours")).height
    mo.vstack(
        [
            mo.md(f"**{same} of {moves.height} regions keep their place.** Left published."),
            mo.Html(str(slope(moves.select("published", "yours").rows(), moves.height))),
            mo.ui.table(
                moves.with_columns(
                    name=pl.col("region").map_elements(yours.name, return_dtype=pl.String)
                )
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
