import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.errors import DataError, UsageError
from rating.publish import boundaries, charts, report
from tests.publish.small import rated

SQUARE = [[[30.0, 50.0], [40.0, 50.0], [40.0, 60.0], [30.0, 60.0], [30.0, 50.0]]]
FAR = [[[170.0, 60.0], [180.0, 60.0], [180.0, 66.0], [170.0, 66.0], [170.0, 60.0]]]
BEYOND = [[[-180.0, 60.0], [-170.0, 60.0], [-170.0, 66.0], [-180.0, 66.0], [-180.0, 60.0]]]


def written(path, features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf8")
    return path


def feature(code, coordinates=SQUARE, kind="Polygon", key="iso"):
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {key: code}, "geometry": geometry}


def area(ring):
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x * v - u * y for (x, y), (u, v) in pairs)) / 2


@given(st.floats(-170, 160), st.floats(35, 70), st.floats(0.1, 2), st.floats(0.1, 2))
def test_areas_are_those_of_the_sphere(west, south, wide, tall):
    """Albers's conic keeps areas: each cell against the formula of a spherical rectangle."""
    steps = [n / 40 for n in range(41)]
    ring = tuple(
        [(west + wide * s, south) for s in steps]
        + [(west + wide, south + tall * s) for s in steps]
        + [(west + wide * (1 - s), south + tall) for s in steps]
        + [(west, south + tall * (1 - s)) for s in steps]
    )
    height = math.sin(math.radians(south + tall)) - math.sin(math.radians(south))
    found = boundaries.project({"A": [ring]})["A"][0]
    assert area(found) == pytest.approx(math.radians(wide) * height, rel=2e-3)


def test_a_country_that_crosses_the_antimeridian_stays_whole(tmp_path):
    path = written(tmp_path / "b.json", [feature("R0", FAR), feature("R1", BEYOND)])
    shapes = boundaries.read(path, ["R0", "R1"])
    east = max(x for x, _ in shapes["R0"][0])
    west = min(x for x, _ in shapes["R1"][0])
    assert east == pytest.approx(west, abs=1e-3)
    spans = [max(x for x, _ in r) - min(x for x, _ in r) for some in shapes.values() for r in some]
    assert max(spans) < 0.2


def test_no_border_runs_through_a_region_that_a_file_cuts_at_180_degrees():
    """East and west of the cut, with a point of the file on it: one ring without the meridian."""
    east = (
        (170.0, 60.0),
        (180.0, 60.0),
        (180.0, 63.0),
        (180.0, 66.0),
        (170.0, 66.0),
        (170.0, 60.0),
    )
    west = ((-180.0, 60.001), (-170.0, 60.0), (-170.0, 66.0), (-180.0, 66.0), (-180.0, 60.0))
    far = tuple((x, y) for x, y in SQUARE[0])
    sewn = boundaries.project({"A": [east, west], "B": [far]})
    apart = boundaries.project({"A": [east], "C": [west], "B": [far]})
    assert len(sewn["A"]) == 1
    assert area(sewn["A"][0]) == pytest.approx(area(apart["A"][0]) + area(apart["C"][0]), rel=1e-3)
    assert len(sewn["A"][0]) == 7
    # A part that has nothing on the other side stays closed along the meridian.
    assert area(boundaries.project({"A": [east], "B": [far]})["A"][0]) == pytest.approx(
        area(apart["A"][0])
    )


@pytest.mark.parametrize("key", boundaries.KEYS)
def test_a_region_is_found_by_any_of_the_usual_keys(key, tmp_path):
    path = written(tmp_path / "b.json", [feature("R0", key=key), feature("XX", key=key)])
    assert set(boundaries.read(path, ["R0", "R1"])) == {"R0"}


@pytest.mark.parametrize(
    ("features", "what"),
    [
        ([feature("XX")], "no feature is a rated region"),
        ([feature("R0", kind="Point", coordinates=[1, 2])], "its geometry is a Point"),
        ([feature("R0", [[[1e9, 0.0], [0.0, 0.0], [1.0, 1.0]]])], "none in degrees"),
        ([{"properties": {"iso": "R0"}, "geometry": None}], "not a polygon"),
    ],
)
def test_what_is_no_boundary_is_refused(features, what, tmp_path):
    with pytest.raises(DataError, match=what):
        boundaries.read(written(tmp_path / "b.json", features), ["R0"])


def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        boundaries.read(tmp_path / "none.json", ["R0"])
    broken = tmp_path / "b.json"
    broken.write_text("<svg>", "utf8")
    with pytest.raises(DataError, match="is not JSON"):
        boundaries.read(broken, ["R0"])


def test_the_map_is_in_the_report_and_names_who_is_not_on_it(tmp_path):
    path = written(tmp_path / "b.json", [feature("R0"), feature("R1", FAR)])
    result = rated()
    plain = report.to_bytes(result)
    mapped = report.to_bytes(result, boundaries=path)
    assert len(mapped) != len(plain)


def test_no_outline_leaves_the_picture():
    shapes = boundaries.project({"A": [tuple((x, y) for x, y in SQUARE[0])]})
    svg = charts.outlines([(shapes["A"], "")], width=100, height=80)
    assert "stroke-dasharray" in svg
    assert 'viewBox="0 0 100 80"' in svg
