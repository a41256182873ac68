"""Rendered heads with the mesh that our landmark network finds on them.

Six pictures of each person, the first with a neutral face. Kept in shards of 50 persons, so that a
run can be stopped and continued; the pictures themselves are not kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from mien.data import arrayfile, expressions
from mien.data.head import Head
from mien.data.ict import FaceModel
from mien.data.paint import draw_style
from mien.data.render import Camera, draw_camera, render
from mien.data.synthetic import (
    Examples,
    draw_identities,
    draw_poses,
    lips_parted,
    rotations,
)
from mien.errors import UnreadableSource
from mien.face.geometry import SKIN, difference, features
from mien.values import Float32, Image

__all__ = [
    "FOLDER",
    "FRAMES",
    "STILL_FOLDER",
    "Find",
    "Meshes",
    "Rendered",
    "Shot",
    "draw_shots",
    "make",
    "pairs",
    "read",
    "singles",
    "split",
    "spoil",
]

FOLDER = "rendered"
"""Where the shards lie in the data folder."""
STILL_FOLDER = "rendered-still"
"""Where the same persons lie a second time, with other expressions and their heads kept still."""
HELD = 5
"""Every so many persons one is held out."""
FRAMES = 6
"""Pictures per person; the first is neutral."""
SHARD = 50
"""Persons per file."""
LOST = 0.1
"""Share of the picture by which a mesh may miss the true points on average before it is dropped."""

Find = Callable[[Image, bool], Float32 | None]
"""Finds the mesh of the largest face in a picture, (478, 3), or None. The second argument asks to
fit it again from the first mesh, as following a face through a video does."""


@dataclass(frozen=True, eq=False)
class Rendered:
    """n pictures: what was rendered, and the mesh found on it."""

    mesh: Float32
    """(n, 478, 3) pixels."""
    intensity: Float32
    """(n, 38), 0-1."""
    weights: Float32
    """(n, 57) of the expression shapes, without the lids of the gaze."""
    gaze: Float32
    """(n, 2) radians."""
    pose: Float32
    """(n, 3) radians: yaw to the subject's left, pitch down, roll."""
    identity: Float32
    """(n, 100)."""
    person: NDArray[np.int64]
    """(n,)."""
    neutral: NDArray[np.bool_]
    """(n,): the person's neutral picture."""

    def take(self, rows: NDArray[np.bool_]) -> "Rendered":
        """Only some pictures."""
        return Rendered(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Shot:
    """What one picture shows."""

    intensity: Float32
    weights: Float32
    gaze: Float32
    pose: Float32


def make(
    head: Head,
    model: FaceModel,
    find: Find,
    persons: range,
    folder: Path,
    *,
    still: bool = False,
) -> None:
    """Render persons by number, and write what the mesh makes of them.

    Args:
        head: the whole face model.
        model: the cut-down one.
        find: the mesh of a picture.
        persons: their numbers, which also seed their chance; shards of 50 that are already in
            ``folder`` are left as they are, if they are sound and reach their last person.
        folder: where the shards go.
        still: whether each person keeps the pose of the neutral picture; the expressions are
            others than where heads turn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(persons), SHARD):
        own = persons[start : start + SHARD]
        path = folder / f"rendered-{own[0]:05d}.npz"
        if _holds(path, own):
            continue
        rows = [row for person in own for row in _person(head, model, find, person, still=still)]
        if rows:
            names = (field.name for field in fields(Rendered))
            arrayfile.write(path, {name: np.stack([row[name] for row in rows]) for name in names})


def _holds(path: Path, own: range) -> bool:
    """Whether there is a shard that reaches the last of these persons, and holds only its own."""
    try:
        person = arrayfile.read(path, Rendered, "render")["person"]
    except UnreadableSource:
        return False
    return bool(person.min() >= own[0] and own[-1] <= person.max() < own[0] + SHARD)


def read(folder: Path) -> Rendered:
    """All shards of a folder.

    Raises:
        UnreadableSource: there are none, or one is damaged.
    """
    paths = sorted(folder.glob("rendered-*[0-9].npz"))
    if not paths:
        still = " --still" if folder.name == STILL_FOLDER else ""
        raise UnreadableSource(
            f"{folder} holds no rendered faces; make them with: "
            f"mien datasets render{still} --data {folder.parent}"
        )
    shards = [arrayfile.read(path, Rendered, "render") for path in paths]
    return Rendered(
        **{name: np.concatenate([shard[name] for shard in shards]) for name in shards[0]}
    )


def split(faces: Rendered) -> tuple[Rendered, Rendered]:
    """Development and held-out pictures: every fifth person is held out."""
    held = faces.person % HELD == 0
    return faces.take(~held), faces.take(held)


class Meshes(Protocol):
    """Meshes with what they show, rendered or planted."""

    @property
    def mesh(self) -> Float32:
        """(n, 478, 3)."""

    @property
    def intensity(self) -> Float32:
        """(n, 38), 0-1."""


def singles(faces: Meshes) -> Examples:
    """Each picture by itself; a portrait's own units are unknown, so compare within groups."""
    return Examples(features(faces.mesh), faces.intensity)


def pairs(faces: Rendered) -> Examples:
    """Each picture minus the same person's neutral one; persons without that are left out."""
    described = features(faces.mesh)
    rest = {int(faces.person[row]): row for row in np.nonzero(faces.neutral)[0]}
    partner = np.array([rest.get(int(person), -1) for person in faces.person])
    rows = np.nonzero((partner >= 0) & ~faces.neutral)[0]
    return Examples(difference(described[rows], described[partner[rows]]), faces.intensity[rows])


def _person(
    head: Head, model: FaceModel, find: Find, person: int, *, still: bool
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """The pictures of one person on which a mesh was found."""
    rng = np.random.default_rng((20, person))
    identity = draw_identities(rng, 1, (0.7, 1.1))
    rest, style = head.person(identity[0]), draw_style(rng)
    again = bool(rng.random() < 0.5)  # of one kind per person, as in one video: the two differ
    if still:
        rng = np.random.default_rng((21, person))
    for number, shot in enumerate(draw_shots(rng, model, still=still)):
        camera = draw_camera(rng)
        vertices = head.express(rest, shot.weights, shot.gaze)
        turn = rotations(shot.pose[None])[0]
        picture = spoil(rng, render(head, vertices, turn, camera, style))
        mesh = find(picture, again)
        if mesh is None or _misses(mesh, head.mesh(vertices), turn, camera):
            continue
        yield {
            "mesh": mesh,
            "intensity": shot.intensity,
            "weights": shot.weights,
            "gaze": shot.gaze,
            "pose": shot.pose,
            "identity": identity[0],
            "person": np.array(person),
            "neutral": np.array(number == 0),
        }  # fmt: skip


def draw_shots(
    rng: Generator, model: FaceModel, count: int = FRAMES, *, still: bool = False
) -> list[Shot]:
    """What the pictures of a person show; the first is neutral and nearly frontal.

    Where the head is kept still, all have the pose of the first.
    """
    drawn = expressions.draw(rng, count, model.names)
    pose, gaze = draw_poses(rng, count), drawn.gaze
    intensity, weights = drawn.intensity, drawn.weights
    intensity[0], weights[0], pose[0] = 0, 0, pose[0] / 2
    if still:
        pose[:] = pose[0]
    gaze[0] = np.deg2rad(rng.normal(0, (4, 3)))
    intensity[:, -1] = lips_parted(model, weights)
    return [Shot(*row) for row in zip(intensity, weights, gaze, pose, strict=True)]


def _misses(mesh: Float32, true: Float32, turn: Float32, camera: Camera) -> bool:
    """Whether a mesh lies on something else than the head."""
    error = camera.project(true, turn)[:, :2] - mesh[:SKIN, :2]
    return bool(np.abs(error).mean() > LOST * camera.size)


def spoil(rng: Generator, picture: Image) -> Image:
    """Blur and noise, as cameras have them."""
    if rng.random() < 0.4:
        blur = ImageFilter.GaussianBlur(rng.uniform(0.4, 1.2))
        picture = np.asarray(Picture.fromarray(picture).filter(blur))
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(1, 8), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return picture
