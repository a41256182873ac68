"""A person's neutral in a file, to be used for other recordings of the same person.

The file is a small archive of numbers: the description of the face and, as JSON, how good it is. It
holds no picture, but the shape of a face is personal: keep it as you keep the recordings.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.analysis.judgement import Neutral
from mien.errors import InputError, ShapeError
from mien.face.geometry import FEATURES
from mien.facs.units import UNITS
from mien.files import whole_file
from mien.values import Float32

__all__ = ["is_neutral_file", "read_neutral", "write_neutral"]

FORMAT = 1
MAGIC = b"PK\x03\x04"
"""What archives begin with; no picture does."""


def is_neutral_file(path: Path) -> bool:
    """Whether a file is such an archive, whatever its name; a missing one is not."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def write_neutral(neutral: Neutral, path: Path, picture: str) -> None:
    """Write a neutral; the file appears under its name when it is complete.

    Args:
        neutral: with features.
        path: the file.
        picture: SHA-256 of the network that described the picture, "" for the mesh alone.

    Raises:
        InputError: it cannot be written.
        ShapeError: it has no features.
    """
    if neutral.features is None:
        raise ShapeError("got a neutral without features, expected one to keep")
    facts = {
        "format": FORMAT,
        "picture": picture,
        "frames": neutral.frames,
        "quality": neutral.quality,
        "problems": list(neutral.problems),
        "unsettled": list(neutral.unsettled),
    }
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, features=neutral.features, facts=np.array(json.dumps(facts)))


def read_neutral(path: Path, picture: str, length: int = FEATURES) -> Neutral:
    """Read a neutral for a way of reading.

    Args:
        path: the file.
        picture: SHA-256 of the network that describes the picture now, "" where the mesh alone is
            read; a neutral of mesh and picture serves that too.
        length: how many numbers describe a face now.

    Raises:
        InputError: it is no neutral, damaged, or made for other networks.
    """
    features, facts = _parts(path)
    if picture and facts.picture != picture:
        made = "another picture network" if facts.picture else "the mesh alone"
        raise InputError(
            f"{path} was made with {made} and cannot be used with this default; make it again "
            "with mien neutral, or read with --default mesh"
        )
    if picture and len(features) != length:
        raise InputError(
            f"{path} holds {len(features)} numbers, expected {length}; make it again with mien "
            "neutral"
        )
    return Neutral(
        features if picture else features[:FEATURES],
        facts.frames,
        "file",
        facts.quality,
        tuple(f"of the neutral in {path.name}: {problem}" for problem in facts.problems),
        facts.unsettled,
    )


@dataclass(frozen=True)
class _Facts:
    """What stands beside the description."""

    format: int
    picture: str
    frames: int
    quality: float
    problems: tuple[str, ...]
    unsettled: tuple[int, ...]


def _parts(path: Path) -> tuple[Float32, _Facts]:
    """The description and the facts, checked."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            features = np.asarray(archive["features"])
            said = json.loads(str(archive["facts"]))
        facts = _Facts(
            int(said["format"]),
            str(said["picture"]),
            int(said["frames"]),
            float(said["quality"]),
            tuple(str(problem) for problem in said["problems"]),
            tuple(int(unit) for unit in said["unsettled"]),
        )
    except FileNotFoundError:
        raise InputError(f"{path} is not there; expected a file that mien neutral wrote") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is damaged or no neutral; expected a file that mien neutral wrote"
        ) from error
    if facts.format != FORMAT:
        raise InputError(
            f"{path} is a neutral of format {facts.format}, this version reads {FORMAT}; "
            "make it again with mien neutral"
        )
    if features.dtype != np.float32 or features.ndim != 1 or len(features) < FEATURES:
        raise InputError(
            f"{path} holds {features.dtype} numbers of shape {features.shape}, expected float32 "
            f"({FEATURES},) or more; make it again with mien neutral"
        )
    known = set(facts.unsettled) <= set(UNITS)
    if not 0 <= facts.quality <= 1 or facts.frames < 1 or not known:
        raise InputError(
            f"{path} says quality {facts.quality:g}, {facts.frames} frames, unsettled units "
            f"{list(facts.unsettled)}: that cannot be; make it again with mien neutral"
        )
    if not np.isfinite(features).all():
        raise InputError(f"{path} holds numbers that are none; make it again with mien neutral")
    return features, facts
