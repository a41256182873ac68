"""The chain of `mien.recipes.distill` in small, on synthetic pictures: minutes on a CPU.

Masked pictures, the teacher from their encoder, a student from the teacher, and the same student
alone: ``mien train planted-distill --all``. It shows that every stage runs and what each brings on
pictures that anyone can make; of real faces it says nothing. All stages learn from the same
persons: a fold's test persons are in none of them.
"""

from dataclasses import replace

from mien.recipes.planted import intensity
from mien.training.recipe import Augment, Data, Model, Objective, Optim, Recipe, Schedule, Trainer

__all__ = ["distilled", "pictures", "student", "teacher"]

SMALL = {"size": 48, "patch": 8, "width": 128, "depth": 4, "heads": 4}
DECODER = {"decoder_width": 64, "decoder_depth": 2, "decoder_heads": 4}


def pictures() -> Recipe:
    """The auto-encoder, on pictures of 48 pixels; no label is read."""
    return Recipe(
        name="planted-mae",
        model=Model("mae", {**SMALL, **DECODER}),
        data=replace(_data(), task="occurrence", units=()),
        objective=Objective("reconstruction"),
        optim=Optim("adamw", rate=1e-3, decay=0.05, betas=(0.9, 0.95)),
        schedule=Schedule("cosine", factor=0.0, warmup=2),
        trainer=Trainer(epochs=30),
    )


def teacher() -> Recipe:
    """Intensities by the encoder."""
    alone = student()
    return replace(
        alone,
        name="planted-mae-teacher",
        model=Model("mae-teacher", SMALL, start="{runs}/planted-mae/fold{fold}"),
        optim=Optim("adamw", rate=5e-4, decay=0.02, clip=1.0),
        trainer=Trainer(epochs=15),
    )


def student() -> Recipe:
    """Intensities by ResNet-18, from random weights and the labels alone."""
    return Recipe(
        name="planted-student",
        model=Model("student"),
        data=_data(),
        objective=Objective("intensity"),
        optim=Optim("adamw", rate=1e-3, decay=0.02, clip=1.0),
        schedule=Schedule("one-cycle"),
        trainer=Trainer(epochs=10),
    )


def distilled() -> Recipe:
    """The same, with the teacher's features and answers beside the labels."""
    options = {"teacher": "{runs}/planted-mae-teacher/fold{fold}"}
    return replace(
        student(), name="planted-distill", objective=Objective("distillation", options=options)
    )


def _data() -> Data:
    return replace(intensity().data, aligned=54, size=48, augment=Augment(flip=0.5, brightness=0.2))
