"""CPU time per frame of a live run, beside that of `mien analyze` on the same clip.

Frames are read as fast as they are decoded, one thread, start of the program left out. MIEN_MODEL
names a network (FILE.onnx) that both ask as well. How fresh what is shown is depends on the machine
and what else runs on it: `mien live` says it at the end of each run.
"""

import os
import tempfile
from pathlib import Path

from benchmarks.clips import RATE, SECONDS, face_clip, repeated
from benchmarks.speed import LONG, per_frame

OPENED = """
import os, sys
from mien.analysis.networks import Networks
from mien.analysis.options import Options
networks = Networks().with_models(tuple(filter(None, [os.environ.get("MIEN_MODEL")])))
"""

CHUNKS = (
    OPENED
    + """
from mien.analysis.pipeline import Outputs, analyze_to_files
report = analyze_to_files(sys.argv[1], Options.of(), Outputs(), networks)
said = report.sources[0].analysed
"""
)

READ = (
    OPENED
    + """
from time import monotonic
from mien.analysis.stream import FrameReader
from mien.live.cards import Trust
from mien.live.lines import line_of
from mien.live.moment import Moment
from mien.live.window import picture_of
from mien.video.reader import open_source
reader, trust = FrameReader(sys.argv[1], networks, Options.of()), Trust(networks)
with open_source(sys.argv[1]) as source:
    for frame in source:
        moment = Moment("camera:0", reader.read(frame), monotonic(), 0, 30.0, 0.03)
        {show}
"""
)

PICTURE = 'picture_of(moment, trust, "", None)'

STAGES = (
    ("mien analyze, without a file", CHUNKS),
    ("live: decoded and read", READ.replace("{show}", "pass")),
    ("live: a JSON line of each", READ.replace("{show}", "line_of(moment)")),
    ("live: the window's picture of each", READ.replace("{show}", PICTURE)),
)


def main(cache: Path) -> None:
    """Print milliseconds per frame and the ratio to analyze."""
    clip = face_clip(cache / "face-640x360.mp4")
    model = os.environ.get("MIEN_MODEL")
    print(
        f"  one face, 640x360, {LONG * SECONDS * RATE} frames{f', with {model}' if model else ''}"
    )
    with tempfile.TemporaryDirectory() as folder:
        long = repeated(clip, Path(folder) / "long.mp4", LONG)
        whole = 0.0
        for name, code in STAGES:
            cost = per_frame(code, clip, long)
            whole = whole or cost
            print(f"  {name:<36}{cost:6.2f} ms   {cost / whole:5.2f} times")
