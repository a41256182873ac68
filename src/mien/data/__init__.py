"""(Learning half) Files to training examples: data sets in the formats in which they are given out.

The registry is light: the module of a data set is imported when it is read or written.
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mien.errors import InputError
from mien.facs.coded import BP4D, DISFA_INTENSITY

if TYPE_CHECKING:
    from mien.data.findings import Findings
    from mien.data.labels import Index
    from mien.data.recording import Recording

__all__ = ["DATASETS", "DataSet", "Units", "data_set", "read", "write"]

Reader = Callable[[Path, "Findings"], "Index"]
Writer = Callable[[Path, "Sequence[Recording]"], None]


class Units(NamedTuple):
    """Numbers of the action units that a set labels; empty: the files of the copy say which."""

    occurrence: tuple[int, ...] = ()
    intensity: tuple[int, ...] = ()


class DataSet(NamedTuple):
    """One data set: what it is, how to have it, and the two functions that know its format."""

    title: str
    """What it is, in words."""
    units: Units
    terms: str
    """Where to get it and under which licence."""
    read: Reader
    """``read(root, findings)`` gives the Index; ``root`` is the folder of the copy."""
    write: Writer
    """``write(root, recordings)`` makes a new folder in the exact format of the set."""


def _in(module: str, read: str = "read") -> tuple[Reader, Writer]:
    """``read`` and ``write`` of a module of this room, imported when they are called."""

    def reader(root: Path, findings: "Findings") -> "Index":
        index: Index = getattr(import_module(f"mien.data.{module}"), read)(root, findings)
        return index

    def writer(root: Path, recordings: "Sequence[Recording]") -> None:
        import_module(f"mien.data.{module}").write(root, recordings)

    return reader, writer


# fmt: off
DATASETS: dict[str, DataSet] = {
    "bp4d": DataSet(
        "BP4D-Spontaneous: 41 persons, 8 tasks each, about 147,000 coded frames",
        Units(BP4D, (6, 10, 12, 14, 17)),
        "from Binghamton University after a signed agreement; research only, no redistribution",
        *_in("bp4d"),
    ),
    "disfa": DataSet(
        "DISFA: videos of 27 persons, 130,814 frames, twelve intensities",
        Units((), DISFA_INTENSITY),
        "from the University of Denver after a signed agreement; research only, no redistribution",
        *_in("disfa"),
    ),
    "ckplus": DataSet(
        "CK+: 593 posed sequences of 123 persons, FACS codes of the peak frames",
        Units((1, 2, 4, 5, 6, 7, 12, 15, 17, 25), (1, 2, 4, 5, 6, 7, 12, 15, 17, 25)),
        "from the University of Pittsburgh on request; research only, no redistribution",
        *_in("ckplus"),
    ),
    "rafdb": DataSet(
        "RAF-DB basic: 15,339 aligned pictures from the internet, seven expressions",
        Units(),
        "from BUPT on request of a faculty member; research only, no redistribution",
        *_in("rafdb"),
    ),
    "rafdb-original": DataSet(
        "RAF-DB basic: the same, the original pictures with the box of the face",
        Units(),
        "from BUPT on request of a faculty member; research only, no redistribution",
        *_in("rafdb", "read_original"),
    ),
    "affectnet": DataSet(
        "AffectNet with eight expressions: 291,650 pictures from the internet",
        Units(),
        "from the University of Denver on request; research only, no redistribution",
        *_in("affectnet"),
    ),
    "affectnet-seven": DataSet(
        "AffectNet with seven expressions: the same without contempt",
        Units(),
        "from the University of Denver on request; research only, no redistribution",
        *_in("affectnet", "read_seven"),
    ),
    "caers": DataSet(
        "CAER-S: stills of television series, seven expressions, a folder for each",
        Units(),
        "from Yonsei University's page of the set; research only, no redistribution",
        *_in("caers"),
    ),
    "lists": DataSet(
        "aligned pictures with the text lists of the authors of JAA-Net or ME-GraphAU",
        Units(),
        "made from your copy of BP4D or DISFA, under the terms of that set",
        *_in("lists"),
    ),
    "table": DataSet(
        "pictures of your own with a CSV or Parquet table: path, subject, action units",
        Units(),
        "your own",
        *_in("table"),
    ),
    "joined": DataSet(
        "several of these sets in one folder, each in a folder of its name, as one set with gaps",
        Units(),
        "those of the sets in it",
        *_in("joined"),
    ),
    "yolo": DataSet(
        "pictures of your own with boxes and classes: data.yaml, as mien annotate and others write",
        Units(),
        "your own",
        *_in("yolo_index"),
    ),
    "faces": DataSet(
        "a folder of pictures of faces, without labels: to learn from as auto-encoders do",
        Units(),
        "your own",
        *_in("faces"),
    ),
}
# fmt: on
"""Every data set by name; one line of docs/datasets.md each."""


def data_set(name: str) -> DataSet:
    """The data set of this name.

    Raises:
        InputError: there is none; the message names what may have been meant.
    """
    if name in DATASETS:
        return DATASETS[name]
    near = get_close_matches(name.lower().replace("+", "plus"), DATASETS, 1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    raise InputError(f"there is no data set {name!r}{meant} (there are {', '.join(DATASETS)})")


def read(name: str, root: str | Path, findings: "Findings | None" = None) -> "Index":
    """All pictures of a copy of a data set, with all that is known of them.

    Args:
        name: of the set, see ``DATASETS``.
        root: folder of the copy; nothing in it is changed.
        findings: where to note what is wrong; without it the first fault is raised.

    Raises:
        InputError: there is no such set, the folder is missing or is not in the format, or
            ``findings`` are strict and there is a fault.
    """
    from mien.data.findings import Findings

    entry = data_set(name)
    return entry.read(Path(root), Findings(strict=True) if findings is None else findings)


def write(name: str, root: str | Path, recordings: "Sequence[Recording]") -> None:
    """Make a folder in the exact format of a data set, such as an example to try things on.

    Args:
        name: of the set, see ``DATASETS``.
        root: the folder to be; it must be empty or missing.
        recordings: what was recorded of whom.

    Raises:
        InputError: there is no such set, or the folder holds something or cannot be written to.
    """
    data_set(name).write(Path(root), recordings)
