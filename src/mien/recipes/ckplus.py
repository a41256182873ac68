"""Action units of CK+ by eight published networks: features of ImageNet, one head per unit.

Facts and figures: the README of the public AU_Recognition repository. Ten units, those that occur
in more than 90 of the 593 sequences; the features are frozen, only the heads learn.

Three forms of each network:

* ``ckplus-<network>``: corrected. Persons are kept apart, some of the training persons choose the
  epoch, the batch statistics of the frozen features stay what they were, and all pictures are gray.
* ``ckplus-<network>-source``: as the source did it. Folds of sequences, so that persons LEAK from
  training to testing; no validation part, the last epoch counts; the batch statistics of the
  frozen features drift; colour pictures stay colour; Inception's pictures are normalised twice.
* ``ckplus-<network>-last`` (AlexNet and VGG): the source's last revision: 17 units, those that
  occur more than 35 times, and the "wide" heads; for the rest as the source. Nothing was published
  of it.

The options of the source's command line:

=================  ======================================================================
``--model``        the recipe's name
``--epochs``       ``--set trainer.epochs=100``
``--step``         ``--set schedule.every=20``: epochs after which the rate is halved
``-b``             ``--set data.batch=32``
``--lr``           ``--set optim.rate=0.01``
``--kfold``        ``--set data.folds=10``, and ``--fold k`` chooses one of them
``--resume``       run the same command again; or ``--set model.start=FILE`` for its weights
``--start-epoch``  not needed: a resumed run knows its epoch
``--evaluate``     ``mien evaluate RUN CACHE``: on persons that it did not learn from
=================  ======================================================================
"""

from dataclasses import replace

from mien.errors import InputError
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

__all__ = ["LAST", "NETWORKS", "PUBLISHED", "corrected", "last", "planted", "source"]

UNITS = 1, 2, 4, 5, 6, 7, 12, 15, 17, 25
"""Those that occur in more than 90 of the 593 sequences."""
MORE_UNITS = 1, 2, 4, 5, 6, 7, 9, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27
"""Those that occur in more than 35."""

NETWORKS = {
    "alexnet": "AlexNet",
    "vgg16": "VGG16",
    "vgg16-bn": "VGG16_BN",
    "vgg19": "VGG19",
    "resnet18": "Res18",
    "resnet50": "Res50",
    "resnet101": "Res101",
    "inception": "inception",
}
"""Each network and what the source calls it."""
LAST = "alexnet", "vgg16", "vgg16-bn", "vgg19"
"""Networks whose heads the last revision brought to 17 units; the others are broken there."""
INCEPTION_SIZE = 299

PUBLISHED: dict[str, tuple[float, ...]] = {
    "alexnet": (0.83, 0.88, 0.80, 0.72, 0.74, 0.63, 0.86, 0.64, 0.88, 0.92),
    "vgg16": (0.81, 0.83, 0.71, 0.64, 0.69, 0.50, 0.76, 0.52, 0.83, 0.88),
    "vgg16-bn": (0.78, 0.86, 0.75, 0.71, 0.70, 0.55, 0.78, 0.52, 0.79, 0.89),
    "resnet18": (0.69, 0.79, 0.52, 0.71, 0.62, 0.48, 0.66, 0.24, 0.57, 0.80),
    "resnet50": (0.73, 0.84, 0.62, 0.67, 0.59, 0.52, 0.66, 0.45, 0.66, 0.83),
    "resnet101": (0.69, 0.78, 0.65, 0.70, 0.50, 0.50, 0.64, 0.33, 0.68, 0.80),
    "inception": (0.45, 0.45, 0.31, 0.22, 0.12, 0.11, 0.17, 0.00, 0.26, 0.70),
}
"""F1 of each of UNITS; VGG19 has no row."""

EXAMPLES = {"alexnet": (100, 10, 16, 10), "resnet18": (50, 10, 16, 7)}
"""Epochs, epochs between steps, batch and folds of the source's own examples."""
DEFAULTS = 100, 20, 32, 10


