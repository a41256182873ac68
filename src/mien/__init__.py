"""mien reads faces: action units, expressions, head pose, gaze and blinks.

Names are loaded when they are first used, so that importing mien costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.analysis.pipeline import analyze
    from mien.analysis.stream import FrameReading, find_faces, stream
    from mien.errors import (
        InputError,
        MienError,
        MissingExtra,
        OfflineError,
        ShapeError,
        UnreadableSource,
        WeightsError,
    )
    from mien.spec import ModelSpec
    from mien.values import Crop, Face, Frame, Scores

__all__ = [
    "Crop",
    "Face",
    "Frame",
    "FrameReading",
    "InputError",
    "MienError",
    "MissingExtra",
    "ModelSpec",
    "OfflineError",
    "Scores",
    "ShapeError",
    "UnreadableSource",
    "WeightsError",
    "analyze",
    "find_faces",
    "stream",
]

_ROOMS = {
    "Crop": "values",
    "Face": "values",
    "Frame": "values",
    "ModelSpec": "spec",
    "FrameReading": "analysis.stream",
    "Scores": "values",
    "analyze": "analysis.pipeline",
    "find_faces": "analysis.stream",
    "stream": "analysis.stream",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    room = import_module(f"mien.{_ROOMS.get(name, 'errors')}")
    return getattr(room, name)


def __dir__() -> list[str]:
    return sorted(__all__)
