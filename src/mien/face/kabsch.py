"""The rotation that lays one set of points on another one: Kabsch 1976, Umeyama 1991."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["kabsch"]


def kabsch(
    products: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The rotations nearest to maps, and by how much the maps stretch along them.

    Args:
        products: (..., 3, 3), ``source.T @ goal`` of centred points (p, 3).

    Returns:
        (..., 3, 3), rotations, never reflections, for which ``source @ rotation`` is nearest to the
        goal; and (...,), the stretch: divided by the sum of squares of the source it is the scale
        of the nearest similarity transform.

    >>> kabsch(np.diag([3.0, 2.0, 1.0]))[1].round(6).tolist()
    6.0
    """
    left, stretch, right = np.linalg.svd(products)
    sign = np.ones_like(stretch)
    sign[..., 2] = np.sign(np.linalg.det(left @ right))
    return (left * sign[..., None, :]) @ right, (stretch * sign).sum(axis=-1)
