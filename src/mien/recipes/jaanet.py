"""JAA-Net on BP4D and DISFA, versions 1 and 2, as the authors train it.

Shao, Liu, Cai, Ma, IJCV 2021 (version 2) and ECCV 2018 (version 1): three folds of persons; 12
epochs of SGD; 200 px aligned faces of which 176 px are seen. Prepare the data with
``mien datasets prepare bp4d --template jaanet --size 200``, then ``mien train jaanet-bp4d --fold 1
--data CACHE``. All folds of DISFA go on from one run of BP4D, as the authors': that of fold 2, in
the same folder of runs; ``--set model.start=RUN`` takes another, ``--set model.start=`` none.

The authors choose the epoch by looking at the test part. Here persons of the training part are
held out to choose it; ``--set data.held=0`` takes the last epoch.
"""

from dataclasses import replace

from mien.facs.coded import BP4D, DISFA
from mien.training.recipe import (
    Augment,
    Data,
    Expected,
    Model,
    Objective,
    Optim,
    Recipe,
    Schedule,
    Trainer,
)

__all__ = ["bp4d", "bp4d_small", "disfa"]

PUBLISHED = {
    ("bp4d", 1): (47.2, 44.0, 54.9, 77.5, 74.6, 84.0, 86.9, 61.9, 43.6, 60.3, 42.7, 41.9),
    ("bp4d", 2): (53.8, 47.8, 58.2, 78.5, 75.8, 82.7, 88.2, 63.7, 43.3, 61.8, 45.6, 49.9),
    ("disfa", 1): (43.7, 46.2, 56.0, 41.4, 44.7, 69.6, 88.3, 58.4),
    ("disfa", 2): (62.4, 60.7, 67.1, 41.1, 45.1, 73.5, 90.9, 67.4),
}
"""F1 in per cent, mean of the three folds."""
PAPERS = {
    1: "Shao, Liu, Cai, Ma, Deep Adaptive Attention, ECCV 2018",
    2: "Shao, Liu, Cai, Ma, JAA-Net, IJCV 2021",
}


def bp4d(version: int = 2) -> Recipe:
    """Twelve units of BP4D."""
    return _recipe("bp4d", BP4D, version)


def disfa(version: int = 2) -> Recipe:
    """Eight units of DISFA, present from intensity 2 on; all folds start from fold 2 of BP4D.

    The layers of the units are carried over by their numbers: 1, 2, 4, 6 and 12 from the same
    units, 25 from 23, 26 from 17; 9 and the joint head start anew.
    """
    return _recipe("disfa", DISFA, version)


def bp4d_small() -> Recipe:
    """The run of 83,924 training and 45,809 test pictures: BP4D without the pictures it left out.

    Its text reports, at epoch 6, F1 0.5566, accuracy 0.7763, mean error 0.0403, failure rate
    0.00067; at epoch 12: 0.5523, 0.7673, 0.0397, 0.00062. Which pictures it took is not said; the
    test pictures are those of part 3, so compare fold 1.
    """
    told = "83,924 pictures of parts 1 and 2, tested on part 3; epoch chosen on the test part"
    figures = {
        "f1": 0.5566,
        "accuracy": 0.7763,
        "mean_error": 0.0403,
        "failure_rate": 0.00067,
    }
    expected = tuple(
        Expected("source document, epoch 6", name, value, protocol=told)
        for name, value in figures.items()
    )
    return replace(bp4d(), name="jaanet-bp4d-small", expected=expected)


def _recipe(name: str, units: tuple[int, ...], version: int) -> Recipe:
    factors = {"landmarks": 0.5}
    if version == 1:
        factors["refine"] = 0.0001
    suffix = "-v1" if version == 1 else ""
    start = f"{{runs}}/jaanet-bp4d{suffix}/fold2" if name == "disfa" else ""
    return Recipe(
        name=f"jaanet-{name}{suffix}",
        model=Model("jaanet", {"version": version}, start=start),
        data=Data(
            name,
            units=units,
            threshold=2.0 if name == "disfa" else 1.0,
            template="jaanet",
            aligned=200,
            size=176,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            augment=Augment(flip=0.5, shift=True),
            protocol=f"{name}-three-folds",
            folds=3,
            weights="inverse",
            batch=16,
            test_batch=32,
        ),
        objective=Objective("jaanet", weights=factors),
        optim=Optim(
            "sgd",
            rate=0.01,
            decay=5e-4,
            nesterov=True,
            rates={"refine": 2.0} if version == 1 else {},
        ),
        schedule=Schedule("step", every=2, factor=0.3),
        trainer=Trainer(epochs=12),
        expected=(_expected(name, units, version),),
        paper=PAPERS[version],
    )


def _expected(name: str, units: tuple[int, ...], version: int) -> Expected:
    """The published row."""
    row = [round(value / 100, 3) for value in PUBLISHED[name, version]]
    return Expected(
        source=PAPERS[version],
        metric="f1",
        mean=round(sum(row) / len(row), 3),
        units=dict(zip(units, row, strict=True)),
        protocol="mean of three folds of persons, threshold 0.5; epoch chosen on the test part",
    )
