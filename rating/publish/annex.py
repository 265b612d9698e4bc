"""The methods and sources annex: what is needed to compute the ranking again and to dispute it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from typing import TYPE_CHECKING, Any

import polars as pl
from babel.dates import format_date

from rating.definitions.methods import STEPS
from rating.publish import notes, tables
from rating.publish.facts import Facts, Item
from rating.publish.texts import NAME_LENGTH, Speaker, clean
from rating.text import Text

if TYPE_CHECKING:
    from rating.definitions.model import Indicator, Source, Version

# A treatment that logs an indicator touches every region: such points are named, not listed.
MOST_POINTS = 400


@dataclass(frozen=True)
class Branch:
    """A line of the tree with its weights."""

    name: str
    code: str
    depth: int
    node: bool
    weight: str
    share: str
    covered: str


@dataclass(frozen=True)
class Step:
    """A step of the method in words and in its parameters."""

    name: str
    text: str
    parameters: str


@dataclass(frozen=True)
class Definition:
    """An indicator as it is defined: labelled rows, some with a link."""

    name: str
    caption: str
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Cell:
    """A paragraph of a cell; ``code`` is set apart, ``link`` is only ever http or https."""

    text: str
    code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Origin:
    """A source as the annex lists it."""

    title: str
    cells: tuple[Cell, ...]
    columns: str


@dataclass(frozen=True)
class Annex:
    """Everything that the annex prints."""

    tree: tuple[Branch, ...]
    steps: tuple[Step, ...]
    exceptions: tuple[Step, ...]
    notes: tuple[str, ...]
    definitions: tuple[Definition, ...]
    treated: tuple[tuple[str, str, str, str, str], ...]
    logged: str
    imputed: tuple[tuple[str, str, str], ...]
    sources: tuple[Origin, ...]
    files: tuple[tuple[str, str, str, str], ...]
    again: tuple[tuple[str, str], ...]


def annex(facts: Facts, say: Speaker) -> Annex:
    """The annex of an edition."""
    points, logged = _treated(facts, say)
    return Annex(
        tree=tuple(_tree(facts, say)),
        steps=tuple(_steps(facts, say)),
        exceptions=tuple(_exceptions(facts, say)),
        notes=tuple(notes.notes(facts, say)),
        definitions=tuple(_definition(facts, indicator, say) for indicator in _in_order(facts)),
        treated=points,
        logged=logged,
        imputed=_imputed(facts, say),
        sources=tuple(_origin(source, say) for source in _sources(facts)),
        files=tuple(
            (
                clean(str(row["table"])),
                clean(str(row["file"])),
                say.number(row["rows"], 0),
                clean(str(row["sha256"])),
            )
            for row in facts.result.provenance.iter_rows(named=True)
        ),
        again=tuple(_again(facts, say)),
    )


def day(value: date, say: Speaker) -> str:
    """A date as the language writes it: 31 December 2019."""
    return format_date(value, "d MMMM y", locale=say.lang)


def _in_order(facts: Facts) -> Iterator[Indicator]:
    known = {indicator.id: indicator for indicator in facts.result.indicators}
    return (known[item.id] for item in facts.indicators)


def _tree(facts: Facts, say: Speaker) -> Iterator[Branch]:
    shares, among = {facts.root.id: 1.0}, facts.told.among
    scored = dict(among.scores.drop_nulls("score").group_by("node").len().iter_rows())
    scored |= dict(among.values.drop_nulls("score").group_by("indicator").len().iter_rows())
    for item in facts.items:
        present = item.kind == "indicator" or item.id in facts.compared
        if item.parent is not None:
            shares[item.id] = shares.get(item.parent, 0.0) * (item.weight or 0.0)
        yield Branch(
            name=say.of(item.name),
            code=item.id,
            depth=item.depth,
            node=item.kind == "node",
            weight="" if item.parent is None else _percent(item.weight, say),
            share=_percent(shares[item.id], say) if present else "—",
            covered=f"{scored.get(item.id, 0)}/{len(facts.regions)}" if present else "—",
        )


def _percent(share: float | None, say: Speaker) -> str:
    return "—" if share is None else say.number(100 * share, 1)


def _steps(facts: Facts, say: Speaker) -> Iterator[Step]:
    for step in STEPS:
        setting = getattr(facts.result.section.method, step)
        yield Step(say(f"step.{step}"), say(f"{step}.{setting.name}"), parameters(setting))


def _exceptions(facts: Facts, say: Speaker) -> Iterator[Step]:
    """Nodes and indicators whose definition names a method of its own."""
    for item in facts.items:
        own = facts.result.section.item(item.id).method
        method = facts.result.section.method_of(item.id)
        for step in STEPS:
            if step in own:
                setting = getattr(method, step)
                text = f"{say(f'step.{step}')}: {say(f'{step}.{setting.name}')}"
                yield Step(say.of(item.name), text, parameters(setting))


def parameters(setting: Any) -> str:
    """A setting's parameters under the names that the definition files use."""
    names = type(setting).model_fields
    given = ((name, getattr(setting, name)) for name in names if name != "name")
    shown = (f"{name} = {_plain(value)}" for name, value in given if value is not None)
    return ", ".join([setting.name, *shown])


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_plain(one) for one in value) + "]"
    return clean(str(value))


