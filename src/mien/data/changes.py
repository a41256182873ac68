"""What is done to a portrait for one picture, and what is then found on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from mien.data.ict import FaceModel
from mien.data.planted import Portrait, plant
from mien.data.rendered import Find
from mien.data.synthetic import lips_parted
from mien.errors import UnreadableSource
from mien.face.geometry import SKIN
from mien.values import Float32, Image

__all__ = ["Change", "Changed", "carry_out", "check_any", "together"]

_Rows = TypeVar("_Rows")

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


def together(rows: Sequence[_Rows]) -> _Rows:
    """Tables of one kind, whose fields are arrays, one below the other.

    Raises:
        UnreadableSource: see `check_any`.
    """
    check_any(rows)
    names = [one.name for one in fields(rows[0])]  # type: ignore[arg-type]  # a dataclass
    return type(rows[0])(*(np.concatenate([getattr(row, name) for row in rows]) for name in names))


def check_any(portraits: Sequence[object]) -> None:
    """Make sure that there is something to plant on, or to keep of it.

    Raises:
        UnreadableSource: there is nothing.
    """
    if not portraits:
        raise UnreadableSource(
            "nothing could be planted: on no portrait of this part a face was found that looks "
            "ahead, also when it moved; name a folder of more, or larger, faces"
        )
