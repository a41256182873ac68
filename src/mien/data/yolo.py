"""Pictures with boxes and classes in the format of YOLO: data.yaml, folders of pictures, labels.

What annotation tools write (Roboflow's "YOLOv5 PyTorch", Label Studio, CVAT) and what
``mien annotate`` writes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mien.data.findings import Findings
from mien.data.folders import note_many, text_of
from mien.data.yolo_labels import BoxFault, label_path, read_labels
from mien.data.yolo_yaml import SPLITS, DataYaml, read_yaml, resolve
from mien.errors import InputError
from mien.values import Float32
from mien.video.sources import PICTURES

__all__ = ["BoxedPictures", "BoxedSet", "pictures_below", "read", "source_of"]

_ROBOFLOW = re.compile(r"_[A-Za-z]+\.rf\.[0-9A-Za-z]+$")
"""End of a name that Roboflow gave: _jpg.rf. and a hash."""


@dataclass(frozen=True, eq=False)
class BoxedPictures:
    """n pictures and the boxes in each."""

    path: tuple[Path, ...] = ()
    """(n): the files, sorted within their folder."""
    boxes: tuple[Float32, ...] = field(default=(), repr=False)
    """(n) float32 (m, 5): class, centre x, centre y, width, height; the last four as shares of the
    picture's width and height, 0-1. A picture that shows none of the classes has (0, 5)."""

    def __len__(self) -> int:
        return len(self.path)


@dataclass(frozen=True, eq=False)
class BoxedSet:
    """What a data.yaml leads to."""

    path: Path
    """Of the data.yaml."""
    names: tuple[str, ...]
    """Of the classes, by number."""
    splits: Mapping[str, BoxedPictures]
    """train, val and test; one that is not there is empty."""


def read(path: str | Path, findings: Findings | None = None) -> BoxedSet:
    """All pictures that a data.yaml leads to, with their boxes.

    Nothing but text is opened. A picture without a label file, or with an empty one, shows none
    of the classes. A picture whose label file has a bad line is left out whole: with one box less
    its object would be learned as background.

    Args:
        path: of the data.yaml, or of the folder that holds it.
        findings: where to note what is wrong; without it the first fault is raised.

    Raises:
        InputError: the file or a folder that it names is missing or not in the format, a split
            has no label at all, or ``findings`` are not given and there is a fault.
    """
    said = read_yaml(path)
    findings = Findings(strict=True) if findings is None else findings
    splits = {name: _split(said, name, findings) for name in SPLITS}
    if not any(map(len, splits.values())):
        raise InputError(f"{said.path} leads to no picture; is the copy complete?")
    _compare(splits, findings)
    return BoxedSet(said.path, said.names, splits)


def source_of(picture: Path) -> str:
    """Name of the picture that this one was made from: without what Roboflow adds.

    >>> source_of(Path("anna_03_jpg.rf.0f3a.jpg"))
    'anna_03'
    """
    return _ROBOFLOW.sub("", picture.stem)


def pictures_below(folder: Path) -> list[Path]:
    """All pictures in a folder and its folders, by suffix, sorted; hidden ones are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _split(said: DataYaml, name: str, findings: Findings) -> BoxedPictures:
    """The pictures of one split with their boxes."""
    paths = list(dict.fromkeys(_pictures(said, name, findings)))
    found: list[tuple[Path, Float32]] = []
    bare = []
    owner: dict[Path, Path] = {}
    for picture in paths:
        labels = label_path(picture)
        if owner.setdefault(labels, picture) is not picture:
            what = f"shares its labels with {owner[labels].name}; rename one of them"
            findings.add("duplicate", _place(picture, said), what)
            findings.left_out += 1
            continue
        if not labels.is_file():
            bare.append(picture)
        try:
            found.append((picture, read_labels(labels, len(said.names))))
        except BoxFault as fault:
            findings.add(fault.kind, f"{_place(labels, said)}:{fault.line}", fault.what)
            findings.left_out += 1
    if paths and len(bare) == len(paths):
        raise InputError(
            f"{said.path}: no picture of {name} has labels; expected them as "
            f"{label_path(bare[0])} and so on"
        )
    places = [_place(picture, said) for picture in bare]
    note_many(findings, "no label", "", places, "counts as one without objects")
    return BoxedPictures(tuple(path for path, _ in found), tuple(boxes for _, boxes in found))


def _pictures(said: DataYaml, name: str, findings: Findings) -> Iterator[Path]:
    """The pictures of a split, whichever way they are named."""
    for place in said.splits[name]:
        try:
            path = resolve(said, place)
        except InputError:
            if name != "test":  # Roboflow names a test folder whether there is one or not
                raise
            continue
        if path.is_dir():
            yield from pictures_below(path)
        elif path.suffix.lower() == ".txt":
            yield from _listed(path, said, findings)
        elif path.suffix.lower() in PICTURES:
            yield path
        else:
            raise InputError(
                f"{said.path}: {name} names {place}, expected a folder, a text list of pictures, "
                "or a picture"
            )


def _listed(path: Path, said: DataYaml, findings: Findings) -> Iterator[Path]:
    """The pictures of a text list, a line each: from the folder of the list, or of data.yaml."""
    bases = (path.parent, said.path.parent / said.base, said.path.parent)
    for line, text in enumerate(text_of(path).splitlines(), 1):
        if not (word := text.strip().replace("\\", "/")):
            continue
        there = next((base / word for base in bases if (base / word).is_file()), None)
        if there is None:
            findings.add("no picture", f"{_place(path, said)}:{line}", f"there is no {word[:80]}")
            findings.left_out += 1
        else:
            yield there


def _compare(splits: Mapping[str, BoxedPictures], findings: Findings) -> None:
    """Note pictures of one source in two splits: what was learned would be tested."""
    first: dict[str, tuple[str, Path]] = {}
    twice: list[str] = []
    for name, pictures in splits.items():
        for picture in pictures.path:
            where, other = first.setdefault(source_of(picture), (name, picture))
            if where != name:
                twice.append(f"{picture.name} in {name}, {other.name} in {where}")
    what = "look as if they were made from one picture"
    note_many(findings, "in two splits", "", twice, what)


def _place(path: Path, said: DataYaml) -> str:
    """A file, from the folder of data.yaml where it lies in it."""
    home = said.path.parent
    try:
        return path.resolve().relative_to(home.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
