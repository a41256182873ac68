"""Which packages mien asks for, and which of them are here; none is imported to find out."""

import importlib.util
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version

from packaging.requirements import Requirement

from mien.doctor.finding import Finding

__all__ = ["PURPOSES", "Extra", "Package", "Packages", "packages"]

PURPOSES = {
    "train": "training, evaluation of checkpoints, export",
    "explain": "Grad-CAM in mien explain",
    "demo": "the photograph of the golden test and of make demo",
    "heic": "pictures in HEIC",
}
"""What each extra is for."""

WINDOW = "_tkinter"
"""Comes with Python, but for some systems in a package of its own; `mien live` shows with it."""


@dataclass(frozen=True)
class Package:
    """One package that is asked for."""

    name: str
    wanted: str
    """Versions that fit, such as ">=2.1"."""
    version: str | None
    """The one that is here; None: none."""
    fits: bool

    def __str__(self) -> str:
        return f"{self.name} {self.version or 'missing'}"


@dataclass(frozen=True)
class Extra:
    """An optional group of packages."""

    name: str
    purpose: str
    packages: tuple[Package, ...]

    @property
    def state(self) -> str:
        """present, partly or missing."""
        there = [one.fits for one in self.packages]
        return "present" if all(there) else "partly" if any(there) else "missing"

    @property
    def install(self) -> str:
        """The line that installs it."""
        return f'pip install "mien[{self.name}]"'


@dataclass(frozen=True)
class Packages:
    """All that is asked for."""

    mien: str | None
    """Version; None where it runs without having been installed."""
    python: str
    needed: tuple[Package, ...]
    extras: tuple[Extra, ...]
    window: bool
    """Whether `mien live` can show a window."""

    def findings(self) -> list[Finding]:
        """What lacks or does not fit."""
        found = [_unfit(one) for one in self.needed if not one.fits]
        if self.mien is None:
            found.append(
                Finding(
                    "mien runs without having been installed, so nothing says what it needs",
                    "install it: pip install .",
                    broken=False,
                )
            )
        for extra in self.extras:
            if extra.state == "partly":
                lacking = ", ".join(
                    f"{one} (wanted {one.wanted or 'any'})"
                    for one in extra.packages
                    if not one.fits
                )
                found.append(
                    Finding(f"of the extra {extra.name}: {lacking}", extra.install, broken=False)
                )
        if _here("onnxruntime") and _here("onnxruntime-gpu"):
            found.append(
                Finding(
                    "onnxruntime and onnxruntime-gpu are both installed, and overwrite each other",
                    "pip uninstall onnxruntime onnxruntime-gpu, then pip install onnxruntime",
                    broken=False,
                )
            )
        return found


def packages() -> Packages:
    """What mien's own description asks for, and what is here."""
    own = _own()
    wanted = [Requirement(line) for line in (own.requires or [])] if own else []
    names = own.metadata.get_all("Provides-Extra") or [] if own else []
    return Packages(
        mien=own.version if own else None,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        needed=_of(wanted, ""),
        extras=tuple(Extra(name, PURPOSES.get(name, ""), _of(wanted, name)) for name in names),
        window=importlib.util.find_spec(WINDOW) is not None,
    )


def _own() -> Distribution | None:
    try:
        return distribution("mien")
    except PackageNotFoundError:
        return None


def _of(wanted: Sequence[Requirement], extra: str) -> tuple[Package, ...]:
    """The packages of an extra that apply here, or those that are always needed."""
    chosen = []
    for one in wanted:
        always = one.marker is None or one.marker.evaluate({"extra": ""})
        asked = one.marker is None or one.marker.evaluate({"extra": extra})
        if asked and always == (extra == ""):
            chosen.append(_package(one))
    return tuple(chosen)


def _package(wanted: Requirement) -> Package:
    found = _here(wanted.name)
    fits = found is not None and wanted.specifier.contains(found, prereleases=True)
    return Package(wanted.name, str(wanted.specifier), found, fits)


def _here(name: str) -> str | None:
    """Version of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _unfit(one: Package) -> Finding:
    what = f"{one.name} is not installed" if one.version is None else f"{one} is installed"
    return Finding(
        f"{what}, and mien needs {one.wanted or 'it'}", f'pip install "{one.name}{one.wanted}"'
    )
