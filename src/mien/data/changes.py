"""What is done to a portrait for one picture, and what is then found on it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.data.ict import FaceModel
from mien.data.planted import Portrait, plant
from mien.data.rendered import Find
from mien.data.synthetic import lips_parted
from mien.face.geometry import SKIN
from mien.values import Float32, Image

__all__ = ["Change", "Changed", "carry_out"]

ASTRAY = 0.1
"""Where the mesh lies further away than this share of the picture, another face was found."""


@dataclass(frozen=True, eq=False)
class Change:
    """What is done to a portrait for one picture."""

    intensity: Float32
    """(38,), 0-1; whether the lips part follows from the weights."""
    weights: Float32
    """Of the expression shapes."""
    kind: int
    """Among those of the set that it is made for."""
    unit: int = 0
    """The single unit, or 0."""
    identity: Float32 | None = None
    """Another face shape."""
    turn: Float32 | None = None
    """(3, 3): of the head."""
    disturb: Callable[[Image], Image] | None = None
    """What happens to the picture afterwards."""


@dataclass(frozen=True, eq=False)
class Changed:
    """A changed picture on which the face was found again."""

    image: Image
    mesh: Float32
    """(478, 3) pixels."""
    intensity: Float32
    """(38,), 0-1."""


def carry_out(change: Change, portrait: Portrait, model: FaceModel, find: Find) -> Changed | None:
    """Change a portrait and look at it; None where the face is not found again.

    Args:
        change: what is done.
        portrait: to which.
        model: the cut-down face model.
        find: the mesh of a picture.
    """
    picture = plant(portrait, model, change.weights, change.identity, change.turn)
    if change.disturb is not None:
        picture = change.disturb(picture)
    mesh = find(picture, False)
    if mesh is None:
        return None
    moved = np.abs(mesh[:SKIN, :2] - portrait.mesh[:SKIN, :2]).mean()
    if moved > ASTRAY * len(picture):
        return None
    intensity = change.intensity.copy()
    intensity[-1] = lips_parted(model, change.weights[None])[0]
    return Changed(picture, mesh, intensity)
