"""Portraits with all that the picture network's training asks of them, in one file.

Each has its part by the hash of its name, its mesh, its crop as the network sees it, and what the
mesh network reads from it.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import arrayfile
from mien.data.parts import part_of
from mien.data.planted import Portrait
from mien.data.portraits import is_turned, paths, read_one
from mien.data.rendered import Find
from mien.errors import UnreadableSource
from mien.face.geometry import features
from mien.face.steady import steady_crop
from mien.values import Float32

__all__ = ["FILE", "PortraitSet", "gather", "read", "write"]

FILE = "crop-portraits.npz"
"""Name of the file in the data folder."""

Read = Callable[[Float32], Float32]
"""Features of meshes (n, 1410) to intensities (n, 38), 0-1."""


@dataclass(frozen=True, eq=False)
class PortraitSet:
    """n portraits, in the order of their names."""

    name: NDArray[np.str_]
    """(n,): names of the files."""
    part: NDArray[np.str_]
    """(n,): one of `mien.data.parts.PARTS`."""
    mesh: Float32
    """(n, 478, 3) pixels of the portrait as it is read."""
    crop: NDArray[np.uint8]
    """(n, 112, 112, 3), RGB."""
    shown: Float32
    """(n, 38), 0-1: what the mesh network reads."""

    def take(self, part: str) -> "PortraitSet":
        """Those of one part."""
        rows = self.part == part
        return PortraitSet(*(getattr(self, field.name)[rows] for field in fields(self)))


def gather(folder: Path, find: Find, reader: Read) -> tuple[PortraitSet, list[Portrait]]:
    """Read the portraits of a folder; those without a usable, nearly frontal face are left out.

    Args:
        folder: .jpg and .png files.
        find: the mesh of a picture.
        reader: the mesh network.

    Returns:
        All of them, and their pictures, in the same order.

    Raises:
        UnreadableSource: there is no portrait, or none is usable.
    """
    names, kept = [], []
    for path in paths(folder):
        portrait = read_one(path, find)
        if portrait is not None and not is_turned(portrait.mesh):
            names.append(path.name)
            kept.append(portrait)
    if not kept:
        raise UnreadableSource(f"no portrait in {folder} shows a usable face; name another folder")
    meshes = np.stack([one.mesh for one in kept])
    found = PortraitSet(
        np.array(names),
        np.array([part_of(name) for name in names]),
        meshes,
        np.stack([steady_crop(one.image, one.mesh) for one in kept]),
        reader(features(meshes)),
    )
    return found, kept


def write(portraits: PortraitSet, path: Path) -> None:
    """Write a set, for `read`.

    Raises:
        InputError: the disk refuses.
    """
    arrayfile.write(path, arrayfile.columns(portraits))


def read(path: Path) -> PortraitSet:
    """A set as it was written.

    Raises:
        UnreadableSource: it is not there, or is damaged.
    """
    return PortraitSet(**arrayfile.read(path, PortraitSet, "crops --portraits FOLDER"))
