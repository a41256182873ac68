"""What is handed to the drawing, frame by frame."""

import numpy as np
import pytest

from mien.analysis import annotate
from mien.analysis.annotate import Annotator
from mien.analysis.options import Options
from mien.analysis.rows import NOBODY
from mien.errors import InputError
from mien.video.reader import open_source
from mien.video.writer import VideoWriter, write_picture
from tests.analysis.made_up import cut, made_up_rows, part

ROWS = made_up_rows([4, NOBODY, 2, 4, 2], frame=[0, 1, 2, 2, 3])
COLUMNS = {"AU1": np.arange(5.0), "AU12": np.arange(5.0) / 10, "AU4": np.zeros(5)}
IMAGE = np.full((48, 64, 3), 99, np.uint8)


@pytest.fixture
def film(tmp_path):
    with VideoWriter(tmp_path / "film.mp4", 64, 48) as writer:
        for index in range(4):
            writer.write(IMAGE, index / 10)
    return tmp_path / "film.mp4"


@pytest.fixture
def drawn(monkeypatch):
    """Notes the faces and bars of each picture, and paints it white."""
    notes = []

    def draw(image, faces, bars):
        notes.append((faces, bars))
        return np.full_like(image, 255)

    monkeypatch.setattr(annotate, "draw_faces", draw)
    return notes


def columns_of(first, last):
    return {name: values[first:last] for name, values in COLUMNS.items()}


def test_each_frame_is_drawn_with_its_own_faces_and_bars(film, drawn, tmp_path):
    with Annotator(tmp_path / "seen.mp4", film, Options.of(), ("AU12", "AU1")) as annotator:
        annotator.draw(part(ROWS, 0, 2), columns_of(0, 2))
        annotator.draw(part(ROWS, 2, 5), columns_of(2, 5))
    assert [[face.track for face in faces] for faces, _ in drawn] == [[4], [], [2, 4], [2]]
    assert [bars for _, bars in drawn] == [
        [[("AU12", 0.0), ("AU1", 0.0)]],
        [],
        [[("AU12", 0.2), ("AU1", 2.0)], [("AU12", 0.3), ("AU1", 3.0)]],
        [[("AU12", 0.4), ("AU1", 4.0)]],
    ]
    face = drawn[2][0][1]
    assert face.score == ROWS.score[3]
    for name in ("box", "mesh", "pose"):
        np.testing.assert_array_equal(getattr(face, name), getattr(ROWS, name)[3])
    with open_source(tmp_path / "seen.mp4") as seen:
        frames = list(seen)
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3], abs=1e-3)
    assert min(frame.image.min() for frame in frames) > 240


def test_the_frames_are_those_that_were_analysed(film, drawn, tmp_path):
    options = Options.of(start=0.1, end=0.4, every=0.2)
    rows = made_up_rows([0, 0], frame=[1, 3])
    with Annotator(tmp_path / "seen.mp4", film, options, ()) as annotator:
        annotator.draw(rows, {})
    assert len(drawn) == 2
    assert drawn[0][1] == [[]]


def test_a_picture_becomes_a_picture(drawn, tmp_path):
    write_picture(tmp_path / "a.png", IMAGE)
    with Annotator(tmp_path / "seen.png", tmp_path / "a.png", Options.of(), ()) as annotator:
        annotator.draw(part(ROWS, 0, 1), columns_of(0, 1))
    with open_source(tmp_path / "seen.png") as seen:
        [frame] = seen
    assert frame.image.min() == 255
    assert len(drawn) == 1


@pytest.mark.parametrize("frames", [[0, 2], [0, 1, 2, 3, 4]])
def test_a_source_that_has_changed_is_noticed_and_leaves_nothing(film, drawn, tmp_path, frames):
    rows = made_up_rows([0] * len(frames), frame=frames)

    def draw():
        with Annotator(tmp_path / "seen.mp4", film, Options.of(), ()) as annotator:
            for chunk in cut(rows, 2):
                annotator.draw(chunk, {})

    with pytest.raises(InputError, match=r"film\.mp4 is not what it was"):
        draw()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_camera_cannot_be_drawn():
    with pytest.raises(InputError, match="a camera's frames are not kept"):
        Annotator("seen.mp4", "camera:0", Options.of(), ())
