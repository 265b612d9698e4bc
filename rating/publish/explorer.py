"""The explorer: one HTML file that ranks the regions by the weights its reader chooses.

The file asks nothing of any network: style, script and data stand in it, and its own policy allows
no other. The script repeats the engine's rules for weights; tests/browser holds the two together.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rating.errors import Problem, UsageError, nearest
from rating.outputs import require_apart, require_ending
from rating.publish.explorer_model import TEXTS, model
from rating.publish.files import write_whole
from rating.publish.texts import catalogue
from rating.resources import folder
from rating.text import LANGS, Lang

if TYPE_CHECKING:
    from rating.result import Rating

# In the order in which they need each other.
SCRIPTS = ("scoring.js", "state.js", "words.js", "region.js", "view.js")
# What could end a script element or open a comment in it, written as JSON may write it.
_ESCAPED = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})


def to_html(result: Rating, path: Path | str, *, lang: Lang = "en", top: int | None = None) -> Path:
    """Write the explorer of a rating: ranking, map, profiles and weights to move, in one file.

    Without ``top`` the file holds the scores and values of every region; whoever has it can read
    them.

    Args:
        result: what ``rating.rate`` returned.
        path: the file to write; it appears whole or not at all.
        lang: the language it opens in; a reader may switch.
        top: in a public edition, tell the places and the numbers of so many first regions; of
            the others the file holds the group, and weights rank the first alone.

    Returns:
        The path.

    Raises:
        UsageError: the language is not known, nearly all places are told, or the file cannot be
            written.
    """
    require_apart([require_ending(path, [".html", ".htm"])], result.files)
    return write_whole(path, to_text(result, lang=lang, top=top).encode())


def to_text(result: Rating, *, lang: Lang = "en", top: int | None = None) -> str:
    """The explorer as the text of an HTML file; the same text for the same rating."""
    if lang not in LANGS:
        raise UsageError(Problem("lang", f"no language '{lang}'", nearest(lang, LANGS)))
    content = model(result, lang, top)
    style, script = _file("style.css"), "\n".join(_file(name) for name in SCRIPTS)
    texts = catalogue(TEXTS)
    places = {
        "lang": lang,
        "policy": _policy(style, script),
        "created": content["day"],
        "title": html.escape(f"{content['title'][lang]}, {result.edition}"),
        "style": style,
        "script": script,
        "data": _json(content),
        "noscript_en": html.escape(texts["explorer.noscript"].en),
        "noscript_ru": html.escape(texts["explorer.noscript"].ru),
    }
    # In one pass: what is put in is not looked into again.
    return re.sub(r"\[\[(\w+)\]\]", lambda place: str(places[place[1]]), _file("page.html"))


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded, sent or framed; only this style and this script run."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPED)


def _file(name: str) -> str:
    return (folder("reports") / "explorer" / name).read_text(encoding="utf-8")
