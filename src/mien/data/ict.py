"""The ICT face model, read from the user's copy of the public repository and cut to the mesh.

ICT FaceKit (USC Institute for Creative Technologies, MIT licence) describes a head as a neutral
shape plus identity modes plus expression shapes. We keep it twice: whole, to render heads, and cut
down to the points that our face mesh finds. Neither is part of this package; `prepare` makes both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data import arrayfile
from mien.errors import UnreadableSource
from mien.files import cannot_write, check_place, write_whole
from mien.values import Float32

__all__ = [
    "HEAD_FILE",
    "IDENTITIES",
    "MESH_FILE",
    "FaceModel",
    "correspondence",
    "load",
    "prepare",
    "prepared",
    "turned_eyes",
]

MESH_FILE = "ict_mesh.npz"
"""The model cut down to the mesh points, as `prepare` names it."""

HEAD_FILE = "ict_head.npz"
"""The whole model, as `prepare` names it."""

LICENCE_FILE = "ict_face.LICENSE.txt"
IDENTITIES = 100
VERTICES = 26719
SCLERAS = ((23021, 23791), (21451, 22221))
"""First and end vertex of the white of the right and of the left eye."""
INNER_LIPS = (5711, 6470)
"""A vertex in the middle of the inner edge of the upper and of the lower lip."""


@dataclass(frozen=True, eq=False)
class FaceModel:
    """Heads as numbers: centimetres; x to the subject's left, y up, z to the viewer.

    ``neutral`` is (v, 3), ``identity`` (100, v, 3), ``expression`` (57, v, 3), with v = 468 mesh
    points for `shape`. ``inner_lip_expression`` (57, 2, 3) moves the middle of the inner
    edge of the upper and of the lower lip; ``eye_*`` are the eyeballs, the right one first.
    """

    neutral: Float32
    identity: Float32
    expression: Float32
    names: tuple[str, ...]
    inner_lip_expression: Float32
    eye_centre: Float32
    eye_centre_identity: Float32
    eye_radius: Float32

    def shape(self, identity: Float32, weights: Float32, gaze: Float32) -> Float32:
        """Mesh points and iris centres of n faces.

        Args:
            identity: (n, 100), standard normal numbers give faces.
            weights: (n, 57), 0-1, of the expression shapes; the lids of the gaze included.
            gaze: (n, 2) radians: to the subject's left, up.

        Returns:
            float32 (n, 470, 3): 468 mesh points, right iris, left iris.
        """
        skin = self.neutral + np.tensordot(identity, self.identity, 1)
        skin += np.tensordot(weights, self.expression, 1)
        centres = self.eye_centre + np.tensordot(identity, self.eye_centre_identity, 1)
        yaw, pitch = gaze[:, 0], gaze[:, 1]
        ahead = np.stack(
            [np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1
        )
        irises = centres + self.eye_radius[None, :, None] * ahead[:, None]
        points: Float32 = np.concatenate([skin, irises], axis=1).astype(np.float32)
        return points


def correspondence() -> tuple[NDArray[np.intp], Float32]:
    """Where each of the 468 mesh points lies on the face model.

    Returns:
        Three vertex numbers per point, (468, 3), and their weights, float32 (468, 3).
    """
    place = files("mien.weights").joinpath("files", "mesh_correspondence.npz")
    with place.open("rb") as file, np.load(file) as table:
        return table["triangle_vertices"].astype(np.intp), table["barycentric"]


def prepared(folder: Path, name: str, arrays: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Arrays of a file that `prepare` makes.

    Raises:
        UnreadableSource: it is not there, or is damaged.
    """
    cure = f"make it with: mien datasets ict --source FOLDER --data {folder}"
    return arrayfile.read_named(folder / name, arrays, cure)


def load(folder: Path) -> FaceModel:
    """Read the cut-down model from the folder that `prepare` filled.

    Raises:
        UnreadableSource: it is not there, or is damaged.
    """
    wanted = [field.name for field in fields(FaceModel) if field.name != "names"]
    file = prepared(folder, MESH_FILE, [*wanted, "expression_names"])
    arrays = {name: file[name].astype(np.float32) for name in wanted}
    return FaceModel(names=tuple(str(name) for name in file["expression_names"]), **arrays)


