"""A store of the networks as they come with mien, whose files may be harmed."""

import shutil
from dataclasses import replace
from functools import cache

import pytest

from mien.doctor import patterns
from mien.files import digest_of
from mien.weights.store import open_store

PATTERN = patterns.pattern


@pytest.fixture
def store(front_end, tmp_path):
    """The networks in a cache and a folder of our own; nothing may be fetched."""
    real = open_store()
    home, files = tmp_path / "home", tmp_path / "files"
    shutil.copytree(real.folder, home / "weights" / real.folder.name)
    shutil.copytree(real.files, files)
    return replace(real, home=home, files=files, offline=True, source=None)


@pytest.fixture(scope="session")
def first_answers():
    """What each file said when it was first asked, by its digest."""
    return {}


@pytest.fixture(autouse=True)
def _networks_asked_once(first_answers, monkeypatch):
    """The same bytes say the same: what is harmed, or converted otherwise, is asked anew."""
    really = patterns.ask

    def ask(path):
        digest = digest_of(path)
        if digest not in first_answers:
            first_answers[digest] = really(path)
        return first_answers[digest]

    monkeypatch.setattr(patterns, "ask", ask)
    monkeypatch.setattr(patterns, "pattern", _drawn)


@cache
def _kept(*shape):
    return PATTERN([*shape])


def _drawn(shape):
    """The patterns of a shape, which depend on nothing else."""
    return _kept(*shape)
