"""Indices one after the other: what only some have is not known in the others."""

from pathlib import Path

import numpy as np
import pytest

from mien.data.joining import join, known_units
from mien.data.labels import STILL, Index, Labels, Points
from mien.errors import InputError

ROOT = Path("/set")


def labels(units, value, known=True):
    numbers = np.array([value], np.float32)
    return Labels(units, numbers, np.full(numbers.shape, known))


def row(name, **more):
    still, number = np.array([STILL]), np.array([7])
    return Index("mine", ROOT, (f"{name}.png",), still, number, (name,), (name,), **more)


def points(count, value=1.0):
    return Points(str(count), np.full((1, count, 2), value, np.float32), np.array([True]))


def test_units_of_all():
    first = row("a", occurrence=labels((12, 4), [1, 0]))
    second = row("b", occurrence=labels((4, 6), [1, 1]), part=("test",))
    both = join("mine", ROOT, [first, second, row("c")])
    assert both.path == ("a.png", "b.png", "c.png")
    assert both.occurrence.units == (4, 6, 12)
    assert both.occurrence.known.tolist() == [
        [True, False, True],
        [True, True, False],
        [False, False, False],
    ]
    assert both.occurrence.value.tolist() == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]
    assert both.part == ("", "test", "")
    assert both.intensity is None


def test_the_order_of_units_stays_when_it_is_the_same():
    both = join("mine", ROOT, [row("a", intensity=labels((12, 4), [3, 1]))] * 2)
    assert both.intensity.units == (12, 4)


def test_landmarks_and_boxes():
    box = np.array([[1, 2, 3, 4]], np.float32)
    both = join("mine", ROOT, [row("a"), row("b", points=points(49), box=box)])
    assert both.points.known.tolist() == [False, True]
    assert not both.points.value[0].any()
    assert np.isnan(both.box[0]).all()
    assert both.box[1].tolist() == [1, 2, 3, 4]


def test_landmarks_of_two_kinds_are_refused():
    with pytest.raises(InputError, match="mine has landmarks of 49 and of 68 points"):
        join("mine", ROOT, [row("a", points=points(49)), row("b", points=points(68))])


def test_nothing():
    empty = join("mine", ROOT, [])
    assert len(empty) == 0
    assert empty.number.dtype == np.int64


def test_columns_of_which_nothing_is_known_go():
    table = Labels((1, 2), np.zeros((2, 2), np.float32), np.array([[False, True], [False, False]]))
    assert known_units(table).units == (2,)
    assert known_units(labels((1,), [1], known=False)) is None
    assert known_units(None) is None
