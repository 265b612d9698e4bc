"""Text in two languages and numbers as its readers write them."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Lang = Literal["en", "ru"]
LANGS: tuple[Lang, ...] = ("en", "ru")
MISSING = "—"


class Text(BaseModel):
    """A text that a reader sees, in English and in Russian; without the Russian, the English.

    Example:
        >>> Text(en="region", ru="регион").of("ru")
        'регион'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    en: str = Field(min_length=1, max_length=3000)
    ru: str = Field(default="", max_length=3000)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"en": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _both(self) -> Self:
        if not self.ru:
            object.__setattr__(self, "ru", self.en)
        return self

    def of(self, lang: Lang) -> str:
        """The text in one language."""
        return self.en if lang == "en" else self.ru


# Stands on whatever is made from invented figures.
SYNTHETIC = Text(
    en="Synthetic data: the figures are invented and say nothing of any region.",
    ru="Синтетические данные: числа вымышлены и ничего не говорят ни об одном регионе.",
)


def number(value: float | None, lang: Lang, digits: int = 1) -> str:
    """A number as the language writes it: grouped thousands, decimal point or comma.

    Example:
        >>> number(1234.56, "en"), number(None, "en")
        ('1,234.6', '—')
    """
    if value is None:
        return MISSING
    shown = f"{value:,.{digits}f}"
    if float(f"{value:.{digits}f}") == 0:
        shown = shown.replace("-", "")
    if lang == "ru":
        shown = shown.replace(",", "\u00a0").replace(".", ",")
    return shown.replace("-", "\u2212")


def plural(count: int, lang: Lang, forms: str) -> str:
    """The form of a word that a count asks for; forms are split by ``|``.

    English takes one|other, Russian one|few|many (CLDR plural rules).

    Example:
        >>> plural(3, "ru", "регион|региона|регионов")
        'региона'
    """
    words = forms.split("|")
    if lang == "en":
        return words[0] if count == 1 else words[-1]
    tens, units = abs(count) % 100, abs(count) % 10
    if units == 1 and tens != 11:
        return words[0]
    if 2 <= units <= 4 and not 12 <= tens <= 14:
        return words[1]
    return words[2]


def html_table(caption: str, head: Iterable[str], rows: Iterable[Iterable[object | None]]) -> str:
    """A table as a notebook shows it: texts are text, a missing cell is empty, .3f a fraction.

    Example:
        >>> html_table("1 < 2", ["a"], [[None], ["<b>"]]).partition("<tbody>")[2]
        '<tr><td></td></tr><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in rows)
    return (
        f"<table><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def _html_cell(cell: object | None) -> str:
    shown = f"{cell:.3f}" if isinstance(cell, float) else "" if cell is None else str(cell)
    return f"<td>{html.escape(shown)}</td>"
