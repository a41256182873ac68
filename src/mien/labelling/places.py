"""The pictures of a folder that is labelled, and where the labels of each belong."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mien.data.yolo import pictures_below
from mien.data.yolo_labels import IMAGES, label_path, usual_path
from mien.errors import InputError

__all__ = ["LISTS", "STATE", "YAML", "Place", "find_places", "root_of"]

YAML = "data.yaml"
LISTS = {"train": "train.txt", "val": "val.txt"}
"""Text lists of pictures beside data.yaml."""
STATE = "annotate.json"
"""What is known besides the labels; it also says that the files beside it are ours."""


class Place(NamedTuple):
    """One picture."""

    name: str
    """From the folder of data.yaml, with forward slashes."""
    picture: Path
    labels: Path


def root_of(folder: Path) -> Path:
    """The folder of data.yaml: the folder of pictures, or the one above if it is named images.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {kind}; expected a folder of pictures")
    folder = folder.resolve()
    return folder.parent if folder.name == IMAGES else folder


def find_places(folder: Path) -> tuple[Place, ...]:
    """All pictures in a folder and its folders, in the order of their names.

    Raises:
        InputError: there is none, a name cannot stand in a list, or two would share their labels.
    """
    root = root_of(folder)
    if not (root / STATE).exists():
        _refuse_strangers(root)
    places = [_place(root, picture) for picture in pictures_below(folder.resolve())]
    if not places:
        raise InputError(f"{folder} holds no pictures; expected files such as .jpg, .png or .heic")
    _refuse_shared(root, places)
    return tuple(places)


def _place(root: Path, picture: Path) -> Place:
    """One picture, if its name can stand in a line of a list."""
    name = picture.relative_to(root).as_posix()
    if len(name.splitlines()) > 1 or "\\" in name or not _is_text(name):
        raise InputError(f"{name!r} cannot stand in a list of pictures; rename it")
    labels = root / usual_path(Path(name))
    other = label_path(picture)
    if other != labels and other.is_file():
        raise InputError(
            f"{name} has labels as {other}, which readers would take; move them, or label a copy "
            "of the folder"
        )
    return Place(name, picture, labels)


def _is_text(name: str) -> bool:
    """Whether a name is Unicode."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_strangers(root: Path) -> None:
    """Nothing that somebody else wrote is written over."""
    for name in (YAML, *LISTS.values()):
        if (root / name).exists():
            raise InputError(
                f"{root} has a {name} that mien annotate did not write; label a copy of the "
                "pictures in another folder"
            )


def _refuse_shared(root: Path, places: Iterable[Place]) -> None:
    """Each picture has a label file of its own, and it is none of the lists."""
    owner = {root / name: f"the list {name}" for name in LISTS.values()}
    for place in places:
        other = owner.setdefault(place.labels, place.name)
        if other != place.name:
            raise InputError(
                f"{place.name} would share {place.labels.name} with {other}; rename the picture"
            )
