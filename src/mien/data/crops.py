"""Groups of small crops of one portrait, warped by planted units, for the picture network.

Only the differences within a group are exact: what the portrait itself shows is not known. Six
crops of a group share a portrait and a change of face shape; the first is the portrait, the second
a change without units, the others are random expressions, some with less of what the portrait
shows. Kept as uncompressed shards that are read without loading them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.data import arrayfile, expressions
from mien.data.changes import check_any
from mien.data.expressions import OFTEN_ONE_SIDED, OUTPUTS, UNITS, table
from mien.data.ict import IDENTITIES, FaceModel
from mien.data.planted import Mouth, Portrait, View, moved, warp
from mien.data.synthetic import lips_parted, rotations
from mien.errors import UnreadableSource
from mien.face.steady import SIDE, steady_matrix
from mien.files import whole_file
from mien.values import Float32, Image

__all__ = [
    "EXAM",
    "FOLDER",
    "GROUP",
    "JUDGED",
    "Crops",
    "make",
    "read",
]

FOLDER = "crops"
"""Where the shards to learn from lie in the data folder."""
EXAM = "crops-development"
"""Where the shard lies by which the epoch is chosen."""
JUDGED = 90000
"""Its number."""
GROUP = 6
"""Crops per group."""
SHARD = 200
"""Groups per file."""
OVER = 2
"""A crop is warped this many times larger and then averaged down."""
SHOWN = 0.2
"""Intensity (0-1) from which a unit that the portrait shows may be taken back."""
TAKEN_BACK = (1, 2, 4, 6, 9, 10, 12, 15, 17, 20)
STRENGTH = 0.1
"""An expression is drawn again, a few times, while its strongest unit is below this."""


@dataclass(frozen=True, eq=False)
class Crops:
    """g groups."""

    image: NDArray[np.uint8]
    """(g, 6, 112, 112, 3), RGB; may be mapped from a file."""
    intensity: Float32
    """(g, 6, 38): what was planted, 0-1; below 0 where it was taken back."""
    portrait: NDArray[np.int64]
    """(g,): row of the portrait."""


def make(
    portraits: Sequence[Portrait],
    shown: Float32,
    model: FaceModel,
    shards: range,
    folder: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Make shards of groups by number; those already there are left as they are.

    Args:
        portraits: to learn from.
        shown: (portraits, 38), 0-1: what they seem to show themselves.
        model: the cut-down face model.
        shards: their numbers, which also seed their chance.
        folder: where they go.
        progress: told each shard that is done.

    Raises:
        UnreadableSource: there is no portrait.
    """
    check_any(portraits)
    folder.mkdir(parents=True, exist_ok=True)
    for shard in shards:
        path = folder / f"crops-{shard:05d}.npy"
        if not path.is_file():
            rng = np.random.default_rng((112, shard))
            rows = rng.permutation(np.resize(rng.permutation(len(portraits)), SHARD))
            groups = [_group(rng, portraits[row], shown[row], model) for row in rows]
            labels = np.stack([intensity for _, intensity in groups])
            arrayfile.write(path.with_suffix(".npz"), {"intensity": labels, "portrait": rows})
            with whole_file(path) as part:
                np.save(part, np.stack([images for images, _ in groups]))
        progress(shard)


def read(folder: Path) -> list[Crops]:
    """All shards of a folder, their pictures mapped.

    Raises:
        UnreadableSource: there are none, or one is damaged.
    """
    paths = sorted(path for path in folder.glob("crops-?????.npy"))
    making = f"mien datasets crops --portraits FOLDER --data {folder.parent}"
    if not paths:
        raise UnreadableSource(f"{folder} holds no planted crops; make them with: {making}")
    out = []
    for path in paths:
        cure = f"remove {path.name} and make it anew with: {making}"
        labels = arrayfile.read_named(path.with_suffix(".npz"), ("intensity", "portrait"), cure)
        with arrayfile.damage_told(path, cure):
            out.append(Crops(np.load(path, mmap_mode="r"), **labels))
    return out


