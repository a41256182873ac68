"""A folder with YOLO labels as a data set: the class and the box of the largest object of each.

For looking a copy through, and for networks that read one face. Detectors are trained on all boxes,
see `mien.data.yolo`.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import check_root
from mien.data.labels import STILL, Expressions, Index
from mien.data.picturefiles import look, sizes
from mien.data.recording import Recording
from mien.data.writing import by_person, new_folder, write_picture
from mien.data.yolo import read as read_all
from mien.data.yolo import source_of
from mien.data.yolo_labels import write_labels
from mien.data.yolo_yaml import write_yaml
from mien.values import Float32

__all__ = ["read", "write"]

_FOLDERS = {"train": "train", "val": "valid"}


def read(root: Path, findings: Findings) -> Index:
    """The pictures that data.yaml in a folder leads to, with the largest box of each.

    A picture without boxes is not known. Who is on it is not told: pictures count as persons of
    their own, but those that were made from one picture as one.

    Args:
        root: the folder of data.yaml, or the file itself, whatever its name.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder holds no such set, or ``findings`` are strict and there is a fault.
    """
    said = read_all(root if root.is_file() else check_root(root), findings)
    root = said.path.parent
    rows: dict[Path, tuple[str, Float32]] = {}
    for part, pictures in said.splits.items():
        for path, boxes in zip(pictures.path, pictures.boxes, strict=True):
            rows.setdefault(path, (part, _largest(boxes)))
    boxes = np.stack([box for _, box in rows.values()])
    known = np.isfinite(boxes[:, 0])
    count = len(rows)
    index = Index(
        "yolo",
        root,
        tuple(Path(os.path.relpath(path, root)).as_posix() for path in rows),
        np.full(count, STILL, np.int64),
        np.zeros(count, np.int64),
        tuple(source_of(path) for path in rows),
        tuple(Path(os.path.relpath(path, root)).as_posix() for path in rows),
        expression=Expressions(said.names, np.where(known, boxes[:, 0], 0).astype(np.int64), known),
        part=tuple(part for part, _ in rows.values()),
    )
    return replace(index, box=_pixels(boxes[:, 1:], index))


def _largest(boxes: Float32) -> Float32:
    """Class and box of the largest; not a number where there is none."""
    if not len(boxes):
        return np.full(5, np.nan, np.float32)
    return np.asarray(boxes[int(boxes[:, 3:].prod(axis=1).argmax())])


def _pixels(boxes: Float32, index: Index) -> Float32:
    """x0, y0, x1, y1 in pixels; not a number where the picture cannot be opened."""
    size = sizes(index, look(index)).astype(np.float32)
    size[size[:, 0] == 0] = np.nan
    half = boxes[:, 2:] / 2
    low, high = (boxes[:, :2] - half) * size, (boxes[:, :2] + half) * size
    # as shares the corner of the top left pixel is (0, 0), in pixels its centre
    return np.asarray(np.hstack([low, high]) - 0.5, np.float32)


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder as Roboflow exports it: the last frame of each recording, its face boxed.

    The first frame too, as neutral, where no unit is at work in it. Every third person is held out.

    Args:
        root: the folder to be.
        recordings: what was recorded of whom.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    persons = by_person(recordings, [f"P{person:03}" for person in range(1000)])
    names = sorted({"neutral", *(recording.expression for recording in recordings)})
    with new_folder(root) as folder:
        for part in _FOLDERS.values():
            for kind in ("images", "labels"):
                (folder / part / kind).mkdir(parents=True)
        for person, (name, own) in enumerate(persons.items()):
            part = _FOLDERS["val" if person % 3 == 2 else "train"]
            for number, recording in enumerate(own):
                for frame, expression in _frames(recording):
                    stem = f"{name}_{number}_{frame}"
                    image = recording.images[frame]
                    write_picture(folder / part / "images" / f"{stem}.jpg", image)
                    box = _box(recording.points[frame], image.shape[1], image.shape[0])
                    labels = np.array([[names.index(expression), *box]], np.float32)
                    write_labels(folder / part / "labels" / f"{stem}.txt", labels)
        places = {split: f"../{name}/images" for split, name in _FOLDERS.items()}
        write_yaml(folder / "data.yaml", tuple(names), places, "an example of mien")


def _frames(recording: Recording) -> list[tuple[int, str]]:
    """The frames that become pictures, and what they show."""
    last = len(recording.images) - 1
    quiet = last > 0 and not recording.intensity[0].any()
    return [(0, "neutral")] * quiet + [(last, recording.expression)]


def _box(points: Float32, width: int, height: int) -> list[float]:
    """The box around landmarks as shares, inside the picture."""
    size = np.array([width, height])
    low = np.clip((points.min(axis=0) + 0.5) / size, 0, 1)
    high = np.clip((points.max(axis=0) + 0.5) / size, 0, 1)
    return [*((low + high) / 2).tolist(), *(high - low).tolist()]
