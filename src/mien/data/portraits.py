"""Portraits for planting: read from a folder, and of them those to judge by and to learn from.

And the sets made of them: single units and mixtures on quiet faces of the part to judge by, groups
of draws on nearly frontal ones of the part to learn from (`mien.data.parts`). Only meshes and
intensities are kept, not pictures.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.data import arrayfile, expressions
from mien.data.changes import Change, carry_out, together
from mien.data.expressions import OFTEN_ONE_SIDED, OUTPUTS, table
from mien.data.ict import IDENTITIES, FaceModel
from mien.data.parts import part_of
from mien.data.planted import Portrait, single_units, to_size
from mien.data.rendered import Find, singles
from mien.data.synthetic import Examples, rotations
from mien.errors import UnreadableSource
from mien.face.geometry import POSE, SKIN, difference, features, reference
from mien.values import Float32
from mien.video.pictures import read_picture

__all__ = [
    "EVALUATED",
    "EVALUATION_FILE",
    "GROUP",
    "GROUPS_FILE",
    "MIX",
    "REST",
    "SINGLE",
    "Planted",
    "draw_changes",
    "evaluation",
    "groups",
    "is_quiet",
    "is_turned",
    "pairs",
    "paths",
    "read",
    "read_groups",
    "read_one",
    "read_planted",
    "singles",
    "split",
    "write",
]

EVALUATION_FILE = "planted-evaluation.npz"
"""Where what is judged by lies in the data folder."""
GROUPS_FILE = "planted-groups-{}.npz"
"""The same of what is learned from, by the number of the round."""
EVALUATED = 60
"""Quiet portraits kept for evaluation."""
MIXES = 12
"""Random mixtures per evaluated portrait."""
GROUP = 6
"""Pictures per group: the portrait, a change without units, four expressions."""
REST, SINGLE, MIX, NUISANCE = range(4)
"""Kinds of a planted picture."""
TURNED = np.deg2rad(37)
"""Portraits that look further to the side are left out."""
SMALLEST = 45
"""Pixels between the outer eye corners of a portrait that is used at all."""


@dataclass(frozen=True, eq=False)
class Planted:
    """n warped pictures: what was planted, and the mesh found on them."""

    mesh: Float32
    """(n, 478, 3)."""
    intensity: Float32
    """(n, 38), 0-1."""
    group: NDArray[np.int64]
    """(n,): number of the group; the pictures of a group share a portrait and a face shape."""
    kind: NDArray[np.int64]
    """(n,): REST, SINGLE, MIX or NUISANCE."""
    unit: NDArray[np.int64]
    """(n,): the single unit, or 0."""


def read(folder: Path, find: Find) -> dict[str, Portrait]:
    """Portraits of a folder by their names, in order; those without a usable face are left out.

    Raises:
        UnreadableSource: there is no picture.
    """
    found = ((path.name, read_one(path, find)) for path in paths(folder))
    return {name: portrait for name, portrait in found if portrait is not None}


def paths(folder: Path) -> list[Path]:
    """The portraits of a folder, in the order of their names.

    Raises:
        UnreadableSource: there is none.
    """
    found = sorted(folder.glob("*.jpg")) + sorted(folder.glob("*.png"))
    if not found:
        raise UnreadableSource(f"{folder} holds no .jpg or .png portraits; name a folder of faces")
    return found


def read_one(path: Path, find: Find) -> Portrait | None:
    """A portrait, no larger than the mesh network can use; None without a usable face.

    Raises:
        UnreadableSource: it is no picture.
    """
    try:
        image = read_picture(path)
    except UnreadableSource as error:
        raise UnreadableSource(f"{error}; take {path} out of the folder") from error
    mesh = find(image, False)
    if mesh is None or _eyes(mesh) < SMALLEST:
        return None
    return to_size(Portrait(image, mesh))


def is_quiet(mesh: Float32) -> bool:
    """Whether a face is nearly frontal, with closed lips, open eyes and no smile, by its mesh."""
    described = features(mesh)[0]
    skin = described[: SKIN * 3].reshape(SKIN, 3) + reference()[0]
    yaw, pitch = np.abs(described[POSE]) / 3

    def apart(first: int, second: int) -> float:
        return float(np.linalg.norm(skin[first] - skin[second]))

    eyes = (apart(159, 145) / apart(33, 133) + apart(386, 374) / apart(263, 362)) / 2
    lift = (skin[61, 1] + skin[291, 1] - skin[13, 1] - skin[14, 1]) / 2
    mouth = apart(13, 14) < 0.03 and apart(61, 291) < 0.6 and lift < 0.03
    return bool(mouth and eyes > 0.25 and yaw < 0.35 and pitch < 0.25)


def split(portraits: Mapping[str, Portrait]) -> tuple[list[Portrait], list[Portrait]]:
    """Portraits to evaluate by - the first sixty quiet ones of that part - and to learn from."""
    quiet = [
        one
        for name, one in portraits.items()
        if part_of(name) == "evaluation" and is_quiet(one.mesh)
    ]
    learned = [
        one
        for name, one in portraits.items()
        if part_of(name) == "training" and not is_turned(one.mesh)
    ]
    return quiet[:EVALUATED], learned


def is_turned(mesh: Float32) -> bool:
    """Whether a face looks further to the side than anything is planted on."""
    return bool(abs(float(features(mesh)[0, POSE][0])) / 3 > TURNED)


def evaluation(portraits: Sequence[Portrait], model: FaceModel, find: Find) -> Planted:
    """Every portrait unchanged, with each unit alone at two levels, and with twelve mixtures.

    Raises:
        UnreadableSource: there is no portrait, or no face is found again.
    """
    mixing = table(model.names)

    def changes(number: int) -> Iterator[Change]:
        rng = np.random.default_rng((60, number))
        rest = np.zeros(OUTPUTS, np.float32)
        yield Change(rest, rest @ mixing, REST)
        for unit, intensity in single_units(number):
            yield Change(intensity, intensity @ mixing, SINGLE, unit)
        drawn = expressions.draw(rng, MIXES, model.names)
        for intensity, weights in zip(drawn.intensity, drawn.weights, strict=True):
            yield Change(intensity, weights, MIX)

    rows = [
        row
        for number, portrait in enumerate(portraits)
        for row in _rows(portrait, number, changes(number), model, find)
    ]
    return together(rows)


def groups(portraits: Sequence[Portrait], model: FaceModel, find: Find, seed: int) -> Planted:
    """One group per portrait to learn from: its face shape changed, then four expressions.

    Raises:
        UnreadableSource: there is no portrait, or no face is found again.
    """

    def changes(number: int) -> Iterator[Change]:
        return draw_changes(np.random.default_rng((seed, number)), model)

    rows = []
    for number, portrait in enumerate(portraits):
        made = list(_rows(portrait, number, changes(number), model, find))
        rows += made if len(made) == GROUP else []
    return together(rows)


def draw_changes(rng: Generator, model: FaceModel, count: int = GROUP) -> Iterator[Change]:
    """What is done to one portrait: another face shape all through, then one expression each.

    Args:
        rng: source of chance.
        model: the cut-down face model.
        count: pictures; the first is without a change, the second changes without a unit.
    """
    identity = np.zeros(IDENTITIES, np.float32)
    identity[:40] = rng.normal(0, rng.uniform(0, 0.45), 40)
    rest = np.zeros(OUTPUTS, np.float32)
    nothing = np.zeros(len(model.names), np.float32)
    yield Change(rest, nothing, REST, 0, identity, _small_turn(rng))
    yield Change(rest, _jaw(rng, model), NUISANCE, 0, identity, _small_turn(rng))
    drawn = expressions.draw(rng, count - 2, model.names, OFTEN_ONE_SIDED)
    for intensity, weights in zip(drawn.intensity, drawn.weights, strict=True):
        yield Change(intensity, weights, MIX, 0, identity, _small_turn(rng))


def pairs(faces: Planted) -> Examples:
    """Each picture minus the unchanged one of its group."""
    described = features(faces.mesh)
    rest = {int(faces.group[row]): row for row in np.nonzero(faces.kind == REST)[0]}
    rows = np.array([row for row, group in enumerate(faces.group) if int(group) in rest], np.intp)
    partner = np.array([rest[int(group)] for group in faces.group[rows]], np.intp)
    return Examples(difference(described[rows], described[partner]), faces.intensity[rows])


def read_groups(data: Path) -> Planted:
    """What is learned from, of all rounds in a data folder.

    Raises:
        UnreadableSource: there is none, or a file is damaged.
    """
    files = sorted(data.glob(GROUPS_FILE.format("*")))
    return read_planted(*(files or [data / GROUPS_FILE.format(1)]))


def read_planted(*files: Path) -> Planted:
    """Planted sets from one file or more; groups of different files stay apart.

    Raises:
        UnreadableSource: one is not there, or is damaged.
    """
    parts = [arrayfile.read(path, Planted, "plant --portraits FOLDER") for path in files]
    shift = 0
    for part in parts:
        part["group"] = part["group"] + shift
        shift = int(part["group"].max()) + 1 if len(part["group"]) else shift
    return Planted(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def write(faces: Planted, path: Path) -> None:
    """Write a planted set, for `read_planted`."""
    arrayfile.write(path, arrayfile.columns(faces))


def _rows(
    portrait: Portrait, number: int, changes: Iterator[Change], model: FaceModel, find: Find
) -> Iterator[Planted]:
    """The changed pictures of one portrait on which the mesh was found again, one row each."""
    for change in changes:
        found = carry_out(change, portrait, model, find)
        if found is not None:
            yield Planted(
                found.mesh[None],
                found.intensity[None],
                *(np.array([value]) for value in (number, change.kind, change.unit)),
            )


def _small_turn(rng: Generator) -> Float32:
    """A turn of the head as between two frames, (3, 3)."""
    pose = np.deg2rad(rng.normal(0, (5, 3.5, 0), (1, 3))).astype(np.float32)
    return np.asarray(rotations(pose)[0], np.float32)


def _jaw(rng: Generator, model: FaceModel) -> Float32:
    """Weights of a jaw that moves aside or forward: a change without a unit."""
    weights = np.zeros(len(model.names), np.float32)
    name = ("jawForward", "jawLeft", "jawRight")[rng.integers(3)]
    weights[model.names.index(name)] = rng.uniform(0, 0.5)
    return weights


def _eyes(mesh: Float32) -> float:
    return float(np.linalg.norm(mesh[33, :2] - mesh[263, :2]))
