"""What a detector of one's own says of each face, as columns of the AU table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.results.table import detected_column
from mien.values import Float32

__all__ = ["class_columns"]


def class_columns(
    classes: Sequence[str], scores: Float32
) -> dict[str, list[object] | NDArray[np.generic]]:
    """The score of each class, and ``detected``, the class of the highest.

    Args:
        classes: their names.
        scores: (n, c), 0-1; NaN where the detector has no box on the face.
    """
    columns: dict[str, list[object] | NDArray[np.generic]] = {
        detected_column(name).name: column for name, column in zip(classes, scores.T, strict=True)
    }
    seen = np.asarray(~np.isnan(scores).any(axis=1))
    best = np.where(seen[:, None], scores, 0).argmax(axis=1)
    columns["detected"] = [
        classes[place] if there else None
        for place, there in zip(best.tolist(), seen.tolist(), strict=True)
    ]
    return columns
