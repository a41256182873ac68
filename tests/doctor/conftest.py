"""A store of the networks as they come with mien, whose files may be harmed."""

import shutil
from dataclasses import replace

import pytest

from mien.weights.store import open_store


@pytest.fixture
def store(front_end, tmp_path):
    """The networks in a cache and a folder of our own; nothing may be fetched."""
    real = open_store()
    home, files = tmp_path / "home", tmp_path / "files"
    shutil.copytree(real.folder, home / "weights" / real.folder.name)
    shutil.copytree(real.files, files)
    return replace(real, home=home, files=files, offline=True, source=None)
