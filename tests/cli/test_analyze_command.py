"""mien analyze as a person types it: what it says, what it leaves, how it ends."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys

import pandas as pd
import PIL.Image
import pytest

from mien.analysis.observe import CHUNK


def test_a_photo_without_an_output_is_shown(mien_command, photo):
    ended = mien_command("analyze", photo)
    assert ended.code == 0
    first = ended.out.splitlines()[1]
    assert first.split()[0] == "AU12"
    assert "lip corner puller" in first
    assert "resembles happiness" in ended.out
    assert len(ended.err.splitlines()) == 3


def test_a_clip_to_a_table(mien_command, clip, tmp_path):
    ended = mien_command("analyze", clip, "-o", tmp_path / "t.csv")
    assert ended.code == 0
    assert ended.out == ""
    frames, faces, span = ended.err.splitlines()[-3:]
    assert frames.startswith("Frames: 90 in the container, 90 decoded, 90 analysed")
    assert faces.startswith("Faces: 1, 6 frames without a face; neutral: auto")
    assert span.startswith("Time: ")
    assert len(pd.read_csv(tmp_path / "t.csv")) == 90
    report = json.loads((tmp_path / "t.csv.report.json").read_text())
    assert report["outputs"] == [str(tmp_path / "t.csv")]


def test_quiet_says_nothing(mien_command, photo, tmp_path):
    ended = mien_command("analyze", photo, "-o", tmp_path / "t.csv", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


BROKEN = {
    "empty.mp4": b"",
    "text.mp4": b"this is no video " * 100,
    "empty.jpg": b"",
    "text.png": b"this is no picture " * 100,
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_is_one_line_and_code_2(mien_command, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    ended = mien_command("analyze", path, "-o", tmp_path / "t.csv")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert name in ended.err
    assert ended.err.startswith("mien: ")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_truncated_picture_is_refused(mien_command, photo, tmp_path):
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:90_000])
    ended = mien_command("analyze", tmp_path / "cut.png")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1


def test_a_truncated_video_is_refused_or_counted(mien_command, clip, tmp_path):
    data = clip.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    ended = mien_command("analyze", tmp_path / "cut.mp4", "-o", tmp_path / "t.csv")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert not (tmp_path / "t.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--every", "soon"], "every is 'soon'"),
        (["--neutral", "nobody.png"], "--neutral got 'nobody.png'"),
        (["--start", "2", "--end", "1"], "end is 1.0 s"),
        (["--faces", "0"], "max_faces) is 0"),
        (["-o", "table.xlsx"], ".parquet"),
        (["-o", "nowhere/table.csv"], "nowhere"),
        (["--annotate", "seen.gif"], ".gif"),
    ],
)
def test_a_bad_option_is_one_line_and_code_2(mien_command, clip, arguments, words, tmp_path):
    place = [
        str(tmp_path / a) if a.startswith(("table", "nowhere", "seen")) else a for a in arguments
    ]
    ended = mien_command("analyze", clip, *place)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert words in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_option_is_code_2(mien_command, photo):
    assert mien_command("analyze", photo, "--no-such-option").code == 2


@pytest.mark.parametrize("place", [1, 2, 3])
def test_debug_shows_the_trace(place, monkeypatch):
    from mien import cli
    from mien.errors import UnreadableSource

    arguments = ["mien", "analyze", "nothing.mp4"]
    arguments.insert(place, "--debug")
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(UnreadableSource):
        cli.main()


def test_one_broken_file_of_several_is_told_with_code_1(mien_command, photo, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    ended = mien_command("analyze", photo, tmp_path / "broken.mp4", "-o", tmp_path / "t.csv")
    assert ended.code == 1
    assert "1 of 2 sources could not be read" in ended.err
    assert "note: broken.mp4" in ended.err
    assert len(pd.read_csv(tmp_path / "t.csv")) == 1


def test_plain_lines_tell_how_far_it_is(mien_command, clip, tmp_path, monkeypatch):
    from mien.cli import progress

    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    ended = mien_command("analyze", clip, "-o", tmp_path / "t.csv")
    lines = [line for line in ended.err.splitlines() if "left" in line]
    assert lines
    assert f"{CHUNK} frames" in lines[0]
    assert "%" in lines[0]


def test_a_terminal_gets_a_bar(mien_command, clip, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ended = mien_command("analyze", clip, "-o", tmp_path / "t.csv")
    assert ended.code == 0
    assert "moving.mp4" in ended.err.split("Frames: ")[0]
    assert "64 frames" in ended.err
    assert len(pd.read_csv(tmp_path / "t.csv")) == 90


STOPPED = """
import os, sys
from mien import cli
from mien.cli import progress

folder, number = sys.argv.pop(), int(sys.argv.pop())

