"""From a picture to a clip with its truth beside it, and what the mesh sees of it."""

import csv
import json
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from mien.animation.animate import animate, choose, resize
from mien.animation.events import Event, Script
from mien.animation.planted import planted_path
from mien.animation.warp import Puppet
from mien.errors import InputError
from mien.values import Face

SCRIPT = Script(
    [Event({(12, "L"): 4.0, (26, ""): 3.0}, 0.2, 0.6, 0.2), Event({(43, ""): 5.0}, 0.9, 0.2)],
    length=1.2,
    rate=20,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory, picture, face):
    folder = tmp_path_factory.mktemp("clip")
    done = []
    files = animate(picture, face, SCRIPT, folder / "clip.mp4", done.append)
    assert done == list(range(24))
    return files


def test_clip_has_its_frames_at_their_times(made, picture, face):
    assert [path.name for path in made] == [
        *("clip.mp4", "clip.mp4.planted.csv", "clip.mp4.planted.json")
    ]
    with av.open(str(made[0])) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(0)]
    np.testing.assert_allclose([time for time, _ in frames], SCRIPT.times, atol=1e-4)
    apex = Puppet(picture, face).picture(SCRIPT.at(0.5))
    difference = np.abs(frames[10][1].astype(int) - apex)
    assert difference.mean() < 4  # of the codec
    assert np.abs(frames[0][1].astype(int) - apex).mean() > difference.mean() + 0.5


def test_table_says_what_was_planted(made):
    with made[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("source", "frame", "time", "face"),
        *("AU12", "AU12_L", "AU26", "AU43", "AU43_L", "AU43_R"),
    ]
    assert len(rows) == 24
    assert float(rows[0]["AU12"]) == 0
    apex = rows[10]
    assert float(apex["time"]) == pytest.approx(0.5)
    assert [float(apex[name]) for name in ("AU12", "AU12_L", "AU26", "AU43")] == [2, 4, 3, 0]
    assert float(rows[20]["AU43_R"]) == pytest.approx(5)


def test_events_stand_beside_it(made):
    facts = json.loads(made[2].read_text())
    smile, blink = facts["events"]
    assert smile["units"] == {"AU12": 2.0, "AU12_L": 4.0, "AU26": 3.0}
    assert smile["half_rise"] == pytest.approx(0.3)
    assert smile["half_fall"] == pytest.approx(0.7)
    assert (blink["start"], blink["apex"]) == (0.9, pytest.approx(1.0))
    assert facts["rate"] == 20
    assert facts["size"] == [300, 320]


def test_picture_shows_the_height(tmp_path, picture, face):
    output = tmp_path / "apex.png"
    assert animate(picture, face, SCRIPT, output) == (output,)
    apex = Puppet(picture, face).picture(SCRIPT.height)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open(output)), apex)
    assert not planted_path(output).exists()


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_clip_never_stands_without_its_truth(tmp_path, picture, face, suffix):
    blocked = planted_path(tmp_path / "clip.mp4", suffix)
    blocked.mkdir()
    with pytest.raises(InputError, match="is a folder"):
        animate(picture, face, SCRIPT, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == [blocked]


@pytest.mark.parametrize("kind", ["json", "table"])
def test_a_full_disk_leaves_neither_clip_nor_truth(tmp_path, picture, face, monkeypatch, kind):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text" if kind == "json" else "open", refuse)
    with pytest.raises(InputError, match=r"No space left.*free some space"):
        animate(picture, face, SCRIPT, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_fails_leaves_the_older_truth(tmp_path, picture, face):
    old = planted_path(tmp_path / "clip.mp4")
    old.write_text("older")

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        animate(picture, face, SCRIPT, tmp_path / "clip.mp4", interrupt)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "older"


def test_two_clips_of_one_stem_keep_their_own_truth():
    assert planted_path(Path("a/an.mp4")) != planted_path(Path("a/an.webm"))


def test_unknown_suffix_leaves_nothing(tmp_path, picture, face):
    with pytest.raises(InputError, match="suffix"):
        animate(picture, face, SCRIPT, tmp_path / "clip.gif")
    assert list(tmp_path.iterdir()) == []


def test_faces_are_chosen_by_number(face):
    small = Face(np.array([0, 0, 30, 30], np.float32), 1.0, mesh=face.mesh)
    assert choose([face, small], 0, "p.jpg") is face
    with pytest.raises(InputError, match=r"no face was found in p\.jpg"):
        choose([], 0, "p.jpg")
    with pytest.raises(InputError, match=r"p\.jpg has 2 faces: choose 0 to 1"):
        choose([face, small], 2, "p.jpg")
    with pytest.raises(InputError, match="30 pixels wide"):
        choose([face, small], 1, "p.jpg")


def test_pictures_are_scaled_by_their_longest_side(picture):
    assert resize(picture, None) is picture
    assert resize(picture, 160).shape == (160, 150, 3)
    with pytest.raises(InputError, match="expected 32 to 8192"):
        resize(picture, 9)
