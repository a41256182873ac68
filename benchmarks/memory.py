"""Peak memory of a short and of a long clip: it must not grow with the length."""

import tempfile
from pathlib import Path

from benchmarks.clips import SECONDS, face_clip, repeated
from benchmarks.measure import cost_of
from benchmarks.speed import PIPELINE


def main(cache: Path, minutes: int = 10) -> None:
    """Print peak memory for one minute and for ``minutes`` minutes."""
    clip = face_clip(cache / "face-640x360.mp4")
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for length in (1, minutes):
            long = repeated(clip, Path(folder) / f"{length}.mp4", length * 60 // SECONDS)
            run = cost_of(PIPELINE, [str(long), str(Path(folder) / "out.parquet")])
            peaks.append(run.peak_mb)
            print(
                f"  {length:>3} min: {run.said} frames, peak memory {run.peak_mb:.0f} MB, "
                f"{run.cpu:.0f} s of CPU time"
            )
    print(f"  growth from 1 to {minutes} min: {peaks[1] - peaks[0]:+.0f} MB")
