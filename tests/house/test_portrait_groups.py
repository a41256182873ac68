import numpy as np
import pytest

from benchmarks.groups import by_age, by_tone, skin_tone


def of_colour(*rgb):
    return np.full((112, 112, 3), rgb, np.uint8)


def test_the_angle_of_a_colour():
    """sRGB (200, 150, 120) is L* 66.098, b* 23.133 by scikit-image."""
    assert skin_tone(of_colour(200, 150, 120)) == pytest.approx(34.834, abs=0.02)
    assert skin_tone(of_colour(60, 40, 30)) < -30 < skin_tone(of_colour(150, 110, 90))


def test_thirds_go_from_dark_to_light():
    crops = np.stack([of_colour(level, 0.75 * level, 0.6 * level) for level in (220, 60, 140)])
    found = by_tone(crops, np.array([7, 8, 9]))
    assert [group.tolist() for group in found.values()] == [[8], [9], [7]]


def test_in_bluish_light_a_portrait_is_in_no_third():
    colours = (220, 165, 132), (60, 45, 36), (140, 105, 84), (60, 70, 110)
    assert np.isnan(skin_tone(of_colour(*colours[3])))
    found = by_tone(np.stack([of_colour(*one) for one in colours]), np.array([7, 8, 9, 4]))
    assert [group.tolist() for group in found.values()] == [[8], [9], [7], [4]]
    assert list(found)[3] == "in bluish light"


def test_who_is_not_named_is_in_between():
    from benchmarks.groups import AGES

    rows = dict(line.split(",") for line in AGES.read_text(encoding="utf-8").split()[1:])
    child, older = (next(n for n, age in rows.items() if age == one) for one in ("child", "older"))
    found = by_age([older, "nobody.jpg", child], np.array([1, 2, 3]))
    assert {name: group.tolist() for name, group in found.items()} == {
        "child": [3], "in between": [2], "older": [1],
    }  # fmt: skip


def test_names_of_other_portraits_are_an_error():
    with pytest.raises(ValueError, match="knows none"):
        by_age(["0401483cc0"], np.array([1]))
