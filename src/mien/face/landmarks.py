"""Where things are on the 478-point mesh, and the same face in schemes of fewer points.

Left and right are the person's: the right eye is the one on the left of an unmirrored picture.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError
from mien.face.geometry import reference
from mien.values import MESH_POINTS, Float32

__all__ = [
    "LEFT_BROW",
    "LEFT_EYE",
    "LEFT_EYE_RING",
    "LEFT_IRIS",
    "LIPS",
    "LIPS_INNER",
    "LIPS_OUTER",
    "OUTER_EYE_CORNERS",
    "OVAL",
    "RIGHT_BROW",
    "RIGHT_EYE",
    "RIGHT_EYE_RING",
    "RIGHT_IRIS",
    "SCHEMES",
    "Scheme",
    "eye_centres",
    "landmarks",
    "mirror",
    "reduce",
]

Indices = tuple[int, ...]
Real = TypeVar("Real", bound=np.floating)

# The order of these three lists is the order of the mesh network's refined outputs.
# fmt: off
LIPS: Indices = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
)
RIGHT_EYE: Indices = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245,
    156, 70, 63, 105, 66, 107, 55, 193,
)
LEFT_EYE: Indices = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465,
    383, 300, 293, 334, 296, 336, 285, 417,
)
OVAL: Indices = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)
# fmt: on
LIPS_OUTER: Indices = LIPS[:20]
LIPS_INNER: Indices = LIPS[20:40]
RIGHT_EYE_RING: Indices = RIGHT_EYE[:16]
LEFT_EYE_RING: Indices = LEFT_EYE[:16]
RIGHT_BROW: Indices = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
"""Five points of the upper edge from the outer end inward, then five of the lower edge."""
LEFT_BROW: Indices = (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
RIGHT_IRIS: Indices = (468, 469, 470, 471, 472)
"""Centre, edge towards the right of the image, top, edge towards the left of the image, bottom."""
LEFT_IRIS: Indices = (473, 474, 475, 476, 477)
OUTER_EYE_CORNERS: tuple[int, int] = (33, 263)
"""The right eye's, the left eye's: their distance is the unit of most measures here."""

# fmt: off
_IBUG_68: Indices = (
    127, 234, 93, 58, 172, 136, 149, 176, 152, 400, 378, 365, 397, 288, 323, 454, 356,  # jaw
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 5, 4, 60, 20, 2, 250, 290,  # nose
    33, 160, 157, 133, 153, 163, 362, 384, 387, 263, 390, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91,  # outer lip
    78, 81, 13, 311, 308, 402, 14, 178,  # inner lip
)
# fmt: on
_WITHOUT_INNER_CORNERS: Indices = tuple(i for i in range(68) if i not in (60, 64))
_IRIS_MIRROR: Indices = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)
"""Mirrored 468 to 477: the edges towards the right and the left of the image change places."""


class Scheme(NamedTuple):
    """How the points of a scheme come from the mesh."""

    points: tuple[Indices, ...]
    """For each point the mesh points of which it is the mean; mostly a single one."""
    meaning: str


def _single(indices: Indices) -> tuple[Indices, ...]:
    return tuple((index,) for index in indices)


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "478": Scheme(_single(tuple(range(MESH_POINTS))), "the mesh itself"),
        "68": Scheme(_single(_IBUG_68), "iBUG: jaw, brows, nose, eyes, outer lip, inner lip"),
        "66": Scheme(
            _single(tuple(_IBUG_68[i] for i in _WITHOUT_INNER_CORNERS)),
            "iBUG without the inner mouth corners",
        ),
        "49": Scheme(
            _single(tuple(_IBUG_68[i] for i in _WITHOUT_INNER_CORNERS if i >= 17)),
            "iBUG without the jaw and the inner mouth corners",
        ),
        "5": Scheme(
            (RIGHT_EYE_RING, LEFT_EYE_RING, (4,), (61,), (291,)),
            "centre of the right and the left eye, nose tip, right and left mouth corner",
        ),
    }
)


def eye_centres(points: NDArray[Real]) -> tuple[NDArray[Real], NDArray[Real]]:
    """The means of the points of both eyes: the right one, towards the left of the picture, first.

    Args:
        points: (..., 49, 2), scheme "49".

    Returns:
        (..., 2) each.
    """
    return points[..., 19:25, :].mean(axis=-2), points[..., 25:31, :].mean(axis=-2)


def landmarks(mesh: Float32, scheme: str) -> Float32:
    """Give the face's points in one of the ``SCHEMES``.

    Args:
        mesh: float32 (478, 3) or (478, 2), in pixels.
        scheme: "478", "68", "66", "49" or "5".

    Returns:
        float32 (p, 2), x and y in the mesh's pixels.

    Raises:
        InputError: there is no such scheme.
        ShapeError: ``mesh`` has another number of points.
    """
    if mesh.ndim != 2 or mesh.shape[0] != MESH_POINTS or mesh.shape[1] < 2:
        raise ShapeError(f"got a mesh of shape {mesh.shape}, expected ({MESH_POINTS}, 3)")
    points = _scheme(scheme).points
    flat = mesh[[index for group in points for index in group], :2]
    if len(flat) == len(points):
        return flat.astype(np.float32, copy=False)
    starts = np.cumsum([0] + [len(group) for group in points[:-1]])
    sums = np.add.reduceat(flat.astype(np.float64), starts, axis=0)
    return (sums / [[len(group)] for group in points]).astype(np.float32)


def reduce(points: Float32, scheme: str, wanted: str) -> Float32:
    """Give the points of a smaller scheme out of a larger one: 66 or 49 out of 68.

    Args:
        points: float32 (..., p, 2) in the order of ``scheme``.
        scheme: which points they are, one of SCHEMES.
        wanted: the smaller scheme, or the same.

    Returns:
        float32 (..., q, 2).

    Raises:
        InputError: there is no such scheme, or it has points that ``scheme`` lacks.
        ShapeError: ``points`` has another number of points.
    """
    have, want = _scheme(scheme).points, _scheme(wanted).points
    if points.ndim < 2 or points.shape[-2] != len(have) or points.shape[-1] != 2:
        raise ShapeError(
            f"got landmarks of shape {points.shape}, expected (..., {len(have)}, 2) for {scheme}"
        )
    if scheme == wanted:
        return points
    places = {group: place for place, group in enumerate(have)}
    if not places.keys() >= set(want):
        raise InputError(f"the scheme {scheme} lacks points of the scheme {wanted}")
    return points[..., [places[group] for group in want], :]


@cache
def mirror(scheme: str) -> NDArray[np.intp]:
    """Give the table that reorders a mirrored face's points: ``mirrored = points[table]``.

    Mirroring x alone is not enough: what was the right eye is then named the left one.
    The table is its own inverse.
    """
    mesh = np.concatenate([reference()[1], np.array(_IRIS_MIRROR)])
    groups = [frozenset(group) for group in _scheme(scheme).points]
    mirrored = [frozenset(int(mesh[index]) for index in group) for group in groups]
    places = {group: place for place, group in enumerate(groups)}
    table = np.array([places[group] for group in mirrored], np.intp)
    table.flags.writeable = False
    return table


def _scheme(name: str) -> Scheme:
    if name not in SCHEMES:
        raise InputError(f"there is no scheme {name!r}; choose one of {', '.join(SCHEMES)}")
    return SCHEMES[name]