def source(network: str) -> Recipe:
    """As the source trained it.

    Args:
        network: one of NETWORKS.

    Raises:
        InputError: there is no such network.
    """
    if network not in NETWORKS:
        raise InputError(f"there is no network {network!r} of CK+; there are {', '.join(NETWORKS)}")
    epochs, step, batch, folds = EXAMPLES.get(network, DEFAULTS)
    size = INCEPTION_SIZE if network == "inception" else 224
    # The published row of ResNet-18 is older than the heads of the table.
    options: dict[str, object] = {"head": "small" if network == "resnet18" else "table"}
    if network == "inception":
        options["renormalise"] = True
    return Recipe(
        name=f"ckplus-{network}-source",
        model=Model(network, options, start="imagenet"),
        data=Data(
            "ckplus",
            units=UNITS,
            template="box",
            aligned=size,
            size=size,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            augment=Augment(flip=0.0, shift=False),
            protocol="sequence-folds-leaking",
            folds=folds,
            held=0.0,
            batch=batch,
        ),
        objective=Objective("occurrence", options={"reduction": "sum-of-means"}),
        optim=Optim("sgd", rate=0.01, momentum=0.9, decay=1e-4, rates={"features": 0.0}),
        schedule=Schedule("step", every=step, factor=0.5),
        trainer=Trainer(epochs=epochs),
        expected=_expected(network),
        paper="the AU_Recognition repository, README",
    )


def corrected(network: str) -> Recipe:
    """With the source's faults put right; its figures then lie lower than the published ones.

    Args:
        network: one of NETWORKS.

    Raises:
        InputError: there is no such network.
    """
    as_source = source(network)
    return replace(
        as_source,
        name=f"ckplus-{network}",
        model=replace(
            as_source.model,
            options={"head": as_source.model.options["head"], "features": "fixed", "gray": True},
        ),
        data=replace(as_source.data, protocol="subject-folds", held=0.1),
        trainer=replace(as_source.trainer, patience=20),
    )


def last(network: str) -> Recipe:
    """The source's last revision: 17 units, wide heads.

    Args:
        network: one of LAST.

    Raises:
        InputError: the last revision has no such network.
    """
    if network not in LAST:
        raise InputError(
            f"the last revision of the source has no {network!r}; it has {', '.join(LAST)}"
        )
    as_source = source(network)
    return replace(
        as_source,
        name=f"ckplus-{network}-last",
        model=replace(as_source.model, options={"head": "wide"}),
        data=replace(as_source.data, units=MORE_UNITS),
        expected=(),
    )


def planted() -> Recipe:
    """The corrected ResNet-18 at 64 pixels on synthetic pictures, a table, from random weights.

    Features that are random have to learn, their batch statistics with them; the rate is halved
    after each of four epochs in place of every tenth of fifty.
    """
    ours = corrected("resnet18")
    return replace(
        ours,
        name="planted-ckplus",
        model=Model("resnet18", {**ours.model.options, "features": "drift"}),
        data=replace(ours.data, name="table", aligned=72, size=64, folds=5),
        optim=replace(ours.optim, rates={}),
        schedule=Schedule("step", every=1, factor=0.5),
        trainer=Trainer(epochs=4, precision="bf16-mixed"),
        expected=(),
    )


def _expected(network: str) -> tuple[Expected, ...]:
    """The published row of a network, if there is one."""
    if network not in PUBLISHED:
        return ()
    row = PUBLISHED[network]
    return (
        Expected(
            source="AU_Recognition, table of the README",
            metric="f1",
            mean=round(sum(row) / len(row), 3),
            units=dict(zip(UNITS, row, strict=True)),
            protocol=(
                "all folds pooled, threshold 0.5; shuffled folds of sequences, so that persons "
                "are in training and in testing; last epoch"
            ),
        ),
    )
