"""mien explain on the command line."""

import numpy as np
import PIL.Image
import pytest

from tests.crop_networks import card, write
from tests.point_networks import face, pointed, write_pointed


@pytest.fixture
def model(tmp_path):
    spec = pointed(
        reads=False, gives=("maps", "landmarks"), template="jaanet", size=88, aligned=100
    )
    return write_pointed(tmp_path / "net.onnx", spec, face(88))


def test_panels_are_written_and_named(mien_command, photo, model, tmp_path):
    out = tmp_path / "panels.png"
    arguments = ("explain", photo, "--model", model, "--au", "AU12, 4", "-o", out, "-q")
    ended = mien_command(*arguments)
    assert (ended.code, ended.err) == (0, "")
    *judged, named = ended.out.splitlines()
    assert named == str(out)
    assert [line.split(":")[0] for line in judged] == ["AU12", "AU4"]
    bare = mien_command(*arguments, "--no-test")
    assert (bare.code, bare.out, bare.err) == (0, f"{out}\n", "")
    absolute = np.asarray(PIL.Image.open(out))
    mien_command(*arguments, "--no-test", "--stretch")
    assert not np.array_equal(np.asarray(PIL.Image.open(out)), absolute)


def test_mistakes_are_one_line(mien_command, photo, model, tmp_path):
    plain = write(tmp_path / "plain.onnx", card())
    for more, told in (
        (["--model", model, "--au", "2,x"], "--au is '2,x'; expected numbers of units"),
        (["--model", model, "--au", "2"], "does not read AU2; it reads AU4, AU12"),
        (["--model", model, "--graph", "--stretch"], "--stretch is for attention maps"),
        (["--model", model, "--graph", "--au", "12"], "a relation is between two"),
        (["--model", plain, "--method", "attention"], "gives no attention maps; networks with"),
        (["--model", plain, "--method", "gradcam"], "name the folder of a run, or choose"),
        (["--model", plain, "--stretch"], "--stretch is for attention maps; the colours of occ"),
        (["--model", plain, "--method", "magic"], "there is no method 'magic'; choose attention"),
        (["--model", plain, "-e", "happiness"], "reads no expressions; it reads AU4, AU12"),
        (["--method", "gradcam"], "the default networks can be asked for units by --method occ"),
        (["--graph"], "and --graph came; name another network with --model"),
        (["--au", "80"], "the default does not read AU80; it reads AU1"),
        (["--model", tmp_path / "none"], "there is no file"),
    ):
        ended = mien_command("explain", photo, *more, "-q", "-o", tmp_path / "out.png")
        assert ended.code == 2
        assert told in ended.err
        assert len(ended.err.splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "'' came as a source"),
        (".", "is a folder"),
        ("~$none.png", "~$none.png cannot be opened"),
        ("camera:0", "a camera cannot be explained live"),
    ],
)
def test_what_is_no_file_is_one_line(mien_command, model, source, told):
    ended = mien_command("explain", source, "--model", model, "-q")
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


def test_what_comes_with_mien_is_asked_where_no_network_is_named(mien_command, photo, tmp_path):
    out = tmp_path / "seen.png"
    ended = mien_command("explain", photo, "--au", "12", "-o", out, "-q")
    assert ended.code == 0
    assert ended.out.startswith("AU12: deletion ")
    assert ": better than chance\n" in ended.out
    assert np.asarray(PIL.Image.open(out)).shape[1] == 600


def test_expressions_of_a_network_without_maps_are_asked_by_occlusion(
    mien_command, photo, tmp_path
):
    spec = card("expression", classes=("anger", "happiness"), template="ffhq")
    weights = np.array([[0.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
    model = write(tmp_path / "faces.onnx", spec, weights)
    out = tmp_path / "seen.png"
    ended = mien_command("explain", photo, "--model", model, "-e", "happiness", "-o", out, "-q")
    assert ended.code == 0
    assert ended.out.startswith("happiness: deletion ")


def test_verdicts_of_several_frames_are_one_line_for_each_number():
    from mien.cli.explaining import judged
    from mien.explain.faithful import Verdict

    good = Verdict("AU12", 0.1, 0.5, 0.0, 0.2, better=True)
    bad = Verdict("AU12", 0.3, 0.3, 0.1, 0.2, better=False)
    assert list(judged([(good,)])) == [str(good)]
    assert list(judged([(good,), (bad,)])) == [
        "AU12: gap +0.200, random maps +0.050, means of 2 frames: better than chance in 1 of them"
    ]
    assert next(judged([(bad,), (bad,)])).endswith(": no better than chance")
