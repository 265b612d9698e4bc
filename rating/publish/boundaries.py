"""Boundaries that the user gives as GeoJSON, on the plane of an Albers conic projection."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rating.errors import DataError, Problem, UsageError, nearest

Point = tuple[float, float]
Ring = tuple[Point, ...]
Shapes = Mapping[str, tuple[Ring, ...]]

KEYS = ("region", "iso", "iso_3166_2", "id", "code")
# A file of a whole country in full detail is larger than any report should draw.
MOST_BYTES = 50_000_000
MOST_POINTS = 400_000
# Degrees by which the two sides of a cut may differ: files round them.
MEETS = 0.005


def read(path: str | Path, regions: Sequence[str]) -> Shapes:
    """The boundaries of a GeoJSON file by region, projected; ready for ``charts.outlines``.

    A feature is the region whose code stands in one of its properties ``region``, ``iso``,
    ``iso_3166_2``, ``id`` or ``code``, or in its own ``id``. A region without a feature is left
    out of the map; features of no rated region are ignored.

    Args:
        path: the file; longitude and latitude in degrees, as GeoJSON has them.
        regions: the codes of the rated regions.

    Raises:
        UsageError: the file cannot be read.
        DataError: it is not GeoJSON of polygons, or has no feature of any rated region.
    """
    given = _content(Path(path))
    found: dict[str, list[Ring]] = {}
    known = set(regions)
    problems: list[Problem] = []
    for place, feature in enumerate(given, 1):
        code = _code(feature, known)
        if code is None:
            continue
        try:
            found.setdefault(code, []).extend(_rings(feature.get("geometry")))
        except (TypeError, ValueError, KeyError, IndexError) as error:
            problems.append(Problem(f"{path}, feature {place}", f"not a polygon: {error}"))
    if problems:
        raise DataError(problems[:20])
    if not found:
        met = [str(_property(one)) for one in given[:5]]
        raise DataError(
            Problem(
                str(path),
                f"no feature is a rated region (there are {', '.join(met) or 'none'})",
                nearest(met[0], list(regions)) if met else "give a FeatureCollection",
            )
        )
    if sum(len(ring) for rings in found.values() for ring in rings) > MOST_POINTS:
        raise DataError(Problem(str(path), f"more than {MOST_POINTS} points", "simplify the file"))
    return project(found)


def _content(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(Problem(str(path), "is larger than 50 MB", "simplify the boundaries"))
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(Problem(str(path), f"cannot be read: {error.strerror}")) from error
    except (ValueError, RecursionError) as error:
        raise DataError(Problem(str(path), f"is not JSON: {error}")) from error
    features = given.get("features") if isinstance(given, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise DataError(Problem(str(path), "is not a GeoJSON FeatureCollection"))
    return features


def _property(feature: Mapping[str, Any]) -> object:
    own = feature.get("properties")
    held = own if isinstance(own, dict) else {}
    return next((held[key] for key in KEYS if key in held), feature.get("id"))


def _code(feature: Mapping[str, Any], known: set[str]) -> str | None:
    own = feature.get("properties")
    held = own if isinstance(own, dict) else {}
    named = [held.get(key) for key in KEYS] + [feature.get("id")]
    return next((one for one in named if isinstance(one, str) and one in known), None)


def _rings(geometry: Any) -> Iterator[Ring]:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"its geometry is a {kind}")
    for polygon in [coordinates] if kind == "Polygon" else coordinates:
        for ring in polygon:
            points = tuple((float(point[0]), float(point[1])) for point in ring)
            good = all(-540 <= x <= 540 and -90 <= y <= 90 for x, y in points)
            if len(points) < 3 or not good:
                raise ValueError("a ring has too few points or none in degrees")
            yield points


def project(shapes: Mapping[str, Sequence[Ring]]) -> Shapes:
    """Longitudes and latitudes onto a plane, x to the right and y down.

    Albers's equal-area conic of the sphere with its parallels a sixth of the height from both ends
    (Snyder, Map Projections: A Working Manual, 1987, section 14). The cut of the longitudes lies
    in their widest gap, so a country that crosses 180 degrees stays whole; parts of a region
    that a file closes along the meridian of 180 are sewn together, so no border runs through it.

    Example:
        >>> plane = project({"A": [((170.0, 60.0), (179.0, 60.0), (-171.0, 66.0))]})
        >>> xs = [x for x, _ in plane["A"][0]]
        >>> xs == sorted(xs)
        True
    """
    cut = _cut([x for rings in shapes.values() for ring in rings for x, _ in ring])
    turned = {
        code: _sewn(
            [tuple(((x - cut) % 360.0, y) for x, y in ring) for ring in rings],
            (180.0 - cut) % 360.0,
        )
        for code, rings in shapes.items()
    }
    flat = [point for rings in turned.values() for ring in rings for point in ring]
    if not flat:
        return {}
    west, east = min(x for x, _ in flat), max(x for x, _ in flat)
    south, north = min(y for _, y in flat), max(y for _, y in flat)
    first, second = (math.radians(south + share * (north - south)) for share in (1 / 6, 5 / 6))
    n = (math.sin(first) + math.sin(second)) / 2
    if abs(n) < 1e-9:  # parallels on both sides of the equator: the conic becomes a cylinder
        n = 1e-9
    c = math.cos(first) ** 2 + 2 * n * math.sin(first)
    middle = (west + east) / 2

    def placed(point: Point) -> Point:
        radius = math.sqrt(max(c - 2 * n * math.sin(math.radians(point[1])), 0.0)) / n
        angle = n * math.radians(point[0] - middle)
        return radius * math.sin(angle), radius * math.cos(angle)

    return {
        code: tuple(tuple(placed(point) for point in ring) for ring in rings)
        for code, rings in turned.items()
    }


def _sewn(rings: Sequence[Ring], seam: float) -> list[Ring]:
    """Rings of one region without the edges along a meridian, their open ends joined.

    What leaves the meridian at a latitude where nothing comes back to it stays closed along it.
    """
    whole: list[Ring] = []
    open_ends: list[list[Point]] = []
    for ring in rings:
        points = ring[:-1] if ring[0] == ring[-1] else ring
        on = [_near(x, seam) for x, _ in points]
        edges = [n for n in range(len(points)) if on[n] and on[(n + 1) % len(points)]]
        if not edges:
            whole.append(ring)
        for start, end in zip(
            edges, [*edges[1:], *(n + len(points) for n in edges[:1])], strict=True
        ):
            chain = [points[n % len(points)] for n in range(start + 1, end + 1)]
            if len(chain) > 2:
                open_ends.append(chain)
    while open_ends:
        chain = open_ends.pop()
        while not _near(chain[-1][1], chain[0][1]):
            following = next((one for one in open_ends if _near(one[0][1], chain[-1][1])), None)
            if following is None:
                break
            open_ends.remove(following)
            chain += following[1:]
        closed = _near(chain[-1][1], chain[0][1])
        whole.append((*(chain[:-1] if closed else chain), chain[0]))
    return whole


def _near(one: float, other: float) -> bool:
    return abs(one - other) < MEETS


def _cut(longitudes: Sequence[float]) -> float:
    """The middle of the widest gap between longitudes: nothing crosses it."""
    around = sorted({x % 360.0 for x in longitudes})
    if not around:
        return 180.0
    gaps = [
        (following - own, own)
        for own, following in zip(around, [*around[1:], around[0] + 360.0], strict=True)
    ]
    widest, start = max(gaps)
    return (start + widest / 2) % 360.0
