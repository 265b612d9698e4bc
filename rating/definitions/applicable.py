"""Which declared alternatives cannot apply to their section, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rating.definitions import formulas
from rating.definitions.sampling import Bootstrap, Coding
from rating.definitions.uncertainty import (
    LeftOut,
    Measurement,
    OtherAggregation,
    OtherFormula,
    OtherMethod,
    OtherWeights,
    Sets,
    is_column,
    sources_of,
)
from rating.errors import DefinitionError, Problem, nearest

if TYPE_CHECKING:
    from rating.definitions.model import Indicator
    from rating.definitions.section import Section


def problems(section: Section) -> Iterator[Problem]:
    """The assumptions of a section that cannot apply to it, each with the reason."""
    if section.uncertainty is None:
        return
    for given in section.uncertainty.assumption:
        where = f"uncertainty, {given.id}"
        match given:
            case OtherMethod():
                yield from _method_problems(section, given, where)
            case OtherAggregation():
                yield from _node_problems(section, given.nodes, where)
                yield from _aggregate_problems(section, given, where)
            case OtherFormula():
                yield from _formula_problems(section, given, where)
            case LeftOut():
                yield from _left_out_problems(section, given, where)
            case OtherWeights():
                yield from _node_problems(section, given.nodes, where)
                yield from _weights_problems(section, given, where)
            case Measurement():
                yield from _measurement_problems(section, given, where)


def _method_problems(section: Section, given: OtherMethod, where: str) -> Iterator[Problem]:
    for number, option in enumerate(given.options, 1):
        place = f"{where}, options[{number}]"
        try:
            other = section.method.merged({given.kind: option}, place)
            bare = section.amended({"method": other})
            for item in section.indicator:
                bare.method_of(item.id)
        except DefinitionError as error:
            yield from error.problems
            return
        over = getattr(getattr(other, given.kind), "over", "edition")
        if given.kind == "normalise" and over != "edition":
            yield Problem(place, "a panel is not drawn: its ends are those of other editions")


def _node_problems(section: Section, nodes: Iterable[str], where: str) -> Iterator[Problem]:
    known = [node.id for node in section.node]
    for node in nodes:
        if node not in known:
            yield Problem(f"{where}, nodes", f"no node named '{node}'", nearest(node, known))


def _aggregate_problems(section: Section, given: OtherAggregation, where: str) -> Iterator[Problem]:
    for node in section.node:
        if given.nodes and node.id not in given.nodes:
            continue
        for number, option in enumerate(given.options, 1):
            try:
                section.method_of(node.id).merged(
                    {"aggregate": option}, f"{where}, options[{number}]"
                )
            except DefinitionError as error:
                yield from error.problems
                return


def _formula_problems(section: Section, given: OtherFormula, where: str) -> Iterator[Problem]:
    known = {item.id: item for item in section.indicator}
    for number, option in enumerate(given.options, 1):
        for id, value in option.items():
            place = f"{where}, options[{number}].{id}"
            if id not in known:
                yield Problem(place, f"no indicator named '{id}'", nearest(id, known))
                continue
            latest = known[id].version[-1].amended({"value": value})
            try:
                known[id].compiled(latest)
            except DefinitionError as error:
                for found in error.problems:
                    yield Problem(place, found.what, found.remedy, found.formula, found.span)


def _left_out_problems(section: Section, given: LeftOut, where: str) -> Iterator[Problem]:
    known = [item.id for item in section.items if item.parent is not None]
    for id in () if given.items == "each" else given.items:
        if id not in known:
            yield Problem(
                f"{where}, items", f"nothing named '{id}' to leave out", nearest(id, known)
            )
    names = {name for item in section.indicator for name in sources_of(item)}
    for source in given.sources:
        if source not in names:
            yield Problem(
                f"{where}, sources",
                f"no indicator has the source '{source}'",
                nearest(source, names),
            )


def _weights_problems(section: Section, given: OtherWeights, where: str) -> Iterator[Problem]:
    if not isinstance(given.draw, Sets):
        return
    parents = given.nodes or tuple(node.id for node in section.node)
    known = [child.id for parent in parents for child in section.children(parent)]
    for number, each in enumerate(given.draw.sets, 1):
        place = f"{where}, draw.sets[{number}]"
        for id in each.weights:
            if id not in known:
                yield Problem(place, f"'{id}' is no child of these nodes", nearest(id, known))
        for parent in parents:
            family = section.children(parent)
            if family and not any(each.weights.get(c.id, c.weight) > 0 for c in family):
                yield Problem(place, f"the weights of the children of {parent} are all 0")


def _figure_problems(section: Section, given: Measurement, where: str) -> Iterator[Problem]:
    """What an error of a figure names: number columns of one stored table."""
    table = str(given.figure).partition(".")[0]
    stored = {name: held for name, held in section.inputs.items() if held.base is None}
    if table not in stored:
        yield Problem(f"{where}, figure", f"no table '{table}'", nearest(table, stored))
        return
    types = stored[table].types.items()
    numbers = [f"{table}.{name}" for name, kind in types if kind in ("number", "integer")]
    for key, name in (("figure", given.figure), *(("error", name) for name in given.columns)):
        if name not in numbers:
            what = f"no number column '{name}' in table {table}"
            yield Problem(f"{where}, {key}", what, nearest(str(name), numbers))


def _measurement_problems(section: Section, given: Measurement, where: str) -> Iterator[Problem]:
    if given.figure is not None:
        yield from _figure_problems(section, given, where)
    known = {item.id: item for item in section.indicator}
    for id in given.indicators:
        if id not in known:
            yield Problem(f"{where}, indicators", f"no indicator named '{id}'", nearest(id, known))
            continue
        item = known[id]
        if isinstance(given.error, Bootstrap | Coding):
            yield from _row_problems(item, given.error, f"{where}, error")
        columns = {
            f"{table}.{column}"
            for table, held in item.input.items()
            if held.grain == "region"
            for column in held.columns
        }
        measures = {
            name
            for version in item.version
            for group in version.measures.values()
            for name in group
        }
        for column in given.columns:
            if is_column(column) or column.isidentifier():
                if column not in columns | measures:
                    what = f"{id} reads no column or measure '{column}'"
                    remedy = nearest(column, columns | measures)
                    yield Problem(f"{where}, error", what, remedy)
                continue
            try:
                item.compiled(item.version[-1].amended({"value": column}))
            except DefinitionError as error:
                for found in error.problems:
                    yield Problem(
                        f"{where}, error, {id}",
                        found.what,
                        found.remedy,
                        found.formula,
                        found.span,
                    )


def _row_problems(item: Indicator, error: Bootstrap | Coding, where: str) -> Iterator[Problem]:
    """What keeps the rows of a table from being drawn for an indicator."""
    read = item.tables(item.version[-1])
    own = [t for t in read if item.input[t].base is None and item.input[t].grain is None]
    if error.table not in own:
        what = f"{item.id} reads no table '{error.table}' with many rows a region"
        yield Problem(f"{where}.table", what, nearest(error.table, own))
        return
    given = item.input[error.table]
    names = {"unit": error.unit} if isinstance(error, Bootstrap) else {}
    if isinstance(error, Coding):
        names = {"item": error.item, "coder": error.coder}
    texts = [name for name, kind in given.types.items() if kind == "text"]
    for key, name in names.items():
        if name not in texts:
            what = f"{error.table} has no text column '{name}' in {item.id}"
            yield Problem(f"{where}.{key}", what, nearest(name, texts))
    if isinstance(error, Bootstrap) and error.where is not None:
        try:
            formulas.check(
                error.where, given.types, level="row", gives="boolean", where=f"{where}.where"
            )
        except DefinitionError as refused:
            yield from refused.problems
