"""ResNet-18, JAA-Net and POSTER V2 on synthetic pictures with known labels: the loop's own test.

Anyone can make the pictures (``mien datasets synthesize``). Small and short: minutes on a CPU.
"""

from dataclasses import replace

from mien.training.recipe import (
    Augment,
    Data,
    Model,
    Objective,
    Optim,
    Recipe,
    Schedule,
    Trainer,
)

__all__ = ["alignment", "expression", "intensity", "occurrence"]

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


def alignment() -> Recipe:
    """JAA-Net, version 2, at 64 pixels: units that are present, and the mesh's 49 landmarks.

    Its own losses and weights of units; AdamW with one cycle in place of twelve epochs of SGD,
    which are meant for 100,000 pictures. The loss of all parts chooses the epoch: F1 of rare units
    would choose one whose landmarks are not yet learned. Three epochs are meant for 10,000
    pictures; bfloat16 takes two thirds of the time on processors that have it.
    """
    present = occurrence()
    return replace(
        present,
        name="planted-jaanet",
        model=Model("jaanet", {"size": 64}),
        data=replace(
            present.data,
            units=(1, 12, 25, 26),
            template="jaanet",
            aligned=72,
            size=64,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            weights="inverse",
            batch=16,
        ),
        objective=Objective("jaanet", weights={"landmarks": 0.5}),
        trainer=replace(present.trainer, epochs=3, precision="bf16-mixed", monitor="loss"),
    )


def expression() -> Recipe:
    """POSTER V2 at 64 pixels, each of which it reads: classes of expressions, from random weights.

    Adam without a second look at the batches, which would take twice the time. From random weights
    1e-4 learns quicker than 3.5e-4.
    """
    present = occurrence()
    return replace(
        present,
        name="planted-posterv2",
        model=Model("posterv2", {"size": 64, "step": 1}),
        data=replace(
            present.data,
            task="expression",
            units=(),
            template="box",
            aligned=72,
            size=64,
            weights="none",
            batch=16,
        ),
        objective=Objective("expression"),
        optim=Optim("adam", rate=1e-4, clip=5.0),
        schedule=Schedule("cosine", factor=0.05, warmup=1),
    )
