"""Pictures and videos through a network into panels, by the face models alone."""

from dataclasses import replace

import av
import numpy as np
import PIL.Image
import pytest

import mien
from mien.analysis.networks import shared_networks
from mien.errors import InputError, UnreadableSource
from mien.explain import run
from mien.explain.look import Look, attention
from mien.explain.maps import MapsView
from mien.explain.question import NetworkSubject
from mien.explain.run import Span, explain, explain_face
from mien.explain.targets import targets
from mien.face.align import crop
from mien.face.landmarks import landmarks
from mien.runtime import Predictor
from mien.video.reader import read_picture
from tests.point_networks import face, pointed, write_pointed


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    spec = pointed(
        reads=False, gives=("maps", "landmarks"), template="jaanet", size=88, aligned=100
    )
    return Predictor(write_pointed(tmp_path_factory.mktemp("net") / "f.onnx", spec, face(88)))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    spec = pointed(gives=("maps",), template="jaanet", size=88, aligned=100)
    return Predictor(write_pointed(tmp_path_factory.mktemp("net") / "r.onnx", spec))


def shown(predictor, units=(), *, tested=False):
    """Whom to ask and how to show it: a network's own maps."""
    subject = NetworkSubject(predictor, targets(predictor.spec, units))
    look = Look(subject, attention(predictor.spec, subject), tested)
    return look, MapsView(subject.targets, tested=tested)


def test_what_the_network_sees_is_the_middle_of_its_template(photo, reader):
    image = read_picture(photo)
    [one] = mien.find_faces(image)
    cut = crop(image, one.mesh, "jaanet", 100)
    seen = shown(reader)[0].see(image, one)
    np.testing.assert_array_equal(seen.image, cut.image[6:94, 6:94])
    there = landmarks(one.mesh, "49") @ cut.matrix[:, :2].T + cut.matrix[:, 2] - 6
    np.testing.assert_allclose(seen.points, there, atol=1e-3)
    # the network was told these very points: the probability follows from their mean x
    wanted = 1 / (1 + np.exp(-there[:, 0].mean() / 88))
    assert seen.scores.probability[0, 0] == pytest.approx(wanted, abs=1e-5)
    # both eyes are where the template puts them: level, and apart by 2.9 to 1 of the side
    right, left = seen.points[19:25].mean(axis=0), seen.points[25:31].mean(axis=0)
    assert right[1] == pytest.approx(left[1], abs=0.01)


def test_a_picture_becomes_a_picture(photo, finder, tmp_path):
    look, view = shown(finder, (12,))
    done = explain(photo, look, view, tmp_path / "out.png", shared_networks())
    assert (done.frames, done.faceless) == (1, 0)
    drawn = np.asarray(PIL.Image.open(tmp_path / "out.png"))
    assert drawn.shape[1::-1] == view.size
    image = read_picture(photo)
    again = explain_face(image, mien.find_faces(image)[0], look, view)
    assert np.abs(drawn.astype(int) - again).mean() < 0.5


@pytest.mark.parametrize(
    ("name", "told"), [("out.gif", "a picture is written to"), ("no/out.png", "does not exist")]
)
def test_where_a_picture_cannot_be_written_no_network_is_asked(
    photo, finder, tmp_path, monkeypatch, name, told
):
    look, view = shown(finder)
    monkeypatch.setattr(Look, "see", None)
    monkeypatch.setattr(Look, "untested", None)
    with pytest.raises(InputError, match=told):
        explain(photo, look, view, tmp_path / name, shared_networks())


def test_a_video_becomes_a_video_with_its_times(clip, finder, tmp_path):
    look, view = shown(finder, (4,), tested=True)
    told = []
    done = explain(
        clip, look, view, tmp_path / "out.mp4", shared_networks(),
        span=Span("1.8", "2.4", "0.1s"), progress=lambda *now: told.append(now),
    )  # fmt: skip
    with av.open(str(tmp_path / "out.mp4")) as video:
        frames = list(video.decode(video=0))
    assert len(frames) == done.frames == len(told) == 6
    assert (frames[0].width, frames[0].height) == (view.size[0], view.size[1])
    assert 1 <= done.faceless <= 2
    assert [len(one) for one in done.verdicts] == [1]  # of the first face; the next is too far
    steps = np.diff([frame.time for frame in frames])
    np.testing.assert_allclose(steps, 0.1, atol=0.01)


@pytest.mark.parametrize(("every", "most", "tested"), [(5, 9, 2), (1, 3, 3)])
def test_of_a_video_some_faces_are_tested_and_no_more(
    clip, finder, tmp_path, monkeypatch, every, most, tested
):
    monkeypatch.setattr(run, "TEST_EVERY", every)
    monkeypatch.setattr(run, "TESTS", most)
    look, view = shown(finder, (4,), tested=True)
    span = Span("0.5", "1.2", "0.1s")
    done = explain(clip, look, view, tmp_path / "out.mp4", shared_networks(), span=span)
    assert 6 <= done.frames <= 10
    assert len(done.verdicts) == tested


def test_no_face_and_wrong_files_are_said_and_leave_nothing(photo, finder, tmp_path):
    (look, view), networks = shown(finder), shared_networks()
    blank = tmp_path / "blank.png"
    PIL.Image.new("RGB", (200, 200), (90, 120, 90)).save(blank)
    with pytest.raises(InputError, match=r"no face was found in .*blank\.png; give a picture"):
        explain(blank, look, view, tmp_path / "out.png", networks)
    with pytest.raises(InputError, match="is the source; write to another name"):
        explain(blank, look, view, blank, networks)
    with pytest.raises(InputError, match=r"a picture is written to \.png"):
        explain(photo, look, view, tmp_path / "out.mp4", networks)
    with pytest.raises(UnreadableSource):
        explain(tmp_path / "none.png", look, view, tmp_path / "out.png", networks)
    with pytest.raises(InputError, match="a camera cannot be explained live"):
        explain("camera:0", look, view, tmp_path / "out.mp4", networks)
    assert list(tmp_path.iterdir()) == [blank]


def test_a_network_of_meshes_is_refused():
    from mien.weights.catalog import FILES

    predictor = Predictor(FILES / "au-mesh.onnx")
    with pytest.raises(InputError, match="reads the mesh, of which nothing can be shown"):
        NetworkSubject(predictor, targets(predictor.spec))


def test_maps_come_in_the_order_of_what_is_asked(photo, finder, reader):
    image = read_picture(photo)
    [one] = mien.find_faces(image)
    seen = shown(finder, (12, 4))[0].see(image, one)
    np.testing.assert_array_equal(seen.maps, seen.scores.maps[0, [1, 0]])
    plain = NetworkSubject(reader, targets(reader.spec))
    with pytest.raises(InputError, match="gives no attention maps; networks with maps are"):
        attention(replace(reader.spec, outputs=("probability",)), plain)
    bare = Look(plain).see(image, one)
    assert (bare.maps, bare.verdicts) == (None, ())
