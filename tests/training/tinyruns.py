"""Experiments of a few numbers, for tests of the loop."""

import torch
from torch import nn

from mien.data.sample import Batch
from mien.models.output import Output
from mien.training.experiment import Experiment, Turn
from mien.training.recipe import Optim, Schedule, Trainer

TRUTH = torch.randn(6, 2, generator=torch.Generator().manual_seed(3))


class Squared:
    """The squared error of what is known."""

    output = None

    def __call__(self, network, batch):
        self.output = Output(network(batch.image))
        error = (self.output.logits - batch.target).square() * batch.known
        return {"error": error.sum() / batch.known.sum()}


class Gap:
    """A figure as torchmetrics give it: reset, update, compute."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.parts = []

    def update(self, output, batch):
        self.parts.append(float((output.logits - batch.target).abs().mean()))

    def compute(self):
        return {"gap": sum(self.parts) / len(self.parts)}


def batches(turn, count=4, size=8, noise=0.1):
    """Batches that depend on the epoch alone."""
    random = torch.Generator().manual_seed(100 + turn.epoch)
    made = []
    for _ in range(count):
        image = torch.randn(size, 6, generator=random)
        target = image @ TRUTH + noise * torch.randn(size, 2, generator=random)
        made.append(Batch(image, target, torch.ones(size, 2, dtype=torch.bool)))
    return made


def held(turn):
    """The validation part: always the same."""
    return batches(Turn(900), count=2)


def network():
    """Linear, with dropout and batch statistics, so that both are resumed."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2))


def experiment(*, optim=None, schedule=None, identity=None, objective=None, of=None, **trainer):
    """Four epochs of four steps."""
    settings = {"epochs": 4, "seed": 5, **trainer}
    varied = Schedule("cosine", factor=0.1, warmup=1) if settings["epochs"] > 1 else Schedule()
    return Experiment(
        network=of or network(),
        objective=objective or Squared(),
        train=batches,
        validate=held,
        meters=[Gap()],
        optim=optim or Optim("adam", rate=0.02),
        schedule=schedule or varied,
        trainer=Trainer(**settings),
        monitor="gap",
        smaller=True,
        identity=identity or {"recipe": {"trainer": {"epochs": settings["epochs"]}}},
    )
