"""Variations of training pictures: against torchvision, hand-made mirrors, and their own purity."""

import numpy as np
import pytest
from PIL import Image as Picture

from mien.data.transforms import (
    Augment,
    Variation,
    erased_box,
    middle,
    mirrored,
    mirrored_columns,
    moved,
    normalised,
    varied,
    vary,
)
from mien.errors import InputError, ShapeError
from mien.face.landmarks import mirror
from mien.runtime import middle as middle_when_reading

PICTURE = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
# fmt: off
JAANET_FLIP = [
    9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 10, 11, 12, 13, 18, 17, 16, 15, 14, 28, 27, 26, 25, 30, 29,
    22, 21, 20, 19, 24, 23, 37, 36, 35, 34, 33, 32, 31, 42, 41, 40, 39, 38, 45, 44, 43, 48, 47, 46,
]
# fmt: on


def test_the_flip_table_is_the_published_one_and_undoes_itself():
    assert mirror("49").tolist() == JAANET_FLIP
    points = np.random.default_rng(1).random((49, 2)).astype(np.float32) * 175
    assert mirrored(mirrored(points, 176), 176) == pytest.approx(points, abs=1e-4)


def test_a_flip_moves_points_with_their_pixels_and_swaps_the_eyes():
    points = np.zeros((49, 2), np.float32)
    points[19:25] = np.float32([[40 + n, 70] for n in range(6)])  # the person's right eye
    points[25:31] = np.float32([[100 + n, 74] for n in range(6)])
    picture = np.zeros((200, 200, 3), np.uint8)
    for number, (x, y) in enumerate(points[19:31].astype(int)):
        picture[y, x] = number + 1
    variation = Variation(left=12, top=7, flip=True)
    there = moved(points, variation, 176)
    seen = varied(picture, variation, 176)
    for place in range(19, 31):
        old = JAANET_FLIP[place]
        x, y = there[place].astype(int)
        assert seen[y, x, 0] == old - 18  # the pixel that was under the point that is now its twin
    right, left = there[19:25, 0].mean(), there[25:31, 0].mean()
    assert right < left  # still the right eye on the left of the picture
    assert there[19, 0] == 175 - (points[28, 0] - 12)


def test_other_landmarks_are_mirrored_by_their_own_table():
    points = np.random.default_rng(1).random((68, 2)).astype(np.float32) * 175
    there = moved(points, Variation(left=12, top=7, flip=True), 176, "68")
    assert there[0] == pytest.approx([175 - (points[16, 0] - 12), points[16, 1] - 7], abs=1e-4)
    assert there[36, 0] == pytest.approx(175 - (points[45, 0] - 12), abs=1e-4)


def test_the_stored_landmarks_and_picture_stay_as_they_are():
    points = np.random.default_rng(1).random((49, 2)).astype(np.float32)
    kept, picture = points.copy(), PICTURE.copy()
    for flip in (False, True):
        variation = Variation(3, 5, flip, (("brightness", 0.5),), (0, 0, 9, 9))
        moved(points, variation, 176)[:] = -1
        normalised(varied(picture, variation, 176), (0.5,) * 3, (0.5,) * 3, (0, 0, 9, 9))
    assert (points == kept).all()
    assert (picture == PICTURE).all()


def test_crops_lie_inside_at_all_places():
    places = set()
    for number in range(400):
        variation = vary(Augment(flip=0), 200, 176, np.random.default_rng(number))
        places |= {("left", variation.left), ("top", variation.top)}
        assert varied(PICTURE, variation, 176).shape == (176, 176, 3)
    assert places == {(name, place) for name in ("left", "top") for place in range(25)}


@pytest.mark.parametrize(("aligned", "size"), [(200, 176), (256, 224), (225, 200), (224, 224)])
def test_the_middle_is_that_of_the_reading_half(aligned, size):
    picture = np.random.default_rng(0).integers(0, 256, (aligned, aligned, 3), dtype=np.uint8)
    ours = varied(picture, middle(aligned, size), size)
    assert (ours == middle_when_reading(picture[None], size)[0]).all()
    still = vary(Augment(flip=0, shift=False), aligned, size, np.random.default_rng(0))
    assert still == middle(aligned, size)


