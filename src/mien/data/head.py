"""The whole head of the face model: its vertices for a person and an expression, and its parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.ict import HEAD_FILE, SCLERAS, correspondence, prepared, turned_eyes
from mien.values import Float32

__all__ = ["NUMBERS", "PARTS", "Head", "load"]

PARTS: dict[str, tuple[int, int]] = {
    "face": (0, 9409),
    "head": (9409, 11248),
    "mouth": (11248, 13294),
    "eye_sockets": (13294, 14062),
    "gums": (14062, 17039),
    "teeth": (17039, 21451),
    "left_eye": (21451, 23021),
    "right_eye": (23021, 24591),
    "lashes": (25351, 26719),
}
"""First and end vertex of the parts that are rendered; wet rims and eye shadows are left out."""

NUMBERS = {name: number for number, name in enumerate(PARTS)}
"""Number of a part, as `Head.part` has it, by name."""

INSIDE = ("mouth", "eye_sockets", "lashes")
"""Parts that are seen from either side."""

EYES = ((23021, 24591), (21451, 23021))
"""First and end vertex of the right and of the left eyeball."""


@dataclass(frozen=True, eq=False)
class Head:
    """Vertices in centimetres: x to the subject's left, y up, z to the viewer."""

    neutral: Float32
    """(26719, 3)."""
    identity: Float32
    """(100, 26719, 3)."""
    expression: NDArray[np.float16]
    """(57, 26719, 3)."""
    names: tuple[str, ...]
    triangles: NDArray[np.int32]
    """(t, 3), of the rendered parts."""
    part: NDArray[np.int8]
    """(t,), number of the part of each triangle."""

    def person(self, identity: Float32) -> Float32:
        """The neutral head of a person, (26719, 3); ``identity`` is (100,)."""
        flat = self.identity.reshape(len(self.identity), -1)
        return self.neutral + (identity @ flat).reshape(-1, 3).astype(np.float32)

    def express(self, person: Float32, weights: Float32, gaze: Float32) -> Float32:
        """A person's head with an expression.

        Args:
            person: (26719, 3), from `person`.
            weights: (57,) of the expression shapes.
            gaze: (2,) radians: to the subject's left, up; moves the eyeballs and the lids.
        """
        weights = weights + turned_eyes(gaze[None], self.names)[0]
        out = person.copy()
        for shape in np.nonzero(weights > 1e-4)[0]:
            out += weights[shape] * self.expression[shape].astype(np.float32)
        turn = _turn(*gaze)
        for (first, end), (white, last) in zip(EYES, SCLERAS, strict=True):
            centre = person[white:last].mean(axis=0) + self._to_centre(white, last)
            out[first:end] = (person[first:end] - centre) @ turn.T + centre
        return out

    def mesh(self, vertices: Float32) -> Float32:
        """The 468 mesh points on a head, (468, 3) or any trailing shape."""
        corners, weights = correspondence()
        return np.asarray(np.einsum("pkc,pk->pc", vertices[corners], weights), np.float32)

    def _to_centre(self, first: int, end: int) -> Float32:
        """From the mean of the white of the eye to the eyeball's centre, in the neutral head."""
        points = self.neutral[first:end].astype(np.float64)
        system = np.column_stack([2 * points, np.ones(len(points))])
        answer = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
        return np.asarray((answer[:3] - points.mean(axis=0)), np.float32)


def load(folder: Path) -> Head:
    """Read the whole model from the folder that `mien.data.ict.prepare` filled.

    Raises:
        UnreadableSource: it is not there, or is damaged.
    """
    names = ("neutral", "identity", "expression", "expression_names", "triangles")
    file = prepared(folder, HEAD_FILE, names)
    triangles, part = _rendered(file["triangles"], list(PARTS.values()))
    return Head(
        file["neutral"],
        file["identity"].astype(np.float32),
        file["expression"],
        tuple(str(name) for name in file["expression_names"]),
        triangles,
        part,
    )


def _rendered(
    triangles: NDArray[np.int32], ranges: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """The triangles of the rendered parts, with the number of their part."""
    part = np.full(len(triangles), -1, np.int8)
    for number, (first, end) in enumerate(ranges):
        part[(triangles[:, 0] >= first) & (triangles[:, 0] < end)] = number
    return triangles[part >= 0], part[part >= 0]


def _turn(left: float, up: float) -> Float32:
    """Rotation of an eyeball that looks to the subject's left and up."""
    about_x = np.array([[1, 0, 0], [0, np.cos(up), np.sin(up)], [0, -np.sin(up), np.cos(up)]])
    about_y = np.array(
        [[np.cos(left), 0, np.sin(left)], [0, 1, 0], [-np.sin(left), 0, np.cos(left)]]
    )
    return np.asarray((about_y @ about_x), np.float32)
