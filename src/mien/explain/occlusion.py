"""Occlusion: how much of an answer goes when a part of the face is hidden. Needs no torch.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.
"""

import numpy as np

from mien.explain.hiding import cells_of, hidden
from mien.explain.question import Question
from mien.values import Float32

__all__ = ["occlusion"]

REACH = 1
"""Cells beyond the middle one that are hidden with it, to each side."""


def occlusion(question: Question) -> Float32:
    """How far each number falls when a square around each place is hidden.

    Args:
        question: the face.

    Returns:
        (t, g, g): in the units of the numbers; negative where hiding raises them.
    """
    side = cells_of(question.image)
    at = np.arange(side)
    near = np.abs(at[:, None] - at[None]) <= REACH  # (place, cell) along one axis
    squares = (near[:, None, :, None] & near[None, :, None, :]).reshape(-1, side, side)
    whole = question.asked(question.image[None])
    left = question.ask(lambda some: hidden(question.image, squares[some]), len(squares))
    return np.asarray((whole - left).T.reshape(-1, side, side), np.float32)
