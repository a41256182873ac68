"""What is compared: run folders of one fold or of several, and files; each by a name of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.analysis.quicker import alike, int8_beside
from mien.errors import InputError
from mien.evaluation.metrics import Task
from mien.runtime import Predictor, crop_threads
from mien.training.runfolder import MODEL, RECIPE, fold_folder
from mien.training.subject import Subject, open_subject

__all__ = ["Entrant", "folds_of", "open_entrants", "small_beside"]


@dataclass(frozen=True, eq=False)
class Entrant:
    """A network, or those of the folds of one run."""

    name: str
    """What it is called: that of its recipe, or of its card, told apart from the others."""
    path: Path
    """As it was given."""
    folds: Mapping[int, Subject]
    """By the number of the fold; empty of a file that lies in no run folder."""
    lone: Subject | None = None
    """Of such a file."""

    def subject(self, fold: int) -> Subject:
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

    @property
    def task(self) -> Task:
        """Of its networks."""
        return self.subjects()[0].predictor.spec.reading

    def subjects(self) -> tuple[Subject, ...]:
        """All networks."""
        return tuple(self.folds.values()) if self.lone is None else (self.lone,)


def open_entrants(runs: Sequence[Path]) -> tuple[Entrant, ...]:
    """Open run folders, of one fold or with a folder for each, and ONNX files.

    Raises:
        InputError: there is no such run or file, two of them are the same, or their tasks differ.
        WeightsError: a file is no network of ours.
    """
    opened = [_open(path) for path in runs]
    seen: dict[Path, Path] = {}
    for path, subjects in zip(runs, opened, strict=True):
        for one in subjects:
            file = one.file.resolve()
            if file in seen:
                raise InputError(f"{path} and {seen[file]} are the same network; name each once")
            seen[file] = path
    tasks = {one.predictor.spec.reading: path for path, all_ in zip(runs, opened, strict=True)
             for one in all_}  # fmt: skip
    if len(tasks) > 1:
        told = ", ".join(f"{path} gives {task}" for task, path in tasks.items())
        raise InputError(f"{told}: these have other figures; compare networks of one task")
    names = _apart([_name(subjects[0]) for subjects in opened], runs)
    return tuple(
        Entrant(name, path, {}, subjects[0])
        if subjects[0].split is None
        else Entrant(name, path, {one.split.fold: one for one in subjects if one.split is not None})
        for name, path, subjects in zip(names, runs, opened, strict=True)
    )


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


def small_beside(subject: Subject) -> Path | None:
    """The same network in 8 bits beside that of a run; None where it is not, or another's."""
    file = int8_beside(subject.file) if subject.predictor.spec.precision == "fp32" else None
    if file is None or not alike(subject.predictor.spec, Predictor(file, crop_threads()).spec):
        return None
    return file


def _open(path: Path) -> list[Subject]:
    """The networks of a path: one, or those of the folds in it."""
    folders = list(_fold_folders(path)) if not (path / RECIPE).is_file() else []
    return [open_subject(one) for one in folders or [path]]


def _fold_folders(path: Path) -> Iterator[Path]:
    """Finished folds in the folder of a run."""
    pattern = fold_folder(Path(), "", 1).name.replace("1", "*")
    for one in sorted(path.glob(pattern)) if path.is_dir() else []:
        if (one / RECIPE).is_file() and (one / MODEL).is_file():
            yield one


def _name(subject: Subject) -> str:
    spec = subject.predictor.spec
    name = subject.recipe.name if subject.recipe is not None else spec.name
    return name if spec.precision == "fp32" else f"{name} {spec.precision}"


def _apart(names: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Names that differ: where two are the same, with their paths."""
    return [
        f"{name} ({path})" if names.count(name) > 1 else name
        for name, path in zip(names, paths, strict=True)
    ]
