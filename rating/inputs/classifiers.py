"""Code lists that cells must be in: the classifier of economic activities OKVED2."""

from __future__ import annotations

from functools import cache

import polars as pl

from rating import resources

NOT_OKVED2 = "not a code of OKVED2; write it with its dots, as 21.20.1"


@cache
def table(name: str) -> pl.DataFrame:
    """A code list shipped with the library, every column as text.

    Example:
        >>> table("okved2").filter(pl.col("code") == "72.11")["name_ru"].to_list()
        ['Научные исследования и разработки в области биотехнологии']
    """
    path = resources.folder("data") / "classifiers" / f"{name}.csv"
    return pl.read_csv(path, infer_schema=False)


def faults(name: str, code: pl.Expr) -> list[tuple[pl.Expr, str]]:
    """What may be wrong with a code of a classifier: conditions, the first that holds tells.

    Args:
        name: ``okved2``.
        code: the codes as text; a missing one is not wrong.
    """
    unknown = ~code.is_in(table(name)["code"].to_list())
    older = []
    for old, new in table("okved1").iter_rows():
        same = (code == old) | code.str.starts_with(f"{old}.")
        rule = f"not a code of OKVED2 but of OKVED1, which ended in 2016; {new} is the nearest"
        older.append((unknown & same, rule))
    return [*older, (unknown, NOT_OKVED2)]
