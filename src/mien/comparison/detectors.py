"""Detectors that are compared: runs and files, each by a name of its own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mien.analysis.quicker import alike, int8_beside
from mien.comparison.entrants import apart
from mien.comparison.shipped import way_of
from mien.errors import InputError
from mien.files import digest_of
from mien.runtime import find_model
from mien.spec import ModelSpec
from mien.training.boxexport import read_card
from mien.training.boxrecipe import BoxRecipe
from mien.training.runfolder import RECIPE, RUN
from mien.training.settings import from_json

__all__ = ["Detector", "are_detectors", "open_detectors"]


@dataclass(frozen=True, eq=False)
class Detector:
    """A detector, with its run where that is known."""

    name: str
    path: Path
    """As it was given."""
    file: Path
    spec: ModelSpec
    recipe: BoxRecipe | None
    data: str
    """Digest of the set that the run learned from; "" where it is not known."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return digest_of(self.file)

    @cached_property
    def small(self) -> Path | None:
        """The same in 8 bits beside it; None where it is not, or another's."""
        file = int8_beside(self.file) if self.spec.precision == "fp32" else None
        card = None if file is None else read_card(file)
        return file if card is not None and alike(self.spec, card) else None


def are_detectors(runs: Sequence[Path]) -> bool:
    """Whether all of these are detectors; False if none is.

    Raises:
        InputError: some are, and others are not.
    """
    found = {path: _is_detector(path) for path in runs}
    if len(set(found.values())) > 1:
        first, other = (next(p for p in runs if found[p] is kind) for kind in (True, False))
        if way_of(other) is None and not any(other.glob("*/" + RECIPE)):
            find_model(other)  # says what is wrong with it, if it is no network
        raise InputError(
            f"{first} is a detector, which finds boxes, and {other} reads faces: these have other "
            "figures; compare detectors with one another, and networks of faces"
        )
    return all(found.values())


def open_detectors(runs: Sequence[Path]) -> tuple[Detector, ...]:
    """Open run folders of detectors, and their ONNX files.

    Raises:
        InputError: there is fewer than two, two are the same, or they know other classes.
    """
    if len(runs) < 2:
        raise InputError(f"{len(runs)} network came, expected two or more to compare")
    found = [_open(path) for path in runs]
    seen: dict[Path, Path] = {}
    for one in found:
        file = one.file.resolve()
        if file in seen:
            raise InputError(f"{one.path} and {seen[file]} are the same network; name each once")
        seen[file] = one.path
    names = apart([one.name for one in found], runs)
    first = found[0]
    for one in found[1:]:
        if _folded(one.spec.classes) != _folded(first.spec.classes):
            raise InputError(
                f"{first.path} finds {', '.join(first.spec.classes)}, and {one.path} "
                f"{', '.join(one.spec.classes)}: other classes have other figures"
            )
    return tuple(replace(one, name=name) for one, name in zip(found, names, strict=True))


def _folded(names: Sequence[str]) -> set[str]:
    return {name.casefold() for name in names}


def _is_detector(path: Path) -> bool:
    if way_of(path) is not None:
        return False
    try:
        file = find_model(path)
    except InputError:  # a run with several folds, or nothing: told where that is opened
        return False
    card = read_card(file)
    return card is not None and card.task == "detection"


def _open(path: Path) -> Detector:
    file = find_model(path)
    card = read_card(file)
    if card is None:  # pragma: no cover - asked before
        raise InputError(f"{file} carries no card; name a detector that mien train wrote")
    folder = file.parent
    recipe, data = None, ""
    if (folder / RECIPE).is_file() and (folder / RUN).is_file():
        text = (folder / RECIPE).read_text(encoding="utf-8")
        recipe = from_json(BoxRecipe, text, f"{folder / RECIPE}")
        data = _learned_from(folder / RUN)
    name = card.name if card.precision == "fp32" else f"{card.name} {card.precision}"
    return Detector(name, path, file, card, recipe, data)


def _learned_from(path: Path) -> str:
    """Digest of the set that a run learned from."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["data"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}); train the detector anew") from error
