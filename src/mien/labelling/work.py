"""What was said of each picture: kept in label files, lists and data.yaml at every change."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mien.data.folders import text_of
from mien.data.yolo_labels import BoxFault, parse_labels, write_labels
from mien.data.yolo_yaml import write_yaml
from mien.errors import InputError
from mien.files import cannot_write, check_place, write_whole
from mien.labelling.division import held_out
from mien.labelling.places import LISTS, STATE, YAML, find_places, root_of

__all__ = ["Answer", "Box", "State", "Tally", "Work", "is_box"]

Box = tuple[int | None, float, float, float, float]
"""Class, None while it is not picked; centre x, centre y, width, height as shares, 0-1."""
State = Literal["open", "labelled", "none", "skipped"]
"""Not finished; finished; shows none of the classes, which is learned too; not to be used."""

SHARE, SEED = 0.2, 0
SMALLEST = 1e-5
"""Of a side, as a share: what is smaller would be lost in the digits of a label file."""
NOTE = "written by mien annotate; the labels of a picture lie where YOLO looks for them"


@dataclass(frozen=True)
class Answer:
    """What was said of one picture; boxes is None if nothing was."""

    boxes: tuple[Box, ...] | None = None
    skipped: bool = False

    @property
    def state(self) -> State:
        """See `State`."""
        if self.skipped:
            return "skipped"
        if self.boxes is None or any(box[0] is None for box in self.boxes):
            return "open"
        return "labelled" if self.boxes else "none"


@dataclass(frozen=True)
class Tally:
    """How far the work is."""

    states: Counter[State]
    pictures: Counter[int]
    """Finished pictures that show a class, by its number."""
    boxes: Counter[int]
    train: int
    val: int


class Work:
    """The pictures of a folder, and what is said of them.

    What is finished stands in its label file. Pictures that are skipped, or have a box without a
    class, stand in annotate.json; the lists name neither.

    Args:
        folder: of the pictures; they are never changed.
        names: of the classes; empty to go on with those of before.
        share: of each class that is held out, 0-1; None for that of before, or 0.2.
        seed: of the division; None for that of before, or 0.

    Raises:
        InputError: the folder, a file in it or an option cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = (),
        share: float | None = None,
        seed: int | None = None,
    ) -> None:
        self.root = root_of(folder)
        before = _before(self.root / STATE)
        self.names = _names(tuple(names), tuple(before.get("classes", ())), folder)
        self.share = before.get("val", SHARE) if share is None else share
        self.seed = before.get("seed", SEED) if seed is None else seed
        if not 0 <= self.share < 1:
            raise InputError(f"--val is {self.share}, expected a share from 0 to less than 1")
        self.places = find_places(folder)
        check_place(self.root / STATE)
        self._answers = [
            self._read(place.labels, before.get("drafts", {}).get(place.name))
            for place in self.places
        ]
        skipped = set(before.get("skipped", ()))
        for number, place in enumerate(self.places):
            if place.name in skipped:
                self._answers[number] = Answer(self._answers[number].boxes, skipped=True)

    def _read(self, labels: Path, draft: Any) -> Answer:  # noqa: ANN401 - JSON
        """What was said of a picture before."""
        if draft is not None:
            return Answer(tuple((box[0], *map(float, box[1:])) for box in draft))
        if not labels.is_file():
            return Answer()
        try:
            boxes = parse_labels(text_of(labels), len(self.names))
        except BoxFault as fault:
            raise InputError(
                f"{labels}:{fault.line}: {fault.what}; this file stands where labels of a picture "
                "are written: mend it or move it"
            ) from fault
        return Answer(tuple((int(number), *box) for number, *box in boxes.tolist()))

    def answer(self, number: int) -> Answer:
        """What was said of a picture, by its place in ``places``."""
        return self._answers[number]

    def save(self, number: int, answer: Answer) -> None:
        """Keep what is said of a picture, and bring the lists up to date.

        Raises:
            InputError: a box is out of range, or a file cannot be written.
        """
        for box in answer.boxes or ():
            self._check(box)
        before, place = self._answers[number], self.places[number]
        self._answers[number] = answer
        try:
            self._write(place.labels, answer)
        except InputError:
            self._answers[number] = before
            raise

    def _write(self, labels: Path, answer: Answer) -> None:
        """All files; the labels of a picture that is not finished only after it is noted so."""
        self._write_state()
        if answer.boxes is not None and all(box[0] is not None for box in answer.boxes):
            try:
                labels.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(labels.parent, error) from error
            write_labels(labels, np.array(answer.boxes, np.float32).reshape(-1, 5))
        else:
            try:
                labels.unlink(missing_ok=True)
            except OSError as error:
                raise cannot_write(labels, error) from error
        self._write_lists()

    def _check(self, box: Box) -> None:
        """Refuse what no label file may hold."""
        number, x, y, width, height = box
        inside = (
            all(0 <= value <= 1 for value in (x, y, width, height))
            and min(width, height) > SMALLEST
        )
        if not inside or not (number is None or 0 <= number < len(self.names)):
            raise InputError(f"the box {box} came, expected a class and shares from 0 to 1")

    def _write_state(self) -> None:
        """annotate.json."""
        skipped, drafts = [], {}
        for place, answer in zip(self.places, self._answers, strict=True):
            if answer.skipped:
                skipped.append(place.name)
            if answer.boxes is not None and any(box[0] is None for box in answer.boxes):
                drafts[place.name] = answer.boxes
        said = {"classes": self.names, "val": self.share, "seed": self.seed}
        text = json.dumps({**said, "skipped": skipped, "drafts": drafts}, indent=1)
        write_whole(self.root / STATE, text + "\n")

    def _finished(self) -> dict[str, list[int]]:
        """Numbers of the classes on each finished picture, by its name."""
        return {
            place.name: [box[0] for box in answer.boxes or () if box[0] is not None]
            for place, answer in zip(self.places, self._answers, strict=True)
            if answer.state in ("labelled", "none")
        }

    def _write_lists(self) -> None:
        """The lists of the splits, and data.yaml."""
        finished = self._finished()
        held = held_out(finished, self.share, self.seed)
        for split, file in LISTS.items():
            # readers of YOLO take what begins with ./ from the folder of the list
            lines = [f"./{name}\n" for name in finished if (name in held) == (split == "val")]
            write_whole(self.root / file, "".join(lines))
        write_yaml(self.root / YAML, self.names, LISTS, NOTE)

    def tally(self) -> Tally:
        """How far the work is."""
        finished = self._finished()
        held = held_out(finished, self.share, self.seed)
        return Tally(
            Counter(answer.state for answer in self._answers),
            Counter(number for there in finished.values() for number in set(there)),
            Counter(number for there in finished.values() for number in there),
            len(finished) - len(held),
            len(held),
        )


