"""Portraits with planted units to judge networks by that read the mesh, the picture or both.

Each picture is warped in the portrait's own frame, disturbed, and looked at as any photograph: the
mesh is found on it, and the crop lies where that mesh says. What the portrait shows by itself is
not known; it is the same in all its pictures.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from mien.data import arrayfile, expressions
from mien.data.changes import Change, carry_out, check_any, together
from mien.data.expressions import OUTPUTS, OUTPUTS_OF, planted, table
from mien.data.ict import IDENTITIES, FaceModel
from mien.data.planted import Portrait, single_units
from mien.data.rendered import Find
from mien.data.synthetic import rotations
from mien.face.steady import steady_crop
from mien.values import Float32, Image

__all__ = ["KINDS", "STILL", "PortraitExam", "exam_file", "make", "read"]

KINDS = (
    "rest", "single", "mixture", "nuisance", "pose", "identity", "blur", "light", "onesided",
)  # fmt: skip
"""Kinds of a picture. "nuisance" is a mixture with another pose, light, noise and compression than
the portrait's; the four after it show no unit, and one thing alone is changed. "onesided" is a
single unit on one side of the face."""
REST, SINGLE, MIXTURE, NUISANCE, POSE, IDENTITY, BLUR, LIGHT, ONESIDED = range(len(KINDS))
STILL = KINDS[POSE : LIGHT + 1]
"""Kinds in which no unit moves."""
MIXES = 8
"""Mixtures per portrait, and as many with nuisances."""


@dataclass(frozen=True, eq=False)
class PortraitExam:
    """n pictures."""

    mesh: Float32
    """(n, 478, 3) pixels."""
    crop: NDArray[np.uint8]
    """(n, 112, 112, 3), RGB."""
    intensity: Float32
    """(n, 38), 0-1: what was planted."""
    portrait: NDArray[np.int64]
    """(n,): number of the portrait; its first picture is the portrait itself."""
    kind: NDArray[np.int64]
    """(n,): place in KINDS."""
    unit: NDArray[np.int64]
    """(n,): the unit of a single or one-sided one, or 0."""

    def of(self, *kinds: str) -> NDArray[np.bool_]:
        """(n,): which pictures are of these kinds."""
        return np.isin(self.kind, [KINDS.index(kind) for kind in kinds])


def exam_file(part: str) -> str:
    """Name in the data folder of the exam on the portraits of a part, see `mien.data.parts`."""
    return f"exam-{part}.npz"


def make(
    portraits: Sequence[Portrait],
    model: FaceModel,
    find: Find,
    path: Path,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Make an exam and write it; portraits on which no mesh is found again are left out.

    Args:
        portraits: to judge by.
        model: the cut-down face model.
        find: the mesh of a picture.
        path: file that gets it when all is done.
        progress: told how many portraits of how many are done.

    Raises:
        UnreadableSource: there is no portrait, or no face is found again.
    """
    check_any(portraits)
    rows: list[PortraitExam] = []
    for number, portrait in enumerate(portraits):
        rows += _rows(portrait, number, model, find)
        progress(number + 1, len(portraits))
    arrayfile.write(path, arrayfile.columns(together(rows)))


def read(path: Path) -> PortraitExam:
    """Read an exam.

    Raises:
        UnreadableSource: it is not there, or is damaged.
    """
    return PortraitExam(**arrayfile.read(path, PortraitExam, "exam --portraits FOLDER"))


def _rows(portrait: Portrait, number: int, model: FaceModel, find: Find) -> Iterator[PortraitExam]:
    """The pictures of one portrait on which the mesh was found again."""
    rng = np.random.default_rng((212, number))
    for change in _changes(rng, number, model):
        found = carry_out(change, portrait, model, find)
        if found is not None:
            yield PortraitExam(
                found.mesh[None],
                steady_crop(found.image, found.mesh)[None],
                found.intensity[None],
                *(np.array([value]) for value in (number, change.kind, change.unit)),
            )
        elif change.kind == REST:
            return


def _changes(rng: Generator, number: int, model: FaceModel) -> Iterator[Change]:
    """What is done to one portrait."""
    mixing, rest = table(model.names), np.zeros(OUTPUTS, np.float32)
    nothing = np.zeros(len(model.names), np.float32)
    yield Change(rest, nothing, REST)
    for unit, intensity in single_units(number)[number % 2 :: 2]:
        yield Change(intensity, intensity @ mixing, SINGLE, unit)
    drawn = expressions.draw(rng, 2 * MIXES, model.names)
    for place, (intensity, weights) in enumerate(zip(drawn.intensity, drawn.weights, strict=True)):
        if place < MIXES:
            yield Change(intensity, weights, MIXTURE)
        else:
            disturb = _disturber(np.random.default_rng(rng.integers(2**62)))
            turn = _turn(rng, 8, 5)
            yield Change(intensity, weights, NUISANCE, turn=turn, disturb=disturb)
    person = np.zeros(IDENTITIES, np.float32)
    person[:40] = 0.35 * rng.standard_normal(40)
    yield Change(rest, nothing, POSE, turn=_turn(rng, 8, 5))
    yield Change(rest, nothing, IDENTITY, identity=person)
    radius = rng.uniform(0.8, 2)
    yield Change(rest, nothing, BLUR, disturb=lambda image: _blurred(image, radius))
    seed = int(rng.integers(2**62))
    yield Change(
        rest, nothing, LIGHT, disturb=lambda image: _lit(np.random.default_rng(seed), image)
    )
    for unit, intensity in _one_sided(number):
        yield Change(intensity, intensity @ mixing, ONESIDED, unit)


def _one_sided(number: int) -> Iterator[tuple[int, Float32]]:
    """Each sided unit on the left or the right, more or less strong, by the portrait's number."""
    sided = [unit for unit, columns in OUTPUTS_OF.items() if len(columns) > 1]
    for place, unit in enumerate(sided):
        side, level = "LR"[(number + place) % 2], (0.5, 0.7, 0.9)[(number // 2) % 3]
        yield unit, planted({f"{unit}{side}": level})


def _turn(rng: Generator, yaw: float, pitch: float) -> Float32:
    """A turn of the head of up to so many degrees."""
    pose = np.deg2rad(rng.uniform((-yaw, -pitch, 0), (yaw, pitch, 0))).astype(np.float32)
    return np.asarray(rotations(pose[None])[0], np.float32)


def _disturber(rng: Generator) -> Callable[[Image], Image]:
    """Other light, noise and compression."""

    def disturb(image: Image) -> Image:
        lit = _lit(rng, image).astype(np.float32)
        noisy = lit + rng.normal(0, rng.uniform(0, 6), lit.shape)
        file = BytesIO()
        whole = Picture.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
        whole.save(file, "JPEG", quality=int(rng.integers(55, 93)))
        with Picture.open(file) as again:
            return np.asarray(again.convert("RGB"))

    return disturb


def _lit(rng: Generator, image: Image) -> Image:
    """Another gain, gamma and slope of the light."""
    height, width = image.shape[:2]
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)[:, None]
    slope = 1 + rng.uniform(-0.25, 0.25) * x + rng.uniform(-0.15, 0.15) * y
    bright = (image / 255.0) ** rng.uniform(0.75, 1.35) * rng.uniform(0.75, 1.2)
    return np.clip(255 * bright * slope[..., None], 0, 255).astype(np.uint8)


def _blurred(image: Image, radius: float) -> Image:
    return np.asarray(Picture.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
