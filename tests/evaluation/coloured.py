"""A prepared set of flat coloured pictures, so that a tiny network's answer is known beforehand."""

import numpy as np
import PIL.Image

from mien.data.cache import prepare
from mien.data.labels import STILL, Expressions, Index, Labels

COUNT = 24
CLASSES = ("sadness", "Happiness", "contempt")


def reds(count=COUNT):
    """Red of each picture, 0-255, all different."""
    return (np.arange(count) * 97 % 251).astype(np.uint8)


def index_of(root, count=COUNT, **more):
    """Pictures of one colour by six persons, labelled with three units and expressions."""
    random = np.random.default_rng(0)
    (root / "pictures").mkdir(parents=True, exist_ok=True)
    for number, red in enumerate(reds(count)):
        image = np.zeros((24, 24, 3), np.uint8)
        image[:] = (red, 100, 50)
        PIL.Image.fromarray(image).save(root / "pictures" / f"{number}.png")
    known = random.random((count, 3)) < 0.9
    value = ((random.random((count, 3)) < 0.5) & known).astype(np.float32)
    intensity = np.where(known, random.integers(0, 6, (count, 3)), 0).astype(np.float32)
    which = random.integers(0, 3, count)
    values = {
        "name": "table",
        "root": root,
        "path": tuple(f"pictures/{number}.png" for number in range(count)),
        "frame": np.full(count, STILL),
        "number": np.arange(count),
        "subject": tuple(f"p{number % 6}" for number in range(count)),
        "sequence": tuple(f"s{number % 6}" for number in range(count)),
        "occurrence": Labels((12, 4, 9), value, known),
        "intensity": Labels((12, 4, 9), intensity, known),
        "expression": Expressions(CLASSES, which, np.arange(count) % 5 != 0),
        **more,
    }
    return Index(**values)


def cache_of(folder, size=20, **more):
    """The same, prepared without loss."""
    return prepare(index_of(folder / "set", **more), folder / "cache", "whole", size, quality=0)
