"""``python -m benchmarks [NAME ...] [--minutes N]``: without a name, all of them."""

import argparse
import os
from pathlib import Path

from benchmarks import memory, size, speed

parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
NAMES = ("size", "speed", "memory", "units", "loading", "learning", "networks", "graph",
         "relations", "expressions", "emotions", "live", "student",
         "portraits", "yolo")  # fmt: skip
parser.add_argument("names", nargs="*", choices=(*NAMES, []))
parser.add_argument(
    "--minutes", type=int, help="length of the long clip (10), or of the training (5)"
)
parser.add_argument("--device", default="", choices=("", "cpu", "cuda"), help="of networks")
arguments = parser.parse_args()
names = arguments.names or NAMES
cache = Path(os.environ.get("MIEN_BENCH", Path(__file__).parent.parent / ".cache" / "bench"))
cache.mkdir(parents=True, exist_ok=True)
for name in names:
    print(f"{name}:")
    if name == "size":
        size.main()
    elif name == "speed":
        speed.main(cache)
    elif name == "memory":
        memory.main(cache, arguments.minutes or 10)
    elif name == "units":
        from benchmarks import units

        units.main()
    elif name == "loading":
        from benchmarks import loading

        loading.main(cache)
    elif name == "learning":
        from benchmarks import learning

        learning.main(cache, arguments.minutes or learning.MINUTES)
    elif name == "networks":
        from benchmarks import networks

        networks.main(arguments.device)
    elif name == "graph":
        from benchmarks import graph

        graph.main()
    elif name == "expressions":
        from benchmarks import expressions

        expressions.main()
    elif name == "relations":
        from benchmarks import relations

        relations.main(cache)
    elif name == "emotions":
        from benchmarks import emotions

        emotions.main()
    elif name == "live":
        from benchmarks import live

        live.main(cache)
    elif name == "student":
        from benchmarks import student

        student.main(cache)
    elif name == "portraits":
        from benchmarks import portraits

        portraits.main()
    elif name == "yolo":
        from benchmarks import yolo

        yolo.main()
