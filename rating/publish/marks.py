"""The marks that charts are made of, and the SVG around them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


class Chart(str):
    """The text of an SVG, which a notebook draws."""

    __slots__ = ()

    def described(self, alt: str) -> Chart:
        """The same picture with the words that are read aloud in its place."""
        words = f'<svg role="img" aria-label="{escape(alt)}" '
        return Chart(self.replace("<svg ", words, 1))

    def _repr_svg_(self) -> str:
        return str(self)


def svg(width: float, height: float, parts: Sequence[str], *, stretch: bool = False) -> Chart:
    """A picture of its parts."""
    how = ' preserveAspectRatio="none"' if stretch else ""
    return Chart(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{short(width)}" height="{short(height)}" '
        f'viewBox="0 0 {short(width)} {short(height)}"{how}>{"".join(parts)}</svg>'
    )


def rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    """A filled rectangle from its upper left corner."""
    place = f'x="{short(x)}" y="{short(y)}"'
    return f'<rect {place} width="{short(width)}" height="{short(height)}" fill="{fill}"/>'


def circle(x: float, y: float, fill: str) -> str:
    """A dot: above the median."""
    return f'<circle cx="{short(x)}" cy="{short(y)}" r="3.8" fill="{fill}"/>'


def diamond(x: float, y: float, fill: str, r: float = 4.8) -> str:
    """A diamond: below the median, or what a picture is about."""
    return f'<path d="M{short(x)} {short(y - r)}l{r} {r}l-{r} {r}l-{r} -{r}z" fill="{fill}"/>'


def block(x: float, y: float, fill: str) -> str:
    """A square around a point: a part of the index."""
    return rect(x - 3.8, y - 3.8, 7.6, 7.6, fill)


def short(number: float) -> str:
    """A coordinate in the shortest form, two digits after the point."""
    shown = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour written ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    """A colour between two, so much of the way."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
