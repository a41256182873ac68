"""Intensity of units by a ResNet-18 that learned from a masked auto-encoder: the stages and rows.

Chang, Yin, Li, Tran, Soleymani, "LibreFace: An Open-Source Toolkit for Deep Facial Expression
Analysis", WACV 2024, and the source document of its table. The stages, each of which can start from
a checkpoint (``--set model.start=FILE``) or be left out (``--set model.start=``):

    distill-mae                  faces          masked pictures, no labels
    distill-mae-affectnet        AffectNet      its encoder, expressions
    distill-disfa-mae            DISFA          the teacher: row "MAE + pre-training"
    distill-resnet18-affectnet   AffectNet      ResNet-18, expressions
    distill-disfa-resnet18       DISFA          row "ResNet-18"
    distill-disfa-pretrained     DISFA          row "+ pre-training"
    distill-disfa                DISFA          row "+ FM distillation", from the teacher

``mien train distill-disfa --all`` runs them in this order. Of the settings, those of DISFA and of
distillation are the public code's; it has none of the other stages, whose settings are ours. The
source document also pre-trains on FFHQ, which has no labels of its own, and says EmotioNet for the
pictures without labels. Five folds of persons, as LibreFace reports; its lists are not public:
these are ours.
"""

from dataclasses import replace
from typing import Any

from mien.facs.coded import DISFA_INTENSITY
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

__all__ = ["ROWS", "affectnet", "disfa", "pictures"]

PAPER = "Chang, Yin, Li, Tran, Soleymani, LibreFace, WACV 2024"
SOURCE = "Facial Expression Analysis: Action Unit Intensity Estimation, table of DISFA"
PROTOCOL = "mean of 12 units; folds not given (LibreFace: five), epoch chosen on the test part"

MAE = "distill-mae"
NETWORKS = {"mae-teacher": "distill-mae-affectnet", "student": "distill-resnet18-affectnet"}
"""What each network is pre-trained by."""
ROWS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "distill-disfa-resnet18": ("ResNet-18", (0.518, 0.278, 0.352)),
    "distill-disfa-pretrained": ("ResNet-18 + pre-training", (0.614, 0.236, 0.260)),
    "distill-disfa": ("ResNet-18 + FM distillation", (0.628, 0.244, 0.260)),
    "distill-disfa-mae": ("MAE + pre-training", (0.674, 0.202, 0.270)),
}
"""Recipes of the published table, and its PCC, MAE and MSE; figures of single units are not in
it."""
OPTIM = Optim("adamw", rate=3e-5, decay=1e-4, clip=1.0)
TRAINER = Trainer(epochs=30, patience=5)
"""Of the stages that learn from labels alone."""


def pictures() -> Recipe:
    """Masked auto-encoding on any folder of faces; settings of He et al. but for fewer epochs."""
    return Recipe(
        name=MAE,
        model=Model("mae"),
        data=Data(
            "faces",
            template="ffhq",
            augment=Augment(flip=0.5),
            protocol="whole",
            held=0.02,
            batch=256,
            test_batch=256,
        ),
        objective=Objective("reconstruction"),
        optim=Optim("adamw", rate=1.5e-4, decay=0.05, betas=(0.9, 0.95)),
        schedule=Schedule("cosine", factor=0.0, warmup=10),
        trainer=Trainer(epochs=200),
        paper="He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022",
    )


def affectnet(network: str) -> Recipe:
    """Eight expressions of AffectNet, in its own parts; settings of ours.

    Args:
        network: "mae-teacher", which starts from the auto-encoder, or "student", from ImageNet.
    """
    before = f"{{runs}}/{MAE}/fold1" if network == "mae-teacher" else "imagenet"
    return Recipe(
        name=NETWORKS[network],
        model=Model(network, {"form": "logits"}, start=before),
        data=Data(
            "affectnet",
            task="expression",
            template="ffhq",
            augment=Augment(flip=0.5),
            protocol="given",
            folds=1,
            held=0.05,
            batch=256,
        ),
        objective=Objective("expression"),
        optim=OPTIM,
        trainer=TRAINER,
        paper=PAPER,
    )


def disfa(name: str) -> Recipe:
    """One row of the table: intensities of twelve units of DISFA.

    Args:
        name: one of ROWS.
    """
    row, figures = ROWS[name]
    network = "mae-teacher" if name == "distill-disfa-mae" else "student"
    before = f"{{runs}}/{NETWORKS[network]}/fold1"
    if name == "distill-disfa-resnet18":
        before = "imagenet"
    expected = tuple(
        Expected(f"{SOURCE}, {row}", metric, value, protocol=PROTOCOL)
        for metric, value in zip(("pcc", "mae", "mse"), figures, strict=True)
    )
    plain = Recipe(
        name=name,
        model=Model(network, start=before),
        data=Data(
            "disfa",
            task="intensity",
            units=DISFA_INTENSITY,
            template="ffhq",
            augment=Augment(flip=0.5),
            protocol="subject-folds",
            folds=5,
            held=0.15,
            batch=256,
        ),
        objective=Objective("intensity"),
        optim=OPTIM,
        trainer=TRAINER,
        expected=expected,
        paper=PAPER,
    )
    if name != "distill-disfa":
        return plain
    options: dict[str, Any] = {
        "teacher": "{runs}/distill-disfa-mae/fold{fold}",
        "alpha": 1.0,
        "beta": 1.0,
        "form": "corrected",
        "shortening": "nearest",
    }
    return replace(
        plain,
        data=replace(plain.data, batch=128),
        objective=Objective("distillation", options=options),
        optim=replace(plain.optim, rate=1e-3),
        trainer=replace(plain.trainer, epochs=12),
    )
