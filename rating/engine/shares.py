"""The share of a row in a sector: by the words and the codes of its text columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rating.definitions.parsing import literal, quoted
from rating.definitions.sector import Sector, bare
from rating.definitions.table import Column
from rating.errors import Problem, UsageError
from rating.inputs import classifiers


class Shares:
    """The shares of the rows of a table ``t``, and the lists that it is joined to for them.

    Attributes:
        joins: SQL to follow the table.

    Args:
        columns: those of the table.
        sector: in whose lists they are looked up.
    """

    def __init__(self, columns: Mapping[str, Column], sector: Sector | None) -> None:
        self._columns, self._sector = columns, sector
        self.joins: list[str] = []

    def of(self, column: Column, where: str) -> str:
        """SQL for what text columns have in the sector's lists of their names: the greatest share.

        Args:
            column: which says in what columns to look.
            where: what an error names.

        Raises:
            UsageError: no sector is chosen.
        """
        if self._sector is None:
            what = "is looked up in a sector, and none is chosen"
            raise UsageError(Problem(where, what, 'choose one: sector="..."'))
        found = [f"({one})" for name in column.sector for one in self._each(name, self._sector)]
        if column.type == "boolean":
            return " OR ".join(f"{one} > 0" for one in found) or "false"
        return f"CAST(greatest({', '.join(['0', *found])}) AS DOUBLE)"

    def _each(self, name: str, sector: Sector) -> Iterator[str]:
        """The share by one text column: by its words, and by its codes, the longest code first."""
        words = (sector.id, *sector.parts) if name == "sector" else sector.names.get(name, ())
        if words:
            listed = ", ".join(map(literal, words))
            yield f"CASE WHEN t.{quoted(name)} IN ({listed}) THEN 1 ELSE 0 END"
        codes = {bare(code): share for code, share in sector.codes.get(name, {}).items()}
        if not codes:
            return
        # Not translate(): DuckDB runs replace() once for each word of a file's dictionary.
        plain = f"t.{quoted(name)}"
        for mark in "./ ":
            plain = f"replace({plain}, '{mark}', '')"
        plain = f"upper({plain})"
        longest = sorted(codes, key=lambda code: (-len(code), code))
        known = self._columns[name].classifier if name in self._columns else None
        if known is None:
            branches = " ".join(
                f"WHEN {plain} LIKE {literal(code + '%')} THEN {codes[code]!r}" for code in longest
            )
            yield f"CASE {branches} ELSE 0 END"
            return
        # Every code that there can be is known: to join on equal ones takes a third of the time.
        shares = {
            code: codes[prefix]
            for code in map(bare, classifiers.table(known)["code"])
            if (prefix := next(filter(code.startswith, longest), None)) and codes[prefix] > 0
        }
        if shares:
            listed = ", ".join(f"({literal(code)}, {share!r})" for code, share in shares.items())
            list_ = f"s{len(self.joins)}"
            self.joins.append(
                f"LEFT JOIN (VALUES {listed}) {list_}(code, share) ON {list_}.code = {plain}"
            )
            yield f"coalesce({list_}.share, 0)"
