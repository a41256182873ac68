"""Sets of pictures with boxes, made from portraits: faces anywhere, and faces awake or asleep.

Persons stay apart: portraits are divided as for all networks here, so a detector that is started
from one set knows no person of the other's test part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator
from PIL import Image as Picture
from PIL import ImageDraw, ImageFilter

from mien.data import ict, portraits
from mien.data.boxshares import shares
from mien.data.expressions import planted, table
from mien.data.ict import FaceModel
from mien.data.parts import part_of
from mien.data.planted import Portrait, moved, plant
from mien.data.rendered import Find
from mien.data.writing import check_new, write_picture
from mien.data.yolo_labels import write_labels
from mien.data.yolo_yaml import write_yaml
from mien.errors import InputError
from mien.face.geometry import SKIN
from mien.face.pose import head_pose
from mien.files import cannot_write
from mien.values import Float32, Image

__all__ = ["BOX_SETS", "BoxSet", "make_boxes"]

BoxSet = Literal["faces", "awake"]

BOX_SETS: dict[BoxSet, tuple[str, ...]] = {"faces": ("face",), "awake": ("awake", "sleep")}
"""Names of the classes of each set."""

OF_PORTRAITS = {"train": "training", "val": "development", "test": "evaluation"}
"""The portraits of each part, see `mien.data.parts`."""
OPEN, SHUT = 0.28, 0.25
"""Height of an open eye over its width, at least, and of a closed one at most, as the mesh sees it:
of 110 portraits the narrower eye had 0.21 (median) where AU43 was planted, and 0.33 where not."""
TURNED = 25.0
"""Degrees of yaw from which on an eye is hidden or in profile."""
CLOSED = 0.97, 1.05
"""Shares of an eye's height by which its lids are brought together."""
MOST = 1.8
"""Strongest AU43 that is planted: wide eyes need more than the face model's closed lids."""
LIDS = (159, 145), (386, 374)
"""Middle of the upper and the lower lid, right and left."""
CORNERS = (33, 133), (362, 263)
"""Of the eyes, right and left."""
OTHER_UNITS = (1, 2, 4, 12, 15, 17)
"""Units that are planted a little with both classes, so that neither is known by the warp."""
FILLS = 0.45, 0.8
"""Share of a picture's side that a face takes up, awake or asleep: eyes are small in a portrait."""
SIDE = 480
"""Of pictures with pasted faces, in pixels."""
PASTED = 60, 220
"""Sides of pasted faces in pixels."""
AROUND = 1.5
"""Side of what is cut out around a face to be pasted, in sides of its box."""
COVERED = 0.05
"""Share of the picture's side that pasted faces are apart, at least."""


class Made(NamedTuple):
    """One picture of a set, with its labels."""

    image: Image
    boxes: Float32
    """(m, 5): class, centre x, y, width, height as shares."""


