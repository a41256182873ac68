"""Seven expressions of RAF-DB by ResNet-18 and ResNet-50: plain baselines, with settings of ours.

Li, Deng, Du, "Reliable crowdsourcing and deep locality-preserving learning for expression
recognition in the wild", CVPR 2017. The set's own parts: 12,271 pictures to learn from, 3,068 to
test on; a tenth of the former is held out to choose the epoch. The classes are in the order of the
set: surprise, fear, disgust, happiness, sadness, anger, neutral. Nothing is published of these
networks with these settings.
"""

from dataclasses import replace

from mien.errors import InputError
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

__all__ = ["DATA", "NETWORKS", "expression", "planted"]

NETWORKS = "resnet18", "resnet50"
DATA = Data(
    "rafdb",
    task="expression",
    template="whole",
    aligned=224,
    size=224,
    protocol="given",
    folds=1,
    held=0.1,
)
"""Whole pictures in the set's own parts, of which a tenth of the training part is held out."""


def expression(network: str) -> Recipe:
    """Expressions of the aligned pictures, each whole, enlarged from 100 to 224 pixels.

    Args:
        network: one of NETWORKS.

    Raises:
        InputError: there is no such network.
    """
    if network not in NETWORKS:
        raise InputError(
            f"there is no recipe of RAF-DB with {network!r}; there are {', '.join(NETWORKS)}"
        )
    return Recipe(
        name=f"rafdb-{network}",
        model=Model(network, {"head": "plain"}, start="imagenet"),
        data=replace(
            DATA,
            augment=Augment(
                flip=0.5, shift=False, brightness=0.2, contrast=0.2, saturation=0.2, erase=0.5
            ),
            batch=64,
        ),
        objective=Objective("expression", options={"smoothing": 0.1}),
        optim=Optim("adamw", rate=1e-4, decay=0.05, clip=5.0),
        schedule=Schedule("cosine", factor=0.01, warmup=1),
        trainer=Trainer(epochs=30),
        paper="Li et al., Reliable crowdsourcing and deep locality-preserving learning, CVPR 2017",
    )


def planted() -> Recipe:
    """The same for ResNet-18 at 64 pixels on synthetic pictures, a table with expressions.

    From random weights, at ten times the rate, which is meant for ImageNet's; persons are apart.
    """
    ours = expression("resnet18")
    return replace(
        ours,
        name="planted-rafdb",
        model=replace(ours.model, start=""),
        data=replace(
            ours.data,
            name="table",
            template="box",
            aligned=72,
            size=64,
            protocol="subject-folds",
            folds=5,
            batch=16,
        ),
        optim=replace(ours.optim, rate=1e-3),
        trainer=Trainer(epochs=12, precision="bf16-mixed"),
    )
