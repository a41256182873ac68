"""A table of small pictures whose units can be seen by a network of one layer."""

import numpy as np
import torch
from PIL import Image
from torch import nn

from mien.data import read
from mien.data.cache import prepare
from mien.models.output import Output
from mien.training.recipe import Augment, Data, Model, Optim, Recipe, Trainer

SIDE = 20


class Tiny(nn.Module):
    """Averages of four filters."""

    def __init__(self, outputs):
        super().__init__()
        self.filters = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, outputs)

    def forward(self, image):
        return Output(self.head(torch.relu(self.norm(self.filters(image))).mean((2, 3))))


def tiny(outputs, *, wide=False):
    """As the registry has them."""
    return Tiny(outputs)


def write_set(root, persons=6, each=4):
    """AU1 is red, AU12 is green, both come and go; AU4 is never known."""
    random = np.random.default_rng(0)
    (root / "pictures").mkdir(parents=True)
    lines = ["path,subject,AU1,AU4,AU12,expression"]
    for number in range(persons * each):
        person, first, second = number // each, number % 2, (number // 2) % 2
        image = random.integers(60, 90, (SIDE, SIDE, 3))
        image[..., 0] += 100 * first
        image[..., 1] += 100 * second
        path = f"pictures/{number:02}.png"
        Image.fromarray(image.astype(np.uint8)).save(root / path)
        mood = "happiness" if second else "neutral"
        lines.append(f"{path},P{person},{3 * first},,{4 * second},{mood}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root


def prepared(root):
    """A cache of the set."""
    return prepare(read("table", write_set(root / "set")), root / "cache", "whole", SIDE)


def recipe(**changes):
    """Two units of the set; changes go to the data or the trainer."""
    data = {
        "units": (1, 12), "threshold": 1.0, "template": "whole", "aligned": SIDE, "size": 16,
        "augment": Augment(flip=0.5), "folds": 3, "held": 0.3, "batch": 4, **changes,
    }  # fmt: skip
    return Recipe(
        "tiny",
        Model("tiny"),
        Data("table", **data),
        optim=Optim("adam", rate=0.05),
        trainer=Trainer(epochs=3, workers=0, seed=1),
    )
