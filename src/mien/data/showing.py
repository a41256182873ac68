"""Pictures of synthetic persons with the units they show: drawn, rendered, or planted on portraits.

Each source makes the pictures of one person at a time from the person's number and the seed, so
that a set can be stopped, continued and enlarged, and comes out the same.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image as Picture

from mien.animation.moves import STRONGEST, known_units
from mien.data import expressions, ict, portraits, rendered
from mien.data.drawn import Person, View, draw_person, draw_view
from mien.data.expressions import UNITS
from mien.data.head import Head
from mien.data.ict import FaceModel
from mien.data.paint import draw_style
from mien.data.planted import Portrait, plant
from mien.data.render import draw_camera, render
from mien.data.rendered import Find
from mien.data.synthetic import draw_identities, lips_parted, rotations
from mien.face.geometry import SKIN
from mien.values import Float32, Image

__all__ = ["Drawn", "Planted", "Rendered", "Shown", "Source"]

SPAN = 2.6
"""Side of a planted picture in distances of the outer eye corners of the portrait."""
ABOVE = 0.47
"""Where the middle between the outer eye corners lies in it, in sides from the top."""
DEVELOPED = tuple(dict.fromkeys(UNITS))
"""Numbers of the units that the face model shows; 24 stands for 23 and 24."""
_LIPS = (13, 14)


class Shown(NamedTuple):
    """One picture."""

    image: Image
    units: Mapping[int, float]
    """Intensity 0-5 of every unit that the source can show; the stronger of both sides."""
    box: Float32
    """(4,): around the face, x0 y0 x1 y1."""


class Source(Protocol):
    """Makes the pictures of persons by number."""

    candidates: int | None
    """How many numbers there are; None: without end."""

    def person(self, number: int) -> list[Shown]:
        """The pictures of one person; none where the number gives no usable person."""
        ...


class Drawn:
    """Drawn faces, from nothing but our own tables.

    Args:
        seed: of all persons.
        frames: pictures of each; the first shows no unit.
        size: side of the pictures in pixels.
    """

    candidates: int | None = None

    def __init__(self, seed: int, frames: int, size: int) -> None:
        self._seed, self._frames, self._size = seed, frames, size

    def person(self, number: int) -> list[Shown]:
        """The pictures of one person."""
        rng = np.random.default_rng((30, self._seed, number))
        person = draw_person(rng)
        return list(self._pictures(rng, person))

    def _pictures(self, rng: np.random.Generator, person: Person) -> Iterator[Shown]:
        widest = _lips_apart(person, {25: STRONGEST})
        for frame in range(self._frames):
            levels = expressions.draw_levels(rng) if frame else {}
            units = dict.fromkeys(known_units(), 0.0)
            units = {unit: STRONGEST * levels.get(unit, 0.0) for unit in units if unit in DEVELOPED}
            image, mesh = person.picture(units, self._size, draw_view(rng))
            apart = _lips_apart(person, units) / widest
            units[25] = STRONGEST * float(np.clip(apart, 0, 1))
            yield Shown(image, units, _box(mesh))


class Rendered:
    """Rendered heads of the face model.

    Args:
        folder: with the files that `mien.data.ict.prepare` made.
        seed: of all persons.
        frames: pictures of each; the first is neutral and nearly frontal.
        size: side of the pictures in pixels.

    Raises:
        UnreadableSource: the face model is not there.
    """

    candidates: int | None = None

    def __init__(self, folder: Path, seed: int, frames: int, size: int) -> None:
        from mien.data import head

        self._head: Head = head.load(folder)
        self._model = ict.load(folder)
        self._seed, self._frames, self._size = seed, frames, size

    def person(self, number: int) -> list[Shown]:
        """The pictures of one person."""
        rng = np.random.default_rng((31, self._seed, number))
        identity = draw_identities(rng, 1, (0.7, 1.1))
        rest, style = self._head.person(identity[0]), draw_style(rng)
        out = []
        for shot in rendered.draw_shots(rng, self._model, self._frames):
            camera = draw_camera(rng, self._size)
            vertices = self._head.express(rest, shot.weights, shot.gaze)
            turn = rotations(shot.pose[None])[0]
            picture = render(self._head, vertices, turn, camera, style)
            image = rendered.spoil(rng, picture)
            box = _box(camera.project(self._head.mesh(vertices), turn))
            parted = float(lips_parted(self._model, shot.weights[None])[0])
            out.append(Shown(image, _strongest(shot.intensity, parted), box))
        return out


class Planted:
    """Portraits warped by planted units: exact differences between the pictures of one portrait.

    What the portrait itself shows is not known. Every person is another portrait.

    Args:
        folder: of portraits that the user may use for this.
        model: the cut-down face model.
        find: finds the mesh of a picture.
        settings: seed of all persons; pictures of each, of which the first two show no planted
            unit; side of the pictures in pixels.
        quiet: take only nearly frontal faces with closed lips, open eyes and no smile.

    Raises:
        UnreadableSource: the folder holds no picture.
    """

    def __init__(
        self,
        folder: Path,
        model: FaceModel,
        find: Find,
        settings: tuple[int, int, int],
        quiet: bool = True,
    ) -> None:
        self._paths = portraits.paths(folder)
        self.candidates: int | None = len(self._paths)
        self._model, self._find, self._quiet = model, find, quiet
        self._seed, self._frames, self._size = settings

    def person(self, number: int) -> list[Shown]:
        """The pictures made of one portrait; none if its face is not usable."""
        portrait = portraits.read_one(self._paths[number], self._find)
        if portrait is None or (self._quiet and not portraits.is_quiet(portrait.mesh)):
            return []
        rng = np.random.default_rng((32, self._seed, number))
        framed = _framed(portrait, self._size)
        out = []
        for change in portraits.draw_changes(rng, self._model, self._frames):
            image = plant(framed, self._model, change.weights, change.identity, change.turn)
            parted = float(lips_parted(self._model, change.weights[None])[0])
            out.append(Shown(image, _strongest(change.intensity, parted), _box(framed.mesh)))
        return out


def _strongest(intensity: Float32, parted: float) -> dict[int, float]:
    """0-5 by unit of the 38 outputs 0-1: the stronger side; of AU25 how far the lips are parted."""
    out = dict.fromkeys(DEVELOPED, 0.0)
    for unit, value in zip(UNITS, intensity.tolist(), strict=True):
        out[unit] = max(out[unit], STRONGEST * value)
    out[25] = STRONGEST * parted
    return out


def _lips_apart(person: Person, units: Mapping[int, float]) -> float:
    """By how much units part the lips, in pixels of a frontal picture."""

    def gap(shown: Mapping[int, float]) -> float:
        upper, lower = person.mesh(shown, 256, View())[list(_LIPS), :2]
        return float(lower[1] - upper[1])

    return gap(units) - gap({})


def _framed(portrait: Portrait, size: int) -> Portrait:
    """The square around the face, at another size; beyond the picture its last pixels go on."""
    eyes = portrait.mesh[[33, 263], :2]
    side = SPAN * max(float(np.linalg.norm(eyes[0] - eyes[1])), _width(portrait.mesh) / 1.45)
    left, top = eyes.mean(axis=0) + 0.5 - side * np.array([0.5, ABOVE])
    height, width = portrait.image.shape[:2]
    more = int(max(-left, -top, left + side - width, top + side - height, 0)) + 1
    image = np.pad(portrait.image, ((more, more), (more, more), (0, 0)), mode="edge")
    box = (left + more, top + more, left + more + side, top + more + side)
    cut = Picture.fromarray(image).resize((size, size), Picture.Resampling.BICUBIC, box)
    mesh = portrait.mesh * (size / side)
    mesh[:, 0] += (0.5 - left) * size / side - 0.5
    mesh[:, 1] += (0.5 - top) * size / side - 0.5
    return Portrait(np.asarray(cut), mesh.astype(np.float32))


def _width(mesh: Float32) -> float:
    return float(np.ptp(mesh[:SKIN, 0]))


def _box(points: Float32) -> Float32:
    return np.concatenate([points[:SKIN, :2].min(axis=0), points[:SKIN, :2].max(axis=0)])
