"""What a run was made with: versions, machine, commit; nothing that names a person or a place."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from mien.machine import processor

__all__ = ["environment"]

PACKAGES = (
    "mien", "torch", "torchvision", "lightning", "torchmetrics", "timm", "numpy", "pillow", "onnx",
    "onnxruntime",
)  # fmt: skip


def environment() -> dict[str, Any]:
    """Versions, processors and the commit of a checkout, as JSON."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {
            **{name: found for name in PACKAGES if (found := _version(name))},
            "torch": torch.__version__,  # with what it was built for
        },
        "commit": _commit(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(one) for one in range(torch.cuda.device_count())],
        "cuda": torch.version.cuda if torch.cuda.is_available() else None,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout that mien runs from, "+" if files were changed; else None."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    try:
        said = [
            subprocess.run(
                ["git", "-C", str(root), *arguments],
                capture_output=True,
                text=True,
                timeout=20,
                check=True,
            ).stdout.strip()
            for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno"))
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return said[0] + ("+" if said[1] else "")
