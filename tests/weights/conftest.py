"""A small catalogue for the tests of the networks."""

from pathlib import Path

import pytest

from mien.weights.store import Store
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
