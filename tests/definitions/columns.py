"""The columns that the formulas of the tests read."""

from rating.definitions import formulas

COLUMNS = {
    "a": "number",
    "b": "number",
    "n": "integer",
    "t": "text",
    "order": "number",
    "day": "date",
    "flag": "boolean",
}


def printed(text: str, **options: object) -> str:
    return formulas.check(text, COLUMNS, **options).sql
