"""How Russian statistics shorten the names of regions, and leave okrugs out of them.

Rosstat writes ``Ненецкий авт. округ`` and ``Тюменская область без авт. округов``, registers of
addresses ``Татарстан Респ`` and ``Москва г``. The words are brought to one form and compared
whatever their order, so that no list has to hold every way of shortening.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rating.definitions.spelling import fold

COUNTRY, DISTRICT = "the country as a whole", "a federal district"
"""What a row is that holds several regions."""

_WORD = re.compile(r"[^\W\d_]+|[0-9]+")
_INITIALS = re.compile(r"\bа\s?[./]\s?о\b\.?")
_FORMS = {
    "авт": ("ао", "аобл", "авт"),
    "обл": ("обл", "область"),
    "край": ("кр", "край"),
    "респ": ("респ", "республика"),
    "федер": ("федер", "фед"),
    "округ": ("окр",),
    "": ("г", "гор", "город"),
}
_DECLINED = {"автономн": "авт", "федеральн": "федер", "округ": "округ"}
_ONE_FORM = {word: form for form, words in _FORMS.items() for word in words}
_LETTERS = {
    "рсо": ("респ", "северная", "осетия"),
    "кбр": ("кабардино", "балкарская", "респ"),
    "кчр": ("карачаево", "черкесская", "респ"),
    "фо": ("федер", "округ"),
} | dict.fromkeys(
    ("цфо", "сзфо", "юфо", "скфо", "пфо", "урфо", "уфо", "сфо", "дфо", "двфо", "кфо"),
    ("федер", "округ"),
)
_CUT = re.compile(
    r"^(?P<whole>.*?)[\s,(]+"
    r"(?:(?P<without>без|кроме|за исключением|за вычетом|исключая|не включая)|с|вместе с|включая)"
    r"\s+(?P<parts>.*)$"
)
_FILLERS = {"авт", "округ", "и", "а", "также", "в", "по", "без", "данных", "данные", "данными"}
_FILLERS |= {"учета", "учетом", "его", "ее", "нее", "него", "состав", "составе", "входящих"}
_TOTAL = re.compile(
    r"^российская федерация|\bвсего$|субъект\w* российской федерации|^(?:рф|россия)$"
    r"|^(?:итого|всего|в целом)(?: по (?:рф|россии|стране|российской федерации))?$"
    r"|^по (?:рф|россии|российской федерации)\b"
)


def words(name: str) -> frozenset[str]:
    """The words of a name without regard to their order, those that are cut short in one form.

    Example:
        >>> words("Еврейская авт. область") == words("Еврейская АО")
        True
        >>> words("Респ. Татарстан") == words("Татарстан Республика")
        True
    """
    found: set[str] = set()
    for word in _WORD.findall(_INITIALS.sub("ао", fold(name))):
        whole = next((form for begin, form in _DECLINED.items() if word.startswith(begin)), None)
        found.update([whole] if whole else _LETTERS.get(word, (_ONE_FORM.get(word, word),)))
    # An autonomous okrug and an autonomous oblast are both АО, and no two share the other word.
    return frozenset(found - {""} - ({"округ", "обл"} if "авт" in found else set()))


def cut(name: str) -> tuple[str, bool, frozenset[str]] | None:
    """A name that speaks of the okrugs of its region: the region, whether without, and the words.

    Example:
        >>> cut("Архангельская область (кроме Ненецкого авт. округа)")[:2]
        ('архангельская область', True)
    """
    match = _CUT.match(fold(name))
    if match is None:
        return None
    return match["whole"], match["without"] is not None, words(match["parts"]) - _FILLERS


def names_all(parts: Collection[str], okrugs: Collection[frozenset[str]]) -> bool:
    """Whether the words name all of the okrugs, or none and so mean all.

    Args:
        parts: what is left out, as ``cut`` gives it.
        okrugs: the words of every name of each okrug.
    """
    # Names are declined: Югра, Югры; the first letters stay.
    begins = {word[:3] for word in parts}
    known = [{word[:3] for word in okrug - _FILLERS} for okrug in okrugs]
    strange = begins - set().union(*known)
    return bool(known) and not strange and (not begins or all(begins & one for one in known))


def aggregate(name: str) -> str | None:
    """COUNTRY or DISTRICT for a row that holds several regions.

    Example:
        >>> aggregate("Центральный ФО"), aggregate("Российская Федерация"), aggregate("Томск")
        ('a federal district', 'the country as a whole', None)
    """
    if {"федер", "округ"} <= words(name):
        return DISTRICT
    return COUNTRY if _TOTAL.search(fold(name)) else None
