"""mien animate as it is typed."""

import csv

import numpy as np
import PIL.Image
import pytest
from typer.testing import CliRunner

from mien.cli import app, progress
from mien.errors import InputError
from mien.video import pictures

RUN = CliRunner()


def run(*arguments):
    return RUN.invoke(app, ["animate", *map(str, arguments)])


def test_help_shows_the_example():
    result = run("--help")
    assert result.exit_code == 0
    assert "12=4,6=3" in result.output


def test_a_clip_with_two_movements(photo, tmp_path):
    clip = tmp_path / "clip.mp4"
    told = ("--au", "12L=3", "--at", 0.1, "--for", 0.4, "--au", "43=5", "--at", 0.6, "--for", 0.2)
    result = run(photo, "-o", clip, *told, "--rate", 10, "--length", 1, "--size", 256)
    assert result.exit_code == 0, result.output
    assert [line.rpartition("/")[2] for line in result.output.split()] == [
        *("clip.mp4", "clip.mp4.planted.csv", "clip.mp4.planted.json")
    ]
    with (tmp_path / "clip.mp4.planted.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert float(rows[3]["AU12_L"]) == pytest.approx(3)
    assert float(rows[3].get("AU12_R", 0)) == 0
    assert float(rows[7]["AU43"]) == pytest.approx(5)


def test_a_picture_at_full_height(photo, tmp_path):
    assert run(photo, "-o", tmp_path / "apex.png", "--au", "26=4").exit_code == 0
    apex, before = (
        np.asarray(PIL.Image.open(path), int) for path in (tmp_path / "apex.png", photo)
    )
    assert apex.shape == before.shape
    assert np.abs(apex - before).max() > 50
    assert (apex[250:] == before[250:]).all()  # nothing moves below her neck


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--au", "12=9"), "0-5"),
        (("--au", "11=2"), "AU11 cannot be animated"),
        (("--au", "12=2", "--at", 1, "--at", 2), "--at is given 2 times for 1 times --au"),
        (("--au", "12=2", "--for", 0), "more than 0 s"),
        (("--au", "12=2", "--face", 3), "astronaut.png has one face: 0"),
    ],
)
def test_impossible_wishes_are_one_sentence(photo, tmp_path, arguments, words):
    result = run(photo, "-o", tmp_path / "clip.mp4", *arguments)
    assert isinstance(result.exception, InputError)
    assert words in str(result.exception)
    assert list(tmp_path.glob("clip*")) == []


def test_a_picture_without_a_face(front_end, tmp_path):
    wall = tmp_path / "wall.png"
    PIL.Image.fromarray(np.full((200, 200, 3), 120, np.uint8)).save(wall)
    result = run(wall, "-o", tmp_path / "clip.mp4", "--au", "12=4")
    assert "no face was found in wall.png" in str(result.exception)


@pytest.mark.parametrize("way", ["same", "link", "truth"])
def test_the_photo_is_not_overwritten(tmp_path, monkeypatch, way):
    photo, output = tmp_path / "a.png", tmp_path / "a.png"
    if way == "link":
        output = tmp_path / "b.png"
        output.symlink_to(photo)
    elif way == "truth":
        photo, output = tmp_path / "a.mp4.planted.csv", tmp_path / "a.mp4"
    photo.write_bytes(b"photo")
    monkeypatch.setattr(pictures, "read_picture", lambda _: pytest.fail("it was read"))
    result = run(photo, "-o", output, "--au", "12=4")
    assert isinstance(result.exception, InputError)
    assert "is the photograph that is read and would be overwritten" in str(result.exception)
    assert photo.read_bytes() == b"photo"


def test_an_unknown_suffix_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "read_picture", lambda _: pytest.fail("it was read"))
    result = run(tmp_path / "a.png", "-o", tmp_path / "a.gif", "--au", "12=4")
    assert "a clip or a picture is written to .mp4" in str(result.exception)


def test_progress_is_told_and_quiet_says_nothing(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    arguments = (*("--au", "12=4", "--at", 0, "--for", 0.2), *("--length", 0.4, "--rate", 10))
    told = run(photo, "-o", tmp_path / "clip.mp4", *arguments)
    assert "clip.mp4: 4 frames, 100 %" in told.stderr
    quiet = run(photo, "-o", tmp_path / "clip.mp4", *arguments, "-q")
    assert (quiet.exit_code, quiet.output) == (0, "")
