"""Files that are not what their name says, or not whole, or odd and right all the same."""

from __future__ import annotations

from tests.inputs.corpus.case import HEADER, LINES, PLAIN, Case, accept, reject

CSV = "region_year.csv"

CASES: tuple[Case, ...] = (
    accept("plain", files={CSV: PLAIN}),
    accept("byte_order_mark", files={CSV: "\ufeff" + PLAIN}),
    accept("lines_end_in_crlf", files={CSV: PLAIN.replace("\n", "\r\n")}),
    reject("row_of_one_cell", "row 3", files={CSV: "\n".join((HEADER, LINES[0], "RU-MOW"))}),
)
