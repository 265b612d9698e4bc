"""The audit as HTML: plain tables that a notebook, a page or a mail can hold."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rating import text
from rating.text import Lang, Text

if TYPE_CHECKING:
    from rating.analysis.audit import Audit

# What a long frame shows at most: the rest is in the frame.
MOST_ROWS = 60
# A smaller p-value is not told to more digits.
LEAST_P = 0.001

TITLE = Text(en="Statistical audit", ru="Статистический аудит")
REST = Text(en="and {} more in the frame", ru="и ещё {} в таблице данных")
NONE = Text(en="none", ru="нет")

# The words of the cells that are words.
WORDS = {
    "ok": Text(en="ok", ru="норма"),
    "LOW": Text(en="low", ru="мало"),
    "OUT": Text(en="skewed", ru="перекос"),
    "negative": Text(en="negative", ru="отрицательная"),
    "weak": Text(en="weak", ru="слабая"),
    "repeated": Text(en="repeated", ru="повтор"),
    "high": Text(en="high", ru="высокая"),
    "low": Text(en="low", ru="низкая"),
    "node": Text(en="node", ru="узел"),
    "indicator": Text(en="indicator", ru="показатель"),
    "source": Text(en="source", ru="источник"),
}

COLUMNS = {
    "item": Text(en="item", ru="элемент"),
    "indicator": Text(en="indicator", ru="показатель"),
    "node": Text(en="node", ru="узел"),
    "parent": Text(en="parent", ru="выше"),
    "pillar": Text(en="pillar", ru="направление"),
    "region": Text(en="region", ru="регион"),
    "observed": Text(en="observed", ru="наблюдений"),
    "imputed": Text(en="imputed", ru="восполнено"),
    "missing": Text(en="missing", ru="пропусков"),
    "share": Text(en="share", ru="доля"),
    "unscored": Text(en="without a score", ru="без балла"),
    "min": Text(en="min", ru="мин."),
    "median": Text(en="median", ru="медиана"),
    "mean": Text(en="mean", ru="среднее"),
    "max": Text(en="max", ru="макс."),
    "sd": Text(en="sd", ru="ст. откл."),
    "skewness": Text(en="skewness", ru="асимметрия"),
    "kurtosis": Text(en="kurtosis", ru="эксцесс"),
    "n_flag": Text(en="known", ru="известно"),
    "nonzero_flag": Text(en="not 0", ru="не 0"),
    "unique_flag": Text(en="distinct", ru="различных"),
    "shape_flag": Text(en="shape", ru="форма"),
    "flag": Text(en="flag", ru="признак"),
    "one": Text(en="one", ru="первый"),
    "other": Text(en="other", ru="второй"),
    "pearson": Text(en="correlation", ru="корреляция"),
    "children": Text(en="children", ru="элементов"),
    "regions": Text(en="regions", ru="регионов"),
    "alpha": Text(en="alpha", ru="альфа"),
    "first": Text(en="first component", ru="первая компонента"),
    "kmo": Text(en="KMO", ru="КМО"),
    "bartlett_p": Text(en="Bartlett p", ru="Бартлетт, p"),
    "weight": Text(en="weight", ru="вес"),
    "squared_share": Text(en="by correlation", ru="по корреляции"),
    "ratio_share": Text(en="by correlation ratio", ru="по корр. отношению"),
    "effective": Text(en="weight in the index", ru="вес в индексе"),
    "index_share": Text(en="importance in the index", ru="важность в индексе"),
    "left_out": Text(en="left out", ru="исключено"),
    "kind": Text(en="kind", ru="вид"),
    "mean_shift": Text(en="mean shift", ru="средний сдвиг"),
    "max_shift": Text(en="greatest shift", ru="наибольший сдвиг"),
    "lost": Text(en="without a rank", ru="без места"),
    "rank": Text(en="rank", ru="место"),
    "arithmetic": Text(en="arithmetic", ru="среднее арифм."),
    "geometric": Text(en="geometric", ru="среднее геом."),
    "weakest": Text(en="weakest link", ru="слабое звено"),
    "gain": Text(en="places by compensation", ru="мест за счёт компенсации"),
    "apart": Text(en="10 places apart", ru="на 10 мест иначе"),
    "spearman": Text(en="Spearman", ru="Спирмен"),
}


@dataclass(frozen=True)
class _Part:
    """One table: its caption, what it says of itself, its frame and how many digits it shows."""

    title: Text
    frame: pl.DataFrame
    columns: Sequence[str]
    digits: int = 2


def to_html(audit: Audit, lang: Lang) -> str:
    """The summary of an audit: a heading and a table a question; every text escaped."""
    section = audit.result.section
    names = {item.id: item.name.of(lang) for item in section.items}
    names |= {region: audit.result.name(region, lang) for region in audit.result.ranks["region"]}
    names |= {one.cited("en"): one.cited(lang) for one in audit.result.origins}
    heading = f"{TITLE.of(lang)}: {section.name.of(lang)}, {audit.result.edition}"
    tables = "".join(_table(part, names, lang) for part in _parts(audit))
    return f"<section><h2>{html.escape(heading)}</h2>{tables}</section>"


def _parts(audit: Audit) -> list[_Part]:
    indicators = audit.coverage.filter(pl.col("kind") == "indicator")
    thin = audit.coverage.filter((pl.col("kind") == "region") & (pl.col("share") < 1))
    moved = audit.compensability.filter(pl.col("gain").abs() >= 10).sort(
        "gain", "region", descending=[True, False]
    )
    counts = ("observed", "imputed", "missing", "share", "unscored")
    shapes = ("min", "median", "mean", "max", "sd", "skewness", "kurtosis")
    marks = ("n_flag", "nonzero_flag", "unique_flag", "shape_flag")
    return [
        _Part(
            Text(en="Coverage of indicators", ru="Охват показателей"), indicators, ("item", *counts)
        ),
        _Part(
            Text(en="Regions that lack something", ru="Регионы с пропусками"),
            thin.sort("share", "item"),
            ("item", *counts),
        ),
        _Part(
            Text(en="Values as measured", ru="Значения как измерены"),
            audit.statistics,
            ("indicator", *shapes, *marks),
        ),
        _Part(
            Text(en="Correlations to look at", ru="Корреляции, требующие внимания"),
            audit.flags,
            ("flag", "node", "one", "other", "pearson"),
        ),
        _Part(
            Text(en="Do children belong together?", ru="Согласованы ли элементы узла?"),
            audit.consistency,
            ("node", "children", "regions", "alpha", "first", "kmo", "bartlett_p"),
        ),
        _Part(
            Text(en="Weight and importance", ru="Вес и важность"),
            audit.importance,
            (
                "item",
                "parent",
                "weight",
                "squared_share",
                "ratio_share",
                "effective",
                "index_share",
            ),
            digits=3,
        ),
        _Part(
            Text(en="Ranks without a part", ru="Места без одной из частей"),
            audit.leave_out,
            ("left_out", "kind", "mean_shift", "max_shift", "lost"),
        ),
        _Part(
            Text(
                en="Regions that compensation moves by 10 places or more",
                ru="Регионы, которые компенсация сдвигает на 10 мест и более",
            ),
            moved,
            ("region", "rank", "arithmetic", "geometric", "weakest", "gain"),
        ),
        _Part(
            Text(en="What the index adds to its pillars", ru="Что индекс добавляет к направлениям"),
            audit.added_value,
            ("pillar", "regions", "apart", "share", "spearman"),
        ),
    ]


def _table(part: _Part, names: Mapping[str, str], lang: Lang) -> str:
    caption = f"<caption>{html.escape(part.title.of(lang))}</caption>"
    if part.frame.is_empty():
        return f"<table>{caption}<tbody><tr><td>{NONE.of(lang)}</td></tr></tbody></table>"
    head = "".join(f"<th>{html.escape(COLUMNS[c].of(lang))}</th>" for c in part.columns)
    shown = part.frame.select(part.columns).head(MOST_ROWS)
    rows = "".join(
        "<tr>"
        + "".join(_cell(name, row[name], names, part.digits, lang) for name in part.columns)
        + "</tr>"
        for row in shown.iter_rows(named=True)
    )
    rest = part.frame.height - shown.height
    foot = (
        f'<tfoot><tr><td colspan="{len(part.columns)}">'
        f"{REST.of(lang).format(rest)}</td></tr></tfoot>"
        if rest
        else ""
    )
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>{foot}</table>"


def _cell(column: str, value: object, names: Mapping[str, str], digits: int, lang: Lang) -> str:
    if value is None:
        said = text.MISSING
    elif isinstance(value, int):
        said = text.number(value, lang, 0)
    elif isinstance(value, float):
        small = column.endswith("_p") and value < LEAST_P
        said = f"< {text.number(LEAST_P, lang, 3)}" if small else text.number(value, lang, digits)
    elif column in ("flag", "kind") or column.endswith("_flag"):
        said = WORDS[str(value)].of(lang)
    else:
        said = names.get(str(value), str(value))
    return f"<td>{html.escape(said)}</td>"
