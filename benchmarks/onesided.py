"""How well left and right are told apart: units planted on one side of portraits never seen.

Each unit at nine tenths of its strength on one side alone, on quiet portraits to judge by, read
against the portrait as it is: the median reading of the side that moves and of the other one, and
in how many pictures the other reads at most half, by which a movement counts as one-sided. Needs
``mien datasets ict`` in the folder that MIEN_DATA names, and portraits in MIEN_PORTRAITS. A minute.
"""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

import mien
from mien.analysis.reading import Reading, open_reading
from mien.data import ict
from mien.data.expressions import SIDES, SWAP, UNITS, planted, table
from mien.data.finding import open_finder
from mien.data.parts import part_of
from mien.data.planted import Portrait, plant
from mien.data.portraits import is_quiet, paths, read_one
from mien.errors import UnreadableSource
from mien.values import Float32, Image
from mien.weights.store import open_store

PERSONS = 12
LEVEL = 0.9
ASKED = 1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 20, 43
WAYS = ("mesh", "picture")


def main() -> None:
    """Print the table."""
    data = Path(os.environ.get("MIEN_DATA", Path(__file__).parent.parent / "data"))
    folder = os.environ.get("MIEN_PORTRAITS")
    if not folder:
        print("  not measured: MIEN_PORTRAITS names no folder")
        return
    try:
        model = ict.load(data)
    except UnreadableSource as error:
        print(f"  not measured: {error}")
        return
    ways = {name: open_reading(name, open_store()) for name in WAYS}
    mixing = table(model.names)
    read: dict[tuple[str, int], list[tuple[float, float]]] = {}
    people = list(islice(_people(Path(folder)), PERSONS))
    for portrait in people:
        rest = {name: _described(way, portrait.image) for name, way in ways.items()}
        for row, (unit, side) in enumerate(zip(UNITS, SIDES, strict=True)):
            if unit not in ASKED or not side:
                continue
            image = plant(portrait, model, planted({f"{unit}{side}": LEVEL}) @ mixing)
            for name, way in ways.items():
                now, before = _described(way, image), rest[name]
                if now is not None and before is not None:
                    found = way.against(now[None], before)[0]
                    pair = float(found[row]), float(found[SWAP[row]])
                    read.setdefault((name, unit), []).append(pair)
    print(f"  {len(people)} quiet portraits, either side; the side that moves / the other one")
    for unit in ASKED:
        cells = []
        for name in WAYS:
            pairs = np.array(read[name, unit])
            moved, still = np.median(pairs, axis=0)
            one_sided = int((2 * pairs[:, 1] <= pairs[:, 0]).sum())
            cells.append(f"{name} {moved:.2f} / {still:.2f}, {one_sided:2d} of {len(pairs)}")
        print(f"    AU{unit:<3} {';   '.join(cells)}")


def _people(folder: Path) -> Iterator[Portrait]:
    """Quiet portraits of the part to judge by, in the order of their names."""
    find = open_finder()
    for path in paths(folder):
        if part_of(path.name) == "evaluation":
            portrait = read_one(path, find)
            if portrait is not None and is_quiet(portrait.mesh):
                yield portrait


def _described(way: Reading, image: Image) -> Float32 | None:
    """What describes the largest face of a picture; None without one."""
    faces = mien.find_faces(image)[:1]
    if not faces or faces[0].mesh is None:
        return None
    found: Float32 = way.describe(faces[0].mesh[None], way.cut(image, faces))[0]
    return found
