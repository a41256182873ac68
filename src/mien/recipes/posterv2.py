"""POSTER V2 on RAF-DB, AffectNet (seven or eight classes) and CAER-S.

Mao et al., "POSTER++: A simpler and stronger facial expression recognition network", 2023 (arXiv
2301.12149): sharpness-aware minimisation around Adam, 200 epochs of batches of 144, the rate times
0.98 after each. After ``mien datasets prepare rafdb ... --template whole --size 224``:

    mien train posterv2-rafdb --data CACHE

or, in one line,

    mien train posterv2-rafdb --data CACHE --set model.options.landmarks=frozen
      --set model.start=ir50.pth,mobilefacenet.pth

The published figures need both pretrained streams, which do not come with mien. Each recipe has a
second form, ``-release``, as the published script does it.

    ours                                             release
    the landmark stream learns with the rest         is kept as it comes, its statistics drift;
                                                     must be started from weights
    weight decay 1e-4                                none: its option is never passed on
    a tenth of the training part is held out, and    the last epoch: the file of the best one holds
    the epoch that is best on it is kept             no weights
"""

from dataclasses import replace

from mien.errors import InputError
from mien.recipes.rafdb import DATA
from mien.training.recipe import (
    Augment,
    Expected,
    Model,
    Objective,
    Optim,
    Recipe,
    Schedule,
    Trainer,
)

__all__ = ["PUBLISHED", "expression", "release"]

PAPER = "Mao et al., POSTER++, arXiv 2301.12149, 2023"
PUBLISHED = {"rafdb": 0.9221, "affectnet7": 0.6749, "affectnet8": 0.6377, "caers": 0.93}
"""Accuracy on the testing part, of the epoch that is best there."""
RATES = {"rafdb": 3.5e-5, "affectnet7": 1e-6, "affectnet8": 1e-6, "caers": 4e-5}
SETS = {"affectnet7": "affectnet-seven", "affectnet8": "affectnet"}
"""Data sets of another name than the recipe's."""
ERASED = {"rafdb": (0.5, (0.02, 0.1))}
"""Probability and area of the erased box; the others always erase a twentieth."""


def expression(name: str) -> Recipe:
    """Expressions of whole pictures, as published but for the faults of the release.

    Args:
        name: one of PUBLISHED.

    Raises:
        InputError: there is no such recipe.
    """
    if name not in PUBLISHED:
        raise InputError(
            f"there is no recipe of POSTER V2 for {name!r}; there are {', '.join(PUBLISHED)}"
        )
    erase, erased = ERASED.get(name, (1.0, (0.05, 0.05)))
    expected = Expected(
        source=PAPER,
        metric="accuracy",
        mean=PUBLISHED[name],
        protocol="the set's own parts; pretrained streams; epoch chosen on the test part",
    )
    return Recipe(
        name=f"posterv2-{name}",
        model=Model("posterv2"),
        data=replace(
            DATA,
            name=SETS.get(name, name),
            augment=Augment(flip=0.5, shift=False, erase=erase, erased=erased),
            sampler="balanced" if name.startswith("affectnet") else "shuffle",
            batch=144,
        ),
        objective=Objective("expression"),
        optim=Optim("sam", rate=RATES[name], decay=1e-4, rho=0.05),
        schedule=Schedule("step", every=1, factor=0.98),
        trainer=Trainer(epochs=200),
        expected=(expected,),
        paper=PAPER,
    )


def release(name: str) -> Recipe:
    """The same as the published script runs it, faults included.

    Args:
        name: one of PUBLISHED.

    Raises:
        InputError: there is no such recipe.
    """
    ours = expression(name)
    return replace(
        ours,
        name=f"{ours.name}-release",
        model=Model("posterv2", {"landmarks": "drifting"}),
        data=replace(ours.data, held=0.0),
        optim=replace(ours.optim, decay=0.0),
    )
