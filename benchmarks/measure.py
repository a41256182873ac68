"""Runs a piece of Python in a process of its own and reports what it cost."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLOSING = """
import json as _json, resource as _resource
_usage = _resource.getrusage(_resource.RUSAGE_SELF)
print(_json.dumps({"cpu": _usage.ru_utime + _usage.ru_stime, "peak_mb": _usage.ru_maxrss / 1024,
                   "said": globals().get("said")}))
"""


@dataclass(frozen=True)
class Cost:
    """What a process cost."""

    cpu: float
    """Seconds of CPU time of all threads."""
    peak_mb: float
    """Largest resident memory."""
    said: object
    """What the code left in the variable ``said``."""


def cost_of(code: str, arguments: Sequence[str] = (), python: Path | None = None) -> Cost:
    """Run code with one thread per library and measure the process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(
        [str(python or sys.executable), "-c", code + CLOSING, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1] if run.stderr else "it failed")
    return Cost(**json.loads(run.stdout.strip().splitlines()[-1]))
