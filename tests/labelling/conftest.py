"""A folder of small pictures, and a server of its page that runs for one test."""

import threading
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from mien.labelling.server import Server
from mien.labelling.shown import Viewer
from mien.labelling.work import Work
from mien.values import Face

NAMES = ("awake", "sleep")


def write_picture(path: Path, size=(80, 60)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shade = np.linspace(0, 255, size[0] * size[1] * 3).astype(np.uint8)
    PIL.Image.fromarray(shade.reshape(size[1], size[0], 3)).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Five pictures, one of them in a folder below."""
    root = tmp_path / "forty"
    for name in ("1.png", "2.png", "3.png", "10.png", "more/1.png"):
        write_picture(root / name)
    return root


def found(image):
    """One face in the middle of every picture."""
    height, width = image.shape[:2]
    box = np.array([0.25 * width, 0.25 * height, 0.75 * width, 0.75 * height]) - 0.5
    return [Face(box.astype(np.float32), 1.0)]


@pytest.fixture
def served(folder):
    """The server of the folder, which runs."""
    with Server(Work(folder, NAMES), Viewer(found)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
