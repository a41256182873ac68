"""Label files of YOLO: a text file for each picture, a line for each object in it."""

from pathlib import Path

import numpy as np

from mien.data.folders import text_of
from mien.data.numbers import number
from mien.errors import InputError
from mien.files import write_whole
from mien.values import Float32

__all__ = ["BoxFault", "label_path", "parse_labels", "read_labels", "usual_path", "write_labels"]

IMAGES, LABELS = "images", "labels"
"""Names of the folders that stand side by side."""

_CORNERS = 3
"""Of a polygon, at least."""
_SMALLEST = 1e-6
"""Share of the picture under which a side is none: less than a pixel of any picture."""


class BoxFault(InputError):
    """A line of a label file cannot be used.

    Args:
        kind: of finding.
        line: its number, from 1.
        what: what came, what was expected.
    """

    def __init__(self, kind: str, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.kind, self.line, self.what = kind, line, what


def label_path(picture: Path) -> Path:
    """Where the labels of a picture belong: the last folder images becomes labels.

    Where no folder is named images, or the labels lie there already, they lie beside the picture.

    >>> label_path(Path("awake/train/images/001.jpg")).as_posix()
    'awake/train/labels/001.txt'
    """
    beside, usual = picture.with_suffix(".txt"), usual_path(picture)
    return beside if beside.is_file() and not usual.is_file() else usual


def usual_path(picture: Path) -> Path:
    """The same, wherever labels lie already."""
    parts = list(picture.with_suffix(".txt").parts)
    if IMAGES in parts[:-1]:
        parts[len(parts) - 2 - parts[-2::-1].index(IMAGES)] = LABELS
    return Path(*parts)


def read_labels(path: Path, classes: int) -> Float32:
    """The boxes in a label file.

    Args:
        path: of the file; without it the picture shows none of the classes.
        classes: how many there are.

    Returns:
        float32 (n, 5): class, centre x, centre y, width, height, the last four as shares of the
        width and height of the picture, 0-1, inside the picture. The same line twice counts once.

    Raises:
        BoxFault: a line is not as the format says.
        InputError: the file cannot be read.
    """
    return parse_labels(text_of(path), classes) if path.is_file() else parse_labels("", classes)


def parse_labels(text: str, classes: int) -> Float32:
    """The boxes in the text of a label file, see `read_labels`.

    A line is ``class x y width height``, or ``class x1 y1 x2 y2 x3 y3 ...``: the outline of an
    object, which becomes the box around it.

    >>> parse_labels("1 0.5 0.5 0.5 0.25", 2).tolist()
    [[1.0, 0.5, 0.5, 0.5, 0.25]]
    >>> parse_labels("0 0.25 0.25 0.75 0.25 0.5 0.75", 2).tolist()
    [[0.0, 0.5, 0.5, 0.5, 0.5]]
    """
    found: dict[tuple[float, ...], None] = {}
    for line, words in enumerate(map(str.split, text.splitlines()), 1):
        if words:
            found[_box(words, line, classes)] = None
    return np.array(list(found), np.float32).reshape(-1, 5)


def _box(words: list[str], line: int, classes: int) -> tuple[float, ...]:
    """Class and box of one line."""
    corners, odd = divmod(len(words) - 1, 2)
    if len(words) != 5 and (odd or corners < _CORNERS):
        raise BoxFault(
            "bad line", line,
            f"{len(words)} numbers, expected class x y width height, or class x1 y1 x2 y2 x3 y3",
        )  # fmt: skip
    try:
        kind, *values = map(number, words)
    except ValueError as error:
        raise BoxFault("bad line", line, str(error)) from None
    if not np.isfinite([kind, *values]).all():
        raise BoxFault("bad line", line, "numbers that are not finite")
    if kind != int(kind) or not 0 <= kind < classes:
        many = f"0 to {classes - 1}" if classes > 1 else "0"
        raise BoxFault("code out of range", line, f"class {words[0][:20]}, expected {many}")
    if not all(0 <= value <= 1 for value in values):
        raise BoxFault(
            "box outside", line,
            f"{' '.join(words[1:])[:60]}, expected shares of width and height, 0 to 1",
        )  # fmt: skip
    if len(values) == 4:
        x, y, width, height = values
        low, high = (x - width / 2, y - height / 2), (x + width / 2, y + height / 2)
    else:
        low, high = (min(values[::2]), min(values[1::2])), (max(values[::2]), max(values[1::2]))
    if min(high[0] - low[0], high[1] - low[1]) < _SMALLEST:
        raise BoxFault("bad line", line, "a box without width or height")
    if min(low) < 0 or max(high) > 1:  # rounding, or a tool that lets boxes hang over the edge
        low, high = (max(low[0], 0), max(low[1], 0)), (min(high[0], 1), min(high[1], 1))
    elif len(values) == 4:
        return kind, *values
    size = high[0] - low[0], high[1] - low[1]
    return kind, (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, *size


def write_labels(path: Path, boxes: Float32) -> None:
    """Write a label file, whole or not at all; without boxes it is empty.

    Args:
        path: the file to be.
        boxes: (n, 5), as `read_labels` gives them.

    Raises:
        InputError: it cannot be written.
    """
    lines = [
        f"{int(number)} " + " ".join(f"{value:.6f}" for value in box)
        for number, *box in boxes.astype(np.float64).tolist()
    ]
    write_whole(path, "".join(f"{line}\n" for line in lines))
