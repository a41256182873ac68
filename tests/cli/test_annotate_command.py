"""mien annotate: options, what it says, and how it ends."""

import os
import signal
import subprocess
import sys
from urllib.request import Request, urlopen

import pytest

from tests.labelling.conftest import write_picture


@pytest.fixture
def forty(tmp_path):
    for number in range(4):
        write_picture(tmp_path / "forty" / f"{number}.png")
    return tmp_path / "forty"


def begun(folder, *options):
    """The command, running, and the address it prints."""
    code = "from mien.cli import main; main()"
    command = [sys.executable, "-c", code, "annotate", folder, *options]
    running = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    running.stdout.readline()
    return running, running.stdout.readline().strip()


def post(address, place, body):
    origin = address.rsplit("/", 2)[0]
    headers = {"Origin": origin, "Content-Type": "application/json"}
    with urlopen(Request(address + place, body, headers), timeout=30) as answer:
        return answer.read()


@pytest.mark.parametrize("end", ["done", "interrupted"])
def test_from_the_folder_to_the_labels(forty, end, interruptible):
    running, address = begun(forty, "--classes", "awake, sleep", "--no-faces", "--no-browser")
    with running:
        assert address.startswith("http://127.0.0.1:")
        post(address, "save/1", b'{"boxes": [[1, 0.5, 0.5, 0.2, 0.4]], "skipped": false}')
        if end == "done":
            post(address, "done", b"{}")
        else:
            running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, err.strip()) == (0, "")
    assert out.splitlines() == [
        "awake: 0 pictures, 0 boxes, 20 left",
        "sleep: 1 pictures, 1 boxes, 19 left",
        "1 of 4 pictures are finished: 1 to train with, 0 held out",
        f"train with: mien train yolo-faces --data {forty / 'data.yaml'}",
    ]
    assert (forty / "1.txt").read_text() == "1 0.500000 0.500000 0.200000 0.400000\n"


def test_the_browser_is_led_by_a_file_that_others_cannot_read(forty, tmp_path, monkeypatch):
    from mien.labelling import opening

    seen = {}

    def look(address):
        path = opening.Path(address.removeprefix("file://"))
        seen.update(text=path.read_text(), mode=path.stat().st_mode & 0o777, path=path)

    monkeypatch.setattr(opening.webbrowser, "open", look)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with opening.opened("http://127.0.0.1:1/token/", wanted=True):
        assert 'url=http://127.0.0.1:1/token/"' in seen["text"]
        assert seen["mode"] == 0o600 or os.name == "nt"
    assert not seen["path"].exists()
    seen.clear()
    with opening.opened("http://127.0.0.1:1/token/", wanted=False):
        assert seen == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "which classes?"),
        (["--classes", "awake,,sleep"], "each class once"),
        (["--classes", "awake", "--val", "2"], "--val is 2"),
        (["--classes", "awake", "--port", "70000"], "port"),
    ],
)
def test_what_cannot_be_is_one_sentence(mien_command, forty, options, says):
    ended = mien_command("annotate", forty, "--no-faces", "--no-browser", *options)
    assert ended.code == 2
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert sorted(path.suffix for path in forty.iterdir()) == [".png"] * 4


def test_a_missing_folder(mien_command, tmp_path):
    ended = mien_command("annotate", tmp_path / "no", "--classes", "a")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "does not exist" in ended.err


def test_faces_are_found_with_the_models_of_the_house(front_end, astronaut):
    from mien.cli.annotate import _finder
    from mien.labelling.shown import relative_boxes

    ((x, y, width, height),) = relative_boxes(astronaut, _finder()(astronaut))
    assert (x, y) == pytest.approx((0.43, 0.25), abs=0.05)
    assert 0.1 < width < 0.4
    assert 0.1 < height < 0.4
