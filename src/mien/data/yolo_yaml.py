"""data.yaml of a folder with YOLO labels: names of the classes, and where the pictures are."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from mien.data.folders import text_of
from mien.errors import InputError
from mien.files import write_whole

__all__ = ["SPLITS", "DataYaml", "read_yaml", "resolve", "write_yaml"]

SPLITS = ("train", "val", "test")
"""Keys of the splits; "valid" is read as "val"."""

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class DataYaml(NamedTuple):
    """What a data.yaml says."""

    path: Path
    """Of the file itself."""
    names: tuple[str, ...]
    """Of the classes, by number."""
    base: str
    """``path:``, the folder that the others start from; empty if it is not given."""
    splits: Mapping[str, tuple[str, ...]]
    """train, val, test: folders, text lists or pictures, as they are written; empty if absent."""


def read_yaml(path: str | Path) -> DataYaml:
    """Read a data.yaml. Words stay words: a class may be named yes, no, null or 1e3.

    Args:
        path: of the file, or of the folder that holds it as data.yaml.

    Raises:
        InputError: the file is missing, no YAML, or lacks names or splits.
    """
    path = Path(path)
    path = path / "data.yaml" if path.is_dir() else path
    if not path.is_file():
        raise InputError(f"{path} does not exist; expected the data.yaml of pictures with labels")
    said = _parsed(path)
    base = said.get("path", "")
    if not isinstance(base, str):
        raise InputError(f"{path}: path is {_short(base)}, expected one folder")
    splits = {name: _places(path, name, said.get(name)) for name in SPLITS}
    splits["val"] = splits["val"] or _places(path, "valid", said.get("valid"))
    if not any(splits.values()):
        raise InputError(f"{path} names no pictures; expected train: and val: with their folders")
    return DataYaml(path, _names(path, said), "" if base in _NOTHING else base, splits)


def _parsed(path: Path) -> dict[str, object]:
    """The file as a dict of texts, lists and dicts."""
    try:
        # BaseLoader makes texts, lists and dicts only: no types are guessed, no objects are built
        said = yaml.load(text_of(path), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else f"{path}"
        reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise InputError(f"{place} is no YAML ({reason}); expected names, train and val") from error
    except RecursionError:
        raise InputError(f"{path} is nested too deeply; expected names, train and val") from None
    if not isinstance(said, dict):
        what = "empty" if said is None else _short(said)
        raise InputError(f"{path} is {what}, expected names, train and val")
    return said


def _places(path: Path, key: str, said: object) -> tuple[str, ...]:
    """Folders, lists or pictures of a split."""
    if said is None or (isinstance(said, str) and said in _NOTHING):
        return ()
    places = said if isinstance(said, list) else [said]
    if not all(isinstance(place, str) and place not in _NOTHING for place in places):
        raise InputError(
            f"{path}: {key} is {_short(said)}, expected a folder, a text list of pictures, or "
            "several of these"
        )
    return tuple(places)


def _names(path: Path, said: dict[str, object]) -> tuple[str, ...]:
    """Names of the classes, from a list or a mapping, as many as nc says."""
    given = said.get("names")
    if isinstance(given, dict):
        given = _in_order(path, given)
    if not isinstance(given, list) or not given or not all(isinstance(n, str) for n in given):
        raise InputError(
            f"{path}: names is {_short(given)}, expected the classes, such as names: [awake, sleep]"
        )
    names = tuple(name.strip() for name in given)
    if "" in names or len(set(names)) < len(names):
        raise InputError(f"{path}: names is {_short(given)}, expected each class once, by its name")
    count = said.get("nc", str(len(names)))
    if not isinstance(count, str) or not count.isdecimal() or int(count) != len(names):
        raise InputError(f"{path}: nc is {_short(count)}, but names has {len(names)} classes")
    return names


def _in_order(path: Path, given: dict[object, object]) -> list[object]:
    """The names of a mapping from the number of a class to its name."""
    names = {str(key): name for key, name in given.items()}
    numbers = [str(number) for number in range(len(names))]
    if set(names) != set(numbers):
        raise InputError(
            f"{path}: names has the numbers {', '.join(names)[:60]}, expected 0 to "
            f"{len(names) - 1}, each once"
        )
    return [names[number] for number in numbers]


def resolve(said: DataYaml, place: str) -> Path:
    """The folder, list or picture that an entry of a split means.

    It starts from ``path:``, from the folder of the file, or from the folder above it. Roboflow
    writes ``../train/images`` and means ``train/images`` beside the file.

    Raises:
        InputError: there is none, or two that may be meant.
    """
    here = said.path.parent
    bases = [here, here.parent]
    if said.base:
        bases = [here / said.base, here.parent / said.base, *bases]
    tried = [base / place for base in bases]
    without = Path(place)
    while without.parts[:1] == ("..",):
        without = Path(*without.parts[1:])
    lower = here / without
    tried.append(lower)
    there = [path for path in tried if path.exists()]
    if not there:
        raise InputError(
            f"{said.path} names {place}, which is neither {tried[0]} nor {lower}; write where "
            "it is, from the folder of the file"
        )
    if not said.base and lower.exists() and not lower.samefile(there[0]):
        raise InputError(
            f"{said.path} names {place}, which may be {there[0]} or {lower}; write which of them "
            "is meant as a whole path"
        )
    return there[0]


def write_yaml(path: Path, names: tuple[str, ...], splits: Mapping[str, str], note: str) -> None:
    """Write a data.yaml, whole or not at all.

    Args:
        path: the file to be.
        names: of the classes, by number.
        splits: folder or list of each split, from the folder of the file.
        note: a line that says who wrote it.

    Raises:
        InputError: it cannot be written.
    """
    lines = [f"# {note}"]
    # a text in the form of JSON is the same text in YAML, whatever is in it
    lines += [f"{name}: {_quoted(place)}" for name, place in splits.items()]
    lines += [f"nc: {len(names)}", "names:"]
    lines += [f"  {number}: {_quoted(name)}" for number, name in enumerate(names)]
    write_whole(path, "\n".join(lines) + "\n")


def _quoted(text: str) -> str:
    """A text between quotation marks, unless it is a plain word or path."""
    plain = text.replace("/", "").replace("_", "").replace(".", "").isalnum()
    plain = plain and text.isascii() and text[0].isalpha() and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that other readers of YAML take for something else."""


def _short(value: object) -> str:
    """A value for a message."""
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