def stop(*_):
    print(*sorted(os.listdir(folder)), flush=True)
    os.kill(os.getpid(), number)

progress._Lines.__call__ = stop
cli.main()
"""
"""A run that sends itself a signal when its first frames are read, and says what is there then."""


def stopped(folder, signal_number, *arguments):
    """How a run ended in its midst, the names that were in the folder then, and what it said."""
    run = subprocess.run(
        [sys.executable, "-c", STOPPED, "analyze", *arguments, str(signal_number), folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.returncode, run.stdout.split(), run.stderr


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_leaves_nothing(clip, tmp_path):
    outputs = ("-o", tmp_path / "t.csv", "--mesh", tmp_path / "m.parquet")
    code, there, said = stopped(tmp_path, signal.SIGINT.value, clip, *outputs)
    assert [name.startswith(".m.") for name in there] == [True, False]
    assert there[1].startswith(".t.")
    assert code == 130
    assert said == "mien: stopped; nothing was written under its final name\n"
    assert list(tmp_path.iterdir()) == []


def test_offline_without_models_says_what_to_do(mien_command, photo, tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    ended = mien_command("analyze", photo)
    assert ended.code == 2
    assert "MIEN_OFFLINE" in ended.err
    assert "Traceback" not in ended.err


def test_a_picture_without_a_face(mien_command, tmp_path, front_end):
    PIL.Image.new("RGB", (300, 200), "white").save(tmp_path / "wall.png")
    ended = mien_command("analyze", tmp_path / "wall.png")
    assert ended.code == 0
    assert "No face was found." in ended.out
    assert "1 frames without a face" in ended.err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_program_told_to_end_clears_up(clip, tmp_path, name):
    if not hasattr(signal, name):
        pytest.skip("this system has no such signal")
    number = getattr(signal, name).value
    code, there, _ = stopped(tmp_path, number, clip, "-o", tmp_path / "t.csv")
    assert len(there) == 1
    assert code == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_a_screen_that_knows_no_blocks_gets_hashes(photo):
    code = "import mien.cli; mien.cli.main()"
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    run = subprocess.run(
        [sys.executable, "-c", code, "analyze", str(photo)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert "####" in run.stdout


def test_a_name_that_the_screen_has_no_letters_for_is_escaped(photo, tmp_path):
    named = shutil.copy(photo, tmp_path / "\N{CJK UNIFIED IDEOGRAPH-6F22}.png")
    run = subprocess.run(
        [sys.executable, "-c", "import mien.cli; mien.cli.main()", "analyze", named],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert run.returncode == 0
    assert rb"\u6f22.png, face 0" in run.stdout


@pytest.mark.skipif(os.name != "posix", reason="outputs are closed by a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_where_nobody_listens_the_work_is_done(photo, tmp_path, closed):
    words = [sys.executable, "-c", "import mien.cli; mien.cli.main()", "analyze", str(photo)]
    words += ["--mesh", str(tmp_path / "t.csv")]
    code = subprocess.run(f"{shlex.join(words)} {closed}", shell=True, check=False).returncode
    assert code == 0
    assert (tmp_path / "t.csv").exists()


def test_a_system_error_is_one_line(mien_command, photo, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "somewhere")

    monkeypatch.setattr("mien.analysis.pipeline.analyze_to_files", refuse)
    ended = mien_command("analyze", photo)
    assert (ended.code, ended.err) == (
        2,
        "mien: somewhere cannot be opened or made (Permission denied); look whether the place is "
        "right, or choose another\n",
    )


def test_the_table_can_have_the_names_of_openface(mien_command, clip, tmp_path):
    table, ours = tmp_path / "of.csv", tmp_path / "t.csv"
    part = (clip, "--start", "1.8", "--end", "2.3")  # some of its frames show no face
    assert mien_command("analyze", *part, "-o", table, "--layout", "openface").code == 0
    assert mien_command("analyze", *part, "-o", ours).code == 0
    there, here = pd.read_csv(table), pd.read_csv(ours)
    assert list(there.columns[:5]) == ["frame", "face_id", "timestamp", "confidence", "success"]
    assert there["AU26_r"].tolist() == pytest.approx(here["AU26"].tolist(), nan_ok=True)
    assert there["success"].tolist() == here["face"].notna().astype(int).tolist()
    assert set(there["success"]) == {0, 1}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--layout", "openface"], "--output"),
        (["second.png", "-o", "t.csv", "--layout", "openface"], "run it once for each"),
        (["-o", "t.csv", "--layout", "x"], "no layout 'x'"),
    ],
)
def test_a_layout_that_cannot_be_is_one_line(
    mien_command, photo, arguments, told, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    shutil.copy(photo, "second.png")
    ended = mien_command("analyze", photo, *arguments)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert told in ended.err
