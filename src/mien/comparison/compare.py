"""Networks side by side on the same pictures: tables, what tells them apart, what they cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import combinations

from mien.comparison.about import About, joined_folds
from mien.comparison.asking import Answers, ask, said_by
from mien.comparison.costs import Cost, costs_of
from mien.comparison.entrants import Entrant, folds_of, small_beside, task_of
from mien.comparison.ground import Ground, Stand, check_leaks, check_sets, ground_of
from mien.comparison.how import How, Progress
from mien.comparison.shipped import Shipped, notes_of
from mien.data.cache import Cache
from mien.errors import InputError
from mien.evaluation.bootstrap import Difference, difference
from mien.evaluation.disagreement import Apart, Dispute, apart, disputes
from mien.evaluation.metrics import METRICS, Task, metric
from mien.evaluation.occurrence import THRESHOLD
from mien.evaluation.predictions import Predictions
from mien.evaluation.scoretable import ScoreTable
from mien.evaluation.scoring import tabulate
from mien.evaluation.tables import Comparison, beside, mean_of_folds
from mien.evaluation.together import Together, together
from mien.facs.units import ACTIVE
from mien.files import digest_of
from mien.runtime import Predictor, crop_threads

__all__ = ["DISPUTES", "Choice", "Compared", "Standing", "Versus", "compare"]

DISPUTES = 12
"""Pictures on which the networks differ most that are kept."""


@dataclass(frozen=True)
class Choice:
    """What is compared, and how labels and probabilities become yes or no."""

    fold: int | None = None
    """None: the only one there is, or with ``every`` all."""
    every: bool = False
    protocol: str = ""
    """Divide the set anew by this; "" is the runs' own division."""
    folds: int = 10
    present: float | None = None
    """Intensity from which a unit is present; None: that of the runs, which have to agree."""
    threshold: float = THRESHOLD
    metric: str = ""
    """That pairs are compared by; "" is the first of the task."""
    anyway: bool = False
    """Compare though persons leak or the runs learned from another set; it is said everywhere."""
    cost: bool = True
    """Measure what the networks cost."""


@dataclass(frozen=True, eq=False)
class Standing:
    """One network."""

    entrant: Entrant
    stands: tuple[Stand, ...]
    """In each fold."""
    predictions: Predictions
    """Of the units that all have, on the pictures that all were asked of."""
    table: ScoreTable
    """Of the same; of several folds their pictures pooled."""
    whole: ScoreTable
    """Of all of its units on these pictures."""
    published: Comparison | None
    """Publications beside its own test part with all of its units, the mean of the folds; None
    where the set is not its own or nothing was published."""
    notes: tuple[str, ...]
    costs: tuple[Cost, ...] = ()
    """As it is, then in 8 bits if that is there."""
    small: float | None = None
    """The mean of the metric in 8 bits, where every fold has such a file."""
    small_digest: str = ""
    """SHA-256 of these files."""


@dataclass(frozen=True)
class Versus:
    """Two networks: the first minus the second, on the same drawn persons."""

    first: int
    second: int
    """Their places."""
    by: Difference

    @property
    def told_apart(self) -> bool:
        """Whether the interval of the mean leaves 0 out."""
        low, high = self.by.interval.mean
        return bool(low > 0 or high < 0)


@dataclass(frozen=True, eq=False)
class Compared:
    """All that came of it."""

    about: About
    metric: str
    standings: tuple[Standing, ...]
    pairs: tuple[Versus, ...]
    """Every two of them; none where fewer than two persons are known."""
    together: tuple[Together, ...]
    """Which units go together, by each network; none of expressions, or of a single unit."""
    apart: tuple[Apart, ...]
    disputes: tuple[Dispute, ...]
    keys: tuple[tuple[int, int], ...]
    """Of each picture: which ground, and which picture of that."""
    grounds: tuple[Ground, ...]
    notes: tuple[str, ...]
    """What is left out of the pictures."""


def compare(
    entrants: Sequence[Entrant],
    caches: Sequence[Cache],
    choice: Choice,
    command: str,
    progress: Progress | None = None,
) -> Compared:
    """Ask all networks of the same pictures, and set them side by side.

    Args:
        entrants: two or more networks of one task.
        caches: preparations of one data set, one for each alignment that the networks read.
        choice: what is compared.
        command: that gives the same again; every figure carries it.
        progress: is told how far it is.

    Raises:
        InputError: they cannot be compared; the message says why.
    """
    if len(entrants) < 2:
        raise InputError(f"{len(entrants)} network came, expected two or more to compare")
    check_sets(caches)
    task = task_of(entrants, caches[0].index)
    named = choice.metric or next(iter(METRICS[task]))
    metric(task, named)
    how = _how(entrants, caches[0], choice, task, progress)
    folds = folds_of(entrants, choice.fold, choice.every)
    tell = progress or (lambda *_: None)
    grounds = [
        ground_of(entrants, caches, one, choice.protocol, choice.folds, tell) for one in folds
    ]
    warnings = check_leaks(grounds, anyway=choice.anyway)
    answers = ask(grounds, how)
    about = replace(_about(grounds, caches, answers, how, command), warnings=warnings)
    standings = [_standing(at, grounds, answers, about) for at in range(len(entrants))]
    if choice.cost:
        standings = _with_costs(standings, grounds, answers, how, named)
    said = answers.alike
    pairs = combinations(range(len(said)), 2) if (about.persons or 0) > 1 else ()
    related = task != "expression" and len(said[0].names) > 1
    return Compared(
        about,
        named,
        tuple(standings),
        tuple(Versus(a, b, difference(said[a], said[b], named)) for a, b in pairs),
        tuple(together(one) for one in said) if related else (),
        apart(said),
        disputes(said, DISPUTES),
        answers.keys,
        tuple(grounds),
        tuple(dict.fromkeys(_notes(grounds, about))),
    )


