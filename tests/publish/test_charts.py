import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.publish import charts
from rating.publish.charts import Scale, Tile

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
SCALES = st.builds(
    lambda low, width: Scale(low, low + 100, width), st.floats(-50, 50), st.floats(40, 700)
)
MIDDLES = st.lists(NUMBERS, min_size=3, max_size=3).map(lambda three: tuple(sorted(three)))
DOTS = st.builds(charts.dot, st.none() | NUMBERS, st.none() | MIDDLES, SCALES, square=st.booleans())
STRIPS = st.builds(
    charts.strip, st.lists(NUMBERS), SCALES, marked=st.lists(NUMBERS), median=st.none() | NUMBERS
)
BARS = st.integers(1, 90).flatmap(
    lambda n: st.builds(
        charts.position,
        st.none() | st.integers(1, n),
        st.just(n),
        st.just([(1, "#000000"), (n - 1, "#ffffff")]),
        st.just(Scale(0.5, n + 0.5, 600)),
    )
)
TILES = st.lists(
    st.builds(Tile, st.integers(0, 9), st.integers(0, 9), st.sampled_from(["", "#0b5c63"]))
).map(lambda cells: charts.tiles(cells, columns=10, rows=10))


@given(st.one_of(DOTS, STRIPS, BARS, TILES))
def test_a_chart_is_xml_without_text(svg):
    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "rect", "circle", "path"}
    assert not (root.text or "").strip()
    assert "nan" not in svg
    assert "inf" not in svg


@given(st.one_of(DOTS, STRIPS, BARS, TILES))
def test_every_mark_lies_within_the_picture(svg):
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        if element.tag.endswith("rect"):
            x, y = float(element.get("x")), float(element.get("y"))
            assert x >= -0.01
            assert y >= -0.01
            assert x + float(element.get("width")) <= width + 0.02
            assert y + float(element.get("height")) <= height + 0.02
        elif element.tag.endswith("circle"):
            assert 3 <= float(element.get("cx")) <= width - 3
        elif element.tag.endswith("path"):
            for x in re.findall(r"M(-?[\d.]+)", element.get("d")):
                assert 0 <= float(x) <= width


@given(st.lists(NUMBERS, min_size=1), SCALES, st.randoms())
def test_the_order_of_regions_is_nothing(values, scale, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert charts.strip(values, scale) == charts.strip(shuffled, scale)


@given(SCALES, NUMBERS, NUMBERS)
def test_a_greater_value_never_stands_further_left(scale, one, other):
    low, high = sorted((one, other))
    assert scale.at(low) <= scale.at(high)


def test_above_and_below_the_median_differ_in_colour_and_in_shape():
    scale = Scale(0, 100, 200)
    above = charts.dot(60, (40, 50, 55), scale)
    below = charts.dot(40, (40, 50, 55), scale)
    assert "circle" in above
    assert charts.ORANGE not in above
    assert "circle" not in below
    assert charts.ORANGE in below


def test_a_missing_value_has_no_mark():
    svg = charts.dot(None, (40, 50, 55), Scale(0, 100, 200))
    assert charts.TEAL not in svg
    assert charts.ORANGE not in svg


def test_an_axis_without_length_puts_all_in_the_middle():
    assert Scale(5, 5, 100).at(5) == 50


@pytest.mark.parametrize("of", [1, 2, 3, 5, 9])
def test_groups_go_from_dark_to_light(of):
    def light(colour):
        return sum(int(colour[n : n + 2], 16) for n in (1, 3, 5))

    shades = [light(charts.group_colour(place, of)) for place in range(of)]
    assert shades == sorted(shades)
    assert len(set(shades)) == of