def prepare(source: Path, output: Path) -> None:
    """Read a checkout of ICT FaceKit, and write the whole and the cut-down model.

    Args:
        source: the checkout, or its folder FaceXModel.
        output: a folder; made where it is missing.

    Raises:
        UnreadableSource: ``source`` is no such checkout.
        InputError: ``output`` cannot be written to.
    """
    folder = source / "FaceXModel" if (source / "FaceXModel").is_dir() else source
    first = folder / "generic_neutral_mesh.obj"
    if not first.is_file():
        raise UnreadableSource(
            f"{source} holds no FaceXModel/generic_neutral_mesh.obj; "
            "name a checkout of the public repository ICT-VGL/ICT-FaceKit"
        )
    neutral = _vertices(first)
    modes = sorted(folder.glob("identity*.obj"))
    shapes = sorted(set(folder.glob("*.obj")) - set(modes) - {first})
    if len(modes) != IDENTITIES or len(neutral) != VERTICES:
        raise UnreadableSource(
            f"{folder} has {len(modes)} identity shapes of {len(neutral)} vertices, expected "
            f"{IDENTITIES} of {VERTICES}: use the current ICT-FaceKit (Light model)"
        )
    _make_place(output)
    identity = np.stack([_vertices(path) - neutral for path in modes])
    expression = np.stack([_vertices(path) - neutral for path in shapes])
    names = np.array([path.stem for path in shapes])
    whole: dict[str, NDArray[Any]] = {
        "neutral": neutral,
        "identity": identity.astype(np.float16),
        "expression": expression.astype(np.float16),
        "expression_names": names,
        "triangles": _triangles(first),
    }
    arrayfile.write(output / HEAD_FILE, whole)
    cut = _cut(neutral, identity, expression)
    arrayfile.write(output / MESH_FILE, {"expression_names": names, **cut})
    write_whole(output / LICENCE_FILE, _licence(source, first))


def _make_place(output: Path) -> None:
    """The folder, before the work, and whether all can be written to it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(output, error) from error
    for name in (HEAD_FILE, MESH_FILE, LICENCE_FILE):
        check_place(output / name)


def turned_eyes(gaze: Float32, names: tuple[str, ...]) -> Float32:
    """Weights of the shapes by which the lids follow the gaze.

    Args:
        gaze: (n, 2) radians: to the subject's left, up.
        names: names of the expression shapes.

    Returns:
        float32 (n, len(names)).
    """
    left, up = np.rad2deg(gaze).T
    amounts = {
        "eyeLookOut_L": left / 30,
        "eyeLookIn_R": left / 30,
        "eyeLookIn_L": -left / 30,
        "eyeLookOut_R": -left / 30,
        "eyeLookUp_L": up / 25,
        "eyeLookUp_R": up / 25,
        "eyeLookDown_L": -up / 30,
        "eyeLookDown_R": -up / 30,
    }
    out = np.zeros((len(gaze), len(names)), np.float32)
    for name, amount in amounts.items():
        out[:, names.index(name)] = np.maximum(amount, 0)
    return out


def _cut(neutral: Float32, identity: Float32, expression: Float32) -> dict[str, Float32]:
    """The model at the mesh points, the inner lips and the eyes."""
    corners, weights = correspondence()

    def at_mesh(shape: Float32) -> Float32:
        return np.asarray(
            np.einsum("...pkc,pk->...pc", shape[..., corners, :], weights), np.float32
        )

    lips = list(INNER_LIPS)
    eyes = [_ball(neutral[first:end]) for first, end in SCLERAS]
    moves = [identity[:, first:end].mean(axis=1) for first, end in SCLERAS]
    return {
        "neutral": at_mesh(neutral),
        "identity": at_mesh(identity).astype(np.float16),
        "expression": at_mesh(expression).astype(np.float16),
        "inner_lip_expression": expression[:, lips],
        "eye_centre": np.stack([centre for centre, _ in eyes]),
        "eye_radius": np.array([radius for _, radius in eyes], np.float32),
        "eye_centre_identity": np.stack(moves, axis=1),
    }


def _ball(points: Float32) -> tuple[Float32, float]:
    """Centre and radius of the sphere nearest to points, by linear least squares."""
    wide = points.astype(np.float64)
    system = np.column_stack([2 * wide, np.ones(len(wide))])
    answer = np.linalg.lstsq(system, (wide**2).sum(axis=1), rcond=None)[0]
    return answer[:3].astype(np.float32), float(np.sqrt(answer[3] + answer[:3] @ answer[:3]))


def _vertices(path: Path) -> Float32:
    """The vertices of a Wavefront file, float32 (v, 3)."""
    rows = re.findall(r"^v (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return np.array(" ".join(rows).split(), dtype=np.float64).reshape(-1, 3).astype(np.float32)


def _triangles(path: Path) -> NDArray[np.int32]:
    """The polygons of a Wavefront file as triangles, (t, 3), in the file's order."""
    rows = re.findall(r"^f (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    out = []
    for row in rows:
        corners = [int(corner.split("/")[0]) - 1 for corner in row.split()]
        out += [(corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)]
    return np.array(out, np.int32)


def _licence(source: Path, mesh: Path) -> str:
    """The licence text of the checkout: its file, else the head of the mesh file."""
    for place in (source / "LICENSE", source.parent / "LICENSE"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    lines = mesh.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip("# ") for line in lines if line.startswith("#")) + "\n"
