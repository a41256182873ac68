"""Intensity, presence and expressions from one pass: the combined student, with all heads learned.

Chang, Yin, Li, Tran, Soleymani, "LibreFace: An Open-Source Toolkit for Deep Facial Expression
Analysis", WACV 2024, gives the network out with two heads and nothing of how they were trained
together. Here they are learned at once from sets that each say one thing: ``joined`` holds DISFA
(intensity), BP4D (presence, five intensities) and AffectNet (expressions), and a picture teaches
the heads that it has labels for. The losses are those of the paper and its code for one task at a
time - squared error, cross-entropy of each unit, cross-entropy of the classes, each with factor 1 -
and for the features those of distillation with alpha = beta = 1.

    distill-mae            faces      masked pictures, no labels
    distill-combined-mae   joined     the teacher of intensity
    distill-combined       joined     ResNet-18 from ImageNet with three heads, from the teacher

Teacher and student learn from the same folds: who tests the one is not known to the other.
``planted-combined`` is the student in small on drawn faces, without a teacher.
"""

from dataclasses import replace

from mien.recipes.distill import disfa
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

__all__ = ["planted", "student", "teacher"]

WEIGHTS = {"occurrence": 1.0, "expression": 1.0}
"""Factors of the losses beside; that of intensity is alpha."""
SHOWN = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 24
"""Units of BP4D that drawn faces show: all but 23."""


def teacher() -> Recipe:
    """Intensities by the encoder, from the pictures that say any."""
    alone = disfa("distill-disfa-mae")
    return replace(
        alone,
        name="distill-combined-mae",
        model=replace(alone.model, start="{runs}/distill-mae/fold1"),
        data=replace(alone.data, name="joined"),
        expected=(),
    )


def student() -> Recipe:
    """Three heads on one ResNet-18; the settings of the published distillation."""
    taught = disfa("distill-disfa")
    options = {
        **taught.objective.options,
        "teacher": "{runs}/distill-combined-mae/fold{fold}",
        "smoothing": 0.0,
        "squeezed": False,
    }
    return replace(
        taught,
        name="distill-combined",
        model=Model("student-combined", start="imagenet"),
        data=replace(taught.data, name="joined", threshold=2.0),
        objective=Objective("combined", WEIGHTS, options),
        trainer=replace(taught.trainer, monitor="loss"),
        expected=(),
    )


def planted() -> Recipe:
    """The same on drawn faces of 48 pixels, from random weights and labels alone: minutes."""
    return Recipe(
        name="planted-combined",
        model=Model("student-combined", {"detected": list(SHOWN)}),
        data=Data(
            "joined",
            task="intensity",
            units=student().data.units,
            threshold=2.0,
            template="whole",
            aligned=54,
            size=48,
            augment=Augment(flip=0.5, brightness=0.2),
            protocol="subject-folds",
            folds=5,
            held=0.15,
        ),
        objective=Objective("combined", WEIGHTS),
        optim=Optim("adamw", rate=1e-3, decay=0.02, clip=1.0),
        schedule=Schedule("one-cycle"),
        trainer=Trainer(epochs=15, monitor="loss"),
    )
