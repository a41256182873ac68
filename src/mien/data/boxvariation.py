"""Pictures with boxes varied for training: mosaic and mixture our own, the rest torchvision's.

Torchvision is maintained and free, and its transforms carry boxes along; albumentations is no
longer maintained, and its successor is not free.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from mien.data.boxaugment import BoxAugment
from mien.face.letterbox import GREY
from mien.values import Float32, Image

__all__ = ["BoxVariation", "Boxed", "mixed", "mosaic"]

SMALLEST = 2.0
"""Pixels of a side of a box below which it is left out."""
SEEN = 0.1
"""Share of a box that has to be left of it in the picture."""
MIXED = 32.0
"""Both parameters of the beta distribution from which the share of a mixture is drawn."""


_Made = TypeVar("_Made")


class Boxed(NamedTuple):
    """A picture with its boxes."""

    image: Image
    """uint8 (h, w, 3)."""
    box: Float32
    """(m, 4): corners in pixels, which may lie outside."""
    kind: Float32
    """(m,): number of the class."""


Draw = Callable[[], Boxed]
"""Another picture of the set."""


def mosaic(parts: list[Boxed], size: int, random: Generator) -> Boxed:
    """Four pictures around a point, on a canvas of twice the size.

    Args:
        parts: four, each with its longer side ``size``; what does not fit is cut off.
        size: side of what is cut out of it later.
        random: of the point, which lies in the middle half.
    """
    canvas = np.full((2 * size, 2 * size, 3), GREY, np.uint8)
    x, y = (int(one) for one in random.integers(size // 2, size + size // 2 + 1, 2))
    boxes = []
    for number, one in enumerate(parts):
        height, width = one.image.shape[:2]
        left = x if number % 2 else x - width
        top = y if number // 2 else y - height
        near = max(left, 0), max(top, 0)
        far = min(left + width, 2 * size), min(top + height, 2 * size)
        canvas[near[1] : far[1], near[0] : far[0]] = one.image[
            near[1] - top : far[1] - top, near[0] - left : far[0] - left
        ]
        boxes.append(one.box + np.array([left, top, left, top], np.float32))
    return Boxed(canvas, np.concatenate(boxes), np.concatenate([one.kind for one in parts]))


def mixed(first: Boxed, second: Boxed, random: Generator) -> Boxed:
    """Two pictures of one size laid over each other, with the boxes of both."""
    share = np.float32(random.beta(MIXED, MIXED))
    image = first.image * share + second.image * (1 - share)
    return Boxed(
        np.rint(image).astype(np.uint8),
        np.concatenate([first.box, second.box]),
        np.concatenate([first.kind, second.kind]),
    )


@dataclass(frozen=True, eq=False)
class BoxVariation:
    """All that is done to a training picture.

    Args:
        augment: how much of it.
        size: side of the picture that comes out.
    """

    augment: BoxAugment
    size: int

    def one(self, draw: Draw, random: Generator) -> Boxed:
        """A varied picture of ``size`` pixels.

        Args:
            draw: gives the pictures that it is made of, in turn; the first is the one that is
                meant. Each with its longer side ``size``.
            random: of all that is drawn.
        """
        made = self._made(draw, random)
        if random.random() < self.augment.mixup:
            made = mixed(made, self._made(draw, random), random)
        return self._coloured(made, random)

    def _made(self, draw: Draw, random: Generator) -> Boxed:
        """A mosaic or a single picture, moved and made larger or smaller."""
        if random.random() < self.augment.mosaic:
            whole = mosaic([draw() for _ in range(4)], self.size, random)
        else:
            whole = _padded(draw(), 2 * self.size)
        return self._moved(whole, random)

    def _moved(self, whole: Boxed, random: Generator) -> Boxed:
        """The middle of a canvas of twice the size, scaled and shifted; boxes that stay in it."""
        one = self.augment
        shift = one.shift / 2  # a share of the canvas
        change = v2.Compose(
            [
                v2.RandomAffine(
                    0, (shift, shift), (1 - one.scale, 1 + one.scale), fill=GREY,
                    interpolation=v2.InterpolationMode.BILINEAR,
                ),
                v2.CenterCrop(self.size),
                v2.RandomHorizontalFlip(one.flip),
            ]
        )  # fmt: skip
        boxes = tv_tensors.BoundingBoxes(
            torch.from_numpy(whole.box).reshape(-1, 4),
            format="XYXY",
            canvas_size=(2 * self.size, 2 * self.size),
            clamping_mode=None,
        )
        image, moved = _seeded(
            lambda: change(tv_tensors.Image(_tensor(whole.image)), boxes), random
        )
        box = np.asarray(moved.numpy(), np.float32)
        inside = np.clip(box, 0, self.size)
        sides, seen = box[:, 2:] - box[:, :2], inside[:, 2:] - inside[:, :2]
        share = seen.prod(axis=1) / np.maximum(sides.prod(axis=1), 1e-9)
        keep = (seen > SMALLEST).all(axis=1) & (share > SEEN)
        return Boxed(_picture(image), inside[keep], whole.kind[keep])

    def _coloured(self, one: Boxed, random: Generator) -> Boxed:
        """Another light and colour, now and then grey or blurred."""
        by = self.augment
        change = v2.Compose(
            [
                v2.ColorJitter(brightness=by.value, saturation=by.saturation, hue=by.hue),
                v2.RandomGrayscale(by.grey),
                v2.RandomApply([v2.GaussianBlur(5)], by.blur),
            ]
        )
        return one._replace(
            image=_picture(_seeded(lambda: change(_tensor(one.image)), random)),
        )


def _seeded(make: Callable[[], _Made], random: Generator) -> _Made:
    """What torchvision draws, without touching the program's own chance."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(int(random.integers(2**62)))
        return make()


def _padded(one: Boxed, side: int) -> Boxed:
    """A picture in the middle of a canvas."""
    height, width = one.image.shape[:2]
    canvas = np.full((side, side, 3), GREY, np.uint8)
    left, top = (side - width) // 2, (side - height) // 2
    canvas[top : top + height, left : left + width] = one.image
    return one._replace(image=canvas, box=one.box + np.array([left, top] * 2, np.float32))


def _tensor(image: Image) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)


def _picture(image: Tensor) -> Image:
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())