def _definition(facts: Facts, indicator: Indicator, say: Speaker) -> Definition:
    item = next(one for one in facts.items if one.id == indicator.id)
    version = facts.result.version(indicator.id)
    name = say.of(item.name)
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (say("annex.row_code"), (Cell(_placed(facts, item, say)),)),
        (say("annex.row_unit"), (Cell(_unit(indicator, say)),)),
    ]
    if indicator.description is not None:
        rows.append((say("annex.row_about"), (Cell(say.of(indicator.description)),)))
    rows.append((say("annex.row_formula"), tuple(_formula(version, say))))
    rows.append((say("annex.row_values"), (Cell(_values(facts, item, say)),)))
    origins = tuple(cell for source in indicator.source for cell in _source_cells(source, say))
    if origins:
        rows.append((say("annex.row_source"), origins))
    notes = [note for note in (indicator.note, version.note) if note is not None]
    if notes:
        rows.append((say("annex.row_note"), tuple(Cell(say.of(note)) for note in notes)))
    return Definition(name, say("annex.definition_caption", name=name), tuple(rows))


def _placed(facts: Facts, item: Item, say: Speaker) -> str:
    parent = next(one for one in facts.items if one.id == item.parent)
    return say(
        "annex.row_code_value",
        code=item.id,
        weight=_percent(item.weight, say),
        parent=say.of(parent.name),
    )


def _unit(indicator: Indicator, say: Speaker) -> str:
    unit = say.of(indicator.unit) or say("annex.unit_none")
    return f"{unit}; {say(f'annex.direction_{indicator.direction}')}"


def _formula(version: Version, say: Speaker) -> Iterator[Cell]:
    """The formula as SQL text, measures first, with the day from which it is in force."""
    for table, measures in version.measures.items():
        for name, text in measures.items():
            yield Cell(clean(f"{table}.{name} = {text}"), code=True)
    yield Cell(clean(version.value), code=True)
    yield Cell(say("annex.row_since", date=day(version.since, say)))


def _values(facts: Facts, item: Item, say: Speaker) -> str:
    values = facts.told.among.values.filter(pl.col("indicator") == item.id)
    known = values["value"].drop_nulls()
    if known.is_empty():
        return "—"
    digits = facts.digits[item.id]
    low, median, high = (
        say.number(float(end), digits)  # type: ignore[arg-type]
        for end in (known.min(), known.median(), known.max())
    )
    return say("annex.row_values_value", n=known.len(), low=low, median=median, high=high)