def make_boxes(  # noqa: PLR0913 - one parameter for each option of the command
    kind: BoxSet,
    folder: Path,
    *,
    pictures: Mapping[str, int],
    source: Path,
    data: Path,
    find: Find,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Path:
    """Write a set with YOLO labels.

    Args:
        kind: "faces": portraits, and faces pasted on other grounds, of one class. "awake": half
            of the portraits with their eyes closed by planting AU43, cut closer to the face.
        folder: where it goes; must not be there yet, or be empty.
        pictures: how many of each part, fewer where there are no more portraits.
        source: folder of portraits.
        data: folder of the prepared face model, for "awake".
        find: finds the mesh of a picture.
        seed: the same number gives the same set.
        progress: called with the pictures done and asked for.

    Returns:
        The data.yaml.

    Raises:
        InputError: the folder holds something, or no portrait is usable.
        UnreadableSource: portraits or face model are not there.
    """
    check_new(folder)
    model = ict.load(data) if kind == "awake" else None
    found = portraits.paths(source)
    wanted, done = sum(pictures.values()), 0
    for part, count in pictures.items():
        mine = [path for path in found if part_of(path.name) == OF_PORTRAITS[part]]
        drawn = _awake(mine, model, find, seed) if model is not None else _faces(mine, find, seed)
        number = 0
        for number, one in zip(range(1, count + 1), drawn, strict=False):
            _write(folder / part, f"{kind}-{part}-{number:04d}", one)
            progress(done + number, wanted)
        done += number
    if not done:
        raise InputError(f"{source} holds no usable portrait; use others")
    path = folder / "data.yaml"
    places = {part: f"{part}/images" for part in pictures}
    write_yaml(path, BOX_SETS[kind], places, f"made by mien datasets boxes {kind}, seed {seed}")
    return path


def _awake(paths: list[Path], model: FaceModel, find: Find, seed: int) -> Iterator[Made]:
    """Portraits with open eyes, every other one with its eyes closed."""
    number = 0
    mixing = table(model.names)
    for path in _shuffled(paths, seed):
        portrait = portraits.read_one(path, find)
        if portrait is None or not _shows(portrait.mesh, asleep=False):
            continue
        random = np.random.default_rng((51, seed, number))
        asleep = number % 2
        units: dict[int | str, float] = {
            unit: float(random.uniform(0, 0.3)) for unit in OTHER_UNITS if random.random() < 0.3
        }
        if asleep:
            units[43] = float(random.uniform(*CLOSED)) * _closing(portrait, model)
        image = plant(portrait, model, planted(units) @ mixing)
        seen = find(image, False)
        if seen is None or not _shows(seen, asleep=bool(asleep)):
            continue  # glasses, hair, an eye too dark: it would be learned under a wrong name
        image, box = _closer(image, _box(portrait.mesh), random)
        yield _made(image, [asleep], [box])
        number += 1


def _closer(image: Image, box: Float32, random: Generator) -> tuple[Image, Float32]:
    """A square cut out around a face, which lies anywhere in it, and the face's box there."""
    face = float(np.max(box[2:] - box[:2]))
    most = np.array(image.shape[1::-1])
    side = min(int(face / random.uniform(*FILLS)), *most.tolist())
    high = np.minimum(box[:2], most - side).clip(0)
    low = np.minimum((box[2:] - side).clip(0), high)
    left, top = (int(one) for one in random.uniform(low, high))
    moved_box = box - np.array([left, top] * 2, np.float32)
    return np.ascontiguousarray(image[top : top + side, left : left + side]), moved_box


def _faces(paths: list[Path], find: Find, seed: int) -> Iterator[Made]:
    """A portrait, then a picture with pasted faces, in turns, for as long as is asked."""
    usable: list[Portrait] = []
    for number, path in enumerate(_shuffled(paths, seed)):
        portrait = portraits.read_one(path, find)
        if portrait is None:
            continue
        usable.append(portrait)
        yield _made(portrait.image, [0], [_box(portrait.mesh)])
        yield _pasted(usable, np.random.default_rng((52, seed, number)))
    for number in range(10**6 if usable else 0):
        yield _pasted(usable, np.random.default_rng((53, seed, number)))


def _pasted(usable: list[Portrait], random: Generator) -> Made:
    """One to four faces on a ground without any."""
    ground = usable[int(random.integers(len(usable)))].image
    canvas = _ground(ground, random)
    boxes: list[Float32] = []
    for _ in range(int(random.integers(1, 5))):
        portrait = usable[int(random.integers(len(usable)))]
        box = _box(portrait.mesh)
        side = round(random.uniform(*PASTED))
        cut = AROUND * float(np.max(box[2:] - box[:2]))
        left, top = (box[:2] + box[2:] - cut) / 2
        out = _within(portrait.image, left, top, cut)
        x, y = np.rint(random.uniform(-0.1 * side, SIDE - 0.9 * side, 2)).astype(int).tolist()
        scale = side / (out[2] - out[0]), side / (out[3] - out[1])
        placed = ((box - out[:2] * 2) * (scale * 2) + (x, y) * 2).astype(np.float32)
        if any(_touch(placed, other) for other in boxes):
            continue
        face = Picture.fromarray(portrait.image).resize(
            (side, side), Picture.Resampling.BICUBIC, out
        )
        canvas.paste(face, (x, y), _soft(side))
        boxes.append(placed)
    return _made(np.asarray(canvas), [0] * len(boxes), boxes)


def _within(
    image: Image, left: float, top: float, side: float
) -> tuple[float, float, float, float]:
    """A square cut to the picture; a face that nearly fills it is stretched a little."""
    height, width = image.shape[:2]
    return max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)


