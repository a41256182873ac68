"""The demo runs from start to end, and finds what it planted."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


@pytest.fixture(scope="module")
def demo():
    spec = importlib.util.spec_from_file_location("demo", DEMO)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_finds_what_it_planted(demo, astronaut, front_end, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["demo.py", "--out", str(tmp_path / "demo")])
    demo.main()
    printed = capsys.readouterr().out
    photo, clip = printed.split("2. A clip")
    assert set(re.findall(r"AU\d+", photo)) >= {"AU12", "AU25"}
    rows = {
        (row[0], row[1]): row[2:]
        for row in (re.split(r" {2,}", line.strip()) for line in clip.splitlines())
        if len(row) > 2
    }
    for name in (
        *(("smile", "AU12"), ("jaw drop", "AU26"), ("brow raise", "AU2")),
        *(("blink", "eye closure, AU45 seen"), ("second blink", "eye closure, AU45 seen")),
    ):
        _, _, rise, _, _, fall, height = rows[name]
        assert abs(float(rise.rstrip(" s"))) < 0.12
        assert abs(float(fall.rstrip(" s"))) < 0.12
        assert float(height) > 1
    made = {path.name for path in (tmp_path / "demo").iterdir()}
    assert made >= {
        *("photo.annotated.png", "clip.annotated.mp4", "clip.csv", "clip.parquet"),
        *("clip.mp4.planted.csv", "report.html", "moments.jpg"),
    }
