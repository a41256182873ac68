"""What is compared: runs of one fold or of several, files, the default networks; each by a name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.analysis.quicker import alike, int8_beside
from mien.comparison.looks import Looks
from mien.comparison.shipped import Shipped, way_of
from mien.data.labels import Index
from mien.errors import InputError
from mien.evaluation.metrics import Task
from mien.runtime import Predictor, crop_threads
from mien.training.runfolder import MODEL, RECIPE, fold_folder
from mien.training.subject import Subject, open_subject

__all__ = ["Asked", "Entrant", "apart", "folds_of", "open_entrants", "small_beside", "task_of"]

Asked = Subject | Shipped
"""What is asked in one fold."""


@dataclass(frozen=True, eq=False)
class Entrant:
    """A network, or those of the folds of one run."""

    name: str
    """What it is called: that of its recipe, or of its card, told apart from the others."""
    path: Path
    """As it was given."""
    folds: Mapping[int, Subject]
    """By the number of the fold; empty of a file that lies in no run folder."""
    lone: Asked | None = None
    """Of such a file, or the default networks."""

    def subject(self, fold: int) -> Asked:
        """The network that is asked in a fold.

        Raises:
            InputError: the run has no such fold.
        """
        if self.lone is not None:
            return self.lone
        if fold not in self.folds:
            there = ", ".join(map(str, sorted(self.folds)))
            raise InputError(
                f"{self.path} has no fold {fold}; it has {there}: choose one with --fold, or train "
                "it"
            )
        return self.folds[fold]

    def subjects(self) -> tuple[Asked, ...]:
        """All networks."""
        return tuple(self.folds.values()) if self.lone is None else (self.lone,)


def open_entrants(runs: Sequence[Path]) -> tuple[Entrant, ...]:
    """Open run folders, of one fold or with a folder for each, ONNX files, the default networks.

    Args:
        runs: folders, files, or the words of `mien.comparison.shipped.way_of`.

    Raises:
        InputError: there is no such run or file, two of them are the same, or their tasks differ.
        WeightsError: a file is no network of ours.
    """
    looks = Looks()
    opened = [_open(path, looks) for path in runs]
    seen: dict[Path | str, Path] = {}
    for path, subjects in zip(runs, opened, strict=True):
        for one in subjects:
            file = one.name if isinstance(one, Shipped) else one.file.resolve()
            if file in seen:
                raise InputError(f"{path} and {seen[file]} are the same network; name each once")
            seen[file] = path
    _check_tasks(runs, opened)
    names = apart([_name(subjects[0]) for subjects in opened], runs)
    return tuple(
        Entrant(name, path, {}, subjects[0])
        if subjects[0].split is None
        else Entrant(name, path, {one.split.fold: one for one in subjects if one.split is not None})
        for name, path, subjects in zip(names, runs, opened, strict=True)
    )


def task_of(entrants: Sequence[Entrant], index: Index) -> Task:
    """What is compared: the task of the runs; of the default networks alone, by the labels."""
    for entrant in entrants:
        for one in entrant.subjects():
            if not isinstance(one, Shipped):
                return one.spec.reading
    return "occurrence" if index.intensity is None else "intensity"


def folds_of(entrants: Sequence[Entrant], wanted: int | None, every: bool) -> tuple[int, ...]:
    """Which folds are compared.

    Args:
        entrants: the networks.
        wanted: the number of one; None: the only one that there is, or with ``every`` all.
        every: all folds of the runs, each of which has the same.

    Raises:
        InputError: a run lacks the fold, or it is not clear which one is meant.
    """
    runs = [one for one in entrants if one.lone is None]
    if every and not runs:
        raise InputError(
            "--fold all takes the folds of a run, and none is among the networks; choose one with "
            "--fold 1 and --protocol, or leave --fold out to compare on all pictures"
        )
    if wanted is not None or not runs:
        chosen = (1 if wanted is None else wanted,)
        for one in runs:
            one.subject(chosen[0])
        return chosen
    there = [tuple(sorted(one.folds)) for one in runs]
    if len(set(there)) > 1:
        told = "; ".join(
            f"{one.path}: {', '.join(map(str, folds))}"
            for one, folds in zip(runs, there, strict=True)
        )
        raise InputError(f"the runs have other folds ({told}); choose one that all have by --fold")
    if len(there[0]) > 1 and not every:
        raise InputError(
            f"{runs[0].path} has the folds {', '.join(map(str, there[0]))}; choose one with --fold "
            "1, or --fold all"
        )
    return there[0]


def small_beside(subject: Asked) -> Path | None:
    """The same network in 8 bits beside that of a run; None where it is not, or another's."""
    if isinstance(subject, Shipped):
        return None
    file = int8_beside(subject.file) if subject.spec.precision == "fp32" else None
    if file is None or not alike(subject.spec, Predictor(file, crop_threads()).spec):
        return None
    return file


def _check_tasks(runs: Sequence[Path], opened: Sequence[Sequence[Asked]]) -> None:
    """Raise InputError unless all networks say the same kind of thing."""
    tasks: dict[Task, Path] = {}
    shipped = None
    for path, subjects in zip(runs, opened, strict=True):
        for one in subjects:
            if isinstance(one, Shipped):
                shipped = path
            else:
                tasks[one.spec.reading] = path
    if len(tasks) > 1:
        told = ", ".join(f"{path} gives {task}" for task, path in tasks.items())
        raise InputError(f"{told}: these have other figures; compare networks of one task")
    if shipped is not None and "expression" in tasks:
        raise InputError(
            f"{shipped} gives action units, and {tasks['expression']} gives expression: these have "
            "other figures; compare networks of one task"
        )


def _open(path: Path, looks: Looks) -> Sequence[Asked]:
    """The networks of a path: one, or those of the folds in it; or the default ones."""
    if (way := way_of(path)) is not None:
        return [Shipped(way, looks)]
    folders = list(_fold_folders(path)) if not (path / RECIPE).is_file() else []
    return [open_subject(one) for one in folders or [path]]


def _fold_folders(path: Path) -> Iterator[Path]:
    """Finished folds in the folder of a run."""
    pattern = fold_folder(Path(), "", 1).name.replace("1", "*")
    for one in sorted(path.glob(pattern)) if path.is_dir() else []:
        if (one / RECIPE).is_file() and (one / MODEL).is_file():
            yield one


def _name(subject: Asked) -> str:
    spec = subject.spec
    if isinstance(subject, Shipped):
        return subject.name
    name = subject.recipe.name if subject.recipe is not None else spec.name
    return name if spec.precision == "fp32" else f"{name} {spec.precision}"


def apart(names: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Names that differ: where two are the same, with their paths."""
    return [
        f"{name} ({path})" if names.count(name) > 1 else name
        for name, path in zip(names, paths, strict=True)
    ]
