"""Sets of synthetic pictures with exact action units, written as a table of pictures.

Made person by person in parts, so that a run that was stopped goes on where it was and a set can
be enlarged. The same settings give the same bytes. The table appears when all pictures are there.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from mien.data.folders import check_root
from mien.data.showing import Drawn, Planted, Rendered, Shown, Source
from mien.data.table_writing import BOX, write_table
from mien.data.writing import write_picture
from mien.errors import InputError
from mien.files import cannot_write, write_whole

__all__ = ["KINDS", "PART", "Kind", "synthesize"]

Kind = Literal["planted", "rendered", "drawn"]

KINDS: dict[Kind, str] = {
    "planted": "portraits of yours warped by planted units (needs portraits and the face model)",
    "rendered": "rendered heads of the face model (needs the face model)",
    "drawn": "drawn faces (needs nothing)",
}
"""What pictures can be made of."""

PART = 50
"""Numbers of persons that are finished together."""

SETTINGS = "synthetic.json"
PARTS = "parts"
NOTE = {
    "planted": "Intensities are exact differences between the pictures of one subject. What the "
    "portrait itself shows beside them is not known.",
    "rendered": "Intensities are weights of the face model's shapes, not a coder's.",
    "drawn": "Intensities are those of our own table of movements. Drawings tell nothing about "
    "how well real faces are read.",
}


def synthesize(  # noqa: PLR0913 - one parameter for each option of the command
    kind: Kind,
    folder: str | Path,
    *,
    persons: int,
    frames: int = 6,
    seed: int = 0,
    size: int = 256,
    portraits: str | Path | None = None,
    data: str | Path | None = None,
    quiet: bool = True,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Path:
    """Make a set of pictures that the data set "table" reads.

    Args:
        kind: one of KINDS.
        folder: where the pictures and labels.csv go; a set made with the same settings is
            continued, or enlarged to more persons.
        persons: how many; planted: as many portraits as there are, if these are fewer.
        frames: pictures of each; the first shows no unit, of planted ones the second neither.
        seed: the same numbers give the same pictures.
        size: side of the pictures in pixels.
        portraits: folder of portraits, for "planted".
        data: folder of the prepared face model, for "planted" and "rendered".
        quiet: of the portraits take only frontal faces that show nothing strong themselves.
        progress: called with the persons done and asked for.

    Returns:
        The table, ``folder``/labels.csv: an intensity 0-5 of every unit for every picture.

    Raises:
        InputError: an option is out of range or missing, the folder holds another set, or cannot
            be written to; fewer than two portraits are usable.
        UnreadableSource: the face model or the portraits are not there.
    """
    root = Path(folder)
    least = 3 if kind == "planted" else 2
    if persons < 1 or frames < least or not 64 <= size <= 1024:
        raise InputError(
            f"{persons} persons, {frames} pictures of each, {size} pixels were asked for; expected "
            f"at least 1, at least {least}, and 64 to 1024"
        )
    told = {"kind": kind, "frames": frames, "seed": seed, "size": size}
    if kind == "planted":
        told["quiet"] = quiet
    source = _source(kind, told, portraits, data)
    _claim(root, told | {"note": NOTE[kind]})
    rows: list[dict[str, str]] = []
    done = first = 0
    while done < persons and (source.candidates is None or first < source.candidates):
        rows += _part(root, source, first, persons - done, _further(progress, done, persons))
        done = len({row["subject"] for row in rows})
        first += PART
        progress(done, persons)
    if not rows:
        raise InputError(
            f"{portraits} holds no usable portrait (frontal, outer eye corners 45 pixels apart); "
            "use others, or allow any expression"
        )
    table = root / "labels.csv"
    write_table(table, rows)
    return table


def _further(
    progress: Callable[[int, int], None], before: int, persons: int
) -> Callable[[int], None]:
    """Progress of a part, after what was done before."""
    return lambda more: progress(before + more, persons)


def _source(
    kind: str, told: dict[str, Any], portraits: str | Path | None, data: str | Path | None
) -> Source:
    """What makes the pictures.

    Raises:
        InputError: there is no such kind, or what it needs is not given.
    """
    seed, frames, size = told["seed"], told["frames"], told["size"]
    if kind == "drawn":
        return Drawn(seed, frames, size)
    if kind not in get_args(Kind):
        raise InputError(f"there is no kind {kind!r} of synthetic pictures; there are "
                         f"{', '.join(KINDS)}")  # fmt: skip
    if data is None:
        raise InputError(
            f"{kind} pictures need the face model; give the folder that 'mien datasets ict' filled"
        )
    if kind == "rendered":
        return Rendered(Path(data), seed, frames, size)
    if portraits is None:
        raise InputError("planted pictures need portraits; give a folder of them")
    from mien.data import ict
    from mien.data.finding import open_finder

    model = ict.load(Path(data))
    folder = check_root(Path(portraits))
    return Planted(folder, model, open_finder(), (seed, frames, size), told["quiet"])


def _claim(root: Path, told: dict[str, Any]) -> None:
    """Make the folder, or make sure that it holds the same set.

    Raises:
        InputError: it holds something else, or cannot be made.
    """
    path = root / SETTINGS
    text = json.dumps(told, indent=2) + "\n"
    if path.is_file():
        before = path.read_text(encoding="utf-8")
        if before != text:
            raise InputError(
                f"{root} holds a set that was made otherwise (see {path.name}); give the same "
                "settings to continue it, or another folder"
            )
        return
    if root.is_dir() and any(root.iterdir()):
        raise InputError(f"{root} is there already and not empty; write to a new folder")
    try:
        (root / PARTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(root, error) from error
    write_whole(path, text)


def _part(
    root: Path, source: Source, first: int, wanted: int, told: Callable[[int], None]
) -> list[dict[str, str]]:
    """The rows of a part: read if it is finished, else made.

    Args:
        root: of the set.
        source: what makes the pictures.
        first: number of its first person.
        wanted: persons that are still wanted; a part with as many or more is not completed.
        told: called with each person that is made.
    """
    stop = first + PART
    if source.candidates is not None:
        stop = min(stop, source.candidates)
    for path in sorted((root / PARTS).glob(f"part-{first:06d}-*.csv"), reverse=True):
        rows = _read_rows(path)
        names = list(dict.fromkeys(row["subject"] for row in rows))
        if int(path.stem.rpartition("-")[2]) == stop or len(names) >= wanted:
            kept = set(names[:wanted])
            return [row for row in rows if row["subject"] in kept]
    rows = []
    usable = 0
    last = first
    for number in range(first, stop):
        last = number + 1
        shown = source.person(number)
        rows += _written(root, number, shown)
        usable += bool(shown)
        told(usable)
        if usable == wanted:
            break
    path = root / PARTS / f"part-{first:06d}-{last:06d}.csv"
    if rows:
        write_table(path, rows)
        rows = _read_rows(path)
    return rows


def _written(root: Path, number: int, shown: list[Shown]) -> Iterator[dict[str, str]]:
    """Write the pictures of a person; their rows."""
    subject = f"P{number:06d}"
    for frame, one in enumerate(shown):
        path = f"pictures/{subject}/{frame:03d}.jpg"
        write_picture(root / path, one.image)
        box = dict(zip(BOX, one.box.tolist(), strict=True))
        yield (
            {"path": path, "subject": subject, "sequence": subject, "number": str(frame)}
            | {f"AU{unit}": f"{value:.4g}" for unit, value in one.units.items()}
            | {name: f"{value:.1f}" for name, value in box.items()}
        )


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
