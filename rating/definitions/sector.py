"""Sectors of the economy, chains from research to product, and checklists: data of a section."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from rating.definitions.definition import Definition, Id, Many, Number
from rating.text import Text

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Sector(Definition):
    """What belongs to a sector: codes with their shares, and names.

    Attributes:
        parts: sectors under this umbrella; rows labelled with one of them belong to it as well.
        codes: for each list, named as the column that is looked up, codes and the share of what
            bears the code that belongs to the sector. Codes are compared without dots, blanks and
            slashes; the longest that a cell begins with wins.
        names: for each list the whole words that belong to the sector.
        chain: the chain that leads from research to a product of the sector.
    """

    id: Id
    name: Text
    chain: Id | None = None
    parts: Many[Id] = ()
    codes: dict[Id, dict[str, Share]] = Field(default_factory=dict)
    names: dict[Id, Many[str]] = Field(default_factory=dict)
    note: Text | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, codes in self.codes.items():
            alike: dict[str, str] = {}
            for code in codes:
                if not bare(code):
                    raise ValueError(f"codes.{name}: a code is empty")
                if (other := alike.setdefault(bare(code), code)) != code:
                    raise ValueError(f"codes.{name}: '{other}' and '{code}' are one code")
        if "sector" in (*self.codes, *self.names):
            raise ValueError("the list 'sector' is the id and the parts, and not written")
        return self


def bare(code: str) -> str:
    """A code without dots, blanks and slashes: 02.1 and 02.10.2 compare as 021 and 02102."""
    return re.sub(r"[.\s/]", "", code).upper()


class Stage(Definition):
    """A stage of a chain, with the indicators that measure it."""

    id: Id
    name: Text
    note: Text | None = None
    indicators: Annotated[Many[Id], Field(min_length=1)]


class Chain(Definition):
    """The stages from research to product, in order.

    Attributes:
        rho: the exponent of the power mean of stages that is the strength of the chain.
        report_if: the least probability at which a bottleneck is published.
    """

    id: Id
    name: Text
    rho: Number = -2.0
    report_if: Share = 0.6
    stage: Annotated[Many[Stage], Field(min_length=2)]


class Item(Definition):
    """An item of a checklist that is coded by reading the law: 0, one half or 1.

    Attributes:
        block: items of one block make one indicator.
        rubric: what a score of 0, of one half and of 1 means.
    """

    id: Annotated[str, Field(min_length=1, max_length=16)]
    block: Annotated[str, Field(min_length=1, max_length=16)]
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    name: Text
    rubric: Annotated[Many[Text], Field(min_length=3, max_length=3)]
