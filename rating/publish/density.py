"""How tight the rows of a profile are set, so that one page holds them and is filled."""

from __future__ import annotations

from dataclasses import dataclass

from rating.publish.facts import Facts
from rating.publish.texts import Speaker

# Millimetres that a page leaves to the rows, and what each step of squeezing after the first takes
# away: the first is the second page's alone.
ROOM = 168.0
STEP = 14.0
HIGHEST = 8.2
# Steps of squeezing; from there on again, with two pages to every profile.
TIGHTEST = 4
# Rows that fill less than this leave room for the second page's blocks on the first.
LITTLE = 90.0
# Points of type, millimetres a line, letters a line: the name has 66 mm.
SIZES = ((8.0, 3.4, 42), (7.2, 3.05, 46), (6.5, 2.75, 51), (6.0, 2.5, 56))
ONE_LINE = 55
AIR = 0.9
LEAST_AIR = 0.45


@dataclass(frozen=True)
class Density:
    """The setting of the rows.

    Attributes:
        size: of the type, in points.
        height: of a row of one line, in millimetres.
        letters: how many a name may have.
        rows: how many rows the page holds.
        short: the rows leave half the page free.
        cut: every row has one line, and what is longer is cut.
    """

    size: float
    height: float
    letters: int
    rows: int
    short: bool
    cut: bool = False

    @property
    def css(self) -> str:
        """The rules that set the rows so.

        The height is the row's: WeasyPrint copies the style of every cell that has one, which was
        a third of the memory of the report.
        """
        one_line = (
            ".profile .rows tbody th, .profile .rows td { white-space: nowrap; overflow: hidden } "
            ".profile .rows tbody th, .profile .rows td { padding-top: 0; padding-bottom: 0 } "
            ".profile .rows th.item { width: 69mm } .profile .rows th.plot { width: 39mm } "
            ".profile .rows th.score, .profile .rows th.rank { width: 9.5mm } "
            ".profile .rows th.value { width: 14mm } .profile .rows .unit { font-size: 5.2pt } "
            if self.cut
            else ""
        )
        return one_line + (
            f".profile .rows {{ font-size: {self.size:g}pt }} "
            f".profile .rows tbody tr {{ height: {self.height:.2f}mm }}"
        )


def density(facts: Facts, say: Speaker, squeeze: int = 0) -> Density:
    """The largest type in which all rows fit, names on as many lines as they need.

    Where none does, names are cut to a line, and of a very long tree the middling rows are left
    out.
    """
    room = ROOM - STEP * max(squeeze % TIGHTEST - 1, 0)
    names = [say.of(item.name) for item in facts.items[1:]]
    count = max(len(names), 1)
    for size, line, letters in SIZES:
        lines = sum(-(-len(name) // letters) for name in names)
        need = lines * line + count * AIR
        if need <= room:
            height = min(line + AIR + (room - need) / count, HIGHEST)
            used = need + count * (height - line - AIR)
            return Density(size, height, 120, count, used < LITTLE and squeeze < TIGHTEST)
    size, line, _ = SIZES[-1]
    letters = ONE_LINE
    height = max(line + LEAST_AIR, min(room / count, line + AIR))
    return Density(size, height, letters, int(room / height), short=False, cut=True)
