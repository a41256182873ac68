"""Drawn persons with three units, prepared at two sizes: for a run, and for networks of faces."""

import numpy as np
import PIL.Image

from mien.data.cache import prepare
from mien.data.drawn import draw_person
from mien.data.labels import STILL, Index, Labels

UNITS = (4, 12, 25)
BLANK = 7
"""A picture without a face, by the second person."""


def index_of(root, persons=6, each=3, **more):
    """Pictures whose units are known; one shows nothing."""
    (root / "pictures").mkdir(parents=True)
    random = np.random.default_rng(3)
    count = persons * each
    value = np.zeros((count, len(UNITS)), np.float32)
    for number in range(count):
        if number % each:
            value[number] = random.integers(0, 6, len(UNITS))
    for person in range(persons):
        somebody = draw_person(np.random.default_rng((9, person)))
        for number in range(person * each, (person + 1) * each):
            image, _ = somebody.picture(dict(zip(UNITS, value[number].tolist(), strict=True)), 128)
            image = np.full_like(image, 90) if number == BLANK else image
            PIL.Image.fromarray(image).save(root / "pictures" / f"{number}.png")
    people = tuple(f"p{number // each}" for number in range(count))
    return Index(
        "table", root, tuple(f"pictures/{number}.png" for number in range(count)),
        np.full(count, STILL), np.arange(count), people, people,
        intensity=Labels(UNITS, value, np.ones(value.shape, bool)), **more,
    )  # fmt: skip


def caches_of(folder, **more):
    """The same at 20 pixels, and at 128."""
    index = index_of(folder / "set", **more)
    return [prepare(index, folder / f"cache{side}", "whole", side, quality=0) for side in (20, 128)]
