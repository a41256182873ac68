"""Which pictures are held out."""

import pytest

from mien.labelling.division import LARGE, held_out


def pictures(many, classes=2):
    return {f"{number}.jpg": {number % classes} for number in range(many)}


@pytest.mark.parametrize(
    ("many", "share", "each"), [(40, 0.2, 4), (4, 0.2, 1), (2, 0.2, 0), (10, 0, 0), (8, 0.9, 3)]
)
def test_the_same_share_of_each_class(many, share, each):
    given = pictures(many)
    held = held_out(given, share, 0)
    for number in range(2):
        assert sum(number in given[name] for name in held) == each


def test_the_order_of_pictures_changes_nothing_and_the_seed_does():
    given = pictures(40)
    held = held_out(given, 0.25, 3)
    assert held == held_out(dict(reversed(given.items())), 0.25, 3)
    assert held != held_out(given, 0.25, 4)


def test_a_picture_counts_for_the_rarest_of_its_classes():
    given = {f"{number}.jpg": {0} for number in range(18)}
    given |= {"a.jpg": {0, 1}, "b.jpg": [1, 0, 0]}
    assert len(held_out(given, 0.1, 0) & {"a.jpg", "b.jpg"}) == 1


def test_pictures_without_objects_are_divided_too():
    assert len(held_out({f"{number}.jpg": () for number in range(10)}, 0.3, 0)) == 3


def test_of_many_pictures_none_moves_when_others_come():
    some = pictures(4 * LARGE)
    held = held_out(some, 0.2, 0)
    assert abs(len(held) / len(some) - 0.2) < 0.05
    more = held_out(pictures(5 * LARGE), 0.2, 0)
    assert more & set(some) == held