def _ground(image: Image, random: Generator) -> Picture.Image:
    """Colours of a portrait so blurred that nobody is seen, with boxes and lines on them."""
    blurred = Picture.fromarray(image).resize((6, 6), Picture.Resampling.BOX)
    canvas = blurred.resize((SIDE, SIDE), Picture.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas)
    for _ in range(int(random.integers(0, 12))):
        x, y = random.uniform(0, SIDE, 2)
        wide, high = random.uniform(10, SIDE / 3, 2)
        colour = tuple(int(one) for one in random.integers(0, 256, 3))
        shape = (x, y, x + wide, y + high)
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(shape, fill=colour)
    return canvas.filter(ImageFilter.GaussianBlur(float(random.uniform(0, 3))))


def _soft(side: int) -> Picture.Image:
    """An oval with a soft edge, through which a face is pasted."""
    mask = Picture.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((0.06 * side, 0.02 * side, 0.94 * side, 0.98 * side), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(max(1, side // 25)))


def _touch(first: Float32, second: Float32) -> bool:
    gap = COVERED * SIDE
    return bool((first[:2] - gap < second[2:]).all() and (second[:2] - gap < first[2:]).all())


def _closing(portrait: Portrait, model: FaceModel) -> float:
    """The AU43 with which the lids of both eyes meet; 1 is that of the face model."""
    shut = moved(portrait, model, planted({43: 1.0}) @ table(model.names))

    def height(mesh: Float32, lids: tuple[int, int]) -> float:
        return float(mesh[lids[1], 1] - mesh[lids[0], 1])

    left = max(height(shut, lids) / max(height(portrait.mesh, lids), 1e-6) for lids in LIDS)
    return min(1 / max(1 - left, 1e-6), MOST)


def _shows(mesh: Float32, *, asleep: bool) -> bool:
    """Whether both eyes of a face are seen, and are closed or open."""
    if abs(float(head_pose(mesh)[1])) > TURNED:
        return False

    def apart(points: tuple[int, int]) -> float:
        return float(np.linalg.norm(mesh[points[0], :2] - mesh[points[1], :2]))

    open_by = [
        apart(lids) / max(apart(ends), 1e-6) for lids, ends in zip(LIDS, CORNERS, strict=True)
    ]
    return max(open_by) < SHUT if asleep else min(open_by) > OPEN


def _box(mesh: Float32) -> Float32:
    """(4,): the box around the skin points between edges of pixels, as pictures are cut.

    The centre of the first pixel, where the mesh has its (0, 0), lies half a pixel inside.
    """
    points = mesh[:SKIN, :2] + 0.5
    return np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)


def _made(image: Image, kinds: Sequence[int], boxes: Sequence[Float32]) -> Made:
    """A picture with boxes between edges of pixels, (4,) each, which may lie partly outside."""
    height, width = image.shape[:2]
    inside = np.clip(np.reshape(boxes, (-1, 4)), 0, (width, height) * 2).astype(np.float32)
    return Made(image, np.column_stack([kinds, shares(inside, width, height)]).astype(np.float32))


def _shuffled(paths: list[Path], seed: int) -> list[Path]:
    order = np.random.default_rng((50, seed)).permutation(len(paths))
    return [paths[place] for place in order]


def _write(folder: Path, name: str, one: Made) -> None:
    """A picture and its label file."""
    write_picture(folder / "images" / f"{name}.jpg", one.image)
    try:
        (folder / "labels").mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    write_labels(folder / "labels" / f"{name}.txt", one.boxes)
