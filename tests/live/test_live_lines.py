"""Lines of JSON, and where they go."""

import io
import json
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.live.lines import Lines, line_of, open_lines
from tests.live.made_up import ROW, moment


def test_a_line_says_the_frame_once_and_each_face():
    line = json.loads(line_of(moment(ROW, {**ROW, "face": 3}, age=0.5)))
    assert list(line) == [
        "source", "frame", "time", "captured", "delay", "dropped", "rate", "faces"
    ]  # fmt: skip
    assert (line["source"], line["frame"], line["time"]) == ("camera:0", 7, 0.25)
    assert (line["dropped"], line["rate"]) == (3, 29.97)
    assert line["delay"] == pytest.approx(0.5, abs=0.2)
    assert line["captured"] == pytest.approx(time.time() - 0.5, abs=0.5)
    assert [one["face"] for one in line["faces"]] == [2, 3]
    assert not {"source", "frame", "time"} & line["faces"][0].keys()
    assert line["faces"][0]["AU6"] == 2.1235
    assert line["faces"][0]["AU45_p"] is None
    assert line["faces"][0]["emotion_rule"] == "6+12"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("\N{CJK UNIFIED IDEOGRAPH-6F22}.mp4", "\N{CJK UNIFIED IDEOGRAPH-6F22}.mp4"),
        (os.fsdecode(b"caf\xe9.mp4"), "caf\N{REPLACEMENT CHARACTER}.mp4"),
    ],
)
def test_any_name_can_be_sent_anywhere(source, said):
    line = line_of(replace(moment(ROW), source=source))
    assert json.loads(line.encode("ascii"))["source"] == said


def test_a_frame_without_a_face_is_a_line_too():
    line = json.loads(line_of(moment(rate=None)))
    assert line["faces"] == []
    assert line["rate"] is None


def test_each_line_is_sent_at_once():
    class Slow(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    file = Slow()
    lines = Lines(file)
    for _ in range(2):
        lines.show(moment(ROW))
    lines.wait("nothing")
    assert file.flushed == 2
    assert [json.loads(line)["frame"] for line in file.getvalue().splitlines()] == [7, 7]
    assert lines.is_open


def test_who_reads_no_more_ends_the_run():
    class Gone(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    lines = Lines(Gone())
    lines.show(moment(ROW))
    assert not lines.is_open


def test_a_file_has_its_name_when_the_run_has_ended(tmp_path):
    path = tmp_path / "live.jsonl"
    with open_lines(str(path)) as lines:
        lines.show(moment(ROW))
        assert not path.exists()
    assert json.loads(path.read_text(encoding="utf-8"))["frame"] == 7


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_a_program_that_is_told_to_end_leaves_its_lines(tmp_path, end):
    path = tmp_path / "live.jsonl"
    with pytest.raises(end), open_lines(str(path)) as lines:  # noqa: PT012
        lines.show(moment(ROW))
        raise end
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), open_lines(str(tmp_path / "live.jsonl")) as lines:  # noqa: PT012
        lines.show(moment(ROW))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_standard_output_is_a_dash(capsys):
    with open_lines("-") as lines:
        lines.show(moment(ROW))
    assert json.loads(capsys.readouterr().out)["frame"] == 7
    assert not sys.stdout.closed


def test_what_is_no_file_of_lines_is_refused(tmp_path):
    with (
        pytest.raises(InputError, match=r"writes JSON lines.*name it \.jsonl"),
        open_lines("a.csv"),
    ):
        pass


def test_the_page_lists_what_is_in_a_line():
    page = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
    section = page.partition("## The lines of a live run")[2].partition("## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert listed == list(json.loads(line_of(moment(ROW))))
