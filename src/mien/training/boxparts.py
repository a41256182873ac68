"""What a detector learns from and is judged by: the parts of a set of pictures with boxes."""

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data import yolo as folders
from mien.data.findings import Findings
from mien.data.yolo import BoxedPictures, BoxedSet
from mien.errors import InputError

__all__ = ["Parts", "read_boxes"]

logger = logging.getLogger(__name__)

TOLD = 3
"""Findings that are told one by one."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What a run learns from and is judged by."""

    said: BoxedSet
    notes: tuple[str, ...]
    """What is wrong with the set."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes."""
        return self.said.names

    def part(self, name: str) -> BoxedPictures:
        """One of train, val and test; it may be empty."""
        return self.said.splits[name]

    def digest(self) -> str:
        """Of names, pictures by their size, and boxes: another set has another."""
        found = hashlib.sha256(json.dumps(self.names).encode())
        for name, part in sorted(self.said.splits.items()):
            for path, boxes in zip(part.path, part.boxes, strict=True):
                found.update(f"{name}/{path.name}:{path.stat().st_size}".encode())
                found.update(np.ascontiguousarray(boxes).tobytes())
        return found.hexdigest()


def read_boxes(data: Path) -> Parts:
    """Read what a data.yaml leads to; faulty pictures are left out, and told.

    Raises:
        InputError: there is no training part, or nothing at all.
    """
    findings = Findings()
    said = folders.read(data, findings)
    if not any(len(boxes) for boxes in said.splits["train"].boxes):
        raise InputError(f"{said.path} leads to no training picture with a box; look at train:")
    notes = tuple(f"{one.place}: {one.what}" for one in findings)
    for note in notes[:TOLD]:
        logger.info(note)
    if len(notes) > TOLD:
        logger.info("%d more of the kind", len(notes) - TOLD)
    return Parts(said, notes)
