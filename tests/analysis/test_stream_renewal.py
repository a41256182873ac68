"""Frame by frame with made-up faces: when the neutral is renewed, what is remembered."""

import numpy as np
import pytest

from mien.analysis.interpret import Interpreter
from mien.analysis.neutral import FEWEST
from mien.errors import ShapeError
from mien.video.writer import VideoWriter, write_picture
from tests.analysis.made_up import Scene

IMAGE = np.full((48, 64, 3), 99, np.uint8)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Thirty frames, ten a second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with VideoWriter(path, 64, 48) as writer:
        for index in range(30):
            writer.write(IMAGE, index / 10)
    return path


@pytest.fixture
def streamed(film, monkeypatch):
    """Readings of the film with these tracks in it, and the scene."""
    from mien.analysis import stream

    def read(seen, source=film, **options):
        scene = Scene(seen)
        monkeypatch.setattr(stream, "shared_networks", lambda: scene)
        return list(stream.stream(source, **options)), scene

    return read


def test_the_neutral_is_renewed_every_second(streamed):
    readings, _ = streamed(lambda _: (0,))
    used = [reading.rows[0]["neutral"] for reading in readings]
    assert FEWEST == 10
    assert used == ["none"] * 10 + ["auto"] * 20
    qualities = [reading.rows[0]["neutral_quality"] for reading in readings]
    assert qualities[:10] == [None] * 10
    assert len(set(qualities[10:20])) == 1


def test_a_newcomer_renews_the_neutral_at_once(streamed):
    readings, _ = streamed(lambda index: (0, 1) if index >= 13 else (0,) if index >= 2 else ())
    used = [[row["neutral"] for row in reading.rows] for reading in readings]
    assert used[:2] == [[], []]
    assert used[2:12] == [["none"]] * 10
    assert used[12] == ["auto"]
    assert used[13:23] == [["auto", "none"]] * 10
    assert used[24:] == [["auto", "auto"]] * 6


def test_the_neutral_of_a_picture_holds_from_the_start(streamed, tmp_path):
    write_picture(tmp_path / "a.png", IMAGE)
    readings, scene = streamed(lambda _: (0,), neutral=tmp_path / "a.png", max_faces=3)
    assert {reading.rows[0]["neutral"] for reading in readings} == {"picture"}
    assert scene.asked == [(1, True), (3, False)]
    assert scene.reading.networks[1].asked


def test_without_a_neutral_the_difference_network_is_not_asked(streamed):
    readings, scene = streamed(lambda _: (0,), neutral="none", start=1, end=2, every=0.5)
    assert [reading.frame.index for reading in readings] == [10, 15]
    assert scene.reading.networks[1].asked == []


def test_four_frames_with_a_face_are_remembered(streamed, monkeypatch):
    pasts = []
    columns = Interpreter.columns

    def note(self, course, past):
        pasts.append([int(each.rows.frame[0]) for each in past])
        return columns(self, course, past)

    monkeypatch.setattr(Interpreter, "columns", note)
    streamed(lambda index: () if index == 2 else (0,), end=0.75)
    assert pasts == [[], [0], [0, 1], [0, 1, 3], [0, 1, 3, 4], [1, 3, 4, 5], [3, 4, 5, 6]]


def test_each_face_has_its_row(streamed):
    readings, _ = streamed(lambda index: (4, 2) if index else (), end=0.15)
    assert readings[0].rows == ()
    assert [face.track for face in readings[1].faces] == [4, 2]
    assert [row["face"] for row in readings[1].rows] == [4, 2]
    assert [row["AU45_p"] for row in readings[1].rows] == [None, None]
    assert readings[1].rows[0]["x0"] == readings[1].faces[0].box[0]


def test_what_is_no_picture_is_refused_before_any_network_is_opened(monkeypatch):
    from mien.analysis import stream

    monkeypatch.setattr(stream, "shared_networks", lambda: pytest.fail("the networks were opened"))
    with pytest.raises(ShapeError, match="expected one RGB picture"):
        stream.find_faces(IMAGE[..., 0])
