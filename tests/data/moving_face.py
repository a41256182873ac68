"""Pictures to check: a drawn face that moves, and tiny pictures of a face that is only made up."""

from dataclasses import replace

import numpy as np
import PIL.Image

from mien.data.drawn import View, draw_person
from mien.data.labels import STILL, Index, Labels, Points
from mien.data.recording import Recording
from mien.face.geometry import reference
from mien.face.landmarks import landmarks
from mien.values import MESH_POINTS

SIDE = 64


def moving(person=0, frames=32, size=128):
    """A smile that comes and goes and a jaw that drops later, while the head moves."""
    who = draw_person(np.random.default_rng(person))
    images, points = [], []
    time = np.arange(frames) / frames
    smile = 5 * np.exp(-(((time - 0.4) / 0.16) ** 2))
    jaw = 5 * np.exp(-(((time - 0.7) / 0.12) ** 2))
    for frame, moment in enumerate(time):
        pose = (6 * np.sin(5 * moment + person), 3 * np.sin(9 * moment), 2 * np.sin(4 * moment))
        view = View(pose=pose, noise=2.0, seed=1000 * person + frame)
        image, mesh = who.picture({12: smile[frame], 26: jaw[frame]}, size, view)
        images.append(image)
        points.append(landmarks(mesh, "68"))
    intensity = np.stack([smile, jaw], axis=1).astype(np.float32)
    return Recording(person, images, np.stack(points), (12, 26), intensity)


def remembered(find):
    """The same finder, that looks at each picture once."""
    known = {}

    def again(image, twice):
        key = image.tobytes()
        if key not in known:
            known[key] = find(image, twice)
        return known[key]

    return again


def made_up_mesh(turn=0.0, shift=(0.0, 0.0), wide=1.0, scale=20.0):
    """The reference face in a picture of SIDE pixels, (478, 3); ``turn`` in degrees, rolled."""
    mesh = np.zeros((MESH_POINTS, 3), np.float32)
    mesh[: len(reference()[0])] = reference()[0] * [1, -1, -1]
    angle = np.deg2rad(turn)
    rolled = mesh[:, :2] @ np.array(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    )
    mesh[:, :2] = rolled * [scale * wide, scale] + (SIDE - 1) / 2 + np.array(shift)
    return mesh


def made_up_set(root, count=6, subjects=2, meshes=None, labels=None):
    """An index of tiny pictures with the right landmarks, and a finder that knows the meshes.

    Each subject has one sequence; the numbers of the frames begin at 1.
    """
    rng = np.random.default_rng(count)
    meshes = [made_up_mesh()] * count * subjects if meshes is None else meshes
    paths, known = [], {}
    for subject in range(subjects):
        (root / f"P{subject}").mkdir(parents=True)
        for frame in range(count):
            path = f"P{subject}/{frame + 1}.png"
            image = rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8)
            PIL.Image.fromarray(image).save(root / path)
            known[image.tobytes()] = meshes[len(paths)]
            paths.append(path)
    every = count * subjects
    values = np.tile([[1.0, 0.0]], (every, 1)).astype(np.float32) if labels is None else labels
    points = np.stack([landmarks(mesh, "49") for mesh in meshes])
    who = [f"P{row // count}" for row in range(every)]
    index = Index(
        "table",
        root,
        tuple(paths),
        np.full(every, STILL, np.int64),
        np.tile(np.arange(1, count + 1), subjects),
        tuple(who),
        tuple(f"{name}/T1" for name in who),
        intensity=Labels((12, 26), values, np.ones(values.shape, bool)),
        points=Points("49", points, np.ones(every, bool)),
    )
    return index, lambda image, _: known[image.tobytes()]


def with_points(index, rows, change):
    """The index with other landmarks in some rows."""
    value = index.points.value.copy()
    value[rows] = change(value[rows])
    return replace(index, points=replace(index.points, value=value))


def delayed(values, frames):
    """What was at frame i at frame i + n, for one sequence; the ends are repeated."""
    places = np.clip(np.arange(len(values)) - frames, 0, len(values) - 1)
    return values[places]
