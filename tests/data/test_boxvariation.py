"""Boxes go where their things go: mosaic, mixture, moves, mirror."""

import numpy as np
import pytest

pytest.importorskip("torch")

from mien.data.boxaugment import BoxAugment
from mien.data.boxvariation import Boxed, BoxVariation, mixed, mosaic
from mien.errors import InputError
from mien.face.letterbox import GREY

SIZE = 64
STILL = BoxAugment(
    hue=0, saturation=0, value=0, shift=0, scale=0, flip=0, mosaic=0, mixup=0, blur=0, grey=0
)


def picture(colour, box=(16, 24, 40, 56), kind=0):
    """A square of one colour on black."""
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    x0, y0, x1, y1 = box
    image[y0:y1, x0:x1] = colour
    return Boxed(image, np.array([box], np.float32), np.array([kind], np.float32))


def seen(image, least=128):
    """The box around what is bright in green."""
    rows, columns = np.nonzero(image[..., 1] > least)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def changed(augment, seed=0, one=None):
    one = one or picture((0, 255, 0))
    return BoxVariation(augment, SIZE).one(lambda: one, np.random.default_rng(seed))


def test_without_any_change_the_picture_stays():
    one = changed(STILL)
    assert np.array_equal(one.image, picture((0, 255, 0)).image)
    assert one.box.tolist() == [[16, 24, 40, 56]]


@pytest.mark.parametrize("change", [{"flip": 1.0}, {"shift": 0.2}, {"scale": 0.4}])
@pytest.mark.parametrize("seed", range(4))
def test_the_box_follows(change, seed):
    from dataclasses import replace

    one = changed(replace(STILL, **change), seed)
    assert one.box[0].tolist() == pytest.approx(seen(one.image), abs=1.6)
    assert one.box.tolist() != [[16, 24, 40, 56]]


def test_what_leaves_the_picture_has_no_box():
    from dataclasses import replace

    at_the_edge = picture((0, 255, 0), (0, 0, 10, 10))
    found = [len(changed(replace(STILL, shift=0.3), seed, at_the_edge).box) for seed in range(30)]
    assert 0 in found
    assert 1 in found


def test_a_mosaic_has_four_pictures_around_a_point():
    colours = [(0, 200, 0), (0, 210, 0), (0, 220, 0), (0, 230, 0)]
    made = mosaic(
        [picture(colour, kind=kind) for kind, colour in enumerate(colours)],
        SIZE,
        np.random.default_rng(3),
    )
    assert made.image.shape == (2 * SIZE, 2 * SIZE, 3)
    assert made.kind.tolist() == [0, 1, 2, 3]
    for box, colour in zip(made.box, colours, strict=True):
        rows, columns = np.nonzero((made.image == colour).all(axis=2))
        inside = np.clip(box, 0, 2 * SIZE)
        assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == inside.tolist()
    assert (made.image == GREY).all(axis=2).any()


def test_a_mixture_shows_both_and_has_both_boxes():
    first, second = picture((0, 200, 0)), picture((200, 0, 0), (0, 0, 8, 8), 1)
    made = mixed(first, second, np.random.default_rng(0))
    assert made.kind.tolist() == [0, 1]
    assert 60 < made.image[40, 20, 1] < 140
    assert 60 < made.image[4, 4, 0] < 140


def test_the_same_chance_gives_the_same_picture_and_leaves_torchs_alone():
    import torch

    before = torch.random.get_rng_state()
    first, again, other = (changed(BoxAugment(), seed) for seed in (5, 5, 6))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.box, again.box)
    assert not np.array_equal(first.image, other.image)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(("name", "value"), [("hue", 0.6), ("flip", -0.1), ("scale", 1.0)])
def test_shares_out_of_range_are_refused(name, value):
    with pytest.raises(InputError, match=rf"data\.augment\.{name} is"):
        BoxAugment(**{name: value})
