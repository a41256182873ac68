"""Fixtures that every test may ask for."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import PIL.Image
import pytest

import mien
from mien.animation.events import Event, Script
from mien.animation.warp import Puppet
from mien.data import ict
from mien.errors import WeightsError
from mien.video.writer import VideoWriter
from mien.weights.store import model_path

REPOSITORY = Path(__file__).parent.parent

hypothesis.settings.register_profile("house", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of development data beside the checkout; the test is skipped without it."""
    folder = Path(os.environ.get("MIEN_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "parity").is_dir():
        pytest.skip("needs the development data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def face_data(request, tmp_path_factory) -> Path:
    """Folder of the prepared face model: the user's (MIEN_DATA), or of the development data."""
    if named := os.environ.get("MIEN_DATA"):
        return Path(named)
    data, folder = request.getfixturevalue("shared") / "data", tmp_path_factory.mktemp("face")
    with np.load(data / "ict_to_mesh468.npz") as file:
        np.savez(folder / ict.MESH_FILE, **file)
    with np.load(data / "ict_face.npz") as file:
        shapes = {
            kind: (file[kind] * file[f"{kind}_scale"][:, None, None]).astype(np.float16)
            for kind in ("identity", "expression")
        }
        quads = file["polygons"]
        shapes["triangles"] = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        kept = {name: file[name] for name in ("neutral", "expression_names")}
        np.savez(folder / ict.HEAD_FILE, **shapes, **kept)
    return folder


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Interruptions arrive, also in a run in the background, which is started deaf to them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """The public-domain portrait of scikit-image: one smiling face, (512, 512, 3)."""
    return pytest.importorskip("skimage.data").astronaut()


@pytest.fixture(scope="session")
def face_models() -> dict[str, Path]:
    """The face models' ONNX files by name; the test is skipped where they cannot be had."""
    try:
        return {name: model_path(name) for name in ("face-short", "face-full", "face-mesh")}
    except WeightsError as error:
        pytest.skip(f"needs the face models: {str(error).partition(':')[0]}")


@pytest.fixture(scope="session")
def front_end(face_models) -> None:
    """The face models are there, for what opens them by itself."""


@pytest.fixture(scope="session")
def photo(astronaut, front_end, tmp_path_factory) -> Path:
    """The portrait as a file."""
    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    PIL.Image.fromarray(astronaut).save(path)
    return path


BLANK = range(60, 66)
"""Frames of the clip that show no face."""


@pytest.fixture(scope="session")
def clip(astronaut, front_end, tmp_path_factory) -> Path:
    """Three seconds, 320x240, 30 frames/s: the smile is taken back, then the jaw drops at 0.8 s, a
    blink follows at 1.6 s, a few blank frames at 2 s, a brow raise at 2.3 s."""
    image = np.ascontiguousarray(
        PIL.Image.fromarray(astronaut[20:212, 96:352]).resize((320, 240), PIL.Image.BICUBIC)
    )
    puppet = Puppet(image, mien.find_faces(image)[0])
    script = Script(
        (
            Event({(26, ""): 4.0}, start=0.8, duration=0.6, ramp=0.2),
            Event({(43, ""): 5.0}, start=1.6, duration=0.3),
            Event({(1, ""): 5.0, (2, ""): 5.0}, start=2.3, duration=0.6, ramp=0.2),
        ),
        3.0,
        30,
    )
    path = tmp_path_factory.mktemp("clip") / "moving.mp4"
    with VideoWriter(path, 320, 240) as writer:
        for index, time in enumerate(script.times):
            shown = puppet.picture({**script.at(time), (12, ""): -4.0})
            writer.write(np.full_like(image, 90) if index in BLANK else shown, time)
    return path
