"""What is known of a converted network: a small file beside it, written last."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mien.weights.cache import hash_of, read_if_there
from mien.weights.catalog import Network

__all__ = ["CONVERTER", "Record", "read_record", "record_name", "record_of"]

CONVERTER = 1
"""Rises when ``lowering`` makes another file of the same model, so that caches are made anew."""


@dataclass(frozen=True)
class Record:
    """One converted network. Its file carries the hash in its name, so it is never rewritten."""

    name: str
    source: str
    """SHA-256 of the model that it was converted from."""
    size: int
    sha256: str
    """SHA-256 of the converted file."""

    @property
    def file(self) -> str:
        """Name of the converted file."""
        return f"{self.name}-{self.sha256[:12]}.onnx"

    def to_json(self) -> bytes:
        """The record as the bytes of its file."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def record_name(network: Network) -> str:
    """Name of a network's record; another converter keeps another."""
    return f"{network.name}-v{CONVERTER}.json"


def record_of(network: Network, converted: bytes) -> Record:
    """Describe a network that was just converted."""
    return Record(network.name, network.sha256, len(converted), hash_of(converted))


def read_record(folder: Path, network: Network) -> Record | None:
    """The record of a network, or None if there is none that fits the catalogue."""
    data = read_if_there(folder / record_name(network))
    if data is None:
        return None
    try:
        values = json.loads(data)
        record = Record(
            name=str(values["name"]),
            source=str(values["source"]),
            size=int(values["size"]),
            sha256=str(values["sha256"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
    fits = (record.name, record.source) == (network.name, network.sha256)
    return record if fits and record.sha256.isalnum() else None
