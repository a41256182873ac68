"""All networks asked of the same pictures, fold by fold, and what they say put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.comparison.ground import Ground, Stand
from mien.comparison.how import How
from mien.comparison.shipped import Shipped
from mien.errors import InputError
from mien.evaluation.evaluate import Evaluated, evaluate
from mien.evaluation.predictions import Name, Predictions, concatenate
from mien.evaluation.scoretable import title
from mien.runtime import Predictor

__all__ = ["Answers", "ask", "said_by"]

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Answers:
    """What all networks say of the same pictures."""

    alike: tuple[Predictions, ...]
    """Of each network, the units that all have."""
    whole: tuple[Predictions, ...]
    """The same with all of its units."""
    own: tuple[tuple[Predictions, ...], ...]
    """Of each network, all that it says of its own test part in each fold; empty where the set is
    not its own or nothing was published."""
    keys: tuple[tuple[int, int], ...]
    """Of each picture: which ground, and which picture of that."""
    notes: tuple[tuple[str, ...], ...]
    """What of each network is left out."""


def ask(grounds: Sequence[Ground], how: How) -> Answers:
    """Ask every network of the pictures of every fold, and keep what all can be scored on.

    Raises:
        InputError: they have no unit in common, or no picture is labelled for it.
    """
    asked = [[_asked(stand, how) for stand in ground.stands] for ground in grounds]
    places = [_common(ground, found) for ground, found in zip(grounds, asked, strict=True)]
    count = len(grounds[0].stands)
    whole = [
        concatenate(
            [
                _chosen(ground.stands[at], found[at], place)
                for ground, found, place in zip(grounds, asked, places, strict=True)
            ]
        )
        for at in range(count)
    ]
    keys = [(number, int(one)) for number, place in enumerate(places) for one in place]
    alike = _alike(whole, [stand.entrant.name for stand in grounds[0].stands])
    known = alike[0].known
    there = np.asarray(known if known.ndim == 1 else known.any(axis=1))
    if not there.any():
        raise InputError("no picture is labelled for what the networks have in common")
    return Answers(
        tuple(one.take(there) for one in alike),
        tuple(one.take(there) for one in whole),
        tuple(_own(grounds, asked, at) for at in range(count)),
        tuple(key for key, kept in zip(keys, there.tolist(), strict=True) if kept),
        tuple(tuple(dict.fromkeys(n for f in asked for n in f[at].notes)) for at in range(count)),
    )


def said_by(
    predictors: Sequence[Predictor],
    at: int,
    grounds: Sequence[Ground],
    answers: Answers,
    how: How,
) -> Predictions:
    """What others say in the place of a network, one for each fold, of the same pictures.

    Args:
        predictors: in the order of the folds.
        at: the place of the network.
        grounds: the folds.
        answers: of all networks.
        how: as they were asked.
    """
    parts = []
    for number, (ground, predictor) in enumerate(zip(grounds, predictors, strict=True)):
        place = np.array([one for fold, one in answers.keys if fold == number], np.intp)
        if len(place):
            stand = ground.stands[at]
            found = _by_network(predictor, stand, stand.rows[place], how)
            parts.append(_chosen(stand, found, place))
    said = concatenate(parts)
    return _alike([answers.whole[at], said], ["", ""])[1].of(answers.alike[at].names)


def _asked(stand: Stand, how: How) -> Evaluated:
    """A network on the pictures of a fold, and on its own test part if that is published on."""
    rows = stand.rows
    recipe = stand.subject.recipe
    if recipe is not None and recipe.expected:
        rows = np.union1d(rows, stand.own).astype(np.intp)
    if isinstance(stand.subject, Shipped):
        return stand.subject.evaluate(stand.cache, rows, how)
    return _by_network(stand.subject.predictor, stand, rows, how)


def _by_network(predictor: Predictor, stand: Stand, rows: Rows, how: How) -> Evaluated:
    name, progress = stand.entrant.name, how.progress

    def tell(done: int, of: int) -> None:
        if progress is not None:
            progress(name, done, of)

    return evaluate(
        predictor,
        stand.cache,
        rows,
        present=how.present,
        threshold=how.threshold,
        progress=tell,
    )


def _common(ground: Ground, found: Sequence[Evaluated]) -> Rows:
    """Places in the ground of the pictures of which every network could be scored."""
    kept = [np.isin(stand.rows, one.rows) for stand, one in zip(ground.stands, found, strict=True)]
    return np.flatnonzero(np.all(kept, axis=0))


def _chosen(stand: Stand, one: Evaluated, place: Rows) -> Predictions:
    """What was said of these places of the ground, in their order."""
    return _of_rows(one, stand.rows[place])


def _of_rows(one: Evaluated, rows: Rows) -> Predictions:
    where = {row: at for at, row in enumerate(one.rows.tolist())}
    return one.predictions.take(np.array([where[row] for row in rows.tolist()], np.intp))


def _own(
    grounds: Sequence[Ground], asked: Sequence[Sequence[Evaluated]], at: int
) -> tuple[Predictions, ...]:
    """What a network says of its own test parts."""
    parts = []
    for ground, found in zip(grounds, asked, strict=True):
        recipe, own = ground.stands[at].subject.recipe, ground.stands[at].own
        rows = own[np.isin(own, found[at].rows)]
        if recipe is not None and recipe.expected and len(rows):
            parts.append(_of_rows(found[at], rows))
    return tuple(parts) if len(parts) == len(grounds) else ()


def _alike(every: Sequence[Predictions], called: Sequence[str]) -> list[Predictions]:
    """Of each the units that all have, in the order of the first; or all classes so."""
    first = every[0]
    if first.task == "expression":
        return [_classes(first, one, called) for one in every]
    names: list[Name] = [name for name in first.names if all(name in one.names for one in every)]
    if not names:
        told = "; ".join(
            f"{name} has {', '.join(map(title, one.names))}"
            for name, one in zip(called, every, strict=True)
        )
        raise InputError(f"the networks have no action unit in common ({told}); nothing to compare")
    return [one.of(names) for one in every]


def _classes(first: Predictions, one: Predictions, called: Sequence[str]) -> Predictions:
    """The classes in the order of the first, by name."""
    spelled = {str(name).casefold(): name for name in first.names}
    if {str(name).casefold() for name in one.names} != set(spelled):
        raise InputError(
            f"{' and '.join(called)} know other expressions ({', '.join(map(str, first.names))}; "
            f"{', '.join(map(str, one.names))}): their figures cannot be compared"
        )
    named = tuple(spelled[str(name).casefold()] for name in one.names)
    return replace(one, names=named).of(first.names)
