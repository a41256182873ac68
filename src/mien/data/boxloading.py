"""Batches of pictures with boxes, as detectors learn from them; needs torch."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Picture

from mien.data.boxaugment import BoxAugment
from mien.data.boxshares import corners, shares
from mien.data.boxvariation import Boxed, BoxVariation
from mien.data.loading import Key
from mien.data.sample import Batch
from mien.data.yolo import BoxedPictures
from mien.errors import UnreadableSource
from mien.face.letterbox import letterbox
from mien.values import Image
from mien.video.pictures import ORIENTATION, read_picture

__all__ = ["BoxDataset", "size_of"]

LYING = 5
"""EXIF's orientation from which on width and height change places."""
KEPT = 512_000_000
"""Bytes of pictures that stay in memory, in each process that loads them."""


class BoxDataset(torch.utils.data.Dataset[Batch]):
    """Pictures in a square with their boxes; those of training are varied anew in each epoch.

    A batch's ``target`` is (t, 6): number of the picture in it, class, centre x, y, width and
    height as shares of the square.

    Args:
        part: pictures and boxes.
        size: side of the square.
        augment: how they are varied; None: not at all.
        seed: of the variations.
    """

    def __init__(
        self, part: BoxedPictures, size: int, augment: BoxAugment | None = None, seed: int = 0
    ) -> None:
        self.part, self.size, self.seed = part, size, seed
        self._variation = None if augment is None else BoxVariation(augment, size)
        self._kept: OrderedDict[int, Image] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, key: int | Key) -> Batch:
        """One picture, as a batch of one."""
        return self.__getitems__([key])

    def __getitems__(self, keys: Sequence[int | Key]) -> Batch:
        """Several pictures at once, as loaders ask for them."""
        pairs = [key if isinstance(key, tuple) else (0, int(key)) for key in keys]
        images = np.empty((len(pairs), 3, self.size, self.size), np.float32)
        rows = []
        for number, (epoch, place) in enumerate(pairs):
            one = self._one(epoch, place)
            images[number] = one.image.transpose(2, 0, 1) * np.float32(1 / 255)
            told = shares(one.box, self.size, self.size)
            rows.append(np.column_stack([np.full(len(told), number), one.kind, told]))
        target = np.concatenate(rows).astype(np.float32).reshape(-1, 6)
        return Batch(
            image=torch.from_numpy(images),
            target=torch.from_numpy(target),
            known=torch.ones(len(target), dtype=torch.bool),
            row=torch.tensor([place for _, place in pairs]),
        )

    def _one(self, epoch: int, place: int) -> Boxed:
        """One picture as it is learned from or tested with."""
        if self._variation is None:
            return self._still(place)
        random = np.random.default_rng((self.seed, epoch, place))
        places = iter([place])

        def draw() -> Boxed:
            return self._small(next(places, int(random.integers(len(self)))))

        return self._variation.one(draw, random)

    def _still(self, place: int) -> Boxed:
        """A picture in the middle of its square."""
        image = self._picture(place)
        square, lies = letterbox(image, self.size)
        told = self.part.boxes[place]
        box = corners(told[:, 1:], *image.shape[1::-1])
        return Boxed(square, lies.into(box), told[:, 0])

    def _small(self, place: int) -> Boxed:
        """A picture with its longer side as long as the square."""
        image, told = self._picture(place), self.part.boxes[place]
        return Boxed(image, corners(told[:, 1:], *image.shape[1::-1]), told[:, 0])

    def _picture(self, place: int) -> Image:
        """A picture of that size, from memory if it was read before."""
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        image = read_picture(self.part.path[place])
        scale = self.size / max(image.shape[:2])
        wide, high = (max(1, round(side * scale)) for side in image.shape[1::-1])
        small = Picture.fromarray(image).resize((wide, high), Picture.Resampling.BILINEAR)
        self._kept[place] = kept = np.asarray(small)
        self._bytes += kept.nbytes
        while self._bytes > KEPT and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return kept


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture as people see it; only its head is read.

    Raises:
        UnreadableSource: it is none.
    """
    try:
        with Picture.open(path) as picture:
            turned = picture.getexif().get(ORIENTATION, 1) >= LYING
            width, height = picture.size
    except (OSError, SyntaxError, ValueError) as error:
        raise _unreadable(path, error) from error
    return (height, width) if turned else (width, height)


def _unreadable(path: Path, error: Exception) -> UnreadableSource:
    return UnreadableSource(
        f"{path} cannot be read as a picture ({error}); take it and its label out of the set"
    )