def _about(source: Source, say: Speaker) -> str:
    """Table, licence and date of a source in one line."""
    parts = [say("annex.table", table=say.of(source.table))] if source.table else []
    parts.append(_licence(source, say))
    if source.retrieved is not None:
        parts.append(say("annex.retrieved", date=day(source.retrieved, say)))
    return "; ".join(parts)


def cited(source: Source, say: Speaker) -> str:
    """Publisher and title as a sentence begins."""
    text = f"{say.of(source.publisher)}. {say.of(source.title)}"
    return text[:1].upper() + text[1:]


def _source_cells(source: Source, say: Speaker) -> Iterator[Cell]:
    yield Cell(f"{cited(source, say)}; {_about(source, say)}")
    yield from _address_and_note(source, say)


def _address_and_note(source: Source, say: Speaker) -> Iterator[Cell]:
    if source.url:
        yield _address(source.url)
    if source.note is not None:
        yield Cell(say.of(source.note))


def _address(url: str) -> Cell:
    shown = clean(url)
    safe = shown == url and url.lower().startswith(("https://", "http://")) and " " not in url
    return Cell(shown, link=url if safe else "")


def _licence(source: Source, say: Speaker) -> str:
    if source.licence == "not stated":
        return say("annex.licence_not_stated")
    return say("annex.licence", licence=clean(source.licence))


def _sources(facts: Facts) -> Iterable[Source]:
    """The sources of the data folder and the section; an indicator's own are in its definition."""
    found: dict[tuple[Text, Text, Text | None], Source] = {}
    for source in (*facts.result.sources, *facts.result.section.source):
        found.setdefault((source.publisher, source.title, source.table), source)
    # One that names no table says nothing beside those of its own that name theirs.
    named = {key[:2] for key in found if key[2]}
    return [source for key, source in found.items() if key[2] or key[:2] not in named]


def _origin(source: Source, say: Speaker) -> Origin:
    return Origin(
        title=cited(source, say),
        cells=(Cell(_about(source, say)), *_address_and_note(source, say)),
        columns=", ".join(clean(column, NAME_LENGTH) for column in source.columns),
    )


def _treated(facts: Facts, say: Speaker) -> tuple[tuple[tuple[str, str, str, str, str], ...], str]:
    names = {item.id: item for item in facts.indicators}
    regions = {region.code: region for region in facts.regions}
    rows, logged = [], []
    for row in facts.result.treated.iter_rows(named=True):
        item = names[row["indicator"]]
        if row["rule"] == "logged":
            logged.append(say.of(item.name))
            continue
        digits = facts.digits[item.id]
        rows.append(
            (
                say.of(item.name),
                say.of(regions[row["region"]].name),
                say.number(row["raw"], digits),
                say.number(row["treated"], digits),
                say("annex.rule_winsorised"),
            )
        )
    whole = ", ".join(dict.fromkeys(logged))
    return tuple(rows[:MOST_POINTS]), say("annex.treated_logged", names=whole) if whole else ""


def _imputed(facts: Facts, say: Speaker) -> tuple[tuple[str, str, str], ...]:
    names = {item.id: item for item in facts.indicators}
    regions = {region.code: region for region in facts.regions}
    found = facts.result.values.filter(pl.col("status") == "imputed")
    return tuple(
        (
            say.of(names[row["indicator"]].name),
            say.of(regions[row["region"]].name),
            say.number(row["imputed"], facts.digits[row["indicator"]]),
        )
        for row in found.iter_rows(named=True)
    )[:MOST_POINTS]


def _again(facts: Facts, say: Speaker) -> Iterator[tuple[str, str]]:
    result = facts.result
    yield say("annex.again_section"), clean(result.section.id)
    yield say("annex.again_edition"), f"{result.edition}, {day(result.as_of, say)}"
    yield say("annex.again_digest"), result.digest
    yield say("annex.again_definitions"), tables.definitions_digest(result)
    yield from tables.versions().items()
    yield "weasyprint", metadata.version("weasyprint")
