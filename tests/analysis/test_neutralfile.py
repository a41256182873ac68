"""A neutral in a file: kept, read back, and refused where it does not fit."""

import json
import pickle
import zipfile

import numpy as np
import pytest

from mien.analysis.choice import NeutralChoice
from mien.analysis.judgement import Neutral
from mien.analysis.neutralfile import is_neutral_file, read_neutral, write_neutral
from mien.errors import InputError, ShapeError

FEATURES = np.linspace(-1, 1, 1410 + 256, dtype=np.float32)
KEPT = Neutral(FEATURES, 31, "auto", 0.75, ("it smiles a little",), (6, 12))


@pytest.fixture
def anna(tmp_path):
    path = tmp_path / "anna.neutral"
    write_neutral(KEPT, path, "abc")
    return path


def test_what_is_kept_comes_back(anna):
    found = read_neutral(anna, "abc", 1666)
    np.testing.assert_array_equal(found.features, FEATURES)
    assert (found.frames, found.quality, found.source) == (31, 0.75, "file")
    assert (found.problems, found.unsettled) == (
        ("of the neutral in anna.neutral: it smiles a little",),
        (6, 12),
    )


def test_the_same_neutral_makes_the_same_file(anna, tmp_path):
    write_neutral(KEPT, tmp_path / "again", "abc")
    assert (tmp_path / "again").read_bytes() == anna.read_bytes()


def test_that_of_mesh_and_picture_serves_the_mesh_too(anna):
    np.testing.assert_array_equal(read_neutral(anna, "").features, FEATURES[:1410])


@pytest.mark.parametrize(
    ("features", "made_with", "told"),
    [(FEATURES, "abc", "another picture network"), (FEATURES[:1410], "", "the mesh alone")],
)
def test_that_of_other_networks_is_refused(features, made_with, told, tmp_path):
    path = tmp_path / "a.neutral"
    write_neutral(Neutral(features, 1, "auto", 1.0), path, made_with)
    with pytest.raises(InputError, match=rf"a\.neutral was made with {told} .* --default mesh"):
        read_neutral(path, "xyz")


def test_the_content_decides_and_not_the_name(anna, tmp_path):
    renamed = anna.rename(tmp_path / "anna.jpg")
    assert NeutralChoice.parse(str(renamed)) == NeutralChoice("file", path=renamed)
    picture = tmp_path / "b.neutral"
    picture.write_bytes(b"\x89PNG")
    assert NeutralChoice.parse(str(picture)) == NeutralChoice("picture", path=picture)
    assert not is_neutral_file(tmp_path / "missing")
    assert not is_neutral_file(tmp_path)


def test_nothing_to_keep_is_refused(tmp_path):
    with pytest.raises(ShapeError):
        write_neutral(Neutral(None, 0, "none", 0.0), tmp_path / "a", "")
    assert list(tmp_path.iterdir()) == []


class Hostile:
    """Would make a folder if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).mkdir, (self.path,))


def test_damaged_and_hostile_files_are_refused_and_nothing_is_executed(anna, tmp_path):
    (tmp_path / "short").write_bytes(anna.read_bytes()[:900])
    with zipfile.ZipFile(tmp_path / "empty", "w") as file:
        file.writestr("note.txt", "nothing")
    with zipfile.ZipFile(tmp_path / "pickled", "w") as file:
        file.writestr("features.npy", pickle.dumps(Hostile(tmp_path / "made")))
        file.writestr("facts.npy", pickle.dumps(Hostile(tmp_path / "made")))
    objects = np.array([Hostile(tmp_path / "made")], object)
    with (tmp_path / "objects").open("wb") as file:
        np.savez(file, features=objects, facts=objects)
    for name in ("short", "empty", "pickled", "objects"):
        with pytest.raises(InputError, match=rf"{name} is damaged or no neutral"):
            read_neutral(tmp_path / name, "abc")
    assert not (tmp_path / "made").exists()
    with pytest.raises(InputError, match="not there"):
        read_neutral(tmp_path / "missing", "abc")


def changed(path, **more):
    with np.load(path) as archive:
        parts = {name: archive[name] for name in archive}
    if facts := more.pop("facts", None):
        parts["facts"] = np.array(json.dumps(json.loads(str(parts["facts"])) | facts))
    with path.open("wb") as file:
        np.savez(file, **(parts | more))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"facts": {"format": 2}}, "format 2, this version reads 1"),
        ({"facts": {"quality": "good"}}, "damaged"),
        ({"features": FEATURES.astype(np.float64)}, "float64"),
        ({"features": FEATURES[:99]}, r"\(99,\)"),
        ({"features": FEATURES[:1410]}, "1410 numbers, expected 1666"),
        ({"facts": {"quality": 7.5}}, "quality 7.5, 31 frames"),
        ({"facts": {"frames": 0}}, "0 frames"),
        ({"facts": {"unsettled": [99]}}, r"units \[99\]"),
        ({"features": np.full(1666, np.nan, np.float32)}, "numbers that are none"),
    ],
)
def test_strange_contents_are_told(anna, more, told):
    changed(anna, **more)
    with pytest.raises(InputError, match=told):
        read_neutral(anna, "abc", 1666)
