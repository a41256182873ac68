"""Pictures as the page shows them: as the detector reads them, with the faces it finds."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image as Picture

from mien.errors import MienError
from mien.values import Face, Image
from mien.video.pictures import read_picture

__all__ = ["Find", "Shown", "Viewer", "relative_boxes"]

Find = Callable[[Image], Sequence[Face]]
"""The faces in a picture, the largest first."""

LONGEST = 1600
"""Longer sides are scaled down: more than a screen shows at once."""
QUALITY = 90
KEPT = 8
"""Pictures that are kept ready: the one that is seen, those beside it, those of before."""


@dataclass(frozen=True)
class Shown:
    """One picture, ready for the page."""

    size: tuple[int, int] = (0, 0)
    """Width and height of the picture itself, upright, in pixels."""
    jpeg: bytes = field(default=b"", repr=False)
    faces: tuple[tuple[float, float, float, float], ...] = ()
    """Centre x, centre y, width, height of each face as shares, 0-1, the largest first."""
    fault: str = ""
    """Why it cannot be shown, in words."""


class Viewer:
    """Reads pictures, finds the faces, and keeps the last few.

    Args:
        find: finds the faces in a picture; None to leave the boxes to whoever draws them.
    """

    def __init__(self, find: Find | None) -> None:
        self._find = find
        self._kept: OrderedDict[Path, Shown] = OrderedDict()
        self._lock = Lock()

    def show(self, path: Path) -> Shown:
        """One picture; a fault is told in it, since the next picture may be well."""
        with self._lock:  # one at a time: reading and finding use the whole machine anyway
            if path not in self._kept:
                self._kept[path] = self._read(path)
            self._kept.move_to_end(path)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[path]

    def _read(self, path: Path) -> Shown:
        try:
            image = read_picture(path)
        except MienError as error:
            return Shown(fault=str(error))
        faces = relative_boxes(image, self._find(image)) if self._find else ()
        small = Picture.fromarray(image)
        small.thumbnail((LONGEST, LONGEST))
        file = BytesIO()
        small.save(file, "JPEG", quality=QUALITY)
        return Shown((image.shape[1], image.shape[0]), file.getvalue(), faces)


def relative_boxes(
    image: Image, faces: Sequence[Face]
) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes of faces as shares of the picture, cut at its edge: centre x, centre y, width, height.

    In pixels the centre of the top left pixel is (0, 0); as shares its corner is.
    """
    found = []
    size = np.array([image.shape[1], image.shape[0]])
    for face in faces:
        low = np.clip((face.box[:2] + 0.5) / size, 0, 1)
        high = np.clip((face.box[2:] + 0.5) / size, 0, 1)
        if (high > low).all():
            (x, y), (width, height) = ((low + high) / 2).tolist(), (high - low).tolist()
            found.append((x, y, width, height))
    return tuple(found)
