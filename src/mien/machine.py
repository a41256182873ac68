"""The machine that mien runs on, in words that name no person and no place."""

import os
import platform
from pathlib import Path

__all__ = ["cores", "extensions", "processor", "system"]

CPUINFO = Path("/proc/cpuinfo")
EXTENSIONS = (
    "avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm", "sve",
)  # fmt: skip
"""Instructions that decide which kernels ONNX Runtime takes, as Linux names them."""


def system() -> str:
    """The family of the system, its version where that is public, and the architecture."""
    return " ".join(filter(None, (platform.system(), _release(), platform.machine())))


def processor() -> str:
    """Its name, where the system tells."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def extensions() -> tuple[str, ...]:
    """Which of EXTENSIONS the processor has; nothing where the system does not tell."""
    flags = set((_cpuinfo("flags") or _cpuinfo("Features")).split())
    return tuple(one for one in EXTENSIONS if one in flags)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _release() -> str:
    """Such as "debian 12", "macOS 15.1", "11"; a kernel's own name may hold anything."""
    if platform.system() == "Linux":
        try:
            told = platform.freedesktop_os_release()
        except OSError:
            return ""
        return f"({told.get('ID', 'linux')} {told.get('VERSION_ID', '')}".rstrip() + ")"
    if platform.system() == "Darwin":
        return f"({platform.mac_ver()[0]})"
    return f"({platform.release()})"


def _cpuinfo(name: str) -> str:
    """The first line of that name in the system's account of the processor."""
    try:
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith(name):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return ""
