"""YOLOv5 on pictures with boxes: faces, a class of one's own, and the source's awake and asleep.

Settings of release 7.0's default file; the learning rate falls to a hundredth.
"""

from dataclasses import replace

from mien.data.boxaugment import BoxAugment
from mien.training.boxrecipe import BoxData, BoxRecipe
from mien.training.recipe import Expected, Model, Optim, Schedule, Trainer

__all__ = ["RECIPES", "awake", "faces", "small"]

PAPER = "YOLOv5 (release 7.0); written from the published layer table and settings"

SEED_RUN = "the source's run from COCO weights: 40 pictures, 8 of them validated"


def faces() -> BoxRecipe:
    """Any set with a data.yaml: YOLOv5s at 416 pixels."""
    return BoxRecipe(
        name="yolo-faces",
        model=Model("yolov5s"),
        data=BoxData(size=416, batch=16, augment=BoxAugment()),
        optim=Optim(
            "sgd", rate=0.01, decay=5e-4, momentum=0.937, nesterov=True, clip=10.0, spared=True,
            average=0.9999,
        ),
        schedule=Schedule("linear", factor=0.01, warmup=3, steps=100, bias=10.0, momentum=0.8),
        trainer=Trainer(epochs=100, patience=100, accumulate=4),
        paper=PAPER,
    )  # fmt: skip


def awake() -> BoxRecipe:
    """The source's run: twenty pictures awake, twenty asleep; give the weights to start from."""
    return replace(
        faces(),
        name="yolo-awake",
        trainer=Trainer(epochs=150, patience=100, accumulate=4),
        expected=(
            Expected(SEED_RUN, "precision", 0.76),
            Expected(SEED_RUN, "recall", 0.597),
            Expected(SEED_RUN, "map50", 0.781),
            Expected(SEED_RUN, "map50_95", 0.696),
        ),
    )


def small() -> BoxRecipe:
    """YOLOv5n at 160 pixels, a step for each batch: minutes on a processor."""
    return replace(
        faces(),
        name="yolo-small",
        model=Model("yolov5n"),
        data=BoxData(size=160, batch=16, augment=BoxAugment()),
        trainer=Trainer(epochs=40),
    )


RECIPES = {"yolo-awake": awake, "yolo-faces": faces, "yolo-small": small}
"""Every detector by name: a function that gives its recipe."""