def is_box(box: object) -> bool:
    """Whether this is a class, or none yet, and four shares, as JSON has them."""
    if not isinstance(box, list) or len(box) != 5 or any(isinstance(v, bool) for v in box):
        return False
    number, *values = box
    return (number is None or isinstance(number, int)) and all(
        isinstance(value, int | float) and 0 <= value <= 1 for value in values
    )


def _before(path: Path) -> dict[str, Any]:
    """annotate.json of an earlier run; empty if there was none."""
    if not path.exists():
        return {}
    try:
        said = json.loads(text_of(path))
        whole = isinstance(said["classes"], list) and isinstance(said["drafts"], dict)
        whole &= all(map(is_box, (box for boxes in said["drafts"].values() for box in boxes)))
        whole &= all(isinstance(name, str) for name in (*said["classes"], *said["skipped"]))
        whole &= isinstance(said["skipped"], list) and isinstance(said["seed"], int)
        if whole and isinstance(said["val"], float | int):
            return dict(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path} is not as mien annotate writes it; remove it to begin anew")


def _names(given: tuple[str, ...], before: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """The classes: as given, as before, or those of before and new ones after them."""
    names = given or before
    if not names:
        raise InputError("which classes? name them, such as --classes awake,sleep")
    odd = [name for name in names if not name.strip() or not name.isprintable()]
    if odd or len(set(names)) < len(names):
        raise InputError(
            f"--classes is {','.join(names)!r}, expected each class once, by its name, such as "
            "awake,sleep"
        )
    if names[: len(before)] != before:
        raise InputError(
            f"{folder} was begun with --classes {','.join(before)}, and labels know classes by "
            "their place; keep them and add new ones after them"
        )
    return names
