"""ResNet-18 on synthetic pictures with exactly known action units: the loop's own test.

Anyone can make the pictures (``mien datasets synthesize``). Small and short: minutes on a CPU.
"""

from dataclasses import replace

from mien.training.recipe import (
    IMAGENET,
    Augment,
    Data,
    Model,
    Objective,
    Optim,
    Recipe,
    Schedule,
    Trainer,
)

__all__ = ["intensity", "occurrence"]

UNITS = 1, 4, 6, 9, 12, 15, 25, 26
"""Some of each part of the face that move far enough to be seen in 80 pixels."""


def occurrence() -> Recipe:
    """Which units are present, from pictures of 80 pixels; rare ones are weighted up."""
    return Recipe(
        name="planted-resnet18",
        model=Model("resnet18", {"head": "plain"}),
        data=Data(
            "table",
            units=UNITS,
            threshold=2.0,
            template="whole",
            aligned=92,
            size=80,
            mean=IMAGENET[0],
            std=IMAGENET[1],
            augment=Augment(flip=0.5, shift=True, brightness=0.2, contrast=0.2),
            protocol="subject-folds",
            folds=5,
            held=0.1,
            weights="balanced",
        ),
        objective=Objective("occurrence"),
        optim=Optim("adamw", rate=1e-3, decay=0.02, clip=5.0),
        schedule=Schedule("one-cycle"),
        trainer=Trainer(epochs=12),
    )


def intensity() -> Recipe:
    """How strong they are, 0-5."""
    present = occurrence()
    return replace(
        present,
        name="planted-resnet18-intensity",
        data=replace(present.data, task="intensity", weights="none"),
        objective=Objective("intensity"),
    )
