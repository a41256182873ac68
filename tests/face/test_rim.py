"""The faded rim: only what is seen is computed, and it is what the whole would be."""

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageFilter

from mien.face.rim import fade

SIDE = 100.0


def photo():
    """Something with edges everywhere, 150 x 120."""
    y, x = np.mgrid[:120, :150]
    waves = np.stack([np.sin(x / 5), np.cos(y / 7), np.sin((x + y) / 9)], axis=2)
    return np.uint8(127.5 + 100 * waves)


def turned(centre, degrees):
    """A square of SIDE, its corners."""
    radians = np.radians(degrees)
    across = SIDE / 2 * np.array([np.cos(radians), np.sin(radians)])
    down = np.array([-across[1], across[0]])
    corners = np.array([-across - down, -across + down, across + down, across - down])
    return np.array(centre) + corners


def faded_whole(image, quad):
    """The rule of the alignment, for all pixels of the surroundings at once."""
    border = round(0.1 * SIDE)
    low = np.floor(quad.min(axis=0)).astype(int) - border
    high = np.ceil(quad.max(axis=0)).astype(int) + border
    inside = [max(low[0], 0), max(low[1], 0), min(high[0], 150), min(high[1], 120)]
    out = np.array(
        [inside[0] - low[0], inside[1] - low[1], high[0] - inside[2], high[1] - inside[3]]
    )
    pad = np.maximum(out, round(0.3 * SIDE))
    part = image[inside[1] : inside[3], inside[0] : inside[2]]
    padded = np.pad(part, ((pad[1], pad[3]), (pad[0], pad[2]), (0, 0)))
    height, width = padded.shape[:2]
    x, y = np.arange(width), np.arange(height)[:, None]
    across = np.minimum(x / pad[0], x[::-1] / pad[2])
    mask = 1 - np.minimum(across, np.minimum(y / pad[1], y[::-1] / pad[3]))[..., None]
    blurred = Picture.fromarray(padded).filter(ImageFilter.GaussianBlur(0.02 * SIDE))
    mixed = padded + (np.asarray(blurred, np.float64) - padded) * np.clip(3 * mask + 1, 0, 1)
    mixed += (np.median(mixed, axis=(0, 1)) - mixed) * np.clip(mask, 0, 1)
    return np.clip(np.rint(mixed), 0, 255), np.array(inside[:2]) - pad[:2]


@pytest.mark.parametrize(
    ("centre", "degrees"),
    [((75, 40), 3), ((30, 60), 0), ((120, 90), -10), ((75, 20), 40), ((75, 60), 20), ((5, 5), 0)],
)
def test_what_the_square_shows_is_as_if_all_were_done(centre, degrees):
    image, quad = photo(), turned(centre, degrees)
    found, place, shrink = fade(image, quad)
    wanted, corner = faded_whole(image, quad)
    assert shrink == 1
    np.testing.assert_array_equal(place, corner)
    assert found.shape == wanted.shape
    x, y = np.meshgrid(np.arange(found.shape[1]), np.arange(found.shape[0]))
    steps = np.stack([x, y], axis=2) + place - quad[0]
    sides = [steps @ (quad[one] - quad[0]) / SIDE**2 for one in (3, 1)]
    seen = (np.minimum(*sides) > -0.01) & (np.maximum(*sides) < 1.01)
    assert seen.sum() > 9900
    # the median colour is looked for more sparsely: it may be a few levels off at the far edge
    gap = np.abs(found.astype(float) - wanted)[seen]
    assert gap.mean() < 0.3
    assert gap.max() < 12


def test_a_square_within_the_frame_is_left_alone():
    image = photo()
    found, place, _ = fade(image, turned((75, 60), 0) * 0.4 + 40)
    x, y = place.astype(int)
    np.testing.assert_array_equal(found, image[y : y + found.shape[0], x : x + found.shape[1]])