def test_a_crop_that_is_too_large_is_refused():
    with pytest.raises(InputError, match="crops of 224 pixels"):
        middle(200, 224)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("factor", [0.6, 1.37])
def test_colours_are_those_of_torchvision(name, factor):
    functional = pytest.importorskip("torchvision.transforms.functional")
    ours = varied(PICTURE, Variation(0, 0, colours=((name, factor),)), 200)
    theirs = getattr(functional, f"adjust_{name}")(Picture.fromarray(PICTURE), factor)
    assert (ours == np.asarray(theirs)).all()


def test_colours_change_in_any_order_within_their_width():
    augment = Augment(brightness=0.4, contrast=0.2, saturation=0.1)
    drawn = [vary(augment, 200, 176, np.random.default_rng(n)).colours for n in range(300)]
    assert {tuple(name for name, _ in one) for one in drawn} == {
        (a, b, c)
        for a in ("brightness", "contrast", "saturation")
        for b in ("brightness", "contrast", "saturation")
        for c in ("brightness", "contrast", "saturation")
        if len({a, b, c}) == 3
    }
    for name, width in (("brightness", 0.4), ("contrast", 0.2), ("saturation", 0.1)):
        factors = [dict(one)[name] for one in drawn]
        assert 1 - width <= min(factors) < 1 - 0.9 * width
        assert 1 + 0.9 * width < max(factors) <= 1 + width


def test_an_erased_box_has_the_share_and_the_shapes_asked_for():
    boxes = [erased_box((0.02, 0.1), 224, np.random.default_rng(n)) for n in range(500)]
    sizes = np.array([(x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes])
    share = sizes.prod(axis=1) / 224**2
    shape = sizes[:, 1] / sizes[:, 0]
    assert 0.019 < share.min() < 0.024
    assert 0.095 < share.max() < 0.101
    assert 0.29 < shape.min() < 0.35
    assert 2.9 < shape.max() < 3.5
    assert np.median(shape) == pytest.approx(1, abs=0.15)  # as often flat as tall
    corners = np.array(boxes)
    assert corners.min() >= 0
    assert corners.max() <= 224


def test_a_box_that_never_fits_is_not_erased():
    assert erased_box((1.0, 1.0), 10, np.random.default_rng(0)) is None


def test_what_is_erased_is_the_mean_after_normalising():
    out = normalised(PICTURE, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3), (10, 20, 30, 25))
    expected = (PICTURE / 255 - [0.4, 0.5, 0.6]) / [0.2, 0.25, 0.3]
    expected[20:25, 10:30] = 0
    assert out == pytest.approx(expected.transpose(2, 0, 1), abs=1e-5)
    assert out.dtype == np.float32
    with pytest.raises(ShapeError, match="2 means"):
        normalised(PICTURE, (0.4, 0.5), (0.2, 0.2))


def test_probabilities_are_kept():
    drawn = [
        vary(Augment(flip=0.25, erase=0.75), 200, 176, np.random.default_rng(n))
        for n in range(1000)
    ]
    assert np.mean([one.flip for one in drawn]) == pytest.approx(0.25, abs=0.04)
    assert np.mean([one.erase is not None for one in drawn]) == pytest.approx(0.75, abs=0.04)
    assert not any(
        one.flip
        for one in (vary(Augment(flip=0), 9, 9, np.random.default_rng(n)) for n in range(50))
    )


def test_sided_columns_change_sides():
    table = mirrored_columns((12, 25, 12, 1), ("L", "", "R", ""))
    assert table.tolist() == [2, 1, 0, 3]
    with pytest.raises(InputError, match="AU12_L has no AU12_R"):
        mirrored_columns((12, 25), ("L", ""))


@pytest.mark.parametrize(
    "wrong",
    [
        {"flip": 1.5},
        {"erase": -0.1},
        {"contrast": 2.0},
        {"saturation": -0.1},
        {"erased": (0.2, 0.1)},
        {"erased": (0, 0.1)},
        {"erased": (0.1, 1.1)},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Augment(**wrong)
