"""The crop that expressions do not move: placed by the points of the face that hardly move.

Brows and mouth must not decide where a crop lies whose network reads brows and mouth.
"""

import numpy as np
from numpy.typing import NDArray

from mien.face.affine import inverse, sample
from mien.face.geometry import placement
from mien.values import Float32, Image

__all__ = ["SIDE", "SPAN", "steady_crop", "steady_matrix"]

SIDE = 112
"""Pixels of the crop that the picture network reads."""
CENTRE = np.array([0, -0.03, -0.05])
"""Middle of the crop on the reference face, in distances between the outer eye corners."""
SPAN = 1.815
"""Side of the crop in the same unit."""
FLIP = np.array([1, -1, -1])


def steady_matrix(mesh: Float32, size: int) -> NDArray[np.float64]:
    """Give the map of frame pixels to the pixels of the crop.

    The crop is a square of 1.815 eye distances, upright with the head, as large as the face is in
    space: turning the head to the side does not make it smaller.

    Args:
        mesh: float32 (478, 3) or (468, 3) in frame pixels.
        size: side of the crop.

    Returns:
        (2, 3); the centre of the top left pixel is (0, 0) on both sides.
    """
    back, scale, middle, goal = placement(mesh * FLIP)
    centre = ((CENTRE - goal) @ back.T / scale + middle) * FLIP
    up = (back @ np.array([0.0, 1.0, 0.0])) * FLIP
    angle = np.arctan2(up[0], -up[1])
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = size / SPAN * scale * np.array([[cosine, sine], [-sine, cosine]])
    return np.column_stack([turn, (size - 1) / 2 - turn @ centre[:2]])


def steady_crop(image: Image, mesh: Float32) -> Image:
    """The crop that the picture network reads.

    Args:
        image: the frame; beyond its edge its last pixels go on. Squares of as many of its pixels
            as lie beside each other in one of the crop, to the nearest number, are averaged.
        mesh: float32 (478, 3) in pixels of the frame.

    Returns:
        uint8 (112, 112, 3).
    """
    back = inverse(steady_matrix(mesh, SIDE))
    return sample(image, back, SIDE, "edge", max(1, round(np.hypot(*back[:, 0]))))
