"""``python -m benchmarks [NAME ...] [--minutes N]``: without a name, all of them."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from benchmarks.names import NAMES

TIMED = {"memory", "learning"}
"""Those that can be told how long."""
CACHED = {"speed", "memory", "loading", "learning", "relations", "live", "student"}
"""Those that keep something for the next time."""

parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
parser.add_argument("names", nargs="*", choices=(*NAMES, []))
parser.add_argument(
    "--minutes", type=int, help="length of the long clip (10), or of the training (5)"
)
parser.add_argument("--device", default="", choices=("", "cpu", "cuda"), help="of networks")
arguments = parser.parse_args()
cache = Path(os.environ.get("MIEN_BENCH", Path(__file__).parent.parent / ".cache" / "bench"))
cache.mkdir(parents=True, exist_ok=True)
for name in arguments.names or NAMES:
    print(f"{name}:")
    given: list[object] = [cache] if name in CACHED else []
    if name in TIMED and arguments.minutes:
        given.append(arguments.minutes)
    if name == "networks":
        given.append(arguments.device)
    import_module(f"benchmarks.{name}").main(*given)
