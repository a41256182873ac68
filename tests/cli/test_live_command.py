"""mien live as a person types it, without a window."""

import json

import numpy as np
import pytest

from mien.errors import InputError
from mien.live import window
from tests.conftest import BLANK
from tests.crop_networks import card, write


def test_lines_on_standard_output(mien_command, clip):
    ended = mien_command("live", clip, "--headless", "--start", "1.8", "--end", "2.4")
    assert ended.code == 0
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines
    frames = [line["frame"] for line in lines]
    assert frames == sorted(set(frames))
    assert frames[0] >= 54
    assert frames[-1] == 71
    for line in lines:
        assert line["time"] == pytest.approx(line["frame"] / 30, abs=1e-3)
        assert line["delay"] > 0
        assert line["faces"] == [] if line["frame"] in BLANK else True
    assert lines[-1]["dropped"] + len(lines) <= 18
    assert [face["face"] for face in lines[-1]["faces"]] == [0]
    assert "AU12" in lines[-1]["faces"][0]
    [said] = ended.err.splitlines()
    assert said.startswith(f"{clip}: {len(lines)} frames read in ")
    assert "delay" in said


def test_lines_in_a_file_with_a_network_of_ones_own(mien_command, clip, tmp_path):
    spec = card("intensity", units=(12,))
    model = write(tmp_path / "model.onnx", spec, np.zeros((3, 1)), [4.5])
    write(
        tmp_path / "model.int8.onnx",
        card("intensity", units=(12,), precision="int8"),
        np.zeros((3, 1)),
        [4.45],
    )
    out = tmp_path / "out.jsonl"
    ended = mien_command(
        *("live", clip, "--headless", "--out", out, "--model", model),
        *("--neutral", "none", "--end", "1.2"),
    )
    assert (ended.code, ended.out) == (0, "")
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    faces = [face for line in lines for face in line["faces"]]
    assert {face["AU12"] for face in faces} <= {4.5, 4.45}
    chosen = [line for line in ended.err.splitlines() if line.startswith("model.onnx: ")]
    assert len(chosen) == (1 if len(faces) >= 24 else 0)


def test_quiet_says_nothing(mien_command, clip, tmp_path):
    out = tmp_path / "a.jsonl"
    ended = mien_command("live", clip, "--headless", "-q", "--end", "0.1", "-o", out)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_window_is_opened_for_frames_of_the_source(mien_command, clip, monkeypatch):
    opened = []

    class Screen:
        def __init__(self, title, size, _):
            opened.append((title, size))
            self.is_open = True

        def __enter__(self):
            return self

        def __exit__(self, *_):
            opened.append("closed")

        def show(self, moment):
            opened.append(moment.reading.frame.image.shape)
            self.is_open = False

    monkeypatch.setattr(window, "Window", Screen)
    ended = mien_command("live", clip)
    assert ended.code == 0
    assert opened == [(f"mien live: {clip}", (320, 240)), (240, 320, 3), "closed"]
    assert ended.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("camera:97", "--headless"), "camera:97"),
        (("none.mp4", "--headless"), "none.mp4 cannot be opened"),
        (("CLIP", "-o", "a.csv"), "writes JSON lines"),
        (("CLIP", "--headless", "-o", ""), "writes JSON lines"),
        (("CLIP", "--headless", "--faces", "0"), "the most faces"),
        (("CLIP", "--headless", "--model", "none.onnx"), "there is no file none.onnx"),
        (("PHOTO", "--headless"), "only a camera or a video goes on"),
    ],
)
def test_what_cannot_be_played_is_one_line_and_code_2(mien_command, clip, photo, arguments, said):
    given = [{"CLIP": clip, "PHOTO": photo}.get(one, one) for one in arguments]
    ended = mien_command("live", *given)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert said in ended.err


def test_without_a_screen_it_says_so(mien_command, clip, monkeypatch):
    def refused(*_):
        raise InputError("no window can be opened (no display); use --headless")

    monkeypatch.setattr(window, "Window", refused)
    ended = mien_command("live", clip)
    assert ended.code == 2
    assert "use --headless" in ended.err
