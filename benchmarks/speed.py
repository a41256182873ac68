"""CPU time per frame of the whole pipeline and of its stages, beside mediapipe's face mesh."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.clips import RATE, SECONDS, face_clip, repeated
from benchmarks.measure import cost_of

PIPELINE = """
import sys
from pathlib import Path
from mien.analysis.options import Options
from mien.analysis.pipeline import Outputs, analyze_to_files
out = Path(sys.argv[2]) if len(sys.argv) > 2 else None
report = analyze_to_files(sys.argv[1], Options.of(), Outputs(table=out))
said = report.sources[0].analysed
"""

DECODING = """
import sys
from mien.video.reader import open_source
with open_source(sys.argv[1]) as source:
    said = sum(1 for _ in source)
"""

TRACKING = """
import sys
from mien.analysis.networks import Networks
from mien.video.reader import open_source
tracker = Networks().tracker()
with open_source(sys.argv[1]) as source:
    said = sum(len(tracker.follow(frame)) for frame in source)
"""

READING = """
import sys
from mien.analysis.networks import Networks
from mien.analysis.observe import Keep, observe
from mien.video.reader import open_source
networks = Networks()
with open_source(sys.argv[1]) as source:
    said = sum(len(rows) for rows in observe(source, networks.tracker(), networks, Keep(True)))
"""

PEER = """
import sys
import av
import mediapipe
mesh = mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True, max_num_faces=1)
said = 0
with av.open(sys.argv[1]) as container:
    for frame in container.decode(video=0):
        said += mesh.process(frame.to_ndarray(format="rgb24")).multi_face_landmarks is not None
"""

STAGES = (
    ("decode", DECODING),
    ("+ detect, track, mesh, pose", TRACKING),
    ("+ features, eyes, single-frame AUs", READING),
    ("+ neutral AUs, emotions, Parquet", PIPELINE),
)
"""Each stage contains the ones before it; the difference is its own cost."""

LONG = 3
"""Copies of the clip in the long run. Frames in the difference of both runs cost what a frame
costs, without the start of the program."""


def per_frame(code: str, clip: Path, long: Path, python: Path | None = None) -> float:
    """Milliseconds of CPU time per frame, start of the program left out."""
    short_run = cost_of(code, [str(clip)], python)
    long_run = cost_of(code, [str(long)], python)
    return 1000 * (long_run.cpu - short_run.cpu) / ((LONG - 1) * SECONDS * RATE)


def peer_environment(folder: Path) -> Path | None:
    """An environment with mediapipe 0.10.21, made once; None where it cannot be installed."""
    python = folder / "mediapipe" / "bin" / "python"
    if not python.exists():
        commands = (
            [sys.executable, "-m", "venv", str(folder / "mediapipe")],
            [str(python), "-m", "pip", "install", "--quiet", "mediapipe==0.10.21", "av<17"],
        )
        for command in commands:
            if subprocess.run(command, capture_output=True, check=False).returncode:
                return None
    return python


def main(cache: Path) -> None:
    """Print milliseconds per stage, frames per second, memory, and the ratio to mediapipe."""
    clip = face_clip(cache / "face-640x360.mp4")
    with tempfile.TemporaryDirectory() as folder:
        long = repeated(clip, Path(folder) / "long.mp4", LONG)
        rate = clip.stat().st_size * 8 / SECONDS / 1000
        print(f"One face, 640x360, 30 frames/s, {rate:.0f} kbit/s; CPU time per frame, one thread.")
        before = 0.0
        for name, code in STAGES:
            cost = per_frame(code, clip, long)
            print(f"  {name:<36} {cost - before:6.2f} ms   (together {cost:.2f} ms)")
            before = cost
        whole = before
        begun = time.perf_counter()
        run = cost_of(PIPELINE, [str(long), str(Path(folder) / "out.parquet")])
        spent = time.perf_counter() - begun
        frames = LONG * SECONDS * RATE
        print(f"  {frames / spent:.0f} frames/s of wall time, peak memory {run.peak_mb:.0f} MB")
        python = peer_environment(cache)
        if python is None:
            print("  mediapipe 0.10.21 cannot be installed here: no ratio")
            return
        tracking = per_frame(TRACKING, clip, long)
        peer = per_frame(PEER, clip, long, python)
        print(f"  mediapipe 0.10.21, decode and face mesh alone: {peer:.2f} ms")
        print(f"  ratio, decode + track + mesh: {tracking / peer:.2f}; whole: {whole / peer:.2f}")
