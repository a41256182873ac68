"""The neutral of one person from pictures and videos, with made-up faces in them."""

from types import SimpleNamespace

import numpy as np
import pytest

from mien.analysis import neutralsource
from mien.analysis.choice import NeutralChoice
from mien.analysis.judgement import Neutral, mean_of
from mien.analysis.neutralfile import write_neutral
from mien.analysis.neutralsource import given_neutral, neutral_of_picture, neutral_of_sources
from mien.analysis.options import Options
from mien.errors import InputError, ShapeError, UnreadableSource
from mien.video.writer import VideoWriter, write_picture
from tests.analysis.made_up import Scene, made_up_face

IMAGE = np.full((48, 64, 3), 99, np.uint8)
AUTO = Options.of()


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two films of forty frames, ten a second."""
    folder = tmp_path_factory.mktemp("films")
    for name in ("a.mp4", "b.mp4"):
        with VideoWriter(folder / name, 64, 48) as writer:
            for index in range(40):
                writer.write(IMAGE, index / 10)
    return folder / "a.mp4", folder / "b.mp4"


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.png"
    write_picture(path, IMAGE)
    return path


def test_that_of_a_picture_is_of_its_largest_face(picture):
    networks = Scene(lambda _: (4, 9))
    found = neutral_of_picture(picture, networks)
    assert networks.asked == [(1, True)]
    assert (found.source, found.frames) == ("picture", 1)
    [asked] = networks.reading.networks[0].asked
    np.testing.assert_allclose(found.features, asked[0], rtol=1e-3, atol=1e-3)
    with pytest.raises(InputError, match=r"no face is found in .*a\.png"):
        neutral_of_picture(picture, Scene(lambda _: ()))


def test_what_is_neither_a_kept_neutral_nor_a_picture_is_told_as_both(tmp_path):
    for name, told in (("a.neutral", "neither a neutral .* nor a picture"), ("a.jpg", "picture")):
        (tmp_path / name).write_text("hello")
        with pytest.raises(UnreadableSource, match=told):
            given_neutral(NeutralChoice.parse(str(tmp_path / name)), Scene(lambda _: (0,)))


def test_a_video_gives_its_quietest_part_or_a_moment(films):
    quiet, [seen] = neutral_of_sources(films[:1], Scene(lambda _: (0,)), AUTO)
    assert (quiet.source, seen.face, seen.neutral.source) == ("file", 0, "auto")
    assert quiet.frames >= 10
    moment, _ = neutral_of_sources(films[:1], Scene(lambda _: (0,)), Options.of("2s"))
    assert 0 < moment.frames <= 3


def test_a_passer_by_does_not_matter_and_two_people_do(films):
    passing = Scene(lambda i: (3, 7) if i < 8 else (3,))
    assert neutral_of_sources(films[:1], passing, AUTO)[1][0].face == 3
    before = Scene(lambda i: (1, 3) if i < 8 else (3,))
    assert neutral_of_sources(films[:1], before, AUTO)[1][0].face == 3
    both = Scene(lambda i: (3, 7) if i < 12 else (3,))
    with pytest.raises(InputError, match=r"several people \(face 3 in 40 frames, 7 in 12 frames\)"):
        neutral_of_sources(films[:1], both, AUTO)
    assert neutral_of_sources(films[:1], both, AUTO, face=7)[1][0].face == 7
    with pytest.raises(InputError, match="no face 5"):
        neutral_of_sources(films[:1], both, AUTO, face=5)


def test_nobody_or_too_little_is_told(films):
    with pytest.raises(InputError, match=r"a\.mp4 shows no face"):
        neutral_of_sources(films[:1], Scene(lambda _: ()), AUTO)
    few = r"a\.mp4: the face shows in only 6 of the 10 frames that a neutral needs; give a longer"
    with pytest.raises(InputError, match=few):
        neutral_of_sources(films[:1], Scene(lambda i: (0,) if i < 6 else ()), AUTO)
    late = r"a\.mp4: the face is not seen at 99 s, the moment chosen for the neutral; give a longer"
    with pytest.raises(InputError, match=late):
        neutral_of_sources(films[:1], Scene(lambda _: (0,)), Options.of("99s"))
    with pytest.raises(InputError, match="is a camera"):
        neutral_of_sources(["camera:0"], Scene(lambda _: ()), AUTO)


def test_several_sources_of_one_person_are_averaged(films):
    scene = Scene(lambda _: (0,))
    one, _ = neutral_of_sources(films[:1], scene, Options.of("1s"))
    both, seen = neutral_of_sources(films, scene, Options.of("1s"))
    assert both.frames == 2 * one.frames
    np.testing.assert_allclose(both.features, one.features, rtol=1e-6)
    assert [item.source for item in seen] == [str(film) for film in films]


class AtRest(Scene):
    """One person a film or picture, who looks the same in every frame."""

    def __init__(self, *tracks):
        super().__init__(lambda _: ())
        self.tracks = iter(tracks)

    def tracker(self, max_faces=None, *, settle=False):  # noqa: ARG002
        track = next(self.tracks)
        return SimpleNamespace(follow=lambda _: [made_up_face(track)])


def test_a_video_and_a_picture_go_together(films, picture):
    found, seen = neutral_of_sources([films[0], picture], AtRest(0, 0, 0), AUTO)
    assert [one.neutral.source for one in seen] == ["auto", "picture"]
    assert found.frames == seen[0].neutral.frames + 1
    assert found.source == "file"


def test_two_people_do_not(films):
    with pytest.raises(InputError, match=r"b\.mp4 shows a face that differs from that of .*a\.mp4"):
        neutral_of_sources(films, AtRest(0, 1), AUTO)


@pytest.mark.parametrize(("gap", "told"), [(0.018, False), (0.019, True), (0.036, True)])
def test_faces_that_may_be_of_two_people_are_told(films, monkeypatch, gap, told):
    monkeypatch.setattr(neutralsource, "distance", lambda *_: gap)
    found, seen = neutral_of_sources(films, AtRest(0, 0), AUTO)
    said = [
        any("look whether both show the same person" in problem for problem in one.problems)
        for one in (seen[0].neutral, seen[1].neutral, found)
    ]
    assert said == [False, told, told]


def test_the_mean_is_believed_as_far_as_the_worst():
    one = Neutral(np.zeros(1410, np.float32), 3, "file", 0.9, ("a",), (12,))
    two = Neutral(np.ones(1410, np.float32), 5, "file", 0.4, ("a", "b"), (6,))
    found = mean_of([one, two])
    np.testing.assert_array_equal(found.features, np.full(1410, 0.5, np.float32))
    assert (found.frames, found.quality) == (8, 0.4)
    assert (found.problems, found.unsettled) == (("a", "b"), (6, 12))
    with pytest.raises(ShapeError):
        mean_of([one, Neutral(None, 0, "none", 0.0)])


def test_a_named_neutral_is_opened_once_by_what_it_is(tmp_path, picture):
    scene = Scene(lambda _: (0,))
    scene.describer = ""
    path = tmp_path / "anna.neutral"
    write_neutral(Neutral(np.ones(1410, np.float32), 3, "auto", 0.9), path, "")
    kept = given_neutral(Options.of(path).neutral, scene)
    assert (kept.source, kept.features[0]) == ("file", 1)
    assert given_neutral(Options.of(picture).neutral, scene).source == "picture"
    assert given_neutral(AUTO.neutral, scene) is None
