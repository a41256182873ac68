"""ME-GraphAU on BP4D and DISFA, stage 1 and then stage 2 from it.

Luo et al., IJCAI 2022: three folds of persons, AdamW with a cosine to nothing, 20 epochs. The
authors align with a detector whose template they do not give; here faces lie as in the pictures
that they show. After ``mien datasets prepare bp4d ... --template megraphau --size 256``:

    mien train megraphau-bp4d-stage1 --fold 1 --data CACHE
    mien train megraphau-bp4d --fold 1 --data CACHE

Stage 2 starts from stage 1 of the same fold. ``--set model.options.backbone=swin_b``, in both,
takes another backbone. The authors' epoch is chosen on the test part; here persons of the training
part are held out to choose it.
"""

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

__all__ = ["bp4d", "disfa"]

PAPER = "Luo et al., Learning Multi-dimensional Edge Feature-based AU Relation Graph, IJCAI 2022"

PUBLISHED = {
    "bp4d": (53.7, 46.9, 59.0, 78.5, 80.0, 84.4, 87.8, 67.3, 52.5, 63.2, 50.6, 52.4),
    "disfa": (54.6, 47.1, 72.9, 54.0, 55.7, 76.7, 91.1, 53.0),
}
"""F1 in per cent of stage 2 with ResNet-50, mean of the three folds."""
EDGES = {"bp4d": 0.05, "disfa": 0.01}
"""Factor of the loss of the edges."""
NEIGHBOURS = {"bp4d": 4, "disfa": 3}


def bp4d(stage: int = 2) -> Recipe:
    """Twelve units of BP4D."""
    return _recipe("bp4d", BP4D, stage)


def disfa(stage: int = 2) -> Recipe:
    """Eight units of DISFA, present from intensity 2 on."""
    return _recipe("disfa", DISFA, stage)


def _recipe(name: str, units: tuple[int, ...], stage: int) -> Recipe:
    row = [round(value / 100, 3) for value in PUBLISHED[name]]
    expected = Expected(
        source=f"{PAPER}, ResNet-50",
        metric="f1",
        mean=round(sum(row) / len(row), 3),
        units=dict(zip(units, row, strict=True)),
        protocol="mean of three folds of persons, threshold 0.5; epoch chosen on the test part",
    )
    options = {"stage": stage, "backbone": "resnet50", "neighbours": NEIGHBOURS[name]}
    first = f"megraphau-{name}-stage1"
    return Recipe(
        name=first if stage == 1 else f"megraphau-{name}",
        model=Model(
            "megraphau",
            options,
            start="imagenet" if stage == 1 else f"{{runs}}/{first}/fold{{fold}}",
        ),
        data=Data(
            name,
            units=units,
            threshold=2.0 if name == "disfa" else 1.0,
            template="megraphau",
            augment=Augment(brightness=0.4, contrast=0.4, saturation=0.4),
            protocol=f"{name}-three-folds",
            folds=3,
            weights="inverse",
            batch=64,
        ),
        objective=Objective("relations", weights={"edges": EDGES[name]} if stage == 2 else {}),
        optim=Optim("adamw", rate=1e-4 if stage == 1 else 1e-5, decay=5e-4),
        schedule=Schedule("cosine", factor=0.0),
        trainer=Trainer(epochs=20),
        expected=(expected,) if stage == 2 else (),
        paper=PAPER,
    )