def _group(
    rng: Generator, portrait: Portrait, shown: Float32, model: FaceModel
) -> tuple[NDArray[np.uint8], Float32]:
    """Six crops of a portrait and what was planted."""
    mixing = table(model.names)
    person = np.zeros(IDENTITIES, np.float32)
    if rng.random() < 0.6:
        person[:40] = rng.standard_normal(40) * rng.choice([0, 0.25, 0.45])
    images, labels = [], []
    for number in range(GROUP):
        intensity = np.zeros(OUTPUTS, np.float32)
        weights = np.zeros(len(model.names), np.float32)
        if number >= 2:
            intensity, weights = _expression(rng, model)
            if rng.random() < 0.5:
                less = _less(rng, shown)
                intensity, weights = intensity - less, weights - less @ mixing
        elif number == 1 and rng.random() < 0.5:
            weights = _jaw(rng, model)
        shape = person.copy()
        if number and rng.random() < 0.3:
            shape[:40] += rng.standard_normal(40) * 0.06
        turn = _turn(rng) if number and rng.random() < 0.8 else None
        goal = moved(portrait, model, weights, shape if number else None, turn)
        images.append(_crop(rng, portrait, goal))
        intensity[-1] = lips_parted(model, weights[None])[0]
        labels.append(intensity)
    return np.stack(images), np.stack(labels)


def _expression(rng: Generator, model: FaceModel) -> tuple[Float32, Float32]:
    """A random expression that is one."""
    for _ in range(5):
        drawn = expressions.draw(rng, 1, model.names, OFTEN_ONE_SIDED)
        if drawn.intensity.max() > STRENGTH:
            break
    return drawn.intensity[0], drawn.weights[0]


def _less(rng: Generator, shown: Float32) -> Float32:
    """How much of the units that a portrait shows is taken back."""
    able = np.isin(UNITS, TAKEN_BACK) & (shown > SHOWN)
    chosen = able & (rng.random(OUTPUTS) < 0.6)
    taken: Float32 = np.where(chosen, np.minimum(shown, 1) * rng.uniform(0.3, 1, OUTPUTS), 0)
    return np.asarray(taken, np.float32)


def _jaw(rng: Generator, model: FaceModel) -> Float32:
    """Movements of jaw and mouth that are no unit."""
    weights = np.zeros(len(model.names), np.float32)
    for name in ("jawForward", "jawLeft", "jawRight", "mouthLeft", "mouthRight"):
        if rng.random() < 0.3:
            weights[model.names.index(name)] = rng.uniform(0, 0.5)
    return weights


def _turn(rng: Generator) -> Float32:
    """A small turn of the head."""
    pose = np.deg2rad(rng.normal(0, (5, 3.5, 0))).astype(np.float32)
    turn: Float32 = rotations(pose[None])[0]
    return turn


def _crop(rng: Generator, portrait: Portrait, goal: Float32) -> Image:
    """The crop that the network would see, placed a little wrong, of any quality."""
    size = OVER * SIDE
    matrix = _nudged(rng, steady_matrix(goal, size), size)
    view = View(matrix.astype(np.float32), size)
    bend = _bend(rng, size, view.scale)
    picture = Picture.fromarray(warp(portrait, goal, view, bend, _mouth(rng)))
    if rng.random() < 0.6:
        side = int(rng.uniform(48, 160))
        way = (Picture.Resampling.BILINEAR, Picture.Resampling.BICUBIC)[int(rng.integers(2))]
        picture = picture.resize((side, side), Picture.Resampling.BOX).resize((size, size), way)
    picture = picture.reduce(OVER)
    if rng.random() < 0.3:
        file = BytesIO()
        picture.save(file, "JPEG", quality=int(rng.integers(45, 92)))
        with Picture.open(file) as again:
            picture = again.convert("RGB")
    return np.asarray(picture)


def _mouth(rng: Generator) -> Mouth:
    """The inside of a mouth: of any colour, teeth seen or not."""
    red, green, blue = np.array([45, 18, 22]) * rng.uniform(0.4, 1.8, 3)
    if rng.random() < 0.4:  # a tongue
        red, green, blue = np.array([red, green, blue]) + np.array([60, 20, 25]) * rng.random()
    return Mouth((red, green, blue), float(rng.choice([0.9, 0.6, 0.0])), rng.uniform(0.1, 0.5))


def _nudged(rng: Generator, matrix: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """A crop's place with the errors of a landmark network."""
    angle, scale = rng.normal(0, 0.03), 1 + rng.normal(0, 0.025)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    middle = (size - 1) / 2
    out = turn @ matrix
    out[:, 2] += middle - turn @ [middle, middle] + rng.normal(0, 0.012, 2) * size
    return out


def _bend(rng: Generator, size: int, scale: float) -> Float32 | None:
    """A smooth random distortion of up to a few pixels of the view, or none."""
    if rng.random() >= 0.8:
        return None
    strength = rng.uniform(0, 3.2) / scale
    coarse = rng.standard_normal((8, 8, 2)).astype(np.float32) * strength
    planes = [
        np.asarray(
            Picture.fromarray(coarse[..., axis]).resize((size, size), Picture.Resampling.BICUBIC)
        )
        for axis in (0, 1)
    ]
    return np.stack(planes, axis=-1)
