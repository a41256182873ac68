"""Plots: where points lie, what does not exist, which colours."""

import math
import re

from mien.results.plot import HEIGHT, WIDTH, Axes, Curve, as_file, on_page


def dots(drawn):
    return [tuple(map(float, pair)) for pair in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]


def test_points_lie_where_their_values_are():
    drawn = Axes("loss", [Curve([(0, 4.0), (1, 3.0), (2, 0.0)])]).drawn()
    (x0, y0), (x1, y1), (x2, y2) = dots(drawn)
    assert x2 - x1 == x1 - x0 > 0
    assert y0 < y1 < y2  # less is lower
    assert (y2 - y1) / (y1 - y0) == 3
    assert {">4<", ">2<", ">0<"} <= set(re.findall(">[^<>]+<", drawn))


def test_factors_are_equal_steps():
    curve = Curve([(1, 0), (10, 1), (100, 0)], joined=False)
    (x0, _), (x1, _), (x2, _) = dots(Axes("speed", [curve], powers=True).drawn())
    assert abs((x2 - x1) - (x1 - x0)) < 0.2
    assert "<polyline" not in Axes("speed", [curve]).drawn()


def test_what_does_not_exist_has_no_point_and_nothing_says_so():
    curve = Curve([(0, 1.0), (1, math.nan), (2, 2.0)], chosen=2)
    drawn = Axes("f1", [curve]).drawn()
    assert len(dots(drawn)) == 2
    assert "nan" not in drawn
    assert drawn.count("chosen") == 1
    assert "does not exist" in Axes("f1", [Curve([(0, math.nan)])]).drawn()
    assert "does not exist" in Axes("f1", []).drawn()


def test_whiskers_reach_their_ends_within_the_plot():
    drawn = Axes("f1", [Curve([(1, 0.5)], whiskers=[(0.1, 0.9)])], powers=True).drawn()
    (low, high) = re.findall(r'class="whisker s0".* y1="([\d.]+)" y2="([\d.]+)"', drawn)[0]
    assert 0 < float(high) < dots(drawn)[0][1] < float(low) < HEIGHT


def test_letters_do_not_cover_each_other():
    curves = [Curve([(1, 0.5)], at, mark=name) for at, name in enumerate("ABC")]
    drawn = Axes("f1", [*curves, Curve([(0, 0.5)], 3, mark="D")]).drawn()
    places = re.findall(r'y="([\d.]+)" text-anchor="(?:start|end)">([ABCD])<', drawn)
    heights = {name: float(y) for y, name in places}
    assert heights["B"] - heights["A"] == heights["C"] - heights["B"] == 11
    assert heights["D"] == heights["A"]


def test_names_are_escaped_and_told():
    drawn = on_page(Axes("<b>", [Curve([(0, 1)], label="a & b")]))
    assert "<b>" not in drawn
    assert 'aria-label="&lt;b&gt;; a &amp; b"' in drawn


def test_a_file_has_its_own_colours_and_two_plots_a_row():
    text = as_file([Axes(str(number), [Curve([(0, 1)])]) for number in range(3)])
    assert f'width="{2 * WIDTH}" height="{2 * HEIGHT}"' in text
    assert f"translate(0 {HEIGHT})" in text
    assert ".s0 {" in text
    assert "<svg" not in text[5:]
