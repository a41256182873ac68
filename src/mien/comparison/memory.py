"""How much memory reading faces takes: a process of its own opens a network and asks it once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import mien
from mien.comparison.looks import Looks, read_faces
from mien.comparison.shipped import way_of
from mien.face.geometry import SKIN, reference
from mien.runtime import BATCH, Predictor, open_session
from mien.values import MESH_POINTS

__all__ = ["memory_of", "read_once"]

CODE = """
import sys
sys.path.insert(0, sys.argv[2])
from mien.comparison.memory import read_once
read_once(sys.argv[1], int(sys.argv[3]))
"""

SIDE = 200
"""Of the picture from which the default networks cut."""
SECONDS = 600
"""After which the process is given up."""


def memory_of(what: str, side: int = 0) -> float | None:
    """Megabytes that a process grows by when it opens a network and reads BATCH faces.

    The runtime and numpy are loaded before and not counted; the peak counts, on one thread. None
    where the system does not tell (Windows), or the process cannot be started.

    Args:
        what: the whole path of a file, or the default networks by their word.
        side: of the one picture that a detector reads; 0 of networks of faces.
    """
    root = Path(mien.__file__).parents[1]
    try:
        run = subprocess.run(
            [sys.executable, "-c", CODE, what, str(root), str(side)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    grown = found.get("megabytes")
    return float(grown) if isinstance(grown, float) else None


def read_once(what: str, side: int = 0) -> None:
    """Open a network, ask it as `memory_of` says, and print what that took; for that process."""
    import onnxruntime  # noqa: F401 - loaded before the first look

    way = way_of(Path(what))
    before = _peak()
    if side:
        grey = np.full((1, 3, side, side), 0.5, np.float32)
        open_session(Path(what)).run(["boxes", "scores"], {"image": grey})
    elif way is not None:
        _read_default(way)
    else:
        _read_file(Path(what))
    after = _peak()
    grown = None if before is None or after is None else after - before
    sys.stdout.write(json.dumps({"megabytes": grown}) + "\n")


def _read_file(file: Path) -> None:
    """One file."""
    predictor = Predictor(file)
    spec = predictor.spec
    images = np.full((BATCH, spec.size, spec.size, 3), 128, np.uint8)
    points = None
    if spec.points:
        random = np.random.default_rng(0)
        spread = 0.3 * random.uniform(-1, 1, (BATCH, int(spec.points), 2))
        points = (spec.size * (0.5 + spread)).astype(np.float32)
    predictor.score_crops(images, points)


def _read_default(way: str) -> None:
    """The default networks, with a face whose mesh is known."""
    image = np.full((SIDE, SIDE, 3), 128, np.uint8)
    mesh = np.zeros((MESH_POINTS, 3), np.float32)
    mesh[:SKIN] = (reference()[0] * [1, -1, -1] + [1, 1, 0]) * SIDE / 2
    mesh[SKIN:] = mesh[33]
    read_faces(Looks().add(way), [image] * BATCH, [mesh] * BATCH)


def _peak() -> float | None:
    """Largest resident memory of this process so far in megabytes.

    Linux is asked for that of this program alone: what it tells of the process counts the one that
    started it too.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").split("\n")
        return next(int(one.split()[1]) / 2**10 for one in lines if one.startswith("VmHWM"))
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # of macOS, in bytes