def _how(
    entrants: Sequence[Entrant],
    cache: Cache,
    choice: Choice,
    task: Task,
    progress: Progress | None,
) -> How:
    """How all are asked; the default networks say yes from where the labels do."""
    present = _present(entrants, cache, choice, task)
    graded = cache.index.occurrence is None
    shown = present if graded or choice.present is not None else ACTIVE
    return How(task, present, choice.threshold, shown, progress)


def _present(entrants: Sequence[Entrant], cache: Cache, choice: Choice, task: Task) -> float:
    """Intensity from which a unit is present."""
    if choice.present is not None:
        return choice.present
    found = {
        subject.recipe.data.threshold: entrant.name
        for entrant in entrants
        for subject in entrant.subjects()
        if subject.recipe is not None
    }
    if task == "occurrence" and cache.index.occurrence is None and len(found) > 1:
        told = ", ".join(f"{name} from {value:g} on" for value, name in found.items())
        raise InputError(
            f"the runs learned units as present from other intensities ({told}); name one for all "
            "with --present"
        )
    return next(iter(found), ACTIVE)


def _about(
    grounds: Sequence[Ground],
    caches: Sequence[Cache],
    answers: Answers,
    how: How,
    command: str,
) -> About:
    """What every figure carries."""
    first, index = answers.alike[0], caches[0].index
    occurs = first.task == "occurrence"
    return About(
        index.name,
        tuple(dict.fromkeys(stand.cache.digest for stand in grounds[0].stands)),
        grounds[0].protocol,
        joined_folds([ground.fold for ground in grounds]),
        "; ".join(dict.fromkeys(ground.words for ground in grounds)),
        len(first),
        None if first.subjects is None else len(set(first.subjects)),
        first.task,
        how.threshold if occurs else None,
        how.present if occurs and index.occurrence is None else None,
        version("mien"),
        command,
        shown=how.shown if occurs and _shipped(grounds[0]) else None,
    )


def _standing(at: int, grounds: Sequence[Ground], answers: Answers, about: About) -> Standing:
    """The tables of one network."""
    alike, whole = answers.alike[at], answers.whole[at]
    where = about.data, about.protocol, about.fold
    table = tabulate(alike).about(*where)
    same = set(whole.names) == set(alike.names)
    stands = tuple(ground.stands[at] for ground in grounds)
    return Standing(
        stands[0].entrant,
        stands,
        alike,
        table,
        table if same else tabulate(whole).about(*where),
        _published(stands, answers.own[at]),
        answers.notes[at],
    )


def _published(stands: Sequence[Stand], own: Sequence[Predictions]) -> Comparison | None:
    """Publications beside the run's own test parts, with all of its units."""
    recipe = stands[0].subject.recipe
    if recipe is None or not recipe.expected or not own:
        return None
    tables = []
    for stand, said in zip(stands, own, strict=True):
        parts = stand.subject.split
        people = None if said.subjects is None else len(set(said.subjects))
        # published figures have no intervals, and ours are in the other tables
        table = replace(tabulate(replace(said, subjects=None)), subjects=people)
        if parts is not None:
            tables.append(table.about(parts.data, parts.protocol, parts.fold))
    return beside(mean_of_folds(tables) if len(tables) > 1 else tables[0], recipe.expected)


def _with_costs(
    standings: Sequence[Standing],
    grounds: Sequence[Ground],
    answers: Answers,
    how: How,
    named: str,
) -> list[Standing]:
    """The same with what the networks of the first fold cost, and the metric in 8 bits."""
    files = [[small_beside(stand.subject) for stand in one.stands] for one in standings]
    costs = costs_of([one.stands[0] for one in standings], [found[0] for found in files])
    done = []
    for at, (one, found, cost) in enumerate(zip(standings, files, costs, strict=True)):
        small, digests = None, ""
        if all(found):
            predictors = [Predictor(file, crop_threads()) for file in found if file is not None]
            said = said_by(predictors, at, grounds, answers, how)
            small = tabulate(replace(said, subjects=None)).mean[named]
            digests = " ".join(digest_of(file) for file in found if file is not None)
        done.append(replace(one, costs=tuple(cost), small=small, small_digest=digests))
    return done


def _shipped(ground: Ground) -> list[tuple[Shipped, Cache]]:
    """The default networks among those that are compared, and the pictures that they read."""
    return [
        (stand.subject, stand.cache)
        for stand in ground.stands
        if isinstance(stand.subject, Shipped)
    ]


def _notes(grounds: Sequence[Ground], about: About) -> Iterator[str]:
    """What is left out, how the default networks are asked, and pictures prepared anew."""
    for ground in grounds:
        yield from ground.notes
    yield from notes_of(_shipped(grounds[0]), about.shown)
    for stand in grounds[0].stands:
        if stand.subject.owns(stand.cache.index) and stand.subject.data not in (
            *("", stand.cache.digest),
        ):
            yield (
                f"{stand.cache.folder} holds the pictures of {stand.entrant.name}, prepared or "
                "labelled in another way than when it learned from them."
            )
