"""Carry the face models to a machine without an index: one zip, checked before it is used.

A bundle holds the models as published, their licence, the ONNX files made of them, and a manifest
with the size and hash of each. The ONNX files are there for whoever opens the bundle by hand;
``unpack`` makes them again from the published models, so that only the catalogue is trusted.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from mien.errors import WeightsError
from mien.weights.cache import hash_of, write_whole, writing
from mien.weights.source import BROKEN_ZIP, LICENCE, check_hash, read_member
from mien.weights.store import Store

__all__ = ["pack", "unpack"]

MANIFEST = "manifest.json"
FORMAT = "mien weights 1"
EPOCH = (1980, 1, 1, 0, 0, 0)
LARGEST = 100_000_000
"""Bytes read of one file of a bundle at most; the largest model has 5 million."""


def pack(store: Store, file: Path) -> None:
    """Write the face models into one zip; the same models give the same bytes.

    Args:
        store: where they are; what lacks is fetched first.
        file: the zip to write.

    Raises:
        WeightsError: the models cannot be had or the zip cannot be written.
    """
    if file.is_dir():
        raise WeightsError(
            f"{file} is a folder, expected the name of a zip to write; "
            f"name one in it, such as {file / 'face-models.zip'}"
        )
    store.fetch()
    contents = _contents(store)
    described = {name: _described(data) for name, data in contents.items()}
    manifest = {"format": FORMAT, "package": store.catalog.package.name, "files": described}
    contents[MANIFEST] = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    with writing(file.absolute().parent, "name another place"):
        write_whole(file.absolute(), _zipped(contents))


def unpack(store: Store, file: Path) -> None:
    """Put the face models of a zip that ``pack`` wrote into the cache, if all of it is right.

    Args:
        store: where to.
        file: the zip.

    Raises:
        WeightsError: the zip is not one of ours, is damaged, or was tampered with; the cache is
            as it was.
    """
    contents = _read(file)
    networks = list(store.catalog.fetched.values())
    if lacking := [item.stored for item in networks if item.stored not in contents]:
        raise WeightsError(f"{file} holds no {', '.join(lacking)}; pack it again")
    for network in networks:
        check_hash(network, contents[network.stored], str(file))
    wanted = {LICENCE, *(network.stored for network in networks)}
    store.adopt({name: data for name, data in contents.items() if name in wanted})


def _contents(store: Store) -> dict[str, bytes]:
    networks = store.catalog.fetched.values()
    converted = [store.model_path(network.name, fetch=False) for network in networks]
    published = [store.folder / network.stored for network in networks]
    return {
        path.name: path.read_bytes() for path in [*published, *converted, store.folder / LICENCE]
    }


def _described(data: bytes) -> dict[str, int | str]:
    return {"size": len(data), "sha256": hash_of(data)}


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        for name, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, data)
    return stream.getvalue()


def _read(file: Path) -> dict[str, bytes]:
    """Contents of a bundle in memory, by name, all as its manifest says."""
    if file.is_dir():
        raise WeightsError(f"{file} is a folder; name the zip that `mien weights pack` wrote")
    if not file.is_file():
        raise WeightsError(f"{file} is not there; name a file that `mien weights pack` wrote")
    try:
        with zipfile.ZipFile(file) as bundle:
            manifest = _manifest(bundle, file)
            found = {name: read_member(bundle, name, LARGEST) for name in manifest}
    except BROKEN_ZIP as error:
        raise WeightsError(f"{file} is no whole bundle ({error}); copy or pack it again") from error
    contents = {name: data for name, data in found.items() if data is not None}
    for name, expected in manifest.items():
        if name not in contents or hash_of(contents[name]) != expected:
            raise WeightsError(
                f"{name} in {file} is not what its manifest says (sha256 {expected}); "
                "copy or pack it again"
            )
    return contents


def _manifest(bundle: zipfile.ZipFile, file: Path) -> dict[str, str]:
    """Hash of each file of a bundle by its name."""
    data = read_member(bundle, MANIFEST, LARGEST)
    try:
        values = json.loads(data or b"{}")
        if values["format"] == FORMAT:
            return {str(name): str(item["sha256"]) for name, item in values["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise WeightsError(f"{file} carries no manifest of {FORMAT!r}; name a file that mien packed")
