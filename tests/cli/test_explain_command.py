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
    assert (ended.code, ended.out, ended.err) == (0, f"{out}\n", "")
    absolute = np.asarray(PIL.Image.open(out))
    mien_command(*arguments, "--stretch")
    assert not np.array_equal(np.asarray(PIL.Image.open(out)), absolute)


def test_mistakes_are_one_line(mien_command, photo, model, tmp_path):
    plain = write(tmp_path / "plain.onnx", card())
    for more, told in (
        (["--model", model, "--au", "2,x"], "--au is '2,x'; expected numbers of units"),
        (["--model", model, "--au", "2"], "does not read AU2; it reads AU4, AU12"),
        (["--model", model, "--graph", "--stretch"], "--stretch is for attention maps"),
        (["--model", model, "--graph", "--au", "12"], "a relation is between two"),
        (["--model", plain], "gives no attention maps; networks with maps are jaanet"),
        (["--model", tmp_path / "none"], "there is no file"),
    ):
        ended = mien_command("explain", photo, *more, "-q", "-o", tmp_path / "out.png")
        assert ended.code == 2
        assert told in ended.err
        assert len(ended.err.splitlines()) == 1
    assert not (tmp_path / "out.png").exists()
