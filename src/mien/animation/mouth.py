"""What is seen between lips that part: the teeth of the picture, else painted ones and the dark."""

import numpy as np

from mien.animation.moves import LIPS
from mien.animation.sampling import sample, soften
from mien.animation.skin import Points, Skin
from mien.face.triangles import MOUTH, mesh_triangles, rasterise, triangle_regions
from mien.values import Float32, Image

__all__ = ["Mouth"]

_DARK = np.array([36, 15, 17], np.float32)
_TONGUE = np.array([112, 52, 52], np.float32)
_TEETH = np.array([190, 181, 168], np.float32)
_CHEEKS = [50, 280, 205, 425, 4]
# Points that tell how light the face is; a fair skin in even light has about this value:
_FAIR = 165
# The following are in outer-eye-corner distances.
_SHOWN = 0.04
# Lips this far apart show what is behind them.
_OPENS = (0.01, 0.05)
# By so much lips must part for the dark to begin, and to be whole.
_TOOTH = 0.075
_LARGEST = 4096
# Pixels: no mouth is wider, whatever a mesh says.
_FINE = 4
# Parts of a pixel in which the edge of the lips is drawn.


class Mouth:
    """The inside of one mouth.

    Args:
        image: the picture.
        skin: the face in it.
    """

    def __init__(self, image: Image, skin: Skin) -> None:
        self._scale = skin.scale
        self._down = skin.down
        self._gap = self._gaps(skin.points)
        self._shown = bool(self._gap.max() > _SHOWN * skin.scale)
        rims = skin.points[np.concatenate(LIPS), :2]
        self._corner = np.floor(rims.min(axis=0)) - 2
        width, height = np.clip(np.ptp(rims, axis=0) + 6, 1, _LARGEST).astype(int)
        triangles = mesh_triangles()[triangle_regions() == MOUTH]
        fine = (skin.points[:, :2] - self._corner + 0.5) * _FINE - 0.5
        index, _ = rasterise(fine, triangles, height * _FINE, width * _FINE)
        seen = (index >= 0).reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))
        self._seen = np.minimum(2 * soften(seen.astype(np.float32)[:, :, None]), 1)
        cheeks = sample(image, skin.points[_CHEEKS, :2])
        self._light = float(np.clip(np.median(cheeks) / _FAIR, 0.25, 1.1))

    def traits(self, moved: Points) -> Float32:
        """Numbers of each rim point that are interpolated over the opening.

        Returns:
            float32 (468, 4): how much it has opened, 0-1; height of the opening in pixels; 0 on
            the upper and 1 on the lower rim; place along the rim, from -1 to 1.
        """
        traits = np.zeros((len(moved), 4), np.float32)
        gap = self._gaps(moved)
        least, whole = (side * self._scale for side in _OPENS)
        opened = np.clip((gap - self._gap - least) / (whole - least), 0, 1)
        opened[[0, -1]] = opened[[1, -2]] / 2
        for low, rim in enumerate(LIPS):
            traits[rim] = np.column_stack(
                [opened, gap, gap * 0 + low, np.linspace(-1, 1, len(rim))]
            )
        return traits

    def cover(self, traits: Float32, places: Float32) -> Float32:
        """Paint over what the picture does not show of the inside.

        Args:
            traits: float32 (n, 4), of the pixels.
            places: float32 (n, 2), where in the picture the pixels come from.

        Returns:
            float32 (n, 4): R, G, B and how much they cover, 0-1.
        """
        opened, gap, low, along = traits.T
        colour = _DARK + _ramp(low, 0.5, 1.1)[:, None] * (_TONGUE - _DARK)
        covers = opened.copy()
        if self._shown:
            covers *= 1 - sample(self._seen, places - self._corner)[:, 0]
        else:
            tooth = np.minimum(_TOOTH * self._scale, 0.45 * gap) * (1 - along**2)
            white = _ramp(tooth - gap * low, 0, 0.02 * self._scale)[:, None]
            white *= _ramp(0.7 - abs(along), 0, 0.3)[:, None]
            colour += white * (_TEETH - colour)
        return np.column_stack([colour * self._light, covers]).astype(np.float32)

    def _gaps(self, points: Points) -> Points:
        """Heights of the opening in pixels at the 11 pairs of rim points."""
        upper, lower = LIPS
        return np.asarray((points[lower] - points[upper])[:, :2] @ self._down)


def _ramp(values: Float32, start: float, end: float) -> Float32:
    """0 up to ``start``, 1 from ``end`` on, straight in between."""
    return np.asarray(np.clip((values - start) / (end - start), 0, 1), np.float32)
